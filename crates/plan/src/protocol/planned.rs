//! Whether a planned object keeps what is written.

use terrane_value::{Attribute, Block, Kind, NestedBlock, Nesting, Path, Step, Value};

use super::Breach;

/// How exactly a planned object has to keep what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rules {
    /// What is not written and not computed is null, and blocks are as many as are written.
    Strict,
    /// Types whose absent arguments have defaults of their own, or the zero value of their type.
    Legacy,
}

/// Checks that a planned object keeps what is written: an attribute that configuration sets is planned as written, or
/// stays as it was where the provider holds both to mean the same; only computed attributes get values of their own.
pub(crate) fn keeps_config(
    block: &Block,
    rules: Rules,
    prior: Option<&Value>,
    config: &Value,
    planned: &Value,
) -> Vec<Breach> {
    let mut check = Check { rules, found: Vec::new() };
    check.block(block, prior, config, planned, &Path::root());
    check.found
}

struct Check {
    rules: Rules,
    found: Vec<Breach>,
}

impl Check {
    fn add(&mut self, path: Path, message: impl Into<String>) {
        self.found.push(Breach { path, message: message.into() });
    }

    fn block(&mut self, block: &Block, prior: Option<&Value>, config: &Value, planned: &Value, path: &Path) {
        for (name, attribute) in &block.attributes {
            let (Some(config), Some(planned)) = (config.get(name), planned.get(name)) else { continue };
            let prior = prior.and_then(|p| p.get(name));
            if let Some(message) = self.attribute(attribute, prior, config, planned) {
                self.add(path.attr(name.clone()), message);
            }
        }
        for (name, nested) in &block.blocks {
            let (Some(config), Some(planned)) = (config.get(name), planned.get(name)) else { continue };
            let prior = prior.and_then(|p| p.get(name));
            self.nested(nested, prior, config, planned, &path.attr(name.clone()));
        }
    }

    /// What is wrong with an attribute.
    fn attribute(&self, a: &Attribute, prior: Option<&Value>, config: &Value, planned: &Value) -> Option<&'static str> {
        if a.write_only {
            return (!planned.is_null()).then_some("It is write-only, so that it must be planned as null.");
        }
        let computed_only = a.computed && !a.optional && !a.required;
        if computed_only || same(config, planned) {
            return None;
        }
        if config.is_null() {
            let free = a.computed || a.as_blocks || self.rules == Rules::Legacy;
            return (!free).then_some("It is not written and not computed, and yet has a planned value.");
        }
        let kept = prior.is_some_and(|prior| prior == planned && (!prior.is_null() || self.rules == Rules::Legacy));
        (!kept).then_some("The planned value is neither the one in configuration nor the one the object has.")
    }

    fn nested(&mut self, nested: &NestedBlock, prior: Option<&Value>, config: &Value, planned: &Value, path: &Path) {
        if self.rules == Rules::Strict && config.is_known() && !planned.is_known() {
            return self.add(path.clone(), "Blocks are written, or none are, and yet it is planned as unknown.");
        }
        if !config.is_known() {
            return;
        }
        match nested.nesting {
            Nesting::Single | Nesting::Group if config.is_null() || planned.is_null() => {
                if self.rules == Rules::Strict && config.is_null() != planned.is_null() {
                    self.add(
                        path.clone(),
                        written_or_planned(usize::from(!config.is_null()), usize::from(!planned.is_null())),
                    );
                }
            }
            Nesting::Single | Nesting::Group => self.block(&nested.block, prior, config, planned, path),
            Nesting::List => self.list(nested, prior, config, planned, path),
            Nesting::Map => self.map(nested, prior, config, planned, path),
            // Elements of sets are identified by their content, which defaults change.
            Nesting::Set => self.set(config, planned, path),
        }
    }

    fn list(&mut self, nested: &NestedBlock, prior: Option<&Value>, config: &Value, planned: &Value, path: &Path) {
        let (written, planned) = (config.elements().unwrap_or_default(), planned.elements().unwrap_or_default());
        if written.is_empty() && self.rules == Rules::Legacy {
            return;
        }
        if written.len() != planned.len() {
            return self.add(path.clone(), written_or_planned(written.len(), planned.len()));
        }
        let prior = prior.and_then(Value::elements).unwrap_or_default();
        for (i, (written, planned)) in written.iter().zip(planned).enumerate() {
            self.block(&nested.block, prior.get(i), written, planned, &path.index(i));
        }
    }

    fn map(&mut self, nested: &NestedBlock, prior: Option<&Value>, config: &Value, planned: &Value, path: &Path) {
        let count = |v: &Value| v.fields().map_or(0, |f| f.len());
        let has_all = config.fields().into_iter().flat_map(|f| f.iter()).all(|(key, _)| planned.get(key).is_some());
        if self.rules == Rules::Strict && (!has_all || count(config) != count(planned)) {
            return self.add(path.clone(), "The planned blocks have other keys than those that are written.");
        }
        for (key, written) in config.fields().into_iter().flat_map(|f| f.iter()) {
            let Some(planned) = planned.get(key) else { continue };
            let prior = prior.and_then(|p| p.get(key));
            let path = path.with(Step::Index(Value::string(key.clone())));
            self.block(&nested.block, prior, written, planned, &path);
        }
    }

    fn set(&mut self, config: &Value, planned: &Value, path: &Path) {
        if self.rules == Rules::Legacy || !config.is_wholly_known() || !planned.is_wholly_known() {
            return;
        }
        let (written, planned) = (config.elements().unwrap_or_default(), planned.elements().unwrap_or_default());
        // Blocks that differ only in what defaults fill in become one.
        if planned.len() > written.len() || planned.is_empty() != written.is_empty() {
            self.add(path.clone(), written_or_planned(written.len(), planned.len()));
        }
    }
}

