//! What is going on, while it goes on.
//!
//! On a terminal a status line shows what is in flight and for how long; lines of what was done scroll above it. In a
//! pipe there are only lines, and one every ten seconds for whatever takes long.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use terrane_address::Instance;
use terrane_engine::{Event, Observer};
use terrane_plan::{Answer, Question};
use terrane_provider::{Change, ImportBy, Object, Problem};

use super::lines::Paint;
use super::view::Watching;
use crate::terminal::Terminal;

/// Shows the progress of an operation.
pub struct Progress {
    paint: Paint,
    /// Whether lines of what is only read are left out.
    concise: bool,
    bar: Option<ProgressBar>,
    flights: Mutex<BTreeMap<String, Flight>>,
}

/// Something in flight.
struct Flight {
    verb: &'static str,
    since: Instant,
    /// Lines already written to say that it goes on.
    beats: u64,
}

/// In a pipe, whatever takes longer is mentioned this often.
const BEAT: Duration = Duration::from_secs(10);

impl Progress {
    /// Shows progress on a device until it is dropped.
    pub fn start(terminal: Terminal, concise: bool) -> Arc<Progress> {
        let bar = terminal.live.then(|| {
            let bar = ProgressBar::new_spinner();
            bar.set_style(
                ProgressStyle::with_template("{spinner} {msg}").unwrap_or_else(|_| ProgressStyle::default_spinner()),
            );
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        let progress = Arc::new(Progress { paint: terminal.out, concise, bar, flights: Mutex::default() });
        let watched = Arc::downgrade(&progress);
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval(Duration::from_millis(500));
            loop {
                ticks.tick().await;
                let Some(progress) = watched.upgrade() else { return };
                progress.beat();
            }
        });
        progress
    }

    fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| outln!("{text}")),
            None => outln!("{text}"),
        }
    }

    fn about(&self, address: &str, text: &str) {
        self.line(&format!("{} {text}", self.paint.bold(&format!("{address}:"))));
    }

    /// Brings the status line up to date, or mentions what takes long.
    fn beat(&self) {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        match &self.bar {
            Some(bar) => bar.set_message(status(&flights)),
            None => {
                for (address, flight) in flights.iter_mut() {
                    let beats = flight.since.elapsed().as_secs() / BEAT.as_secs();
                    if beats > flight.beats {
                        flight.beats = beats;
                        let elapsed = seconds(flight.since.elapsed());
                        self.about(address, &format!("Still {}... [{elapsed} elapsed]", flight.verb));
                    }
                }
            }
        }
    }

    fn begin(&self, address: String, verb: &'static str) {
        let flight = Flight { verb, since: Instant::now(), beats: 0 };
        self.flights.lock().unwrap_or_else(PoisonError::into_inner).insert(address, flight);
    }

    fn end(&self, address: &str) {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner).remove(address);
    }

    fn hides(&self, question: &Question) -> bool {
        let reads = matches!(question, Question::Read { .. } | Question::ReadData { .. });
        self.concise && reads
    }

    fn asked(&self, about: &[Instance], question: &Question) {
        let Some(words) = words(question) else { return };
        let name = name(about, question);
        if let Some(line) = words.begins.filter(|_| !self.hides(question)) {
            self.about(&name, &format!("{line}{}", known_id(question)));
        }
        self.begin(name, words.goes_on);
    }

    fn answered(&self, about: &[Instance], question: &Question, answer: &Answer, elapsed: Duration) {
        let Some(words) = words(question) else { return };
        let name = name(about, question);
        self.end(&name);
        let elapsed = seconds(elapsed);
        match (outcome(answer), words.done) {
            (Ended::Failed, Some(done)) => {
                self.about(&name, &self.paint.red(&format!("{} failed after {elapsed}", noun(done))));
            }
            (Ended::Fine(id), Some(done)) if !self.hides(question) => {
                let id = id.map(|id| format!(" [id={id}]")).unwrap_or_default();
                self.about(&name, &format!("{done} after {elapsed}{id}"));
            }
            _ => {}
        }
    }
}

impl Watching for Progress {
    fn pause(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Observer for Progress {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::WaitingForLock => self.line("Waiting for the state's lock..."),
            Event::Asked { about, question } => self.asked(about, question),
            Event::Answered { about, question, answer, elapsed } => self.answered(about, question, answer, elapsed),
            Event::Wrote { instance, line } if !line.trim().is_empty() => {
                self.line(&format!("{} {line}", self.paint.bold(&format!("{instance} (local-exec):"))));
            }
            Event::Wrote { .. } | Event::Journaled { .. } => {}
            Event::Finishing => self.line(
                "\nInterrupt received. What is in flight is finished and the state is written; nothing new is begun.\nPress Ctrl-C again to stop at once; objects in flight may then be left in an unknown condition.",
            ),
            Event::Aborting => self.line("\nSecond interrupt received. What is in flight is given up; the state is written."),
        }
    }
}

