//! `terrane force-unlock`

use std::process::ExitCode;

use terrane_source::{Diagnostic, Diagnostics};
use terrane_state::Store;

use super::Common;
use super::events::Told;
use crate::Context;
use crate::flags::Vars;
use crate::project::{self, Project, journals};

/// Remove a lock that a lost run left on the state
///
/// Only for a lock whose run is certain to have ended: the message about the lock names who took it, and when. Run it in
/// the folder of that run if it is still there: what the run has done beyond the state is in a journal there, and the lock
/// carries its key.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The ID of the lock, as the message about it shows
    id: String,
    /// Do not ask before removing it
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    vars: Vars,
    #[command(flatten)]
    told: Told,
    #[command(flatten)]
    pub common: Common,
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    let context = &match args.told.context(context) {
        Ok(context) => context,
        Err(problem) => return context.end(&problem.into(), &Default::default()),
    };
    let mut diags = Diagnostics::new();
    let (project, store) = match project::open_store(context, &args.vars, &mut diags).await {
        Ok(opened) => opened,
        Err(project) => return context.end(&diags, &project.files),
    };
    let question = format!(
        "\n{}\n  If the run that holds it is still active, two runs will change the state at once.\n  Only 'yes' will be accepted.\n\n  Enter a value: ",
        context.terminal.out.bold(&format!("Do you really want to remove the lock {} on {}?", args.id, store.place()))
    );
    let agreed =
        args.force || (context.terminal.input && context.terminal.ask(&question).is_some_and(|a| a.trim() == "yes"));
    let done = match agreed {
        true => unlock(&args.id, &project, &*store).await,
        false => Err(Diagnostic::error("Unlock cancelled", "The answer was not \"yes\"; the lock stays.")
            .hint("To remove it without being asked, use -force.")),
    };
    match done {
        Ok(()) => {
            let done = if args.told.json { "Unlocked.".into() } else { context.terminal.out.green("Unlocked.") };
            context.view.say(&format!("{done} The state {} is no longer locked.", store.place()));
        }
        Err(problem) => {
            diags.error(problem);
        }
    }
    context.end(&diags, &project.files)
}

/// Removes the lock, after its key for a journal in this folder was kept.
async fn unlock(id: &str, project: &Project, store: &dyn Store) -> Result<(), Diagnostic> {
    let (journals, place) = (project::journals(&project.dir), store.place());
    if journals.has(&place) {
        let holder = journals::holder(store, &project::lock_info("force-unlock")).await;
        holder
            .filter(|holder| holder.id == id)
            .map_or(Ok(()), |holder| journals::keep_key(&journals, &place, &holder))?;
    }
    store.unlock(id).await.map_err(|e| Diagnostic::error("State cannot be unlocked", e.to_string()))
}
