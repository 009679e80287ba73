//! What is said about texts that are wrong.
#![allow(clippy::unwrap_used)]

use terrane_source::{Diagnostics, Files};
use terrane_syntax::{Arena, MAX_DEPTH, dump, parse};

/// The errors, each as `line:column "text at fault" summary. detail hint`, and the tree of what is right.
fn outcome(text: &str) -> (Vec<String>, String) {
    let (mut files, mut diags) = (Files::new(), Diagnostics::new());
    let file = files.add("main.tf", text);
    let arena = Arena::new();
    let body = parse(file, text, &arena, &mut diags);
    let show = |d: &terrane_source::Diagnostic| {
        let span = d.span.unwrap();
        let at = files.position(file, span.start);
        let hint = d.hint.as_ref().map(|h| format!(" | {h}")).unwrap_or_default();
        format!("{}:{} {:?} {}: {}{hint}", at.line, at.column, files.slice(span), d.summary, d.detail)
    };
    (diags.iter().map(show).collect(), dump(&body))
}

/// Checks that the errors are as many as `expect` and begin in the same way.
#[track_caller]
fn check(text: &str, expect: &[&str]) {
    let (errors, _) = outcome(text);
    assert_eq!(errors.len(), expect.len(), "{text}\n{errors:#?}");
    for (error, expect) in errors.iter().zip(expect) {
        assert!(error.starts_with(expect), "{text}\n  got    {error}\n  expect {expect}");
    }
}

/// Checks one error, and that it hints at `hint`.
#[track_caller]
fn check_hint(text: &str, expect: &str, hint: &str) {
    check(text, &[expect]);
    let (errors, _) = outcome(text);
    assert!(errors[0].contains(hint), "{text}\n  got    {}\n  expect {hint}", errors[0]);
}

#[test]
fn characters_of_other_languages() {
    check_hint("a = 'x'\n", "1:5 \"'x'\" Invalid character: Single quotes", "Use double quotes: \"x\".");
    check_hint("a = b & c\n", "1:7 \"&\" Unsupported operator", "&&");
    check_hint("a = b | c\n", "1:7 \"|\" Unsupported operator", "||");
    check_hint("a = ~b\n", "1:5 \"~\" Unsupported operator", "\"!\"");
    check_hint("a = `b`\n", "1:5 \"`b`\" Invalid character", "heredoc");
    check_hint("a = 1;\n", "1:6 \";\" Invalid character", "line of its own");
    check_hint("a = “b”\n", "1:5 \"“\" Invalid character: Typographic quotes", "straight double quotes");
    check_hint("a =\u{a0}1\n", "1:4 \"\\u{a0}\" Invalid character: The character U+00A0", "plain space");
    check_hint("a = 2 ^ 3\n", "1:7 \"^\" Unsupported operator", "pow(");
    check("a = 2 ** 3\n", &["1:8 \"*\" Invalid expression"]);
    check("a = /* b\nc = 1\n", &["1:5 \"/*\" Unclosed comment"]);
}

#[test]
fn arguments_and_blocks() {
    check_hint("name \"x\"\n", "1:9 \"\" Invalid block definition", "name = \"x\"");
    check_hint("name x\n", "1:7 \"\" Invalid block definition", "name = x");
    check_hint("a : 1\n", "1:3 \":\" Argument or block definition required", "a = <value>");
    check_hint("a\n", "1:2 \"\" Argument or block definition required", "a = <value>");
    check_hint("\"a\" = 1\n", "1:1 \"\\\"\" Argument or block definition required", "without quotes");
    check_hint("a = 1, b = 2\n", "1:6 \",\" Unexpected comma after argument", "lines of their own");
    check("a = 1 b = 2\n", &["1:7 \"b\" Missing newline after argument"]);
    check_hint("a \"b\" = 1\n", "1:7 \"=\" Invalid block definition", "single name");
    check("a { b = 1, c = 2 }\nd = 1\n", &["1:10 \",\" Invalid single-argument block definition"]);
    check("a { b = 1\n}\n", &["1:10 \"\" Invalid single-argument block definition"]);
    check_hint("a { b {} }\n", "1:7 \"{\" Argument definition required", "lines of their own");
    check("a\n{\n  b = 1\n}\nc = 'x'\n", &["2:1 \"{\" Invalid block definition", "5:5"]);
    check("a {} b {}\n", &["1:6 \"b\" Missing newline after block definition"]);
    check("a \"${b}\" {\n}\n", &["1:4 \"${\" Invalid string literal"]);
    check("}\na = 1\n", &["1:1 \"}\" Unexpected closing brace"]);
    check("a = 1\nb = 2\na = 3\n", &["3:1 \"a\" Attribute redefined"]);
    check("= 1\n", &["1:1 \"=\" Argument or block definition required"]);
    check("[1]\n", &["1:1 \"[\" Argument or block definition required"]);
}

