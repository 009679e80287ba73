//! What plan, apply, destroy and import share: getting ready, planning, applying.

use std::future::pending;
use std::process::ExitCode;
use std::sync::Arc;

use clap::ArgAction;
use terrane_engine::{Cancel, Job, Running, Session};
use terrane_lang::{CHECK_FAILED, CHECK_UNKNOWN, Evaluator, Inputs, Stage};
use terrane_plan::{Applied, Plan, PlanMode, PlanOptions};
use terrane_source::{Diagnostic, Diagnostics, Files};
use terrane_state::{Snapshot, Store, StoreError};
use tokio::signal::unix::{self, SignalKind};

use super::events::Events;
use super::selection::{self, Selection};
use crate::Context;
use crate::flags::{Limit, Lock, Vars, limits};
use crate::project::encryption::Encryption;
use crate::project::{self, Project, StateFiles, nothing_here};
use crate::views::view::Watching;

/// Flags that decide what is planned.
#[derive(Clone, Debug, clap::Args)]
pub struct Planning {
    /// Read existing objects first; with -refresh=false the state is taken as it is
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "true", default_missing_value = "true", action = ArgAction::Set, value_name = "BOOL")]
    pub refresh: bool,
    /// Only bring the state and the outputs up to date with what exists
    #[arg(long, conflicts_with = "destroy")]
    pub refresh_only: bool,
    /// Plan to delete everything
    #[arg(long)]
    pub destroy: bool,
    #[command(flatten)]
    pub selection: Selection,
    /// Leave for a later plan what cannot be planned yet: unknown count, for_each or provider configurations, and what depends on these
    #[arg(long)]
    pub allow_deferral: bool,
    #[command(flatten)]
    pub vars: Vars,
    #[command(flatten)]
    pub files: StateFiles,
    #[command(flatten)]
    pub lock: Lock,
    #[command(flatten)]
    pub work: Work,
    #[command(flatten)]
    pub events: Events,
}

/// Flags that decide how work is done.
#[derive(Clone, Debug, clap::Args)]
pub struct Work {
    /// Do at most this many things at once; 10 if nothing is said. All that is read of a provider at a time counts as one. With a provider, as in aws=4, how many of them that provider does, which then do not count among the others. May be given several times
    #[arg(long, value_name = "[PROVIDER=]N", value_parser = Limit::parse)]
    pub parallelism: Vec<Limit>,
    /// Ask for consent; with -input=false a command that has to ask ends with an error
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "true", default_missing_value = "true", action = ArgAction::Set, value_name = "BOOL")]
    pub input: bool,
}

/// A project that is ready to be planned.
pub struct Ready {
    /// The project.
    pub project: Project,
    /// What it is given.
    pub inputs: Inputs,
    /// Where its state is.
    pub store: Arc<dyn Store>,
}

/// An operation with its progress on the screen and Ctrl-C at hand.
pub struct Live {
    /// How the engine is to run.
    pub running: Running,
    watching: Arc<dyn Watching>,
    interrupts: tokio::task::JoinHandle<()>,
}

impl Live {
    /// Shows progress and listens to Ctrl-C from now on.
    pub fn start(context: &Context, work: &Work) -> Live {
        let cancel = Cancel::new();
        let watching = context.view.watch();
        let pressed = cancel.clone();
        let interrupts = tokio::spawn(async move {
            let mut hangup = hangup();
            while interrupt(&mut hangup).await {
                pressed.press();
            }
        });
        let parallelism = limits(&work.parallelism);
        let running =
            Running { parallelism, watcher: watching.clone(), cancel, rollback: false, meter: context.meter.clone() };
        Live { running, watching, interrupts }
    }

    /// Takes the progress off the screen.
    pub fn pause(&self) {
        self.watching.pause();
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.watching.pause();
        self.interrupts.abort();
    }
}

/// Waits for Ctrl-C, a request to terminate or the end of the terminal; false if these cannot be listened to.
async fn interrupt(hangup: &mut Option<unix::Signal>) -> bool {
    let Ok(mut terminate) = unix::signal(SignalKind::terminate()) else { return false };
    let hung_up = async {
        match hangup {
            Some(hangup) => hangup.recv().await,
            None => pending().await,
        }
    };
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed.is_ok(),
        told = terminate.recv() => told.is_some(),
        told = hung_up => {
            // The shell tells it once more.
            *hangup = None;
            told.is_some()
        }
    }
}

/// The end of the terminal, unless the program was started so that it goes on without (`nohup`).
fn hangup() -> Option<unix::Signal> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1);
    if ignored { None } else { unix::signal(SignalKind::hangup()).ok() }
}

