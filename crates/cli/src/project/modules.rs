//! The modules that `init` has installed, in Terraform's `modules.json`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use terrane_address::Module;
use terrane_lang::{InstalledModule, Modules, Program};
use terrane_source::{Diagnostic, Diagnostics};

#[derive(Serialize, Deserialize)]
struct Manifest {
    #[serde(rename = "Modules")]
    modules: Vec<Record>,
}

#[derive(Serialize, Deserialize)]
struct Record {
    #[serde(rename = "Key")]
    key: String,
    #[serde(rename = "Source")]
    source: String,
    #[serde(rename = "Version", default, skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(rename = "Dir")]
    dir: String,
}

/// Reads what `init` wrote; nothing if it has not run.
pub fn read(data_dir: &Path, diags: &mut Diagnostics) -> Modules {
    let path = data_dir.join("modules/modules.json");
    let Ok(text) = std::fs::read_to_string(&path) else { return Modules::default() };
    let manifest: Manifest = match serde_json::from_str(&text) {
        Ok(manifest) => manifest,
        Err(e) => {
            diags.push(Diagnostic::warning(
                "Module manifest is damaged",
                format!("The file {} cannot be read: {e}. Run: terrane init", path.display()),
            ));
            return Modules::default();
        }
    };
    let installed = manifest.modules.into_iter().filter(|r| !r.key.is_empty()).map(|r| {
        let module = Module(r.key.split('.').map(Into::into).collect());
        (module, InstalledModule { source: r.source, version: r.version, dir: r.dir })
    });
    Modules { installed: installed.collect() }
}

/// Writes the manifest for the modules of a program and returns their number.
///
/// # Errors
/// A full sentence if it cannot be written.
pub fn install(program: &Program, data_dir: &Path) -> Result<usize, String> {
    let mut records = BTreeMap::new();
    for module in &program.modules {
        let key = module.path.0.join(".");
        let source = module.parent.map(|(parent, call)| {
            let parent = &program.modules[parent.0 as usize];
            parent.contents.calls[call.0 as usize].source.to_string()
        });
        let dir = module.contents.dir.to_string();
        records.insert(key.clone(), Record { key, source: source.unwrap_or_default(), version: None, dir });
    }
    let count = records.len() - 1;
    let folder = data_dir.join("modules");
    let failed = |e: std::io::Error| format!("The module manifest in {} cannot be written: {e}.", folder.display());
    if count == 0 {
        let stale = folder.join("modules.json");
        return if stale.exists() { std::fs::remove_file(stale).map_err(failed).map(|()| 0) } else { Ok(0) };
    }
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let manifest = Manifest { modules: records.into_values().collect() };
    let json = serde_json::to_vec(&manifest).unwrap_or_default();
    std::fs::write(folder.join("modules.json"), json).map_err(failed)?;
    Ok(count)
}
