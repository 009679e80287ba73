//! Text to tokens, with a stack of modes for strings within expressions within strings.

use crate::token::{Token, TokenKind};

/// The tokens of a text, ending in [`TokenKind::End`]. A byte order mark at the start is skipped.
pub(crate) fn lex(text: &str) -> Vec<Token> {
    let mut lexer = Lexer::new(Mode::Code { braces: 0 }, text);
    lexer.tokens.reserve(text.len() / 4);
    while lexer.more(usize::MAX) {}
    lexer.tokens
}

/// The tokens of a text, of which few are held at a time: those from where its reader stands on.
pub(crate) struct Tokens<'a> {
    lexer: Lexer<'a>,
    /// Index of the first token that is held.
    first: usize,
    mode: Mode<'a>,
}

/// How many tokens are read in one go.
const CHUNK: usize = 512;

impl<'a> Tokens<'a> {
    /// The tokens of a file or an expression.
    pub(crate) fn of_file(text: &'a str) -> Tokens<'a> {
        Tokens::new(Mode::Code { braces: 0 }, text)
    }

    /// The tokens of a text that is a template as a whole, like a heredoc without its markers.
    pub(crate) fn of_template(text: &'a str) -> Tokens<'a> {
        Tokens::new(Mode::Template, text)
    }

    fn new(mode: Mode<'a>, text: &'a str) -> Tokens<'a> {
        Tokens { lexer: Lexer::new(mode, text), first: 0, mode }
    }

    /// The text.
    pub(crate) fn text(&self) -> &'a str {
        self.lexer.text
    }

    /// The token of an index, the last one if there are not as many. None before `from` is asked for any more.
    #[inline]
    pub(crate) fn get(&mut self, index: usize, from: usize) -> Token {
        match self.held(index) {
            Some(token) => token,
            None => self.read(index, from),
        }
    }

    /// The token of an index, if it is held.
    #[inline(always)]
    pub(crate) fn held(&self, index: usize) -> Option<Token> {
        self.lexer.tokens.get(index.wrapping_sub(self.first)).copied()
    }

    #[cold]
    fn read(&mut self, index: usize, from: usize) -> Token {
        // The lexer looks back at the last two.
        let done = from.saturating_sub(self.first + 2).min(self.lexer.tokens.len());
        self.lexer.tokens.drain(..done);
        self.first += done;
        let limit = index - self.first + CHUNK;
        while self.lexer.tokens.len() < limit && self.lexer.more(limit) {}
        let last = self.lexer.tokens.len().saturating_sub(1);
        let end = Token::end_at(self.lexer.at);
        self.lexer.tokens.get((index - self.first).min(last)).copied().unwrap_or(end)
    }

    /// All tokens, which are held from now on.
    pub(crate) fn all(&mut self) -> &[Token] {
        if self.first > 0 {
            self.lexer = Lexer::new(self.mode, self.lexer.text);
            self.first = 0;
        }
        while self.lexer.more(usize::MAX) {}
        &self.lexer.tokens
    }
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

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    modes: Vec<Mode<'a>>,
    tokens: Vec<Token>,
    /// Whether the last of the tokens is the end.
    ended: bool,
}

