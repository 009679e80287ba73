//! The legs that make, change and read objects.

use std::sync::Arc;

use terrane_address::{Mode, ProviderConfig};
use terrane_lang::Conditions;
use terrane_provider::{
    ApplyRequest, ApplyResponse, ConfirmRequest, DataOutcome, DataRequest, Object, PlanRequest, PlanResponse, Private,
    Problem, Resumed,
};
use terrane_source::{Diagnostic, Reported};
use terrane_state::{Dependencies, EntryKind, StoredObject};
use terrane_value::Value;

use super::{Applier, Begun, Ended, Flight, Halt, Outcome, Work};
use crate::decide::{Decision, decide};
use crate::ignore::{self, ignore};
use crate::object::{self, MarkedPaths, first_unknown};
use crate::planner::checks::soften;
use crate::planner::data::unknown_computed;
use crate::problems::{self, Moment};
use crate::protocol::{self, Breach, Rules};
use crate::shapes::Shape;
use crate::{Change, Leg, Planned, Question, Step};

/// An up leg on its way.
pub(super) struct UpFlight {
    op: u32,
    place: u32,
    provider: ProviderConfig,
    shape: Arc<Shape>,
    /// The object that is updated; `None` if one is made.
    prior: Option<Object>,
    /// What is written, without marks.
    config: Value,
    /// The marks it had.
    marks: MarkedPaths,
    /// What is going to be made of it.
    planned: Value,
    private: Option<Private>,
}

impl<'p> Applier<'p> {
    /// Begins an up leg: evaluates what is written, now that it is known.
    pub(super) fn up(&mut self, op: u32, place: u32, step: &'p Step) -> Result<(), Halt> {
        let instance = &step.instance;
        let shape = self.shape(step)?;
        let evaluated = self.attempt(|e, lookup, diags| {
            e.conditions(instance, &Conditions::Pre, lookup, diags)?;
            e.config(instance, lookup, diags)
        })?;
        let (config, marks) = evaluated.value.unmark_deep();
        let marks = object::lasting(marks);
        if let Some(path) = first_unknown(&config) {
            return Err(Halt::Failed(self.diags.error(unknown(step, &path))));
        }
        self.open(&step.provider, instance)?;
        let provider = step.provider.clone();
        let flight = UpFlight {
            op,
            place,
            provider,
            shape,
            prior: None,
            config,
            marks,
            planned: Value::null(terrane_value::Type::Any),
            private: None,
        };
        match &step.change {
            Change::Read { .. } => self.read_data(step, flight),
            Change::Update { planned, .. } => {
                let prior = self.current(step, &flight.shape)?;
                let rule = self.program.resource(instance.resource.config()).map(|d| &d.lifecycle.ignore_changes);
                let stored = self.state.object(instance).map(object::stored_marks).unwrap_or_default();
                let (config, marks) = match rule {
                    Some(rule) => (
                        ignore(rule, &flight.shape.schema.block, &prior.value, flight.config),
                        ignore::marks(rule, &prior.value, &stored, flight.marks),
                    ),
                    None => (flight.config, flight.marks),
                };
                self.settle(step, planned, UpFlight { prior: Some(prior), config, marks, ..flight });
            }
            Change::Create { planned } | Change::Replace { planned, .. } => self.settle(step, planned, flight),
            Change::NoOp { .. } | Change::Delete { .. } | Change::Forget { .. } => self.complete(op, Outcome::Done),
        }
        Ok(())
    }

    /// The object in use as the state has it.
    fn current(&mut self, step: &Step, shape: &Shape) -> Result<Object, Halt> {
        let stored = self.state.object(&step.instance).cloned();
        let decoded = stored
            .map(|stored| object::decode(self.providers, &step.provider.provider, &step.instance, &stored, shape));
        match decoded {
            Some(Ok(object)) => Ok(object),
            Some(Err(found)) => {
                let reported = problems::of_instance(&found, &step.instance, &self.evaluator, &mut self.diags);
                Err(Halt::Failed(reported.unwrap_or_else(|| self.diags.error(lost(step)))))
            }
            None => Err(Halt::Failed(self.diags.error(lost(step)))),
        }
    }

    /// Plans once more if more is known now than when the plan was made.
    fn settle(&mut self, step: &Step, planned: &Planned, flight: UpFlight) {
        let value = planned.value.clone().unmark_deep().0;
        let flight = UpFlight { planned: value, private: planned.private.clone(), ..flight };
        if planned.settled {
            return match &flight.prior {
                // Only what is sensitive about it changes, which no provider knows of.
                Some(prior) if prior.value == flight.planned => {
                    let prior = prior.clone();
                    self.store(flight, prior, false, Outcome::Done);
                }
                _ => self.begin(flight),
            };
        }
        let request = PlanRequest {
            ty: step.instance.resource.resource.ty.clone(),
            prior: flight.prior.clone(),
            config: flight.config.clone(),
        };
        let question = Question::Plan { provider: flight.provider.clone(), request };
        self.ask(&step.instance, question, Flight::Plan(Box::new(flight)));
    }

