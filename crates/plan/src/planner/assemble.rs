//! From drafts to the plan: dependencies, order, outputs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use terrane_address::{AbsResource, ConfigResource, Instance, Key, ProviderConfig};
use terrane_lang::{Dep, Program};
use terrane_source::{Diagnostic, Diagnostics, Severity};
use terrane_state::{Dependencies, Places, StoredObject};
use terrane_value::Value;

use super::closure::Closure;
use super::queue::Wait;
use super::{Draft, Halt, ObjectKey, Planner};
use crate::{Change, Node, On, Order, OutputChange, Plan, PlanMode, ReadReason, ReplaceOrder, Step, object, provision};

impl Planner<'_> {
    /// Evaluates an output and notes what becomes of it. What a target leaves out is not planned for the sake of one.
    pub(super) fn output(&mut self, name: &Arc<str>) -> Result<(), Halt> {
        let evaluated = self.attempt_only(|e, lookup, diags| e.output(name, lookup, diags))?;
        let planned = |dep: &Dep| match dep {
            Dep::Instance(instance) => self.started.contains(instance),
            Dep::Whole(resource) => {
                self.expanding.iter().any(|(r, _)| r == resource)
                    || self.started.iter().any(|i| i.resource == *resource)
            }
        };
        if self.options.is_limited() && !evaluated.deps.iter().any(planned) {
            return Ok(());
        }
        let stored = self.prior.outputs.get(&**name);
        let before = stored.and_then(|o| terrane_value::json::from_json(&o.json, &o.ty).ok());
        let after = Some(evaluated.value.unmark_deep().0);
        if self.options.mode == PlanMode::RefreshOnly && after.as_ref().is_some_and(|value| !value.is_wholly_known()) {
            // What it is made of does not exist, and this run does not make it.
            return Ok(());
        }
        let sensitive = evaluated.sensitive;
        let was_sensitive = stored.map_or(sensitive, |output| output.sensitive);
        self.outputs.insert(name.clone(), OutputChange { before, after, sensitive, was_sensitive, deferred: false });
        self.output_reads.insert(name.clone(), (evaluated.deps, evaluated.unexpanded));
        Ok(())
    }

    /// Evaluates the outputs that wait for what a target leaves out, with that as it was.
    pub(super) fn outputs_beside_targets(&mut self) {
        if !self.options.is_limited() {
            return;
        }
        let parked = self.queue.take_outputs();
        // What reads something that is left out stays as it was.
        if !self.options.excludes.is_empty() {
            return;
        }
        for name in parked {
            while let Err(Halt::Wait(Wait::Dep(Dep::Instance(instance)))) = self.output(&name) {
                let Some(value) = self.stored_value(&instance) else { break };
                self.values.set(instance, value);
            }
        }
    }

    /// Leaves the outputs as they are that are made of something that is deferred.
    fn defer_outputs(&mut self) {
        for (name, (deps, unexpanded)) in std::mem::take(&mut self.output_reads) {
            let deferred = !self.deferred_among(deps.iter(), &unexpanded).is_empty();
            if let Some(change) = self.outputs.get_mut(&name).filter(|_| deferred) {
                change.deferred = true;
                change.after = change.after.take().map(|value| match value.is_wholly_known() {
                    true => Value::unknown(value.ty()),
                    false => value,
                });
            }
        }
    }

    /// The object of an instance as it was stored.
    pub(super) fn stored_value(&self, instance: &Instance) -> Option<Value> {
        self.stored_object(&(instance.clone(), None))
    }

    /// An object as it was stored.
    pub(super) fn stored_object(&self, key: &ObjectKey) -> Option<Value> {
        let instance = &key.0;
        let (stored, config) = (self.stored(key)?, self.provider_for(instance)?);
        let shape = self.shape(&config, instance)?;
        let object = object::decode(self.providers, &config.provider, instance, stored, &shape).ok()?;
        Some(shape.mark(object.value.mark_at(&object::stored_marks(stored))))
    }

    /// The plan of what was drafted.
    pub(super) fn assemble(mut self) -> (Plan, Diagnostics) {
        let generated = self.generated();
        let drafts = std::mem::take(&mut self.drafts);
        // Data sources that have been read are no steps, but order passes through them: they come last.
        let is_step = |d: &Draft| !matches!(d.step.change, Change::NoOp { .. }) || d.step.instance.is_managed();
        let mut drafts = drafts.into_sorted();
        let read: Vec<Draft> = drafts.extract_if(.., |draft| !is_step(draft)).collect();
        self.defer_ends(&mut drafts);
        self.defer_outputs();
        let count = drafts.len();
        drafts.extend(read);
        let closure =
            Closure::of(&drafts, |draft| self.provider_reads(&draft.step.provider).map(|e| e.deps.as_slice()));
        for draft in drafts.iter_mut().filter(|d| d.declared) {
            draft.step.dependencies = closure.list(draft.step.instance.resource.config());
            if draft.state.is_empty() && draft.step.change.before().is_some() {
                draft.state.clone_from(&draft.step.dependencies);
            }
        }
        let mut order = self.order(&drafts);
        order.close();
        drafts.truncate(count);
        for (draft, node) in drafts.iter_mut().zip(&order.nodes) {
            draft.step.create_before_destroy = node.create_before_destroy;
            if let Change::Replace { order, .. } = &mut draft.step.change {
                *order = ReplaceOrder::of(node.create_before_destroy, order.forgets());
            }
        }
        self.keep_replaced(&mut drafts, &mut order);
        let graph = order.graph().unwrap_or_else(|| {
            let detail = "The order of changes has a cycle. This is a bug in Terrane; please report it.";
            self.diags.error(Diagnostic::error("No order of changes", detail));
            crate::ApplyGraph::default()
        });
        drafts.iter().for_each(|draft| self.remember(draft));
        self.remember_checks();
        for problem in drafts.iter().flat_map(|draft| provision::unsupported(self.program, &draft.step)) {
            self.diags.push(Diagnostic { severity: Severity::Warning, ..problem });
        }
        self.diags.sort();
        let mut drift: Vec<_> = self.drift.into_values().collect();
        super::drift::weigh(self.program, drafts.iter().map(|d| &d.step), &self.outputs, &mut drift);
        let plan = Plan {
            errored: self.diags.has_errors(),
            options: self.options,
            inputs: self.inputs,
            ephemeral_variables: ephemeral_variables(self.program),
            steps: drafts.into_iter().map(|d| d.step).collect(),
            graph,
            outputs: self.outputs,
            generated,
            drift,
            prior: self.prior,
            refreshed: self.refreshed,
            deferred: self.deferrals.into_list(),
            counters: self.counters,
        };
        (plan, self.diags)
    }

    /// Adds what a changed object is going to depend on: it may do so already when its change goes wrong half-way.
    fn remember_dependencies(&mut self, step: &Step) {
        let Some(object) = self.refreshed.object(&step.instance).filter(|_| step.deposed.is_none()) else { return };
        let known = |dependency: &ConfigResource| object.dependencies.iter().any(|known| known == dependency);
        if !step.dependencies.iter().all(known) {
            let both: BTreeSet<_> = object.dependencies.iter().chain(step.dependencies.iter()).cloned().collect();
            let now = StoredObject { dependencies: both.into_iter().collect(), ..object.clone() };
            self.refreshed.set(&step.instance, &step.provider, Some(now));
        }
    }

    /// Brings what the state says of an unchanged object up to date.
    fn remember(&mut self, draft: &Draft) {
        let step = &draft.step;
        if matches!(step.change, Change::Update { .. } | Change::Replace { .. }) && self.options.refresh {
            return self.remember_dependencies(step);
        }
        let kept = matches!(step.change, Change::NoOp { .. }) && step.instance.is_managed();
        let Some(object) = self.refreshed.object(&step.instance).filter(|_| kept && draft.declared) else { return };
        let guarded = self.decl(&step.instance).is_none_or(|decl| decl.lifecycle.prevent_destroy.is_some());
        let now = StoredObject {
            dependencies: step.dependencies.clone(),
            create_before_destroy: step.create_before_destroy,
            skip_destroy: self.undeletable.contains(&step.instance.resource),
            prevent_destroy: guarded && self.protected.get(&step.instance).copied().unwrap_or(object.prevent_destroy),
            sensitive: draft.sensitive.clone(),
            ..object.clone()
        };
        let home = self.refreshed.provider_of(&step.instance);
        if now != *object || home.as_ref() != Some(&step.provider) {
            self.refreshed.set(&step.instance, &step.provider, Some(now));
        }
    }

    fn order(&self, drafts: &[Draft]) -> Order {
        let mut groups = Groups::new(drafts);
        let everything = groups.managed(drafts);
        let nodes = drafts.iter().map(|draft| {
            let mut config = groups.on_config(&draft.config);
            config.extend(groups.on_list(&draft.explicit));
            if let Some(provider) = self.provider_reads(&draft.step.provider) {
                config.extend(groups.on_provider(&draft.step.provider, &provider.deps));
            }
            if let Change::Read { reason: ReadReason::CheckNested, .. } = draft.step.change {
                config.extend(everything.map(On::Group));
            }
            let config = if draft.declared { config } else { Vec::new() };
            Node {
                legs: draft.step.change.legs(),
                create_before_destroy: draft.step.create_before_destroy,
                config: without(config, draft, drafts),
                state: groups.on_state(&draft.step.instance, &draft.state).into_iter().collect(),
                ends: groups.on_ends(draft, drafts).into_iter().collect(),
            }
        });
        let nodes = nodes.collect();
        if self.options.mode == PlanMode::RefreshOnly {
            return Order::default();
        }
        Order { nodes, groups: groups.members }
    }
}

