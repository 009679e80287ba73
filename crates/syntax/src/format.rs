//! The canonical layout of a file.
//!
//! The layout is a function of tokens and lines only, so that it is the same for everything that parses. Its rules are
//! those of `tofu fmt`, byte for byte, save where that loses part of the program: block labels with `$` or `%` in them,
//! the key of `x[null]` or `x[true]`, the index of `2 .0`, and interpolations that cannot be unwrapped because of a
//! comment or heredoc.

mod lines;
mod rewrite;
mod spaces;

use std::borrow::Cow;

use terrane_source::{Diagnostics, FileId};
use unicode_segmentation::UnicodeSegmentation;

use crate::arena::Arena;
use crate::lexer::lex;
use crate::parser::parse;
use crate::token::TokenKind;
use crate::tree::Body;

/// The text in canonical layout, or unchanged if it has syntax errors.
pub fn format(text: &str) -> String {
    let mut diags = Diagnostics::new();
    let arena = Arena::new();
    let body = parse(FileId(0), text, &arena, &mut diags);
    if diags.has_errors() { text.to_string() } else { format_body(text, &body) }
}

/// The text in canonical layout, given the tree of all of it, which has no errors.
pub fn format_body(text: &str, body: &Body<'_>) -> String {
    let mut words = rewrite::rewrite(words(text), body);
    lines::lay_out(&mut words);
    print(&words)
}

/// A token and the blanks before it.
#[derive(Clone, Debug)]
struct Word<'a> {
    kind: TokenKind,
    text: Cow<'a, str>,
    spaces: usize,
    /// Where the token stood in the source.
    start: u32,
}

impl<'a> Word<'a> {
    /// A word that was not in the source.
    fn new(kind: TokenKind, text: impl Into<Cow<'a, str>>) -> Word<'a> {
        Word { kind, text: text.into(), spaces: 0, start: 0 }
    }

    fn ends_line(&self) -> bool {
        self.kind == TokenKind::Newline || (self.kind == TokenKind::Comment && self.text.ends_with('\n'))
    }

    /// The change of open brackets the word brings. Quotes are no brackets.
    fn brackets(&self) -> i64 {
        match self.kind {
            TokenKind::OpenQuote | TokenKind::CloseQuote | TokenKind::OpenHeredoc | TokenKind::CloseHeredoc => 0,
            kind => i64::from(kind.nesting()),
        }
    }

    /// Width in characters as people see them, with the blanks before it.
    fn columns(&self) -> usize {
        let ascii = self.text.is_ascii() && !self.text.contains('\r');
        self.spaces + if ascii { self.text.len() } else { self.text.graphemes(true).count() }
    }
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut end = 0;
    let word = |token: crate::token::Token| {
        let spaces = (token.start - end) as usize;
        end = token.end;
        Word { kind: token.kind, text: token.text(text).into(), spaces, start: token.start }
    };
    lex(text).into_iter().map(word).collect()
}

fn print(words: &[Word<'_>]) -> String {
    let mut out = String::with_capacity(words.iter().map(|w| w.spaces + w.text.len()).sum());
    for word in words {
        out.extend(std::iter::repeat_n(' ', word.spaces));
        out.push_str(&word.text);
    }
    out
}