    pub(super) fn planned(&mut self, flight: UpFlight, response: PlanResponse) {
        let op = flight.op;
        if let Err(reported) = self.take_plan(flight, response) {
            self.complete(op, Outcome::Failed(reported));
        }
    }

    fn take_plan(&mut self, flight: UpFlight, response: PlanResponse) -> Result<(), Reported> {
        let Some((_, _, step)) = self.step(flight.op) else { return Ok(()) };
        let (instance, provider) = (&step.instance, &flight.provider);
        if let Some(reported) = problems::of_instance(&response.problems, instance, &self.evaluator, &mut self.diags) {
            return Err(reported);
        }
        let planned = response.planned.ok_or_else(|| "It has neither a plan nor an error.".to_owned());
        let planned = planned.and_then(|planned| object::conform(planned, &flight.shape.ty)).map_err(|why| {
            problems::invalid_answer(
                "planned",
                &why,
                instance,
                self.providers.whose(&provider.provider),
                &mut self.diags,
            )
        })?;
        let prior = flight.prior.as_ref().map(|p| &p.value);
        let rules = if response.legacy { Rules::Legacy } else { Rules::Strict };
        let block = &flight.shape.schema.block;
        let mut breaches = protocol::keeps_config(block, rules, prior, &flight.config, &planned);
        breaches.extend(response.private.as_deref().and_then(protocol::private_breach));
        breaches.extend(protocol::keeps_planned(&flight.planned, &planned));
        let decision = prior.map(|prior| decide(prior, &planned, &response.requires_replace));
        if let Some(Decision::Replace(paths)) = &decision {
            let message = || "It was planned to change in place, but now cannot.".to_owned();
            breaches.extend(paths.iter().map(|path| Breach { path: path.clone(), message: message() }));
        }
        if let Some(r) = problems::of_breaches(
            &breaches,
            Moment::FinalPlan,
            instance,
            self.providers.whose(&provider.provider),
            &mut self.diags,
        ) {
            return Err(r);
        }
        let flight = UpFlight { planned, private: response.private, ..flight };
        match (decision, &flight.prior) {
            (Some(Decision::NoOp), Some(prior)) => {
                let prior = prior.clone();
                self.spared.insert(flight.op);
                self.store(flight, prior, false, Outcome::Done);
            }
            _ => self.begin(flight),
        }
        Ok(())
    }

    /// Writes into the journal what is about to be asked for.
    fn begin(&mut self, flight: UpFlight) {
        let Some((place, leg, step)) = self.step(flight.op) else { return };
        // Nothing new is begun after a stop; nothing has happened yet.
        if self.stopped {
            return;
        }
        let (planned, config) = (flight.planned.clone(), flight.config.clone());
        let change = match flight.prior.clone() {
            Some(prior) => terrane_provider::Change::Update { prior, planned, config },
            None => terrane_provider::Change::Create { planned, config },
        };
        let verb = if flight.prior.is_some() { "update" } else { "create" };
        let request = ApplyRequest {
            ty: step.instance.resource.resource.ty.clone(),
            change,
            private: flight.private.clone(),
            operation: self.operation(place, leg, step),
            resumed: self.resumed(step).filter(|_| flight.prior.is_none() && leg == Leg::Up),
        };
        let mut kinds = Vec::new();
        if matches!(step.change, Change::Replace { order, .. } if order.creates_first()) {
            let key = self.new_deposed_key(place, step);
            self.deposed.insert(place, key.clone());
            kinds.push(EntryKind::Depose(key));
        }
        kinds.push(EntryKind::Begin { verb: verb.into() });
        let question = Question::Apply { provider: flight.provider.clone(), request };
        let op = flight.op;
        let begun = Begun { op, question, work: Work::Up(Box::new(flight)) };
        self.persist(op, kinds, Flight::Begin(Box::new(begun)));
    }

    /// What is known of the create of a step, if a run that was killed has begun it.
    fn resumed(&self, step: &Step) -> Option<Arc<Resumed>> {
        let doubt = self.options.resume.get(&step.instance)?;
        let ty = &step.instance.resource.resource.ty;
        let of_type = self.state.instances().filter(|(i, ..)| i.resource.resource.ty == *ty);
        let objects = of_type.flat_map(|(.., state)| state.current.iter().chain(state.deposed.values()));
        let managed = objects.filter_map(StoredObject::id).collect();
        Some(Arc::new(Resumed { since: doubt.since.clone(), managed }))
    }

