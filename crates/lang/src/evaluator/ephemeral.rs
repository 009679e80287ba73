//! Where ephemeral values may be, and where they must not.

use terrane_address::Mode;
use terrane_source::Diagnostic;
use terrane_value::{Block as Shape, Marks, Path, Step, Value};

use super::frame::{Run, Scope};
use super::memo::At;
use super::place;
use crate::ir::ExprId;
use crate::lookup::Stop;
use crate::program::{Contents, OutputDecl, ResourceDecl, VariableDecl};

impl<'p> Run<'_, 'p> {
    /// Reports ephemeral values in arguments that plan and state keep.
    pub(super) fn refuse_ephemeral(
        &mut self,
        scope: &Scope,
        value: &Value,
        decl: &'p ResourceDecl,
        shape: &Shape,
    ) -> Result<(), Stop> {
        if decl.resource.mode == Mode::Ephemeral || !value.marks_deep().contains(Marks::EPHEMERAL) {
            return Ok(());
        }
        let contents: &'p Contents = self.ev.state(scope.at).contents;
        let mut failed = Ok(());
        for (path, marks) in value.clone().unmark_deep().1 {
            if !marks.contains(Marks::EPHEMERAL) || is_write_only(shape, &path) {
                continue;
            }
            let argument = Path(path.0[..path.0.len().min(1)].to_vec()).to_string();
            let argument = argument.trim_start_matches('.');
            let detail =
                format!("The argument \"{argument}\" is kept in plan and state, which ephemeral values must not be.");
            let error = Diagnostic::error("Ephemeral value used in non-ephemeral context", detail).at(place::of(
                &contents.exprs,
                &decl.body,
                &path.0,
            )
            .unwrap_or(decl.span));
            let error = self.located(error, scope.at, scope.about.as_ref());
            let error = match place::expr_of(&contents.exprs, &decl.body, &path.0) {
                Some(expr) => self.with_origins_in(scope, decl.repeat, expr, Marks::EPHEMERAL, error),
                None => error,
            };
            failed = Err(Stop::Failed(self.diags.error(error.hint(WHERE))));
        }
        failed
    }

    /// Reports an ephemeral value for a variable that is not declared ephemeral.
    pub(super) fn refuse_ephemeral_argument(
        &mut self,
        scope: &Scope,
        value: &Value,
        expr: ExprId,
        variable: &VariableDecl,
    ) -> Result<(), Stop> {
        if variable.ephemeral || !value.marks_deep().contains(Marks::EPHEMERAL) {
            return Ok(());
        }
        let detail = format!("The value for var.{} is ephemeral, but the variable is not declared so.", variable.name);
        let span = self.ev.state(scope.at).contents.exprs.span(expr);
        let error = Diagnostic::error("Variable does not allow ephemeral value", detail).at(span);
        let error = self.with_origins(scope, expr, Marks::EPHEMERAL, error);
        let error =
            error.note_at(variable.span, "The variable is declared here").hint("Add to the variable: ephemeral = true");
        Err(self.diags.error(error).into())
    }

    /// Reports an ephemeral value of an output that is not declared ephemeral.
    pub(super) fn refuse_ephemeral_output(
        &mut self,
        at: At,
        value: &Value,
        expr: ExprId,
        output: &OutputDecl,
    ) -> Result<(), Stop> {
        if output.ephemeral || !value.marks_deep().contains(Marks::EPHEMERAL) {
            return Ok(());
        }
        let (detail, hint) = match at == At::ROOT {
            true => (
                "The value is ephemeral, but outputs of the root module are kept in state.".to_owned(),
                "ephemeralasnull(…) leaves out of a value what is ephemeral.",
            ),
            false => (
                format!("The value of the output \"{}\" is ephemeral, but the output is not declared so.", output.name),
                "Add to the output: ephemeral = true",
            ),
        };
        let span = self.ev.state(at).contents.exprs.span(expr);
        let error = Diagnostic::error("Output does not allow ephemeral value", detail).at(span);
        let error = self.located(error, at, None);
        let error = self.with_origins(&Scope::module(at), expr, Marks::EPHEMERAL, error).hint(hint);
        Err(self.diags.error(error).into())
    }

    /// Reports an ephemeral value of an argument that must not be one, for a reason that follows `because`.
    pub(super) fn refuse_marked(
        &mut self,
        scope: &Scope,
        value: &Value,
        expr: ExprId,
        name: &str,
        because: &str,
    ) -> Result<(), Stop> {
        if !value.marks_deep().contains(Marks::EPHEMERAL) {
            return Ok(());
        }
        let span = self.ev.state(scope.at).contents.exprs.span(expr);
        let detail = format!("The value is ephemeral, which it must not be because {because}.");
        let error = Diagnostic::error(format!("Invalid value for {name}"), detail).at(span);
        let error = self.with_origins(scope, expr, Marks::EPHEMERAL, error);
        Err(self.diags.error(error).into())
    }
}

const WHERE: &str = "Ephemeral values can be used in write-only arguments, in locals, in ephemeral and provider blocks, in \
    provisioners, and for variables and outputs of modules that are declared ephemeral.";

/// Whether the attribute that a path is in is handed to the provider and never stored.
fn is_write_only(shape: &Shape, path: &Path) -> bool {
    let mut shape = shape;
    for step in &path.0 {
        let Step::Attr(name) = step else { continue };
        if let Some(attribute) = shape.attributes.get(name) {
            return attribute.write_only;
        }
        match shape.blocks.get(name) {
            Some(nested) => shape = &nested.block,
            None => return false,
        }
    }
    false
}
