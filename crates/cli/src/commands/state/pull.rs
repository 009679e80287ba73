//! `terrane state pull`

use std::process::ExitCode;

use terrane_source::Diagnostics;

use crate::Context;
use crate::flags::Vars;
use crate::project;

/// Write the state to standard output
///
/// The text is that of a state file, sensitive values included.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    vars: Vars,
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    let mut diags = Diagnostics::new();
    let (project, store) = match project::open_store(context, &args.vars, &mut diags).await {
        Ok(opened) => opened,
        Err(project) => return context.end(&diags, &project.files),
    };
    match terrane_engine::load(&*store).await {
        Ok(loaded) if loaded.version.is_none() => {}
        Ok(loaded) => out!("{}", String::from_utf8_lossy(&terrane_state::write(&loaded.snapshot))),
        Err(problem) => {
            diags.error(problem);
        }
    }
    context.end(&diags, &project.files)
}
