//! What names stand for in one instance of one block.

use std::sync::Arc;

use terrane_address::{Key, ModuleInstance};
use terrane_source::{Diagnostic, Diagnostics, Reported, Span};
use terrane_value::{Marks, Type, Value};

use super::memo::{At, Reads};
use super::pairing::Pairing;
use super::verdicts::Checkable;
use super::{Evaluator, Stage};
use crate::eval::{Eval, Fault, Offered, Resolve, provided};
use crate::ir::{ExprId, Exprs, Reference};
use crate::lookup::{Lookup, Stop};
use crate::world::World;

/// The instance that `each` and `count` belong to.
#[derive(Clone, Debug, Default)]
pub(super) enum Repetition {
    #[default]
    None,
    /// `count.index`
    Count(Value),
    /// `each.key` and `each.value`
    Each(Value, Value),
    /// `each.key`, from which `each.value` follows
    Paired(Arc<str>, Pairing),
}

impl Repetition {
    /// The repetition of an instance; `each` is the value of `for_each`.
    pub(super) fn of(key: &Key, each: Option<&Value>) -> Repetition {
        match key {
            Key::None => Repetition::None,
            Key::Int(index) => Repetition::Count(Value::from(i64::try_from(*index).unwrap_or(i64::MAX))),
            Key::String(name) => {
                let key = Value::string(name.clone());
                let value = each.and_then(|each| each.get(name).cloned()).unwrap_or_else(|| key.clone());
                Repetition::Each(key, value)
            }
        }
    }
}

/// Where and for what an expression is evaluated.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    pub at: At,
    pub repetition: Repetition,
    pub self_value: Option<Value>,
    /// What is evaluated, if its block stands for several.
    pub about: Option<About>,
}

impl Scope {
    pub(super) fn module(at: At) -> Scope {
        Scope { at, repetition: Repetition::None, self_value: None, about: None }
    }
}

/// What an evaluation is about, as its errors say.
#[derive(Clone, Debug)]
pub(super) enum About {
    /// Something that conditions may be about.
    Checkable(Checkable),
    /// The call of a module.
    Module(ModuleInstance),
}

impl std::fmt::Display for About {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            About::Checkable(what) => what.fmt(f),
            About::Module(instance) => instance.fmt(f),
        }
    }
}

/// What one call of the evaluator hands down.
pub(super) struct Run<'a, 'p> {
    pub ev: &'a mut Evaluator<'p>,
    pub lookup: &'a dyn Lookup,
    pub diags: &'a mut Diagnostics,
}

impl<'p> Run<'_, 'p> {
    pub(super) fn reborrow(&mut self) -> Run<'_, 'p> {
        Run { ev: self.ev, lookup: self.lookup, diags: self.diags }
    }

    /// Evaluates in a scope; what went wrong is reported and makes the whole fail.
    pub(super) fn within<T>(
        &mut self,
        scope: Scope,
        exprs: &Exprs,
        evaluate: impl FnOnce(&mut Eval<'_, '_>) -> Result<T, Stop>,
    ) -> Result<(T, Reads), Stop> {
        let (at, about) = (scope.at, scope.about.clone());
        let mut frame = Frame { run: self.reborrow(), scope, reads: Reads::new() };
        let mut eval = Eval::new(exprs, &mut frame);
        let result = evaluate(&mut eval)?;
        let errors = std::mem::take(&mut eval.errors);
        let warnings = std::mem::take(&mut eval.warnings);
        let reads = frame.reads;
        if self.ev.inputs.stage == Stage::Validate {
            warnings.into_iter().for_each(|w| self.diags.push(w));
        }
        let mut failed = None;
        for error in errors {
            let error = self.located(error, at, about.as_ref());
            failed = Some(self.diags.error(error));
        }
        match failed {
            Some(reported) => Err(Stop::Failed(reported)),
            None => Ok((result, reads)),
        }
    }

    /// The error with the instance it is about, and the way to its module.
    pub(super) fn located(&self, error: Diagnostic, at: At, about: Option<&About>) -> Diagnostic {
        let error = if error.calls.is_empty() { error.in_modules(self.calls_to(at)) } else { error };
        match about {
            Some(what) if self.ev.inputs.stage != Stage::Validate => error.about(what.to_string()),
            _ => error,
        }
    }

    /// The calls that lead to a module instance, outermost first.
    fn calls_to(&self, mut at: At) -> Vec<(String, Span)> {
        let mut calls = Vec::new();
        while let Some((parent, call, _)) = &self.ev.state(at).parent {
            let span = self.ev.state(*parent).contents.calls[call.index()].span;
            calls.push((self.ev.state(at).instance.to_string(), span));
            at = *parent;
        }
        calls.reverse();
        calls
    }

    /// Reports a value that needs itself, unless cycles are looked for otherwise.
    pub(super) fn circle(&mut self, what: &str, span: Span) -> Result<(), Stop> {
        if self.ev.inputs.stage == Stage::Validate {
            return Ok(());
        }
        let detail = format!("The value of {what} is needed to find the value of {what}.");
        Err(self.diags.error(Diagnostic::error("Self-referencing value", detail).at(span)).into())
    }

    /// The value of an expression of a module.
    pub(super) fn value(&mut self, scope: Scope, expr: ExprId) -> Result<(Value, Reads), Stop> {
        let exprs = &self.ev.state(scope.at).contents.exprs;
        self.within(scope, exprs, |eval| eval.value(expr))
    }
}

