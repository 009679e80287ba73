//! The order of the elements of sets.

use std::cmp::Ordering;

use crate::quote::quote;
use crate::{Kind, Value};

/// Sorts elements as Terraform iterates over them and drops equal ones.
///
/// Texts, numbers and bools come in their natural order; everything else in the order of a serialised form, then
/// unknown elements, nulls last.
pub(crate) fn arrange(values: &mut Vec<Value>) {
    let plain = values.iter().all(|v| matches!(v.kind(), Kind::Bool(_) | Kind::Number(_) | Kind::String(_)));
    if plain {
        values.sort();
    } else {
        values.sort_by_cached_key(Key::of);
    }
    values.dedup_by(|a, b| a == b && a.is_wholly_known());
}

/// What elements are sorted by.
#[derive(PartialEq, Eq)]
struct Key {
    rank: u8,
    form: String,
    value: Value,
}

impl Key {
    fn of(value: &Value) -> Key {
        let (rank, written) = match value.kind() {
            Kind::Null(_) => (2, false),
            Kind::Unknown(..) => (1, false),
            Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => (0, false),
            _ => (0, true),
        };
        let mut form = String::new();
        if written {
            write(value, &mut form);
        }
        Key { rank, form, value: value.clone() }
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Key) -> Ordering {
        let forms = || self.form.as_bytes().cmp(other.form.as_bytes());
        self.rank.cmp(&other.rank).then_with(forms).then_with(|| self.value.cmp(&other.value))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Key) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Writes the form that Terraform's values are hashed by, which is what orders sets of objects there.
fn write(value: &Value, out: &mut String) {
    match value.kind() {
        Kind::Unknown(..) => out.push('?'),
        Kind::Null(_) => out.push('~'),
        Kind::Bool(b) => out.push(if *b { 'T' } else { 'F' }),
        Kind::Number(n) => out.push_str(&n.to_general(10)),
        Kind::String(s) => quote(s, out),
        Kind::Map(_, fields) => {
            out.push('{');
            for (name, value) in fields.iter() {
                quote(name, out);
                out.push(':');
                write(value, out);
                out.push(';');
            }
            out.push('}');
        }
        Kind::Object(fields) => each(fields.values(), "<", ">", out),
        Kind::Tuple(values) => each(values, "<", ">", out),
        Kind::List(_, values) | Kind::Set(_, values) => each(values, "[", "]", out),
    }
}

fn each(values: &[Value], open: &str, close: &str, out: &mut String) {
    out.push_str(open);
    for value in values {
        write(value, out);
        out.push(';');
    }
    out.push_str(close);
}

#[cfg(test)]
mod tests {
    use crate::{Number, Type, Value};

    fn order(values: Vec<Value>) -> Vec<String> {
        let set = Value::set(Type::Any, values);
        set.elements().unwrap_or_default().iter().map(crate::compact).collect()
    }

    #[test]
    fn primitives_come_in_their_natural_order() {
        let numbers = ["10", "9", "-1.5", "1e2"].map(|n| n.parse::<Number>().map_or(Value::dynamic(), Value::from));
        assert_eq!(order(numbers.to_vec()), ["-1.5", "9", "10", "100"]);
        assert_eq!(order(["b", "B", "é", "a"].map(Value::from).to_vec()), [r#""B""#, r#""a""#, r#""b""#, r#""é""#]);
        assert_eq!(order(vec![Value::from(true), Value::from(false)]), ["false", "true"]);
    }

    #[test]
    fn objects_come_in_the_order_of_their_form() {
        let object = |a: i64, b: &str| Value::object([("a", Value::from(a)), ("b", Value::from(b))]);
        let given = vec![object(9, "x"), object(10, "y"), object(10, "b")];
        assert_eq!(order(given), [r#"{a = 10, b = "b"}"#, r#"{a = 10, b = "y"}"#, r#"{a = 9, b = "x"}"#]);
    }

    #[test]
    fn unknown_and_null_come_last() {
        let given = vec![Value::null(Type::String), Value::unknown(Type::String), Value::from("z")];
        assert_eq!(order(given), [r#""z""#, "(known after apply)", "null"]);
    }

    #[test]
    fn unknown_elements_stay_apart() {
        let unknown = || Value::unknown(Type::String);
        assert_eq!(order(vec![unknown(), unknown(), Value::from("a"), Value::from("a")]).len(), 3);
    }

    #[test]
    fn a_set_of_ten_thousand_objects_is_quick() {
        let object = |i: i64| {
            Value::object([("name", Value::from(format!("n{}", i % 5000))), ("even", Value::from(i % 2 == 0))])
        };
        let set = Value::set(object(0).ty(), (0..10_000).map(object));
        assert_eq!(set.elements().map(<[Value]>::len), Some(5000));
    }
}
