//! Built-in resource types: terraform_data.
//!
//! They need no cloud: their objects live in state alone.

mod terraform_data;

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use terrane_provider::{
    ApplyRequest, ApplyResponse, Change, Configured, DataOutcome, DataRequest, Former, ImportBy, ImportRequest, Object,
    PlanRequest, PlanResponse, Problem, Provider, ReadOutcome, ReadRequest,
};
use terrane_value::{Schema, Value, json};

const TERRAFORM_DATA: &str = "terraform_data";

static SCHEMA: LazyLock<Arc<Schema>> = LazyLock::new(|| Arc::new(terraform_data::schema()));

/// The provider `terraform.io/builtin/terraform`.
#[derive(Clone, Debug, Default)]
pub struct Builtin;

impl Builtin {
    /// The provider; it has no settings.
    pub fn new() -> Builtin {
        Builtin
    }
}

fn unknown_type(ty: &str) -> Problem {
    Problem::error("Unknown type", format!("The built-in provider has no type {ty:?}; it has {TERRAFORM_DATA:?}."))
}

#[async_trait]
impl Provider for Builtin {
    fn config_schema(&self) -> Arc<Schema> {
        Arc::new(Schema::default())
    }

    fn resource_types(&self) -> Vec<&str> {
        vec![TERRAFORM_DATA]
    }

    fn data_types(&self) -> Vec<&str> {
        Vec::new()
    }

    fn resource_schema(&self, ty: &str) -> Option<Arc<Schema>> {
        (ty == TERRAFORM_DATA).then(|| SCHEMA.clone())
    }

    fn data_schema(&self, _: &str) -> Option<Arc<Schema>> {
        None
    }

    fn can_apply(&self, ty: &str) -> bool {
        ty == TERRAFORM_DATA
    }

    fn can_read(&self, _: &str) -> bool {
        false
    }

    fn validate_config(&self, _: &Value) -> Vec<Problem> {
        Vec::new()
    }

    fn validate_resource(&self, ty: &str, _: &Value) -> Vec<Problem> {
        if ty == TERRAFORM_DATA { Vec::new() } else { vec![unknown_type(ty)] }
    }

    fn validate_data(&self, ty: &str, _: &Value) -> Vec<Problem> {
        vec![unknown_type(ty)]
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
        Ok(Object { value, private: former.private.clone() })
    }

    async fn configure(&self, _: Value) -> Result<Arc<dyn Configured>, Vec<Problem>> {
        Ok(Arc::new(Builtin))
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
        ApplyResponse { object: object.map(Object::new), problems: Vec::new() }
    }

    async fn import(&self, request: ImportRequest) -> Result<Object, Vec<Problem>> {
        match request.by {
            ImportBy::Id(id) => Ok(Object::new(terraform_data::imported(&id))),
            ImportBy::Identity(_) => Err(vec![Problem::error("Object has no identity", "Give an id instead.")]),
        }
    }

    async fn read_data(&self, request: DataRequest) -> DataOutcome {
        Err(vec![unknown_type(&request.ty)])
    }
}
