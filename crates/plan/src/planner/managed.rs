//! Planning the objects that configuration declares.

use std::sync::Arc;

use terrane_address::{Instance, ProviderConfig};
use terrane_lang::{Conditions, Dep, Evaluated, ResourceDecl};
use terrane_provider::{PlanRequest, PlanResponse};
use terrane_source::{Diagnostic, Reported};
use terrane_value::{Marks, Path, Value};

use super::prior::Prior;
use super::queue::{Task, Wait};
use super::{Draft, Flight, Halt, Planner};
use crate::decide::{Decision, decide};
use crate::ignore::{self, ignore};
use crate::object::{self, MarkedPaths};
use crate::problems::{self, Moment};
use crate::protocol::{self, Rules};
use crate::shapes::Shape;
use crate::{Change, PlanMode, Planned, Question, ReplaceOrder, ReplaceReason, Step};

/// A plan that is asked for.
pub(super) struct PlanFlight {
    instance: Instance,
    provider: ProviderConfig,
    shape: Arc<Shape>,
    prior: Option<Arc<Prior>>,
    /// What is written, without marks, with what is ignored as the prior object has it.
    config: Value,
    /// The marks it had, with those of the prior object where changes are ignored.
    marks: MarkedPaths,
    /// What is written, without its marks, and these: a new object ignores nothing of it.
    written: (Value, MarkedPaths),
    /// Why the object is replaced, if it is: then this plan is for the new one.
    replacing: Vec<ReplaceReason>,
    /// Whether it would be replaced if there were anything to replace.
    triggered: bool,
    create_before_destroy: bool,
    /// Whether a replaced object is forgotten rather than deleted.
    forgets: bool,
}

impl PlanFlight {
    /// Whether configuration put no marks on the object as it is.
    fn is_unmarked(&self) -> bool {
        self.prior.as_ref().is_some_and(|prior| prior.marks.is_empty())
    }
}

impl<'p> Planner<'p> {
    /// Evaluates an instance, waits for its provider and prior object, and asks for a plan.
    pub(super) fn managed(&mut self, instance: &Instance) -> Result<(), Halt> {
        if self.options.mode == PlanMode::Destroy {
            return self.undeclared_value(instance);
        }
        let evaluated = self.evaluate(instance)?;
        if self.options.is_limited() {
            self.await_all(&evaluated.explicit)?;
        }
        self.settle_home(instance)?;
        self.await_prerequisites(instance, &evaluated)?;
        let (Some(provider), Some(decl)) = (self.provider_for(instance), self.decl(instance)) else { return Ok(()) };
        let Some(shape) = self.shape(&provider, instance) else {
            let detail =
                format!("Provider {} has no resource type {}.", provider.provider, instance.resource.resource.ty);
            let diagnostic = Diagnostic::error("Unknown resource type", detail).at(decl.span);
            return Err(Halt::Failed(self.diags.error(diagnostic)));
        };
        self.open(&provider)?;
        self.await_imports(instance.resource.config())?;
        self.import(instance, &provider)?;
        let prior = self.prior(&(instance.clone(), None))?;
        if self.options.mode == PlanMode::RefreshOnly {
            if prior.is_some() && !decl.lifecycle.postconditions.is_empty() {
                self.queue.push(Task::Post(instance.clone()));
            }
            let value =
                prior.map_or_else(|| Value::unknown(shape.ty.clone()), |p| p.object.value.clone().mark_at(&p.marks));
            self.give(instance, shape.mark(value));
            return Ok(());
        }
        let (config, marks) = evaluated.value.clone().unmark_deep();
        let marks = object::lasting(marks);
        let found = self.providers.get(&provider.provider);
        let found = found.map(|p| p.validate_resource(&instance.resource.resource.ty, &config)).unwrap_or_default();
        if let Some(reported) = problems::of_instance(&found, instance, &self.evaluator, &mut self.diags) {
            return Err(Halt::Failed(reported));
        }
        let (replacing, triggered) = match &prior {
            Some(prior) => (self.why_replace(instance, prior, decl)?, false),
            None => (Vec::new(), !self.triggering(instance, decl)?.is_empty()),
        };
        let create_before_destroy =
            self.attempt(|e, lookup, diags| e.create_before_destroy(instance, lookup, diags))?;
        let forgets = !self.attempt(|e, lookup, diags| e.destroy(&instance.resource, lookup, diags))?;
        if forgets {
            self.undeletable.insert(instance.resource.clone());
        }
        let written = (config.clone(), marks.clone());
        let rule = &decl.lifecycle.ignore_changes;
        let (config, marks) = match &prior {
            Some(prior) if replacing.is_empty() => {
                let marks = ignore::marks(rule, &prior.object.value, &prior.marks, marks);
                (ignore(rule, &shape.schema.block, &prior.object.value, config), marks)
            }
            _ => (config, marks),
        };
        let instance = instance.clone();
        let flight = PlanFlight {
            instance,
            provider,
            shape,
            prior,
            config,
            marks,
            written,
            replacing,
            triggered,
            create_before_destroy,
            forgets,
        };
        self.ask_plan(flight);
        Ok(())
    }

