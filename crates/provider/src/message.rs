//! What is said between the engine and a provider.

use std::sync::Arc;

use terrane_source::Severity;
use terrane_value::{Path, Value};

/// Bytes that a provider keeps with an object, opaque to everyone else.
pub type Private = Arc<[u8]>;

/// A diagnostic of a provider: it points at an attribute, since providers see no source text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// One line without a final stop.
    pub summary: String,
    /// Full sentences with the values involved. Never holds a secret.
    pub detail: String,
    /// The attribute at fault.
    pub path: Option<Path>,
}

impl Problem {
    /// An error.
    pub fn error(summary: impl Into<String>, detail: impl Into<String>) -> Problem {
        Problem { severity: Severity::Error, summary: summary.into(), detail: detail.into(), path: None }
    }

    /// A warning.
    pub fn warning(summary: impl Into<String>, detail: impl Into<String>) -> Problem {
        Problem { severity: Severity::Warning, ..Problem::error(summary, detail) }
    }

    /// Points the problem at an attribute.
    pub fn at(mut self, path: Path) -> Problem {
        self.path = Some(path);
        self
    }

    /// Whether it is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// An object as it exists: its attributes by schema, wholly known, without marks.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// The attributes.
    pub value: Value,
    /// What the provider keeps with it.
    pub private: Private,
    /// What names it, in the shape of [`Provider::identity_schema`](crate::Provider::identity_schema). `None` says
    /// nothing of it: what the state has stays.
    pub identity: Option<Value>,
}

impl Object {
    /// An object without private bytes.
    pub fn new(value: Value) -> Object {
        Object { value, private: Arc::from([]), identity: None }
    }
}

/// Whether a provider finds the objects of a resource type by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discovery {
    /// It does not, or what it finds cannot be imported.
    Never,
    /// It does, but each is also a part of what another type finds: looked for where the type is named.
    Named,
    /// It does.
    Always,
}

/// An object that a provider found by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What imports it.
    pub id: String,
    /// The object as it is.
    pub object: Object,
}

/// The objects that were found, and why others could not be.
pub type Discovered = (Vec<Found>, Vec<Problem>);

/// Asks for the present form of an object.
#[derive(Clone, Debug)]
pub struct ReadRequest {
    /// The resource type.
    pub ty: Arc<str>,
    /// The object as it was last known.
    pub prior: Object,
}

/// The object as it is now, `None` if it is gone, or why that cannot be said.
pub type ReadOutcome = Result<Option<Object>, Vec<Problem>>;

/// Asks what an object would become.
#[derive(Clone, Debug)]
pub struct PlanRequest {
    /// The resource type.
    pub ty: Arc<str>,
    /// The object as it is; `None` for a create, also for the new leg of a replacement.
    pub prior: Option<Object>,
    /// What is written, coerced to the schema; null where nothing is; parts may be unknown.
    pub config: Value,
}

/// What an object would become.
#[derive(Clone, Debug, Default)]
pub struct PlanResponse {
    /// The object after the change; unknown where only apply will tell. `None` only with errors.
    pub planned: Option<Value>,
    /// Attributes whose change cannot be done in place. Empty for a create.
    pub requires_replace: Vec<Path>,
    /// What the provider wants back at apply.
    pub private: Option<Private>,
    /// Whether arguments that are absent may be planned with a default or zero value though they are not computed.
    pub legacy: bool,
    /// What is to be said, errors included.
    pub problems: Vec<Problem>,
}

/// A change to one object.
#[derive(Clone, Debug)]
pub enum Change {
    /// Make it.
    Create {
        /// What was planned, with all that configuration now knows filled in.
        planned: Value,
        /// What is written, wholly known.
        config: Value,
    },
    /// Change it in place.
    Update {
        /// The object as it is.
        prior: Object,
        /// What was planned.
        planned: Value,
        /// What is written, wholly known.
        config: Value,
    },
    /// Remove it.
    Delete {
        /// The object as it is.
        prior: Object,
    },
}

