//! Functions of JSON.

use terrane_value::{Kind, Refinement, Type, Value, json};

use super::call::Call;
use super::signature::a_string;
use super::{ArgError, Function, Param};

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
    json::json_decode(call.text(0)).map_err(|e| ArgError::at(0, e.to_string()))
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
