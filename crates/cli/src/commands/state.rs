//! `terrane state`

mod diff;
mod history;
mod identities;
mod mv;
mod pull;
mod push;
mod query;
mod replace_provider;
mod rm;
mod rollback;

use std::process::ExitCode;

use clap::Subcommand;
use terrane_address::{Instance, Target, parse_target};
use terrane_plan::covers;
use terrane_source::{Diagnostic, Diagnostics};
use terrane_state::Snapshot;

use super::Common;
use super::events::Told;
use crate::Context;
use crate::project::{Looking, Opened};
use crate::views::json::Secrets;
use crate::views::lines::Paint;
use crate::views::objects;
use crate::views::secrets::SecretTexts;

/// Look into the state, and change it by hand
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the objects in the state
    List {
        /// List only what is in these modules, resources or instances
        addresses: Vec<String>,
        /// List only objects with this id
        #[arg(long, value_name = "ID")]
        id: Option<String>,
        #[command(flatten)]
        looking: Looking,
        #[command(flatten)]
        told: Told,
    },
    /// Show the attributes of an object
    Show {
        /// The address of the instance, for example 'aws_vpc.main' or 'aws_subnet.a["eu-west-1a"]'
        address: String,
        /// Show sensitive values
        #[arg(long)]
        show_sensitive: bool,
        /// Write Terraform's JSON of a state that holds nothing else. Sensitive values are in the clear
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        looking: Looking,
    },
    #[command(visible_alias = "move")]
    Mv(mv::Args),
    #[command(visible_alias = "remove")]
    Rm(rm::Args),
    Pull(pull::Args),
    Push(push::Args),
    Query(query::Args),
    History(history::Args),
    Diff(diff::Args),
    Rollback(rollback::Args),
    Identities(identities::Args),
    ReplaceProvider(replace_provider::Args),
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    match args.command {
        Command::Mv(args) => mv::run(args, context).await,
        Command::Rm(args) => rm::run(args, context).await,
        Command::Pull(args) => pull::run(args, context).await,
        Command::Push(args) => push::run(args, context).await,
        Command::History(args) => history::run(args, context).await,
        Command::Diff(args) => diff::run(args, context).await,
        Command::Rollback(args) => rollback::run(args, context).await,
        Command::Identities(args) => identities::run(args, context).await,
        Command::Query(args) => query::run(args, context).await,
        Command::ReplaceProvider(args) => replace_provider::run(args, context).await,
        Command::List { addresses, id, looking, told } => match told.context(context) {
            Ok(context) => look(&context, &looking, |opened| list(&context, opened, &addresses, id.as_deref())).await,
            Err(problem) => context.end(&problem.into(), &Default::default()),
        },
        Command::Show { address, json: true, looking, .. } => {
            look(context, &looking, |opened| show_json(opened, &address)).await
        }
        Command::Show { address, show_sensitive, looking, .. } => {
            let paint = context.terminal.out;
            let paint = if show_sensitive { paint.with_secrets() } else { paint };
            look(context, &looking, |opened| show(opened, &address, paint)).await
        }
    }
}

/// Looks at a state.
async fn look(context: &Context, state: &Looking, at: impl FnOnce(&Opened) -> Result<(), Diagnostic>) -> ExitCode {
    let mut diags = Diagnostics::new();
    let opened = match state.open(context, &mut diags).await {
        Ok(opened) => opened,
        Err(files) => return context.end(&diags, &files),
    };
    if let Err(problem) = at(&opened) {
        diags.error(problem);
    }
    context.end(&diags, &opened.project.files)
}

fn parse(address: &str) -> Result<Target, Diagnostic> {
    parse_target(address).map_err(|e| {
        Diagnostic::error(
            "Wrong address",
            format!("{address:?} is not an address: {} (at character {})", e.message, e.at + 1),
        )
    })
}

fn list(context: &Context, opened: &Opened, addresses: &[String], id: Option<&str>) -> Result<(), Diagnostic> {
    let targets: Vec<Target> = addresses.iter().map(|a| parse(a)).collect::<Result<_, _>>()?;
    let selected = |i: &Instance| targets.is_empty() || targets.iter().any(|t| covers(t, i));
    let mut found = Vec::new();
    for (instance, _, state) in opened.snapshot.instances() {
        let has_id = || {
            let json = state.current.as_ref().map(|o| o.attributes.clone()).unwrap_or_default();
            let value: serde_json::Value = serde_json::from_str(&json).unwrap_or_default();
            value["id"].as_str() == id
        };
        if selected(&instance) && (id.is_none() || has_id()) {
            found.push(instance.to_string());
        }
    }
    context.view.addresses(&found);
    match !found.is_empty() || addresses.is_empty() {
        true => Ok(()),
        false => Err(nothing_matches(addresses)),
    }
}

fn nothing_matches(addresses: &[String]) -> Diagnostic {
    Diagnostic::error("No such object", format!("Nothing in the state matches {}.", addresses.join(", ")))
        .hint("\"terrane state list\" shows all that is there.")
}

fn instance(address: &str) -> Result<Instance, Diagnostic> {
    match parse(address)? {
        Target::Instance(instance) => Ok(instance),
        Target::Resource(resource) => Ok(resource.instance(terrane_address::Key::None)),
        Target::Module(_) => {
            Err(Diagnostic::error("Not an object", format!("{address:?} names a module, not an object.")))
        }
    }
}

fn show_json(opened: &Opened, address: &str) -> Result<(), Diagnostic> {
    let instance = instance(address)?;
    let (Some(provider), Some(object)) = (opened.snapshot.provider_of(&instance), opened.snapshot.object(&instance))
    else {
        return Err(missing(opened, &instance));
    };
    let version = opened.snapshot.terraform_version.clone();
    let mut alone = Snapshot { terraform_version: version, ..Snapshot::default() };
    alone.set(&instance, &provider, Some(object.clone()));
    let document = crate::views::json::state(&alone, &opened.project.providers, Secrets::Shown)?;
    outln!("{}", serde_json::to_string(&document).unwrap_or_default());
    Ok(())
}

fn show(opened: &Opened, address: &str, paint: Paint) -> Result<(), Diagnostic> {
    let instance = instance(address)?;
    let provider = opened.snapshot.resources.get(&instance.resource).map(|r| &r.provider);
    match (provider, opened.snapshot.object(&instance)) {
        (Some(provider), Some(object)) => {
            let providers = &opened.project.providers;
            let secrets = SecretTexts::of_state(&opened.snapshot, providers);
            out!("{}", objects::one(&instance, provider, object, providers, &secrets, paint)?);
            Ok(())
        }
        _ => Err(missing(opened, &instance)),
    }
}

/// Says what there is instead of an object that is not there.
fn missing(opened: &Opened, instance: &Instance) -> Diagnostic {
    let keys =
        opened.snapshot.resources.get(&instance.resource).map(|r| r.instances.keys().cloned().collect::<Vec<_>>());
    let hint = match keys {
        Some(keys) => {
            let all: Vec<String> =
                keys.into_iter().take(8).map(|k| instance.resource.instance(k).to_string()).collect();
            format!("The state has {}.", all.join(", "))
        }
        None => "\"terrane state list\" shows all that is there.".into(),
    };
    Diagnostic::error("No such object", format!("The state has no object {instance}.")).hint(hint)
}
