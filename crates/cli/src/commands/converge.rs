//! `terrane apply -converge`: plans and applies until nothing is left to do.

use std::process::ExitCode;

use terrane_engine::Session;
use terrane_plan::{Plan, PlanOptions, Step};
use terrane_source::{Diagnostic, Diagnostics};

use super::{apply, run};
use crate::Context;

/// Flags that say how often.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Flags {
    /// Plan and apply again until nothing is deferred and nothing changes; what cannot be planned yet waits for the next round
    #[arg(long)]
    pub converge: bool,
    /// With -converge, give up after this many rounds
    #[arg(long, value_name = "N", default_value = "10", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub max_rounds: u16,
}

/// What a round came to.
enum Round {
    /// There is more to do.
    Again,
    /// It ends here.
    End(ExitCode),
}

/// Runs rounds until one finds nothing to do, or nothing that it can do.
pub async fn rounds(
    context: &Context,
    args: &apply::Args,
    ready: &run::Ready,
    session: &mut Session<'_>,
    options: PlanOptions,
    diags: &mut Diagnostics,
) -> ExitCode {
    let options = PlanOptions { allow_deferral: true, ..options };
    let mut done = 0;
    loop {
        let live = run::Live::start(context, &args.planning.work);
        let plan = run::plan(context, ready, session, options.clone(), &live, diags).await;
        if diags.has_errors() {
            return ExitCode::FAILURE;
        }
        if !plan.is_applicable() {
            return end(context, args, ready, session, &plan, done, diags).await;
        }
        if done == args.converge.max_rounds {
            diags.error(still_changing(&plan, done));
            return ExitCode::FAILURE;
        }
        match round(context, args, ready, session, &plan, diags).await {
            Round::End(code) => return code,
            Round::Again => done += 1,
        }
    }
}

/// Carries out one plan.
async fn round(
    context: &Context,
    args: &apply::Args,
    ready: &run::Ready,
    session: &mut Session<'_>,
    plan: &Plan,
    diags: &mut Diagnostics,
) -> Round {
    if !args.auto_approve {
        context.report(&std::mem::take(diags), &ready.project.files);
        if !apply::asked(context, args, plan, diags) {
            return Round::End(ExitCode::FAILURE);
        }
    }
    let mut live = run::Live::start(context, &args.planning.work);
    live.running.rollback = args.rollback_on_failure;
    let code = run::apply(context, ready, session, plan, &live, diags).await;
    context.report(&std::mem::take(diags), &ready.project.files);
    if code == ExitCode::SUCCESS { Round::Again } else { Round::End(code) }
}

/// The last round, in which nothing is left to do, or nothing that can be done.
async fn end(
    context: &Context,
    args: &apply::Args,
    ready: &run::Ready,
    session: &mut Session<'_>,
    plan: &Plan,
    done: u16,
    diags: &mut Diagnostics,
) -> ExitCode {
    if plan.updates_state() {
        let live = run::Live::start(context, &args.planning.work);
        run::carry_out(ready, session, plan, &live, diags).await;
        live.pause();
    }
    if !plan.deferred.is_empty() {
        diags.error(stuck(plan));
    }
    if diags.has_errors() {
        return ExitCode::FAILURE;
    }
    let after = match done {
        0 => String::new(),
        1 => " after 1 round".into(),
        n => format!(" after {n} rounds"),
    };
    context.view.say(&format!("\nConverged{after}: nothing is deferred, and nothing changes."));
    ExitCode::SUCCESS
}

/// The error if what is deferred can never become known by applying more.
fn stuck(plan: &Plan) -> Diagnostic {
    let names: Vec<String> = plan.deferred.iter().map(|deferred| deferred.address()).collect();
    let detail = format!(
        "These are still deferred, but nothing is left to apply that would make them known: {}. What they wait for is \
         not known after an apply either, or depends on them.",
        some(&names)
    );
    Diagnostic::error("No progress", detail)
        .hint("Run \"terrane plan\" without -allow-deferral: it says which expressions are not known, and why.")
}

/// The error if every round finds something to do.
fn still_changing(plan: &Plan, rounds: u16) -> Diagnostic {
    let changing = plan.steps.iter().filter(|step| step.has_effect()).map(Step::address);
    let names: Vec<String> = changing.chain(plan.deferred.iter().map(|deferred| deferred.address())).collect();
    let detail = format!("After {rounds} rounds there is still something to do: {}.", some(&names));
    Diagnostic::error("Not converged", detail).hint(
        "An object that changes in every round has an argument whose value the provider or the configuration (for \
         example timestamp()) makes anew each time. If there is only more to do, allow more rounds: -max-rounds=N",
    )
}

fn some(names: &[String]) -> String {
    const SHOWN: usize = 10;
    match names.len() {
        0 => "outputs".into(),
        n if n > SHOWN => format!("{} and {} more", names[..SHOWN].join(", "), n - SHOWN),
        _ => names.join(", "),
    }
}
