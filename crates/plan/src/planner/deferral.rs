//! Leaving for a later plan what cannot be planned yet.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use terrane_address::{AbsCall, AbsResource, Beyond, ConfigResource, Instance, Key, Mode, Place, ProviderConfig};
use terrane_lang::{Dep, Evaluated, Repeat, ResourceDecl};
use terrane_state::{Dependencies, DeposedKey};
use terrane_value::Value;

use super::data::unknown_computed;
use super::open::Opening;
use super::queue::{Task, Wait};
use super::{Draft, Halt, ObjectKey, Planner};
use crate::{Change, DeferReason, Deferred, DeleteReason, Legs, Order, PlanMode, Provisional, ReplaceOrder};

/// What is deferred so far.
#[derive(Debug, Default)]
pub(super) struct Deferrals {
    all: BTreeMap<(Place, Option<DeposedKey>), Deferred>,
    /// Resources whose keys are not known.
    keyless: FxHashSet<AbsResource>,
    /// Places in instances of modules of which it is not known which there are.
    beyond: Vec<Place>,
}

/// Why a task is not done now.
#[derive(Debug)]
pub(super) struct Later {
    pub reason: DeferReason,
    pub because: Vec<Arc<str>>,
}

impl Later {
    pub fn new(reason: DeferReason) -> Later {
        Later { reason, because: Vec::new() }
    }
}

impl Deferrals {
    pub fn is_keyless(&self, resource: &AbsResource) -> bool {
        self.keyless.contains(resource)
    }

    fn has(&self, instance: &Instance) -> bool {
        self.all.contains_key(&(Place::Instance(instance.clone()), None))
    }

    fn add(&mut self, deferred: Deferred) {
        if matches!(deferred.place, Place::Beyond { .. }) {
            self.beyond.push(deferred.place.clone());
        }
        self.all.entry((deferred.place.clone(), deferred.deposed.clone())).or_insert(deferred);
    }

    fn covers(&self, instance: &Instance) -> bool {
        self.keyless.contains(&instance.resource)
            || self.has(instance)
            || self.beyond.iter().any(|place| place.covers(instance))
    }

    /// What a plan says of them: an ephemeral resource leaves nothing to be done.
    pub fn into_list(self) -> Vec<Deferred> {
        self.all.into_values().filter(|d| d.place.resource().mode != Mode::Ephemeral).collect()
    }
}

