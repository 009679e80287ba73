//! What people read.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use terrane_plan::{Applied, Plan, Providers};
use terrane_provider::Spent;
use terrane_source::{Diagnostic, Files};
use terrane_state::Snapshot;

use super::diagnostics::{self, Showing};
use super::progress::Progress;
use super::view::{View, Watching};
use super::{applied, plan, spent};
use crate::terminal::Terminal;

/// Writes text to the standard streams.
#[derive(Clone, Copy, Debug)]
pub struct Human {
    /// The standard streams.
    pub terminal: Terminal,
    /// How errors and warnings are shown.
    pub showing: Showing,
    /// Whether lines of what is only read are left out.
    pub concise: bool,
    /// Whether calls are broken down by operation.
    pub stats: bool,
}

impl View for Human {
    fn diagnostics(&self, diags: Vec<Diagnostic>, files: &Files) {
        err!("{}", diagnostics::text(diags, files, self.terminal.err.color, self.showing));
    }

    fn watch(&self) -> Arc<dyn Watching> {
        Progress::start(self.terminal, self.concise)
    }

    fn plan(&self, plan: &Plan, providers: &Providers) {
        plan::write(plan, providers, self.terminal.out, &mut |part| out!("{part}"));
    }

    fn saved(&self, path: &Path) {
        out!("\nThe plan was saved to {}.", path.display());
        let next = || format!(" To carry out exactly these actions, run: terrane apply {:?}", path.display());
        outln!("{}", if self.terminal.automation { String::new() } else { next() });
    }

    fn applied(&self, plan: &Plan, applied: &Applied) {
        out!("{}", applied::summary(plan, applied, self.terminal.out));
    }

    fn outputs(&self, snapshot: &Snapshot) {
        out!("{}", applied::outputs(snapshot, self.terminal.out.secrets));
    }

    fn workspaces(&self, names: &[String], current: &str) {
        for name in names {
            outln!("{} {name}", if name == current { '*' } else { ' ' });
        }
        outln!("");
    }

    fn addresses(&self, addresses: &[String]) {
        addresses.iter().for_each(|address| outln!("{address}"));
    }

    fn replaced_provider(&self, from: &str, to: &str, resources: &[String]) {
        outln!("The provider {from} is replaced by {to} in:");
        resources.iter().for_each(|resource| outln!("  {resource}"));
    }

    /// Standard output is what tools read; what calls took is not part of it.
    fn spent(&self, all: &BTreeMap<String, Spent>) {
        match (all.is_empty(), self.stats) {
            (true, _) => {}
            (false, false) => errln!("{}", self.terminal.err.dim(&spent::line(all))),
            (false, true) => err!("\n{}\n{}", spent::table(all, self.terminal.err), spent::line(all) + "\n"),
        }
    }

    fn say(&self, text: &str) {
        outln!("{text}");
    }
}
