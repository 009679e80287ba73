//! Validation from schemas, through the public door.

#![allow(clippy::unwrap_used)]

mod schemas;

use schemas::{object, schema};
use terrane_provider::sdk::{Plain, validate};

fn problems(attrs: &str, config: &str) -> Vec<String> {
    let schema = schema(attrs);
    let found = validate(&schema, &Plain, &object(&schema, config));
    let at = |p: &terrane_provider::Problem| p.path.as_ref().map(ToString::to_string).unwrap_or_default();
    found.iter().map(|p| format!("{} {}", at(p), p.detail)).collect()
}

/// One attribute `x` of a type with a check, and the detail that a value gets, if any.
fn check(ty: &str, checks: &str, value: &str) -> Option<String> {
    let attrs = format!(r#"{{"attrs": {{"x": {{"type": {ty}, "optional": true, "validate": {checks}}}}}}}"#);
    let mut found = problems(&attrs, &format!(r#"{{"x": {value}}}"#));
    assert!(found.len() < 2, "{found:?}");
    found.pop().map(|p| p.strip_prefix(".x ").unwrap().to_owned())
}

fn wrong(ty: &str, checks: &str, value: &str, detail: &str) {
    assert_eq!(check(ty, checks, value).as_deref(), Some(detail), "{checks} {value}");
}

fn right(ty: &str, checks: &str, value: &str) {
    assert_eq!(check(ty, checks, value), None, "{checks} {value}");
}

const STRING: &str = r#""string""#;
const NUMBER: &str = r#""number""#;

#[test]
fn values_are_checked() {
    let colours = r#"{"enum": ["red", "green"]}"#;
    wrong(STRING, colours, r#""gren""#, r#""gren" is none of "red", "green"; did you mean "green"?"#);
    right(STRING, colours, r#""red""#);
    right(STRING, colours, r#""?""#);
    right(STRING, colours, "null");
    right(STRING, r#"{"enum": ["allow"], "enum_ci": true}"#, r#""ALLOW""#);
    wrong(STRING, r#"{"enum_ref": "letters"}"#, r#""q""#, r#""q" is none of "a", "b"."#);
    wrong(NUMBER, r#"{"enum": [44, 48]}"#, "45", "45 is none of 44, 48.");
    wrong(NUMBER, r#"{"range": [16, 28]}"#, "29", "29 is out of range; 16 to 28 is allowed.");
    wrong(NUMBER, r#"{"range": [null, 5]}"#, "6", "6 is out of range; at most 5 is allowed.");
    wrong(NUMBER, r#"{"multiple_of": 15}"#, "20", "20 is no multiple of 15.");
    wrong(STRING, r#"{"len": [1, 3]}"#, r#""abcd""#, r#""abcd" has 4 characters; 1 to 3 are allowed."#);
    wrong(STRING, r#"{"pattern": ["^[\\w-]+$"]}"#, r#""é""#, r#""é" does not match the pattern ^[\w-]+$."#);
    wrong(STRING, r#"{"not_pattern": ["^sg-"]}"#, r#""sg-1""#, r#""sg-1" must not match the pattern ^sg-."#);
    wrong(
        r#"["list", "string"]"#,
        r#"{"items": [null, 1]}"#,
        r#"["a", "b"]"#,
        "The value has 2 elements; at most 1 are allowed.",
    );
}

#[test]
fn alternatives_are_wrong_only_together() {
    let either = r#"{"any_of": [{"enum": ["None"]}, {"format": "ipv4"}]}"#;
    right(STRING, either, r#""None""#);
    right(STRING, either, r#""10.0.0.1""#);
    wrong(STRING, either, r#""x""#, r#""x" is none of "None" and is no IPv4 address."#);
    right(STRING, r#"{"any_of": [{"fn": ["opaque"]}]}"#, r#""x""#);
}

#[test]
fn texts_have_forms() {
    let cases = [
        ("ipv4_cidr", "10.0.0.0/16", "10.0.0.1/16"),
        ("ipv6_cidr", "2001:db8::/56", "10.0.0.0/16"),
        ("cidr_network", "0.0.0.0/0", "10.0.0.0"),
        ("json", "{}", "{"),
        ("iam_policy_json", r#"{\"a\":1}"#, " {}"),
        ("rfc3339", "2030-01-02T03:04:05Z", "2030-13-02T03:04:05Z"),
        ("nullable_bool", "true", "yes"),
        ("base64", "YWI=", "YWI"),
        ("https_url", "https://a.b/c", "http://a.b"),
    ];
    for (form, good, bad) in cases {
        let checks = format!(r#"{{"format": "{form}"}}"#);
        right(STRING, &checks, &format!(r#""{good}""#));
        assert!(check(STRING, &checks, &format!(r#""{bad}""#)).is_some(), "{form} {bad}");
    }
    wrong(
        STRING,
        r#"{"format": "ipv4_cidr"}"#,
        r#""10.0.0.1/16""#,
        r#""10.0.0.1/16" has address bits behind its prefix; did you mean "10.0.0.0/16"?"#,
    );
    wrong(
        STRING,
        r#"{"format": "cidr_network", "prefix_len": [16, 28]}"#,
        r#""10.0.0.0/8""#,
        r#""10.0.0.0/8" has a prefix of 8 bits; 16 to 28 are allowed."#,
    );
}

#[test]
fn secrets_are_not_shown() {
    let attrs =
        r#"{"attrs": {"x": {"type": "string", "optional": true, "sensitive": true, "validate": {"len": [9, 9]}}}}"#;
    let found = problems(attrs, r#"{"x": "hunter2"}"#);
    assert_eq!(found.len(), 1);
    assert!(!found[0].contains("hunter2"), "{found:?}");
}

const RELATED: &str = r#"{"attrs": {
  "a": {"type": "string", "optional": true, "conflicts_with": ["b"]},
  "b": {"type": "string", "optional": true, "conflicts_with": ["a"]},
  "c": {"type": "string", "optional": true, "exactly_one_of": ["c", "d"]},
  "d": {"type": "string", "optional": true, "exactly_one_of": ["c", "d"]},
  "e": {"type": "string", "optional": true, "required_with": ["a"]}},
  "blocks": {"k": {"nesting": "list", "attrs": {
    "f": {"type": "string", "optional": true, "conflicts_with": ["k.g"]},
    "g": {"type": "string", "optional": true, "conflicts_with": ["k.f"]}}}}}"#;

#[test]
fn arguments_exclude_and_require_each_other() {
    let case = |config: &str| problems(RELATED, config);
    assert_eq!(case(r#"{"c": "1"}"#), Vec::<String>::new());
    assert_eq!(case(r#"{"c": "1", "a": "1", "b": "2"}"#), [".a `a` and `b` exclude each other; write one of them."]);
    assert_eq!(case(r#"{"c": "1", "a": "1", "b": "?"}"#), Vec::<String>::new());
    assert_eq!(case("{}"), [" One of `c`, `d` must be written."]);
    assert_eq!(case(r#"{"c": "?"}"#), Vec::<String>::new());
    assert_eq!(case(r#"{"c": "1", "d": "2"}"#), [".c Only one of `c`, `d` may be written, but `c`, `d` are."]);
    assert_eq!(case(r#"{"c": "1", "e": "1"}"#), [".e `e` is written, so `a` must be written too."]);
    assert_eq!(
        case(r#"{"c": "1", "k": [{"f": "1"}, {"f": "1", "g": "2"}]}"#),
        [".k[1].f `k.f` and `k.g` exclude each other; write one of them."]
    );
}

#[test]
fn nested_values_are_checked_where_they_are() {
    let attrs = r#"{"attrs": {"x": {"type": ["list", "string"], "optional": true, "elem_validate": {"format": "ipv4"}},
        "n": {"type": "number", "num": "int", "optional": true}},
        "blocks": {"k": {"nesting": "list", "max_items_validated": 2, "attrs": {
          "p": {"type": "number", "required": true, "validate": {"range": [0, 9]}}}}}}"#;
    assert_eq!(
        problems(attrs, r#"{"x": ["1.2.3.4", "?", "no"], "n": 1.5, "k": [{"p": 1}, {"p": 10}, {"p": null}]}"#),
        [
            ".n A whole number is required, but it is 1.5.",
            ".x[2] \"no\" is no IPv4 address.",
            ".k There are 3 elements; at most 2 are allowed.",
            ".k[1].p 10 is out of range; 0 to 9 is allowed.",
            ".k[2].p The argument \"p\" is required, but it is null or absent.",
        ]
    );
}
