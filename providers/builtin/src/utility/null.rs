//! hashicorp/null.

use async_trait::async_trait;
use terrane_provider::Problem;
use terrane_value::{Type, Value};

use super::{Field, Kind, Source, Surroundings, below};

pub(super) static KINDS: &[&dyn Kind] = &[&NullResource];
pub(super) static SOURCES: &[&dyn Source] = &[&NullDataSource];

/// A new id as objects of this provider have.
fn id() -> Result<Value, Problem> {
    Ok(Value::string(below(i64::MAX as u64)?.to_string()))
}

struct NullResource;

#[async_trait]
impl Kind for NullResource {
    fn name(&self) -> &'static str {
        "null_resource"
    }

    fn fields(&self) -> Vec<Field> {
        vec![Field::computed("id", Type::String), Field::optional("triggers", Type::map(Type::String))]
    }

    async fn create(&self, _: &Value, _: &Surroundings) -> Result<Vec<(&'static str, Value)>, Problem> {
        Ok(vec![("id", id()?)])
    }
}

struct NullDataSource;

impl Source for NullDataSource {
    fn name(&self) -> &'static str {
        "null_data_source"
    }

    fn fields(&self) -> Vec<Field> {
        vec![
            Field::default("has_computed_default", Value::string("default")),
            Field::computed("id", Type::String),
            Field::optional("inputs", Type::map(Type::String)),
            Field::computed("outputs", Type::map(Type::String)),
            Field::computed("random", Type::String),
        ]
    }

    fn read(&self, config: &Value) -> Result<Vec<(&'static str, Value)>, Problem> {
        let inputs = config.get("inputs").cloned().unwrap_or_else(|| Value::null(Type::map(Type::String)));
        Ok(vec![("id", Value::string("static")), ("outputs", inputs), ("random", id()?)])
    }
}
