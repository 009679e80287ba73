//! What went wrong, where, with which values, and what to do next.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::{Called, Span};

/// How bad a [`Diagnostic`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth a look; the operation goes on.
    Warning,
    /// The operation cannot succeed.
    Error,
}

/// What it is about a value that a diagnostic is about, beyond what the value is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cause {
    /// Nothing: the values themselves are wrong.
    #[default]
    Value,
    /// It is not known yet.
    Unknown,
    /// It must not be shown or kept.
    Confidential,
}

/// Where the author of what is deprecated is to be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deprecation {
    /// In the project itself.
    Local,
    /// In a module that comes from elsewhere.
    Remote,
}

/// A secondary place or value that explains a diagnostic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What is to be seen there, for example `first declared here`.
    pub text: String,
    /// The place, if it has one.
    pub span: Option<Span>,
}

/// One problem, as it is shown to the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// One line that names the problem, without its details.
    pub summary: String,
    /// Full sentences: what is wrong, with which values.
    pub detail: String,
    /// The text at fault.
    pub span: Option<Span>,
    /// What the problem is about when no text is, for example a resource address.
    pub address: Option<String>,
    /// What the references in the expression at fault are: `var.a`, `is "x"`. Never the content of sensitive ones.
    pub values: Vec<(String, String)>,
    /// What it is about values that makes them wrong.
    pub cause: Cause,
    /// The function whose call is at fault.
    pub called: Option<Box<Called>>,
    /// The calls of modules that lead to the text, outermost first: the instance and the block that calls it.
    pub calls: Vec<(String, Span)>,
    /// Further places and facts.
    pub notes: Vec<Note>,
    /// What to do next.
    pub hint: Option<String>,
    /// Whether it concerns names and values only, so that what needs none of these can go on.
    pub deferred: bool,
    /// Whose deprecation it warns of, if the author of a module has deprecated something.
    pub deprecation: Option<Deprecation>,
}

impl Diagnostic {
    /// An error with a summary (no final stop) and a detail in full sentences.
    pub fn error(summary: impl Into<String>, detail: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Error, summary.into(), detail.into())
    }

    /// A warning with a summary (no final stop) and a detail in full sentences.
    pub fn warning(summary: impl Into<String>, detail: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Warning, summary.into(), detail.into())
    }

    fn new(severity: Severity, summary: String, detail: String) -> Diagnostic {
        Diagnostic {
            severity,
            summary,
            detail,
            span: None,
            address: None,
            values: Vec::new(),
            cause: Cause::Value,
            called: None,
            calls: Vec::new(),
            notes: Vec::new(),
            hint: None,
            deferred: false,
            deprecation: None,
        }
    }

    /// Points the diagnostic at a text.
    pub fn at(mut self, span: Span) -> Diagnostic {
        self.span = Some(span);
        self
    }

    /// Names what the diagnostic is about, for example a resource address.
    pub fn about(mut self, address: impl Into<String>) -> Diagnostic {
        self.address = Some(address.into());
        self
    }

    /// Says what to do next.
    pub fn hint(mut self, hint: impl Into<String>) -> Diagnostic {
        self.hint = Some(hint.into());
        self
    }

    /// Adds a second place.
    pub fn note_at(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.notes.push(Note { text: text.into(), span: Some(span) });
        self
    }

    /// Adds a fact without a place.
    pub fn note(mut self, text: impl Into<String>) -> Diagnostic {
        self.notes.push(Note { text: text.into(), span: None });
        self
    }

    /// Says what a reference in the expression at fault is: `is "x"`. The caller has hidden sensitive values.
    pub fn value(mut self, reference: impl Into<String>, statement: impl Into<String>) -> Diagnostic {
        self.values.push((reference.into(), statement.into()));
        self
    }

    /// Says whose deprecation it warns of.
    pub fn of_deprecation(mut self, deprecation: Deprecation) -> Diagnostic {
        self.deprecation = Some(deprecation);
        self
    }

    /// Says what it is about values that makes them wrong.
    pub fn because(mut self, cause: Cause) -> Diagnostic {
        self.cause = cause;
        self
    }

    /// Names the calls of modules that lead to the text, outermost first.
    pub fn in_modules(mut self, calls: Vec<(String, Span)>) -> Diagnostic {
        self.calls = calls;
        self
    }

    /// Names the function whose call is at fault.
    pub fn while_calling(mut self, called: Called) -> Diagnostic {
        self.called = Some(Box::new(called));
        self
    }
}

/// Proof that an error has been added to a [`Diagnostics`]: who holds it need not report again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reported(());

/// Problems in the order in which they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    /// The place in the list of the first of each hash.
    places: HashMap<u64, usize>,
}

impl Diagnostics {
    /// None yet.
    pub fn new() -> Diagnostics {
        Diagnostics::default()
    }

    /// Adds an error and returns the proof of it.
    pub fn error(&mut self, mut diagnostic: Diagnostic) -> Reported {
        diagnostic.severity = Severity::Error;
        self.push(diagnostic);
        Reported(())
    }

    /// Adds a diagnostic of any severity; one that is already there, at the same place, is not repeated.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let place = *self.places.entry(hash(&diagnostic)).or_insert(self.list.len());
        let is_new = match self.list.get(place) {
            Some(first) => *first != diagnostic && !self.list.contains(&diagnostic),
            None => true,
        };
        if is_new {
            self.list.push(diagnostic);
        }
    }

    /// Adds all of another list.
    pub fn extend(&mut self, other: Diagnostics) {
        other.list.into_iter().for_each(|d| self.push(d));
    }

    /// Marks all from a place on as concerning names and values only.
    pub fn defer(&mut self, from: usize) {
        self.list.iter_mut().skip(from).for_each(|d| d.deferred = true);
    }

    /// Drops those that concern names and values only.
    pub fn forget_deferred(&mut self) {
        self.list.retain(|d| !d.deferred);
    }

    /// The proof, if there is at least one error.
    pub fn reported(&self) -> Option<Reported> {
        self.has_errors().then_some(Reported(()))
    }

    /// Whether any of them is an error.
    pub fn has_errors(&self) -> bool {
        self.has_errors_since(0)
    }

    /// Whether an error is among those behind the first `known`.
    pub fn has_errors_since(&self, known: usize) -> bool {
        self.list.iter().skip(known).any(|d| d.severity == Severity::Error)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// All of them, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }

    /// Sorts by file and place; those without a place come last, in their order.
    pub fn sort(&mut self) {
        self.list.sort_by_key(|d| (d.span.is_none(), d.span.map(|s| (s.file, s.start))));
        self.places.clear();
        for (place, diagnostic) in self.list.iter().enumerate() {
            self.places.entry(hash(diagnostic)).or_insert(place);
        }
    }
}

/// Equal diagnostics have the same number.
fn hash(diagnostic: &Diagnostic) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&diagnostic.summary, &diagnostic.detail, diagnostic.span, &diagnostic.address).hash(&mut hasher);
    hasher.finish()
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Diagnostics {
        let mut diags = Diagnostics::new();
        diags.push(diagnostic);
        diags
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FileId;

    #[test]
    fn what_is_there_already_is_not_repeated() {
        let mut diags = Diagnostics::new();
        for _ in 0..2 {
            for start in 0..30_000 {
                diags.error(Diagnostic::error("Odd", "It is odd.").at(Span::new(FileId(0), start, start + 1)));
            }
        }
        assert_eq!(diags.len(), 30_000);
    }
}