fn written_or_planned(written: usize, planned: usize) -> String {
    format!("{written} blocks are written, but {planned} are planned.")
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use terrane_value::Type;

    use super::*;

    fn attribute(optional: bool, computed: bool) -> Attribute {
        Attribute { optional, computed, ..Attribute::optional(Type::String) }
    }

    fn block(attributes: &[(&str, Attribute)]) -> Block {
        let named = |(name, a): &(&str, Attribute)| (Arc::from(*name), a.clone());
        Block { attributes: attributes.iter().map(named).collect(), ..Block::default() }
    }

    fn object(a: Value, b: Value) -> Value {
        Value::object([("a", a), ("b", b)])
    }

    fn null() -> Value {
        Value::null(Type::String)
    }

    fn unknown() -> Value {
        Value::unknown(Type::String)
    }

    fn s(text: &str) -> Value {
        Value::from(text)
    }

    fn check(block: &Block, rules: Rules, prior: Option<&Value>, config: Value, planned: Value) -> Vec<String> {
        keeps_config(block, rules, prior, &config, &planned).into_iter().map(|b| b.path.to_string()).collect()
    }

    #[test]
    fn a_planned_value_is_as_written_or_as_it_was() {
        let block = block(&[("a", attribute(true, true)), ("b", attribute(true, true))]);
        let check = |prior: Option<&Value>, config, planned| check(&block, Rules::Strict, prior, config, planned);
        let none: [&str; 0] = [];
        assert_eq!(check(None, object(s("x"), null()), object(s("x"), unknown())), none);
        assert_eq!(check(None, object(s("x"), null()), object(s("y"), null())), [".a"]);
        let prior = object(s("X"), null());
        assert_eq!(check(Some(&prior), object(s("x"), null()), object(s("X"), null())), none);
        assert_eq!(check(Some(&object(null(), null())), object(s("x"), null()), object(null(), null())), [".a"]);
        assert_eq!(check(None, object(unknown(), null()), object(s("y"), null())), [".a"]);
        assert_eq!(check(None, object(unknown(), null()), object(Value::unknown_not_null(Type::String), null())), none);
        assert_eq!(check(None, object(s("x"), null()), object(unknown(), null())), [".a"]);
    }

    #[test]
    fn only_what_is_computed_has_a_value_of_its_own() {
        let block = block(&[("a", attribute(true, false)), ("b", attribute(false, true))]);
        let check = |rules, config, planned| check(&block, rules, None, config, planned);
        let none: [&str; 0] = [];
        assert_eq!(check(Rules::Strict, object(null(), null()), object(s("x"), s("y"))), [".a"]);
        assert_eq!(check(Rules::Strict, object(null(), null()), object(unknown(), unknown())), [".a"]);
        assert_eq!(check(Rules::Legacy, object(null(), null()), object(s("x"), s("y"))), none);
        // What configuration says of it is what ignore_changes took from the object.
        assert_eq!(check(Rules::Strict, object(null(), s("old")), object(null(), unknown())), none);
    }

    #[test]
    fn blocks_are_as_many_as_are_written() {
        let inner = block(&[("x", attribute(true, false))]);
        let of = |nesting| {
            let nested = NestedBlock { nesting, min_items: 0, max_items: 0, block: inner.clone() };
            Block { blocks: [(Arc::from("n"), nested)].into(), ..Block::default() }
        };
        let one = |text: &str| Value::object([("x", s(text))]);
        let list = |values: Vec<Value>| Value::object([("n", Value::list(inner.implied_type(), values))]);
        let set = |values: Vec<Value>| Value::object([("n", Value::set(inner.implied_type(), values))]);
        let map = |keys: &[&str]| {
            Value::object([("n", Value::map(inner.implied_type(), keys.iter().map(|k| (*k, one("x")))))])
        };
        let check = |nesting, rules, config, planned| check(&of(nesting), rules, None, config, planned);
        let none: [&str; 0] = [];
        let strict = Rules::Strict;
        assert_eq!(check(Nesting::List, strict, list(vec![one("a")]), list(vec![one("a")])), none);
        assert_eq!(check(Nesting::List, strict, list(vec![one("a")]), list(vec![one("b")])), [".n[0].x"]);
        assert_eq!(check(Nesting::List, strict, list(vec![]), list(vec![one("b")])), [".n"]);
        assert_eq!(check(Nesting::List, Rules::Legacy, list(vec![]), list(vec![one("b")])), none);
        assert_eq!(check(Nesting::Set, strict, set(vec![one("a")]), set(vec![one("a"), one("b")])), [".n"]);
        assert_eq!(check(Nesting::Map, strict, map(&["k"]), map(&["k"])), none);
        assert_eq!(check(Nesting::Map, strict, map(&["k"]), map(&["l"])), [".n"]);
        let single = |value: Value| Value::object([("n", value)]);
        let absent = || single(Value::null(inner.implied_type()));
        assert_eq!(check(Nesting::Single, strict, absent(), single(one("a"))), [".n"]);
        assert_eq!(check(Nesting::Single, strict, absent(), absent()), none);
        let open = single(Value::unknown(inner.implied_type()));
        assert_eq!(check(Nesting::Single, strict, single(one("a")), open), [".n"]);
    }
}
