//! Values and references in words, for explaining errors.

use terrane_value::{Kind, Marks, Value};

use crate::ir::{ExprId, Exprs, Node, Part, Reference};

/// A value in a few words that follow `is`: `"x"`, `list of string with 3 elements`.
pub(crate) fn describe(value: &Value) -> String {
    if value.marks().contains(Marks::SENSITIVE) {
        return "a sensitive value".into();
    }
    if value.marks().contains(Marks::EPHEMERAL) {
        return "an ephemeral value".into();
    }
    match value.kind() {
        Kind::Null(_) => "null".into(),
        Kind::Unknown(..) => "known only after apply".into(),
        Kind::Bool(b) => b.to_string(),
        Kind::Number(n) => n.to_string(),
        Kind::String(s) => quoted(s),
        Kind::List(_, items) | Kind::Set(_, items) => counted(&value.ty().friendly(), items.len(), "element"),
        Kind::Map(_, fields) => counted(&value.ty().friendly(), fields.len(), "element"),
        Kind::Tuple(items) => counted("tuple", items.len(), "element"),
        Kind::Object(fields) => counted("object", fields.len(), "attribute"),
    }
}

fn quoted(text: &str) -> String {
    const MOST: usize = 200;
    match text.char_indices().nth(MOST) {
        Some((cut, _)) => format!("{:?}…", &text[..cut]),
        None => format!("{text:?}"),
    }
}

fn counted(what: &str, count: usize, unit: &str) -> String {
    match count {
        0 => format!("{what} with no {unit}s"),
        1 => format!("{what} with 1 {unit}"),
        n => format!("{what} with {n} {unit}s"),
    }
}

/// The references within an expression, each with as many constant steps as follow it; names bound within the
/// expression itself (slots from `bound`) are left out.
pub(crate) fn traversals(exprs: &Exprs, id: ExprId, bound: u32, out: &mut Vec<ExprId>) {
    stacker::maybe_grow(96 * 1024, 1024 * 1024, || collect(exprs, id, bound, out));
}

fn collect(exprs: &Exprs, id: ExprId, bound: u32, out: &mut Vec<ExprId>) {
    if let Some(root) = constant_chain(exprs, id) {
        if !matches!(root, Reference::Bound { slot, .. } if *slot >= bound) {
            out.push(id);
        }
        return;
    }
    parts(exprs.node(id), &mut |part| traversals(exprs, part, bound, out));
}

/// The reference an expression consists of, if only constant steps follow it.
fn constant_chain(exprs: &Exprs, mut id: ExprId) -> Option<&Reference> {
    loop {
        match exprs.node(id) {
            Node::Reference(reference) => {
                let key = match reference {
                    Reference::Resource { key, .. } | Reference::Module { key, .. } => *key,
                    _ => None,
                };
                let constant = key.is_none_or(|key| matches!(exprs.node(key), Node::Literal(_)));
                return constant.then_some(reference);
            }
            Node::GetAttr { base, .. } => id = *base,
            Node::Index { base, key } if matches!(exprs.node(*key), Node::Literal(_)) => id = *base,
            _ => return None,
        }
    }
}

/// Calls `f` with the direct parts of an expression.
pub(crate) fn parts(node: &Node, f: &mut dyn FnMut(ExprId)) {
    let mut all = |ids: &[ExprId]| ids.iter().for_each(|id| f(*id));
    match node {
        Node::Literal(_) | Node::Invalid | Node::Wrong(_) => {}
        Node::Reference(Reference::Resource { key, .. } | Reference::Module { key, .. }) => all(key.as_slice()),
        Node::Reference(_) => {}
        Node::Template(parts) => parts.iter().for_each(|part| match part {
            Part::Text(_) => {}
            Part::Value(id) | Part::For(id) => all(&[*id]),
            Part::If { cond, then, else_ } => all(&[*cond, *then, *else_]),
        }),
        Node::GetAttr { base, .. } => all(&[*base]),
        Node::Index { base, key } => all(&[*base, *key]),
        Node::Splat { source, each, .. } => all(&[*source, *each]),
        Node::Tuple(items) => all(items),
        Node::Object(items) => items.iter().for_each(|(key, value)| all(&[*key, *value])),
        Node::For(x) => {
            all(&[x.collection, x.result]);
            all(x.key_result.as_slice());
            all(x.cond.as_slice());
        }
        Node::Unary(_, operand) | Node::Wrapped(operand) => all(&[*operand]),
        Node::Binary(_, lhs, rhs) => all(&[*lhs, *rhs]),
        Node::Conditional { cond, then, else_ } => all(&[*cond, *then, *else_]),
        Node::Call(call) => all(&call.args),
    }
}
