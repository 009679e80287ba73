//! The text of strings: escapes, and strings without templates.

use terrane_source::{Diagnostic, Reported};

use super::{Parsed, Parser};
use crate::token::{Token, TokenKind};
use crate::tree::tape::{Name, NodeId, tag};

/// An invalid escape: what is wrong, and the bytes of the text it covers.
struct BadEscape {
    detail: String,
    start: usize,
    len: usize,
}

impl<'t> Parser<'t, '_> {
    /// The node of a quoted string without sequences, if that is the next token, which is taken then.
    pub(super) fn simple_string(&mut self) -> Parsed<Option<NodeId>> {
        let token = self.peek();
        if token.kind != TokenKind::String {
            return Ok(None);
        }
        self.next();
        let Token { start, end, plain, .. } = token;
        let text = Token { kind: TokenKind::QuotedText, plain, start: start + 1, end: end - 1 };
        let text = if plain { None } else { self.own_text(text)? };
        Ok(Some(self.tape.text_leaf(tag::STRING, Name { start, end, text })))
    }

    /// The text a token between quotes stands for, if it is not the source.
    fn own_text(&mut self, token: Token) -> Parsed<Option<&'t str>> {
        let text = self.quoted_text(token)?;
        let text = self.normalised(text);
        Ok((text != self.text_of(token)).then_some(text))
    }

    /// A quoted string in which no template sequence is allowed.
    pub(super) fn plain_string(&mut self) -> Parsed<NodeId> {
        if let Some(text) = self.simple_string()? {
            return Ok(text);
        }
        let quote = self.next();
        loop {
            let token = self.next_in_string();
            match token.kind {
                TokenKind::QuotedText => {
                    self.quoted_text(token)?;
                }
                TokenKind::OpenInterpolation | TokenKind::OpenDirective => return Err(self.template_in_plain(token)),
                _ => return Err(self.unclosed_string(quote, token)),
            }
        }
    }

    /// Takes the next token of a string, newlines included.
    pub(super) fn next_in_string(&mut self) -> Token {
        let token = if self.next.kind == TokenKind::Unread { self.any_token() } else { self.next };
        if matches!(token.kind, TokenKind::End | TokenKind::Newline) {
            self.next = token;
        } else {
            self.last_end = token.end;
            self.next = Token::UNREAD;
        }
        token
    }

    fn template_in_plain(&mut self, token: Token) -> Reported {
        let mark = self.text_of(token).trim_end_matches('~');
        let detail = "Block labels are constant: template sequences cannot stand in them.";
        let error = Diagnostic::error("Invalid string literal", detail).at(self.span(token));
        let symbol = mark.trim_end_matches('{');
        self.report(error.hint(format!("To include {mark} as text write {symbol}{mark}")))
    }

    /// Reports a string that does not end before `found`.
    pub(super) fn unclosed_string(&mut self, quote: Token, found: Token) -> Reported {
        if found.kind == TokenKind::QuotedNewline {
            let error = Diagnostic::error("Invalid multi-line string", "A quoted string must end on its line.");
            return self.report(error.at(self.span_from(quote.start)).hint(
                "Write \\n for a newline, or use a heredoc: \"<<-EOT\", the lines, then \"EOT\" on a line of its own.",
            ));
        }
        let span = self.span(Token { end: found.start.max(quote.end), ..quote });
        let detail = "There is no closing quote for this string on its line.";
        self.report(Diagnostic::error("Unterminated string", detail).at(span).hint("Add a \" where the string ends."))
    }

    /// The text a token between quotes stands for.
    pub(super) fn quoted_text(&mut self, token: Token) -> Parsed<&'t str> {
        let raw = self.text_of(token);
        if is_plain(raw) { Ok(raw) } else { self.unescaped(token) }
    }

    fn unescaped(&mut self, token: Token) -> Parsed<&'t str> {
        let unescaped = unescape(self.text_of(token));
        unescaped.map(|text| self.arena.text(&text)).map_err(|bad| {
            let start = token.start + bad.start as u32;
            let span = self.span(Token { start, end: start + bad.len as u32, ..token });
            let error = Diagnostic::error("Invalid escape sequence", bad.detail).at(span);
            self.report(
                error.hint("Write \\\\ for a backslash. The others are \\n, \\r, \\t, \\\", \\uNNNN and \\UNNNNNNNN."),
            )
        })
    }

    /// The text a line of a heredoc stands for.
    pub(super) fn heredoc_text(&self, token: Token) -> &'t str {
        let raw = self.text_of(token);
        if !raw.as_bytes().windows(3).any(|three| matches!(three, b"$${" | b"%%{")) {
            return raw;
        }
        self.arena.text(&raw.replace("$${", "${").replace("%%{", "%{"))
    }
}

/// Whether a text between quotes stands for itself.
fn is_plain(raw: &str) -> bool {
    !raw.bytes().any(|b| matches!(b, b'\\' | b'$' | b'%'))
}

fn unescape(raw: &str) -> Result<String, BadEscape> {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(i) = rest.find(['\\', '$', '%']) {
        text.push_str(&rest[..i]);
        rest = &rest[i..];
        let len = if rest.starts_with('\\') {
            let start = raw.len() - rest.len();
            backslash(rest, &mut text).map_err(|(detail, len)| BadEscape { detail, start, len })?
        } else {
            template_escape(rest, &mut text)
        };
        rest = &rest[len..];
    }
    text.push_str(rest);
    Ok(text)
}

/// Reads `$${`, `%%{`, or a `$` or `%` that stands for itself; returns its length.
fn template_escape(rest: &str, text: &mut String) -> usize {
    let (symbol, len) = match rest.as_bytes() {
        [b'$', b'$', b'{', ..] => ("${", 3),
        [b'%', b'%', b'{', ..] => ("%{", 3),
        [b'$', ..] => ("$", 1),
        _ => ("%", 1),
    };
    text.push_str(symbol);
    len
}

/// Reads an escape and returns its length, or what is wrong with it and its length.
fn backslash(rest: &str, text: &mut String) -> Result<usize, (String, usize)> {
    let Some(selector) = rest.chars().nth(1) else {
        return Err(("A backslash must be followed by the character it escapes.".into(), 1));
    };
    let plain = match selector {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '"' => '"',
        '\\' => '\\',
        'u' => return unicode(rest, 4, text),
        'U' => return unicode(rest, 8, text),
        other => return Err((format!("\\{other} is not an escape sequence."), 1 + other.len_utf8())),
    };
    text.push(plain);
    Ok(2)
}

fn unicode(rest: &str, digits: usize, text: &mut String) -> Result<usize, (String, usize)> {
    let found = rest.bytes().skip(2).take(digits).take_while(u8::is_ascii_hexdigit).count();
    let escape = rest.get(..2 + found).unwrap_or(rest);
    if found < digits {
        return Err((format!("{} must be followed by {digits} hexadecimal digits.", &rest[..2]), escape.len()));
    }
    let code = u32::from_str_radix(&escape[2..], 16).ok().and_then(char::from_u32);
    match code {
        Some(c) => text.push(c),
        None => return Err((format!("{escape} is not a Unicode character."), escape.len())),
    }
    Ok(escape.len())
}
