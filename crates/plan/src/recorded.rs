//! The objects of a state as expressions see them when nothing is planned.

use std::cell::RefCell;

use rustc_hash::FxHashMap;
use terrane_address::{AbsResource, Instance, Provider};
use terrane_lang::{Keys, Lookup, Program, Schemas, Stop};
use terrane_source::{Diagnostic, Diagnostics};
use terrane_state::{Snapshot, StoredObject};
use terrane_value::{Value, json};

use crate::Providers;
use crate::object::{decode, stored_marks};
use crate::shapes::Shape;

/// Gives expressions the objects of a state; what the state does not have is unknown.
pub struct Recorded<'a> {
    program: &'a Program,
    providers: &'a Providers,
    snapshot: &'a Snapshot,
    known: RefCell<FxHashMap<Instance, Result<Value, Stop>>>,
    problems: RefCell<Diagnostics>,
}

impl<'a> Recorded<'a> {
    /// The objects of a state for a program.
    pub fn new(program: &'a Program, providers: &'a Providers, snapshot: &'a Snapshot) -> Recorded<'a> {
        Recorded { program, providers, snapshot, known: RefCell::default(), problems: RefCell::default() }
    }

    /// Takes what was found to be wrong with objects since the last call.
    pub fn problems(&self) -> Diagnostics {
        self.known.borrow_mut().retain(|_, value| value.is_ok());
        self.problems.take()
    }

    fn read(&self, instance: &Instance) -> Result<Value, Stop> {
        let resource = &instance.resource.resource;
        let stored = || self.snapshot.resources.get(&instance.resource).map(|state| &state.provider);
        let config = self.program.provider_of(instance.resource.config()).or_else(stored);
        let provider = config.map(|config| &config.provider);
        let schema = provider.and_then(|p| self.providers.resource(p, resource.mode, &resource.ty));
        match (self.snapshot.object(instance), schema.map(Shape::new), provider) {
            (Some(object), Some(shape), Some(provider)) => self.decode(instance, object, &shape, provider),
            (Some(object), _, _) => match json::json_decode(&object.attributes) {
                Ok(value) => Ok(value.mark_at(&stored_marks(object))),
                Err(e) => Err(self.failed(instance, "State is damaged", format!("It cannot be read: {e}."))),
            },
            (None, Some(shape), _) => Ok(shape.mark(Value::unknown(shape.ty.without_optional()))),
            (None, None, _) => Ok(Value::dynamic()),
        }
    }

    fn decode(
        &self,
        instance: &Instance,
        object: &StoredObject,
        shape: &Shape,
        provider: &Provider,
    ) -> Result<Value, Stop> {
        match decode(self.providers, provider, instance, object, shape) {
            Ok(found) => Ok(found.value.mark_at(&stored_marks(object))),
            Err(problems) => {
                let (summary, detail) = problems.into_iter().next().map(|p| (p.summary, p.detail)).unwrap_or_default();
                Err(self.failed(instance, &summary, detail))
            }
        }
    }

    fn failed(&self, instance: &Instance, summary: &str, detail: String) -> Stop {
        let error = Diagnostic::error(summary, detail).about(instance.to_string());
        Stop::Failed(self.problems.borrow_mut().error(error))
    }
}

impl Lookup for Recorded<'_> {
    fn instance(&self, instance: &Instance) -> Result<Value, Stop> {
        if let Some(known) = self.known.borrow().get(instance) {
            return known.clone();
        }
        let value = self.read(instance);
        self.known.borrow_mut().insert(instance.clone(), value.clone());
        value
    }

    fn keys(&self, resource: &AbsResource) -> Keys {
        match self.snapshot.resources.get(resource) {
            Some(state) => Keys::These(state.instances.keys().cloned().collect()),
            None => Keys::Unknown,
        }
    }
}
