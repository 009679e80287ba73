//! `terrane metadata`

use std::process::ExitCode;

use clap::Subcommand;
use terrane_source::Diagnostic;

use super::Common;
use crate::Context;
use crate::views::json;

/// Show what the program knows of the language, for tools
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the signatures of all functions, as JSON in Terraform's form
    Functions {
        /// Write JSON; there is no other form
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    let Command::Functions { json } = args.command;
    let problem = match json.then(|| serde_json::to_string(&json::functions())) {
        Some(Ok(text)) => {
            outln!("{text}");
            return ExitCode::SUCCESS;
        }
        Some(Err(error)) => Diagnostic::error("Signatures cannot be written", format!("{error}.")),
        None => {
            let detail = "The command \"metadata functions\" writes nothing but JSON.";
            Diagnostic::error("Output only in json is allowed", detail).hint("Add -json.")
        }
    };
    context.end(&problem.into(), &Default::default())
}
