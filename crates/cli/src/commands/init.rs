//! `terrane init`

mod from_module;
mod migrate;

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::ArgAction;
use terrane_lang::{Evaluator, Inputs, Stage};
use terrane_source::{Diagnostic, Diagnostics};

use migrate::Migration;

use super::Common;
use super::events::Told;
use crate::Context;
use crate::flags::{Lock, Vars};
use crate::project::{self, Initialised, Present, Project, workspace};
use crate::views::view::View;

/// Prepare the folder: get its modules, check its providers, set up its backend
///
/// May be run again at any time; it changes nothing but the folder .terraform.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Set up the backend
    #[arg(long, alias = "cloud", num_args = 0..=1, require_equals = true, default_value = "true", default_missing_value = "true", action = ArgAction::Set, value_name = "BOOL")]
    backend: bool,
    /// A value for the backend, or a file with values. May be given several times
    #[arg(long, value_name = "NAME=VALUE|FILE")]
    backend_config: Vec<String>,
    /// Use the backend as it is now configured, and leave any earlier state where it is
    #[arg(long, conflicts_with_all = ["migrate_state", "force_copy"])]
    reconfigure: bool,
    /// Copy the states of all workspaces to the backend as it is now configured
    #[arg(long)]
    migrate_state: bool,
    /// As -migrate-state, and overwrite states that are there already
    #[arg(long)]
    force_copy: bool,
    /// Download modules again that are there already. Built-in providers have one version
    #[arg(long)]
    upgrade: bool,
    /// Download the modules that the configuration calls
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "true", default_missing_value = "true", action = ArgAction::Set, value_name = "BOOL")]
    get: bool,
    /// Copy this module into the folder first, which must not hold a configuration yet
    #[arg(long, value_name = "SOURCE")]
    from_module: Option<String>,
    /// Accepted for Terraform's sake; init asks nothing
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "true", default_missing_value = "true", action = ArgAction::Set, value_name = "BOOL")]
    input: bool,
    /// How to treat the dependency lock file, which is never written
    #[arg(long, value_name = "MODE", value_parser = ["readonly"])]
    lockfile: Option<String>,
    /// Where other tools find provider plugins; refused, since all providers are built in
    #[arg(long, hide = true, value_name = "DIR")]
    plugin_dir: Vec<String>,
    /// Accepted for the sake of other tools; test files are not looked at
    #[arg(long, hide = true, value_name = "DIR")]
    test_directory: Option<String>,
    #[command(flatten)]
    told: Told,
    #[command(flatten)]
    vars: Vars,
    #[command(flatten)]
    lock: Lock,
    #[command(flatten)]
    pub common: Common,
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    let mut diags = Diagnostics::new();
    let context = match args.told.view(context.view.clone()) {
        Ok(view) => &Context { view, ..context.clone() },
        Err(problem) => return context.end(&problem.into(), &Default::default()),
    };
    if let Some(problem) = refused(&args) {
        return context.end(&problem.into(), &Default::default());
    }
    if let Some(source) = &args.from_module {
        let files = from_module::copy(source, context, &mut diags).await;
        if diags.has_errors() {
            return context.end(&diags, &files);
        }
    }
    if Project::is_empty(&context.dir) {
        context.view.say("Terrane initialized in an empty folder!");
        context.view.say("There are no .tf files here yet. Write some, then run: terrane init");
        return ExitCode::SUCCESS;
    }
    let mut project = match args.get {
        true => {
            let present = if args.upgrade { Present::Upgrade } else { Present::Keep };
            project::install(&context.dir, &args.vars, &context.cwd, present, &*context.view, &mut diags).await
        }
        false => Project::load_with(&context.dir, &args.vars, &context.cwd, &mut diags),
    };
    // References are looked at when there is something to plan.
    diags.forget_deferred();
    if diags.has_errors() {
        return context.end(&diags, &project.files);
    }
    let inputs = project::inputs(&mut project, &args.vars, Stage::Plan, &context.cwd, &mut diags);
    providers(&project, &*context.view, &mut diags);
    if args.backend && !diags.has_errors() {
        backend(&args, &project, inputs, &*context.view, &mut diags).await;
    }
    if !diags.has_errors() {
        context.view.say("Terrane has been successfully initialized!");
        if !context.terminal.automation {
            context.view.say("Try \"terrane plan\" to see what has to change.");
        }
    }
    context.end(&diags, &project.files)
}

