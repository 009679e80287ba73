//! Small schemas and objects for tests.

#![allow(clippy::unwrap_used, dead_code)]

use terrane_provider::sdk::schema::{TypeSchema, decode};
use terrane_value::json::json_decode;
use terrane_value::{Type, Value};

/// A schema from its stored form.
pub fn schema(text: &str) -> TypeSchema {
    decode("thing", text, &|_| Ok(Some(r#"["a","b"]"#.to_owned()))).unwrap()
}

/// An object of a schema from JSON; the text `?` stands for what is unknown.
pub fn object(schema: &TypeSchema, json: &str) -> Value {
    let block = &schema.schema.block;
    let value = json_decode(json).unwrap().transform(&mut |_, v| match v.as_str() {
        Some("?") => Value::unknown(Type::Any),
        _ => v,
    });
    block.coerce(&value).unwrap()
}

/// An object as text: sorted, `?` where unknown, nulls and empty blocks left out.
pub fn text(value: &Value) -> String {
    if !value.is_known() {
        return "?".into();
    }
    if let Some(fields) = value.fields() {
        let shown = fields.iter().filter(|(_, v)| !v.is_null() && v.elements() != Some(&[]));
        let shown: Vec<String> = shown.map(|(k, v)| format!("{k}={}", text(v))).collect();
        return format!("{{{}}}", shown.join(" "));
    }
    match (value.elements(), value.as_str(), value.as_number(), value.as_bool()) {
        (Some(e), ..) => format!("[{}]", e.iter().map(text).collect::<Vec<_>>().join(" ")),
        (_, Some(s), ..) => s.to_owned(),
        (_, _, Some(n), _) => n.to_string(),
        (_, _, _, Some(b)) => b.to_string(),
        _ => "null".into(),
    }
}
