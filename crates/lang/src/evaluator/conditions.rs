//! Conditions with their messages: validations, pre- and postconditions, assertions.

use terrane_source::{Diagnostic, Span};
use terrane_value::{Marks, Type, convert};

use super::Stage;
use super::frame::{Run, Scope};
use super::memo::{At, Reads};
use crate::eval::require_bool;
use crate::ir::{ExprId, Exprs, Node, Reference, VariableId};
use crate::lookup::Stop;
use crate::program::{Condition, Contents, VariableDecl};
use crate::suggest::article;

/// What a condition came to.
pub(super) enum Verdict {
    Holds,
    Unknown,
    /// It does not hold; the message is what the author says about it.
    Fails(String),
}

impl<'p> Run<'_, 'p> {
    /// Reports the conditions that do not hold; unknown ones pass.
    pub(super) fn hold(
        &mut self,
        scope: Scope,
        conditions: &'p [Condition],
        summary: &str,
        reads: &mut Reads,
    ) -> Result<(), Stop> {
        let mut failed = None;
        for condition in conditions {
            match self.verdict(scope.clone(), condition, reads) {
                Ok(Verdict::Fails(message)) => {
                    let contents: &'p Contents = self.ev.state(scope.at).contents;
                    let error = Diagnostic::error(summary, message).at(contents.exprs.span(condition.condition));
                    let error = self.explained(scope.clone(), condition.condition, error);
                    failed = Some(Stop::Failed(self.diags.error(error)));
                }
                Ok(Verdict::Holds | Verdict::Unknown) => {}
                Err(Stop::Failed(reported)) => failed = Some(Stop::Failed(reported)),
                Err(blocked) => return Err(blocked),
            }
        }
        failed.map_or(Ok(()), Err)
    }

    pub(super) fn explained(&mut self, scope: Scope, expr: ExprId, error: Diagnostic) -> Diagnostic {
        let contents: &'p Contents = self.ev.state(scope.at).contents;
        let explained = self.within(scope, &contents.exprs, |eval| Ok(eval.explained(expr, error.clone())));
        explained.map_or(error, |(explained, _)| explained)
    }

    pub(super) fn verdict(&mut self, scope: Scope, condition: &Condition, reads: &mut Reads) -> Result<Verdict, Stop> {
        let (value, own) = self.value(scope.clone(), condition.condition)?;
        reads.extend(own);
        let contents: &'p Contents = self.ev.state(scope.at).contents;
        let span = contents.exprs.span(condition.condition);
        match require_bool(&value) {
            Ok(None) => Ok(Verdict::Unknown),
            Ok(Some(true)) => Ok(Verdict::Holds),
            Ok(Some(false)) => Ok(Verdict::Fails(self.message(scope, condition, reads)?)),
            Err(why) => {
                let detail = format!("A condition must be either true or false: {why}.");
                Err(Stop::Failed(self.diags.error(Diagnostic::error("Invalid condition result", detail).at(span))))
            }
        }
    }

    fn message(&mut self, scope: Scope, condition: &Condition, reads: &mut Reads) -> Result<String, Stop> {
        let contents: &'p Contents = self.ev.state(scope.at).contents;
        let span = contents.exprs.span(condition.error_message);
        let (value, own) = self.value(scope.clone(), condition.error_message)?;
        reads.extend(own);
        for (marks, word) in [(Marks::SENSITIVE, "sensitive"), (Marks::EPHEMERAL, "ephemeral")] {
            if value.marks_deep().contains(marks) {
                let detail = format!("The message is made of {word} values, so it is not shown.");
                let warning = Diagnostic::warning(format!("Error message refers to {word} values"), detail).at(span);
                let warning = self.with_origins(&scope, condition.error_message, marks, warning);
                self.diags.push(warning.hint(match marks == Marks::EPHEMERAL {
                    true => "Leave them out of the message, for example with ephemeralasnull(…).",
                    false => "Leave them out of the message; nonsensitive(…) shows what is no secret.",
                }));
                return Ok(format!(
                    "The error message included {} {word} value, so it will not be displayed.",
                    article(word)
                ));
            }
        }
        let text = convert(&value, &Type::String).ok().filter(|v| !v.is_null());
        match text {
            Some(text) => Ok(text.as_str().map_or_else(
                || "The error message is not known until apply, so it cannot be shown here.".into(),
                |text| text.trim().to_string(),
            )),
            None => {
                let detail = "The error_message must be a text that is not null.";
                Err(Stop::Failed(self.diags.error(Diagnostic::error("Invalid error message", detail).at(span))))
            }
        }
    }

    /// Evaluates all variables of a module instance, with the validations of their values.
    pub(super) fn validate_variables(&mut self, at: At) -> Result<(), Stop> {
        let contents: &'p Contents = self.ev.state(at).contents;
        let mut failed = None;
        for (i, decl) in contents.variables.iter().enumerate() {
            self.warn_deprecated(at, decl);
            let result = self.variable(at, VariableId(i as u32), decl.span).map(|_| ());
            let result = match result {
                Ok(()) => self.validate_variable(at, VariableId(i as u32)),
                other => other,
            };
            match result {
                Ok(()) => {}
                Err(Stop::Failed(reported)) => failed = Some(Stop::Failed(reported)),
                Err(blocked) => return Err(blocked),
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Warns of a value from outside for a variable that should not be set any more.
    fn warn_deprecated(&mut self, at: At, decl: &VariableDecl) {
        if let (Some(text), true, true) =
            (&decl.deprecated, at == At::ROOT, self.ev.inputs.variables.contains_key(&decl.name))
        {
            let detail = format!("The variable \"{}\" should not be set any more: {text}", decl.name);
            let span = self.value_span(at, decl);
            self.diags.push(Diagnostic::warning("Deprecated variable used from the root module", detail).at(span));
        }
    }

    fn validate_variable(&mut self, at: At, id: VariableId) -> Result<(), Stop> {
        let contents: &'p Contents = self.ev.state(at).contents;
        let decl = &contents.variables[id.index()];
        let mut failed = Ok(());
        for rule in &decl.validations {
            let verdict = self.verdict(Scope::module(at), rule, &mut Reads::new())?;
            if let Verdict::Fails(message) = verdict {
                let span = self.value_span(at, decl);
                failed = Err(Stop::Failed(self.invalid_value(at, rule, message, span)));
            }
        }
        failed
    }

    fn invalid_value(&mut self, at: At, rule: &Condition, message: String, span: Span) -> terrane_source::Reported {
        let error = Diagnostic::error("Invalid value for variable", message).at(span);
        let error = self.explained(Scope::module(at), rule.condition, error);
        self.diags.error(error.note_at(rule.span, "This was checked by the validation rule here"))
    }

    /// Checks the validations of a variable that refer to nothing but itself, as soon as its value is known.
    pub(super) fn validate_early(&mut self, at: At, id: VariableId) -> Result<(), Stop> {
        let contents: &'p Contents = self.ev.state(at).contents;
        let decl = &contents.variables[id.index()];
        let own = |c: &Condition| {
            refers_only_to(&contents.exprs, c.condition, id) && refers_only_to(&contents.exprs, c.error_message, id)
        };
        if self.ev.inputs.stage == Stage::Validate || decl.validations.is_empty() || !decl.validations.iter().all(own) {
            return Ok(());
        }
        self.validate_variable(at, id)
    }
}

/// Whether an expression refers to no variable but `id`, and to nothing else in the module.
fn refers_only_to(exprs: &Exprs, expr: ExprId, id: VariableId) -> bool {
    let own = match exprs.node(expr) {
        Node::Reference(Reference::Variable(other)) => *other == id,
        Node::Reference(
            Reference::Local(_) | Reference::Resource { .. } | Reference::Module { .. } | Reference::SelfObject,
        ) => false,
        _ => true,
    };
    let mut all = own;
    crate::eval::parts(exprs.node(expr), &mut |part| all = all && refers_only_to(exprs, part, id));
    all
}