/// Why the flags ask for what there is not.
fn refused(args: &Args) -> Option<Diagnostic> {
    let dir = args.plugin_dir.first()?;
    let detail = format!("All providers are part of the program; nothing is looked for in {dir}.");
    let hint = "Leave out -plugin-dir.";
    Some(Diagnostic::error("Plugin folders are not supported", detail).hint(hint))
}

/// Names the providers that the configuration uses; each has to be built in.
fn providers(project: &Project, view: &dyn View, diags: &mut Diagnostics) {
    let mut used = BTreeMap::new();
    for module in &project.program.modules {
        for required in module.contents.settings.required_providers.values() {
            used.entry(required.provider.clone()).or_insert(Some(required.span));
        }
        for config in &module.resource_providers {
            used.entry(config.provider.clone()).or_insert(None);
        }
    }
    if !used.is_empty() {
        view.say("Initializing providers...");
    }
    for (provider, span) in used {
        if project.providers.get(&provider).is_some() {
            view.say(&format!("- {}/{} is built in", provider.namespace, provider.ty));
            continue;
        }
        let problem =
            Diagnostic::error("Provider is not available", format!("The provider {provider} is not built in."))
                .hint("Built in are hashicorp/aws and terraform.io/builtin/terraform.");
        diags.error(match span {
            Some(span) => problem.at(span),
            None => problem,
        });
    }
}

async fn backend(args: &Args, project: &Project, inputs: Inputs, view: &dyn View, diags: &mut Diagnostics) {
    let migrates = args.migrate_state || args.force_copy;
    let mut evaluator = Evaluator::new(&project.program, &project.providers, &project.world, inputs);
    let Some(given) = given(args, diags) else { return };
    let before = Initialised::read(&project.dir);
    let Some(now) = Initialised::now(project, given, &mut evaluator, diags) else { return };
    if now.kind != "local" || before.as_ref().is_some_and(|b| b.kind != "local") {
        view.say("Initializing the backend...");
    }
    let changed = before.as_ref().is_some_and(|b| b != &now && (b.kind != "local" || now.kind != "local"));
    if changed && !args.reconfigure && !migrates {
        diags.error(
            Diagnostic::error(
                "Backend configuration changed",
                "The backend or its values are not those of the last \"terrane init\".",
            )
            .hint("To use the new place as it is, run: terrane init -reconfigure\nTo copy the state there first, run: terrane init -migrate-state"),
        );
        return;
    }
    let Some(store) = project::open(project, &workspace(&project.dir), &now, &mut evaluator, diags).await else {
        return;
    };
    if let Err(e) = store.load().await {
        diags.error(Diagnostic::error("Backend cannot be used", e.to_string()));
        return;
    }
    let local_state = before.is_none() && now.kind != "local" && !args.reconfigure;
    let migration = Migration { project, before: before.as_ref(), now: &now, force: args.force_copy, view };
    let moved = match (migrates, local_state) {
        (true, _) => migration.run(&mut evaluator, diags).await,
        (false, true) => migration.notice(&*store, &evaluator, diags).await,
        (false, false) => Some(()),
    };
    if moved.is_none() {
        return;
    }
    if let Err(e) = now.write(&project.dir) {
        diags.error(Diagnostic::error(
            "Backend cannot be recorded",
            format!("The folder .terraform cannot be written: {e}."),
        ));
    } else if now.kind != "local" {
        view.say(&format!("The state is kept in {}.", store.place()));
    }
}

/// The values of `-backend-config`, those of files included.
fn given(args: &Args, diags: &mut Diagnostics) -> Option<BTreeMap<String, String>> {
    let mut values = BTreeMap::new();
    for text in &args.backend_config {
        if let Some((name, value)) = text.split_once('=') {
            values.insert(name.trim().to_owned(), value.to_owned());
            continue;
        }
        let content = match std::fs::read_to_string(text) {
            Ok(content) => content,
            Err(e) => {
                diags
                    .error(Diagnostic::error("Wrong -backend-config", format!("The file {text} cannot be read: {e}.")));
                return None;
            }
        };
        let mut files = terrane_source::Files::new();
        let id = files.add(text.as_str(), content.as_str());
        for (name, input) in terrane_lang::variables::from_file(id, text, &content, diags) {
            let value = terrane_value::convert(&input.value, &terrane_value::Type::String).ok();
            match value.as_ref().and_then(|v| v.as_str()) {
                Some(value) => values.insert(name.to_string(), value.to_owned()),
                None => {
                    let detail = format!("The value of {name:?} in {text} must be a string, number or bool.");
                    diags.error(Diagnostic::error("Wrong -backend-config", detail));
                    return None;
                }
            };
        }
    }
    Some(values)
}
