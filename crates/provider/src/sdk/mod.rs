//! What native resource types are written with.
//!
//! A type is one file: it implements [`ResourceType`] or [`DataSource`] for the context of its provider. Schemas are
//! data; planning from them is one function for all types.

mod args;
mod compare;
mod complete;
mod plan;
pub mod policy_json;
mod replace;
mod reply;
mod rules;
pub mod schema;
mod stored;
mod validate;

use async_trait::async_trait;
use terrane_value::Value;

pub use args::Args;
pub use complete::complete;
pub use plan::plan;
pub use reply::Reply;
pub use rules::{Plain, Rules};
pub use stored::decode_stored;
pub use validate::validate;

use crate::{Object, Problem, ReadOutcome};

/// Says whose bug it is that a native type does not work as types have to.
pub const BUG: &str = "This is a bug in Terrane, not in your configuration; please report it.";

/// The attributes of an object as they were stored.
pub type Attributes = serde_json::Map<String, serde_json::Value>;

/// Why a change failed, and what exists all the same.
#[derive(Clone, Debug, Default)]
pub struct Failed {
    /// The object, half made, if there is one: it goes to state as tainted and is never lost.
    pub object: Option<Object>,
    /// Why.
    pub problems: Vec<Problem>,
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Failed {
        Failed { object: None, problems: vec![problem] }
    }
}

impl From<Vec<Problem>> for Failed {
    fn from(problems: Vec<Problem>) -> Failed {
        Failed { object: None, problems }
    }
}

impl Failed {
    /// The same failure with what exists of the object.
    pub fn with(mut self, object: Object) -> Failed {
        self.object = Some(object);
        self
    }
}

/// A create in progress.
#[derive(Clone, Copy, Debug)]
pub struct Create<'a> {
    /// The planned object: all that is known before the create; unknown where only the create tells.
    pub planned: &'a Value,
    /// What is written; null where nothing is.
    pub config: &'a Value,
    /// Names this operation, the same for every retry: a client token or the value of a creation tag.
    pub operation: &'a str,
}

/// An in-place update in progress.
#[derive(Clone, Copy, Debug)]
pub struct Update<'a> {
    /// The object as it is.
    pub prior: &'a Value,
    /// The planned object.
    pub planned: &'a Value,
    /// What is written; null where nothing is.
    pub config: &'a Value,
    /// Names this operation, the same for every retry.
    pub operation: &'a str,
}

impl Update<'_> {
    /// Whether the plan says that an attribute shall differ from what is. One that is unknown as a whole does not; a
    /// block of which only computed parts are unknown does.
    pub fn changes(&self, name: &str) -> bool {
        let known = self.planned.get(name).is_none_or(Value::is_known);
        known && Args(self.planned).differs(self.prior, name)
    }
}

/// What the outside needs to be told for objects of one resource type. `C` is the provider's context.
#[async_trait]
pub trait ResourceType<C: Sync + ?Sized>: Send + Sync {
    /// The name of the type: `aws_vpc`.
    fn name(&self) -> &'static str;

    /// Makes an object and returns it as it then is, all attributes known.
    async fn create(&self, cx: &C, create: Create<'_>) -> Result<Object, Failed>;

    /// What is to be said before a create is asked for that a run that was killed has begun, if what that may have made
    /// cannot be taken over.
    async fn left_behind(&self, cx: &C, create: Create<'_>) -> Vec<Problem> {
        let _ = (cx, create);
        Vec::new()
    }

    /// Whether new objects carry a mark that names the operation, which [`ResourceType::confirm`] removes.
    fn is_marked(&self) -> bool {
        false
    }

    /// Removes the mark of a new object, which the journal now knows of. One that stays does no harm.
    async fn confirm(&self, cx: &C, made: &Value) {
        let _ = (cx, made);
    }

    /// Reads objects as they are now, with as few calls as the service allows: one outcome per object, in order.
    ///
    /// `prior` may be as little as what [`ResourceType::import`] returned.
    async fn read(&self, cx: &C, prior: &[Object]) -> Vec<ReadOutcome>;

    /// Changes an object in place and returns it as it then is. Types whose every change replaces keep the default.
    async fn update(&self, cx: &C, update: Update<'_>) -> Result<Object, Failed> {
        let _ = (cx, update);
        Err(Problem::error(
            "Object cannot be updated in place",
            format!("Objects of type {} can only be replaced, and yet one was to be changed. {BUG}", self.name()),
        )
        .into())
    }

    /// Removes an object; one that is gone already is no error.
    async fn delete(&self, cx: &C, prior: &Object) -> Result<(), Failed>;

    /// Turns the id a user gave into as much of an object as [`ResourceType::read`] needs to find it. Makes no call.
    ///
    /// The default puts the id into `id`.
    fn import(&self, cx: &C, id: &str) -> Result<Object, Vec<Problem>> {
        let _ = cx;
        Ok(Object::new(Value::object([("id", Value::string(id))])))
    }

    /// The import ids of all objects of this type that exist.
    async fn list(&self, cx: &C) -> Result<Vec<String>, Vec<Problem>>;

    /// Corrects what the schema alone plans, where the service forces it. The default changes nothing.
    ///
    /// `plan.planned` is the object as planned from the schema; `prior` and `config` are as in the request.
    fn plan(&self, cx: &C, prior: Option<&Value>, config: &Value, plan: crate::PlanResponse) -> crate::PlanResponse {
        let _ = (cx, prior, config);
        plan
    }

    /// What is wrong with a configuration beyond what the schema says; parts may be unknown.
    fn validate(&self, config: &Value) -> Vec<Problem> {
        let _ = config;
        Vec::new()
    }

    /// Brings the stored attributes of an older schema version to the present form. The default changes nothing:
    /// attributes that the schema no longer has are dropped in any case.
    fn upgrade(&self, version: u64, attributes: Attributes) -> Attributes {
        let _ = version;
        attributes
    }
}

/// What the outside needs to be asked for one data source. `C` is the provider's context.
#[async_trait]
pub trait DataSource<C: Sync + ?Sized>: Send + Sync {
    /// The name of the source: `aws_region`.
    fn name(&self) -> &'static str;

    /// Reads it: all attributes known; those that the configuration sets stay as written.
    async fn read(&self, cx: &C, config: &Value) -> Result<Value, Vec<Problem>>;
}
