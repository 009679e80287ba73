//! `terrane plan`

use std::path::PathBuf;
use std::process::ExitCode;

use terrane_engine::Urgency;
use terrane_plan::file::Origin;
use terrane_source::{Diagnostic, Diagnostics, Files, Reported};

use super::{Common, generate, run};
use crate::Context;
use crate::flags::Lock;
use crate::project::encryption::Encryption;
use crate::project::{Project, write_private};
use crate::views;

/// Show what would change
///
/// Compares the configuration with the state and with what exists, and shows what "apply" would do. Changes nothing.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Write the plan to a file that "apply" takes. Unless plans are encrypted, the file holds secrets in plain text
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// End with code 2 if there are changes, 0 if there are none, 1 on errors
    #[arg(long)]
    detailed_exitcode: bool,
    /// Write configuration for the objects of "import" blocks that have none into this new file, and plan with it
    #[arg(long, value_name = "FILE")]
    generate_config_out: Option<PathBuf>,
    #[command(flatten)]
    planning: run::Planning,
    #[command(flatten)]
    pub common: Common,
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    let context = &match args.planning.events.context(context, &args.common) {
        Ok(context) => context,
        Err(problem) => return context.end(&problem.into(), &Default::default()),
    };
    let mut diags = Diagnostics::new();
    let mut files = Files::new();
    let options = run::options(&args.planning, &mut files, &mut diags);
    if diags.has_errors() {
        return context.end(&diags, &files);
    }
    let mut ready = match self::ready(context, &args.planning, &mut diags).await {
        Ok(ready) => ready,
        Err(project) => return context.end(&diags, &project.files),
    };
    let mut generated = generate::Generated::new();
    if let Some(path) = &args.generate_config_out {
        generated = match generate::write(context, &ready, &args.planning, options.clone(), path, &mut diags).await {
            Some(generated) => generated,
            None => return context.end(&diags, &ready.project.files),
        };
    }
    if !generated.is_empty() {
        ready = match self::ready(context, &args.planning, &mut diags).await {
            Ok(ready) => ready,
            Err(project) => return context.end(&diags, &project.files),
        };
    }
    let live = run::Live::start(context, &args.planning.work);
    // What it reads is one version of the state; applying the plan insists on it.
    let lock = Lock { lock: Some(args.planning.lock.lock.unwrap_or(false)), ..args.planning.lock.clone() };
    let session = match ready.session("Plan", &lock, &live).await {
        Ok(session) => session,
        Err(problem) => {
            live.pause();
            diags.error(problem);
            return context.end(&diags, &ready.project.files);
        }
    };
    let mut plan = run::planned(&ready, &session, options, &live, &mut diags).await;
    plan.generated = generated;
    run::show(context, &ready, &plan);
    if let Some(problem) = session.close().await {
        diags.push(problem);
    }
    if let Some(path) = &args.out
        && live.running.cancel.urgency() == Urgency::None
        && (plan.errored || !diags.has_errors())
        && write(path, &plan, &ready, &mut diags).await.is_ok()
    {
        saved(path, &plan, context);
    }
    let code = context.end(&diags, &ready.project.files);
    let changes = plan.has_changes() || !plan.deferred.is_empty();
    // The process ends now; to free a large plan piece by piece would only take time.
    std::mem::forget(plan);
    match args.detailed_exitcode && !diags.has_errors() && changes {
        true => ExitCode::from(2),
        false => code,
    }
}

async fn ready(
    context: &Context,
    planning: &run::Planning,
    diags: &mut Diagnostics,
) -> Result<run::Ready, Box<Project>> {
    let ready = run::ready(context, &planning.vars, diags).await?;
    ready.kept_in(&planning.files, context, diags)
}

/// Says where a plan is, and what it is good for.
fn saved(path: &std::path::Path, plan: &terrane_plan::Plan, context: &Context) {
    let path_shown = path.display();
    match plan.errored {
        false => context.view.saved(path),
        true => context.view.say(&format!(
            "\nWhat could be planned was saved to {path_shown}, to be looked at with: terrane show {path_shown:?}. It cannot be applied."
        )),
    }
}

async fn write(
    path: &std::path::Path,
    plan: &terrane_plan::Plan,
    ready: &run::Ready,
    diags: &mut Diagnostics,
) -> Result<(), Reported> {
    let target = Encryption::of(&ready.project, &ready.inputs).plan(diags)?;
    let cannot = |why: String| {
        Diagnostic::error("Plan cannot be saved", format!("The file {} cannot be written: {why}.", path.display()))
    };
    let declared = views::json::kept(&ready.project.program, &ready.project.providers, plan);
    let origin = Origin {
        version: env!("CARGO_PKG_VERSION").into(),
        configuration: ready.project.digests.clone(),
        planned_at: ready.project.world.planned_seconds(),
        place: ready.store.place(),
        declared: serde_json::to_string(&declared).ok().map(Into::into),
    };
    let bytes = terrane_plan::file::write(plan, &origin).map_err(|e| diags.error(cannot(e.to_string())))?;
    let bytes = match target {
        Some(target) => target.seal(bytes, None).await.map_err(|e| diags.error(cannot(e.to_string())))?,
        None => bytes,
    };
    write_private(path, &bytes).map_err(|e| diags.error(cannot(e.to_string())))
}
