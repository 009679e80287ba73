//! `terrane providers`

use std::collections::BTreeSet;
use std::process::ExitCode;

use clap::Subcommand;
use terrane_address::Provider;
use terrane_source::{Diagnostic, Diagnostics};

use super::Common;
use crate::Context;
use crate::flags::Vars;
use crate::project::{self, Opened, Project};
use crate::views::{json, requirements};

/// Show which providers the modules and the state need
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// The folder of test files; taken as other tools have it
    #[arg(long, hide = true, value_name = "DIR")]
    test_directory: Option<String>,
    #[command(flatten)]
    vars: Vars,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the schemas of the providers that are needed, as JSON in Terraform's form
    Schema {
        /// Write JSON; there is no other form
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        vars: Vars,
    },
    /// Refused: providers are part of the program, so that there is nothing to lock
    #[command(hide = true)]
    Lock(Rest),
    /// Refused: providers are part of the program, so that there is nothing to mirror
    #[command(hide = true)]
    Mirror(Rest),
}

/// Whatever else other tools take.
#[derive(Debug, clap::Args)]
struct Rest {
    /// Whatever other tools take here
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    let problem = match &args.command {
        None => return tree(&args.vars, context).await,
        Some(Command::Schema { json: true, vars }) => return schema(vars, context).await,
        Some(Command::Schema { json: false, .. }) => {
            let detail = "The command \"providers schema\" writes nothing but JSON.";
            Diagnostic::error("Output only in json is allowed", detail).hint("Add -json.")
        }
        Some(Command::Lock(_)) => refused("lock"),
        Some(Command::Mirror(_)) => refused("mirror"),
    };
    context.end(&problem.into(), &Default::default())
}

fn refused(what: &str) -> Diagnostic {
    let detail =
        format!("Providers are part of Terrane: no file is downloaded for them, so that there is nothing to {what}.");
    Diagnostic::error(format!("There is nothing to {what}"), detail)
        .hint("Leave this step out. The version of Terrane decides the versions of its providers.")
}

/// What is declared, and what is in the state; a state that cannot be read is reported.
async fn opened(vars: &Vars, context: &Context, diags: &mut Diagnostics) -> Opened {
    let project = Project::load_with(&context.dir, vars, &context.cwd, diags);
    match project::open_state_with(context, vars, diags).await {
        Ok(Opened { snapshot, .. }) => Opened { project, snapshot },
        Err(_) => Opened { project, snapshot: Default::default() },
    }
}

async fn tree(vars: &Vars, context: &Context) -> ExitCode {
    let mut diags = Diagnostics::new();
    let Opened { project, snapshot } = opened(vars, context, &mut diags).await;
    if !diags.has_errors() {
        out!("{}", requirements::configuration(&project.program));
        out!("{}", requirements::state(&snapshot));
    }
    context.end(&diags, &project.files)
}

async fn schema(vars: &Vars, context: &Context) -> ExitCode {
    let mut diags = Diagnostics::new();
    let Opened { project, snapshot } = opened(vars, context, &mut diags).await;
    let declared = project.program.modules.iter().flat_map(requirements::of_module).map(|need| need.provider);
    let needed: BTreeSet<Provider> = declared.chain(requirements::of_state(&snapshot)).collect();
    for missing in needed.iter().filter(|provider| project.providers.get(provider).is_none()) {
        let known: Vec<String> = project.providers.addresses().map(ToString::to_string).collect();
        let detail = format!("The provider {missing} is not part of Terrane, which has {}.", known.join(", "));
        diags.error(Diagnostic::error("Provider is not available", detail));
    }
    if !diags.has_errors() {
        match serde_json::to_string(&json::schemas(&needed, &project.providers)) {
            Ok(text) => outln!("{text}"),
            Err(e) => drop(diags.error(Diagnostic::error("JSON cannot be written", format!("{e}.")))),
        }
    }
    context.end(&diags, &project.files)
}
