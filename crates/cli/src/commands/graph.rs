//! `terrane graph`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;
use terrane_source::{Diagnostic, Diagnostics, Files};

use super::Common;
use crate::Context;
use crate::flags::Vars;
use crate::project::{self, Opened, Project};
use crate::views::graph::{self, Drawing, Format};

/// Draw what needs what, for Graphviz or Mermaid
///
/// Without -plan it draws what is declared, with cycles in red; with it the operations of the plan, each pointing to what is
/// done before it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Draw the operations of a plan, from a file written by "terrane plan -out"
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// What to draw: "plan" and "plan-refresh-only" what is declared, "plan-destroy" the objects in the state in the order in
    /// which they would be destroyed, "apply" the operations of -plan
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<Kind>,
    /// The form to write
    #[arg(long, value_name = "FORMAT", default_value = "dot")]
    format: Format,
    /// Taken as other tools have it: cycles are always marked
    #[arg(long, hide = true)]
    draw_cycles: bool,
    /// Taken as other tools have it: all details are drawn
    #[arg(long, hide = true)]
    verbose: bool,
    /// Taken as other tools have it, without effect
    #[arg(long, hide = true, value_name = "N", allow_hyphen_values = true)]
    module_depth: Option<String>,
    #[command(flatten)]
    vars: Vars,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// What is declared
    Plan,
    /// What is declared
    PlanRefreshOnly,
    /// The objects in the state in the order in which they would be destroyed
    PlanDestroy,
    /// The operations of a plan
    Apply,
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    let mut diags = Diagnostics::new();
    let kind = args.kind.unwrap_or(if args.plan.is_some() { Kind::Apply } else { Kind::Plan });
    let (drawing, files) = match (kind, &args.plan) {
        (Kind::Apply, Some(path)) => operations(path, context, &args.vars, &mut diags).await,
        (Kind::Apply, None) => {
            let detail = "The operations of an apply are in a plan, but no plan is given.";
            let hint = "Save one with \"terrane plan -out=FILE\" and name it with -plan=FILE.";
            diags.error(Diagnostic::error("No plan to draw", detail).hint(hint));
            (None, Default::default())
        }
        (Kind::PlanDestroy, _) => match project::open_state_with(context, &args.vars, &mut diags).await {
            Ok(Opened { project, snapshot }) => (Some(graph::stored(&snapshot)), project.files),
            Err(project) => (None, project.files),
        },
        (Kind::Plan | Kind::PlanRefreshOnly, _) => {
            let project = Project::load_with(&context.dir, &args.vars, &context.cwd, &mut diags);
            (Some(graph::declared(&project.program)).filter(|_| !diags.has_errors()), project.files)
        }
    };
    if let Some(drawing) = drawing {
        out!("{}", drawing.write(args.format));
    }
    context.end(&diags, &files)
}

async fn operations(path: &Path, context: &Context, vars: &Vars, diags: &mut Diagnostics) -> (Option<Drawing>, Files) {
    match project::read_plan_of_any_kind(path, context, vars, diags).await {
        Ok((plan, _)) => (Some(graph::planned(&plan)), Files::new()),
        Err(files) => (None, files),
    }
}
