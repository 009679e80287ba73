//! Tokens cover every byte but blanks, in order, and none is empty.
#![no_main]

#[path = "../../crates/syntax/src/lexer/mod.rs"]
#[allow(dead_code, missing_docs)]
mod lexer;
#[path = "../../crates/syntax/src/token.rs"]
#[allow(dead_code, missing_docs)]
mod token;

use libfuzzer_sys::fuzz_target;
use token::{Token, TokenKind};

fuzz_target!(|text: &str| {
    terrane_fuzz::hold(text, |text| {
        let file = lexer::Lexer::of_file(text);
        check(text, &file.all());
        check(text, &one_by_one(file));
        check(text, &lexer::Lexer::of_template(text).all());
    })
});

/// The tokens as the parser reads them, with strings in parts. Where a lone `=` shows that a `}` is missing, which is an
/// error, the list of all tokens goes on differently.
fn one_by_one(mut lexer: lexer::Lexer) -> Vec<Token> {
    let mut all = Vec::new();
    loop {
        let token = lexer.token();
        match token.kind {
            TokenKind::String => all.extend(token.parts().into_iter().flatten()),
            _ => all.push(token),
        }
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
