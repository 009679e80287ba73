#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::{Bound, Kind, Number, Refinement};

fn n(i: i64) -> Value {
    Value::from(i)
}

fn s(text: &str) -> Value {
    Value::from(text)
}

fn secret(value: Value) -> Value {
    value.mark(Marks::SENSITIVE)
}

fn unknown(ty: Type) -> Value {
    Value::unknown(ty)
}

fn number(least: Option<i64>, most: Option<i64>) -> Value {
    let end = |i: i64| Bound::inclusive(Number::from(i));
    unknown(Type::Number).refine(Refinement::bounds(least.map(end), most.map(end)))
}

#[test]
fn equality_of_known_values() {
    for (a, b, expect) in [
        (n(1), n(1), true),
        (n(1), s("1"), false),
        (Value::null(Type::String), Value::null(Type::Number), true),
        (Value::null(Type::String), s(""), false),
        (Value::tuple([n(1)]), Value::list(Type::Number, [n(1)]), false),
        (Value::tuple([n(1)]), Value::tuple([n(1)]), true),
        (Value::object([("a", n(1))]), Value::map(Type::Number, [("a", n(1))]), false),
        (Value::object([("a", n(1))]), Value::object([("a", n(1)), ("b", n(2))]), false),
        (Value::set(Type::Number, [n(1), n(2)]), Value::set(Type::Number, [n(2), n(1), n(1)]), true),
        (Value::list(Type::Number, []), Value::list(Type::String, []), false),
    ] {
        assert_eq!(equals(&a, &b), Value::from(expect), "{a:?} == {b:?}");
        assert_eq!(equals(&b, &a), Value::from(expect));
        assert_eq!(not_equals(&a, &b), Value::from(!expect));
    }
}

#[test]
fn equality_of_unknown_values() {
    let open = unknown_bool();
    for (a, b, expect) in [
        (unknown(Type::String), s("a"), open.clone()),
        (unknown(Type::String), n(1), Value::from(false)),
        (unknown(Type::String), Value::null(Type::String), open.clone()),
        (Value::unknown_not_null(Type::String), Value::null(Type::Any), Value::from(false)),
        (Value::dynamic(), n(1), open.clone()),
        (Value::tuple([n(1), Value::dynamic()]), Value::tuple([n(2), n(3)]), open.clone()),
        (Value::tuple([n(1), unknown(Type::Number)]), Value::tuple([n(2), n(3)]), Value::from(false)),
        (unknown(Type::String).refine(Refinement::prefix("arn:")), s("x"), Value::from(false)),
        (unknown(Type::String).refine(Refinement::prefix("arn:")), s("arn:x"), open.clone()),
        (number(Some(2), None), n(1), Value::from(false)),
        (
            unknown(Type::set(Type::String)).refine(Refinement::length(1, None)),
            Value::set(Type::String, []),
            Value::from(false),
        ),
    ] {
        assert_eq!(equals(&a, &b), expect, "{a:?} == {b:?}");
        assert_eq!(equals(&b, &a), expect);
    }
}

#[test]
fn equality_carries_marks_that_matter() {
    let list = Value::tuple([secret(n(1))]);
    assert_eq!(equals(&list, &Value::tuple([n(1)])), secret(Value::from(true)));
    assert_eq!(equals(&list, &Value::null(Type::Any)), Value::from(false));
    assert_eq!(equals(&secret(list), &Value::null(Type::Any)), secret(Value::from(false)));
}

#[test]
fn logic() {
    let (yes, no, open) = (Value::from(true), Value::from(false), unknown(Type::Bool));
    assert_eq!(and(&no, &open), Ok(no.clone()));
    assert_eq!(and(&open, &no), Ok(no.clone()));
    assert_eq!(and(&yes, &open), Ok(unknown_bool()));
    assert_eq!(or(&open, &yes), Ok(yes.clone()));
    assert_eq!(or(&no, &no), Ok(no.clone()));
    assert_eq!(and(&s("true"), &yes), Ok(yes.clone()));
    assert_eq!(not(&secret(yes.clone())), Ok(secret(no.clone())));
    assert_eq!(not(&Value::null(Type::Bool)), Err(OpError::Null { side: Side::Only }));
    let error = or(&no, &n(1)).unwrap_err();
    assert_eq!(error.to_string(), "Unsuitable value for the right operand: bool required, but have number.");
}

