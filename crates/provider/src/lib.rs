//! The provider trait, its messages, and the SDK for native resource types.
//!
//! A provider knows types, schemas and objects. It does not learn module paths, resource names or state files: those
//! stay on the other side of [`Provider`] and [`Configured`]. Absent on purpose: addresses, any runtime, any network.

mod ephemeral;
mod message;
pub mod sdk;
mod spent;

use std::sync::Arc;

use async_trait::async_trait;
use terrane_value::{CallFault, FunctionSchema, Schema, Value};

pub use ephemeral::{Lease, OpenOutcome, OpenRequest, Opened, Renewed};
pub use message::{
    ApplyRequest, ApplyResponse, Change, ConfirmRequest, DataOutcome, DataRequest, Discovered, Discovery, Former,
    Found, ImportBy, ImportRequest, Object, PlanRequest, PlanResponse, Private, Problem, ReadOutcome, ReadRequest,
    Resumed,
};
pub use spent::Spent;

/// A provider before it is configured: schemas and validation, without any call to the outside.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Whether it is part of Terrane, so that its bugs are Terrane's. By default it is not.
    fn is_native(&self) -> bool {
        false
    }

    /// The shape of its `provider` block.
    fn config_schema(&self) -> Arc<Schema>;

    /// The names of its resource types, sorted.
    fn resource_types(&self) -> Vec<&str>;

    /// The names of its data sources, sorted.
    fn data_types(&self) -> Vec<&str>;

    /// The shape of a resource type; `None` if it has no such type. Decoded on first use.
    fn resource_schema(&self, ty: &str) -> Option<Arc<Schema>>;

    /// The shape of a data source; `None` if it has no such source. Decoded on first use.
    fn data_schema(&self, ty: &str) -> Option<Arc<Schema>>;

    /// Whether objects of a resource type can be read and changed, not only declared.
    fn can_apply(&self, ty: &str) -> bool;

    /// Whether a data source can be read, not only declared.
    fn can_read(&self, ty: &str) -> bool;

    /// What is wrong with a provider configuration; parts may be unknown.
    fn validate_config(&self, config: &Value) -> Vec<Problem>;

    /// What is wrong with the configuration of a resource; parts may be unknown.
    fn validate_resource(&self, ty: &str, config: &Value) -> Vec<Problem>;

    /// What is wrong with the configuration of a data source; parts may be unknown.
    fn validate_data(&self, ty: &str, config: &Value) -> Vec<Problem>;

    /// The shape of what modules say of themselves in `provider_meta` blocks; `None` if that is of no interest.
    fn module_schema(&self) -> Option<Arc<Schema>> {
        None
    }

    /// The names of its ephemeral types, sorted. By default it has none.
    fn ephemeral_types(&self) -> Vec<&str> {
        Vec::new()
    }

    /// The shape of an ephemeral type; `None` if it has no such type.
    fn ephemeral_schema(&self, ty: &str) -> Option<Arc<Schema>> {
        let _ = ty;
        None
    }

    /// What is wrong with the configuration of an ephemeral resource; parts may be unknown.
    fn validate_ephemeral(&self, ty: &str, config: &Value) -> Vec<Problem> {
        let _ = (ty, config);
        Vec::new()
    }

    /// The names of its functions, sorted. By default it has none.
    fn functions(&self) -> Vec<&str> {
        Vec::new()
    }

    /// The shape of a function; `None` if it has no such function.
    fn function_schema(&self, name: &str) -> Option<Arc<FunctionSchema>> {
        let _ = name;
        None
    }

    /// Calls a function, whose result depends on the arguments alone. They are of the types of its parameters.
    fn call_function(&self, name: &str, args: &[Value]) -> Result<Value, CallFault> {
        let _ = args;
        Err(CallFault::call(format!("the provider does not have a function named {name:?}")))
    }

    /// Brings a stored object of an older schema version to the present form.
    ///
    /// `json` is the attributes object as it was stored.
    fn upgrade(&self, ty: &str, version: u64, json: &str) -> Result<Value, Vec<Problem>>;

    /// Makes an object of the resource type `ty` out of one that had another type, when a `moved` block says so.
    ///
    /// The default refuses.
    fn take_over(&self, ty: &str, former: &Former) -> Result<Object, Vec<Problem>> {
        let detail = format!("An object of type {} ({}) cannot become one of type {ty}.", former.ty, former.provider);
        Err(vec![Problem::error("Move to another resource type is not supported", detail)])
    }

    /// The attributes that name an object of a resource type; `None` if that has no identity apart from its id.
    fn identity_schema(&self, ty: &str) -> Option<Arc<Schema>> {
        let _ = ty;
        None
    }

    /// Whether an object of a resource type may come to be named otherwise while it exists. By default it may not.
    fn identity_may_change(&self, ty: &str) -> bool {
        let _ = ty;
        false
    }

    /// Whether an import tells the object as it is, so that it need not be read after it. By default it does not.
    fn imports_whole(&self) -> bool {
        false
    }

    /// Whether it finds the objects of a resource type by itself. By default it does not.
    fn discovery(&self, ty: &str) -> Discovery {
        let _ = ty;
        Discovery::Never
    }

    /// Opens the provider with its configuration, of which parts may be unknown during planning. `modules` are what modules
    /// say of themselves, as values of [`Provider::module_schema`].
    async fn configure(&self, config: Value, modules: Vec<Value>) -> Result<Arc<dyn Configured>, Vec<Problem>>;
}

