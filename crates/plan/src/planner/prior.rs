//! The objects that exist: decoded, read in batches, imported.

use std::sync::Arc;

use terrane_address::{Instance, Mode, ProviderConfig};
use terrane_provider::{Former, ImportRequest, Object, Problem, ReadOutcome, ReadRequest};
use terrane_source::{Diagnostic, Reported};
use terrane_state::StoredObject;
use terrane_value::Value;

use super::deferral::Later;
use super::queue::Wait;
use super::{Flight, Halt, ObjectKey, Planner};
use crate::object::{self, MarkedPaths};
use crate::problems::{self, Moment};
use crate::protocol::{self, Breach};
use crate::shapes::Shape;
use crate::{DeferReason, Drift, Question};

/// An object as it is now.
#[derive(Clone, Debug)]
pub(super) struct Prior {
    pub object: Object,
    /// Marks that configuration put on it.
    pub marks: MarkedPaths,
    pub tainted: bool,
    pub imported: bool,
}

/// How far an object is.
#[derive(Clone, Debug)]
pub(super) enum PriorState {
    /// Only its stored form is known.
    Stored,
    /// It is being read; what it was, `None` if it is being imported.
    Reading(Option<Arc<Prior>>),
    /// It has been read; `None` if it is gone.
    Known(Option<Arc<Prior>>),
    /// It cannot be read.
    Failed(Reported),
}

/// Objects of one type that are going to be read together.
pub(super) type ReadBatch = Vec<(ObjectKey, ReadRequest)>;

