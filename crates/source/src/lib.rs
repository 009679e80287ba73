//! Files, spans and diagnostics: the ways to point at text.
//!
//! Absent on purpose: reading files, terminals, anything about HCL.

mod called;
mod diagnostic;
mod files;
mod render;
mod wrap;

pub use called::{Called, Signature};
pub use diagnostic::{Cause, Deprecation, Diagnostic, Diagnostics, Note, Reported, Severity};
pub use files::{FileId, Files, Outline, Position, Span};
pub use render::{Style, render, render_within};
