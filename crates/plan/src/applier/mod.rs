//! The applier: from plan, program and answers to a new state.

mod checks;
mod down;
mod ephemeral;
mod finish;
mod journal;
mod known;
mod open;
mod outcome;
mod provision;
mod undo;
mod up;

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use terrane_address::{ConfigResource, Instance, ProviderConfig};
use terrane_lang::{Evaluator, Inputs, Lookup, Program, Stage, Stop, World};
use terrane_source::{Diagnostic, Diagnostics, Reported};
use terrane_state::{DeposedKey, Snapshot};
use terrane_value::Value;

use self::checks::Rechecks;
use self::ephemeral::Ephemerals;
use self::known::Known;
use self::open::Opening;
pub use self::outcome::{Applied, Outcome};
use self::provision::{Provisioning, Provisionings};
use self::undo::Undoing;
pub use self::undo::{Kept, Undone};
use self::up::UpFlight;
use crate::ephemeral::EphemeralOpening;
use crate::shapes::{Shape, Shapes};
use crate::{Answer, Ask, AskId, Doubt, Leg, Machine, Op, Plan, Providers, Question, Step, Summary};

/// How a plan is applied.
#[derive(Clone, Debug, Default)]
pub struct ApplyOptions {
    /// Chance that names the operations of this run; no other run may have the same.
    pub seed: [u8; 16],
    /// Creates whose answer a former run lost, by instance: they are asked for again under the same name.
    pub resume: BTreeMap<Instance, Doubt>,
    /// Whether a run that fails, or is stopped, deletes again what it has made.
    pub rollback: bool,
}

/// Applies a plan by asking for what it cannot do itself.
pub struct Applier<'p> {
    program: &'p Program,
    providers: &'p Providers,
    plan: &'p Plan,
    options: ApplyOptions,
    evaluator: Evaluator<'p>,
    shapes: &'p Shapes,
    known: Known<'p>,
    diags: Diagnostics,

    /// The state as it is now.
    state: Snapshot,
    /// For each operation how many others it still waits for.
    waits: Vec<u32>,
    ready: BTreeSet<(u8, u32)>,
    results: Vec<Option<Outcome>>,
    /// Updates that turned out to change nothing, once all they read was known.
    spared: HashSet<u32>,
    parked: BTreeMap<Wait, Vec<u32>>,
    flights: FxHashMap<AskId, Flight>,
    outbox: VecDeque<Ask>,
    asked: u64,
    sequence: u64,
    opened: BTreeMap<ProviderConfig, Opening>,
    ephemerals: Ephemerals,
    /// Outputs that are not yet as they will be.
    outputs: VecDeque<Arc<str>>,
    /// Where the old objects of replacements that make the new one first are meanwhile.
    deposed: FxHashMap<u32, DeposedKey>,
    /// What to ask for once the journal knows of the new object of an operation.
    to_confirm: FxHashMap<u32, Question>,
    rechecks: Rechecks,
    provisionings: Provisionings,
    undoing: Undoing,
    summary: Summary,
    stopped: bool,
}

/// Prepares what an applier borrows; it has to outlive it.
#[derive(Debug)]
pub struct Prepared {
    shapes: Shapes,
}

/// What an operation may wait for besides others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wait {
    Instance(Instance),
    Provider(ProviderConfig),
}

/// A question that has not been answered yet.
enum Flight {
    Configure(ProviderConfig),
    /// The final plan of an up leg.
    Plan(Box<UpFlight>),
    /// A data source.
    Data(Box<UpFlight>),
    /// An ephemeral resource.
    Open(Box<EphemeralOpening>),
    /// The end of one.
    Close(Instance),
    /// The begin of an operation in the journal; what is asked next.
    Begin(Box<Begun>),
    /// The change itself.
    Apply(Box<Begun>),
    /// What is left to do about a new object once the journal knows of it.
    Confirm,
    /// A new object in the journal, whose provisioners come next.
    Made(Box<Provisioning>),
    /// A provisioner.
    Provision(Box<Provisioning>),
    /// The end of an operation in the journal.
    End(Box<Ended>),
    /// The begin of an undoing in the journal; what is asked next.
    UndoBegin(u32, Box<Question>),
    /// The undoing of a create.
    Undo(u32),
    /// The end of an undoing in the journal.
    UndoEnd,
}

/// An operation that is about to change the world.
struct Begun {
    op: u32,
    question: Question,
    work: Work,
}

