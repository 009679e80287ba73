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
}

/// Attributes that say nothing of their own in configuration, whatever their schema says.
const DERIVED: [&str; 3] = ["id", "tags_all", "region"];

/// The attributes to write: none that makes the provider refuse what it takes without it.
fn chosen(found: &Found<'_>) -> BTreeSet<Arc<str>> {
    let ty = &found.instance.resource.resource.ty;
    let refused = |chosen: &BTreeSet<Arc<str>>| {
        let config = configuration(found.block, found.value, Some(chosen));
        let Ok(config) = convert(&config, &found.block.implied_type()) else { return 0 };
        found.provider.validate_resource(ty, &config).iter().filter(|p| p.severity == Severity::Error).count()
    };
    let required = found.block.attributes.iter().filter(|(_, attribute)| attribute.required);
    let mut chosen: BTreeSet<Arc<str>> = required.map(|(name, _)| name.clone()).collect();
    let mut problems = refused(&chosen);
    // What the provider would set itself comes last: it gives way.
    for name in worth(found, false).chain(worth(found, true)) {
        chosen.insert(name.clone());
        match refused(&chosen) {
            more if more > problems => drop(chosen.remove(name)),
            fewer => problems = fewer,
        }
    }
    chosen
}

/// The optional attributes that could be written, those that the provider may set itself or the others.
fn worth<'a>(found: &'a Found<'_>, computed: bool) -> impl Iterator<Item = &'a Arc<str>> {
    let attributes = found.block.attributes.iter().filter(move |(_, a)| a.optional && a.computed == computed);
    let worth = |(name, attribute): &(&Arc<str>, &Attribute)| {
        !DERIVED.contains(&&***name) && is_optional(attribute, &part(found.value, name))
    };
    attributes.filter(worth).map(|(name, _)| name)
}

/// Whether an optional attribute is written.
fn is_optional(attribute: &Attribute, value: &Value) -> bool {
    attribute.optional && attribute.deprecated.is_none() && !attribute.write_only && says(value, &attribute.ty)
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
            None => attribute.required || is_optional(attribute, &now),
        };
        (name.clone(), if written { now } else { Value::null(attribute.ty.without_optional()) })
    });
    let blocks = block.blocks.iter().map(|(name, nested)| {
        let now = part(&value, name);
        let one = |value: &Value| configuration(&nested.block, value, None);
        let all = match (nested.nesting, elements(&now)) {
            (Nesting::Single | Nesting::Group, _) if !now.is_null() => one(&now),
            (_, Some(elements)) => Value::tuple(elements.iter().map(one)),
            _ => now,
        };
        (name.clone(), all)
    });
    Value::object(attributes.chain(blocks).collect::<Vec<_>>())
}
