//! What a run that crashed has left open.

use std::collections::BTreeMap;
use std::sync::Arc;

use terrane_address::Instance;
use terrane_state::{Entry, EntryKind};

/// A create whose answer a former run lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// The name of the operation.
    pub operation: Arc<str>,
    /// When the run began that asked for it first, in RFC 3339; empty if nobody knows.
    pub since: Arc<str>,
}

/// Creates that a journal says were begun but not what came of them.
///
/// The object may exist. Asked for again under the same name, the provider finds it rather than makes another.
pub fn unfinished(journal: &[Entry]) -> BTreeMap<Instance, Doubt> {
    let mut open: BTreeMap<Instance, Doubt> = BTreeMap::new();
    for entry in journal {
        match &entry.kind {
            EntryKind::Begin { verb } if **verb == *"create" => {
                let doubt = Doubt { operation: entry.operation.clone(), since: Arc::from("") };
                open.insert(entry.instance.clone(), doubt);
            }
            EntryKind::Begin { .. } | EntryKind::Depose(_) => {}
            _ => {
                if open.get(&entry.instance).is_some_and(|doubt| doubt.operation == entry.operation) {
                    open.remove(&entry.instance);
                }
            }
        }
    }
    open
}
