//! JSON as a tree to values: whatever it says, and what is wrong with it.

use std::sync::Arc;

use serde_json::Value as Json;

use super::type_from_json_value;
use crate::convert::alike;
use crate::types::ObjectType;
use crate::{ConvertError, Number, Path, Step, Type, Value, convert};

/// The value of a type that JSON says which is parsed already, as [`super::from_json`] reads it.
pub fn from_json_value(json: &Json, ty: &Type) -> Result<Value, ConvertError> {
    decode(json, ty, &mut Path::root())
}

/// The value of a type that a JSON text says.
pub(super) fn of_type(text: &str, ty: &Type) -> Result<Value, ConvertError> {
    from_json_value(&parse(text)?, ty)
}

/// The value that a JSON text says by itself.
pub(super) fn implied_of(text: &str) -> Result<Value, ConvertError> {
    implied(&parse(text)?, &mut Path::root())
}

fn parse(text: &str) -> Result<Json, ConvertError> {
    serde_json::from_str(text).map_err(|e| ConvertError::new(Path::root(), format!("invalid JSON: {e}")))
}

fn fail<T>(path: &Path, message: impl Into<String>) -> Result<T, ConvertError> {
    Err(ConvertError::new(path.clone(), message))
}

fn number(json: &serde_json::Number, path: &Path) -> Result<Value, ConvertError> {
    json.as_str().parse::<Number>().map(Value::from).or_else(|e| fail(path, e.to_string()))
}

fn implied(json: &Json, path: &mut Path) -> Result<Value, ConvertError> {
    match json {
        Json::Null => Ok(Value::null(Type::Any)),
        Json::Bool(b) => Ok(Value::from(*b)),
        Json::Number(n) => number(n, path),
        Json::String(s) => Ok(Value::from(s.as_str())),
        Json::Array(items) => array(items, path, |_, json, path| implied(json, path)).map(Value::tuple),
        Json::Object(members) => members
            .iter()
            .map(|(name, json)| {
                Ok((name.as_str(), at(path, Step::Attr(name.as_str().into()), |path| implied(json, path))?))
            })
            .collect::<Result<Vec<_>, ConvertError>>()
            .map(Value::object),
    }
}

fn decode(json: &Json, ty: &Type, path: &mut Path) -> Result<Value, ConvertError> {
    match (ty, json) {
        (_, Json::Null) => Ok(Value::null(ty.without_optional())),
        (Type::Any, _) => dynamic(json, path),
        (Type::Bool, Json::Bool(b)) => Ok(Value::from(*b)),
        (Type::Number, Json::Number(n)) => number(n, path),
        (Type::String, Json::String(s)) => Ok(Value::from(s.as_str())),
        (Type::Bool | Type::Number, Json::String(s)) => {
            convert(&Value::from(s.as_str()), ty).or_else(|e| fail(path, e.message))
        }
        (Type::String, Json::Number(n)) => Ok(Value::from(n.as_str())),
        (Type::String, Json::Bool(b)) => Ok(Value::from(if *b { "true" } else { "false" })),
        (Type::List(t), Json::Array(items)) => {
            let values = array(items, path, |_, json, path| decode(json, t, path))?;
            let (element, values) = alike(t, values, "list", path, place)?;
            Ok(Value::list(element, values))
        }
        (Type::Set(t), Json::Array(items)) => {
            let values = array(items, path, |_, json, path| decode(json, t, path))?;
            let (element, values) = alike(t, values, "set", path, place)?;
            Ok(Value::set(element, values))
        }
        (Type::Tuple(types), Json::Array(items)) => tuple(items, types, path),
        (Type::Map(t), Json::Object(members)) => map(members, t, path),
        (Type::Object(object), Json::Object(members)) => attributes(members, object, path),
        _ => fail(path, format!("{} is required, but have {}", ty.friendly(), kind(json))),
    }
}

fn place(i: usize) -> Step {
    Step::Index(Value::from(i as i64))
}

fn map(members: &serde_json::Map<String, Json>, ty: &Type, path: &mut Path) -> Result<Value, ConvertError> {
    let names: Vec<&String> = members.keys().collect();
    let key = |i: usize| names.get(i).map_or_else(|| place(i), |name| Step::Index(Value::from(name.as_str())));
    let one = |(i, json): (usize, &Json)| at(path, key(i), |path| decode(json, ty, path));
    let values: Vec<Value> = members.values().enumerate().map(one).collect::<Result<_, ConvertError>>()?;
    let (element, values) = alike(ty, values, "map", path, key)?;
    Ok(Value::map(element, names.iter().map(|name| name.as_str()).zip(values)))
}

fn tuple(items: &[Json], types: &[Type], path: &mut Path) -> Result<Value, ConvertError> {
    if items.len() != types.len() {
        let few = if items.len() > types.len() { "too many" } else { "not enough" };
        return fail(path, format!("{few} tuple elements: have {}, need {}", items.len(), types.len()));
    }
    let one = |i: usize, json: &Json, path: &mut Path| decode(json, types.get(i).unwrap_or(&Type::Any), path);
    array(items, path, one).map(Value::tuple)
}

fn attributes(
    members: &serde_json::Map<String, Json>,
    ty: &ObjectType,
    path: &mut Path,
) -> Result<Value, ConvertError> {
    if let Some(name) = members.keys().find(|name| !ty.attributes.contains_key(name.as_str())) {
        return fail(path, format!("unsupported attribute {name:?}"));
    }
    let one = |(name, ty): (&Arc<str>, &Type)| match members.get(&**name) {
        None => Ok((name.clone(), Value::null(ty.without_optional()))),
        Some(json) => Ok((name.clone(), at(path, Step::Attr(name.clone()), |path| decode(json, ty, path))?)),
    };
    ty.attributes.iter().map(one).collect::<Result<Vec<_>, ConvertError>>().map(Value::object)
}

fn dynamic(json: &Json, path: &mut Path) -> Result<Value, ConvertError> {
    let (ty, value) = match json.as_object() {
        Some(members) if members.len() == 2 => (members.get("type"), members.get("value")),
        _ => (None, None),
    };
    let (Some(ty), Some(value)) = (ty, value) else {
        return fail(path, "a value of any type must be an object with exactly \"type\" and \"value\"");
    };
    let ty = type_from_json_value(ty).or_else(|e| fail(path, e.message))?;
    decode(value, &ty, path)
}

fn array(
    items: &[Json],
    path: &mut Path,
    mut one: impl FnMut(usize, &Json, &mut Path) -> Result<Value, ConvertError>,
) -> Result<Vec<Value>, ConvertError> {
    let each = items.iter().enumerate();
    each.map(|(i, json)| at(path, place(i), |path| one(i, json, path))).collect()
}

fn at<T>(path: &mut Path, step: Step, f: impl FnOnce(&mut Path) -> T) -> T {
    path.0.push(step);
    let result = f(path);
    path.0.pop();
    result
}

fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "bool",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}
