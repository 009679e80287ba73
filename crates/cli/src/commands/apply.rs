//! `terrane apply`

use std::path::PathBuf;
use std::process::ExitCode;

use terrane_engine::Session;
use terrane_plan::PlanMode;
use terrane_source::{Diagnostic, Diagnostics, Files};

use super::{Common, converge, run, selection};
use crate::{Context, project, views};

/// Change what exists so that it matches the configuration
///
/// Without a plan file it makes a plan, shows it, and asks before it carries it out.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A file written by "terrane plan -out"; it is carried out without asking
    pub plan: Option<PathBuf>,
    /// Do not ask before carrying out the plan
    #[arg(long)]
    pub auto_approve: bool,
    /// If the run fails or is interrupted, delete again what it has created; what it has changed or deleted stays so
    #[arg(long)]
    pub rollback_on_failure: bool,
    /// Take a destroy that leaves forgotten objects behind for a success
    #[arg(long)]
    pub suppress_forget_errors: bool,
    #[command(flatten)]
    pub converge: converge::Flags,
    #[command(flatten)]
    pub planning: run::Planning,
    #[command(flatten)]
    pub common: Common,
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    let context = &match args.planning.events.context(context, &args.common) {
        Ok(context) => context,
        Err(problem) => return context.end(&problem.into(), &Default::default()),
    };
    let mut diags = Diagnostics::new();
    let mut files = Files::new();
    let options = run::options(&args.planning, &mut files, &mut diags);
    if diags.has_errors() {
        return context.end(&diags, &files);
    }
    if let Some(problem) = settled(&args) {
        diags.error(problem);
        return context.end(&diags, &Default::default());
    }
    let saved = match &args.plan {
        Some(path) => match project::read_plan(path, context, &args.planning.vars, &mut diags).await {
            Ok(saved) => Some(saved),
            Err(files) => return context.end(&diags, &files),
        },
        None => None,
    };
    if let Some(problem) = saved.as_ref().and_then(|(plan, _)| plan.refusal()) {
        diags.error(problem);
        return context.end(&diags, &Default::default());
    }
    let ready = match &saved {
        Some((plan, _)) => run::ready_as_planned(context, &args.planning.vars, &plan.inputs, &mut diags).await,
        None => run::ready(context, &args.planning.vars, &mut diags).await,
    };
    let ready = ready.and_then(|ready| ready.kept_in(&args.planning.files, context, &mut diags));
    let mut ready = match ready {
        Ok(ready) => ready,
        Err(project) => return context.end(&diags, &project.files),
    };
    let saved = match saved {
        Some((mut plan, origin)) => {
            let workspace = &*ready.inputs.workspace;
            project::check(&plan, &origin, &ready.project, workspace, &*ready.store, &mut diags);
            ready.project.world.set_planned_at(origin.planned_at);
            let explicit = !args.planning.vars.given.is_empty();
            project::supply(&mut plan, &ready.project, &ready.inputs, explicit, &mut diags);
            if diags.has_errors() {
                return context.end(&diags, &ready.project.files);
            }
            ready.inputs = plan.inputs.clone();
            Some(plan)
        }
        None => None,
    };
    let live = run::Live::start(context, &args.planning.work);
    let operation = if options.mode == PlanMode::Destroy { "Destroy" } else { "Apply" };
    let mut session = match ready.session(operation, &args.planning.lock, &live).await {
        Ok(session) => session,
        Err(problem) => {
            live.pause();
            diags.error(problem);
            return context.end(&diags, &ready.project.files);
        }
    };
    if args.converge.converge {
        live.pause();
        let code = converge::rounds(context, &args, &ready, &mut session, options, &mut diags).await;
        return close(context, &ready, session, code, diags).await;
    }
    let plan = match saved {
        Some(plan) => match terrane_engine::claim(&plan, &mut session).await {
            Ok(()) => {
                session.notice().into_iter().for_each(|notice| diags.push(notice));
                selection::limited(&plan.options).into_iter().for_each(|warning| diags.push(warning));
                context.view.resumed(&plan);
                Some(plan)
            }
            Err(problem) => {
                diags.error(problem);
                None
            }
        },
        None => {
            let plan = run::plan(context, &ready, &session, options, &live, &mut diags).await;
            let wanted = !diags.has_errors() && plan.is_applicable();
            match wanted && !args.auto_approve {
                true => {
                    // Who is asked has to see what the plan warns of.
                    context.report(&std::mem::take(&mut diags), &ready.project.files);
                    asked(context, &args, &plan, &mut diags).then_some(plan)
                }
                false => (wanted || !plan.errored).then_some(plan),
            }
        }
    };
    let mut code = ExitCode::SUCCESS;
    if let Some(plan) = plan
        && !diags.has_errors()
    {
        let mut live = run::Live::start(context, &args.planning.work);
        live.running.rollback = args.rollback_on_failure;
        code = run::apply(context, &ready, &mut session, &plan, &live, &mut diags).await;
        let left = views::deferral::after_apply(&plan, context.terminal.out);
        left.filter(|_| code == ExitCode::SUCCESS).into_iter().for_each(|left| context.view.say(&left));
        if code == ExitCode::SUCCESS && !args.suppress_forget_errors {
            diags.extend(left_behind(&plan).map(Diagnostics::from).unwrap_or_default());
        }
    }
    close(context, &ready, session, code, diags).await
}

