//! `terrane state replace-provider`

use std::process::ExitCode;

use terrane_address::Provider;
use terrane_source::{Diagnostic, Diagnostics};
use terrane_state::edit::replace_provider;

use crate::Context;
use crate::commands::events::Told;
use crate::project::edit::{Editing, edit};

/// Hand the objects of one provider over to another
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The provider that manages them now, for example registry.terraform.io/hashicorp/aws
    from: String,
    /// The provider that is to manage them
    to: String,
    /// Do not ask before it is done
    #[arg(long)]
    auto_approve: bool,
    #[command(flatten)]
    editing: Editing,
    #[command(flatten)]
    told: Told,
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    let context = &match args.told.context(context) {
        Ok(context) => context,
        Err(problem) => return context.end(&problem.into(), &Default::default()),
    };
    if args.told.json && !args.auto_approve && !args.editing.dry_run {
        let detail = "With -json nobody can be asked whether to replace the provider.";
        let problem = Diagnostic::error("Auto-approve required", detail).hint("Add -auto-approve.");
        return context.end(&problem.into(), &Default::default());
    }
    let mut diags = Diagnostics::new();
    let (from, to) = match (provider(&args.from), provider(&args.to)) {
        (Ok(from), Ok(to)) => (from, to),
        (from, to) => {
            [from, to].into_iter().filter_map(Result::err).for_each(|problem| diags.push(problem));
            return context.end(&diags, &Default::default());
        }
    };
    let (done, files) = edit(context, &args.editing, "state-replace-provider", &mut diags, |state| {
        let changed = replace_provider(state, &from, &to);
        if changed.is_empty() {
            return Ok(0);
        }
        let resources: Vec<String> = changed.iter().map(ToString::to_string).collect();
        context.view.replaced_provider(&from.to_string(), &to.to_string(), &resources);
        match args.auto_approve || args.editing.dry_run || agreed(context) {
            true => Ok(changed.len()),
            false => Err(Diagnostic::error("Cancelled", "The answer was not \"yes\"; the state stays as it is.")
                .hint("To do it without being asked, use -auto-approve.")),
        }
    })
    .await;
    match done {
        Some(0) => context.view.say(&format!("No resource in the state has the provider {from}.")),
        Some(n) if !args.editing.dry_run => {
            let s = if n == 1 { "" } else { "s" };
            context.view.say(&format!("\nReplaced the provider of {n} resource{s}."));
        }
        _ => {}
    }
    context.end(&diags, &files)
}

fn agreed(context: &Context) -> bool {
    let question = context.terminal.out.bold("Do you want to make these changes?");
    let ask = || context.terminal.ask(&format!("\n{question}\n  Only 'yes' will be accepted.\n\n  Enter a value: "));
    context.terminal.input && ask().is_some_and(|answer| answer.trim() == "yes")
}

fn provider(text: &str) -> Result<Provider, Diagnostic> {
    Provider::parse(text).ok_or_else(|| {
        Diagnostic::error("Wrong provider address", format!("{text:?} is not the address of a provider."))
            .hint("It has the form [HOST/]NAMESPACE/TYPE, for example registry.terraform.io/hashicorp/aws.")
    })
}
