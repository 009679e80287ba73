//! `terrane state rollback`

use std::process::ExitCode;

use terrane_engine::Session;
use terrane_source::{Diagnostic, Diagnostics};
use terrane_state::Snapshot;

use crate::Context;
use crate::project::edit::{Editable, Editing};
use crate::project::history::{self, Named};
use crate::views::difference;

/// Put an earlier state in the place of the state
///
/// Shows what changes, asks, and stores it with the next serial, so that saved plans and other runs notice. Only the
/// state is put back: the objects stay as they are, and the next plan says what they differ in.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The version or the serial of the state, which "state history" lists, or a state file
    #[arg(value_name = "VERSION")]
    version: String,
    /// Do not ask before it is done
    #[arg(long)]
    auto_approve: bool,
    #[command(flatten)]
    editing: Editing,
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    let mut diags = Diagnostics::new();
    let editable = match Editable::open(context, &args.editing, &mut diags).await {
        Ok(editable) => editable,
        Err(files) => return context.end(&diags, &files),
    };
    if let Err(problem) = locked(&args, context, &editable, &mut diags).await {
        diags.push(problem);
    }
    context.end(&diags, &editable.files)
}

async fn locked(
    args: &Args,
    context: &Context,
    editable: &Editable,
    diags: &mut Diagnostics,
) -> Result<(), Diagnostic> {
    let mut session = editable.session("state-rollback", &args.editing.lock).await?;
    let done = put_back(args, context, editable, &mut session).await;
    if let Some(problem) = session.close().await {
        diags.push(problem);
    }
    done
}

async fn put_back(
    args: &Args,
    context: &Context,
    editable: &Editable,
    session: &mut Session<'_>,
) -> Result<(), Diagnostic> {
    let Named { snapshot, name } = history::named(&editable.store, &args.version).await?;
    of_one_history(&snapshot, session.snapshot(), &name)?;
    let providers = crate::providers::all();
    let Some(text) = difference::text(session.snapshot(), &snapshot, &providers, context.terminal.out) else {
        outln!("The state in use is the same as {name}. Nothing was changed.");
        return Ok(());
    };
    outln!("The state in use, serial {}, becomes what it was in {name}:\n{text}", session.snapshot().serial);
    outln!("Only the state changes. The objects stay as they are; the next plan says what they differ in.");
    if args.editing.dry_run {
        return Ok(());
    }
    if !args.auto_approve && !agreed(context) {
        let problem = Diagnostic::error("Cancelled", "The answer was not \"yes\"; the state stays as it is.");
        return Err(problem.hint("To do it without being asked, use -auto-approve."));
    }
    match session.snapshot().lineage.is_empty() {
        // The state was deleted: it comes back with its history, above all that was stored.
        true => {
            let serial = history::last_serial(&*editable.store).await?.max(snapshot.serial) + 1;
            let written = session.replace(Snapshot { serial, ..snapshot }).await;
            written.map_err(|e| Diagnostic::error("State cannot be written", e.to_string()))?
        }
        false => editable.store(session, snapshot, args.editing.backup.as_deref()).await?,
    }
    outln!("\nThe state is what it was in {name}. It has the serial {} now.", session.snapshot().serial);
    Ok(())
}

fn of_one_history(earlier: &Snapshot, now: &Snapshot, name: &str) -> Result<(), Diagnostic> {
    if now.lineage.is_empty() || earlier.lineage == now.lineage {
        return Ok(());
    }
    Err(Diagnostic::error(
        "State was not put back",
        format!(
            "The state in use has the lineage {:?}, {name} has {:?}: they belong to different histories.",
            now.lineage, earlier.lineage
        ),
    )
    .hint("To put an unrelated state there all the same, use \"terrane state push -force FILE\"."))
}

fn agreed(context: &Context) -> bool {
    let question = context.terminal.out.bold("Do you want to put this state back?");
    let ask = || context.terminal.ask(&format!("\n{question}\n  Only 'yes' will be accepted.\n\n  Enter a value: "));
    context.terminal.input && ask().is_some_and(|answer| answer.trim() == "yes")
}
