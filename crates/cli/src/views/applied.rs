//! What came of an apply.

use std::fmt::Write;

use terrane_plan::{Applied, Plan, PlanMode};
use terrane_state::Snapshot;

use super::json::Secrets;
use super::lines::Paint;
use crate::commands::output;

/// What was done, and what was left out because of what.
pub fn summary(plan: &Plan, applied: &Applied, paint: Paint) -> String {
    let counts = &applied.summary;
    let mut text = String::new();
    for (skipped, because) in applied.skipped(plan) {
        let _ = writeln!(
            text,
            "{} was not {}: {} failed.",
            skipped.address(),
            past(skipped.change.verb()),
            because.address()
        );
    }
    let import = if counts.import > 0 { format!("{} imported, ", counts.import) } else { String::new() };
    let forget = if counts.forget > 0 { format!(", {} forgotten", counts.forget) } else { String::new() };
    let done = match plan.options.mode {
        PlanMode::Destroy => format!("{} destroyed", counts.destroy),
        _ => format!("{import}{} added, {} changed, {} destroyed{forget}", counts.add, counts.change, counts.destroy),
    };
    let verb = if plan.options.mode == PlanMode::Destroy { "Destroy" } else { "Apply" };
    let head = match (applied.is_complete(), applied.stopped) {
        (true, _) => paint.with("1;32", &format!("{verb} complete!")),
        (_, true) => paint.with("1;33", &format!("{verb} stopped.")),
        _ => paint.with("1;31", &format!("{verb} incomplete.")),
    };
    let _ = writeln!(text, "\n{head} Resources: {done}.");
    text
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
    match output::listing(&snapshot.outputs, secrets) {
        Ok(text) if !text.is_empty() => format!("\nOutputs:\n\n{text}"),
        _ => String::new(),
    }
}
