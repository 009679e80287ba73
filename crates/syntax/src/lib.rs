//! HCL text to syntax tree and back, with spans; its JSON form to values that are read as expressions or as blocks.
//!
//! ```
//! use terrane_source::{Diagnostics, Files};
//! use terrane_syntax::{Arena, dump, format, parse};
//!
//! let text = "resource \"aws_vpc\" \"main\" {\ncidr=var.cidr\n}\n";
//! let (mut files, mut diags) = (Files::new(), Diagnostics::new());
//! let arena = Arena::new();
//! let body = parse(files.add("main.tf", text), text, &arena, &mut diags);
//! assert!(diags.is_empty());
//! assert_eq!(dump(&body), "resource \"aws_vpc\" \"main\" {\n  cidr = (. var cidr)\n}\n");
//! assert_eq!(format(text), "resource \"aws_vpc\" \"main\" {\n  cidr = var.cidr\n}\n");
//! ```
//!
//! Absent on purpose: what a name or a block type means, evaluation, reading files.

mod arena;
mod dump;
mod format;
mod json;
mod lexer;
mod open;
mod outline;
mod parser;
mod quote;
mod token;
mod tree;

pub use arena::Arena;
pub use dump::{dump, dump_expression, dump_json};
pub use format::{format, format_body};
pub use json::{Json, JsonKind, JsonString, Property, Strings, parse_json};
pub use open::{Open, open};
pub use outline::outline;
pub use parser::{MAX_DEPTH, MAX_HEIGHT, parse, parse_expression, parse_template};
pub use quote::{is_identifier, quoted};
pub use tree::{
    Access, Attribute, BinaryOp, Block, Body, Call, Conditional, Expr, ExprKind, ForObject, ForTuple, Ident, Item,
    Iter, Label, List, Literal, ObjectItem, ObjectKey, Part, PartFor, PartIf, Splat, SplatKind, UnaryOp,
};
