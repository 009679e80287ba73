//! Ephemeral resources: opened when something needs them, closed when everything is done.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use terrane_address::{ConfigResource, Instance, Mode, ProviderConfig};
use terrane_lang::{Conditions, EphemeralUse, Program};
use terrane_provider::{OpenOutcome, OpenRequest, Problem};
use terrane_source::{Diagnostic, Reported};

use super::{Applier, Flight, Halt, Wait};
use crate::Question;
use crate::ephemeral::EphemeralOpening;
use crate::leases::{Lease, Leases};
use crate::object::first_unknown;
use crate::problems;
use crate::shapes::Shape;

/// How far ephemeral resources are.
#[derive(Default)]
pub(super) struct Ephemerals {
    started: BTreeSet<Instance>,
    ready: VecDeque<Instance>,
    parked: BTreeMap<Wait, Vec<Instance>>,
    leases: Leases,
    /// Who uses them.
    uses: BTreeMap<ConfigResource, EphemeralUse>,
    /// How many operations are left on the resources that use them.
    left: BTreeMap<ConfigResource, usize>,
    /// Whether the last operation on a resource is done since that was last looked at.
    used: bool,
}

impl Ephemerals {
    /// None is open; `ops` are the resources of all operations.
    pub fn of(program: &Program, ops: impl Iterator<Item = ConfigResource>) -> Ephemerals {
        let uses = terrane_lang::ephemeral_uses(program);
        let mut left: BTreeMap<ConfigResource, usize> =
            uses.values().flat_map(|uses| &uses.resources).map(|resource| (resource.clone(), 0)).collect();
        if !left.is_empty() {
            for resource in ops {
                if let Some(left) = left.get_mut(&resource) {
                    *left += 1;
                }
            }
        }
        Ephemerals { uses, left, ..Ephemerals::default() }
    }

    /// Notes the end of an operation.
    pub fn done(&mut self, instance: &Instance) {
        if !self.left.is_empty()
            && let Some(left) = self.left.get_mut(instance.resource.config())
        {
            *left = left.saturating_sub(1);
            self.used |= *left == 0;
        }
    }

    /// Whether a resource that uses any is done since this was last asked.
    pub fn take_used(&mut self) -> bool {
        std::mem::take(&mut self.used)
    }

    /// Starts what something waits for, if it is an ephemeral resource.
    pub fn demand(&mut self, wait: &Wait) {
        if let Wait::Instance(instance) = wait
            && instance.resource.resource.mode == Mode::Ephemeral
            && self.started.insert(instance.clone())
        {
            self.ready.push_back(instance.clone());
        }
    }

    /// The next one to be opened.
    pub fn next(&mut self) -> Option<Instance> {
        self.ready.pop_front()
    }

    /// Whether there is one to be opened.
    pub fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Makes ready what waits for this.
    pub fn wake(&mut self, wait: &Wait) {
        self.ready.extend(self.parked.remove(wait).unwrap_or_default());
    }
}

