//! Text to values: recursive descent over bytes.

use terrane_source::{Diagnostic, Diagnostics, FileId, Reported, Span};

use super::{Json, JsonKind, JsonString, Property};
use crate::arena::Arena;
use crate::parser::MAX_DEPTH;

/// How many errors of a file are reported.
const MAX_ERRORS: usize = 20;

pub(super) type Parsed<T> = Result<T, Reported>;

pub(super) struct Parser<'t, 'd> {
    pub file: FileId,
    pub text: &'t str,
    pub arena: &'t Arena,
    /// The elements of all arrays that are being read, outer ones below those in them.
    items: Vec<Json<'t>>,
    /// The properties of all objects that are being read.
    properties: Vec<Property<'t>>,
    /// The next byte.
    pub at: usize,
    /// What closes each of the objects and arrays that are open.
    pub open: Vec<u8>,
    diags: &'d mut Diagnostics,
    errors: usize,
}

pub(super) fn parse<'t>(file: FileId, text: &'t str, arena: &'t Arena, diags: &mut Diagnostics) -> Parsed<Json<'t>> {
    crate::parser::check_size(file, text, diags)?;
    let (items, properties) = (Vec::new(), Vec::new());
    let mut parser = Parser { file, text, arena, items, properties, at: 0, open: Vec::new(), diags, errors: 0 };
    parser.byte_order_mark()?;
    let value = parser.value()?;
    parser.blanks();
    if parser.errors == 0 && parser.at < text.len() {
        let span = parser.here();
        parser.error("Extraneous data after value", "Extra characters appear after the JSON value.", span);
    }
    Ok(value)
}

impl<'t> Parser<'t, '_> {
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// The next byte that is no blank.
    pub(super) fn next_mark(&mut self) -> Option<u8> {
        self.blanks();
        self.peek()
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start as u32, end as u32)
    }

    /// The next character; empty at the end.
    pub(super) fn here(&self) -> Span {
        let len = self.text.get(self.at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        self.span(self.at, self.at + len)
    }

    pub(super) fn error(&mut self, summary: &str, detail: impl Into<String>, span: Span) -> Reported {
        self.report(Diagnostic::error(summary, detail).at(span))
    }

    /// Adds an error; when there are too many the rest of the text is left out.
    pub(super) fn report(&mut self, error: Diagnostic) -> Reported {
        self.errors += 1;
        if self.errors > MAX_ERRORS {
            self.at = self.text.len();
            if let Some(reported) = self.diags.reported() {
                return reported;
            }
        }
        self.diags.error(error)
    }

    fn byte_order_mark(&mut self) -> Parsed<()> {
        if !self.text.starts_with('\u{feff}') {
            return Ok(());
        }
        let detail = "The file begins with a byte order mark, which JSON does not allow.";
        let error = Diagnostic::error("Unicode byte order mark", detail).at(self.here());
        Err(self.report(error.hint("Save the file as UTF-8 without byte order mark.")))
    }

    fn value(&mut self) -> Parsed<Json<'t>> {
        let next = self.next_mark();
        let start = self.at;
        let kind = match next {
            Some(b'{') => self.nested(b'}', Self::object)?,
            Some(b'[') => self.nested(b']', Self::array)?,
            Some(b'"') => JsonKind::String(self.string()?),
            Some(b'-' | b'+' | b'.' | b'0'..=b'9') => self.number()?,
            Some(b'a'..=b'z' | b'A'..=b'Z') => self.keyword()?,
            other => return Err(self.no_value(other)),
        };
        Ok(Json { kind, span: self.span(start, self.at) })
    }

    fn nested(&mut self, close: u8, f: fn(&mut Self) -> Parsed<JsonKind<'t>>) -> Parsed<JsonKind<'t>> {
        if self.open.len() >= MAX_DEPTH {
            let detail = format!("At most {MAX_DEPTH} levels of objects and arrays in one another are supported.");
            return Err(self.error("Nesting too deep", detail, self.here()));
        }
        self.open.push(close);
        let value = f(self);
        self.open.pop();
        value
    }

    fn object(&mut self) -> Parsed<JsonKind<'t>> {
        let open = self.at;
        self.at += 1;
        if self.next_mark() == Some(b'}') {
            self.at += 1;
            return Ok(JsonKind::Object(&[]));
        }
        let from = self.properties.len();
        loop {
            match self.property() {
                Ok(property) => self.properties.push(property),
                Err(_) => self.recover(),
            }
            if !self.another(open, b'}') {
                let properties = self.arena.list(self.properties.get(from..).unwrap_or_default());
                self.properties.truncate(from);
                return Ok(JsonKind::Object(properties));
            }
        }
    }

    fn array(&mut self) -> Parsed<JsonKind<'t>> {
        let open = self.at;
        self.at += 1;
        if self.next_mark() == Some(b']') {
            self.at += 1;
            return Ok(JsonKind::Array(&[]));
        }
        let from = self.items.len();
        loop {
            match self.value() {
                Ok(item) => self.items.push(item),
                Err(_) => self.recover(),
            }
            if !self.another(open, b']') {
                let items = self.arena.list(self.items.get(from..).unwrap_or_default());
                self.items.truncate(from);
                return Ok(JsonKind::Array(items));
            }
        }
    }

    fn property(&mut self) -> Parsed<Property<'t>> {
        let name = self.property_name()?;
        match self.next_mark() {
            Some(b':') => self.at += 1,
            other => return Err(self.no_colon(other)),
        }
        Ok(Property { name, value: self.value()? })
    }

    fn property_name(&mut self) -> Parsed<JsonString<'t>> {
        match self.next_mark() {
            Some(b'"') => self.string(),
            other => Err(self.no_name(other)),
        }
    }

    fn number(&mut self) -> Parsed<JsonKind<'t>> {
        let start = self.at;
        while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
            self.at += 1;
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        if is_number(text) {
            return Ok(JsonKind::Number(text));
        }
        let detail = format!("{text} is not a number of JSON.");
        let error = Diagnostic::error("Invalid JSON number", detail).at(self.span(start, self.at));
        Err(self.report(match number_hint(text) {
            Some(hint) => error.hint(hint),
            None => error,
        }))
    }

    fn keyword(&mut self) -> Parsed<JsonKind<'t>> {
        let start = self.at;
        while matches!(self.peek(), Some(b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.')) {
            self.at += 1;
        }
        match self.text.get(start..self.at).unwrap_or_default() {
            "true" => Ok(JsonKind::Bool(true)),
            "false" => Ok(JsonKind::Bool(false)),
            "null" => Ok(JsonKind::Null),
            word => Err(self.bad_keyword(start, word)),
        }
    }
}

fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole.len() == 1 || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(digits)
}

fn number_hint(text: &str) -> Option<&'static str> {
    let unsigned = text.trim_start_matches('-');
    match unsigned.as_bytes() {
        [b'+', ..] => Some("Write it without the plus sign."),
        [b'.', ..] => Some("Write a zero before the point."),
        [b'0', b'0'..=b'9', ..] => Some("Write it without the leading zero, or in quotes if it is a text."),
        [.., b'.'] => Some("Write it without the point, or a digit after it."),
        _ => None,
    }
}
