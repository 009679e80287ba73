//! Tables as they are shown.

use aws_sdk_dynamodb::types::{
    GlobalSecondaryIndexDescription, KeyType, LocalSecondaryIndexDescription, OnDemandThroughput, Projection,
    SseStatus, TableDescription,
};
use terrane_provider::sdk::{Args, Reply};
use terrane_value::Value;

/// Sets all that a description of a table tells, but for its replicas.
pub fn show(reply: &mut Reply, table: &TableDescription, known: &Value) {
    let mode = table.billing_mode_summary().and_then(|b| b.billing_mode()).map_or("PROVISIONED", |m| m.as_str());
    let class = table.table_class_summary().and_then(|c| c.table_class()).map_or("STANDARD", |c| c.as_str());
    let key = |role: KeyType| table.key_schema().iter().find(|k| k.key_type == role).map(|k| k.attribute_name());
    let capacity = table.provisioned_throughput();
    reply
        .str("id", table.table_name())
        .str("arn", table.table_arn())
        .str("name", table.table_name())
        .str("billing_mode", Some(mode))
        .bool("deletion_protection_enabled", Some(table.deletion_protection_enabled().unwrap_or_default()))
        .i64("read_capacity", Some(capacity.and_then(|c| c.read_capacity_units()).unwrap_or_default()))
        .i64("write_capacity", Some(capacity.and_then(|c| c.write_capacity_units()).unwrap_or_default()))
        .str("hash_key", key(KeyType::Hash))
        .str("range_key", key(KeyType::Range))
        .str("table_class", Some(class))
        .str("stream_arn", Some(table.latest_stream_arn().unwrap_or_default()))
        .str("stream_label", Some(table.latest_stream_label().unwrap_or_default()));
    show_stream(reply, table, known);
    show_parts(reply, table, known);
}

fn show_stream(reply: &mut Reply, table: &TableDescription, known: &Value) {
    let stream = table.stream_specification();
    let view = stream.and_then(|s| s.stream_view_type()).map(|v| v.as_str());
    reply
        .bool("stream_enabled", Some(stream.is_some_and(|s| s.stream_enabled())))
        .str("stream_view_type", Some(view.or(Args(known).str("stream_view_type")).unwrap_or_default()));
}

fn show_parts(reply: &mut Reply, table: &TableDescription, known: &Value) {
    let attributes = table.attribute_definitions().iter().map(|a| {
        let mut block = Reply::new();
        block.str("name", Some(a.attribute_name())).str("type", Some(a.attribute_type().as_str()));
        block
    });
    reply.blocks("attribute", attributes);
    reply.blocks("local_secondary_index", table.local_secondary_indexes().iter().map(show_local));
    reply.blocks("global_secondary_index", table.global_secondary_indexes().iter().map(|g| show_global(g, known)));
    let witness = table.global_table_witnesses().first().map(|w| {
        let mut block = Reply::new();
        block.str("region_name", w.region_name());
        block
    });
    reply.blocks("global_table_witness", witness);
    reply.blocks("on_demand_throughput", on_demand(table.on_demand_throughput(), Some(Args(known))));
    let warm = table.warm_throughput().map(|w| (w.read_units_per_second(), w.write_units_per_second()));
    reply.blocks("warm_throughput", show_warm(warm, Some(Args(known))));
    show_encryption(reply, table, known);
}

/// No maximum reads as -1 or as nothing, and is shown only where it was written.
fn on_demand(throughput: Option<&OnDemandThroughput>, known: Option<Args<'_>>) -> Option<Reply> {
    let written = known.and_then(|k| k.block("on_demand_throughput"));
    let unlimited = |name| written.and_then(|w| w.i64(name)).filter(|units| *units < 0);
    let read = throughput.and_then(|t| t.max_read_request_units()).or(unlimited("max_read_request_units"));
    let write = throughput.and_then(|t| t.max_write_request_units()).or(unlimited("max_write_request_units"));
    let limited = [read, write].into_iter().flatten().any(|units| units > 0);
    (limited || written.is_some_and(|_| read.or(write).is_some())).then(|| {
        let mut block = Reply::new();
        block.i64("max_read_request_units", read).i64("max_write_request_units", write);
        block
    })
}

