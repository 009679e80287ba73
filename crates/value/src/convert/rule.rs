//! Which conversions exist, decided from types alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::unify;
use crate::Type;
use crate::types::ObjectType;

/// A way from one type to another.
pub(super) struct Conversion {
    pub from: Type,
    pub to: Type,
    pub rule: Rule,
}

/// A way for a part; `None` if it is right as it is.
pub(super) type Part = Option<Box<Conversion>>;

/// The ways there are.
pub(super) enum Rule {
    /// The value as it is.
    Keep,
    /// Decided by the value, as its type was not known.
    Late,
    NumberToString,
    BoolToString,
    StringToNumber,
    StringToBool,
    /// Attributes of an object to those of another; what is not named is dropped.
    Attributes(BTreeMap<Arc<str>, Part>),
    /// Elements of a map to attributes of an object; `Err` for those of which the type does not convert.
    Keys(BTreeMap<Arc<str>, Result<Part, ()>>),
    /// Elements of a tuple, each its own way, to a tuple, list or set.
    Places(Vec<Part>),
    /// Attributes of an object, each its own way, to a map.
    Names(BTreeMap<Arc<str>, Part>),
    /// Elements of a list, set or map, all the same way.
    Elements(Part),
}

impl Conversion {
    /// The way from one type to a different one, if there is any.
    pub fn between(from: &Type, to: &Type) -> Option<Conversion> {
        let rule = rule(from, to)?;
        Some(Conversion { from: from.clone(), to: to.clone(), rule })
    }
}

fn part(from: &Type, to: &Type) -> Option<Part> {
    if from == to {
        return Some(None);
    }
    Conversion::between(from, to).map(|c| Some(Box::new(c)))
}

fn rule(from: &Type, to: &Type) -> Option<Rule> {
    match (from, to) {
        (_, Type::Any) => Some(Rule::Keep),
        (Type::Any, _) => Some(Rule::Late),
        (Type::Number, Type::String) => Some(Rule::NumberToString),
        (Type::Bool, Type::String) => Some(Rule::BoolToString),
        (Type::String, Type::Number) => Some(Rule::StringToNumber),
        (Type::String, Type::Bool) => Some(Rule::StringToBool),
        (Type::Object(from), Type::Object(to)) => attributes(from, to).map(Rule::Attributes),
        (Type::Map(from), Type::Object(to)) => keys(from, to).map(Rule::Keys),
        (Type::Tuple(from), Type::Tuple(to)) if from.len() == to.len() => {
            let parts: Option<_> = from.iter().zip(to.iter()).map(|(from, to)| part(from, to)).collect();
            parts.map(Rule::Places)
        }
        (Type::List(from) | Type::Set(from), Type::List(to) | Type::Set(to)) | (Type::Map(from), Type::Map(to)) => {
            part(from, to).map(Rule::Elements)
        }
        (Type::Tuple(from), Type::List(to) | Type::Set(to)) => places(from, to).map(Rule::Places),
        (Type::Object(from), Type::Map(to)) => names(from, to).map(Rule::Names),
        _ => None,
    }
}

fn attributes(from: &ObjectType, to: &ObjectType) -> Option<BTreeMap<Arc<str>, Part>> {
    let mut parts = BTreeMap::new();
    for (name, to_type) in &to.attributes {
        match from.attributes.get(name) {
            Some(from_type) => drop(parts.insert(name.clone(), part(from_type, to_type)?)),
            None if to.optional.contains(name) => {}
            None => return None,
        }
    }
    Some(parts)
}

fn keys(from: &Type, to: &ObjectType) -> Option<BTreeMap<Arc<str>, Result<Part, ()>>> {
    let one = |(name, ty): (&Arc<str>, &Type)| match part(from, ty) {
        Some(part) => Some((name.clone(), Ok(part))),
        None if to.optional.contains(name) => Some((name.clone(), Err(()))),
        None => None,
    };
    to.attributes.iter().map(one).collect()
}

fn places(from: &[Type], element: &Type) -> Option<Vec<Part>> {
    let element = common(element, from)?;
    if element == Type::Any && from.iter().any(|t| *t != Type::Any) {
        return None;
    }
    from.iter().map(|t| part(t, &element)).collect()
}

fn names(from: &ObjectType, element: &Type) -> Option<BTreeMap<Arc<str>, Part>> {
    let types: Vec<Type> = from.attributes.values().cloned().collect();
    let element = common(element, &types)?;
    from.attributes.iter().map(|(name, t)| Some((name.clone(), part(t, &element)?))).collect()
}

/// The element type that is asked for, or the one all elements agree on if any will do.
fn common(element: &Type, types: &[Type]) -> Option<Type> {
    if *element != Type::Any || types.is_empty() {
        return Some(element.clone());
    }
    unify(types)
}
