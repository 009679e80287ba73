//! The tree of modules with their objects, as plans and states show them.

use std::collections::BTreeMap;

use serde::Serialize;
use terrane_address::{Instance, Key, Mode, ModuleInstance, ProviderConfig};
use terrane_value::json::quote;

use super::values::{Raw, raw};

/// One object.
#[derive(Serialize)]
pub struct Object {
    pub address: String,
    pub mode: &'static str,
    #[serde(rename = "type")]
    pub ty: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<Raw>,
    pub provider_name: String,
    pub schema_version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Raw>,
    pub sensitive_values: Raw,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub tainted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deposed_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<Raw>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_schema_version: Option<u64>,
}

/// One module instance with all below it.
#[derive(Default, Serialize)]
pub struct Module {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resources: Vec<Object>,
    #[serde(skip_serializing_if = "String::is_empty")]
    address: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    child_modules: Vec<Module>,
}

impl Object {
    /// An object without its values.
    pub fn new(instance: &Instance, provider: &ProviderConfig) -> Object {
        let resource = &instance.resource.resource;
        Object {
            address: instance.to_string(),
            mode: mode(resource.mode),
            ty: resource.ty.to_string(),
            name: resource.name.to_string(),
            index: index(&instance.key),
            provider_name: provider.provider.to_string(),
            schema_version: 0,
            values: None,
            sensitive_values: raw("{}".into()),
            depends_on: Vec::new(),
            tainted: false,
            deposed_key: None,
            identity: None,
            identity_schema_version: None,
        }
    }
}

/// The key of an instance; `None` if it has none.
pub fn index(key: &Key) -> Option<Raw> {
    match key {
        Key::None => None,
        Key::Int(n) => Some(raw(n.to_string())),
        Key::String(text) => Some(raw(quote(text))),
    }
}

/// The name of a mode.
pub fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Managed => "managed",
        Mode::Data => "data",
        Mode::Ephemeral => "ephemeral",
    }
}

/// Puts objects into the tree of their modules.
pub fn tree(objects: impl IntoIterator<Item = (ModuleInstance, Object)>) -> Module {
    let mut modules: BTreeMap<ModuleInstance, Vec<Object>> = BTreeMap::new();
    for (module, object) in objects {
        for depth in 0..module.0.len() {
            modules.entry(ModuleInstance(module.0[..depth].to_vec())).or_default();
        }
        modules.entry(module).or_default().push(object);
    }
    let mut pending = modules.into_iter().peekable();
    let mut root = Module::default();
    if pending.peek().is_some_and(|(module, _)| module.0.is_empty()) {
        root.resources = pending.next().map(|(_, objects)| objects).unwrap_or_default();
    }
    adopt(&mut root, 0, &ModuleInstance(Vec::new()), &mut pending);
    root
}

/// Moves all modules below `path`, which come first in `pending`, into `parent`.
fn adopt(
    parent: &mut Module,
    depth: usize,
    path: &ModuleInstance,
    pending: &mut std::iter::Peekable<impl Iterator<Item = (ModuleInstance, Vec<Object>)>>,
) {
    while pending.peek().is_some_and(|(module, _)| module.0.len() > depth && module.0.starts_with(&path.0)) {
        let Some((module, resources)) = pending.next() else { return };
        let mut child = Module { resources, address: module.to_string(), child_modules: Vec::new() };
        adopt(&mut child, depth + 1, &module, pending);
        parent.child_modules.push(child);
    }
}
