//! JSON texts: what they hold, what is wrong with them, and their strings as templates.
#![allow(clippy::unwrap_used)]

use terrane_source::{Diagnostics, Files};
use terrane_syntax::{Arena, Json, JsonKind, MAX_DEPTH, Strings, dump_expression, dump_json, parse_json};

/// What is there, and the errors, each as `line:column "text at fault" summary. hint`.
fn outcome(
    text: &str,
    read: impl for<'t> FnOnce(&Json<'t>, &'t Arena, &mut Diagnostics) -> String,
) -> (String, Vec<String>) {
    let arena = Arena::new();
    let (mut files, mut diags) = (Files::new(), Diagnostics::new());
    let file = files.add("main.tf.json", text);
    let shown = parse_json(file, text, &arena, &mut diags);
    let shown = shown.map_or("nothing".into(), |value| read(&value, &arena, &mut diags));
    let show = |d: &terrane_source::Diagnostic| {
        let span = d.span.unwrap();
        let at = files.position(file, span.start);
        let hint = d.hint.as_ref().map(|h| format!(" | {h}")).unwrap_or_default();
        format!("{}:{} {:?} {}{hint}", at.line, at.column, files.slice(span), d.summary)
    };
    (shown, diags.iter().map(show).collect())
}

#[track_caller]
fn holds(text: &str, expect: &str) {
    assert_eq!(outcome(text, |v, _, _| dump_json(v)), (expect.to_string(), vec![]), "{text}");
}

/// Checks what can be read of a text, and its errors by their beginnings.
#[track_caller]
fn wrong(text: &str, expect: &str, errors: &[&str]) {
    let (shown, found) = outcome(text, |v, _, _| dump_json(v));
    assert_eq!(shown, expect, "{text}\n{found:#?}");
    assert_eq!(found.len(), errors.len(), "{text}\n{found:#?}");
    for (found, expect) in found.iter().zip(errors) {
        assert!(found.starts_with(expect), "{text}\n  got    {found}\n  expect {expect}");
    }
}

/// Checks the text as an expression with templates.
#[track_caller]
fn reads(strings: Strings, text: &str, expect: &str, errors: &[&str]) {
    let (shown, found) = outcome(text, |v, arena, diags| match v.expression(strings, arena, diags) {
        Ok(expr) => dump_expression(expr),
        Err(_) => "error".into(),
    });
    assert_eq!(shown, expect, "{text}\n{found:#?}");
    assert_eq!(found.len(), errors.len(), "{text}\n{found:#?}");
    for (found, expect) in found.iter().zip(errors) {
        assert!(found.starts_with(expect), "{text}\n  got    {found}\n  expect {expect}");
    }
}

