//! The applier: from plan, program and answers to a new state.

mod down;
mod known;
mod open;
mod outcome;
mod up;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use terrane_address::{Instance, Mode, ProviderConfig};
use terrane_lang::{Evaluator, Inputs, Lookup, Program, Stage, Stop, World};
use terrane_source::{Diagnostic, Diagnostics, Reported};
use terrane_state::{DeposedKey, Entry, EntryKind, Snapshot, replay};
use terrane_value::Value;

use self::known::Known;
use self::open::Opening;
pub use self::outcome::{Applied, Outcome};
use self::up::UpFlight;
use crate::shapes::{Shape, Shapes};
use crate::{Answer, Ask, AskId, Change, Leg, Machine, Op, Plan, PlanMode, Providers, Question, Step, Summary};

/// How a plan is applied.
#[derive(Clone, Debug, Default)]
pub struct ApplyOptions {
    /// Chance that names the operations of this run; no other run may have the same.
    pub seed: [u8; 16],
    /// Creates whose answer a former run lost, by instance: they are asked for again under the same name.
    pub resume: BTreeMap<Instance, Arc<str>>,
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
    parked: BTreeMap<Wait, Vec<u32>>,
    flights: HashMap<AskId, Flight>,
    outbox: VecDeque<Ask>,
    asked: u64,
    sequence: u64,
    opened: BTreeMap<ProviderConfig, Opening>,
    /// Where the old objects of replacements that make the new one first are meanwhile.
    deposed: HashMap<u32, DeposedKey>,
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
    /// The begin of an operation in the journal; what is asked next.
    Begin(Box<Begun>),
    /// The change itself.
    Apply(Box<Begun>),
    /// The end of an operation in the journal.
    End(Box<Ended>),
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
        refuse(plan, providers)?;
        let ups = |step: &&Step| matches!(step.change.legs(), crate::Legs::Up | crate::Legs::Both);
        let pending: HashSet<Instance> = plan.steps.iter().filter(ups).map(|s| s.instance.clone()).collect();
        let inputs = Inputs { stage: Stage::Apply, ..plan.inputs.clone() };
        let waits = plan.graph.waits().to_vec();
        let mut applier = Applier {
            program,
            providers,
            plan,
            options,
            evaluator: Evaluator::new(program, providers, world, inputs),
            shapes: &prepared.shapes,
            known: Known::new(providers, &plan.refreshed, &prepared.shapes, pending),
            diags: Diagnostics::new(),
            state: plan.refreshed.clone(),
            results: vec![None; waits.len()],
            ready: BTreeSet::new(),
            parked: BTreeMap::new(),
            flights: HashMap::new(),
            outbox: VecDeque::new(),
            asked: 0,
            sequence: 0,
            opened: BTreeMap::new(),
            deposed: HashMap::new(),
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
        for ask in std::mem::take(&mut self.outbox) {
            match self.flights.remove(&ask.id) {
                Some(flight @ Flight::End(_)) => {
                    self.flights.insert(ask.id, flight);
                    self.outbox.push_back(ask);
                }
                Some(Flight::Begin(begun) | Flight::Apply(begun)) => self.restore(begun.op),
                _ => {}
            }
        }
    }

    /// The state as it is now.
    pub fn state(&self) -> &Snapshot {
        &self.state
    }

