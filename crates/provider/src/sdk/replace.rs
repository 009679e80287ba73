//! Which changes cannot be made in place.

use terrane_value::{Block, NestedBlock, Nesting, Path, Value};

use super::compare::{Compare, is_blank};
use super::schema::{BlockFacts, NestedFacts, Replace, TypeSchema};

/// The attributes whose change from `prior` to `planned` replaces the object.
pub(super) fn replaced(
    schema: &TypeSchema,
    compare: &Compare<'_>,
    prior: &Value,
    planned: &Value,
    config: &Value,
) -> Vec<Path> {
    let mut found = Search { compare, paths: Vec::new() };
    found.body(&schema.schema.block, &schema.facts, (prior, planned, Some(config)), &Path::root());
    found.paths
}

struct Search<'a> {
    compare: &'a Compare<'a>,
    paths: Vec<Path>,
}

/// What was, what is planned, and what is written.
type Sides<'a> = (&'a Value, &'a Value, Option<&'a Value>);

impl Search<'_> {
    fn body(&mut self, block: &Block, facts: &BlockFacts, (prior, planned, config): Sides<'_>, path: &Path) {
        for name in block.attributes.keys() {
            let Some(facts) = facts.attributes.get(name) else { continue };
            let (Some(a), Some(b)) = (prior.get(name), planned.get(name)) else { continue };
            let written = config.and_then(|c| c.get(name)).is_some_and(|c| !c.is_null());
            let counts = match facts.replace {
                Replace::Always => true,
                Replace::IfConfigured => written,
                Replace::Never | Replace::Elsewhere => false,
            };
            if counts && !self.compare.attribute(Some(facts), a, b) {
                self.paths.push(path.attr(name.clone()));
            }
        }
        for (name, nested) in &block.blocks {
            let Some(facts) = facts.blocks.get(name) else { continue };
            let (Some(a), Some(b)) = (prior.get(name), planned.get(name)) else { continue };
            let config = config.and_then(|c| c.get(name));
            self.nested(nested, facts, (a, b, config), &path.attr(name.clone()));
        }
    }

    fn nested(&mut self, n: &NestedBlock, facts: &NestedFacts, (a, b, config): Sides<'_>, path: &Path) {
        if self.compare.nested(n, facts, a, b) {
            return;
        }
        if !b.is_known() {
            return if facts.replace == Replace::Always {
                self.paths.push(path.clone())
            };
        }
        match n.nesting {
            Nesting::Single | Nesting::Group if !a.is_null() && !b.is_null() => {
                self.body(&n.block, &facts.body, (a, b, config), path);
            }
            Nesting::List => self.list(n, facts, (a, b, config), path),
            _ => self.whole(n, facts, a, b, path),
        }
    }

    fn list(&mut self, n: &NestedBlock, facts: &NestedFacts, (a, b, config): Sides<'_>, path: &Path) {
        let (a, b) = (a.elements().unwrap_or_default(), b.elements().unwrap_or_default());
        let written = config.and_then(Value::elements).unwrap_or_default();
        for (i, (before, after)) in a.iter().zip(b).enumerate() {
            self.body(&n.block, &facts.body, (before, after, written.get(i)), &path.index(i));
        }
        let odd = if a.len() > b.len() { &a[b.len()..] } else { &b[a.len()..] };
        let forces = facts.replace == Replace::Always || odd.iter().any(|e| forces(&n.block, &facts.body, e));
        if !odd.is_empty() && forces {
            self.paths.push(path.clone());
        }
    }

    /// Members that come or go replace if any attribute in them would.
    fn whole(&mut self, n: &NestedBlock, facts: &NestedFacts, a: &Value, b: &Value, path: &Path) {
        let members = |v: &Value| match v.elements() {
            Some(elements) => elements.to_vec(),
            None if v.is_null() => Vec::new(),
            None => vec![v.clone()],
        };
        let (a, b) = (members(a), members(b));
        let odd = |of: &[Value], others: &[Value]| -> Vec<Value> {
            let alone = |v: &&Value| !others.iter().any(|o| self.compare.body(&n.block, &facts.body, o, v));
            of.iter().filter(alone).cloned().collect()
        };
        let changed: Vec<Value> = odd(&a, &b).into_iter().chain(odd(&b, &a)).collect();
        let always = facts.replace == Replace::Always && a.len() != b.len();
        if always || changed.iter().any(|e| forces(&n.block, &facts.body, e)) {
            self.paths.push(path.clone());
        }
    }
}

/// Whether a nested block has a value in an attribute whose change replaces. What the provider computes does not count.
fn forces(block: &Block, facts: &BlockFacts, element: &Value) -> bool {
    let attribute = block.attributes.iter().any(|(name, a)| {
        let always = facts.attributes.get(name).is_some_and(|f| f.replace == Replace::Always);
        let present = |v: &Value| if v.is_known() { !is_blank(v) } else { !a.computed };
        always && element.get(name).is_some_and(present)
    });
    attribute
        || block.blocks.iter().any(|(name, n)| {
            let Some(facts) = facts.blocks.get(name) else { return false };
            let inner = element.get(name).and_then(Value::elements).unwrap_or_default();
            inner.iter().any(|e| forces(&n.block, &facts.body, e))
        })
}
