//! The loop that runs a machine: poll, spawn each question, feed each answer.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use terrane_address::Instance;
use terrane_plan::{Answer, Ask, AskId, Machine, Providers, Question};
use terrane_provider::Problem;
use terrane_state::Entry;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::{Id, JoinSet};

use crate::cancel::{Cancel, Urgency};
use crate::host::{Host, Outcome};
use crate::meter::Meter;
use crate::noted;
use crate::observe::{Event, Watcher};
use crate::provision::{self, Line, Surroundings};
use crate::rooms::{Parallelism, Rooms};

/// How a machine is run.
#[derive(Clone)]
pub struct Running {
    /// Greatest number of questions in flight.
    pub parallelism: Parallelism,
    /// Who watches.
    pub watcher: Watcher,
    /// Who may stop it.
    pub cancel: Cancel,
    /// Whether an apply that fails, or is stopped, deletes again what it has made.
    pub rollback: bool,
    /// Adds up what calls take.
    pub meter: Meter,
}

/// Writes journal entries; a machine goes on only when they are safe.
pub(crate) trait Journal {
    /// Makes the entries of several questions safe.
    async fn append(&mut self, entries: &[Arc<[Entry]>]) -> Result<(), String>;

    /// Stores what has been appended, if it has waited long enough. Called every now and then.
    async fn settle(&mut self);
}

/// How often the journal is given the chance to settle while answers are awaited.
const SETTLE_EVERY: std::time::Duration = std::time::Duration::from_millis(500);

/// How long questions are answered one after the other before other things get their turn.
const TURN: std::time::Duration = std::time::Duration::from_millis(50);

/// For machines that change nothing.
pub(crate) struct NoJournal;

impl Journal for NoJournal {
    async fn append(&mut self, _: &[Arc<[Entry]>]) -> Result<(), String> {
        Ok(())
    }

    async fn settle(&mut self) {}
}

/// A question that has not been answered yet.
struct Flight {
    id: AskId,
    about: Vec<Instance>,
    question: Question,
    since: Instant,
}

/// Runs a machine to its end, or until it is stopped. `stop` tells the machine to begin nothing new.
pub(crate) async fn drive<M: Machine>(
    machine: &mut M,
    providers: &Providers,
    journal: &mut impl Journal,
    running: &Running,
    stop: fn(&mut M, Urgency),
) {
    let (lines, mut written) = unbounded_channel();
    let rooms = Rooms::new(running.parallelism.clone());
    let (host, tasks) = (Host::new(providers, running.meter.clone()), JoinSet::new());
    let mut run = Run { host, rooms, tasks, flights: HashMap::new(), running, lines };
    let mut seen = Urgency::None;
    loop {
        let busy = run.begin(machine, journal).await;
        if !busy && run.tasks.is_empty() {
            return;
        }
        tokio::select! {
            () = std::future::ready(()), if busy => {}
            Some(line) = written.recv() => run.wrote(&line),
            Some(done) = run.tasks.join_next_with_id() => {
                // A command has written all its lines before its end is told.
                while let Ok(line) = written.try_recv() {
                    run.wrote(&line);
                }
                run.end(machine, done);
            }
            () = tokio::time::sleep(SETTLE_EVERY) => journal.settle().await,
            urgency = running.cancel.beyond(seen) => {
                seen = urgency;
                stop(machine, urgency);
                match urgency {
                    Urgency::Abort => return run.abort(machine, journal).await,
                    _ => running.watcher.event(Event::Finishing),
                }
            }
        }
    }
}

struct Run<'r> {
    host: Host,
    rooms: Rooms,
    tasks: JoinSet<Outcome>,
    flights: HashMap<Id, Flight>,
    running: &'r Running,
    lines: UnboundedSender<Line>,
}