/// What a change is for.
enum Work {
    Up(Box<UpFlight>),
    Down,
}

/// An operation that has changed the world.
struct Ended {
    op: u32,
    result: Outcome,
    /// The object that is in use now.
    value: Option<Value>,
}

/// Why an operation is not done.
enum Halt {
    Wait(Wait),
    Failed(Reported),
}

impl From<Reported> for Halt {
    fn from(reported: Reported) -> Halt {
        Halt::Failed(reported)
    }
}

impl Prepared {
    /// Looks up the schemas of everything in a plan.
    pub fn new(plan: &Plan, providers: &Providers) -> Prepared {
        let steps = plan.steps.iter().map(|s| (&s.provider.provider, &s.instance.resource.resource));
        let stored = plan.refreshed.resources.iter().map(|(name, state)| (&state.provider.provider, &name.resource));
        Prepared { shapes: Shapes::of(providers, steps.chain(stored)) }
    }
}

impl<'p> Applier<'p> {
    /// An applier of a plan for this program; refuses, before anything is changed, what could not be done.
    pub fn new(
        program: &'p Program,
        providers: &'p Providers,
        world: &'p dyn World,
        plan: &'p Plan,
        prepared: &'p Prepared,
        options: ApplyOptions,
    ) -> Result<Applier<'p>, Diagnostics> {
        finish::refuse(program, plan, providers)?;
        let ups = |step: &&Step| matches!(step.change.legs(), crate::Legs::Up | crate::Legs::Both);
        let rechecks = Rechecks::of(plan);
        let changed = plan.steps.iter().filter(ups).map(|s| &s.instance);
        let pending: FxHashSet<Instance> = changed.chain(rechecks.instances()).cloned().collect();
        let inputs = Inputs { stage: Stage::Apply, ..plan.inputs.clone() };
        let evaluator = Evaluator::new(program, providers, world, inputs);
        let refreshes = plan.options.mode == crate::PlanMode::RefreshOnly;
        let evaluator = if refreshes { evaluator.lenient() } else { evaluator };
        let waits = plan.graph.waits().to_vec();
        let mut applier = Applier {
            program,
            providers,
            plan,
            options,
            evaluator: if plan.options.allow_deferral { evaluator.deferring() } else { evaluator },
            shapes: &prepared.shapes,
            known: Known::new(providers, &plan.refreshed, &prepared.shapes, pending),
            diags: Diagnostics::new(),
            state: plan.refreshed.clone(),
            results: vec![None; waits.len()],
            spared: HashSet::new(),
            ready: BTreeSet::new(),
            parked: BTreeMap::new(),
            flights: FxHashMap::default(),
            outbox: VecDeque::new(),
            asked: 0,
            sequence: 0,
            opened: BTreeMap::new(),
            ephemerals: Ephemerals::of(program, resources_of(plan)),
            outputs: plan.outputs.iter().filter(|(_, o)| !o.deferred).map(|(name, _)| name.clone()).collect(),
            deposed: FxHashMap::default(),
            to_confirm: FxHashMap::default(),
            rechecks,
            provisionings: Provisionings::default(),
            undoing: Undoing::default(),
            summary: Summary::default(),
            stopped: false,
            waits,
        };
        for op in 0..applier.waits.len() as u32 {
            if applier.waits[op as usize] == 0 {
                applier.make_ready(op);
            }
        }
        Ok(applier)
    }

    /// Begins nothing new: what comes after are only the questions that record answers to those in flight.
    pub fn stop(&mut self) {
        self.stopped = true;
        self.undoing.halt();
        for ask in std::mem::take(&mut self.outbox) {
            match self.flights.remove(&ask.id) {
                Some(
                    flight @ (Flight::End(_) | Flight::Made(_) | Flight::Confirm | Flight::Close(_) | Flight::UndoEnd),
                ) => {
                    self.flights.insert(ask.id, flight);
                    self.outbox.push_back(ask);
                }
                Some(Flight::Provision(provisioning)) => self.provision(*provisioning),
                Some(Flight::Begin(begun)) => self.forget(begun.op),
                Some(Flight::UndoBegin(place, _) | Flight::Undo(place)) => self.undoing.leave(place),
                Some(Flight::Apply(begun)) => self.restore(begun.op),
                _ => {}
            }
        }
    }

    /// The same, and nothing is undone or tidied up either.
    pub fn abort(&mut self) {
        self.undoing.forbid();
        self.to_confirm.clear();
        self.outbox.retain(|ask| !matches!(ask.question, Question::Confirm { .. }));
        self.flights.retain(|_, flight| !matches!(flight, Flight::Confirm));
        self.stop();
    }

    /// The state as it is now.
    pub fn state(&self) -> &Snapshot {
        &self.state
    }

    fn step(&self, op: u32) -> Option<(u32, Leg, &'p Step)> {
        match self.plan.graph.ops().get(op as usize)? {
            Op::Step { step, leg } => Some((*step, *leg, self.plan.steps.get(*step as usize)?)),
            Op::Barrier => None,
        }
    }

    fn make_ready(&mut self, op: u32) {
        // What deletes comes after what makes, where there is a choice: others may still be about to let go of it.
        let rank = match self.step(op) {
            None => 0,
            Some((_, Leg::Up, _)) => 1,
            Some((_, Leg::Down, _)) => 2,
        };
        self.ready.insert((rank, op));
    }

    fn run(&mut self, op: u32) {
        let Some((place, leg, step)) = self.step(op) else { return self.complete(op, Outcome::Done) };
        let begun = match leg {
            Leg::Up => self.up(op, place, step),
            Leg::Down => self.down(op, place, step),
        };
        match begun {
            Ok(()) => {}
            Err(Halt::Wait(wait)) => self.parked.entry(wait).or_default().push(op),
            Err(Halt::Failed(reported)) => self.complete(op, Outcome::Failed(reported)),
        }
    }

    /// Notes the result of an operation and frees, or leaves out, what waits for it.
    fn complete(&mut self, op: u32, result: Outcome) {
        let mut done = vec![(op, result)];
        while let Some((op, result)) = done.pop() {
            if self.results[op as usize].replace(result).is_some() {
                continue;
            }
            self.note(op, result);
            if let Some((_, _, step)) = self.step(op) {
                self.ephemerals.done(&step.instance);
            }
            for next in self.plan.graph.after(op) {
                match (result, self.step(op)) {
                    (Outcome::Done, _) => {
                        let waits = &mut self.waits[*next as usize];
                        *waits = waits.saturating_sub(1);
                        if *waits == 0 && self.results[*next as usize].is_none() {
                            self.make_ready(*next);
                        }
                    }
                    (Outcome::Failed(_), Some((place, ..))) => done.push((*next, Outcome::Skipped(place))),
                    (result, _) => done.push((*next, result)),
                }
            }
        }
    }

    fn note(&mut self, op: u32, result: Outcome) {
        let Some((_, leg, step)) = self.step(op) else { return };
        match (result, leg) {
            (Outcome::Done, _) if self.spared.contains(&op) => {}
            (Outcome::Done, leg) => outcome::count(&mut self.summary, step, leg == Leg::Up),
            (_, Leg::Down) => {}
            (Outcome::Failed(reported), Leg::Up) => self.give(&step.instance, Err(reported)),
            (_, Leg::Up) => {
                if let Some(reported) = self.diags.reported() {
                    self.give(&step.instance, Err(reported));
                }
            }
        }
    }

    /// Gives the value of an instance to whoever waits for it.
    fn give(&mut self, instance: &Instance, value: Result<Value, Reported>) {
        self.known.set(instance, value);
        self.wake(&Wait::Instance(instance.clone()));
    }

    fn wake(&mut self, wait: &Wait) {
        for op in self.parked.remove(wait).unwrap_or_default() {
            self.make_ready(op);
        }
        self.ephemerals.wake(wait);
        self.rechecks.wake(wait);
        self.provisionings.wake(wait);
    }

    fn attempt<T>(
        &mut self,
        evaluate: impl FnOnce(&mut Evaluator<'p>, &dyn Lookup, &mut Diagnostics) -> Result<T, Stop>,
    ) -> Result<T, Halt> {
        let mut diags = Diagnostics::new();
        match evaluate(&mut self.evaluator, &self.known, &mut diags) {
            Ok(value) => {
                self.diags.extend(diags);
                Ok(value)
            }
            Err(Stop::Failed(reported)) => {
                self.diags.extend(diags);
                Err(Halt::Failed(reported))
            }
            Err(Stop::Blocked(terrane_lang::Dep::Instance(instance))) => {
                let wait = Wait::Instance(instance);
                self.ephemerals.demand(&wait);
                Err(Halt::Wait(wait))
            }
            Err(Stop::Blocked(terrane_lang::Dep::Whole(resource))) => {
                let detail = format!(
                    "The instances of {resource} are not known while applying. This is a bug in Terrane; please report it."
                );
                Err(Halt::Failed(self.diags.error(Diagnostic::error("Evaluation came to a halt", detail))))
            }
        }
    }

    fn ask(&mut self, about: &Instance, question: Question, flight: Flight) {
        let id = AskId(self.asked);
        self.asked += 1;
        self.flights.insert(id, flight);
        self.outbox.push_back(Ask { id, about: vec![about.clone()], question });
    }

    fn shape(&mut self, step: &Step) -> Result<Arc<Shape>, Halt> {
        if let Some(shape) = self.shapes.get(&step.provider.provider, &step.instance.resource.resource) {
            return Ok(shape.clone());
        }
        let detail = format!("Provider {} has no type {}.", step.provider.provider, step.instance.resource.resource.ty);
        let diagnostic = Diagnostic::error("Unknown resource type", detail).about(step.instance.to_string());
        Err(Halt::Failed(self.diags.error(diagnostic)))
    }
}