    /// What came of it. Call it when nothing is left to ask.
    pub fn finish(mut self) -> Applied {
        self.report_stalled();
        self.outputs();
        let mut outcomes = vec![Outcome::Done; self.plan.steps.len()];
        for (op, result) in self.plan.graph.ops().iter().zip(&self.results) {
            if let Op::Step { step, .. } = op {
                let outcome = &mut outcomes[*step as usize];
                *outcome = worse(*outcome, result.unwrap_or(Outcome::NotStarted));
            }
        }
        self.summary.import = self.plan.summary().import;
        self.diags.sort();
        Applied {
            snapshot: self.state,
            stopped: self.stopped && outcomes.contains(&Outcome::NotStarted),
            outcomes,
            summary: self.summary,
            diagnostics: self.diags,
        }
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
            Err(Stop::Blocked(terrane_lang::Dep::Instance(instance))) => Err(Halt::Wait(Wait::Instance(instance))),
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

    /// Writes entries about a step into the journal, then goes on with `flight`.
    fn persist(&mut self, op: u32, kinds: Vec<EntryKind>, flight: Flight) {
        let Some((place, leg, step)) = self.step(op) else { return };
        let operation = self.operation(place, leg, step);
        let entries: Arc<[Entry]> = (self.sequence..)
            .zip(kinds)
            .map(|(sequence, kind)| Entry {
                sequence,
                operation: operation.clone(),
                instance: step.instance.clone(),
                provider: step.provider.clone(),
                kind,
            })
            .collect();
        self.sequence += entries.len() as u64;
        replay(&mut self.state, &entries);
        self.ask(&step.instance, Question::Persist { entries }, flight);
    }

    /// The name of an operation: the same whenever this run is asked, and never used by another run.
    fn operation(&self, place: u32, leg: Leg, step: &Step) -> Arc<str> {
        if leg == Leg::Up
            && let Some(name) = self.options.resume.get(&step.instance)
            && matches!(step.change, Change::Create { .. } | Change::Replace { .. })
        {
            return name.clone();
        }
        self.chance(&[&place.to_be_bytes(), &[leg as u8]])[..32].into()
    }

    fn chance(&self, of: &[&[u8]]) -> String {
        let mut hash = Sha256::new();
        hash.update(self.options.seed);
        of.iter().for_each(|part| hash.update(part));
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A key under which the object in use of an instance can be deposed.
    fn new_deposed_key(&self, place: u32, step: &Step) -> DeposedKey {
        let taken = self.state.instance(&step.instance).map(|state| &state.deposed);
        let names = (0u32..).map(|n| self.chance(&[b"deposed", &place.to_be_bytes(), &n.to_be_bytes()]));
        let mut keys = names.map(|name| DeposedKey(name[..8].into()));
        keys.find(|key| taken.is_none_or(|taken| !taken.contains_key(key))).unwrap_or(DeposedKey("00000000".into()))
    }

    fn shape(&mut self, step: &Step) -> Result<Arc<Shape>, Halt> {
        if let Some(shape) = self.shapes.get(&step.provider.provider, &step.instance.resource.resource) {
            return Ok(shape.clone());
        }
        let detail = format!("Provider {} has no type {}.", step.provider.provider, step.instance.resource.resource.ty);
        let diagnostic = Diagnostic::error("Unknown resource type", detail).about(step.instance.to_string());
        Err(Halt::Failed(self.diags.error(diagnostic)))
    }

    fn persisted(&mut self, result: Result<(), String>) {
        if let Err(why) = result {
            self.stopped = true;
            let diagnostic = Diagnostic::error("Journal cannot be written", why)
                .hint("Nothing new is begun. What has been done is in the state, if that can be saved.");
            self.diags.error(diagnostic);
        }
    }

    fn report_stalled(&mut self) {
        let parked = std::mem::take(&mut self.parked);
        if self.stopped || self.diags.has_errors() || parked.is_empty() {
            return;
        }
        let ops = parked.values().flatten().filter_map(|op| self.step(*op));
        let names: Vec<String> = ops.map(|(_, _, step)| step.address()).collect();
        let detail = format!(
            "These wait for what the plan did not foresee: {}. This is a bug in Terrane; please report it.",
            names.join(", ")
        );
        self.diags.error(Diagnostic::error("Apply came to a halt", detail));
    }

    /// Brings the outputs up to date, as far as what they are made of has been done.
    fn outputs(&mut self) {
        for (name, change) in &self.plan.outputs {
            if change.after.is_none() {
                self.state.outputs.remove(&**name);
                continue;
            }
            let Ok(output) = self.attempt(|e, lookup, diags| e.output(name, lookup, diags)) else { continue };
            let value = output.value.unmark_deep().0;
            let ty = value.ty();
            if !value.is_wholly_known() || value.is_null() {
                self.state.outputs.remove(&**name);
                continue;
            }
            if let Ok(json) = terrane_value::json::to_json(&value, &ty) {
                let output = terrane_state::OutputValue { json: json.into(), ty, sensitive: output.sensitive };
                self.state.outputs.insert(name.to_string(), output);
            }
        }
        if self.plan.options.mode == PlanMode::Destroy && self.state.resources.is_empty() {
            self.state.check_results = None;
        }
    }
}

impl Machine for Applier<'_> {
    fn poll(&mut self, room: usize) -> Vec<Ask> {
        while self.outbox.len() < room && !self.stopped {
            let Some((_, op)) = self.ready.pop_first() else { break };
            self.run(op);
        }
        let count = room.min(self.outbox.len());
        self.outbox.drain(..count).collect()
    }

    fn feed(&mut self, id: AskId, answer: Answer) {
        match (self.flights.remove(&id), answer) {
            (Some(Flight::Configure(config)), Answer::Configure(result)) => self.configured(&config, result),
            (Some(Flight::Plan(flight)), Answer::Plan(response)) => self.planned(*flight, response),
            (Some(Flight::Data(flight)), Answer::ReadData(outcome)) => self.data_read(*flight, outcome),
            (Some(Flight::Begin(begun)), Answer::Persist(result)) => self.begun(*begun, result),
            (Some(Flight::Apply(begun)), Answer::Apply(response)) => match begun.work {
                Work::Up(flight) => self.applied(*flight, response),
                Work::Down => self.deleted(begun.op, response),
            },
            (Some(Flight::End(ended)), Answer::Persist(result)) => {
                self.persisted(result);
                self.ended(*ended);
            }
            // An answer to nothing, or of the wrong kind: the caller's mistake, which must not become a panic.
            _ => {}
        }
    }
}

impl Applier<'_> {
    /// Asks for the change, now that the journal knows of it.
    fn begun(&mut self, begun: Begun, result: Result<(), String>) {
        self.persisted(result);
        if self.stopped {
            self.restore(begun.op);
            return;
        }
        let Some((_, _, step)) = self.step(begun.op) else { return };
        let question = begun.question.clone();
        self.ask(&step.instance, question, Flight::Apply(Box::new(begun)));
    }

