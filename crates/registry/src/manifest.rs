//! The modules that are installed: `modules.json`, in the form that Terraform and OpenTofu read and write.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// One module that is installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The names of the calls from the root, with dots between them; empty for the root module.
    #[serde(rename = "Key")]
    pub key: String,
    /// The source, in its normal form; empty for the root module.
    #[serde(rename = "Source")]
    pub source: String,
    /// The version, if it comes from a registry.
    #[serde(rename = "Version", default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The folder, relative to that of the root module.
    #[serde(rename = "Dir")]
    pub dir: String,
}

/// All modules that are installed, by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The records.
    pub records: BTreeMap<String, Record>,
}

/// Why a manifest cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It is no manifest.
    #[error("The file {path} is no list of modules: {why}.")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The system refuses.
    #[error("The file {path} cannot be used: {error}.")]
    Disk {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

#[derive(Serialize, Deserialize)]
struct File {
    #[serde(rename = "Modules")]
    modules: Vec<Record>,
}

impl Manifest {
    /// Reads the manifest of a modules folder; empty if there is none.
    pub fn read(modules: &Path) -> Result<Manifest, ManifestError> {
        let path = modules.join("modules.json");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Manifest::default()),
            Err(error) => return Err(ManifestError::Disk { path, error }),
        };
        let damaged = |why: String| ManifestError::Damaged { path: path.clone(), why };
        if text.is_empty() {
            return Ok(Manifest::default());
        }
        let file: File = serde_json::from_str(&text).map_err(|e| damaged(e.to_string()))?;
        let mut records = BTreeMap::new();
        for record in file.modules {
            if let Some(first) = records.insert(record.key.clone(), record) {
                return Err(damaged(format!("the module \"{}\" is in it twice", first.key)));
            }
        }
        Ok(Manifest { records })
    }

    /// Writes the manifest into a modules folder, at once or not at all; removes it if there are no modules.
    pub fn write(&self, modules: &Path) -> Result<(), ManifestError> {
        let path = modules.join("modules.json");
        let result = match self.records.keys().any(|key| !key.is_empty()) {
            true => self.replace(modules, &path),
            false => match std::fs::remove_file(&path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
                _ => Ok(()),
            },
        };
        result.map_err(|error| ManifestError::Disk { path, error })
    }

    fn replace(&self, modules: &Path, path: &Path) -> io::Result<()> {
        let file = File { modules: self.records.values().cloned().collect() };
        // Go's encoder writes these three as escapes.
        let json = serde_json::to_string(&file)?;
        let json = json.replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e");
        if std::fs::read_to_string(path).is_ok_and(|old| old == json) {
            return Ok(());
        }
        std::fs::create_dir_all(modules)?;
        let new = modules.join(format!(".modules.json.{}", std::process::id()));
        std::fs::write(&new, json)?;
        std::fs::rename(&new, path)
    }

    /// Forgets a module and those below it.
    pub fn forget(&mut self, key: &str) {
        let below = format!("{key}.");
        self.records.retain(|k, _| k != key && !k.starts_with(&below));
    }
}
