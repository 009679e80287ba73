//! What texts are parsed to.
#![allow(clippy::unwrap_used)]

use terrane_source::{Diagnostics, FileId, Files, Style, render};
use terrane_syntax::{
    Access, Arena, Body, Expr, ExprKind, Item, ObjectKey, dump, dump_expression, parse, parse_expression,
    parse_template,
};

fn parsed<'t>(text: &'t str, arena: &'t Arena) -> Body<'t> {
    let (mut files, mut diags) = (Files::new(), Diagnostics::new());
    let body = parse(files.add("main.tf", text), text, arena, &mut diags);
    let errors: String = diags.iter().map(|d| render(d, &files, Style { color: false })).collect();
    assert!(diags.is_empty(), "{text}\n{errors}");
    body
}

#[track_caller]
fn check(text: &str, tree: &str) {
    assert_eq!(dump(&parsed(text, &Arena::new())).trim_end(), tree, "{text}");
}

/// Checks an expression, in a body and on its own.
#[track_caller]
fn check_expr(text: &str, tree: &str) {
    check(&format!("a = {text}\n"), &format!("a = {tree}"));
    let arena = Arena::new();
    let expr = parse_expression(FileId(0), text, 0, &arena, &mut Diagnostics::new()).unwrap();
    assert_eq!(dump_expression(expr), tree, "{text}");
}

#[test]
fn bodies() {
    check("", "");
    check("\u{feff}a = 1", "a = 1");
    check("a = 1 # c\n// d\n/* e\n f */ b = 2\r\n", "a = 1\nb = 2");
    check("a {\n}\nb \"x\" y {\n  c = 1\n\n  d {}\n}\n", "a {\n}\nb \"x\" y {\n  c = 1\n  d {\n  }\n}");
    check("a { b = 1 } # c\nd {}", "a {\n  b = 1\n}\nd {\n}");
    check("a \"q\\\"\\n$${x}\" {}", "a \"q\\\"\\n${x}\" {\n}");
    check("a { # c\n  b = 1\n} /* d */\n", "a {\n  b = 1\n}");
    check("a-b = 1\né = 2\n_c1 = 3", "a-b = 1\né = 2\n_c1 = 3");
}

#[test]
fn names_and_strings_are_in_normal_form_c() {
    check("e\u{301} = \"e\u{301}\"", "é = \"é\"");
    check("b \"e\u{301}\" {}", "b \"é\" {\n}");
    check_expr("x.e\u{301}", "(. x é)");
    check_expr("<<E\ne\u{301}${x}\nE\n", "(template \"é\" x \"\\n\")");
}