impl Planner<'_> {
    /// Whether something may be deferred that would be an error otherwise.
    pub(super) fn may_defer(&self) -> bool {
        self.options.allow_deferral
    }

    /// Goes on only if nothing that an instance is made of is deferred.
    pub(super) fn await_prerequisites(&mut self, instance: &Instance, evaluated: &Evaluated) -> Result<(), Halt> {
        if !self.may_defer() || self.options.mode != PlanMode::Normal {
            return Ok(());
        }
        for dep in evaluated.deps.iter().chain(evaluated.explicit.iter()) {
            if *dep.resource() != instance.resource {
                self.wait_for(dep)?;
            }
        }
        let because =
            self.deferred_among(evaluated.deps.iter().chain(evaluated.explicit.iter()), &evaluated.unexpanded);
        match because.is_empty() {
            true => Ok(()),
            false => Err(Halt::Later(Later { reason: DeferReason::Prerequisite, because })),
        }
    }

    /// The addresses of what is deferred among what was read.
    pub(super) fn deferred_among<'d>(
        &self,
        deps: impl Iterator<Item = &'d Dep>,
        unexpanded: &[AbsCall],
    ) -> Vec<Arc<str>> {
        let mut found: Vec<Arc<str>> = unexpanded.iter().map(|call| format!("{call}[*]").into()).collect();
        if !self.deferrals.all.is_empty() {
            deps.for_each(|dep| self.add_deferred(dep, &mut found));
        }
        found.sort();
        found.dedup();
        found
    }

    fn add_deferred(&self, dep: &Dep, found: &mut Vec<Arc<str>>) {
        match dep {
            Dep::Instance(instance) if self.deferrals.has(instance) => found.push(instance.to_string().into()),
            Dep::Instance(_) => {}
            Dep::Whole(resource) if self.deferrals.is_keyless(resource) => found.push(self.name_of(dep)),
            Dep::Whole(resource) => {
                let keys = self.keys.get(resource).map(|(keys, _)| keys);
                let all = keys.into_iter().flatten().map(|key| resource.instance(key.clone()));
                found.extend(all.filter(|i| self.deferrals.has(i)).map(|i| Arc::from(i.to_string())));
            }
        }
    }

    fn name_of(&self, dep: &Dep) -> Arc<str> {
        match dep {
            Dep::Instance(instance) => instance.to_string().into(),
            Dep::Whole(resource) => {
                let optional = self.deferrals.has(&resource.instance(Key::None));
                if optional { resource.to_string().into() } else { format!("{resource}[*]").into() }
            }
        }
    }

    /// Whether the configuration of an open provider is known only in part, so that what needs it has to wait.
    pub(super) fn is_vague(&self, config: &ProviderConfig) -> bool {
        self.may_defer() && self.provider_reads(config).is_some_and(|evaluated| !evaluated.value.is_wholly_known())
    }

    /// What the configuration of an open provider waits for.
    pub(super) fn vague(&self, config: &ProviderConfig) -> Later {
        let reads = self.provider_reads(config).into_iter().flat_map(|evaluated| &evaluated.deps);
        let unknown = |dep: &&Dep| match dep {
            Dep::Instance(instance) => {
                self.values.get(instance).is_some_and(|v| v.as_ref().is_ok_and(|v| !v.is_wholly_known()))
            }
            Dep::Whole(_) => true,
        };
        let because = reads.filter(unknown).map(|dep| self.name_of(dep)).collect();
        Later { reason: DeferReason::ProviderUnknown, because }
    }

    /// Goes on only if a provider is wholly configured.
    pub(super) fn await_clear(&self, config: &ProviderConfig) -> Result<(), Halt> {
        match self.is_vague(config) {
            true => Err(Halt::Later(self.vague(config))),
            false => Ok(()),
        }
    }

    /// Leaves a task for a later plan, and lets what waits for it know.
    pub(super) fn defer(&mut self, task: &Task, later: Later) {
        match task {
            Task::Instance(instance) => self.defer_instance(instance, later),
            Task::End { key, .. } => self.defer_end(key, later),
            Task::Provider(config) => {
                self.opened.insert(config.clone(), Opening::Later(later.because));
                self.queue.wake(&Wait::Provider(config.clone()));
            }
            _ => {}
        }
    }

    pub(super) fn defer_instance(&mut self, instance: &Instance, later: Later) {
        let Some(provider) = self.provider_for(instance) else { return };
        let after = self.provisional(instance, &provider);
        let change = match (self.stored_value(instance), instance.resource.resource.mode) {
            (_, Mode::Data) => Provisional::Read(after.clone()),
            (Some(before), _) => Provisional::Update { before, after: after.clone() },
            (None, _) => Provisional::Create(after.clone()),
        };
        let place = Place::Instance(instance.clone());
        let Later { reason, because } = later;
        self.deferrals.add(Deferred { place, deposed: None, provider, reason, because, change });
        self.give(instance, after);
    }

    /// What is known of the object of an instance that is not planned yet.
    fn provisional(&self, instance: &Instance, provider: &ProviderConfig) -> Value {
        let Some(shape) = self.shape(provider, instance) else { return Value::dynamic() };
        match self.evaluated.get(instance) {
            Some(evaluated) => {
                let (config, marks) = evaluated.value.clone().unmark_deep();
                shape.mark(unknown_computed(&shape.schema.block, &config).mark_at(&marks))
            }
            None => shape.mark(Value::unknown(shape.ty.clone())),
        }
    }

    fn defer_end(&mut self, (instance, deposed): &ObjectKey, later: Later) {
        let key = (instance.clone(), deposed.clone());
        let (Some(provider), Some(before)) = (self.provider_for(instance), self.stored_object(&key)) else { return };
        let Later { reason, because } = later;
        let (place, deposed) = (Place::Instance(instance.clone()), deposed.clone());
        let change = Provisional::Delete(before);
        self.deferrals.add(Deferred { place, deposed, provider, reason, because, change });
    }

    /// Leaves all instances of a resource for later, of which it is not known which there are.
    pub(super) fn defer_keys(&mut self, resource: &AbsResource) {
        let decl = self.program.resource(resource.config());
        let optional = decl.is_some_and(|decl| matches!(decl.repeat, Repeat::Enabled(_)));
        if let (Some(decl), true) = (decl, self.options.mode == PlanMode::Normal) {
            let place = match optional {
                true => Place::Instance(resource.instance(Key::None)),
                false => Place::Resource(resource.clone()),
            };
            let because = self.attempt_only(|e, lookup, diags| e.keys_because(resource, lookup, diags));
            self.defer_place(place, decl, because.unwrap_or_default());
        }
        self.refresh_all(resource);
        self.deferrals.keyless.insert(resource.clone());
        self.queue.wake(&Wait::Dep(Dep::Whole(resource.clone())));
    }

    /// Leaves all instances of a resource in all instances of a module for later, of which it is not known which there
    /// are.
    pub(super) fn defer_beyond(&mut self, module: Beyond, decl: &ResourceDecl) {
        let stored = self.refreshed.resources.keys();
        let within = stored.filter(|r| r.resource == decl.resource && module.covers(&r.module));
        for resource in within.cloned().collect::<Vec<_>>() {
            self.refresh_all(&resource);
        }
        if self.options.mode == PlanMode::Normal {
            let (resource, keyed) = (decl.resource.clone(), decl.repeat.has_keys());
            let because = self.attempt_only(|e, lookup, diags| e.call_because(&module.call, lookup, diags));
            self.defer_place(Place::Beyond { module, resource, keyed }, decl, because.unwrap_or_default());
        }
    }

    fn defer_place(&mut self, place: Place, decl: &ResourceDecl, because: Vec<Dep>) {
        let Some(provider) = self.program.provider_of(&place.config()).cloned() else { return };
        let shape = self.shapes.get(&provider.provider, &decl.resource);
        let value = shape.map_or_else(Value::dynamic, |shape| shape.mark(Value::unknown(shape.ty.clone())));
        let change = match decl.resource.mode {
            Mode::Data => Provisional::Read(value),
            Mode::Managed | Mode::Ephemeral => Provisional::Create(value),
        };
        let reason = DeferReason::KeysUnknown;
        let because = because.iter().map(|dep| self.name_of(dep)).collect();
        self.deferrals.add(Deferred { place, deposed: None, provider, reason, because, change });
    }

    /// In a refresh-only plan the objects are brought up to date whatever their resource asks for.
    fn refresh_all(&mut self, resource: &AbsResource) {
        if self.options.mode == PlanMode::RefreshOnly {
            self.end_resource(resource, DeleteReason::WrongRepetition);
        }
    }

    /// Defers the end of objects that deferred ones were made after: these may still need them.
    pub(super) fn defer_ends(&mut self, drafts: &mut Vec<Draft>) {
        let holders = self.holders();
        let mut kept = Vec::new();
        drafts.retain(|draft| {
            let Change::Delete { prior, .. } = &draft.step.change else { return true };
            let Some(because) = holders.of(&draft.step.instance) else { return true };
            kept.push(kept_end(draft, prior, because));
            false
        });
        kept.into_iter().for_each(|deferred| self.deferrals.add(deferred));
    }

    /// Leaves the old objects of replacements for later that deferred ones were made after, where the new one is made
    /// first.
    pub(super) fn keep_replaced(&mut self, drafts: &mut [Draft], order: &mut Order) {
        let holders = self.holders();
        let mut kept = Vec::new();
        for (draft, node) in drafts.iter_mut().zip(&mut order.nodes) {
            let Change::Replace { prior, order: legs @ ReplaceOrder::CreateThenDelete, .. } = &mut draft.step.change
            else {
                continue;
            };
            let Some(because) = holders.of(&draft.step.instance) else { continue };
            (*legs, node.legs) = (ReplaceOrder::CreateThenKeep, Legs::Up);
            let prior = prior.clone();
            kept.push(kept_end(draft, &prior, because));
        }
        kept.into_iter().for_each(|deferred| self.deferrals.add(deferred));
    }

    fn holders(&self) -> Holders {
        let mut holders = Holders::default();
        if self.deferrals.all.is_empty() {
            return holders;
        }
        for (instance, _, state) in self.refreshed.instances() {
            if let Some(object) = state.current.as_ref().filter(|_| self.deferrals.covers(&instance)) {
                holders.add(instance, &object.dependencies);
            }
        }
        holders
    }
}