#[test]
fn expressions() {
    check("a =\n", &["1:4 \"\" Invalid expression"]);
    check("a = ", &["1:5 \"\" Missing expression"]);
    check("a = [1]\n+ 2\n", &["2:1 \"+\" Argument or block definition required"]);
    check("a = b.\nc\n", &["1:7 \"\" Invalid attribute name", "2:2 \"\" Argument or block definition"]);
    check_hint("a = foo.0.1\n", "1:9 \"0.1\" Invalid legacy index syntax", "[0][1]");
    check("a = foo.*.b.*\n", &["1:13 \"*\" Nested splat expression not allowed"]);
    check_hint("a = 1.2.3\n", "1:5 \"1.2.3\" Invalid number literal", "double quotes");
    check("a = 1..2\n", &["1:5 \"1..2\" Invalid number literal"]);
    check("a = b ? c\n", &["1:10 \"\" Missing false expression in conditional"]);
    check("a = f(b c)\n", &["1:9 \"c\" Missing argument separator"]);
    check("a = f(b..., c)\n", &["1:11 \",\" Missing closing parenthesis"]);
    check("a = f(<<EOT)\n", &["1:7 \"<\" Invalid expression"]);
    check("a = b::c\n", &["1:9 \"\" Missing open parenthesis"]);
    check("a = [1 2]\n", &["1:8 \"2\" Missing item separator"]);
    check("a = (1 2)\n", &["1:8 \"2\" Unbalanced parentheses"]);
    check("a = {b 1}\n", &["1:8 \"1\" Missing attribute value"]);
    check_hint("a = {b {}}\n", "1:8 \"{\" Missing key/value separator", "b = …");
    check("a = {b = 1 c = 2}\n", &["1:12 \"c\" Missing attribute separator"]);
    check("a = b[*\n", &["1:6 \"[\" Unclosed bracket"]);
    check("a = b[* c]\n", &["1:9 \"c\" Missing close bracket on splat index"]);
}

#[test]
fn for_expressions() {
    check("a = [for]\n", &["1:9 \"]\" Invalid 'for' expression"]);
    check("a = [for x y : x]\n", &["1:12 \"y\" Invalid 'for' expression: Expected \"in\""]);
    check("a = [for x in y]\n", &["1:16 \"]\" Invalid 'for' expression: Expected \":\""]);
    check_hint("a = [for x in y : x => x]\n", "1:21 \"=>\" Invalid 'for' expression", "braces");
    check_hint("a = {for x in y : x}\n", "1:20 \"}\" Invalid 'for' expression", "keys");
    check_hint("a = [for x in y : x...]\n", "1:20 \"...\" Invalid 'for' expression", "Grouping");
}

#[test]
fn strings() {
    check("a = \"b\nc = 1\n", &["1:5 \"\\\"b\" Unterminated string"]);
    check("a = \"b\nc\"\nd = 'x'\n", &["1:5 \"\\\"b\\n\" Invalid multi-line string", "3:5"]);
    check_hint("a = \"b\\c\"\n", "1:7 \"\\\\c\" Invalid escape sequence", "Write \\\\ for a backslash");
    check("a = \"\\u12\"\n", &["1:6 \"\\\\u12\" Invalid escape sequence: \\u must be followed by 4"]);
    check("a = \"\\ud800\"\n", &["1:6 \"\\\\ud800\" Invalid escape sequence: \\ud800 is not a Unicode character"]);
    check("a = \"${b\"\nc = 1\n", &["1:6 \"${\" Unclosed template sequence"]);
    check("a = \"${b\nc = 1\n", &["1:6 \"${\" Unclosed template sequence"]);
    check_hint("a = \"${b:-c}\"\n", "1:9 \":\" Extra characters after interpolation", "$${");
    check("a = \"${}\"\n", &["1:8 \"}\" Invalid expression"]);
    check_hint("a = \"%{ iff x }%{ endif }\"\n", "1:9 \"iff\" Invalid template control keyword", "\"if\"");
    check("a = \"%{ if x }b\"\n", &["1:6 \"%{ if x }\" Unexpected end of template"]);
    check("a = \"%{ for x in y }b%{ endif }\"\n", &["1:22 \"%{ endif }\" Unexpected endif directive"]);
    check("a = \"%{ endif }\"\n", &["1:6 \"%{ endif }\" Unexpected endif directive"]);
    check("a = \"%{ if x }%{ else }%{ else }%{ endif }\"\n", &["1:24 \"%{ else }\" Unexpected else directive"]);
    check("a = <<EOT\nb\n", &["1:5 \"<<EOT\" Unterminated template string"]);
    check("a = <<EOT\nb\nEOT", &["1:5 \"<<EOT\" Unterminated template string"]);
    check("a {\n  b {\n    c = [<<EOT\n  }\n}\n", &["3:10 \"<<EOT\" Unterminated template string"]);
    check("a = <<EOT \nEOT\n", &["1:5 \"<\" Invalid expression", "2:4"]);
}