#[test]
fn arithmetic_on_known_values() {
    assert_eq!(add(&n(1), &s("2")), Ok(n(3)));
    assert_eq!(sub(&n(1), &n(2)), Ok(n(-1)));
    assert_eq!(mul(&n(3), &secret(n(2))), Ok(secret(n(6))));
    assert_eq!(div(&n(6), &n(3)), Ok(n(2)));
    assert_eq!(rem(&n(-7), &n(3)), Ok(n(-1)));
    assert_eq!(neg(&n(i64::MIN)).unwrap(), Value::from("9223372036854775808".parse::<Number>().unwrap()));
    assert_eq!(div(&n(1), &n(0)), Err(OpError::DivisionByZero));
    assert_eq!(div(&unknown(Type::Number), &n(0)), Err(OpError::DivisionByZero));
    let huge = Value::from("1e300000".parse::<Number>().unwrap());
    assert_eq!(mul(&huge, &huge), Err(OpError::TooLarge));
}

#[test]
fn arithmetic_keeps_what_is_known_of_unknown_numbers() {
    let open = unknown(Type::Number);
    assert_eq!(add(&open, &n(1)), Ok(Value::unknown_not_null(Type::Number)));
    assert_eq!(add(&number(Some(1), Some(3)), &n(10)), Ok(number(Some(11), Some(13))));
    assert_eq!(sub(&number(Some(1), None), &number(None, Some(5))), Ok(number(Some(-4), None)));
    assert_eq!(neg(&number(Some(1), None)), Ok(number(None, Some(-1))));
    assert_eq!(mul(&open, &n(0)), Ok(n(0)));
    assert_eq!(less(&number(Some(1), None), &n(1)), Ok(Value::from(false)));
    assert_eq!(less_or_equal(&number(None, Some(1)), &n(1)), Ok(Value::from(true)));
    assert_eq!(greater(&number(Some(1), None), &n(1)), Ok(unknown_bool()));
    assert_eq!(greater_or_equal(&n(2), &n(2)), Ok(Value::from(true)));
    assert_eq!(number(Some(2), Some(2)), n(2));
}

#[test]
fn selecting_by_index() {
    let list = Value::list(Type::String, [s("a"), s("b")]);
    assert_eq!(index(&list, &n(1)), Ok(s("b")));
    assert_eq!(index(&list, &s("0")), Ok(s("a")));
    assert_eq!(index(&secret(list.clone()), &n(0)), Ok(secret(s("a"))));
    assert_eq!(index(&list, &unknown(Type::Number)), Ok(unknown(Type::String)));
    assert_eq!(index(&unknown(Type::list(Type::String)), &n(7)), Ok(unknown(Type::String)));
    assert_eq!(index(&Value::tuple([n(1)]), &unknown(Type::Number)), Ok(Value::dynamic()));
    assert_eq!(index(&Value::dynamic(), &n(0)), Ok(Value::dynamic()));
    let map = Value::map(Type::Number, [("k", n(1)), ("3", n(2))]);
    assert_eq!(index(&map, &s("k")), Ok(n(1)));
    assert_eq!(index(&map, &n(3)), Ok(n(2)));
    assert_eq!(index(&Value::object([("k", n(1))]), &s("k")), Ok(n(1)));
}

#[test]
fn selecting_what_is_not_there() {
    let list = Value::list(Type::String, [s("a"), s("b")]);
    let object = Value::object([("k", n(1))]);
    let secret_key = secret(n(7));
    let prefix = "The given key does not identify an element in this collection value: ";
    for (value, key, expect) in [
        (&list, &n(2), "the index 2 is beyond the last element, which has index 1."),
        (&list, &secret_key, "the given index is beyond the last element, which has index 1."),
        (&list, &n(-1), "the index -1 is negative; places are counted from 0."),
        (&list, &s("0.5"), "the index 0.5 has a fraction, but elements are counted in whole numbers."),
        (&Value::tuple([]), &n(0), "the collection has no elements."),
        (&object, &s("x"), "the object does not have the key \"x\"."),
    ] {
        assert_eq!(index(value, key).unwrap_err().to_string(), format!("{prefix}{expect}"));
    }
    assert!(matches!(index(&Value::set(Type::String, [s("a")]), &n(0)), Err(OpError::Index(_))));
    assert!(matches!(index(&Value::null(Type::Any), &n(0)), Err(OpError::SelectFromNull(_))));
    assert!(matches!(index(&s("text"), &n(0)), Err(OpError::Index(_))));
}

