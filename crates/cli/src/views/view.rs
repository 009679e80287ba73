//! The seam between commands and those who read: people, programs, or both.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;

use terrane_engine::{Event, Observer};
use terrane_plan::{Applied, Plan, Providers};
use terrane_provider::Spent;
use terrane_source::{Diagnostic, Files};
use terrane_state::Snapshot;

/// Tells what an operation finds and does.
pub trait View: Debug + Send + Sync {
    /// Tells of errors and warnings, in order.
    fn diagnostics(&self, diags: Vec<Diagnostic>, files: &Files);

    /// Tells of what is going on, from now on.
    fn watch(&self) -> Arc<dyn Watching>;

    /// Tells of a plan.
    fn plan(&self, plan: &Plan, providers: &Providers);

    /// Tells that a saved plan, which its readers know, is about to be carried out.
    fn resumed(&self, _: &Plan) {}

    /// Tells that a plan was written to a file.
    fn saved(&self, path: &Path);

    /// Tells what came of a plan.
    fn applied(&self, plan: &Plan, applied: &Applied);

    /// Tells of the outputs that a state now has.
    fn outputs(&self, snapshot: &Snapshot);

    /// Tells which workspaces there are, and which is selected.
    fn workspaces(&self, names: &[String], current: &str);

    /// Tells which instances a state has.
    fn addresses(&self, addresses: &[String]);

    /// Tells in which resources a provider is replaced by another.
    fn replaced_provider(&self, from: &str, to: &str, resources: &[String]);

    /// Tells what the calls of providers took, by operation; nothing if there were none.
    fn spent(&self, spent: &BTreeMap<String, Spent>);

    /// Tells anything else, in a sentence.
    fn say(&self, text: &str);
}

/// Watches an operation until it is paused.
pub trait Watching: Observer {
    /// Takes off the screen what is there only while something goes on, and tells what is still untold.
    fn pause(&self);
}

/// Tells two views the same.
#[derive(Debug)]
pub struct Both(pub Arc<dyn View>, pub Arc<dyn View>);

impl View for Both {
    fn diagnostics(&self, diags: Vec<Diagnostic>, files: &Files) {
        self.0.diagnostics(diags.clone(), files);
        self.1.diagnostics(diags, files);
    }

    fn watch(&self) -> Arc<dyn Watching> {
        Arc::new(BothWatch(self.0.watch(), self.1.watch()))
    }

    fn plan(&self, plan: &Plan, providers: &Providers) {
        self.0.plan(plan, providers);
        self.1.plan(plan, providers);
    }

    fn resumed(&self, plan: &Plan) {
        self.0.resumed(plan);
        self.1.resumed(plan);
    }

    fn saved(&self, path: &Path) {
        self.0.saved(path);
        self.1.saved(path);
    }

    fn applied(&self, plan: &Plan, applied: &Applied) {
        self.0.applied(plan, applied);
        self.1.applied(plan, applied);
    }

    fn outputs(&self, snapshot: &Snapshot) {
        self.0.outputs(snapshot);
        self.1.outputs(snapshot);
    }

    fn workspaces(&self, names: &[String], current: &str) {
        self.0.workspaces(names, current);
        self.1.workspaces(names, current);
    }

    fn addresses(&self, addresses: &[String]) {
        self.0.addresses(addresses);
        self.1.addresses(addresses);
    }

    fn replaced_provider(&self, from: &str, to: &str, resources: &[String]) {
        self.0.replaced_provider(from, to, resources);
        self.1.replaced_provider(from, to, resources);
    }

    fn spent(&self, spent: &BTreeMap<String, Spent>) {
        self.0.spent(spent);
        self.1.spent(spent);
    }

    fn say(&self, text: &str) {
        self.0.say(text);
        self.1.say(text);
    }
}

struct BothWatch(Arc<dyn Watching>, Arc<dyn Watching>);

impl Observer for BothWatch {
    fn event(&self, event: Event<'_>) {
        self.0.event(event);
        self.1.event(event);
    }
}

impl Watching for BothWatch {
    fn pause(&self) {
        self.0.pause();
        self.1.pause();
    }
}
