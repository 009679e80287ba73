//! The operation `apply`.

use terrane_plan::{Applied, Applier, ApplyOptions, Plan, Prepared};
use terrane_source::{Diagnostic, Diagnostics};
use terrane_state::{Snapshot, StoreError};

use crate::drive::{Running, drive};
use crate::{Job, Session};

/// What came of an apply, and of writing its state.
#[derive(Debug)]
pub struct Finished {
    /// What came of the plan.
    pub applied: Applied,
    /// Why the state could not be written; it must then be kept elsewhere.
    pub unsaved: Option<StoreError>,
}

/// Refuses a plan that was made from another state than the one in the session.
///
/// # Errors
/// What is different.
pub fn check_fresh(plan: &Plan, now: &Snapshot) -> Result<(), Diagnostic> {
    let then = &plan.prior;
    let same = (&then.lineage, then.serial) == (&now.lineage, now.serial);
    if same {
        return Ok(());
    }
    let name = |s: &Snapshot| match s.lineage.is_empty() {
        true => "an empty state".to_owned(),
        false => format!("serial {} of lineage {}", s.serial, s.lineage),
    };
    Err(Diagnostic::error(
        "Saved plan is stale",
        format!(
            "The plan was made from {}, but the state now is {}: another run has changed it since.",
            name(then),
            name(now)
        ),
    )
    .hint("Make a new plan."))
}

/// Carries out a plan and writes the state, whatever happens on the way.
///
/// # Errors
/// What the plan holds that cannot be done; then nothing was changed.
pub async fn apply(
    job: Job<'_>,
    plan: &Plan,
    session: &mut Session<'_>,
    running: &Running,
) -> Result<Finished, Diagnostics> {
    let prepared = Prepared::new(plan, job.providers);
    let options = ApplyOptions { seed: *uuid::Uuid::new_v4().as_bytes(), ..ApplyOptions::default() };
    let mut applier = Applier::new(job.program, job.providers, job.world, plan, &prepared, options)?;
    session.set(plan.refreshed.clone());
    drive(&mut applier, job.providers, session, running, |applier| applier.stop()).await;
    let applied = applier.finish();
    session.set(applied.snapshot.clone());
    let unsaved = session.save().await.err();
    Ok(Finished { applied, unsaved })
}
