//! Where the marks of a value come from.

use std::collections::BTreeSet;

use terrane_address::Mode;
use terrane_source::{Diagnostic, Diagnostics, Span};
use terrane_value::Marks;

use super::frame::{Repetition, Run, Scope};
use super::memo::At;
use crate::eval::{parts, traversals};
use crate::ir::{CallId, Callee, ExprId, LocalId, Node, Reference, ResourceId, VariableId};
use crate::program::{Contents, Repeat};

/// Something that gives its mark to what is made of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Origin {
    span: Option<Span>,
    text: String,
}

/// How many origins are told: more would hide the error itself.
const MOST: usize = 3;

/// What has been looked at, so that nothing is twice.
#[derive(Default)]
struct Found {
    origins: Vec<Origin>,
    seen: BTreeSet<(u32, ExprId)>,
    /// The `for_each` of the block in which the search began.
    each: Option<ExprId>,
}

impl<'p> Run<'_, 'p> {
    /// The error with notes of where the marks of an expression come from.
    pub(super) fn with_origins(&mut self, scope: &Scope, expr: ExprId, marks: Marks, error: Diagnostic) -> Diagnostic {
        self.with_origins_in(scope, Repeat::Once, expr, marks, error)
    }

    /// The same for an expression in a block that is repeated, so that `each.value` is made of its `for_each`.
    pub(super) fn with_origins_in(
        &mut self,
        scope: &Scope,
        repeat: Repeat,
        expr: ExprId,
        marks: Marks,
        error: Diagnostic,
    ) -> Diagnostic {
        if marks.is_empty() {
            return error;
        }
        let mut found = Found { each: for_each(repeat), ..Found::default() };
        // What goes wrong on the way has been reported where it belongs.
        let mut scratch = Diagnostics::new();
        Run { ev: self.ev, lookup: self.lookup, diags: &mut scratch }.origins(scope, expr, marks, &mut found);
        found.origins.into_iter().take(MOST).fold(error, |error, origin| match origin.span {
            Some(span) => error.note_at(span, origin.text),
            None => error.note(format!("{}.", origin.text)),
        })
    }

    fn origins(&mut self, scope: &Scope, expr: ExprId, marks: Marks, found: &mut Found) {
        if !found.seen.insert((scope.at.0, expr)) {
            return;
        }
        let contents: &'p Contents = self.ev.state(scope.at).contents;
        if marks == Marks::SENSITIVE {
            calls_of_sensitive(contents, expr, found);
        }
        let mut chains = Vec::new();
        traversals(&contents.exprs, expr, 0, &mut chains);
        for chain in chains {
            let marked = self.value(scope.clone(), chain).is_ok_and(|(value, _)| value.marks_deep().contains(marks));
            if marked && let Some(reference) = root(contents, chain) {
                self.origin(scope, reference, contents.exprs.span(chain), marks, found);
            }
        }
    }

    fn origin(&mut self, scope: &Scope, reference: &'p Reference, span: Span, marks: Marks, found: &mut Found) {
        match reference {
            Reference::Variable(id) => self.variable_origin(scope.at, *id, marks, found),
            Reference::Local(id) => self.local_origin(scope.at, *id, marks, found),
            Reference::Module { call, output, .. } => {
                self.module_origin(scope.at, *call, output.as_deref(), marks, found);
            }
            Reference::Resource { resource, .. } => self.resource_origin(scope.at, *resource, marks, found),
            Reference::EachValue | Reference::EachKey => {
                if let Some(each) = found.each.take() {
                    self.origins(&Scope::module(scope.at), each, marks, found);
                }
            }
            Reference::Applying => found.add(Some(span), "terraform.applying is ephemeral".into()),
            _ => {}
        }
    }

    fn variable_origin(&mut self, at: At, id: VariableId, marks: Marks, found: &mut Found) {
        let contents: &'p Contents = self.ev.state(at).contents;
        let decl = &contents.variables[id.index()];
        let declared = (marks == Marks::EPHEMERAL && decl.ephemeral) || (marks == Marks::SENSITIVE && decl.sensitive);
        if declared {
            return found.add(Some(decl.span), format!("var.{} is declared {} here", decl.name, word(marks)));
        }
        let Some((parent, call, key)) = self.ev.state(at).parent.clone() else { return };
        let outer: &'p Contents = self.ev.state(parent).contents;
        let argument = outer.calls[call.index()].arguments.iter().find(|a| a.name == decl.name);
        let repetition = self.call_expansion(parent, call).map_or(Repetition::None, |e| e.repetition(&key));
        let scope = Scope { repetition, ..Scope::module(parent) };
        found.each = for_each(outer.calls[call.index()].repeat);
        if let Some(argument) = argument {
            self.origins(&scope, argument.expr, marks, found);
        }
    }

    fn local_origin(&mut self, at: At, id: LocalId, marks: Marks, found: &mut Found) {
        let expr = self.ev.state(at).contents.locals[id.index()].expr;
        self.origins(&Scope::module(at), expr, marks, found);
    }

    fn module_origin(&mut self, at: At, call: CallId, output: Option<&str>, marks: Marks, found: &mut Found) {
        let Some(child) = self.children(at, call).ok().flatten().and_then(|all| all.first().copied()) else { return };
        let contents: &'p Contents = self.ev.state(child).contents;
        let name = &self.ev.state(at).contents.calls[call.index()].name;
        for decl in contents.outputs.iter().filter(|o| output.is_none_or(|name| *o.name == *name)) {
            let declared =
                (marks == Marks::EPHEMERAL && decl.ephemeral) || (marks == Marks::SENSITIVE && decl.sensitive);
            if declared {
                found.add(Some(decl.span), format!("module.{name}.{} is declared {} here", decl.name, word(marks)));
            } else if let Some(expr) = decl.value {
                self.origins(&Scope::module(child), expr, marks, found);
            }
        }
    }

    fn resource_origin(&mut self, at: At, id: ResourceId, marks: Marks, found: &mut Found) {
        let contents: &'p Contents = self.ev.state(at).contents;
        let decl = &contents.resources[id.index()];
        let text = match decl.resource.mode {
            Mode::Ephemeral => format!("{} is an ephemeral resource", decl.resource),
            _ => format!("{} has {} attributes", decl.resource, word(marks)),
        };
        found.add(Some(decl.span), text);
    }
}

