//! `terraform_remote_state`: the outputs of the root module of another project.

use std::collections::BTreeMap;

use async_trait::async_trait;
use terrane_provider::{DataOutcome, DataRequest, Problem};
use terrane_value::{Attribute, Block, Kind, Path, Schema, Type, Value};

/// Reads other states; who runs the provider knows the backends.
#[async_trait]
pub trait States: Send + Sync {
    /// What is wrong with the configuration of a backend, without asking it anything.
    fn check(&self, backend: &str, config: &Value) -> Result<(), Problem>;

    /// The outputs in the state of a workspace; `None` if there is no state. `name` is what the data source is called.
    async fn outputs(
        &self,
        name: &str,
        backend: &str,
        config: &Value,
        workspace: &str,
    ) -> Result<Option<BTreeMap<String, Value>>, Problem>;
}

/// The shape of the data source.
pub fn schema() -> Schema {
    let attributes = [
        ("backend".into(), Attribute::required(Type::String)),
        ("config".into(), Attribute::optional(Type::Any)),
        ("defaults".into(), Attribute::optional(Type::Any)),
        ("outputs".into(), Attribute::computed(Type::Any)),
        ("workspace".into(), Attribute::optional(Type::String)),
    ];
    Schema { version: 0, block: Block { attributes: attributes.into(), ..Block::default() } }
}

fn part<'v>(config: &'v Value, name: &str) -> Option<&'v Value> {
    config.get(name).filter(|value| !value.is_null())
}

fn text<'v>(config: &'v Value, name: &str) -> Option<&'v str> {
    part(config, name).and_then(Value::as_str)
}

/// The backend's name; an old spelling of "local" is still understood.
fn backend(config: &Value) -> &str {
    match text(config, "backend").unwrap_or_default() {
        "_local" => "local",
        name => name,
    }
}

/// What is written for the backend, as an object.
fn settings(config: &Value) -> Value {
    let fields = part(config, "config").and_then(Value::fields);
    Value::object(fields.into_iter().flat_map(|f| f.iter()).map(|(name, value)| (name.clone(), value.clone())))
}

/// What is wrong with what is written, as far as it is known.
pub fn validate(states: &dyn States, config: &Value) -> Vec<Problem> {
    let mut found = Vec::new();
    for (name, what) in [("config", "Invalid backend configuration"), ("defaults", "Invalid default values")] {
        let given = part(config, name).filter(|value| value.is_known());
        if given.is_some_and(|value| !matches!(value.kind(), Kind::Object(_) | Kind::Map(..))) {
            let detail = format!("The value of {name:?} must be an object.");
            found.push(Problem::error(what, detail).at(Path::root().attr(name)));
        }
    }
    let known = |name: &str| config.get(name).is_none_or(Value::is_wholly_known);
    if found.is_empty() && known("backend") && known("config") {
        found.extend(states.check(backend(config), &settings(config)).err());
    }
    found
}

/// Reads the state and hands out its outputs, over the defaults.
pub async fn read(states: &dyn States, request: &DataRequest) -> DataOutcome {
    let config = &request.config;
    let workspace = text(config, "workspace").filter(|name| !name.is_empty()).unwrap_or("default");
    let found = states.outputs(&request.name, backend(config), &settings(config), workspace).await;
    let found = found.map_err(|p| vec![p])?;
    let Some(found) = found else {
        let detail = format!(
            "There is no state of the workspace {workspace:?} in the backend {:?}: nothing has been applied there yet, or \
             \"config\" names another place.",
            backend(config)
        );
        return Err(vec![Problem::error("Unable to find remote state", detail).at(Path::root().attr("workspace"))]);
    };
    let mut outputs: BTreeMap<String, Value> = BTreeMap::new();
    let defaults = part(config, "defaults").and_then(Value::fields);
    outputs.extend(defaults.into_iter().flat_map(|f| f.iter()).map(|(name, value)| (name.to_string(), value.clone())));
    outputs.extend(found);
    let written = |name: &str, ty: Type| config.get(name).cloned().unwrap_or_else(|| Value::null(ty));
    Ok(Value::object([
        ("backend", written("backend", Type::String)),
        ("config", written("config", Type::Any)),
        ("defaults", written("defaults", Type::Any)),
        ("outputs", Value::object(outputs)),
        ("workspace", written("workspace", Type::String)),
    ]))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// One state in the backend "there".
    struct One;

    #[async_trait]
    impl States for One {
        fn check(&self, backend: &str, config: &Value) -> Result<(), Problem> {
            match (backend, text(config, "key")) {
                ("there", Some(_)) => Ok(()),
                ("there", None) => Err(Problem::error("Invalid backend configuration", "no key")),
                _ => Err(Problem::error("Invalid backend configuration", "no such backend")),
            }
        }

        async fn outputs(
            &self,
            _: &str,
            backend: &str,
            config: &Value,
            workspace: &str,
        ) -> Result<Option<BTreeMap<String, Value>>, Problem> {
            self.check(backend, config)?;
            Ok((workspace == "default").then(|| [("id".to_owned(), Value::from("vpc-1"))].into()))
        }
    }

    fn config(backend: &str, settings: Value, workspace: Option<&str>) -> Value {
        let workspace = workspace.map_or_else(|| Value::null(Type::String), Value::from);
        let defaults = Value::object([("id", Value::from("none")), ("zone", Value::from("a"))]);
        Value::object([
            ("backend", Value::from(backend)),
            ("config", settings),
            ("defaults", defaults),
            ("outputs", Value::null(Type::Any)),
            ("workspace", workspace),
        ])
    }

    async fn read_of(config: Value) -> DataOutcome {
        read(&One, &DataRequest { ty: "terraform_remote_state".into(), name: "other".into(), config }).await
    }

    fn key() -> Value {
        Value::object([("key", Value::from("k"))])
    }

    #[tokio::test]
    async fn outputs_come_before_defaults() {
        let read = read_of(config("there", key(), None)).await.unwrap();
        let outputs = read.get("outputs").unwrap();
        assert_eq!(outputs.get("id"), Some(&Value::from("vpc-1")));
        assert_eq!(outputs.get("zone"), Some(&Value::from("a")));
        assert!(read.get("workspace").unwrap().is_null());
    }

    #[tokio::test]
    async fn a_state_that_is_not_there_is_an_error() {
        let error = read_of(config("there", key(), Some("stage"))).await.unwrap_err();
        assert!(error[0].detail.contains("\"stage\""), "{error:?}");
    }

    #[test]
    fn what_is_written_is_checked_as_far_as_it_is_known() {
        let said = |config: Value| validate(&One, &config).into_iter().map(|p| p.detail).collect::<Vec<_>>();
        assert!(said(config("there", key(), None)).is_empty());
        assert_eq!(said(config("there", Value::object([("x", Value::from(1))]), None)), ["no key"]);
        assert_eq!(said(config("elsewhere", key(), None)), ["no such backend"]);
        assert_eq!(said(config("there", Value::from("k"), None)), ["The value of \"config\" must be an object."]);
        assert!(said(config("there", Value::object([("key", Value::unknown(Type::String))]), None)).is_empty());
    }
}