impl Applier<'_> {
    /// Opens an ephemeral resource, or parks it under what it waits for.
    pub(super) fn start_ephemeral(&mut self, instance: Instance) {
        match self.ephemeral(&instance) {
            Ok(()) => {}
            Err(Halt::Wait(wait)) => self.ephemerals.parked.entry(wait).or_default().push(instance),
            Err(Halt::Failed(reported)) => self.give(&instance, Err(reported)),
        }
    }

    fn ephemeral(&mut self, instance: &Instance) -> Result<(), Halt> {
        let Some(provider) = self.program.provider_of(instance.resource.config()).cloned() else { return Ok(()) };
        let evaluated = self.attempt(|e, lookup, diags| {
            e.conditions(instance, &Conditions::Pre, lookup, diags)?;
            e.config(instance, lookup, diags)
        })?;
        let shape = self.ephemeral_shape(&provider, instance)?;
        let (config, marks) = evaluated.value.clone().unmark_deep();
        if let Some(path) = first_unknown(&config) {
            let detail = format!("{path} of {instance} is still unknown, although all it is made of has been applied.");
            return Err(self.diags.error(Diagnostic::error("Configuration is not known", detail)).into());
        }
        self.open(&provider, instance)?;
        let ty = instance.resource.resource.ty.clone();
        let found = self.providers.get(&provider.provider).map(|p| p.validate_ephemeral(&ty, &config));
        let found = found.unwrap_or_default();
        if let Some(reported) = problems::of_instance(&found, instance, &self.evaluator, &mut self.diags) {
            return Err(reported.into());
        }
        let request = OpenRequest { ty, config };
        let question = Question::OpenEphemeral { provider: provider.clone(), instance: instance.clone(), request };
        let evaluated = Arc::new(evaluated);
        let opening = EphemeralOpening { instance: instance.clone(), provider, shape, evaluated, marks };
        self.ask(instance, question, Flight::Open(Box::new(opening)));
        Ok(())
    }

    fn ephemeral_shape(&mut self, provider: &ProviderConfig, instance: &Instance) -> Result<Arc<Shape>, Halt> {
        let schema = self.providers.get(&provider.provider);
        let schema = schema.and_then(|p| p.ephemeral_schema(&instance.resource.resource.ty));
        let shape = schema.map(|schema| Arc::new(Shape::new(schema)));
        shape.ok_or_else(|| self.diags.error(problems::no_ephemeral(provider, instance)).into())
    }

    pub(super) fn opened_ephemeral(&mut self, opening: EphemeralOpening, outcome: OpenOutcome) {
        let instance = opening.instance.clone();
        if let Err(reported) = self.take_opened(opening, outcome) {
            self.give(&instance, Err(reported));
        }
    }

    fn take_opened(&mut self, opening: EphemeralOpening, outcome: OpenOutcome) -> Result<(), Reported> {
        let opened = opening.answer(outcome, &self.evaluator, &mut self.diags)?;
        let through = self.through(&opening.provider);
        self.ephemerals.leases.add(opening.lease(through));
        let whose = self.providers.whose(&opening.provider.provider);
        let value = opening.value(opened, whose, &self.evaluator, &mut self.diags)?;
        if let Some(reported) = self.ephemeral_post(&opening.instance, &value) {
            return Err(reported);
        }
        self.give(&opening.instance, Ok(value));
        Ok(())
    }

    /// What a provider's configuration was made of.
    fn through(&mut self, provider: &ProviderConfig) -> Vec<terrane_lang::Dep> {
        let evaluated = self.attempt(|e, lookup, diags| e.provider_config(provider, lookup, diags));
        evaluated.map(|evaluated| evaluated.deps).unwrap_or_default()
    }

    fn ephemeral_post(&mut self, instance: &Instance, value: &terrane_value::Value) -> Option<Reported> {
        let decl = self.program.resource(instance.resource.config())?;
        if decl.lifecycle.postconditions.is_empty() {
            return None;
        }
        let which = Conditions::Post { self_value: value.clone() };
        match self.attempt(|e, lookup, diags| e.conditions(instance, &which, lookup, diags)) {
            Err(Halt::Failed(reported)) => Some(reported),
            Ok(()) | Err(Halt::Wait(_)) => None,
        }
    }

    /// Closes what is open and has had its last user.
    pub(super) fn close_used(&mut self) {
        let Ephemerals { uses, left, leases, .. } = &mut self.ephemerals;
        let done = |lease: &Lease| {
            let uses = uses.get(lease.instance.resource.config());
            let busy = |resource: &ConfigResource| left.get(resource).is_some_and(|left| *left > 0);
            uses.is_some_and(|uses| !uses.by_provider && !uses.resources.iter().any(busy))
        };
        for lease in leases.take_done(done) {
            let question = lease.close();
            self.ask(&lease.instance, question, Flight::Close(lease.instance.clone()));
        }
    }

    /// Closes what is open and no longer needed, now that there is nothing else to do.
    pub(super) fn close_leases(&mut self) {
        for lease in self.ephemerals.leases.take_unneeded() {
            let question = lease.close();
            self.ask(&lease.instance, question, Flight::Close(lease.instance.clone()));
        }
    }

    pub(super) fn closed_ephemeral(&mut self, instance: &Instance, found: Vec<Problem>) {
        problems::of_instance(&found, instance, &self.evaluator, &mut self.diags);
        // What it was made of may have had its last user, too.
        self.ephemerals.used = true;
    }
}
