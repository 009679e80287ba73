//! Runs the cases in `tests/lang/*.md`. `UPDATE=1` rewrites what they expect.
//!
//! A case is a `## heading` with fenced blocks: `hcl` (or `hcl path/to/file.tf`) is configuration, `vars` gives values to
//! variables, `objects` gives objects to instances (`test_thing.a = { … }`), `values` asks (`expression ⇒ value`,
//! `config ADDRESS ⇒ value`, `expand ADDRESS ⇒ keys`, `output NAME ⇒ value`, …), `errors` holds all diagnostics.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

mod lang_cases;

use std::fs;
use std::path::{Path, PathBuf};

use lang_cases::as_json::as_json;
use lang_cases::{Case, answers, generate, parse};

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

#[test]
fn what_is_right_has_the_same_values_in_json() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for file in files() {
        let text = fs::read_to_string(&file).unwrap();
        for case in
            parse(&text).iter().filter(|case| case.blocks.iter().all(|b| b.info != "errors" || b.text.is_empty()))
        {
            let Some(json) = as_json(case) else { continue };
            count += 1;
            let (expect, got) = (values(case), values(&json));
            if expect != got {
                let files: String = json.blocks.iter().map(|b| format!("{}\n{}\n", b.info, b.text)).collect();
                wrong.push(format!("{}\n{files}\nexpected:\n{expect:#?}\ngot:\n{got:#?}", case.name));
            }
        }
    }
    assert!(count >= 15, "there are only {count} cases");
    assert!(wrong.is_empty(), "{} of {count} cases are wrong\n\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn any_value_is_the_same_in_json() {
    for seed in 1..=300 {
        let (native, json) = generate::value(seed);
        let case = |name: &str, text: String| {
            let block = |info: &str, text| lang_cases::Block { info: info.into(), range: 0..0, text };
            Case { name: "".into(), blocks: vec![block(name, text), block("values", "local.x\n".into())] }
        };
        let native = case("hcl main.tf", format!("locals {{\n  x = {native}\n}}\n"));
        let json = case("hcl main.tf.json", format!("{{\"locals\": {{\"x\": {json}}}}}"));
        let (expect, got) = (values(&native), values(&json));
        assert!(
            expect == got && expect[0].contains(" ⇒ "),
            "{}\n{}\n{expect:#?}\n{got:#?}",
            native.blocks[0].text,
            json.blocks[0].text
        );
    }
}

/// What the language answers, places left out.
fn values(case: &Case) -> Vec<String> {
    let answers = answers(case).into_iter().map(|(_, _, got)| got);
    let lines = answers.flat_map(|got| got.lines().map(String::from).collect::<Vec<_>>());
    lines.filter(|line| !line.starts_with("span ")).collect()
}