#[test]
fn literals() {
    check_expr("null", "null");
    check_expr("true", "true");
    check_expr("\"\"", "\"\"");
    check_expr(
        "123456789012345678901234567890.12345678901234567890",
        "123456789012345678901234567890.12345678901234567890",
    );
    check_expr("1.5E-3", "1.5E-3");
    check_expr("007", "007");
    check_expr(r#""\n\r\t\"\\\u00e9\U0001F600""#, "\"\\n\\r\\t\\\"\\\\é😀\"");
    check_expr("\"$ % $$ %% $${a} %%{b} $$${c}\"", "\"$ % $$ %% ${a} %{b} $${c}\"");
}

#[test]
fn operators_bind_as_documented() {
    check_expr("1 + 2 * 3 - 4", "(- (+ 1 (* 2 3)) 4)");
    check_expr("a || b && c == d < e + f % -g", "(|| a (&& b (== c (< d (+ e (% f (- g)))))))");
    check_expr("-a.b[0]", "(- ([] (. a b) 0))");
    check_expr("!!a", "(! (! a))");
    check_expr("a ? b : c ? d : e", "(? a b (? c d e))");
    check_expr("a ? b ? c : d : e", "(? a (? b c d) e)");
    check_expr("(a + b) * c", "(* (parens (+ a b)) c)");
    check_expr("a >= b != c <= d", "(!= (>= a b) (<= c d))");
}

#[test]
fn newlines_are_blanks_in_brackets_only() {
    check_expr("(a\n+\nb)", "(parens (+ a b))");
    check_expr("[\na,\n\nb\n,\n]", "(tuple a b)");
    check_expr("f(\na\n,\nb\n)", "(call f a b)");
    check_expr("a[\n0\n]", "([] a 0)");
    check_expr("\"${\na\n? b # c\n: c\n}\"", "(wrap (? a b c))");
    check_expr("{\n  a = 1 # c\n\n  b = [\n    2\n  ]\n}", "(object (a 1) (b (tuple 2)))");
    check_expr("{for k, v\n in x\n: k\n=> a ||\nb\n? c\n: d\nif e\n&& f}", "(for{} k v x k (? (|| a b) c d) (&& e f))");
    check("a = [for\r\n x in y :\r\n x]\r\n", "a = (for[] _ x y x)");
}

#[test]
fn what_follows_a_term() {
    check_expr("a.b.c", "(. (. a b) c)");
    check_expr("a[\"b\"][c.d]", "([] ([] a \"b\") (. c d))");
    check_expr("foo.0.bar", "(. (.[] foo 0) bar)");
    check_expr("b.00", "(.[] b 00)");
    check_expr("foo.*.bar.0", "(.* foo (.[] (. @ bar) 0))");
    check_expr("foo.*.bar[0].baz", "(. ([] (.* foo (. @ bar)) 0) baz)");
    check_expr("foo[*].bar[0].baz", "([*] foo (. ([] (. @ bar) 0) baz))");
    check_expr("foo[*].a[*].b", "([*] foo ([*] (. @ a) (. @ b)))");
    check_expr("foo[*].a.*.b[0]", "([*] foo ([] (.* (. @ a) (. @ b)) 0))");
    check_expr("foo.*", "(.* foo @)");
    check_expr("f(x).y", "(. (call f x) y)");
    check_expr("[a, b][0]", "([] (tuple a b) 0)");
    check_expr("{a = 1}.a", "(. (object (a 1)) a)");
}

#[test]
fn calls() {
    check_expr("f()", "(call f)");
    check_expr("f(a, b,)", "(call f a b)");
    check_expr("f(a...)", "(call... f a)");
    check_expr("provider::aws::arn_parse(x)", "(call provider::aws::arn_parse x)");
    check_expr("true(x)", "(call true x)");
}

#[test]
fn objects() {
    check_expr("{}", "(object)");
    check_expr(
        "{a = 1, b : 2, \"c\" = 3, (d) = 4, 5 = 6}",
        "(object (a 1) (b 2) ((key \"c\") 3) ((key (parens d)) 4) ((key 5) 6))",
    );
    check_expr("{a = 1, a = 2}", "(object (a 1) (a 2))");
    check_expr("{true = 1, null = 2}", "(object (true 1) (null 2))");
    check_expr("{ aws.east = aws.west }", "(object ((key (. aws east)) (. aws west)))");
    check_expr("{ \"${a}-b\" = 1 }", "(object ((key (template a \"-b\")) 1))");
}

#[test]
fn for_expressions() {
    check_expr("[for v in x : v]", "(for[] _ v x v)");
    check_expr("[for k, v in x : v if k != 0]", "(for[] k v x v (!= k 0))");
    check_expr("{for v in x : v.a => v}", "(for{} _ v x (. v a) v)");
    check_expr("{for k, v in x : v => k... if true}", "(for{...} k v x v k true)");
    check_expr("[for in in in : in]", "(for[] _ in in in)");
}

#[test]
fn templates() {
    check_expr("\"${x}\"", "(wrap x)");
    check_expr("\"${~ x ~}\"", "(wrap x)");
    check_expr("\" ${~ x}\"", "(template x)");
    check_expr("\"a${x}b${y}\"", "(template \"a\" x \"b\" y)");
    check_expr("\"${\"${x}\"}\"", "(wrap (wrap x))");
    check_expr("\"${ {a = \"}\"} }\"", "(wrap (object (a \"}\")))");
    check_expr("\"%{ if a }b%{ else }c%{ endif }\"", "(template (if a (then \"b\") (else \"c\")))");
    check_expr("\"%{ if a && b }%{ endif }\"", "(template (if (&& a b) (then) (else)))");
    check_expr("\"%{ if a\n&& b }x%{ endif }\"", "(template (if (&& a b) (then \"x\") (else)))");
    check_expr(
        "\"%{ for k, v in x }${k}%{ if v }!%{ endif }%{ endfor }.\"",
        "(template (for k v x k (if v (then \"!\") (else))) \".\")",
    );
    check_expr("\"a  ${~ x ~}  b\"", "(template \"a\" x \"b\")");
    check_expr("\"a\\t %{~ if x ~}\\n b%{ endif }\"", "(template \"a\" (if x (then \"b\") (else)))");
}

#[test]
fn heredocs() {
    check_expr("<<EOT\na\n  b\nEOT\n", "\"a\\n  b\\n\"");
    check_expr("<<EOT\nEOT\n", "\"\"");
    check_expr("<<EOT\nEOTX\nx EOT\nEOT x\n EOT \n", "\"EOTX\\nx EOT\\nEOT x\\n\"");
    check_expr("<<EOT\n\\n \"q\" $${a} %%{b} $x\nEOT\n", "\"\\\\n \\\"q\\\" ${a} %{b} $x\\n\"");
    check_expr("<<EOT\na ${b}\nEOT\n", "(template \"a \" b \"\\n\")");
    check_expr("<<EOT\n${b}EOT\nEOT\n", "(template b \"EOT\\n\")");
    check_expr("<<A\n${<<B\nx\nB\n}\nA\n", "(template \"x\\n\" \"\\n\")");
    check_expr("f(<<EOT\na\nEOT\n)", "(call f \"a\\n\")");
    check_expr("[<<A\na\nA\n, <<B\nb\nB\n]", "(tuple \"a\\n\" \"b\\n\")");
    check("a = <<EOT\r\nx\r\nEOT\r\nb = 1\r\n", "a = \"x\\r\\n\"\nb = 1");
}

#[test]
fn flush_heredocs() {
    check_expr("<<-E\n    a\n      b\n  E\n", "\"a\\n  b\\n\"");
    check_expr("<<-E\n    a\n\n \n    b\n  E\n", "\"a\\n\\n \\nb\\n\"");
    check_expr("<<-E\n    a\nb\n  E\n", "\"    a\\nb\\n\"");
    check_expr("<<-E\n    ${x}\n      b\n  E\n", "(template x \"\\n  b\\n\")");
    check_expr("<<-E\n    a\n${x}\n  E\n", "(template \"    a\\n\" x \"\\n\")");
    check_expr("<<-E\n\t\ta\n\t\tb\n\tE\n", "\"a\\nb\\n\"");
    check_expr("<<-E\r\n    a\r\n      b\r\n  E\r\n", "\"a\\r\\n  b\\r\\n\"");
    check_expr(
        "<<-E\n    %{ if x }\n    a\n    %{ endif }\n    E\n",
        "(template (if x (then \"\\na\\n\") (else)) \"\\n\")",
    );
    check_expr("<<-E\n    %{ if x ~}\n    a\n    %{ endif ~}\n    E\n", "(template (if x (then \"    a\\n\") (else)))");
    check_expr("<<-E\n    a\n    ${~ x }\n    E\n", "(template \"    a\\n\" x \"\\n\")");
    check_expr("<<-E\n\u{a0}\u{a0}a\n\u{a0}b\nE\n", "\"\u{a0}a\\nb\\n\"");
}

#[test]
fn an_expression_may_have_newlines_around_it() {
    let (arena, mut diags) = (Arena::new(), Diagnostics::new());
    let expr = parse_expression(FileId(7), "\n[1,\n 2] # c\n", 100, &arena, &mut diags).unwrap();
    assert_eq!(dump_expression(expr), "(tuple 1 2)");
    assert_eq!((expr.span().file, expr.span().start, expr.span().end), (FileId(7), 101, 108));
}

#[test]
fn whole_templates() {
    let check = |text: &str, tree: &str| {
        let (arena, mut diags) = (Arena::new(), Diagnostics::new());
        let expr = parse_template(FileId(0), text, 0, &arena, &mut diags);
        assert_eq!(expr.map(dump_expression).as_deref(), Ok(tree), "{text} {diags:?}");
    };
    check("", "\"\"");
    check("a\n\nb", "\"a\\n\\nb\"");
    check("\"a\" \\n $${b} $", "\"\\\"a\\\" \\\\n ${b} $\"");
    check("${a}", "(wrap a)");
    check("${a}\n", "(template a \"\\n\")");
    check(
        "%{ for k, v in a ~}\n${k}=${\"${v}\"}\n%{ endfor ~}\nb\n",
        "(template (for k v a k \"=\" (wrap v) \"\\n\") \"b\\n\")",
    );
    check("${<<E\nx\nE\n}y", "(template \"x\\n\" \"y\")");
    let (arena, mut diags) = (Arena::new(), Diagnostics::new());
    assert!(parse_template(FileId(0), "a ${b", 10, &arena, &mut diags).is_err());
    assert_eq!(diags.iter().next().and_then(|d| d.span).map(|s| (s.start, s.end)), Some((12, 14)));
}

// Spans.

fn slices(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let arena = Arena::new();
    for item in parsed(text, &arena).items {
        if let Item::Attribute(attribute) = item {
            found.push(text[attribute.span.start as usize..attribute.span.end as usize].to_string());
            collect(attribute.expr, text, &mut found);
        }
    }
    found
}

fn collect(expr: Expr<'_>, text: &str, found: &mut Vec<String>) {
    found.push(text[expr.span().start as usize..expr.span().end as usize].to_string());
    match expr.kind() {
        ExprKind::GetAttr { base, .. } => collect(base, text, found),
        ExprKind::Index { base, key, .. } => [base, key].into_iter().for_each(|e| collect(e, text, found)),
        ExprKind::Splat(splat) => {
            collect(splat.base, text, found);
            for access in splat.each {
                if let Access::Index { key, span, .. } = access {
                    found.push(text[span.start as usize..span.end as usize].to_string());
                    collect(key, text, found);
                }
            }
        }
        ExprKind::Binary { lhs, rhs, .. } => [lhs, rhs].into_iter().for_each(|e| collect(e, text, found)),
        ExprKind::Call(call) => {
            found.push(text[call.name_span.start as usize..call.name_span.end as usize].to_string());
            call.args.iter().for_each(|e| collect(e, text, found));
        }
        ExprKind::Object(items) => {
            for item in items {
                let span = item.key.span();
                found.push(text[span.start as usize..span.end as usize].to_string());
                assert!(matches!(item.key, ObjectKey::Name(_)));
                collect(item.value, text, found);
            }
        }
        _ => {}
    }
}

#[test]
fn spans_cover_what_was_written() {
    assert_eq!(slices("  aa = - b # c\n"), ["aa = - b", "- b"]);
    assert_eq!(slices("a = b.c [ 0 ]\n"), ["a = b.c [ 0 ]", "b.c [ 0 ]", "b.c", "b", "0"]);
    assert_eq!(slices("a = b[*].c[1]\n"), ["a = b[*].c[1]", "b[*].c[1]", "b", "[1]", "1"]);
    assert_eq!(slices("a = (b) + c\n"), ["a = (b) + c", "(b) + c", "(b)", "c"]);
    assert_eq!(slices("a = x::f( 1 )\n"), ["a = x::f( 1 )", "x::f( 1 )", "x::f", "1"]);
    assert_eq!(slices("a = { bé = \"é\" }\n"), ["a = { bé = \"é\" }", "{ bé = \"é\" }", "bé", "\"é\""]);
    assert_eq!(slices("a = <<E\nx\nE\n"), ["a = <<E\nx\nE", "<<E\nx\nE"]);
}

#[test]
fn spans_of_blocks() {
    let text = "resource \"a\" \"b\" {\n  x = 1\n}\n";
    let arena = Arena::new();
    let body = parsed(text, &arena);
    let block = body.blocks().next().unwrap();
    let slice = |s: terrane_source::Span| &text[s.start as usize..s.end as usize];
    assert_eq!(slice(block.header), "resource \"a\" \"b\"");
    assert_eq!(slice(block.span), text.trim_end());
    assert_eq!(slice(block.body.span), "\n  x = 1\n");
    assert_eq!(slice(block.labels.get(1).unwrap().span), "\"b\"");
    assert_eq!(slice(block.ty.span), "resource");
    assert!(block.body.attribute("x").is_some() && block.body.attribute("y").is_none());
}
