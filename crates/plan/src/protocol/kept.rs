//! Whether a later form of an object keeps an earlier one.

use terrane_value::{Kind, Path, Step, Value};

use super::Breach;

/// Checks that a later form of an object keeps an earlier one: what was known stays as it was.
pub fn keeps_planned(planned: &Value, actual: &Value) -> Vec<Breach> {
    let mut found = Vec::new();
    compare(planned, actual, &Path::root(), &mut found);
    found
}

fn compare(planned: &Value, actual: &Value, path: &Path, found: &mut Vec<Breach>) {
    if !planned.is_known() || planned == actual {
        return;
    }
    match (planned.kind(), actual.kind()) {
        (Kind::Object(p), Kind::Object(a)) => {
            for (name, planned) in p.iter() {
                if let Some(actual) = a.get(name) {
                    compare(planned, actual, &path.attr(name.clone()), found);
                }
            }
        }
        (Kind::Map(_, p), Kind::Map(_, a)) if p.names() == a.names() => {
            for (name, planned) in p.iter() {
                let path = path.with(Step::Index(Value::string(name.clone())));
                a.get(name).into_iter().for_each(|actual| compare(planned, actual, &path, found));
            }
        }
        (Kind::List(_, p), Kind::List(_, a)) | (Kind::Tuple(p), Kind::Tuple(a)) if p.len() == a.len() => {
            for (i, (planned, actual)) in p.iter().zip(a.iter()).enumerate() {
                compare(planned, actual, &path.index(i), found);
            }
        }
        (Kind::Set(_, p), Kind::Set(_, a)) if !planned.is_wholly_known() => {
            found.extend(set_breach(p, a).map(|message| Breach { path: path.clone(), message }));
        }
        (Kind::Null(_), Kind::Null(_)) => {}
        _ => found.push(Breach { path: path.clone(), message: was_and_is(planned, actual) }),
    }
}

/// What is wrong with a set of which some elements were unknown: unknown ones may turn out to be equal, nothing else.
fn set_breach(planned: &[Value], actual: &[Value]) -> Option<String> {
    let fits = |planned: &Value, actual: &Value| keeps_planned(planned, actual).is_empty();
    if actual.len() > planned.len() {
        let (planned, actual) = (planned.len(), actual.len());
        return Some(format!("It was planned with at most {planned} elements, but now has {actual}."));
    }
    if planned.iter().any(|p| !actual.iter().any(|a| fits(p, a))) {
        return Some("An element that was planned is missing.".into());
    }
    let unplanned = actual.iter().any(|a| !planned.iter().any(|p| fits(p, a)));
    unplanned.then(|| "It has an element that was not planned.".into())
}

/// Says how two values differ without showing either: providers do not say what is secret.
fn was_and_is(planned: &Value, actual: &Value) -> String {
    let count = |v: &Value| v.children().count();
    let is_collection = |v: &Value| v.elements().is_some() || v.fields().is_some();
    match (planned.is_null(), actual.is_null()) {
        (true, false) => "It was planned to be absent, but now has a value.".into(),
        (false, true) => "It was planned to have a value, but now is absent.".into(),
        _ if is_collection(planned) && is_collection(actual) && count(planned) != count(actual) => {
            format!("It was planned with {} elements, but now has {}.", count(planned), count(actual))
        }
        _ => "It now has another value than was planned.".into(),
    }
}

#[cfg(test)]
mod tests {
    use terrane_value::Type;

    use super::*;

    fn object(a: Value, b: Value) -> Value {
        Value::object([("a", a), ("b", b)])
    }

    fn messages(planned: &Value, actual: &Value) -> Vec<String> {
        keeps_planned(planned, actual).into_iter().map(|b| format!("{} {}", b.path, b.message)).collect()
    }

    #[test]
    fn what_was_known_stays() {
        let s = |t: &str| Value::from(t);
        let planned = object(s("x"), Value::unknown(Type::String));
        assert_eq!(keeps_planned(&planned, &object(s("x"), s("any"))), []);
        let broken = messages(&planned, &object(Value::null(Type::String), s("any")));
        assert_eq!(broken, [".a It was planned to have a value, but now is absent."]);
    }

    #[test]
    fn unknown_elements_of_sets_may_become_one_but_no_more() {
        let set = |values: Vec<Value>| Value::set(Type::String, values);
        let unknown = || Value::unknown(Type::String);
        let planned = set(vec!["x".into(), unknown()]);
        assert_eq!(messages(&planned, &set(vec!["x".into(), "y".into()])), [""; 0]);
        assert_eq!(messages(&planned, &set(vec!["x".into()])), [""; 0]);
        let missing = messages(&planned, &set(vec!["y".into()]));
        assert_eq!(missing, [" An element that was planned is missing."]);
        let more = messages(&planned, &set(vec!["x".into(), "y".into(), "z".into()]));
        assert_eq!(more, [" It was planned with at most 2 elements, but now has 3."]);
    }
}
