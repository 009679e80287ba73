//! What an object was made after.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use terrane_address::ConfigResource;

use crate::Places;

/// Resources in an order. Cloning bumps counts, and many lists may share their names: resources that each depend on
/// all before them have lists as long as the configuration.
#[derive(Clone)]
pub struct Dependencies {
    names: Arc<[ConfigResource]>,
    places: Places,
}

impl Dependencies {
    /// The names at some places, in their order; places where there is none are left out.
    pub fn of(names: &Arc<[ConfigResource]>, places: impl IntoIterator<Item = u32>) -> Dependencies {
        let places = places.into_iter().filter(|place| (*place as usize) < names.len());
        Dependencies { names: names.clone(), places: places.collect() }
    }

    /// The names at some places, in their order.
    pub fn shared(names: &Arc<[ConfigResource]>, places: &Places) -> Dependencies {
        Dependencies { names: names.clone(), places: places.clone() }
    }

    /// The resources, in order.
    pub fn iter(&self) -> impl Iterator<Item = &ConfigResource> {
        self.places.iter().filter_map(|place| self.names.get(place as usize))
    }

    /// These and others, sorted.
    pub fn and(&self, others: &Dependencies) -> Dependencies {
        let all: BTreeSet<&ConfigResource> = self.iter().chain(others.iter()).collect();
        all.into_iter().cloned().collect()
    }

    /// Whether a resource is among them.
    pub fn contains(&self, name: &ConfigResource) -> bool {
        self.iter().any(|own| own == name)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// What two lists have alike only if they are the same.
    pub fn identity(&self) -> (usize, &Places) {
        (Arc::as_ptr(&self.names).cast::<()>() as usize, &self.places)
    }
}

impl fmt::Debug for Dependencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Default for Dependencies {
    fn default() -> Dependencies {
        Dependencies { names: Arc::from([]), places: Places::from_iter([]) }
    }
}

impl PartialEq for Dependencies {
    fn eq(&self, other: &Dependencies) -> bool {
        let shared = Arc::ptr_eq(&self.names, &other.names) && self.places == other.places;
        shared || self.places.len() == other.places.len() && self.iter().eq(other.iter())
    }
}

impl Eq for Dependencies {}

impl FromIterator<ConfigResource> for Dependencies {
    fn from_iter<I: IntoIterator<Item = ConfigResource>>(names: I) -> Dependencies {
        let names: Arc<[ConfigResource]> = names.into_iter().collect();
        let places = (0..names.len() as u32).collect();
        Dependencies { names, places }
    }
}

#[cfg(test)]
mod tests {
    use terrane_address::{Module, Resource};

    use super::*;

    fn name(name: &str) -> ConfigResource {
        ConfigResource { module: Module::root(), resource: Resource::managed("thing", name) }
    }

    #[test]
    fn lists_are_equal_if_their_names_are() {
        let names: Arc<[ConfigResource]> = ["a", "b", "c"].map(name).into();
        let shared = Dependencies::of(&names, [0, 2, 9]);
        let own: Dependencies = [name("a"), name("c")].into_iter().collect();
        assert_eq!(shared, own);
        assert_eq!(own.iter().map(ToString::to_string).collect::<Vec<_>>(), ["thing.a", "thing.c"]);
        assert_ne!(shared, Dependencies::of(&names, [0, 1]));
        assert!(Dependencies::default().is_empty());
        assert_eq!(Dependencies::of(&names, [1, 2]).and(&own), Dependencies::of(&names, [0, 1, 2]));
    }
}
