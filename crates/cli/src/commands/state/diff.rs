//! `terrane state diff`

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use terrane_plan::Providers;
use terrane_source::{Diagnostic, Diagnostics, Files};
use terrane_state::Store;

use crate::Context;
use crate::flags::Vars;
use crate::project;
use crate::project::edit::Editable;
use crate::project::history::{self, Named};

use crate::views::json::Secrets;
use crate::views::{difference, json};

/// Show what two states differ in
///
/// A state is named by its version or its serial, which "state history" lists, by a file, or as "current". Without names
/// the state in use is compared with the one before, with one name with that.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The earlier state
    #[arg(value_name = "BEFORE")]
    before: Option<String>,
    /// The later state
    #[arg(value_name = "AFTER", default_value = "current")]
    after: String,
    /// Write JSON. Sensitive values are hidden, unless -show-sensitive is given
    #[arg(long)]
    json: bool,
    /// Show sensitive values
    #[arg(long)]
    show_sensitive: bool,
    /// End with code 2 if there are differences, 0 if there are none, 1 on errors
    #[arg(long)]
    detailed_exitcode: bool,
    /// Take this state file, and the copies beside it, instead of the project's state
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    #[command(flatten)]
    vars: Vars,
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    let mut diags = Diagnostics::new();
    let (store, providers, files) = match open(&args, context, &mut diags).await {
        Ok(opened) => opened,
        Err(files) => return context.end(&diags, &files),
    };
    let differs = match both(&args, &store).await {
        Ok((before, after)) => show(&args, &before, &after, &providers, context),
        Err(problem) => {
            diags.push(problem);
            false
        }
    };
    let code = context.end(&diags, &files);
    if differs && args.detailed_exitcode { ExitCode::from(2) } else { code }
}

async fn open(
    args: &Args,
    context: &Context,
    diags: &mut Diagnostics,
) -> Result<(Arc<dyn Store>, Providers, Files), Files> {
    if let Some(path) = &args.state {
        let editable = Editable::file(path, context, &args.vars, diags)?;
        return Ok((editable.store, crate::providers::all(), editable.files));
    }
    match project::open_store(context, &args.vars, diags).await {
        Ok((project, store)) => Ok((store, project.providers, project.files)),
        Err(project) => Err(project.files),
    }
}

async fn both(args: &Args, store: &Arc<dyn Store>) -> Result<(Named, Named), Diagnostic> {
    let before = match &args.before {
        Some(name) => history::named(store, name).await?,
        None => history::previous(store).await?,
    };
    Ok((before, history::named(store, &args.after).await?))
}

/// Shows the differences; whether there are any.
fn show(args: &Args, before: &Named, after: &Named, providers: &Providers, context: &Context) -> bool {
    let paint = context.terminal.out;
    let paint = if args.show_sensitive { paint.with_secrets() } else { paint };
    let text = difference::text(&before.snapshot, &after.snapshot, providers, paint);
    if args.json {
        let document = |secrets| Ok(json::difference(&before.snapshot, &after.snapshot, providers, secrets));
        let json = match args.show_sensitive {
            true => document(Secrets::Shown).map(|document| serde_json::to_string(&document)),
            false => json::redacted(document).map(|document| serde_json::to_string(&document)),
        };
        outln!("{}", json.ok().and_then(Result::ok).unwrap_or_default());
        return text.is_some();
    }
    match &text {
        Some(text) => out!("From {}\nto {}:\n{text}", before.name, after.name),
        None => outln!("No differences between {}\nand {}.", before.name, after.name),
    }
    text.is_some()
}
