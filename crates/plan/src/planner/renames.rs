//! Checks of renames that need to know what is declared.

use terrane_address::{AbsResource, Module, ModuleInstance};
use terrane_lang::{Evaluator, Lookup, Stop};
use terrane_source::{Diagnostics, Span};

use super::Planner;
use crate::moves::{self, Declared, Endpoint};

impl Planner<'_> {
    /// Whether the targets cover all renames or none; reports it if not. Taking an object over is about that alone.
    pub(super) fn covers_renames(&mut self) -> bool {
        if !self.options.is_limited() || !self.options.imports.is_empty() {
            return true;
        }
        match moves::excluded(&self.moves, &self.options) {
            Some(error) => {
                self.diags.error(error);
                false
            }
            None => true,
        }
    }

    /// Reports wrong `moved` blocks, and what could not be renamed.
    pub(super) fn check_renames(&mut self) {
        let moves = std::mem::take(&mut self.moves);
        let mut found = Diagnostics::new();
        moves::check(&moves, self, &mut found);
        if !found.has_errors() && !self.diags.has_errors() {
            moves::blocked(&moves).into_iter().for_each(|warning| found.push(warning));
        }
        self.diags.extend(found);
        self.moves = moves;
    }

    /// What can be evaluated by now, without a word about what cannot.
    fn known<T>(
        &mut self,
        evaluate: impl FnOnce(&mut Evaluator<'_>, &dyn Lookup, &mut Diagnostics) -> Result<T, Stop>,
    ) -> Option<T> {
        evaluate(&mut self.evaluator, &self.values, &mut Diagnostics::new()).ok()
    }

    /// Whether it can be said which instances a resource has.
    pub(super) fn known_keys(&mut self, resource: &AbsResource) -> bool {
        let Some(decl) = self.program.find(&resource.module.module()) else { return true };
        let modules = self.known(|e, lookup, diags| e.module_instances(decl.id, lookup, diags));
        match modules {
            Some(modules) if modules.contains(&resource.module) => {
                self.known(|e, lookup, diags| e.expand(resource, lookup, diags)).flatten().is_some()
            }
            Some(_) => true,
            None => false,
        }
    }

    fn has_module(&mut self, module: &ModuleInstance) -> bool {
        let Some(decl) = self.program.find(&module.module()) else { return false };
        let instances = self.known(|e, lookup, diags| e.module_instances(decl.id, lookup, diags));
        instances.is_some_and(|instances| instances.contains(module))
    }

    fn resource_span(&mut self, resource: &AbsResource) -> Option<Span> {
        let decl = self.program.resource(resource.config())?;
        self.has_module(&resource.module).then_some(decl.span)
    }
}

impl Declared for Planner<'_> {
    fn instances(&mut self, module: &Module) -> Vec<ModuleInstance> {
        let Some(decl) = self.program.find(module) else { return Vec::new() };
        self.known(|e, lookup, diags| e.module_instances(decl.id, lookup, diags)).unwrap_or_default()
    }

    fn span(&mut self, address: &Endpoint) -> Option<Span> {
        match address {
            Endpoint::Call(outer, name) => {
                let decl = self.program.find(&outer.module())?;
                let call = decl.contents.calls.iter().find(|call| call.name == *name)?;
                self.has_module(outer).then_some(call.span)
            }
            Endpoint::Module(module) => {
                let (parent, call) = self.program.find(&module.module())?.parent?;
                let span = self.program.module(parent).contents.calls.get(call.index())?.span;
                self.has_module(module).then_some(span)
            }
            Endpoint::Resource(resource) => self.resource_span(resource),
            Endpoint::Instance(instance) => {
                let span = self.resource_span(&instance.resource)?;
                let keys = self.known(|e, lookup, diags| e.expand(&instance.resource, lookup, diags)).flatten()?;
                keys.contains(&instance.key).then_some(span)
            }
        }
    }
}
