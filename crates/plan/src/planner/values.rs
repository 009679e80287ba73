//! The values that expressions see while planning.

use std::collections::HashMap;

use terrane_address::Instance;
use terrane_lang::{Dep, Lookup, Stop};
use terrane_source::Reported;
use terrane_value::Value;

/// Planned values, by instance.
#[derive(Debug, Default)]
pub(super) struct Values {
    slots: HashMap<Instance, Result<Value, Reported>>,
}

impl Values {
    pub fn set(&mut self, instance: Instance, value: Value) {
        self.slots.insert(instance, Ok(value));
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
}