/// Asks for a change.
#[derive(Clone, Debug)]
pub struct ApplyRequest {
    /// The resource type.
    pub ty: Arc<str>,
    /// The change.
    pub change: Change,
    /// What `plan` gave to be handed back.
    pub private: Option<Private>,
    /// Names this operation: the same for every retry of it, never used for another, at most 32 characters of
    /// `[a-z0-9]`. Journaled before the call, so that a create whose answer was lost can be found again.
    pub operation: Arc<str>,
    /// What is known of it if a run that was killed has begun this very operation: a create looks first for what that has
    /// made.
    pub resumed: Option<Arc<Resumed>>,
}

/// A create that a run that was killed has begun.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resumed {
    /// When that run began, in RFC 3339; empty if nobody knows.
    pub since: Arc<str>,
    /// The `id`s of the objects of the type that are managed.
    pub managed: Vec<String>,
}

/// Says that an object that was made is in the journal, so that no run will look for it any more.
#[derive(Clone, Debug)]
pub struct ConfirmRequest {
    /// The resource type.
    pub ty: Arc<str>,
    /// The object, as the answer to its create told it.
    pub object: Object,
}

/// What a change led to.
#[derive(Clone, Debug, Default)]
pub struct ApplyResponse {
    /// The object as it is now. With errors: what is there all the same, half made; `None` if nothing is.
    pub object: Option<Object>,
    /// What is to be said, errors included.
    pub problems: Vec<Problem>,
    /// Whether the object carries something by which it is found if this answer is lost, and
    /// [`Configured::confirm`](crate::Configured::confirm) takes that away.
    pub to_confirm: bool,
}

impl ApplyResponse {
    /// Whether any problem is an error.
    pub fn failed(&self) -> bool {
        self.problems.iter().any(Problem::is_error)
    }
}

/// Asks for an existing object.
#[derive(Clone, Debug)]
pub struct ImportRequest {
    /// The resource type.
    pub ty: Arc<str>,
    /// What names the object.
    pub by: ImportBy,
}

/// What names an existing object.
#[derive(Clone, Debug, PartialEq)]
pub enum ImportBy {
    /// Its id, in the form its type documents.
    Id(String),
    /// The attributes of its identity, in the shape of [`Provider::identity_schema`](crate::Provider::identity_schema).
    Identity(Value),
}

impl std::fmt::Display for ImportBy {
    /// Writes what follows "an object with the": `id "vpc-1"`, `identity { bucket = "logs" }`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ImportBy::Id(id) => write!(f, "id {}", terrane_value::compact(&Value::string(id.as_str()))),
            ImportBy::Identity(value) => {
                let written = value.fields().into_iter().flat_map(|fields| fields.iter());
                let written = written.filter(|(_, value)| !value.is_null());
                let parts: Vec<String> =
                    written.map(|(name, value)| format!("{name} = {}", terrane_value::compact(value))).collect();
                write!(f, "identity {{ {} }}", parts.join(", "))
            }
        }
    }
}

/// An object as another resource type, be it of another provider, left it in the state.
#[derive(Clone, Debug, PartialEq)]
pub struct Former {
    /// The source address of the provider.
    pub provider: String,
    /// The resource type.
    pub ty: Arc<str>,
    /// The version of its schema.
    pub version: u64,
    /// The attributes: a JSON object.
    pub json: Arc<str>,
    /// What the provider kept with it.
    pub private: Private,
}

/// Asks for the answer of a data source.
#[derive(Clone, Debug)]
pub struct DataRequest {
    /// The data source.
    pub ty: Arc<str>,
    /// What the one that is read is called where people speak of it.
    pub name: Arc<str>,
    /// What is written, coerced to the schema, wholly known.
    pub config: Value,
}

/// The attributes of a data source, or why they cannot be read.
pub type DataOutcome = Result<Value, Vec<Problem>>;
