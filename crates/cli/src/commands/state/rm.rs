//! `terrane state rm`

use std::process::ExitCode;

use terrane_address::{Instance, Target};
use terrane_plan::covers;
use terrane_source::{Diagnostic, Diagnostics};
use terrane_state::{Snapshot, edit::forget};

use super::parse;
use crate::Context;
use crate::commands::events::Told;
use crate::project::edit::{Editing, edit};

/// Forget objects without deleting them
///
/// The objects stay as they are. What is still declared is made anew by the next apply, unless it is imported first; a
/// "removed" block does the same as this command and is reviewed like other changes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Modules, resources or instances
    #[arg(required = true, value_name = "ADDRESS")]
    addresses: Vec<String>,
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
    let (done, files) = edit(context, &args.editing, "state-rm", &mut diags, |state| remove(state, &args)).await;
    if let Some(gone) = done {
        let verb = if args.editing.dry_run { "Would remove" } else { "Removed" };
        gone.iter().for_each(|instance| context.view.say(&format!("{verb} {instance}")));
        let count = instances(gone.len());
        context.view.say(&match args.editing.dry_run {
            true => format!("\nWould have removed {count} from the state."),
            false => format!("\nRemoved {count} from the state. The objects themselves stay as they are."),
        });
    }
    context.end(&diags, &files)
}

fn instances(n: usize) -> String {
    format!("{n} instance{}", if n == 1 { "" } else { "s" })
}

fn remove(state: &mut Snapshot, args: &Args) -> Result<Vec<Instance>, Diagnostic> {
    let targets: Vec<Target> = args.addresses.iter().map(|a| parse(a)).collect::<Result<_, _>>()?;
    let all: Vec<Instance> = state.instances().map(|(instance, ..)| instance).collect();
    let gone: Vec<Instance> = all.into_iter().filter(|i| targets.iter().any(|t| covers(t, i))).collect();
    if gone.is_empty() {
        return Err(super::nothing_matches(&args.addresses));
    }
    for instance in &gone {
        forget(state, instance);
    }
    Ok(gone)
}
