//! The resources that objects of a file depend on: each is parsed once, and lists share them.

use std::collections::HashMap;
use std::sync::Arc;

use terrane_address::ConfigResource;

use super::wire;
use crate::Dependencies;

/// All names of a file.
pub(super) struct Names<'t> {
    places: HashMap<&'t str, Result<u32, String>>,
    table: Arc<[ConfigResource]>,
    /// The list that was made last: objects of one resource mostly have the same.
    last: (Vec<u32>, Dependencies),
}

impl<'t> Names<'t> {
    /// The names that stand in the objects of resources.
    pub fn of(resources: &'t [wire::Resource<'_>]) -> Names<'t> {
        let mut places = HashMap::new();
        let mut table = Vec::new();
        let instances = resources.iter().flat_map(|resource| &resource.instances);
        for text in instances.flat_map(|instance| &instance.dependencies) {
            places.entry(&**text).or_insert_with(|| {
                let place = table.len() as u32;
                read(text).map(|name| table.push(name)).map(|()| place)
            });
        }
        Names { places, table: table.into(), last: Default::default() }
    }

    /// The list of some names.
    ///
    /// # Errors
    /// Which of them is none.
    pub fn list(&mut self, texts: &[impl AsRef<str>]) -> Result<Dependencies, String> {
        let place = |text: &str| self.places.get(text).cloned().unwrap_or_else(|| read(text).map(|_| u32::MAX));
        let places: Vec<u32> = texts.iter().map(|text| place(text.as_ref())).collect::<Result<_, _>>()?;
        if self.last.0 != places {
            let list = Dependencies::of(&self.table, places.iter().copied());
            self.last = (places, list);
        }
        Ok(self.last.1.clone())
    }
}

fn read(text: &str) -> Result<ConfigResource, String> {
    let instance = terrane_address::parse_instance(text)
        .map_err(|e| format!("It depends on {text:?}, which is not an address: {e}"))?;
    Ok(instance.resource.config().clone())
}
