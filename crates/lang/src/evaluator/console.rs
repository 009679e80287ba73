//! Expressions that are typed at a prompt.

use terrane_source::{Diagnostic, Diagnostics, FileId};
use terrane_value::{Type, Value};

use super::Evaluator;
use super::frame::Scope;
use super::memo::At;
use crate::ir::{Callee, ExprId, Exprs, Node};
use crate::lower::{Lowerer, Place};
use crate::program::Contents;
use crate::{Lookup, Stop, eval};

/// What a prompt answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The value of the expression.
    Value(Value),
    /// The type that `type(…)` asked for.
    Type(Type),
}

impl<'p> Evaluator<'p> {
    /// The answer to an expression typed at a prompt, as seen from the root module; `text` is all of `file`.
    pub fn answer(
        &mut self,
        file: FileId,
        text: &str,
        lookup: &dyn Lookup,
        diags: &mut Diagnostics,
    ) -> Result<Answer, Stop> {
        let (exprs, root) = self.typed(At::ROOT, file, text, diags)?;
        let asked = type_argument(&exprs, root);
        if let Some(call) = inner_type_call(&exprs, asked.unwrap_or(root)) {
            let detail = "The function \"type\" answers for a whole expression; it cannot be used within one.";
            let error = Diagnostic::error("Invalid use of type function", detail).at(exprs.span(call));
            return Err(diags.error(error.hint("Ask for the type alone: type(EXPRESSION)")).into());
        }
        let scope = Scope::module(At::ROOT);
        let (value, _) = self.run(lookup, diags).within(scope, &exprs, |eval| eval.value(asked.unwrap_or(root)))?;
        Ok(if asked.is_some() { Answer::Type(value.ty()) } else { Answer::Value(value) })
    }

    /// An expression that is typed in a module, resolved.
    pub(super) fn typed(
        &self,
        at: At,
        file: FileId,
        text: &str,
        diags: &mut Diagnostics,
    ) -> Result<(Exprs, ExprId), Stop> {
        let arena = terrane_syntax::Arena::new();
        let tree = terrane_syntax::parse_expression(file, text, 0, &arena, diags)?;
        let contents: &'p Contents = self.state(at).contents;
        let mut exprs = Exprs::default();
        let mut own = Diagnostics::new();
        let root = Lowerer::new(&contents.declared, &mut exprs, &mut own, Place::Console).expr(tree);
        let reported = own.reported();
        diags.extend(own);
        match reported {
            Some(reported) => Err(reported.into()),
            None => Ok((exprs, root)),
        }
    }
}

/// What the type is asked of, if the whole expression asks for a type.
fn type_argument(exprs: &Exprs, id: ExprId) -> Option<ExprId> {
    match exprs.node(id) {
        Node::Wrapped(inner) => type_argument(exprs, *inner),
        Node::Call(call) if matches!(call.callee, Callee::TypeOf) => call.args.first().copied(),
        _ => None,
    }
}

fn inner_type_call(exprs: &Exprs, root: ExprId) -> Option<ExprId> {
    let mut rest = vec![root];
    while let Some(id) = rest.pop() {
        let node = exprs.node(id);
        if matches!(node, Node::Call(call) if matches!(call.callee, Callee::TypeOf)) {
            return Some(id);
        }
        eval::parts(node, &mut |part| rest.push(part));
    }
    None
}
