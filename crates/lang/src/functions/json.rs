//! Functions of JSON.

use std::collections::BTreeMap;

use terrane_source::{Diagnostics, Files};
use terrane_syntax::{self as syn, Json, JsonKind, Property};
use terrane_value::{Kind, Number, Refinement, Type, Value, json};

use super::call::Call;
use super::signature::a_string;
use super::{ArgError, Function, Param, place_of};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("jsondecode", &[Param::string("str")], decoded_type, jsondecode).nullable(),
    Function::new("jsonencode", &[Param::any("val").null().unknown().dynamic()], a_string, jsonencode),
];

/// The type that a text of which only the beginning is known must have.
fn decoded_type(args: &[Value]) -> Result<Type, ArgError> {
    let Kind::Unknown(_, known) = args[0].kind() else { return Ok(Type::Any) };
    let beginning = known.prefix.as_deref().unwrap_or_default().trim_start();
    match beginning.chars().next() {
        Some('"') => Ok(Type::String),
        Some('t' | 'f') => Ok(Type::Bool),
        Some('-' | '.' | '0'..='9') => Ok(Type::Number),
        Some('{' | '[' | 'n') | None => Ok(Type::Any),
        Some(other) => Err(ArgError::at(0, format!("JSON cannot begin with {other:?}"))),
    }
}

fn jsondecode(call: &Call<'_>) -> Result<Value, ArgError> {
    let text = call.text(0);
    let (mut files, mut diags) = (Files::new(), Diagnostics::new());
    let file = files.add("", text);
    let arena = syn::Arena::new();
    let parsed = syn::parse_json(file, text, &arena, &mut diags);
    if let Some(error) = diags.iter().next() {
        let at = place_of(error, &files);
        // The detail may quote the text, which may be a secret.
        return Err(ArgError::at(0, format!("invalid JSON{at}: {}", error.summary)));
    }
    parsed.map_or_else(|_| Ok(Value::dynamic()), |json| decoded(&json))
}

fn decoded(json: &Json) -> Result<Value, ArgError> {
    match &json.kind {
        JsonKind::Null => Ok(Value::null(Type::Any)),
        JsonKind::Bool(value) => Ok(Value::from(*value)),
        JsonKind::Number(text) => {
            text.parse::<Number>().map(Value::from).map_err(|e| ArgError::at(0, format!("invalid JSON: {e}")))
        }
        JsonKind::String(text) => Ok(Value::from(text.text)),
        JsonKind::Array(items) => items.iter().map(decoded).collect::<Result<Vec<_>, _>>().map(Value::tuple),
        JsonKind::Object(properties) => object(properties),
    }
}

/// Of properties of one name the last counts, but all must be of one type.
fn object(properties: &[Property]) -> Result<Value, ArgError> {
    let mut fields: BTreeMap<&str, Value> = BTreeMap::new();
    for Property { name, value } in properties {
        let value = decoded(value)?;
        let ty = value.ty();
        if let Some(before) = fields.insert(name.text, value)
            && before.ty() != ty
        {
            return Err(ArgError::at(0, "the JSON has properties of one name but different types in one object"));
        }
    }
    Ok(Value::object(fields))
}

fn jsonencode(call: &Call<'_>) -> Result<Value, ArgError> {
    let value = &call.args[0];
    if value.is_wholly_known() {
        return json::json_encode(value).map(Value::from).map_err(|e| ArgError::at(0, e.located()));
    }
    let beginning = match value.ty() {
        _ if !value.is_certainly_not_null() => None,
        Type::String => Some("\""),
        Type::Object(_) | Type::Map(_) => Some("{"),
        Type::Tuple(_) | Type::List(_) | Type::Set(_) => Some("["),
        _ => None,
    };
    let unknown = Value::unknown(Type::String);
    Ok(beginning.map_or(unknown.clone(), |text| unknown.refine(Refinement::prefix(text))))
}