/// The error for a destroy that leaves objects behind: who destroys takes for granted that nothing goes on to cost money.
fn left_behind(plan: &terrane_plan::Plan) -> Option<Diagnostic> {
    let forgotten: Vec<String> = plan.steps.iter().filter(|s| s.change.forgets()).map(|s| s.address()).collect();
    if plan.options.mode != PlanMode::Destroy || forgotten.is_empty() {
        return None;
    }
    let detail = format!(
        "All else is destroyed, but these objects are only forgotten, as their configuration asks; they go on to exist: {}.",
        forgotten.join(", ")
    );
    let error = Diagnostic::error("Destroy was successful but left behind forgotten instances", detail);
    Some(error.hint("If that is meant, add -suppress-forget-errors."))
}

/// Gives the state free and says what is left to say.
async fn close(
    context: &Context,
    ready: &run::Ready,
    mut session: Session<'_>,
    code: ExitCode,
    mut diags: Diagnostics,
) -> ExitCode {
    if let Err(error) = session.keep_recovered().await {
        diags.error(Diagnostic::error("State cannot be written", error.to_string()));
    }
    if let Some(problem) = session.close().await {
        diags.push(problem);
    }
    match context.end(&diags, &ready.project.files) {
        ExitCode::SUCCESS => code,
        failed => failed,
    }
}

/// Refuses flags that would change a saved plan, and output that nobody could answer.
fn settled(args: &Args) -> Option<Diagnostic> {
    if args.planning.events.told.json && args.plan.is_none() && !args.auto_approve {
        let detail = "With -json nobody can be asked whether to carry out the plan.";
        let hint = "Apply a plan that was saved with \"terrane plan -out=FILE\", or add -auto-approve.";
        return Some(Diagnostic::error("Plan file or auto-approve required", detail).hint(hint));
    }
    if args.converge.converge && (args.planning.destroy || args.planning.refresh_only) {
        let mode = if args.planning.destroy { "-destroy" } else { "-refresh-only" };
        let detail = format!("-converge plans and applies changes until none is left; {mode} is done in one round.");
        return Some(Diagnostic::error("These exclude each other", detail).hint("Leave -converge out."));
    }
    args.plan.as_ref()?;
    let planning = &args.planning;
    let given = [
        ("-destroy", planning.destroy),
        ("-refresh-only", planning.refresh_only),
        ("-refresh=false", !planning.refresh),
        ("-allow-deferral", planning.allow_deferral),
        ("-converge", args.converge.converge),
    ];
    let mode = given.into_iter().find(|(_, given)| *given).map(|(flag, _)| flag);
    let flag = mode.or_else(|| planning.selection.given())?;
    let detail =
        format!("A saved plan says already what is to be done, and with which values; {flag} cannot change it.");
    let hint = "Apply the plan without the flag, or make a new plan with it: terrane plan -out=FILE";
    Some(Diagnostic::error("The plan is made already", detail).hint(hint))
}

/// Asks for consent and says whether it was given; if not, that is reported.
pub fn asked(context: &Context, args: &Args, plan: &terrane_plan::Plan, diags: &mut Diagnostics) -> bool {
    let (question, explain) = match plan.options.mode {
        PlanMode::Destroy => (
            "Do you really want to destroy all resources?",
            "  Terrane will destroy all that is shown above. There is no undo.\n  Only 'yes' will be accepted.",
        ),
        PlanMode::RefreshOnly => (
            "Do you want to update the state to what exists now?",
            "  Terrane will write the values shown above into the state; no object changes.\n  Only 'yes' will be accepted.",
        ),
        PlanMode::Normal => (
            "Do you want to perform these actions?",
            "  Terrane will perform the actions described above.\n  Only 'yes' will be accepted.",
        ),
    };
    match run::consent(context, &args.planning.work, question, explain) {
        Ok(true) => true,
        Ok(false) => {
            let verb = if plan.options.mode == PlanMode::Destroy { "Destroy" } else { "Apply" };
            diags.error(Diagnostic::error(
                format!("{verb} cancelled"),
                "The answer was not \"yes\"; nothing was changed.",
            ));
            false
        }
        Err(problem) => {
            diags.error(problem);
            false
        }
    }
}
