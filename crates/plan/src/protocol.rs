//! What a provider's answers must keep, whoever wrote the provider.

use terrane_value::{Block, Kind, NestedBlock, Nesting, Path, Step, Value};

/// One promise that an answer breaks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Breach {
    /// The attribute.
    pub path: Path,
    /// What is wrong with it, as a sentence without secrets.
    pub message: String,
}

/// Checks that a planned object keeps what is written: an attribute that configuration sets is planned as written, or
/// stays as it was where the provider holds both to mean the same.
pub(crate) fn keeps_config(block: &Block, prior: Option<&Value>, config: &Value, planned: &Value) -> Vec<Breach> {
    let mut found = Vec::new();
    compare_block(block, prior, config, planned, &Path::root(), &mut found);
    found
}

fn compare_block(
    block: &Block,
    prior: Option<&Value>,
    config: &Value,
    planned: &Value,
    path: &Path,
    found: &mut Vec<Breach>,
) {
    for (name, attribute) in &block.attributes {
        let (Some(config), Some(planned)) = (config.get(name), planned.get(name)) else { continue };
        let prior = prior.and_then(|p| p.get(name));
        if attribute.write_only {
            if !planned.is_null() {
                let message = "It is write-only, so that it must be planned as null.".into();
                found.push(Breach { path: path.attr(name.clone()), message });
            }
            continue;
        }
        if config.is_null() || same(config, planned) || prior == Some(planned) {
            continue;
        }
        let message = "The planned value is neither the one in configuration nor the one the object has.".into();
        found.push(Breach { path: path.attr(name.clone()), message });
    }
    for (name, nested) in &block.blocks {
        let (Some(config), Some(planned)) = (config.get(name), planned.get(name)) else { continue };
        let prior = prior.and_then(|p| p.get(name));
        compare_nested(nested, prior, config, planned, &path.attr(name.clone()), found);
    }
}

fn compare_nested(
    nested: &NestedBlock,
    prior: Option<&Value>,
    config: &Value,
    planned: &Value,
    path: &Path,
    found: &mut Vec<Breach>,
) {
    if !config.is_known() || config.is_null() {
        return;
    }
    match nested.nesting {
        Nesting::Single | Nesting::Group => compare_block(&nested.block, prior, config, planned, path, found),
        Nesting::List => {
            let (written, planned) = (config.elements().unwrap_or_default(), planned.elements().unwrap_or_default());
            if written.is_empty() {
                return;
            }
            if written.len() != planned.len() {
                let message = format!("{} blocks are written, but {} are planned.", written.len(), planned.len());
                return found.push(Breach { path: path.clone(), message });
            }
            let prior = prior.and_then(Value::elements).unwrap_or_default();
            for (i, (written, planned)) in written.iter().zip(planned).enumerate() {
                compare_block(&nested.block, prior.get(i), written, planned, &path.index(i), found);
            }
        }
        Nesting::Map => {
            for (key, written) in config.fields().into_iter().flat_map(|f| f.iter()) {
                let Some(planned) = planned.get(key) else { continue };
                let prior = prior.and_then(|p| p.get(key));
                let path = path.with(Step::Index(Value::string(key.clone())));
                compare_block(&nested.block, prior, written, planned, &path, found);
            }
        }
        // Elements of sets are identified by their content, which defaults change.
        Nesting::Set => {}
    }
}

/// Whether two values are the same, whatever is known of their unknown parts.
fn same(a: &Value, b: &Value) -> bool {
    match (a.kind(), b.kind()) {
        (Kind::Unknown(..), Kind::Unknown(..)) => true,
        (Kind::Null(_), Kind::Null(_)) => true,
        (Kind::Set(..), Kind::Set(..)) if !a.is_wholly_known() || !b.is_wholly_known() => true,
        (Kind::List(_, a), Kind::List(_, b))
        | (Kind::Tuple(a), Kind::Tuple(b))
        | (Kind::List(_, a), Kind::Tuple(b))
        | (Kind::Tuple(a), Kind::List(_, b))
        | (Kind::Set(_, a), Kind::Set(_, b)) => a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| same(a, b)),
        (Kind::Map(_, a) | Kind::Object(a), Kind::Map(_, b) | Kind::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

/// Checks that a later form of an object keeps an earlier one: what was known stays as it was.
pub(crate) fn keeps_planned(planned: &Value, actual: &Value) -> Vec<Breach> {
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
        (Kind::Set(..), Kind::Set(..)) if !planned.is_wholly_known() => {}
        (Kind::Null(_), Kind::Null(_)) => {}
        _ => found.push(Breach { path: path.clone(), message: was_and_is(planned, actual) }),
    }
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
    use std::sync::Arc;

    use terrane_value::{Attribute, Type};

    use super::*;

    fn block(names: &[&str]) -> Block {
        let attribute = |name: &&str| (Arc::from(*name), text());
        Block { attributes: names.iter().map(attribute).collect(), ..Block::default() }
    }

    fn text() -> Attribute {
        Attribute {
            ty: Type::String,
            required: false,
            optional: true,
            computed: true,
            sensitive: false,
            write_only: false,
            deprecated: None,
            as_blocks: false,
        }
    }

    fn object(a: Value, b: Value) -> Value {
        Value::object([("a", a), ("b", b)])
    }

    #[test]
    fn a_planned_value_is_as_written_or_as_it_was() {
        let (null, s) = (|| Value::null(Type::String), |t: &str| Value::from(t));
        let block = block(&["a", "b"]);
        let check = |prior: Option<&Value>, config: Value, planned: Value| {
            keeps_config(&block, prior, &config, &planned).into_iter().map(|b| b.path.to_string()).collect::<Vec<_>>()
        };
        let none: [&str; 0] = [];
        assert_eq!(check(None, object(s("x"), null()), object(s("x"), Value::unknown(Type::String))), none);
        assert_eq!(check(None, object(s("x"), null()), object(s("y"), null())), [".a"]);
        let prior = object(s("X"), null());
        assert_eq!(check(Some(&prior), object(s("x"), null()), object(s("X"), null())), none);
        let unknown = Value::unknown(Type::String);
        assert_eq!(check(None, object(unknown.clone(), null()), object(s("y"), null())), [".a"]);
        assert_eq!(check(None, object(unknown, null()), object(Value::unknown_not_null(Type::String), null())), none);
    }

    #[test]
    fn what_was_known_stays() {
        let s = |t: &str| Value::from(t);
        let planned = object(s("x"), Value::unknown(Type::String));
        assert_eq!(keeps_planned(&planned, &object(s("x"), s("any"))), []);
        let broken = keeps_planned(&planned, &object(Value::null(Type::String), s("any")));
        assert_eq!(broken[0].path.to_string(), ".a");
        assert_eq!(broken[0].message, "It was planned to have a value, but now is absent.");
    }
}