/// Gives the names of a scope their values and records what is read.
pub(super) struct Frame<'a, 'p> {
    pub run: Run<'a, 'p>,
    pub scope: Scope,
    pub reads: Reads,
}

impl Resolve for Frame<'_, '_> {
    fn resolve(&mut self, reference: &Reference, key: Option<Value>, span: Span) -> Result<Value, Fault> {
        match self.referred(reference, key, span) {
            Err(Fault::Stop(Stop::Failed(_))) if self.run.ev.inputs.stage == Stage::Validate => Ok(Value::dynamic()),
            result => result,
        }
    }

    fn name(&self, reference: &Reference) -> String {
        self.run.ev.state(self.scope.at).contents.name_of(reference)
    }

    fn world(&self) -> Option<&dyn World> {
        Some(self.run.ev.world)
    }

    fn provided(&self, name: &str, span: Span) -> Result<Offered<'_>, Box<Diagnostic>> {
        provided(self.run.ev.state(self.scope.at).contents, self.run.ev.schemas, name, span)
    }

    fn pure_only(&self) -> bool {
        self.run.ev.inputs.stage != Stage::Apply
    }

    fn reported(&self) -> Option<Reported> {
        match self.run.ev.inputs.stage {
            // Validation goes on to what else is wrong.
            Stage::Validate => None,
            Stage::Plan | Stage::Apply => self.run.diags.reported(),
        }
    }
}

impl Frame<'_, '_> {
    fn referred(&mut self, reference: &Reference, key: Option<Value>, span: Span) -> Result<Value, Fault> {
        let at = self.scope.at;
        match reference {
            Reference::Variable(id) => {
                let known = self.run.variable(at, *id, span)?;
                Ok(self.read(known))
            }
            Reference::Local(id) => {
                let known = self.run.local(at, *id, span)?;
                Ok(self.read(known))
            }
            Reference::Resource { resource, .. } => self.run.resource(at, *resource, key, span, &mut self.reads),
            Reference::Module { call, output, .. } => {
                self.run.module(at, *call, key, output.as_deref(), span, &mut self.reads)
            }
            Reference::EachKey | Reference::EachValue | Reference::CountIndex => self.repetition(reference, span),
            Reference::SelfObject => Ok(self.scope.self_value.clone().unwrap_or_else(Value::dynamic)),
            Reference::PathModule => Ok(Value::string(self.run.ev.state(at).contents.dir.clone())),
            Reference::PathRoot => Ok(Value::string(self.run.ev.state(At::ROOT).contents.dir.clone())),
            Reference::PathCwd => Ok(Value::string(self.run.ev.inputs.cwd.clone())),
            Reference::Workspace => Ok(self.workspace()),
            Reference::Applying => Ok(self.applying()),
            Reference::Bound { .. } => Ok(Value::dynamic()),
        }
    }

    fn read(&mut self, known: super::memo::Known) -> Value {
        self.reads.extend(known.reads.iter());
        known.value
    }

    fn repetition(&mut self, reference: &Reference, span: Span) -> Result<Value, Fault> {
        Ok(match (reference, &self.scope.repetition) {
            (Reference::CountIndex, Repetition::Count(index)) => index.clone(),
            (Reference::EachKey, Repetition::Each(key, _)) => key.clone(),
            (Reference::EachValue, Repetition::Each(_, value)) => value.clone(),
            (Reference::EachKey, Repetition::Paired(key, _)) => Value::string(key.clone()),
            (Reference::EachValue, Repetition::Paired(key, pairing)) => {
                let (key, pairing) = (key.clone(), *pairing);
                return self.paired_value(&key, pairing, span);
            }
            (Reference::CountIndex, _) => Value::unknown_not_null(Type::Number),
            (Reference::EachKey, _) => Value::unknown_not_null(Type::String),
            _ => Value::dynamic(),
        })
    }

    /// Differs between planning and applying, so that nothing made of it may be stored.
    fn applying(&self) -> Value {
        let value = match self.run.ev.inputs.stage {
            Stage::Validate => Value::unknown_not_null(Type::Bool),
            stage => Value::from(stage == Stage::Apply),
        };
        value.mark(Marks::EPHEMERAL)
    }

    fn workspace(&self) -> Value {
        match self.run.ev.inputs.stage {
            Stage::Validate => Value::unknown_not_null(Type::String),
            Stage::Plan | Stage::Apply => Value::string(Arc::clone(&self.run.ev.inputs.workspace)),
        }
    }
}
