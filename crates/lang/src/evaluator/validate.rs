//! Evaluates everything in a module while all is unknown, to find what is wrong whatever the values are.

use std::collections::BTreeSet;

use terrane_address::{Key, Mode, ModuleInstance, Provider};
use terrane_source::{Diagnostic, Diagnostics, Severity, Span};
use terrane_value::{Block as Shape, Marks, Step, Type, Value, convert};

use super::frame::{Repetition, Run, Scope};
use super::instance::{no_provider, no_type};
use super::memo::At;
use super::{Evaluator, NoObjects, body, place};
use crate::eval::Eval;
use crate::ir::{CallId, ExprId, LocalId, ModuleId, OutputId, ResourceId, VariableId};
use crate::load::apply_defaults;
use crate::lookup::Stop;
use crate::program::{Body, Condition, Contents, IgnoreChanges, ModuleDecl, Repeat, ResourceDecl, VariableDecl};
use crate::suggest::Suggest;
use crate::world::Subject;

impl Evaluator<'_> {
    /// Reports what is wrong with the values of a module. `missing` are providers already said to be missing.
    pub(crate) fn validate(&mut self, module: &ModuleDecl, missing: &mut BTreeSet<Provider>, diags: &mut Diagnostics) {
        let Ok(at) = self.at(&instance_of(module), diags) else { return };
        let lookup = NoObjects;
        let mut run = self.run(&lookup, diags);
        run.validate_values(at);
        run.validate_providers(at, module.id, missing);
        for i in 0..module.contents.resources.len() {
            run.validate_resource(at, ResourceId(i as u32), missing);
        }
        for i in 0..module.contents.calls.len() {
            run.validate_call(at, CallId(i as u32));
        }
        run.validate_rest(at);
    }

    /// Reports what the variables of a module, which is validated, refuse of what its caller says.
    pub(crate) fn validate_arguments(&mut self, module: &ModuleDecl, diags: &mut Diagnostics) {
        let validated =
            |(i, decl): (usize, &VariableDecl)| (!decl.validations.is_empty()).then_some(VariableId(i as u32));
        let variables: Vec<VariableId> = module.contents.variables.iter().enumerate().filter_map(validated).collect();
        if variables.is_empty() {
            return;
        }
        let Ok(at) = self.at(&instance_of(module), diags) else { return };
        // Local values are not made of what is said here; so they are made before.
        let mut known_already = Diagnostics::new();
        self.run(&NoObjects, &mut known_already).validate_locals(at);
        let mut run = self.run(&NoObjects, diags);
        for id in variables {
            let _ = run.validate_argument(at, id);
        }
    }
}

/// The one instance of a module that stands for all while it is validated.
fn instance_of(module: &ModuleDecl) -> ModuleInstance {
    ModuleInstance(module.path.0.iter().map(|name| (name.clone(), Key::None)).collect())
}

