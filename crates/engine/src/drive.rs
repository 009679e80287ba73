//! The loop that runs a machine: poll, spawn each question, feed each answer.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use terrane_address::Instance;
use terrane_plan::{Answer, Ask, AskId, Machine, Providers, Question};
use terrane_provider::{Change, Problem};
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

    /// Keeps for the next run that a create has begun of which nobody knows whether it took effect.
    fn doubt(&mut self, instance: &Instance, operation: &str);

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

    fn doubt(&mut self, _: &Instance, _: &str) {}

    async fn settle(&mut self) {}
}

/// A question that has not been answered yet.
struct Flight {
    id: AskId,
    about: Vec<Instance>,
    question: Question,
    since: Instant,
}

impl Flight {
    /// The create that is asked for, if it is one.
    fn create(&self) -> Option<(Instance, Arc<str>)> {
        let Question::Apply { request, .. } = &self.question else { return None };
        let creates = matches!(request.change, Change::Create { .. });
        Some((self.about.first().filter(|_| creates)?.clone(), request.operation.clone()))
    }
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
    let mut run = Run { host, rooms, tasks, flights: HashMap::new(), doubts: Vec::new(), running, lines };
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
    /// Creates without an answer that the journal has not been told of.
    doubts: Vec<(Instance, Arc<str>)>,
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
            self.doubts.drain(..).for_each(|(instance, operation)| journal.doubt(&instance, &operation));
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
        for ask in asks {
            machine.feed(ask.id, Answer::Persist(result.clone()));
        }
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
        if outcome.is_none() {
            self.doubts.extend(flight.create());
        }
        let (answer, opened) = outcome.unwrap_or_else(|| (self.crashed(&flight), None));
        self.host.keep(opened);
        let answer = answer.explained(&flight.question, self.host.providers());
        let elapsed = flight.since.elapsed();
        let (about, question) = (&*flight.about, &flight.question);
        if tracing::enabled!(tracing::Level::WARN) {
            noted::answered(about, question, &answer, elapsed);
        }
        let tell = |answer: &Answer| {
            self.running.watcher.event(Event::Answered { about, question, answer, elapsed });
        };
        if !matches!(question, Question::Apply { .. } | Question::ReadData { .. }) {
            tell(&answer);
            machine.feed(flight.id, answer);
        } else if machine.feed(flight.id, answer.clone()) {
            tell(&answer);
        } else {
            // Why has been reported; those who watch must not take it for done.
            tell(&question.unanswered(Problem::error("Invalid answer", "The provider's answer was refused.")));
        }
    }

    /// The answer of a provider that crashed.
    fn crashed(&self, flight: &Flight) -> Answer {
        let (names, lasting) = (names(&flight.about), consequences(&flight.question));
        let who = flight.question.provider().map(|config| &config.provider);
        let (who, blame) = match who {
            Some(provider) => (format!("Provider {provider}"), self.host.blame(provider)),
            None => ("Terrane".to_owned(), "This is a bug in Terrane; please report it.".to_owned()),
        };
        let detail =
            format!("{who} crashed while it worked on {names}; the lines above say where.{lasting}\n\n{blame}");
        flight.question.unanswered(Problem::error("Provider crashed", detail))
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
            self.doubts.extend(flight.create());
            let names = names(&flight.about);
            let lasting = consequences(&flight.question);
            let problem = Problem::error(
                "Interrupted",
                format!("The call for {names} was in flight when the run was aborted.{lasting}"),
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

/// The instances that a question is about, many of them by their number.
fn names(about: &[Instance]) -> String {
    match about {
        [] => "its configuration".to_owned(),
        [one] => one.to_string(),
        [first, others @ ..] => format!("{first} and {} more", others.len()),
    }
}

/// What to do about a call that ended without an answer, if it may have changed something.
fn consequences(question: &Question) -> &'static str {
    let Question::Apply { request, .. } = question else { return "" };
    match request.change {
        Change::Create { .. } => {
            " It may have taken effect: the next apply asks for it as this one did, so that an object that was made all \
             the same is found, and not made twice."
        }
        Change::Update { .. } | Change::Delete { .. } => {
            " It may have taken effect: the next plan shows what became of the object."
        }
    }
}
