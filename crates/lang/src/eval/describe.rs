//! Values and references in words, for explaining errors.

use terrane_source::Cause;
use terrane_value::{Kind, Marks, Refinement, Type, Value, quoted};

use crate::ir::{ExprId, Exprs, Node, Part, Reference};

/// A statement about a value, to follow its name: `is "x"`, `is list of string with 3 elements`; `None` if there is
/// nothing to say about it that explains an error of that cause.
pub(crate) fn describe(value: &Value, cause: Cause) -> Option<String> {
    let secret = |word: &str| (cause == Cause::Confidential).then(|| format!("has {word} value"));
    if value.marks().contains(Marks::SENSITIVE) {
        return secret("a sensitive");
    }
    if value.marks().contains(Marks::EPHEMERAL) {
        return secret("an ephemeral");
    }
    match value.kind() {
        Kind::Unknown(ty, refinement) => unknown(ty, refinement, cause),
        _ => Some(format!("is {}", known(value))),
    }
}

fn unknown(ty: &Type, refinement: &Refinement, cause: Cause) -> Option<String> {
    let later = cause == Cause::Unknown;
    let name = match ty {
        Type::Any if later => return Some("will be known only after apply".into()),
        Type::Any => return None,
        ty => ty.friendly(),
    };
    let length = match refinement.length {
        _ if !later => return Some(format!("is a {name}")),
        Some((least, Some(most))) if least == most => format!(" of length {least}"),
        Some((0, Some(most))) => format!(" with up to {most} elements"),
        Some((least, Some(most))) => format!(" with between {least} and {most} elements"),
        Some((least, None)) if least > 0 => format!(" with at least {least} elements"),
        _ => String::new(),
    };
    Some(format!("is a {name}{length}, known only after apply"))
}

fn known(value: &Value) -> String {
    match value.kind() {
        Kind::Null(_) => "null".into(),
        Kind::Unknown(..) => "not yet known".into(),
        Kind::Bool(b) => b.to_string(),
        Kind::Number(n) => rounded(&n.to_string()),
        Kind::String(s) => shortened(s),
        Kind::List(_, items) | Kind::Set(_, items) => counted(&value.ty().friendly(), items.len()),
        Kind::Map(_, fields) => counted(&value.ty().friendly(), fields.len()),
        Kind::Tuple(items) => counted("tuple", items.len()),
        Kind::Object(fields) => match &fields.names()[..] {
            [] => "object with no attributes".into(),
            [name] => format!("object with 1 attribute {}", quoted(name)),
            names => format!("object with {} attributes", names.len()),
        },
    }
}

/// A text in quotes; the end of a long one is left out.
pub(super) fn shortened(text: &str) -> String {
    const MOST: usize = 200;
    match text.char_indices().nth(MOST) {
        Some((cut, _)) => format!("{}…", quoted(&text[..cut])),
        None => quoted(text),
    }
}

fn counted(what: &str, count: usize) -> String {
    match count {
        0 => format!("empty {what}"),
        1 => format!("{what} with 1 element"),
        n => format!("{what} with {n} elements"),
    }
}

/// A decimal number with at most ten significant digits.
fn rounded(number: &str) -> String {
    const MOST: usize = 10;
    let digits = number.chars().filter(char::is_ascii_digit).collect::<String>();
    match digits.trim_matches('0').len() {
        0..=MOST => number.to_owned(),
        _ => number.parse::<f64>().map_or_else(|_| number.to_owned(), |n| scientific(n, MOST)),
    }
}

/// A number rounded to a number of significant digits, as `%g` writes it.
fn scientific(number: f64, digits: usize) -> String {
    let text = format!("{number:.*e}", digits - 1);
    let Some((mantissa, exponent)) = text.split_once('e') else { return text };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trimmed = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    match exponent {
        -4..10 => trimmed(&format!("{number:.*}", usize::try_from(9 - exponent).unwrap_or(0))),
        _ => format!("{}e{}{:02}", trimmed(mantissa), if exponent < 0 { '-' } else { '+' }, exponent.abs()),
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
