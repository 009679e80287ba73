//! Every crate says what it is, has the workspace's lints, and keeps its files readable.

use crate::workspace::{Member, members, root};
use std::fs;
use std::path::{Path, PathBuf};

const MAX_LINES: usize = 800;

#[test]
fn every_manifest_is_whole() {
    let mut wrong = Vec::new();
    for member in members() {
        let name = &member.name;
        let absent = ["description", "license", "rust_version", "repository"].into_iter().filter(|field| {
            let text = member.fields[*field].as_str().unwrap_or_default();
            text.is_empty()
        });
        wrong.extend(absent.map(|field| format!("{name} has no {field}")));
        if member.fields["publish"] != serde_json::json!([]) {
            wrong.push(format!("{name} could be published"));
        }
        if !has_workspace_lints(&member) {
            wrong.push(format!("{name} lacks `[lints] workspace = true`"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_is_too_long() {
    let mut files = Vec::new();
    for folder in ["crates", "providers", "tests", "xtask"] {
        rust_files(&root().join(folder), &mut files);
    }
    assert!(files.len() > 20, "only {} Rust files found", files.len());
    let lines = |path: &Path| fs::read_to_string(path).map_or(0, |text| text.lines().count());
    let long = files.iter().map(|path| (path, lines(path))).filter(|(_, lines)| *lines > MAX_LINES);
    let long: Vec<_> = long.map(|(path, lines)| format!("{} has {lines} lines", path.display())).collect();
    assert!(long.is_empty(), "over {MAX_LINES} lines, look for the seam:\n{}", long.join("\n"));
}

fn has_workspace_lints(member: &Member) -> bool {
    let text = fs::read_to_string(member.folder.join("Cargo.toml")).unwrap_or_default();
    text.split_once("[lints]").is_some_and(|(_, rest)| rest.trim_start().starts_with("workspace = true"))
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && entry.file_name() != "target" {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