    pub(super) fn applied(&mut self, flight: UpFlight, response: ApplyResponse) {
        let Some((_, _, step)) = self.step(flight.op) else { return };
        let (instance, provider) = (&step.instance, &flight.provider);
        let mut failed = problems::of_instance(&response.problems, instance, &self.evaluator, &mut self.diags);
        let refused = failed.is_some();
        if let Some(object) = response.object.as_ref().filter(|_| response.to_confirm) {
            let request = ConfirmRequest { ty: instance.resource.resource.ty.clone(), object: object.clone() };
            self.to_confirm.insert(flight.op, Question::Confirm { provider: provider.clone(), request });
        }
        let object = response.object.and_then(|object| self.readable(&flight, step, object, &mut failed));
        match object {
            Some((object, whole)) => {
                let before = flight.prior.as_ref().and_then(|prior| prior.identity.as_ref());
                let naming = flight.shape.naming.as_ref();
                let (identity, renamed) =
                    naming.map(|naming| naming.answered(before, object.identity)).unwrap_or_default();
                let object = Object { identity, ..object };
                if !refused && whole {
                    let mut breaches = protocol::keeps_planned(&flight.planned, &object.value);
                    breaches.extend(protocol::private_breach(&object.private));
                    breaches.extend(renamed);
                    let broken = problems::of_breaches(
                        &breaches,
                        Moment::Apply,
                        instance,
                        self.providers.whose(&provider.provider),
                        &mut self.diags,
                    );
                    failed = failed.or(broken);
                }
                // Half made: the next plan has to replace it.
                let tainted = (refused || !whole) && flight.prior.is_none();
                self.store(flight, object, tainted, failed.map_or(Outcome::Done, Outcome::Failed));
            }
            None => {
                let reported = failed.unwrap_or_else(|| {
                    let lost = match flight.prior {
                        None => " If one was made, the state does not have it: look for it, and import or delete it.",
                        Some(_) => "",
                    };
                    self.misshapen(&flight, step, &format!("It has neither an object nor an error.{lost}"))
                });
                let kind = match self.deposed.remove(&flight.place) {
                    Some(key) => EntryKind::Restore(key),
                    None => EntryKind::Failed,
                };
                let result = Outcome::Failed(reported);
                self.persist(
                    flight.op,
                    vec![kind],
                    Flight::End(Box::new(Ended { op: flight.op, result, value: None })),
                );
            }
        }
    }

    /// The object as one of its type, and whether it is whole. What is made and is no object of its type is kept as far as
    /// it can be, rather than lost.
    fn readable(
        &mut self,
        flight: &UpFlight,
        step: &Step,
        object: Object,
        failed: &mut Option<Reported>,
    ) -> Option<(Object, bool)> {
        let Object { value, private, identity } = object;
        match object::conform_known(value.clone(), &flight.shape.ty) {
            Ok(value) => Some((Object { value, private, identity }, true)),
            Err(why) => {
                if failed.is_none() {
                    *failed = Some(self.misshapen(flight, step, &why));
                }
                let some = match &flight.prior {
                    None => object::salvaged(&value, &flight.shape.ty),
                    // The object as it was tells more than half of an answer.
                    Some(_) => object::conform(value, &flight.shape.ty).ok().map(nulls_for_unknown),
                };
                Some((Object { value: some?, private, identity }, false))
            }
        }
    }

    /// Reports an answer to a change that has not the form it has to have.
    fn misshapen(&mut self, flight: &UpFlight, step: &Step, why: &str) -> Reported {
        let did = if flight.prior.is_some() { "updated" } else { "created" };
        let whose = self.providers.whose(&flight.provider.provider);
        problems::invalid_answer(did, why, &step.instance, whose, &mut self.diags)
    }

    /// Writes an object into the journal as the one in use.
    fn store(&mut self, flight: UpFlight, object: Object, tainted: bool, result: Outcome) {
        let Some((_, _, step)) = self.step(flight.op) else { return };
        let resource = &step.instance.resource;
        let destroy = self.attempt(|e, lookup, diags| e.destroy(resource, lookup, diags));
        let instance = &step.instance;
        let protected = self.attempt(|e, lookup, diags| e.prevent_destroy(instance, lookup, diags));
        let former = self.state.object(&step.instance).filter(|_| flight.prior.is_some());
        let dependencies = match (former, result) {
            // As where planning reads it.
            _ if resource.resource.mode == Mode::Data => Dependencies::default(),
            (_, Outcome::Done) | (None, _) => step.dependencies.clone(),
            // What it was made of may still be in it.
            (Some(former), _) => step.dependencies.and(&former.dependencies),
        };
        let facts = StoredObject {
            tainted: tainted || former.is_some_and(|o| o.tainted),
            dependencies,
            create_before_destroy: step.create_before_destroy,
            skip_destroy: matches!(destroy, Ok(false)),
            prevent_destroy: matches!(protected, Ok(true)),
            identity: former.and_then(|o| o.identity.clone()),
            ..StoredObject::default()
        };
        let op = flight.op;
        match object::encode(&object, &flight.marks, &flight.shape, facts) {
            Ok(stored) => {
                let value = flight.shape.mark(flight.shape.kept(object.value).mark_at(&flight.marks));
                if result == Outcome::Done && flight.prior.is_none() && self.is_provisioned(step) {
                    return self.provision_new(op, step, stored, value);
                }
                let ended = Ended { op, result, value: Some(value) };
                self.persist(op, vec![EntryKind::Current(Some(stored))], Flight::End(Box::new(ended)));
            }
            Err(why) => {
                let detail = format!("The object cannot be written to the state: {why}.");
                let diagnostic = Diagnostic::error("Object cannot be stored", detail).about(step.instance.to_string());
                let reported = self.diags.error(diagnostic);
                self.complete(op, Outcome::Failed(reported));
            }
        }
    }