#[test]
fn values() {
    holds("{}", "(object)");
    holds(" [ ] ", "(tuple)");
    holds("{\"a\": null, \"a\": [true, false]}\r\n", "(object (\"a\" null) (\"a\" (tuple true false)))");
    holds(
        "[0, -0, 1.50, -12e+3, 1E-2, 123456789012345678901234567890]",
        "(tuple 0 -0 1.50 -12e+3 1E-2 123456789012345678901234567890)",
    );
    holds(r#""\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00""#, "\"\\\"\\\\/\u{8}\u{c}\\n\\r\\té😀\"");
    holds(r#"["\ud83d", "\ude00x", "\ud83d\u0041"]"#, "(tuple \"\u{fffd}\" \"\u{fffd}x\" \"\u{fffd}A\")");
    holds("\"é\\\\\"", "\"é\\\\\"");
}

#[test]
fn spans_are_exact() {
    let text = "{ \"a\" : [1, \"é\"] }";
    let (mut files, mut diags) = (Files::new(), Diagnostics::new());
    let file = files.add("main.tf.json", text);
    let arena = Arena::new();
    let value = parse_json(file, text, &arena, &mut diags).unwrap();
    assert_eq!(files.slice(value.span), text);
    let JsonKind::Object(properties) = &value.kind else { panic!() };
    assert_eq!(files.slice(properties[0].name.span), "\"a\"");
    let JsonKind::Array(items) = &properties[0].value.kind else { panic!() };
    assert_eq!((files.slice(items[0].span), files.slice(items[1].span)), ("1", "\"é\""));
}

#[test]
fn several_errors_of_a_file() {
    wrong(
        "{\"a\": tru, \"b\": 01, \"c\": 1, \"d\" = 2, \"e\": 3}",
        "(object (\"c\" 1) (\"e\" 3))",
        &[
            "1:7 \"tru\" Invalid JSON keyword | Did you mean true?",
            "1:17 \"01\" Invalid JSON number | Write it without the leading zero",
            "1:33 \"=\" Missing property value colon",
        ],
    );
    wrong(
        "[1, 'a', {\"x\": [2}, 3]",
        "(tuple 1 (object (\"x\" (tuple 2))) 3)",
        &["1:5 \"'\" Invalid start of value | Write strings in double quotes.", "1:18 \"}\" Mismatched brackets"],
    );
}

#[test]
fn commas_and_colons() {
    wrong("{\"a\": 1,}", "(object (\"a\" 1))", &["1:8 \",\" Trailing comma in object | Remove the comma."]);
    wrong("[1,]", "(tuple 1)", &["1:3 \",\" Trailing comma in array"]);
    wrong("{\"a\": 1 \"b\": 2}", "(object (\"a\" 1) (\"b\" 2))", &["1:9 \"\\\"\" Missing attribute separator comma"]);
    wrong("[1 2]", "(tuple 1 2)", &["1:4 \"2\" Missing attribute separator comma"]);
    wrong("{\"a\"}", "(object)", &["1:5 \"}\" Missing object value"]);
    wrong("{\"a\": }", "(object)", &["1:7 \"}\" Missing JSON value"]);
    wrong("{\"a\" 1, \"b\": 2}", "(object (\"b\" 2))", &["1:6 \"1\" Missing property value colon"]);
    wrong("[\"a\": 1]", "(tuple \"a\")", &["1:5 \":\" Invalid array value"]);
    wrong(
        "{a: 1, \"b\": 2}",
        "(object (\"b\" 2))",
        &["1:2 \"a\" Invalid object property name | Write the name in double"],
    );
    wrong("{, \"b\": 2}", "(object (\"b\" 2))", &["1:2 \",\" Invalid object property name"]);
    wrong("{} {}", "(object)", &["1:4 \"{\" Extraneous data after value"]);
}

#[test]
fn ends_too_early() {
    wrong("", "nothing", &["1:1 \"\" Missing value"]);
    wrong(
        "{\"a\": {\"b\": 1",
        "(object (\"a\" (object (\"b\" 1))))",
        &["1:7 \"{\" Unclosed object", "1:1 \"{\" Unclosed object"],
    );
    wrong("{\"a\": \"b}\n, \"c\": 1}", "(object (\"c\" 1))", &["1:7 \"\\\"\" Unterminated string"]);
    wrong("{\"a\":", "(object)", &["1:6 \"\" Missing value", "1:1 \"{\" Unclosed object"]);
    wrong("\"a\\", "nothing", &["1:1 \"\\\"\" Unterminated string"]);
}

#[test]
fn strings() {
    wrong(
        r#"["\x", "\u12g4", "\u", "é\"#,
        "(tuple)",
        &[
            r#"1:3 "\\x" Invalid JSON string | Write \\ for a backslash."#,
            r#"1:9 "\\u12" Invalid JSON string"#,
            r#"1:19 "\\u" Invalid JSON string"#,
            r#"1:24 "\"" Unterminated string"#,
            r#"1:1 "[" Unclosed array"#,
        ],
    );
    wrong("[\"a\tb\", 1]", "(tuple 1)", &["1:4 \"\\t\" Invalid JSON string | Write \\t instead."]);
    wrong("[\"\\é\", 1]", "(tuple 1)", &["1:3 \"\\\\é\" Invalid JSON string"]);
}

#[test]
fn words_that_json_does_not_have() {
    wrong(
        "[NaN, undefined, True, var.x, hello]",
        "(tuple)",
        &[
            "1:2 \"NaN\" Invalid JSON keyword",
            "1:7 \"undefined\" Invalid JSON keyword",
            "1:18 \"True\" Invalid JSON keyword | Did you mean true?",
            "1:24 \"var.x\" Invalid JSON keyword | Write a reference in a template: \"${var.x}\"",
            "1:31 \"hello\" Invalid JSON keyword",
        ],
    );
    wrong("{// x\n \"a\": 1}", "(object)", &["1:2 \"/\" Invalid start of value | Write a property named \"//\""]);
    wrong("{\"a\": 1 /* x */}", "(object (\"a\" 1))", &["1:9 \"/\" Invalid start of value | Write a property"]);
    wrong("\u{feff}{}", "nothing", &["1:1 \"\\u{feff}\" Unicode byte order mark"]);
    wrong(
        "[+1, .5, 5., 1e, --1]",
        "(tuple)",
        &[
            "1:2 \"+1\" Invalid JSON number | Write it without the plus",
            "1:6 \".5\" Invalid JSON number | Write a zero before the point.",
            "1:10 \"5.\" Invalid JSON number",
            "1:14 \"1e\" Invalid JSON number",
            "1:18 \"--1\" Invalid JSON number",
        ],
    );
}

#[test]
fn depth_is_limited_and_size_is_not() {
    let deep = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(outcome(&deep(MAX_DEPTH), |_, _, _| String::new()).1.is_empty());
    let (_, errors) = outcome(&deep(MAX_DEPTH + 1), |_, _, _| String::new());
    assert_eq!(errors, [format!("1:{} \"[\" Nesting too deep", MAX_DEPTH + 1)]);
    let (_, errors) = outcome(&"[".repeat(1_000_000), |_, _, _| String::new());
    assert!(errors.len() <= 22, "{errors:#?}");
    let (_, errors) = outcome(&"{\"a\":[\"".repeat(100_000), |_, _, _| String::new());
    assert!(errors.len() <= 22, "{errors:#?}");
    let wide = format!("[{}1]", "{\"a\": \"${b}\"},".repeat(100_000));
    assert!(outcome(&wide, |_, _, _| String::new()).1.is_empty());
}

#[test]
fn strings_are_templates() {
    let reads = |text, expect| reads(Strings::Templates, text, expect, &[]);
    reads(r#""${var.x}""#, "(wrap (. var x))");
    reads(r#""a-${b}%{if c}d%{endif}""#, "(template \"a-\" b (if c (then \"d\") (else)))");
    reads(r#""$${a} \\n 100% $""#, "\"${a} \\\\n 100% $\"");
    reads(r#""${f(\"x\\n\")}""#, "(wrap (call f \"x\\n\"))");
    reads(r#"{"k": -1.5, "${a}": null}"#, "(object ((key \"k\") (- 1.5)) ((key (wrap a)) null))");
}

#[test]
fn strings_are_texts_or_expressions() {
    reads(Strings::Texts, r#"["${a}", "list(string)"]"#, "(tuple \"${a}\" \"list(string)\")", &[]);
    reads(
        Strings::Expressions,
        r#"["aws_vpc.a[\"x\"]", "list(string)", 1]"#,
        "(tuple ([] (. aws_vpc a) \"x\") (call list string) 1)",
        &[],
    );
    reads(Strings::Expressions, r#"["${a}"]"#, "error", &["1:2 \"\\\"${a}\\\"\" Invalid expression"]);
}

#[test]
fn errors_within_strings_point_at_what_is_written() {
    let fails = |text, errors: &[&str]| reads(Strings::Templates, text, "error", errors);
    fails(r#"["\u00e9\"${var.x.}\""]"#, &["1:19 \"}\" "]);
    fails(r#"["\ud83d\ude00${a b}", "x${", "%{nope}"]"#, &["1:19 \"b\" ", "1:28 \"\" ", "1:34 \"nope\" "]);
    fails(r#"{"${a b}": "${c d}"}"#, &["1:7 \"b\"", "1:17 \"d\""]);
    fails(r#"{"a": 1, "b": 2, "a": 3}"#, &["1:18 \"\\\"a\\\"\" Duplicate object attribute"]);
}

#[test]
fn spans_within_strings_are_those_of_the_file() {
    let text = r#""\"\n${upper(\"\u00e9\")}${ab.cd}""#;
    let (mut files, mut diags) = (Files::new(), Diagnostics::new());
    let file = files.add("main.tf.json", text);
    let arena = Arena::new();
    let value = parse_json(file, text, &arena, &mut diags).unwrap();
    let expr = value.expression(Strings::Templates, &arena, &mut diags).unwrap();
    let terrane_syntax::ExprKind::Template(parts) = expr.kind() else { panic!("{expr:?}") };
    let spans = parts.iter().filter_map(|p| match p {
        terrane_syntax::Part::Interpolation(e) => Some(files.slice(e.span())),
        _ => None,
    });
    assert_eq!(spans.collect::<Vec<_>>(), [r#"upper(\"\u00e9\")"#, "ab.cd"]);
}

const SAMPLE: &str = r#"{"//": "é", "a": [1, -2.5e3, true, null, {"b": "x\n${f(\"\u00e9\", [for k, v in m : k])}%{if a}b%{endif}"}], "\ud83d\ude00": {"list(string)": "aws_vpc.main[\"k\"]"}}"#;

#[test]
fn damaged_texts_are_reported_within_their_bounds() {
    const PIECES: [&str; 22] = [
        "", "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\\"", "${", "%{", "}", "é", "😀", "\n", "0", "-", "//",
        "'", "nul",
    ];
    let chars: Vec<usize> = SAMPLE.char_indices().map(|(i, _)| i).chain([SAMPLE.len()]).collect();
    let mut random = 1u64;
    let mut below = |n: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % n as u64) as usize
    };
    for _ in 0..20_000 {
        let mut text = SAMPLE.to_string();
        for _ in 0..=below(3) {
            let from = chars[below(chars.len())];
            let to = chars[below(chars.len())].clamp(from, from + 12);
            if text.is_char_boundary(from) && text.is_char_boundary(to) && to <= text.len() {
                text.replace_range(from..to, PIECES[below(PIECES.len())]);
            }
        }
        in_bounds(&text);
    }
}

/// Checks that whatever is wrong is said of a part of the text.
fn in_bounds(text: &str) {
    let (mut files, mut diags) = (Files::new(), Diagnostics::new());
    let file = files.add("main.tf.json", text);
    let arena = Arena::new();
    let parsed = parse_json(file, text, &arena, &mut diags);
    assert!(parsed.is_ok() || diags.has_errors(), "{text}");
    if let Ok(value) = parsed {
        for strings in [Strings::Templates, Strings::Texts, Strings::Expressions] {
            let before = diags.len();
            let expr = value.expression(strings, &arena, &mut diags);
            assert!(expr.is_ok() || diags.len() >= before, "{text}");
        }
    }
    for diag in diags.iter() {
        let span = diag.span.unwrap();
        assert!(text.get(span.start as usize..span.end as usize).is_some(), "{text}\n{diag:?}");
    }
}