impl<'a> Lexer<'a> {
    fn new(mode: Mode<'a>, text: &'a str) -> Lexer<'a> {
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Lexer { text, at, modes: vec![mode], tokens: Vec::new(), ended: false }
    }

    /// Reads on, until there are about `limit` tokens or something else begins; whether there was something.
    fn more(&mut self, limit: usize) -> bool {
        if self.at < self.text.len() {
            self.step(limit);
            return true;
        }
        if !self.ended {
            self.push(TokenKind::End, 0);
            self.ended = true;
        }
        false
    }

    fn step(&mut self, limit: usize) {
        match self.modes.last() {
            Some(Mode::Quoted) => self.quoted(),
            Some(Mode::Heredoc { marker, line_start }) => self.heredoc(marker, *line_start),
            Some(Mode::Template) => self.template_text(),
            Some(Mode::Code { .. }) | None => self.code(limit),
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn byte(&self, offset: usize) -> u8 {
        self.text.as_bytes().get(self.at + offset).copied().unwrap_or(0)
    }

    #[inline]
    fn push(&mut self, kind: TokenKind, len: usize) {
        let start = self.at as u32;
        self.at += len;
        self.tokens.push(Token { kind, plain: false, start, end: self.at as u32 });
    }

    // Code.

    /// Tokens of code. Those that files mostly consist of are read here, the others one by one.
    fn code(&mut self, limit: usize) {
        use TokenKind::*;
        let bytes = self.text.as_bytes();
        let depth = self.modes.len();
        let mut at = self.at;
        while self.tokens.len() < limit {
            at = past_blanks(bytes, at);
            let Some(byte) = bytes.get(at) else { break };
            let (kind, end) = match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'_' => (Ident, past_word(bytes, at + 1)),
                b'\n' => (Newline, at + 1),
                b'"' => {
                    let text = at + 1;
                    let end = past_plain(bytes, text);
                    self.token(OpenQuote, at, text);
                    if bytes.get(end) != Some(&b'"') {
                        self.at = text;
                        return self.modes.push(Mode::Quoted);
                    }
                    if end > text {
                        self.token(QuotedText, text, end);
                    }
                    (CloseQuote, end + 1)
                }
                b'[' => (OpenBracket, at + 1),
                b']' => (CloseBracket, at + 1),
                b'(' => (OpenParen, at + 1),
                b')' => (CloseParen, at + 1),
                b',' => (Comma, at + 1),
                b'.' if bytes.get(at + 1) != Some(&b'.') => (Dot, at + 1),
                b'=' if depth == 1 && !matches!(bytes.get(at + 1), Some(b'=' | b'>')) => (Equal, at + 1),
                b'0'..=b'9' => (Number, at + number_len(&bytes[at..])),
                _ => {
                    self.at = at;
                    self.other_code();
                    at = self.at;
                    if self.modes.len() != depth {
                        return;
                    }
                    continue;
                }
            };
            if kind == Ident && matches!(bytes.get(end), Some(0x80..)) {
                self.at = at;
                self.push(Ident, unicode_word_len(self.rest()));
                at = self.at;
                continue;
            }
            let start = if kind == CloseQuote { end - 1 } else { at };
            self.token(kind, start, end);
            at = end;
        }
        self.at = at;
    }

    /// Adds a token that stands for itself.
    #[inline(always)]
    fn token(&mut self, kind: TokenKind, start: usize, end: usize) {
        self.tokens.push(Token { kind, plain: true, start: start as u32, end: end as u32 });
    }

    fn other_code(&mut self) {
        use TokenKind::*;
        match self.byte(0) {
            b'\r' if self.byte(1) == b'\n' => self.newline(2),
            b'#' => self.line_comment(),
            b'/' if self.byte(1) == b'/' => self.line_comment(),
            b'/' if self.byte(1) == b'*' => self.block_comment(),
            b'\'' => self.push(SingleQuoted, enclosed_len(self.rest(), b'\'')),
            b'`' => self.push(Backquoted, enclosed_len(self.rest(), b'`')),
            b'{' => self.open_brace(),
            b'}' => self.close_brace(1, CloseBrace),
            b'~' if self.byte(1) == b'}' => self.close_brace(2, CloseTemplate),
            b'<' if self.byte(1) == b'<' && self.heredoc_marker().is_some() => self.open_heredoc(),
            b'=' if !matches!(self.byte(1), b'=' | b'>') => self.equal(),
            _ => self.symbol_or_word(),
        }
    }

    fn newline(&mut self, len: usize) {
        self.push(TokenKind::Newline, len);
    }

    fn line_comment(&mut self) {
        let len = self.rest().find('\n').map_or(self.rest().len(), |i| i + 1);
        self.push(TokenKind::Comment, len);
    }

    fn block_comment(&mut self) {
        match self.rest().get(2..).and_then(|s| s.find("*/")) {
            Some(i) => self.push(TokenKind::Comment, i + 4),
            None => self.push(TokenKind::UnclosedComment, self.rest().len()),
        }
    }

    fn open_brace(&mut self) {
        if let Some(Mode::Code { braces }) = self.modes.last_mut() {
            *braces += 1;
        }
        self.push(TokenKind::OpenBrace, 1);
    }

    fn close_brace(&mut self, len: usize, within: TokenKind) {
        let nested = self.modes.len() > 1;
        match self.modes.last_mut() {
            Some(Mode::Code { braces: 0 }) if nested => {
                self.modes.pop();
                self.push(TokenKind::CloseTemplate, len);
            }
            Some(Mode::Code { braces }) => {
                *braces = braces.saturating_sub(1);
                self.push(within, len);
            }
            _ => self.push(within, len),
        }
    }

    /// A lone `=` cannot stand directly in `${ }`: the `}` is missing, and a new argument has begun.
    fn equal(&mut self) {
        let in_quotes = self.modes.len() >= 2 && self.modes.get(self.modes.len() - 2) == Some(&Mode::Quoted);
        if in_quotes && self.modes.last() == Some(&Mode::Code { braces: 0 }) && self.on_new_line() {
            self.leave_quotes();
        }
        self.push(TokenKind::Equal, 1);
    }

    /// Whether the last token but one ended a line, that is, one word stands on this line so far.
    fn on_new_line(&self) -> bool {
        let Some(before) = self.tokens.len().checked_sub(2) else { return false };
        self.tokens[before].ends_line(self.text)
    }

    fn symbol_or_word(&mut self) {
        if let Some((kind, len)) = symbol(self.rest().as_bytes()) {
            return self.push(kind, len);
        }
        match word_len(self.rest()) {
            0 => self.push(TokenKind::Invalid, self.rest().chars().next().map_or(1, char::len_utf8)),
            len => self.push(TokenKind::Ident, len),
        }
    }

    // Quoted strings.

    fn quoted(&mut self) {
        match self.byte(0) {
            b'"' => {
                self.push(TokenKind::CloseQuote, 1);
                self.modes.pop();
            }
            b'\n' | b'\r' => self.quoted_newline(),
            b'$' | b'%' if self.byte(1) == b'{' => self.open_template(),
            _ => {
                let len = quoted_text_len(self.rest().as_bytes());
                self.push(TokenKind::QuotedText, len);
            }
        }
    }

    /// Goes on in the string if it seems to be meant to span lines, else takes it as ended.
    fn quoted_newline(&mut self) {
        let len = self.rest().bytes().take_while(|b| matches!(b, b'\n' | b'\r')).count();
        if spans_lines(self.rest()) {
            return self.push(TokenKind::QuotedNewline, len);
        }
        if self.byte(0) == b'\r' && self.byte(1) != b'\n' {
            self.push(TokenKind::Invalid, 1);
        }
        self.leave_quotes();
    }

    /// Drops the modes down to what the outermost string of this file or heredoc stands in.
    fn leave_quotes(&mut self) {
        let heredoc = self.modes.iter().rposition(|m| matches!(m, Mode::Heredoc { .. })).unwrap_or(0);
        let quote = self.modes.iter().skip(heredoc).position(|m| *m == Mode::Quoted);
        self.modes.truncate(heredoc + quote.unwrap_or(self.modes.len()));
    }

    fn open_template(&mut self) {
        let kind = if self.byte(0) == b'$' { TokenKind::OpenInterpolation } else { TokenKind::OpenDirective };
        self.push(kind, if self.byte(2) == b'~' { 3 } else { 2 });
        self.modes.push(Mode::Code { braces: 0 });
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

    fn open_heredoc(&mut self) {
        if let Some((marker, len)) = self.heredoc_marker() {
            self.push(TokenKind::OpenHeredoc, len);
            self.modes.push(Mode::Heredoc { marker, line_start: true });
        }
    }

    fn heredoc(&mut self, marker: &str, line_start: bool) {
        if line_start && self.close_heredoc(marker) {
            return;
        }
        self.at_line_start(false);
        self.template_text();
        if self.text.as_bytes().get(self.at - 1) == Some(&b'\n') {
            self.at_line_start(true);
        }
    }

    /// A line of text, or what begins `${ }` or `%{ }`.
    fn template_text(&mut self) {
        match heredoc_text_len(self.rest().as_bytes()) {
            0 => self.open_template(),
            len => self.push(TokenKind::HeredocText, len),
        }
    }

    /// Closes the heredoc if this line is its end marker.
    fn close_heredoc(&mut self, marker: &str) -> bool {
        let Some((line, _)) = self.rest().split_once('\n') else { return false };
        let content = line.strip_suffix('\r').unwrap_or(line);
        if content.trim() != marker {
            return false;
        }
        self.modes.pop();
        self.push(TokenKind::CloseHeredoc, content.len());
        self.newline(line.len() - content.len() + 1);
        true
    }

    fn at_line_start(&mut self, now: bool) {
        if let Some(Mode::Heredoc { line_start, .. }) = self.modes.last_mut() {
            *line_start = now;
        }
    }
}

/// Length of a number: digits, dots and exponents as long as they follow, but no dot at the end.
fn number_len(bytes: &[u8]) -> usize {
    let (mut len, mut end) = (1, 1);
    loop {
        let step = match (bytes.get(len), bytes.get(len + 1), bytes.get(len + 2)) {
            (Some(b'0'..=b'9' | b'.'), ..) => 1,
            (Some(b'e' | b'E'), Some(b'0'..=b'9'), _) => 2,
            (Some(b'e' | b'E'), Some(b'+' | b'-'), Some(b'0'..=b'9')) => 3,
            _ => return end,
        };
        if bytes.get(len) != Some(&b'.') {
            end = len + step;
        }
        len += step;
    }
}

/// Length up to the same mark on this line; 1 if there is none.
fn enclosed_len(rest: &str, mark: u8) -> usize {
    let line = rest.bytes().skip(1).take_while(|b| *b != b'\n');
    line.enumerate().find(|(_, b)| *b == mark).map_or(1, |(i, _)| i + 2)
}

/// What a byte may be, one bit each.
mod class {
    /// Continues an identifier.
    pub(super) const WORD: u8 = 1;
    /// Is not plain text between quotes.
    pub(super) const QUOTED: u8 = 2;
    /// Is not plain text in a heredoc.
    pub(super) const HEREDOC: u8 = 4;
}

/// The classes of every byte.
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' => class::WORD,
            b'"' | b'\\' | b'\r' => class::QUOTED,
            b'\n' | b'$' | b'%' => class::QUOTED | class::HEREDOC,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

fn is(byte: u8, class: u8) -> bool {
    CLASSES[usize::from(byte)] & class != 0
}

/// How many bytes are looked at in one go.
const WIDE: usize = 16;

/// The first byte from `at` on for which `passes` is false, sixteen at a time; `passes` must hold no branch.
#[inline(always)]
fn past(bytes: &[u8], mut at: usize, passes: impl Fn(u8) -> bool) -> usize {
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<WIDE>) {
        let mut stops = [0; WIDE];
        for (stop, byte) in stops.iter_mut().zip(chunk) {
            *stop = if passes(*byte) { 0 } else { 0xff };
        }
        let stops = u128::from_le_bytes(stops);
        if stops != 0 {
            return at + stops.trailing_zeros() as usize / 8;
        }
        at += WIDE;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| !passes(*byte)).unwrap_or(rest.len())
}

