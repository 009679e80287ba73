//! The operation `apply`.

use terrane_plan::{Applied, Applier, ApplyOptions, Plan, Prepared};
use terrane_source::{Diagnostic, Diagnostics};
use terrane_state::{Snapshot, StoreError};

use crate::cancel::Urgency;
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

/// Takes a saved plan for this run, so that no other run can: before anything else happens, the state is written with
/// the next serial. A plan that would change nothing is not taken; applying it twice does no harm.
///
/// # Errors
/// Why it cannot be applied: it was applied before, or another run has changed the state since it was made.
pub async fn claim(plan: &Plan, session: &mut Session<'_>) -> Result<(), Diagnostic> {
    check_fresh(plan, session.snapshot())?;
    if !plan.updates_state() {
        return Ok(());
    }
    session.advance().await.map_err(|error| match error {
        StoreError::Conflict => {
            let detail = "Another run has changed the state at this very moment; it may be applying the same plan.";
            stale(detail.into())
        }
        error => Diagnostic::error("State cannot be written", error.to_string()).hint("Nothing was changed."),
    })
}

/// Refuses a plan that was made from another state than the one in the session.
///
/// # Errors
/// What is different.
fn check_fresh(plan: &Plan, now: &Snapshot) -> Result<(), Diagnostic> {
    let then = &plan.prior;
    let detail = match (then.lineage.is_empty(), now.lineage.is_empty()) {
        _ if (&then.lineage, then.serial) == (&now.lineage, now.serial) => return Ok(()),
        (true, _) => format!(
            "The plan was made when there was no state yet. Now there is one, with serial {}: this plan was applied \
             already, or another run was faster.",
            now.serial
        ),
        (_, true) => {
            format!("The plan was made from a state with serial {}, but now there is no state.", then.serial)
        }
        _ if then.lineage != now.lineage => {
            let detail = format!(
                "The plan was made from the state with lineage {}, but the state here has lineage {}: it belongs to \
                 another workspace or configuration.",
                then.lineage, now.lineage
            );
            return Err(Diagnostic::error("Saved plan does not match the given state", detail)
                .hint("Apply it where it was made, or make a new plan here."));
        }
        _ if then.serial > now.serial => format!(
            "The plan was made from serial {} of the state, but the state here is older: serial {}.",
            then.serial, now.serial
        ),
        _ => format!(
            "The state has changed since the plan was made: serial {} -> {}. This plan was applied already, or another \
             run has changed the state. A plan is applied once at most, even if that failed.",
            then.serial, now.serial
        ),
    };
    Err(stale(detail))
}

fn stale(detail: String) -> Diagnostic {
    Diagnostic::error("Saved plan is stale", detail).hint("Make a new plan.")
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
    session.prepare().await.map_err(Diagnostics::from)?;
    session.made_already(plan).map_or(Ok(()), |problem| Err(Diagnostics::from(problem)))?;
    let prepared = Prepared::new(plan, job.providers);
    let (seed, resume) = (*uuid::Uuid::new_v4().as_bytes(), session.creates_in_doubt());
    let options = ApplyOptions { seed, resume, rollback: running.rollback };
    let mut applier = Applier::new(job.program, job.providers, job.world, plan, &prepared, options)?;
    session.set(plan.refreshed.clone());
    session.rest();
    drive(&mut applier, job.providers, session, running, stop).await;
    let applied = applier.finish();
    session.settle_doubts(plan);
    session.set(applied.snapshot.clone());
    let unsaved = session.save_first().await.err();
    Ok(Finished { applied, unsaved })
}

fn stop(applier: &mut Applier<'_>, urgency: Urgency) {
    match urgency {
        Urgency::Abort => applier.abort(),
        Urgency::Finish | Urgency::None => applier.stop(),
    }
}
