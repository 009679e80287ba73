//! From folders to a [`Program`].

mod addresses;
mod blocks;
mod body;
mod contents;
mod early;
mod encryption;
mod folder;
mod json;
mod language;
mod merge;
mod providers;
mod settings;
mod tree;
mod types;
mod version;

use std::collections::BTreeMap;

use terrane_address::Module;
use terrane_source::{Diagnostics, Files};

use crate::{Inputs, Program, Stage, World};

pub(crate) use early::Early;
pub use encryption::VARIABLE as ENCRYPTION_VARIABLE;
pub use tree::{Loading, Wanted};

pub(crate) use contents::{missing_argument, unsupported_argument, unsupported_block};
pub(crate) use json::{no_block, no_label, written_twice};
pub(crate) use types::apply_defaults;

/// Where the modules that `init` has installed are.
#[derive(Clone, Debug, Default)]
pub struct Modules {
    /// By path of the module.
    pub installed: BTreeMap<Module, InstalledModule>,
}

/// One module that `init` has installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstalledModule {
    /// The source as it was written when it was installed.
    pub source: String,
    /// The version, if it has one.
    pub version: Option<String>,
    /// The folder.
    pub dir: String,
}

/// Loads the configuration in `dir` and all modules it calls.
///
/// Always returns what it could understand, a root module at least; everything wrong with the rest is reported. Local
/// modules (`./`, `../`) are found by their path, all others through `modules`. Where sources refer to variables, these
/// have their defaults; with other values it is done by [`Loading`].
pub fn load(world: &dyn World, dir: &str, modules: &Modules, files: &mut Files, diags: &mut Diagnostics) -> Program {
    let inputs =
        Inputs { variables: BTreeMap::new(), workspace: "default".into(), cwd: ".".into(), stage: Stage::Plan };
    let mut loading = Loading::root(world, dir, files, diags);
    for wanted in loading.calls(world, modules, &inputs, files, diags) {
        diags.error(wanted.error());
    }
    loading.finish(diags)
}
