//! JSON text to values with spans, and from these to expressions.

mod parser;
mod read;
mod recover;
mod string;

use terrane_source::{Diagnostics, FileId, Reported, Span};

use crate::arena::Arena;

pub use read::Strings;

/// A JSON value and its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Json<'t> {
    /// What it is.
    pub kind: JsonKind<'t>,
    /// From its first to its last byte.
    pub span: Span,
}

/// The forms of a JSON value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum JsonKind<'t> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number exactly as written, sign included.
    Number(&'t str),
    /// `"text"`
    String(JsonString<'t>),
    /// `[a, b]`
    Array(&'t [Json<'t>]),
    /// `{"a": b}`, in source order; names need not be unique.
    Object(&'t [Property<'t>]),
}

/// One `"name": value` of an object.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Property<'t> {
    /// Before the colon.
    pub name: JsonString<'t>,
    /// After it.
    pub value: Json<'t>,
}

/// A string of a JSON text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JsonString<'t> {
    /// The text, unescaped, not normalised.
    pub text: &'t str,
    /// Where it stands, quotes included.
    pub span: Span,
    escapes: &'t [Escape],
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
pub fn parse_json<'t>(
    file: FileId,
    text: &'t str,
    arena: &'t Arena,
    diags: &mut Diagnostics,
) -> Result<Json<'t>, Reported> {
    parser::parse(file, text, arena, diags)
}
