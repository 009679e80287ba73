//! Problems of providers as diagnostics.

use std::fmt::Display;

use terrane_address::{Instance, ProviderConfig, Resource};
use terrane_lang::{Evaluator, Secrets};
use terrane_provider::Problem;
use terrane_source::{Diagnostic, Diagnostics, Reported, Severity};
use terrane_value::Path;

use crate::protocol::{Breach, Whose};

/// Adds problems with an instance; returns the proof if one of them is an error.
pub(crate) fn of_instance(
    problems: &[Problem],
    instance: &Instance,
    evaluator: &Evaluator<'_>,
    diags: &mut Diagnostics,
) -> Option<Reported> {
    let span = |path: &Path| evaluator.problem_span(instance, path);
    add(problems, instance, evaluator.secrets(), &span, diags)
}

/// Adds problems with a provider configuration; returns the proof if one of them is an error.
pub(crate) fn of_provider(
    problems: &[Problem],
    config: &ProviderConfig,
    evaluator: &Evaluator<'_>,
    diags: &mut Diagnostics,
) -> Option<Reported> {
    let span = |path: &Path| evaluator.provider_problem_span(config, path);
    add(problems, config, evaluator.secrets(), &span, diags)
}

/// Says that a provider is no part of the program.
pub fn provider_unavailable(config: &ProviderConfig) -> Diagnostic {
    Diagnostic::error("Provider is not available", format!("There is no provider {} in this program.", config.provider))
        .hint("Check the source address in required_providers; run `terrane version` to see which providers are built in.")
}

fn add(
    problems: &[Problem],
    address: &dyn Display,
    secrets: &Secrets,
    span: &dyn Fn(&Path) -> Option<terrane_source::Span>,
    diags: &mut Diagnostics,
) -> Option<Reported> {
    let mut reported = None;
    for problem in problems {
        let (summary, mut detail) = (secrets.hide(&problem.summary), secrets.hide(&problem.detail).into_owned());
        let path = problem.path.clone().unwrap_or_default();
        let place = span(&path);
        if place.is_none() && !path.0.is_empty() {
            detail = format!("{detail} (attribute {})", path.to_string().trim_start_matches('.'));
        }
        let mut diagnostic = match problem.severity {
            Severity::Error => Diagnostic::error(summary, detail),
            Severity::Warning => Diagnostic::warning(summary, detail),
        };
        diagnostic.span = place;
        let diagnostic = diagnostic.about(address.to_string());
        match problem.severity {
            Severity::Error => reported = Some(diags.error(diagnostic)),
            Severity::Warning => diags.push(diagnostic),
        }
    }
    reported
}

/// When a provider broke its promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// In the first plan.
    Plan,
    /// When planning again with all values known.
    FinalPlan,
    /// In the object it returned.
    Apply,
    /// In what it keeps with an object it read or imported.
    Read,
    /// In the data source it read, once what depends on that had been planned.
    Data,
    /// In the ephemeral object it opened.
    Open,
}

/// Reports the promises a provider broke; says whose bug it is.
pub(crate) fn of_breaches(
    breaches: &[Breach],
    moment: Moment,
    instance: &Instance,
    whose: Whose<'_>,
    diags: &mut Diagnostics,
) -> Option<Reported> {
    let (summary, situation) = match moment {
        Moment::Plan => ("Provider produced an invalid plan", "planned an invalid value for"),
        Moment::FinalPlan => ("Provider changed its plan", "planned something else than before for"),
        Moment::Apply => ("Provider produced an unexpected object", "returned something else than was planned for"),
        Moment::Read => ("Provider produced an invalid object", "returned an invalid object for"),
        Moment::Data => ("Provider produced an unexpected object", "read something else than is written for"),
        Moment::Open => ("Provider produced an invalid object", "opened something else than is written for"),
    };
    if breaches.is_empty() {
        return None;
    }
    let lines = breaches.iter().map(|b| format!("\n  - {}{}: {}", instance, b.path, b.message));
    let detail =
        format!("Provider {} {situation} {instance}.{}\n\n{}", whose.provider, lines.collect::<String>(), whose.bug(),);
    Some(diags.error(Diagnostic::error(summary, detail).about(instance.to_string())))
}

/// Reports an answer that is no object of its type.
pub(crate) fn invalid_answer(
    what: &str,
    why: &str,
    instance: &Instance,
    whose: Whose<'_>,
    diags: &mut Diagnostics,
) -> Reported {
    let Problem { summary, detail, .. } = invalid_object(what, why, instance, whose);
    diags.error(Diagnostic::error(summary, detail).about(instance.to_string()))
}

/// The same as a problem.
pub(crate) fn invalid_object(what: &str, why: &str, instance: &Instance, whose: Whose<'_>) -> Problem {
    let detail = format!(
        "Provider {} {what} {instance}, and the answer does not have the form its own schema demands. {why}\n\n{}",
        whose.provider,
        whose.bug(),
    );
    Problem::error("Provider produced an invalid object", detail)
}

/// The error for a type whose schema makes no sense.
pub(crate) fn bad_schema(resource: &Resource, faults: &[Breach], whose: Whose<'_>) -> Diagnostic {
    let lines = faults.iter().map(|b| format!("\n  - {}: {}", b.path.to_string().trim_start_matches('.'), b.message));
    let detail = format!(
        "The schema of {} in provider {} makes no sense.{}\n\n{}",
        resource.ty,
        whose.provider,
        lines.collect::<String>(),
        whose.bug(),
    );
    Diagnostic::error("Provider has an invalid schema", detail)
}

/// The error for an ephemeral type that its provider does not have.
pub(crate) fn no_ephemeral(provider: &ProviderConfig, instance: &Instance) -> Diagnostic {
    let ty = &instance.resource.resource.ty;
    let detail = format!("Provider {} has no ephemeral resource type {ty}.", provider.provider);
    Diagnostic::error("Unknown ephemeral resource type", detail).about(instance.to_string())
}

/// The error for an ephemeral object that was not opened for no reason that its provider says.
pub(crate) fn not_opened(instance: &Instance) -> Diagnostic {
    let detail = format!("{instance} could not be opened; the provider gave no reason.");
    Diagnostic::error("Ephemeral resource was not opened", detail).about(instance.to_string())
}
