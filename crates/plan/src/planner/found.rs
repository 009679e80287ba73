//! Imported objects that no configuration declares, for which it is to be written.

use std::collections::BTreeMap;
use std::sync::Arc;

use terrane_address::{ConfigName, Instance, Key, Mode, Module, ProviderConfig};
use terrane_lang::ImportDecl;
use terrane_source::Diagnostic;

use super::queue::Task;
use super::{Halt, Planner};
use crate::generate::{self, Names};

impl Planner<'_> {
    /// Takes note of an import block for what is not declared. False if its configuration cannot be written.
    pub(super) fn adopt(&mut self, place: usize, decl: &ImportDecl) -> bool {
        if self.options.generate.is_none() {
            return false;
        }
        let has_key = |to: &Instance| !to.resource.module.0.is_empty() || to.key != Key::None;
        let to = match decl.fixed() {
            Some(to) if self.refreshed.object(&to).is_some() => return false,
            Some(to) if decl.for_each.is_none() && !has_key(&to) => to,
            _ => {
                let to = decl.fixed().map_or_else(|| decl.to.to_string(), |to| to.to_string());
                let detail = format!(
                    "Configuration can be written for a resource of the root module that has no count or for_each, not \
                     for {to}."
                );
                let error = Diagnostic::error("Configuration cannot be generated", detail).at(decl.span);
                self.diags.error(error.hint("Write the resource block yourself."));
                return true;
            }
        };
        let resource = &to.resource.resource;
        let name = decl.provider.as_ref().map(|(name, _)| name.clone()).unwrap_or_else(|| implied(&to));
        let root = self.program.root();
        let config = root.providers.get(&name).cloned().unwrap_or_else(|| ProviderConfig {
            module: Module::default(),
            provider: root.provider_of(&name.local),
            alias: name.alias.clone(),
            key: Key::None,
        });
        self.shapes.add(self.providers, &config.provider, resource);
        if self.shapes.get(&config.provider, resource).is_none() {
            let detail = format!("The provider {} has no resource type {}.", config.provider, resource.ty);
            self.diags.error(Diagnostic::error("Unknown resource type", detail).at(decl.span));
            return true;
        }
        self.homes.insert(to.clone(), config);
        self.found.insert(to.clone(), name);
        self.imports.blocks_for(&decl.to, place);
        self.queue.push(Task::Found(to));
        true
    }

    /// Reads an object whose configuration is to be written.
    pub(super) fn found(&mut self, instance: &Instance) -> Result<(), Halt> {
        self.await_imports(instance.resource.config())?;
        let Some(config) = self.provider_for(instance) else { return Ok(()) };
        self.open(&config)?;
        self.import(instance, &config)?;
        let Some(prior) = self.prior(&(instance.clone(), None))? else { return Ok(()) };
        if let Some(shape) = self.shape(&config, instance) {
            self.values.set(instance.clone(), shape.mark(prior.object.value.clone()));
        }
        Ok(())
    }

    /// The configuration of all objects that were found, by instance, not yet laid out.
    pub(super) fn generated(&self) -> BTreeMap<Instance, Arc<str>> {
        if self.found.is_empty() {
            return BTreeMap::new();
        }
        let mut names = Names::default();
        for instance in
            self.drafts.instances().into_iter().chain(self.found.keys()).filter(|i| i.resource.module.0.is_empty())
        {
            if let (Some(Ok(value)), true) =
                (self.values.get(instance), instance.resource.resource.mode == Mode::Managed)
            {
                names.add(instance, value);
            }
        }
        let texts = self.found.iter().filter_map(|(instance, name)| {
            let config = self.homes.get(instance)?;
            let shape = self.shapes.get(&config.provider, &instance.resource.resource)?;
            let found = generate::Found {
                instance,
                provider_name: Some(name).filter(|name| **name != implied(instance)),
                provider: &**self.providers.get(&config.provider)?,
                block: &shape.schema.block,
                value: self.values.get(instance)?.as_ref().ok()?,
                told: self.options.generate.as_ref().and_then(|told| told.get(instance)),
            };
            Some((instance.clone(), generate::resource(&found, &mut names).into()))
        });
        texts.collect()
    }
}

/// The name of the provider configuration that a resource has without saying so.
fn implied(instance: &Instance) -> ConfigName {
    ConfigName { local: instance.resource.resource.implied_provider().into(), alias: None }
}
