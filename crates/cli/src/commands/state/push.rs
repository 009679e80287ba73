//! `terrane state push`

use std::io::Read;
use std::process::ExitCode;

use terrane_source::{Diagnostic, Diagnostics};
use terrane_state::Snapshot;

use crate::Context;
use crate::commands::events::Told;
use crate::flags::{Lock, Vars};
use crate::project::encryption::unsealed;
use crate::project::{self, edit::Editable, workspace};

/// Put a state file in the place of the state
///
/// Refused if the file belongs to another history, or if what is stored is newer.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The state file; "-" reads standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// Put it there even over a newer or an unrelated state
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    lock: Lock,
    #[command(flatten)]
    vars: Vars,
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
    let bytes = match read(&args.file) {
        Ok(bytes) => bytes,
        Err(problem) => {
            diags.error(problem);
            return context.end(&diags, &Default::default());
        }
    };
    let editable = match Editable::of(context, &workspace(&context.dir), &args.vars, &mut diags).await {
        Ok(editable) => editable,
        Err(files) => return context.end(&diags, &files),
    };
    match push(&editable, bytes, &args).await {
        Ok(Some(problem)) | Err(problem) => diags.push(problem),
        Ok(None) => {}
    }
    context.end(&diags, &editable.files)
}

async fn push(editable: &Editable, bytes: Vec<u8>, args: &Args) -> Result<Option<Diagnostic>, Diagnostic> {
    let bytes = unsealed(bytes, &*editable.store).await?;
    let pushed = project::parse_state(args.file.as_ref(), &bytes)?;
    let mut session = editable.session("state-push", &args.lock).await?;
    let stored = match args.force {
        true => Ok(()),
        false => follows(&pushed, session.snapshot()),
    };
    let stored = match stored {
        Ok(()) => {
            session.replace(pushed).await.map_err(|e| Diagnostic::error("State cannot be written", e.to_string()))
        }
        Err(problem) => Err(problem),
    };
    let unlocked = session.close().await;
    stored.map(|()| unlocked)
}

fn read(file: &str) -> Result<Vec<u8>, Diagnostic> {
    let mut bytes = Vec::new();
    let read = match file {
        "-" => std::io::stdin().read_to_end(&mut bytes).map(|_| bytes),
        file => std::fs::read(file),
    };
    read.map_err(|e| Diagnostic::error("State file cannot be read", format!("{file}: {e}")))
}

/// Whether a state may take the place of another without force.
fn follows(new: &Snapshot, old: &Snapshot) -> Result<(), Diagnostic> {
    let refuse = |what: String| {
        Err(Diagnostic::error("State was not pushed", what).hint("To put it there all the same, use -force."))
    };
    if old.is_empty() || new.lineage.is_empty() || old.lineage.is_empty() {
        return Ok(());
    }
    if new.lineage != old.lineage {
        return refuse(format!(
            "The file has the lineage {:?}, the stored state {:?}: they belong to different histories.",
            new.lineage, old.lineage
        ));
    }
    match new.serial.cmp(&old.serial) {
        std::cmp::Ordering::Greater => Ok(()),
        std::cmp::Ordering::Less => refuse(format!(
            "The file has the serial {}, the stored state {}: it has been changed since the file was written.",
            new.serial, old.serial
        )),
        std::cmp::Ordering::Equal if new == old => Ok(()),
        std::cmp::Ordering::Equal => {
            refuse(format!("The file and the stored state have the same serial, {}, but differ.", new.serial))
        }
    }
}
