//! Arguments of `lifecycle` that are either true or false.

use terrane_address::Key;
use terrane_source::Diagnostic;
use terrane_value::{Marks, Type, Value, convert};

use super::Stage;
use super::frame::{Run, Scope};
use super::memo::At;
use crate::ir::{ExprId, ResourceId};
use crate::lookup::Stop;
use crate::program::{Contents, ResourceDecl};

/// Why a switch must not be ephemeral.
const LASTING: &str = "what becomes of the object must not differ between planning and applying";

impl<'p> Run<'_, 'p> {
    /// Whether an instance must not be deleted. It is asked for instances that are no longer declared, too, so that the
    /// value is the same for all instances of a resource. Applying asks in order to remember it, and null is not refused.
    pub(super) fn prevent_destroy(&mut self, at: At, id: ResourceId) -> Result<bool, Stop> {
        let contents: &'p Contents = self.ev.state(at).contents;
        match contents.resources[id.index()].lifecycle.prevent_destroy {
            Some(expr) if self.ev.inputs.stage == Stage::Apply => {
                let (value, _) = self.value(Scope::module(at), expr)?;
                if value.is_null() { Ok(false) } else { self.switch(Scope::module(at), expr, "prevent_destroy") }
            }
            Some(expr) => self.switch(Scope::module(at), expr, "prevent_destroy"),
            None => Ok(false),
        }
    }

    pub(super) fn destroy(&mut self, at: At, id: ResourceId) -> Result<bool, Stop> {
        let contents: &'p Contents = self.ev.state(at).contents;
        match contents.resources[id.index()].lifecycle.destroy {
            Some(expr) => self.switch(Scope::module(at), expr, "destroy"),
            None => Ok(true),
        }
    }

    pub(super) fn create_before_destroy(&mut self, at: At, id: ResourceId, key: &Key) -> Result<bool, Stop> {
        let contents: &'p Contents = self.ev.state(at).contents;
        let Some(expr) = contents.resources[id.index()].lifecycle.create_before_destroy else { return Ok(false) };
        let (scope, _) = self.scope_of(at, id, key)?;
        self.switch(scope, expr, "create_before_destroy")
    }

    /// The value of an argument that must be known while planning.
    fn switch(&mut self, scope: Scope, expr: ExprId, name: &str) -> Result<bool, Stop> {
        let (value, _) = self.value(scope.clone(), expr)?;
        self.refuse_marked(&scope, &value, expr, name, LASTING)?;
        let why = match decided(&value) {
            Ok(Some(on)) => return Ok(on),
            Ok(None) => "it is not known before apply".into(),
            Err(why) => why,
        };
        let error = wrong(name, &why).at(self.ev.state(scope.at).contents.exprs.span(expr));
        let error = self.explained(scope, expr, error);
        Err(self.diags.error(error).into())
    }

    /// Reports what is wrong with the switches of a resource whatever its instances are.
    pub(super) fn validate_switches(&mut self, scope: &Scope, decl: &ResourceDecl) {
        let lifecycle = &decl.lifecycle;
        let all = [
            ("create_before_destroy", lifecycle.create_before_destroy),
            ("destroy", lifecycle.destroy),
            ("prevent_destroy", lifecycle.prevent_destroy),
        ];
        for (name, expr) in all {
            let Some(expr) = expr else { continue };
            let Ok((value, _)) = self.value(scope.clone(), expr) else { continue };
            // Whether null protects is asked only when something is to be deleted.
            let undecided = name == "prevent_destroy" && value.is_null();
            if undecided || self.refuse_marked(scope, &value, expr, name, LASTING).is_err() {
                continue;
            }
            if let Err(why) = decided(&value) {
                let span = self.ev.state(scope.at).contents.exprs.span(expr);
                self.diags.error(wrong(name, &why).at(span));
            }
        }
    }
}

/// True or false, `None` if it is not known; an error says why it is neither.
fn decided(value: &Value) -> Result<Option<bool>, String> {
    if value.is_null() {
        return Err("it is null".into());
    }
    if value.marks().contains(Marks::SENSITIVE) {
        return Err(
            "it is sensitive, and would be disclosed by what is done; use nonsensitive(…) if it is no secret".into()
        );
    }
    convert(value, &Type::Bool).map(|v| v.as_bool()).map_err(|e| e.to_string())
}

fn wrong(name: &str, why: &str) -> Diagnostic {
    let detail = format!("The lifecycle argument \"{name}\" must be either true or false: {why}.");
    Diagnostic::error(format!("Invalid value for {name}"), detail)
}
