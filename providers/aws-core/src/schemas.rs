//! The schemas of all AWS types, packed by `cargo xtask schema`.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use terrane_provider::sdk::schema::{Archive, ArchiveError, DecodeError, Part, TypeSchema, decode};

static BYTES: &[u8] = include_bytes!("../schemas/aws.bin");
static ARCHIVE: LazyLock<Option<Archive>> = LazyLock::new(|| Archive::open(BYTES).ok());
static DECODED: LazyLock<Mutex<HashMap<(Part, &'static str), Arc<TypeSchema>>>> = LazyLock::new(Mutex::default);

/// The schema of a resource type, decoded on first use.
pub fn resource_schema(ty: &str) -> Option<Arc<TypeSchema>> {
    decoded(Part::Resource, ty).ok().flatten()
}

/// The schema of a data source, decoded on first use.
pub fn data_schema(ty: &str) -> Option<Arc<TypeSchema>> {
    decoded(Part::Data, ty).ok().flatten()
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
    decoded(Part::Provider, "").ok().flatten()
}

fn names(part: Part) -> Vec<&'static str> {
    ARCHIVE.iter().flat_map(|a| a.names(part)).collect()
}

fn decoded(part: Part, name: &str) -> Result<Option<Arc<TypeSchema>>, DecodeError> {
    let Some(archive) = ARCHIVE.as_ref() else { return Err(ArchiveError::Index.into()) };
    let Some(name) = archive.names(part).find(|n| *n == name) else { return Ok(None) };
    let mut decoded = DECODED.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(schema) = decoded.get(&(part, name)) {
        return Ok(Some(schema.clone()));
    }
    let Some(text) = archive.text(part, name)? else { return Ok(None) };
    let schema = Arc::new(decode(name, &text, &|list| archive.text(Part::Values, list))?);
    decoded.insert((part, name), schema.clone());
    Ok(Some(schema))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_decodes() {
        let (resources, data) = (resource_types(), data_types());
        assert_eq!((resources.len(), data.len()), (277, 157));
        let all = resources.into_iter().map(|n| (Part::Resource, n)).chain(data.into_iter().map(|n| (Part::Data, n)));
        for (part, name) in all {
            let schema = decoded(part, name).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(&*schema.unwrap().name, name);
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
