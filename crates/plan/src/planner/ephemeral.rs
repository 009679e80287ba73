//! Ephemeral resources: opened while planning as far as their configuration is known, closed at the end.

use std::collections::BTreeSet;

use terrane_address::{ConfigResource, Instance, ProviderConfig};
use terrane_provider::{OpenOutcome, OpenRequest, Problem};
use terrane_source::Reported;
use terrane_value::{Type, Value};

use super::data::unknown_computed;
use super::queue::Task;
use super::{Flight, Halt, Planner};
use crate::ephemeral::EphemeralOpening;
use crate::leases::Lease;
use crate::problems;
use crate::{Change, Question, Step};

impl Planner<'_> {
    /// Evaluates an ephemeral resource and opens it, or leaves that to apply.
    pub(super) fn ephemeral(&mut self, instance: &Instance) -> Result<(), Halt> {
        let evaluated = self.evaluate(instance)?;
        self.await_prerequisites(instance, &evaluated)?;
        let (Some(provider), Some(decl)) = (self.provider_for(instance), self.decl(instance)) else { return Ok(()) };
        let span = decl.span;
        let Some(shape) = self.shape(&provider, instance) else {
            return Err(self.diags.error(problems::no_ephemeral(&provider, instance).at(span)).into());
        };
        let (config, marks) = evaluated.value.clone().unmark_deep();
        if !config.is_wholly_known() || self.depends_on_change(&evaluated.explicit)? {
            let planned = shape.mark(unknown_computed(&shape.schema.block, &config).mark_at(&marks));
            self.take_ephemeral(instance, provider, planned);
            return Ok(());
        }
        self.open(&provider)?;
        self.await_clear(&provider)?;
        let ty = instance.resource.resource.ty.clone();
        let found = self.providers.get(&provider.provider).map(|p| p.validate_ephemeral(&ty, &config));
        let found = found.unwrap_or_default();
        if let Some(reported) = problems::of_instance(&found, instance, &self.evaluator, &mut self.diags) {
            return Err(reported.into());
        }
        let request = OpenRequest { ty, config };
        let question = Question::OpenEphemeral { provider: provider.clone(), instance: instance.clone(), request };
        let opening = EphemeralOpening { instance: instance.clone(), provider, shape, evaluated, marks };
        self.ask(vec![instance.clone()], question, Flight::Open(Box::new(opening)));
        Ok(())
    }

    pub(super) fn opened(&mut self, opening: EphemeralOpening, outcome: OpenOutcome) {
        let instance = opening.instance.clone();
        if let Err(reported) = self.take_opened(opening, outcome) {
            self.fail_instance(&instance, reported);
        }
    }

    fn take_opened(&mut self, opening: EphemeralOpening, outcome: OpenOutcome) -> Result<(), Reported> {
        let opened = opening.answer(outcome, &self.evaluator, &mut self.diags)?;
        let through = self.provider_reads(&opening.provider).map(|e| e.deps.clone()).unwrap_or_default();
        self.leases.add(opening.lease(through));
        let whose = self.providers.whose(&opening.provider.provider);
        let value = opening.value(opened, whose, &self.evaluator, &mut self.diags)?;
        self.take_ephemeral(&opening.instance, opening.provider.clone(), value);
        Ok(())
    }

    /// Gives the value to whoever reads it, and keeps what it was made of: order passes through it.
    fn take_ephemeral(&mut self, instance: &Instance, provider: ProviderConfig, value: Value) {
        if self.decl(instance).is_some_and(|d| !d.lifecycle.postconditions.is_empty()) {
            self.queue.push(Task::Post(instance.clone()));
        }
        let step = Step {
            instance: instance.clone(),
            deposed: None,
            provider,
            change: Change::NoOp { value: Value::null(Type::Any) },
            create_before_destroy: false,
            dependencies: Default::default(),
            moved_from: None,
            import: None,
            triggered: false,
        };
        self.draft_declared(step, Vec::new());
        self.give(instance, value);
    }

    /// Closes what is open and has had its last user.
    pub(super) fn close_used(&mut self) {
        // With targets, more users may turn up.
        if self.options.is_limited() || self.stopped {
            return;
        }
        let busy = self.busy();
        let uses = &self.uses;
        let done = |lease: &Lease| {
            let uses = uses.get(lease.instance.resource.config());
            uses.is_some_and(|uses| !uses.by_provider && uses.resources.is_disjoint(&busy))
        };
        for lease in self.leases.take_done(done) {
            self.ask(vec![lease.instance.clone()], lease.close(), Flight::Close(lease.instance));
        }
    }

    /// Resources of which not all instances have been planned.
    fn busy(&self) -> BTreeSet<ConfigResource> {
        let named = self.queue.tasks().filter_map(|task| match task {
            Task::Resource(module, place) => {
                let module = self.program.module(*module);
                let decl = module.contents.resources.get(*place)?;
                Some(ConfigResource { module: module.path.clone(), resource: decl.resource.clone() })
            }
            Task::Expand { resource, .. } | Task::Import { to: resource, .. } => Some(resource.config().clone()),
            Task::Instance(instance) | Task::Post(instance) => Some(instance.resource.config().clone()),
            _ => None,
        });
        let open =
            self.keys.iter().filter(|(_, (_, missing))| *missing > 0).map(|(resource, _)| resource.config().clone());
        named.chain(open).collect()
    }

    /// Closes what is open and no longer needed, now that there is nothing else to do.
    pub(super) fn close_leases(&mut self) {
        for lease in self.leases.take_unneeded() {
            self.ask(vec![lease.instance.clone()], lease.close(), Flight::Close(lease.instance));
        }
    }

    pub(super) fn closed(&mut self, instance: &Instance, found: Vec<Problem>) {
        problems::of_instance(&found, instance, &self.evaluator, &mut self.diags);
        // What it was made of may have had its last user, too.
        self.used = true;
    }
}
