//! Parts of requests from the blocks of a configuration.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, LocalSecondaryIndex,
    OnDemandThroughput, Projection, ProvisionedThroughput, SseSpecification, SseType, StreamSpecification, Tag,
    WarmThroughput,
};
use terrane_aws_core::Tags;
use terrane_provider::Problem;
use terrane_provider::sdk::Args;

use crate::client::built;

/// A block that may be written once.
pub type Block<'a> = Option<Args<'a>>;

/// The billing mode of a table.
pub fn billing_mode(table: Args<'_>) -> BillingMode {
    table.text("billing_mode").unwrap_or("PROVISIONED").into()
}

/// The names of key attributes with their roles, of a table or an index: from `key_schema`, else from `hash_key` and
/// `range_key`.
pub fn keys(of: Args<'_>) -> Vec<(&str, &str)> {
    let written = of.blocks("key_schema").into_iter();
    let elements: Vec<_> = written.filter_map(|e| Some((e.text("attribute_name")?, e.text("key_type")?))).collect();
    if !elements.is_empty() {
        return elements;
    }
    let single = [("hash_key", "HASH"), ("range_key", "RANGE")];
    single.into_iter().filter_map(|(name, role)| Some((of.text(name)?, role))).collect()
}

/// Key attributes as a request takes them.
pub fn key_schema(keys: Vec<(&str, &str)>) -> Result<Vec<KeySchemaElement>, Problem> {
    let element =
        |(name, role)| built(KeySchemaElement::builder().attribute_name(name).key_type(KeyType::from(role)).build());
    keys.into_iter().map(element).collect()
}

/// The attributes that keys are made of.
pub fn attributes(table: Args<'_>) -> Result<Vec<AttributeDefinition>, Problem> {
    let definition = |block: Args<'_>| {
        let (name, ty) = (block.text("name").unwrap_or_default(), block.text("type").unwrap_or_default());
        built(AttributeDefinition::builder().attribute_name(name).attribute_type(ty.into()).build())
    };
    table.blocks("attribute").into_iter().map(definition).collect()
}

/// The capacity of a table or an index that has one.
pub fn capacity(of: Args<'_>, mode: &BillingMode) -> Result<Option<ProvisionedThroughput>, Problem> {
    if *mode == BillingMode::PayPerRequest {
        return Ok(None);
    }
    let units = |name| of.i64(name).filter(|units| *units > 0).unwrap_or(1);
    let throughput = ProvisionedThroughput::builder()
        .read_capacity_units(units("read_capacity"))
        .write_capacity_units(units("write_capacity"));
    built(throughput.build()).map(Some)
}

/// The greatest throughput of a table or index that is paid by request.
pub fn on_demand(of: Args<'_>) -> Option<OnDemandThroughput> {
    let block = of.block("on_demand_throughput")?;
    let units = |name| block.i64(name).filter(|units| *units != 0);
    let throughput = OnDemandThroughput::builder()
        .set_max_read_request_units(units("max_read_request_units"))
        .set_max_write_request_units(units("max_write_request_units"));
    Some(throughput.build())
}

/// The throughput that a table or index is ready for.
pub fn warm(of: Args<'_>) -> Option<WarmThroughput> {
    let block = of.block("warm_throughput")?;
    let units = |name| block.i64(name).filter(|units| *units != 0);
    let throughput = WarmThroughput::builder()
        .set_read_units_per_second(units("read_units_per_second"))
        .set_write_units_per_second(units("write_units_per_second"))
        .build();
    (throughput.read_units_per_second.is_some() || throughput.write_units_per_second.is_some()).then_some(throughput)
}

/// What an index holds of an item.
pub fn projection(index: Args<'_>) -> Projection {
    let others = Some(index.strings("non_key_attributes")).filter(|names| !names.is_empty());
    let ty = index.text("projection_type").unwrap_or_default();
    Projection::builder().projection_type(ty.into()).set_non_key_attributes(others).build()
}

/// The local secondary indexes of a table, all with its hash key.
pub fn local_indexes(table: Args<'_>) -> Result<Option<Vec<LocalSecondaryIndex>>, Problem> {
    let hash = table.text("hash_key").unwrap_or_default();
    let index = |block: Args<'_>| {
        let keys = [(hash, "HASH"), (block.text("range_key").unwrap_or_default(), "RANGE")];
        let index = LocalSecondaryIndex::builder()
            .index_name(block.text("name").unwrap_or_default())
            .set_key_schema(Some(key_schema(keys.to_vec())?))
            .projection(projection(block));
        built(index.build())
    };
    let indexes: Vec<_> = table.blocks("local_secondary_index").into_iter().map(index).collect::<Result<_, _>>()?;
    Ok(Some(indexes).filter(|i| !i.is_empty()))
}

/// The global secondary indexes of a table.
pub fn global_indexes(table: Args<'_>) -> Result<Option<Vec<GlobalSecondaryIndex>>, Problem> {
    let mode = billing_mode(table);
    let index = |block: Args<'_>| {
        let index = GlobalSecondaryIndex::builder()
            .index_name(block.text("name").unwrap_or_default())
            .set_key_schema(Some(key_schema(keys(block))?))
            .projection(projection(block))
            .set_provisioned_throughput(capacity(block, &mode)?)
            .set_on_demand_throughput(on_demand(block).filter(|_| mode == BillingMode::PayPerRequest))
            .set_warm_throughput(warm(block));
        built(index.build())
    };
    let indexes: Vec<_> = table.blocks("global_secondary_index").into_iter().map(index).collect::<Result<_, _>>()?;
    Ok(Some(indexes).filter(|i| !i.is_empty()))
}

/// Encryption with a key of KMS; switched off, DynamoDB encrypts with a key of its own.
pub fn encryption(block: Block<'_>) -> SseSpecification {
    let enabled = block.and_then(|b| b.bool("enabled")) == Some(true);
    let key = block.filter(|_| enabled).and_then(|b| b.string("kms_key_arn"));
    let ty = key.as_ref().map(|_| SseType::Kms);
    SseSpecification::builder().enabled(enabled).set_kms_master_key_id(key).set_sse_type(ty).build()
}

/// The stream of a table: what it tells of a change, or that there is none.
pub fn stream(view: Option<&str>) -> Result<StreamSpecification, Problem> {
    let stream = StreamSpecification::builder().stream_enabled(view.is_some());
    built(stream.set_stream_view_type(view.map(|v| v.to_uppercase().as_str().into())).build())
}

/// The view of a planned stream, if there is to be one.
pub fn stream_view(table: Args<'_>) -> Option<&str> {
    table.text("stream_view_type").filter(|_| table.bool("stream_enabled") == Some(true))
}

/// Tags as DynamoDB takes them.
pub fn to_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter().filter_map(|(k, v)| Tag::builder().key(k).value(v).build().ok()).collect()
}
