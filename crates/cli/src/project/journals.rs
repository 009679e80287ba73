//! Where journals of what is not in the state yet are kept, and their keys.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use terrane_encryption::JournalCipher;
use terrane_engine::Journals;
use terrane_source::Diagnostic;
use terrane_state::{LockInfo, Store};

use super::data_dir;
use super::encryption::Kernel;

/// The journals of the project in a folder.
pub fn journals(dir: &Path) -> Journals {
    Journals { folder: data_dir(dir), keys: keys(), cipher: JournalCipher::new(Arc::new(Kernel)) }
}

/// The folder of keys, as the XDG Base Directory Specification has it for what programs keep between runs.
fn keys() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let states = folder("XDG_STATE_HOME").or_else(|| Some(folder("HOME")?.join(".local/state")))?;
    Some(states.join("terrane"))
}

/// Keeps the key that a lock carries before it is removed, for the journal of its holder in this folder.
///
/// # Errors
/// Why it cannot be kept.
pub fn keep_key(journals: &Journals, place: &str, holder: &LockInfo) -> Result<(), Diagnostic> {
    journals.keep(place, &holder.journal).map_err(|e| {
        let detail = format!(
            "The run that holds the lock left a journal here, and the key that the lock carries for it cannot be kept: \
             {e}. The lock stays."
        );
        Diagnostic::error("Lock was not removed", detail).hint("Set XDG_STATE_HOME to a folder that can be written.")
    })
}

/// Who holds a lock, also where a store tells only those who want it.
pub async fn holder(store: &dyn Store, asking: &LockInfo) -> Option<LockInfo> {
    if let Ok(holder) = store.holder().await {
        return holder;
    }
    store.last_holder(asking).await.ok().flatten()
}
