//! The provider before it is configured.

use std::sync::Arc;

use async_trait::async_trait;
use terrane_aws_core::{AwsRules, Cloud, data_schema, data_types, reserved_tags, resource_schema, resource_types};
use terrane_provider::sdk::{decode_stored, validate};
use terrane_provider::{Configured, Discovery, Problem, Provider};
use terrane_value::{CallFault, FunctionSchema, Path, Schema, Value};

use crate::configured::Instance;
use crate::discover::discovery;
use crate::functions;
use crate::registry::Registry;

/// The AWS provider.
pub struct AwsProvider {
    registry: Arc<Registry>,
}

impl AwsProvider {
    /// The provider with the types of all services.
    pub fn new() -> AwsProvider {
        AwsProvider { registry: Arc::new(Registry::new()) }
    }
}

impl Default for AwsProvider {
    fn default() -> AwsProvider {
        AwsProvider::new()
    }
}

#[async_trait]
impl Provider for AwsProvider {
    fn is_native(&self) -> bool {
        true
    }

    fn config_schema(&self) -> Arc<Schema> {
        terrane_aws_core::config_schema()
    }

    fn module_schema(&self) -> Option<Arc<Schema>> {
        Some(terrane_aws_core::module_schema())
    }

    fn resource_types(&self) -> Vec<&str> {
        resource_types()
    }

    fn data_types(&self) -> Vec<&str> {
        data_types()
    }

    fn resource_schema(&self, ty: &str) -> Option<Arc<Schema>> {
        resource_schema(ty).map(|s| s.schema.clone())
    }

    fn identity_schema(&self, ty: &str) -> Option<Arc<Schema>> {
        resource_schema(ty).and_then(|s| s.identity.clone())
    }

    fn identity_may_change(&self, ty: &str) -> bool {
        resource_schema(ty).is_some_and(|schema| schema.identity_may_change)
    }

    fn data_schema(&self, ty: &str) -> Option<Arc<Schema>> {
        data_schema(ty).map(|s| s.schema.clone())
    }

    fn can_apply(&self, ty: &str) -> bool {
        self.registry.resource(ty).is_some()
    }

    fn can_read(&self, ty: &str) -> bool {
        self.registry.data(ty).is_some()
    }

    fn validate_config(&self, config: &Value) -> Vec<Problem> {
        terrane_aws_core::validate_config(config)
    }

    fn validate_resource(&self, ty: &str, config: &Value) -> Vec<Problem> {
        let Some(schema) = resource_schema(ty) else { return vec![unknown("resource type", ty)] };
        let mut problems = validate(&schema, &AwsRules, config);
        if schema.tagged {
            problems.extend(reserved_tags(config, &Path::root()));
        }
        problems.extend(self.registry.resource(ty).into_iter().flat_map(|t| t.validate(config)));
        problems
    }

    fn validate_data(&self, ty: &str, config: &Value) -> Vec<Problem> {
        let Some(schema) = data_schema(ty) else { return vec![unknown("data source", ty)] };
        validate(&schema, &AwsRules, config)
    }

    fn functions(&self) -> Vec<&str> {
        functions::names()
    }

    fn function_schema(&self, name: &str) -> Option<Arc<FunctionSchema>> {
        functions::schema(name)
    }

    fn call_function(&self, name: &str, args: &[Value]) -> Result<Value, CallFault> {
        functions::call(name, args)
    }

    fn upgrade(&self, ty: &str, version: u64, json: &str) -> Result<Value, Vec<Problem>> {
        let schema = resource_schema(ty).ok_or_else(|| vec![unknown("resource type", ty)])?;
        if version > schema.schema.version {
            return Err(vec![newer(ty, version, schema.schema.version)]);
        }
        let stored = serde_json::from_str(json).map_err(|e| vec![damaged(ty, &e)])?;
        let stored = match self.registry.resource(ty) {
            Some(implementation) => implementation.upgrade(version, stored),
            None => stored,
        };
        decode_stored(&schema.schema.block, &stored).map_err(|e| vec![damaged(ty, &e).at(e.path)])
    }

    fn imports_whole(&self) -> bool {
        true
    }

    fn discovery(&self, ty: &str) -> Discovery {
        discovery(&self.registry, ty)
    }

    async fn configure(&self, config: Value, modules: Vec<Value>) -> Result<Arc<dyn Configured>, Vec<Problem>> {
        let cloud = Cloud::open(&config, &modules).await?;
        Ok(Arc::new(Instance::new(self.registry.clone(), cloud)))
    }
}

/// Says that there is no such type.
pub(crate) fn unknown(what: &str, ty: &str) -> Problem {
    Problem::error(format!("Unknown {what}"), format!("The AWS provider has no {what} {ty:?}."))
}

fn newer(ty: &str, version: u64, present: u64) -> Problem {
    let detail = format!(
        "The state holds an object of type {ty} in schema version {version}; this provider knows versions up to \
         {present}. Use the newer version of the provider that wrote it."
    );
    Problem::error("State is newer than the provider", detail)
}

fn damaged(ty: &str, error: &dyn std::fmt::Display) -> Problem {
    Problem::error("Stored object cannot be read", format!("The stored attributes of an object of type {ty}: {error}."))
}