/// Loads and checks a project and opens its store. `None` after errors were reported to `diags`.
pub async fn ready(context: &Context, vars: &Vars, diags: &mut Diagnostics) -> Result<Ready, Box<Project>> {
    let project = Project::load_with(&context.dir, vars, &context.cwd, diags);
    checked(context, project, diags).await
}

/// The same with the modules that a plan was made with, which the values in it decide.
pub async fn ready_as_planned(
    context: &Context,
    vars: &Vars,
    planned: &Inputs,
    diags: &mut Diagnostics,
) -> Result<Ready, Box<Project>> {
    let project = Project::load_as_planned(&context.dir, vars, &context.cwd, planned, diags);
    checked(context, project, diags).await
}

async fn checked(context: &Context, mut project: Project, diags: &mut Diagnostics) -> Result<Ready, Box<Project>> {
    if Project::is_empty(&context.dir) {
        diags.error(nothing_here(&context.dir));
        return Err(Box::new(project));
    }
    if let Some(transfer) = project::Transfer::unfinished(&context.dir) {
        diags.error(transfer.error());
        return Err(Box::new(project));
    }
    let inputs = project::inputs(&mut project, &Vars::default(), Stage::Plan, &context.cwd, diags);
    terrane_lang::check(&project.program, &project.providers, &project.world, diags);
    if diags.has_errors() {
        // Planning would say so, but does not begin.
        terrane_lang::variables::check_given(&project.program, &inputs, diags);
        return Err(Box::new(project));
    }
    match Encryption::of(&project, &inputs).remote_states(diags) {
        Ok(targets) => project.remote_states.decrypt_by(targets),
        Err(_) => return Err(Box::new(project)),
    }
    let store = {
        let mut evaluator = Evaluator::new(&project.program, &project.providers, &project.world, inputs.clone());
        project::store(&project, &mut evaluator, diags).await
    };
    match store {
        Some(store) => Ok(Ready { project, inputs, store }),
        None => Err(Box::new(project)),
    }
}

impl Ready {
    /// What the engine works on.
    pub fn job(&self) -> Job<'_> {
        Job { program: &self.project.program, providers: &self.project.providers, world: &self.project.world }
    }

    /// The same with the state in the files that flags name.
    ///
    /// # Errors
    /// The project alone, after it was reported that its state is no file.
    pub fn kept_in(
        self,
        files: &StateFiles,
        context: &Context,
        diags: &mut Diagnostics,
    ) -> Result<Ready, Box<Project>> {
        let store = match files.store(context, &*self.store) {
            Ok(None) => return Ok(self),
            Ok(Some(store)) => Encryption::of(&self.project, &self.inputs).over(store, diags),
            Err(problem) => Err(diags.error(problem)),
        };
        match store {
            Ok(store) => Ok(Ready { store, ..self }),
            Err(_) => Err(Box::new(self.project)),
        }
    }

    /// Opens the state, locked for an operation.
    pub async fn session(&self, operation: &str, lock: &Lock, live: &Live) -> Result<Session<'_>, Diagnostic> {
        let journals = project::journals(&self.project.dir);
        let locking = project::locking(&format!("OperationType{operation}"), lock, Some(journals))?;
        Session::open(&self.store, &locking, &live.running.watcher).await
    }
}

/// Reads the flags that decide what is planned; files that they name are added to `files`.
pub fn options(planning: &Planning, files: &mut Files, diags: &mut Diagnostics) -> PlanOptions {
    let mut options = PlanOptions {
        mode: match (planning.destroy, planning.refresh_only) {
            (true, _) => PlanMode::Destroy,
            (_, true) => PlanMode::RefreshOnly,
            _ => PlanMode::Normal,
        },
        refresh: planning.refresh,
        allow_deferral: planning.allow_deferral,
        ..PlanOptions::default()
    };
    if planning.refresh_only && !planning.refresh {
        let detail = "-refresh-only reads existing objects; with -refresh=false it would have nothing to do.";
        diags.error(Diagnostic::error("Incompatible refresh options", detail));
    }
    planning.selection.read(&mut options, files, diags);
    if !options.replace.is_empty() && options.mode != PlanMode::Normal {
        let detail = "What is destroyed, or only read, cannot be replaced: -replace goes with neither -destroy nor -refresh-only.";
        diags.error(Diagnostic::error("Unsupported plan mode", detail));
    }
    options
}

/// Makes a plan in a session, reports what there is to say, and shows it.
pub async fn plan(
    context: &Context,
    ready: &Ready,
    session: &Session<'_>,
    options: PlanOptions,
    live: &Live,
    diags: &mut Diagnostics,
) -> Plan {
    let plan = planned(ready, session, options, live, diags).await;
    show(context, ready, &plan);
    plan
}

/// Shows a plan; if it met errors, what could be planned.
pub fn show(context: &Context, ready: &Ready, plan: &Plan) {
    if !plan.errored || plan.has_changes() {
        context.view.plan(plan, &ready.project.providers);
    }
}

