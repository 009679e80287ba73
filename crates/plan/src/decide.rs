//! From a prior and a planned object to the kind of change.

use terrane_value::{Path, Value};

/// What a planned object means for the prior one. Values have no marks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Decision {
    /// Nothing changes.
    NoOp,
    /// It changes in place.
    Update,
    /// These attributes change and cannot do so in place.
    Replace(Vec<Path>),
}

/// Decides by what differs.
pub(crate) fn decide(prior: &Value, planned: &Value, requires_replace: &[Path]) -> Decision {
    if prior == planned {
        return Decision::NoOp;
    }
    let mut paths: Vec<Path> = requires_replace.iter().filter(|path| differs(prior, planned, path)).cloned().collect();
    paths.sort();
    paths.dedup();
    if paths.is_empty() { Decision::Update } else { Decision::Replace(paths) }
}

/// Whether the parts at a path differ; an absent part equals a null one.
pub(crate) fn differs(prior: &Value, planned: &Value, path: &Path) -> bool {
    let present = |value: &Value| value.at(&path.0).filter(|v| !v.is_null()).cloned();
    present(prior) != present(planned)
}

#[cfg(test)]
mod tests {
    use terrane_value::Type;

    use super::*;

    #[test]
    fn only_what_differs_replaces() {
        let object = |a: Value, b: &str| Value::object([("a", a), ("b", Value::from(b))]);
        let (a, b) = (Path::root().attr("a"), Path::root().attr("b"));
        let prior = object(Value::from("x"), "y");
        assert_eq!(decide(&prior, &prior, std::slice::from_ref(&a)), Decision::NoOp);
        assert_eq!(decide(&prior, &object(Value::from("x"), "z"), std::slice::from_ref(&a)), Decision::Update);
        let unknown = object(Value::unknown(Type::String), "z");
        let both = [b.clone(), a.clone(), a.clone()];
        assert_eq!(decide(&prior, &unknown, &both), Decision::Replace(vec![a, b]));
        let absent = Path::root().attr("c");
        assert_eq!(decide(&prior, &unknown, &[absent]), Decision::Update);
    }

    #[test]
    fn what_is_null_does_not_differ_from_what_is_not_there() {
        let list = |elements: Vec<Value>| Value::object([("list", Value::tuple(elements))]);
        let element = |a: Value| Value::object([("a", a)]);
        let path = Path::root().attr("list").index(0).attr("a");
        let (none, null) = (list(Vec::new()), list(vec![element(Value::null(Type::String))]));
        assert_eq!(decide(&none, &null, std::slice::from_ref(&path)), Decision::Update);
        let some = list(vec![element(Value::from("x"))]);
        assert_eq!(decide(&none, &some, std::slice::from_ref(&path)), Decision::Replace(vec![path]));
    }
}
