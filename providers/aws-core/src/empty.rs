//! Empty values, which AWS does not tell from absent ones.

use terrane_value::{Kind, Value};

/// The object with what it lacks but `known` has as an empty text, collection, `false` or zero put back: AWS answers
/// nothing for those, and what was written must not seem to be gone.
pub fn keep_empty(known: &Value, object: Value) -> Value {
    let Kind::Object(mut fields) = object.kind().clone() else { return object };
    let written = known.fields().into_iter().flat_map(|f| f.iter());
    for (name, value) in written.filter(|(_, v)| is_empty(v)) {
        if fields.get(name).is_none_or(Value::is_null) {
            fields = fields.with(name, value.clone());
        }
    }
    Value::from_kind(Kind::Object(fields))
}

fn is_empty(value: &Value) -> bool {
    match value.kind() {
        Kind::String(text) => text.is_empty(),
        Kind::Bool(b) => !b,
        Kind::Number(n) => n.as_i64() == Some(0),
        Kind::List(_, values) | Kind::Set(_, values) | Kind::Tuple(values) => values.is_empty(),
        Kind::Map(_, fields) => fields.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use terrane_value::Type;

    use super::*;

    #[test]
    fn written_empties_stay_and_nothing_else_does() {
        let known = Value::object([
            ("a", Value::string("")),
            ("b", Value::string("")),
            ("c", Value::string("x")),
            ("d", Value::set(Type::String, [])),
        ]);
        let read = Value::object([("a", Value::null(Type::String)), ("b", Value::string("y"))]);
        let expect =
            Value::object([("a", Value::string("")), ("b", Value::string("y")), ("d", Value::set(Type::String, []))]);
        assert_eq!(keep_empty(&known, read), expect);
    }
}