/// Makes a plan in a session and reports what there is to say.
pub async fn planned(
    ready: &Ready,
    session: &Session<'_>,
    options: PlanOptions,
    live: &Live,
    diags: &mut Diagnostics,
) -> Plan {
    session.notice().into_iter().for_each(|notice| diags.push(notice));
    selection::limited(&options).into_iter().for_each(|warning| diags.push(warning));
    let prior = session.snapshot().clone();
    let (plan, found) = terrane_engine::plan(ready.job(), ready.inputs.clone(), prior, options, &live.running).await;
    live.pause();
    diags.extend(found);
    selection::warn_of_misses(&plan, &ready.project.program, diags);
    plan
}

/// Carries out a plan that was shown, in the session it was made in, and says what came of it.
pub async fn apply(
    context: &Context,
    ready: &Ready,
    session: &mut Session<'_>,
    plan: &Plan,
    live: &Live,
    diags: &mut Diagnostics,
) -> ExitCode {
    // What the plan said of checks is said anew at the end.
    let said_again = |d: &Diagnostic| [CHECK_FAILED, CHECK_UNKNOWN].contains(&&*d.summary);
    if plan.options.mode == PlanMode::Normal {
        let said = std::mem::take(diags).into_iter().filter(|d| !said_again(d));
        said.for_each(|diagnostic| diags.push(diagnostic));
    }
    let applied = carry_out(ready, session, plan, live, diags).await;
    live.pause();
    let Some(applied) = applied else { return ExitCode::FAILURE };
    context.view.applied(plan, &applied);
    if applied.is_complete() && plan.options.mode != PlanMode::Destroy {
        context.view.outputs(&applied.snapshot);
    }
    match applied.is_complete() && !diags.has_errors() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Carries out a plan and reports what there is to say; `None` if it cannot be carried out.
pub async fn carry_out(
    ready: &Ready,
    session: &mut Session<'_>,
    plan: &Plan,
    live: &Live,
    diags: &mut Diagnostics,
) -> Option<Applied> {
    match terrane_engine::apply(ready.job(), plan, session, &live.running).await {
        Ok(finished) => {
            if let Some(error) = &finished.unsaved {
                diags.error(rescue(session, &*ready.store, error).await);
                session.discard_journal().await;
            }
            diags.extend(finished.applied.diagnostics.clone());
            Some(finished.applied)
        }
        Err(refused) => {
            diags.extend(refused);
            None
        }
    }
}

/// Keeps a state that could not be written beside the configuration.
async fn rescue(session: &Session<'_>, store: &dyn Store, error: &StoreError) -> Diagnostic {
    let (why, next) = match error {
        StoreError::Conflict => (
            "Another run has changed the stored state since this run read it.".to_owned(),
            "keep it, and import what only it knows before the next run.",
        ),
        error => (error.to_string(), "keep it, and put it in place of the stored state before the next run."),
    };
    let problem = Diagnostic::error("State cannot be written", why);
    let bytes = match store.sealed(terrane_state::write(&unsaved(session))).await {
        Ok(bytes) => bytes,
        Err(e) => return problem.note(format!("It could not be encrypted either, so it was not kept: {e}")),
    };
    match std::fs::write("errored.tfstate", &bytes) {
        Ok(()) => problem.hint(format!(
            "The state was written to the file errored.tfstate instead. It is the only record of what this run made: {next}"
        )),
        Err(e) => problem.note(format!("It could not be written to errored.tfstate either: {e}."))
            .note(String::from_utf8_lossy(&bytes).into_owned())
            .hint("The text above is the state. Save it."),
    }
}

/// The state as it would have been written.
fn unsaved(session: &Session<'_>) -> Snapshot {
    let mut snapshot = session.snapshot().clone();
    snapshot.serial += 1;
    snapshot.terraform_version = terrane_engine::LANGUAGE_VERSION.into();
    if snapshot.lineage.is_empty() {
        snapshot.lineage = uuid::Uuid::new_v4().to_string();
    }
    snapshot
}

/// Asks for consent, the way Terraform asks.
pub fn consent(context: &Context, work: &Work, question: &str, explain: &str) -> Result<bool, Diagnostic> {
    if !work.input || !context.terminal.input {
        return Err(Diagnostic::error(
            "No consent",
            "Input is switched off, so nobody can be asked whether to apply this plan.",
        )
        .hint("Use -auto-approve, or make a plan with \"terrane plan -out=FILE\" and apply that file."));
    }
    let bold = context.terminal.out.bold(question);
    let answer =
        context.terminal.ask(&format!("\n{bold}\n{explain}\n\n  {} ", context.terminal.out.bold("Enter a value:")));
    outln!("");
    Ok(answer.is_some_and(|a| a.trim() == "yes"))
}
