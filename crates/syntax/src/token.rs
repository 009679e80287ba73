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
    /// `"…"` without a sequence. Only readers that go from token to token get it; lists have its parts.
    String,
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
    /// Stands for the next token as long as it has not been read.
    Unread,
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

    /// Stands for a token that has not been read.
    pub(crate) const UNREAD: Token = Token { kind: TokenKind::Unread, plain: false, start: 0, end: 0 };

    /// The quotes of a string and, if there is any, the text between them.
    pub(crate) fn parts(self) -> [Option<Token>; 3] {
        let Token { start, end, plain, .. } = self;
        let part = |kind, start, end| Token { kind, plain, start, end };
        let text = part(TokenKind::QuotedText, start + 1, end.saturating_sub(1));
        [
            Some(part(TokenKind::OpenQuote, start, start + 1)),
            Some(text).filter(|text| text.start < text.end),
            Some(part(TokenKind::CloseQuote, text.end, end)),
        ]
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
