//! `import` blocks.

use terrane_address::{AbsResource, ConfigResource, Instance, Key, ModuleInstance};
use terrane_source::{Cause, Diagnostic, Span};
use terrane_value::{Kind, Marks, Type, Value, convert};

use super::expand::{self, Wrong};
use super::frame::{Repetition, Run, Scope};
use super::memo::At;
use crate::ir::ExprId;
use crate::lookup::Stop;
use crate::program::{ImportDecl, ImportKey};

/// An object that configuration wants to be taken over.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportTarget {
    /// The instance it becomes.
    pub to: Instance,
    /// What names the object; `None` if that is not known yet.
    pub by: Option<ImportBy>,
    /// The `import` block.
    pub span: Span,
}

/// What names an object to import.
#[derive(Clone, Debug, PartialEq)]
pub enum ImportBy {
    /// Its id, in the form its type documents.
    Id(String),
    /// The attributes of its identity, in the shape its type has for them.
    Identity(Value),
}

impl<'p> Run<'_, 'p> {
    /// What an `import` block of the root module names.
    ///
    /// `None` if it is not known for which instances it is.
    pub(super) fn import(&mut self, place: usize) -> Result<Option<Vec<ImportTarget>>, Stop> {
        let contents = self.ev.state(At::ROOT).contents;
        let Some(decl) = contents.imports.get(place) else { return Ok(Some(Vec::new())) };
        let scopes = match decl.for_each {
            None => Some(vec![Scope::module(At::ROOT)]),
            Some(expr) => self.import_scopes(expr)?,
        };
        let Some(scopes) = scopes else { return Ok(None) };
        scopes.iter().map(|scope| self.import_target(scope, decl)).collect()
    }

    /// Looks for mistakes in an `import` block whatever the values are.
    pub(super) fn validate_import(&mut self, decl: &'p ImportDecl) {
        let any = Repetition::Each(Value::dynamic(), Value::dynamic());
        let mut scope = Scope::module(At::ROOT);
        if let Some(expr) = decl.for_each {
            scope.repetition = any;
            let each = self.value(Scope::module(At::ROOT), expr);
            if let Ok((value, _)) = each
                && let Err(wrong @ (Wrong::Detail(_) | Wrong::Marked(..))) = repetitions(&value)
            {
                self.wrong_repeat(At::ROOT, expr, "for_each", wrong);
            }
        }
        for key in decl.module_keys.iter().chain([&decl.key]) {
            if let ImportKey::Computed(expr) = key {
                let _ = self.value(scope.clone(), *expr);
            }
        }
        if let Some(expr) = decl.id
            && let Ok((value, _)) = self.value(scope.clone(), expr)
        {
            let _ = self.nameable(expr, "id", convert(&value, &Type::String).map_err(|e| e.to_string()));
        }
        if let Some(expr) = decl.identity
            && let Ok((value, _)) = self.value(scope, expr)
        {
            let _ = self.shaped(decl, expr, &value);
        }
    }

    /// A scope for each element of a `for_each`, which may be a list too.
    fn import_scopes(&mut self, expr: ExprId) -> Result<Option<Vec<Scope>>, Stop> {
        let (value, _) = self.value(Scope::module(At::ROOT), expr)?;
        let scope = |repetition| Scope { repetition, ..Scope::module(At::ROOT) };
        match repetitions(&value) {
            Ok(all) => Ok(Some(all.into_iter().map(scope).collect())),
            Err(Wrong::Unknown(_)) if self.ev.deferring => Ok(None),
            Err(wrong) => Err(self.wrong_repeat(At::ROOT, expr, "for_each", wrong)),
        }
    }

    fn import_target(&mut self, scope: &Scope, decl: &'p ImportDecl) -> Result<Option<ImportTarget>, Stop> {
        let Some(to) = self.import_instance(scope, decl)? else { return Ok(None) };
        let by = match (decl.id, decl.identity) {
            (Some(expr), _) => {
                let (value, _) = self.value(scope.clone(), expr)?;
                let value = convert(&value, &Type::String).map_err(|e| e.to_string());
                let value = self.nameable(expr, "id", value)?;
                match value.as_str() {
                    Some(id) if !id.is_empty() => Some(ImportBy::Id(id.to_string())),
                    None if self.ev.deferring => None,
                    Some(_) => return Err(self.wrong(expr, "id", "The import id is empty.")),
                    None => return Err(self.unknown(scope, expr, "id")),
                }
            }
            (None, Some(expr)) => {
                let (value, _) = self.value(scope.clone(), expr)?;
                let value = self.shaped(decl, expr, &value)?;
                match value.is_wholly_known() {
                    true => Some(ImportBy::Identity(value)),
                    false if self.ev.deferring => None,
                    false => return Err(self.unknown(scope, expr, "identity")),
                }
            }
            // The block has been refused already.
            (None, None) => return Err(self.wrong_block(decl.span)),
        };
        Ok(Some(ImportTarget { to, by, span: decl.span }))
    }

    /// The identity in the shape that its type has.
    fn shaped(&mut self, decl: &ImportDecl, expr: ExprId, value: &Value) -> Result<Value, Stop> {
        let ConfigResource { module, resource } = &decl.to;
        let provider = self.ev.program.provider_of(&decl.to).map(|config| config.provider.clone());
        // What the resource is not declared for is said elsewhere.
        let Some(provider) = provider else { return self.nameable(expr, "identity", Ok(value.clone())) };
        let Some(schema) = self.ev.schemas.identity(&provider, &resource.ty) else {
            let dot = if module.is_root() { "" } else { "." };
            let span = self.ev.state(At::ROOT).contents.exprs.span(expr);
            let detail = format!(
                "Objects of type {} have no identity in provider {provider}, so {module}{dot}{resource} cannot be \
                 imported by one.",
                resource.ty
            );
            let error = Diagnostic::error("Unable to determine identity schema for import identity", detail).at(span);
            return Err(self.diags.error(error.hint("Give an id instead.")).into());
        };
        let shaped = schema.block.coerce(value).map_err(|e| e.to_string());
        self.nameable(expr, "identity", shaped)
    }

    /// A value that names an object: neither null nor secret.
    fn nameable(&mut self, expr: ExprId, what: &str, value: Result<Value, String>) -> Result<Value, Stop> {
        let value = match value {
            Ok(value) => value,
            Err(why) => return Err(self.wrong(expr, what, &format!("The import {what} is unsuitable: {why}."))),
        };
        let (bare, marks) = value.unmark_deep();
        let marks = marks.into_iter().fold(Marks::NONE, |all, (_, marks)| all.union(marks));
        let why = match bare {
            _ if marks.contains(Marks::SENSITIVE) => "be sensitive",
            _ if marks.contains(Marks::EPHEMERAL) => "be ephemeral",
            bare if bare.is_null() => "be null",
            bare => return Ok(bare),
        };
        let span = self.ev.state(At::ROOT).contents.exprs.span(expr);
        let detail = format!("The import {what} cannot {why}: what is imported is kept in state.");
        let error = Diagnostic::error(format!("Invalid import {what} argument"), detail).at(span);
        let error = self.with_origins(&Scope::module(At::ROOT), expr, marks, error);
        Err(Stop::Failed(self.diags.error(error)))
    }

    fn import_instance(&mut self, scope: &Scope, decl: &'p ImportDecl) -> Result<Option<Instance>, Stop> {
        let mut module = ModuleInstance::root();
        for (name, key) in decl.to.module.0.iter().zip(&decl.module_keys) {
            let Some(key) = self.import_key(scope, key)? else { return Ok(None) };
            module = module.child(name.clone(), key);
        }
        let key = self.import_key(scope, &decl.key)?;
        Ok(key.map(|key| AbsResource::new(module, decl.to.resource.clone()).instance(key)))
    }

    fn import_key(&mut self, scope: &Scope, key: &ImportKey) -> Result<Option<Key>, Stop> {
        let expr = match key {
            ImportKey::Fixed(key) => return Ok(Some(key.clone())),
            ImportKey::Computed(expr) => *expr,
        };
        let (value, _) = self.value(scope.clone(), expr)?;
        let (bare, marks) = value.unmark();
        let why = match bare.kind() {
            _ if marks.contains(Marks::SENSITIVE) => "is sensitive",
            _ if marks.contains(Marks::EPHEMERAL) => "is ephemeral",
            Kind::Null(_) => "is null",
            Kind::Unknown(..) if self.ev.deferring => return Ok(None),
            Kind::Unknown(..) => "is known only after apply",
            _ => match (bare.as_str(), bare.as_i64().and_then(|i| u64::try_from(i).ok())) {
                (Some(name), _) => return Ok(Some(Key::String(name.into()))),
                (_, Some(index)) => return Ok(Some(Key::Int(index))),
                _ => "is neither a text nor a whole number",
            },
        };
        let detail =
            format!("A key in the address of an import block has to be known in the plan, but this one {why}.");
        let cause = match bare.kind() {
            _ if !marks.is_empty() => Cause::Confidential,
            Kind::Unknown(..) => Cause::Unknown,
            _ => Cause::Value,
        };
        let span = self.ev.state(At::ROOT).contents.exprs.span(expr);
        let summary = "Import block 'to' address contains an invalid key";
        let error = Diagnostic::error(summary, detail).at(span).because(cause);
        let error = self.explained(scope.clone(), expr, error);
        let error = self.with_origins(scope, expr, marks, error);
        Err(Stop::Failed(self.diags.error(error)))
    }

    fn wrong(&mut self, expr: ExprId, what: &str, detail: &str) -> Stop {
        let span = self.ev.state(At::ROOT).contents.exprs.span(expr);
        let error = Diagnostic::error(format!("Invalid import {what} argument"), detail).at(span);
        Stop::Failed(self.diags.error(error))
    }

    fn unknown(&mut self, scope: &Scope, expr: ExprId, what: &str) -> Stop {
        let detail = format!("The import {what} depends on values that are known only after apply.");
        let span = self.ev.state(At::ROOT).contents.exprs.span(expr);
        let error =
            Diagnostic::error(format!("Invalid import {what} argument"), detail).at(span).because(Cause::Unknown);
        let error = self.explained(scope.clone(), expr, error);
        let error = self.waiting(scope, expr, "the import", error);
        Stop::Failed(self.diags.error(error))
    }

    fn wrong_block(&mut self, span: Span) -> Stop {
        let detail = "The object is named by either \"id\" or \"identity\"; there is neither.";
        Stop::Failed(self.diags.error(Diagnostic::error("Missing required import argument", detail).at(span)))
    }
}

/// `each` for every element.
fn repetitions(value: &Value) -> Result<Vec<Repetition>, Wrong> {
    let (bare, marks) = value.clone().unmark();
    if let (Kind::Tuple(values), false) = (bare.kind(), marks.contains(Marks::SENSITIVE)) {
        let each = |(i, value): (usize, &Value)| Repetition::Each(Value::from(i as i64), value.clone());
        return Ok(values.iter().enumerate().map(each).collect());
    }
    let keys = expand::each_keys(value)?;
    let each: Option<&Value> = Some(&bare);
    Ok(keys.iter().map(|key| Repetition::of(key, each)).collect())
}
