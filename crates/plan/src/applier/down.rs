//! The legs that delete objects, or stop tracking them.

use terrane_provider::{ApplyRequest, ApplyResponse, Object};
use terrane_source::Diagnostic;
use terrane_state::{DeposedKey, EntryKind, StoredObject};

use super::{Applier, Begun, Ended, Flight, Halt, Outcome, Work};
use crate::{Leg, Question, Step, object, problems};

impl<'p> Applier<'p> {
    /// Begins a down leg.
    pub(super) fn down(&mut self, op: u32, place: u32, step: &'p Step) -> Result<(), Halt> {
        let key = self.doomed_key(place, step);
        let Some(stored) = self.doomed(step, key.as_ref()).cloned() else {
            self.complete(op, Outcome::Done);
            return Ok(());
        };
        if step.change.forgets() {
            let ended = Ended { op, result: Outcome::Done, value: None };
            self.persist(op, vec![gone(key)], Flight::End(Box::new(ended)));
            return Ok(());
        }
        self.open(&step.provider, &step.instance)?;
        if !stored.tainted && key.is_none() {
            let shape = self.shape(step)?;
            let object = self.decoded(step, &stored)?;
            let value = shape.mark(object.value.mark_at(&object::stored_marks(&stored)));
            if self.provision_doomed(op, step, value) {
                return Ok(());
            }
        }
        self.delete(op, place, step)
    }

    /// Asks for the object to be deleted.
    pub(super) fn delete(&mut self, op: u32, place: u32, step: &'p Step) -> Result<(), Halt> {
        let key = self.doomed_key(place, step);
        let Some(stored) = self.doomed(step, key.as_ref()).cloned() else {
            self.complete(op, Outcome::Done);
            return Ok(());
        };
        self.open(&step.provider, &step.instance)?;
        let prior = self.decoded(step, &stored)?;
        let request = ApplyRequest {
            ty: step.instance.resource.resource.ty.clone(),
            change: terrane_provider::Change::Delete { prior },
            private: None,
            operation: self.operation(place, Leg::Down, step),
            resumed: None,
        };
        let question = Question::Apply { provider: step.provider.clone(), request };
        let begun = Begun { op, question, work: Work::Down };
        self.persist(op, vec![EntryKind::Begin { verb: "delete".into() }], Flight::Begin(Box::new(begun)));
        Ok(())
    }

    /// The key of the object to delete; `None` for the one in use.
    fn doomed_key(&self, place: u32, step: &Step) -> Option<DeposedKey> {
        step.deposed.clone().or_else(|| self.deposed.get(&place).cloned())
    }

    fn doomed(&self, step: &Step, key: Option<&DeposedKey>) -> Option<&StoredObject> {
        let state = self.state.instance(&step.instance)?;
        match key {
            None => state.current.as_ref(),
            Some(key) => state.deposed.get(key),
        }
    }

    pub(super) fn decoded(&mut self, step: &Step, stored: &StoredObject) -> Result<Object, Halt> {
        let shape = self.shape(step)?;
        object::decode(self.providers, &step.provider.provider, &step.instance, stored, &shape).map_err(|found| {
            let reported = problems::of_instance(&found, &step.instance, &self.evaluator, &mut self.diags);
            Halt::Failed(reported.unwrap_or_else(|| self.diags.error(unreadable(step))))
        })
    }

    pub(super) fn deleted(&mut self, op: u32, response: ApplyResponse) {
        let Some((place, _, step)) = self.step(op) else { return };
        let key = self.doomed_key(place, step);
        let failed = problems::of_instance(&response.problems, &step.instance, &self.evaluator, &mut self.diags);
        let failed = failed.or_else(|| {
            let why = "It deleted the object without an error, and yet returned one.";
            let still = response.object.is_some();
            still.then(|| {
                problems::invalid_answer(
                    "deleted",
                    why,
                    &step.instance,
                    self.providers.whose(&step.provider.provider),
                    &mut self.diags,
                )
            })
        });
        let (kind, result) = match failed {
            None => {
                self.deposed.remove(&place);
                (gone(key), Outcome::Done)
            }
            Some(reported) => (self.remains(step, key, response.object), Outcome::Failed(reported)),
        };
        self.persist(op, vec![kind], Flight::End(Box::new(Ended { op, result, value: None })));
    }

    /// What the journal says of an object that could not be deleted.
    pub(super) fn remains(&self, step: &Step, key: Option<DeposedKey>, object: Option<Object>) -> EntryKind {
        let (Some(object), None) = (object, key) else { return EntryKind::Failed };
        let Some(shape) = self.shapes.get(&step.provider.provider, &step.instance.resource.resource) else {
            return EntryKind::Failed;
        };
        let Some(stored) = self.state.object(&step.instance) else { return EntryKind::Failed };
        let Ok(value) = object::conform_known(object.value, &shape.ty) else { return EntryKind::Failed };
        let object = Object { private: object.private, ..Object::new(value) };
        match object::encode(&object, &object::stored_marks(stored), shape, stored.clone()) {
            Ok(stored) => EntryKind::Current(Some(stored)),
            Err(_) => EntryKind::Failed,
        }
    }
}

fn gone(key: Option<DeposedKey>) -> EntryKind {
    match key {
        Some(key) => EntryKind::DropDeposed(key),
        None => EntryKind::Current(None),
    }
}

fn unreadable(step: &Step) -> Diagnostic {
    let detail = format!("The stored object of {} cannot be read, so it cannot be deleted.", step.address());
    Diagnostic::error("Object cannot be read", detail).about(step.instance.to_string())
}
