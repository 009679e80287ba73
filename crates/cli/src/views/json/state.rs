//! States in Terraform's JSON, `format_version` 1.0.

use std::collections::BTreeMap;

use serde::Serialize;
use terrane_address::{Instance, Mode, ProviderConfig};
use terrane_lang::Schemas;
use terrane_source::Diagnostic;
use terrane_state::{OutputValue, Snapshot, StoredObject};
use terrane_value::json::{from_json, json_decode, type_to_json};
use terrane_value::{Block, Marks, Value};

use super::checks::{Check, checks};
use super::modules::{Module, Object, tree};
use super::values::{self, Raw, Secrets, raw};
use crate::views::objects::damaged;

/// A state.
#[derive(Serialize)]
pub struct State {
    format_version: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    terraform_version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<Values>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checks: Vec<Check>,
}

/// What a state, or a state to come, holds.
#[derive(Serialize)]
pub struct Values {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<String, Output>,
    pub root_module: Module,
}

/// An output of the root module.
#[derive(Serialize)]
pub struct Output {
    pub sensitive: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Raw>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub ty: Option<Raw>,
}

/// The JSON of a state.
///
/// # Errors
/// If a stored form does not fit its type.
pub fn state(snapshot: &Snapshot, schemas: &dyn Schemas, secrets: Secrets) -> Result<State, Diagnostic> {
    let state = prior(snapshot, schemas, secrets)?;
    let checks = if state.values.is_some() { checks(snapshot) } else { Vec::new() };
    Ok(State { checks, ..state })
}

/// The JSON of a state that a plan starts from: what its conditions came to is out of date.
///
/// # Errors
/// If a stored form does not fit its type.
pub fn prior(snapshot: &Snapshot, schemas: &dyn Schemas, secrets: Secrets) -> Result<State, Diagnostic> {
    let empty = State { format_version: "1.0", terraform_version: String::new(), values: None, checks: Vec::new() };
    if snapshot.is_empty() {
        return Ok(empty);
    }
    let version = match snapshot.terraform_version.as_str() {
        "" => terrane_engine::LANGUAGE_VERSION,
        version => version,
    };
    Ok(State { terraform_version: version.to_owned(), values: Some(content(snapshot, schemas, secrets)?), ..empty })
}

fn content(snapshot: &Snapshot, schemas: &dyn Schemas, secrets: Secrets) -> Result<Values, Diagnostic> {
    let mut objects = Vec::new();
    for (instance, provider, state) in snapshot.instances() {
        let place = |object| (instance.resource.module.clone(), object);
        if let Some(stored) = &state.current {
            objects.push(place(object(&instance, provider, stored, schemas, secrets)?));
        }
        for (key, stored) in &state.deposed {
            let mut deposed = object(&instance, provider, stored, schemas, secrets)?;
            deposed.deposed_key = Some(key.to_string());
            objects.push(place(deposed));
        }
    }
    let outputs = snapshot.outputs.iter().map(|(name, value)| Ok((name.clone(), output(name, value, secrets)?)));
    Ok(Values { outputs: outputs.collect::<Result<_, Diagnostic>>()?, root_module: tree(objects) })
}

fn output(name: &str, output: &OutputValue, secrets: Secrets) -> Result<Output, Diagnostic> {
    let value = from_json(&output.json, &output.ty).map_err(|e| damaged(format!("output {name}"), &e.to_string()))?;
    let value = if output.sensitive { value.mark(Marks::SENSITIVE) } else { value };
    Ok(Output {
        sensitive: output.sensitive,
        value: values::known(&value, secrets),
        ty: Some(raw(type_to_json(&output.ty))),
    })
}

fn object(
    instance: &Instance,
    provider: &ProviderConfig,
    stored: &StoredObject,
    schemas: &dyn Schemas,
    secrets: Secrets,
) -> Result<Object, Diagnostic> {
    let resource = &instance.resource.resource;
    let schema = schemas.resource(&provider.provider, resource.mode, &resource.ty);
    let value = decode(stored, schema.as_deref().map(|s| &s.block));
    let value = value.map_err(|e| damaged(instance, &e.to_string()))?;
    Ok(Object {
        schema_version: stored.schema_version,
        values: values::known(&value, secrets),
        sensitive_values: values::sensitive(&value),
        identity_schema_version: stored.identity.as_ref().map(|(version, _)| *version),
        identity: stored.identity.as_ref().map(|(_, json)| raw(json.to_string())),
        depends_on: stored.dependencies.iter().map(ToString::to_string).collect(),
        tainted: stored.tainted && resource.mode == Mode::Managed,
        ..Object::new(instance, provider)
    })
}

/// The attributes with all marks; without a schema, as the JSON says.
fn decode(stored: &StoredObject, block: Option<&Block>) -> Result<Value, terrane_value::ConvertError> {
    match block {
        Some(block) => Ok(values::marked(&stored.decode(&block.implied_type())?, block)),
        None => {
            let marks = stored.sensitive.iter().map(|path| (path.clone(), Marks::SENSITIVE));
            Ok(json_decode(&stored.attributes)?.mark_at(&marks.collect::<Vec<_>>()))
        }
    }
}
