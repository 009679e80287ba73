//! Tokens: every byte of a file but the blanks between them.

/// The kinds of token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// `\n` or `\r\n`.
    Newline,
    /// `#…` or `//…` with the newline that ends it, or `/*…*/`.
    Comment,
    Ident,
    Number,
    /// `"` that opens a string.
    OpenQuote,
    /// `"` that closes a string.
    CloseQuote,
    /// `<<EOT` or `<<-EOT` with its newline.
    OpenHeredoc,
    /// The line with the end marker, without its newline.
    CloseHeredoc,
    /// Text between quotes, escapes not resolved.
    QuotedText,
    /// At most one line of text of a heredoc, its newline included, escapes not resolved.
    HeredocText,
    /// `${` or `${~`.
    OpenInterpolation,
    /// `%{` or `%{~`.
    OpenDirective,
    /// `}` or `~}` that closes one of the two.
    CloseTemplate,
    OpenBrace,
    CloseBrace,
    OpenBracket,
    CloseBracket,
    OpenParen,
    CloseParen,
    Dot,
    Comma,
    Ellipsis,
    Colon,
    DoubleColon,
    Question,
    Equal,
    FatArrow,
    EqualEqual,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    And,
    Or,
    Bang,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    /// `&`, `|`, `^` or `~`.
    Bitwise,
    /// `;`
    Semicolon,
    /// `'…'` on one line, or a lone `'`.
    SingleQuoted,
    /// `` `…` `` on one line, or a lone backtick.
    Backquoted,
    /// Newlines within a quoted string.
    QuotedNewline,
    /// `/*` without `*/`.
    UnclosedComment,
    /// Any other character.
    Invalid,
    /// The end of the file.
    End,
}

impl TokenKind {
    /// The change of nesting the token brings: 1 if it opens, -1 if it closes.
    pub(crate) fn nesting(self) -> i32 {
        use TokenKind::*;
        match self {
            OpenQuote | OpenHeredoc | OpenInterpolation | OpenDirective | OpenBrace | OpenBracket | OpenParen => 1,
            CloseQuote | CloseHeredoc | CloseTemplate | CloseBrace | CloseBracket | CloseParen => -1,
            _ => 0,
        }
    }

    /// Whether a token of this kind closes one of kind `open`.
    pub(crate) fn closes(self, open: TokenKind) -> bool {
        use TokenKind::*;
        matches!(
            (open, self),
            (OpenQuote, CloseQuote)
                | (OpenHeredoc, CloseHeredoc)
                | (OpenInterpolation | OpenDirective, CloseTemplate)
                | (OpenBrace, CloseBrace)
                | (OpenBracket, CloseBracket)
                | (OpenParen, CloseParen)
        )
    }
}

/// A token: its kind and the bytes it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    /// Whether a word or text is known to be ASCII and to stand for itself: it has no escapes and needs no normalising. Says
    /// nothing of other tokens.
    pub(crate) plain: bool,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Token {
    /// The end of a text of a length.
    pub(crate) fn end_at(len: usize) -> Token {
        Token { kind: TokenKind::End, plain: false, start: len as u32, end: len as u32 }
    }

    /// The text the token covers.
    pub(crate) fn text(self, source: &str) -> &str {
        source.get(self.start as usize..self.end as usize).unwrap_or("")
    }

    /// Whether the token ends its line.
    pub(crate) fn ends_line(self, source: &str) -> bool {
        self.kind == TokenKind::Newline || (self.kind == TokenKind::Comment && self.text(source).ends_with('\n'))
    }
}
