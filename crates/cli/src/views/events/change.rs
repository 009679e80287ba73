//! Planned changes and drift, as events.

use serde::Serialize;
use terrane_address::Mode;
use terrane_plan::{Change as Planned, Deferred, Drift, ReadReason, Step};

use super::hook::Address;
use crate::views::json::{self, Importing};

/// What is going to happen, or has happened outside, to an object.
#[derive(Debug, Serialize)]
pub struct Change {
    resource: Address,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_resource: Option<Address>,
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    importing: Option<Importing>,
}

impl Change {
    pub fn plan_message(&self) -> String {
        format!("{}: Plan to {}", self.resource.addr, self.action)
    }

    pub fn drift_message(&self) -> String {
        format!("{}: Drift detected ({})", self.resource.addr, self.action)
    }
}

/// Something that is left for a later plan.
#[derive(Debug, Serialize)]
pub struct Deferral {
    address: String,
    reason: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    because: Vec<String>,
}

impl Deferral {
    pub fn message(&self) -> String {
        format!("{}: Deferred ({})", self.address, self.reason)
    }
}

/// What a plan leaves for a later one.
pub fn deferred(deferred: &Deferred) -> Deferral {
    Deferral {
        address: deferred.place.to_string(),
        reason: json::defer_reason(deferred.reason),
        because: deferred.because.iter().map(ToString::to_string).collect(),
    }
}

/// Whether a step of a plan is worth an event.
pub fn is_told(step: &Step) -> bool {
    let ephemeral = step.instance.resource.resource.mode == Mode::Ephemeral;
    let checked = matches!(step.change, Planned::Read { reason: ReadReason::CheckNested, .. });
    !ephemeral && (step.has_effect() || checked)
}

/// A step of a plan.
pub fn planned(step: &Step) -> Change {
    Change {
        resource: Address::of(&step.instance),
        previous_resource: step.moved_from.as_ref().map(Address::of),
        action: action(step),
        reason: json::reason(&step.change).map(short),
        importing: step.import.as_ref().map(json::importing),
    }
}

/// A change that was made outside.
pub fn drifted(drift: &Drift) -> Change {
    Change {
        resource: Address::of(&drift.instance),
        previous_resource: None,
        action: if drift.after.is_some() { "update" } else { "delete" },
        reason: None,
        importing: None,
    }
}

fn action(step: &Step) -> &'static str {
    match step.change {
        Planned::NoOp { .. } if step.moved_from.is_some() => "move",
        Planned::NoOp { .. } if step.import.is_some() => "import",
        Planned::NoOp { .. } => "noop",
        Planned::Forget { .. } => "remove",
        ref change => change.verb(),
    }
}

/// The reasons for a replacement have other names here than in the JSON of a plan.
fn short(reason: &'static str) -> &'static str {
    match reason {
        "replace_because_tainted" => "tainted",
        "replace_because_cannot_update" => "cannot_update",
        "replace_by_request" => "requested",
        "replace_by_triggers" => "replace_triggered_by",
        other => other,
    }
}
