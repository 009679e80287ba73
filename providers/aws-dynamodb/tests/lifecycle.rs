//! Tables and their policies against recordings and an emulator.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use terrane_aws_core::Cloud;
use terrane_aws_core::testing::{self, Stage, blocks, lifecycle, map, replaces, set};
use terrane_provider::Object;
use terrane_provider::sdk::{Args, Create, ResourceType};
use terrane_test_proxy::{Fault, Proxy, Rule};
use terrane_value::Value;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");

async fn cloud(test: &str) -> Option<Arc<Cloud>> {
    Some(testing::cloud(&testing::endpoint(test)?, "eu-west-1").await)
}

async fn stages(test: &str) -> Vec<Stage> {
    testing::stages(GOLDEN, test).await
}

fn table() -> Box<dyn ResourceType<Cloud>> {
    terrane_aws_dynamodb::resources().into_iter().find(|t| t.name() == "aws_dynamodb_table").unwrap()
}

fn unique(prefix: &str) -> String {
    format!("{prefix}-{:08x}", std::process::id())
}

fn text(s: &str) -> Value {
    Value::string(s)
}

fn block<const N: usize>(pairs: [(&str, Value); N]) -> Value {
    blocks([Value::object(pairs)])
}

fn attributes<const N: usize>(pairs: [(&str, &str); N]) -> Value {
    blocks(pairs.map(|(name, ty)| Value::object([("name", text(name)), ("type", text(ty))])))
}

fn id(object: &Value) -> String {
    Args(object).string("id").unwrap()
}

/// A table with a hash key `id`, paid by request, and more.
fn config<const N: usize>(name: &str, more: [(&str, Value); N]) -> Value {
    let base = [
        ("name", text(name)),
        ("billing_mode", text("PAY_PER_REQUEST")),
        ("hash_key", text("id")),
        ("attribute", attributes([("id", "S")])),
    ];
    Value::object(base.into_iter().chain(more))
}

async fn make(cloud: &Cloud, config: Value) -> Object {
    let operation = unique("make");
    let create = Create { planned: &config, config: &config, operation: &operation };
    table().create(cloud, create).await.unwrap_or_else(|f| panic!("{:#?}", f.problems))
}

#[tokio::test]
async fn tables() {
    for stage in stages("tables").await {
        let name = stage.name("plain");
        let first = config(&name, [("tags", map([("Name", "a"), ("gone", "1")]))]);
        let second = config(
            &name,
            [
                ("tags", map([("Name", "b")])),
                ("ttl", block([("enabled", true.into()), ("attribute_name", text("expires"))])),
                ("point_in_time_recovery", block([("enabled", true.into())])),
            ],
        );
        let third = config(
            &name,
            [
                ("ttl", block([("enabled", false.into())])),
                ("point_in_time_recovery", block([("enabled", false.into())])),
            ],
        );
        let last = lifecycle(&stage.cloud, &*table(), &[first, second, third], id).await;
        assert_eq!(Args(&last).str("arn"), Some(&*format!("arn:aws:dynamodb:eu-west-1:123456789012:table/{name}")));
        assert_eq!(Args(&last).str("table_class"), Some("STANDARD"));
        assert_eq!(Args(&last).str("region"), Some("eu-west-1"));
        assert_eq!(Args(&last).i64("read_capacity"), Some(0));
        let other =
            config("other", [("range_key", text("kind")), ("attribute", attributes([("id", "N"), ("kind", "S")]))]);
        assert_eq!(replaces(&stage.cloud, &*table(), &last, &other), ["name", "range_key"]);
    }
}

