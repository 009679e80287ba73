//! Runs the cases in `tests/lang/*.md`. `UPDATE=1` rewrites what they expect.
//!
//! A case is a `## heading` with fenced blocks: `hcl` (or `hcl path/to/file.tf`) is configuration, `vars` gives values to
//! variables, `objects` gives objects to instances (`test_thing.a = { … }`), `values` asks (`expression ⇒ value`,
//! `config ADDRESS ⇒ value`, `expand ADDRESS ⇒ keys`, `output NAME ⇒ value`, …), `errors` holds all diagnostics.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

mod lang_cases;

use std::fs;
use std::path::{Path, PathBuf};

use lang_cases::{answers, parse};

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lang");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "md"));
    files.sort();
    files
}

#[test]
fn cases_give_what_they_say() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = Vec::new();
    let mut count = 0;
    for file in files() {
        let text = fs::read_to_string(&file).unwrap();
        let mut lines: Vec<String> = text.lines().map(String::from).collect();
        for case in parse(&text).into_iter().rev() {
            count += 1;
            for (range, expect, got) in answers(&case).into_iter().rev() {
                if expect != got {
                    let name = file.file_name().unwrap().to_string_lossy().into_owned();
                    wrong.push(format!("{name}: {}\nexpected:\n{expect}got:\n{got}", case.name));
                    lines.splice(range, got.lines().map(String::from));
                }
            }
        }
        if update {
            fs::write(&file, lines.join("\n") + "\n").unwrap();
        }
    }
    assert!(count > 0, "there are no cases");
    assert!(update || wrong.is_empty(), "{} of {count} cases are wrong\n\n{}", wrong.len(), wrong.join("\n"));
}
