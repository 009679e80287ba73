//! The workspace as cargo and the file system show it.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A member of the workspace.
pub struct Member {
    /// Package name.
    pub name: String,
    /// Folder of the manifest.
    pub folder: PathBuf,
    /// Fields of `cargo metadata`.
    pub fields: Value,
    /// Dependencies, dev-dependencies included.
    pub dependencies: Vec<Dependency>,
}

/// A line of a manifest's dependencies.
pub struct Dependency {
    /// Package name.
    pub name: String,
    /// Whether only tests use it.
    pub dev: bool,
}

/// Returns the repository's root.
pub fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own)
}

/// Returns what cargo prints.
pub fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(root()).output().expect("cargo starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {}:\n{errors}", arguments.join(" "));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Returns the members of the workspace.
pub fn members() -> Vec<Member> {
    let json = cargo(&["metadata", "--no-deps", "--offline", "--format-version", "1"]);
    let mut metadata: Value = serde_json::from_str(&json).expect("cargo prints JSON");
    let packages = metadata["packages"].take();
    packages.as_array().into_iter().flatten().map(member).collect()
}

fn member(fields: &Value) -> Member {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let lines = fields["dependencies"].as_array().into_iter().flatten();
    let dependencies = lines.map(|line| Dependency { name: text(&line["name"]), dev: line["kind"] == "dev" }).collect();
    let folder = Path::new(fields["manifest_path"].as_str().unwrap_or_default()).parent().map(Path::to_owned);
    Member { name: text(&fields["name"]), folder: folder.unwrap_or_default(), fields: fields.clone(), dependencies }
}
