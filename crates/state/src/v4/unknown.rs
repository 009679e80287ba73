//! Fields of a state file that this program does not know: read, and written where they stood.

use std::collections::BTreeMap;
use std::sync::Arc;

use terrane_address::{AbsResource, Instance, Key, Target};

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

impl Unknown {
    /// Takes out what belongs to a resource, or to one of its instances, under the new address.
    pub(crate) fn take(&mut self, from: &Target, to: &Target) -> Unknown {
        let mut taken = Unknown::default();
        let whole = match (from, to) {
            (Target::Resource(from), Target::Resource(to)) => Some((from, to)),
            // Without a key it is all that there is of the resource.
            (Target::Instance(from), Target::Instance(to)) if from.key == Key::None => {
                Some((&from.resource, &to.resource))
            }
            _ => None,
        };
        if let Some((from, to)) = whole {
            taken.resources.extend(self.resources.remove(from).map(|fields| (to.clone(), fields)));
        }
        let moved = |(instance, _): &(Instance, _)| match (from, to) {
            (Target::Resource(from), Target::Resource(to)) if instance.resource == *from => {
                Some(to.instance(instance.key.clone()))
            }
            (Target::Instance(from), Target::Instance(to)) if instance == from => Some(to.clone()),
            _ => None,
        };
        let places: Vec<_> = self.objects.keys().filter_map(|place| Some((place.clone(), moved(place)?))).collect();
        for (place, to) in places {
            let fields = self.objects.remove(&place);
            taken.objects.extend(fields.map(|fields| ((to, place.1), fields)));
        }
        taken
    }

    /// Adds what was taken from another place.
    pub(crate) fn add(&mut self, taken: Unknown) {
        self.resources.extend(taken.resources);
        self.objects.extend(taken.objects);
    }
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
