//! A folder with configuration, and what a command needs to know of it.

mod backend;
mod modules;
mod saved;
mod state;
mod variables;

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use terrane_lang::{Program, World};
use terrane_plan::Providers;
use terrane_source::{Diagnostic, Diagnostics, Files};

use crate::world::Disk;

pub use backend::{Initialised, open, store};
pub use modules::install;
pub use saved::supply;
pub use state::{Opened, open_state, open_store, read as read_state};
pub use variables::inputs;

/// A configuration that has been loaded.
pub struct Project {
    /// The folder of the root module.
    pub dir: PathBuf,
    /// All texts read.
    pub files: Files,
    /// What they declare.
    pub program: Program,
    /// This machine.
    pub world: Disk,
    /// The providers at hand.
    pub providers: Providers,
    /// A digest of the configuration, variables files left out: a saved plan is applied only with the same.
    pub digest: String,
}

impl Project {
    /// Loads the configuration in a folder with the modules that `init` has installed.
    pub fn load(dir: &Path, diags: &mut Diagnostics) -> Project {
        let world = Disk::at(dir);
        let mut files = Files::new();
        let installed = modules::read(&data_dir(dir), diags);
        let program = terrane_lang::load(&world, ".", &installed, &mut files, diags);
        let digest = digest(&files);
        Project { dir: dir.to_owned(), files, program, world, providers: crate::providers::all(), digest }
    }

    /// Whether the folder holds any configuration at all.
    pub fn is_empty(dir: &Path) -> bool {
        let world = Disk::at(dir);
        let names = world.list(".").unwrap_or_default();
        let ends = [".tf", ".tf.json", ".tofu", ".tofu.json"];
        !names.iter().any(|e| !e.is_dir && ends.iter().any(|end| e.name.ends_with(end)))
    }
}

fn digest(files: &Files) -> String {
    let mut digest = Sha256::new();
    for (name, text) in files.iter() {
        digest.update(format!("{name} {} ", text.len()));
        digest.update(text);
    }
    digest.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

/// Reports a folder without configuration.
pub fn nothing_here(dir: &Path) -> Diagnostic {
    Diagnostic::error(
        "No configuration files",
        format!("The folder {} holds no .tf files.", std::path::absolute(dir).unwrap_or(dir.to_owned()).display()),
    )
    .hint("Change to the folder of your configuration, or name it with -chdir=DIR.")
}

/// The folder for what commands keep between runs: `.terraform`, or `TF_DATA_DIR`.
pub fn data_dir(dir: &Path) -> PathBuf {
    match std::env::var_os("TF_DATA_DIR") {
        Some(name) if !name.is_empty() => dir.join(name),
        _ => dir.join(".terraform"),
    }
}

/// The workspace in use: `TF_WORKSPACE`, or the one that was selected, or `default`.
pub fn workspace(dir: &Path) -> String {
    let set = std::env::var("TF_WORKSPACE").ok().filter(|w| !w.is_empty());
    let selected = || std::fs::read_to_string(data_dir(dir).join("environment")).ok();
    let name = set.or_else(selected).unwrap_or_default();
    if name.trim().is_empty() { "default".into() } else { name.trim().to_owned() }
}
