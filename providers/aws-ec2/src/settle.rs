//! Bringing together what is known of an object and what AWS answered.
//!
//! AWS does not tell an unset value from an empty one, and Terraform state holds either: null, `""`, `0`, `false`, or
//! an empty collection. What differs only so is the same, and stays as it was known.

use std::net::Ipv6Addr;

use terrane_value::{Fields, Kind, Type, Value};

/// The object after a refresh: `remote` where it differs in meaning, else `prior`.
///
/// Attributes that `remote` does not mention stay as they were.
pub(crate) fn refreshed(prior: &Value, remote: &Value) -> Value {
    merge(prior, remote, &|_, remote| remote.clone())
}

/// The object after a create or update: what was planned, with `remote` filling in what was unknown.
pub(crate) fn applied(planned: &Value, remote: &Value) -> Value {
    let filled = fill(planned, remote);
    filled.transform(&mut |_, value| match value.kind() {
        Kind::Unknown(ty, _) => Value::null(ty.clone()),
        _ => value,
    })
}

/// The same value without anything unknown: null in its place.
pub(crate) fn known(value: &Value) -> Value {
    applied(value, &Value::object::<&str>([]))
}

/// Whether two values mean the same to AWS.
pub(crate) fn alike(a: &Value, b: &Value) -> bool {
    if a == b || (absent(a) && absent(b)) {
        return true;
    }
    match (a.kind(), b.kind()) {
        (Kind::String(a), Kind::String(b)) => same_network(a, b),
        (Kind::Set(_, a), _) => b.elements().is_some_and(|b| same_members(a, b)),
        (_, Kind::Set(_, b)) => a.elements().is_some_and(|a| same_members(a, b)),
        (Kind::List(_, a) | Kind::Tuple(a), Kind::List(_, b) | Kind::Tuple(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| alike(a, b))
        }
        (Kind::Object(a), Kind::Object(b)) => same_fields(a, b),
        _ => false,
    }
}

/// Whether a value says no more than that nothing is set.
pub(crate) fn absent(value: &Value) -> bool {
    match value.kind() {
        Kind::Null(_) => true,
        Kind::String(s) => s.is_empty(),
        Kind::Bool(b) => !b,
        Kind::Number(n) => n.as_i64() == Some(0),
        Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v) => v.is_empty(),
        Kind::Map(_, f) => f.is_empty(),
        Kind::Object(_) | Kind::Unknown(..) => false,
    }
}

fn same_members(a: &[Value], b: &[Value]) -> bool {
    a.len() == b.len() && a.iter().all(|a| b.iter().any(|b| alike(a, b)))
}

fn same_fields(a: &Fields, b: &Fields) -> bool {
    let null = Value::null(Type::Any);
    let of = |fields: &Fields, name: &str| fields.get(name).unwrap_or(&null).clone();
    a.names().iter().chain(b.names().iter()).all(|name| alike(&of(a, name), &of(b, name)))
}

/// Whether two texts are one IPv6 network in different spellings.
pub(crate) fn same_network(a: &str, b: &str) -> bool {
    let network = |text: &str| {
        let (address, length) = text.split_once('/')?;
        Some((address.parse::<Ipv6Addr>().ok()?, length.parse::<u8>().ok()?))
    };
    network(a).is_some_and(|a| network(b) == Some(a))
}

/// Goes through both; where they are alike the known side stays, and leaves that differ are given to `choose`.
fn merge(known: &Value, remote: &Value, choose: &dyn Fn(&Value, &Value) -> Value) -> Value {
    if alike(known, remote) {
        return known.clone();
    }
    match (known.kind(), remote.kind()) {
        (Kind::Object(k), Kind::Object(r)) => {
            let mut merged = k.clone();
            for (name, value) in r.iter() {
                let value = k.get(name).map_or_else(|| value.clone(), |known| merge(known, value, choose));
                merged = merged.with(name, value);
            }
            Value::from_kind(Kind::Object(merged))
        }
        (Kind::List(_, k), Kind::List(_, r) | Kind::Tuple(r)) if k.len() == r.len() && is_blocks(r) => {
            Value::tuple(k.iter().zip(r.iter()).map(|(k, r)| merge(k, r, choose)))
        }
        (Kind::Set(_, k), Kind::Set(_, r) | Kind::Tuple(r)) if is_blocks(r) => {
            let keep = |r: &Value| k.iter().find(|k| alike(k, r)).unwrap_or(r).clone();
            Value::tuple(r.iter().map(keep))
        }
        _ => choose(known, remote),
    }
}

fn is_blocks(values: &[Value]) -> bool {
    values.iter().all(|v| matches!(v.kind(), Kind::Object(_)))
}

fn fill(planned: &Value, remote: &Value) -> Value {
    if planned.is_wholly_known() {
        return match (planned.kind(), remote.kind()) {
            (Kind::Object(p), Kind::Object(r)) => fill_fields(p, r),
            _ => planned.clone(),
        };
    }
    match (planned.kind(), remote.kind()) {
        (Kind::Unknown(..), _) => remote.clone(),
        (Kind::Object(p), Kind::Object(r)) => fill_fields(p, r),
        (Kind::List(_, p), _) => fill_list(p, remote.elements().unwrap_or_default()),
        (Kind::Set(_, p), _) => fill_set(p, remote.elements().unwrap_or_default()),
        _ => planned.clone(),
    }
}

