//! `terrane get`

use std::process::ExitCode;

use terrane_source::Diagnostics;

use super::Common;
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
    let present = if args.update { Present::Upgrade } else { Present::Keep };
    let project = project::install(&context.dir, &args.vars, &context.cwd, present, &mut diags).await;
    diags.forget_deferred();
    context.end(&diags, &project.files)
}