impl Found {
    fn add(&mut self, span: Option<Span>, text: String) {
        let origin = Origin { span, text };
        if !self.origins.contains(&origin) {
            self.origins.push(origin);
        }
    }
}

fn for_each(repeat: Repeat) -> Option<ExprId> {
    match repeat {
        Repeat::ForEach(expr) => Some(expr),
        Repeat::Once | Repeat::Count(_) | Repeat::Enabled(_) => None,
    }
}

fn word(marks: Marks) -> &'static str {
    if marks == Marks::EPHEMERAL { "ephemeral" } else { "sensitive" }
}

/// The reference that a chain of constant steps begins with.
pub(super) fn root(contents: &Contents, mut id: ExprId) -> Option<&Reference> {
    loop {
        match contents.exprs.node(id) {
            Node::Reference(reference) => return Some(reference),
            Node::GetAttr { base, .. } | Node::Index { base, .. } => id = *base,
            _ => return None,
        }
    }
}

/// Finds calls of `sensitive` within an expression.
fn calls_of_sensitive(contents: &Contents, expr: ExprId, found: &mut Found) {
    let mut rest = vec![expr];
    while let Some(id) = rest.pop() {
        let node = contents.exprs.node(id);
        if let Node::Call(call) = node
            && matches!(call.callee, Callee::Function(function) if function.name == "sensitive")
        {
            found.add(Some(call.name_span), "sensitive(…) is called here".into());
        }
        parts(node, &mut |part| rest.push(part));
    }
}