    fn ask_plan(&mut self, flight: PlanFlight) {
        let prior = flight.prior.as_ref().filter(|_| flight.replacing.is_empty());
        let request = PlanRequest {
            ty: flight.instance.resource.resource.ty.clone(),
            prior: prior.map(|p| p.object.clone()),
            config: flight.config.clone(),
        };
        let question = Question::Plan { provider: flight.provider.clone(), request };
        self.ask(vec![flight.instance.clone()], question, Flight::Plan(Box::new(flight)));
    }

    /// In a destroy nothing is planned: what others read is the object as it is.
    fn undeclared_value(&mut self, instance: &Instance) -> Result<(), Halt> {
        let Some(provider) = self.provider_for(instance) else { return Ok(()) };
        let Some(shape) = self.shape(&provider, instance) else { return Ok(()) };
        let key = (instance.clone(), None);
        let value = match self.objects.contains_key(&key) {
            true => {
                self.open(&provider)?;
                self.prior(&key)?.map(|p| p.object.value.clone().mark_at(&p.marks))
            }
            false => None,
        };
        self.give(instance, shape.mark(value.unwrap_or_else(|| Value::unknown(shape.ty.clone()))));
        Ok(())
    }

    /// The configuration of an instance, evaluated once.
    pub(super) fn evaluate(&mut self, instance: &Instance) -> Result<Arc<Evaluated>, Halt> {
        if let Some(evaluated) = self.evaluated.get(instance) {
            return Ok(evaluated.clone());
        }
        self.counters.evaluations += 1;
        let mut evaluated = self.attempt(|e, lookup, diags| {
            e.conditions(instance, &Conditions::Pre, lookup, diags)?;
            e.config(instance, lookup, diags)
        })?;
        self.beside(instance, &mut evaluated)?;
        self.counters.instances += 1;
        let evaluated = Arc::new(evaluated);
        self.evaluated.insert(instance.clone(), evaluated.clone());
        Ok(evaluated)
    }

    /// Waits for what conditions and provisioners refer to, and counts it among what the instance is made of.
    fn beside(&mut self, instance: &Instance, evaluated: &mut Evaluated) -> Result<(), Halt> {
        let Some(decl) = self.decl(instance) else { return Ok(()) };
        let lifecycle = &decl.lifecycle;
        if decl.provisioners.is_empty() && lifecycle.preconditions.is_empty() && lifecycle.postconditions.is_empty() {
            return Ok(());
        }
        let (beside, calls) = self.attempt(|e, lookup, diags| e.beside(instance, lookup, diags))?;
        evaluated.unexpanded.extend(calls);
        for dep in &beside {
            self.wait_for(dep)?;
        }
        evaluated.deps.extend(beside);
        evaluated.deps.sort();
        evaluated.deps.dedup();
        Ok(())
    }

