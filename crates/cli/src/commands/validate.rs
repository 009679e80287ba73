//! `terrane validate`

use std::process::ExitCode;

use terrane_source::Diagnostics;

use super::Common;
use crate::Context;
use crate::flags::Vars;
use crate::project::{Project, nothing_here};
use crate::views::diagnostics_json;

/// Check the configuration without looking at state or AWS
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Write the result as JSON, in Terraform's form
    #[arg(long)]
    json: bool,
    /// Leave out test files; taken as other tools have it, there are none yet that could be looked at
    #[arg(long, hide = true)]
    no_tests: bool,
    /// The folder of test files; taken as other tools have it
    #[arg(long, hide = true, value_name = "DIR")]
    test_directory: Option<String>,
    #[command(flatten)]
    vars: Vars,
    #[command(flatten)]
    pub common: Common,
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    let mut diags = Diagnostics::new();
    let project = match args.vars.given.is_empty() {
        true => Project::load(&context.dir, &mut diags),
        false => Project::load_with(&context.dir, &args.vars, &context.cwd, &mut diags),
    };
    if Project::is_empty(&context.dir) {
        diags.error(nothing_here(&context.dir));
    } else {
        terrane_lang::check(&project.program, &project.providers, &project.world, &mut diags);
    }
    diags.sort();
    if args.json {
        outln!("{:#}", diagnostics_json::report(&diags, &project.files));
        return if diags.has_errors() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    }
    if !diags.has_errors() {
        let ok = context.terminal.out.green("Success!");
        let but = if diags.is_empty() { "" } else { ", but there were some warnings" };
        outln!("{ok} The configuration is valid{but}.");
    }
    context.end(&diags, &project.files)
}
