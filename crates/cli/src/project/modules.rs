//! The modules that `init` has installed, in Terraform's `modules.json`.

use std::path::Path;

use terrane_address::Module;
use terrane_lang::{InstalledModule, Modules};
use terrane_registry::Manifest;
use terrane_source::{Diagnostic, Diagnostics};

/// The folder for modules within [`super::data_dir`].
pub const MODULES: &str = "modules";

/// Reads what `init` wrote; nothing if it has not run.
pub fn manifest(data_dir: &Path, diags: &mut Diagnostics) -> Manifest {
    Manifest::read(&data_dir.join(MODULES)).unwrap_or_else(|e| {
        let warning = Diagnostic::warning("Module manifest is damaged", e.to_string());
        diags.push(warning.hint("Run: terrane init"));
        Manifest::default()
    })
}

/// Where the modules of a manifest are.
pub fn modules(manifest: &Manifest) -> Modules {
    let installed = manifest.records.values().filter(|r| !r.key.is_empty()).map(|r| {
        let module = Module(r.key.split('.').map(Into::into).collect());
        let installed = InstalledModule { source: r.source.clone(), version: r.version.clone(), dir: r.dir.clone() };
        (module, installed)
    });
    Modules { installed: installed.collect() }
}