/// What every table is ready for is shown only where it was written.
fn show_warm(units: Option<(Option<i64>, Option<i64>)>, known: Option<Args<'_>>) -> Option<Reply> {
    let (read, write) = units?;
    let (r, w) = (read.unwrap_or_default(), write.unwrap_or_default());
    let by_default = (r < 12_000 && w < 4_000) || (r, w) == (12_000, 4_000);
    let written = known.and_then(|k| k.block("warm_throughput")).is_some();
    (written || !by_default).then(|| {
        let mut block = Reply::new();
        block.i64("read_units_per_second", read).i64("write_units_per_second", write);
        block
    })
}

/// The key is shown only where one was written, or nothing is known: the key that AWS keeps for DynamoDB reads like one
/// that was chosen, and must never be sent. AWS tells nothing of encryption that is off, which may be written all the same.
fn show_encryption(reply: &mut Reply, table: &TableDescription, known: &Value) {
    let known = Args(known).block("server_side_encryption");
    let shown = |enabled: bool, key: Option<&str>| {
        let mut block = Reply::new();
        block.bool("enabled", Some(enabled)).str("kms_key_arn", Some(key.unwrap_or_default()));
        block
    };
    let block = match table.sse_description() {
        Some(sse) => {
            let key = sse.kms_master_key_arn().filter(|_| known.is_none_or(|k| k.text("kms_key_arn").is_some()));
            Some(shown(sse.status() == Some(&SseStatus::Enabled), key))
        }
        None => known.filter(|k| k.bool("enabled") == Some(false)).map(|k| shown(false, k.text("kms_key_arn"))),
    };
    reply.blocks("server_side_encryption", block);
}

fn show_local(index: &LocalSecondaryIndexDescription) -> Reply {
    let range = index.key_schema().iter().find(|k| k.key_type == KeyType::Range);
    let mut block = Reply::new();
    block
        .str("name", index.index_name())
        .str("range_key", range.map(|k| k.attribute_name()))
        .str("projection_type", index.projection().and_then(Projection::projection_type).map(|p| p.as_str()))
        .list("non_key_attributes", index.projection().map(Projection::non_key_attributes).unwrap_or_default());
    block
}

fn show_global(index: &GlobalSecondaryIndexDescription, known: &Value) -> Reply {
    let mut known = Args(known).blocks("global_secondary_index").into_iter();
    let known = known.rfind(|k| k.text("name") == index.index_name());
    let keys = |role: KeyType| {
        let mut keys = index.key_schema().iter().filter(move |k| k.key_type == role).map(|k| k.attribute_name());
        keys.next().filter(|_| keys.next().is_none())
    };
    let schema = index.key_schema().iter().map(|key| {
        let mut block = Reply::new();
        block.str("attribute_name", Some(key.attribute_name())).str("key_type", Some(key.key_type().as_str()));
        block
    });
    let capacity = index.provisioned_throughput();
    let warm = index.warm_throughput().map(|w| (w.read_units_per_second(), w.write_units_per_second()));
    let mut block = Reply::new();
    block
        .str("name", index.index_name())
        .str("hash_key", Some(keys(KeyType::Hash).unwrap_or_default()))
        .str("range_key", Some(keys(KeyType::Range).unwrap_or_default()))
        .blocks("key_schema", schema)
        .str("projection_type", index.projection().and_then(Projection::projection_type).map(|p| p.as_str()))
        .set("non_key_attributes", index.projection().map(Projection::non_key_attributes).unwrap_or_default())
        .i64("read_capacity", Some(capacity.and_then(|c| c.read_capacity_units()).unwrap_or_default()))
        .i64("write_capacity", Some(capacity.and_then(|c| c.write_capacity_units()).unwrap_or_default()))
        .blocks("on_demand_throughput", on_demand(index.on_demand_throughput(), known))
        .blocks("warm_throughput", show_warm(warm, known));
    block
}
