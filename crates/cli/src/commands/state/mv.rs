//! `terrane state mv`

use std::path::PathBuf;
use std::process::ExitCode;

use terrane_address::Target;
use terrane_engine::Session;
use terrane_source::{Diagnostic, Diagnostics, Files};
use terrane_state::Snapshot;
use terrane_state::edit::{self, Parcel};

use super::parse;
use crate::Context;
use crate::commands::events::Told;
use crate::project::edit::{Editable, Editing, refused};
use crate::project::{Transfer, workspace};

/// Give objects another address, in this state or in another
///
/// Nothing is made or deleted. A "moved" block in the configuration does the same within one state, and is reviewed like
/// other changes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The module, resource or instance
    source: String,
    /// Its new address
    destination: String,
    /// Move it into the state of the configuration in this folder
    #[arg(long, value_name = "DIR", conflicts_with_all = ["state_out", "state"])]
    to_dir: Option<PathBuf>,
    /// Move it into the state of this workspace
    #[arg(long, value_name = "NAME", conflicts_with_all = ["state_out", "state"])]
    to_workspace: Option<String>,
    /// Move it into this state file
    #[arg(long, value_name = "FILE")]
    state_out: Option<PathBuf>,
    /// Keep the state of -state-out before the change in this file
    #[arg(long, value_name = "FILE", requires = "state_out")]
    backup_out: Option<PathBuf>,
    #[command(flatten)]
    editing: Editing,
    #[command(flatten)]
    told: Told,
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    let context = &match args.told.context(context) {
        Ok(context) => context,
        Err(problem) => return context.end(&problem.into(), &Default::default()),
    };
    let mut diags = Diagnostics::new();
    let elsewhere = args.to_dir.is_some() || args.to_workspace.is_some() || args.state_out.is_some();
    let (done, files) = match elsewhere {
        true => into_another(&args, context, &mut diags).await,
        false => within_one(&args, context, &mut diags).await,
    };
    if let Some(renamed) = done {
        let verb = if args.editing.dry_run { "Would move" } else { "Moved" };
        renamed.iter().for_each(|(from, to)| context.view.say(&format!("{verb} {from} to {to}")));
        if !args.editing.dry_run {
            let s = if renamed.len() == 1 { "" } else { "s" };
            context.view.say(&format!("\nSuccessfully moved {} object{s}.", renamed.len()));
        }
    }
    context.end(&diags, &files)
}

type Renamed = Vec<(Target, Target)>;

async fn within_one(args: &Args, context: &Context, diags: &mut Diagnostics) -> (Option<Renamed>, Files) {
    let change = |state: &mut Snapshot| {
        let parcel = take(state, args)?;
        let renamed = parcel.renamed.clone();
        edit::put(state, parcel).map_err(refused)?;
        Ok(renamed)
    };
    crate::project::edit::edit(context, &args.editing, "state-mv", diags, change).await
}

fn take(state: &mut Snapshot, args: &Args) -> Result<Parcel, Diagnostic> {
    edit::take(state, &parse(&args.source)?, &parse(&args.destination)?).map_err(refused)
}

async fn into_another(args: &Args, context: &Context, diags: &mut Diagnostics) -> (Option<Renamed>, Files) {
    let from = match Editable::open(context, &args.editing, diags).await {
        Ok(from) => from,
        Err(files) => return (None, files),
    };
    let to = match destination(args, context, diags).await {
        Ok(to) => to,
        Err(files) => return (None, files),
    };
    let done = match from.store.place() == to.store.place() {
        true => Err(Diagnostic::error("State was not changed", "The destination is the same state.")
            .hint("Without -to-dir, -to-workspace and -state-out objects move within one state.")),
        false => both(args, context, &from, &to, diags).await,
    };
    (done.map_err(|problem| diags.error(problem)).ok(), from.files)
}

async fn destination(args: &Args, context: &Context, diags: &mut Diagnostics) -> Result<Editable, Files> {
    if let Some(file) = &args.state_out {
        return Editable::file(file, context, &args.editing.vars, diags);
    }
    let dir = args.to_dir.clone().unwrap_or_else(|| context.dir.clone());
    let workspace = args.to_workspace.clone().unwrap_or_else(|| workspace(&dir));
    let there = Context { dir, ..context.clone() };
    Editable::of(&there, &workspace, &args.editing.vars, diags).await
}

/// Locks both states and moves. Two moves in opposite directions give up waiting for each other after -lock-timeout.
async fn both(
    args: &Args,
    context: &Context,
    from: &Editable,
    to: &Editable,
    diags: &mut Diagnostics,
) -> Result<Renamed, Diagnostic> {
    let mut source = from.session("state-mv", &args.editing.lock).await?;
    let done = match to.session("state-mv", &args.editing.lock).await {
        Ok(mut target) => {
            let done = carry(args, context, (from, &mut source), (to, &mut target)).await;
            target.close().await.into_iter().for_each(|problem| diags.push(problem));
            done
        }
        Err(problem) => Err(problem),
    };
    source.close().await.into_iter().for_each(|problem| diags.push(problem));
    done
}

/// Writes the destination first, so that an object is at no time in neither state; a record of the move tells the next
/// run what is left to do if this one ends between the two writes.
async fn carry(
    args: &Args,
    context: &Context,
    (from, source): (&Editable, &mut Session<'_>),
    (to, target): (&Editable, &mut Session<'_>),
) -> Result<Renamed, Diagnostic> {
    let begun = Transfer::unfinished(&context.dir);
    let (mut left, mut grown) = (source.snapshot().clone(), target.snapshot().clone());
    let parcel = take(&mut left, args)?;
    let renamed = parcel.renamed.clone();
    let transfer = Transfer::new(from, to, &renamed);
    match begun {
        Some(begun) if begun != transfer => return Err(begun.error()),
        Some(_) if transfer.is_half_done(&grown) => {}
        _ => edit::put(&mut grown, parcel).map_err(refused)?,
    }
    edit::drop_dangling(&mut left);
    edit::drop_dangling(&mut grown);
    if args.editing.dry_run {
        return Ok(renamed);
    }
    transfer.begin(&context.dir)?;
    to.store(target, grown, args.backup_out.as_deref()).await?;
    from.store(source, left, args.editing.backup.as_deref()).await?;
    Transfer::end(&context.dir);
    Ok(renamed)
}
