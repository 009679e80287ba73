//! What is left for a later plan, as people read it.

use std::fmt::Write;

use terrane_plan::{DeferReason, Deferred, Plan, Provisional};

use super::lines::Paint;

/// What is left for a later plan, each with its reason; nothing if nothing is.
pub fn section(plan: &Plan, paint: Paint) -> String {
    if plan.deferred.is_empty() {
        return String::new();
    }
    let head = paint.bold("Deferred:");
    format!(
        "\n{head} the following cannot be planned before the above is applied, and stays as it is until then:\n\n{}",
        list(plan)
    )
}

/// A plan in which everything that is left is deferred.
pub fn only(plan: &Plan, paint: Paint) -> String {
    let line = paint.with("1;33", "Nothing can be planned yet.");
    format!(
        "\n{line} What is known has no changes, but these are deferred, and nothing in this plan would make them known:\n\n{}",
        list(plan)
    )
}

/// What is still to be done after an apply, and how; `None` if nothing is.
pub fn after_apply(plan: &Plan, paint: Paint) -> Option<String> {
    if plan.deferred.is_empty() {
        return None;
    }
    let head = paint.bold("Still deferred:");
    let next = "Go on with: terrane apply -allow-deferral\nOr let it go on until all is done: terrane apply -converge";
    Some(format!("\n{head}\n\n{}\n{next}", list(plan)))
}

fn list(plan: &Plan) -> String {
    let mut text = String::new();
    for deferred in &plan.deferred {
        let _ = writeln!(text, "  # {} {}\n  #   {}", deferred.address(), what(deferred), why(deferred));
    }
    text
}

fn what(deferred: &Deferred) -> &'static str {
    match deferred.change {
        Provisional::Create(_) => "may be created",
        Provisional::Update { .. } => "may be changed",
        Provisional::Delete(_) => "will be destroyed",
        Provisional::Read(_) => "will be read",
    }
}

fn why(deferred: &Deferred) -> String {
    let because = deferred.because.join(", ");
    let known = |what: &str| match because.is_empty() {
        true => format!("({what} is known only after apply)"),
        false => format!("({what} is known only after apply of {because})"),
    };
    match deferred.reason {
        DeferReason::KeysUnknown => known("which instances there are"),
        DeferReason::ConfigUnknown => known("the object to import"),
        DeferReason::ProviderUnknown => known("the configuration of its provider"),
        DeferReason::Prerequisite => format!("(depends on {because}, which is deferred)"),
    }
}
