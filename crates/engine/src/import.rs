//! The operation `import`.

use terrane_address::Instance;
use terrane_lang::Inputs;
use terrane_plan::{Plan, PlanOptions};
use terrane_source::{Diagnostic, Diagnostics};

use crate::{Job, Running, Session, plan};

/// Takes an existing object into the state, under an instance that configuration declares.
///
/// Nothing else changes: what the configuration wants of the object shows in the next plan.
pub async fn import(
    job: Job<'_>,
    inputs: Inputs,
    instance: &Instance,
    id: &str,
    session: &mut Session<'_>,
    running: &Running,
) -> Diagnostics {
    let mut diags = Diagnostics::new();
    if let Err(problem) = check(job, instance, session) {
        diags.error(problem);
        return diags;
    }
    let options = PlanOptions {
        targets: vec![terrane_address::Target::Instance(instance.clone())],
        imports: vec![(instance.clone(), id.to_owned())],
        ..PlanOptions::default()
    };
    let (planned, found) = plan(job, inputs, session.snapshot().clone(), options, running).await;
    diags.extend(found);
    if diags.has_errors() {
        return diags;
    }
    match keep(&planned, instance, session) {
        Ok(()) => {
            if let Err(e) = session.save().await {
                diags.error(Diagnostic::error("State cannot be written", e.to_string()));
            }
        }
        Err(problem) => {
            diags.error(problem);
        }
    }
    diags
}

fn check(job: Job<'_>, instance: &Instance, session: &Session<'_>) -> Result<(), Diagnostic> {
    if session.snapshot().object(instance).is_some() {
        return Err(Diagnostic::error(
            "Object is in the state already",
            format!("The state has an object for {instance}."),
        ));
    }
    let config = instance.resource.config();
    if job.program.resource(config).is_some() {
        return Ok(());
    }
    let resource = &instance.resource.resource;
    Err(Diagnostic::error("Resource is not declared", format!("The configuration does not declare {config}."))
        .hint(format!("Write a block for it first: resource \"{}\" \"{}\" {{ }}", resource.ty, resource.name)))
}

fn keep(planned: &Plan, instance: &Instance, session: &mut Session<'_>) -> Result<(), Diagnostic> {
    let provider = planned.refreshed.resources.get(&instance.resource).map(|r| &r.provider);
    let (Some(provider), Some(object)) = (provider, planned.refreshed.object(instance)) else {
        return Err(Diagnostic::error(
            "Nothing was imported",
            format!("The configuration has no instance {instance}, so there was nothing to import for."),
        )
        .hint("If the resource uses count or for_each, add the key of the instance to the address, in quotes for your shell."));
    };
    let mut snapshot = session.snapshot().clone();
    snapshot.set(instance, provider, Some(object.clone()));
    session.set(snapshot);
    Ok(())
}