impl Planner<'_> {
    /// Lists the stored managed objects.
    pub(super) fn index_objects(&mut self) {
        for (instance, _, state) in self.refreshed.instances() {
            if instance.resource.resource.mode != Mode::Managed {
                continue;
            }
            if state.current.is_some() {
                self.objects.insert((instance.clone(), None), PriorState::Stored);
            }
            for key in state.deposed.keys() {
                self.objects.insert((instance.clone(), Some(key.clone())), PriorState::Stored);
            }
        }
    }

    /// The provider configuration for an object: as declared, or else as stored.
    pub(super) fn provider_for(&self, instance: &Instance) -> Option<ProviderConfig> {
        let name = instance.resource.config();
        let declared = self.program.provider_of(name);
        let stored = || self.refreshed.provider_of(instance);
        match self.homes.get(instance) {
            Some(home) => Some(home.clone()),
            None if self.program.has_provider_key(name) => stored().or_else(|| declared.cloned()),
            None => declared.cloned().or_else(stored),
        }
    }

    /// Finds out the key of the provider configuration of a declared instance.
    pub(super) fn settle_home(&mut self, instance: &Instance) -> Result<(), Halt> {
        if self.program.has_provider_key(instance.resource.config()) && !self.homes.contains_key(instance) {
            let home = self.attempt(|e, lookup, diags| e.provider_of(instance, lookup, diags))?;
            let home = home.ok_or_else(|| Halt::Later(Later::new(DeferReason::ProviderUnknown)))?;
            self.homes.insert(instance.clone(), home);
        }
        Ok(())
    }

    /// The object as it is now; goes on only when that is known.
    pub(super) fn prior(&mut self, key: &ObjectKey) -> Result<Option<Arc<Prior>>, Halt> {
        match self.objects.get(key) {
            None => Ok(None),
            Some(PriorState::Known(prior)) => Ok(prior.clone()),
            Some(PriorState::Failed(reported)) => Err(Halt::Failed(*reported)),
            Some(PriorState::Reading(_)) => Err(Halt::Wait(Wait::Prior(key.clone()))),
            Some(PriorState::Stored) => {
                if let Some(config) = self.provider_for(&key.0).filter(|_| self.options.refresh) {
                    self.await_clear(&config)?;
                }
                self.read_one(key);
                self.prior(key)
            }
        }
    }

    /// Reads all objects of a provider that has just been opened. Those that are not refreshed are decoded one by one, when
    /// they are needed.
    pub(super) fn read_all_of(&mut self, config: &ProviderConfig) {
        if self.options.is_limited() || !self.options.refresh {
            return;
        }
        let waiting = self.objects.iter().filter(|(_, state)| matches!(state, PriorState::Stored));
        let keys: Vec<ObjectKey> = waiting.map(|(key, _)| key.clone()).collect();
        for key in keys {
            if self.provider_for(&key.0).as_ref() == Some(config) {
                self.read_one(&key);
            }
        }
    }

    /// Decodes an object and, if it is to be refreshed, puts it into the next batch.
    fn read_one(&mut self, key: &ObjectKey) {
        let state = match self.decode(key) {
            Err(reported) => PriorState::Failed(reported),
            Ok((prior, _)) if !self.is_refreshed(key) => PriorState::Known(Some(Arc::new(prior))),
            Ok((prior, config)) => {
                let ty = key.0.resource.resource.ty.clone();
                let request = ReadRequest { ty: ty.clone(), prior: prior.object.clone() };
                self.to_read.entry((config, ty)).or_default().push((key.clone(), request));
                PriorState::Reading(Some(Arc::new(prior)))
            }
        };
        self.objects.insert(key.clone(), state);
    }

    fn is_refreshed(&mut self, key: &ObjectKey) -> bool {
        let ty = &key.0.resource.resource.ty;
        if !self.options.refresh {
            return false;
        }
        let provider = self.provider_for(&key.0).and_then(|config| self.providers.get(&config.provider));
        let readable = provider.is_some_and(|p| p.can_apply(ty));
        if !readable && self.unread_types.insert(ty.clone()) {
            let detail =
                format!("Objects of type {ty} cannot be read yet, so they are taken to be as they were last known.");
            self.diags.push(Diagnostic::warning("Objects are not refreshed", detail).about(ty.to_string()));
        }
        readable
    }

    pub(super) fn stored(&self, key: &ObjectKey) -> Option<&StoredObject> {
        let state = self.refreshed.instance(&key.0)?;
        match &key.1 {
            None => state.current.as_ref(),
            Some(deposed) => state.deposed.get(deposed),
        }
    }

    /// The object as it was stored, and the provider configuration for it.
    fn decode(&mut self, key: &ObjectKey) -> Result<(Prior, ProviderConfig), Reported> {
        let (Some(stored), Some(config)) = (self.stored(key).cloned(), self.provider_for(&key.0)) else {
            return Err(self.diags.error(unknown_type(&key.0, None)));
        };
        let Some(shape) = self.shape(&config, &key.0) else {
            return Err(self.diags.error(unknown_type(&key.0, Some(&config))));
        };
        let taken = self.taken_over(&key.0, &config, &stored, &shape);
        let moved = taken.is_some();
        match taken.unwrap_or_else(|| object::decode(self.providers, &config.provider, &key.0, &stored, &shape)) {
            Ok(object) => {
                if moved {
                    let marks = object::stored_marks(&stored);
                    let facts = StoredObject { identity: None, ..stored.clone() };
                    let now = self.encode(&object, &marks, &shape, facts, key)?;
                    self.put_refreshed(key, &config, Some(now));
                }
                let marks = object::stored_marks(&stored);
                Ok((Prior { object, marks, tainted: stored.tainted, imported: false }, config))
            }
            Err(found) => Err(problems::of_instance(&found, &key.0, &self.evaluator, &mut self.diags)
                .unwrap_or_else(|| self.diags.error(unknown_type(&key.0, Some(&config))))),
        }
    }

    /// The object as one of another type or provider that a `moved` block brought here; `None` if it is no such.
    fn taken_over(
        &self,
        instance: &Instance,
        config: &ProviderConfig,
        stored: &StoredObject,
        shape: &Shape,
    ) -> Option<Result<Object, Vec<Problem>>> {
        let renamed = self.moves.renamed.get(instance).filter(|renamed| renamed.stated)?;
        let (old, ty) = (&renamed.from.resource.resource.ty, &instance.resource.resource.ty);
        if old == ty && renamed.provider.provider == config.provider {
            return None;
        }
        let former = Former {
            provider: renamed.provider.provider.to_string(),
            ty: old.clone(),
            version: stored.schema_version,
            json: Arc::from(&*stored.attributes),
            private: Arc::from(stored.private.as_slice()),
        };
        let provider = self.providers.get(&config.provider)?;
        Some(provider.take_over(ty, &former).and_then(|object| match object::conform_known(object.value, &shape.ty) {
            Ok(value) => Ok(Object { private: object.private, ..Object::new(value) }),
            Err(why) => {
                let bug = self.providers.whose(&config.provider).bug();
                let detail = format!("The object of type {old} could not become one of type {ty}: {why} {bug}");
                Err(vec![Problem::error("Provider produced an invalid object", detail)])
            }
        }))
    }

    /// Asks for all batches.
    pub(super) fn flush_reads(&mut self) {
        for ((provider, _), batch) in std::mem::take(&mut self.to_read) {
            let (keys, requests): (Vec<ObjectKey>, Vec<ReadRequest>) = batch.into_iter().unzip();
            self.counters.read_asks += 1;
            self.counters.objects_read += keys.len() as u64;
            let about = keys.iter().map(|(instance, _)| instance.clone()).collect();
            self.ask(about, Question::Read { provider, requests }, Flight::Read(keys));
        }
    }

    pub(super) fn read(&mut self, keys: Vec<ObjectKey>, outcomes: Vec<ReadOutcome>) {
        // Nobody can tell which answer is for which object.
        let outcomes = match outcomes.len() == keys.len() {
            true => outcomes,
            false => keys.iter().map(|key| Err(vec![self.miscounted(key, keys.len(), outcomes.len())])).collect(),
        };
        for (key, outcome) in keys.into_iter().zip(outcomes) {
            let state = match self.refresh(&key, outcome) {
                Ok(prior) => PriorState::Known(prior.map(Arc::new)),
                Err(reported) => PriorState::Failed(reported),
            };
            self.objects.insert(key.clone(), state);
            self.queue.wake(&Wait::Prior(key));
        }
    }

    /// The identity that an answer leaves an object with. Refuses an object that is named otherwise than before, or with
    /// which more is to be kept than a state can hold.
    fn kept_beside(
        &mut self,
        key: &ObjectKey,
        config: &ProviderConfig,
        shape: &Shape,
        (private, before, said): (&[u8], Option<&Value>, Option<Value>),
    ) -> Result<Option<Value>, Reported> {
        let naming = shape.naming.as_ref();
        let (identity, breach) = naming.map(|naming| naming.answered(before, said)).unwrap_or_default();
        let breaches: Vec<Breach> = protocol::private_breach(private).into_iter().chain(breach).collect();
        let whose = self.providers.whose(&config.provider);
        let broken = problems::of_breaches(&breaches, Moment::Read, &key.0, whose, &mut self.diags);
        broken.map_or(Ok(identity), Err)
    }

    fn miscounted(&self, key: &ObjectKey, asked: usize, answered: usize) -> Problem {
        let provider = self.provider_for(&key.0);
        let bug = provider.map(|p| self.providers.whose(&p.provider).bug()).unwrap_or_default();
        let detail = format!("The provider was asked for {asked} objects and answered {answered}. {bug}");
        Problem::error("Object was not read", detail)
    }

    /// Takes what a read said into the refreshed state, and notes what was changed outside.
    fn refresh(&mut self, key: &ObjectKey, outcome: ReadOutcome) -> Result<Option<Prior>, Reported> {
        let before = match self.objects.get(key) {
            Some(PriorState::Reading(before)) => before.clone(),
            _ => None,
        };
        let found = match (outcome, &before) {
            (Ok(found), _) => found,
            (Err(found), before) => {
                let reported = problems::of_instance(&found, &key.0, &self.evaluator, &mut self.diags);
                return reported.map_or(Ok(before.as_deref().cloned()), Err);
            }
        };
        let Some(before) = before else { return self.take_import(key, found) };
        let before = Prior::clone(&before);
        let Some((config, shape)) = self.home(key) else { return Ok(Some(before)) };
        let marked = |value: &Value| shape.mark(value.clone().mark_at(&before.marks));
        let drift = |after: Option<Value>| Drift {
            instance: key.0.clone(),
            deposed: key.1.clone(),
            before: marked(&before.object.value),
            after,
            relevant: Vec::new(),
        };
        let Some(found) = found else {
            self.drift.insert(key.clone(), drift(None));
            self.put_refreshed(key, &config, None);
            return Ok(None);
        };
        let value = object::conform_known(found.value, &shape.ty).map_err(|why| {
            problems::invalid_answer("read", &why, &key.0, self.providers.whose(&config.provider), &mut self.diags)
        })?;
        if value != before.object.value {
            self.drift.insert(key.clone(), drift(Some(marked(&value))));
        }
        let before_identity = before.object.identity.as_ref();
        let identity = self.kept_beside(key, &config, &shape, (&found.private, before_identity, found.identity))?;
        let object = Object { value, private: found.private, identity };
        let changed = object != before.object;
        let facts = self.stored(key).cloned().unwrap_or_default();
        if changed || facts.schema_version != shape.schema.version {
            let stored = self.encode(&object, &before.marks, &shape, facts, key)?;
            self.put_refreshed(key, &config, Some(stored));
        }
        Ok(Some(Prior { object, ..before }))
    }

    /// The provider configuration for an object and the shape it has there.
    fn home(&self, key: &ObjectKey) -> Option<(ProviderConfig, Arc<Shape>)> {
        let config = self.provider_for(&key.0)?;
        let shape = self.shape(&config, &key.0)?;
        Some((config, shape))
    }

    fn encode(
        &mut self,
        object: &Object,
        marks: &MarkedPaths,
        shape: &Shape,
        facts: StoredObject,
        key: &ObjectKey,
    ) -> Result<StoredObject, Reported> {
        object::encode(object, marks, shape, facts).map_err(|why| {
            let detail = format!("The object cannot be written to the state: {why}.");
            self.diags.error(Diagnostic::error("Object cannot be stored", detail).about(key.0.to_string()))
        })
    }

    fn put_refreshed(
        &mut self,
        (instance, deposed): &ObjectKey,
        config: &ProviderConfig,
        object: Option<StoredObject>,
    ) {
        match deposed {
            None => self.refreshed.set(instance, config, object),
            Some(key) => self.refreshed.set_deposed(instance, config, key, object),
        }
    }

    /// Asks for an object that is to be taken over, unless the state has one already.
    pub(super) fn import(&mut self, instance: &Instance, config: &ProviderConfig) -> Result<(), Halt> {
        let key = (instance.clone(), None);
        if self.objects.contains_key(&key) {
            return Ok(());
        }
        if self.imports.is_open(instance) {
            return Err(Halt::Later(Later::new(DeferReason::ConfigUnknown)));
        }
        let Some(by) = self.imports.of(instance).cloned() else { return Ok(()) };
        if let Some(found) = self.options.found.get(instance).cloned() {
            let state = match self.found_before(&key, config, found) {
                Ok(prior) => PriorState::Known(Some(Arc::new(prior))),
                Err(reported) => PriorState::Failed(reported),
            };
            self.objects.insert(key, state);
            return Ok(());
        }
        self.await_clear(config)?;
        self.objects.insert(key, PriorState::Reading(None));
        let request = ImportRequest { ty: instance.resource.resource.ty.clone(), by };
        let question = Question::Import { provider: config.clone(), request };
        self.ask(vec![instance.clone()], question, Flight::Import(instance.clone()));
        Ok(())
    }

    /// An imported object that a plan of the same command has found already.
    fn found_before(
        &mut self,
        key: &ObjectKey,
        config: &ProviderConfig,
        found: StoredObject,
    ) -> Result<Prior, Reported> {
        self.put_refreshed(key, config, Some(found));
        Ok(Prior { imported: true, ..self.decode(key)?.0 })
    }

    pub(super) fn imported(&mut self, instance: &Instance, result: Result<Object, Vec<Problem>>) {
        let key = (instance.clone(), None);
        match (result, self.home(&key)) {
            (Ok(object), Some((config, shape))) => {
                let object = match object::conform(object.value, &shape.ty) {
                    Ok(value) => Object { value, ..object },
                    Err(why) => {
                        let whose = self.providers.whose(&config.provider);
                        let reported = problems::invalid_answer("imported", &why, instance, whose, &mut self.diags);
                        self.objects.insert(key.clone(), PriorState::Failed(reported));
                        self.queue.wake(&Wait::Prior(key));
                        return;
                    }
                };
                if self.providers.get(&config.provider).is_some_and(|provider| provider.imports_whole()) {
                    return self.read(vec![key], vec![Ok(Some(object))]);
                }
                let ty = instance.resource.resource.ty.clone();
                let request = ReadRequest { ty: ty.clone(), prior: object };
                self.to_read.entry((config, ty)).or_default().push((key, request));
            }
            (Ok(_), None) => {}
            (Err(found), _) => {
                let reported = problems::of_instance(&found, instance, &self.evaluator, &mut self.diags)
                    .unwrap_or_else(|| self.diags.error(not_found(instance, "the provider gave no reason")));
                self.objects.insert(key.clone(), PriorState::Failed(reported));
                self.queue.wake(&Wait::Prior(key));
            }
        }
    }

    fn take_import(&mut self, key: &ObjectKey, found: Option<Object>) -> Result<Option<Prior>, Reported> {
        let Some(found) = found else {
            let by = self.imports.of(&key.0).map(ToString::to_string).unwrap_or_default();
            return Err(self.diags.error(not_found(&key.0, &format!("there is no object with the {by}"))));
        };
        let Some((config, shape)) = self.home(key) else {
            return Err(self.diags.error(unknown_type(&key.0, None)));
        };
        let value = object::conform_known(found.value, &shape.ty).map_err(|why| {
            problems::invalid_answer("imported", &why, &key.0, self.providers.whose(&config.provider), &mut self.diags)
        })?;
        let identity = self.kept_beside(key, &config, &shape, (&found.private, None, found.identity))?;
        let object = Object { value, private: found.private, identity };
        let stored = self.encode(&object, &Vec::new(), &shape, StoredObject::default(), key)?;
        self.put_refreshed(key, &config, Some(stored));
        Ok(Some(Prior { object, marks: Vec::new(), tainted: false, imported: true }))
    }
}

fn unknown_type(instance: &Instance, config: Option<&ProviderConfig>) -> Diagnostic {
    let provider = config.map_or_else(|| "its provider".to_owned(), |c| format!("provider {}", c.provider));
    let ty = &instance.resource.resource.ty;
    Diagnostic::error("Unknown resource type", format!("The state holds {instance}, but {provider} has no type {ty}."))
        .about(instance.to_string())
        .hint("Use a provider that has this type, or remove the object from the state.")
}

fn not_found(instance: &Instance, why: &str) -> Diagnostic {
    Diagnostic::error("Cannot import non-existent remote object", format!("{instance} cannot be imported: {why}."))
        .about(instance.to_string())
        .hint("Check the id, and that the provider is configured for the right account and region.")
}
