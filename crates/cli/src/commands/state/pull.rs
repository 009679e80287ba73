//! `terrane state pull`

use std::process::ExitCode;

use terrane_source::{Diagnostic, Diagnostics};

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
    let cannot = |e: String| Diagnostic::error("State cannot be read", e);
    let text = match store.load().await {
        Ok(None) => Ok(Vec::new()),
        Ok(Some(stored)) => terrane_state::read(&stored.bytes)
            .map(|snapshot| terrane_state::write(&snapshot))
            .map_err(|e| cannot(format!("{e} It is in {}.", store.place()))),
        Err(e) => Err(cannot(e.to_string())),
    };
    match text {
        Ok(text) => out!("{}", String::from_utf8_lossy(&text)),
        Err(problem) => {
            diags.error(problem);
        }
    }
    context.end(&diags, &project.files)
}
