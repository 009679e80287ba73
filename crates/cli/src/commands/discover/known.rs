//! Which found objects a state has.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use terrane_provider::Object;
use terrane_state::{Snapshot, StoredObject};
use terrane_value::{Type, Value, convert, json};

/// The objects of a state by what names them.
pub struct Known(HashMap<(Arc<str>, String), String>);

impl Known {
    /// Those of some resource types.
    pub fn of(snapshot: &Snapshot, types: &[Arc<str>]) -> Known {
        let types: HashSet<&str> = types.iter().map(|ty| &**ty).collect();
        let mut known = HashMap::new();
        for (instance, _, state) in snapshot.instances() {
            let resource = &instance.resource.resource;
            if resource.mode != terrane_address::Mode::Managed || !types.contains(&*resource.ty) {
                continue;
            }
            for key in state.current.iter().flat_map(stored) {
                known.insert((Arc::from(&*resource.ty), key), instance.to_string());
            }
        }
        Known(known)
    }

    /// The instance that has an object.
    pub fn address(&self, ty: &Arc<str>, object: &Object) -> Option<String> {
        let mut keys = keys(&object.value, object.identity.as_ref());
        // A state of an older provider does not tell regions.
        keys.extend(text(&object.value, "id").map(|id| by_id(&id, "")));
        keys.into_iter().find_map(|key| self.0.get(&(ty.clone(), key)).cloned())
    }
}

fn stored(object: &StoredObject) -> Vec<String> {
    let identity = object.identity.as_ref().and_then(|(_, text)| json::json_decode(text).ok());
    match json::json_decode(&object.attributes) {
        Ok(value) => keys(&value, identity.as_ref()),
        Err(_) => Vec::new(),
    }
}

/// What names an object: its identity, and its id in its region. An object without identity is also known by all else
/// about it, since some ids are made up by the provider: each time another.
fn keys(object: &Value, identity: Option<&Value>) -> Vec<String> {
    let parts = identity.and_then(Value::fields).into_iter().flat_map(|fields| fields.iter());
    let parts = parts.filter(|(name, _)| ***name != *"account_id");
    let mut parts: Vec<String> =
        parts.filter_map(|(name, value)| Some(format!("{name}={:?}", plain(value)?))).collect();
    parts.sort();
    let by_identity = Some(format!("identity {}", parts.join(" "))).filter(|_| !parts.is_empty());
    let region = text(object, "region").unwrap_or_default();
    let named = text(object, "id").map(|id| by_id(&id, &region));
    let all = by_all(object).filter(|_| by_identity.is_none());
    by_identity.into_iter().chain(named).chain(all).collect()
}

/// All that an object says but for its id.
fn by_all(object: &Value) -> Option<String> {
    let said = object.fields()?.iter().filter(|(name, value)| ***name != *"id" && !value.is_null());
    let said = Value::object(said.map(|(name, value)| (name.clone(), value.clone())));
    json::to_json(&said, &said.ty()).ok()
}

fn by_id(id: &str, region: &str) -> String {
    format!("id {id:?} {region}")
}

fn text(object: &Value, name: &str) -> Option<String> {
    object.get(name).and_then(plain)
}

fn plain(value: &Value) -> Option<String> {
    convert(value, &Type::String).ok()?.as_str().map(str::to_owned)
}
