//! The values that expressions see while planning.

use rustc_hash::FxHashMap;
use terrane_address::Instance;
use terrane_lang::{Dep, Lookup, Stop};
use terrane_source::Reported;
use terrane_value::Value;

/// Planned values, by instance.
#[derive(Debug, Default)]
pub(super) struct Values {
    slots: FxHashMap<Instance, Result<Value, Reported>>,
    /// What makes the values known that are not, as a participle.
    pending: FxHashMap<Instance, &'static str>,
    /// Whether every instance is going to have a value.
    complete: bool,
}

impl Values {
    /// No values yet; `complete` says whether every instance is going to have one.
    pub fn new(complete: bool) -> Values {
        Values { complete, ..Values::default() }
    }

    /// Makes room for values to come.
    pub fn reserve(&mut self, count: usize) {
        self.slots.reserve(count);
    }

    pub fn set(&mut self, instance: Instance, value: Value) {
        self.slots.insert(instance, Ok(value));
    }

    /// Notes what makes a value known.
    pub fn pending(&mut self, instance: &Instance, done: &'static str) {
        self.pending.insert(instance.clone(), done);
    }

    pub fn fail(&mut self, instance: Instance, reported: Reported) {
        self.slots.insert(instance, Err(reported));
    }

    pub fn get(&self, instance: &Instance) -> Option<&Result<Value, Reported>> {
        self.slots.get(instance)
    }
}

impl Lookup for Values {
    fn instance(&self, instance: &Instance) -> Result<Value, Stop> {
        match self.slots.get(instance) {
            Some(Ok(value)) => Ok(value.clone()),
            Some(Err(reported)) => Err(Stop::Failed(*reported)),
            None => Err(Stop::Blocked(Dep::Instance(instance.clone()))),
        }
    }

    fn waits_for_all(&self) -> bool {
        self.complete
    }

    fn becomes_known(&self, instance: &Instance) -> &'static str {
        self.pending.get(instance).copied().unwrap_or("applied")
    }
}
