//! Texts in quotes.

use std::fmt::Write;

/// Writes a text in the double quotes of Go's source.
pub(crate) fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            c if printable(c) => out.push(c),
            c => {
                let code = u32::from(c);
                let _ = match code {
                    0..=0x7f => write!(out, "\\x{code:02x}"),
                    0x80..=0xffff => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push('"');
}

/// A text in the double quotes of Go's source.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    quote(text, &mut out);
    out
}

/// Whether a character shows on paper: no control, no space but the plain one, no private code.
fn printable(c: char) -> bool {
    match u32::from(c) {
        0x20..=0x7e => true,
        0..=0xa0 | 0xad => false,
        0x2028..=0x202e | 0x2000..=0x200f | 0x205f..=0x206f => false,
        0x1680 | 0x3000 | 0xfeff | 0xfff9..=0xfffb => false,
        0xe000..=0xf8ff | 0xf0000.. => false,
        _ => true,
    }
}
