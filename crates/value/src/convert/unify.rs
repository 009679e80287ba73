//! The type that several types have in common.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::sync::Arc;

use super::convertible;
use crate::Type;

/// The most general type that all of `types` convert to, if there is one; none for no types.
///
/// A value may still fail to convert to it, as elements of a map may for an object type. `Any` among `types` leaves
/// primitives as they are and makes the result `Any` for everything else.
pub fn unify(types: &[Type]) -> Option<Type> {
    let (first, rest) = types.split_first()?;
    if rest.iter().all(|t| t == first) {
        return Some(first.clone());
    }
    match unify_alike(types) {
        Alike::Decided(result) => result,
        Alike::Open => preferred(types),
    }
}

enum Alike {
    Decided(Option<Type>),
    Open,
}

/// How many types there are of each kind.
#[derive(Default)]
struct Kinds {
    any: usize,
    list: usize,
    set: usize,
    map: usize,
    tuple: usize,
    object: usize,
}

impl Kinds {
    fn count(types: &[Type]) -> Kinds {
        let mut kinds = Kinds::default();
        for ty in types {
            match ty {
                Type::Any => kinds.any += 1,
                Type::List(_) => kinds.list += 1,
                Type::Set(_) => kinds.set += 1,
                Type::Map(_) => kinds.map += 1,
                Type::Tuple(_) => kinds.tuple += 1,
                Type::Object(_) => kinds.object += 1,
                Type::Bool | Type::Number | Type::String => {}
            }
        }
        kinds
    }
}

/// Unites types of one kind part by part, which may give a type that is none of them.
fn unify_alike(types: &[Type]) -> Alike {
    let all = types.len();
    let k = Kinds::count(types);
    let one_kind = [k.map, k.list, k.set, k.object, k.tuple].into_iter().any(|n| n > 0 && n + k.any == all);
    if one_kind && k.any > 0 {
        return Alike::Decided(Some(Type::Any));
    }
    if k.map == all {
        Alike::Decided(elements(types, Type::map))
    } else if k.list == all {
        Alike::Decided(elements(types, Type::list))
    } else if k.set == all {
        Alike::Decided(elements(types, Type::set))
    } else if k.object == all {
        Alike::Decided(objects(types))
    } else if k.tuple == all {
        Alike::Decided(tuples(types))
    } else if k.map > 0 && k.map + k.object + k.any == all {
        as_collections(types, |t| matches!(t, Type::Object(_)), objects_to_map)
    } else if k.list > 0 && k.list + k.tuple + k.any == all {
        as_collections(types, |t| matches!(t, Type::Tuple(_)), tuples_to_list)
    } else if k.object > 0 && k.tuple > 0 {
        Alike::Decided(None)
    } else {
        Alike::Open
    }
}

fn elements(types: &[Type], collection: fn(Type) -> Type) -> Option<Type> {
    let elements: Vec<Type> = types.iter().filter_map(Type::element).cloned().collect();
    let united = collection(unify(&elements)?);
    types.iter().all(|t| convertible(t, &united)).then_some(united)
}

fn attribute_types(types: &[Type]) -> Vec<Type> {
    let objects = types.iter().filter_map(|t| if let Type::Object(o) = t { Some(o) } else { None });
    objects.flat_map(|o| o.attributes.values().cloned()).collect()
}

fn place_types(types: &[Type]) -> Vec<Type> {
    let tuples = types.iter().filter_map(|t| if let Type::Tuple(ts) = t { Some(ts) } else { None });
    tuples.flat_map(|ts| ts.iter().cloned()).collect()
}

fn objects_to_map(types: &[Type]) -> Option<Type> {
    let map = Type::map(unify(&attribute_types(types))?);
    types.iter().all(|t| convertible(t, &map)).then_some(map)
}

fn tuples_to_list(types: &[Type]) -> Option<Type> {
    let list = Type::list(unify(&place_types(types))?);
    types.iter().all(|t| convertible(t, &list)).then_some(list)
}

/// Unites maps with objects, or lists with tuples, by first making the latter what the former are.
fn as_collections(types: &[Type], structural: fn(&Type) -> bool, collect: fn(&[Type]) -> Option<Type>) -> Alike {
    let (inner, mut others): (Vec<Type>, Vec<Type>) = types.iter().cloned().partition(structural);
    let Some(collected) = collect(&inner) else { return Alike::Open };
    others.push(collected);
    match unify(&others) {
        Some(result) if result.is_collection() => Alike::Decided(Some(result)),
        _ => Alike::Open,
    }
}

