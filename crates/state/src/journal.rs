//! The write-ahead journal of an apply: what was begun and what came of it.

use std::sync::Arc;

use terrane_address::{Instance, ProviderConfig};

use crate::{DeposedKey, Snapshot, StoredObject};

/// One line of the journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Counts from 0 without gaps.
    pub sequence: u64,
    /// Names the operation; a begin and its end share it.
    pub operation: Arc<str>,
    /// The instance it is about.
    pub instance: Instance,
    /// The provider configuration that does it.
    pub provider: ProviderConfig,
    /// What happened.
    pub kind: EntryKind,
}

/// What an entry records.
#[derive(Clone, Debug, PartialEq)]
pub enum EntryKind {
    /// A change is about to be asked for. After a crash it may or may not have taken effect.
    Begin {
        /// The verb, for people: `create`, `update`, `delete`.
        verb: Arc<str>,
    },
    /// The object in use is now this; `None`: it is gone.
    Current(Option<StoredObject>),
    /// The object in use became deposed under a key.
    Depose(DeposedKey),
    /// A deposed object is gone.
    DropDeposed(DeposedKey),
    /// A deposed object is in use again, since its replacement could not be made.
    Restore(DeposedKey),
    /// The change failed and left the state as it was.
    Failed,
}

/// Applies entries to the snapshot they were written over. Begins without an end leave no trace here.
pub fn replay(base: &mut Snapshot, entries: &[Entry]) {
    for entry in entries {
        let (instance, provider) = (&entry.instance, &entry.provider);
        match &entry.kind {
            EntryKind::Begin { .. } | EntryKind::Failed => {}
            EntryKind::Current(object) => base.set(instance, provider, object.clone()),
            EntryKind::Depose(key) => {
                let object = base.object(instance).cloned();
                base.set_deposed(instance, provider, key, object);
                base.set(instance, provider, None);
            }
            EntryKind::DropDeposed(key) => base.set_deposed(instance, provider, key, None),
            EntryKind::Restore(key) => {
                let object = base.instance(instance).and_then(|i| i.deposed.get(key)).cloned();
                base.set(instance, provider, object);
                base.set_deposed(instance, provider, key, None);
            }
        }
    }
}
