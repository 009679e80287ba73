//! Running provisioners: after an object is made, before it is deleted.

use std::collections::{BTreeMap, VecDeque};

use terrane_lang::ProvisionerDecl;
use terrane_provider::Problem;
use terrane_source::{Diagnostic, Diagnostics, Reported, Span};
use terrane_state::{EntryKind, StoredObject};
use terrane_value::Value;

use super::{Applier, Ended, Flight, Halt, Outcome, Wait};
use crate::planner::removed::deciding;
use crate::provision::{self, ProvisionRequest};
use crate::{Leg, Question, Step, problems};

/// An operation whose provisioners run.
pub(super) struct Provisioning {
    op: u32,
    /// Places of those that have not been begun.
    rest: VecDeque<usize>,
    /// Whether a failure of the one that runs is no error.
    goes_on: bool,
    /// Where the one that runs is written.
    span: Option<Span>,
    self_value: Value,
    then: Then,
}

impl Provisioning {
    /// The operation.
    pub fn op(&self) -> u32 {
        self.op
    }
}

/// What comes after the provisioners.
enum Then {
    /// The object is no longer tainted.
    Keep(Box<StoredObject>),
    /// The object is deleted.
    Delete,
}

/// Operations whose next provisioner waits for something to be opened.
#[derive(Default)]
pub(super) struct Provisionings {
    ready: VecDeque<Provisioning>,
    parked: BTreeMap<Wait, Vec<Provisioning>>,
}

impl Provisionings {
    pub fn pop(&mut self) -> Option<Provisioning> {
        self.ready.pop_front()
    }

    pub fn wake(&mut self, wait: &Wait) {
        self.ready.extend(self.parked.remove(wait).unwrap_or_default());
    }
}

impl<'p> Applier<'p> {
    /// Whether provisioners run after an object is made.
    pub(super) fn is_provisioned(&self, step: &Step) -> bool {
        !provision::of_leg(self.program, step, Leg::Up).is_empty()
    }

    /// Writes a new object into the journal as tainted, and runs its provisioners: until they have succeeded it is
    /// half made.
    pub(super) fn provision_new(&mut self, op: u32, step: &'p Step, stored: StoredObject, value: Value) {
        let provisioning = Provisioning {
            op,
            rest: self.places(step, Leg::Up),
            goes_on: false,
            span: None,
            self_value: value,
            then: Then::Keep(Box::new(stored.clone())),
        };
        // The commands may name the object otherwise than by `self`.
        self.known.set(&step.instance, Ok(provisioning.self_value.clone()));
        let tainted = StoredObject { tainted: true, ..stored };
        self.persist(op, vec![EntryKind::Current(Some(tainted))], Flight::Made(Box::new(provisioning)));
    }

    /// Runs the provisioners of an object that is going to be deleted; false if it has none.
    pub(super) fn provision_doomed(&mut self, op: u32, step: &'p Step, self_value: Value) -> bool {
        let rest = self.places(step, Leg::Down);
        let any = !rest.is_empty();
        if any {
            self.provision(Provisioning { op, rest, goes_on: false, span: None, self_value, then: Then::Delete });
        }
        any
    }

    fn places(&self, step: &Step, leg: Leg) -> VecDeque<usize> {
        provision::of_leg(self.program, step, leg).into_iter().map(|(place, _)| place).collect()
    }

    /// Asks for the next provisioner, or goes on when there is none left.
    pub(super) fn provision(&mut self, mut provisioning: Provisioning) {
        let Some((_, _, step)) = self.step(provisioning.op) else { return };
        let Some(place) = provisioning.rest.pop_front() else { return self.provisioned(provisioning) };
        if self.stopped {
            let reported = self.diags.error(interrupted(step, &provisioning.then));
            return self.provision_failed(provisioning, reported);
        }
        match self.request(step, place, provisioning.self_value.clone()) {
            Ok((request, decl)) => {
                let (goes_on, span) = (decl.continue_on_failure, Some(decl.span));
                let provisioning = Provisioning { goes_on, span, ..provisioning };
                let question = Question::Provision { request };
                self.ask(&step.instance, question, Flight::Provision(Box::new(provisioning)));
            }
            Err(Halt::Failed(reported)) => self.provision_failed(provisioning, reported),
            Err(Halt::Wait(wait)) => {
                provisioning.rest.push_front(place);
                self.provisionings.parked.entry(wait).or_default().push(provisioning);
            }
        }
    }

