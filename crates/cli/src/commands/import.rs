//! `terrane import`

use std::process::ExitCode;

use terrane_source::{Diagnostic, Diagnostics};

use super::events::Told;
use super::{Common, run};
use crate::Context;
use crate::flags::{Lock, Vars};
use crate::project::StateFiles;

/// Take an existing object into the state
///
/// The configuration must declare the resource. Nothing else changes; "terrane plan" then shows how the object differs
/// from what is declared.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The instance that gets the object, for example 'aws_vpc.main' or 'aws_subnet.a["eu-west-1a"]'
    address: String,
    /// The id of the object, in the form its type documents
    id: String,
    #[command(flatten)]
    vars: Vars,
    #[command(flatten)]
    files: StateFiles,
    /// The folder of the configuration, in place of the present one
    #[arg(long, value_name = "FOLDER")]
    config: Option<std::path::PathBuf>,
    #[command(flatten)]
    told: Told,
    #[command(flatten)]
    lock: Lock,
    #[command(flatten)]
    work: run::Work,
    #[command(flatten)]
    pub common: Common,
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    let mut context = match args.told.context(context) {
        Ok(context) => context,
        Err(problem) => return context.end(&problem.into(), &Default::default()),
    };
    if let Some(folder) = &args.config {
        context.dir = folder.clone();
    }
    let context = &context;
    let mut diags = Diagnostics::new();
    let instance = match terrane_address::parse_instance(&args.address) {
        Ok(instance) => instance,
        Err(e) => {
            let detail = format!("{:?} is not an address: {} (at character {})", args.address, e.message, e.at + 1);
            diags.error(Diagnostic::error("Wrong address", detail));
            return context.end(&diags, &Default::default());
        }
    };
    let ready = run::ready(context, &args.vars, &mut diags).await;
    let ready = match ready.and_then(|ready| ready.kept_in(&args.files, context, &mut diags)) {
        Ok(ready) => ready,
        Err(project) => return context.end(&diags, &project.files),
    };
    let live = run::Live::start(context, &args.work);
    match ready.session("Import", &args.lock, &live).await {
        Ok(mut session) => {
            let inputs = ready.inputs.clone();
            diags.extend(
                terrane_engine::import(ready.job(), inputs, &instance, &args.id, &mut session, &live.running).await,
            );
            live.pause();
            if let Some(problem) = session.close().await {
                diags.push(problem);
            }
        }
        Err(problem) => {
            diags.error(problem);
        }
    }
    if !diags.has_errors() {
        let text = format!(
            "The state now has the object as {instance}. \"terrane plan\" shows whether it matches the configuration."
        );
        match args.told.json {
            true => context.view.say(&format!("Import successful! {text}")),
            false => context.view.say(&format!("\n{} {text}", context.terminal.out.with("1;32", "Import successful!"))),
        }
    }
    context.end(&diags, &ready.project.files)
}
