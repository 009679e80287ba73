//! What conditions came to, on the way from the evaluator to the state.

use std::collections::{BTreeMap, BTreeSet};

use terrane_lang::{CheckStatus as Found, Checkable, Checked};
use terrane_state::{CheckKind, CheckObject, CheckResult, CheckStatus};

/// What a plan found, for the state.
pub(crate) fn planned(found: &[Checked]) -> Vec<CheckResult> {
    found.iter().map(block).collect()
}

/// What a plan that is limited found: of what was left out nothing is known.
pub(crate) fn limited(found: &[Checked]) -> Vec<CheckResult> {
    let left_out = |checked: &Checked| checked.objects.iter().flatten().all(|object| object.status.is_none());
    let known = |checked: &Checked| {
        let objects = checked.objects.clone().filter(|_| !left_out(checked));
        block(&Checked { block: checked.block.clone(), objects })
    };
    found.iter().map(known).collect()
}

/// What is known of checks when everything is going to be destroyed: nothing.
pub(crate) fn destroyed(found: &[Checked]) -> Vec<CheckResult> {
    let forget = |mut result: CheckResult| {
        result.status = CheckStatus::Unknown;
        let of_root = result.kind == CheckKind::Output && result.address.starts_with("output.");
        result.objects.retain(|_| of_root);
        result.objects.iter_mut().for_each(|object| {
            object.status = CheckStatus::Unknown;
            object.messages.clear();
        });
        result
    };
    found.iter().map(block).map(forget).collect()
}

/// What an apply found, over what its plan found: what was evaluated again counts; of the rest only what `stays`.
pub(crate) fn applied(
    planned: Vec<CheckResult>,
    found: &[Checked],
    stays: &dyn Fn(CheckKind, &str) -> bool,
) -> Vec<CheckResult> {
    let again: BTreeMap<String, CheckObject> = found
        .iter()
        .flat_map(|checked| checked.objects.iter().flatten())
        .filter(|object| object.status.is_some())
        .map(|found| (found.object.to_string(), object(found)))
        .collect();
    let update = |mut result: CheckResult| {
        let known_none = result.objects.is_empty() && result.status == CheckStatus::Pass;
        for object in &mut result.objects {
            match again.get(&object.address) {
                Some(found) => object.clone_from(found),
                None if stays(result.kind, &object.address) => {}
                None => *object = CheckObject { status: CheckStatus::Unknown, messages: Vec::new(), ..object.clone() },
            }
        }
        result.status = if known_none { CheckStatus::Pass } else { together(&result.objects) };
        result
    };
    planned.into_iter().map(update).collect()
}

/// The addresses of objects of a kind whose conditions were not known.
pub(crate) fn open(results: &[CheckResult], kind: CheckKind) -> BTreeSet<&str> {
    let of_kind = results.iter().filter(|result| result.kind == kind).flat_map(|result| &result.objects);
    of_kind.filter(|object| object.status == CheckStatus::Unknown).map(|object| object.address.as_str()).collect()
}

fn block(checked: &Checked) -> CheckResult {
    let kind = match checked.block {
        Checkable::Resource(_) => CheckKind::Resource,
        Checkable::Output(..) => CheckKind::Output,
        Checkable::Check(..) => CheckKind::Check,
        Checkable::Variable(..) => CheckKind::Variable,
    };
    let address = match &checked.block {
        Checkable::Resource(instance) => instance.resource.config().to_string(),
        other => other.to_string(),
    };
    let objects: Vec<CheckObject> = checked.objects.iter().flatten().map(object).collect();
    let status = match &checked.objects {
        None => CheckStatus::Unknown,
        Some(none) if none.is_empty() => CheckStatus::Pass,
        Some(_) => together(&objects),
    };
    CheckResult { kind, address, status, objects }
}

fn object(found: &terrane_lang::CheckedObject) -> CheckObject {
    CheckObject {
        address: found.object.to_string(),
        status: found.status.map_or(CheckStatus::Unknown, status),
        messages: found.messages.clone(),
    }
}

fn status(found: Found) -> CheckStatus {
    match found {
        Found::Pass => CheckStatus::Pass,
        Found::Unknown => CheckStatus::Unknown,
        Found::Fail => CheckStatus::Fail,
        Found::Error => CheckStatus::Error,
    }
}

/// All in all; unknown if there is nothing.
fn together(objects: &[CheckObject]) -> CheckStatus {
    objects.iter().map(|object| object.status).max().unwrap_or(CheckStatus::Unknown)
}
