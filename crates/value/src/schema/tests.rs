#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use super::{Attribute, Block, NestedBlock, Nesting};
use crate::{Marks, Path, Type, Value};

fn block(attributes: Vec<(&str, Attribute)>, blocks: Vec<(&str, Nesting, Block)>) -> Block {
    let nested = |nesting, block| NestedBlock { nesting, min_items: 0, max_items: 0, block };
    Block {
        attributes: attributes.into_iter().map(|(n, a)| (Arc::from(n), a)).collect(),
        blocks: blocks.into_iter().map(|(n, nesting, b)| (Arc::from(n), nested(nesting, b))).collect(),
        deprecated: None,
    }
}

fn secret() -> Attribute {
    Attribute { sensitive: true, ..Attribute::optional(Type::String) }
}

fn sample() -> Block {
    let rule = || block(vec![("port", Attribute::optional(Type::Number)), ("key", secret())], vec![]);
    block(
        vec![
            ("name", Attribute { required: true, optional: false, ..Attribute::optional(Type::String) }),
            ("token", secret()),
        ],
        vec![
            ("list", Nesting::List, rule()),
            ("map", Nesting::Map, rule()),
            ("set", Nesting::Set, rule()),
            ("single", Nesting::Single, rule()),
            ("group", Nesting::Group, rule()),
        ],
    )
}

fn rule(port: &str) -> Value {
    Value::object([("port", Value::from(port))])
}

#[test]
fn fills_what_is_absent() {
    let coerced = sample().coerce(&Value::object([("name", Value::from(5))])).unwrap();
    let element = Type::object([("port", Type::Number), ("key", Type::String)]);
    assert_eq!(coerced.ty(), sample().implied_type());
    assert_eq!(coerced.get("name"), Some(&Value::from("5")));
    assert_eq!(coerced.get("token"), Some(&Value::null(Type::String)));
    assert_eq!(coerced.get("list"), Some(&Value::list(element.clone(), [])));
    assert_eq!(coerced.get("single"), Some(&Value::null(element)));
    assert!(!coerced.get("group").unwrap().is_null());
}

#[test]
fn converts_inside_blocks() {
    let given = Value::object([
        ("name", Value::from("x").mark(Marks::SENSITIVE)),
        ("list", Value::tuple([rule("1"), rule("2")])),
        ("set", Value::tuple([rule("2"), rule("1"), rule("2")])),
        ("map", Value::object([("k", rule("3"))])),
        ("single", rule("4")),
    ]);
    let coerced = sample().coerce(&given).unwrap();
    assert_eq!(coerced.get("name").unwrap().marks(), Marks::SENSITIVE);
    let at = |path: Path| coerced.at(&path.0).cloned().unwrap();
    assert_eq!(at(Path::root().attr("list").index(1).attr("port")), Value::from(2));
    assert_eq!(at(Path::root().attr("map").key("k").attr("port")), Value::from(3));
    assert_eq!(at(Path::root().attr("set")).elements().unwrap().len(), 2);
    assert_eq!(sample().coerce(&coerced).unwrap(), coerced);
}

#[test]
fn says_what_is_wrong_and_where() {
    let named = |name: &'static str, value: Value| Value::object([("name", Value::from("x")), (name, value)]);
    for (given, expect) in [
        (Value::object::<&str>([]), r#"attribute "name" is required"#),
        (named("nmae", Value::from("x")), r#"unexpected attribute "nmae""#),
        (named("token", Value::tuple([])), ".token: string required, but have tuple"),
        (named("list", Value::tuple([rule("x")])), ".list[0].port: a number is required"),
        (named("map", Value::object([("k", rule("x"))])), r#".map["k"].port: a number is required"#),
        (named("list", Value::from("x")), ".list: must be a list"),
        (named("single", Value::from("x")), ".single: an object is required"),
        (Value::from("x"), "an object is required"),
    ] {
        assert_eq!(sample().coerce(&given).unwrap_err().located(), expect);
    }
}

#[test]
fn unknown_and_null_keep_the_shape() {
    let ty = sample().implied_type();
    assert_eq!(sample().coerce(&Value::dynamic()).unwrap(), Value::unknown(ty.clone()));
    assert_eq!(sample().coerce(&Value::null(Type::Any)).unwrap(), Value::null(ty));
    let given = Value::object([("name", Value::from("x")), ("list", Value::dynamic())]);
    assert!(!sample().coerce(&given).unwrap().get("list").unwrap().is_known());
}

#[test]
fn blocks_of_any_type_are_tuples() {
    let any = block(vec![("v", Attribute::optional(Type::Any))], vec![]);
    let outer = block(vec![], vec![("b", Nesting::List, any)]);
    let v = |value: Value| Value::object([("v", value)]);
    let given = Value::object([("b", Value::tuple([v(Value::from(1)), v(Value::from("x"))]))]);
    assert_eq!(outer.coerce(&given).unwrap(), given);
    assert_eq!(outer.empty().get("b"), Some(&Value::tuple([])));
}

#[test]
fn finds_sensitive_parts() {
    let given = Value::object([
        ("name", Value::from("x")),
        ("list", Value::tuple([rule("1"), rule("2")])),
        ("set", Value::tuple([rule("1")])),
    ]);
    let found = sample().sensitive_paths(&sample().coerce(&given).unwrap());
    let shown: Vec<String> = found.iter().map(Path::to_string).collect();
    assert_eq!(shown, [".token", ".group.key", ".list[0].key", ".list[1].key", ".set"]);
}