#[tokio::test]
async fn tables_with_indexes() {
    for stage in stages("indexes").await {
        let name = stage.name("indexed");
        let local = block([
            ("name", text("by-date")),
            ("range_key", text("date")),
            ("projection_type", text("INCLUDE")),
            ("non_key_attributes", testing::list(["title"])),
        ]);
        let index = |name: &str, hash: &str, projection: &str| {
            Value::object([("name", text(name)), ("hash_key", text(hash)), ("projection_type", text(projection))])
        };
        let with = |indexes: Value, used: Value| {
            Value::object([
                ("name", text(&name)),
                ("billing_mode", text("PAY_PER_REQUEST")),
                ("hash_key", text("id")),
                ("range_key", text("kind")),
                ("local_secondary_index", local.clone()),
                ("attribute", used),
                ("global_secondary_index", indexes),
            ])
        };
        let base = [("id", "S"), ("kind", "S"), ("date", "N")];
        let [id_, kind, date] = base;
        let both = attributes([id_, kind, date, ("owner", "S"), ("team", "S")]);
        let owner = attributes([id_, kind, date, ("owner", "S")]);
        let configs = [
            with(blocks([index("by-owner", "owner", "ALL")]), owner.clone()),
            with(blocks([index("by-owner", "owner", "ALL"), index("by-team", "team", "KEYS_ONLY")]), both.clone()),
            with(blocks([index("by-owner", "team", "ALL"), index("by-team", "owner", "ALL")]), both),
            with(blocks([index("by-owner", "owner", "ALL")]), owner),
        ];
        let last = lifecycle(&stage.cloud, &*table(), &configs, id).await;
        let index = Args(&last).block("global_secondary_index").unwrap();
        let key = index.block("key_schema").unwrap();
        assert_eq!((key.str("attribute_name"), key.str("key_type")), (Some("owner"), Some("HASH")));
    }
}

#[tokio::test]
async fn tables_with_capacity() {
    for stage in stages("capacity").await {
        let name = stage.name("provisioned");
        let with = |read: i64, write: i64, index_read: i64| {
            let index = block([
                ("name", text("by-owner")),
                ("hash_key", text("owner")),
                ("projection_type", text("INCLUDE")),
                ("non_key_attributes", set(["title", "size"])),
                ("read_capacity", index_read.into()),
                ("write_capacity", 1.into()),
            ]);
            Value::object([
                ("name", text(&name)),
                ("billing_mode", text("PROVISIONED")),
                ("hash_key", text("id")),
                ("attribute", attributes([("id", "S"), ("owner", "S")])),
                ("read_capacity", read.into()),
                ("write_capacity", write.into()),
                ("global_secondary_index", index),
            ])
        };
        lifecycle(&stage.cloud, &*table(), &[with(1, 1, 1), with(2, 3, 1), with(2, 3, 4)], id).await;
    }
}

#[tokio::test]
async fn streams_begin_and_protection_ends() {
    for stage in stages("streams").await {
        let name = stage.name("stream");
        let stream = |view: &str| [("stream_enabled", true.into()), ("stream_view_type", text(view))];
        let [enabled, view] = stream("NEW_AND_OLD_IMAGES");
        let configs = [
            config(&name, [("deletion_protection_enabled", true.into())]),
            config(&name, [("deletion_protection_enabled", false.into()), enabled, view]),
        ];
        let last = lifecycle(&stage.cloud, &*table(), &configs, id).await;
        assert!(Args(&last).text("stream_arn").unwrap().contains(&format!("table/{name}/stream/")));
        assert!(Args(&last).text("stream_label").is_some());
    }
}

#[tokio::test]
async fn billing_switches_between_requests_and_capacity() {
    for stage in stages("billing").await {
        let name = stage.name("billed");
        let with = |mode: &str, units: Option<i64>| {
            let capacity = units.iter().flat_map(|n| [("read_capacity", (*n).into()), ("write_capacity", (*n).into())]);
            let capacity: Vec<(&str, Value)> = capacity.collect();
            let index = [("name", text("by-owner")), ("hash_key", text("owner")), ("projection_type", text("ALL"))];
            let index = Value::object(index.into_iter().chain(capacity.clone()));
            let base = [
                ("name", text(&name)),
                ("billing_mode", text(mode)),
                ("hash_key", text("id")),
                ("attribute", attributes([("id", "S"), ("owner", "S")])),
                ("global_secondary_index", blocks([index])),
            ];
            Value::object(base.into_iter().chain(capacity))
        };
        let configs = [with("PAY_PER_REQUEST", None), with("PROVISIONED", Some(3)), with("PAY_PER_REQUEST", None)];
        lifecycle(&stage.cloud, &*table(), &configs, id).await;
    }
}

#[tokio::test]
async fn a_stream_with_another_view_begins_anew() {
    // The emulator takes no second stream of a table.
    let stage = testing::scripted(GOLDEN, "views").await;
    let name = stage.name("viewed");
    let with = |view: &str| config(&name, [("stream_enabled", true.into()), ("stream_view_type", text(view))]);
    let configs = [with("NEW_AND_OLD_IMAGES"), with("KEYS_ONLY"), config(&name, [("stream_enabled", false.into())])];
    let last = lifecycle(&stage.cloud, &*table(), &configs, id).await;
    assert_eq!(Args(&last).bool("stream_enabled"), Some(false));
}

