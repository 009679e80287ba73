//! HCL text to syntax tree and back, with spans.
//!
//! Absent on purpose: what a name or a block type means, evaluation, reading files.

mod tree;

pub use tree::{
    Access, Attribute, BinaryOp, Block, Body, Expr, ExprKind, ForObject, ForTuple, Ident, Item, Label, Literal,
    ObjectItem, ObjectKey, Part, SplatKind, UnaryOp,
};

use terrane_source::{Diagnostics, FileId};

/// The tree of a file. Items with syntax errors are reported and left out; the others are there.
pub fn parse(_file: FileId, text: &str, _diags: &mut Diagnostics) -> Body {
    Body { items: Vec::new(), span: terrane_source::Span::new(_file, 0, text.len() as u32) }
}

/// The tree of one expression, as in a `-var` value or at a prompt; newlines around and in it are allowed.
///
/// Spans point into `file` as if `text` stood at byte `base_offset` of it.
pub fn parse_expression(
    _file: FileId,
    _text: &str,
    _base_offset: u32,
    diags: &mut Diagnostics,
) -> Result<Expr, terrane_source::Reported> {
    Err(diags.error(terrane_source::Diagnostic::error("Unsupported", "Parsing is not there yet.")))
}
