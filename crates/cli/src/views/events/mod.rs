//! What programs read: one JSON object a line, in the form of Terraform's machine-readable interface, version 1.2.

mod change;
mod hook;
mod line;
mod summary;
mod watch;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use terrane_plan::{Applied, Plan, PlanMode, Providers};
use terrane_provider::Spent;
use terrane_source::{Diagnostic, Files, Severity};
use terrane_state::Snapshot;

use self::line::{Level, Lines, Payload};
use self::summary::{Operation, Summary};
use self::watch::Watch;
use super::view::{View, Watching};
use super::{applied, diagnostics_json, spent};

/// Writes events.
#[derive(Debug)]
pub struct Events {
    lines: Arc<Lines>,
}

impl Events {
    /// Writes events to standard output from now on.
    pub fn to_stdout() -> Events {
        Events::begin(Box::new(std::io::stdout()))
    }

    /// Writes events to a file, which is made, or emptied, and which only its owner may read.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub fn to_file(path: &Path) -> std::io::Result<Events> {
        use std::os::unix::fs::OpenOptionsExt;
        let file = std::fs::File::options().write(true).create(true).truncate(true).mode(0o600).open(path)?;
        Ok(Events::begin(Box::new(file)))
    }

    fn begin(out: Box<dyn std::io::Write + Send>) -> Events {
        let lines = Arc::new(Lines::new(out));
        lines.write(Level::Info, &format!("Terrane {}", env!("CARGO_PKG_VERSION")), Payload::version());
        Events { lines }
    }

    fn info(&self, message: &str, payload: Payload) {
        self.lines.write(Level::Info, message, payload);
    }
}

impl View for Events {
    fn diagnostics(&self, diags: Vec<Diagnostic>, files: &Files) {
        for diagnostic in &diags {
            let (level, word) = match diagnostic.severity {
                Severity::Warning => (Level::Warn, "Warning"),
                Severity::Error => (Level::Error, "Error"),
            };
            let payload = Payload::Diagnostic { diagnostic: diagnostics_json::one(diagnostic, files) };
            self.lines.write(level, &format!("{word}: {}", diagnostic.summary), payload);
        }
    }

    fn watch(&self) -> Arc<dyn Watching> {
        Watch::start(self.lines.clone())
    }

    fn plan(&self, plan: &Plan, _: &Providers) {
        for drift in &plan.drift {
            let change = change::drifted(drift);
            self.info(&change.drift_message(), Payload::ResourceDrift { change });
        }
        self.resumed(plan);
        for deferred in plan.deferred.iter().map(change::deferred) {
            self.info(&deferred.message(), Payload::DeferredChange { deferred });
        }
        let changes = Summary::new(&plan.summary(), Operation::Plan);
        self.info(&changes.message(), Payload::ChangeSummary { changes });
        if !plan.outputs.is_empty() {
            let outputs = summary::planned_outputs(plan);
            self.info(&format!("Outputs: {}", outputs.len()), Payload::Outputs { outputs });
        }
    }

    fn resumed(&self, plan: &Plan) {
        for change in plan.steps.iter().filter(|step| change::is_told(step)).map(change::planned) {
            self.info(&change.plan_message(), Payload::PlannedChange { change });
        }
    }

    fn saved(&self, path: &Path) {
        self.say(&format!("The plan was saved to {}.", path.display()));
    }

    fn applied(&self, plan: &Plan, applied: &Applied) {
        applied::skipped(plan, applied).iter().chain(&applied::undone(plan, applied)).for_each(|line| self.say(line));
        if applied.is_complete() {
            let destroy = plan.options.mode == PlanMode::Destroy;
            let operation = if destroy { Operation::Destroy } else { Operation::Apply };
            let changes = Summary::new(&applied.summary, operation);
            self.info(&changes.message(), Payload::ChangeSummary { changes });
        }
    }

    fn outputs(&self, snapshot: &Snapshot) {
        let outputs = summary::stored_outputs(snapshot);
        self.info(&format!("Outputs: {}", outputs.len()), Payload::Outputs { outputs });
    }

    fn workspaces(&self, names: &[String], current: &str) {
        let payload = Payload::WorkspaceList { workspaces: names.to_vec(), current_workspace: current.into() };
        self.info(&format!("Workspaces: {}", names.len()), payload);
    }

    fn addresses(&self, addresses: &[String]) {
        addresses.iter().for_each(|address| self.info(address, Payload::ResourceAddress));
    }

    fn replaced_provider(&self, from: &str, to: &str, resources: &[String]) {
        let (text, resources) = (format!("The provider {from} is replaced by {to}."), resources.to_vec());
        self.info(&text, Payload::ReplaceProvider { from: from.into(), to: to.into(), resources });
    }

    fn spent(&self, all: &BTreeMap<String, Spent>) {
        if !all.is_empty() {
            self.info(&spent::line(all), Payload::ApiCalls { calls: summary::calls(all) });
        }
    }

    fn say(&self, text: &str) {
        self.info(text.trim(), Payload::Log);
    }
}
