//! Whether a text that is being typed goes on.

use crate::lexer::lex;
use crate::token::TokenKind;

/// What is still open at the end of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Open {
    /// Brackets of all kinds that are open, less those closed too often. Brackets in strings do not count.
    pub brackets: i32,
    /// Whether it ends within a heredoc.
    pub heredoc: bool,
}

/// What is open at the end of the lines typed so far.
///
/// ```
/// use terrane_syntax::open;
/// assert_eq!(open("[for x in [1, 2] : {").brackets, 2);
/// assert_eq!(open("\"{[(\"").brackets, 0);
/// assert!(open("<<EOT\nhello").heredoc && !open("<<EOT\nhello\nEOT").heredoc);
/// ```
pub fn open(text: &str) -> Open {
    use TokenKind::*;
    let mut found = Open::default();
    let mut heredocs = 0;
    for token in lex(&format!("{text}\n")) {
        match token.kind {
            OpenBrace | OpenBracket | OpenParen => found.brackets += 1,
            CloseBrace | CloseBracket | CloseParen => found.brackets -= 1,
            OpenHeredoc => heredocs += 1,
            CloseHeredoc => heredocs -= 1,
            _ => {}
        }
    }
    found.heredoc = heredocs > 0;
    found
}
