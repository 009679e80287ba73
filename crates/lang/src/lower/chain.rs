//! A root with the steps after it, read from a nested tree.

use terrane_source::{Diagnostic, Span};
use terrane_syntax as syn;

/// `root.a[b].c` as a root and its steps.
pub(crate) struct Chain<'s> {
    pub root: syn::Expr<'s>,
    pub steps: Vec<Step<'s>>,
}

/// One step of a chain. `span` is from the beginning of the root to the end of the step.
pub(crate) enum Step<'s> {
    Attr { name: syn::Ident<'s>, span: Span },
    Index { key: syn::Expr<'s>, span: Span },
}

impl Step<'_> {
    pub(crate) fn span(&self) -> Span {
        match self {
            Step::Attr { span, .. } | Step::Index { span, .. } => *span,
        }
    }
}

impl<'s> Chain<'s> {
    pub(crate) fn of(expr: syn::Expr<'s>) -> Chain<'s> {
        let mut steps = Vec::new();
        let mut root = expr;
        loop {
            root = match root.kind() {
                syn::ExprKind::GetAttr { base, name } => {
                    steps.push(Step::Attr { name, span: root.span() });
                    base
                }
                syn::ExprKind::Index { base, key, .. } => {
                    steps.push(Step::Index { key, span: root.span() });
                    base
                }
                _ => break,
            };
        }
        steps.reverse();
        Chain { root, steps }
    }

    /// The name the chain begins with.
    pub(crate) fn name(&self) -> Option<&'s str> {
        match self.root.kind() {
            syn::ExprKind::Variable(name) => Some(name),
            _ => None,
        }
    }

    /// The name the chain begins with, where `null`, `true` and `false` are names like others.
    pub(crate) fn word(&self) -> Option<&'s str> {
        match self.root.kind() {
            syn::ExprKind::Literal(syn::Literal::Null) => Some("null"),
            syn::ExprKind::Literal(syn::Literal::Bool(value)) => Some(if value { "true" } else { "false" }),
            _ => self.name(),
        }
    }

    /// The place of the root with its first `steps`, or as many as there are.
    pub(crate) fn span_of(&self, steps: usize) -> Span {
        match self.steps.get(..steps.min(self.steps.len())).and_then(<[_]>::last) {
            Some(step) => step.span(),
            None => self.root.span(),
        }
    }

    /// The first step, which must be an attribute.
    pub(crate) fn attr(&self, root: &str) -> Result<syn::Ident<'s>, Diagnostic> {
        match self.steps.first() {
            Some(Step::Attr { name, .. }) => Ok(*name),
            _ => {
                let detail = format!(
                    "The \"{root}\" object cannot be accessed directly. Instead, access one of its attributes."
                );
                Err(Diagnostic::error("Invalid reference", detail).at(self.span_of(1)))
            }
        }
    }
}
