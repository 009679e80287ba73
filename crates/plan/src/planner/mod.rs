//! The planner: from program, state and answers to a plan.

mod ahead;
mod assemble;
pub(crate) mod checks;
mod closure;
mod cycle;
pub(crate) mod data;
mod deferral;
mod drafts;
mod drift;
mod end;
mod ephemeral;
mod found;
mod guard;
mod imports;
mod left_out;
mod managed;
mod open;
mod prior;
mod queue;
pub(crate) mod removed;
mod renames;
mod start;
mod values;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use terrane_address::{AbsCall, AbsResource, ConfigName, ConfigResource, Instance, Key, Mode, ProviderConfig};
use terrane_lang::{Dep, EphemeralUse, Evaluated, Evaluator, Inputs, Lookup, Program, Stop, World};
use terrane_source::{Diagnostic, Diagnostics, Reported};
use terrane_state::{DeposedKey, Snapshot};

use crate::ephemeral::EphemeralOpening;
use crate::leases::Leases;
use crate::moves::Moves;
use crate::plan::{Counters, Plan};
use crate::shapes::{Shape, Shapes};
use crate::{Answer, Ask, AskId, Drift, Machine, OutputChange, PlanMode, PlanOptions, Providers, Question, moves};

use self::data::DataFlight;
use self::deferral::{Deferrals, Later};
use self::drafts::{Draft, Drafts};
use self::imports::Imports;
use self::managed::PlanFlight;
use self::open::Opening;
use self::prior::{PriorState, ReadBatch};
use self::queue::{Queue, Task, Wait};
use self::values::Values;

/// Names one object: an instance's object in use, or a deposed one.
pub(crate) type ObjectKey = (Instance, Option<DeposedKey>);

/// Computes a plan by asking for what it cannot know.
///
/// The plan is the same in whatever order answers come.
pub struct Planner<'p> {
    program: &'p Program,
    providers: &'p Providers,
    options: PlanOptions,
    inputs: Inputs,
    evaluator: Evaluator<'p>,
    shapes: Shapes,
    values: Values,
    diags: Diagnostics,

    queue: Queue,
    flights: FxHashMap<AskId, Flight>,
    outbox: VecDeque<Ask>,
    asked: u64,
    started: FxHashSet<Instance>,
    expanding: FxHashSet<(AbsResource, bool)>,
    /// The keys of expanded resources, and how many of their instances have no value yet.
    keys: FxHashMap<AbsResource, (BTreeSet<Key>, usize)>,
    /// The configurations of instances that are not planned yet.
    evaluated: FxHashMap<Instance, Arc<Evaluated>>,

    opened: BTreeMap<ProviderConfig, Opening>,
    leases: Leases,
    /// Who uses ephemeral resources.
    uses: BTreeMap<ConfigResource, EphemeralUse>,
    /// Whether a user of one has come to its end since that was last looked at.
    used: bool,
    objects: BTreeMap<ObjectKey, PriorState>,
    to_read: BTreeMap<(ProviderConfig, Arc<str>), ReadBatch>,
    imports: Imports,
    /// Imported objects whose configuration is to be written, with the names of their provider configurations.
    found: BTreeMap<Instance, ConfigName>,
    /// The provider configurations of declared instances, where they have keys.
    homes: FxHashMap<Instance, ProviderConfig>,
    /// Resources whose `lifecycle` does not let their objects be deleted.
    undeletable: BTreeSet<AbsResource>,
    /// Whether declared instances have `prevent_destroy`, as far as that is known.
    protected: FxHashMap<Instance, bool>,

    prior: Snapshot,
    refreshed: Snapshot,
    stored_under: FxHashMap<ConfigResource, Vec<AbsResource>>,
    moves: Moves,
    drafts: Drafts,
    drift: BTreeMap<ObjectKey, Drift>,
    outputs: BTreeMap<Arc<str>, OutputChange>,
    /// What root outputs were made of.
    output_reads: BTreeMap<Arc<str>, (Vec<Dep>, Vec<AbsCall>)>,
    deferrals: Deferrals,
    unread_types: BTreeSet<Arc<str>>,
    counters: Counters,
    /// Whether everything but the data sources of checks has been planned.
    calm: bool,
    stopped: bool,
}

/// A question that has not been answered yet.
enum Flight {
    Configure(ProviderConfig),
    Read(Vec<ObjectKey>),
    Import(Instance),
    Plan(Box<PlanFlight>),
    Data(Box<DataFlight>),
    Open(Box<EphemeralOpening>),
    Close(Instance),
}

/// Why a task is not done.
enum Halt {
    /// It has to wait.
    Wait(Wait),
    /// It is left for a later plan.
    Later(Later),
    /// It cannot succeed.
    Failed(Reported),
}

impl From<Reported> for Halt {
    fn from(reported: Reported) -> Halt {
        Halt::Failed(reported)
    }
}

