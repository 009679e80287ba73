#![allow(clippy::unwrap_used)]

use super::{convert, unify};
use crate::json::type_from_json;
use crate::{Kind, Marks, Type, Value};

fn ty(json: &str) -> Type {
    type_from_json(json).unwrap()
}

fn s(text: &str) -> Value {
    Value::from(text)
}

fn n(i: i64) -> Value {
    Value::from(i)
}

fn converts(value: Value, to: &str, expect: Value) {
    assert_eq!(convert(&value, &ty(to)), Ok(expect), "{value:?} to {to}");
}

fn fails(value: Value, to: &str, expect: &str) {
    assert_eq!(convert(&value, &ty(to)).unwrap_err().located(), expect, "{value:?} to {to}");
}

const OPTIONAL: &str = r#"["object",{"a":"string","b":["list","number"]},["b"]]"#;

#[test]
fn primitives() {
    converts(n(5), r#""string""#, s("5"));
    converts(Value::from(true), r#""string""#, s("true"));
    converts(s("1.50"), r#""number""#, Value::from("1.5".parse::<crate::Number>().unwrap()));
    converts(s("true"), r#""bool""#, Value::from(true));
    converts(s("0"), r#""bool""#, Value::from(false));
    fails(s("x"), r#""number""#, "a number is required");
    fails(s("x"), r#""bool""#, "a bool is required");
    fails(s("True"), r#""bool""#, r#"a bool is required; to convert from string, use lowercase "true""#);
    fails(n(1), r#""bool""#, "bool required, but have number");
    fails(Value::tuple([]), r#""string""#, "string required, but have tuple");
    fails(s("x"), r#"["list","string"]"#, "list of string required, but have string");
}

#[test]
fn sequences() {
    converts(Value::tuple([n(1), s("a")]), r#"["list","string"]"#, Value::list(Type::String, [s("1"), s("a")]));
    converts(Value::tuple([n(2), n(1), n(2)]), r#"["set","number"]"#, Value::set(Type::Number, [n(1), n(2)]));
    converts(
        Value::set(Type::Number, [n(2), n(10)]),
        r#"["list","string"]"#,
        Value::list(Type::String, [s("2"), s("10")]),
    );
    converts(Value::tuple([]), r#"["list","dynamic"]"#, Value::list(Type::Any, []));
    converts(Value::tuple([n(1), s("2")]), r#"["tuple",["string","number"]]"#, Value::tuple([s("1"), n(2)]));
    fails(Value::tuple([n(1)]), r#"["tuple",[]]"#, "tuple required");
    fails(Value::tuple([s("1"), s("x")]), r#"["list","number"]"#, "[1]: a number is required");
    fails(
        Value::tuple([s("1"), Value::tuple([])]),
        r#"["list","number"]"#,
        "element 1: number required, but have tuple",
    );
    fails(
        Value::tuple([s("1"), Value::tuple([])]),
        r#"["list","dynamic"]"#,
        "all list elements must have the same type",
    );
}

#[test]
fn any_becomes_what_the_elements_have_in_common() {
    let mixed = Value::tuple([n(1), s("a"), Value::null(Type::Any)]);
    converts(mixed, r#"["list","dynamic"]"#, Value::list(Type::String, [s("1"), s("a"), Value::null(Type::String)]));
    let objects = Value::tuple([Value::object([("a", n(1))]), Value::object([("a", s("x"))])]);
    let element = Type::object([("a", Type::String)]);
    converts(
        objects,
        r#"["list","dynamic"]"#,
        Value::list(element, [Value::object([("a", s("1"))]), Value::object([("a", s("x"))])]),
    );
    let nested = Value::object([("x", Value::tuple([n(1)])), ("y", Value::tuple([s("b"), s("c")]))]);
    let list = |v: Vec<Value>| Value::list(Type::String, v);
    converts(
        nested,
        r#"["map",["list","dynamic"]]"#,
        Value::map(Type::list(Type::String), [("x", list(vec![s("1")])), ("y", list(vec![s("b"), s("c")]))]),
    );
}

#[test]
fn objects() {
    let given = Value::object([("a", n(1)), ("extra", n(2))]);
    let expect = Value::object([("a", s("1")), ("b", Value::null(Type::list(Type::Number)))]);
    converts(given, OPTIONAL, expect);
    fails(Value::object([("b", Value::tuple([]))]), OPTIONAL, r#"attribute "a" is required"#);
    fails(
        Value::object([("a", s("x")), ("b", s("y"))]),
        OPTIONAL,
        r#"attribute "b": list of number required, but have string"#,
    );
    let bad = Value::object([("a", s("x")), ("b", Value::tuple([s("y")]))]);
    fails(bad, OPTIONAL, ".b[0]: a number is required");
    let three = r#"["object",{"a":"string","b":"string","c":"string"}]"#;
    fails(Value::object::<&str>([]), three, r#"attributes "a", "b", and "c" are required"#);
}

#[test]
fn maps_and_objects() {
    let object = Value::object([("a", n(1)), ("b", s("x"))]);
    converts(object, r#"["map","string"]"#, Value::map(Type::String, [("a", s("1")), ("b", s("x"))]));
    let map = Value::map(Type::String, [("a", s("x")), ("c", s("y"))]);
    converts(
        map,
        r#"["object",{"a":"string","d":"string"},["d"]]"#,
        Value::object([("a", s("x")), ("d", Value::null(Type::String))]),
    );
    let empty = Value::map::<&str>(Type::String, []);
    fails(empty, r#"["object",{"a":"string"}]"#, r#"map has no element for required attribute "a""#);
    let map = Value::map(Type::String, [("a", s("x"))]);
    let clash = r#"["object",{"a":["list","string"]},["a"]]"#;
    fails(
        map,
        clash,
        r#"map element type is incompatible with attribute "a": list of string required, but have string"#,
    );
    fails(
        Value::object([("k", Value::tuple([]))]),
        r#"["map","string"]"#,
        r#"element "k": string required, but have tuple"#,
    );
}

#[test]
fn nulls_and_unknowns_take_the_type() {
    converts(Value::null(Type::Any), r#""string""#, Value::null(Type::String));
    converts(Value::null(Type::Any), OPTIONAL, Value::null(ty(OPTIONAL).without_optional()));
    converts(Value::unknown(Type::Number), r#""string""#, Value::unknown(Type::String));
    converts(Value::unknown_not_null(Type::Number), r#""string""#, Value::unknown_not_null(Type::String));
    converts(Value::dynamic(), r#"["list","string"]"#, Value::unknown(Type::list(Type::String)));
    converts(
        Value::unknown(Type::tuple([Type::Number, Type::String])),
        r#"["list","dynamic"]"#,
        Value::unknown(Type::list(Type::String))
            .refine(crate::Refinement { not_null: false, ..crate::Refinement::length(2, Some(2)) }),
    );
    let set = Value::set(Type::String, [s("a"), Value::unknown(Type::String)]);
    assert!(!convert(&set, &ty(r#"["list","string"]"#)).unwrap().is_known());
}

#[test]
fn marks_stay_where_they_are() {
    let secret = s("5").mark(Marks::SENSITIVE);
    converts(secret.clone(), r#""number""#, n(5).mark(Marks::SENSITIVE));
    let list = convert(&Value::tuple([n(1), secret]), &ty(r#"["list","string"]"#)).unwrap();
    assert_eq!(list, Value::list(Type::String, [s("1"), s("5").mark(Marks::SENSITIVE)]));
    let set = convert(&list, &ty(r#"["set","string"]"#)).unwrap();
    assert_eq!(set.marks(), Marks::SENSITIVE);
    assert!(matches!(set.kind(), Kind::Set(_, v) if !v.iter().any(Value::has_marks)));
}

#[test]
fn unification() {
    for (types, expect) in [
        (r#"["number","string"]"#, Some(r#""string""#)),
        (r#"["number","bool"]"#, None),
        (r#"["dynamic","bool"]"#, Some(r#""bool""#)),
        (r#"[["list","number"],["list","string"]]"#, Some(r#"["list","string"]"#)),
        (r#"[["list","number"],["tuple",["string"]]]"#, Some(r#"["list","string"]"#)),
        (r#"[["set","number"],["list","number"]]"#, Some(r#"["list","number"]"#)),
        (r#"[["tuple",["number"]],["tuple",["string"]]]"#, Some(r#"["tuple",["string"]]"#)),
        (r#"[["tuple",["number"]],["tuple",[]]]"#, Some(r#"["list","number"]"#)),
        (r#"[["object",{"a":"number"}],["object",{"a":"string"}]]"#, Some(r#"["object",{"a":"string"}]"#)),
        (r#"[["object",{"a":"number"}],["object",{"b":"string"}]]"#, Some(r#"["map","string"]"#)),
        (r#"[["object",{"a":"number"}],["map","string"]]"#, Some(r#"["map","string"]"#)),
        (r#"[["object",{}],["tuple",[]]]"#, None),
        (r#"[["list","number"],"dynamic"]"#, Some(r#""dynamic""#)),
        (r#"["string",["list","string"]]"#, None),
        ("[]", None),
    ] {
        let list: Vec<serde_json::Value> = serde_json::from_str(types).unwrap();
        let list: Vec<Type> = list.iter().map(|t| crate::json::type_from_json_value(t).unwrap()).collect();
        assert_eq!(unify(&list), expect.map(ty), "{types}");
    }
}

#[test]
fn converting_ten_thousand_objects_is_quick() {
    let object = |i: i64| Value::object([("name", s(&format!("n{i}"))), ("size", s(&i.to_string()))]);
    let given = Value::tuple((0..10_000).map(object));
    let to = ty(r#"["set",["object",{"name":"string","size":"number"}]]"#);
    assert_eq!(convert(&given, &to).unwrap().elements().unwrap().len(), 10_000);
}
