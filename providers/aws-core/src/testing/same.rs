//! Comparing values in tests.

use terrane_value::{Kind, Path, Value};

/// Tells each part of `b` that differs from what is known in `a`.
pub(super) fn differences(path: &Path, a: &Value, b: &Value, tell: &mut dyn FnMut(&Path, &Value, &Value)) {
    if a == b || !a.is_known() {
        return;
    }
    match (a.kind(), b.kind()) {
        (Kind::Object(fields), Kind::Object(_)) => {
            for (name, a) in fields.iter() {
                differences(&path.attr(name.clone()), a, b.get(name).unwrap_or(&Value::dynamic()), tell);
            }
        }
        (Kind::List(_, x), Kind::List(_, y)) if x.len() == y.len() => {
            for (i, (a, b)) in x.iter().zip(y.iter()).enumerate() {
                differences(&path.index(i), a, b, tell);
            }
        }
        (Kind::Set(..), Kind::Set(..)) if !a.is_wholly_known() && agrees(a, b) => {}
        _ => tell(path, a, b),
    }
}

/// Whether an object reads as it was written, as far as it was: the order of elements does not count.
pub(super) fn agrees(written: &Value, read: &Value) -> bool {
    match (written.kind(), read.kind()) {
        (Kind::Unknown(..), _) => true,
        (Kind::Object(written), Kind::Object(_)) => {
            written.iter().all(|(name, value)| read.get(name).is_some_and(|r| agrees(value, r)))
        }
        (Kind::Map(_, a), Kind::Map(_, b)) => a == b,
        (Kind::Null(_), _) => is_blank(read),
        _ => match (written.elements(), read.elements()) {
            (Some(a), Some(b)) => a.len() == b.len() && a.iter().all(|a| b.iter().any(|b| agrees(a, b))),
            _ => written == read,
        },
    }
}

/// A value in few characters.
pub(super) fn brief(value: &Value) -> String {
    let parts = |open: &str, parts: Vec<String>, close: &str| format!("{open}{}{close}", parts.join(", "));
    match value.kind() {
        Kind::Null(_) => "null".to_owned(),
        Kind::Unknown(..) => "?".to_owned(),
        Kind::Bool(b) => b.to_string(),
        Kind::Number(n) => n.to_string(),
        Kind::String(s) => format!("{s:?}"),
        Kind::Map(_, f) | Kind::Object(f) => {
            parts("{", f.iter().map(|(k, v)| format!("{k}: {}", brief(v))).collect(), "}")
        }
        _ => parts("[", value.elements().unwrap_or_default().iter().map(brief).collect(), "]"),
    }
}

/// Whether a value says no more than that nothing is set, as older providers write null.
pub(super) fn is_blank(value: &Value) -> bool {
    match value.kind() {
        Kind::Null(_) => true,
        Kind::Bool(b) => !b,
        Kind::Number(n) => n.as_i64() == Some(0),
        Kind::String(s) => s.is_empty(),
        Kind::Map(_, f) => f.is_empty(),
        _ => value.elements().is_some_and(<[Value]>::is_empty),
    }
}
