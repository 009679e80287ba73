//! What a run that crashed has left open.

use std::collections::BTreeMap;
use std::sync::Arc;

use terrane_address::Instance;
use terrane_state::{Entry, EntryKind};

/// Creates that a journal says were begun but not what came of them, with the names of their operations.
///
/// The object may exist. Asked for again under the same name, the provider finds it rather than makes another.
pub fn unfinished(journal: &[Entry]) -> BTreeMap<Instance, Arc<str>> {
    let mut open = BTreeMap::new();
    for entry in journal {
        match &entry.kind {
            EntryKind::Begin { verb } if **verb == *"create" => {
                open.insert(entry.instance.clone(), entry.operation.clone());
            }
            EntryKind::Begin { .. } | EntryKind::Depose(_) => {}
            _ => {
                if open.get(&entry.instance) == Some(&entry.operation) {
                    open.remove(&entry.instance);
                }
            }
        }
    }
    open
}
