//! `terrane console`

mod input;
mod json;
mod prompt;
mod session;

use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use terrane_backend::Local;
use terrane_lang::{Evaluator, Input, Inputs, Program, Stage};
use terrane_source::Diagnostics;
use terrane_state::{Snapshot, Store};
use terrane_value::Value;

use super::Common;
use super::events::Told;
use crate::Context;
use crate::flags::{Lock, Vars};
use crate::project::encryption::Encryption;
use crate::project::{self, Project};
use input::{Input as Lines, Typed};
use session::{Reply, Scene, Session};

/// Try expressions on the configuration and its state
///
/// Evaluates what is typed, one expression after the other, or each line of standard input if that is no terminal. Changes
/// nothing.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show the value of this expression and end, with code 1 if it has none. May be given several times
    #[arg(long, value_name = "EXPRESSION", allow_hyphen_values = true)]
    eval: Vec<String>,
    /// Write one JSON object for each -eval, with its value and type
    #[arg(long, requires = "eval")]
    json: bool,
    /// Write answers and messages as events to a file too, one JSON object a line
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    json_into: Option<PathBuf>,
    /// Read the state from this file instead of from the backend
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    #[command(flatten)]
    vars: Vars,
    // Taken as other tools have it. The console only reads, at once and without the lock.
    #[command(flatten)]
    _lock: Lock,
    #[command(flatten)]
    pub common: Common,
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    let context = &match Told::into_file(args.json_into.clone()).context(context) {
        Ok(context) => context,
        Err(problem) => return context.end(&problem.into(), &Default::default()),
    };
    let mut diags = Diagnostics::new();
    let mut project = Project::load_with(&context.dir, &args.vars, &context.cwd, &mut diags);
    let mut inputs = project::inputs(&mut project, &args.vars, Stage::Apply, &context.cwd, &mut diags);
    if diags.has_errors() {
        return context.end(&diags, &project.files);
    }
    leave_unset_unknown(&project.program, &mut inputs);
    let Some(snapshot) = state(&args, &project, &inputs, &mut diags).await else {
        return context.end(&diags, &project.files);
    };
    let Project { files, program, providers, world, .. } = &mut project;
    let scene = Scene { program, providers, world, snapshot: &snapshot };
    let mut session = Session::new(scene, inputs, files);
    diags.extend(session.check_variables());
    context.report(&diags, session.files());
    if !args.eval.is_empty() {
        return evaluate(&args, &mut session, context);
    }
    match std::io::stdin().is_terminal() {
        true => prompt::run(&mut session, context),
        false => piped(&mut session, context),
    }
}

/// Gives unknown values to variables that have none.
fn leave_unset_unknown(program: &Program, inputs: &mut Inputs) {
    for decl in program.root().contents.variables.iter().filter(|v| v.default.is_none()) {
        let value = Value::unknown(decl.ty.without_optional());
        let unset = || Input { value, span: None, origin: "nowhere".into() };
        inputs.variables.entry(decl.name.clone()).or_insert_with(unset);
    }
}

async fn state(args: &Args, project: &Project, inputs: &Inputs, diags: &mut Diagnostics) -> Option<Snapshot> {
    if let Some(path) = &args.state {
        let store: Arc<dyn Store> = Arc::new(Local::at(path.clone(), "terraform.tfstate.d".into()));
        let store = Encryption::of(project, inputs).over(store, diags).ok()?;
        return project::read_state(&store, diags).await;
    }
    let store = {
        let mut evaluator = Evaluator::new(&project.program, &project.providers, &project.world, inputs.clone());
        project::store(project, &mut evaluator, diags).await
    };
    project::read_state(&store?, diags).await
}

fn evaluate(args: &Args, session: &mut Session<'_>, context: &Context) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for text in &args.eval {
        let mut diags = Diagnostics::new();
        let answer = session.answer(text, &mut diags);
        if answer.is_none() {
            code = ExitCode::FAILURE;
        }
        if args.json {
            outln!("{}", json::answer(text, answer.as_ref(), &diags, session.files()));
            continue;
        }
        context.report(&diags, session.files());
        if let Some(answer) = answer {
            context.view.say(&session::shown(&answer));
        }
    }
    code
}

/// Answers each line of standard input; the first mistake ends it.
fn piped(session: &mut Session<'_>, context: &Context) -> ExitCode {
    let mut lines = Lines::default();
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        if let Typed::Expression(text) = lines.line(&line)
            && let Some(code) = shown(session, context, &text)
        {
            return code;
        }
    }
    // What is still open is incomplete, which an answer says best.
    let rest = lines.take();
    if rest.trim().is_empty() { ExitCode::SUCCESS } else { shown(session, context, &rest).unwrap_or(ExitCode::SUCCESS) }
}

/// Shows the answer, or says with which code to end.
fn shown(session: &mut Session<'_>, context: &Context, text: &str) -> Option<ExitCode> {
    let mut diags = Diagnostics::new();
    let reply = session.reply(text, &mut diags);
    context.report(&diags, session.files());
    match reply {
        Reply::Text(text) => {
            context.view.say(&text);
            None
        }
        Reply::Exit => Some(ExitCode::SUCCESS),
        Reply::Failed => Some(ExitCode::FAILURE),
    }
}
