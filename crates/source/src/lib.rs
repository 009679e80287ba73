//! Files, spans and diagnostics: the ways to point at text.
//!
//! Absent on purpose: reading files, terminals, anything about HCL.

mod diagnostic;
mod files;
mod render;

pub use diagnostic::{Diagnostic, Diagnostics, Note, Reported, Severity};
pub use files::{FileId, Files, Position, Span};
pub use render::{Style, render};