/// Objects that exist and are deferred, by what they were made after.
#[derive(Debug, Default)]
struct Holders {
    all: Vec<Instance>,
    /// The first of those that can reach a resource from the instances of the modules that both are in.
    first: FxHashMap<ConfigResource, FxHashMap<Vec<(Arc<str>, Key)>, usize>>,
}

impl Holders {
    fn add(&mut self, holder: Instance, made_after: &Dependencies) {
        let (place, own) = (self.all.len(), holder.resource.config());
        let modules = &holder.resource.module.0;
        for name in made_after.iter().filter(|name| *name != own) {
            let shared = modules.iter().zip(&name.module.0).take_while(|((a, _), b)| a == *b).count();
            let reached = self.first.entry(name.clone()).or_default();
            reached.entry(modules[..shared].to_vec()).or_insert(place);
        }
        self.all.push(holder);
    }

    /// A deferred object that was made after an instance of another resource.
    fn of(&self, instance: &Instance) -> Option<Arc<str>> {
        let reached = self.first.get(instance.resource.config())?;
        let modules = &instance.resource.module.0;
        let first = (0..=modules.len()).filter_map(|shared| reached.get(&modules[..shared])).min()?;
        Some(self.all.get(*first)?.to_string().into())
    }
}

fn kept_end(draft: &Draft, prior: &Value, because: Arc<str>) -> Deferred {
    Deferred {
        place: Place::Instance(draft.step.instance.clone()),
        deposed: draft.step.deposed.clone(),
        provider: draft.step.provider.clone(),
        reason: DeferReason::Prerequisite,
        because: vec![because],
        change: Provisional::Delete(prior.clone()),
    }
}
