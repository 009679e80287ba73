//! Signatures of functions in Terraform's JSON.

use std::collections::BTreeMap;

use serde::Serialize;
use terrane_lang::functions;
use terrane_value::json::type_to_json;
use terrane_value::{FunctionParam, FunctionSchema};

use super::{Raw, raw};

/// All functions of the language, as `metadata functions` writes them.
#[derive(Serialize)]
pub struct Document {
    format_version: &'static str,
    function_signatures: BTreeMap<String, Signature>,
}

#[derive(Serialize)]
struct Signature {
    description: String,
    return_type: Raw,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parameters: Vec<Parameter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    variadic_parameter: Option<Parameter>,
}

#[derive(Serialize)]
struct Parameter {
    name: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_nullable: bool,
    #[serde(rename = "type")]
    ty: Raw,
}

/// The signatures of all functions of the language, each also with `core::` before its name.
pub fn functions() -> Document {
    let known =
        functions::manual::ENTRIES.iter().filter_map(|entry| Some((entry.name, functions::schema(entry.name)?)));
    let both = known.flat_map(|(name, schema)| {
        [(name.to_owned(), signature(&schema)), (format!("core::{name}"), signature(&schema))]
    });
    Document { format_version: "1.0", function_signatures: both.collect() }
}

fn signature(schema: &FunctionSchema) -> Signature {
    Signature {
        description: schema.summary.to_string(),
        return_type: raw(type_to_json(&schema.result)),
        parameters: schema.params.iter().map(parameter).collect(),
        variadic_parameter: schema.variadic.as_ref().map(parameter),
    }
}

fn parameter(param: &FunctionParam) -> Parameter {
    Parameter { name: param.name.to_string(), is_nullable: param.null, ty: raw(type_to_json(&param.ty)) }
}
