//! Where planning begins, and how resources become instances.

use std::collections::BTreeSet;

use terrane_address::{AbsResource, ConfigResource, Instance, Key, Mode};
use terrane_lang::{Dep, ModuleId, Repeat};

use super::assemble::can_reach;
use super::queue::{Task, Wait};
use super::{Halt, Planner};
use crate::{DeleteReason, OutputChange, PlanMode, problems};

impl Planner<'_> {
    /// Queues what the mode asks for.
    pub(super) fn start(&mut self) {
        self.check_schemas();
        self.check_removals();
        self.index_objects();
        for module in &self.program.modules {
            if module.id == ModuleId(0) || !self.options.is_limited() && self.options.mode != PlanMode::Destroy {
                self.queue.push(Task::Variables(module.id));
            }
        }
        match self.options.mode {
            PlanMode::Normal | PlanMode::RefreshOnly => {
                self.start_imports();
                self.start_declared();
            }
            PlanMode::Destroy => self.start_destroy(),
        }
        self.start_outputs();
        self.start_checks();
    }

    /// Complains about types whose provider describes them badly.
    fn check_schemas(&mut self) {
        for (provider, resource, faults) in std::mem::take(&mut self.shapes.faults) {
            self.diags.error(problems::bad_schema(&resource, &faults, self.providers.whose(&provider)));
        }
    }

    fn start_declared(&mut self) {
        for module in &self.program.modules {
            for (place, decl) in module.contents.resources.iter().enumerate() {
                let name = ConfigResource { module: module.path.clone(), resource: decl.resource.clone() };
                if self.options.may_select(&name) {
                    self.queue.push(Task::Resource(module.id, place));
                }
            }
        }
        let stored: Vec<AbsResource> = self.refreshed.resources.keys().cloned().collect();
        for resource in stored {
            if self.program.resource(resource.config()).is_none() {
                self.end_resource(&resource, DeleteReason::NoResource);
            }
            self.end_deposed(&resource);
        }
    }

    fn start_destroy(&mut self) {
        let selected = self.destroyed();
        let stored: Vec<AbsResource> = self.refreshed.resources.keys().cloned().collect();
        for resource in stored {
            if resource.resource.mode == Mode::Data && !self.options.is_limited() {
                self.refreshed.resources.remove(&resource);
                continue;
            }
            for instance in self.stored_instances(&resource) {
                if selected.contains(&instance) {
                    self.start_end(&instance, DeleteReason::Destroy);
                }
            }
            self.end_deposed(&resource);
        }
    }

    fn start_outputs(&mut self) {
        let declared: BTreeSet<_> = self.program.root().contents.outputs.iter().map(|o| o.name.clone()).collect();
        let destroy = self.options.mode == PlanMode::Destroy;
        if !self.options.is_limited() {
            for (name, value) in &self.refreshed.outputs {
                if destroy || !declared.contains(name.as_str()) {
                    let before = terrane_value::json::from_json(&value.json, &value.ty).ok();
                    let (sensitive, was_sensitive) = (value.sensitive, value.sensitive);
                    let change = OutputChange { before, after: None, sensitive, was_sensitive, deferred: false };
                    self.outputs.insert(name.as_str().into(), change);
                }
            }
        }
        if !destroy {
            declared.into_iter().for_each(|name| self.queue.push(Task::Output(name)));
        }
    }

    /// The instances a destroy takes: those that are selected and all that were made after them.
    fn destroyed(&self) -> BTreeSet<Instance> {
        let all = || self.refreshed.instances().filter(|(i, ..)| i.resource.resource.mode == Mode::Managed);
        let mut taken: BTreeSet<Instance> = all().map(|(i, ..)| i).filter(|i| self.options.selects(i)).collect();
        if !self.options.excludes.is_empty() {
            let kept = self.kept();
            taken.retain(|instance| !kept.contains(instance));
            return taken;
        }
        loop {
            let resources: BTreeSet<_> = taken.iter().map(|i| i.resource.config().clone()).collect();
            let after = all().filter(|(i, _, state)| {
                let mut dependencies = state.current.iter().flat_map(|o| o.dependencies.iter());
                !taken.contains(i) && dependencies.any(|d| resources.contains(d))
            });
            let more: Vec<Instance> = after.map(|(i, ..)| i).collect();
            if more.is_empty() {
                return taken;
            }
            taken.extend(more);
        }
    }

    /// The instances that are left out of a destroy, and those that they were made of.
    fn kept(&self) -> BTreeSet<Instance> {
        let all = || self.refreshed.instances().map(|(instance, ..)| instance);
        let mut kept: BTreeSet<Instance> = all().filter(|i| self.options.excludes(i)).collect();
        let mut queue: Vec<Instance> = kept.iter().cloned().collect();
        while let Some(instance) = queue.pop() {
            let state = self.refreshed.instance(&instance);
            let objects = state.into_iter().flat_map(|s| s.current.iter().chain(s.deposed.values()));
            let names: BTreeSet<ConfigResource> = objects.flat_map(|o| o.dependencies.iter().cloned()).collect();
            let made_of = all().filter(|i| names.contains(i.resource.config()) && can_reach(&instance, i));
            queue.extend(made_of.filter(|i| kept.insert(i.clone())).collect::<Vec<_>>());
        }
        kept
    }

    pub(super) fn variables(&mut self, module: ModuleId) -> Result<(), Halt> {
        let instances = self.attempt(|e, lookup, diags| e.module_instances(module, lookup, diags))?;
        for instance in instances {
            self.attempt(|e, lookup, diags| e.variables(&instance, lookup, diags))?;
        }
        Ok(())
    }

    /// Expands the module of a resource, and ends what its former expansions hold.
    pub(super) fn resource(&mut self, module: ModuleId, place: usize) -> Result<(), Halt> {
        let declared = self.program.module(module);
        let Some(decl) = declared.contents.resources.get(place) else { return Ok(()) };
        let name = ConfigResource { module: declared.path.clone(), resource: decl.resource.clone() };
        let instances = self.attempt(|e, lookup, diags| e.module_instances(module, lookup, diags))?;
        let stored = self.stored_under.get(&name).cloned().unwrap_or_default();
        let beyond = self.attempt(|e, lookup, diags| e.unexpanded_modules(module, lookup, diags))?;
        let gone = |r: &&AbsResource| !instances.contains(&r.module) && !beyond.iter().any(|b| b.covers(&r.module));
        for resource in stored.iter().filter(gone) {
            self.end_resource(resource, DeleteReason::NoModule);
        }
        beyond.into_iter().for_each(|beyond| self.defer_beyond(beyond, decl));
        for module in instances {
            let resource = AbsResource::new(module, name.resource.clone());
            // Names that are one are compared by place.
            let known = self.refreshed.resources.get_key_value(&resource).map(|(known, _)| known.clone());
            let resource = known.unwrap_or(resource);
            if self.options.may_select_in(&resource) {
                self.start_expand(resource, !self.options.is_limited());
            }
        }
        Ok(())
    }

    fn start_expand(&mut self, resource: AbsResource, all: bool) {
        if self.expanding.insert((resource.clone(), all)) {
            self.queue.push(Task::Expand { resource, all });
        }
    }

    /// Starts the instances of a resource, and ends those that are no longer among them.
    pub(super) fn expand(&mut self, resource: &AbsResource, all: bool) -> Result<(), Halt> {
        let Some(keys) = self.attempt(|e, lookup, diags| e.expand(resource, lookup, diags))? else {
            self.defer_keys(resource);
            return Ok(());
        };
        let keys: BTreeSet<Key> = keys.into_iter().collect();
        let valued = |key: &&Key| self.values.get(&resource.instance((*key).clone())).is_none();
        let missing = keys.iter().filter(valued).count();
        let orphans = self.stored_instances(resource).into_iter().filter(|i| !keys.contains(&i.key));
        for orphan in orphans.collect::<Vec<_>>() {
            let reason = self.why_without_key(&orphan);
            self.end_or_drop(&orphan, reason);
        }
        self.keys.insert(resource.clone(), (keys.clone(), missing));
        if all {
            self.started.reserve(missing);
            self.queue.reserve(missing);
            self.values.reserve(missing);
            self.drafts.reserve(missing);
            self.decode_ahead(resource);
        }
        for key in keys {
            let instance = resource.instance(key);
            if all || self.options.selects(&instance) {
                self.start_instance(instance);
            }
        }
        if missing == 0 {
            self.queue.wake(&Wait::Dep(Dep::Whole(resource.clone())));
        }
        Ok(())
    }

    fn why_without_key(&self, instance: &Instance) -> DeleteReason {
        let repeat = self.program.resource(instance.resource.config()).map(|decl| decl.repeat);
        match (repeat, &instance.key) {
            (Some(Repeat::Count(_)), Key::Int(_)) => DeleteReason::CountIndex,
            (Some(Repeat::ForEach(_)), Key::String(_)) => DeleteReason::EachKey,
            (Some(Repeat::Enabled(_)), Key::None) => DeleteReason::Disabled,
            _ => DeleteReason::WrongRepetition,
        }
    }

    fn start_instance(&mut self, instance: Instance) {
        // What is left out never gets a value: what reads it is left out, too.
        if !self.options.excludes(&instance) && self.started.insert(instance.clone()) {
            self.queue.push(Task::Instance(instance));
        }
    }

    /// Starts what something else waits for.
    pub(super) fn demand(&mut self, dep: &Dep) {
        match dep {
            Dep::Instance(instance) => self.start_instance(instance.clone()),
            Dep::Whole(resource) => self.start_expand(resource.clone(), true),
        }
    }

    /// Ends everything a resource holds.
    pub(super) fn end_resource(&mut self, resource: &AbsResource, reason: DeleteReason) {
        for instance in self.stored_instances(resource) {
            self.end_or_drop(&instance, reason);
        }
    }

    fn end_or_drop(&mut self, instance: &Instance, reason: DeleteReason) {
        if !self.options.selects(instance) {
            return;
        }
        match instance.resource.resource.mode {
            Mode::Managed => self.start_end(instance, reason),
            // What a data source said is of no use without it.
            Mode::Data | Mode::Ephemeral => self.drop_stored(instance),
        }
    }

    fn start_end(&mut self, instance: &Instance, reason: DeleteReason) {
        if self.refreshed.object(instance).is_none() {
            return;
        }
        let reason = self.end_of(instance, reason);
        self.queue.push(Task::End { key: (instance.clone(), None), reason });
    }

    fn end_deposed(&mut self, resource: &AbsResource) {
        for instance in self.stored_instances(resource) {
            let Some(state) = self.refreshed.instance(&instance).filter(|_| self.options.selects(&instance)) else {
                continue;
            };
            for deposed in state.deposed.keys() {
                let key = (instance.clone(), Some(deposed.clone()));
                let reason = self.end_of(&instance, DeleteReason::Deposed);
                self.queue.push(Task::End { key, reason });
            }
        }
    }

    pub(super) fn stored_instances(&self, resource: &AbsResource) -> Vec<Instance> {
        let state = self.refreshed.resources.get(resource);
        state.into_iter().flat_map(|s| s.instances.keys()).map(|key| resource.instance(key.clone())).collect()
    }

    fn drop_stored(&mut self, instance: &Instance) {
        if let Some(state) = self.refreshed.resources.get(&instance.resource) {
            let provider = state.provider.clone();
            self.refreshed.set(instance, &provider, None);
        }
    }
}