#[test]
fn what_is_unclosed_is_reported_where_it_opened() {
    check("a = [1, 2\nb = 3\n", &["1:5 \"[\" Unclosed bracket"]);
    check("b {\n  a = f(1,\n  c = 2\n}\nd = 'x'\n", &["2:8 \"(\" Unclosed parenthesis", "5:5"]);
    check("a \"b\" {\n  c = 1\n\nd \"e\" {\n}\n", &["1:1 \"a \\\"b\\\"\" Unclosed configuration block"]);
    check("a = {\n  b = 1\n", &["1:5 \"{\" Unclosed brace"]);
    check("a = \"${f(\"\nb = 1\n", &["1:10 \"\\\"\" Unterminated string"]);
}

#[test]
fn an_unclosed_block_names_the_brace_that_was_meant_for_it() {
    let (mut files, mut diags) = (Files::new(), Diagnostics::new());
    let text = "a {\n  b {\n    c = {\n      d = 1\n  }\n}\n";
    let file = files.add("main.tf", text);
    parse(file, text, &Arena::new(), &mut diags);
    let error = diags.iter().next().unwrap();
    assert_eq!(files.slice(error.span.unwrap()), "a");
    assert_eq!(files.position(file, error.notes[0].span.unwrap().start).line, 5);
}

#[test]
fn what_is_right_is_kept() {
    let text = "a = 1\nb = [\nc = 2\nd {\n  e = 'x'\n  f = 3\n  g = {\n    h = 4 5\n  }\n}\ni = 6\n";
    let (errors, tree) = outcome(text);
    assert_eq!(errors.len(), 3, "{errors:#?}");
    assert_eq!(tree, "a = 1\nc = 2\nd {\n  f = 3\n}\ni = 6\n");
}

#[test]
fn nesting_has_a_limit_and_no_overflow() {
    let too_deep = |text: String| {
        let (errors, _) = outcome(&text);
        assert!(errors.len() == 1 && errors[0].contains("Nesting too deep"), "{errors:?}");
    };
    for (open, close) in [("(", ")"), ("[", "]"), ("{a=", "}"), ("f(", ")"), ("\"${", "}\""), ("-", ""), ("a[", "]")] {
        too_deep(format!("x = {}1{}\n", open.repeat(100_000), close.repeat(100_000)));
        let within = MAX_DEPTH / 2 - 1;
        assert_eq!(outcome(&format!("x = {}1{}\n", open.repeat(within), close.repeat(within))).0, [""; 0]);
    }
    too_deep(format!("x = 1{}\n", " + 1".repeat(100_000)));
    too_deep(format!("x = a{}\n", ".b".repeat(100_000)));
    too_deep(format!("x = a{}\n", "[*].b".repeat(100_000)));
    too_deep(format!("x = {}1\n", "a ? 1 : ".repeat(100_000)));
    too_deep(format!("x = \"{}{}\"\n", "%{ if a }".repeat(100_000), "%{ endif }".repeat(100_000)));
    too_deep(format!("{}{}", "a {\n".repeat(100_000), "}\n".repeat(100_000)));
    let chain = (0..450).map(|_| " || a").collect::<String>();
    assert_eq!(outcome(&format!("x = a{chain}\n")).0, [""; 0]);
}

#[test]
fn errors_have_a_limit() {
    let (errors, tree) = outcome(&("a {\n  b = 'x'\n}\n".repeat(1000) + "c = 1\n"));
    assert_eq!(errors.len(), 101);
    assert!(errors[100].contains("Too many errors"), "{}", errors[100]);
    assert!(!tree.contains('c'));
}
