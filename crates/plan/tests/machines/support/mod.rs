//! A world of things, a provider for it, and a driver that answers machines in any order.
#![allow(dead_code, clippy::unwrap_used, missing_docs)]

pub mod odd;
pub mod provider;
pub mod run;
pub mod things;

use std::collections::BTreeMap;
use std::sync::Arc;

use terrane_address::Provider;
use terrane_lang::{Inputs, MemoryWorld, Program, Stage};
use terrane_plan::Providers;
use terrane_source::{Diagnostics, Files, Style, render};

use self::provider::ThingProvider;
use self::things::Things;

/// A configuration that has been loaded.
pub struct Config {
    pub program: Program,
    pub files: Files,
    pub world: MemoryWorld,
    pub diags: Diagnostics,
}

/// Loads the files of a configuration: `(path, text)`.
pub fn load(files: &[(&str, &str)]) -> Config {
    let world = MemoryWorld::new(files.iter().map(|(path, text)| (*path, *text)));
    let (mut sources, mut diags) = (Files::new(), Diagnostics::new());
    let program = terrane_lang::load(&world, ".", &Default::default(), &mut sources, &mut diags);
    Config { program, files: sources, world, diags }
}

/// The provider of a world, under the address that `thing` and `thing_by_name` imply.
pub fn providers(things: &Arc<Things>) -> Providers {
    let provider: Arc<dyn terrane_provider::Provider> = Arc::new(ThingProvider::new(things.clone()));
    Providers::new([(Provider::implied("thing"), provider)])
}

/// Inputs without variables.
pub fn inputs() -> Inputs {
    Inputs { variables: BTreeMap::new(), workspace: "default".into(), cwd: "/root".into(), stage: Stage::Plan }
}

/// All diagnostics as they are shown, without colour.
pub fn shown(diags: &Diagnostics, files: &Files) -> String {
    diags.iter().map(|d| render(d, files, Style { color: false })).collect()
}
