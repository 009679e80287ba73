//! The tree as text, for tests and debugging.

use std::fmt::Write;

use crate::json::{Json, JsonKind};
use crate::tree::{
    Access, Block, Body, Expr, ExprKind, Ident, Item, List, Literal, ObjectKey, Part, SplatKind, UnaryOp,
};

/// The body as text: an item to a line, expressions as `(operator operands)`. Spans are left out.
pub fn dump(body: &Body<'_>) -> String {
    let mut out = String::new();
    dump_body(&mut out, body, 0);
    out
}

/// The value in the notation of [`dump`].
pub fn dump_json(value: &Json<'_>) -> String {
    let mut out = String::new();
    json(&mut out, value);
    out
}

/// The expression in the notation of [`dump`].
pub fn dump_expression(expression: Expr<'_>) -> String {
    let mut out = String::new();
    expr(&mut out, expression);
    out
}

fn dump_body(out: &mut String, body: &Body<'_>, depth: usize) {
    for item in body.items {
        out.push_str(&"  ".repeat(depth));
        match item {
            Item::Attribute(attribute) => {
                let _ = write!(out, "{} = ", attribute.name.text);
                expr(out, attribute.expr);
                out.push('\n');
            }
            Item::Block(block) => dump_block(out, &block, depth),
        }
    }
}

fn dump_block(out: &mut String, block: &Block<'_>, depth: usize) {
    out.push_str(block.ty.text);
    for label in block.labels {
        out.push(' ');
        if label.quoted { string(out, label.text) } else { out.push_str(label.text) }
    }
    out.push_str(" {\n");
    dump_body(out, &block.body, depth + 1);
    let _ = writeln!(out, "{}}}", "  ".repeat(depth));
}

fn expr(out: &mut String, e: Expr<'_>) {
    match e.kind() {
        ExprKind::Literal(value) => literal(out, &value),
        ExprKind::Template(parts) => list(out, "template", parts, part),
        ExprKind::TemplateWrap(inner) => list(out, "wrap", [inner], expr),
        ExprKind::Variable(name) => out.push_str(name),
        ExprKind::GetAttr { base, name } => get_attr(out, |out| expr(out, base), &name),
        ExprKind::Index { base, key, legacy } => index(out, |out| expr(out, base), key, legacy),
        ExprKind::Splat(s) => splat(out, |out| expr(out, s.base), s.kind, s.each),
        ExprKind::Tuple(elements) => list(out, "tuple", elements, expr),
        ExprKind::Object(items) => list(out, "object", items, |out, item| {
            out.push('(');
            match item.key {
                ObjectKey::Name(name) => out.push_str(name.text),
                ObjectKey::Expr(key) => list(out, "key", [key], expr),
            }
            out.push(' ');
            expr(out, item.value);
            out.push(')');
        }),
        ExprKind::ForTuple(f) => {
            for_intro(out, "for[]", &f.key, &f.value);
            list_tail(out, [Some(f.collection), Some(f.result), f.cond].into_iter().flatten(), expr);
        }
        ExprKind::ForObject(f) => {
            for_intro(out, if f.grouping { "for{...}" } else { "for{}" }, &f.key, &f.value);
            let parts = [Some(f.collection), Some(f.key_result), Some(f.value_result), f.cond];
            list_tail(out, parts.into_iter().flatten(), expr);
        }
        ExprKind::Unary { op, operand } => {
            list(out, if op == UnaryOp::Neg { "-" } else { "!" }, [operand], expr);
        }
        ExprKind::Binary { op, lhs, rhs, .. } => list(out, op.symbol(), [lhs, rhs], expr),
        ExprKind::Conditional(c) => list(out, "?", [c.cond, c.then, c.else_], expr),
        ExprKind::Call(call) => {
            let head = format!("call{} {}", if call.expand_last { "..." } else { "" }, call.name);
            list(out, &head, call.args, expr);
        }
        ExprKind::Parens(inner) => list(out, "parens", [inner], expr),
        ExprKind::Json(value) => list(out, "json", [value], json),
    }
}

fn list<T>(out: &mut String, head: &str, items: impl IntoIterator<Item = T>, f: impl Fn(&mut String, T)) {
    let _ = write!(out, "({head}");
    list_tail(out, items, f);
}

fn list_tail<T>(out: &mut String, items: impl IntoIterator<Item = T>, f: impl Fn(&mut String, T)) {
    for item in items {
        out.push(' ');
        f(out, item);
    }
    out.push(')');
}

fn for_intro(out: &mut String, head: &str, key: &Option<Ident<'_>>, value: &Ident<'_>) {
    let key = key.map_or("_", |k| k.text);
    let _ = write!(out, "({head} {key} {}", value.text);
}

fn literal(out: &mut String, value: &Literal<'_>) {
    match value {
        Literal::Null => out.push_str("null"),
        Literal::Bool(b) => {
            let _ = write!(out, "{b}");
        }
        Literal::Number(text) => out.push_str(text),
        Literal::String(text) => string(out, text),
    }
}

fn string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.push('"');
}

fn json(out: &mut String, value: &Json<'_>) {
    match &value.kind {
        JsonKind::Null => out.push_str("null"),
        JsonKind::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        JsonKind::Number(text) => out.push_str(text),
        JsonKind::String(text) => string(out, text.text),
        JsonKind::Array(items) => list(out, "tuple", *items, json),
        JsonKind::Object(properties) => list(out, "object", *properties, |out, property| {
            out.push('(');
            string(out, property.name.text);
            out.push(' ');
            json(out, &property.value);
            out.push(')');
        }),
    }
}

fn part(out: &mut String, p: Part<'_>) {
    match p {
        Part::Literal(text) => string(out, text),
        Part::Interpolation(e) => expr(out, e),
        Part::If(i) => {
            out.push_str("(if ");
            expr(out, i.cond);
            out.push(' ');
            list(out, "then", i.then, part);
            out.push(' ');
            list(out, "else", i.else_, part);
            out.push(')');
        }
        Part::For(f) => {
            for_intro(out, "for", &f.key, &f.value);
            out.push(' ');
            expr(out, f.collection);
            list_tail(out, f.body, part);
        }
    }
}

fn get_attr(out: &mut String, base: impl FnOnce(&mut String), name: &Ident<'_>) {
    out.push_str("(. ");
    base(out);
    let _ = write!(out, " {})", name.text);
}

fn index(out: &mut String, base: impl FnOnce(&mut String), key: Expr<'_>, legacy: bool) {
    out.push_str(if legacy { "(.[] " } else { "([] " });
    base(out);
    out.push(' ');
    expr(out, key);
    out.push(')');
}

fn splat(out: &mut String, base: impl FnOnce(&mut String), kind: SplatKind, each: List<'_, Access<'_>>) {
    out.push_str(if kind == SplatKind::Full { "([*] " } else { "(.* " });
    base(out);
    out.push(' ');
    accesses(out, each);
    out.push(')');
}

/// The accesses applied to `@`, the element of a splat.
fn accesses(out: &mut String, each: List<'_, Access<'_>>) {
    let each: Vec<Access<'_>> = each.iter().collect();
    steps(out, &each);
}

fn steps(out: &mut String, each: &[Access<'_>]) {
    let Some((last, before)) = each.split_last() else { return out.push('@') };
    let base = |out: &mut String| steps(out, before);
    match last {
        Access::Attr(name) => get_attr(out, base, name),
        Access::Index { key, legacy, .. } => index(out, base, *key, *legacy),
        Access::Splat { kind, each, .. } => splat(out, base, *kind, *each),
    }
}
