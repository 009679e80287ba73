//! Where the parts of a value are written.

use terrane_source::Span;
use terrane_value::Step;

use crate::ir::{ExprId, Exprs, Node};
use crate::program::Body;

/// Where the part of a body at a path is written; as near as can be said, `None` if nothing of it is written.
pub(super) fn of(exprs: &Exprs, body: &Body, path: &[Step]) -> Option<Span> {
    match found(exprs, body, path)? {
        Found::Expr(expr) => Some(exprs.span(expr)),
        Found::Block(header) => Some(header),
    }
}

/// The expression of the part of a body at a path, as near as can be said; `None` if it is not written as one.
pub(super) fn expr_of(exprs: &Exprs, body: &Body, path: &[Step]) -> Option<ExprId> {
    match found(exprs, body, path)? {
        Found::Expr(expr) => Some(expr),
        Found::Block(_) => None,
    }
}

/// What a path leads to.
enum Found {
    Expr(ExprId),
    /// The header of a block.
    Block(Span),
}

fn found(exprs: &Exprs, body: &Body, path: &[Step]) -> Option<Found> {
    let (first, rest) = path.split_first()?;
    let Step::Attr(name) = first else { return None };
    if let Some(argument) = body.attribute(name) {
        return Some(Found::Expr(within(exprs, argument.expr, rest)));
    }
    let mut blocks = body.blocks.iter().filter(|b| b.ty == *name);
    let place = match rest.first() {
        Some(Step::Index(key)) => key.as_i64().and_then(|i| usize::try_from(i).ok()),
        _ => None,
    };
    let rest = if matches!(rest.first(), Some(Step::Index(_))) { &rest[1..] } else { rest };
    // Behind a dynamic block there may be any number of blocks, so that it answers for all that follow.
    let block = blocks.clone().find(|b| b.dynamic.is_some()).or_else(|| blocks.nth(place.unwrap_or(0)))?;
    Some(found(exprs, &block.body, rest).unwrap_or(Found::Block(block.header)))
}

/// The part of a constructor expression at a path, or all of the expression.
fn within(exprs: &Exprs, expr: ExprId, path: &[Step]) -> ExprId {
    let Some((first, rest)) = path.split_first() else { return expr };
    let part = match (exprs.node(expr), first) {
        (Node::Wrapped(inner), _) => return within(exprs, *inner, path),
        (Node::Tuple(items), Step::Index(key)) => {
            key.as_i64().and_then(|i| usize::try_from(i).ok()).and_then(|i| items.get(i)).copied()
        }
        (Node::Object(items), Step::Attr(name)) => item(exprs, items, name),
        (Node::Object(items), Step::Index(key)) => key.as_str().and_then(|name| item(exprs, items, name)),
        _ => None,
    };
    part.map_or(expr, |part| within(exprs, part, rest))
}

fn item(exprs: &Exprs, items: &[(ExprId, ExprId)], name: &str) -> Option<ExprId> {
    let named = |key: ExprId| matches!(exprs.node(key), Node::Literal(value) if value.as_str() == Some(name));
    items.iter().rev().find(|(key, _)| named(*key)).map(|(_, value)| *value)
}