impl Run<'_> {
    /// Begins as many questions as there is room for; what can be answered at once, is. Returns whether it left off
    /// with more to do, so that what else happened gets its turn.
    async fn begin<M: Machine>(&mut self, machine: &mut M, journal: &mut impl Journal) -> bool {
        let since = Instant::now();
        while since.elapsed() < TURN {
            let mut answered = false;
            while let Some(ask) = self.rooms.next() {
                answered |= self.ask(machine, ask);
            }
            let mut asks = machine.poll(self.rooms.wanted());
            let quiet = asks.is_empty();
            let entries = asks.extract_if(.., |ask| matches!(ask.question, Question::Persist { .. })).collect();
            self.persist(machine, journal, entries).await;
            for ask in asks {
                if let Some(ask) = self.rooms.enter(ask) {
                    answered |= self.ask(machine, ask);
                }
            }
            // What opens a provider is asked alone: there may be more.
            if quiet && !answered {
                return false;
            }
        }
        true
    }

    /// Writes into the journal what several questions ask for, at once.
    async fn persist<M: Machine>(&mut self, machine: &mut M, journal: &mut impl Journal, asks: Vec<Ask>) {
        if asks.is_empty() {
            return;
        }
        let of = |ask: &Ask| match &ask.question {
            Question::Persist { entries } => Some(entries.clone()),
            _ => None,
        };
        let entries: Vec<Arc<[Entry]>> = asks.iter().filter_map(of).collect();
        let result = journal.append(&entries).await;
        if result.is_ok() {
            entries.iter().for_each(|entries| self.running.watcher.event(Event::Journaled { entries }));
        }
        asks.into_iter().for_each(|ask| machine.feed(ask.id, Answer::Persist(result.clone())));
    }

    /// Puts a question; returns whether it was answered at once.
    fn ask<M: Machine>(&mut self, machine: &mut M, ask: Ask) -> bool {
        self.running.watcher.event(Event::Asked { about: &ask.about, question: &ask.question });
        noted::asked(&ask.about, &ask.question);
        let flight = Flight { id: ask.id, about: ask.about, question: ask.question, since: Instant::now() };
        let task = match (&flight.question, flight.about.first()) {
            (Question::Provision { request }, Some(instance)) => {
                let (lines, cancel) = (self.lines.clone(), self.running.cancel.clone());
                let around = Surroundings { instance: instance.clone(), lines, cancel };
                let answer = provision::run(request.clone(), around);
                self.tasks.spawn(async move { (answer.await, None) })
            }
            (question, _) => {
                let mut answer = Box::pin(self.host.answer(question.clone()));
                match at_once(answer.as_mut()) {
                    Poll::Ready(outcome) => {
                        self.take(machine, flight, outcome);
                        return true;
                    }
                    Poll::Pending => self.tasks.spawn(answer),
                }
            }
        };
        self.flights.insert(task.id(), flight);
        false
    }

    fn wrote(&self, line: &Line) {
        self.running.watcher.event(Event::Wrote { instance: &line.instance, line: &line.text });
    }

    fn end<M: Machine>(&mut self, machine: &mut M, done: Result<(Id, Outcome), tokio::task::JoinError>) {
        let (id, outcome) = match done {
            Ok((id, outcome)) => (id, Some(outcome)),
            Err(error) => (error.id(), None),
        };
        if let Some(flight) = self.flights.remove(&id) {
            self.take(machine, flight, outcome);
        }
    }

    /// Takes the answer to a question; `None` if the provider crashed.
    fn take<M: Machine>(&mut self, machine: &mut M, flight: Flight, outcome: Option<Outcome>) {
        self.rooms.leave(&flight.question);
        let (answer, opened) = outcome.unwrap_or_else(|| (lost(&flight), None));
        self.host.keep(opened);
        let elapsed = flight.since.elapsed();
        let (about, question) = (&*flight.about, &flight.question);
        if tracing::enabled!(tracing::Level::WARN) {
            noted::answered(about, question, &answer, elapsed);
        }
        self.running.watcher.event(Event::Answered { about, question, answer: &answer, elapsed });
        machine.feed(flight.id, answer);
    }

    /// Gives up what is in flight: each question is answered with what that means for its object.
    async fn abort<M: Machine>(mut self, machine: &mut M, journal: &mut impl Journal) {
        self.running.watcher.event(Event::Aborting);
        self.tasks.abort_all();
        for ask in self.rooms.empty() {
            let problem = Problem::error("Interrupted", "The run was aborted before this was begun.");
            machine.feed(ask.id, ask.question.unanswered(problem));
        }
        for (_, flight) in std::mem::take(&mut self.flights) {
            self.rooms.leave(&flight.question);
            let names = flight.about.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let problem = Problem::error(
                "Interrupted",
                format!(
                    "The call for {names} was in flight when the run was aborted; it may have taken effect. A plan shows what became of objects in the state; one that was being created has to be looked for in AWS, and imported if it is there."
                ),
            );
            machine.feed(flight.id, flight.question.unanswered(problem));
        }
        while self.begin(machine, journal).await {}
        // What is open is closed all the same; nothing else is begun any more.
        while let Some(done) = self.tasks.join_next_with_id().await {
            self.end(machine, done);
            while self.begin(machine, journal).await {}
        }
        self.host.close_all().await;
    }
}

/// The outcome of a future that need not wait; `None` within if it crashed.
fn at_once(future: Pin<&mut impl Future<Output = Outcome>>) -> Poll<Option<Outcome>> {
    let poll = AssertUnwindSafe(|| future.poll(&mut Context::from_waker(Waker::noop())));
    match catch_unwind(poll) {
        Ok(Poll::Ready(outcome)) => Poll::Ready(Some(outcome)),
        Ok(Poll::Pending) => Poll::Pending,
        Err(_) => Poll::Ready(None),
    }
}

/// The answer of a provider that did not end well.
fn lost(flight: &Flight) -> Answer {
    let names = flight.about.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    flight.question.unanswered(Problem::error(
        "Provider crashed",
        format!(
            "The provider crashed while it worked on {names}. This is a bug; please report it with the lines above."
        ),
    ))
}
