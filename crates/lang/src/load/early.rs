//! Values that must be there before anything is planned: those in `source` and `version` of module calls, and in
//! `backend` blocks.
//!
//! Such an expression may use variables, local values and functions. Variables of called modules have the values of the
//! call's arguments, as far as these can be had in the same way.

use terrane_source::{Diagnostic, Diagnostics, Reported, Span};
use terrane_value::{Marks, Type, Value, convert};

use crate::eval::{Eval, Fault, Resolve};
use crate::evaluator::{Inputs, fitting, no_value};
use crate::ir::{ExprId, LocalId, ModuleId, Reference, VariableId};
use crate::lookup::Stop;
use crate::program::{Contents, ModuleDecl, VariableDecl};
use crate::world::World;

/// Evaluates what must be there before anything is planned.
pub(crate) struct Early<'a> {
    pub world: &'a dyn World,
    pub inputs: &'a Inputs,
    pub modules: &'a [ModuleDecl],
}

/// What is being evaluated, and where it is needed.
#[derive(Clone, Debug, PartialEq)]
struct Needed {
    module: ModuleId,
    what: String,
    span: Span,
}

impl Early<'_> {
    /// The text of an argument; `None` if it is null. `what` names the argument, for messages.
    pub(crate) fn text(
        &self,
        module: ModuleId,
        expr: ExprId,
        what: &str,
        diags: &mut Diagnostics,
    ) -> Result<Option<String>, Reported> {
        let span = self.contents(module).exprs.span(expr);
        let value = self.within(module, what, span, diags, |eval| eval.value(expr))?;
        self.plain(&value, what, span, diags)?;
        match convert(&value, &Type::String) {
            Ok(value) if value.is_null() => Ok(None),
            Ok(value) if value.as_str().is_some() => Ok(value.as_str().map(str::to_owned)),
            Ok(_) => {
                let detail = format!("The value of {what} must be known before anything is planned.");
                Err(diags.error(Diagnostic::error("Unsuitable value type", detail).at(span)))
            }
            Err(e) => {
                let detail = format!("The value of {what} is unsuitable: {e}.");
                Err(diags.error(Diagnostic::error("Unsuitable value type", detail).at(span)))
            }
        }
    }

    /// Refuses values that must not be kept.
    pub(crate) fn plain(&self, value: &Value, what: &str, span: Span, diags: &mut Diagnostics) -> Result<(), Reported> {
        let marks = value.marks_deep();
        let word = match () {
            () if marks.contains(Marks::SENSITIVE) => "Sensitive",
            () if marks.contains(Marks::EPHEMERAL) => "Ephemeral",
            () => return Ok(()),
        };
        let detail =
            format!("{word} values, and values made of them, cannot be used in {what}: it is written to disk.");
        Err(diags.error(Diagnostic::error(format!("{word} value not allowed"), detail).at(span)))
    }

    /// Evaluates in a module, where variables and local values are all there is.
    pub(crate) fn within<T>(
        &self,
        module: ModuleId,
        what: &str,
        span: Span,
        diags: &mut Diagnostics,
        evaluate: impl FnOnce(&mut Eval<'_, '_>) -> Result<T, Stop>,
    ) -> Result<T, Reported> {
        self.nested(&[Needed { module, what: what.into(), span }], diags, evaluate)
    }

    /// Checks that a variable declared with `const = true` has a value that can be had early.
    pub(crate) fn variable(&self, module: ModuleId, id: VariableId, diags: &mut Diagnostics) {
        let decl = &self.contents(module).variables[id.index()];
        let needed = [Needed { module, what: format!("var.{}", decl.name), span: decl.span }];
        // A failure has been reported, and others may follow.
        let _ = Names { early: self, needed: &needed, diags }.variable(id);
    }

    fn contents(&self, module: ModuleId) -> &Contents {
        &self.modules[module.index()].contents
    }

    fn nested<T>(
        &self,
        needed: &[Needed],
        diags: &mut Diagnostics,
        evaluate: impl FnOnce(&mut Eval<'_, '_>) -> Result<T, Stop>,
    ) -> Result<T, Reported> {
        let Some(last) = needed.last() else {
            return Err(diags.error(Diagnostic::error("Value not available", "Nothing needs it.")));
        };
        let exprs = &self.contents(last.module).exprs;
        let mut names = Names { early: self, needed, diags };
        let mut eval = Eval::new(exprs, &mut names);
        let result = evaluate(&mut eval);
        let errors = std::mem::take(&mut eval.errors);
        let mut reported = None;
        for error in errors {
            reported = Some(diags.error(traced(error, needed)));
        }
        match (result, reported) {
            (_, Some(reported)) | (Err(Stop::Failed(reported)), None) => Err(reported),
            (Ok(value), None) => Ok(value),
            (Err(Stop::Blocked(dep)), None) => {
                Err(diags.error(traced(dynamic(&dep.resource().to_string(), last), needed).at(last.span)))
            }
        }
    }
}

/// The error with the way on which its place is needed.
fn traced(error: Diagnostic, needed: &[Needed]) -> Diagnostic {
    let steps = needed.windows(2).rev();
    let at = error.span;
    let holds = |span: Span| at.is_some_and(|at| at.file == span.file && span.start <= at.start && at.end <= span.end);
    steps.filter(|pair| !holds(pair[1].span)).fold(error, |error, pair| {
        error.note_at(pair[1].span, format!("{} is needed here, for {}", pair[1].what, pair[0].what))
    })
}

