//! `terrane show`

use std::path::PathBuf;
use std::process::ExitCode;

use terrane_source::{Diagnostic, Diagnostics};

use super::{Common, output};
use crate::Context;
use crate::project;
use crate::views;

/// Show the state, or a saved plan
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A file written by "terrane plan -out"; without one the state is shown
    file: Option<PathBuf>,
    #[command(flatten)]
    pub common: Common,
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    let mut diags = Diagnostics::new();
    let text = match &args.file {
        Some(path) => plan(path, context),
        None => match project::open_state(context, &mut diags).await {
            Ok(opened) => state(&opened, context),
            Err(project) => return context.end(&diags, &project.files),
        },
    };
    match text {
        Ok(text) => out!("{text}"),
        Err(problem) => {
            diags.error(problem);
        }
    }
    context.end(&diags, &Default::default())
}

fn state(opened: &project::Opened, context: &Context) -> Result<String, Diagnostic> {
    if opened.snapshot.is_empty() {
        return Ok("The state is empty.\n".into());
    }
    let mut text = views::objects::all(&opened.snapshot, &opened.project.providers, context.terminal.out)?;
    let outputs = output::listing(&opened.snapshot.outputs)?;
    if !outputs.is_empty() {
        text += &format!("\nOutputs:\n\n{outputs}");
    }
    Ok(text)
}

fn plan(path: &std::path::Path, context: &Context) -> Result<String, Diagnostic> {
    let cannot = |why: String| Diagnostic::error("Plan cannot be read", format!("{}: {why}", path.display()));
    let bytes = std::fs::read(path).map_err(|e| cannot(format!("{e}.")))?;
    let (plan, _) = terrane_plan::file::read(&bytes).map_err(|e| cannot(e.to_string()))?;
    Ok(views::plan::plan(&plan, &crate::providers::all(), context.terminal.out))
}
