//! Files of other tools that nothing is done with.

use terrane_lang::World;
use terrane_source::Diagnostic;

use crate::world::Disk;

const TESTS: &[&str] = &[".tftest.hcl", ".tftest.json", ".tofutest.hcl", ".tofutest.json"];
const QUERIES: &[&str] = &[".tfquery.hcl", ".tfquery.json"];

/// A warning of test files beside the configuration and in a folder of their own, if there are any.
pub fn tests(world: &Disk, folder: &str) -> Option<Diagnostic> {
    let found = [".", folder].into_iter().flat_map(|dir| named(world, dir, TESTS)).collect();
    warning(
        "Test files are not checked",
        "Terrane does not run tests yet",
        found,
        "With -no-tests nothing is said of them.",
    )
}

/// A warning of files with queries beside the configuration, if there are any.
pub fn queries(world: &Disk) -> Option<Diagnostic> {
    let hint = "To manage an object that exists, write an import block.";
    warning("Query files are not checked", "Terrane does not search for objects yet", named(world, ".", QUERIES), hint)
}

fn named(world: &Disk, dir: &str, ends: &[&str]) -> Vec<String> {
    let files = world.list(dir).unwrap_or_default().into_iter().filter(|e| !e.is_dir);
    let mut names: Vec<String> = files.map(|e| e.name).filter(|n| ends.iter().any(|end| n.ends_with(end))).collect();
    names.sort();
    names.into_iter().map(|name| if dir == "." { name } else { format!("{dir}/{name}") }).collect()
}

fn warning(summary: &str, why: &str, files: Vec<String>, hint: &str) -> Option<Diagnostic> {
    let first = files.first()?;
    let files = match files.len() {
        1 => format!("the file {first} is not looked at"),
        n => format!("{n} files, {first} the first of them, are not looked at"),
    };
    Some(Diagnostic::warning(summary, format!("{why}: {files}.")).hint(hint))
}
