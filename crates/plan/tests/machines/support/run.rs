//! Answers machines, in any order, until they are done or a crash.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use terrane_address::{Instance, ProviderConfig};
use terrane_plan::{
    Answer, Applied, Applier, ApplyOptions, Ask, Machine, Plan, PlanOptions, Planner, Prepared, Providers, Question,
};
use terrane_provider::{Configured, Lease, Problem};
use terrane_source::Diagnostics;
use terrane_state::{Entry, EntryKind, Snapshot};

use super::things::Things;
use super::{Config, inputs};

/// The result of a future that never has to wait.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a provider of tests has to wait"),
    }
}

/// Picks one of `len`; the order of answers.
pub type Pick<'a> = &'a mut dyn FnMut(usize) -> usize;

/// Always the first: answers come in the order of questions.
pub fn in_order(_: usize) -> usize {
    0
}

/// An order that looks like chance, but is the same for the same seed.
pub fn shuffled(mut seed: u64) -> impl FnMut(usize) -> usize {
    move |len| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % len
    }
}

/// What survives a crash.
#[derive(Default)]
pub struct Journal {
    pub entries: Vec<Entry>,
    /// Where the commands of provisioners are noted.
    pub things: Option<Arc<Things>>,
}

/// When a run stops answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    Done,
    /// Crash after so many answers; questions in flight may have been carried out all the same.
    Crash {
        answers: usize,
        carried_out: bool,
    },
    /// Stop the applier after so many answers.
    Stop(usize),
}

struct Hand<'a> {
    providers: &'a Providers,
    open: BTreeMap<ProviderConfig, Arc<dyn Configured>>,
    leases: BTreeMap<Instance, Lease>,
    journal: &'a mut Journal,
}

impl Hand<'_> {
    fn answer(&mut self, question: Question) -> Answer {
        if let Question::Persist { entries } = &question {
            self.journal.entries.extend(entries.iter().cloned());
            return Answer::Persist(Ok(()));
        }
        if let Question::Configure { provider, config, modules } = question {
            return match now(self.providers.get(&provider.provider).unwrap().configure(config, modules)) {
                Ok(open) => {
                    self.open.insert(provider, open);
                    Answer::Configure(Ok(()))
                }
                Err(problems) => Answer::Configure(Err(problems)),
            };
        }
        if let Question::Provision { request } = &question {
            if let Some(things) = &self.journal.things {
                let hidden = request.hidden.map(|why| format!(" ({why})")).unwrap_or_default();
                things.say(&format!("run {}{hidden}", request.command));
            }
            let problem = Problem::error("Command failed", format!("{} went wrong.", request.command));
            return Answer::Provision(if request.command.starts_with("fail") { vec![problem] } else { Vec::new() });
        }
        let open = self.open.get(question.provider().unwrap()).expect("the provider has been opened").clone();
        match question {
            Question::OpenEphemeral { instance, request, .. } => {
                let ty = request.ty.clone();
                let outcome = now(open.open(request));
                if let Ok(opened) = &outcome {
                    let lease = Lease { ty, private: opened.private.clone() };
                    assert!(self.leases.insert(instance, lease).is_none(), "it is opened once");
                }
                Answer::OpenEphemeral(outcome)
            }
            Question::CloseEphemeral { instance, .. } => {
                let lease = self.leases.remove(&instance).expect("it is open");
                Answer::CloseEphemeral(now(open.close(lease)))
            }
            Question::Read { requests, .. } => Answer::Read(now(open.read(requests))),
            Question::Plan { request, .. } => Answer::Plan(now(open.plan(request))),
            Question::ReadData { request, .. } => Answer::ReadData(now(open.read_data(request))),
            Question::Import { request, .. } => Answer::Import(now(open.import(request))),
            Question::Apply { request, .. } => {
                let begun = |e: &Entry| e.operation == request.operation && matches!(e.kind, EntryKind::Begin { .. });
                let known = self.journal.entries.iter().rev().any(begun);
                assert!(known, "the journal knows of a change before it is asked for");
                Answer::Apply(now(open.apply(request)))
            }
            Question::Confirm { request, .. } => {
                let kept = |e: &Entry| matches!(&e.kind, EntryKind::Current(Some(_)));
                assert!(self.journal.entries.iter().any(kept), "the journal knows of what is confirmed");
                now(open.confirm(request));
                Answer::Confirm
            }
            Question::Configure { .. } | Question::Persist { .. } | Question::Provision { .. } => unreachable!(),
        }
    }
}

