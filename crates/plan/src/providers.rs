//! The providers at hand, as the language and the machines see them.

use std::collections::BTreeMap;
use std::sync::Arc;

use terrane_address::{Mode, Provider};
use terrane_lang::Schemas;
use terrane_value::Schema;

/// The providers of one operation by source address.
#[derive(Clone, Default)]
pub struct Providers {
    by_address: BTreeMap<Provider, Arc<dyn terrane_provider::Provider>>,
}

impl Providers {
    /// A set of providers.
    pub fn new(providers: impl IntoIterator<Item = (Provider, Arc<dyn terrane_provider::Provider>)>) -> Providers {
        Providers { by_address: providers.into_iter().collect() }
    }

    /// A provider.
    pub fn get(&self, address: &Provider) -> Option<&Arc<dyn terrane_provider::Provider>> {
        self.by_address.get(address)
    }

    /// All source addresses, sorted.
    pub fn addresses(&self) -> impl Iterator<Item = &Provider> {
        self.by_address.keys()
    }
}

impl std::fmt::Debug for Providers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.by_address.keys().map(ToString::to_string)).finish()
    }
}

impl Schemas for Providers {
    fn provider(&self, provider: &Provider) -> Option<Arc<Schema>> {
        self.get(provider).map(|p| p.config_schema())
    }

    fn resource(&self, provider: &Provider, mode: Mode, ty: &str) -> Option<Arc<Schema>> {
        let provider = self.get(provider)?;
        match mode {
            Mode::Managed => provider.resource_schema(ty),
            Mode::Data => provider.data_schema(ty),
            Mode::Ephemeral => None,
        }
    }

    fn types(&self, provider: &Provider, mode: Mode) -> Vec<String> {
        let Some(provider) = self.get(provider) else { return Vec::new() };
        let types = match mode {
            Mode::Managed => provider.resource_types(),
            Mode::Data => provider.data_types(),
            Mode::Ephemeral => Vec::new(),
        };
        types.into_iter().map(str::to_owned).collect()
    }
}
