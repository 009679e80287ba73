//! Fields of a state file that this program does not know: read, and written where they stood.

use std::collections::BTreeMap;
use std::sync::Arc;

use terrane_address::{AbsResource, Instance};

use super::{compact, read_address, read_key, wire};
use crate::DeposedKey;

/// Names and raw JSON.
pub(crate) type Fields = Vec<(String, Arc<str>)>;

/// The fields of a file that are not known, by what they belong to. They stay as long as that does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Unknown {
    pub(crate) file: Fields,
    pub(crate) outputs: BTreeMap<String, Fields>,
    pub(crate) resources: BTreeMap<AbsResource, Fields>,
    pub(crate) objects: BTreeMap<(Instance, Option<DeposedKey>), Fields>,
}

/// Those of a file. What belongs to an address that cannot be read is an error elsewhere.
pub(super) fn read(file: &wire::File<'_>) -> Unknown {
    let mut unknown = Unknown { file: fields(&file.others), ..Unknown::default() };
    for (name, output) in file.outputs.iter().filter(|(_, output)| !output.others.is_empty()) {
        unknown.outputs.insert(name.clone(), fields(&output.others));
    }
    for resource in &file.resources {
        let objects = resource.instances.iter().filter(|object| !object.others.is_empty());
        let mut objects = objects.peekable();
        if resource.others.is_empty() && objects.peek().is_none() {
            continue;
        }
        let Ok(address) = read_address(resource) else { continue };
        for object in objects {
            let Ok(key) = read_key(object.index_key.as_ref()) else { continue };
            let deposed = object.deposed.as_deref().map(|key| DeposedKey(key.into()));
            unknown.objects.insert((address.instance(key), deposed), fields(&object.others));
        }
        if !resource.others.is_empty() {
            unknown.resources.insert(address, fields(&resource.others));
        }
    }
    unknown
}

fn fields(others: &wire::Others<'_>) -> Fields {
    others.iter().map(|(name, raw)| (name.to_string(), Arc::from(compact(raw.get())))).collect()
}
