//! `terrane taint`, and what it shares with `terrane untaint`.

use std::process::ExitCode;

use terrane_address::{Instance, Mode, parse_instance};
use terrane_source::{Diagnostic, Diagnostics};
use terrane_state::Snapshot;

use super::Common;
use super::events::Events;
use crate::Context;
use crate::project::edit::{Editing, edit};

/// Mark an object as not fully functional, so that the next plan replaces it
///
/// Changes the state only. "terrane plan -replace=ADDRESS" does the same within one plan, and shows what follows from it.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub marking: Marking,
    #[command(flatten)]
    pub common: Common,
}

/// What both commands are told.
#[derive(Debug, clap::Args)]
pub struct Marking {
    /// The address of the instance, for example 'aws_instance.web["a"]'
    pub address: String,
    /// End without an error if the state has no such object
    #[arg(long)]
    allow_missing: bool,
    #[command(flatten)]
    editing: Editing,
    #[command(flatten)]
    events: Events,
}

/// Which mark an object gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It has to be replaced.
    Tainted,
    /// It is as it should be.
    Sound,
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    mark(&args.marking, Mark::Tainted, &args.common, context).await
}

/// Marks an object in the state.
pub async fn mark(marking: &Marking, mark: Mark, common: &Common, context: &Context) -> ExitCode {
    let context = &match marking.events.context(context, common) {
        Ok(context) => context,
        Err(problem) => return context.end(&problem.into(), &Default::default()),
    };
    let instance = match read(&marking.address, mark) {
        Ok(instance) => instance,
        Err(problem) => return context.end(&problem.into(), &Default::default()),
    };
    let mut diags = Diagnostics::new();
    let operation = if mark == Mark::Tainted { "taint" } else { "untaint" };
    let change = |state: &mut Snapshot| match put_mark(state, &instance, mark) {
        Err(Failure::Missing(_)) if marking.allow_missing => Ok(false),
        Err(Failure::Missing(problem) | Failure::Other(problem)) => Err(problem),
        Ok(()) => Ok(true),
    };
    let (done, files) = edit(context, &marking.editing, operation, &mut diags, change).await;
    match done {
        Some(true) => context.view.say(&success(&instance, mark, marking.editing.dry_run)),
        Some(false) => diags.push(tolerated(&instance)),
        None => {}
    }
    context.end(&diags, &files)
}

fn read(address: &str, mark: Mark) -> Result<Instance, Diagnostic> {
    let instance = parse_instance(address).map_err(|e| {
        let detail =
            format!("{address:?} is not the address of an instance: {} (at character {})", e.message, e.at + 1);
        Diagnostic::error("Invalid address", detail)
    })?;
    if mark == Mark::Tainted && instance.resource.resource.mode != Mode::Managed {
        let detail = format!("Resource instance {instance} cannot be tainted: only managed resources are replaced.");
        return Err(Diagnostic::error("Invalid resource address", detail));
    }
    Ok(instance)
}

/// Why an object was not marked.
enum Failure {
    /// The state does not have it.
    Missing(Diagnostic),
    /// Anything else.
    Other(Diagnostic),
}

fn put_mark(snapshot: &mut Snapshot, instance: &Instance, mark: Mark) -> Result<(), Failure> {
    let missing = |detail: String| Diagnostic::error("No such resource instance", detail);
    if snapshot.resources.is_empty() {
        let detail = "The state holds no objects at all: nothing was applied yet, or everything was destroyed.";
        return Err(Failure::Missing(missing(detail.into())));
    }
    let (Some(state), Some(provider)) = (snapshot.instance(instance), snapshot.provider_of(instance)) else {
        let problem = missing(format!("The state has no object {instance}.")).hint(
            "\"terrane state list\" shows what there is. What was just declared gets its object from: terrane apply",
        );
        return Err(Failure::Missing(problem));
    };
    let Some(object) = &state.current else {
        let detail = format!(
            "{instance} has no object in use, only one that a replacement left behind. \"terrane apply\" brings that to its end."
        );
        return Err(Failure::Other(missing(detail)));
    };
    if mark == Mark::Sound && !object.tainted {
        let detail = format!("{instance} is not tainted, so there is nothing to take back.");
        return Err(Failure::Other(Diagnostic::error("Resource instance is not tainted", detail)));
    }
    let object = terrane_state::StoredObject { tainted: mark == Mark::Tainted, ..object.clone() };
    snapshot.set(instance, &provider, Some(object));
    Ok(())
}

fn success(instance: &Instance, mark: Mark, dry_run: bool) -> String {
    match mark {
        Mark::Tainted if dry_run => format!("Would mark resource instance {instance} as tainted."),
        Mark::Sound if dry_run => format!("Would untaint resource instance {instance}."),
        Mark::Tainted => format!("Resource instance {instance} has been marked as tainted."),
        Mark::Sound => format!("Resource instance {instance} has been successfully untainted."),
    }
}

fn tolerated(instance: &Instance) -> Diagnostic {
    let detail = format!("The state has no object {instance}, which -allow-missing allows.");
    Diagnostic::warning("No such resource instance", detail)
}
