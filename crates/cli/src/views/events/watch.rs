//! What is going on, as events.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use terrane_address::Instance;
use terrane_engine::{Event, Observer};
use terrane_plan::{Answer, Question};
use terrane_provider::{Change, Problem};
use terrane_state::{Entry, EntryKind};
use terrane_value::Value;

use super::hook::Hook;
use super::line::{Level, Lines, Payload};
use crate::views::view::Watching;

/// Whatever takes longer is mentioned this often.
const BEAT: Duration = Duration::from_secs(10);

/// The only provisioner there is.
const PROVISIONER: &str = "local-exec";

/// Writes an event for whatever begins and ends.
pub struct Watch {
    lines: Arc<Lines>,
    changes: Mutex<BTreeMap<Instance, Flight>>,
}

/// A change in flight.
struct Flight {
    action: Action,
    since: Instant,
    /// How often it was mentioned.
    beats: u64,
    /// The object after the change: it is made, but its provisioners may still have to run.
    made: Option<Value>,
}

impl Watch {
    /// Writes events, and one every ten seconds for each change in flight, until it is dropped.
    pub fn start(lines: Arc<Lines>) -> Arc<Watch> {
        let watch = Arc::new(Watch { lines, changes: Mutex::default() });
        let watched = Arc::downgrade(&watch);
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval(Duration::from_millis(500));
            loop {
                ticks.tick().await;
                let Some(watch) = watched.upgrade() else { return };
                watch.beat();
            }
        });
        watch
    }

    fn info(&self, message: &str, payload: Payload) {
        self.lines.write(Level::Info, message, payload);
    }

    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<Instance, Flight>) -> T) -> T {
        work(&mut self.changes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn beat(&self) {
        let due: Vec<_> = self.with(|changes| {
            let late = changes.iter_mut().filter_map(|(instance, flight)| {
                let beats = flight.since.elapsed().as_secs() / BEAT.as_secs();
                let is_late = std::mem::replace(&mut flight.beats, beats) < beats;
                is_late.then(|| (instance.clone(), flight.action, flight.since.elapsed()))
            });
            late.collect()
        });
        for (instance, action, elapsed) in due {
            let hook = Hook { action: Some(action.name), ..timed(&instance, elapsed) };
            let message = format!("{instance}: Still {}... [{} elapsed]", action.goes_on, seconds(elapsed));
            self.info(&message, Payload::ApplyProgress { hook });
        }
    }

    fn begin(&self, instance: &Instance, action: Action, prior: Option<&Value>) {
        let hook = Hook { action: Some(action.name), ..Hook::about(instance).known_as(prior) };
        self.info(&format!("{instance}: {}...{}", action.begins, hook.id()), Payload::ApplyStart { hook });
        let flight = Flight { action, since: Instant::now(), beats: 0, made: None };
        self.with(|changes| changes.insert(instance.clone(), flight));
    }

    fn is_in_flight(&self, instance: &Instance) -> bool {
        self.with(|changes| changes.contains_key(instance))
    }

    fn complete(&self, instance: &Instance, made: Option<&Value>) {
        let Some(Flight { action, since, .. }) = self.with(|changes| changes.remove(instance)) else { return };
        let elapsed = since.elapsed();
        let hook = Hook { action: Some(action.name), ..timed(instance, elapsed).known_as(made) };
        let message = format!("{instance}: {} complete after {}{}", action.noun, seconds(elapsed), hook.id());
        self.info(&message, Payload::ApplyComplete { hook });
    }

    fn fail(&self, instance: &Instance) {
        let Some(Flight { action, since, .. }) = self.with(|changes| changes.remove(instance)) else { return };
        let elapsed = since.elapsed();
        let hook = Hook { action: Some(action.name), ..timed(instance, elapsed) };
        let message = format!("{instance}: {} errored after {}", action.noun, seconds(elapsed));
        self.info(&message, Payload::ApplyErrored { hook });
    }

    fn asked(&self, about: &[Instance], question: &Question) {
        match (question, about) {
            (Question::Read { requests, .. }, _) => {
                for (instance, request) in about.iter().zip(requests) {
                    let hook = Hook::about(instance).known_as(Some(&request.prior.value));
                    let message = format!("{instance}: Refreshing state...{}", hook.id());
                    self.info(&message, Payload::RefreshStart { hook });
                }
            }
            (Question::ReadData { .. }, [instance]) => self.begin(instance, READ, None),
            (Question::Apply { request, .. }, [instance]) => match &request.change {
                Change::Create { .. } => self.begin(instance, CREATE, None),
                Change::Update { prior, .. } => self.begin(instance, UPDATE, Some(&prior.value)),
                Change::Delete { prior } if !self.is_in_flight(instance) => {
                    self.begin(instance, DELETE, Some(&prior.value));
                }
                Change::Delete { .. } => {}
            },
            (Question::Provision { .. }, [instance]) => {
                // What provisions an object that nothing else is done with does so before it is deleted.
                if !self.is_in_flight(instance) {
                    self.begin(instance, DELETE, None);
                }
                let hook = Hook { provisioner: Some(PROVISIONER), ..Hook::about(instance) };
                let message = format!("{instance}: Provisioning with '{PROVISIONER}'...");
                self.info(&message, Payload::ProvisionStart { hook });
            }
            (Question::OpenEphemeral { .. }, [instance]) => self.ephemeral(instance, "Opening...", true),
            (Question::CloseEphemeral { .. }, [instance]) => self.ephemeral(instance, "Closing...", true),
            _ => {}
        }
    }

    fn answered(&self, about: &[Instance], answer: &Answer) {
        match (answer, about) {
            (Answer::Read(outcomes), _) => {
                for (instance, outcome) in about.iter().zip(outcomes) {
                    let Ok(object) = outcome else { continue };
                    let hook = Hook::about(instance).known_as(object.as_ref().map(|object| &object.value));
                    let message = format!("{instance}: Refresh complete{}", hook.id());
                    self.info(&message, Payload::RefreshComplete { hook });
                }
            }
            (Answer::ReadData(Ok(value)), [instance]) => self.complete(instance, Some(value)),
            (Answer::ReadData(Err(_)), [instance]) => self.fail(instance),
            (Answer::Apply(response), [instance]) if response.failed() => self.fail(instance),
            (Answer::Apply(response), [instance]) => match &response.object {
                Some(object) => self.made(instance, object.value.clone()),
                None => self.complete(instance, None),
            },
            (Answer::Provision(problems), [instance]) => self.provisioned(instance, problems),
            (Answer::OpenEphemeral(_), [instance]) => self.ephemeral(instance, "Open complete", false),
            (Answer::CloseEphemeral(_), [instance]) => self.ephemeral(instance, "Close complete", false),
            _ => {}
        }
    }

    /// An object is made; that it is complete is told when the journal says so.
    fn made(&self, instance: &Instance, object: Value) {
        self.with(|changes| {
            if let Some(flight) = changes.get_mut(instance) {
                flight.made = Some(object);
            }
        });
    }

    fn journaled(&self, entries: &[Entry]) {
        for entry in entries {
            let half = matches!(&entry.kind, EntryKind::Current(Some(object)) if object.tainted);
            let begins = matches!(entry.kind, EntryKind::Begin { .. } | EntryKind::Depose(_));
            let made = self.with(|changes| changes.get(&entry.instance).and_then(|flight| flight.made.clone()));
            if let Some(made) = made.filter(|_| !half && !begins) {
                self.complete(&entry.instance, Some(&made));
            }
        }
    }

    fn provisioned(&self, instance: &Instance, problems: &[Problem]) {
        let hook = Hook { provisioner: Some(PROVISIONER), ..Hook::about(instance) };
        match problems.iter().any(Problem::is_error) {
            true => {
                let message = format!("{instance}: ({PROVISIONER}) Provisioning errored");
                self.info(&message, Payload::ProvisionErrored { hook });
            }
            false => {
                let message = format!("{instance}: ({PROVISIONER}) Provisioning complete");
                self.info(&message, Payload::ProvisionComplete { hook });
            }
        }
    }

    fn wrote(&self, instance: &Instance, line: &str) {
        let line = line.trim_end();
        if line.is_empty() {
            return;
        }
        let about = Hook::about(instance);
        let hook = Hook { provisioner: Some(PROVISIONER), output: Some(line.to_owned()), ..about };
        self.info(&format!("{instance}: ({PROVISIONER}): {line}"), Payload::ProvisionProgress { hook });
    }

    fn ephemeral(&self, instance: &Instance, msg: &'static str, begins: bool) {
        let hook = Hook { msg: Some(msg), ..Hook::about(instance) };
        let message = format!("{instance}: {msg}");
        match begins {
            true => self.info(&message, Payload::EphemeralActionStarted { hook }),
            false => self.info(&message, Payload::EphemeralActionComplete { hook }),
        }
    }
}

impl Observer for Watch {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::WaitingForLock => self.info("Waiting for the state's lock...", Payload::StateLockAcquire),
            Event::Asked { about, question } => self.asked(about, question),
            Event::Answered { about, answer, .. } => self.answered(about, answer),
            Event::Journaled { entries } => self.journaled(entries),
            Event::Wrote { instance, line } => self.wrote(instance, line),
            Event::Finishing => self.info(
                "Interrupt received. What is in flight is finished and the state is written; nothing new is begun.",
                Payload::Log,
            ),
            Event::Aborting => self
                .info("Second interrupt received. What is in flight is given up; the state is written.", Payload::Log),
        }
    }
}

