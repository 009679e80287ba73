//! Functions in words, for the errors of their calls.

use terrane_source::{Called, Signature};
use terrane_value::{FunctionParam, FunctionSchema, Type, Value, json};

use super::{Function, Param};
use crate::ir::Callee;

/// A function as it is called by a name.
pub(crate) fn called(name: &str, callee: Callee) -> Called {
    let plain = name.rsplit("::").next().unwrap_or(name).to_owned();
    let signature = match callee {
        Callee::Function(function) => of_values(function),
        Callee::Try => special(&[], Some("expressions"), &Type::Any),
        Callee::Can => special(&[("expression", Type::Any)], None, &Type::Bool),
        Callee::TemplateFile => special(&[("path", Type::String), ("vars", Type::Any)], None, &Type::Any),
        Callee::TemplateString => special(&[("template", Type::String), ("vars", Type::Any)], None, &Type::Any),
        Callee::Provided => special(&[], Some("arguments"), &Type::Any),
        Callee::TypeOf => special(&[("value", Type::Any)], None, &Type::Any),
    };
    Called { name: name.into(), signature: Signature { name: plain, ..signature } }
}

/// A function of a provider as it is called by a name.
pub(crate) fn called_of_provider(name: &str, schema: &FunctionSchema) -> Called {
    let param = |param: &FunctionParam| (param.name.to_string(), json::type_to_json(&param.ty));
    let signature = Signature {
        name: name.rsplit("::").next().unwrap_or(name).to_owned(),
        params: schema.params.iter().map(param).collect(),
        variadic: schema.variadic.as_ref().map(param),
        returns: json::type_to_json(&schema.result),
    };
    Called { name: name.into(), signature }
}

fn of_values(function: &Function) -> Signature {
    let param = |param: &Param| (param.name.to_owned(), json::type_to_json(&(param.ty)()));
    let example: Vec<Value> =
        function.params.iter().chain(&function.variadic).map(|p| Value::unknown((p.ty)())).collect();
    let returns = (function.result)(&example).unwrap_or(Type::Any);
    Signature {
        name: String::new(),
        params: function.params.iter().map(param).collect(),
        variadic: function.variadic.as_ref().map(param),
        returns: json::type_to_json(&returns),
    }
}

fn special(params: &[(&str, Type)], variadic: Option<&str>, returns: &Type) -> Signature {
    Signature {
        name: String::new(),
        params: params.iter().map(|(name, ty)| ((*name).to_owned(), json::type_to_json(ty))).collect(),
        variadic: variadic.map(|name| (name.to_owned(), json::type_to_json(&Type::Any))),
        returns: json::type_to_json(returns),
    }
}
