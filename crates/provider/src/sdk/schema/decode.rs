//! From the stored form to schemas.

use std::sync::Arc;

use serde_json::Value as Json;
use terrane_value::json::{from_json_value, type_from_json_value};
use terrane_value::{Attribute, Block, ConvertError, NestedBlock, Nesting, Schema};

use super::facts::{
    AttributeFacts, Blank, BlockFacts, Checks, Family, Import, NestedFacts, Recomputed, Relations, Replace, Rule,
    RuleKind, Same, TypeSchema,
};
use super::{ArchiveError, wire};

/// Why a stored schema cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// It cannot be unpacked.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// It is not in the stored form.
    #[error("the stored schema is malformed: {0}")]
    Json(#[from] serde_json::Error),
    /// A type or default in it makes no sense.
    #[error("the stored schema has a wrong type or default: {0}")]
    Type(#[from] ConvertError),
    /// It refers to a list of values that is not there.
    #[error("the stored schema refers to the unknown list {0}")]
    Values(String),
}

/// Finds the list of values of a name.
type Values<'a> = &'a dyn Fn(&str) -> Result<Option<String>, ArchiveError>;

const DEPRECATED: &str = "It may be removed in a future version of the provider.";

/// Reads the schema of the type `name` from its stored form. `values` finds the lists it refers to.
pub fn decode(name: &str, text: &str, values: Values<'_>) -> Result<TypeSchema, DecodeError> {
    let mut stored: wire::Type = serde_json::from_str(text)?;
    let deprecated = stored.deprecated.then(|| DEPRECATED.into());
    let (block, facts) = body(std::mem::take(&mut stored.body), values)?;
    let schema = Schema { version: stored.schema_version, block: Block { deprecated, ..block } };
    let diff = stored.customize_diff.unwrap_or_default();
    Ok(TypeSchema {
        name: name.into(),
        schema: Arc::new(schema),
        facts,
        family: if stored.sdk == "framework" { Family::Strict } else { Family::Legacy },
        in_place: !stored.no_update,
        regional: stored.region_override,
        tagged: stored.tags.transparent && stored.tags.tags_all,
        rules: stored.config_validators.into_iter().filter_map(rule).collect(),
        recomputed: recomputed(&diff),
        replaced_if: names(diff.force_new.into_iter().chain(diff.force_new_if)),
        import: import(stored.import),
        identity_may_change: stored.identity.as_ref().is_some_and(|identity| identity.mutable),
        identity: stored.identity.map(identity).transpose()?,
        timeouts: stored.default_timeouts.into_iter().map(|(k, v)| (k.into(), v)).collect(),
    })
}

fn names(texts: impl IntoIterator<Item = String>) -> Vec<Arc<str>> {
    texts.into_iter().map(Arc::from).collect()
}

fn import(stored: wire::Import) -> Import {
    Import { format: stored.format.map(Arc::from), separator: stored.sep.map(Arc::from), parts: names(stored.parts) }
}

fn identity(stored: wire::Identity) -> Result<Arc<Schema>, DecodeError> {
    let mut block = Block::default();
    for (name, stored) in stored.attrs {
        let ty = type_from_json_value(&stored.r#type)?;
        let attribute = if stored.required { Attribute::required(ty) } else { Attribute::optional(ty) };
        block.attributes.insert(name.into(), attribute);
    }
    Ok(Arc::new(Schema { version: stored.version, block }))
}

fn rule(stored: wire::Rule) -> Option<Rule> {
    let kind = match stored.rule.as_str() {
        "exactly_one_of" => RuleKind::ExactlyOne,
        "at_least_one_of" => RuleKind::AtLeastOne,
        "conflicting" => RuleKind::AtMostOne,
        _ => return None,
    };
    Some(Rule { kind, paths: names(stored.paths) })
}

/// Only what is recomputed without further conditions, upon changes that are named.
fn recomputed(diff: &wire::CustomizeDiff) -> Vec<Recomputed> {
    let when: Vec<Arc<str>> = names(diff.has_change.iter().filter(|c| !c.starts_with('<')).cloned());
    let what = names(diff.set_new_computed.iter().cloned());
    if when.is_empty() || what.is_empty() { Vec::new() } else { vec![Recomputed { when, what }] }
}

fn body(stored: wire::Body, values: Values<'_>) -> Result<(Block, BlockFacts), DecodeError> {
    let (mut block, mut facts) = (Block::default(), BlockFacts::default());
    for (name, stored) in stored.attrs {
        let (shape, fact) = attribute(stored, values)?;
        block.attributes.insert(name.as_str().into(), shape);
        facts.attributes.insert(name.into(), fact);
    }
    for (name, stored) in stored.blocks {
        let (shape, fact) = nested(stored, values)?;
        block.blocks.insert(name.as_str().into(), shape);
        facts.blocks.insert(name.into(), fact);
    }
    Ok((block, facts))
}

fn attribute(stored: wire::Attribute, values: Values<'_>) -> Result<(Attribute, AttributeFacts), DecodeError> {
    let ty = type_from_json_value(&stored.r#type)?;
    let default = stored.default.as_ref().map(|d| from_json_value(d, &ty)).transpose()?;
    let has = |modifier: &str| stored.plan_modifiers.iter().any(|m| m == modifier);
    let facts = AttributeFacts {
        default,
        replace: replace(stored.force_new.as_ref()),
        same: same(&[&stored.diff_suppress, &stored.custom_type, &stored.state_fn]),
        stays: has("UseStateForUnknown"),
        blank: if has("LegacyValue") { Some(Blank::Zero) } else { has("NullValue").then_some(Blank::Null) },
        checks: checks(stored.validate, values)?,
        element_checks: checks(stored.elem_validate, values)?,
        items: (stored.min_items, stored.max_items),
        relations: relations(stored.relations),
        whole: stored.num.as_deref() == Some("int"),
        element: stored.elem.map(|e| body(*e, values)).transpose()?.map(|(_, facts)| Box::new(facts)),
    };
    let shape = Attribute {
        ty,
        required: stored.required,
        optional: stored.optional,
        computed: stored.computed,
        sensitive: stored.sensitive,
        write_only: stored.write_only,
        deprecated: stored.deprecated.then(|| DEPRECATED.into()),
        as_blocks: stored.attr_as_blocks,
    };
    // A default counts as computed: the shape only says that absent does not mean null.
    let computed = shape.computed || (facts.default.is_some() && !shape.required);
    Ok((Attribute { computed, ..shape }, facts))
}

fn nested(stored: wire::Nested, values: Values<'_>) -> Result<(NestedBlock, NestedFacts), DecodeError> {
    let (block, facts) = body(stored.body, values)?;
    let block = Block { deprecated: stored.deprecated.then(|| DEPRECATED.into()), ..block };
    let nesting = match stored.nesting.as_str() {
        "single" => Nesting::Single,
        "set" => Nesting::Set,
        _ => Nesting::List,
    };
    let shape = NestedBlock { nesting, min_items: stored.min_items, max_items: stored.max_items, block };
    let suppressed = stored.diff_suppress.as_deref();
    let facts = NestedFacts {
        computed: stored.computed,
        sticky: suppressed == Some("verify.SuppressMissingOptionalConfigurationBlock"),
        replace: replace(stored.force_new.as_ref()),
        stays: stored.plan_modifiers.iter().any(|m| m == "UseStateForUnknown"),
        required: stored.required_validated,
        items: (stored.min_items_validated.or(stored.min_items_if_set), stored.max_items_validated),
        relations: relations(stored.relations),
        one_child: names(stored.object_validate.unwrap_or_default().exactly_one_of_children),
        body: facts,
    };
    Ok((shape, facts))
}

fn replace(stored: Option<&Json>) -> Replace {
    match stored {
        Some(Json::Bool(true)) => Replace::Always,
        Some(Json::String(s)) if s == "if_configured" => Replace::IfConfigured,
        Some(Json::String(_)) => Replace::Elsewhere,
        _ => Replace::Never,
    }
}

/// The first of several names of a rule that says anything.
fn same(names: &[&Option<String>]) -> Option<Same> {
    let name = names.iter().find_map(|n| n.as_deref().filter(|n| *n != "custom"))?;
    Some(match name.rsplit('.').next().unwrap_or(name) {
        "SuppressEquivalentIAMPolicyDocuments" | "SuppressEquivalentPolicyDiffs" | "iam_policy_json" => Same::Policy,
        "SuppressEquivalentJSONDocuments" | "SuppressEquivalentJSONDiffs" | "json" => Same::Json,
        "NormalizeJsonStringSchemaStateFunc" => Same::Json,
        "SuppressEquivalentStringCaseInsensitive" | "ToUpperSchemaStateFunc" => Same::AnyCase,
        "TrimSpaceSchemaStateFunc" => Same::Trimmed,
        other => Same::Rule(other.into()),
    })
}

fn relations(stored: wire::Relations) -> Option<Box<Relations>> {
    let relations = Relations {
        conflicts_with: names(stored.conflicts_with),
        exactly_one_of: names(stored.exactly_one_of),
        at_least_one_of: names(stored.at_least_one_of),
        required_with: names(stored.required_with),
    };
    (relations != Relations::default()).then(|| Box::new(relations))
}

fn checks(stored: Option<Box<Checks>>, values: Values<'_>) -> Result<Option<Box<Checks>>, DecodeError> {
    let Some(mut checks) = stored else { return Ok(None) };
    fill(&mut checks, values)?;
    Ok(Some(checks))
}

fn fill(checks: &mut Checks, values: Values<'_>) -> Result<(), DecodeError> {
    if let Some(name) = checks.enum_ref.take() {
        let text = values(&name)?.ok_or_else(|| DecodeError::Values(name))?;
        checks.r#enum = Some(serde_json::from_str(&text)?);
    }
    checks.any_of.iter_mut().try_for_each(|c| fill(c, values))
}