/// A provider instance that is ready for work.
#[async_trait]
pub trait Configured: Send + Sync {
    /// Reads objects as they are now: one outcome per request, in the same order.
    ///
    /// All requests of one call are answered with as few calls to the outside as the provider can manage.
    async fn read(&self, requests: Vec<ReadRequest>) -> Vec<ReadOutcome>;

    /// Says what a create or update would lead to, without any lasting effect.
    async fn plan(&self, request: PlanRequest) -> PlanResponse;

    /// Creates, updates or deletes an object.
    async fn apply(&self, request: ApplyRequest) -> ApplyResponse;

    /// Takes away from a new object what it would be found by if the answer to its create were lost: it was not.
    ///
    /// Asked for where the answer said so. What goes wrong with it is of no consequence.
    async fn confirm(&self, request: ConfirmRequest) {
        let _ = request;
    }

    /// Finds an existing object by the id or identity a user gave.
    async fn import(&self, request: ImportRequest) -> Result<Object, Vec<Problem>>;

    /// Finds all objects of a resource type that exist, in a region other than its own if one is named.
    ///
    /// Asked for only where [`Provider::discovery`] says that it can.
    async fn discover(&self, ty: &str, region: Option<&str>) -> Discovered {
        let _ = region;
        let detail = format!("The provider does not find objects of type {ty} by itself.");
        (Vec::new(), vec![Problem::error("Objects cannot be looked for", detail)])
    }

    /// Reads a data source.
    async fn read_data(&self, request: DataRequest) -> DataOutcome;

    /// What its calls to the outside took so far, by operation: `service:Operation`. By default it does not count.
    fn spent(&self) -> Vec<(String, Spent)> {
        Vec::new()
    }

    /// Opens an ephemeral object. By default there are none.
    async fn open(&self, request: OpenRequest) -> OpenOutcome {
        Err(vec![no_ephemeral(&request.ty)])
    }

    /// Keeps an ephemeral object valid; asked for when [`Opened::renew_at`] has come.
    async fn renew(&self, lease: Lease) -> Result<Renewed, Vec<Problem>> {
        Err(vec![no_ephemeral(&lease.ty)])
    }

    /// Gives an ephemeral object back; what went wrong with that.
    async fn close(&self, lease: Lease) -> Vec<Problem> {
        let _ = lease;
        Vec::new()
    }
}

fn no_ephemeral(ty: &str) -> Problem {
    Problem::error("No such ephemeral type", format!("The provider does not have ephemeral resources of type {ty}."))
}