#[inline(always)]
fn past_blanks(bytes: &[u8], at: usize) -> usize {
    match (bytes.get(at), bytes.get(at + 1)) {
        (Some(b' ' | b'\t'), Some(b' ' | b'\t')) => past(bytes, at + 2, |b| (b == b' ') | (b == b'\t')),
        (Some(b' ' | b'\t'), _) => at + 1,
        _ => at,
    }
}

/// The end of an identifier, as far as it is ASCII.
#[inline(always)]
fn past_word(bytes: &[u8], at: usize) -> usize {
    past(bytes, at, |b| ((b | 0x20).wrapping_sub(b'a') < 26) | (b.wrapping_sub(b'0') < 10) | (b == b'_') | (b == b'-'))
}

/// The end of text between quotes that stands for itself.
#[inline(always)]
fn past_plain(bytes: &[u8], at: usize) -> usize {
    past(bytes, at, |b| {
        (b != b'"') & (b != b'\\') & (b != b'\r') & (b != b'\n') & (b != b'$') & (b != b'%') & (b < 0x80)
    })
}

/// Number of bytes before the first of a class.
fn len_without(bytes: &[u8], class: u8) -> usize {
    bytes.iter().position(|b| is(*b, class)).unwrap_or(bytes.len())
}

/// Length of the identifier a text begins with, 0 if it does not.
pub(crate) fn word_len(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let ascii = bytes.iter().position(|b| !is(*b, class::WORD)).unwrap_or(bytes.len());
    match (bytes.first(), bytes.get(ascii)) {
        (Some(b'0'..=b'9' | b'-'), _) => 0,
        (_, Some(0x80..)) => unicode_word_len(rest),
        _ => ascii,
    }
}

