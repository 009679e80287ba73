#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::json::type_from_json;
use crate::{Bound, Marks, Number, Refinement, Type, Value};

fn ty(json: &str) -> Type {
    type_from_json(json).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn number(text: &str) -> Value {
    Value::from(text.parse::<Number>().unwrap())
}

#[test]
fn numbers_take_the_least_form_that_is_exact() {
    for (text, bytes) in [
        ("1", "01"),
        ("-1", "ff"),
        ("200", "ccc8"),
        ("-200", "d1ff38"),
        ("0.5", "cb3fe0000000000000"),
        ("0.1", "a3302e31"),
        ("18446744073709551616", "b43138343436373434303733373039353531363136"),
    ] {
        let encoded = to_msgpack(&number(text), &Type::Number).unwrap();
        assert_eq!(hex(&encoded), bytes, "{text}");
        assert_eq!(from_msgpack(&encoded, &Type::Number).unwrap(), number(text));
    }
    assert_eq!(
        from_msgpack(&[0xcf, 255, 255, 255, 255, 255, 255, 255, 255], &Type::Number).unwrap(),
        number("18446744073709551615")
    );
    assert!(from_msgpack(&[0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0], &Type::Number).is_err());
}

#[test]
fn any_is_wrapped_with_its_type() {
    let encoded = to_msgpack(&Value::from("x"), &Type::Any).unwrap();
    assert_eq!(hex(&encoded), "92c40822737472696e6722a178");
    assert_eq!(from_msgpack(&encoded, &Type::Any).unwrap(), Value::from("x"));
    assert_eq!(to_msgpack(&Value::null(Type::Any), &Type::Any).unwrap(), [0xc0]);
    assert_eq!(to_msgpack(&Value::dynamic(), &Type::Any).unwrap(), [0xd4, 0, 0]);
}

#[test]
fn unknown_values_keep_what_is_known() {
    let list = Type::list(Type::String);
    let end = |i: i64| Some(Bound { at: Number::from(i), inclusive: i > 0 });
    for (value, tail) in [
        (Value::unknown(Type::String), "d40000"),
        (Value::unknown_not_null(Type::String), "0c8101c2"),
        (Value::unknown(Type::String).refine(Refinement::prefix("ab")), "0c8201c202a26162"),
        (Value::unknown(Type::Number).refine(Refinement::bounds(end(-1), end(9))), "0c8301c20392ffc2049209c3"),
        (Value::unknown(list.clone()).refine(Refinement::length(0, Some(3))), "0c8201c20603"),
        (Value::unknown(list).refine(Refinement { not_null: false, ..Refinement::length(2, None) }), "0c810502"),
    ] {
        let encoded = to_msgpack(&value, &value.ty()).unwrap();
        assert!(hex(&encoded).ends_with(tail), "{value:?}: {}", hex(&encoded));
        assert_eq!(from_msgpack(&encoded, &value.ty()).unwrap(), value);
    }
}

#[test]
fn long_prefixes_are_cut() {
    let value = Value::unknown(Type::String).refine(Refinement::prefix("é".repeat(1000)));
    let decoded = from_msgpack(&to_msgpack(&value, &Type::String).unwrap(), &Type::String).unwrap();
    let crate::Kind::Unknown(_, known) = decoded.kind() else { panic!("known") };
    assert!(known.prefix.as_ref().unwrap().len() > 200);
}

#[test]
fn says_what_is_wrong_and_where() {
    let object = ty(r#"["object",{"a":["list","number"]}]"#);
    for (bytes, expect) in [
        (vec![0x81, 0xa1, b'a', 0x91, 0xa1, b'x'], ".a[0]: number is required"),
        (vec![0x81, 0xa1, b'b', 0xc0], "unsupported attribute \"b\""),
        (vec![0x80], "an object with 1 attributes is required (0 given)"),
        (vec![0x81, 0xa1, b'a'], ".a: data ends too early"),
        (vec![0x01], "an object is required"),
        (vec![], "data ends too early"),
    ] {
        assert_eq!(from_msgpack(&bytes, &object).unwrap_err().located(), expect);
    }
    assert!(to_msgpack(&Value::from("x").mark(Marks::SENSITIVE), &Type::String).is_err());
    // A value of any type within values of any type, without end.
    let nested: Vec<u8> = b"\x92\xc4\x09\"dynamic\"".repeat(100_000);
    assert!(from_msgpack(&nested, &Type::Any).is_err());
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (any::<i32>(), -30i32..30).prop_map(|(m, e)| number(&format!("{m}e{e}"))),
        any::<String>().prop_map(Value::from),
        Just(Value::null(Type::Any)),
        Just(Value::unknown(Type::String)),
        Just(Value::unknown_not_null(Type::map(Type::String))),
        Just(Value::dynamic()),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..20).prop_map(Value::tuple),
            prop::collection::vec((any::<String>(), inner), 0..4).prop_map(Value::object),
            prop::collection::vec(any::<String>(), 0..4)
                .prop_map(|v| Value::set(Type::String, v.into_iter().map(Value::from))),
        ]
    })
}

proptest! {
    #[test]
    fn values_round_trip(value in any_value()) {
        let own = value.ty();
        prop_assert_eq!(&from_msgpack(&to_msgpack(&value, &own).unwrap(), &own).unwrap(), &value);
        prop_assert_eq!(from_msgpack(&to_msgpack(&value, &Type::Any).unwrap(), &Type::Any).unwrap(), value);
    }

    #[test]
    fn decoding_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        let _ = from_msgpack(&bytes, &Type::Any);
        let _ = from_msgpack(&bytes, &ty(r#"["object",{"a":["list","number"]}]"#));
        let _ = from_msgpack(&bytes, &Type::list(Type::Number));
    }
}
