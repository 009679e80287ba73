//! The lines of the event stream.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde_json::Value as Json;

use super::change::{Change, Deferral};
use super::hook::Hook;
use super::summary::{Calls, Output, Summary};

/// How much a line matters.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Info,
    Warn,
    Error,
}

/// What a line tells besides its message.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Payload {
    Version { terrane: &'static str, terraform: &'static str, ui: &'static str },
    Log,
    Diagnostic { diagnostic: Json },
    StateLockAcquire,
    WorkspaceList { workspaces: Vec<String>, current_workspace: String },
    ResourceAddress,
    ReplaceProvider { from: String, to: String, resources: Vec<String> },
    ResourceDrift { change: Change },
    PlannedChange { change: Change },
    DeferredChange { deferred: Deferral },
    ChangeSummary { changes: Summary },
    ApiCalls { calls: Calls },
    Outputs { outputs: BTreeMap<String, Output> },
    RefreshStart { hook: Hook },
    RefreshComplete { hook: Hook },
    ApplyStart { hook: Hook },
    ApplyProgress { hook: Hook },
    ApplyComplete { hook: Hook },
    ApplyErrored { hook: Hook },
    ProvisionStart { hook: Hook },
    ProvisionProgress { hook: Hook },
    ProvisionComplete { hook: Hook },
    ProvisionErrored { hook: Hook },
    EphemeralActionStarted { hook: Hook },
    EphemeralActionComplete { hook: Hook },
}

impl Payload {
    /// Who writes, and in which form.
    pub fn version() -> Payload {
        Payload::Version { terrane: env!("CARGO_PKG_VERSION"), terraform: terrane_engine::LANGUAGE_VERSION, ui: "1.2" }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(rename = "@level")]
    level: Level,
    #[serde(rename = "@message")]
    message: &'a str,
    #[serde(rename = "@module")]
    module: &'static str,
    #[serde(rename = "@timestamp")]
    timestamp: String,
    #[serde(flatten)]
    payload: Payload,
}

/// Where lines go; each is written as a whole.
pub struct Lines {
    out: Mutex<Box<dyn Write + Send>>,
}

impl Lines {
    /// Lines into a stream.
    pub fn new(out: Box<dyn Write + Send>) -> Lines {
        Lines { out: Mutex::new(out) }
    }

    /// Writes a line, and goes on if nobody reads.
    pub fn write(&self, level: Level, message: &str, payload: Payload) {
        let timestamp = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
        let line = Line { level, message, module: "terrane.ui", timestamp, payload };
        let Ok(mut text) = serde_json::to_string(&line) else { return };
        text.push('\n');
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        crate::print::note(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lines")
    }
}
