//! Variables, local values and outputs, each evaluated once for each module instance.

use std::sync::Arc;

use terrane_address::Key;
use terrane_source::{Diagnostic, Diagnostics, Span};
use terrane_value::{Marks, Type, Value, convert};

use super::Stage;
use super::conditions::Rules;
use super::frame::{About, Run, Scope};
use super::memo::{At, Found, Known, Reads, Slot};
use super::verdicts::{Checkable, Rule};
use crate::ir::{ExprId, LocalId, OutputId, VariableId};
use crate::load::apply_defaults;
use crate::lookup::{Dep, Stop};
use crate::program::{Argument, DependsOn, DependsTarget, OutputDecl, VariableDecl};

/// Where the value of a variable comes from.
struct Given {
    value: Value,
    reads: Reads,
    /// Where it stands, if it is written.
    span: Option<Span>,
    /// The argument of the call that it is the value of.
    argument: Option<(Scope, ExprId)>,
    /// Where it comes from, for a value from outside.
    origin: Option<Arc<str>>,
}

impl<'p> Run<'_, 'p> {
    /// Stops again where nothing has changed since something was blocked.
    fn go_on<T>(&self, slot: &Slot<T>) -> Result<(), Stop> {
        let Slot::Waiting(Dep::Instance(instance)) = slot else { return Ok(()) };
        match self.lookup.instance(instance) {
            Err(stop @ Stop::Blocked(_)) => Err(stop),
            _ => Ok(()),
        }
    }

    pub(super) fn local(&mut self, at: At, id: LocalId, span: Span) -> Result<Known, Stop> {
        self.go_on(&self.ev.state(at).locals[id.index()])?;
        match self.ev.state_mut(at).locals[id.index()].begin()? {
            Found::Value(known) => return Ok(known),
            Found::Circle => {
                let name = &self.ev.state(at).contents.locals[id.index()].name;
                return self.circle(&format!("local.{name}"), span).map(|()| known((Value::dynamic(), Reads::new())));
            }
            Found::Evaluate => {}
        }
        let expr = self.ev.state(at).contents.locals[id.index()].expr;
        let result = self.value(Scope::module(at), expr).map(known);
        self.ev.state_mut(at).locals[id.index()].finish(&result);
        result
    }

    pub(super) fn variable(&mut self, at: At, id: VariableId, span: Span) -> Result<Known, Stop> {
        self.go_on(&self.ev.state(at).variables[id.index()])?;
        match self.ev.state_mut(at).variables[id.index()].begin()? {
            Found::Value(known) => return Ok(known),
            Found::Circle => {
                let name = &self.ev.state(at).contents.variables[id.index()].name;
                return self.circle(&format!("var.{name}"), span).map(|()| known((Value::dynamic(), Reads::new())));
            }
            Found::Evaluate => {}
        }
        let result = self.fresh_variable(at, id);
        // The value must be there while its own validations are looked at.
        self.ev.state_mut(at).variables[id.index()].finish(&result);
        let known = result?;
        if let Err(stop) = self.validate_early(at, id) {
            self.ev.state_mut(at).variables[id.index()].finish(&Err(stop.clone()));
            return Err(stop);
        }
        Ok(known)
    }

    fn fresh_variable(&mut self, at: At, id: VariableId) -> Result<Known, Stop> {
        let contents: &'p _ = self.ev.state(at).contents;
        let decl = &contents.variables[id.index()];
        if self.ev.inputs.stage == Stage::Validate {
            let unknown = match decl.nullable {
                true => Value::unknown(decl.ty.without_optional()),
                false => Value::unknown_not_null(decl.ty.without_optional()),
            };
            return Ok(known((marked(unknown, decl), Reads::new())));
        }
        let given = self.given(at, decl)?;
        let value = self.accepted(decl, &given)?;
        Ok(known((marked(value, decl), given.reads)))
    }

    /// Looks at what the caller of a module says to a variable, as far as it is known, while everything else that refers
    /// to the variable takes it as unknown.
    pub(super) fn validate_argument(&mut self, at: At, id: VariableId) -> Result<(), Stop> {
        let contents: &'p _ = self.ev.state(at).contents;
        let decl = &contents.variables[id.index()];
        let unknown = self.variable(at, id, decl.span)?;
        if self.ev.state(at).parent.is_some() {
            // What is wrong with the value itself is said where the module is called.
            let mut known_already = Diagnostics::new();
            let mut run = Run { ev: self.ev, lookup: self.lookup, diags: &mut known_already };
            let given = run.given(at, decl)?;
            let value = marked(run.accepted(decl, &given)?, decl);
            self.ev.state_mut(at).variables[id.index()] = Slot::Done(known((value, given.reads)));
        }
        let result = self.validate_variable(at, id);
        self.ev.state_mut(at).variables[id.index()] = Slot::Done(unknown);
        result
    }

    /// The value given to a variable by the caller of its module, or its default.
    fn given(&mut self, at: At, decl: &'p VariableDecl) -> Result<Given, Stop> {
        let outside = |value, span, origin| Given { value, reads: Reads::new(), span, argument: None, origin };
        let default = || decl.default.clone().map(|value| outside(value, None, None));
        let state = self.ev.state(at);
        let Some((parent, call, key)) = state.parent.clone() else {
            if let Some(input) = self.ev.inputs.variables.get(&decl.name) {
                return Ok(outside(input.value.clone(), input.span, Some(input.origin.clone())));
            }
            return default().ok_or_else(|| self.diags.error(no_value(decl)).into());
        };
        let call_decl = &self.ev.state(parent).contents.calls[call.index()];
        let Some(argument) = call_decl.arguments.iter().find(|a| a.name == decl.name) else {
            let missing = || crate::load::missing_argument(&decl.name, call_decl.span);
            return default().ok_or_else(|| self.diags.error(missing()).into());
        };
        let argument: &'p Argument = argument;
        let expansion = self.call_expansion(parent, call)?;
        let about = (key != Key::None).then(|| About::Module(self.ev.state(at).instance.clone()));
        let scope = Scope { at: parent, repetition: expansion.repetition(&key), self_value: None, about };
        let (value, reads) = self.value(scope.clone(), argument.expr)?;
        self.refuse_ephemeral_argument(&scope, &value, argument.expr, decl)?;
        let span = Some(self.ev.state(parent).contents.exprs.span(argument.expr));
        Ok(Given { value, reads, span, argument: Some((scope, argument.expr)), origin: None })
    }

    /// The given value as one of the variable's type.
    fn accepted(&mut self, decl: &VariableDecl, given: &Given) -> Result<Value, Stop> {
        fitting(decl, &given.value).map_err(|(summary, detail)| self.wrong_value(summary, detail, decl, given))
    }

    fn wrong_value(&mut self, summary: &str, detail: String, decl: &VariableDecl, given: &Given) -> Stop {
        let error = Diagnostic::error(summary, detail);
        let error = match (given.span, &given.origin) {
            (Some(span), _) => error.at(span).note_at(decl.span, "The variable is declared here"),
            (None, Some(origin)) => error.at(decl.span).note(format!("The value comes from {origin}.")),
            (None, None) => error.at(decl.span),
        };
        let error = match &given.argument {
            Some((scope, expr)) => {
                let error = self.explained(scope.clone(), *expr, error);
                self.located(error, scope.at, scope.about.as_ref())
            }
            None => error,
        };
        Stop::Failed(self.diags.error(error))
    }

    /// Where a wrong value of a variable is to be shown: where it is given, or where the variable is declared.
    pub(super) fn value_span(&self, at: At, decl: &VariableDecl) -> Span {
        let state = self.ev.state(at);
        let written = match &state.parent {
            None => self.ev.inputs.variables.get(&decl.name).and_then(|input| input.span),
            Some((parent, call, _)) => {
                let contents = self.ev.state(*parent).contents;
                let call = &contents.calls[call.index()];
                call.arguments.iter().find(|a| a.name == decl.name).map(|a| contents.exprs.span(a.expr))
            }
        };
        written.unwrap_or(decl.span)
    }

    pub(super) fn output(&mut self, at: At, id: OutputId, span: Span) -> Result<Known, Stop> {
        self.go_on(&self.ev.state(at).outputs[id.index()])?;
        match self.ev.state_mut(at).outputs[id.index()].begin()? {
            Found::Value(known) => return Ok(known),
            Found::Circle => {
                let name = &self.ev.state(at).contents.outputs[id.index()].name;
                return self
                    .circle(&format!("output \"{name}\""), span)
                    .map(|()| known((Value::dynamic(), Reads::new())));
            }
            Found::Evaluate => {}
        }
        let contents: &'p _ = self.ev.state(at).contents;
        let result = self.fresh_output(at, &contents.outputs[id.index()]);
        self.ev.state_mut(at).outputs[id.index()].finish(&result);
        result
    }

    /// An output of the root module, which says itself if it tells a secret and is kept in state.
    pub(super) fn root_output(&mut self, id: OutputId) -> Result<Known, Stop> {
        let contents: &'p _ = self.ev.state(At::ROOT).contents;
        let decl = &contents.outputs[id.index()];
        let known = self.output(At::ROOT, id, decl.span)?;
        if decl.ephemeral {
            let detail = "Outputs of the root module are kept in state, so that they cannot be ephemeral.";
            let error = Diagnostic::error("Invalid output configuration", detail).at(decl.span);
            return Err(self.diags.error(error.hint("Remove the argument \"ephemeral\".")).into());
        }
        match decl.value {
            Some(expr) if known.value.marks_deep().contains(Marks::SENSITIVE) && !decl.sensitive => {
                let error = Diagnostic::error("Output refers to sensitive values", SENSITIVE_OUTPUT)
                    .at(contents.exprs.span(expr))
                    .hint("If you do intend to export this data, add to the output: sensitive = true");
                let error = self.with_origins(&Scope::module(At::ROOT), expr, Marks::SENSITIVE, error);
                Err(self.diags.error(error).into())
            }
            _ => Ok(known),
        }
    }

    fn fresh_output(&mut self, at: At, decl: &'p OutputDecl) -> Result<Known, Stop> {
        let mut reads = Reads::new();
        self.hold(Scope::module(at), &self.output_rules(at, decl), &mut reads)?;
        let Some(expr) = decl.value else { return Ok(known((Value::dynamic(), reads))) };
        let (value, own) = self.value(Scope::module(at), expr)?;
        self.refuse_ephemeral_output(at, &value, expr, decl)?;
        reads.extend(own);
        self.named(at, &decl.depends_on, &mut reads)?;
        let value = match &decl.ty {
            None => value,
            Some((ty, defaults)) => convert(&apply_defaults(&value, defaults), ty).map_err(|e| {
                let detail = format!("The value does not fit the output's type constraint: {}.", e.located());
                let span = self.ev.state(at).contents.exprs.span(expr);
                Stop::Failed(self.diags.error(Diagnostic::error("Invalid output value", detail).at(span)))
            })?,
        };
        let value = if decl.sensitive { value.mark(Marks::SENSITIVE) } else { value };
        let value = if decl.ephemeral { value.mark(Marks::EPHEMERAL) } else { value };
        Ok(known((value, reads)))
    }

    fn output_rules(&self, at: At, decl: &'p OutputDecl) -> Rules<'p> {
        let noted = self.ev.inputs.stage != Stage::Validate && !decl.preconditions.is_empty();
        Rules {
            conditions: &decl.preconditions,
            summary: "Module output value precondition failed",
            what: noted.then(|| Checkable::Output(self.ev.state(at).instance.clone(), decl.name.clone())),
            rule: Rule::Before,
        }
    }

    /// Evaluates the outputs of a module that have preconditions, read or not.
    pub(super) fn guarded_outputs(&mut self, at: At) -> Result<(), Stop> {
        let contents: &'p crate::Contents = self.ev.state(at).contents;
        let mut failed = Ok(());
        for (i, decl) in contents.outputs.iter().enumerate().filter(|(_, decl)| !decl.preconditions.is_empty()) {
            match self.output(at, OutputId(i as u32), decl.span) {
                Err(stop @ Stop::Failed(_)) => failed = Err(stop),
                other => drop(other?),
            }
        }
        failed
    }

    /// Adds what a `depends_on` names.
    pub(super) fn named(&mut self, at: At, depends_on: &[DependsOn], reads: &mut Reads) -> Result<(), Stop> {
        for entry in depends_on {
            match entry.target {
                DependsTarget::Resource(id) => {
                    let resource = self.ev.abs(at, id);
                    reads.insert(self.ev.deps.id(Dep::Whole(resource)));
                }
                DependsTarget::Variable(id) => reads.extend(self.variable(at, id, entry.span)?.reads.iter()),
                DependsTarget::Local(id) => reads.extend(self.local(at, id, entry.span)?.reads.iter()),
                DependsTarget::Module(call) => {
                    for child in self.children_read(at, call, reads)? {
                        self.everything_in(child, reads)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Adds all resources of a module instance and of those below it.
    fn everything_in(&mut self, at: At, reads: &mut Reads) -> Result<(), Stop> {
        let contents: &'p crate::Contents = self.ev.state(at).contents;
        for i in 0..contents.resources.len() {
            let resource = self.ev.abs(at, crate::ResourceId(i as u32));
            reads.insert(self.ev.deps.id(Dep::Whole(resource)));
        }
        for i in 0..contents.calls.len() {
            for child in self.children_read(at, crate::CallId(i as u32), reads)? {
                self.everything_in(child, reads)?;
            }
        }
        Ok(())
    }
}

fn known((value, reads): (Value, Reads)) -> Known {
    Known { value, reads: Arc::new(reads) }
}

/// A value as one of a variable's type; summary and detail of the error if it does not fit.
pub(crate) fn fitting(decl: &VariableDecl, value: &Value) -> Result<Value, (&'static str, String)> {
    let unsuitable = |why: &str| format!("The given value is not suitable for var.{}: {why}.", decl.name);
    if value.is_null() && !decl.nullable {
        let default = decl.default.clone();
        return default.ok_or_else(|| ("Required variable not set", unsuitable("it may not be null")));
    }
    convert(&apply_defaults(value, &decl.defaults), &decl.ty)
        .map_err(|e| ("Invalid value for input variable", unsuitable(&e.located().to_string())))
}

fn marked(value: Value, decl: &VariableDecl) -> Value {
    let value = if decl.sensitive { value.mark(Marks::SENSITIVE) } else { value };
    if decl.ephemeral { value.mark(Marks::EPHEMERAL) } else { value }
}

pub(crate) fn no_value(decl: &VariableDecl) -> Diagnostic {
    let name = &decl.name;
    let detail = format!("The root module input variable \"{name}\" is not set, and has no default value.");
    let example = match decl.ty {
        Type::Any | Type::String | Type::Number | Type::Bool => "…",
        _ => "[…]",
    };
    Diagnostic::error("No value for required variable", detail).at(decl.span).hint(format!(
        "Set it with -var '{name}={example}' or in a .tfvars file, or with TF_VAR_{name} in the environment."
    ))
}

const SENSITIVE_OUTPUT: &str = "To reduce the risk of accidentally exporting sensitive data that was intended to be only \
    internal, any root module output containing sensitive data must be explicitly marked as sensitive.";
