//! Reading parts of values: `base.name`, `base[key]`, and iteration.

use terrane_source::Diagnostic;
use terrane_value::ops::{self, OpError};
use terrane_value::{Kind, Type, Value};

use crate::suggest::Suggest;

/// `value.name`
pub(crate) fn attr(value: &Value, name: &str) -> Result<Value, Diagnostic> {
    ops::get_attr(value, name).map_err(|e| wrong(&e).suggest(name, names(value).iter().map(String::as_str)))
}

/// `value[key]`
pub(crate) fn index(value: &Value, key: &Value) -> Result<Value, Diagnostic> {
    ops::index(value, key).map_err(|e| match key.as_str() {
        Some(name) => wrong(&e).suggest(name, names(value).iter().map(String::as_str)),
        None => wrong(&e),
    })
}

fn wrong(error: &OpError) -> Diagnostic {
    Diagnostic::error(error.summary(), error.to_string())
}

/// The names that parts of a value have.
fn names(value: &Value) -> Vec<String> {
    match (value.fields(), value.ty()) {
        (Some(fields), _) => fields.names().iter().map(|n| n.to_string()).collect(),
        (None, Type::Object(object)) => object.attributes.keys().map(|n| n.to_string()).collect(),
        _ => Vec::new(),
    }
}

/// Keys and elements of a known collection, in its order; `None` if it is none. Marks of the whole are left out.
pub(crate) fn elements(value: &Value) -> Option<Vec<(Value, Value)>> {
    match value.kind() {
        Kind::List(_, items) | Kind::Tuple(items) => {
            Some(items.iter().enumerate().map(|(i, v)| (Value::from(i as i64), v.clone())).collect())
        }
        Kind::Set(_, items) => Some(items.iter().map(|v| (v.clone(), v.clone())).collect()),
        Kind::Map(_, fields) | Kind::Object(fields) => {
            Some(fields.iter().map(|(n, v)| (Value::string(n.clone()), v.clone())).collect())
        }
        _ => None,
    }
}
