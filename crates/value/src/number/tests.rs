#![allow(clippy::unwrap_used)]

use std::hash::{DefaultHasher, Hash, Hasher};

use proptest::prelude::*;

use super::Number;

fn n(text: &str) -> Number {
    text.parse().unwrap()
}

fn hash(number: &Number) -> u64 {
    let mut hasher = DefaultHasher::new();
    number.hash(&mut hasher);
    hasher.finish()
}

#[test]
fn writes_the_shortest_decimal() {
    for (text, shown) in [
        ("0.1", "0.1"),
        ("-0", "0"),
        ("1.50", "1.5"),
        ("1e3", "1000"),
        ("1E-3", "0.001"),
        ("+7", "7"),
        (".5", "0.5"),
        ("5.", "5"),
        ("9223372036854775808", "9223372036854775808"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("123456789012345678901234567890.5", "123456789012345678901234567890.5"),
        ("1e30", "1000000000000000000000000000000"),
        ("1e-7", "0.0000001"),
    ] {
        assert_eq!(n(text).to_string(), shown, "{text}");
    }
    let third = n("1").checked_div(&n("3")).unwrap().to_string();
    assert!(third.starts_with("0.3333333333") && (150..160).contains(&third.len()), "{third}");
    assert_eq!((&n("0.1") + &n("0.2")).to_string(), "0.3");
}

#[test]
fn refuses_what_is_no_number() {
    for text in [
        "",
        ".",
        "-",
        "e5",
        "1e",
        "1e-",
        "1.2.3",
        "0x10",
        "1_000",
        " 1",
        "Inf",
        "NaN",
        "1e999999999999",
        "--1",
        "1e+-5",
        "1e++5",
    ] {
        assert!(text.parse::<Number>().is_err(), "{text:?}");
    }
}

#[test]
fn rounds_to_512_bits_ties_to_even() {
    let two = |power: u32| (0..power).fold(n("1"), |x, _| &x + &x);
    let big = two(512);
    assert_eq!(&big + &n("1"), big);
    assert_eq!(&(&big + &n("1")) + &n("1"), big);
    assert_ne!(&big + &n("2"), big);
    assert_eq!(&big + &n("3"), &big + &n("4"));
    assert_ne!(&two(511) + &n("1"), two(511));
}

#[test]
fn equal_numbers_have_one_hash() {
    for (a, b) in [("1", "1.0"), ("10e-1", "1"), ("1e20", "100000000000000000000"), ("0.50", "5e-1"), ("0", "-0.0")] {
        assert_eq!(n(a), n(b));
        assert_eq!(hash(&n(a)), hash(&n(b)), "{a} {b}");
    }
}

#[test]
fn remainder_has_the_sign_of_the_dividend() {
    for (a, b, expect) in [
        ("7", "3", "1"),
        ("-7", "3", "-1"),
        ("7", "-3", "1"),
        ("5.5", "2", "1.5"),
        ("5", "0", "5"),
        ("5.5", "1.1", "0"),
    ] {
        assert_eq!(n(a).checked_rem(&n(b)).unwrap(), n(expect), "{a} % {b}");
    }
}

#[test]
fn there_is_no_infinity() {
    assert_eq!(n("1").checked_div(&n("0")), None);
    assert_eq!(n("1e300000").checked_mul(&n("1e300000")), None);
    assert_eq!(n("1e-200000").checked_mul(&n("1e-200000")), Some(n("0")));
    assert_eq!(Number::from_f64(f64::INFINITY), None);
    assert_eq!(Number::from_f64(f64::NAN), None);
}

#[test]
fn takes_parts() {
    for (x, floor, ceil, trunc) in [("1.5", "1", "2", "1"), ("-1.5", "-2", "-1", "-1"), ("3", "3", "3", "3")] {
        assert_eq!((n(x).floor(), n(x).ceil(), n(x).trunc()), (n(floor), n(ceil), n(trunc)));
    }
    assert_eq!(n("-2.5").abs(), n("2.5"));
    assert!(n("4.0").is_integer() && !n("4.1").is_integer() && n("1e40").is_integer());
}

#[test]
fn becomes_machine_numbers() {
    assert_eq!(n("9223372036854775807").as_i64(), Some(i64::MAX));
    assert_eq!(n("9223372036854775808").as_i64(), None);
    assert_eq!(n("18446744073709551615").as_u64(), Some(u64::MAX));
    assert_eq!(Number::from(u64::MAX), n("18446744073709551615"));
    assert_eq!(n("-1").as_u64(), None);
    assert_eq!(n("1.5").as_i64(), None);
    assert_eq!(n("0.1").as_f64(), 0.1);
    assert_eq!(Number::from_f64(0.1), Some(n("0.1")));
    assert_eq!(Number::from_f64(1e22), Some(n("1e22")));
    assert_eq!(Number::from_f64(-0.0), Some(n("0")));
}

#[test]
fn writes_the_forms_of_format_verbs() {
    assert_eq!(n("2.346").to_fixed(2), "2.35");
    assert_eq!(n("2.5").to_fixed(0), "2");
    assert_eq!(n("0.004").to_fixed(2), "0.00");
    assert_eq!(n("-12").to_fixed(1), "-12.0");
    assert_eq!(n("1500").to_exponential(2), "1.50e+03");
    assert_eq!(n("0").to_exponential(1), "0.0e+00");
    assert_eq!(n("0.00001234").to_general(3), "1.23e-05");
    assert_eq!(n("12345678901").to_general(10), "1.23456789e+10");
    assert_eq!(n("100").to_general(10), "100");
}

#[test]
fn knows_other_radixes() {
    assert_eq!(n("255").to_radix(16).unwrap(), "ff");
    assert_eq!(n("-5").to_radix(2).unwrap(), "-101");
    assert_eq!(n("1.5").to_radix(2), None);
    assert_eq!(Number::from_radix("ff", 16), Some(n("255")));
    assert_eq!(Number::from_radix("-FF", 16), Some(n("-255")));
    assert_eq!(Number::from_radix("Z", 62), Some(n("61")));
    assert_eq!(Number::from_radix("12", 2), None);
    assert_eq!(Number::from_radix("", 10), None);
}

fn any_number() -> impl Strategy<Value = Number> {
    let text = prop_oneof![
        any::<i64>().prop_map(|i| i.to_string()),
        (any::<i32>(), -40i32..40).prop_map(|(m, e)| format!("{m}e{e}")),
        "-?[0-9]{1,60}\\.[0-9]{1,30}",
    ];
    text.prop_map(|t| n(&t))
}

proptest! {
    #[test]
    fn text_round_trips(a in any_number()) {
        prop_assert_eq!(n(&a.to_string()), a);
    }

    #[test]
    fn order_agrees_with_difference(a in any_number(), b in any_number()) {
        let difference = &a - &b;
        prop_assert_eq!(a < b, difference.is_negative());
        prop_assert_eq!(a == b, difference.is_zero());
    }

    #[test]
    fn addition_commutes_and_has_inverse(a in any_number(), b in any_number()) {
        prop_assert_eq!(&a + &b, &b + &a);
        prop_assert!((&a + &-&a).is_zero());
    }

    #[test]
    fn division_and_remainder_agree(a in any::<i64>(), b in any::<i32>().prop_filter("nought", |b| *b != 0)) {
        let (a, b) = (Number::from(a), Number::from(b));
        let whole = a.checked_div(&b).unwrap().trunc();
        let rest = a.checked_rem(&b).unwrap();
        prop_assert_eq!(&whole.checked_mul(&b).unwrap() + &rest, a);
    }
}
