//! Our trees against those of hcl-rs, on what the two agree about.
//!
//! Left out, as hcl-rs reads it otherwise than HCL does: newlines within `for`, equal keys of an object, `<<-`, numbers
//! beyond 64 bits, splats followed by indexes.
#![allow(clippy::unwrap_used)]

use hcl::edit::Ident;
use hcl::edit::expr::{BinaryOperator, Expression, ForExpr, ObjectKey, Traversal, TraversalOperator, UnaryOperator};
use hcl::edit::structure::{Block, BlockLabel, Body, Structure};
use hcl::edit::template::{Directive, Element, Template};
use proptest::prelude::*;
use terrane_source::{Diagnostics, FileId};
use terrane_syntax::{Arena, dump, parse};

fn ours(text: &str) -> Result<String, String> {
    let mut diags = Diagnostics::new();
    let arena = Arena::new();
    let body = parse(FileId(0), text, &arena, &mut diags);
    if diags.is_empty() { Ok(dump(&body)) } else { Err(format!("{diags:?}")) }
}

fn theirs(text: &str) -> Result<String, String> {
    let parsed: Result<Body, _> = text.parse();
    parsed.map(|body| dump_body(&body, 0)).map_err(|e| e.to_string())
}

/// Checks that both read the same tree.
#[track_caller]
fn check(text: &str) {
    assert_eq!(ours(text), theirs(text), "{text}");
}

// Their tree in the notation of ours.

fn dump_body(body: &Body, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    let item = |structure: &Structure| match structure {
        Structure::Attribute(a) => format!("{indent}{} = {}\n", a.key.as_str(), expr(&a.value)),
        Structure::Block(b) => format!("{indent}{}{}{indent}}}\n", header(b), dump_body(&b.body, depth + 1)),
    };
    body.iter().map(item).collect()
}

fn header(block: &Block) -> String {
    let label = |label: &BlockLabel| match label {
        BlockLabel::Ident(name) => format!(" {}", name.as_str()),
        BlockLabel::String(text) => format!(" {}", string(text.as_str())),
    };
    format!("{}{} {{\n", block.ident.as_str(), block.labels.iter().map(label).collect::<String>())
}

fn list<'a, T: 'a>(head: &str, items: impl IntoIterator<Item = &'a T>, f: impl Fn(&T) -> String) -> String {
    format!("({head}{})", items.into_iter().map(|item| format!(" {}", f(item))).collect::<String>())
}

fn string(text: &str) -> String {
    let escape = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        '\n' => "\\n".into(),
        '\t' => "\\t".into(),
        c => c.into(),
    };
    format!("\"{}\"", text.chars().map(escape).collect::<String>())
}

fn expr(e: &Expression) -> String {
    match e {
        Expression::Null(_) => "null".into(),
        Expression::Bool(b) => b.value().to_string(),
        Expression::Number(n) => n.value().to_string(),
        Expression::String(s) => string(s.as_str()),
        Expression::Array(a) => list("tuple", a.iter(), expr),
        Expression::Object(o) => {
            let item = |(key, value): (&ObjectKey, &hcl::edit::expr::ObjectValue)| match key {
                ObjectKey::Ident(name) => format!(" ({} {})", name.as_str(), expr(value.expr())),
                ObjectKey::Expression(key) => format!(" ((key {}) {})", expr(key), expr(value.expr())),
            };
            format!("(object{})", o.iter().map(item).collect::<String>())
        }
        Expression::StringTemplate(t) => match t.as_single_element() {
            Some(Element::Interpolation(i)) => format!("(wrap {})", expr(&i.expr)),
            _ => list("template", t.iter(), element),
        },
        Expression::HeredocTemplate(h) => match h.template.as_single_element() {
            Some(Element::Literal(text)) => string(text.as_str()),
            _ => template("template", &h.template),
        },
        Expression::Parenthesis(inner) => format!("(parens {})", expr(inner.inner())),
        Expression::Variable(name) => name.as_str().into(),
        Expression::Conditional(c) => list("?", [&c.cond_expr, &c.true_expr, &c.false_expr], expr),
        Expression::FuncCall(f) => {
            let names: Vec<&str> = f.name.namespace.iter().chain([&f.name.name]).map(|n| n.as_str()).collect();
            let head = if f.args.expand_final() { "call..." } else { "call" };
            list(&format!("{head} {}", names.join("::")), f.args.iter(), expr)
        }
        Expression::Traversal(t) => traversal(t),
        Expression::UnaryOp(u) => {
            let symbol = if *u.operator.value() == UnaryOperator::Neg { "-" } else { "!" };
            list(symbol, [&u.expr], expr)
        }
        Expression::BinaryOp(b) => list(binary(*b.operator.value()), [&b.lhs_expr, &b.rhs_expr], expr),
        Expression::ForExpr(f) => for_expr(f),
    }
}

fn binary(op: BinaryOperator) -> &'static str {
    op.as_str()
}

fn template(head: &str, template: &Template) -> String {
    list(head, template.iter(), element)
}

fn element(element: &Element) -> String {
    match element {
        Element::Literal(text) => string(text.as_str()),
        Element::Interpolation(i) => expr(&i.expr),
        Element::Directive(d) => directive(d),
    }
}

fn directive(d: &Directive) -> String {
    match d {
        Directive::If(d) => {
            let else_ = d.else_expr.as_ref().map_or("(else)".into(), |e| template("else", &e.template));
            format!("(if {} {} {else_})", expr(&d.if_expr.cond_expr), template("then", &d.if_expr.template))
        }
        Directive::For(d) => {
            let f = &d.for_expr;
            let names = names(f.key_var.as_deref(), &f.value_var);
            template(&format!("for {names} {}", expr(&f.collection_expr)), &f.template)
        }
    }
}

