//! Configuration for imported objects that have none.
//!
//! What is written is what has to be or may be written and says something: no nulls, nothing that only the provider sets,
//! nothing that its provider refuses beside the rest. Secrets are left to the reader.

mod names;
mod writer;

use std::collections::BTreeSet;
use std::sync::Arc;

use terrane_address::{ConfigName, Instance};
use terrane_provider::Provider;
use terrane_source::Severity;
use terrane_value::{Attribute, Block, Kind, Nesting, Type, Value, convert};

pub(crate) use names::Names;
pub(crate) use writer::resource;

/// An object that is to be written as configuration.
pub(crate) struct Found<'a> {
    /// The instance it becomes.
    pub instance: &'a Instance,
    /// The provider configuration to name; `None` where its name is implied.
    pub provider_name: Option<&'a ConfigName>,
    /// Who says what can be written together.
    pub provider: &'a dyn Provider,
    /// The shape of the object.
    pub block: &'a Block,
    /// The object, with marks.
    pub value: &'a Value,
    /// What is written in any case.
    pub told: Option<&'a BTreeSet<Arc<str>>>,
}

/// Attributes that say nothing of their own in configuration, whatever their schema says.
const DERIVED: [&str; 3] = ["id", "tags_all", "region"];

/// Attributes that are worth writing although the provider would choose them itself: what people know an object by.
const TELLING: [&str; 8] =
    ["name", "bucket", "identifier", "description", "availability_zone", "cidr_block", "ami", "instance_type"];

/// The attributes and blocks to write, none of them in the way of the others.
///
/// What is left out first is what the provider refuses beside the rest, then what it misses is taken in.
fn chosen(found: &Found<'_>, names: &Names) -> BTreeSet<Arc<str>> {
    let attributes = &found.block.attributes;
    let told = |name: &Arc<str>| found.told.is_some_and(|told| told.contains(name));
    let required = attributes.iter().filter(|(_, attribute)| attribute.required).map(|(name, _)| name);
    let worth = attributes.iter().filter(|(name, attribute)| {
        worth(found, names, name, attribute) || told(name) && is_optional(attribute, &part(found.value, name))
    });
    let worth = worth.map(|(name, _)| name);
    let blocks = found
        .block
        .blocks
        .iter()
        .filter(|(name, nested)| nested.block.deprecated.is_none() && says(&part(found.value, name), &Type::Bool));
    let candidates: Vec<&Arc<str>> = worth.chain(blocks.map(|(name, _)| name)).collect();
    let mut chosen: BTreeSet<Arc<str>> = required.chain(candidates.iter().copied()).cloned().collect();
    let mut problems = found.refused(&chosen);
    let spare =
        attributes.iter().filter(|(name, a)| is_optional(a, &part(found.value, name)) && !candidates.contains(name));
    let spare: Vec<&Arc<str>> = spare.map(|(name, _)| name).collect();
    for (set, adds) in [(candidates, false), (spare, true)] {
        let with = |name: &Arc<str>, chosen: &BTreeSet<Arc<str>>| {
            let mut other = chosen.clone();
            if adds {
                other.insert(name.clone())
            } else {
                other.remove(name)
            };
            (found.refused(&other), other)
        };
        while problems > 0
            && let Some((fewer, better)) = set.iter().map(|name| with(name, &chosen)).min_by_key(|(n, _)| *n)
            && fewer < problems
        {
            (problems, chosen) = (fewer, better);
        }
    }
    chosen
}

impl Found<'_> {
    /// How many mistakes the provider finds in a configuration with these attributes and blocks.
    fn refused(&self, chosen: &BTreeSet<Arc<str>>) -> usize {
        let config = configuration(self.block, self.value, Some(chosen));
        let Ok(config) = convert(&config, &self.block.implied_type()) else { return 0 };
        let found = self.provider.validate_resource(&self.instance.resource.resource.ty, &config);
        found.iter().filter(|problem| problem.severity == Severity::Error).count()
    }
}

/// Whether an optional attribute is to be written. What the provider may choose itself is, if it leads to another object.
fn worth(found: &Found<'_>, names: &Names, name: &str, attribute: &Attribute) -> bool {
    let value = part(found.value, name).unmark_deep().0;
    if !is_optional(attribute, &value) || DERIVED.contains(&name) {
        return false;
    }
    let refers = |value: &Value| value.as_str().is_some_and(|text| names.find(found.instance, name, text).is_some());
    let all_refer = elements(&value).is_some_and(|values| values.iter().all(refers));
    !attribute.computed || TELLING.contains(&name) || refers(&value) || all_refer
}

/// Whether an optional attribute is written.
fn is_optional(attribute: &Attribute, value: &Value) -> bool {
    attribute.optional && attribute.deprecated.is_none() && !attribute.write_only && says(value, &attribute.ty)
}

/// Whether an optional attribute of a nested block is written: not what only stands for the provider's choice.
fn is_nested(name: &str, attribute: &Attribute, value: &Value) -> bool {
    let choice = || {
        let ids = ["_id", "_ids", "_arn"].iter().any(|end| name.ends_with(end));
        DERIVED.contains(&name) || ids || matches!(value.kind(), Kind::Number(n) if n.is_zero())
    };
    is_optional(attribute, value) && !(attribute.computed && choice())
}

/// Whether a value says something. Empty ones are what some providers have in place of null.
fn says(value: &Value, ty: &Type) -> bool {
    let value = value.clone().unmark_deep().0;
    let empty = match value.kind() {
        Kind::String(text) => text.is_empty(),
        Kind::Map(_, fields) | Kind::Object(fields) => fields.is_empty(),
        _ => elements(&value).is_some_and(<[Value]>::is_empty),
    };
    !value.is_null() && (!empty || *ty == Type::Any)
}

fn part(object: &Value, name: &str) -> Value {
    object.get(name).cloned().unwrap_or_else(|| Value::null(Type::Any))
}

/// The elements of a list, set or tuple.
fn elements(value: &Value) -> Option<&[Value]> {
    match value.kind() {
        Kind::List(_, values) | Kind::Set(_, values) | Kind::Tuple(values) => Some(values),
        _ => None,
    }
}

/// The object as configuration would have it, null where nothing is written; its lists are tuples.
fn configuration(block: &Block, value: &Value, chosen: Option<&BTreeSet<Arc<str>>>) -> Value {
    let value = value.clone().unmark_deep().0;
    let attributes = block.attributes.iter().map(|(name, attribute)| {
        let now = part(&value, name);
        let written = match chosen {
            Some(chosen) => chosen.contains(name),
            None => attribute.required || is_nested(name, attribute, &now),
        };
        (name.clone(), if written { now } else { Value::null(attribute.ty.without_optional()) })
    });
    let blocks = block.blocks.iter().map(|(name, nested)| {
        let left_out = chosen.is_some_and(|chosen| !chosen.contains(name));
        let now = if left_out { Value::null(Type::Any) } else { part(&value, name) };
        let one = |value: &Value| configuration(&nested.block, value, None);
        let all = match (nested.nesting, elements(&now)) {
            (Nesting::Single | Nesting::Group, _) if !now.is_null() => one(&now),
            (_, Some(elements)) => Value::tuple(elements.iter().map(one)),
            (Nesting::List | Nesting::Set, None) => Value::tuple([]),
            _ => now,
        };
        (name.clone(), all)
    });
    Value::object(attributes.chain(blocks).collect::<Vec<_>>())
}
