//! Instances of resources, and provider configurations.

use std::sync::Arc;

use terrane_address::{Beyond, Key, Mode, Provider};
use terrane_source::Diagnostic;
use terrane_value::{Marks, Path, Step, Value};

use super::conditions::Rules;
use super::frame::{About, Run, Scope};
use super::memo::{At, Expanded, Reads};
use super::verdicts::{Checkable, Rule};
use super::{Conditions, body};
use crate::ir::{ExprId, Exprs, ModuleId, Node, Reference, ResourceId};
use crate::lookup::{Dep, Stop};
use crate::program::{Contents, ResourceDecl};
use crate::suggest::Suggest;

impl<'p> Run<'_, 'p> {
    /// All instances of a module that are known.
    pub(super) fn instances_of(&mut self, module: ModuleId) -> Result<Vec<At>, Stop> {
        let Some((parent, call)) = self.ev.program.module(module).parent else { return Ok(vec![At::ROOT]) };
        let mut all = Vec::new();
        for at in self.instances_of(parent)? {
            all.extend(self.children(at, call)?.unwrap_or_default());
        }
        Ok(all)
    }

    /// The calls that lead to a module and whose instances are not known.
    pub(super) fn beyond(&mut self, module: ModuleId) -> Result<Vec<Beyond>, Stop> {
        let Some((parent, call)) = self.ev.program.module(module).parent else { return Ok(Vec::new()) };
        let decl = &self.ev.program.module(parent).contents.calls[call.index()];
        let mut all = self.beyond(parent)?;
        all.iter_mut().for_each(|beyond| beyond.inner.push((decl.name.clone(), decl.repeat.has_keys())));
        for at in self.instances_of(parent)? {
            if self.children(at, call)?.is_none() {
                all.push(Beyond { call: self.ev.abs_call(at, call), inner: Vec::new() });
            }
        }
        Ok(all)
    }

    /// The scope of one instance of a resource, and what its expansion read.
    pub(super) fn scope_of(&mut self, at: At, id: ResourceId, key: &Key) -> Result<(Scope, Reads), Stop> {
        let expansion = self.resource_expansion(at, id)?;
        let repetition = expansion.repetition(key);
        let named = *key != Key::None || at != At::ROOT;
        let about = named.then(|| About::Checkable(Checkable::Resource(self.ev.abs(at, id).instance(key.clone()))));
        let mut reads = (**expansion.reads()).clone();
        self.read_counterpart(at, &expansion, key, &mut reads);
        Ok((Scope { at, repetition, self_value: None, about }, reads))
    }

    pub(super) fn instance_config(&mut self, at: At, id: ResourceId, key: &Key) -> Result<(Value, Reads, Reads), Stop> {
        let contents: &'p Contents = self.ev.state(at).contents;
        let decl = &contents.resources[id.index()];
        let (scope, mut reads) = self.scope_of(at, id, key)?;
        let Some((schema, _)) = self.ev.schema(self.ev.state(at).module, id) else {
            return Err(self.no_type(at, id, decl));
        };
        let own_scope = scope.clone();
        let (value, own) =
            self.within(scope, &contents.exprs, |eval| body::value(eval, &decl.body, decl.span, &schema.block))?;
        reads.extend(own);
        self.refuse_ephemeral(&own_scope, &value, decl, &schema.block)?;
        reads.extend(self.provider_of(at, id, key)?.1);
        let mut explicit = Reads::new();
        self.named(at, &decl.depends_on, &mut explicit)?;
        let triggers = self.replace_triggers(at, id, key)?;
        explicit.extend(triggers.into_iter().map(|(dep, _)| self.ev.deps.id(dep)));
        let (around, named) = self.around(at)?;
        reads.extend(around.iter());
        explicit.extend(named.iter());
        Ok((value, reads, explicit))
    }

    /// What the calls of the modules around read for their expansion, and what their `depends_on` names.
    fn around(&mut self, at: At) -> Result<(Arc<Reads>, Arc<Reads>), Stop> {
        if let Some(known) = &self.ev.state(at).around {
            return Ok(known.clone());
        }
        let Some((outer, call, key)) = self.ev.state(at).parent.clone() else { return Ok(Default::default()) };
        let (mut reads, mut explicit) = self.around(outer)?;
        let expansion = self.call_expansion(outer, call)?;
        let mut own = (**expansion.reads()).clone();
        self.read_counterpart(outer, &expansion, &key, &mut own);
        if !own.is_empty() {
            Arc::make_mut(&mut reads).extend(own);
        }
        let contents: &'p Contents = self.ev.state(outer).contents;
        let depends_on = &contents.calls[call.index()].depends_on;
        if !depends_on.is_empty() {
            self.named(outer, depends_on, Arc::make_mut(&mut explicit))?;
        }
        self.ev.state_mut(at).around = Some((reads.clone(), explicit.clone()));
        Ok((reads, explicit))
    }

    /// The error for a type that its provider does not have.
    fn no_type(&mut self, at: At, id: ResourceId, decl: &ResourceDecl) -> Stop {
        let provider = &self.ev.program.module(self.ev.state(at).module).resource_providers[id.index()].provider;
        Stop::Failed(self.diags.error(no_type(self.ev.schemas, provider, decl)))
    }

    pub(super) fn replace_triggers(&mut self, at: At, id: ResourceId, key: &Key) -> Result<Vec<(Dep, Path)>, Stop> {
        let contents: &'p Contents = self.ev.state(at).contents;
        let mut triggers = Vec::new();
        for expr in &contents.resources[id.index()].lifecycle.replace_triggered_by {
            let (scope, _) = self.scope_of(at, id, key)?;
            triggers.extend(self.trigger(scope, &contents.exprs, *expr)?);
        }
        Ok(triggers)
    }

    fn trigger(&mut self, scope: Scope, exprs: &Exprs, expr: ExprId) -> Result<Option<(Dep, Path)>, Stop> {
        let mut steps = Vec::new();
        let mut root = expr;
        let (resource, key) = loop {
            match exprs.node(root) {
                Node::GetAttr { base, name, .. } => {
                    steps.push(Step::Attr(name.clone()));
                    root = *base;
                }
                Node::Index { base, key } => {
                    let (key, _) = self.within(scope.clone(), exprs, |eval| eval.value(*key))?;
                    steps.push(Step::Index(key.unmark_deep().0));
                    root = *base;
                }
                Node::Reference(Reference::Resource { resource, key }) => break (*resource, *key),
                _ => return Ok(None),
            }
        };
        steps.reverse();
        let at = scope.at;
        let abs = self.ev.abs(at, resource);
        let Expanded::Known(expansion) = self.resource_expansion(at, resource)? else {
            return Ok(Some((Dep::Whole(abs), Path(steps))));
        };
        let dep = match key {
            None if expansion.keys.as_ref() == [Key::None] => Dep::Instance(abs.instance(Key::None)),
            None => Dep::Whole(abs),
            Some(key) => {
                let span = exprs.span(key);
                let (value, _) = self.within(scope, exprs, |eval| eval.value(key))?;
                match self.key_of(&value.unmark().0, &expansion, &abs.to_string(), span) {
                    Ok(Some(key)) => Dep::Instance(abs.instance(key)),
                    Ok(None) => Dep::Whole(abs),
                    Err(error) => return Err(self.diags.error(error).into()),
                }
            }
        };
        Ok(Some((dep, Path(steps))))
    }

    pub(super) fn instance_conditions(
        &mut self,
        at: At,
        id: ResourceId,
        key: &Key,
        which: &Conditions,
    ) -> Result<(), Stop> {
        let contents: &'p Contents = self.ev.state(at).contents;
        let decl = &contents.resources[id.index()];
        let (mut scope, mut reads) = self.scope_of(at, id, key)?;
        let what = Some(Checkable::Resource(self.ev.abs(at, id).instance(key.clone())));
        let rules = match which {
            Conditions::Pre => Rules {
                conditions: &decl.lifecycle.preconditions,
                summary: "Resource precondition failed",
                what,
                rule: Rule::Before,
            },
            Conditions::Post { self_value } => {
                let ephemeral = decl.resource.mode == Mode::Ephemeral;
                let marks = if ephemeral { Marks::EPHEMERAL } else { Marks::NONE };
                scope.self_value = Some(self_value.clone().mark(marks));
                let conditions = &decl.lifecycle.postconditions;
                Rules { conditions, summary: "Resource postcondition failed", what, rule: Rule::After }
            }
        };
        self.hold(scope, &rules, &mut reads)
    }
}

