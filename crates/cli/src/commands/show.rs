//! `terrane show`

use std::path::PathBuf;
use std::process::ExitCode;

use terrane_encryption::envelope;
use terrane_plan::Providers;
use terrane_source::{Diagnostic, Diagnostics, Files};
use terrane_state::Snapshot;

use super::Common;
use crate::Context;
use crate::flags::Vars;
use crate::project::{self, encryption};
use crate::views;
use crate::views::json::Secrets;
use crate::views::lines::Paint;

/// Show the state, or a saved plan
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A file written by "terrane plan -out", or one that holds a state; without one the state in use is shown
    file: Option<PathBuf>,
    /// Show this saved plan; the same as naming the file
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    plan: Option<PathBuf>,
    /// Show the state in use; the same as naming nothing
    #[arg(long, conflicts_with_all = ["file", "plan"])]
    state: bool,
    /// Write Terraform's JSON. Sensitive values are in the clear, unless -redact is given
    #[arg(long)]
    json: bool,
    /// Write "(sensitive value)" in place of every sensitive value of the JSON
    #[arg(long, requires = "json")]
    redact: bool,
    /// Show sensitive values in the text
    #[arg(long)]
    show_sensitive: bool,
    #[command(flatten)]
    vars: Vars,
    #[command(flatten)]
    pub common: Common,
}

impl Args {
    fn secrets(&self) -> Secrets {
        if self.redact { Secrets::Hidden } else { Secrets::Shown }
    }

    /// For whom the text is.
    fn paint(&self, context: &Context) -> Paint {
        let paint = context.terminal.out;
        if self.show_sensitive { paint.with_secrets() } else { paint }
    }
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    let mut diags = Diagnostics::new();
    let text = match args.file.as_ref().or(args.plan.as_ref()) {
        Some(path) => match file(path, &args, context, &mut diags).await {
            Ok(text) => text,
            Err(files) => return context.end(&diags, &files),
        },
        None => match project::open_state_with(context, &args.vars, &mut diags).await {
            Ok(opened) => state(&opened.snapshot, &opened.project.providers, &args, context),
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

fn state(snapshot: &Snapshot, providers: &Providers, args: &Args, context: &Context) -> Result<String, Diagnostic> {
    if args.json {
        return json(views::json::state(snapshot, providers, args.secrets())?);
    }
    if snapshot.is_empty() {
        return Ok("The state is empty.\n".into());
    }
    let paint = args.paint(context);
    let text = views::objects::all(snapshot, providers, paint)?;
    Ok(text + &views::objects::outputs(snapshot, paint)?)
}

/// One line of JSON.
fn json(document: impl serde::Serialize) -> Result<String, Diagnostic> {
    let text = serde_json::to_string(&document);
    text.map(|text| text + "\n").map_err(|e| Diagnostic::error("JSON cannot be written", format!("{e}.")))
}

/// Shows a saved plan, or a state that is kept in a file.
async fn file(
    path: &std::path::Path,
    args: &Args,
    context: &Context,
    diags: &mut Diagnostics,
) -> Result<Result<String, Diagnostic>, Files> {
    let bytes = std::fs::read(path).unwrap_or_default();
    let bytes = match envelope::is_sealed(&bytes) && envelope::read(&bytes).is_ok_and(|sealed| sealed.head.is_some()) {
        true => encryption::opened_state(bytes, path, context, diags).await?,
        false => bytes,
    };
    match terrane_state::read(&bytes) {
        Ok(snapshot) if !bytes.is_empty() => Ok(state(&snapshot, &crate::providers::all(), args, context)),
        _ => plan(path, args, context, diags).await,
    }
}

async fn plan(
    path: &std::path::Path,
    args: &Args,
    context: &Context,
    diags: &mut Diagnostics,
) -> Result<Result<String, Diagnostic>, Files> {
    let (plan, origin) = project::read_plan_of_any_kind(path, context, &Vars::default(), diags).await?;
    let providers = crate::providers::all();
    if args.json {
        return Ok(views::json::plan(&plan, &origin, &providers, args.secrets()).and_then(json));
    }
    Ok(Ok(views::plan::plan(&plan, &providers, args.paint(context))))
}