fn dynamic(name: &str, last: &Needed) -> Diagnostic {
    let detail = format!(
        "{name} is not known before anything is planned, but {} is needed then. Only variables, local values, functions, \
         path.* and terraform.workspace can be used there.",
        last.what
    );
    Diagnostic::error("Dynamic value in static context", detail)
}

/// Gives names their values in one module.
struct Names<'a, 'd> {
    early: &'a Early<'a>,
    needed: &'a [Needed],
    diags: &'d mut Diagnostics,
}

impl Names<'_, '_> {
    fn module(&self) -> ModuleId {
        self.needed.last().map_or(ModuleId(0), |n| n.module)
    }

    fn contents(&self) -> &Contents {
        self.early.contents(self.module())
    }

    /// The way to something that is needed next; an error if it leads back to itself.
    fn next(&self, module: ModuleId, what: String, span: Span) -> Result<Vec<Needed>, Diagnostic> {
        if self.needed.iter().any(|n| n.module == module && n.what == what) {
            let detail = format!("The value of {what} is needed to find the value of {what}.");
            return Err(Diagnostic::error("Circular reference", detail).at(span));
        }
        let mut needed = self.needed.to_vec();
        needed.push(Needed { module, what, span });
        Ok(needed)
    }

    fn local(&mut self, id: LocalId, span: Span) -> Result<Value, Fault> {
        let (early, module) = (self.early, self.module());
        let decl = &early.contents(module).locals[id.index()];
        let needed = self.next(module, format!("local.{}", decl.name), span)?;
        Ok(early.nested(&needed, self.diags, |eval| eval.value(decl.expr)).map_err(Stop::Failed)?)
    }

    /// The value of a variable, the last step of the way.
    fn variable(&mut self, id: VariableId) -> Result<Value, Fault> {
        let early = self.early;
        let module = &early.modules[self.module().index()];
        let decl = &module.contents.variables[id.index()];
        let (value, span) = match module.parent {
            None => match early.inputs.variables.get(&decl.name) {
                Some(input) => (input.value.clone(), input.span),
                None => (decl.default.clone().ok_or_else(|| no_value(decl))?, None),
            },
            Some((parent, call)) => {
                let caller = early.contents(parent);
                let call = &caller.calls[call.index()];
                match call.arguments.iter().find(|a| a.name == decl.name) {
                    Some(argument) => {
                        let span = caller.exprs.span(argument.expr);
                        let what = format!("the argument \"{}\" of module.{}", decl.name, call.name);
                        let needed = self.next(parent, what, span)?;
                        let value = early.nested(&needed, self.diags, |eval| eval.value(argument.expr));
                        (value.map_err(Stop::Failed)?, Some(span))
                    }
                    None => {
                        let missing = || super::missing_argument(&decl.name, call.span);
                        (decl.default.clone().ok_or_else(missing)?, None)
                    }
                }
            }
        };
        Ok(self.accepted(decl, &value, span)?)
    }

    fn accepted(&self, decl: &VariableDecl, value: &Value, span: Option<Span>) -> Result<Value, Diagnostic> {
        let value = fitting(decl, value).map_err(|(summary, detail)| {
            let error = Diagnostic::error(summary, detail).at(span.unwrap_or(decl.span));
            if span.is_some() { error.note_at(decl.span, "The variable is declared here") } else { error }
        })?;
        let value = if decl.sensitive { value.mark(Marks::SENSITIVE) } else { value };
        Ok(if decl.ephemeral { value.mark(Marks::EPHEMERAL) } else { value })
    }
}

impl Resolve for Names<'_, '_> {
    fn resolve(&mut self, reference: &Reference, _: Option<Value>, span: Span) -> Result<Value, Fault> {
        let module = &self.early.modules[self.module().index()];
        match reference {
            Reference::Local(id) => self.local(*id, span),
            Reference::Variable(id) => {
                let decl = &module.contents.variables[id.index()];
                if decl.constant == Some(false) {
                    let detail = format!(
                        "The variable \"{}\" is declared with const = false, so that it cannot be used where its value is \
                         needed before anything is planned.",
                        decl.name
                    );
                    let error = Diagnostic::error("Unable to use variable in static context", detail).at(span);
                    return Err(error.note_at(decl.span, "The variable is declared here").into());
                }
                let needed = self.next(module.id, format!("var.{}", decl.name), span)?;
                let value = Names { early: self.early, needed: &needed, diags: self.diags }.variable(*id);
                match value {
                    Err(Fault::Error(error)) => Err(traced(*error, &needed).into()),
                    result => result,
                }
            }
            Reference::PathModule => Ok(Value::string(module.contents.dir.clone())),
            Reference::PathRoot => Ok(Value::string(self.early.contents(ModuleId(0)).dir.clone())),
            Reference::PathCwd => Ok(Value::string(self.early.inputs.cwd.clone())),
            Reference::Workspace => Ok(Value::string(self.early.inputs.workspace.clone())),
            other => {
                let name = self.name(other);
                let error = self.needed.last().map(|last| dynamic(&name, last).at(span));
                Err(error.unwrap_or_else(|| Diagnostic::error("Dynamic value in static context", name)).into())
            }
        }
    }

    fn name(&self, reference: &Reference) -> String {
        self.contents().name_of(reference)
    }

    fn world(&self) -> Option<&dyn World> {
        Some(self.early.world)
    }

    fn pure_only(&self) -> bool {
        false
    }

    fn reported(&self) -> Option<Reported> {
        self.diags.reported()
    }
}
