//! Strings of JSON and their escape sequences.

use terrane_source::Diagnostic;

use super::parser::{Parsed, Parser};
use super::{Escape, JsonString};

impl<'t> Parser<'t, '_> {
    /// The string that begins here.
    pub(super) fn string(&mut self) -> Parsed<JsonString<'t>> {
        let start = self.at;
        self.at += 1;
        let body = self.at;
        let mut wrong = None;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    self.at += if self.text.as_bytes().get(self.at + 1).is_some_and(|b| *b >= 32) { 2 } else { 1 }
                }
                None | Some(b'\n' | b'\r') => return Err(self.unterminated(start)),
                Some(0..32) => {
                    wrong.get_or_insert(self.at);
                    self.at += 1;
                }
                Some(_) => self.at += 1,
            }
        }
        // An escaped character of several bytes is passed only in part; the rest of it are no quotes.
        let raw = self.text.get(body..self.at).unwrap_or_default();
        self.at += 1;
        if let Some(at) = wrong {
            let code = self.text.as_bytes()[at];
            let detail = "A string cannot hold control characters as they are.";
            let error = Diagnostic::error("Invalid JSON string", detail).at(self.span(at, at + 1));
            let hint =
                if code == b'\t' { "Write \\t instead.".into() } else { format!("Write \\u{code:04x} instead.") };
            return Err(self.report(error.hint(hint)));
        }
        let (text, escapes) = self.unescape(body, raw)?;
        Ok(JsonString { text, span: self.span(start, self.at), escapes })
    }

    fn unterminated(&mut self, start: usize) -> terrane_source::Reported {
        let detail = "There is no closing quote for this string on its line.";
        let error = Diagnostic::error("Unterminated string", detail).at(self.span(start, start + 1));
        self.report(error.hint("Add a \" where the string ends; a newline within a string is written \\n."))
    }

    fn unescape(&mut self, body: usize, raw: &'t str) -> Parsed<(&'t str, &'t [Escape])> {
        if !raw.contains('\\') {
            return Ok((raw, &[]));
        }
        let mut text = String::with_capacity(raw.len());
        let mut escapes = Vec::new();
        let mut rest = raw;
        while let Some(i) = rest.find('\\') {
            text.push_str(&rest[..i]);
            rest = &rest[i..];
            let Some((c, len)) = escape(rest) else { return Err(self.bad_escape(body + raw.len() - rest.len(), rest)) };
            text.push(c);
            rest = &rest[len..];
            escapes.push(Escape { text: text.len() as u32, file: (raw.len() - rest.len()) as u32 });
        }
        text.push_str(rest);
        Ok((self.arena.text(&text), self.arena.list(&escapes)))
    }

    fn bad_escape(&mut self, at: usize, rest: &str) -> terrane_source::Reported {
        let is_unicode = rest.starts_with("\\u");
        let digits = rest.bytes().skip(2).take(4).take_while(u8::is_ascii_hexdigit).count();
        let selector = rest.chars().nth(1).map_or(0, char::len_utf8);
        let len = if is_unicode { 2 + digits } else { 1 + selector };
        let written = rest.get(..len).unwrap_or("\\");
        let detail = match is_unicode {
            true => "\\u must be followed by 4 hexadecimal digits.".to_string(),
            false => format!("{written} is not an escape sequence of JSON."),
        };
        let error = Diagnostic::error("Invalid JSON string", detail).at(self.span(at, at + len));
        self.report(
            error.hint("Write \\\\ for a backslash. The others are \\\", \\/, \\b, \\f, \\n, \\r, \\t and \\uNNNN."),
        )
    }
}

/// The character that the escape sequence at the beginning of a text stands for, and its length.
fn escape(rest: &str) -> Option<(char, usize)> {
    let c = match rest.as_bytes().get(1)? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unicode(rest),
        _ => return None,
    };
    Some((c, 2))
}

/// A `\uNNNN`, or two of them that are the halves of one character; a half alone stands for U+FFFD.
fn unicode(rest: &str) -> Option<(char, usize)> {
    let unit = code_unit(rest)?;
    if let Some(c) = char::from_u32(unit) {
        return Some((c, 6));
    }
    let low = rest.get(6..).and_then(code_unit).filter(|low| (0xdc00..0xe000).contains(low));
    let pair = low.filter(|_| unit < 0xdc00).map(|low| 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
    match pair.and_then(char::from_u32) {
        Some(c) => Some((c, 12)),
        None => Some((char::REPLACEMENT_CHARACTER, 6)),
    }
}

fn code_unit(rest: &str) -> Option<u32> {
    let digits = rest.strip_prefix("\\u")?.get(..4)?;
    let all = digits.bytes().all(|b| b.is_ascii_hexdigit());
    all.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}
