//! What is known of the world after the last run.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use terrane_address::{AbsResource, Instance, Key, ProviderConfig};
use terrane_value::json::Decoder;
use terrane_value::{ConvertError, Path, Type, Value};

use crate::{Dependencies, Json, Shared, Unknown};

/// All objects and outputs of one project and workspace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// The version of the program that wrote it, as Terraform counts versions.
    pub terraform_version: String,
    /// Counts up with every stored change.
    pub serial: u64,
    /// Names this state's history; two states with different lineages are unrelated. Empty for a state never stored.
    pub lineage: String,
    /// Root outputs by name.
    pub outputs: BTreeMap<String, OutputValue>,
    /// Resources by address.
    pub resources: BTreeMap<AbsResource, ResourceState>,
    /// Results of checks as raw JSON; see [`Snapshot::checks`].
    pub check_results: Option<Arc<str>>,
    /// Fields of the file that are not known, for those who know them.
    pub unknown: Unknown,
}

/// The value of a root output.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputValue {
    /// The value without marks, as raw JSON.
    pub json: Arc<str>,
    /// Its type.
    pub ty: Type,
    /// Whether it must not be shown.
    pub sensitive: bool,
}

/// The objects of one resource.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceState {
    /// The provider configuration that manages them, without key.
    pub provider: ProviderConfig,
    /// Its instances by key.
    pub instances: Shared<BTreeMap<Key, InstanceState>>,
}

/// The objects of one instance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InstanceState {
    /// Which instance of the provider configuration manages them.
    pub provider_key: Key,
    /// The object in use.
    pub current: Option<StoredObject>,
    /// Objects that were replaced and are still to be deleted.
    pub deposed: BTreeMap<DeposedKey, StoredObject>,
}

/// Tells the deposed objects of one instance apart: eight hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeposedKey(pub Arc<str>);

impl fmt::Display for DeposedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One object as it is stored: its attributes stay raw JSON until [`StoredObject::decode`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StoredObject {
    /// The schema version of `attributes`.
    pub schema_version: u64,
    /// The attributes: a JSON object.
    pub attributes: Json,
    /// Attributes that are sensitive because configuration made them so.
    pub sensitive: Vec<Path>,
    /// What the provider keeps with the object.
    pub private: Vec<u8>,
    /// Whether it is half made and has to be replaced.
    pub tainted: bool,
    /// The resources it was made after, for the order of deletes.
    pub dependencies: Dependencies,
    /// Whether its replacement must exist before it is deleted.
    pub create_before_destroy: bool,
    /// Whether it is forgotten rather than deleted when it is no longer declared.
    pub skip_destroy: bool,
    /// Whether it must not be deleted, whatever becomes of its block.
    pub prevent_destroy: bool,
    /// Identity data with its schema version, raw JSON, kept as they were.
    pub identity: Option<(u64, Arc<str>)>,
}

impl StoredObject {
    /// The attributes as a value of the type, with marks on the sensitive ones.
    pub fn decode(&self, ty: &Type) -> Result<Value, ConvertError> {
        let value = self.decode_unmarked(&mut Decoder::default(), ty)?;
        let marks: Vec<_> = self.sensitive.iter().map(|p| (p.clone(), terrane_value::Marks::SENSITIVE)).collect();
        Ok(value.mark_at(&marks))
    }

    /// The attributes without marks, with a decoder that remembers what many objects have in common.
    pub fn decode_unmarked(&self, decoder: &mut Decoder, ty: &Type) -> Result<Value, ConvertError> {
        match self.attributes.value(ty) {
            Some(value) => Ok(value.clone()),
            None => decoder.decode(&self.attributes, ty),
        }
    }

    /// Its `id`, if it has one that is a text.
    pub fn id(&self) -> Option<String> {
        #[derive(serde::Deserialize)]
        struct Named {
            id: Option<String>,
        }
        match self.attributes.made_of() {
            Some(value) => value.get("id")?.as_str().map(str::to_owned),
            None => serde_json::from_str::<Named>(&self.attributes).ok()?.id,
        }
    }

    /// An object of schema version `version` with a value's attributes; sensitive marks become paths.
    pub fn encode(version: u64, value: &Value, ty: &Type) -> Result<StoredObject, ConvertError> {
        let (value, marks) = value.clone().unmark_deep();
        let sensitive = marks.into_iter().filter(|(_, m)| m.contains(terrane_value::Marks::SENSITIVE));
        Ok(StoredObject {
            schema_version: version,
            attributes: Json::of(value, ty)?,
            sensitive: sensitive.map(|(path, _)| path).collect(),
            ..StoredObject::default()
        })
    }
}

impl Snapshot {
    /// Whether there are no objects and no outputs.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.outputs.is_empty()
    }

    /// The state of an instance.
    pub fn instance(&self, instance: &Instance) -> Option<&InstanceState> {
        self.resources.get(&instance.resource)?.instances.get(&instance.key)
    }

    /// The object in use of an instance.
    pub fn object(&self, instance: &Instance) -> Option<&StoredObject> {
        self.instance(instance)?.current.as_ref()
    }

    /// Puts an object in use; `None` removes it. What is empty afterwards is dropped.
    pub fn set(&mut self, instance: &Instance, provider: &ProviderConfig, object: Option<StoredObject>) {
        self.edit(instance, provider, |state| state.current = object);
    }

    /// Puts a deposed object; `None` removes it. What is empty afterwards is dropped.
    pub fn set_deposed(
        &mut self,
        instance: &Instance,
        provider: &ProviderConfig,
        key: &DeposedKey,
        object: Option<StoredObject>,
    ) {
        self.edit(instance, provider, |state| match object {
            Some(object) => {
                state.deposed.insert(key.clone(), object);
            }
            None => {
                state.deposed.remove(key);
            }
        });
    }

    /// All instances with their provider configuration and state, in order of address.
    pub fn instances(&self) -> impl Iterator<Item = (Instance, &ProviderConfig, &InstanceState)> {
        self.resources.iter().flat_map(|(address, resource)| {
            let provider = &resource.provider;
            resource.instances.iter().map(move |(key, state)| (address.instance(key.clone()), provider, state))
        })
    }

    /// The provider configuration that manages the objects of an instance.
    pub fn provider_of(&self, instance: &Instance) -> Option<ProviderConfig> {
        let resource = self.resources.get(&instance.resource)?;
        let key = resource.instances.get(&instance.key).map_or(Key::None, |state| state.provider_key.clone());
        Some(resource.provider.with_key(key))
    }

    fn edit(&mut self, instance: &Instance, provider: &ProviderConfig, change: impl FnOnce(&mut InstanceState)) {
        let home = provider.without_key();
        let new = || ResourceState { provider: home.clone(), instances: Shared::default() };
        let resource = self.resources.entry(instance.resource.clone()).or_insert_with(new);
        resource.provider = home;
        let state = resource.instances.entry(instance.key.clone()).or_default();
        state.provider_key = provider.key.clone();
        change(state);
        if state.current.is_none() && state.deposed.is_empty() {
            resource.instances.remove(&instance.key);
        }
        if resource.instances.is_empty() {
            self.resources.remove(&instance.resource);
        }
    }
}
