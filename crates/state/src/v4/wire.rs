//! The fields of the file that are read; texts and raw JSON are parts of the file's text. Fields that are not known are
//! kept beside them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A text that is part of the file's, unless it has escapes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Text<'t>(#[serde(borrow)] Cow<'t, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Fields that are not known.
pub(super) type Others<'t> = Vec<(Text<'t>, &'t RawValue)>;

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

/// A JSON object with fields that may all be missing, and `others`.
macro_rules! object {
    ($name:ident { $($written:literal $field:ident: $ty:ty,)* }) => {
        #[derive(Default)]
        pub(super) struct $name<'t> {
            $(pub $field: $ty,)*
            pub others: Others<'t>,
        }

        impl<'t> Deserialize<'t> for $name<'t> {
            fn deserialize<D: Deserializer<'t>>(deserializer: D) -> Result<Self, D::Error> {
                struct Fields;

                impl<'t> Visitor<'t> for Fields {
                    type Value = $name<'t>;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<$name<'t>, A::Error> {
                        let mut object = $name::default();
                        while let Some(key) = map.next_key::<Text<'t>>()? {
                            match &*key {
                                $($written => object.$field = map.next_value()?,)*
                                _ => object.others.push((key, map.next_value()?)),
                            }
                        }
                        Ok(object)
                    }
                }

                deserializer.deserialize_map(Fields)
            }
        }
    };
}

object!(File {
    "version" version: Option<u64>,
    "terraform_version" terraform_version: String,
    "serial" serial: u64,
    "lineage" lineage: String,
    "outputs" outputs: BTreeMap<String, Output<'t>>,
    "resources" resources: Vec<Resource<'t>>,
    "check_results" check_results: Option<&'t RawValue>,
});

object!(Output {
    "value" value: Option<&'t RawValue>,
    "type" ty: Option<&'t RawValue>,
    "sensitive" sensitive: bool,
});

object!(Resource {
    "module" module: Option<Text<'t>>,
    "mode" mode: Text<'t>,
    "type" ty: Text<'t>,
    "name" name: Text<'t>,
    "provider" provider: Option<Text<'t>>,
    "instances" instances: Vec<Instance<'t>>,
});

object!(Instance {
    "index_key" index_key: Option<serde_json::Value>,
    "status" status: Option<Text<'t>>,
    "deposed" deposed: Option<Text<'t>>,
    "provider" provider: Option<Text<'t>>,
    "schema_version" schema_version: u64,
    "attributes" attributes: Option<&'t RawValue>,
    "attributes_flat" attributes_flat: Option<BTreeMap<String, String>>,
    "identity_schema_version" identity_schema_version: Option<u64>,
    "identity" identity: Option<&'t RawValue>,
    "sensitive_attributes" sensitive_attributes: Option<&'t RawValue>,
    "private" private: Option<Text<'t>>,
    "dependencies" dependencies: Vec<Text<'t>>,
    "create_before_destroy" create_before_destroy: bool,
    "skip_destroy" skip_destroy: bool,
    // Ours alone: other programs read past it and write the object without it.
    "prevent_destroy" prevent_destroy: bool,
});
