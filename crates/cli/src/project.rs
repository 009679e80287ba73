//! A folder with configuration, and what a command needs to know of it.

mod aside;
mod backend;
pub mod edit;
pub mod encryption;
pub mod history;
mod install;
pub mod journals;
mod lock;
mod modules;
pub mod other_files;
mod saved;
mod state;
mod transfer;
mod variables;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use terrane_lang::{Input, Inputs, Loading, Program, World};
use terrane_plan::Providers;
use terrane_source::{Diagnostic, Diagnostics, Files};

use crate::flags::Vars;
use crate::remote_states::RemoteStates;
use crate::world::Disk;

pub use aside::StateFiles;
pub use backend::{Initialised, open, reopen, store};
pub use install::{Present, install};
pub use journals::journals;
pub use lock::{lock_info, locking};
pub use saved::{check, read as read_plan, read_of_any_kind as read_plan_of_any_kind, supply};
pub use state::{
    Looking, Opened, open_state_with, open_store, open_store_of, parse as parse_state, read as read_state, read_file,
    store_in,
};
pub use transfer::Transfer;
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
    /// How they read the states of other projects.
    pub remote_states: RemoteStates,
    /// Digests of the configuration's files, variables files left out: a saved plan is applied only with the same.
    pub digests: BTreeMap<String, String>,
    /// Values that were gathered while it was loaded; taken by [`inputs`].
    gathered: Option<Inputs>,
}

impl Project {
    /// Loads the configuration in a folder with the modules that `init` has installed.
    ///
    /// Sources that refer to variables get the values of the environment and of files that are always read.
    pub fn load(dir: &Path, diags: &mut Diagnostics) -> Project {
        let mut ignored = Diagnostics::new();
        let gather = |gather: variables::Gather<'_>| gather.inputs(&Vars::default(), ".", &mut ignored);
        Project { gathered: None, ..Project::loaded(dir, gather, &Default::default(), diags) }
    }

    /// The same with values for variables, which [`inputs`] gives later.
    pub fn load_with(dir: &Path, vars: &Vars, cwd: &str, diags: &mut Diagnostics) -> Project {
        let mut own = Diagnostics::new();
        let project = Project::loaded(dir, |gather| gather.inputs(vars, cwd, &mut own), &Default::default(), diags);
        diags.extend(own);
        project
    }

    /// The same for a plan that was saved, whose values come before others where modules are found.
    pub fn load_as_planned(dir: &Path, vars: &Vars, cwd: &str, planned: &Inputs, diags: &mut Diagnostics) -> Project {
        let mut own = Diagnostics::new();
        let project = Project::loaded(dir, |gather| gather.inputs(vars, cwd, &mut own), &planned.variables, diags);
        diags.extend(own);
        project
    }

    fn loaded(
        dir: &Path,
        gather: impl FnOnce(variables::Gather<'_>) -> Inputs,
        planned: &BTreeMap<Arc<str>, Input>,
        diags: &mut Diagnostics,
    ) -> Project {
        let world = Disk::at(dir);
        let mut files = Files::new();
        let mut loading = Loading::root(&world, ".", &mut files, diags);
        let start = files.iter().count();
        let program = loading.program();
        let inputs = gather(variables::Gather { program, files: &mut files, world: &world, dir });
        let values = start..files.iter().count();
        let installed = modules::modules(&modules::manifest(&data_dir(dir), diags));
        let mut early = inputs.clone();
        early.variables.extend(planned.iter().map(|(name, input)| (name.clone(), input.clone())));
        for wanted in loading.calls(&world, &installed, &early, &mut files, diags) {
            diags.error(wanted.error());
        }
        let program = loading.finish(diags);
        Project::of(dir, world, files, program, values, inputs)
    }

    /// A project of its parts; `values` says which files hold values of variables.
    fn of(dir: &Path, world: Disk, files: Files, program: Program, values: Range<usize>, inputs: Inputs) -> Project {
        let digests = digests(&files, &values);
        let remote_states = RemoteStates::default();
        let providers = crate::providers::reading(remote_states.clone());
        let gathered = Some(inputs);
        Project { dir: dir.to_owned(), files, program, world, providers, remote_states, digests, gathered }
    }

    /// Whether the folder holds any configuration at all.
    pub fn is_empty(dir: &Path) -> bool {
        let world = Disk::at(dir);
        let names = world.list(".").unwrap_or_default();
        let ends = [".tf", ".tf.json", ".tofu", ".tofu.json"];
        !names.iter().any(|e| !e.is_dir && ends.iter().any(|end| e.name.ends_with(end)))
    }
}

fn digests(files: &Files, values: &Range<usize>) -> BTreeMap<String, String> {
    let hex = |text: &str| Sha256::digest(text).iter().map(|b| format!("{b:02x}")).collect();
    // How files are encrypted may change between a plan and its application; and no file may let a passphrase be guessed.
    let is_secret = |name: &str| name == terrane_lang::encryption::VARIABLE;
    let configuration = files.iter().enumerate().filter(|(i, (name, _))| !values.contains(i) && !is_secret(name));
    configuration.map(|(_, (name, text))| (name.to_owned(), hex(text))).collect()
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

/// Writes a file that only its owner may read.
pub fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = std::fs::File::options().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)
}
