//! What the calls of a command took, over all its operations.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use terrane_provider::Spent;

/// Adds up what the calls of providers took; its clones add to the same.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Mutex<BTreeMap<String, Spent>>>);

impl Meter {
    /// Adds what a provider spent, by operation.
    pub(crate) fn add(&self, spent: Vec<(String, Spent)>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (operation, more) in spent {
            *all.entry(operation).or_default() += more;
        }
    }

    /// What was spent so far, by operation: `service:Operation`.
    pub fn read(&self) -> BTreeMap<String, Spent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
