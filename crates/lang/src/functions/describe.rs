//! Functions in words, for the errors of their calls.

use terrane_source::{Called, Signature};
use terrane_value::{FunctionParam, FunctionSchema, Type, Value, json};

use super::{Function, Param, manual};
use crate::ir::Callee;

/// A function as it is called by a name.
pub(crate) fn called(name: &str, callee: Callee) -> Called {
    let shape = match callee {
        Callee::Function(function) => Some(shape_of(function)),
        Callee::Try => special_shape("try"),
        Callee::Can => special_shape("can"),
        Callee::TemplateFile => special_shape("templatefile"),
        Callee::TemplateString => special_shape("templatestring"),
        Callee::TypeOf => special_shape("type"),
        Callee::Provided => None,
    };
    let unknown = || FunctionSchema { summary: "".into(), params: Vec::new(), variadic: None, result: Type::Any };
    called_by(name, &shape.unwrap_or_else(unknown))
}

/// A function of this shape as it is called by a name.
pub(crate) fn called_by(name: &str, schema: &FunctionSchema) -> Called {
    let param = |param: &FunctionParam| (param.name.to_string(), json::type_to_json(&param.ty));
    let signature = Signature {
        name: name.rsplit("::").next().unwrap_or(name).to_owned(),
        params: schema.params.iter().map(param).collect(),
        variadic: schema.variadic.as_ref().map(param),
        returns: json::type_to_json(&schema.result),
    };
    Called { name: name.into(), signature }
}

/// The shape of a function of the language, with what the manual says of it; `None` if there is no such function.
pub fn schema(name: &str) -> Option<FunctionSchema> {
    let entry = manual::ENTRIES.iter().find(|entry| entry.name == name)?;
    let shape = match super::find(name) {
        Some(function) => shape_of(function),
        None => special_shape(name)?,
    };
    Some(FunctionSchema { summary: entry.about.into(), ..shape })
}

fn shape_of(function: &Function) -> FunctionSchema {
    let param = |p: &Param| FunctionParam { name: p.name.into(), ty: (p.ty)(), null: p.null, unknown: p.unknown };
    let params = || function.params.iter().chain(&function.variadic);
    let example: Vec<Value> = params().map(|p| Value::unknown((p.ty)())).collect();
    let undecided = params().any(|p| (p.ty)() == Type::Any && !p.dynamic);
    let result = if undecided { Type::Any } else { (function.result)(&example).unwrap_or(Type::Any) };
    FunctionSchema {
        summary: "".into(),
        params: function.params.iter().map(param).collect(),
        variadic: function.variadic.as_ref().map(param),
        result,
    }
}

/// The shape of a function that is none of values.
fn special_shape(name: &str) -> Option<FunctionSchema> {
    let any = |name: &str| FunctionParam::new(name, Type::Any);
    let text = |name: &str| FunctionParam::new(name, Type::String);
    let (params, variadic, result) = match name {
        "try" => (vec![], Some(any("expressions")), Type::Any),
        "can" => (vec![any("expression")], None, Type::Bool),
        "templatefile" => (vec![text("path"), any("vars")], None, Type::Any),
        "templatestring" => (vec![text("data"), any("vars")], None, Type::Any),
        "type" => (vec![any("value")], None, Type::Any),
        _ => return None,
    };
    Some(FunctionSchema { summary: "".into(), params, variadic, result })
}
