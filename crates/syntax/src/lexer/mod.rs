//! Text to tokens, with a stack of modes for strings within expressions within strings.

mod scan;

use crate::token::{Token, TokenKind};
pub(crate) use scan::word_len;
use scan::{
    enclosed_len, heredoc_text_len, number_len, past_blanks, past_plain, past_word, quoted_text_len, spans_lines,
    symbol, unicode_word_len,
};

/// The tokens of a text, ending in [`TokenKind::End`]. A byte order mark at the start is skipped.
pub(crate) fn lex(text: &str) -> Vec<Token> {
    Lexer::of_file(text).all()
}

/// How the next bytes are read.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode<'a> {
    /// Body or expression; `braces` are those open in it.
    Code { braces: u32 },
    /// Between quotes.
    Quoted,
    /// Between `<<EOT` and `EOT`.
    Heredoc { marker: &'a str, line_start: bool },
    /// A text that is a template as a whole.
    Template,
}

/// Reads the tokens of a text one by one.
pub(crate) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    mode: Mode<'a>,
    /// What the mode stands in, the outermost first.
    outer: Vec<Mode<'a>>,
    /// Whether only one word stands on this line so far. Known only where all tokens are read.
    after_first_word: bool,
}

impl<'a> Lexer<'a> {
    /// Reads a file or an expression.
    pub(crate) fn of_file(text: &'a str) -> Lexer<'a> {
        Lexer::new(Mode::Code { braces: 0 }, text)
    }

    /// Reads a text that is a template as a whole, like a heredoc without its markers.
    pub(crate) fn of_template(text: &'a str) -> Lexer<'a> {
        Lexer::new(Mode::Template, text)
    }

    fn new(mode: Mode<'a>, text: &'a str) -> Lexer<'a> {
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Lexer { text, at, mode, outer: Vec::new(), after_first_word: false }
    }

    /// The text.
    #[inline]
    pub(crate) fn text(&self) -> &'a str {
        self.text
    }

    /// All tokens of the text. Strings come in parts.
    pub(crate) fn all(&self) -> Vec<Token> {
        let mode = *self.outer.first().unwrap_or(&self.mode);
        let mode = if let Mode::Code { .. } = mode { Mode::Code { braces: 0 } } else { mode };
        let mut lexer = Lexer::new(mode, self.text);
        let mut tokens = Vec::with_capacity(self.text.len() / 4 + 1);
        loop {
            let token = lexer.token();
            match token.kind {
                TokenKind::String => tokens.extend(token.parts().into_iter().flatten()),
                _ => tokens.push(token),
            }
            if token.kind == TokenKind::End {
                return tokens;
            }
            let before = tokens.len().checked_sub(2).and_then(|before| tokens.get(before));
            lexer.after_first_word = before.is_some_and(|token| token.ends_line(self.text));
        }
    }

    // What stands between tokens, for readers that know what to expect.

    /// The byte after the blanks here, which are passed; 0 at the end.
    #[inline(always)]
    pub(crate) fn after_blanks(&mut self) -> u8 {
        self.at = past_blanks(self.text.as_bytes(), self.at);
        self.byte(0)
    }

    /// A byte from here on; 0 after the end.
    #[inline(always)]
    pub(crate) fn byte(&self, offset: usize) -> u8 {
        self.text.as_bytes().get(self.at + offset).copied().unwrap_or(0)
    }

