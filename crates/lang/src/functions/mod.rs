//! The functions of the language: one table, one file for each group.

use std::collections::HashMap;
use std::sync::LazyLock;

use terrane_source::{Diagnostic, Files};

use crate::World;

mod base64;
mod call;
mod collection;
mod conversion;
mod csv;
mod date;
mod describe;
mod filesystem;
mod format;
mod glob;
mod gzip;
mod hash;
mod json;
mod legacy;
pub mod manual;
mod mapping;
mod marks;
mod network;
mod numeric;
mod regex;
mod rsa;
mod sequence;
mod set;
mod signature;
mod string;
mod terraform;
mod text_encoding;
mod url;
mod yaml;

pub use call::{call, defer};
pub use describe::schema;
pub(crate) use describe::{called, called_by};
pub(crate) use signature::TELLS_SECRETS;
pub use signature::{ArgError, Function, Param};
pub use terraform::written;

/// All groups. A new function is one entry in the list of its group; a new group is one line here.
static GROUPS: &[&[Function]] = &[
    base64::FUNCTIONS,
    collection::FUNCTIONS,
    conversion::FUNCTIONS,
    csv::FUNCTIONS,
    date::FUNCTIONS,
    filesystem::FUNCTIONS,
    format::FUNCTIONS,
    hash::FUNCTIONS,
    json::FUNCTIONS,
    legacy::FUNCTIONS,
    mapping::FUNCTIONS,
    marks::FUNCTIONS,
    network::FUNCTIONS,
    numeric::FUNCTIONS,
    regex::FUNCTIONS,
    rsa::FUNCTIONS,
    sequence::FUNCTIONS,
    set::FUNCTIONS,
    string::FUNCTIONS,
    text_encoding::FUNCTIONS,
    url::FUNCTIONS,
    yaml::FUNCTIONS,
];

/// What functions may use beside their arguments.
pub struct Context<'a> {
    /// Files, time and chance.
    pub world: &'a dyn World,
}

/// Where in the text of an argument an error is, to follow a word; empty if it has no place.
fn place_of(error: &Diagnostic, files: &Files) -> String {
    error.span.map_or(String::new(), |span| {
        let at = files.position(span.file, span.start);
        format!(" at line {} column {}", at.line, at.column)
    })
}

/// The function of a name; `core::` before it is allowed.
pub fn find(name: &str) -> Option<&'static Function> {
    static BY_NAME: LazyLock<HashMap<&str, &'static Function>> =
        LazyLock::new(|| GROUPS.iter().copied().flatten().map(|f| (f.name, f)).collect());
    BY_NAME.get(name.strip_prefix("core::").unwrap_or(name)).copied()
}

/// The function of the built-in provider with a name.
pub(crate) fn of_terraform(name: &str) -> Option<&'static Function> {
    terraform::FUNCTIONS.iter().find(|function| function.name == name)
}

/// The names of all functions of the built-in provider.
pub(crate) fn names_of_terraform() -> impl Iterator<Item = &'static str> {
    terraform::FUNCTIONS.iter().map(|function| function.name)
}

/// The names of all functions, those that are not functions of values (`try`, `templatefile`, …) included; sorted.
pub fn names() -> Vec<&'static str> {
    let special = ["can", "templatefile", "templatestring", "try"];
    let mut names: Vec<&str> = GROUPS.iter().copied().flatten().map(|f| f.name).chain(special).collect();
    names.sort_unstable();
    names
}
