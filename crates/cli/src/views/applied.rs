//! What came of an apply.

use std::fmt::Write;

use terrane_plan::{Applied, Change, Kept, Outcome, Plan, PlanMode, Step};
use terrane_state::Snapshot;

use super::json::Secrets;
use super::lines::Paint;
use crate::commands::output;

/// What was done, what failed, what was left out because of what, and what was undone.
pub fn summary(plan: &Plan, applied: &Applied, paint: Paint) -> String {
    let mut text: String = skipped(plan, applied).iter().map(|line| format!("{line}\n")).collect();
    text.extend(undone(plan, applied).iter().map(|line| format!("{line}\n")));
    let verb = if plan.options.mode == PlanMode::Destroy { "Destroy" } else { "Apply" };
    let head = match (applied.is_complete(), applied.stopped) {
        (true, _) => paint.with("1;32", &format!("{verb} complete!")),
        (_, true) => paint.with("1;33", &format!("{verb} stopped.")),
        _ => paint.with("1;31", &format!("{verb} incomplete.")),
    };
    let _ = writeln!(text, "\n{head} Resources: {}{}.", done(plan, applied), not_done(applied));
    text
}

fn done(plan: &Plan, applied: &Applied) -> String {
    let counts = &applied.summary;
    let import = if counts.import > 0 { format!("{} imported, ", counts.import) } else { String::new() };
    let forget = if counts.forget > 0 { format!(", {} forgotten", counts.forget) } else { String::new() };
    match plan.options.mode {
        PlanMode::Destroy => format!("{} destroyed", counts.destroy),
        _ => format!("{import}{} added, {} changed, {} destroyed{forget}", counts.add, counts.change, counts.destroy),
    }
}

/// `; 1 failed, 2 skipped, 1 rolled back`, as far as there is any.
fn not_done(applied: &Applied) -> String {
    let count = |of: fn(&Outcome) -> bool| applied.outcomes.iter().filter(|outcome| of(outcome)).count();
    let parts = [
        (count(|o| matches!(o, Outcome::Failed(_))), "failed"),
        (count(|o| matches!(o, Outcome::Skipped(_))), "skipped"),
        (count(|o| matches!(o, Outcome::NotStarted)), "not begun"),
        (applied.undone.as_ref().map_or(0, |undone| undone.deleted.len()), "rolled back"),
    ];
    let parts: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    if parts.is_empty() { String::new() } else { format!("; {}", parts.join(", ")) }
}

/// What was left out, a line each.
pub fn skipped(plan: &Plan, applied: &Applied) -> Vec<String> {
    let line = |(skipped, because): (&Step, &Step)| {
        let done = past(skipped.change.verb());
        format!("{} was not {done}: {} failed.", skipped.address(), because.address())
    };
    applied.skipped(plan).map(line).collect()
}

/// What came of undoing, a line each.
pub fn undone(plan: &Plan, applied: &Applied) -> Vec<String> {
    let Some(undone) = &applied.undone else { return Vec::new() };
    let name = |place: &u32| plan.steps.get(*place as usize).map(Step::address).unwrap_or_default();
    let how = |place: &u32| match plan.steps.get(*place as usize).map(|step| &step.change) {
        Some(Change::Replace { .. }) => "the new object was deleted again, the old one is in use",
        _ => "deleted again",
    };
    let back = |place: &u32| format!("{} was rolled back: {}.", name(place), how(place));
    let mut lines: Vec<String> = undone.deleted.iter().map(back).collect();
    lines.extend(undone.kept.iter().map(|(place, why)| {
        let why = match why {
            Kept::NeededBy(other) => format!("{} needs it", name(other)),
            Kept::Protected => "its lifecycle does not let it be deleted".into(),
            Kept::Failed(_) => "deleting it failed".into(),
            Kept::Interrupted => "the run was interrupted".into(),
        };
        format!("{} was not rolled back: {why}.", name(place))
    }));
    lines.extend(undone.changed.iter().map(|place| {
        let done = plan.steps.get(*place as usize).map_or("changed", |step| past(step.change.verb()));
        format!("{} was {done} and stays so: only creates are rolled back.", name(place))
    }));
    lines
}

fn past(verb: &str) -> &str {
    match verb {
        "create" => "created",
        "update" => "updated",
        "replace" => "replaced",
        "delete" => "deleted",
        "forget" => "forgotten",
        "read" => "read",
        other => other,
    }
}

/// The outputs of a state, under a heading; nothing if there are none.
pub fn outputs(snapshot: &Snapshot, secrets: Secrets) -> String {
    match output::listing(snapshot, secrets) {
        Ok(text) if !text.is_empty() => format!("\nOutputs:\n\n{text}"),
        _ => String::new(),
    }
}
