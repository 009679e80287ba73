//! Values and types as JSON, as providers' schemas and state files write them.

use std::fmt::Write;

use serde_json::Value as Json;

use crate::{ConvertError, Kind, Path, Type, Value, convert};

/// Writes a wholly known value as compact JSON, in the form that [`from_json`] reads back with the same type.
///
/// Marks are dropped; where the type is `Any` the value is wrapped with its own type.
pub fn to_json(value: &Value, ty: &Type) -> Result<String, ConvertError> {
    let mut out = String::new();
    write_value(&mut out, value, ty, &Path::root())?;
    Ok(out)
}

/// Reads a value of a type; attributes that are absent are null.
pub fn from_json(json: &str, ty: &Type) -> Result<Value, ConvertError> {
    let json: Json =
        serde_json::from_str(json).map_err(|e| ConvertError::new(Path::root(), format!("invalid JSON: {e}")))?;
    read_value(&json, ty, &Path::root())
}

/// Writes a type as JSON: `"string"`, `["list","string"]`, `["object",{"a":"number"}]`.
pub fn type_to_json(ty: &Type) -> String {
    type_json(ty).to_string()
}

/// Reads a type from JSON.
pub fn type_from_json(json: &str) -> Result<Type, ConvertError> {
    let wrong = || ConvertError::new(Path::root(), format!("{json} is not a type"));
    let json: Json = serde_json::from_str(json).map_err(|_| wrong())?;
    read_type(&json).ok_or_else(wrong)
}

fn type_json(ty: &Type) -> Json {
    match ty {
        Type::Any => "dynamic".into(),
        Type::Bool => "bool".into(),
        Type::Number => "number".into(),
        Type::String => "string".into(),
        Type::List(t) => Json::from(vec!["list".into(), type_json(t)]),
        Type::Set(t) => Json::from(vec!["set".into(), type_json(t)]),
        Type::Map(t) => Json::from(vec!["map".into(), type_json(t)]),
        Type::Tuple(ts) => Json::from(vec!["tuple".into(), ts.iter().map(type_json).collect::<Json>()]),
        Type::Object(o) => {
            let attributes: serde_json::Map<_, _> =
                o.attributes.iter().map(|(n, t)| (n.to_string(), type_json(t))).collect();
            let mut parts = vec!["object".into(), Json::from(attributes)];
            if !o.optional.is_empty() {
                parts.push(o.optional.iter().map(|n| Json::from(&**n)).collect::<Json>());
            }
            Json::from(parts)
        }
    }
}

fn read_type(json: &Json) -> Option<Type> {
    if let Some(name) = json.as_str() {
        return match name {
            "dynamic" => Some(Type::Any),
            "bool" => Some(Type::Bool),
            "number" => Some(Type::Number),
            "string" => Some(Type::String),
            _ => None,
        };
    }
    let parts = json.as_array()?;
    let of = parts.get(1)?;
    match parts.first()?.as_str()? {
        "list" => Some(Type::list(read_type(of)?)),
        "set" => Some(Type::set(read_type(of)?)),
        "map" => Some(Type::map(read_type(of)?)),
        "tuple" => Some(Type::Tuple(of.as_array()?.iter().map(read_type).collect::<Option<_>>()?)),
        "object" => {
            let attributes = of.as_object()?.iter().map(|(n, t)| Some((n.as_str().into(), read_type(t)?)));
            let optional = parts.get(2).and_then(Json::as_array).into_iter().flatten();
            Some(Type::Object(std::sync::Arc::new(crate::ObjectType {
                attributes: attributes.collect::<Option<_>>()?,
                optional: optional.filter_map(|n| n.as_str().map(Into::into)).collect(),
            })))
        }
        _ => None,
    }
}

