//! JSON text to values with spans, and from these to expressions.

mod parser;
mod read;
mod recover;
mod string;

use std::sync::Arc;

use terrane_source::{Diagnostics, FileId, Reported, Span};

pub use read::Strings;

/// A JSON value and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Json {
    /// What it is.
    pub kind: JsonKind,
    /// From its first to its last byte.
    pub span: Span,
}

/// The forms of a JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum JsonKind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number exactly as written, sign included.
    Number(Arc<str>),
    /// `"text"`
    String(JsonString),
    /// `[a, b]`
    Array(Vec<Json>),
    /// `{"a": b}`, in source order; names need not be unique.
    Object(Vec<Property>),
}

/// One `"name": value` of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// Before the colon.
    pub name: JsonString,
    /// After it.
    pub value: Json,
}

/// A string of a JSON text.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonString {
    /// The text, unescaped, not normalised.
    pub text: Arc<str>,
    /// Where it stands, quotes included.
    pub span: Span,
    escapes: Box<[Escape]>,
}

/// Where an escape sequence ends, in the text it is part of and in the file, both from the opening quote on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Escape {
    text: u32,
    file: u32,
}

/// Where a text stands in a file that may write some of its characters as escape sequences.
#[derive(Clone, Copy)]
pub(crate) struct Origin<'a> {
    base: u32,
    escapes: &'a [Escape],
}

impl<'a> Origin<'a> {
    /// A text without escape sequences that begins at byte `base`.
    pub(crate) fn at(base: u32) -> Origin<'a> {
        Origin { base, escapes: &[] }
    }

    /// The byte of the file for a byte of the text.
    pub(crate) fn offset(self, byte: u32) -> u32 {
        let before = self.escapes.partition_point(|escape| escape.text <= byte);
        match before.checked_sub(1).and_then(|last| self.escapes.get(last)) {
            Some(escape) => self.base + escape.file + (byte - escape.text),
            None => self.base + byte,
        }
    }
}

/// The value that a JSON text holds. Properties and elements with syntax errors are reported and left out; the others
/// are there. An error is returned if nothing is there.
pub fn parse_json(file: FileId, text: &str, diags: &mut Diagnostics) -> Result<Json, Reported> {
    parser::parse(file, text, diags)
}
