//! The operation `plan`.

use terrane_lang::{Inputs, Program, World};
use terrane_plan::{Plan, PlanOptions, Planner, Providers};
use terrane_source::{Diagnostic, Diagnostics};
use terrane_state::Snapshot;

use crate::cancel::Urgency;
use crate::drive::{NoJournal, Running, drive};

/// What operations work on.
#[derive(Clone, Copy)]
pub struct Job<'j> {
    /// The configuration.
    pub program: &'j Program,
    /// The providers at hand.
    pub providers: &'j Providers,
    /// This machine.
    pub world: &'j dyn World,
}

/// Plans what has to change so that the world of a state matches the configuration.
///
/// The plan is worth showing even with errors; it can be applied only without.
pub async fn plan(
    job: Job<'_>,
    inputs: Inputs,
    prior: Snapshot,
    options: PlanOptions,
    running: &Running,
) -> (Plan, Diagnostics) {
    let mut planner = Planner::new(job.program, job.providers, job.world, inputs, prior, options);
    drive(&mut planner, job.providers, &mut NoJournal, running, |planner, _| planner.stop()).await;
    let (mut plan, mut diags) = planner.finish();
    if running.cancel.urgency() != Urgency::None {
        plan.errored = true;
        let what = "The plan was interrupted; nothing was changed.";
        diags.error(Diagnostic::error("Interrupted", what));
    }
    (plan, diags)
}
