//! `terrane destroy`

use std::process::ExitCode;

use terrane_source::{Diagnostic, Diagnostics};

use super::{Common, apply, converge, run};
use crate::Context;

/// Delete everything the state knows
///
/// The same as "terrane apply -destroy".
#[derive(Debug, clap::Args)]
#[command(mut_arg("destroy", |a| a.hide(true)), mut_arg("refresh_only", |a| a.hide(true)))]
pub struct Args {
    /// Do not ask before carrying out the plan
    #[arg(long)]
    auto_approve: bool,
    /// Take a destroy that leaves forgotten objects behind for a success
    #[arg(long)]
    suppress_forget_errors: bool,
    #[command(flatten)]
    planning: run::Planning,
    #[command(flatten)]
    pub common: Common,
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    let Args { auto_approve, suppress_forget_errors, mut planning, common } = args;
    if planning.refresh_only {
        let detail = "\"terrane destroy\" deletes objects; -refresh-only forbids every change.";
        let problem = Diagnostic::error("These exclude each other", detail);
        return context.end(&Diagnostics::from(problem.hint("Use: terrane apply -refresh-only")), &Default::default());
    }
    planning.destroy = true;
    let converge = converge::Flags::default();
    let rollback_on_failure = false;
    let plan = None;
    let args =
        apply::Args { plan, auto_approve, rollback_on_failure, suppress_forget_errors, converge, planning, common };
    apply::run(args, context).await
}