fn write_value(out: &mut String, value: &Value, ty: &Type, path: &Path) -> Result<(), ConvertError> {
    if *ty == Type::Any && !matches!(value.kind(), Kind::Null(Type::Any)) {
        let own = value.ty();
        out.push_str("{\"value\":");
        write_value(out, value, &own, path)?;
        let _ = write!(out, ",\"type\":{}}}", type_to_json(&own));
        return Ok(());
    }
    match value.kind() {
        Kind::Null(_) => out.push_str("null"),
        Kind::Unknown(..) => return Err(ConvertError::new(path.clone(), "value is not known")),
        Kind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Kind::Number(n) => {
            let _ = write!(out, "{n}");
        }
        Kind::String(s) => out.push_str(&Json::from(&**s).to_string()),
        Kind::List(_, values) | Kind::Set(_, values) | Kind::Tuple(values) => {
            out.push('[');
            for (i, v) in values.iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                write_value(out, v, &element_type(ty, i), &path.index(i))?;
            }
            out.push(']');
        }
        Kind::Map(_, fields) | Kind::Object(fields) => {
            out.push('{');
            for (i, (name, v)) in fields.iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                let _ = write!(out, "{}:", Json::from(&**name));
                let ty = ty.attribute(name).or(ty.element()).cloned().unwrap_or_else(|| v.ty());
                write_value(out, v, &ty, &path.attr(name.clone()))?;
            }
            out.push('}');
        }
    }
    Ok(())
}

fn element_type(ty: &Type, place: usize) -> Type {
    match ty {
        Type::Tuple(ts) => ts.get(place).cloned().unwrap_or(Type::Any),
        other => other.element().cloned().unwrap_or(Type::Any),
    }
}

fn read_value(json: &Json, ty: &Type, path: &Path) -> Result<Value, ConvertError> {
    let wrong = |what: &str| ConvertError::new(path.clone(), format!("{what} is required"));
    if json.is_null() {
        return Ok(Value::null(ty.clone()));
    }
    match ty {
        Type::Any => read_dynamic(json, path),
        Type::Bool | Type::Number | Type::String => read_primitive(json, ty, path),
        Type::List(t) => Ok(Value::list((**t).clone(), read_elements(json, t, path, "a list")?)),
        Type::Set(t) => Ok(Value::set((**t).clone(), read_elements(json, t, path, "a set")?)),
        Type::Tuple(ts) => {
            let elements = json.as_array().filter(|a| a.len() == ts.len()).ok_or_else(|| wrong("a tuple"))?;
            let read = elements.iter().zip(ts.iter()).enumerate();
            let values = read.map(|(i, (j, t))| read_value(j, t, &path.index(i)));
            Ok(Value::tuple(values.collect::<Result<Vec<_>, _>>()?))
        }
        Type::Map(t) => {
            let pairs = json.as_object().ok_or_else(|| wrong("a map"))?.iter();
            let pairs = pairs.map(|(k, j)| Ok((k.as_str(), read_value(j, t, &path.key(k.as_str()))?)));
            Ok(Value::map((**t).clone(), pairs.collect::<Result<Vec<_>, ConvertError>>()?))
        }
        Type::Object(o) => {
            let fields = json.as_object().ok_or_else(|| wrong("an object"))?;
            if let Some(name) = fields.keys().find(|n| !o.attributes.contains_key(n.as_str())) {
                return Err(ConvertError::new(path.clone(), format!("unsupported attribute {name:?}")));
            }
            let pairs = o.attributes.iter().map(|(name, t)| {
                let json = fields.get(&**name).unwrap_or(&Json::Null);
                Ok((name.clone(), read_value(json, t, &path.attr(name.clone()))?))
            });
            Ok(Value::object(pairs.collect::<Result<Vec<_>, ConvertError>>()?))
        }
    }
}

fn read_primitive(json: &Json, ty: &Type, path: &Path) -> Result<Value, ConvertError> {
    let value = match json {
        Json::Bool(b) => Value::from(*b),
        Json::String(s) => Value::string(s.as_str()),
        Json::Number(n) => match n.to_string().parse::<crate::Number>() {
            Ok(number) => Value::from(number),
            Err(e) => return Err(ConvertError::new(path.clone(), e.to_string())),
        },
        _ => return Err(ConvertError::new(path.clone(), format!("a {ty} is required"))),
    };
    convert(&value, ty).map_err(|e| ConvertError::new(path.clone(), e.message))
}

fn read_elements(json: &Json, ty: &Type, path: &Path, what: &str) -> Result<Vec<Value>, ConvertError> {
    let elements = json.as_array().ok_or_else(|| ConvertError::new(path.clone(), format!("{what} is required")))?;
    elements.iter().enumerate().map(|(i, j)| read_value(j, ty, &path.index(i))).collect()
}

fn read_dynamic(json: &Json, path: &Path) -> Result<Value, ConvertError> {
    let wrong = || ConvertError::new(path.clone(), "a value with its type is required");
    let ty = json.get("type").and_then(read_type).ok_or_else(wrong)?;
    read_value(json.get("value").ok_or_else(wrong)?, &ty, path)
}