/// What the plan does not name is added, since a reply says more than a plan that lacks it.
fn fill_fields(planned: &Fields, remote: &Fields) -> Value {
    let mut filled = planned.clone();
    for (name, value) in remote.iter() {
        let value = planned.get(name).map_or_else(|| value.clone(), |planned| fill(planned, value));
        filled = filled.with(name, value);
    }
    Value::from_kind(Kind::Object(filled))
}

fn fill_list(planned: &[Value], remote: &[Value]) -> Value {
    let nothing = Value::null(Type::Any);
    let pairs = planned.iter().enumerate().map(|(i, p)| (p, remote.get(i).unwrap_or(&nothing)));
    Value::tuple(pairs.map(|(p, r)| fill(p, r)))
}

fn fill_set(planned: &[Value], remote: &[Value]) -> Value {
    let mut left: Vec<&Value> = remote.iter().collect();
    let filled = planned.iter().map(|p| match left.iter().position(|r| fits(p, r)) {
        Some(at) => fill(p, left.swap_remove(at)),
        None => p.clone(),
    });
    Value::tuple(filled.collect::<Vec<_>>())
}

/// Whether an answer can be what a plan with unknown parts foresaw.
fn fits(planned: &Value, remote: &Value) -> bool {
    match (planned.kind(), remote.kind()) {
        (Kind::Unknown(..), _) => true,
        (Kind::Object(p), Kind::Object(r)) => {
            let null = Value::null(Type::Any);
            p.iter().all(|(name, p)| fits(p, r.get(name).unwrap_or(&null)))
        }
        _ if planned.is_wholly_known() => alike(planned, remote),
        _ => true,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn text(value: &str) -> Value {
        Value::string(value)
    }

    fn none() -> Value {
        Value::null(Type::String)
    }

    #[test]
    fn what_means_the_same_stays_as_it_was() {
        let prior = Value::object([("a", none()), ("b", text("")), ("c", text("x")), ("d", text("old"))]);
        let remote = Value::object([("a", text("")), ("b", none()), ("d", text("new"))]);
        let now = refreshed(&prior, &remote);
        assert!(now.get("a").unwrap().is_null());
        assert_eq!(now.get("b").unwrap(), &text(""));
        assert_eq!(now.get("c").unwrap(), &text("x"));
        assert_eq!(now.get("d").unwrap(), &text("new"));
    }

    #[test]
    fn set_members_keep_their_spelling_when_only_others_drift() {
        let rule = |port: i64, note: Value| Value::object([("port", Value::from(port)), ("note", note)]);
        let ty = Type::object([("note", Type::String), ("port", Type::Number)]);
        let prior = Value::object([("rules", Value::set(ty, [rule(1, none()), rule(2, none())]))]);
        let remote = Value::object([("rules", Value::tuple([rule(1, text("")), rule(3, text(""))]))]);
        let now = refreshed(&prior, &remote);
        let rules = now.get("rules").unwrap().elements().unwrap().to_vec();
        assert_eq!(rules, [rule(1, none()), rule(3, text(""))]);
    }

    #[test]
    fn a_plan_stands_and_its_unknowns_are_filled() {
        let planned = Value::object([
            ("name", text("A")),
            ("id", Value::unknown(Type::String)),
            ("left", Value::unknown(Type::String)),
            ("disk", Value::list(Type::Any, [Value::object([("size", Value::from(8)), ("id", Value::dynamic())])])),
        ]);
        let disk = Value::object([("size", Value::from(9)), ("id", text("vol-1"))]);
        let remote = Value::object([("name", text("a")), ("id", text("i-1")), ("disk", Value::tuple([disk]))]);
        let now = applied(&planned, &remote);
        assert_eq!(now.get("name").unwrap(), &text("A"));
        assert_eq!(now.get("id").unwrap(), &text("i-1"));
        assert!(now.get("left").unwrap().is_null());
        let disk = &now.get("disk").unwrap().elements().unwrap()[0];
        assert_eq!((disk.get("size").unwrap().as_i64(), disk.get("id").unwrap()), (Some(8), &text("vol-1")));
    }

    #[test]
    fn unknown_parts_of_set_members_come_from_the_member_that_fits() {
        let planned = |name: &str| Value::object([("name", text(name)), ("id", Value::dynamic())]);
        let remote = |name: &str, id: &str| Value::object([("name", text(name)), ("id", text(id))]);
        let plan = Value::object([("disks", Value::set(Type::Any, [planned("a"), planned("b")]))]);
        let answer = Value::object([("disks", Value::tuple([remote("b", "2"), remote("a", "1")]))]);
        let now = applied(&plan, &answer);
        assert_eq!(now.get("disks").unwrap().elements().unwrap(), [remote("a", "1"), remote("b", "2")]);
    }

    #[test]
    fn networks_are_alike_in_any_spelling() {
        assert!(alike(&text("2001:DB8:0::/32"), &text("2001:db8::/32")));
        assert!(!alike(&text("2001:db8::/32"), &text("2001:db8::/48")));
        assert!(!alike(&text("10.0.0.0/8"), &text("10.0.0.0/16")));
    }
}
