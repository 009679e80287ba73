//! `import` blocks for what was found.

use std::collections::HashSet;
use std::fmt::Write;

use terrane_lang::Program;
use terrane_state::Snapshot;
use terrane_syntax::quoted;

use super::Row;

/// How long a name gets at most.
const LONGEST: usize = 60;

/// The addresses in the root module that are taken.
pub struct Names<'a> {
    program: &'a Program,
    snapshot: &'a Snapshot,
}

impl<'a> Names<'a> {
    /// Those of a configuration and its state.
    pub fn of(program: &'a Program, snapshot: &'a Snapshot) -> Names<'a> {
        Names { program, snapshot }
    }

    fn is_taken(&self, address: &str) -> bool {
        let Ok(instance) = terrane_address::parse_instance(address) else { return true };
        let declared = self.program.resource(instance.resource.config()).is_some();
        let imported =
            self.program.root().contents.imports.iter().any(|import| import.to == *instance.resource.config());
        declared || imported || self.snapshot.resources.contains_key(&instance.resource)
    }
}

/// One block for each object.
pub fn text(rows: &[&Row], names: &Names<'_>, provider: Option<&str>) -> String {
    let mut out = String::from(
        "# Written by terrane discover. Leave out what is not yours to manage, and name the rest as you like.\n",
    );
    let mut given = HashSet::new();
    for row in rows {
        let address = address(row, names, &mut given);
        let provider = provider.map(|name| format!("  provider = {name}\n")).unwrap_or_default();
        let _ = write!(out, "\nimport {{\n  to = {address}\n  id = {}\n{provider}}}\n", quoted(&row.id));
    }
    terrane_syntax::format(&out)
}

/// An address that nothing else has.
fn address(row: &Row, names: &Names<'_>, given: &mut HashSet<String>) -> String {
    let stem = format!("{}.{}", row.ty, label(row.name.as_deref().unwrap_or(&row.id)));
    let mut address = stem.clone();
    let mut number = 2;
    while names.is_taken(&address) || !given.insert(address.clone()) {
        address = format!("{stem}_{number}");
        number += 1;
    }
    address
}

/// A name for a block made of a name for people.
fn label(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '_' };
    let text: String = text.chars().map(plain).take(LONGEST).collect();
    let text = text.trim_matches(['_', '-']);
    match text.chars().next() {
        Some(first) if first.is_ascii_alphabetic() => text.to_owned(),
        _ => format!("_{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_made_of_names_for_people() {
        for (name, expect) in
            [("main", "main"), ("web server 1", "web_server_1"), ("10.0.0.0/8", "_10_0_0_0_8"), ("ü", "_")]
        {
            assert_eq!(label(name), expect);
        }
    }
}
