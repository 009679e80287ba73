//! `terrane validate`

use std::path::PathBuf;
use std::process::ExitCode;

use terrane_source::{Diagnostic, Diagnostics, Severity};

use super::Common;
use crate::Context;
use crate::flags::Vars;
use crate::project::{Project, nothing_here, other_files};
use crate::views::diagnostics_json;

/// Check the configuration without looking at state or AWS
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Write the result as JSON, in Terraform's form
    #[arg(long, conflicts_with = "json_into")]
    json: bool,
    /// Write the same to a file, besides the text
    #[arg(long, value_name = "FILE")]
    json_into: Option<PathBuf>,
    /// Say nothing of test files, which are not looked at
    #[arg(long)]
    no_tests: bool,
    /// The folder of test files, beside the folder of the configuration
    #[arg(long, value_name = "DIR", default_value = "tests")]
    test_directory: String,
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
        if !args.no_tests {
            other_files::tests(&project.world, &args.test_directory).into_iter().for_each(|d| diags.push(d));
        }
        other_files::queries(&project.world).into_iter().for_each(|d| diags.push(d));
        let unsupported = terrane_lang::unsupported(&project.program).into_iter();
        unsupported.for_each(|d| diags.push(Diagnostic { severity: Severity::Warning, ..d }));
    }
    if let Some(path) = &args.json_into
        && let Err(e) =
            std::fs::write(path, format!("{:#}\n", diagnostics_json::report(&context.shown(&diags), &project.files)))
    {
        let detail = format!("The file {} of -json-into cannot be written: {e}.", path.display());
        diags.error(Diagnostic::error("Result cannot be written", detail));
    }
    let diags = context.shown(&diags);
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