fn names(key: Option<&Ident>, value: &Ident) -> String {
    format!("{} {}", key.map_or("_", |k| k.as_str()), value.as_str())
}

fn for_expr(f: &ForExpr) -> String {
    let head = match (&f.key_expr, f.grouping) {
        (None, _) => "for[]",
        (Some(_), false) => "for{}",
        (Some(_), true) => "for{...}",
    };
    let names = names(f.intro.key_var.as_deref(), &f.intro.value_var);
    let cond = f.cond.as_ref().map(|c| &c.expr);
    let parts = [Some(&f.intro.collection_expr), f.key_expr.as_ref(), Some(&f.value_expr), cond];
    list(&format!("{head} {names}"), parts.into_iter().flatten(), expr)
}

fn traversal(t: &Traversal) -> String {
    let operators: Vec<&TraversalOperator> = t.operators.iter().map(|o| o.value()).collect();
    access(expr(&t.expr), &operators)
}

/// Applies operators; those after a splat are applied to `@`.
fn access(base: String, operators: &[&TraversalOperator]) -> String {
    let Some((first, rest)) = operators.split_first() else { return base };
    match first {
        TraversalOperator::GetAttr(name) => access(format!("(. {base} {})", name.as_str()), rest),
        TraversalOperator::Index(key) => access(format!("([] {base} {})", expr(key)), rest),
        TraversalOperator::LegacyIndex(n) => access(format!("(.[] {base} {})", n.value()), rest),
        TraversalOperator::FullSplat(_) => format!("([*] {base} {})", access("@".into(), rest)),
        TraversalOperator::AttrSplat(_) => format!("(.* {base} {})", access("@".into(), rest)),
    }
}

// Inputs.

#[test]
fn they_agree_on_examples() {
    check("a = 1\nb \"c\" d {\n  e = \"f\"\n  g {}\n}\n");
    check("a = b.c[0].d[\"e\"][*].f\nb = g.*.h\nc = i.0.j\n");
    check("a = 1 + 2 * 3 - 4 / 5 % 6 == 7 && !b || c != -d\n");
    check("a = b ? c : d ? e : f\n");
    check("a = x::y(1, [2, 3]...)\nb = z(\n  1,\n)\n");
    check("a = { b = 1, \"c\" : 2, (d) = 3\n  e = 4 }\n");
    check("a = [for k, v in b : v if k != 0]\nb = {for v in c : v => 1...}\n");
    check("a = \"x${b}%{ if c }d%{ else }e%{ endif }$${f}\"\n");
    check("a = \"%{ for k, v in b }${k}%{ endfor }\"\n");
    check("a = <<EOT\nx ${y}\n  z\nEOT\n");
    check("a = \"${b}\"\nc = \"${~ d ~}\"\n");
}

const NAMES: &[&str] = &["a", "b_c", "d-e", "var", "each", "for1"];
const OPERATORS: &[&str] = &["+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||"];

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(NAMES).prop_map(str::to_string)
}

fn leaf() -> impl Strategy<Value = String> {
    let constant =
        prop::sample::select(&["null", "true", "0", "12", "3.5", "\"\"", "\"s \\n\\\"é$ %\"", "\"$${a}\""][..]);
    prop_oneof![name(), constant.prop_map(str::to_string)]
}

/// The text of an expression that can stand anywhere.
fn term() -> impl Strategy<Value = String> {
    leaf().prop_recursive(5, 40, 4, |inner| {
        let e = inner.clone();
        let many = prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            (e.clone(), prop::sample::select(OPERATORS), e.clone()).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            (e.clone(), prop::sample::select(OPERATORS), e.clone(), prop::sample::select(OPERATORS), e.clone())
                .prop_map(|(a, o, b, p, c)| format!("({a} {o} {b} {p} {c})")),
            (e.clone(), e.clone(), e.clone()).prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
            (prop::sample::select(&["-", "!"][..]), name()).prop_map(|(op, a)| format!("{op}{a}")),
            (name(), name()).prop_map(|(a, b)| format!("{a}.{b}")),
            (name(), e.clone()).prop_map(|(a, b)| format!("{a}[{b}]")),
            (name(), name()).prop_map(|(a, b)| format!("{a}[*].{b}")),
            (name(), name()).prop_map(|(a, b)| format!("{a}.*.{b}")),
            (name(), many.clone()).prop_map(|(f, args)| format!("{f}({})", args.join(", "))),
            many.clone().prop_map(|items| format!("[{}]", items.join(", "))),
            many.prop_map(|items| {
                let item = |(i, value): (usize, &String)| format!("k{i} = {value}\n");
                format!("{{\n{}}}", items.iter().enumerate().map(item).collect::<String>())
            }),
            (name(), e.clone(), e.clone()).prop_map(|(v, c, r)| format!("[for {v} in {c} : {r}]")),
            (name(), name(), e.clone(), e.clone(), e.clone())
                .prop_map(|(k, v, c, r, i)| format!("{{for {k}, {v} in {c} : {r} => {v} if {i}}}")),
            e.clone().prop_map(|a| format!("\"x ${{{a}}} y\"")),
            (e.clone(), e).prop_map(|(a, b)| format!("\"%{{ if {a} }}t${{{b}}}%{{ else }}f%{{ endif }}\"")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn they_agree_on_expressions(text in term()) {
        let text = format!("a = {text}\nb {{\n  c = {text}\n}}\n");
        prop_assert_eq!(ours(&text), theirs(&text), "{}", text);
    }
}