    fn request(
        &mut self,
        step: &'p Step,
        place: usize,
        own: Value,
    ) -> Result<(ProvisionRequest, &'p ProvisionerDecl), Halt> {
        let (program, instance) = (self.program, &step.instance);
        let decl = provision::declared(program, instance).get(place);
        let name = instance.resource.config();
        let removed = deciding(program, name).filter(|_| program.resource(name).is_none());
        let found = self.attempt(|e, lookup, diags| match (removed, decl) {
            (Some((module, _)), Some(decl)) => {
                e.removed_provisioner(module.id, decl, instance, own, lookup, diags).map(Some)
            }
            _ => e.provisioner(instance, place, own, lookup, diags),
        });
        let (decl, why) = match (decl, found) {
            (_, Err(halt)) => return Err(halt),
            (Some(decl), Ok(Some(arguments))) => match ProvisionRequest::new(&decl.ty, &arguments) {
                Ok(request) => return Ok((request, decl)),
                Err(why) => (Some(decl), why),
            },
            (decl, Ok(_)) => (decl, "The provisioner is no longer declared.".to_owned()),
        };
        let mut error = Diagnostic::error("Invalid provisioner configuration", why).about(step.instance.to_string());
        error.span = decl.map(|d| d.span);
        Err(self.diags.error(error).into())
    }

    /// Takes what came of a provisioner.
    pub(super) fn answered(&mut self, provisioning: Provisioning, mut found: Vec<Problem>) {
        let Some((_, _, step)) = self.step(provisioning.op) else { return };
        if provisioning.goes_on && !self.stopped {
            found.iter_mut().for_each(|problem| {
                problem.severity = terrane_source::Severity::Warning;
                problem.detail += "\n\nThe run goes on, since on_failure = continue.";
            });
        }
        let mut own = Diagnostics::new();
        let failed = problems::of_instance(&found, &step.instance, &self.evaluator, &mut own).is_some();
        for diagnostic in own {
            self.diags.push(Diagnostic { span: provisioning.span.or(diagnostic.span), ..diagnostic });
        }
        match self.diags.reported().filter(|_| failed) {
            Some(reported) => self.provision_failed(provisioning, reported),
            None => self.provision(provisioning),
        }
    }

    fn provisioned(&mut self, provisioning: Provisioning) {
        let op = provisioning.op;
        match provisioning.then {
            Then::Keep(stored) => {
                let value = Some(provisioning.self_value);
                let ended = Ended { op, result: Outcome::Done, value };
                self.persist(op, vec![EntryKind::Current(Some(*stored))], Flight::End(Box::new(ended)));
            }
            Then::Delete => {
                let Some((place, _, step)) = self.step(op) else { return };
                match self.delete(op, place, step) {
                    Ok(()) => {}
                    Err(Halt::Failed(reported)) => self.complete(op, Outcome::Failed(reported)),
                    Err(Halt::Wait(wait)) => self.parked.entry(wait).or_default().push(op),
                }
            }
        }
    }

    /// A new object stays tainted, an old one is not deleted.
    fn provision_failed(&mut self, provisioning: Provisioning, reported: Reported) {
        self.complete(provisioning.op, Outcome::Failed(reported));
    }
}

fn interrupted(step: &Step, then: &Then) -> Diagnostic {
    let what = match then {
        Then::Keep(_) => "The object is tainted: the next run replaces it.",
        Then::Delete => "The object was not deleted.",
    };
    let detail = format!("The run was stopped before all provisioners of {} had run. {what}", step.address());
    Diagnostic::error("Interrupted", detail).about(step.instance.to_string())
}