/// The resources of all operations of a plan.
fn resources_of(plan: &Plan) -> impl Iterator<Item = ConfigResource> {
    plan.graph.ops().iter().filter_map(|op| match op {
        Op::Step { step, .. } => plan.steps.get(*step as usize).map(|step| step.instance.resource.config().clone()),
        Op::Barrier => None,
    })
}

impl Machine for Applier<'_> {
    fn poll(&mut self, room: usize) -> Vec<Ask> {
        while self.outbox.len() < room && !self.stopped {
            if let Some(instance) = self.ephemerals.next() {
                self.start_ephemeral(instance);
            } else if let Some(instance) = self.rechecks.pop() {
                self.recheck(instance);
            } else if let Some(provisioning) = self.provisionings.pop() {
                self.provision(provisioning);
            } else if let Some((_, op)) = self.ready.pop_first() {
                self.run(op);
            } else if !(self.outbox.is_empty() && self.flights.is_empty() && self.next_output()) {
                break;
            }
        }
        if self.outbox.is_empty() && self.flights.is_empty() {
            self.begin_undoing();
        }
        self.undo_more(room);
        if self.outbox.is_empty() && self.flights.is_empty() {
            self.close_leases();
        } else if self.ephemerals.take_used() {
            self.close_used();
        }
        let count = room.min(self.outbox.len());
        self.outbox.drain(..count).collect()
    }

    fn feed(&mut self, id: AskId, answer: Answer) -> bool {
        let known = self.diags.len();
        match (self.flights.remove(&id), answer) {
            (Some(Flight::Configure(config)), Answer::Configure(result)) => self.configured(&config, result),
            (Some(Flight::Plan(flight)), Answer::Plan(response)) => self.planned(*flight, response),
            (Some(Flight::Data(flight)), Answer::ReadData(outcome)) => self.data_read(*flight, outcome),
            (Some(Flight::Open(flight)), Answer::OpenEphemeral(outcome)) => self.opened_ephemeral(*flight, outcome),
            (Some(Flight::Close(instance)), Answer::CloseEphemeral(found)) => self.closed_ephemeral(&instance, found),
            (Some(Flight::Begin(begun)), Answer::Persist(result)) => self.begun(*begun, result),
            (Some(Flight::Apply(begun)), Answer::Apply(response)) => match begun.work {
                Work::Up(flight) => self.applied(*flight, response),
                Work::Down => self.deleted(begun.op, response),
            },
            (Some(Flight::Made(provisioning)), Answer::Persist(result)) => {
                self.persisted(result);
                self.confirm(provisioning.op());
                self.provision(*provisioning);
            }
            (Some(Flight::Provision(provisioning)), Answer::Provision(found)) => self.answered(*provisioning, found),
            (Some(Flight::End(ended)), Answer::Persist(result)) => {
                self.persisted(result);
                self.confirm(ended.op);
                self.ended(*ended);
            }
            (Some(Flight::UndoBegin(place, question)), Answer::Persist(result)) => {
                self.undo_begun(place, *question, result);
            }
            (Some(Flight::Undo(place)), Answer::Apply(response)) => self.undone(place, response),
            (Some(Flight::UndoEnd), Answer::Persist(result)) => self.persisted(result),
            // An answer to nothing, or of the wrong kind: the caller's mistake, which must not become a panic.
            _ => {}
        }
        !self.diags.has_errors_since(known)
    }
}
