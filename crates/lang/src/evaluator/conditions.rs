//! Conditions with their messages: validations, pre- and postconditions, assertions.

use terrane_source::{Deprecation, Diagnostic, Severity};
use terrane_value::{Marks, Type, convert};

use super::Stage;
use super::frame::{About, Run, Scope};
use super::memo::{At, Reads};
use super::verdicts::{CheckStatus, Checkable, Rule};
use crate::eval::require_bool;
use crate::ir::{ExprId, Exprs, Node, Reference, VariableId};
use crate::lookup::Stop;
use crate::program::{Condition, Contents, VariableDecl};
use crate::suggest::article;

/// What a condition came to.
pub(super) enum Verdict {
    Holds,
    Unknown,
    /// It does not hold; what the author says about it.
    Fails(Message),
}

/// What an author says about a condition.
pub(super) enum Message {
    Text(String),
    /// It is not known yet.
    Unknown,
    /// It tells something that must not be shown, in a word.
    Hidden(&'static str),
}

impl Message {
    /// The text for people.
    pub(super) fn shown(&self) -> String {
        match self {
            Message::Text(text) => text.clone(),
            Message::Unknown => "The error message is not known until apply, so it cannot be shown here.".into(),
            Message::Hidden(what) => {
                format!("The error message included {} {what} value, so it will not be displayed.", article(what))
            }
        }
    }

    /// The text to remember, if it may be and there is one.
    fn kept(&self) -> Option<String> {
        match self {
            Message::Text(text) if !text.is_empty() => Some(text.clone()),
            _ => None,
        }
    }
}

/// Conditions of one kind and what they are about.
pub(super) struct Rules<'p> {
    pub conditions: &'p [Condition],
    /// What is said in short of one that does not hold.
    pub summary: &'static str,
    /// What they are about, if the verdicts are to be noted.
    pub what: Option<Checkable>,
    /// How one of them is noted.
    pub rule: fn(u32) -> Rule,
}

impl<'p> Run<'_, 'p> {
    /// Reports the conditions that do not hold; unknown ones pass.
    pub(super) fn hold(&mut self, scope: Scope, rules: &Rules<'p>, reads: &mut Reads) -> Result<(), Stop> {
        let mut failed = None;
        for (place, condition) in (0..).zip(rules.conditions) {
            let said = self.diags.len();
            let verdict = self.verdict(scope.clone(), condition, reads);
            if let Some(what) = &rules.what {
                self.note(what, (rules.rule)(place), &verdict, said);
            }
            match verdict {
                Ok(Verdict::Fails(message)) => {
                    let contents: &'p Contents = self.ev.state(scope.at).contents;
                    let error = Diagnostic::error(rules.summary, message.shown());
                    let error = error.at(contents.exprs.span(condition.condition));
                    let error = self.explained(scope.clone(), condition.condition, error);
                    match self.ev.lenient {
                        true => self.diags.push(Diagnostic { severity: Severity::Warning, ..error }),
                        false => failed = Some(Stop::Failed(self.diags.error(error))),
                    }
                }
                Ok(Verdict::Holds | Verdict::Unknown) => {}
                Err(Stop::Failed(reported)) => failed = Some(Stop::Failed(reported)),
                Err(blocked) => return Err(blocked),
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Remembers what a condition came to, before which so much had been `said`.
    pub(super) fn note(&mut self, what: &Checkable, rule: Rule, verdict: &Result<Verdict, Stop>, said: usize) {
        let (status, message) = match verdict {
            Ok(Verdict::Holds) => (CheckStatus::Pass, None),
            Ok(Verdict::Unknown) | Err(Stop::Blocked(_)) => (CheckStatus::Unknown, None),
            Ok(Verdict::Fails(message)) => (CheckStatus::Fail, message.kept()),
            // What it reads has failed, and that was said there.
            Err(Stop::Failed(_)) if self.diags.len() == said => (CheckStatus::Unknown, None),
            Err(Stop::Failed(_)) => (CheckStatus::Error, None),
        };
        self.ev.verdicts.note(what, rule, status, message);
    }

    pub(super) fn explained(&mut self, scope: Scope, expr: ExprId, error: Diagnostic) -> Diagnostic {
        let contents: &'p Contents = self.ev.state(scope.at).contents;
        let explained = self.within(scope, &contents.exprs, |eval| Ok(eval.explained(expr, error.clone())));
        explained.map_or(error, |(explained, _)| explained)
    }

    pub(super) fn verdict(&mut self, scope: Scope, condition: &Condition, reads: &mut Reads) -> Result<Verdict, Stop> {
        let message = self.message(scope.clone(), condition, reads);
        if let Err(Stop::Blocked(_)) = message {
            return message.map(Verdict::Fails);
        }
        let (value, own) = self.value(scope.clone(), condition.condition)?;
        reads.extend(own);
        let contents: &'p Contents = self.ev.state(scope.at).contents;
        let span = contents.exprs.span(condition.condition);
        let holds = require_bool(&value).map_err(|why| {
            let detail = format!("A condition must be either true or false: {why}.");
            Stop::Failed(self.diags.error(Diagnostic::error("Invalid condition result", detail).at(span)))
        });
        let message = message?;
        Ok(match holds? {
            None => Verdict::Unknown,
            Some(true) => Verdict::Holds,
            Some(false) => Verdict::Fails(message),
        })
    }

    /// The message of a condition; it has to be right even while the condition holds.
    fn message(&mut self, scope: Scope, condition: &Condition, reads: &mut Reads) -> Result<Message, Stop> {
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
                return Ok(Message::Hidden(word));
            }
        }
        let text = convert(&value, &Type::String).ok().filter(|v| !v.is_null());
        match text {
            Some(text) => Ok(text.as_str().map_or(Message::Unknown, |text| Message::Text(text.trim().to_string()))),
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
            let warning = Diagnostic::warning("Deprecated variable used from the root module", detail).at(span);
            self.diags.push(warning.of_deprecation(Deprecation::Local));
        }
    }

    pub(super) fn validate_variable(&mut self, at: At, id: VariableId) -> Result<(), Stop> {
        let contents: &'p Contents = self.ev.state(at).contents;
        let decl = &contents.variables[id.index()];
        let what = Checkable::Variable(self.ev.state(at).instance.clone(), decl.name.clone());
        let mut failed = Ok(());
        for (place, rule) in (0..).zip(&decl.validations) {
            let said = self.diags.len();
            let verdict = self.verdict(Scope::module(at), rule, &mut Reads::new());
            self.note(&what, Rule::Before(place), &verdict, said);
            if let Verdict::Fails(message) = verdict? {
                let span = self.value_span(at, decl);
                let error = Diagnostic::error("Invalid value for variable", message.shown()).at(span);
                let error = self.explained(Scope::module(at), rule.condition, error);
                let error = error.note_at(rule.span, "This was checked by the validation rule here");
                let about = (at != At::ROOT).then(|| About::Checkable(what.clone()));
                failed = Err(Stop::Failed(self.diags.error(self.located(error, at, about.as_ref()))));
            }
        }
        failed
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
