//! The fields of the file that are read; texts and raw JSON are parts of the file's text.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
pub(super) struct Head {
    pub version: Option<u64>,
    #[serde(default)]
    pub serial: u64,
    #[serde(default)]
    pub lineage: String,
    #[serde(default)]
    pub encryption_version: String,
}

#[derive(Deserialize)]
pub(super) struct File<'t> {
    pub version: Option<u64>,
    #[serde(default)]
    pub terraform_version: String,
    #[serde(default)]
    pub serial: u64,
    #[serde(default)]
    pub lineage: String,
    #[serde(default, borrow)]
    pub outputs: BTreeMap<String, Output<'t>>,
    #[serde(default, borrow)]
    pub resources: Vec<Resource<'t>>,
    #[serde(default, borrow)]
    pub check_results: Option<&'t RawValue>,
}

#[derive(Deserialize)]
pub(super) struct Output<'t> {
    #[serde(borrow)]
    pub value: &'t RawValue,
    #[serde(rename = "type", borrow)]
    pub ty: &'t RawValue,
    #[serde(default)]
    pub sensitive: bool,
}

#[derive(Deserialize)]
pub(super) struct Resource<'t> {
    #[serde(default, borrow)]
    pub module: Option<Cow<'t, str>>,
    #[serde(borrow)]
    pub mode: Cow<'t, str>,
    #[serde(rename = "type", borrow)]
    pub ty: Cow<'t, str>,
    #[serde(borrow)]
    pub name: Cow<'t, str>,
    #[serde(default, borrow)]
    pub provider: Option<Cow<'t, str>>,
    #[serde(default, borrow)]
    pub instances: Vec<Instance<'t>>,
}

#[derive(Deserialize)]
pub(super) struct Instance<'t> {
    #[serde(default)]
    pub index_key: Option<serde_json::Value>,
    #[serde(default, borrow)]
    pub status: Option<Cow<'t, str>>,
    #[serde(default, borrow)]
    pub deposed: Option<Cow<'t, str>>,
    #[serde(default, borrow)]
    pub provider: Option<Cow<'t, str>>,
    #[serde(default)]
    pub schema_version: u64,
    #[serde(default, borrow)]
    pub attributes: Option<&'t RawValue>,
    #[serde(default)]
    pub attributes_flat: Option<BTreeMap<String, String>>,
    #[serde(default)]
    pub identity_schema_version: Option<u64>,
    #[serde(default, borrow)]
    pub identity: Option<&'t RawValue>,
    #[serde(default, borrow)]
    pub sensitive_attributes: Option<&'t RawValue>,
    #[serde(default, borrow)]
    pub private: Option<Cow<'t, str>>,
    #[serde(default, borrow)]
    pub dependencies: Vec<Cow<'t, str>>,
    #[serde(default)]
    pub create_before_destroy: bool,
    #[serde(default)]
    pub skip_destroy: bool,
    /// Ours alone: other programs read past it and write the object without it.
    #[serde(default)]
    pub prevent_destroy: bool,
}
