//! How far a part of a text goes: words, numbers, blanks, text between quotes.

use wide::u8x16;

use crate::token::TokenKind;

/// Length of a number: digits, dots and exponents as long as they follow, but no dot at the end.
pub(super) fn number_len(bytes: &[u8]) -> usize {
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
pub(super) fn enclosed_len(rest: &str, mark: u8) -> usize {
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

/// The first byte from `at` on that is in no lane of `passes`, or the length.
#[inline(always)]
fn past(bytes: &[u8], at: usize, passes: impl Fn(u8x16) -> u8x16 + Copy) -> usize {
    let Some(chunk) = bytes.get(at..at + WIDE).and_then(<[u8]>::first_chunk::<WIDE>) else {
        return at + past_last(bytes.get(at..).unwrap_or_default(), passes);
    };
    let stops = !passes(u8x16::new(*chunk)).to_bitmask() as u16;
    if stops != 0 { at + stops.trailing_zeros() as usize } else { past_more(bytes, at + WIDE, passes) }
}

#[inline(never)]
fn past_more(bytes: &[u8], mut at: usize, passes: impl Fn(u8x16) -> u8x16 + Copy) -> usize {
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(chunk) = rest.first_chunk::<WIDE>() else { return at + past_last(rest, passes) };
        let stops = !passes(u8x16::new(*chunk)).to_bitmask() as u16;
        if stops != 0 {
            return at + stops.trailing_zeros() as usize;
        }
        at += WIDE;
    }
}

/// The same in fewer bytes than are looked at in one go.
#[cold]
fn past_last(rest: &[u8], passes: impl Fn(u8x16) -> u8x16) -> usize {
    let mut chunk = [0; WIDE];
    for (to, from) in chunk.iter_mut().zip(rest) {
        *to = *from;
    }
    let stops = !passes(u8x16::new(chunk)).to_bitmask() as u16;
    rest.len().min(stops.trailing_zeros() as usize)
}

/// The lanes with bytes from `first` to `last`.
#[inline(always)]
fn within(lanes: u8x16, first: u8, last: u8) -> u8x16 {
    let above = lanes - u8x16::splat(first);
    above.min(u8x16::splat(last - first)).simd_eq(above)
}

#[inline(always)]
pub(super) fn past_blanks(bytes: &[u8], at: usize) -> usize {
    let is_blank = |at| matches!(bytes.get(at), Some(b' ' | b'\t'));
    match bytes.get(at) {
        Some(..=b' ') if is_blank(at) && !is_blank(at + 1) => at + 1,
        Some(..=b' ') if is_blank(at) => {
            past(bytes, at + 2, |b| b.simd_eq(u8x16::splat(b' ')) | b.simd_eq(u8x16::splat(b'\t')))
        }
        _ => at,
    }
}

/// The end of an identifier, as far as it is ASCII.
#[inline(always)]
pub(super) fn past_word(bytes: &[u8], at: usize) -> usize {
    past(bytes, at, |b| {
        let signs = b.simd_eq(u8x16::splat(b'_')) | b.simd_eq(u8x16::splat(b'-'));
        within(b | u8x16::splat(0x20), b'a', b'z') | within(b, b'0', b'9') | signs
    })
}

/// The end of text between quotes that stands for itself.
#[inline(always)]
pub(super) fn past_plain(bytes: &[u8], at: usize) -> usize {
    past(bytes, at, |b| {
        let is = |byte| b.simd_eq(u8x16::splat(byte));
        let marks = is(b'"') | is(b'\\') | is(b'$') | is(b'%') | is(b'\n') | is(b'\r');
        within(b, 0, 0x7f) & !marks
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

pub(super) fn unicode_word_len(rest: &str) -> usize {
    let mut chars = rest.char_indices();
    match chars.next() {
        Some((_, c)) if c == '_' || unicode_ident::is_xid_start(c) => {}
        _ => return 0,
    }
    chars.find(|(_, c)| *c != '-' && !unicode_ident::is_xid_continue(*c)).map_or(rest.len(), |(i, _)| i)
}

pub(super) fn symbol(bytes: &[u8]) -> Option<(TokenKind, usize)> {
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
pub(super) fn quoted_text_len(bytes: &[u8]) -> usize {
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
pub(super) fn heredoc_text_len(bytes: &[u8]) -> usize {
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
pub(super) fn spans_lines(rest: &str) -> bool {
    let lines = rest.lines().take(LOOK_AHEAD_LINES).map(|line| line.get(..line.len().min(400)).unwrap_or(""));
    lines.map(|line| line.bytes().filter(|b| *b == b'"').count()).find(|n| *n > 0).is_some_and(|n| n % 2 == 1)
}