/// An object type if all have the same attribute names, otherwise a map.
fn objects(types: &[Type]) -> Option<Type> {
    let objects: Vec<_> = types.iter().filter_map(|t| if let Type::Object(o) = t { Some(o) } else { None }).collect();
    let (first, rest) = objects.split_first()?;
    if rest.iter().any(|o| !o.attributes.keys().eq(first.attributes.keys())) {
        return objects_to_map(types);
    }
    let mut attributes: Vec<(Arc<str>, Type)> = Vec::with_capacity(first.attributes.len());
    for name in first.attributes.keys() {
        let across: Vec<Type> = objects.iter().filter_map(|o| o.attributes.get(name)).cloned().collect();
        attributes.push((name.clone(), unify(&across)?));
    }
    let united = Type::object(attributes);
    if types.iter().all(|t| convertible(t, &united)) { Some(united) } else { objects_to_map(types) }
}

/// A tuple type if all have the same length, otherwise a list.
fn tuples(types: &[Type]) -> Option<Type> {
    let tuples: Vec<_> = types.iter().filter_map(|t| if let Type::Tuple(ts) = t { Some(ts) } else { None }).collect();
    let (first, rest) = tuples.split_first()?;
    if rest.iter().any(|ts| ts.len() != first.len()) {
        return tuples_to_list(types);
    }
    let mut places = Vec::with_capacity(first.len());
    for at in 0..first.len() {
        let across: Vec<Type> = tuples.iter().filter_map(|ts| ts.get(at)).cloned().collect();
        places.push(unify(&across)?);
    }
    let united = Type::tuple(places);
    if types.iter().all(|t| convertible(t, &united)) { Some(united) } else { tuples_to_list(types) }
}

/// The first of the given types, the most general before others, that all convert to.
fn preferred(types: &[Type]) -> Option<Type> {
    let mut distinct: Vec<&Type> = Vec::new();
    for ty in types {
        if !distinct.contains(&ty) {
            distinct.push(ty);
        }
    }
    let order = most_general_first(&distinct);
    let wanted = order.into_iter().map(|i| distinct[i]);
    wanted.into_iter().find(|to| distinct.iter().all(|from| convertible(from, to))).cloned()
}

/// Places of types in an order that keeps [`generality`], and the given order otherwise.
fn most_general_first(types: &[&Type]) -> Vec<usize> {
    let mut below = vec![Vec::new(); types.len()];
    let mut above = vec![0usize; types.len()];
    for (i, a) in types.iter().enumerate() {
        for (j, b) in types.iter().enumerate().skip(i + 1) {
            let (upper, lower) = match generality(a, b) {
                Ordering::Less => (i, j),
                Ordering::Greater => (j, i),
                Ordering::Equal => continue,
            };
            below[upper].push(lower);
            above[lower] += 1;
        }
    }
    let mut ready: VecDeque<usize> = (0..types.len()).filter(|i| above[*i] == 0).collect();
    let mut order = Vec::with_capacity(types.len());
    while let Some(i) = ready.pop_front() {
        order.push(i);
        for j in &below[i] {
            above[*j] -= 1;
            if above[*j] == 0 {
                ready.push_back(*j);
            }
        }
    }
    order
}

/// Which of two types takes more values, supposing that they convert at all: the more general one is less.
fn generality(a: &Type, b: &Type) -> Ordering {
    match (a, b) {
        (Type::Any, Type::Any) => Ordering::Equal,
        (_, Type::Any) => Ordering::Less,
        (Type::Any, _) => Ordering::Greater,
        (Type::String, Type::Bool | Type::Number) => Ordering::Less,
        (Type::Bool | Type::Number, Type::String) => Ordering::Greater,
        (Type::List(a), Type::List(b)) | (Type::Set(a), Type::Set(b)) | (Type::Map(a), Type::Map(b)) => {
            generality(a, b)
        }
        (Type::Tuple(_) | Type::List(_), Type::Set(_)) => Ordering::Less,
        (Type::Set(_), Type::Tuple(_) | Type::List(_)) => Ordering::Greater,
        (Type::List(_), Type::Tuple(_)) | (Type::Map(_), Type::Object(_)) => Ordering::Less,
        (Type::Tuple(_), Type::List(_)) | (Type::Object(_), Type::Map(_)) => Ordering::Greater,
        (Type::Tuple(a), Type::Tuple(b)) if a.len() == b.len() => agreeing(a.iter().zip(b.iter())),
        (Type::Object(a), Type::Object(b)) if a.attributes.keys().eq(b.attributes.keys()) => {
            agreeing(a.attributes.values().zip(b.attributes.values()))
        }
        _ => Ordering::Equal,
    }
}

/// The order of all parts, if they do not contradict each other.
fn agreeing<'t>(parts: impl Iterator<Item = (&'t Type, &'t Type)>) -> Ordering {
    let (mut less, mut greater) = (false, false);
    for (a, b) in parts {
        match generality(a, b) {
            Ordering::Less => less = true,
            Ordering::Greater => greater = true,
            Ordering::Equal => {}
        }
    }
    match (less, greater) {
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        _ => Ordering::Equal,
    }
}
