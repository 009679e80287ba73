//! The values that expressions see while applying: only what exists.

use std::cell::RefCell;

use rustc_hash::{FxHashMap, FxHashSet};
use terrane_address::{Instance, Mode};
use terrane_lang::{Dep, Lookup, Stop};
use terrane_source::Reported;
use terrane_state::Snapshot;
use terrane_value::Value;

use crate::shapes::Shapes;
use crate::{Providers, object};

/// Objects as they were when apply began, and as those that were changed are now.
#[derive(Debug)]
pub(super) struct Known<'p> {
    providers: &'p Providers,
    base: &'p Snapshot,
    shapes: &'p Shapes,
    /// Instances that are going to be changed.
    pending: FxHashSet<Instance>,
    slots: RefCell<FxHashMap<Instance, Result<Value, Reported>>>,
}

impl<'p> Known<'p> {
    pub fn new(
        providers: &'p Providers,
        base: &'p Snapshot,
        shapes: &'p Shapes,
        pending: FxHashSet<Instance>,
    ) -> Known<'p> {
        Known { providers, base, shapes, pending, slots: RefCell::default() }
    }

    /// Gives the value of an instance that has been changed, or the proof that this failed.
    pub fn set(&mut self, instance: &Instance, value: Result<Value, Reported>) {
        self.pending.remove(instance);
        self.slots.borrow_mut().insert(instance.clone(), value);
    }

    /// The value of an instance as it was when apply began.
    pub fn stored(&self, instance: &Instance) -> Value {
        self.decode(instance).unwrap_or_else(Value::dynamic)
    }

    fn decode(&self, instance: &Instance) -> Option<Value> {
        let provider = &self.base.resources.get(&instance.resource)?.provider.provider;
        let stored = self.base.object(instance)?;
        let shape = self.shapes.get(provider, &instance.resource.resource)?;
        let object = object::decode(self.providers, provider, instance, stored, shape).ok()?;
        Some(shape.mark(object.value.mark_at(&object::stored_marks(stored))))
    }
}

impl Lookup for Known<'_> {
    fn instance(&self, instance: &Instance) -> Result<Value, Stop> {
        if let Some(slot) = self.slots.borrow().get(instance) {
            return slot.clone().map_err(Stop::Failed);
        }
        if self.pending.contains(instance) || instance.resource.resource.mode == Mode::Ephemeral {
            return Err(Stop::Blocked(Dep::Instance(instance.clone())));
        }
        let value = self.stored(instance);
        self.slots.borrow_mut().insert(instance.clone(), Ok(value.clone()));
        Ok(value)
    }
}