    /// Where the next token is looked for.
    #[inline(always)]
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Reads the tokens of code from here on, for a look ahead.
    pub(crate) fn ahead(&self) -> Lexer<'a> {
        Lexer { at: self.at, ..Lexer::of_file(self.text) }
    }

    /// Goes on at a byte, in the same mode.
    #[inline(always)]
    pub(crate) fn seek(&mut self, at: usize) {
        self.at = at;
    }

    /// The end of the ASCII word that begins `offset` bytes from here, if there is one.
    #[inline(always)]
    pub(crate) fn word_end(&self, offset: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let start = self.at + offset;
        let end = match bytes.get(start) {
            Some(b'a'..=b'z' | b'A'..=b'Z' | b'_') => past_word(bytes, start + 1),
            _ => return None,
        };
        (!matches!(bytes.get(end), Some(0x80..))).then_some(end)
    }

    /// The end of the string that begins here, if all of it stands for itself.
    #[inline(always)]
    pub(crate) fn plain_end(&self) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let end = past_plain(bytes, self.at + 1);
        (bytes.get(end) == Some(&b'"')).then_some(end + 1)
    }

    /// The end of the number that begins here.
    pub(crate) fn number_end(&self) -> usize {
        self.at + number_len(self.text.as_bytes().get(self.at..).unwrap_or_default())
    }

    /// Whether a closing brace ends a sequence here.
    #[inline(always)]
    pub(crate) fn in_sequence(&self) -> bool {
        self.mode == (Mode::Code { braces: 0 }) && !self.outer.is_empty()
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    #[inline(always)]
    fn take(&mut self, kind: TokenKind, len: usize) -> Token {
        self.made(kind, false, self.at, self.at + len)
    }

    #[inline(always)]
    fn made(&mut self, kind: TokenKind, plain: bool, start: usize, end: usize) -> Token {
        self.at = end;
        Token { kind, plain, start: start as u32, end: end as u32 }
    }

    fn enter(&mut self, mode: Mode<'a>) {
        self.outer.push(self.mode);
        self.mode = mode;
    }

    fn leave(&mut self) {
        self.mode = self.outer.pop().unwrap_or(self.mode);
    }

    /// The next token; at the end of the text always [`TokenKind::End`].
    #[inline(always)]
    pub(crate) fn token(&mut self) -> Token {
        match self.mode {
            Mode::Code { .. } => self.code(),
            _ => self.text_token(),
        }
    }

    fn text_token(&mut self) -> Token {
        loop {
            if let Mode::Code { .. } = self.mode {
                return self.code();
            }
            if self.at >= self.text.len() {
                return self.take(TokenKind::End, 0);
            }
            let token = match self.mode {
                Mode::Quoted => self.quoted(),
                Mode::Heredoc { marker, line_start } => Some(self.heredoc(marker, line_start)),
                _ => Some(self.template_text()),
            };
            if let Some(token) = token {
                return token;
            }
        }
    }

    // Code.

    #[inline(always)]
    fn code(&mut self) -> Token {
        use TokenKind::*;
        let bytes = self.text.as_bytes();
        let at = past_blanks(bytes, self.at);
        let Some(byte) = bytes.get(at) else { return self.made(End, false, at, at) };
        let kind = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                let end = past_word(bytes, at + 1);
                if matches!(bytes.get(end), Some(0x80..)) {
                    self.at = at;
                    return self.take(Ident, unicode_word_len(self.rest()));
                }
                return self.made(Ident, true, at, end);
            }
            b'"' => return self.string(at),
            b'0'..=b'9' => {
                let end = at + number_len(&bytes[at..]);
                return self.made(Number, true, at, end);
            }
            b'\n' => Newline,
            b'[' => OpenBracket,
            b']' => CloseBracket,
            b'(' => OpenParen,
            b')' => CloseParen,
            b',' => Comma,
            b'.' if bytes.get(at + 1) != Some(&b'.') => Dot,
            _ => {
                self.at = at;
                return self.other_code();
            }
        };
        self.made(kind, false, at, at + 1)
    }

    /// A string as a whole if it holds no sequence, else its opening quote.
    #[inline(always)]
    fn string(&mut self, at: usize) -> Token {
        let bytes = self.text.as_bytes();
        let end = past_plain(bytes, at + 1);
        if bytes.get(end) == Some(&b'"') {
            return self.made(TokenKind::String, true, at, end + 1);
        }
        self.other_string(at, end)
    }

    /// The same if `plain` is the first byte that may not stand for itself.
    fn other_string(&mut self, at: usize, plain: usize) -> Token {
        let bytes = self.text.as_bytes();
        let end = plain + quoted_text_len(bytes.get(plain..).unwrap_or_default());
        if bytes.get(end) == Some(&b'"') {
            return self.made(TokenKind::String, false, at, end + 1);
        }
        self.enter(Mode::Quoted);
        self.made(TokenKind::OpenQuote, false, at, at + 1)
    }

    fn other_code(&mut self) -> Token {
        use TokenKind::*;
        match self.byte(0) {
            b'{' => self.open_brace(),
            b'}' => self.close_brace(),
            b'=' if !matches!(self.byte(1), b'=' | b'>') => self.equal(),
            b'#' => self.line_comment(),
            b'/' if self.byte(1) == b'/' => self.line_comment(),
            b'/' if self.byte(1) == b'*' => self.block_comment(),
            b'\r' if self.byte(1) == b'\n' => self.take(Newline, 2),
            b'\'' => self.take(SingleQuoted, enclosed_len(self.rest(), b'\'')),
            b'`' => self.take(Backquoted, enclosed_len(self.rest(), b'`')),
            b'~' if self.byte(1) == b'}' => self.close_strip(),
            b'<' if self.byte(1) == b'<' => match self.heredoc_marker() {
                Some((marker, len)) => {
                    self.enter(Mode::Heredoc { marker, line_start: true });
                    self.take(OpenHeredoc, len)
                }
                None => self.symbol_or_word(),
            },
            _ => self.symbol_or_word(),
        }
    }

    fn line_comment(&mut self) -> Token {
        let len = self.rest().find('\n').map_or(self.rest().len(), |i| i + 1);
        self.take(TokenKind::Comment, len)
    }

    fn block_comment(&mut self) -> Token {
        match self.rest().get(2..).and_then(|s| s.find("*/")) {
            Some(i) => self.take(TokenKind::Comment, i + 4),
            None => self.take(TokenKind::UnclosedComment, self.rest().len()),
        }
    }

    /// Takes an opening brace.
    #[inline(always)]
    pub(crate) fn open_brace(&mut self) -> Token {
        if let Mode::Code { braces } = &mut self.mode {
            *braces += 1;
        }
        self.take(TokenKind::OpenBrace, 1)
    }

    /// Takes a closing brace.
    #[inline(always)]
    pub(crate) fn close_brace(&mut self) -> Token {
        if self.in_sequence() {
            self.leave();
            return self.take(TokenKind::CloseTemplate, 1);
        }
        if let Mode::Code { braces } = &mut self.mode {
            *braces = braces.saturating_sub(1);
        }
        self.take(TokenKind::CloseBrace, 1)
    }

    /// Takes a `~}`.
    fn close_strip(&mut self) -> Token {
        let end = self.close_brace().end as usize + 1;
        self.made(TokenKind::CloseTemplate, false, end - 2, end)
    }

    /// A lone `=` cannot stand directly in `${ }`: the `}` is missing, and a new argument has begun.
    fn equal(&mut self) -> Token {
        let in_quotes = self.outer.last() == Some(&Mode::Quoted);
        if in_quotes && self.mode == (Mode::Code { braces: 0 }) && self.after_first_word {
            self.leave_quotes();
        }
        self.take(TokenKind::Equal, 1)
    }

    fn symbol_or_word(&mut self) -> Token {
        if let Some((kind, len)) = symbol(self.rest().as_bytes()) {
            return self.take(kind, len);
        }
        match word_len(self.rest()) {
            0 => self.take(TokenKind::Invalid, self.rest().chars().next().map_or(1, char::len_utf8)),
            len => self.take(TokenKind::Ident, len),
        }
    }

    // Quoted strings.

    fn quoted(&mut self) -> Option<Token> {
        Some(match self.byte(0) {
            b'"' => {
                self.leave();
                self.take(TokenKind::CloseQuote, 1)
            }
            b'\n' | b'\r' => return self.quoted_newline(),
            b'$' | b'%' if self.byte(1) == b'{' => self.open_template(),
            _ => {
                let len = quoted_text_len(self.rest().as_bytes());
                self.take(TokenKind::QuotedText, len)
            }
        })
    }

    /// Goes on in the string if it seems to be meant to span lines, else takes it as ended.
    fn quoted_newline(&mut self) -> Option<Token> {
        let len = self.rest().bytes().take_while(|b| matches!(b, b'\n' | b'\r')).count();
        if spans_lines(self.rest()) {
            return Some(self.take(TokenKind::QuotedNewline, len));
        }
        let lone = self.byte(0) == b'\r' && self.byte(1) != b'\n';
        self.leave_quotes();
        lone.then(|| self.take(TokenKind::Invalid, 1))
    }

    /// Drops the modes down to what the outermost string of this file or heredoc stands in.
    fn leave_quotes(&mut self) {
        self.outer.push(self.mode);
        let heredoc = self.outer.iter().rposition(|m| matches!(m, Mode::Heredoc { .. })).unwrap_or(0);
        let quote = self.outer.iter().skip(heredoc).position(|m| *m == Mode::Quoted);
        self.outer.truncate(heredoc + quote.unwrap_or(self.outer.len()));
        self.leave();
    }

    fn open_template(&mut self) -> Token {
        let kind = if self.byte(0) == b'$' { TokenKind::OpenInterpolation } else { TokenKind::OpenDirective };
        self.enter(Mode::Code { braces: 0 });
        self.take(kind, if self.byte(2) == b'~' { 3 } else { 2 })
    }

    // Heredocs.

    fn heredoc_marker(&self) -> Option<(&'a str, usize)> {
        let after = self.rest().get(2..)?;
        let name = after.strip_prefix('-').unwrap_or(after);
        let len = word_len(name);
        let marker = name.get(..len).filter(|m| !m.is_empty())?;
        let newline = match name.as_bytes().get(len..)? {
            [b'\n', ..] => 1,
            [b'\r', b'\n', ..] => 2,
            _ => return None,
        };
        Some((marker, self.rest().len() - name.len() + len + newline))
    }

    fn heredoc(&mut self, marker: &str, line_start: bool) -> Token {
        if line_start && let Some(len) = self.end_marker(marker) {
            self.leave();
            return self.take(TokenKind::CloseHeredoc, len);
        }
        let token = self.template_text();
        let ended = token.kind == TokenKind::HeredocText && self.text.as_bytes().get(self.at - 1) == Some(&b'\n');
        let heredoc = if token.kind == TokenKind::HeredocText { Some(&mut self.mode) } else { self.outer.last_mut() };
        if let Some(Mode::Heredoc { line_start, .. }) = heredoc {
            *line_start = ended;
        }
        token
    }

    /// A line of text, or what begins `${ }` or `%{ }`.
    fn template_text(&mut self) -> Token {
        match heredoc_text_len(self.rest().as_bytes()) {
            0 => self.open_template(),
            len => self.take(TokenKind::HeredocText, len),
        }
    }

    /// The length of this line if it ends the heredoc.
    fn end_marker(&self, marker: &str) -> Option<usize> {
        let blanks = self.rest().bytes().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let maybe =
            self.rest().as_bytes().get(blanks..).is_some_and(|rest| {
                rest.starts_with(marker.as_bytes()) || matches!(rest.first(), Some(0x80.. | 0..=b' '))
            });
        let (line, _) = if maybe { self.rest().split_once('\n')? } else { return None };
        let content = line.strip_suffix('\r').unwrap_or(line);
        (content.trim() == marker).then_some(content.len())
    }
}
