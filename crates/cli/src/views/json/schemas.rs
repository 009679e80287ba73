//! What providers know, in Terraform's JSON, `format_version` 1.0.

use std::collections::BTreeMap;

use serde::Serialize;
use terrane_address::{Mode, Provider};
use terrane_lang::Schemas;
use terrane_value::json::type_to_json;
use terrane_value::{Attribute, Block, FunctionParam, FunctionSchema, NestedBlock, Nesting, Schema};

use super::values::{Raw, raw};

/// The schemas of some providers.
#[derive(Serialize)]
pub struct Document {
    format_version: &'static str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    provider_schemas: BTreeMap<String, Known>,
}

/// What one provider knows.
#[derive(Serialize)]
struct Known {
    provider: Shape,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    resource_schemas: BTreeMap<String, Shape>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    data_source_schemas: BTreeMap<String, Shape>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    ephemeral_resource_schemas: BTreeMap<String, Shape>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    functions: BTreeMap<String, Function>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    resource_identity_schemas: BTreeMap<String, Identity>,
}

#[derive(Serialize)]
struct Shape {
    version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    block: Option<Inner>,
}

#[derive(Serialize)]
struct Inner {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<String, Described>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    block_types: BTreeMap<String, Nested>,
    description_kind: &'static str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deprecated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    deprecation_message: Option<String>,
}

#[derive(Serialize)]
struct Described {
    #[serde(rename = "type")]
    ty: Raw,
    description_kind: &'static str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deprecated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    deprecation_message: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    required: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    optional: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    computed: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    sensitive: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    write_only: bool,
}

#[derive(Serialize)]
struct Nested {
    nesting_mode: &'static str,
    block: Inner,
    #[serde(skip_serializing_if = "is_zero")]
    min_items: u64,
    #[serde(skip_serializing_if = "is_zero")]
    max_items: u64,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

#[derive(Serialize)]
struct Identity {
    version: u64,
    attributes: BTreeMap<String, IdentityAttribute>,
}

#[derive(Serialize)]
struct IdentityAttribute {
    #[serde(rename = "type")]
    ty: Raw,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    required_for_import: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    optional_for_import: bool,
}

#[derive(Serialize)]
struct Function {
    description: String,
    summary: String,
    return_type: Raw,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parameters: Vec<Parameter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    variadic_parameter: Option<Parameter>,
}

#[derive(Serialize)]
struct Parameter {
    name: String,
    description: &'static str,
    #[serde(rename = "type")]
    ty: Raw,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_nullable: bool,
}

/// The JSON of what providers know.
pub fn schemas<'p>(providers: impl IntoIterator<Item = &'p Provider>, schemas: &dyn Schemas) -> Document {
    let known = providers.into_iter().map(|provider| (provider.to_string(), known(provider, schemas)));
    Document { format_version: "1.0", provider_schemas: known.collect() }
}

fn known(provider: &Provider, schemas: &dyn Schemas) -> Known {
    let of = |mode| {
        let types = schemas.types(provider, mode).into_iter();
        types.filter_map(|ty| schemas.resource(provider, mode, &ty).map(|schema| (ty, shape(&schema)))).collect()
    };
    let identities = schemas.types(provider, Mode::Managed).into_iter().filter_map(|ty| {
        let schema = schemas.identity(provider, &ty)?;
        Some((ty, identity(&schema)))
    });
    let functions = schemas.functions(provider).into_iter().filter_map(|name| {
        let schema = schemas.function(provider, &name)?;
        Some((name, function(&schema)))
    });
    Known {
        provider: schemas.provider(provider).map_or(Shape { version: 0, block: None }, |schema| shape(&schema)),
        resource_schemas: of(Mode::Managed),
        data_source_schemas: of(Mode::Data),
        ephemeral_resource_schemas: of(Mode::Ephemeral),
        functions: functions.collect(),
        resource_identity_schemas: identities.collect(),
    }
}

fn shape(schema: &Schema) -> Shape {
    Shape { version: schema.version, block: Some(inner(&schema.block)) }
}

fn inner(block: &Block) -> Inner {
    Inner {
        attributes: block.attributes.iter().map(|(name, a)| (name.to_string(), described(a))).collect(),
        block_types: block.blocks.iter().map(|(name, b)| (name.to_string(), nested(b))).collect(),
        description_kind: "plain",
        deprecated: block.deprecated.is_some(),
        deprecation_message: message(block.deprecated.as_deref()),
    }
}

fn described(attribute: &Attribute) -> Described {
    Described {
        ty: raw(type_to_json(&attribute.ty.without_optional())),
        description_kind: "plain",
        deprecated: attribute.deprecated.is_some(),
        deprecation_message: message(attribute.deprecated.as_deref()),
        required: attribute.required,
        optional: attribute.optional,
        computed: attribute.computed,
        sensitive: attribute.sensitive,
        write_only: attribute.write_only,
    }
}

fn message(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

fn nested(block: &NestedBlock) -> Nested {
    Nested {
        nesting_mode: match block.nesting {
            Nesting::Single => "single",
            Nesting::Group => "group",
            Nesting::List => "list",
            Nesting::Set => "set",
            Nesting::Map => "map",
        },
        block: inner(&block.block),
        min_items: block.min_items,
        max_items: block.max_items,
    }
}

fn identity(schema: &Schema) -> Identity {
    let attribute = |a: &Attribute| IdentityAttribute {
        ty: raw(type_to_json(&a.ty.without_optional())),
        required_for_import: a.required,
        optional_for_import: a.optional,
    };
    let attributes = schema.block.attributes.iter().map(|(name, a)| (name.to_string(), attribute(a)));
    Identity { version: schema.version, attributes: attributes.collect() }
}

fn function(schema: &FunctionSchema) -> Function {
    Function {
        description: schema.summary.to_string(),
        summary: schema.summary.to_string(),
        return_type: raw(type_to_json(&schema.result)),
        parameters: schema.params.iter().map(parameter).collect(),
        variadic_parameter: schema.variadic.as_ref().map(parameter),
    }
}

fn parameter(param: &FunctionParam) -> Parameter {
    let ty = raw(type_to_json(&param.ty));
    Parameter { name: param.name.to_string(), description: "", ty, is_nullable: param.null }
}