/// Runs a machine; returns whether it came to its end, and how many answers it got.
fn run<M: Machine>(
    machine: &mut M,
    providers: &Providers,
    journal: &mut Journal,
    room: usize,
    pick: Pick<'_>,
    until: Until,
    stop: fn(&mut M),
) -> (bool, usize) {
    let mut hand = Hand { providers, open: BTreeMap::new(), leases: BTreeMap::new(), journal };
    let mut flying: Vec<Ask> = Vec::new();
    let mut answers = 0;
    loop {
        let asks = machine.poll(room - flying.len());
        assert!(asks.len() + flying.len() <= room, "more questions than there is room for");
        flying.extend(asks);
        if flying.is_empty() {
            assert!(hand.leases.is_empty(), "everything is closed at the end");
            return (true, answers);
        }
        match until {
            Until::Crash { answers: limit, carried_out } if answers == limit => {
                if carried_out {
                    flying.into_iter().for_each(|ask| drop(hand.answer(ask.question)));
                }
                return (false, answers);
            }
            Until::Stop(limit) if answers == limit => stop(machine),
            _ => {}
        }
        let ask = flying.remove(pick(flying.len()));
        let answer = hand.answer(ask.question.clone()).explained(&ask.question, hand.providers);
        machine.feed(ask.id, answer);
        answers += 1;
    }
}

/// Plans.
pub fn plan(
    config: &Config,
    providers: &Providers,
    prior: &Snapshot,
    options: PlanOptions,
    pick: Pick<'_>,
) -> (Plan, Diagnostics) {
    let mut planner = Planner::new(&config.program, providers, &config.world, inputs(), prior.clone(), options);
    run(&mut planner, providers, &mut Journal::default(), 4, pick, Until::Done, |_| {});
    let (plan, mut diags) = planner.finish();
    diags.extend(config.diags.clone());
    (plan, diags)
}

/// What came of an apply that may have crashed.
pub enum Came {
    To(Box<Applied>),
    Crash,
}

/// Applies a plan; `journal` gets what was written, also when it crashes. Returns the number of answers as well.
pub fn apply(
    config: &Config,
    providers: &Providers,
    plan: &Plan,
    options: ApplyOptions,
    journal: &mut Journal,
    pick: Pick<'_>,
    until: Until,
) -> Result<(Came, usize), Diagnostics> {
    let prepared = Prepared::new(plan, providers);
    let mut applier = Applier::new(&config.program, providers, &config.world, plan, &prepared, options)?;
    let (done, answers) = run(&mut applier, providers, journal, 4, pick, until, |applier| applier.stop());
    let came = if done { Came::To(Box::new(applier.finish())) } else { Came::Crash };
    Ok((came, answers))
}

/// Applies a plan to its end.
pub fn apply_all(config: &Config, providers: &Providers, plan: &Plan, pick: Pick<'_>) -> Applied {
    let options = ApplyOptions { seed: seed(plan), ..ApplyOptions::default() };
    let mut journal = Journal::default();
    match apply(config, providers, plan, options, &mut journal, pick, Until::Done) {
        Ok((Came::To(applied), _)) => {
            let mut replayed = plan.refreshed.clone();
            terrane_state::replay(&mut replayed, &journal.entries);
            assert_eq!(replayed.resources, applied.snapshot.resources, "the journal tells what the state became");
            *applied
        }
        Ok((Came::Crash, _)) => panic!("a run without crash crashed"),
        Err(diags) => panic!("{diags:?}"),
    }
}

/// A seed that differs from run to run: they have different serials or objects.
pub fn seed(plan: &Plan) -> [u8; 16] {
    let mut seed = [0u8; 16];
    for (i, step) in plan.steps.iter().enumerate() {
        for byte in format!("{step:?}").bytes() {
            seed[i % 16] = seed[i % 16].wrapping_mul(31).wrapping_add(byte);
        }
    }
    seed
}
