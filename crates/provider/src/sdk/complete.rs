//! From what a type answered to an object in the shape of its schema.

use std::sync::Arc;

use terrane_value::{Attribute, Block, Kind, NestedBlock, Nesting, Path, Value, convert};

use super::BUG;
use super::compare::Compare;
use super::plan::{absent, listed};
use super::rules::Rules;
use super::schema::{AttributeFacts, BlockFacts, NestedFacts, TypeSchema};
use crate::Problem;

/// Completes an answer: absent attributes become null, nested blocks get their nesting, values their type.
///
/// Where the answer means the same as `known`, the planned or prior object, that is kept as it stands there: an
/// equivalent policy keeps the text that was written, and null stays null where the service says "nothing" otherwise.
/// Attributes that the type does not have, or with values that do not fit, are left out and told as problems.
pub fn complete(
    schema: &TypeSchema,
    rules: &dyn Rules,
    known: Option<&Value>,
    answer: &Value,
) -> (Value, Vec<Problem>) {
    let compare = Compare { family: schema.family, rules, lenient: true };
    let mut work = Completion { compare, ty: schema.name.clone(), problems: Vec::new() };
    let value = work.body(&schema.schema.block, &schema.facts, known, answer, &Path::root());
    (value, work.problems)
}

struct Completion<'a> {
    compare: Compare<'a>,
    ty: Arc<str>,
    problems: Vec<Problem>,
}

impl Completion<'_> {
    fn bug(&mut self, path: &Path, what: &str) {
        let detail = format!("The answer for {}{path} {what}. {BUG}", self.ty);
        self.problems.push(Problem::error("Provider answered wrongly", detail).at(path.clone()));
    }

    fn body(&mut self, block: &Block, facts: &BlockFacts, known: Option<&Value>, answer: &Value, path: &Path) -> Value {
        let Some(fields) = answer.fields() else {
            self.bug(path, "is no object");
            return Value::null(block.implied_type());
        };
        for (name, _) in fields.iter() {
            if !block.attributes.contains_key(name) && !block.blocks.contains_key(name) {
                self.bug(&path.attr(name.clone()), "is not in the schema");
            }
        }
        let (no_attribute, no_block) = (AttributeFacts::default(), NestedFacts::default());
        let mut all: Vec<(Arc<str>, Value)> = Vec::new();
        for (name, a) in &block.attributes {
            let facts = facts.attributes.get(name).unwrap_or(&no_attribute);
            let before = known.and_then(|k| k.get(name));
            let value = self.attribute(a, facts, before, fields.get(name), &path.attr(name.clone()));
            all.push((name.clone(), value));
        }
        for (name, n) in &block.blocks {
            let facts = facts.blocks.get(name).unwrap_or(&no_block);
            let before = known.and_then(|k| k.get(name)).filter(|k| k.is_known());
            let value = self.nested(n, facts, before, fields.get(name), &path.attr(name.clone()));
            all.push((name.clone(), value));
        }
        Value::object(all)
    }

    fn attribute(
        &mut self,
        a: &Attribute,
        facts: &AttributeFacts,
        known: Option<&Value>,
        answer: Option<&Value>,
        path: &Path,
    ) -> Value {
        let null = Value::null(a.ty.clone());
        let answer = answer.filter(|v| !a.write_only && v.is_wholly_known()).unwrap_or(&null);
        let answer = convert(answer, &a.ty).unwrap_or_else(|e| {
            self.bug(path, &e.to_string());
            null.clone()
        });
        let Some(known) = known.filter(|k| k.is_wholly_known()) else { return answer };
        let keeps_null = known.is_null() && a.computed && !answer.is_null();
        match !keeps_null && self.compare.attribute(Some(facts), known, &answer) {
            true => convert(known, &a.ty).unwrap_or(answer),
            false => self.settled(facts, known, answer),
        }
    }

    /// An attribute that is written as blocks, with each element that is known kept as it stands there.
    fn settled(&self, facts: &AttributeFacts, known: &Value, answer: Value) -> Value {
        if facts.element.is_none() {
            return answer;
        }
        let kept = |e: &Value| {
            let mut of = known.elements().unwrap_or_default().iter();
            let one = |v: &Value| Value::set(v.ty(), [v.clone()]);
            of.find(|k| self.compare.attribute(Some(facts), &one(k), &one(e))).unwrap_or(e).clone()
        };
        match answer.kind() {
            Kind::Set(ty, elements) => Value::set(ty.clone(), elements.iter().map(kept)),
            Kind::List(ty, elements) => Value::list(ty.clone(), elements.iter().map(kept)),
            _ => answer,
        }
    }

    fn nested(
        &mut self,
        n: &NestedBlock,
        facts: &NestedFacts,
        known: Option<&Value>,
        answer: Option<&Value>,
        path: &Path,
    ) -> Value {
        let answer = answer.filter(|v| v.is_known() && !v.is_null());
        if &*name_of(path) == "timeouts" && n.nesting == Nesting::Single {
            return answer.or(known).cloned().unwrap_or_else(|| absent(n));
        }
        let Some(answer) = answer else { return absent(n) };
        let elements = match answer.fields() {
            Some(_) => vec![answer.clone()],
            None => answer.elements().unwrap_or_default().to_vec(),
        };
        let before = known.and_then(Value::elements).unwrap_or_default();
        match n.nesting {
            Nesting::List => {
                let one = |(i, e): (usize, &Value)| self.body(&n.block, &facts.body, before.get(i), e, &path.index(i));
                let elements = elements.iter().enumerate().map(one).collect();
                listed(n, elements)
            }
            Nesting::Set => {
                let members: Vec<Value> = elements.iter().map(|e| self.member(n, facts, before, e, path)).collect();
                Value::set(n.block.implied_type(), members)
            }
            _ => match elements.first() {
                Some(e) => self.body(&n.block, &facts.body, known, e, path),
                None => absent(n),
            },
        }
    }

    /// A member of a set, completed with the known member it agrees with.
    fn member(&mut self, n: &NestedBlock, facts: &NestedFacts, known: &[Value], answer: &Value, path: &Path) -> Value {
        let plain = self.body(&n.block, &facts.body, None, answer, path);
        let found = known.iter().find(|k| self.compare.body(&n.block, &facts.body, k, &plain));
        match found {
            Some(known) => self.body(&n.block, &facts.body, Some(known), answer, path),
            None => plain,
        }
    }
}

fn name_of(path: &Path) -> Arc<str> {
    match path.0.last() {
        Some(terrane_value::Step::Attr(name)) => name.clone(),
        _ => Arc::from(""),
    }
}
