//! What came of an apply.

use terrane_address::Mode;
use terrane_source::{Diagnostics, Reported};
use terrane_state::Snapshot;

use super::Undone;
use crate::{Change, Plan, Step, Summary};

/// What came of a step, or of one of its legs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was not begun, since the run was stopped.
    NotStarted,
    /// It was done.
    Done,
    /// It went wrong.
    Failed(Reported),
    /// It was left out because another step, by its place, failed.
    Skipped(u32),
}

/// What came of an apply.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The state as it is now; true even if the apply failed or was stopped.
    pub snapshot: Snapshot,
    /// What came of each step of the plan; steps without effect are done.
    pub outcomes: Vec<Outcome>,
    /// How many objects were made, changed and deleted.
    pub summary: Summary,
    /// What is to be said.
    pub diagnostics: Diagnostics,
    /// What was undone since the run failed; `None` if nothing was to be.
    pub undone: Option<Undone>,
    /// Whether the run was stopped before its end.
    pub stopped: bool,
}

impl Applied {
    /// Whether everything in the plan was done.
    pub fn is_complete(&self) -> bool {
        !self.stopped && !self.diagnostics.has_errors() && self.outcomes.iter().all(|o| *o == Outcome::Done)
    }

    /// Steps that were left out, each with the one that failed.
    pub fn skipped<'a>(&'a self, plan: &'a Plan) -> impl Iterator<Item = (&'a Step, &'a Step)> {
        let pairs = plan.steps.iter().zip(&self.outcomes);
        pairs.filter_map(|(step, outcome)| match outcome {
            Outcome::Skipped(because) => Some((step, plan.steps.get(*because as usize)?)),
            _ => None,
        })
    }
}

/// Counts a leg that was done.
pub(super) fn count(summary: &mut Summary, step: &Step, up: bool) {
    if step.instance.resource.resource.mode != Mode::Managed {
        return;
    }
    match (&step.change, up) {
        (Change::Create { .. } | Change::Replace { .. }, true) => summary.add += 1,
        (Change::Update { .. }, true) => summary.change += 1,
        (change, false) if change.forgets() => summary.forget += 1,
        (Change::Delete { .. } | Change::Replace { .. }, false) => summary.destroy += 1,
        _ => {}
    }
}
