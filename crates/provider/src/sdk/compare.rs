//! When two values of an attribute or body make no difference.

use terrane_value::{Block, Kind, NestedBlock, Nesting, Value};

use super::policy_json;
use super::rules::Rules;
use super::schema::{AttributeFacts, BlockFacts, Family, NestedFacts, Same};

/// Compares values by the rules of a type.
#[derive(Clone, Copy)]
pub(super) struct Compare<'a> {
    pub family: Family,
    pub rules: &'a dyn Rules,
    /// Whether what is unknown in the first value agrees with anything in the second.
    pub lenient: bool,
}

impl Compare<'_> {
    /// Whether two values of an attribute make no difference.
    pub fn attribute(&self, facts: Option<&AttributeFacts>, a: &Value, b: &Value) -> bool {
        if a == b || (self.lenient && !a.is_wholly_known()) {
            return true;
        }
        if !a.is_known() || !b.is_known() {
            return false;
        }
        if self.family == Family::Legacy && is_blank(a) && is_blank(b) {
            return true;
        }
        match (a.kind(), b.kind()) {
            (Kind::String(a), Kind::String(b)) => self.text(facts.and_then(|f| f.same.as_ref()), a, b),
            (Kind::List(_, a), Kind::List(_, b)) => {
                a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| self.element(facts, a, b))
            }
            (Kind::Set(_, a), Kind::Set(_, b)) => matched(a, b, &mut |a, b| self.element(facts, a, b)),
            (Kind::Object(a), Kind::Object(_)) => {
                a.iter().all(|(name, a)| self.attribute(None, a, b.get(name).unwrap_or(a)))
            }
            _ => false,
        }
    }

    fn text(&self, same: Option<&Same>, a: &str, b: &str) -> bool {
        match same {
            None => false,
            Some(Same::Json) => policy_json::compact(a) == policy_json::compact(b),
            Some(Same::Policy) => policy_json::equivalent(a, b),
            Some(Same::AnyCase) => a.eq_ignore_ascii_case(b),
            Some(Same::Trimmed) => a.trim() == b.trim(),
            Some(Same::Rule(rule)) => self.rules.same(rule, a, b),
        }
    }

    /// Compares elements of an attribute: objects field by field, where a null counts as the default of the field.
    fn element(&self, facts: Option<&AttributeFacts>, a: &Value, b: &Value) -> bool {
        let Some(element) = facts.and_then(|f| f.element.as_deref()) else { return self.attribute(facts, a, b) };
        let (Some(fields), Some(_)) = (a.fields(), b.fields()) else { return a == b };
        fields.iter().all(|(name, a)| {
            let facts = element.attributes.get(name);
            let default = facts.and_then(|f| f.default.as_ref());
            let or_default = |v: &Value| if v.is_null() { default.unwrap_or(v).clone() } else { v.clone() };
            b.get(name).is_some_and(|b| self.attribute(facts, &or_default(a), &or_default(b)))
        })
    }

    /// Whether two bodies make no difference. How long operations may take makes none.
    pub fn body(&self, block: &Block, facts: &BlockFacts, a: &Value, b: &Value) -> bool {
        if a == b || (self.lenient && !a.is_known()) {
            return true;
        }
        if a.fields().is_none() || b.fields().is_none() {
            return false;
        }
        let of = |v: &Value, name: &str| v.get(name).cloned();
        let attributes = block.attributes.keys().all(|name| match (of(a, name), of(b, name)) {
            (Some(a), Some(b)) => self.attribute(facts.attributes.get(name), &a, &b),
            (None, None) => true,
            (Some(one), None) | (None, Some(one)) => is_blank(&one),
        });
        attributes
            && block.blocks.iter().filter(|(name, _)| &***name != "timeouts").all(|(name, nested)| {
                match (facts.blocks.get(name), of(a, name), of(b, name)) {
                    (Some(facts), Some(a), Some(b)) => self.nested(nested, facts, &a, &b),
                    (_, a, b) => a == b,
                }
            })
    }

    /// Whether the occurrences of a nested block make no difference.
    pub fn nested(&self, nested: &NestedBlock, facts: &NestedFacts, a: &Value, b: &Value) -> bool {
        if a == b || (self.lenient && !a.is_known()) {
            return true;
        }
        if !a.is_known() || !b.is_known() {
            return false;
        }
        let mut same = |a: &Value, b: &Value| self.body(&nested.block, &facts.body, a, b);
        match nested.nesting {
            Nesting::Single | Nesting::Group => !a.is_null() && !b.is_null() && same(a, b),
            Nesting::List => {
                let (a, b) = (a.elements().unwrap_or_default(), b.elements().unwrap_or_default());
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
            }
            Nesting::Set => matched(a.elements().unwrap_or_default(), b.elements().unwrap_or_default(), &mut same),
            Nesting::Map => false,
        }
    }
}

/// Whether every element of `a` has a partner of its own in `b`, and the other way round.
fn matched(a: &[Value], b: &[Value], same: &mut dyn FnMut(&Value, &Value) -> bool) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut free: Vec<&Value> = b.iter().collect();
    a.iter().all(|a| match free.iter().position(|b| same(a, b)) {
        Some(at) => {
            free.swap_remove(at);
            true
        }
        None => false,
    })
}

/// Whether a value is null or the zero value of its type.
pub(super) fn is_blank(value: &Value) -> bool {
    match value.kind() {
        Kind::Null(_) => true,
        Kind::Unknown(..) | Kind::Object(_) => false,
        Kind::Bool(b) => !b,
        Kind::Number(n) => n.as_i64() == Some(0),
        Kind::String(s) => s.is_empty(),
        Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v) => v.is_empty(),
        Kind::Map(_, f) => f.is_empty(),
    }
}
