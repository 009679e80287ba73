//! Provider configurations and their instances.

use std::sync::Arc;

use terrane_address::{Key, ModuleInstance, ProviderConfig};
use terrane_source::{Cause, Diagnostic};
use terrane_value::{Marks, Type, Value, convert};

use super::expand::each_keys;
use super::frame::{Repetition, Run, Scope};
use super::instance::no_provider;
use super::memo::{At, Expansion, Reads};
use super::{NoObjects, Stage, body};
use crate::ir::{ExprId, ResourceId};
use crate::lookup::Stop;
use crate::program::{Contents, ModuleDecl, ProviderDecl, ProviderKey};

impl<'p> Run<'_, 'p> {
    /// The provider configuration of an instance, with its key, and what was read to find that.
    ///
    /// `None` if the key is not known.
    pub(super) fn provider_of(
        &mut self,
        at: At,
        id: ResourceId,
        key: &Key,
    ) -> Result<(Option<ProviderConfig>, Reads), Stop> {
        let module = self.ev.program.module(self.ev.state(at).module);
        let config = &module.resource_providers[id.index()];
        let (scope, expr, mut reads) = match module.provider_keys.get(id.index()).copied().flatten() {
            None => return Ok((Some(config.clone()), Reads::new())),
            Some(ProviderKey::Resource(expr)) => {
                let (scope, reads) = self.scope_of(at, id, key)?;
                (scope, expr, reads)
            }
            Some(ProviderKey::Call(called, expr)) => {
                let mut inner = at;
                while self.ev.state(inner).module != called {
                    let Some((outer, ..)) = self.ev.state(inner).parent.clone() else {
                        return Ok((Some(config.clone()), Reads::new()));
                    };
                    inner = outer;
                }
                let Some((outer, call, key)) = self.ev.state(inner).parent.clone() else {
                    return Ok((Some(config.clone()), Reads::new()));
                };
                let expansion = self.call_expansion(outer, call)?;
                let scope = Scope { repetition: expansion.repetition(&key), ..Scope::module(outer) };
                (scope, expr, (**expansion.reads()).clone())
            }
        };
        let (key, own) = self.provider_key(scope.clone(), expr)?;
        reads.extend(own);
        let Some(key) = key else { return Ok((None, reads)) };
        let config = config.with_key(key);
        let Some((home, decl)) = self.ev.program.provider_decl(&config) else { return Ok((Some(config), reads)) };
        let expansion = self.provider_expansion(home, decl)?;
        if !expansion.keys.contains(&config.key) && self.ev.inputs.stage != Stage::Validate {
            let error = no_instance(&config, &expansion.keys).at(self.ev.state(scope.at).contents.exprs.span(expr));
            let error = self.explained(scope, expr, error);
            return Err(self.diags.error(error).into());
        }
        Ok((Some(config), reads))
    }

    fn provider_key(&mut self, scope: Scope, expr: ExprId) -> Result<(Option<Key>, Reads), Stop> {
        let (value, reads) = self.value(scope.clone(), expr)?;
        match key_of(&value) {
            Ok(key) => Ok((Some(key), reads)),
            Err(_) if self.ev.deferring && !value.is_known() && value.marks().is_empty() => Ok((None, reads)),
            Err(detail) => {
                let error = Diagnostic::error("Invalid provider instance key", detail);
                let error = error.at(self.ev.state(scope.at).contents.exprs.span(expr));
                let later = !value.is_known() && value.marks().is_empty();
                let error = if later { error.because(Cause::Unknown) } else { error };
                let error = self.explained(scope.clone(), expr, error);
                let error = if later { self.waiting(&scope, expr, "the object", error) } else { error };
                Err(self.diags.error(error).into())
            }
        }
    }

    /// The instances of a provider configuration. They are known before any object is.
    pub(super) fn provider_expansion(
        &mut self,
        module: &ModuleDecl,
        decl: &'p ProviderDecl,
    ) -> Result<Expansion, Stop> {
        let once = || Expansion { keys: Arc::from([Key::None]), each: None, pairing: None, reads: Arc::default() };
        let Some(expr) = decl.for_each else { return Ok(once()) };
        let at = self.ev.at(&unkeyed(module), self.diags)?;
        let contents: &'p Contents = self.ev.state(at).contents;
        let mut run = Run { ev: self.ev, lookup: &NoObjects, diags: self.diags };
        let value = match run.value(Scope::module(at), expr) {
            Ok((value, _)) => value,
            Err(Stop::Blocked(dep)) => {
                let detail = format!(
                    "The instances of a provider configuration must be known before any object is, but for_each refers to {}.",
                    dep.resource()
                );
                let error = Diagnostic::error("Invalid for_each argument", detail).at(contents.exprs.span(expr));
                let error = error.hint("Use only variables, and local values that are made of them.");
                return Err(self.diags.error(error).into());
            }
            Err(failed) => return Err(failed),
        };
        match each_keys(&value) {
            Ok(keys) => {
                Ok(Expansion { keys: keys.into(), each: Some(value.unmark().0), pairing: None, reads: Arc::default() })
            }
            Err(_) if self.ev.inputs.stage == Stage::Validate && !value.is_wholly_known() => Ok(once()),
            Err(wrong) => Err(self.wrong_repeat(at, expr, "for_each", wrong)),
        }
    }

    pub(super) fn provider_config(&mut self, config: &ProviderConfig) -> Result<(Value, Reads), Stop> {
        let Some(schema) = self.ev.schemas.provider(&config.provider) else {
            return Err(self.diags.error(no_provider(self.ev.schemas, &config.provider)).into());
        };
        let Some((module, decl)) = self.ev.program.provider_decl(config) else {
            return Ok((schema.block.empty(), Reads::new()));
        };
        let expansion = self.provider_expansion(module, decl)?;
        if !expansion.keys.contains(&config.key) {
            return Err(self.diags.error(no_instance(config, &expansion.keys).at(decl.span).hint(KEEP)).into());
        }
        let at = self.ev.at(&unkeyed(module), self.diags)?;
        let repetition = Repetition::of(&config.key, expansion.each.as_ref());
        let scope = Scope { repetition, ..Scope::module(at) };
        self.within(scope, &module.contents.exprs, |eval| body::value(eval, &decl.body, decl.span, &schema.block))
    }
}

