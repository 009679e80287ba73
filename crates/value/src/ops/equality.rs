//! `==` and `!=`.

use super::unknown_bool;
use crate::{Kind, Marks, Type, Value};

/// `a == b`: of the same type, and all parts equal; nulls of all types are equal.
pub fn equals(a: &Value, b: &Value) -> Value {
    let marks = relevant_marks(a, b);
    let result = match marks.is_empty() && !a.has_marks() && !b.has_marks() {
        true => compare(a, b),
        false => compare(&a.clone().unmark_deep().0, &b.clone().unmark_deep().0),
    };
    result.map_or_else(unknown_bool, Value::from).mark(marks)
}

/// `a != b`.
pub fn not_equals(a: &Value, b: &Value) -> Value {
    let (equal, marks) = equals(a, b).unmark();
    equal.as_bool().map_or_else(unknown_bool, |equal| Value::from(!equal)).mark(marks)
}

/// All marks; of parts only if they matter, which they do not beside null.
fn relevant_marks(a: &Value, b: &Value) -> Marks {
    match a.is_null() != b.is_null() {
        true => a.marks().union(b.marks()),
        false => a.marks_deep().union(b.marks_deep()),
    }
}

/// Whether two values without marks are equal, as far as it can be told.
fn compare(a: &Value, b: &Value) -> Option<bool> {
    if let Some(result) = compare_unknown(a, b) {
        return result;
    }
    if a.is_null() || b.is_null() {
        return Some(a.is_null() && b.is_null());
    }
    if !has_whole_type(a) || !has_whole_type(b) {
        let (a, b) = (a.ty(), b.ty());
        return if a.conforms_to(&b) || b.conforms_to(&a) { None } else { Some(false) };
    }
    if same_type(a, b) { compare_parts(a, b) } else { Some(false) }
}

/// The result if one of the values is null beside one that is not, or unknown: itself not known in the inner option.
fn compare_unknown(a: &Value, b: &Value) -> Option<Option<bool>> {
    if (a.is_null() && b.is_certainly_not_null()) || (b.is_null() && a.is_certainly_not_null()) {
        return Some(Some(false));
    }
    match (a.kind(), b.kind()) {
        (Kind::Unknown(..), Kind::Unknown(..)) => Some(None),
        (Kind::Unknown(ty, known), _) => Some(compare_known_to(ty, known.excludes(b), b)),
        (_, Kind::Unknown(ty, known)) => Some(compare_known_to(ty, known.excludes(a), a)),
        _ => None,
    }
}

fn compare_known_to(unknown: &Type, excluded: bool, known: &Value) -> Option<bool> {
    let other_type =
        !known.is_null() && !unknown.has_any() && !known.ty().conforms_to(unknown) && has_whole_type(known);
    if excluded || other_type { Some(false) } else { None }
}

/// Whether no part is unknown of unknown type.
fn has_whole_type(value: &Value) -> bool {
    match value.kind() {
        Kind::Unknown(ty, _) => !ty.has_any(),
        _ => value.children().all(has_whole_type),
    }
}

/// Whether two values have one type, found out without making the types.
fn same_type(a: &Value, b: &Value) -> bool {
    match (a.kind(), b.kind()) {
        (Kind::Bool(_), Kind::Bool(_)) | (Kind::Number(_), Kind::Number(_)) | (Kind::String(_), Kind::String(_)) => {
            true
        }
        (Kind::List(a, _), Kind::List(b, _))
        | (Kind::Set(a, _), Kind::Set(b, _))
        | (Kind::Map(a, _), Kind::Map(b, _)) => a == b,
        (Kind::Tuple(a), Kind::Tuple(b)) => a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| same_type(a, b)),
        (Kind::Object(a), Kind::Object(b)) => {
            a.names() == b.names() && a.values().iter().zip(b.values()).all(|(a, b)| same_type(a, b))
        }
        (Kind::Null(_) | Kind::Unknown(..), _) | (_, Kind::Null(_) | Kind::Unknown(..)) => a.ty() == b.ty(),
        _ => false,
    }
}

/// Compares values of one type that are not null and known, except for their parts.
fn compare_parts(a: &Value, b: &Value) -> Option<bool> {
    match (a.kind(), b.kind()) {
        (Kind::List(_, a), Kind::List(_, b)) | (Kind::Tuple(a), Kind::Tuple(b)) => {
            if a.len() != b.len() {
                return Some(false);
            }
            all(a.iter().zip(b.iter()))
        }
        (Kind::Map(_, a), Kind::Map(_, b)) | (Kind::Object(a), Kind::Object(b)) => {
            if a.names() != b.names() {
                return Some(false);
            }
            all(a.values().iter().zip(b.values()))
        }
        (Kind::Set(_, x), Kind::Set(_, y)) => match (a.is_wholly_known(), b.is_wholly_known()) {
            (true, true) => Some(x == y),
            (true, false) if x.len() > y.len() => Some(false),
            (false, true) if y.len() > x.len() => Some(false),
            _ if x.is_empty() != y.is_empty() => Some(false),
            _ => None,
        },
        (a, b) => Some(a == b),
    }
}

/// False if any pair surely differs, true if all surely are equal.
fn all<'v>(pairs: impl Iterator<Item = (&'v Value, &'v Value)>) -> Option<bool> {
    let mut result = Some(true);
    for (a, b) in pairs {
        let equal = match compare_unknown(a, b) {
            Some(result) => result,
            None if a.is_null() || b.is_null() => Some(a.is_null() && b.is_null()),
            None => compare_parts(a, b),
        };
        match equal {
            Some(false) => return Some(false),
            Some(true) => {}
            None => result = None,
        }
    }
    result
}
