//! The schemas of all AWS types, packed by `cargo xtask schema`.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use terrane_provider::sdk::schema::{Archive, Part, TypeSchema, decode};

static BYTES: &[u8] = include_bytes!("../schemas/aws.bin");
static ARCHIVE: LazyLock<Option<Archive>> = LazyLock::new(|| Archive::open(BYTES).ok());
static DECODED: LazyLock<Mutex<HashMap<(Part, &'static str), Arc<TypeSchema>>>> = LazyLock::new(Mutex::default);

/// The schema of a resource type, decoded on first use.
pub fn resource_schema(ty: &str) -> Option<Arc<TypeSchema>> {
    decoded(Part::Resource, ty)
}

/// The schema of a data source, decoded on first use.
pub fn data_schema(ty: &str) -> Option<Arc<TypeSchema>> {
    decoded(Part::Data, ty)
}

/// The names of all resource types, sorted.
pub fn resource_types() -> Vec<&'static str> {
    names(Part::Resource)
}

/// The names of all data sources, sorted.
pub fn data_types() -> Vec<&'static str> {
    names(Part::Data)
}

/// The schema of the provider configuration as packed: its `endpoints` block has no attributes yet.
pub(crate) fn provider_schema() -> Option<Arc<TypeSchema>> {
    decoded(Part::Provider, "")
}

fn names(part: Part) -> Vec<&'static str> {
    ARCHIVE.iter().flat_map(|a| a.names(part)).collect()
}

fn decoded(part: Part, name: &str) -> Option<Arc<TypeSchema>> {
    let archive = ARCHIVE.as_ref()?;
    let name = archive.names(part).find(|n| *n == name)?;
    let mut decoded = DECODED.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(schema) = decoded.get(&(part, name)) {
        return Some(schema.clone());
    }
    let text = archive.text(part, name).ok()??;
    let schema = decode(name, &text, &|list| archive.text(Part::Values, list)).ok().map(Arc::new)?;
    decoded.insert((part, name), schema.clone());
    Some(schema)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_decodes() {
        let (resources, data) = (resource_types(), data_types());
        assert_eq!((resources.len(), data.len()), (277, 155));
        for name in resources {
            assert_eq!(&*resource_schema(name).unwrap_or_else(|| panic!("{name}")).name, name);
        }
        for name in data {
            assert_eq!(&*data_schema(name).unwrap_or_else(|| panic!("{name}")).name, name);
        }
        assert!(provider_schema().is_some());
        assert!(resource_schema("aws_vp").is_none());
    }

    #[test]
    fn facts_come_with_the_shape() {
        let vpc = resource_schema("aws_vpc").unwrap();
        let attribute = &vpc.schema.block.attributes["enable_dns_support"];
        assert!(attribute.optional && !attribute.required);
        assert!(vpc.facts.attributes["enable_dns_support"].default.is_some());
        assert!(vpc.regional && vpc.tagged && vpc.in_place);
        let instance = resource_schema("aws_instance").unwrap();
        assert!(instance.schema.block.blocks.contains_key("root_block_device"));
        assert!(instance.facts.blocks["root_block_device"].computed);
    }

    #[test]
    fn the_packed_schemas_are_small() {
        assert!(BYTES.len() < 300_000, "{} bytes", BYTES.len());
    }
}
