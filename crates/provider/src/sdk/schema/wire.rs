//! The stored form of a schema.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

use super::facts::Checks;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Type {
    pub sdk: String,
    pub schema_version: u64,
    pub deprecated: bool,
    pub region_override: bool,
    pub no_update: bool,
    pub tags: Tags,
    pub import: Import,
    pub identity: Option<Identity>,
    pub default_timeouts: BTreeMap<String, u64>,
    pub customize_diff: Option<CustomizeDiff>,
    pub config_validators: Vec<Rule>,
    #[serde(flatten)]
    pub body: Body,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Tags {
    pub transparent: bool,
    pub tags_all: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Import {
    pub format: Option<String>,
    pub sep: Option<String>,
    pub parts: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Identity {
    pub version: u64,
    pub mutable: bool,
    pub attrs: BTreeMap<String, IdentityAttribute>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct IdentityAttribute {
    pub r#type: Json,
    pub required: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CustomizeDiff {
    pub has_change: Vec<String>,
    pub set_new_computed: Vec<String>,
    pub force_new: Vec<String>,
    pub force_new_if: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Rule {
    pub rule: String,
    pub paths: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Body {
    pub attrs: BTreeMap<String, Attribute>,
    pub blocks: BTreeMap<String, Nested>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Attribute {
    pub r#type: Json,
    pub num: Option<String>,
    pub required: bool,
    pub optional: bool,
    pub computed: bool,
    pub sensitive: bool,
    pub write_only: bool,
    pub deprecated: bool,
    pub force_new: Option<Json>,
    pub default: Option<Json>,
    pub min_items: Option<u64>,
    pub max_items: Option<u64>,
    pub validate: Option<Box<Checks>>,
    pub elem_validate: Option<Box<Checks>>,
    pub custom_type: Option<String>,
    pub diff_suppress: Option<String>,
    pub state_fn: Option<String>,
    pub plan_modifiers: Vec<String>,
    pub attr_as_blocks: bool,
    pub elem: Option<Box<Body>>,
    #[serde(flatten)]
    pub relations: Relations,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Relations {
    pub conflicts_with: Vec<String>,
    pub exactly_one_of: Vec<String>,
    pub at_least_one_of: Vec<String>,
    pub required_with: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Nested {
    pub nesting: String,
    pub min_items: u64,
    pub max_items: u64,
    pub min_items_if_set: Option<u64>,
    pub min_items_validated: Option<u64>,
    pub max_items_validated: Option<u64>,
    pub required_validated: bool,
    pub optional: bool,
    pub computed: bool,
    pub deprecated: bool,
    pub force_new: Option<Json>,
    pub diff_suppress: Option<String>,
    pub plan_modifiers: Vec<String>,
    pub object_validate: Option<ObjectValidate>,
    #[serde(flatten)]
    pub relations: Relations,
    #[serde(flatten)]
    pub body: Body,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ObjectValidate {
    pub exactly_one_of_children: Vec<String>,
}
