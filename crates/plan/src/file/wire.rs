//! The JSON of the plan file. Addresses are text; values are MessagePack in Base64.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct File {
    pub version: String,
    /// Digests of its files.
    pub configuration: BTreeMap<String, String>,
    #[serde(default)]
    pub planned_at: u64,
    #[serde(default)]
    pub place: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub declared: Option<String>,
    pub options: Options,
    pub inputs: Inputs,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub ephemeral_variables: Vec<String>,
    pub steps: Vec<Step>,
    /// Step and leg (0 up, 1 down); barriers are null.
    pub ops: Vec<Option<(u32, u8)>>,
    pub edges: Vec<(u32, u32)>,
    pub outputs: BTreeMap<String, Output>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub generated: BTreeMap<String, String>,
    pub drift: Vec<Drift>,
    /// State files.
    pub prior: String,
    pub refreshed: String,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub deferred: Vec<Deferred>,
    pub errored: bool,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Options {
    pub mode: String,
    pub refresh: bool,
    pub targets: Vec<(String, String)>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub excludes: Vec<(String, String)>,
    pub replace: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub allow_destroy: Vec<(String, String)>,
    pub imports: Vec<(String, String)>,
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub allow_deferral: bool,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Inputs {
    pub variables: BTreeMap<String, Input>,
    pub workspace: String,
    pub cwd: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Input {
    pub value: Value,
    pub origin: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Value {
    /// MessagePack with its type, in Base64.
    pub v: String,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub sensitive: Vec<Path>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub ephemeral: Vec<Path>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub deprecated: Vec<Path>,
}

pub(super) type Path = Vec<PathStep>;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PathStep {
    Attr(String),
    Index(String),
}

#[derive(Serialize, Deserialize)]
pub(super) struct Step {
    pub instance: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deposed: Option<String>,
    pub provider: String,
    pub change: Change,
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub create_before_destroy: bool,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub dependencies: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub moved_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub import: Option<Import>,
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub triggered: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Import {
    Id(String),
    Identity(Value),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Change {
    NoOp {
        value: Value,
    },
    Create {
        planned: Planned,
    },
    Update {
        prior: Value,
        planned: Planned,
    },
    Replace {
        prior: Value,
        planned: Planned,
        create_first: bool,
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        forget: bool,
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        keep: bool,
        reasons: Vec<Reason>,
    },
    Delete {
        prior: Value,
        reason: String,
    },
    Forget {
        prior: Value,
        reason: String,
    },
    Read {
        planned: Value,
        reason: String,
    },
}

#[derive(Serialize, Deserialize)]
pub(super) struct Planned {
    pub value: Value,
    pub settled: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub private: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reason {
    CannotUpdate(Vec<Path>),
    Tainted,
    Requested,
    Triggered(Vec<String>),
}

#[derive(Serialize, Deserialize)]
pub(super) struct Output {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub before: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub after: Option<Value>,
    pub sensitive: bool,
    pub was_sensitive: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub deferred: bool,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Deferred {
    pub place: Place,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deposed: Option<String>,
    pub provider: String,
    pub reason: String,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub because: Vec<String>,
    pub change: Provisional,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Place {
    Instance(String),
    Resource(String),
    Beyond { module: String, call: String, inner: Vec<(String, bool)>, resource: String, keyed: bool },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Provisional {
    Create(Value),
    Update { before: Value, after: Value },
    Delete(Value),
    Read(Value),
}

#[derive(Serialize, Deserialize)]
pub(super) struct Drift {
    pub instance: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deposed: Option<String>,
    pub before: Value,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub after: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub relevant: Vec<Path>,
}
