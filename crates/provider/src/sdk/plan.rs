//! Planning from a schema.
//!
//! An attribute that is written keeps what is written, unless the object already has something that means the same.
//! One that is not written gets its default, keeps what the provider computed, or is unknown until apply tells. This is
//! what the providers of the world do together with the language's core, from the same facts.

use terrane_value::{Attribute, Block, NestedBlock, Nesting, Type, Value};

use super::compare::{Compare, is_blank};
use super::replace::replaced;
use super::rules::Rules;
use super::schema::{AttributeFacts, Blank, BlockFacts, Family, NestedFacts, TypeSchema};
use crate::PlanResponse;

/// Plans the change from `prior` to what `config` wants; without `prior`, the create.
///
/// An object that already is as wanted is planned as it is, to the last bit.
pub fn plan(schema: &TypeSchema, rules: &dyn Rules, prior: Option<&Value>, config: &Value) -> PlanResponse {
    let draft = |fresh| {
        let planner = Planner { compare: compare(schema, rules), fresh };
        let planned = planner.body(&schema.schema.block, &schema.facts, prior, config);
        rules.fill(schema, prior, config, planned)
    };
    let planned = draft(false);
    let legacy = schema.family == Family::Legacy;
    let Some(prior) = prior else { return PlanResponse { planned: Some(planned), legacy, ..PlanResponse::default() } };
    let (block, facts) = (&schema.schema.block, &schema.facts);
    if compare(schema, rules).body(block, facts, prior, &planned) {
        return PlanResponse { planned: Some(prior.clone()), legacy, ..PlanResponse::default() };
    }
    let requires_replace = replaced(schema, &compare(schema, rules), prior, &planned, config);
    let planned = if schema.family == Family::Strict { draft(true) } else { planned };
    let planned = recomputed(schema, rules, prior, config, planned);
    PlanResponse { planned: Some(planned), requires_replace, legacy, ..PlanResponse::default() }
}

fn compare<'a>(schema: &TypeSchema, rules: &'a dyn Rules) -> Compare<'a> {
    Compare { family: schema.family, rules, lenient: false }
}

/// Makes unknown what the changes are said to recompute and nobody wrote.
fn recomputed(schema: &TypeSchema, rules: &dyn Rules, prior: &Value, config: &Value, planned: Value) -> Value {
    let changed = |path: &str| {
        let name = path.split('.').next().unwrap_or(path);
        let facts = schema.facts.attributes.get(name);
        match (prior.get(name), planned.get(name)) {
            (Some(a), Some(b)) => !compare(schema, rules).attribute(facts, a, b),
            (a, b) => a != b,
        }
    };
    let due = schema.recomputed.iter().filter(|r| r.when.iter().any(|p| changed(p)));
    let names: Vec<_> = due.flat_map(|r| &r.what).filter(|n| config.get(n).is_none_or(is_blank)).collect();
    let Some(fields) = planned.fields() else { return planned };
    let fields = fields.map(|name, value| match names.iter().any(|n| ***n == *name) {
        true => Value::unknown(value.ty()),
        false => value.clone(),
    });
    Value::from_kind(terrane_value::Kind::Object(fields))
}

struct Planner<'a> {
    compare: Compare<'a>,
    /// Whether an update makes unknown what the provider computes.
    fresh: bool,
}