    pub(super) fn decl(&self, instance: &Instance) -> Option<&'p ResourceDecl> {
        self.program.resource(instance.resource.config())
    }

    /// Why an object is replaced even if nothing about it differs.
    fn why_replace(
        &mut self,
        instance: &Instance,
        prior: &Prior,
        decl: &ResourceDecl,
    ) -> Result<Vec<ReplaceReason>, Halt> {
        let mut reasons = Vec::new();
        if prior.tainted {
            reasons.push(ReplaceReason::Tainted);
        }
        if self.options.replace.contains(instance) {
            reasons.push(ReplaceReason::Requested);
        }
        let changed = self.triggering(instance, decl)?;
        if !changed.is_empty() {
            reasons.push(ReplaceReason::Triggered(changed));
        }
        Ok(reasons)
    }

    /// What changes of that which is named in `replace_triggered_by`, as written.
    fn triggering(&mut self, instance: &Instance, decl: &ResourceDecl) -> Result<Vec<String>, Halt> {
        if decl.lifecycle.replace_triggered_by.is_empty() {
            return Ok(Vec::new());
        }
        let triggers = self.attempt(|e, lookup, diags| e.replace_triggers(instance, lookup, diags))?;
        let mut changed = Vec::new();
        for (dep, path) in triggers {
            if self.triggers(&dep, &path)? {
                changed.push(written(&dep, &path));
            }
        }
        Ok(changed)
    }

    /// Whether what is read changes; goes on only when that is known.
    fn triggers(&mut self, dep: &Dep, path: &Path) -> Result<bool, Halt> {
        let instances: Vec<Instance> = match dep {
            Dep::Instance(instance) => vec![instance.clone()],
            Dep::Whole(resource) => {
                self.wait_for(dep)?;
                let keys = self.keys.get(resource).map(|(keys, _)| keys.clone()).unwrap_or_default();
                keys.into_iter().map(|key| resource.instance(key)).collect()
            }
        };
        for instance in &instances {
            self.wait_for(&Dep::Instance(instance.clone()))?;
        }
        let mut changes = instances.iter().filter_map(|i| self.drafts.of(i));
        Ok(changes.any(|draft| match &draft.step.change {
            Change::NoOp { .. } | Change::Read { .. } | Change::Forget { .. } | Change::Delete { .. } => false,
            Change::Create { planned } => {
                let planned = planned.value.clone().unmark_deep().0;
                path.0.is_empty() || planned.at(&path.0).is_some()
            }
            Change::Update { prior, planned } | Change::Replace { prior, planned, .. } => {
                let (prior, planned) = (prior.clone().unmark_deep().0, planned.value.clone().unmark_deep().0);
                path.0.is_empty() || prior.at(&path.0) != planned.at(&path.0)
            }
        }))
    }

    /// Goes on only when all of these have been planned: what is selected brings them along.
    fn await_all(&mut self, deps: &[Dep]) -> Result<(), Halt> {
        deps.iter().try_for_each(|dep| self.wait_for(dep))
    }

    /// Goes on only when what is read has been planned.
    pub(super) fn wait_for(&mut self, dep: &Dep) -> Result<(), Halt> {
        let there = match dep {
            Dep::Instance(instance) => self.values.get(instance).is_some(),
            Dep::Whole(resource) if self.deferrals.is_keyless(resource) => true,
            Dep::Whole(resource) => self.keys.get(resource).is_some_and(|(_, missing)| *missing == 0),
        };
        if there {
            return Ok(());
        }
        self.demand(dep);
        Err(Halt::Wait(Wait::Dep(dep.clone())))
    }

    pub(super) fn planned(&mut self, flight: PlanFlight, response: PlanResponse) {
        let instance = flight.instance.clone();
        let refused = response.problems.iter().any(terrane_provider::Problem::is_error);
        if refused && self.is_vague(&flight.provider) {
            let later = self.vague(&flight.provider);
            return self.defer_instance(&instance, later);
        }
        if let Err(reported) = self.take_plan(flight, response) {
            self.fail_instance(&instance, reported);
        }
    }

    fn take_plan(&mut self, flight: PlanFlight, response: PlanResponse) -> Result<(), Reported> {
        let instance = &flight.instance;
        if let Some(reported) = problems::of_instance(&response.problems, instance, &self.evaluator, &mut self.diags) {
            return Err(reported);
        }
        let Some(planned) = response.planned else {
            let why = "It has neither a plan nor an error.";
            return Err(problems::invalid_answer(
                "planned",
                why,
                instance,
                self.providers.whose(&flight.provider.provider),
                &mut self.diags,
            ));
        };
        let planned = object::conform(planned, &flight.shape.ty).map_err(|why| {
            problems::invalid_answer(
                "planned",
                &why,
                instance,
                self.providers.whose(&flight.provider.provider),
                &mut self.diags,
            )
        })?;
        let prior = flight.prior.as_ref().filter(|_| flight.replacing.is_empty()).map(|p| &p.object.value);
        let block = &flight.shape.schema.block;
        let rules = if response.legacy { Rules::Legacy } else { Rules::Strict };
        let mut breaches = protocol::keeps_config(block, rules, prior, &flight.config, &planned);
        breaches.extend(protocol::stray_paths(&response.requires_replace, &flight.shape.ty));
        breaches.extend(response.private.as_deref().and_then(protocol::private_breach));
        let broken = problems::of_breaches(
            &breaches,
            Moment::Plan,
            instance,
            self.providers.whose(&flight.provider.provider),
            &mut self.diags,
        );
        if let Some(reported) = broken {
            return Err(reported);
        }
        let settled = flight.config.is_wholly_known();
        let decision = prior.map(|prior| decide(prior, &planned, &response.requires_replace));
        let marked = |value: Value, marks: &MarkedPaths| flight.shape.mark(value.mark_at(marks));
        let new = Planned { value: marked(planned, &flight.marks), settled, private: response.private };
        let old = flight.prior.as_ref().map(|p| marked(p.object.value.clone(), &p.marks));
        let change = match (decision, old) {
            (Some(Decision::Replace(paths)), _) => {
                let replacing = vec![ReplaceReason::CannotUpdate(paths)];
                let (config, marks) = flight.written.clone();
                self.ask_plan(PlanFlight { replacing, config, marks, ..flight });
                return Ok(());
            }
            // The two are equal: one of them is enough.
            (Some(Decision::NoOp), Some(prior)) if flight.marks.is_empty() && flight.is_unmarked() => {
                Change::NoOp { value: prior }
            }
            // What is secret about an object is part of its state.
            (Some(Decision::NoOp), Some(prior)) if object::sensitive(&prior) != object::sensitive(&new.value) => {
                Change::Update { prior, planned: new }
            }
            (Some(Decision::NoOp), _) => Change::NoOp { value: new.value },
            (Some(Decision::Update), Some(prior)) => Change::Update { prior, planned: new },
            (_, Some(prior)) => Change::Replace {
                prior,
                planned: new,
                order: ReplaceOrder::of(false, flight.forgets),
                reasons: flight.replacing.clone(),
            },
            (_, None) => Change::Create { planned: new },
        };
        self.take_change(&flight, change);
        Ok(())
    }

    /// Notes a change and gives its result to whoever reads it.
    fn take_change(&mut self, flight: &PlanFlight, change: Change) {
        let instance = &flight.instance;
        let Some(decl) = self.program.resource(instance.resource.config()) else { return };
        let value = change.after().cloned();
        let deletes = matches!(change, Change::Replace { order, .. } if !order.forgets());
        match decl.lifecycle.prevent_destroy {
            Some(_) if change.is_no_op() => self.queue.push(Task::Protect(instance.clone())),
            Some(_) => {}
            None => {}
        }
        if deletes && decl.lifecycle.prevent_destroy.is_some() {
            self.queue.push(Task::Guard(instance.clone()));
        }
        if !decl.lifecycle.postconditions.is_empty() {
            self.queue.push(Task::Post(instance.clone()));
        }
        let step = Step {
            instance: instance.clone(),
            deposed: None,
            provider: flight.provider.clone(),
            change,
            create_before_destroy: flight.create_before_destroy,
            dependencies: Default::default(),
            moved_from: self.moves.origin(instance).cloned(),
            triggered: flight.triggered,
            import: flight.prior.as_ref().filter(|p| p.imported).and_then(|_| self.imports.of(instance).cloned()),
        };
        let sensitive = flight.marks.iter().filter(|(_, marks)| marks.contains(Marks::SENSITIVE));
        let sensitive = sensitive.map(|(path, _)| path.clone()).collect();
        self.draft_declared(step, sensitive);
        if let Some(value) = value {
            self.give(instance, value);
        }
    }

    /// Notes what becomes of the object in use of a declared instance, with what it was made of.
    pub(super) fn draft_declared(&mut self, step: Step, sensitive: Vec<Path>) {
        let instance = &step.instance;
        if step.change.after().is_some_and(|value| !value.is_wholly_known()) {
            self.values.pending(instance, step.change.done());
        }
        // What it was made of is all that is still needed of its configuration.
        let (config, explicit) = match self.evaluated.remove(instance).map(Arc::unwrap_or_clone) {
            Some(evaluated) => (evaluated.deps, evaluated.explicit),
            None => (Vec::new(), Arc::from([])),
        };
        let state = self.refreshed.object(instance).map(|o| o.dependencies.clone()).unwrap_or_default();
        self.drafts.insert(Draft { step, config, explicit, state, sensitive, declared: true });
    }

    /// Gives the value of an instance to whoever reads it.
    pub(super) fn give(&mut self, instance: &Instance, value: Value) {
        if self.values.get(instance).is_none() {
            self.values.set(instance.clone(), value);
            self.publish(instance);
        }
    }

    pub(super) fn postconditions(&mut self, instance: &Instance) -> Result<(), Halt> {
        let Some(Ok(value)) = self.values.get(instance) else { return Ok(()) };
        let which = Conditions::Post { self_value: value.clone() };
        self.attempt(|e, lookup, diags| e.conditions(instance, &which, lookup, diags))
    }
}

/// A reference as it is written.
fn written(dep: &Dep, path: &Path) -> String {
    match dep {
        Dep::Instance(instance) => format!("{instance}{path}"),
        Dep::Whole(resource) => format!("{resource}{path}"),
    }
}
