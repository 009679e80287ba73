//! Validation of configuration by schema.

mod check;
mod form;
mod relate;

use std::sync::Arc;

use terrane_value::{Attribute, Block, NestedBlock, Nesting, Path, Step, Value};

use super::rules::Rules;
use super::schema::{AttributeFacts, BlockFacts, Checks, NestedFacts, TypeSchema};
use crate::Problem;
use relate::Relating;

/// What is wrong with a configuration by the facts of its schema. What is unknown is passed over.
pub fn validate(schema: &TypeSchema, rules: &dyn Rules, config: &Value) -> Vec<Problem> {
    let mut work = Validation { rules, problems: Vec::new(), relating: Relating::new(config) };
    work.relating.rules(&schema.rules, &mut work.problems);
    work.body(&schema.schema.block, &schema.facts, config, &Path::root());
    work.problems
}

struct Validation<'a> {
    rules: &'a dyn Rules,
    problems: Vec<Problem>,
    relating: Relating<'a>,
}

impl<'a> Validation<'a> {
    fn body(&mut self, block: &Block, facts: &BlockFacts, config: &'a Value, path: &Path) {
        for (name, a) in &block.attributes {
            let value = config.get(name).filter(|v| !v.is_null());
            if a.required && value.is_none() {
                let detail = format!("The argument {name:?} is required, but it is null or absent.");
                self.problems.push(Problem::error("Missing required argument", detail).at(path.attr(name.clone())));
            }
            if let Some(facts) = facts.attributes.get(name) {
                self.attribute(a, facts, name, value, &path.attr(name.clone()));
            }
        }
        for (name, n) in &block.blocks {
            let value = config.get(name).filter(|v| v.is_known() && !v.is_null());
            if let Some(facts) = facts.blocks.get(name) {
                self.nested(n, facts, name, value, &path.attr(name.clone()));
            }
        }
    }

    fn attribute(
        &mut self,
        a: &Attribute,
        facts: &AttributeFacts,
        name: &Arc<str>,
        value: Option<&'a Value>,
        path: &Path,
    ) {
        if let Some(relations) = &facts.relations {
            self.relating.attribute(relations, name, value, path, &mut self.problems);
        }
        let Some(value) = value.filter(|v| v.is_known()) else { return };
        if facts.whole && value.as_number().is_some_and(|n| !check::is_whole(n)) {
            let shown = check::shown(value, a.sensitive);
            self.wrong(path, name, format!("A whole number is required, but it is {shown}."));
        }
        self.count(name, facts.items, value, path);
        if let Some(checks) = &facts.checks {
            self.check(checks, a.sensitive, name, value, path);
        }
        self.elements(a, facts, name, value, path);
    }

    fn elements(&mut self, a: &Attribute, facts: &AttributeFacts, name: &Arc<str>, value: &'a Value, path: &Path) {
        let Some(elements) = value.elements() else {
            if let (Some(checks), Some(fields)) = (&facts.element_checks, value.fields()) {
                let keyed = fields.iter().filter(|(_, v)| v.is_known() && !v.is_null());
                keyed.for_each(|(key, v)| self.check(checks, a.sensitive, name, v, &path.key(key.clone())));
            }
            return;
        };
        for (i, element) in elements.iter().enumerate().filter(|(_, e)| e.is_known() && !e.is_null()) {
            let at = match a.ty {
                terrane_value::Type::Set(_) => path.with(Step::Index(element.clone())),
                _ => path.index(i),
            };
            if let Some(checks) = &facts.element_checks {
                self.check(checks, a.sensitive, name, element, &at);
            }
            if let Some(inner) = &facts.element {
                self.element(inner, element, &at);
            }
        }
    }

    /// An element of an attribute that is written as blocks.
    fn element(&mut self, facts: &BlockFacts, element: &'a Value, path: &Path) {
        let checked = facts.attributes.iter().filter_map(|(name, f)| Some((name, f, element.get(name)?)));
        for (name, facts, value) in checked.filter(|(_, _, v)| v.is_known() && !v.is_null()) {
            let at = path.attr(name.clone());
            if let Some(checks) = &facts.checks {
                self.check(checks, false, name, value, &at);
            }
            if let Some(checks) = &facts.element_checks {
                let inner = value.elements().unwrap_or_default().iter().filter(|e| e.is_known() && !e.is_null());
                inner.for_each(|e| self.check(checks, false, name, e, &at));
            }
        }
    }

    fn nested(&mut self, n: &NestedBlock, facts: &NestedFacts, name: &Arc<str>, value: Option<&'a Value>, path: &Path) {
        let elements: &'a [Value] = match value {
            Some(value) if value.fields().is_some() => std::slice::from_ref(value),
            Some(value) => value.elements().unwrap_or_default(),
            None => &[],
        };
        if let Some(relations) = &facts.relations {
            self.relating.attribute(relations, name, value.filter(|_| !elements.is_empty()), path, &mut self.problems);
        }
        if facts.required && value.is_some() && elements.is_empty() {
            let detail = format!("At least one `{name}` block is required.");
            self.problems.push(Problem::error(format!("Missing block {name}"), detail).at(path.clone()));
        }
        if let Some(value) = value.filter(|_| !elements.is_empty()) {
            self.count(name, facts.items, value, path);
        }
        for (i, element) in elements.iter().enumerate().filter(|(_, e)| e.is_known() && !e.is_null()) {
            let at = match n.nesting {
                Nesting::Set => path.with(Step::Index(element.clone())),
                Nesting::Single | Nesting::Group => path.clone(),
                _ => path.index(i),
            };
            self.one_child(facts, element, &at);
            self.relating.enter(name.clone(), element);
            self.body(&n.block, &facts.body, element, &at);
            self.relating.leave();
        }
    }

    fn one_child(&mut self, facts: &NestedFacts, element: &Value, path: &Path) {
        let state = |name: &Arc<str>| element.get(name).map_or(relate::State::Unset, relate::state);
        let states: Vec<relate::State> = facts.one_child.iter().map(state).collect();
        let set = states.iter().filter(|s| **s == relate::State::Set).count();
        let unknown = states.contains(&relate::State::Unknown);
        if !states.is_empty() && (set > 1 || (set == 0 && !unknown)) {
            let names = relate::listed(&facts.one_child);
            let detail = format!("Exactly one of {names} must be written here; {set} are.");
            self.problems.push(Problem::error("Invalid combination of arguments", detail).at(path.clone()));
        }
    }

    fn count(&mut self, name: &str, (least, most): (Option<u64>, Option<u64>), value: &Value, path: &Path) {
        let Some(count) = value.elements().map(|e| e.len() as u64) else { return };
        if least.is_some_and(|l| count < l) || most.is_some_and(|m| m > 0 && count > m) {
            let wanted = check::between(least.map(|l| l as f64), most.map(|m| m as f64));
            self.wrong(path, name, format!("There are {count} elements; {wanted} are allowed."));
        }
    }

    fn check(&mut self, checks: &Checks, sensitive: bool, name: &str, value: &Value, path: &Path) {
        if let Err(what) = check::check(checks, self.rules, value) {
            let shown = check::shown(value, sensitive);
            let stop = if what.ends_with('?') { "" } else { "." };
            self.wrong(path, name, format!("{shown} {what}{stop}"));
        }
    }

    fn wrong(&mut self, path: &Path, name: &str, detail: String) {
        self.problems.push(Problem::error(format!("Invalid value for {name}"), detail).at(path.clone()));
    }
}
