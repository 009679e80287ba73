//! Tokens cover every byte but blanks, in order, and none is empty.
#![no_main]

#[path = "../../crates/syntax/src/lexer.rs"]
#[allow(dead_code, missing_docs)]
mod lexer;
#[path = "../../crates/syntax/src/token.rs"]
#[allow(dead_code, missing_docs)]
mod token;

use libfuzzer_sys::fuzz_target;
use token::{Token, TokenKind};

fuzz_target!(|text: &str| {
    terrane_fuzz::hold(text, |text| {
        check(text, lexer::lex(text));
        check(text, lexer::lex_template(text));
    })
});

fn check(text: &str, tokens: Vec<Token>) {
    let mut end = text.strip_prefix('\u{feff}').map_or(0, |rest| text.len() - rest.len());
    for token in &tokens {
        let (start, next) = (token.start as usize, token.end as usize);
        let blanks = text.get(end..start).expect("tokens are in order and begin at characters");
        assert!(blanks.bytes().all(|b| matches!(b, b' ' | b'\t')), "{blanks:?} is in no token");
        assert!(text.get(start..next).is_some(), "{token:?} splits a character");
        assert_eq!(token.kind == TokenKind::End, start == next, "{token:?} is empty");
        end = next;
    }
    assert_eq!(end, text.len());
    assert_eq!(tokens.last().map(|token| token.kind), Some(TokenKind::End));
}