#[tokio::test]
async fn a_protected_table_is_not_deleted() {
    let Some(cloud) = cloud("protection").await else { return };
    let name = unique("protected");
    let made = make(&cloud, config(&name, [("deletion_protection_enabled", true.into())])).await;
    let failed = table().delete(&cloud, &made).await.unwrap_err();
    let detail = &failed.problems[0].detail;
    assert!(detail.contains("set deletion_protection_enabled = false"), "{detail}");
    let open = config(&name, [("deletion_protection_enabled", false.into())]);
    let update = terrane_provider::sdk::Update { prior: &made.value, planned: &open, config: &open, operation: "1" };
    let open = table().update(&cloud, update).await.unwrap();
    table().delete(&cloud, &open).await.unwrap();
}

#[tokio::test]
async fn encryption_shows_a_key_only_where_one_was_written() {
    for stage in stages("encryption").await {
        let encrypted = block([("enabled", true.into())]);
        let config = config(&stage.name("encrypted"), [("server_side_encryption", encrypted)]);
        let last = lifecycle(&stage.cloud, &*table(), &[config], id).await;
        let block = Args(&last).block("server_side_encryption").unwrap();
        assert_eq!((block.bool("enabled"), block.str("kms_key_arn")), (Some(true), Some("")));
    }
}

#[tokio::test]
async fn encryption_that_is_off_stays_as_written() {
    for stage in stages("encryption-off").await {
        let off = block([("enabled", false.into())]);
        let config = config(&stage.name("open"), [("server_side_encryption", off)]);
        let last = lifecycle(&stage.cloud, &*table(), &[config], id).await;
        assert_eq!(Args(&last).block("server_side_encryption").unwrap().bool("enabled"), Some(false));
    }
}

#[tokio::test]
async fn keys_and_limits_change_in_place() {
    // The emulator keeps the first key, and knows no limits of tables that are paid by request.
    let stage = testing::scripted(GOLDEN, "limits").await;
    let name = stage.name("limited");
    let limits = |read: i64, write: i64| {
        block([("max_read_request_units", read.into()), ("max_write_request_units", write.into())])
    };
    let with = |table: Option<Value>, index: Option<Value>, encryption: Option<Value>| {
        let own = [("name", text("by-owner")), ("hash_key", text("owner")), ("projection_type", text("ALL"))];
        let index = Value::object(own.into_iter().chain(index.map(|limits| ("on_demand_throughput", limits))));
        let base = [
            ("name", text(&name)),
            ("billing_mode", text("PAY_PER_REQUEST")),
            ("hash_key", text("id")),
            ("attribute", attributes([("id", "S"), ("owner", "S")])),
            ("global_secondary_index", blocks([index])),
        ];
        let table = table.map(|limits| ("on_demand_throughput", limits));
        Value::object(base.into_iter().chain(table).chain(encryption.map(|e| ("server_side_encryption", e))))
    };
    let key = |n: u8| {
        let arn = format!("arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-{n:012}");
        block([("enabled", true.into()), ("kms_key_arn", text(&arn))])
    };
    let configs = [
        with(Some(limits(10, 10)), Some(limits(5, 5)), Some(key(1))),
        with(Some(limits(20, 10)), Some(limits(5, 6)), Some(key(2))),
        with(Some(limits(20, -1)), Some(limits(5, 6)), Some(block([("enabled", true.into())]))),
        with(None, None, None),
    ];
    lifecycle(&stage.cloud, &*table(), &configs, id).await;
}

#[tokio::test]
async fn a_taken_name_is_told_with_advice() {
    let Some(cloud) = cloud("taken names").await else { return };
    let name = unique("taken");
    let made = make(&cloud, config(&name, [])).await;
    let again = config(&name, []);
    let create = Create { planned: &again, config: &again, operation: "1" };
    let failed = table().create(&cloud, create).await.unwrap_err();
    assert!(failed.object.is_none());
    let detail = &failed.problems[0].detail;
    assert!(detail.contains("ResourceInUseException") && detail.contains("import the table"), "{detail}");
    table().delete(&cloud, &made).await.unwrap();
}

