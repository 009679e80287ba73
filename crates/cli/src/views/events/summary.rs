//! How much changes, and what the outputs are, as events.

use std::collections::BTreeMap;

use serde::Serialize;
use terrane_plan::{OutputChange, Plan, Summary as Counts};
use terrane_provider::Spent;
use terrane_state::Snapshot;
use terrane_value::json::type_to_json;

use crate::views::json::{Raw, raw};
use crate::views::spent;

/// What is counted.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    Plan,
    Apply,
    Destroy,
}

/// How many objects change.
#[derive(Debug, Serialize)]
pub struct Summary {
    add: usize,
    change: usize,
    import: usize,
    remove: usize,
    forget: usize,
    operation: Operation,
}

impl Summary {
    pub fn new(counts: &Counts, operation: Operation) -> Summary {
        let &Counts { import, add, change, destroy: remove, forget, .. } = counts;
        Summary { add, change, import, remove, forget, operation }
    }

    pub fn message(&self) -> String {
        let Summary { add, change, import, remove, forget, operation } = self;
        let some = |n: usize, before: &str, after: &str| match n {
            0 => String::new(),
            n => format!("{before}{n} {after}"),
        };
        match operation {
            Operation::Destroy => format!("Destroy complete! Resources: {remove} destroyed."),
            Operation::Apply => {
                let (import, forget) = (some(*import, "", "imported, "), some(*forget, ", ", "forgotten"));
                let done = format!("{import}{add} added, {change} changed, {remove} destroyed{forget}");
                format!("Apply complete! Resources: {done}.")
            }
            Operation::Plan => {
                let (import, forget) = (some(*import, "", "to import, "), some(*forget, ", ", "to forget"));
                format!("Plan: {import}{add} to add, {change} to change, {remove} to destroy{forget}.")
            }
        }
    }
}

/// An output: what becomes of it, or what it is.
#[derive(Debug, Serialize)]
pub struct Output {
    sensitive: bool,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    ty: Option<Raw>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Raw>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'static str>,
}

/// What becomes of the outputs.
pub fn planned_outputs(plan: &Plan) -> BTreeMap<String, Output> {
    let one = |change: &OutputChange| Output {
        sensitive: change.is_secret(),
        ty: None,
        value: None,
        action: Some(match (&change.before, &change.after) {
            _ if change.is_no_op() => "noop",
            (None, _) => "create",
            (_, None) => "delete",
            _ => "update",
        }),
    };
    plan.outputs.iter().map(|(name, change)| (name.to_string(), one(change))).collect()
}

/// What the outputs are; the values of sensitive ones are left out.
pub fn stored_outputs(snapshot: &Snapshot) -> BTreeMap<String, Output> {
    let one = |output: &terrane_state::OutputValue| Output {
        sensitive: output.sensitive,
        ty: Some(raw(type_to_json(&output.ty))),
        value: (!output.sensitive).then(|| raw(output.json.to_string())),
        action: None,
    };
    snapshot.outputs.iter().map(|(name, output)| (name.clone(), one(output))).collect()
}

/// What calls of providers took.
#[derive(Debug, Serialize)]
pub struct Calls {
    #[serde(flatten)]
    all: Figures,
    operations: BTreeMap<String, Figures>,
}

#[derive(Debug, Serialize)]
struct Figures {
    calls: u64,
    retries: u64,
    throttles: u64,
    objects: u64,
    seconds_held_back: f64,
}

impl Figures {
    fn of(spent: &Spent) -> Figures {
        let &Spent { calls, retries, throttles, objects, waited } = spent;
        Figures { calls, retries, throttles, objects, seconds_held_back: waited.as_millis() as f64 / 1000.0 }
    }
}

/// What calls took, in all and by operation.
pub fn calls(all: &BTreeMap<String, Spent>) -> Calls {
    let operations = all.iter().map(|(name, spent)| (name.clone(), Figures::of(spent))).collect();
    Calls { all: Figures::of(&spent::sum(all.values())), operations }
}
