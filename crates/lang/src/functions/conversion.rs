//! Functions that convert to a type.

use terrane_value::{Type, Value, convert, convertible, mismatch};

use super::call::Call;
use super::{ArgError, Function, Param};

pub(super) const FUNCTIONS: &[Function] = &[
    to("tobool", |args| checked(args, &Type::Bool)),
    to("tolist", |args| checked(args, &Type::list(Type::Any))),
    to("tomap", |args| checked(args, &Type::map(Type::Any))),
    to("tonumber", |args| checked(args, &Type::Number)),
    to("toset", |args| checked(args, &Type::set(Type::Any))),
    to("tostring", |args| checked(args, &Type::String)),
];

const VALUE: &[Param] = &[Param::any("v").null().dynamic().marked()];

const fn to(name: &'static str, result: fn(&[Value]) -> Result<Type, ArgError>) -> Function {
    Function::new(name, VALUE, result, converted).nullable()
}

fn checked(args: &[Value], wanted: &Type) -> Result<Type, ArgError> {
    let got = args[0].ty();
    if convertible(&got, wanted) {
        return Ok(wanted.clone());
    }
    let (from, to, why) = (got.friendly(), wanted.friendly_constraint(), mismatch(&got, wanted));
    let why = if why.ends_with("required") || why.contains("but have") { String::new() } else { format!(": {why}") };
    Err(ArgError::at(0, format!("cannot convert {from} to {to}{why}")))
}

fn converted(call: &Call<'_>) -> Result<Value, ArgError> {
    let value = &call.args[0];
    convert(value, &call.result).map_err(|error| {
        let to = call.result.friendly_constraint();
        let from = match value.as_str() {
            Some(text) => call.shown(text),
            None => value.ty().friendly(),
        };
        ArgError::at(0, format!("cannot convert {from} to {to}: {}", error.located()))
    })
}
