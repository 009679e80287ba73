//! Blocks that have one instance for each of another resource.
//!
//! Which instances there are then depends on which the other has, and not on what those are: an instance waits only for
//! its counterpart, the one with the same key.

use std::sync::Arc;

use terrane_address::{Key, Mode};
use terrane_source::Span;
use terrane_value::Value;

use super::Stage;
use super::frame::{Frame, Run, Scope};
use super::memo::{At, Expanded, Expansion, Reads};
use crate::eval::Fault;
use crate::ir::{Callee, ExprId, For, Node, Reference, ResourceId};
use crate::lookup::{Dep, Stop};
use crate::program::{Contents, Repeat};

/// How the instances of a block follow from those of a resource of the same module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pairing {
    /// The other resource.
    resource: ResourceId,
    /// What `each.value` stands for.
    value: EachValue,
}

#[derive(Clone, Copy, Debug)]
enum EachValue {
    /// The counterpart: `for_each = thing.a`; or there is no `each`: `count = length(thing.a)`.
    Counterpart,
    /// The key: `for_each = toset(keys(thing.a))`.
    Key,
    /// What a `for` makes of key and counterpart: `for_each = { for k, v in thing.a : k => v.id }`.
    Made(ExprId),
}

impl Pairing {
    /// How a block is paired; `None` if it is not, or if that cannot be told from how it is written.
    fn of(contents: &Contents, repeat: Repeat) -> Option<Pairing> {
        match repeat {
            Repeat::Count(expr) => {
                let resource = whole(contents, argument(contents, expr, "length")?)?;
                let counted = matches!(contents.resources[resource.index()].repeat, Repeat::Count(_));
                counted.then_some(Pairing { resource, value: EachValue::Counterpart })
            }
            Repeat::ForEach(expr) => Pairing::each(contents, expr),
            Repeat::Once | Repeat::Enabled(_) => None,
        }
    }

    fn each(contents: &Contents, expr: ExprId) -> Option<Pairing> {
        let expr = bare(contents, expr);
        let (resource, value) = match contents.exprs.node(expr) {
            Node::For(made) => (whole(contents, made.collection)?, EachValue::Made(keeping(contents, made)?)),
            Node::Call(_) => {
                let keys = argument(contents, expr, "toset")?;
                (whole(contents, argument(contents, keys, "keys")?)?, EachValue::Key)
            }
            _ => (whole(contents, expr)?, EachValue::Counterpart),
        };
        let keyed = matches!(contents.resources[resource.index()].repeat, Repeat::ForEach(_));
        keyed.then_some(Pairing { resource, value })
    }
}

/// The expression that local values and parentheses lead to.
fn bare(contents: &Contents, mut expr: ExprId) -> ExprId {
    // A local value made of itself has no end.
    for _ in 0..=contents.locals.len() {
        expr = match contents.exprs.node(expr) {
            Node::Wrapped(inner) => *inner,
            Node::Reference(Reference::Local(id)) => contents.locals[id.index()].expr,
            _ => return expr,
        };
    }
    expr
}

/// The resource of which an expression is all instances.
fn whole(contents: &Contents, expr: ExprId) -> Option<ResourceId> {
    match contents.exprs.node(bare(contents, expr)) {
        Node::Reference(Reference::Resource { resource, key: None }) => {
            let ephemeral = contents.resources[resource.index()].resource.mode == Mode::Ephemeral;
            (!ephemeral).then_some(*resource)
        }
        _ => None,
    }
}

/// The one argument of a call of a function.
fn argument(contents: &Contents, expr: ExprId, name: &str) -> Option<ExprId> {
    match contents.exprs.node(bare(contents, expr)) {
        Node::Call(call) if matches!(call.callee, Callee::Function(f) if f.name == name) && !call.expand_last => {
            match &*call.args {
                [only] => Some(*only),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The results of a `for` that gives one for each element, under its key.
fn keeping(contents: &Contents, made: &For) -> Option<ExprId> {
    let key = contents.exprs.node(bare(contents, made.key_result?));
    let kept = matches!(key, Node::Reference(Reference::Bound { slot, .. }) if *slot == made.slot);
    (kept && made.slot == 0 && made.cond.is_none() && !made.grouping).then_some(made.result)
}

impl<'p> Run<'_, 'p> {
    /// The expansion of a block that is paired with a resource whose instances are known.
    pub(super) fn paired(&mut self, at: At, repeat: Repeat) -> Result<Option<Expanded>, Stop> {
        let contents: &'p Contents = self.ev.state(at).contents;
        let paired = Pairing::of(contents, repeat).filter(|_| self.ev.inputs.stage != Stage::Validate);
        let Some(pairing) = paired else { return Ok(None) };
        let Expanded::Known(other) = self.seen(at, pairing.resource)? else { return Ok(None) };
        let each = other.each.is_some().then(Value::dynamic);
        Ok(Some(Expanded::Known(Expansion { each, pairing: Some(pairing), ..other })))
    }

    /// Adds the counterpart of an instance to what is read: the instance is there because that is.
    pub(super) fn read_counterpart(&mut self, at: At, expanded: &Expanded, key: &Key, reads: &mut Reads) {
        if let Some(pairing) = expanded.known().and_then(|expansion| expansion.pairing) {
            let counterpart = self.ev.abs(at, pairing.resource).instance(key.clone());
            reads.insert(self.ev.deps.id(Dep::Instance(counterpart)));
        }
    }
}

impl Frame<'_, '_> {
    /// `each.value` in an instance with a counterpart.
    pub(super) fn paired_value(&mut self, key: &Arc<str>, pairing: Pairing, span: Span) -> Result<Value, Fault> {
        let (at, key) = (self.scope.at, Value::string(key.clone()));
        if let EachValue::Key = pairing.value {
            return Ok(key);
        }
        let counterpart = self.run.resource(at, pairing.resource, Some(key.clone()), span, &mut self.reads)?;
        let EachValue::Made(result) = pairing.value else { return Ok(counterpart) };
        let exprs = &self.run.ev.state(at).contents.exprs;
        let (value, reads) = self.run.within(Scope::module(at), exprs, |eval| {
            eval.bound = vec![key, counterpart];
            eval.value(result)
        })?;
        self.reads.extend(reads);
        Ok(value)
    }
}