/// The error for a type that its provider does not have.
pub(super) fn no_type(schemas: &dyn crate::Schemas, provider: &Provider, decl: &ResourceDecl) -> Diagnostic {
    if schemas.provider(provider).is_none() {
        return no_provider(schemas, provider).at(decl.span);
    }
    let resource = &decl.resource;
    let (what, summary) = match resource.mode {
        Mode::Managed => ("resource type", "Invalid resource type"),
        Mode::Data => ("data source", "Invalid data source"),
        Mode::Ephemeral => ("ephemeral resource type", "Invalid ephemeral resource"),
    };
    let detail = format!("The provider {provider} does not support {what} \"{}\".", resource.ty);
    let error = Diagnostic::error(summary, detail).at(decl.type_span);
    let other = if resource.mode == Mode::Managed { Mode::Data } else { Mode::Managed };
    if schemas.resource(provider, other, &resource.ty).is_some() {
        let (is, word) = if other == Mode::Data { ("data source", "data") } else { ("resource type", "resource") };
        return error.hint(format!("It does have a {is} of this name: use a {word} block."));
    }
    let types = schemas.types(provider, resource.mode);
    error.suggest(&resource.ty, types.iter().map(String::as_str))
}

/// The error for a provider that is not at hand.
pub(super) fn no_provider(schemas: &dyn crate::Schemas, provider: &Provider) -> Diagnostic {
    let detail = format!("The provider {provider} is not part of Terrane, and running others is not supported yet.");
    let known = schemas.providers();
    let others = known.iter().map(|known| &*known.ty).filter(|name| **name != *provider.ty);
    Diagnostic::error("Provider not available", detail).suggest(&provider.ty, others)
}
