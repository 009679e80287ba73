//! What two states differ in, as JSON, in the terms of plans.

use std::collections::BTreeMap;

use serde::Serialize;
use terrane_plan::OutputChange;
use terrane_state::Snapshot;
use terrane_state::compare;

use super::plan::{Delta, Resource, View, resource};
use crate::views::difference::{Sides, output_value};

/// What two states differ in.
#[derive(Serialize)]
pub struct Difference {
    format_version: &'static str,
    before: Head,
    after: Head,
    resource_changes: Vec<Resource>,
    output_changes: BTreeMap<String, Delta>,
}

/// One of the two states.
#[derive(Serialize)]
struct Head {
    lineage: String,
    serial: u64,
}

/// The JSON of what two states differ in.
pub fn difference(
    before: &Snapshot,
    after: &Snapshot,
    schemas: &dyn terrane_lang::Schemas,
    secrets: super::Secrets,
) -> Difference {
    let view = View { schemas, secrets };
    let head = |state: &Snapshot| Head { lineage: state.lineage.clone(), serial: state.serial };
    let objects = compare::objects(before, after);
    let outputs = compare::outputs(before, after).into_iter().map(|(name, before, after)| {
        let change = OutputChange {
            before: before.map(output_value),
            after: after.map(output_value),
            sensitive: after.is_some_and(|output| output.sensitive),
            deferred: false,
            was_sensitive: before.is_some_and(|output| output.sensitive),
        };
        (name.to_owned(), view.output_change(&change))
    });
    Difference {
        format_version: "1.0",
        before: head(before),
        after: head(after),
        output_changes: outputs.collect(),
        resource_changes: objects.iter().filter_map(|object| one(&view, object)).collect(),
    }
}

fn one(view: &View<'_>, object: &compare::Difference<'_>) -> Option<Resource> {
    let held = object.after.as_ref().or(object.before.as_ref())?;
    let actions: &[_] = match (&object.before, &object.after) {
        (None, _) => &["create"],
        (_, None) => &["delete"],
        (Some(before), Some(after)) if before.object.attributes == after.object.attributes => &["no-op"],
        _ => &["update"],
    };
    let sides = Sides::of(object, view.schemas);
    let schema = terrane_value::Schema { version: 0, block: sides.block };
    let change = view.delta(sides.before.as_ref(), sides.after.as_ref(), Some(&schema), actions);
    let mut shown = resource(&object.instance, &held.provider, change);
    shown.previous_address = object.moved_from.as_ref().map(ToString::to_string);
    shown.deposed = object.deposed.as_ref().map(ToString::to_string);
    Some(shown)
}