impl Planner<'_> {
    fn body(&self, block: &Block, facts: &BlockFacts, prior: Option<&Value>, config: &Value) -> Value {
        if !config.is_known() {
            return Value::unknown(block.implied_type());
        }
        let prior = prior.filter(|p| p.fields().is_some());
        let (no_attribute, no_block) = (AttributeFacts::default(), NestedFacts::default());
        let attributes = block.attributes.iter().map(|(name, a)| {
            let facts = facts.attributes.get(name).unwrap_or(&no_attribute);
            let before = prior.map(|p| p.get(name).cloned().unwrap_or(Value::null(a.ty.clone())));
            (name.clone(), self.attribute(a, facts, before, config.get(name)))
        });
        let blocks = block.blocks.iter().map(|(name, n)| {
            let facts = facts.blocks.get(name).unwrap_or(&no_block);
            let before = prior.map(|p| p.get(name).cloned().unwrap_or_else(|| absent(n)));
            (name.clone(), self.nested(n, facts, before.as_ref(), config.get(name)))
        });
        Value::object(attributes.chain(blocks))
    }

    /// `prior` is `None` where the object, or the block around, is new.
    fn attribute(&self, a: &Attribute, facts: &AttributeFacts, prior: Option<Value>, config: Option<&Value>) -> Value {
        if a.write_only {
            return Value::null(a.ty.clone());
        }
        match config.filter(|c| !c.is_null()).or(facts.default.as_ref()) {
            Some(wanted) => self.wanted(facts, prior, wanted),
            None if a.computed => self.computed(a, facts, prior),
            None => Value::null(a.ty.clone()),
        }
    }

    /// What is written or default, unless the object has something that means the same.
    fn wanted(&self, facts: &AttributeFacts, prior: Option<Value>, wanted: &Value) -> Value {
        match prior.filter(|p| !p.is_null() && self.compare.attribute(Some(facts), p, wanted)) {
            Some(prior) => prior,
            None => wanted.clone(),
        }
    }

    fn computed(&self, a: &Attribute, facts: &AttributeFacts, prior: Option<Value>) -> Value {
        match (facts.blank, prior) {
            (Some(Blank::Null), _) => Value::null(a.ty.clone()),
            (Some(Blank::Zero), _) => zero(&a.ty),
            (None, Some(prior)) if facts.stays || !self.fresh => prior,
            (None, _) => Value::unknown(a.ty.clone()),
        }
    }

    fn nested(&self, n: &NestedBlock, facts: &NestedFacts, prior: Option<&Value>, config: Option<&Value>) -> Value {
        match config {
            Some(config) if !config.is_known() => Value::unknown(n.implied_type()),
            Some(config) if !is_absent(config) => self.occurrences(n, facts, prior, config),
            _ => without(n, facts, prior),
        }
    }

    fn occurrences(&self, n: &NestedBlock, facts: &NestedFacts, prior: Option<&Value>, config: &Value) -> Value {
        let one = |prior: Option<&Value>, config: &Value| self.body(&n.block, &facts.body, prior, config);
        let before = prior.and_then(Value::elements).unwrap_or_default();
        let wanted = config.elements().unwrap_or_default();
        match n.nesting {
            Nesting::Single | Nesting::Group => one(prior.filter(|p| !p.is_null()), config),
            Nesting::List => {
                let elements: Vec<Value> = wanted.iter().enumerate().map(|(i, c)| one(before.get(i), c)).collect();
                listed(n, elements)
            }
            Nesting::Set => Value::set(n.block.implied_type(), self.members(n, facts, before, wanted)),
            Nesting::Map => {
                let pairs = config.fields().into_iter().flat_map(|f| f.iter());
                let planned = pairs.map(|(key, c)| (key.clone(), one(prior.and_then(|p| p.get(key)), c)));
                Value::map(n.block.implied_type(), planned)
            }
        }
    }

    /// Plans the members of a set: each from the prior member that it leaves as it is, if there is one.
    fn members(&self, n: &NestedBlock, facts: &NestedFacts, before: &[Value], wanted: &[Value]) -> Vec<Value> {
        let keep = Planner { fresh: false, ..*self };
        let mut free: Vec<&Value> = before.iter().collect();
        let mut plan = |config: &Value| {
            let fits = |prior: &&Value| {
                plausible(&n.block, &facts.body, prior, config)
                    && self.compare.body(
                        &n.block,
                        &facts.body,
                        prior,
                        &keep.body(&n.block, &facts.body, Some(prior), config),
                    )
            };
            let prior = free.iter().position(fits).map(|at| free.swap_remove(at));
            match prior {
                Some(prior) if !self.fresh => prior.clone(),
                prior => self.body(&n.block, &facts.body, prior, config),
            }
        };
        wanted.iter().map(&mut plan).collect()
    }
}

/// A quick look whether a member can have become another: what is written without room for equivalence must be equal.
fn plausible(block: &Block, facts: &BlockFacts, prior: &Value, config: &Value) -> bool {
    block.attributes.keys().all(|name| {
        let exact = facts.attributes.get(name).is_none_or(|f| f.same.is_none() && f.element.is_none());
        match (prior.get(name), config.get(name)) {
            (Some(p), Some(c)) if exact && c.is_known() && !is_blank(c) && c.ty().is_primitive() => p == c,
            _ => true,
        }
    })
}

/// What becomes of a nested block that nobody writes.
fn without(n: &NestedBlock, facts: &NestedFacts, prior: Option<&Value>) -> Value {
    match prior {
        Some(prior) if facts.computed || facts.sticky || facts.stays => prior.clone(),
        None if facts.computed => Value::unknown(n.implied_type()),
        _ => absent(n),
    }
}

/// No occurrences.
pub(super) fn absent(n: &NestedBlock) -> Value {
    let element = n.block.implied_type();
    match n.nesting {
        Nesting::Single | Nesting::Group => Value::null(element),
        Nesting::List => listed(n, Vec::new()),
        Nesting::Set => Value::set(element, []),
        Nesting::Map => Value::map::<&str>(element, []),
    }
}

pub(super) fn listed(n: &NestedBlock, elements: Vec<Value>) -> Value {
    match n.implied_type() {
        Type::List(element) => Value::list((*element).clone(), elements),
        _ => Value::tuple(elements),
    }
}

fn is_absent(config: &Value) -> bool {
    config.is_null() || config.elements().is_some_and(<[Value]>::is_empty)
}

/// The zero value of a type: an empty text, 0, false, or an empty collection.
fn zero(ty: &Type) -> Value {
    match ty {
        Type::String => Value::string(""),
        Type::Number => Value::from(0),
        Type::Bool => Value::from(false),
        Type::List(t) => Value::list((**t).clone(), []),
        Type::Set(t) => Value::set((**t).clone(), []),
        Type::Map(t) => Value::map::<&str>((**t).clone(), []),
        other => Value::null(other.clone()),
    }
}