fn ephemeral_variables(program: &Program) -> BTreeSet<Arc<str>> {
    let variables = program.root().contents.variables.iter();
    variables.filter(|variable| variable.ephemeral).map(|variable| variable.name.clone()).collect()
}

/// An instance does not wait for itself.
fn without(on: Vec<On>, draft: &Draft, drafts: &[Draft]) -> Vec<On> {
    let itself = |on: &On| matches!(on, On::Node(i) if drafts[*i as usize].step.instance == draft.step.instance);
    on.into_iter().filter(|on| !itself(on)).collect()
}

/// Finds what dependencies stand for, with a group for each set that several depend on.
struct Groups<'d> {
    places: FxHashMap<&'d Instance, u32>,
    by_name: BTreeMap<ConfigResource, Vec<(&'d Instance, u32)>>,
    by_resource: FxHashMap<&'d AbsResource, Vec<u32>>,
    members: Vec<Vec<u32>>,
    reads: FxHashMap<Vec<Dep>, Option<u32>>,
    /// The groups of lists that many have in common, by where those are.
    lists: FxHashMap<*const Dep, Option<u32>>,
    providers: FxHashMap<ProviderConfig, Option<u32>>,
    states: FxHashMap<(usize, &'d Places, &'d [(Arc<str>, Key)]), Option<u32>>,
    ends: FxHashMap<(Arc<[Dep]>, Vec<(Arc<str>, Key)>), Option<u32>>,
}

