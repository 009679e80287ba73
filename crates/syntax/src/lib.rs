//! HCL text to syntax tree and back, with spans.
//!
//! Absent on purpose: what a name or a block type means, evaluation, reading files.

mod dump;
mod format;
mod lexer;
mod parser;
mod token;
mod tree;

pub use dump::{dump, dump_expression};
pub use format::format;
pub use parser::{MAX_DEPTH, MAX_HEIGHT, parse, parse_expression, parse_template};
pub use tree::{
    Access, Attribute, BinaryOp, Block, Body, Expr, ExprKind, ForObject, ForTuple, Ident, Item, Label, Literal,
    ObjectItem, ObjectKey, Part, SplatKind, UnaryOp,
};