fn status(flights: &BTreeMap<String, Flight>) -> String {
    let longest = flights.iter().max_by_key(|(_, f)| f.since.elapsed());
    match longest {
        None => "working...".into(),
        Some((address, flight)) => {
            let others = flights.len() - 1;
            let more = if others > 0 { format!(" and {others} more") } else { String::new() };
            format!("{address}: {} [{}]{more}", flight.verb, seconds(flight.since.elapsed()))
        }
    }
}

/// `3s`, `1m20s`.
fn seconds(elapsed: Duration) -> String {
    match elapsed.as_secs() {
        s @ 0..60 => format!("{s}s"),
        s => format!("{}m{:02}s", s / 60, s % 60),
    }
}

/// The words for a kind of question.
struct Words {
    begins: Option<&'static str>,
    goes_on: &'static str,
    done: Option<&'static str>,
}

fn words(question: &Question) -> Option<Words> {
    let words = |begins, goes_on, done| Some(Words { begins: Some(begins), goes_on, done: Some(done) });
    match question {
        Question::Configure { .. } => Some(Words { begins: None, goes_on: "configuring", done: None }),
        Question::OpenEphemeral { .. } => words("Opening...", "opening", "Opening complete"),
        Question::CloseEphemeral { .. } => words("Closing...", "closing", "Closing complete"),
        Question::Plan { .. } | Question::Persist { .. } | Question::Confirm { .. } => None,
        Question::Provision { .. } => {
            words("Provisioning with 'local-exec'...", "provisioning", "Provisioning complete")
        }
        Question::Read { .. } => Some(Words { begins: Some("Refreshing state..."), goes_on: "refreshing", done: None }),
        Question::ReadData { .. } => words("Reading...", "reading", "Read complete"),
        Question::Import { .. } => words("Importing...", "importing", "Import prepared"),
        Question::Apply { request, .. } => match request.change {
            Change::Create { .. } => words("Creating...", "creating", "Creation complete"),
            Change::Update { .. } => words("Modifying...", "modifying", "Modifications complete"),
            Change::Delete { .. } => words("Destroying...", "destroying", "Destruction complete"),
        },
    }
}

/// `Creation` of `Creation complete`.
fn noun(done: &str) -> &str {
    done.split(' ').next().unwrap_or(done)
}

/// The name of what a question is about: an address, or a type with the number of its objects.
fn name(about: &[Instance], question: &Question) -> String {
    match (about, question) {
        ([one], _) => one.to_string(),
        (_, Question::Read { requests, .. }) => {
            let ty = requests.first().map(|r| r.ty.to_string()).unwrap_or_default();
            format!("{} objects of {ty}", requests.len())
        }
        (_, question) => question.provider().map(ToString::to_string).unwrap_or_default(),
    }
}

fn id_of(object: &Object) -> Option<String> {
    object.value.get("id").and_then(|id| id.as_str()).map(str::to_owned)
}

fn known_id(question: &Question) -> String {
    let id = match question {
        Question::Read { requests, .. } => match requests.as_slice() {
            [one] => id_of(&one.prior),
            _ => None,
        },
        Question::Import { request, .. } => Some(match &request.by {
            ImportBy::Id(id) => id.clone(),
            ImportBy::Identity(_) => request.by.to_string(),
        }),
        Question::Apply { request, .. } => match &request.change {
            Change::Update { prior, .. } | Change::Delete { prior } => id_of(prior),
            Change::Create { .. } => None,
        },
        _ => None,
    };
    id.map(|id| format!(" [id={id}]")).unwrap_or_default()
}

enum Ended {
    Failed,
    Fine(Option<String>),
}

fn outcome(answer: &Answer) -> Ended {
    match answer {
        Answer::Apply(response) if response.failed() => Ended::Failed,
        Answer::Apply(response) => Ended::Fine(response.object.as_ref().and_then(id_of)),
        Answer::ReadData(Ok(value)) => Ended::Fine(value.get("id").and_then(|id| id.as_str()).map(str::to_owned)),
        Answer::Provision(problems) if problems.iter().any(terrane_provider::Problem::is_error) => Ended::Failed,
        Answer::ReadData(Err(_)) | Answer::Import(Err(_)) => Ended::Failed,
        Answer::OpenEphemeral(Err(_)) => Ended::Failed,
        Answer::CloseEphemeral(problems) if problems.iter().any(Problem::is_error) => Ended::Failed,
        Answer::OpenEphemeral(Ok(_)) | Answer::CloseEphemeral(_) => Ended::Fine(None),
        Answer::Provision(_) => Ended::Fine(None),
        Answer::Import(Ok(_)) | Answer::Configure(_) | Answer::Read(_) => Ended::Fine(None),
        Answer::Plan(_) | Answer::Persist(_) | Answer::Confirm => Ended::Fine(None),
    }
}