fn unicode_word_len(rest: &str) -> usize {
    let mut chars = rest.char_indices();
    match chars.next() {
        Some((_, c)) if c == '_' || unicode_ident::is_xid_start(c) => {}
        _ => return 0,
    }
    chars.find(|(_, c)| *c != '-' && !unicode_ident::is_xid_continue(*c)).map_or(rest.len(), |(i, _)| i)
}

fn symbol(bytes: &[u8]) -> Option<(TokenKind, usize)> {
    use TokenKind::*;
    let two_or_three = match bytes {
        [b'.', b'.', b'.', ..] => Some((Ellipsis, 3)),
        [b'=', b'=', ..] => Some((EqualEqual, 2)),
        [b'=', b'>', ..] => Some((FatArrow, 2)),
        [b'!', b'=', ..] => Some((NotEqual, 2)),
        [b'<', b'=', ..] => Some((LessEqual, 2)),
        [b'>', b'=', ..] => Some((GreaterEqual, 2)),
        [b'&', b'&', ..] => Some((And, 2)),
        [b'|', b'|', ..] => Some((Or, 2)),
        [b':', b':', ..] => Some((DoubleColon, 2)),
        _ => None,
    };
    two_or_three.or_else(|| bytes.first().and_then(|b| single_symbol(*b)).map(|kind| (kind, 1)))
}