impl<'p> Run<'_, 'p> {
    fn contents(&self, at: At) -> &'p Contents {
        self.ev.state(at).contents
    }

    fn validate_values(&mut self, at: At) {
        let contents = self.contents(at);
        for (i, decl) in contents.variables.iter().enumerate() {
            let _ = self.variable(at, VariableId(i as u32), decl.span);
        }
        self.validate_locals(at);
        for (i, decl) in contents.outputs.iter().enumerate() {
            let id = OutputId(i as u32);
            let _ = if at == At::ROOT { self.root_output(id) } else { self.output(at, id, decl.span) };
        }
    }

    fn validate_locals(&mut self, at: At) {
        for (i, decl) in self.contents(at).locals.iter().enumerate() {
            let _ = self.local(at, LocalId(i as u32), decl.span);
        }
    }

    /// Looks for mistakes in an expression.
    fn sound(&mut self, scope: &Scope, expr: ExprId) {
        let _ = self.value(scope.clone(), expr);
    }

    /// Looks for mistakes in conditions. Whether they hold is seen when there is something for which they must.
    fn validate_conditions(&mut self, scope: &Scope, conditions: &[Condition]) {
        for condition in conditions {
            let _ = self.verdict(scope.clone(), condition, &mut Default::default());
        }
    }

    /// The scope of any instance of a repeated block.
    fn any_instance(at: At, repeat: Repeat) -> Scope {
        let repetition = match repeat {
            Repeat::Once | Repeat::Enabled(_) => Repetition::None,
            Repeat::Count(_) => Repetition::Count(Value::unknown_not_null(Type::Number)),
            Repeat::ForEach(_) => Repetition::Each(Value::unknown_not_null(Type::String), Value::dynamic()),
        };
        Scope { at, repetition, self_value: None, about: None }
    }

    fn validate_providers(&mut self, at: At, module: ModuleId, missing: &mut BTreeSet<Provider>) {
        let contents = self.contents(at);
        // All others could be installed; the one named terraform is always there.
        let is_extra = |p: &Provider| &*p.host == "terraform.io" && &*p.ty != "terraform";
        for required in contents.settings.required_providers.values().filter(|r| is_extra(&r.provider)) {
            if self.ev.schemas.provider(&required.provider).is_none() && missing.insert(required.provider.clone()) {
                let detail = format!("There is no built-in provider {}.", required.provider);
                self.diags.error(Diagnostic::error("Missing required provider", detail).at(required.span));
            }
        }
        for decl in &contents.providers {
            let provider = self.ev.program.module(module).provider_of(&decl.name.local);
            let schema = self.ev.schemas.provider(&provider);
            if schema.is_none() && missing.insert(provider.clone()) {
                self.diags.error(no_provider(self.ev.schemas, &provider).at(decl.span));
            }
            let repeat = decl.for_each.map_or(Repeat::Once, Repeat::ForEach);
            let declared = self.ev.program.module(module);
            let _ = self.provider_expansion(declared, decl);
            let config = self.validate_body(
                &Self::any_instance(at, repeat),
                &decl.body,
                decl.span,
                schema.as_ref().map(|s| &s.block),
            );
            self.ask_provider(at, &provider, Subject::Provider, config, &decl.body, decl.span);
        }
    }

    /// Evaluates a body; the value is `None` without a shape, or if something about it is wrong.
    pub(super) fn validate_body(
        &mut self,
        scope: &Scope,
        body: &'p Body,
        header: Span,
        shape: Option<&Shape>,
    ) -> Option<Value> {
        let exprs = &self.contents(scope.at).exprs;
        let mut value = None;
        let done = self.within(scope.clone(), exprs, |eval| match shape {
            Some(shape) => body::value(eval, body, header, shape).map(|found| value = Some(found)),
            None => every_expression(eval, body),
        });
        value.filter(|_| done.is_ok())
    }

    /// Reports what a provider finds wrong with a configuration.
    fn ask_provider(
        &mut self,
        at: At,
        provider: &Provider,
        subject: Subject<'_>,
        config: Option<Value>,
        body: &Body,
        header: Span,
    ) {
        let Some(config) = config else { return };
        let exprs = &self.contents(at).exprs;
        for fault in self.ev.schemas.faults(provider, subject, &config.unmark_deep().0) {
            let span = place::of(exprs, body, &fault.path.0).unwrap_or(header);
            self.diags.error(Diagnostic::error(fault.summary, fault.detail).at(span));
        }
    }

    fn validate_resource(&mut self, at: At, id: ResourceId, missing: &mut BTreeSet<Provider>) {
        let contents = self.contents(at);
        let decl = &contents.resources[id.index()];
        let module = self.ev.state(at).module;
        let _ = self.resource_expansion(at, id);
        let shape = self.ev.schema(module, id).map(|(schema, _)| schema);
        if shape.is_none() {
            self.validate_type(at, id, decl, missing);
        }
        let scope = Self::any_instance(at, decl.repeat);
        let config = self.validate_body(&scope, &decl.body, decl.span, shape.as_ref().map(|s| &s.block));
        if let (Some(config), Some(shape)) = (&config, &shape) {
            let _ = self.refuse_ephemeral(&scope, config, decl, &shape.block);
        }
        let provider = &self.ev.program.module(module).resource_providers[id.index()].provider;
        let subject = Subject::Resource(decl.resource.mode, &decl.resource.ty);
        self.ask_provider(at, provider, subject, config, &decl.body, decl.span);
        decl.provider.iter().flat_map(|p| p.key).for_each(|e| self.sound(&scope, e));
        self.validate_lifecycle(&scope, decl, shape.as_ref().map(|s| &s.block));
        let object = shape.map(|s| Value::unknown_not_null(s.block.implied_type().without_optional()));
        let ephemeral = decl.resource.mode == Mode::Ephemeral;
        let object = object.map(|object| if ephemeral { object.mark(Marks::EPHEMERAL) } else { object });
        let with_self = Scope { self_value: object, ..scope };
        self.validate_conditions(&with_self, &decl.lifecycle.postconditions);
        self.validate_provisioners(&with_self, decl);
    }

    /// Reports a type that its provider does not have.
    ///
    /// Modules declare more types than they have instances of; where there may be none, that is left to be found out.
    fn validate_type(&mut self, at: At, id: ResourceId, decl: &ResourceDecl, missing: &mut BTreeSet<Provider>) {
        let module = self.ev.program.module(self.ev.state(at).module);
        let provider = &module.resource_providers[id.index()].provider;
        let at_hand = self.ev.schemas.provider(provider).is_some();
        let error = no_type(self.ev.schemas, provider, decl);
        if decl.repeat == Repeat::Once && !self.repeated(module) {
            if at_hand || missing.insert(provider.clone()) {
                self.diags.error(error);
            }
        } else if at_hand && error.hint.is_some() {
            self.diags.push(Diagnostic { severity: Severity::Warning, ..error });
        }
    }

    /// Whether a module, or one around it, may have no instances.
    fn repeated(&self, module: &ModuleDecl) -> bool {
        let Some((parent, call)) = module.parent else { return false };
        let parent = self.ev.program.module(parent);
        parent.contents.calls[call.index()].repeat != Repeat::Once || self.repeated(parent)
    }

    fn validate_lifecycle(&mut self, scope: &Scope, decl: &'p ResourceDecl, shape: Option<&Shape>) {
        let lifecycle = &decl.lifecycle;
        self.validate_conditions(scope, &lifecycle.preconditions);
        lifecycle.replace_triggered_by.iter().for_each(|e| self.sound(scope, *e));
        self.validate_switches(scope, decl);
        let (IgnoreChanges::Paths(paths), Some(shape)) = (&lifecycle.ignore_changes, shape) else { return };
        for (path, span) in paths {
            let Some(Step::Attr(name)) = path.0.first() else { continue };
            if !shape.attributes.contains_key(name) && !shape.blocks.contains_key(name) {
                let detail = format!("{} has no argument or block named \"{name}\".", decl.resource.ty);
                let names = shape.attributes.keys().chain(shape.blocks.keys()).map(|n| &**n);
                let error = Diagnostic::error("Unsupported attribute", detail).at(*span).suggest(name, names);
                self.diags.error(error);
            }
        }
    }

    fn validate_call(&mut self, at: At, id: CallId) {
        let contents = self.contents(at);
        let decl = &contents.calls[id.index()];
        let _ = self.call_expansion(at, id);
        let scope = Self::any_instance(at, decl.repeat);
        let child = self.ev.child(at, id, &Key::None).map(|child| self.contents(child));
        let keys = decl.providers.iter().flatten().filter_map(|p| p.here.key);
        keys.for_each(|e| self.sound(&scope, e));
        for argument in &decl.arguments {
            let Ok((value, _)) = self.value(scope.clone(), argument.expr) else { continue };
            let Some(variable) = child.and_then(|c| c.variable(&argument.name)) else { continue };
            let _ = self.refuse_ephemeral_argument(&scope, &value, argument.expr, variable);
            if let Err(e) = convert(&apply_defaults(&value, &variable.defaults), &variable.ty) {
                let detail = format!("The given value is not suitable for var.{}: {}.", variable.name, e.located());
                let error = Diagnostic::error("Invalid value for input variable", detail);
                let error = error.at(contents.exprs.span(argument.expr));
                self.diags.error(error.note_at(variable.span, "The variable is declared here"));
            } else if value.is_null() && !variable.nullable && variable.default.is_none() {
                let detail = format!("The given value is not suitable for var.{}: it may not be null.", variable.name);
                let error = Diagnostic::error("Required variable not set", detail);
                self.diags.error(error.at(contents.exprs.span(argument.expr)));
            }
        }
    }

    fn validate_rest(&mut self, at: At) {
        let contents = self.contents(at);
        for check in &contents.checks {
            self.validate_conditions(&Scope::module(at), &check.asserts);
        }
        if at == At::ROOT {
            contents.imports.iter().for_each(|import| self.validate_import(import));
        }
    }
}

/// Evaluates all expressions of a body without schema, for their own mistakes.
fn every_expression(eval: &mut Eval<'_, '_>, body: &Body) -> Result<(), Stop> {
    for argument in &body.attributes {
        eval.value(argument.expr)?;
    }
    for property in &body.properties {
        match property.blocks.as_slice() {
            [] => drop(eval.value(property.argument.expr)?),
            blocks => blocks.iter().try_for_each(|block| every_expression(eval, &block.body))?,
        }
    }
    for block in &body.blocks {
        if let Some(dynamic) = &block.dynamic {
            eval.value(dynamic.for_each)?;
            eval.bound.truncate(dynamic.slot as usize);
            let any = || Value::dynamic();
            eval.bound.push(Value::object([("key", any()), ("value", any())]));
        }
        every_expression(eval, &block.body)?;
        if let Some(dynamic) = &block.dynamic {
            eval.bound.truncate(dynamic.slot as usize);
        }
    }
    Ok(())
}
