//! The operation `discover`.

use std::sync::Arc;

use terrane_address::ProviderConfig;
use terrane_lang::Inputs;
use terrane_plan::Configuration;
use terrane_provider::{Configured, Discovered, Found, Problem, Provider};
use terrane_source::{Diagnostic, Diagnostics, Severity};
use terrane_state::Snapshot;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::{Job, Meter};

/// How many types are looked for at a time.
const TYPES_AT_ONCE: usize = 16;

/// What is looked for.
#[derive(Clone, Debug)]
pub struct Search {
    /// The provider configuration that looks.
    pub provider: ProviderConfig,
    /// The resource types.
    pub types: Vec<Arc<str>>,
    /// The regions for types that have one; none: the provider's own.
    pub regions: Vec<String>,
    /// Whether it is an error if a type cannot be looked for; a warning otherwise.
    pub strict: bool,
}

/// An object that exists.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Its resource type.
    pub ty: Arc<str>,
    /// What it is.
    pub found: Found,
}

/// Finds all objects of some types. What one type cannot be asked for does not keep the others from being found.
pub async fn discover(
    job: Job<'_>,
    inputs: Inputs,
    snapshot: &Snapshot,
    search: &Search,
    meter: &Meter,
) -> (Vec<Finding>, Diagnostics) {
    let mut diags = Diagnostics::new();
    let world = (job.program, job.providers, job.world);
    let configuration = Configuration::of(world, inputs, snapshot, &search.provider, &mut diags);
    let (Some(configuration), Some(provider)) = (configuration, job.providers.get(&search.provider.provider)) else {
        return (Vec::new(), diags);
    };
    let modules = terrane_lang::metas(job.program, job.providers, &search.provider.provider);
    let open = match provider.configure(configuration.value.clone(), modules).await {
        Ok(open) => open,
        Err(found) => {
            configuration.report(&found, &mut diags);
            return (Vec::new(), diags);
        }
    };
    let mut findings = Vec::new();
    for (ty, (found, problems)) in all(&open, &**provider, search).await {
        findings.extend(found.into_iter().map(|found| Finding { ty: ty.clone(), found }));
        problems.iter().for_each(|problem| diags.push(told(&ty, problem, search.strict)));
    }
    findings.sort_by(|a, b| (&a.ty, &a.found.id).cmp(&(&b.ty, &b.found.id)));
    meter.add(open.spent());
    (findings, diags)
}

/// What is found of each type, in the order in which answers come.
async fn all(open: &Arc<dyn Configured>, provider: &dyn Provider, search: &Search) -> Vec<(Arc<str>, Discovered)> {
    let room = Arc::new(Semaphore::new(TYPES_AT_ONCE));
    let mut tasks = JoinSet::new();
    for ty in &search.types {
        for region in places(provider, ty, &search.regions) {
            let (open, ty, room) = (open.clone(), ty.clone(), room.clone());
            tasks.spawn(async move {
                let _permit = room.acquire().await;
                let found = open.discover(&ty, region.as_deref()).await;
                (ty, found)
            });
        }
    }
    let mut answers = Vec::new();
    while let Some(answer) = tasks.join_next().await {
        answers.extend(answer);
    }
    answers
}

/// The regions in which a type is looked for: one without regions only once.
fn places(provider: &dyn Provider, ty: &str, regions: &[String]) -> Vec<Option<String>> {
    let schema = provider.resource_schema(ty);
    let regional = schema.is_some_and(|schema| schema.block.attributes.contains_key("region"));
    match regions {
        [] => vec![None],
        regions if regional => regions.iter().cloned().map(Some).collect(),
        _ => vec![None],
    }
}

/// A problem with a type: it leaves out a part of the answer only.
fn told(ty: &str, problem: &Problem, strict: bool) -> Diagnostic {
    let diagnostic = match problem.severity {
        Severity::Error => {
            let detail = format!("Objects of type {ty} are missing in the answer. {}", problem.detail);
            match strict {
                true => Diagnostic::error(&problem.summary, detail),
                false => Diagnostic::warning(&problem.summary, detail),
            }
        }
        Severity::Warning => Diagnostic::warning(&problem.summary, &problem.detail),
    };
    diagnostic.about(ty.to_owned())
}
