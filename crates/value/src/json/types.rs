//! Types as JSON: `"string"`, `["list","string"]`, `["object",{"a":"bool"},["a"]]`.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use crate::types::ObjectType;
use crate::{ConvertError, Path, Type};

/// The JSON text of a type.
pub fn type_to_json(ty: &Type) -> String {
    let mut text = String::new();
    write_type(ty, &mut text);
    text
}

/// Appends the JSON text of a type.
pub(super) fn write_type(ty: &Type, out: &mut String) {
    let element = |kind: &str, element: &Type, out: &mut String| {
        out.push_str(kind);
        write_type(element, out);
        out.push(']');
    };
    match ty {
        Type::Any => out.push_str("\"dynamic\""),
        Type::Bool => out.push_str("\"bool\""),
        Type::Number => out.push_str("\"number\""),
        Type::String => out.push_str("\"string\""),
        Type::List(t) => element("[\"list\",", t, out),
        Type::Set(t) => element("[\"set\",", t, out),
        Type::Map(t) => element("[\"map\",", t, out),
        Type::Tuple(types) => {
            out.push_str("[\"tuple\",[");
            for (i, ty) in types.iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                write_type(ty, out);
            }
            out.push_str("]]");
        }
        Type::Object(object) => write_object_type(object, out),
    }
}

fn write_object_type(object: &ObjectType, out: &mut String) {
    out.push_str("[\"object\",{");
    for (i, (name, ty)) in object.attributes.iter().enumerate() {
        out.push_str(if i > 0 { "," } else { "" });
        write_name(name, out);
        out.push(':');
        write_type(ty, out);
    }
    out.push('}');
    if !object.optional.is_empty() {
        let names: Vec<&str> = object.optional.iter().map(|name| &**name).collect();
        out.push(',');
        out.push_str(&json!(names).to_string());
    }
    out.push(']');
}

fn write_name(name: &str, out: &mut String) {
    if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-') {
        out.push('"');
        out.push_str(name);
        out.push('"');
    } else {
        out.push_str(&json!(name).to_string());
    }
}

/// The type that a JSON text says.
pub fn type_from_json(text: &str) -> Result<Type, ConvertError> {
    match serde_json::from_str(text) {
        Ok(json) => type_from_json_value(&json),
        Err(e) => Err(ConvertError::new(Path::root(), format!("invalid JSON: {e}"))),
    }
}

/// A type as JSON.
pub fn type_to_json_value(ty: &Type) -> Json {
    match ty {
        Type::Any => json!("dynamic"),
        Type::Bool => json!("bool"),
        Type::Number => json!("number"),
        Type::String => json!("string"),
        Type::List(t) => json!(["list", type_to_json_value(t)]),
        Type::Set(t) => json!(["set", type_to_json_value(t)]),
        Type::Map(t) => json!(["map", type_to_json_value(t)]),
        Type::Tuple(ts) => json!(["tuple", ts.iter().map(type_to_json_value).collect::<Vec<_>>()]),
        Type::Object(o) => {
            let attributes = o.attributes.iter().map(|(name, t)| (name.to_string(), type_to_json_value(t)));
            let attributes = Json::Object(attributes.collect());
            let optional: Vec<&str> = o.optional.iter().map(|name| &**name).collect();
            if optional.is_empty() { json!(["object", attributes]) } else { json!(["object", attributes, optional]) }
        }
    }
}

/// The type that JSON says.
pub fn type_from_json_value(json: &Json) -> Result<Type, ConvertError> {
    match json {
        Json::String(name) => primitive(name),
        Json::Array(parts) => match parts.as_slice() {
            [Json::String(kind), rest @ ..] => complex(kind, rest),
            _ => fail(json),
        },
        _ => fail(json),
    }
}

fn fail<T>(json: &Json) -> Result<T, ConvertError> {
    Err(ConvertError::new(Path::root(), format!("invalid type description {json}")))
}

fn primitive(name: &str) -> Result<Type, ConvertError> {
    match name {
        "dynamic" => Ok(Type::Any),
        "bool" => Ok(Type::Bool),
        "number" => Ok(Type::Number),
        "string" => Ok(Type::String),
        _ => fail(&json!(name)),
    }
}

fn complex(kind: &str, rest: &[Json]) -> Result<Type, ConvertError> {
    match (kind, rest) {
        ("list", [element]) => Ok(Type::list(type_from_json_value(element)?)),
        ("set", [element]) => Ok(Type::set(type_from_json_value(element)?)),
        ("map", [element]) => Ok(Type::map(type_from_json_value(element)?)),
        ("tuple", [Json::Array(types)]) => {
            Ok(Type::tuple(types.iter().map(type_from_json_value).collect::<Result<Vec<_>, _>>()?))
        }
        ("object", [Json::Object(attributes)]) => object(attributes, &[]),
        ("object", [Json::Object(attributes), Json::Array(optional)]) => object(attributes, optional),
        _ => fail(&json!([kind, rest])),
    }
}

fn object(attributes: &serde_json::Map<String, Json>, optional: &[Json]) -> Result<Type, ConvertError> {
    let one = |(name, json): (&String, &Json)| Ok((Arc::from(name.as_str()), type_from_json_value(json)?));
    let attributes = attributes.iter().map(one).collect::<Result<_, ConvertError>>()?;
    let names: Option<_> = optional.iter().map(|name| name.as_str().map(Arc::from)).collect();
    let Some(optional) = names else { return fail(&json!(optional)) };
    Ok(Type::Object(Arc::new(ObjectType { attributes, optional })))
}