#[tokio::test]
async fn a_table_whose_making_was_not_answered_is_not_lost() {
    let Some(endpoint) = testing::endpoint("lost answers") else { return };
    let proxy = Proxy::start(endpoint.trim_start_matches("http://").parse().unwrap()).unwrap();
    proxy.set_rules(vec![
        Rule::new("dynamodb:CreateTable", Fault::ResetAfter).nth(1),
        Rule::new("dynamodb:DescribeTimeToLive", Fault::Throttle).nth(1),
    ]);
    let cloud = testing::cloud(&proxy.endpoint(), "eu-west-1").await;
    let made = make(&cloud, config(&unique("lost"), [])).await;
    assert_eq!(proxy.count("dynamodb:CreateTable"), 2);
    table().delete(&cloud, &made).await.unwrap();
}

#[tokio::test]
async fn a_table_that_cannot_be_finished_is_half_made() {
    let Some(endpoint) = testing::endpoint("half-made tables") else { return };
    let proxy = Proxy::start(endpoint.trim_start_matches("http://").parse().unwrap()).unwrap();
    let denied = Fault::Error { status: 400, code: "AccessDeniedException".into(), message: "no".into() };
    proxy.set_rules(vec![Rule::new("dynamodb:UpdateTimeToLive", denied)]);
    let cloud = testing::cloud(&proxy.endpoint(), "eu-west-1").await;
    let ttl = block([("enabled", true.into()), ("attribute_name", text("expires"))]);
    let config = config(&unique("half"), [("ttl", ttl)]);
    let create = Create { planned: &config, config: &config, operation: "1" };
    let failed = table().create(&cloud, create).await.unwrap_err();
    assert!(failed.problems[0].detail.contains("AccessDeniedException"), "{:?}", failed.problems);
    table().delete(&cloud, &failed.object.unwrap()).await.unwrap();
}

#[tokio::test]
async fn tables_live_in_their_own_region() {
    let Some(cloud) = cloud("regions").await else { return };
    let made = make(&cloud, config(&unique("far"), [("region", text("ap-southeast-2"))])).await;
    assert!(Args(&made.value).text("arn").unwrap().starts_with("arn:aws:dynamodb:ap-southeast-2:"));
    assert_eq!(testing::read(&cloud, &*table(), &made).await.as_ref(), Some(&made));
    table().delete(&cloud, &made).await.unwrap();
}

#[tokio::test]
async fn tables_are_read_with_four_calls_each() {
    let Some(cloud) = cloud("calls").await else { return };
    let mut all = Vec::new();
    for i in 0..3 {
        all.push(make(&cloud, config(&unique(&format!("many-{i}")), [])).await);
    }
    let before: u64 = cloud.counts().values().map(|c| c.calls).sum();
    let read = table().read(&cloud, &all).await;
    assert!(read.iter().zip(&all).all(|(read, made)| read.as_ref().unwrap().as_ref() == Some(made)));
    let after: u64 = cloud.counts().values().map(|c| c.calls).sum();
    assert_eq!(after - before, 12);
    for made in &all {
        table().delete(&cloud, made).await.unwrap();
    }
}

#[tokio::test]
async fn resource_policies() {
    for stage in stages("resource-policies").await {
        let made = make(&stage.cloud, config(&stage.name("policy"), [])).await;
        let arn = Args(&made.value).string("arn").unwrap();
        let policy = |action: &str| {
            let policy = format!(
                r#"{{ "Version": "2012-10-17", "Statement": [{{ "Effect": "Allow", "Action": ["{action}"],
                    "Principal": {{ "AWS": "arn:aws:iam::123456789012:root" }}, "Resource": "{arn}" }}] }}"#
            );
            Value::object([("resource_arn", text(&arn)), ("policy", text(&policy))])
        };
        let types = terrane_aws_dynamodb::resources();
        let ty = types.iter().find(|t| t.name() == "aws_dynamodb_resource_policy").unwrap();
        let configs = [policy("dynamodb:GetItem"), policy("dynamodb:PutItem")];
        let last = lifecycle(&stage.cloud, &**ty, &configs, id).await;
        assert!(Args(&last).text("revision_id").is_some());
        assert_eq!(replaces(&stage.cloud, &**ty, &last, &policy_of("other", &last)), ["resource_arn"]);
        table().delete(&stage.cloud, &made).await.unwrap();
    }
}

/// The policy of another table.
fn policy_of(table: &str, policy: &Value) -> Value {
    let arn = format!("arn:aws:dynamodb:eu-west-1:123456789012:table/{table}");
    Value::object([("resource_arn", text(&arn)), ("policy", policy.get("policy").unwrap().clone())])
}
