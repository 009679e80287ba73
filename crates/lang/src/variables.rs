//! Values for the variables of the root module.

use std::collections::BTreeMap;
use std::sync::Arc;

use terrane_source::{Diagnostics, FileId};

use crate::{Input, Program};

/// Where values come from; decides what is said of values that no variable takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `TF_VAR_x` in the environment: others are ignored.
    Environment,
    /// A file that is always read: others are warned of.
    File,
    /// `-var` on the command line: others are errors.
    CommandLine,
}

/// The values in a `.tfvars` file.
pub fn from_file(file: FileId, name: &str, text: &str, diags: &mut Diagnostics) -> BTreeMap<Arc<str>, Input> {
    let _ = (file, name, text, diags);
    BTreeMap::new()
}

/// The value that a text on the command line or in the environment gives to a variable.
///
/// A variable of primitive type, or without type, takes the text itself; any other takes it as an expression.
/// `file` holds exactly `text`. `None` if an error was reported.
pub fn from_text(
    program: &Program,
    name: &str,
    file: FileId,
    text: &str,
    origin: &str,
    diags: &mut Diagnostics,
) -> Option<Input> {
    let _ = (program, name, file, text, origin, diags);
    None
}

/// Reports values that no variable of the root module takes, and drops them.
pub fn check_declared(
    program: &Program,
    values: &mut BTreeMap<Arc<str>, Input>,
    origin: Origin,
    diags: &mut Diagnostics,
) {
    let _ = (program, values, origin, diags);
}
