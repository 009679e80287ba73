//! Values in Terraform's JSON: what is known of them, what is unknown, what is sensitive.

use std::fmt::Write;

use serde_json::value::RawValue;
use terrane_value::{Block, Kind, Marks, Path, Step, Value, json::quote};

/// What stands for a sensitive value when it is not to be shown.
pub const HIDDEN: &str = "(sensitive value)";

/// JSON text that is already written.
pub type Raw = Box<RawValue>;

/// JSON text as it is; `null` should it not be JSON, which none of the functions here makes.
pub fn raw(text: String) -> Raw {
    RawValue::from_string(text).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// Whether sensitive values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// As they are, as Terraform does.
    Shown,
    /// As `"(sensitive value)"`.
    Hidden,
}

/// A value with the marks its schema demands added to its own.
pub fn marked(value: &Value, block: &Block) -> Value {
    if !block.has_sensitive() || value.is_null() {
        return value.clone();
    }
    let paths = block.sensitive_paths(value).into_iter().map(|path| (path, Marks::SENSITIVE));
    value.clone().mark_at(&paths.collect::<Vec<_>>())
}

/// What is known of a value: unknown attributes are left out, unknown elements are null. `None` if nothing is known.
pub fn known(value: &Value, secrets: Secrets) -> Option<Raw> {
    let mut text = String::new();
    write_known(value, secrets, &mut text).then(|| raw(text))
}

fn write_known(value: &Value, secrets: Secrets, out: &mut String) -> bool {
    if secrets == Secrets::Hidden && value.marks().contains(Marks::SENSITIVE) && value.is_known() && !value.is_null() {
        out.push_str(&quote(HIDDEN));
        return true;
    }
    match value.kind() {
        Kind::Unknown(..) => return false,
        Kind::Null(_) => out.push_str("null"),
        Kind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Kind::Number(n) => {
            let _ = write!(out, "{n}");
        }
        Kind::String(s) => out.push_str(&quote(s)),
        Kind::List(_, values) | Kind::Set(_, values) | Kind::Tuple(values) => {
            array(values, out, |value, out| {
                if !write_known(value, secrets, out) {
                    out.push_str("null");
                }
            });
        }
        Kind::Map(_, fields) | Kind::Object(fields) => {
            object(fields.iter().map(|(n, v)| (&**n, v)), out, |value, out| write_known(value, secrets, out));
        }
    }
    true
}

/// Where a value is unknown: `true` there, known attributes left out.
pub fn unknown(value: &Value) -> Raw {
    shape(value, |value| match value.kind() {
        Kind::Unknown(..) => Some("true"),
        Kind::Null(_) => Some("false"),
        _ => None,
    })
}

/// Where a value is sensitive: `true` there, other attributes left out.
pub fn sensitive(value: &Value) -> Raw {
    shape(value, |value| match value.kind() {
        _ if value.marks().contains(Marks::SENSITIVE) => Some("true"),
        Kind::Null(_) => Some("false"),
        Kind::Unknown(ty, _) => Some(match ty {
            terrane_value::Type::List(_) | terrane_value::Type::Set(_) | terrane_value::Type::Tuple(_) => "[]",
            terrane_value::Type::Map(_) | terrane_value::Type::Object(_) => "{}",
            _ => "false",
        }),
        _ => None,
    })
}

/// The structure of a value with booleans in place of its parts; attributes that are `false` are left out.
fn shape(value: &Value, leaf: impl Fn(&Value) -> Option<&'static str> + Copy) -> Raw {
    let mut text = String::new();
    write_shape(value, leaf, &mut text);
    raw(text)
}

fn write_shape(value: &Value, leaf: impl Fn(&Value) -> Option<&'static str> + Copy, out: &mut String) {
    if let Some(text) = leaf(value) {
        return out.push_str(text);
    }
    match value.kind() {
        Kind::List(_, values) | Kind::Set(_, values) | Kind::Tuple(values) => {
            array(values, out, |value, out| write_shape(value, leaf, out));
        }
        Kind::Map(_, fields) | Kind::Object(fields) => {
            object(fields.iter().map(|(n, v)| (&**n, v)), out, |value, out| {
                let start = out.len();
                write_shape(value, leaf, out);
                &out[start..] != "false"
            });
        }
        _ => out.push_str("false"),
    }
}

fn array(values: &[Value], out: &mut String, mut one: impl FnMut(&Value, &mut String)) {
    out.push('[');
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        one(value, out);
    }
    out.push(']');
}

/// Writes the fields for which `one` says that it wrote something worth keeping.
fn object<'v>(
    fields: impl Iterator<Item = (&'v str, &'v Value)>,
    out: &mut String,
    mut one: impl FnMut(&Value, &mut String) -> bool,
) {
    out.push('{');
    let mut first = true;
    for (name, value) in fields {
        let start = out.len();
        if !first {
            out.push(',');
        }
        out.push_str(&quote(name));
        out.push(':');
        match one(value, out) {
            true => first = false,
            false => out.truncate(start),
        }
    }
    out.push('}');
}

/// A path as a list of names and indices.
pub fn path(path: &Path) -> Raw {
    let steps: Vec<String> = path
        .0
        .iter()
        .map(|step| match step {
            Step::Attr(name) => quote(name),
            Step::Index(key) => match key.kind() {
                Kind::Number(n) => n.to_string(),
                _ => quote(key.as_str().unwrap_or_default()),
            },
        })
        .collect();
    raw(format!("[{}]", steps.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use terrane_value::Type;

    fn sample() -> Value {
        Value::object([
            ("id", Value::unknown(Type::String)),
            ("list", Value::tuple([Value::unknown(Type::String), Value::from(true)])),
            ("nothing", Value::null(Type::list(Type::String))),
            ("secret", Value::string("<hush>").mark(Marks::SENSITIVE)),
            ("unknown_object", Value::unknown(Type::object([("a", Type::String)]))),
            ("empty", Value::map(Type::String, Vec::<(&str, Value)>::new())),
        ])
    }

    #[test]
    fn unknown_attributes_are_left_out_and_unknown_elements_are_null() {
        let text = known(&sample(), Secrets::Shown).map(|r| r.get().to_owned());
        let expect = r#"{"empty":{},"list":[null,true],"nothing":null,"secret":"\u003chush\u003e"}"#;
        assert_eq!(text.as_deref(), Some(expect));
    }

    #[test]
    fn hidden_secrets_are_nowhere() {
        let text = known(&sample(), Secrets::Hidden).map(|r| r.get().to_owned()).unwrap_or_default();
        assert!(!text.contains("hush") && text.contains(r#""secret":"(sensitive value)""#), "{text}");
    }

    #[test]
    fn shapes_say_where_values_are_unknown_and_sensitive() {
        assert_eq!(unknown(&sample()).get(), r#"{"empty":{},"id":true,"list":[true,false],"unknown_object":true}"#);
        assert_eq!(
            sensitive(&sample()).get(),
            r#"{"empty":{},"list":[false,false],"secret":true,"unknown_object":{}}"#
        );
    }
}