const KEEP: &str = "Keep the key in for_each until the objects that it manages are gone: remove them first, apply, and then \
                    remove the key.";

/// The one instance of a module that has provider configurations.
fn unkeyed(module: &ModuleDecl) -> ModuleInstance {
    ModuleInstance(module.path.0.iter().map(|name| (name.clone(), Key::None)).collect())
}

fn key_of(value: &Value) -> Result<Key, String> {
    let marks = value.marks();
    if marks.contains(Marks::SENSITIVE) {
        return Err("A provider instance key must not be derived from a sensitive value.".into());
    }
    if marks.contains(Marks::EPHEMERAL) {
        return Err("A provider instance key must not be derived from an ephemeral value.".into());
    }
    if value.is_null() {
        return Err("A provider instance key must not be null.".into());
    }
    if !value.is_known() {
        let why = "The provider instance key depends on values that cannot be determined until apply, so that no provider \
                   can be selected to plan with.";
        return Err(why.into());
    }
    let text = convert(value, &Type::String).map_err(|e| format!("The given instance key is unsuitable: {e}."))?;
    Ok(Key::String(text.as_str().unwrap_or_default().into()))
}

fn no_instance(config: &ProviderConfig, keys: &[Key]) -> Diagnostic {
    let detail = match config.key {
        Key::None => format!("{config} uses for_each, so that an object must be managed by one of its instances."),
        _ => format!("{config} is needed, but for_each of the provider configuration has no such key."),
    };
    let keys: Vec<String> = keys.iter().map(Key::to_string).collect();
    let known =
        if keys.is_empty() { "It has no instances.".into() } else { format!("Its keys are {}.", keys.join(", ")) };
    Diagnostic::error("Provider instance not present", format!("{detail} {known}"))
}
