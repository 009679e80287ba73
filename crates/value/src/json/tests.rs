#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::{Marks, Path, Step, Type, Value};

fn ty(json: &str) -> Type {
    type_from_json(json).unwrap()
}

fn s(text: &str) -> Value {
    Value::from(text)
}

#[test]
fn types_round_trip() {
    for json in [
        r#""dynamic""#,
        r#"["list","string"]"#,
        r#"["map",["set","bool"]]"#,
        r#"["tuple",["number",["list","dynamic"]]]"#,
        r#"["object",{"a":"bool","b":["object",{}]},["a"]]"#,
    ] {
        assert_eq!(type_to_json(&ty(json)), json);
    }
    for json in [r#""text""#, r#"["list"]"#, r#"["list","string","x"]"#, r#"["object",{"a":1}]"#, "3", "{"] {
        assert!(type_from_json(json).is_err(), "{json}");
    }
}

#[test]
fn encodes_as_terraform_does() {
    let value = Value::object([
        ("html", s("<a href=\"x\">&</a>")),
        ("control", s("\u{1}\n\t\u{2028}\u{7f}")),
        (
            "numbers",
            Value::tuple([
                Value::from("1e30".parse::<crate::Number>().unwrap()),
                Value::from("0.1".parse::<crate::Number>().unwrap()),
            ]),
        ),
        ("null", Value::null(Type::String)),
        ("é", Value::map(Type::Bool, [("k", Value::from(true))])),
    ]);
    let expect = r#"{"control":"\u0001\n\t\u2028"#.to_owned()
        + "\u{7f}"
        + r#"","html":"\u003ca href=\"x\"\u003e\u0026\u003c/a\u003e","null":null,"numbers":[1000000000000000000000000000000,0.1],"é":{"k":true}}"#;
    assert_eq!(json_encode(&value).unwrap(), expect);
}

#[test]
fn any_is_wrapped_with_its_type() {
    let value = Value::object([("a", Value::list(Type::Number, [Value::from(1)])), ("b", Value::null(Type::Any))]);
    let to = ty(r#"["object",{"a":"dynamic","b":"dynamic"}]"#);
    let json = to_json(&value, &to).unwrap();
    assert_eq!(json, r#"{"a":{"value":[1],"type":["list","number"]},"b":null}"#);
    assert_eq!(from_json(&json, &to).unwrap(), value);
}

#[test]
fn converts_before_encoding() {
    assert_eq!(to_json(&Value::from(5), &Type::String).unwrap(), r#""5""#);
    assert!(to_json(&s("x"), &Type::Number).is_err());
}

#[test]
fn refuses_unknown_and_marked_parts() {
    let unknown = Value::object([("a", Value::tuple([Value::unknown(Type::String)]))]);
    let error = json_encode(&unknown).unwrap_err();
    assert_eq!(error.located(), ".a[0]: value is not known");
    assert!(json_encode(&Value::tuple([s("x").mark(Marks::SENSITIVE)])).is_err());
}

#[test]
fn decodes_by_type() {
    let to = ty(r#"["object",{"a":"number","b":["set","string"],"c":["map","bool"]}]"#);
    let value = from_json(r#"{"a":"12","b":["y","x","y"]}"#, &to).unwrap();
    assert_eq!(value.get("a"), Some(&Value::from(12)));
    assert_eq!(value.get("b"), Some(&Value::set(Type::String, [s("x"), s("y")])));
    assert_eq!(value.get("c"), Some(&Value::null(Type::map(Type::Bool))));
    for (json, expect) in [
        (r#"{"d":1}"#, r#"unsupported attribute "d""#),
        (r#"{"a":"x"}"#, ".a: a number is required"),
        (r#"{"a":[]}"#, ".a: number is required, but have array"),
        (r#"{"b":[1,{}]}"#, ".b[1]: string is required, but have object"),
        ("[1", "invalid JSON: EOF while parsing a list at line 1 column 2"),
    ] {
        assert_eq!(from_json(json, &to).unwrap_err().located(), expect, "{json}");
    }
}

#[test]
fn decodes_without_type() {
    let value = json_decode(r#"{"n":12345678901234567890.5,"l":[1,"x",null],"o":{}}"#).unwrap();
    assert_eq!(value.get("n").unwrap().as_number().unwrap().to_string(), "12345678901234567890.5");
    assert_eq!(value.get("l"), Some(&Value::tuple([Value::from(1), s("x"), Value::null(Type::Any)])));
    assert_eq!(value.get("o"), Some(&Value::object::<&str>([])));
    assert!(json_decode("").is_err());
    assert!(json_decode("{} x").is_err());
}

#[test]
fn paths_round_trip() {
    let path = Path::root().attr("tags").key("Name").attr("list").index(3);
    let json = path_to_json(&path).unwrap();
    assert_eq!(
        json.to_string(),
        r#"[{"type":"get_attr","value":"tags"},{"type":"index","value":{"type":"string","value":"Name"}},{"type":"get_attr","value":"list"},{"type":"index","value":{"type":"number","value":3}}]"#
    );
    assert_eq!(path_from_json(&json).unwrap(), path);
    assert!(path_from_json(&serde_json::json!([{"type": "leap"}])).is_err());
    let element = Path::root().with(Step::Index(Value::object([("a", Value::from(1))])));
    assert_eq!(path_from_json(&path_to_json(&element).unwrap()).unwrap(), element);
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (any::<i32>(), -30i32..30).prop_map(|(m, e)| Value::from(format!("{m}e{e}").parse::<crate::Number>().unwrap())),
        any::<String>().prop_map(Value::from),
        Just(Value::null(Type::Any)),
        Just(Value::null(Type::list(Type::String))),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::tuple),
            prop::collection::vec((any::<String>(), inner), 0..4).prop_map(Value::object),
            prop::collection::vec(any::<String>(), 0..4)
                .prop_map(|v| Value::set(Type::String, v.into_iter().map(Value::from))),
            prop::collection::vec((any::<String>(), any::<i64>().prop_map(Value::from)), 0..4)
                .prop_map(|v| Value::map(Type::Number, v)),
        ]
    })
}

proptest! {
    #[test]
    fn values_round_trip_by_their_own_type(value in any_value()) {
        let own = value.ty();
        prop_assert_eq!(from_json(&to_json(&value, &own).unwrap(), &own).unwrap(), value);
    }

    #[test]
    fn values_round_trip_as_any(value in any_value()) {
        prop_assert_eq!(from_json(&to_json(&value, &Type::Any).unwrap(), &Type::Any).unwrap(), value);
    }

    #[test]
    fn decoding_never_panics(text in "[\\[\\]{}\",:0-9a-z. -]{0,20}") {
        let _ = json_decode(&text);
        let _ = from_json(&text, &Type::Any);
    }
}
