//! Built-in types: the resource terraform_data, the data source terraform_remote_state.
//!
//! They need no cloud: objects of the one live in state alone, the other asks who runs the provider.

mod remote_state;
mod terraform_data;
mod utility;

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use terrane_provider::{
    ApplyRequest, ApplyResponse, Change, Configured, DataOutcome, DataRequest, Former, ImportBy, ImportRequest, Object,
    PlanRequest, PlanResponse, Problem, Provider, ReadOutcome, ReadRequest,
};
use terrane_value::{Schema, Value, json};

pub use remote_state::States;
pub use utility::{Clock, Utility};

const TERRAFORM_DATA: &str = "terraform_data";

const REMOTE_STATE: &str = "terraform_remote_state";

static SCHEMA: LazyLock<Arc<Schema>> = LazyLock::new(|| Arc::new(terraform_data::schema()));

static REMOTE_SCHEMA: LazyLock<Arc<Schema>> = LazyLock::new(|| Arc::new(remote_state::schema()));

/// The provider `terraform.io/builtin/terraform`.
#[derive(Clone)]
pub struct Builtin {
    states: Arc<dyn States>,
}

impl Builtin {
    /// The provider; it has no settings. `states` is asked for other projects' states.
    pub fn new(states: Arc<dyn States>) -> Builtin {
        Builtin { states }
    }
}

fn unknown_type(ty: &str) -> Problem {
    let detail = format!(
        "The built-in provider has no type {ty:?}; it has the resource {TERRAFORM_DATA:?} and the data source \
         {REMOTE_STATE:?}."
    );
    Problem::error("Unknown type", detail)
}

#[async_trait]
impl Provider for Builtin {
    fn is_native(&self) -> bool {
        true
    }

    fn config_schema(&self) -> Arc<Schema> {
        Arc::new(Schema::default())
    }

    fn resource_types(&self) -> Vec<&str> {
        vec![TERRAFORM_DATA]
    }

    fn data_types(&self) -> Vec<&str> {
        vec![REMOTE_STATE]
    }

    fn resource_schema(&self, ty: &str) -> Option<Arc<Schema>> {
        (ty == TERRAFORM_DATA).then(|| SCHEMA.clone())
    }

    fn data_schema(&self, ty: &str) -> Option<Arc<Schema>> {
        (ty == REMOTE_STATE).then(|| REMOTE_SCHEMA.clone())
    }

    fn can_apply(&self, ty: &str) -> bool {
        ty == TERRAFORM_DATA
    }

    fn can_read(&self, ty: &str) -> bool {
        ty == REMOTE_STATE
    }

    fn validate_config(&self, _: &Value) -> Vec<Problem> {
        Vec::new()
    }

    fn validate_resource(&self, ty: &str, _: &Value) -> Vec<Problem> {
        if ty == TERRAFORM_DATA { Vec::new() } else { vec![unknown_type(ty)] }
    }

    fn validate_data(&self, ty: &str, config: &Value) -> Vec<Problem> {
        match ty {
            REMOTE_STATE => remote_state::validate(&*self.states, config),
            _ => vec![unknown_type(ty)],
        }
    }

    fn upgrade(&self, ty: &str, _: u64, json: &str) -> Result<Value, Vec<Problem>> {
        let schema = self.resource_schema(ty).ok_or_else(|| vec![unknown_type(ty)])?;
        json::from_json(json, &schema.block.implied_type()).map_err(|e| {
            vec![Problem::error("Stored object cannot be read", format!("The stored {ty} is damaged: {e}."))]
        })
    }

    fn take_over(&self, ty: &str, former: &Former) -> Result<Object, Vec<Problem>> {
        if ty != TERRAFORM_DATA {
            return Err(vec![unknown_type(ty)]);
        }
        let value = terraform_data::taken_over(former).map_err(|problem| vec![problem])?;
        Ok(Object { private: former.private.clone(), ..Object::new(value) })
    }

    async fn configure(&self, _: Value, _: Vec<Value>) -> Result<Arc<dyn Configured>, Vec<Problem>> {
        Ok(Arc::new(self.clone()))
    }
}

#[async_trait]
impl Configured for Builtin {
    async fn read(&self, requests: Vec<ReadRequest>) -> Vec<ReadOutcome> {
        requests.into_iter().map(|request| Ok(Some(request.prior))).collect()
    }

    async fn plan(&self, request: PlanRequest) -> PlanResponse {
        terraform_data::plan(request.prior.as_ref().map(|object| &object.value), &request.config)
    }

    async fn apply(&self, request: ApplyRequest) -> ApplyResponse {
        let object = match request.change {
            Change::Create { planned, .. } => Some(terraform_data::make(&planned)),
            Change::Update { prior, planned, .. } => Some(terraform_data::change(&prior.value, &planned)),
            Change::Delete { .. } => None,
        };
        ApplyResponse { object: object.map(Object::new), ..ApplyResponse::default() }
    }

    async fn import(&self, request: ImportRequest) -> Result<Object, Vec<Problem>> {
        match request.by {
            ImportBy::Id(id) => Ok(Object::new(terraform_data::imported(&id))),
            ImportBy::Identity(_) => Err(vec![Problem::error("Object has no identity", "Give an id instead.")]),
        }
    }

    async fn read_data(&self, request: DataRequest) -> DataOutcome {
        match &*request.ty {
            REMOTE_STATE => remote_state::read(&*self.states, &request).await,
            ty => Err(vec![unknown_type(ty)]),
        }
    }
}
