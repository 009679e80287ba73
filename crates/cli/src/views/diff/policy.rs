//! Policy documents, statement by statement.
//!
//! The order of statements, and of what may be one text or a list, means nothing in a policy. The old document is
//! brought into the order and form of the new one, so that only what means another thing shows as changed.

use terrane_value::{Fields, Kind, Value};

const STATEMENT: &str = "Statement";

/// Old and new of one thing, of which one may be missing.
type Pair<'a> = (Option<&'a Value>, Option<&'a Value>);

/// Both documents, alike where they mean the same, if both are policies.
pub fn together(old: Value, new: Value) -> (Value, Value) {
    let (Some(before), Some(after)) = (statements(&old), statements(&new)) else { return (old, new) };
    let (mut was, mut is) = (Vec::new(), Vec::new());
    for pair in paired(&before, &after) {
        let (o, n) = match pair {
            (Some(o), Some(n)) => {
                let (o, n) = fitted(o, n);
                (Some(o), Some(n))
            }
            (o, n) => (o.cloned(), n.cloned()),
        };
        was.extend(o);
        is.extend(n);
    }
    (with(&old, was), with(&new, is))
}

/// Brings statements together; `None` if these are not the statements of policies.
pub fn pairs<'a>(before: &'a [Value], after: &'a [Value]) -> Option<Vec<Pair<'a>>> {
    let all = before.iter().chain(after);
    (!before.is_empty() && !after.is_empty() && all.into_iter().all(is_statement)).then(|| paired(before, after))
}

/// Each new statement with the old one that means the same, has its `Sid`, or else stands next; then those that are gone.
fn paired<'a>(before: &'a [Value], after: &'a [Value]) -> Vec<Pair<'a>> {
    let mut left: Vec<Option<&Value>> = before.iter().map(Some).collect();
    let mut found: Vec<Option<&Value>> = vec![None; after.len()];
    let rules: [fn(&Value, &Value) -> bool; 3] =
        [alike, |o, n| sid(o).is_some() && sid(o) == sid(n), |o, n| sid(o).is_none() || sid(n).is_none()];
    for rule in rules {
        for (place, new) in found.iter_mut().zip(after).filter(|(place, _)| place.is_none()) {
            let fits = left.iter_mut().find(|old| old.is_some_and(|old| rule(old, new)));
            *place = fits.and_then(Option::take);
        }
    }
    let gone = left.into_iter().flatten().map(|old| (Some(old), None));
    found.into_iter().zip(after).map(|(old, new)| (old, Some(new))).chain(gone).collect()
}

fn alike(old: &Value, new: &Value) -> bool {
    let (old, new) = fitted(old, new);
    old == new
}

/// Two parts with lists in the same form and order as far as they hold the same.
fn fitted(old: &Value, new: &Value) -> (Value, Value) {
    match (old.fields(), new.fields()) {
        (Some(o), Some(n)) => {
            let (mut was, mut is) = (o.clone(), n.clone());
            for name in o.names().iter() {
                let (Some(o), Some(n)) = (o.get(name), n.get(name)) else { continue };
                let (o, n) = if name.ends_with("Principal") { fitted(&account(o), &account(n)) } else { fitted(o, n) };
                (was, is) = (was.with(name, o), is.with(name, n));
            }
            (object(was), object(is))
        }
        (None, None) if old.elements().is_some() || new.elements().is_some() => lists(old, new),
        _ => (old.clone(), new.clone()),
    }
}

fn lists(old: &Value, new: &Value) -> (Value, Value) {
    let all = |value: &Value| value.elements().map_or_else(|| vec![value.clone()], <[Value]>::to_vec);
    let (o, n) = (all(old), all(new));
    let kept = n.iter().filter(|value| o.contains(value));
    let was = kept.chain(o.iter().filter(|value| !n.contains(value))).cloned();
    (Value::tuple(was), Value::tuple(n.iter().cloned()))
}

/// A principal that is a text stands for AWS's.
fn account(principal: &Value) -> Value {
    match principal.as_str() {
        Some(_) => Value::object([("AWS", principal.clone())]),
        None => principal.clone(),
    }
}

fn statements(document: &Value) -> Option<Vec<Value>> {
    let statements = document.get(STATEMENT)?;
    let statements = statements.elements().map_or_else(|| vec![statements.clone()], <[Value]>::to_vec);
    statements.iter().all(is_statement).then_some(statements)
}

fn is_statement(value: &Value) -> bool {
    value.get("Effect").and_then(Value::as_str).is_some()
}

fn sid(statement: &Value) -> Option<&str> {
    statement.get("Sid").and_then(Value::as_str).filter(|sid| !sid.is_empty())
}

fn with(document: &Value, statements: Vec<Value>) -> Value {
    let fields = document.fields().cloned();
    fields.map_or_else(|| document.clone(), |fields| object(fields.with(STATEMENT, Value::tuple(statements))))
}

fn object(fields: Fields) -> Value {
    Value::from_kind(Kind::Object(fields))
}
