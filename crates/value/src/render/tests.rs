#![allow(clippy::unwrap_used)]

use super::*;

fn s(text: &str) -> Value {
    Value::from(text)
}

fn sample() -> Value {
    Value::object([
        ("list", Value::list(Type::String, [s("a\"b"), Value::null(Type::String)])),
        ("map", Value::map(Type::Number, [("k k", Value::from(1))])),
        ("none", Value::set(Type::Bool, [])),
        ("script", s("one\n  EOT\nthree")),
        ("secret", s("hunter2").mark(Marks::SENSITIVE)),
        ("template", s("${a}")),
        ("tuple", Value::tuple([Value::from(true), Value::unknown(Type::String)])),
    ])
}

#[test]
fn exact_form_is_that_of_the_console() {
    let expect = r#"{
  "list" = tolist([
    "a\"b",
    tostring(null),
  ])
  "map" = tomap({
    "k k" = 1
  })
  "none" = toset([])
  "script" = <<-EOT_
  one
    EOT
  three
  EOT_
  "secret" = (sensitive value)
  "template" = "${a}"
  "tuple" = [
    true,
    (known after apply),
  ]
}"#;
    assert_eq!(to_hcl(&sample(), Style::Exact), expect);
}

#[test]
fn plain_form_is_configuration() {
    let expect = r#"{
  list = [
    "a\"b",
    null,
  ]
  map = {
    "k k" = 1
  }
  none = []
  script = <<-EOT_
  one
    EOT
  three
  EOT_
  secret = (sensitive value)
  template = "$${a}"
  tuple = [
    true,
    (known after apply),
  ]
}"#;
    assert_eq!(to_hcl(&sample(), Style::Plain), expect);
}

#[test]
fn nulls_tell_their_type() {
    for (ty, expect) in [
        (Type::Any, "null"),
        (Type::Bool, "tobool(null)"),
        (Type::list(Type::String), "tolist(null) /* of string */"),
        (Type::object([("a", Type::Bool)]), "null /* object */"),
    ] {
        assert_eq!(to_hcl(&Value::null(ty), Style::Exact), expect);
    }
}

#[test]
fn texts_of_several_lines_are_heredocs() {
    assert_eq!(to_hcl(&s("a\nb\n"), Style::Exact), "<<EOT\na\nb\n\nEOT");
    assert_eq!(to_hcl(&s("a\tb\u{1}é"), Style::Exact), "\"a\\tb\\x01é\"");
}

#[test]
fn compact_form_is_one_short_line() {
    assert_eq!(compact(&Value::object([("a", Value::tuple([Value::from(1), s("x\ny")]))])), r#"{a = [1, "x\ny"]}"#);
    let long = compact(&Value::tuple((0..1000).map(Value::from)));
    assert_eq!(long.chars().count(), 60);
    assert!(long.starts_with("[0, 1, 2") && long.ends_with('…'));
    assert_eq!(compact(&s(&"é".repeat(100))).chars().count(), 60);
    assert_eq!(compact(&Value::tuple([s("hunter2").mark(Marks::SENSITIVE)])), "[(sensitive value)]");
}
