//! `terrane show`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use terrane_encryption::envelope;
use terrane_lang::{Loading, Program};
use terrane_plan::file::Origin;
use terrane_plan::{Plan, Providers};
use terrane_source::{Diagnostic, Diagnostics, Files};
use terrane_state::Snapshot;

use super::Common;
use crate::Context;
use crate::flags::Vars;
use crate::project::{self, Project, encryption, nothing_here};
use crate::views;
use crate::views::json::Secrets;
use crate::views::lines::Paint;
use crate::views::secrets::SecretTexts;
use crate::world::Disk;

/// Show the state, a saved plan, or the configuration
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
    /// Show what the configuration declares, in JSON
    #[arg(long, requires = "json", conflicts_with_all = ["file", "plan", "state"])]
    config: bool,
    /// Show what the module in this folder declares, in JSON, without those it calls; nothing has to be installed
    #[arg(long, value_name = "DIR", requires = "json", conflicts_with_all = ["file", "plan", "state", "config"])]
    module: Option<PathBuf>,
    /// Write Terraform's JSON. Sensitive values are in the clear, unless -redact is given
    #[arg(long, conflicts_with = "json_into")]
    json: bool,
    /// Write the same JSON to a file, besides the text
    #[arg(long, value_name = "FILE")]
    json_into: Option<PathBuf>,
    /// Write "(sensitive value)" in place of every sensitive value of the JSON
    #[arg(long)]
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
    /// For whom the text is.
    fn paint(&self, context: &Context) -> Paint {
        let paint = context.terminal.out;
        if self.show_sensitive { paint.with_secrets() } else { paint }
    }
}

/// What is shown.
enum Shown {
    State(Snapshot, Providers),
    Plan(Box<(Plan, Origin)>),
    Configuration(Program, Providers),
    Module(Program, Providers),
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    let mut diags = Diagnostics::new();
    if args.redact && !args.json && args.json_into.is_none() {
        let detail = "-redact is about JSON; text has no sensitive values unless -show-sensitive is given.";
        let problem = Diagnostic::error("Nothing to redact", detail).hint("Add -json, or leave -redact out.");
        return context.end(&problem.into(), &Files::new());
    }
    let shown = match found(&args, context, &mut diags).await {
        Ok(shown) => shown,
        Err(files) => return context.end(&diags, &files),
    };
    if let Err(problem) = write(&shown, &args, context) {
        diags.error(problem);
    }
    context.end(&diags, &Default::default())
}

/// Reads what is to be shown. The files of what could not be read, after that was reported.
async fn found(args: &Args, context: &Context, diags: &mut Diagnostics) -> Result<Shown, Files> {
    if let Some(dir) = &args.module {
        return module(dir, diags);
    }
    if args.config {
        return configuration(args, context, diags);
    }
    match args.file.as_ref().or(args.plan.as_ref()) {
        Some(path) => file(path, &args.vars, context, diags).await,
        None => match project::open_state_with(context, &args.vars, diags).await {
            Ok(opened) => Ok(Shown::State(opened.snapshot, opened.project.providers)),
            Err(project) => Err(project.files),
        },
    }
}

fn write(shown: &Shown, args: &Args, context: &Context) -> Result<(), Diagnostic> {
    if let Some(path) = &args.json_into {
        let cannot = |e| {
            let detail = format!("The file {} of -json-into cannot be written: {e}.", path.display());
            Diagnostic::error("JSON cannot be written", detail)
        };
        project::write_private(path, in_json(shown, args)?.as_bytes()).map_err(cannot)?;
    }
    let text = if args.json { in_json(shown, args)? } else { in_words(shown, args, context)? };
    out!("{text}");
    Ok(())
}

fn in_words(shown: &Shown, args: &Args, context: &Context) -> Result<String, Diagnostic> {
    let paint = args.paint(context);
    match shown {
        Shown::State(snapshot, _) if snapshot.is_empty() => Ok("The state is empty.\n".into()),
        Shown::State(snapshot, providers) => {
            let secrets = SecretTexts::of_state(snapshot, providers);
            let text = views::objects::all(snapshot, providers, &secrets, paint)?;
            Ok(text + &views::objects::outputs(snapshot, &secrets, paint)?)
        }
        Shown::Plan(plan) => Ok(views::plan::plan(&plan.0, &crate::providers::all(), paint)),
        Shown::Configuration(..) | Shown::Module(..) => in_json(shown, args),
    }
}

fn in_json(shown: &Shown, args: &Args) -> Result<String, Diagnostic> {
    match shown {
        Shown::State(snapshot, providers) => json(args, |secrets| views::json::state(snapshot, providers, secrets)),
        Shown::Plan(plan) => {
            let providers = crate::providers::all();
            json(args, |secrets| views::json::plan(&plan.0, &plan.1, &providers, secrets))
        }
        Shown::Configuration(program, providers) => {
            json(args, |secrets| Ok(views::json::declared(program, providers, secrets)))
        }
        Shown::Module(program, providers) => json(args, |secrets| Ok(views::json::alone(program, providers, secrets))),
    }
}

/// One line of JSON, without secrets if that is asked for.
fn json<T: serde::Serialize>(
    args: &Args,
    make: impl Fn(Secrets) -> Result<T, Diagnostic>,
) -> Result<String, Diagnostic> {
    let text = match args.redact {
        true => serde_json::to_string(&views::json::redacted(make)?),
        false => serde_json::to_string(&make(Secrets::Shown)?),
    };
    text.map(|text| text + "\n").map_err(|e| Diagnostic::error("JSON cannot be written", format!("{e}.")))
}

fn configuration(args: &Args, context: &Context, diags: &mut Diagnostics) -> Result<Shown, Files> {
    let project = Project::load_with(&context.dir, &args.vars, &context.cwd, diags);
    if Project::is_empty(&context.dir) {
        diags.error(nothing_here(&context.dir));
    }
    match diags.has_errors() {
        true => Err(project.files),
        false => Ok(Shown::Configuration(project.program, project.providers)),
    }
}

fn module(dir: &Path, diags: &mut Diagnostics) -> Result<Shown, Files> {
    let mut files = Files::new();
    if Project::is_empty(dir) {
        diags.error(nothing_here(dir));
        return Err(files);
    }
    let world = Disk::at(dir);
    let loading = Loading::root(&world, ".", &mut files, diags);
    if diags.has_errors() {
        return Err(files);
    }
    // Whether it fits what it calls is not looked at.
    let program = loading.finish(&mut Diagnostics::new());
    Ok(Shown::Module(program, crate::providers::all()))
}

/// Reads a saved plan, or a state that is kept in a file.
async fn file(path: &Path, vars: &Vars, context: &Context, diags: &mut Diagnostics) -> Result<Shown, Files> {
    let bytes = std::fs::read(path).unwrap_or_default();
    let bytes = match envelope::is_sealed(&bytes) && envelope::read(&bytes).is_ok_and(|sealed| sealed.head.is_some()) {
        true => encryption::opened_state(bytes, path, context, vars, diags).await?,
        false => bytes,
    };
    match terrane_state::read(&bytes) {
        Ok(snapshot) if !bytes.is_empty() => Ok(Shown::State(snapshot, crate::providers::all())),
        _ => {
            let plan = project::read_plan_of_any_kind(path, context, vars, diags).await?;
            Ok(Shown::Plan(Box::new(plan)))
        }
    }
}
