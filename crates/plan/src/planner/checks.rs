//! Checks: `check` blocks with their data sources, and conditions that nothing else would lead to.

use terrane_address::Instance;
use terrane_lang::ModuleId;
use terrane_provider::Problem;
use terrane_source::{Diagnostic, Diagnostics, Severity};

use super::queue::{Task, Wait};
use super::{Halt, Planner};
use crate::{PlanMode, checks, problems};

impl Planner<'_> {
    /// Queues the checks of all modules. What is limited by targets checks nothing, nor does a destroy.
    pub(super) fn start_checks(&mut self) {
        if self.options.is_limited() || self.options.mode == PlanMode::Destroy {
            return;
        }
        for module in &self.program.modules {
            let places = 0..module.contents.checks.len();
            places.for_each(|place| self.queue.push(Task::Check(module.id, place)));
            if module.contents.outputs.iter().any(|output| !output.preconditions.is_empty()) {
                self.queue.push(Task::Outputs(module.id));
            }
        }
    }

    pub(super) fn check(&mut self, module: ModuleId, place: usize) -> Result<(), Halt> {
        self.attempt(|e, lookup, diags| e.check(module, place, lookup, diags))
    }

    pub(super) fn guarded_outputs(&mut self, module: ModuleId) -> Result<(), Halt> {
        self.attempt(|e, lookup, diags| e.guarded_outputs(module, lookup, diags))
    }

    /// The data source of a check is read last: goes on only when nothing else is left to do.
    pub(super) fn wait_for_calm(&self, instance: &Instance) -> Result<(), Halt> {
        match self.is_in_check(instance) && !self.calm {
            true => Err(Halt::Wait(Wait::Calm)),
            false => Ok(()),
        }
    }

    /// Lets the data sources of checks begin, once nothing else can go on; false if none waits for that.
    pub(super) fn calm_down(&mut self) -> bool {
        if self.calm || !self.flights.is_empty() {
            return false;
        }
        self.calm = true;
        self.queue.wake(&Wait::Calm)
    }

    pub(super) fn is_in_check(&self, instance: &Instance) -> bool {
        self.decl(instance).is_some_and(|decl| decl.in_check.is_some())
    }

    /// Notes what is found of checks in the state that apply starts from.
    pub(super) fn remember_checks(&mut self) {
        let found = self.evaluator.checked();
        let results = match self.options.mode {
            PlanMode::Destroy => checks::destroyed(&found),
            _ if self.options.is_limited() => checks::limited(&found),
            PlanMode::Normal | PlanMode::RefreshOnly => checks::planned(&found),
        };
        self.refreshed.set_checks(&results);
    }
}

/// Warns of problems that a check met; returns them in a sentence each if one of them is an error.
pub(crate) fn soften(
    found: &[Problem],
    instance: &Instance,
    evaluator: &terrane_lang::Evaluator<'_>,
    diags: &mut Diagnostics,
) -> Option<String> {
    let mut own = Diagnostics::new();
    let failed = problems::of_instance(found, instance, evaluator, &mut own).is_some();
    own.into_iter().for_each(|d| diags.push(Diagnostic { severity: Severity::Warning, ..d }));
    let texts: Vec<String> =
        found.iter().filter(|p| p.is_error()).map(|p| format!("{}: {}", p.summary, p.detail)).collect();
    failed.then(|| texts.join("\n"))
}
