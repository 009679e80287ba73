//! Paths of sensitive attributes, as the state file writes them.

use serde_json::value::RawValue;
use serde_json::{Value as Json, json};
use terrane_value::{Number, Path, Step, Value};

/// Reads a list of paths; a path through the element of a set ends at the set.
pub(super) fn read(raw: Option<&RawValue>) -> Result<Vec<Path>, String> {
    let Some(raw) = raw else { return Ok(Vec::new()) };
    let paths: Vec<Vec<Json>> = serde_json::from_str(raw.get()).map_err(|_| "Its sensitive paths cannot be read.")?;
    paths.iter().map(|steps| read_path(steps)).collect()
}

fn read_path(steps: &[Json]) -> Result<Path, String> {
    let mut path = Path::root();
    for step in steps {
        let wrong = || format!("Its sensitive paths hold the step {step}, which is not one.");
        let value = &step["value"];
        match step["type"].as_str() {
            Some("get_attr") => path = path.attr(value.as_str().ok_or_else(wrong)?),
            Some("index") => match read_key(value) {
                Some(key) => path = path.with(Step::Index(key)),
                None => return Ok(path),
            },
            _ => return Err(wrong()),
        }
    }
    Ok(path)
}

fn read_key(value: &Json) -> Option<Value> {
    match &value["value"] {
        Json::String(text) => Some(Value::string(text.as_str())),
        Json::Number(number) => number.to_string().parse::<Number>().ok().map(Value::from),
        _ => None,
    }
}

/// Writes a list of paths as compact JSON.
pub(super) fn write(paths: &[Path]) -> String {
    let lists = outermost_first(paths).into_iter().map(|path| {
        let steps: Vec<String> = path.0.iter().map_while(write_step).collect();
        format!("[{}]", steps.join(","))
    });
    format!("[{}]", lists.collect::<Vec<_>>().join(","))
}

/// The paths in their order, but for those that lead into another, which come after it.
fn outermost_first(paths: &[Path]) -> Vec<&Path> {
    let mut sorted: Vec<&Path> = Vec::with_capacity(paths.len());
    for path in paths {
        let within = sorted.iter().rev().take_while(|inner| inner.starts_with(path)).count();
        sorted.insert(sorted.len() - within, path);
    }
    sorted
}

fn write_step(step: &Step) -> Option<String> {
    Some(match step {
        Step::Attr(name) => format!("{{\"type\":\"get_attr\",\"value\":{}}}", json!(&**name)),
        Step::Index(key) => {
            let (value, ty) = match (key.as_str(), key.as_number()) {
                (Some(text), _) => (json!(text).to_string(), "string"),
                (_, Some(number)) => (number.to_string(), "number"),
                _ => return None,
            };
            format!("{{\"type\":\"index\",\"value\":{{\"value\":{value},\"type\":\"{ty}\"}}}}")
        }
    })
}