    /// Leaves an operation undone whose begin is in the journal: an object deposed for it is in use again.
    fn restore(&mut self, op: u32) {
        let Some((place, Leg::Up, _)) = self.step(op) else { return };
        if let Some(key) = self.deposed.remove(&place) {
            let ended = Ended { op, result: Outcome::NotStarted, value: None };
            self.persist(op, vec![EntryKind::Restore(key)], Flight::End(Box::new(ended)));
        }
    }

    fn ended(&mut self, ended: Ended) {
        let post = match (ended.result, self.step(ended.op), ended.value) {
            (Outcome::Done, Some((_, Leg::Up, step)), Some(value)) => {
                self.give(&step.instance, Ok(value));
                self.check_post(step)
            }
            _ => None,
        };
        self.complete(ended.op, post.map_or(ended.result, Outcome::Failed));
    }
}

/// A replacement is as good as the worse of its legs.
fn worse(a: Outcome, b: Outcome) -> Outcome {
    let rank = |o: Outcome| match o {
        Outcome::Done => 0,
        Outcome::NotStarted => 1,
        Outcome::Skipped(_) => 2,
        Outcome::Failed(_) => 3,
    };
    if rank(b) > rank(a) { b } else { a }
}

/// Refuses plans that cannot be applied to their end, naming everything that stands in the way.
fn refuse(plan: &Plan, providers: &Providers) -> Result<(), Diagnostics> {
    let mut diags = Diagnostics::new();
    if plan.errored {
        let detail = "Planning met errors, so the plan is not complete.";
        diags.error(Diagnostic::error("Plan cannot be applied", detail).hint("Correct the errors and plan again."));
    }
    let mut unsupported: BTreeMap<&str, Vec<&Step>> = BTreeMap::new();
    for step in plan.steps.iter().filter(|s| !s.change.is_no_op() && !matches!(s.change, Change::Forget { .. })) {
        let ty = &step.instance.resource.resource.ty;
        let able = providers.get(&step.provider.provider).is_some_and(|p| match step.instance.resource.resource.mode {
            Mode::Managed => p.can_apply(ty),
            Mode::Data | Mode::Ephemeral => p.can_read(ty),
        });
        if !able {
            unsupported.entry(ty).or_default().push(step);
        }
    }
    for (ty, steps) in unsupported {
        let names: Vec<String> = steps.iter().map(|s| s.address()).collect();
        let detail = format!("Objects of type {ty} can be planned, but not yet be changed: {}.", names.join(", "));
        let hint = "Nothing has been changed. Leave these out, for example with -target, or manage them otherwise.";
        diags.error(Diagnostic::error(format!("Resource type {ty} cannot be applied yet"), detail).hint(hint));
    }
    if diags.has_errors() { Err(diags) } else { Ok(()) }
}
