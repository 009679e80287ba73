//! `terrane refresh`

use std::process::ExitCode;

use terrane_source::{Diagnostic, Diagnostics, Files};

use super::{Common, run};
use crate::Context;

/// Bring the state up to date with what exists
///
/// Changes no object. "terrane apply -refresh-only" does the same, but shows what it found and asks first.
#[derive(Debug, clap::Args)]
#[command(
    mut_arg("destroy", |a| a.hide(true)),
    mut_arg("refresh_only", |a| a.hide(true)),
    mut_arg("refresh", |a| a.hide(true)),
    mut_arg("replace", |a| a.hide(true))
)]
pub struct Args {
    #[command(flatten)]
    planning: run::Planning,
    #[command(flatten)]
    pub common: Common,
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    let Args { mut planning, common } = args;
    let context = &match planning.events.context(context, &common) {
        Ok(context) => context,
        Err(problem) => return context.end(&problem.into(), &Default::default()),
    };
    if let Some(flag) = meaningless(&planning) {
        let detail = format!("\"terrane refresh\" changes no object; {flag} cannot be used with it.");
        let problem = Diagnostic::error("These exclude each other", detail);
        return context.end(&problem.into(), &Default::default());
    }
    planning.refresh_only = true;
    let mut diags = Diagnostics::new();
    let mut files = Files::new();
    let options = run::options(&planning, &mut files, &mut diags);
    if diags.has_errors() {
        return context.end(&diags, &files);
    }
    let ready = run::ready(context, &planning.vars, &mut diags).await;
    let ready = match ready.and_then(|ready| ready.kept_in(&planning.files, context, &mut diags)) {
        Ok(ready) => ready,
        Err(project) => return context.end(&diags, &project.files),
    };
    let live = run::Live::start(context, &planning.work);
    let mut session = match ready.session("Refresh", &planning.lock, &live).await {
        Ok(session) => session,
        Err(problem) => {
            live.pause();
            diags.error(problem);
            return context.end(&diags, &ready.project.files);
        }
    };
    let plan = run::planned(&ready, &session, options, &live, &mut diags).await;
    if !diags.has_errors() {
        let applied = run::carry_out(&ready, &mut session, &plan, &live, &mut diags).await;
        live.pause();
        if applied.is_some_and(|applied| applied.is_complete()) {
            context.view.outputs(session.snapshot());
        }
    }
    if let Err(error) = session.keep_recovered().await {
        diags.error(Diagnostic::error("State cannot be written", error.to_string()));
    }
    if let Some(problem) = session.close().await {
        diags.push(problem);
    }
    context.end(&diags, &ready.project.files)
}

fn meaningless(planning: &run::Planning) -> Option<&'static str> {
    let given = [
        ("-destroy", planning.destroy),
        ("-refresh=false", !planning.refresh),
        ("-replace", planning.selection.replaces()),
    ];
    given.into_iter().find(|(_, given)| *given).map(|(flag, _)| flag)
}
