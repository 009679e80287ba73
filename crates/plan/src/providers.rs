//! The providers at hand, as the language and the machines see them.

use std::collections::BTreeMap;
use std::sync::Arc;

use terrane_address::{Mode, Provider};
use terrane_lang::{Fault, Schemas, Subject};
use terrane_provider::Problem;
use terrane_value::{CallFault, FunctionSchema, Schema, Value};

use crate::protocol::{self, Whose};

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

    /// A provider, for complaints about it.
    pub(crate) fn whose<'a>(&self, address: &'a Provider) -> Whose<'a> {
        let native = self.get(address).is_some_and(|provider| provider.is_native());
        Whose { provider: address, native }
    }

    /// Says whose bug it is that a provider does not work as providers have to, and who wants to know.
    pub fn blame(&self, address: &Provider) -> String {
        self.whose(address).bug()
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

    fn module(&self, provider: &Provider) -> Option<Arc<Schema>> {
        self.get(provider)?.module_schema()
    }

    fn providers(&self) -> Vec<Provider> {
        self.addresses().cloned().collect()
    }

    fn resource(&self, provider: &Provider, mode: Mode, ty: &str) -> Option<Arc<Schema>> {
        let provider = self.get(provider)?;
        match mode {
            Mode::Managed => provider.resource_schema(ty),
            Mode::Data => provider.data_schema(ty),
            Mode::Ephemeral => provider.ephemeral_schema(ty),
        }
    }

    fn identity(&self, provider: &Provider, ty: &str) -> Option<Arc<Schema>> {
        self.get(provider)?.identity_schema(ty)
    }

    fn types(&self, provider: &Provider, mode: Mode) -> Vec<String> {
        let Some(provider) = self.get(provider) else { return Vec::new() };
        let types = match mode {
            Mode::Managed => provider.resource_types(),
            Mode::Data => provider.data_types(),
            Mode::Ephemeral => provider.ephemeral_types(),
        };
        types.into_iter().map(str::to_owned).collect()
    }

    fn functions(&self, provider: &Provider) -> Vec<String> {
        let names = self.get(provider).map(|p| p.functions()).unwrap_or_default();
        names.into_iter().map(str::to_owned).collect()
    }

    fn function(&self, provider: &Provider, name: &str) -> Option<Arc<FunctionSchema>> {
        self.get(provider)?.function_schema(name)
    }

    fn call(&self, provider: &Provider, name: &str, args: &[Value]) -> Result<Value, CallFault> {
        let Some(found) = self.get(provider) else {
            return Err(CallFault::call(format!("the provider {provider} is not there")));
        };
        let result = found.call_function(name, args)?;
        let Some(schema) = found.function_schema(name) else { return Ok(result) };
        protocol::function_result(&schema, args, result).map_err(|why| {
            let bug = self.whose(provider).bug();
            CallFault::call(format!("the provider gave an invalid answer. {why} {}", bug.trim_end_matches('.')))
        })
    }

    fn faults(&self, provider: &Provider, subject: Subject<'_>, config: &Value) -> Vec<Fault> {
        let Some(provider) = self.get(provider) else { return Vec::new() };
        let problems = match subject {
            Subject::Provider => provider.validate_config(config),
            Subject::Resource(Mode::Managed, ty) => provider.validate_resource(ty, config),
            Subject::Resource(Mode::Data, ty) => provider.validate_data(ty, config),
            Subject::Resource(Mode::Ephemeral, ty) => provider.validate_ephemeral(ty, config),
        };
        let fault = |p: Problem| Fault { summary: p.summary, detail: p.detail, path: p.path.unwrap_or_default() };
        problems.into_iter().filter(Problem::is_error).map(fault).collect()
    }
}
