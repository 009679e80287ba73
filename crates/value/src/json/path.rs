//! Paths as state files store them: `[{"type":"get_attr","value":"a"},{"type":"index","value":{"value":0,"type":"number"}}]`.

use serde_json::{Value as Json, json};

use super::{from_json_value, to_json};
use crate::{ConvertError, Path, Step, Type};

/// A path as JSON. Keys that are unknown or marked are errors.
pub fn path_to_json(path: &Path) -> Result<Json, ConvertError> {
    path.0.iter().map(step_to_json).collect::<Result<Vec<Json>, _>>().map(Json::Array)
}

/// The path that JSON says.
pub fn path_from_json(json: &Json) -> Result<Path, ConvertError> {
    match json {
        Json::Array(steps) => steps.iter().map(step_from_json).collect::<Result<_, _>>().map(Path),
        _ => Err(ConvertError::new(Path::root(), "a path must be an array of steps")),
    }
}

fn step_to_json(step: &Step) -> Result<Json, ConvertError> {
    match step {
        Step::Attr(name) => Ok(json!({ "type": "get_attr", "value": &**name })),
        Step::Index(key) => {
            let text = to_json(key, &Type::Any)?;
            let value: Json =
                serde_json::from_str(&text).map_err(|e| ConvertError::new(Path::root(), e.to_string()))?;
            Ok(json!({ "type": "index", "value": value }))
        }
    }
}

fn step_from_json(json: &Json) -> Result<Step, ConvertError> {
    match (json.get("type").and_then(Json::as_str), json.get("value")) {
        (Some("get_attr"), Some(Json::String(name))) => Ok(Step::Attr(name.as_str().into())),
        (Some("index"), Some(key)) => from_json_value(key, &Type::Any).map(Step::Index),
        _ => Err(ConvertError::new(Path::root(), format!("invalid path step {json}"))),
    }
}
