//! The plan: what will happen, in which order, and from where.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use terrane_address::{Instance, Mode};
use terrane_lang::Inputs;
use terrane_source::Diagnostic;
use terrane_state::Snapshot;

use crate::{ApplyGraph, Change, Deferred, Drift, OutputChange, PlanMode, PlanOptions, ReadReason, Step};

/// What will happen, in which order, and from where.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What was asked for.
    pub options: PlanOptions,
    /// What the program was given.
    pub inputs: Inputs,
    /// Variables whose values are in no file: who applies a saved plan gives them again.
    pub ephemeral_variables: BTreeSet<Arc<str>>,
    /// Every object and what becomes of it, in order of address; deposed objects after the one in use.
    pub steps: Vec<Step>,
    /// The order of operations; they point into `steps`.
    pub graph: ApplyGraph,
    /// Root outputs by name, unchanged ones included.
    pub outputs: BTreeMap<Arc<str>, OutputChange>,
    /// Configuration of imported objects that had none; not in the rest of the plan, unless it was made with it.
    pub generated: BTreeMap<Instance, Arc<str>>,
    /// What was changed outside since the last run.
    pub drift: Vec<Drift>,
    /// The state as it was read.
    pub prior: Snapshot,
    /// The state after renames and refresh: what apply starts from.
    pub refreshed: Snapshot,
    /// What is left for a later plan, in order of address.
    pub deferred: Vec<Deferred>,
    /// Whether planning met errors: then the rest is what could be planned all the same, and it cannot be applied.
    pub errored: bool,
    /// What planning cost.
    pub counters: Counters,
}

/// What planning cost, for tests that guard it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Evaluations of the configuration of instances, those that were blocked included.
    pub evaluations: u64,
    /// Instances whose configuration was evaluated.
    pub instances: u64,
    /// Questions to providers to read objects.
    pub read_asks: u64,
    /// Objects read by those.
    pub objects_read: u64,
}

/// How many objects a plan creates, changes and deletes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Objects taken over.
    pub import: usize,
    /// Objects made, those of replacements included.
    pub add: usize,
    /// Objects changed in place.
    pub change: usize,
    /// Objects deleted, those of replacements included.
    pub destroy: usize,
    /// Objects no longer tracked.
    pub forget: usize,
}

impl Plan {
    /// Whether applying would change objects, outputs or addresses; in a refresh-only plan, what the state says of objects.
    pub fn has_changes(&self) -> bool {
        let drifted = self.options.mode == PlanMode::RefreshOnly && !self.drift.is_empty();
        let outputs = || self.outputs.values().any(|o| !o.deferred && !o.is_no_op());
        drifted || self.steps.iter().any(Step::has_effect) || outputs()
    }

    /// Whether applying it leaves nothing to be done: it is neither limited to a part nor is anything deferred.
    pub fn is_complete(&self) -> bool {
        !self.errored && !self.options.is_limited() && self.deferred.is_empty()
    }

    /// Whether applying would write another state, be it that only what it remembers of unchanged objects differs.
    pub fn updates_state(&self) -> bool {
        self.has_changes() || self.refreshed != self.prior
    }

    /// Whether it can be applied and doing so would have an effect.
    pub fn is_applicable(&self) -> bool {
        !self.errored && self.has_changes()
    }

    /// Why it cannot be applied, if planning met errors.
    pub fn refusal(&self) -> Option<Diagnostic> {
        let detail = "Planning met errors, so this is only a part of what the configuration asks for.";
        let problem = || Diagnostic::error("Cannot apply incomplete plan", detail);
        self.errored.then(|| problem().hint("Correct the errors and plan again."))
    }

    /// Counts changes of managed objects.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for step in self.steps.iter().filter(|s| s.instance.resource.resource.mode == Mode::Managed) {
            summary.import += usize::from(step.import.is_some());
            match step.change {
                Change::Create { .. } => summary.add += 1,
                Change::Update { .. } => summary.change += 1,
                Change::Delete { .. } => summary.destroy += 1,
                Change::Forget { .. } => summary.forget += 1,
                Change::Replace { order, .. } => {
                    summary.add += 1;
                    summary.forget += usize::from(order.forgets());
                    summary.destroy += usize::from(!order.forgets() && !order.keeps());
                }
                Change::NoOp { .. } | Change::Read { .. } => {}
            }
        }
        summary
    }
}

impl Step {
    /// Whether applying it changes an object or what state says of it.
    pub fn has_effect(&self) -> bool {
        match self.change {
            Change::NoOp { .. } => self.moved_from.is_some() || self.import.is_some(),
            Change::Read { reason: ReadReason::CheckNested, .. } => false,
            _ => true,
        }
    }
}
