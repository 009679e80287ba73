//! What is left for a later plan, and why.

use std::sync::Arc;

use terrane_address::{Place, ProviderConfig};
use terrane_state::DeposedKey;
use terrane_value::Value;

/// Something that cannot be planned before other changes have been applied. What exists of it stays as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Deferred {
    /// Which instances.
    pub place: Place,
    /// Which of its deposed objects; `None` for the object in use.
    pub deposed: Option<DeposedKey>,
    /// The provider configuration that is going to do it.
    pub provider: ProviderConfig,
    /// Why.
    pub reason: DeferReason,
    /// What it waits for, as addresses.
    pub because: Vec<Arc<str>>,
    /// What is going to happen, as far as that can be told.
    pub change: Provisional,
}

/// Why something is deferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeferReason {
    /// Its `count`, `for_each` or `enabled`, or that of a module it is in, is not known.
    KeysUnknown,
    /// What it is made of is not known: an id of an object that is to be imported.
    ConfigUnknown,
    /// The configuration of its provider is not known.
    ProviderUnknown,
    /// Something it depends on is deferred.
    Prerequisite,
}

/// A change of which the end is open. Values carry marks.
#[derive(Clone, Debug, PartialEq)]
pub enum Provisional {
    /// Objects are made; what is known of each.
    Create(Value),
    /// An object that exists is going to be compared with its configuration.
    Update {
        /// The object.
        before: Value,
        /// What is known of it then.
        after: Value,
    },
    /// An object that exists is deleted.
    Delete(Value),
    /// A data source is read; what is known of the result.
    Read(Value),
}

impl Provisional {
    /// The object before; `None` if there is none.
    pub fn before(&self) -> Option<&Value> {
        match self {
            Provisional::Update { before, .. } | Provisional::Delete(before) => Some(before),
            Provisional::Create(_) | Provisional::Read(_) => None,
        }
    }

    /// The object after; `None` if there is none.
    pub fn after(&self) -> Option<&Value> {
        match self {
            Provisional::Create(after) | Provisional::Update { after, .. } | Provisional::Read(after) => Some(after),
            Provisional::Delete(_) => None,
        }
    }
}

impl Deferred {
    /// The address for people, with the deposed key if it is about a deposed object.
    pub fn address(&self) -> String {
        match &self.deposed {
            Some(key) => format!("{} (deposed object {key})", self.place),
            None => self.place.to_string(),
        }
    }
}
