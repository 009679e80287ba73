//! `terrane get`

use std::process::ExitCode;

use terrane_source::Diagnostics;

use super::Common;
use super::events::Told;
use crate::Context;
use crate::flags::Vars;
use crate::project::{self, Present, Project, nothing_here};

/// Download the modules that the configuration calls
///
/// "terrane init" does the same, among other things.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Download modules again that are there already
    #[arg(long)]
    update: bool,
    /// Accepted for OpenTofu's sake; test files are not looked at
    #[arg(long, hide = true, value_name = "DIR")]
    test_directory: Option<String>,
    #[command(flatten)]
    told: Told,
    #[command(flatten)]
    vars: Vars,
    #[command(flatten)]
    pub common: Common,
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    let mut diags = Diagnostics::new();
    if Project::is_empty(&context.dir) {
        diags.error(nothing_here(&context.dir));
        return context.end(&diags, &Default::default());
    }
    let context = match args.told.view(context.view.clone()) {
        Ok(view) => &Context { view, ..context.clone() },
        Err(problem) => return context.end(&problem.into(), &Default::default()),
    };
    let present = if args.update { Present::Upgrade } else { Present::Keep };
    let project = project::install(&context.dir, &args.vars, &context.cwd, present, &*context.view, &mut diags).await;
    diags.forget_deferred();
    context.end(&diags, &project.files)
}
