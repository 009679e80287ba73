//! Words for why one type does not convert to another.

use super::convertible;
use crate::Type;
use crate::types::ObjectType;

/// Why values of type `got` do not convert to `want`, for people: `attribute "name" is required`.
///
/// Meant for types between which there is no conversion.
pub fn mismatch(got: &Type, want: &Type) -> String {
    match (got, want) {
        (Type::Object(got), Type::Object(want)) => objects(got, want),
        (Type::Tuple(_), Type::List(e)) if **e == Type::Any => "all list elements must have the same type".into(),
        (Type::Tuple(_), Type::Set(e)) if **e == Type::Any => "all set elements must have the same type".into(),
        (Type::Object(_), Type::Map(e)) if **e == Type::Any => "all map elements must have the same type".into(),
        (Type::Tuple(got), Type::List(want) | Type::Set(want)) => {
            parts(got.iter().enumerate().map(|(i, t)| (i.to_string(), t)), want)
        }
        (Type::Object(got), Type::Map(want)) => parts(got.attributes.iter().map(|(n, t)| (format!("{n:?}"), t)), want),
        (Type::List(g) | Type::Set(g), Type::List(w)) => format!("incorrect list element type: {}", mismatch(g, w)),
        (Type::List(g) | Type::Set(g), Type::Set(w)) => format!("incorrect set element type: {}", mismatch(g, w)),
        (Type::Map(g), Type::Map(w)) => format!("incorrect map element type: {}", mismatch(g, w)),
        (Type::Tuple(_) | Type::Object(_), w) if w.is_collection() => format!("{} required", w.friendly_constraint()),
        (g, w) if g.is_collection() && w.is_collection() => format!("{} required", w.friendly_constraint()),
        (g, w) if confusing(g, w) => format!("{} required", w.friendly_constraint()),
        (g, w) => format!("{} required, but have {}", w.friendly(), g.friendly()),
    }
}

fn objects(got: &ObjectType, want: &ObjectType) -> String {
    let absent = |name: &&std::sync::Arc<str>| !got.attributes.contains_key(*name) && !want.optional.contains(*name);
    let missing: Vec<String> = want.attributes.keys().filter(absent).map(|n| format!("{n:?}")).collect();
    match missing.as_slice() {
        [] => {}
        [one] => return format!("attribute {one} is required"),
        [one, two] => return format!("attributes {one} and {two} are required"),
        [most @ .., last] => return format!("attributes {}, and {last} are required", most.join(", ")),
    }
    for (name, want) in &want.attributes {
        if let Some(got) = got.attributes.get(name)
            && !convertible(got, want)
        {
            return format!("attribute {name:?}: {}", mismatch(got, want));
        }
    }
    "incorrect object attributes".into()
}

fn parts<'t>(got: impl Iterator<Item = (String, &'t Type)>, want: &Type) -> String {
    for (name, got) in got {
        if !convertible(got, want) {
            return format!("element {name}: {}", mismatch(got, want));
        }
    }
    format!("all elements must be {}", want.friendly_constraint())
}

/// Whether naming both types would send the reader to the wrong problem: a text that is no number has the wrong
/// value rather than the wrong type.
fn confusing(got: &Type, want: &Type) -> bool {
    if got.is_primitive() != want.is_primitive() || *want == Type::String {
        return false;
    }
    let plain = matches!((got, want), (Type::Bool, Type::Number) | (Type::Number, Type::Bool));
    !(plain || matches!((got, want), (Type::Tuple(_), Type::Object(_))))
}
