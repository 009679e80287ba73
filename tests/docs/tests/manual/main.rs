//! The examples of the manual run, and its links lead somewhere.

#![allow(clippy::unwrap_used)]

mod story;

use std::process::Command;

use terrane_docs_tests::{Block, Page, pages, root};

#[test]
fn every_configuration_is_as_the_page_says() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for page in pages() {
        for block in page.blocks().iter().filter(|b| b.info.first().is_some_and(|l| l == "hcl")) {
            count += 1;
            wrong.extend(validate(block).err().map(|why| format!("{} line {}: {why}", page.name, block.line)));
        }
    }
    assert!(count > 10, "only {count} configurations found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Validates a block in a folder of its own.
fn validate(block: &Block) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    std::fs::write(folder.path().join("main.tf"), &block.text).map_err(|e| e.to_string())?;
    let mut command = Command::new(terrane_e2e::binary());
    let output = command.arg("validate").current_dir(folder.path()).output().map_err(|e| e.to_string())?;
    match (output.status.success(), block.is("hcl", "wrong")) {
        (true, true) => Err("this configuration is valid".to_owned()),
        (false, false) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        _ => Ok(()),
    }
}

#[test]
fn every_link_leads_somewhere() {
    let all = pages();
    let mut wrong = Vec::new();
    for page in &all {
        let folder = if page.name.starts_with("docs/") { "docs/" } else { "" };
        for link in page.links().iter().filter(|l| !l.contains("://")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { page.name.clone() } else { format!("{folder}{file}") };
            let there = root().join(&target).exists();
            let found = all.iter().find(|p| p.name == target).is_some_and(|p| p.anchors().iter().any(|a| a == anchor));
            if !there || !(anchor.is_empty() || found) {
                wrong.push(format!("{}: {link}", page.name));
            }
        }
    }
    assert!(wrong.is_empty(), "these lead nowhere:\n{}", wrong.join("\n"));
}

#[test]
fn every_page_is_in_the_index() {
    let index = Page::read("docs/README.md").links();
    let names = pages().into_iter().filter_map(|p| Some(p.name.strip_prefix("docs/")?.to_owned()));
    let missing: Vec<String> = names.filter(|n| n != "README.md" && !index.contains(n)).collect();
    assert!(missing.is_empty(), "docs/README.md does not name {missing:?}");
}
