//! Selecting parts: `a[b]`, `a.b`, and how many there are.

use super::{OpError, unknown_bool};
use crate::{Bound, Kind, Number, Refinement, Type, Value, convert};

/// `collection[key]`.
pub fn index(collection: &Value, key: &Value) -> Result<Value, OpError> {
    let (bare, marks) = collection.clone().unmark();
    let (key, key_marks) = key.clone().unmark();
    if bare.is_null() {
        return Err(OpError::SelectFromNull("elements"));
    }
    if key.is_null() {
        return Err(OpError::Index("A null value cannot be used as an index.".into()));
    }
    let found = match bare.ty() {
        Type::Any => Value::dynamic(),
        Type::List(_) | Type::Tuple(_) => at_place(&bare, &typed_key(&key, &Type::Number)?, !key_marks.is_empty())?,
        Type::Map(_) | Type::Object(_) => at_key(&bare, &typed_key(&key, &Type::String)?, &key, !key_marks.is_empty())?,
        Type::Set(_) => {
            return Err(OpError::Index(
                "Elements of a set have no index or key. Convert the set to a list with tolist(...) to select by \
                 place, or use a for expression."
                    .into(),
            ));
        }
        ty => return Err(OpError::Index(format!("A {} does not have any elements to select.", ty.friendly()))),
    };
    Ok(found.mark(marks.union(key_marks)))
}

/// `object.name`, also of maps.
pub fn get_attr(object: &Value, name: &str) -> Result<Value, OpError> {
    let (bare, marks) = object.clone().unmark();
    if bare.is_null() {
        return Err(OpError::SelectFromNull("attributes"));
    }
    let found = match bare.kind() {
        Kind::Object(fields) => fields.get(name).cloned().ok_or_else(|| no_attribute(name))?,
        Kind::Map(_, fields) => fields.get(name).cloned().ok_or_else(|| OpError::NoElement { key: name.into() })?,
        Kind::Unknown(Type::Any, _) => Value::dynamic(),
        Kind::Unknown(Type::Object(o), _) => {
            Value::unknown(o.attributes.get(name).ok_or_else(|| no_attribute(name))?.clone())
        }
        Kind::Unknown(Type::Map(t), _) => Value::unknown((**t).clone()),
        _ => return Err(OpError::NotAnObject(without_attributes(&bare.ty(), name))),
    };
    Ok(found.mark(marks))
}

/// Whether `collection[key]` is there; false for keys of the wrong type.
pub fn has_index(collection: &Value, key: &Value) -> Value {
    let (bare, marks) = collection.clone().unmark();
    let (key, key_marks) = key.clone().unmark();
    let found = match (bare.kind(), key.kind()) {
        (Kind::Unknown(Type::Tuple(types), _), Kind::Number(n)) => Some(n.as_usize().is_some_and(|i| i < types.len())),
        (Kind::List(_, v) | Kind::Tuple(v), Kind::Number(n)) => Some(n.as_usize().is_some_and(|i| i < v.len())),
        (Kind::Map(_, f) | Kind::Object(f), Kind::String(s)) => Some(f.get(s).is_some()),
        (Kind::Unknown(..), _)
        | (Kind::List(..) | Kind::Tuple(_) | Kind::Map(..) | Kind::Object(_), Kind::Unknown(..)) => None,
        _ => Some(false),
    };
    found.map_or_else(unknown_bool, Value::from).mark(marks.union(key_marks))
}

/// How many elements or attributes there are.
pub fn length(value: &Value) -> Result<Value, OpError> {
    let (bare, marks) = value.clone().unmark();
    let count = match bare.kind() {
        Kind::List(_, v) | Kind::Tuple(v) => exactly(v.len()),
        Kind::Set(_, v) if v.len() > 1 && !bare.is_wholly_known() => between(1, Some(v.len() as u64)),
        Kind::Set(_, v) => exactly(v.len()),
        Kind::Map(_, f) | Kind::Object(f) => exactly(f.len()),
        Kind::Unknown(Type::Tuple(types), _) => exactly(types.len()),
        Kind::Unknown(Type::Object(o), _) => exactly(o.attributes.len()),
        Kind::Unknown(ty, known) if ty.is_collection() || *ty == Type::Any => {
            let (least, most) = known.length.unwrap_or_default();
            // No collection has more elements, and OpenTofu says so.
            between(least, most.or(Some(i64::MAX as u64)))
        }
        Kind::Null(_) => return Err(OpError::SelectFromNull("elements")),
        _ => return Err(OpError::Index(format!("A {} does not have a number of elements.", bare.ty().friendly()))),
    };
    Ok(count.mark(marks))
}

