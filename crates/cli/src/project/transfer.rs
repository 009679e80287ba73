//! The record of a move between two states, from before the first write to after the last.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use terrane_address::{Target, parse_target};
use terrane_source::Diagnostic;
use terrane_state::Snapshot;

use super::{data_dir, edit::Editable};

/// A move of objects from one state to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    from: String,
    to: String,
    renamed: Vec<(String, String)>,
}

impl Transfer {
    /// A move that is about to be made.
    pub fn new(from: &Editable, to: &Editable, renamed: &[(Target, Target)]) -> Transfer {
        let renamed = renamed.iter().map(|(from, to)| (from.to_string(), to.to_string())).collect();
        Transfer { from: from.store.place(), to: to.store.place(), renamed }
    }

    /// The move that ended halfway in this folder, if there is one.
    pub fn unfinished(dir: &Path) -> Option<Transfer> {
        serde_json::from_slice(&std::fs::read(record(dir)).ok()?).ok()
    }

    /// Records that the move begins.
    pub fn begin(&self, dir: &Path) -> Result<(), Diagnostic> {
        let path = record(dir);
        let write = || -> std::io::Result<()> {
            std::fs::create_dir_all(data_dir(dir))?;
            let file = std::fs::File::create(&path)?;
            serde_json::to_writer_pretty(&file, self)?;
            file.sync_all()
        };
        write().map_err(|e| {
            let detail =
                format!("The record {} of the move cannot be written: {e}. Nothing was moved.", path.display());
            Diagnostic::error("State was not changed", detail)
        })
    }

    /// Forgets the record once both states are written.
    pub fn end(dir: &Path) {
        let _ = std::fs::remove_file(record(dir));
    }

    /// Whether the destination has the objects already, so that only the source is left to be written.
    pub fn is_half_done(&self, destination: &Snapshot) -> bool {
        self.renamed.iter().all(|(_, to)| match parse_target(to) {
            Ok(Target::Resource(resource)) => destination.resources.contains_key(&resource),
            Ok(Target::Instance(instance)) => destination.instance(&instance).is_some(),
            _ => false,
        })
    }

    /// Says that this move has to be finished first.
    pub fn error(&self) -> Diagnostic {
        let moves: Vec<String> = self.renamed.iter().map(|(from, to)| format!("  {from} to {to}")).collect();
        Diagnostic::error(
            "A move between two states was interrupted",
            format!(
                "Objects on their way from {} to {} may be in both states, where two configurations would change them.",
                self.from, self.to
            ),
        )
        .note(format!("It moved:\n{}", moves.join("\n")))
        .hint("Give the same \"terrane state mv\" again; it finishes the move.")
    }
}

fn record(dir: &Path) -> PathBuf {
    data_dir(dir).join("state-mv.json")
}