impl<'p> Planner<'p> {
    /// A planner over a state, which is taken as it was stored.
    pub fn new(
        program: &'p Program,
        providers: &'p Providers,
        world: &'p dyn World,
        inputs: Inputs,
        prior: Snapshot,
        options: PlanOptions,
    ) -> Planner<'p> {
        let diags = Diagnostics::new();
        let (snapshot, moves) = moves::apply(program, prior.clone());
        let shapes = shapes(program, providers, &snapshot);
        let complete = !options.is_limited() && options.mode != PlanMode::Destroy;
        let queue = Queue::new(complete);
        let evaluator = Evaluator::new(program, providers, world, inputs.clone());
        let refreshes = options.mode == PlanMode::RefreshOnly;
        let evaluator = if refreshes { evaluator.lenient() } else { evaluator };
        let mut planner = Planner {
            program,
            providers,
            evaluator: if options.allow_deferral { evaluator.deferring() } else { evaluator },
            imports: Imports::asked(&options),
            options,
            inputs,
            shapes,
            values: Values::new(complete),
            diags,
            queue,
            flights: FxHashMap::default(),
            outbox: VecDeque::new(),
            asked: 0,
            started: FxHashSet::default(),
            expanding: FxHashSet::default(),
            keys: FxHashMap::default(),
            evaluated: FxHashMap::default(),
            opened: BTreeMap::new(),
            leases: Leases::default(),
            uses: terrane_lang::ephemeral_uses(program),
            used: false,
            objects: BTreeMap::new(),
            to_read: BTreeMap::new(),
            undeletable: BTreeSet::new(),
            found: BTreeMap::new(),
            protected: FxHashMap::default(),
            homes: FxHashMap::default(),
            prior,
            stored_under: stored_under(&snapshot),
            refreshed: snapshot,
            moves,
            drafts: Drafts::default(),
            drift: BTreeMap::new(),
            outputs: BTreeMap::new(),
            output_reads: BTreeMap::new(),
            deferrals: Deferrals::default(),
            unread_types: BTreeSet::new(),
            counters: Counters::default(),
            calm: false,
            stopped: false,
        };
        if planner.covers_renames() {
            planner.start();
        }
        planner
    }

    /// Asks nothing more: what is in flight may still be answered. The plan is then not complete.
    pub fn stop(&mut self) {
        self.stopped = true;
        for ask in std::mem::take(&mut self.outbox) {
            if let Some(flight @ Flight::Close(_)) = self.flights.remove(&ask.id) {
                self.flights.insert(ask.id, flight);
                self.outbox.push_back(ask);
            }
        }
    }

    /// The plan and everything that is to be said. Call it when nothing is left to ask.
    pub fn finish(mut self) -> (Plan, Diagnostics) {
        if self.stopped {
            let detail = "Planning was stopped before its end. Nothing has been changed.";
            self.diags.error(Diagnostic::error("Interrupted", detail));
        }
        self.outputs_beside_targets();
        self.report_stalled();
        self.check_renames();
        self.check_imports();
        self.assemble()
    }

    fn run(&mut self, task: Task) {
        let done = match &task {
            Task::Variables(module) => self.variables(*module),
            Task::Resource(module, place) => self.resource(*module, *place),
            Task::Expand { resource, all } => self.expand(resource, *all),
            Task::Instance(instance) => match instance.resource.resource.mode {
                Mode::Managed => self.managed(instance),
                Mode::Data => self.data(instance),
                Mode::Ephemeral => self.ephemeral(instance),
            },
            Task::Found(instance) => self.found(instance),
            Task::Post(instance) => self.postconditions(instance),
            Task::Guard(instance) => self.guard(instance),
            Task::Protect(instance) => self.protect(instance),
            Task::End { key, reason } => self.end(key, *reason),
            Task::Provider(config) => self.provider(config),
            Task::Output(name) => self.output(name),
            Task::Import { place, .. } => self.import_block(*place),
            Task::Outputs(module) => self.guarded_outputs(*module),
            Task::Check(module, place) => self.check(*module, *place),
        };
        match done {
            Ok(()) => {}
            Err(Halt::Wait(wait)) => self.queue.park(task, wait),
            Err(Halt::Later(later)) => self.defer(&task, later),
            Err(Halt::Failed(reported)) => self.fail(&task, reported),
        }
    }

    /// Lets what waits for a task know that it failed.
    fn fail(&mut self, task: &Task, reported: Reported) {
        match task {
            Task::Instance(instance) => self.fail_instance(instance, reported),
            Task::End { key: (instance, None), .. } => self.fail_instance(instance, reported),
            Task::Import { place, .. } => self.end_import(*place, Err(reported)),
            Task::Provider(config) => {
                self.opened.insert(config.clone(), Opening::Failed(reported));
                self.queue.wake(&Wait::Provider(config.clone()));
            }
            _ => {}
        }
    }

    fn fail_instance(&mut self, instance: &Instance, reported: Reported) {
        if self.values.get(instance).is_none() {
            self.values.fail(instance.clone(), reported);
            self.publish(instance);
        }
    }

    /// Wakes what waits for an instance, and for its resource if it is the last one.
    fn publish(&mut self, instance: &Instance) {
        self.used |= !self.leases.is_empty();
        self.queue.wake(&Wait::Dep(Dep::Instance(instance.clone())));
        if let Some((keys, missing)) = self.keys.get_mut(&instance.resource)
            && keys.contains(&instance.key)
        {
            *missing = missing.saturating_sub(1);
            if *missing == 0 {
                self.queue.wake(&Wait::Dep(Dep::Whole(instance.resource.clone())));
            }
        }
    }

    /// Evaluates something, and starts what it has to wait for.
    fn attempt<T>(
        &mut self,
        evaluate: impl FnOnce(&mut Evaluator<'p>, &dyn Lookup, &mut Diagnostics) -> Result<T, Stop>,
    ) -> Result<T, Halt> {
        let result = self.attempt_only(evaluate);
        if let Err(Halt::Wait(Wait::Dep(dep))) = &result {
            self.demand(dep);
        }
        result
    }

    /// Evaluates something; what is said counts only if the evaluation came to an end.
    fn attempt_only<T>(
        &mut self,
        evaluate: impl FnOnce(&mut Evaluator<'p>, &dyn Lookup, &mut Diagnostics) -> Result<T, Stop>,
    ) -> Result<T, Halt> {
        let mut diags = Diagnostics::new();
        let result = evaluate(&mut self.evaluator, &self.values, &mut diags);
        match result {
            Ok(value) => {
                self.diags.extend(diags);
                Ok(value)
            }
            Err(Stop::Failed(reported)) => {
                self.diags.extend(diags);
                Err(Halt::Failed(reported))
            }
            Err(Stop::Blocked(dep)) => Err(Halt::Wait(Wait::Dep(dep))),
        }
    }

    fn ask(&mut self, about: Vec<Instance>, question: Question, flight: Flight) {
        let id = AskId(self.asked);
        self.asked += 1;
        self.flights.insert(id, flight);
        self.outbox.push_back(Ask { id, about, question });
    }

    /// Whether the last question is for a provider to be opened: everything of it would only be parked.
    fn opens(&self) -> bool {
        self.outbox.back().is_some_and(|ask| matches!(ask.question, Question::Configure { .. }))
    }

    fn shape(&self, provider: &ProviderConfig, instance: &Instance) -> Option<Arc<Shape>> {
        self.shapes.get(&provider.provider, &instance.resource.resource).cloned()
    }
}

impl Machine for Planner<'_> {
    fn poll(&mut self, room: usize) -> Vec<Ask> {
        while self.outbox.len() < room && !self.stopped && !self.opens() {
            match self.queue.pop() {
                Some(task) => self.run(task),
                None if !self.to_read.is_empty() => self.flush_reads(),
                None if !self.calm_down() => break,
                None => {}
            }
        }
        if self.outbox.is_empty() && self.flights.is_empty() {
            self.close_leases();
        } else if std::mem::take(&mut self.used) {
            self.close_used();
        }
        let count = room.min(self.outbox.len());
        self.outbox.drain(..count).collect()
    }

    fn feed(&mut self, id: AskId, answer: Answer) -> bool {
        let known = self.diags.len();
        match (self.flights.remove(&id), answer) {
            (Some(Flight::Configure(config)), Answer::Configure(result)) => self.configured(&config, result),
            (Some(Flight::Read(keys)), Answer::Read(outcomes)) => self.read(keys, outcomes),
            (Some(Flight::Import(instance)), Answer::Import(result)) => self.imported(&instance, result),
            (Some(Flight::Plan(flight)), Answer::Plan(response)) => self.planned(*flight, response),
            (Some(Flight::Data(flight)), Answer::ReadData(outcome)) => self.data_read(*flight, outcome),
            (Some(Flight::Open(flight)), Answer::OpenEphemeral(outcome)) => self.opened(*flight, outcome),
            (Some(Flight::Close(instance)), Answer::CloseEphemeral(found)) => self.closed(&instance, found),
            // An answer to nothing, or of the wrong kind: the caller's mistake, which must not become a panic.
            _ => {}
        }
        !self.diags.has_errors_since(known)
    }
}

fn shapes(program: &Program, providers: &Providers, snapshot: &Snapshot) -> Shapes {
    let declared = program.modules.iter().flat_map(|module| {
        let resources = module.contents.resources.iter().map(|decl| &decl.resource);
        module.resource_providers.iter().map(|config| &config.provider).zip(resources)
    });
    let stored = snapshot.resources.iter().map(|(address, state)| (&state.provider.provider, &address.resource));
    Shapes::of(providers, declared.chain(stored))
}

fn stored_under(snapshot: &Snapshot) -> FxHashMap<ConfigResource, Vec<AbsResource>> {
    let mut under: FxHashMap<ConfigResource, Vec<AbsResource>> = FxHashMap::default();
    for resource in snapshot.resources.keys() {
        under.entry(resource.config().clone()).or_default().push(resource.clone());
    }
    under
}