    fn read_data(&mut self, step: &Step, flight: UpFlight) {
        let ty = step.instance.resource.resource.ty.clone();
        let request = DataRequest { ty, name: step.instance.to_string().into(), config: flight.config.clone() };
        let question = Question::ReadData { provider: flight.provider.clone(), request };
        // What depends on it was planned with what is written.
        let planned = unknown_computed(&flight.shape.schema.block, &flight.config);
        self.ask(&step.instance, question, Flight::Data(Box::new(UpFlight { planned, ..flight })));
    }

    pub(super) fn data_read(&mut self, flight: UpFlight, outcome: DataOutcome) {
        let Some((_, Leg::Up, step)) = self.step(flight.op) else { return };
        let whose = self.providers.whose(&flight.provider.provider);
        let value = outcome.and_then(|value| {
            object::conform_known(value, &flight.shape.ty)
                .map_err(|why| vec![problems::invalid_object("read", &why, &step.instance, whose)])
        });
        match value {
            Ok(value) => {
                let breaches = protocol::keeps_planned(&flight.planned, &value);
                let broken = problems::of_breaches(&breaches, Moment::Data, &step.instance, whose, &mut self.diags);
                if let Some(reported) = broken {
                    return self.complete(flight.op, Outcome::Failed(reported));
                }
                self.evaluator.check_data(&step.instance, None);
                self.store(flight, Object::new(value), false, Outcome::Done);
            }
            Err(found) if self.is_in_check(step) => self.data_unread(flight, step, &found),
            Err(found) => {
                let reported = problems::of_instance(&found, &step.instance, &self.evaluator, &mut self.diags)
                    .unwrap_or_else(|| self.diags.error(lost(step)));
                self.complete(flight.op, Outcome::Failed(reported));
            }
        }
    }

    fn is_in_check(&self, step: &Step) -> bool {
        self.program.resource(step.instance.resource.config()).is_some_and(|decl| decl.in_check.is_some())
    }

    /// The data source of a check that cannot be read is a warning.
    fn data_unread(&mut self, flight: UpFlight, step: &'p Step, found: &[Problem]) {
        let problem = soften(found, &step.instance, &self.evaluator, &mut self.diags);
        self.evaluator.check_data(&step.instance, Some(problem.unwrap_or_default()));
        let value = flight.planned.clone().mark_at(&flight.marks);
        self.give(&step.instance, Ok(flight.shape.mark(value)));
        self.complete(flight.op, Outcome::Done);
    }

    /// Checks the postconditions of an object that has been made.
    pub(super) fn check_post(&mut self, step: &'p Step) -> Option<Reported> {
        let decl = self.program.resource(step.instance.resource.config())?;
        if decl.lifecycle.postconditions.is_empty() {
            return None;
        }
        let self_value = terrane_lang::Lookup::instance(&self.known, &step.instance).ok()?;
        let which = Conditions::Post { self_value };
        match self.attempt(|e, lookup, diags| e.conditions(&step.instance, &which, lookup, diags)) {
            Ok(()) => None,
            Err(Halt::Failed(reported)) => Some(reported),
            Err(Halt::Wait(_)) => {
                self.check_late(&step.instance);
                None
            }
        }
    }
}

fn nulls_for_unknown(value: Value) -> Value {
    value.transform(&mut |_, value| if value.is_known() { value } else { Value::null(value.ty()) })
}

fn unknown(step: &Step, path: &str) -> Diagnostic {
    let detail = format!(
        "{path} of {} is still unknown, although everything it is made of has been applied. This is a bug in Terrane; \
         please report it.",
        step.instance
    );
    Diagnostic::error("Configuration is not known", detail).about(step.instance.to_string())
}

fn lost(step: &Step) -> Diagnostic {
    let detail = format!("{} was planned to change, but the state no longer has it.", step.instance);
    Diagnostic::error("Object is missing", detail).about(step.instance.to_string()).hint("Plan again.")
}