impl<'d> Groups<'d> {
    fn new(drafts: &'d [Draft]) -> Groups<'d> {
        let mut groups = Groups {
            places: FxHashMap::with_capacity_and_hasher(drafts.len(), Default::default()),
            by_name: BTreeMap::new(),
            by_resource: FxHashMap::default(),
            members: Vec::new(),
            reads: FxHashMap::default(),
            lists: FxHashMap::default(),
            providers: FxHashMap::default(),
            states: FxHashMap::default(),
            ends: FxHashMap::default(),
        };
        for (place, draft) in (0..).zip(drafts) {
            let instance = &draft.step.instance;
            groups.by_name.entry(instance.resource.config().clone()).or_default().push((instance, place));
            if draft.declared {
                groups.places.insert(instance, place);
                groups.by_resource.entry(&instance.resource).or_default().push(place);
            }
        }
        groups
    }

    /// The group of all managed objects; `None` if there are none, or if no check waits for them.
    fn managed(&mut self, drafts: &[Draft]) -> Option<u32> {
        let waits = |d: &Draft| matches!(d.step.change, Change::Read { reason: ReadReason::CheckNested, .. });
        if !drafts.iter().any(waits) {
            return None;
        }
        let members = (0..).zip(drafts).filter(|(_, d)| d.step.instance.is_managed()).map(|(place, _)| place);
        self.add(members.collect())
    }

    /// What an instance reads. Many instances of one resource are a group, since others may read the same ones.
    fn on_config(&mut self, deps: &[Dep]) -> Vec<On> {
        const FEW: usize = 3;
        if deps.len() <= FEW {
            return deps.iter().filter_map(|dep| self.on_read(dep)).collect();
        }
        let mut by_name: BTreeMap<ConfigResource, Vec<Dep>> = BTreeMap::new();
        deps.iter().for_each(|dep| by_name.entry(dep.resource().config().clone()).or_default().push(dep.clone()));
        let on = |deps: Vec<Dep>| match deps.as_slice() {
            [dep] => self.on_read(dep),
            deps => self.on_reads(deps),
        };
        by_name.into_values().filter_map(on).collect()
    }

    fn on_read(&mut self, dep: &Dep) -> Option<On> {
        match dep {
            Dep::Instance(instance) => self.places.get(instance).copied().map(On::Node),
            Dep::Whole(_) => self.on_reads(std::slice::from_ref(dep)),
        }
    }

    fn on_reads(&mut self, deps: &[Dep]) -> Option<On> {
        if deps.is_empty() {
            return None;
        }
        if let Some(group) = self.reads.get(deps) {
            return group.map(On::Group);
        }
        let mut members: Vec<u32> = Vec::new();
        for dep in deps {
            match dep {
                Dep::Instance(instance) => members.extend(self.places.get(instance)),
                Dep::Whole(resource) => members.extend(self.by_resource.get(resource).into_iter().flatten()),
            }
        }
        let group = self.add(members);
        self.reads.insert(deps.to_vec(), group);
        group.map(On::Group)
    }

    fn on_list(&mut self, deps: &Arc<[Dep]>) -> Option<On> {
        if let Some(group) = self.lists.get(&deps.as_ptr()) {
            return group.map(On::Group);
        }
        let on = self.on_reads(deps);
        let group = if let Some(On::Group(group)) = on { Some(group) } else { None };
        self.lists.insert(deps.as_ptr(), group);
        on
    }

    fn on_provider(&mut self, config: &ProviderConfig, deps: &[Dep]) -> Option<On> {
        if let Some(group) = self.providers.get(config) {
            return group.map(On::Group);
        }
        let on = self.on_reads(deps);
        let group = match on {
            Some(On::Group(group)) => Some(group),
            _ => None,
        };
        self.providers.insert(config.clone(), group);
        on
    }

    /// The group of all objects that the state names, as far as an instance can have been made after them: where two
    /// paths go through the same module calls, through the same instances.
    fn on_state(&mut self, instance: &'d Instance, names: &'d Dependencies) -> Option<On> {
        if names.is_empty() {
            return None;
        }
        let (table, places) = names.identity();
        let key = (table, places, instance.resource.module.0.as_slice());
        if let Some(group) = self.states.get(&key) {
            return group.map(On::Group);
        }
        let mut members = Vec::new();
        let own = instance.resource.config();
        for name in names.iter().filter(|name| *name != own) {
            let found = self.by_name.get(name).into_iter().flatten();
            members.extend(found.filter(|(other, _)| can_reach(instance, other)).map(|(_, place)| *place));
        }
        let group = self.add(members);
        self.states.insert(key, group);
        group.map(On::Group)
    }

    /// The group of the objects that end among what a data source that is read late names explicitly.
    fn on_ends(&mut self, draft: &Draft, drafts: &[Draft]) -> Option<On> {
        if !matches!(draft.step.change, Change::Read { .. }) || draft.explicit.is_empty() {
            return None;
        }
        let key = (draft.explicit.clone(), draft.step.instance.resource.module.0.clone());
        if let Some(group) = self.ends.get(&key) {
            return group.map(On::Group);
        }
        let mut names: Vec<ConfigResource> = draft.explicit.iter().map(|dep| dep.resource().config().clone()).collect();
        names.dedup();
        let found = names.iter().filter_map(|name| self.by_name.get(name)).flatten();
        let ends = |place: &u32| {
            let other = &drafts[*place as usize];
            !other.declared && can_reach(&draft.step.instance, &other.step.instance)
        };
        let members = found.map(|(_, place)| *place).filter(ends).collect();
        let group = self.add(members);
        self.ends.insert(key, group);
        group.map(On::Group)
    }

    fn add(&mut self, mut members: Vec<u32>) -> Option<u32> {
        if members.is_empty() {
            return None;
        }
        members.sort_unstable();
        members.dedup();
        self.members.push(members);
        Some(self.members.len() as u32 - 1)
    }
}

pub(super) fn can_reach(from: &Instance, to: &Instance) -> bool {
    let (from, to) = (&from.resource.module.0, &to.resource.module.0);
    let mut shared = from.iter().zip(to).take_while(|(a, b)| a.0 == b.0);
    shared.all(|(a, b)| a.1 == b.1)
}

trait IsManaged {
    fn is_managed(&self) -> bool;
}

impl IsManaged for Instance {
    fn is_managed(&self) -> bool {
        self.resource.resource.mode == terrane_address::Mode::Managed
    }
}
