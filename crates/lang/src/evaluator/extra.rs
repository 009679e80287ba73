//! What stands beside resources: imports, checks, provisioners.

use terrane_address::{AbsResource, Instance, Key, ModuleInstance, Target};
use terrane_source::{Diagnostic, Span};
use terrane_value::{Marks, Schema, Type, Value, convert};

use super::conditions::Verdict;
use super::frame::{Repetition, Run, Scope};
use super::memo::{At, Reads};
use super::{body, expand};
use crate::ir::{ExprId, ModuleId, ResourceId};
use crate::lookup::Stop;
use crate::program::{CheckDecl, Contents, ImportDecl};

/// An object that configuration wants to be taken over.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportTarget {
    /// The instance it becomes.
    pub to: Instance,
    /// Its id, if it is named by that.
    pub id: Option<String>,
    /// Its identity, if it is named by that.
    pub identity: Option<Value>,
    /// The `import` block.
    pub span: Span,
}

impl<'p> Run<'_, 'p> {
    /// What all `import` blocks name.
    pub(super) fn imports(&mut self) -> Result<Vec<ImportTarget>, Stop> {
        let mut all = Vec::new();
        for module in &self.ev.program.modules {
            if module.contents.imports.is_empty() {
                continue;
            }
            for at in self.instances_of(module.id)? {
                for decl in &module.contents.imports {
                    self.import(at, decl, &mut all)?;
                }
            }
        }
        Ok(all)
    }

    fn import(&mut self, at: At, decl: &'p ImportDecl, all: &mut Vec<ImportTarget>) -> Result<(), Stop> {
        let scopes = match decl.for_each {
            None => vec![Scope::module(at)],
            Some(expr) => self.each_scope(at, expr)?,
        };
        for scope in scopes {
            let to = self.import_instance(&scope, decl)?;
            let id = match decl.id {
                Some(expr) => Some(self.import_id(&scope, expr)?),
                None => None,
            };
            let identity = match decl.identity {
                Some(expr) => {
                    let (value, _) = self.value(scope.clone(), expr)?;
                    self.refuse_marked(&scope, &value, expr, "import identity", "what is imported is kept in state")?;
                    Some(value)
                }
                None => None,
            };
            all.push(ImportTarget { to, id, identity, span: decl.span });
        }
        Ok(())
    }

    /// A scope for each element of a `for_each`.
    fn each_scope(&mut self, at: At, expr: ExprId) -> Result<Vec<Scope>, Stop> {
        let (value, _) = self.value(Scope::module(at), expr)?;
        let keys = expand::each_keys(&value).map_err(|wrong| self.wrong_repeat(at, expr, "for_each", wrong))?;
        let scope =
            |key: &Key| Scope { at, repetition: Repetition::of(key, Some(&value)), self_value: None, about: None };
        Ok(keys.iter().map(scope).collect())
    }

    fn import_instance(&mut self, scope: &Scope, decl: &'p ImportDecl) -> Result<Instance, Stop> {
        let outer = self.ev.state(scope.at).instance.clone();
        let inside = |resource: &AbsResource| {
            let module = ModuleInstance(outer.0.iter().chain(&resource.module.0).cloned().collect());
            AbsResource { module, resource: resource.resource.clone() }
        };
        match (&decl.to, decl.to_key) {
            (Target::Instance(instance), _) => Ok(inside(&instance.resource).instance(instance.key.clone())),
            (Target::Resource(resource), None) => Ok(inside(resource).instance(Key::None)),
            (Target::Resource(resource), Some(expr)) => {
                let resource = inside(resource);
                let (value, _) = self.value(scope.clone(), expr)?;
                self.refuse_marked(scope, &value, expr, "import to", "the address is kept in state")?;
                match (value.as_str(), value.as_i64().and_then(|i| u64::try_from(i).ok())) {
                    (Some(name), _) => Ok(resource.instance(Key::String(name.into()))),
                    (_, Some(index)) => Ok(resource.instance(Key::Int(index))),
                    _ => Err(self.wrong(scope.at, expr, "The instance key must be a known text or whole number.")),
                }
            }
            (Target::Module(_), _) => {
                let error = Diagnostic::error("Invalid import address", "The address must name a resource.");
                Err(self.diags.error(error.at(decl.span)).into())
            }
        }
    }

    fn wrong(&mut self, at: At, expr: ExprId, detail: &str) -> Stop {
        let span = self.ev.state(at).contents.exprs.span(expr);
        Stop::Failed(self.diags.error(Diagnostic::error("Invalid import block", detail).at(span)))
    }

    fn import_id(&mut self, scope: &Scope, expr: ExprId) -> Result<String, Stop> {
        let (value, _) = self.value(scope.clone(), expr)?;
        if value.marks().contains(Marks::SENSITIVE) {
            return Err(self.wrong(scope.at, expr, "The id of an object to import must not be sensitive."));
        }
        self.refuse_marked(scope, &value, expr, "import id", "what is imported is kept in state")?;
        let text = convert(&value, &Type::String).ok();
        match text.as_ref().and_then(Value::as_str) {
            Some("") | None => Err(self.wrong(scope.at, expr, "The id must be a known text that is not empty.")),
            Some(id) => Ok(id.to_string()),
        }
    }

    /// Reports, as warnings, the assertions of a module's `check` blocks that do not hold.
    pub(super) fn checks(&mut self, module: ModuleId) -> Result<(), Stop> {
        let contents: &'p Contents = &self.ev.program.module(module).contents;
        if contents.checks.is_empty() {
            return Ok(());
        }
        for at in self.instances_of(module)? {
            contents.checks.iter().try_for_each(|check| self.check_block(at, check))?;
        }
        Ok(())
    }

    fn check_block(&mut self, at: At, check: &'p CheckDecl) -> Result<(), Stop> {
        let contents: &'p Contents = self.ev.state(at).contents;
        for assert in &check.asserts {
            match self.verdict(Scope::module(at), assert, &mut Reads::new()) {
                Ok(Verdict::Fails(message)) => {
                    let warning = Diagnostic::warning("Check block assertion failed", message);
                    let warning = warning.at(contents.exprs.span(assert.condition));
                    let warning = self.explained(Scope::module(at), assert.condition, warning);
                    self.diags.push(warning);
                }
                Ok(Verdict::Holds | Verdict::Unknown) => {}
                Err(stop) => return Err(stop),
            }
        }
        Ok(())
    }

    /// The arguments of a provisioner as a value of its schema.
    pub(super) fn provisioner(
        &mut self,
        (at, id): (At, ResourceId),
        key: &Key,
        index: usize,
        self_value: Value,
        schema: &Schema,
    ) -> Result<Option<Value>, Stop> {
        let contents: &'p Contents = self.ev.state(at).contents;
        let Some(decl) = contents.resources[id.index()].provisioners.get(index) else { return Ok(None) };
        let (mut scope, _) = self.scope_of(at, id, key)?;
        scope.self_value = Some(self_value);
        let (value, _) =
            self.within(scope, &contents.exprs, |eval| body::value(eval, &decl.body, decl.span, &schema.block))?;
        Ok(Some(value))
    }
}