#[test]
fn selecting_attributes() {
    let object = Value::object([("a", secret(n(1)))]);
    assert_eq!(get_attr(&object, "a"), Ok(secret(n(1))));
    assert_eq!(get_attr(&object, "b"), Err(OpError::NoAttribute { name: "b".into() }));
    assert_eq!(get_attr(&unknown(object.ty()), "a"), Ok(unknown(Type::Number)));
    assert_eq!(get_attr(&unknown(object.ty()), "b"), Err(OpError::NoAttribute { name: "b".into() }));
    assert_eq!(get_attr(&Value::map(Type::Number, [("k", n(1))]), "k"), Ok(n(1)));
    assert_eq!(get_attr(&Value::dynamic(), "x"), Ok(Value::dynamic()));
    let list = Value::list(Type::object([("a", Type::Number)]), []);
    assert!(get_attr(&list, "a").unwrap_err().to_string().contains("[*].a"));
    assert!(matches!(get_attr(&n(1), "a"), Err(OpError::NotAnObject(_))));
    assert!(matches!(get_attr(&Value::null(object.ty()), "a"), Err(OpError::SelectFromNull(_))));
}

#[test]
fn counting() {
    assert_eq!(length(&Value::tuple([n(1), n(2)])), Ok(n(2)));
    assert_eq!(length(&unknown(Type::tuple([Type::Number]))), Ok(n(1)));
    assert_eq!(length(&unknown(Type::list(Type::Number))), Ok(number(Some(0), Some(i64::MAX))));
    let set = Value::set(Type::String, [s("a"), unknown(Type::String)]);
    assert_eq!(length(&set), Ok(number(Some(1), Some(2))));
    assert_eq!(has_index(&Value::tuple([n(1)]), &n(0)), Value::from(true));
    assert_eq!(has_index(&Value::tuple([n(1)]), &n(1)), Value::from(false));
    assert_eq!(has_index(&Value::map(Type::Number, [("a", n(1))]), &s("b")), Value::from(false));
    assert_eq!(has_index(&unknown(Type::map(Type::Number)), &s("b")), unknown_bool());
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        (0i64..4).prop_map(Value::from),
        "[ab]{0,2}".prop_map(Value::from),
        Just(Value::null(Type::String)),
        Just(unknown(Type::Number)),
        Just(Value::unknown_not_null(Type::String)),
        Just(Value::dynamic()),
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::tuple),
            prop::collection::vec(("[abc]", inner.clone()), 0..3).prop_map(Value::object),
            inner.prop_map(secret),
        ]
    })
}

/// Puts known values in the place of what is unknown.
fn decide(value: Value) -> Value {
    value.transform(&mut |_, v| match v.kind() {
        Kind::Unknown(Type::Number, _) => n(1),
        Kind::Unknown(..) => s("a"),
        _ => v,
    })
}

proptest! {
    #[test]
    fn equality_is_symmetric_and_never_null(a in any_value(), b in any_value()) {
        let result = equals(&a, &b);
        prop_assert_eq!(&result, &equals(&b, &a));
        prop_assert!(result.is_certainly_not_null());
    }

    #[test]
    fn what_is_decided_early_stays_true(a in any_value(), b in any_value()) {
        let (early, _) = equals(&a, &b).unmark();
        if early.is_known() {
            prop_assert_eq!(early, equals(&decide(a), &decide(b)).unmark().0);
        }
    }

    #[test]
    fn known_values_equal_themselves(a in any_value()) {
        let a = decide(a);
        prop_assert_eq!(equals(&a, &a).unmark().0, Value::from(true));
    }
}