fn exactly(count: usize) -> Value {
    Value::from(Number::from(count as u64))
}

fn between(least: u64, most: Option<u64>) -> Value {
    let end = |n: u64| Bound::inclusive(Number::from(n));
    Value::unknown(Type::Number).refine(Refinement::bounds(Some(end(least)), most.map(end)))
}

fn typed_key(key: &Value, ty: &Type) -> Result<Value, OpError> {
    convert(key, ty).map_err(|e| OpError::Index(format!("The given key does not identify an element: {}.", e.message)))
}

fn at_place(sequence: &Value, place: &Value, secret: bool) -> Result<Value, OpError> {
    let Some(number) = place.as_number() else {
        return Ok(sequence.ty().element().map_or_else(Value::dynamic, |t| Value::unknown(t.clone())));
    };
    let place = number.as_usize();
    let found = match sequence.kind() {
        Kind::List(_, values) | Kind::Tuple(values) => (place.and_then(|i| values.get(i)).cloned(), Some(values.len())),
        Kind::Unknown(Type::Tuple(types), _) => {
            (place.and_then(|i| types.get(i)).map(|t| Value::unknown(t.clone())), Some(types.len()))
        }
        Kind::Unknown(Type::List(t), _) => (place.map(|_| Value::unknown((**t).clone())), None),
        _ => (None, None),
    };
    found.0.ok_or_else(|| OpError::Index(no_place(number, found.1, secret)))
}

/// Why there is nothing at a place; the place itself stays out of it if it is secret.
fn no_place(place: &Number, length: Option<usize>, secret: bool) -> String {
    let shown = if secret { "the given index".into() } else { format!("the index {place}") };
    let problem = match length {
        _ if !place.is_integer() => format!("{shown} has a fraction, but elements are counted in whole numbers"),
        _ if place.is_negative() => format!("{shown} is negative; places are counted from 0"),
        Some(0) => "the collection has no elements".into(),
        Some(1) => format!("{shown} is beyond the only element, which has index 0"),
        Some(n) => format!("{shown} is beyond the last element, which has index {}", n - 1),
        None => format!("{shown} is too large"),
    };
    format!("The given key does not identify an element in this collection value: {problem}.")
}

fn at_key(mapping: &Value, key: &Value, given: &Value, secret: bool) -> Result<Value, OpError> {
    let none = || OpError::Index(no_key(mapping, given, secret));
    match (mapping.kind(), key.as_str()) {
        (Kind::Map(_, fields) | Kind::Object(fields), Some(key)) => fields.get(key).cloned().ok_or_else(none),
        (Kind::Map(t, _), None) => Ok(Value::unknown(t.clone())),
        (Kind::Unknown(Type::Map(t), _), _) => Ok(Value::unknown((**t).clone())),
        (Kind::Unknown(Type::Object(o), _), Some(key)) => {
            o.attributes.get(key).map(|t| Value::unknown(t.clone())).ok_or_else(none)
        }
        _ => Ok(Value::dynamic()),
    }
}

fn no_key(mapping: &Value, given: &Value, secret: bool) -> String {
    let object = matches!(mapping.ty(), Type::Object(_));
    let what = if object { "object" } else { "map" };
    let shown = match given.kind() {
        _ if secret => "the given key".into(),
        Kind::String(s) => format!("the key {s:?}"),
        Kind::Number(n) => format!("the key \"{n}\""),
        _ => "the given key".into(),
    };
    let hint = if object && given.as_number().is_some() {
        " Attributes of an object are selected by name, not by place."
    } else {
        ""
    };
    format!(
        "The given key does not identify an element in this collection value: the {what} does not have {shown}.{hint}"
    )
}

fn no_attribute(name: &str) -> OpError {
    OpError::NoAttribute { name: name.into() }
}

fn without_attributes(ty: &Type, name: &str) -> String {
    let has = |t: &Type| matches!(t, Type::Object(o) if o.attributes.contains_key(name));
    match ty {
        Type::List(t) if has(t) => format!(
            "This is a list of objects, not one object. Select one element first, as in [0].{name}, or take the \
             attribute of all elements with [*].{name}."
        ),
        Type::Set(t) if has(t) => format!(
            "This is a set of objects, not one object. Take the attribute of all elements with [*].{name}, or of the \
             only element with one(...)."
        ),
        Type::Tuple(_) => "This is a tuple, which does not have attributes. Select an element by place first.".into(),
        _ => format!("A {} does not have attributes, so there is no {name:?} in it.", ty.friendly()),
    }
}
