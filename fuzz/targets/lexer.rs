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
        let mut file = lexer::Tokens::of_file(text);
        let few_at_a_time: Vec<Token> = tokens(&mut file);
        check(text, &lexer::lex(text));
        assert_eq!(few_at_a_time, lexer::lex(text));
        assert_eq!(few_at_a_time, file.all());
        check(text, lexer::Tokens::of_template(text).all());
    })
});

/// The tokens as they are read one by one.
fn tokens(tokens: &mut lexer::Tokens) -> Vec<Token> {
    let mut all = Vec::new();
    loop {
        let token = tokens.get(all.len(), all.len());
        all.push(token);
        if token.kind == TokenKind::End {
            return all;
        }
    }
}

fn check(text: &str, tokens: &[Token]) {
    let mut end = text.strip_prefix('\u{feff}').map_or(0, |rest| text.len() - rest.len());
    for token in tokens {
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