fn single_symbol(byte: u8) -> Option<TokenKind> {
    use TokenKind::*;
    Some(match byte {
        b'[' => OpenBracket,
        b']' => CloseBracket,
        b'(' => OpenParen,
        b')' => CloseParen,
        b'.' => Dot,
        b',' => Comma,
        b':' => Colon,
        b'?' => Question,
        b'<' => Less,
        b'>' => Greater,
        b'!' => Bang,
        b'+' => Plus,
        b'-' => Minus,
        b'*' => Star,
        b'/' => Slash,
        b'%' => Percent,
        b'&' | b'|' | b'^' | b'~' => Bitwise,
        b';' => Semicolon,
        _ => return None,
    })
}

/// Length of the text between quotes up to its end, a newline, `${` or `%{`.
fn quoted_text_len(bytes: &[u8]) -> usize {
    let mut len = len_without(bytes, class::QUOTED);
    while let Some(byte) = bytes.get(len) {
        len += match (byte, bytes.get(len + 1), bytes.get(len + 2)) {
            (b'"' | b'\n' | b'\r', ..) => return len,
            (b'\\', Some(b'\n' | b'\r') | None, _) => 1,
            (b'\\', ..) => 2,
            (b'$', Some(b'$'), Some(b'{')) | (b'%', Some(b'%'), Some(b'{')) => 3,
            (b'$' | b'%', Some(b'{'), _) => return len,
            _ => 1 + len_without(&bytes[len + 1..], class::QUOTED),
        };
    }
    len
}

/// Length of the text of a heredoc up to `${`, `%{` or the end of the line, its newline included.
fn heredoc_text_len(bytes: &[u8]) -> usize {
    let mut len = len_without(bytes, class::HEREDOC);
    while let Some(byte) = bytes.get(len) {
        len += match (byte, bytes.get(len + 1), bytes.get(len + 2)) {
            (b'\n', ..) => return len + 1,
            (b'$', Some(b'$'), Some(b'{')) | (b'%', Some(b'%'), Some(b'{')) => 3,
            (b'$' | b'%', Some(b'{'), _) => return len,
            _ => 1 + len_without(&bytes[len + 1..], class::HEREDOC),
        };
    }
    len
}

/// How far a quoted string that meets a newline is searched for its end.
const LOOK_AHEAD_LINES: usize = 40;

/// Whether the text after a newline within quotes seems to belong to the string: the next line with a quote has an
/// odd number of them.
fn spans_lines(rest: &str) -> bool {
    let lines = rest.lines().take(LOOK_AHEAD_LINES).map(|line| line.get(..line.len().min(400)).unwrap_or(""));
    lines.map(|line| line.bytes().filter(|b| *b == b'"').count()).find(|n| *n > 0).is_some_and(|n| n % 2 == 1)
}