impl Watching for Watch {
    fn pause(&self) {
        let left: Vec<Instance> = self.with(|changes| changes.keys().cloned().collect());
        left.iter().for_each(|instance| self.fail(instance));
    }
}

/// A kind of change, and the words for it.
#[derive(Clone, Copy)]
struct Action {
    name: &'static str,
    begins: &'static str,
    goes_on: &'static str,
    noun: &'static str,
}

const CREATE: Action = Action { name: "create", begins: "Creating", goes_on: "creating", noun: "Creation" };
const UPDATE: Action = Action { name: "update", begins: "Modifying", goes_on: "modifying", noun: "Modifications" };
const DELETE: Action = Action { name: "delete", begins: "Destroying", goes_on: "destroying", noun: "Destruction" };
const READ: Action = Action { name: "read", begins: "Refreshing", goes_on: "refreshing", noun: "Refresh" };

fn timed(instance: &Instance, elapsed: Duration) -> Hook {
    Hook { elapsed_seconds: Some(elapsed.as_secs()), ..Hook::about(instance) }
}

/// A duration in whole seconds as Go writes it: `3s`, `1m5s`, `1h0m0s`.
fn seconds(elapsed: Duration) -> String {
    match elapsed.as_secs() {
        s @ 0..60 => format!("{s}s"),
        s @ 60..3600 => format!("{}m{}s", s / 60, s % 60),
        s => format!("{}h{}m{}s", s / 3600, s / 60 % 60, s % 60),
    }
}
