//! Every S3 type against recordings and an emulator.
#![allow(clippy::unwrap_used)]

mod objects;
mod settings;

use std::sync::Arc;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use terrane_aws_core::Cloud;
use terrane_aws_core::testing::{self, Stage, blocks, lifecycle, list, map, replaces, set};
use terrane_provider::sdk::{Args, Create, ResourceType};
use terrane_provider::{Object, PlanResponse};
use terrane_test_proxy::{Fault, Proxy, Rule};
use terrane_value::Value;

const BUCKET: &str = "aws_s3_bucket";

async fn cloud(test: &str) -> Option<Arc<Cloud>> {
    Some(testing::cloud(&testing::endpoint(test)?, "eu-west-1").await)
}

fn ty(name: &str) -> Box<dyn ResourceType<Cloud>> {
    terrane_aws_s3::resources().into_iter().find(|t| t.name() == name).unwrap()
}

fn unique(prefix: &str) -> String {
    format!("{prefix}-{:08x}", std::process::id())
}

fn text(s: &str) -> Value {
    Value::string(s)
}

fn object<const N: usize>(pairs: [(&str, Value); N]) -> Value {
    Value::object(pairs)
}

fn block<const N: usize>(pairs: [(&str, Value); N]) -> Value {
    blocks([object(pairs)])
}

fn id(object: &Value) -> String {
    Args(object).string("id").unwrap()
}

async fn make(cloud: &Cloud, config: Value) -> Object {
    let operation = unique("make");
    let create = Create { planned: &config, config: &config, operation: &operation };
    ty(BUCKET).create(cloud, create).await.unwrap_or_else(|f| panic!("{:#?}", f.problems))
}

async fn bucket(cloud: &Cloud, prefix: &str) -> Object {
    make(cloud, object([("bucket", text(&unique(prefix)))])).await
}

async fn delete(cloud: &Cloud, bucket: &Object) {
    ty(BUCKET).delete(cloud, bucket).await.unwrap();
}

fn client(cloud: &Cloud) -> Client {
    let config = aws_sdk_s3::config::Builder::from(&cloud.config("eu-west-1")).force_path_style(true).build();
    Client::from_conf(config)
}

#[tokio::test]
async fn buckets() {
    for stage in settings::stages("buckets").await {
        let name = stage.name("plain");
        let config =
            |tags, force: bool| object([("bucket", text(&name)), ("tags", tags), ("force_destroy", force.into())]);
        let configs = [
            config(map([("Name", "a"), ("gone", "1")]), false),
            config(map([("Name", "b")]), true),
            object([("bucket", text(&name)), ("force_destroy", true.into())]),
        ];
        let last = lifecycle(&stage.cloud, &*ty(BUCKET), &configs, id).await;
        for (attribute, expect) in [
            ("arn", format!("arn:aws:s3:::{name}")),
            ("bucket_domain_name", format!("{name}.s3.amazonaws.com")),
            ("bucket_regional_domain_name", format!("{name}.s3.eu-west-1.amazonaws.com")),
            ("bucket_region", "eu-west-1".to_owned()),
            ("region", "eu-west-1".to_owned()),
            ("hosted_zone_id", "Z1BKCTXD74EZPE".to_owned()),
            ("request_payer", "BucketOwner".to_owned()),
        ] {
            assert_eq!(Args(&last).str(attribute), Some(&*expect), "{attribute}");
        }
        assert_eq!(Args(&last).block("versioning").unwrap().bool("enabled"), Some(false));
        assert_eq!(Args(&last).block("grant").unwrap().strings("permissions"), ["FULL_CONTROL"]);
        let other = object([("bucket", text("other")), ("object_lock_enabled", true.into())]);
        assert_eq!(replaces(&stage.cloud, &*ty(BUCKET), &last, &other), ["bucket", "object_lock_enabled"]);
    }
}

#[tokio::test]
async fn buckets_with_settings_in_them() {
    for stage in settings::stages("buckets-with-settings").await {
        with_settings(&stage).await;
    }
}

async fn with_settings(stage: &Stage) {
    let name = stage.name("settings");
    let logs = settings::made(stage, "logs", [("acl", text("log-delivery-write")), ("force_destroy", true.into())]);
    let logs = logs.await;
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::{name}/*"]}}]}}"#
    );
    let rule = |id: &str, days: i64| {
        object([
            ("id", text(id)),
            ("enabled", true.into()),
            ("prefix", text("old/")),
            ("tags", map([("a", "1"), ("b", "2")])),
            ("abort_incomplete_multipart_upload_days", 3.into()),
            ("expiration", block([("days", days.into())])),
            ("noncurrent_version_expiration", block([("days", 60.into())])),
            ("transition", block([("days", 30.into()), ("storage_class", text("STANDARD_IA"))])),
        ])
    };
    let cors = |origin: &str| {
        block([
            ("allowed_methods", list(["GET", "PUT"])),
            ("allowed_origins", list([origin])),
            ("expose_headers", list(["ETag"])),
            ("max_age_seconds", 300.into()),
        ])
    };
    let encryption = |algorithm: &str| {
        let default = block([("sse_algorithm", text(algorithm))]);
        block([("rule", block([("apply_server_side_encryption_by_default", default)]))])
    };
    let first = object([
        ("bucket", text(&name)),
        ("policy", text(&policy)),
        ("versioning", block([("enabled", true.into())])),
        ("lifecycle_rule", blocks([rule("one", 90), rule("two", 120)])),
        ("cors_rule", cors("https://a.example")),
        ("website", block([("index_document", text("index.html")), ("error_document", text("error.html"))])),
        ("logging", block([("target_bucket", text(&id(&logs.value))), ("target_prefix", text("log/"))])),
        ("server_side_encryption_configuration", encryption("AES256")),
        ("acceleration_status", text("Enabled")),
    ]);
    let second = object([
        ("bucket", text(&name)),
        ("versioning", block([("enabled", false.into())])),
        ("lifecycle_rule", blocks([rule("one", 91)])),
        ("cors_rule", cors("https://b.example")),
        ("website", block([("redirect_all_requests_to", text("https://example.com"))])),
        ("server_side_encryption_configuration", encryption("aws:kms")),
        ("acceleration_status", text("Suspended")),
    ]);
    let third = object([("bucket", text(&name)), ("tags", map([("Name", "logs")]))]);
    let last = lifecycle(&stage.cloud, &*ty(BUCKET), &[first, second, third], id).await;
    assert_eq!(Args(&last).blocks("lifecycle_rule").len(), 1, "what is no longer written stays");
    delete(&stage.cloud, &logs).await;
}

#[tokio::test]
async fn websites_have_an_endpoint() {
    let Some(cloud) = cloud("websites").await else { return };
    let rules = r#"[{"Condition": {"KeyPrefixEquals": "docs/"}, "Redirect": {"ReplaceKeyPrefixWith": "documents/"}}]"#;
    let website = block([("index_document", text("index.html")), ("routing_rules", text(rules))]);
    let made = make(&cloud, object([("bucket", text(&unique("site"))), ("website", website)])).await;
    assert_eq!(Args(&made.value).str("website_domain"), Some("s3-website-eu-west-1.amazonaws.com"));
    assert!(Args(&made.value).str("website_endpoint").unwrap().ends_with(".s3-website-eu-west-1.amazonaws.com"));
    assert_eq!(Args(&made.value).block("website").unwrap().str("routing_rules"), Some(rules));
    delete(&cloud, &made).await;
}

#[tokio::test]
async fn grants_replace_the_acl() {
    let Some(cloud) = cloud("grants").await else { return };
    let uri = "http://acs.amazonaws.com/groups/s3/LogDelivery";
    let grant = object([("type", text("Group")), ("uri", text(uri)), ("permissions", set(["READ_ACP", "WRITE"]))]);
    let made = make(&cloud, object([("bucket", text(&unique("grants"))), ("grant", blocks([grant]))])).await;
    let grants = Args(&made.value).blocks("grant");
    assert_eq!(grants.len(), 1);
    assert_eq!((grants[0].str("uri"), grants[0].strings("permissions").len()), (Some(uri), 2));
    delete(&cloud, &made).await;
}

#[tokio::test]
async fn object_lock_is_set_at_creation() {
    let Some(cloud) = cloud("object lock").await else { return };
    let made = make(&cloud, object([("bucket", text(&unique("locked"))), ("object_lock_enabled", true.into())])).await;
    assert_eq!(Args(&made.value).bool("object_lock_enabled"), Some(true));
    delete(&cloud, &made).await;
}

#[tokio::test]
async fn a_bucket_with_objects_is_deleted_only_by_force() {
    let Some(cloud) = cloud("bucket deletion").await else { return };
    let made = bucket(&cloud, "full").await;
    let (client, name) = (client(&cloud), id(&made.value));
    let versioned = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    client.put_bucket_versioning().bucket(&name).versioning_configuration(versioned).send().await.unwrap();
    for key in ["a", "a", "b/c d+e", "gone"] {
        client.put_object().bucket(&name).key(key).body(ByteStream::from_static(b"x")).send().await.unwrap();
    }
    client.delete_object().bucket(&name).key("gone").send().await.unwrap();
    let failed = ty(BUCKET).delete(&cloud, &made).await.unwrap_err();
    let detail = &failed.problems[0].detail;
    assert!(detail.contains("BucketNotEmpty") && detail.contains("force_destroy = true"), "{detail}");
    let forced = Object::new(object([("id", text(&name)), ("bucket", text(&name)), ("force_destroy", true.into())]));
    delete(&cloud, &forced).await;
    assert_eq!(testing::read(&cloud, &*ty(BUCKET), &made).await, None);
}

#[tokio::test]
async fn a_bucket_of_ones_own_is_not_made_twice() {
    for region in ["eu-west-1", "us-east-1"] {
        let Some(endpoint) = testing::endpoint("existing buckets") else { return };
        let cloud = testing::cloud(&endpoint, region).await;
        let made = bucket(&cloud, &format!("twice-{region}")).await;
        let again = object([("bucket", text(&id(&made.value)))]);
        let create = Create { planned: &again, config: &again, operation: "1" };
        let failed = ty(BUCKET).create(&cloud, create).await.unwrap_err();
        assert!(failed.object.is_none());
        assert!(failed.problems[0].detail.contains("exists already"), "{:?}", failed.problems);
        delete(&cloud, &made).await;
    }
}

#[tokio::test]
async fn buckets_live_in_their_own_region() {
    let Some(cloud) = cloud("regions").await else { return };
    let config = object([("bucket_prefix", text("far-")), ("region", text("ap-southeast-2"))]);
    let made = make(&cloud, config).await;
    assert_eq!(Args(&made.value).str("bucket_region"), Some("ap-southeast-2"));
    assert_eq!(Args(&made.value).str("bucket_prefix"), Some("far-"));
    delete(&cloud, &made).await;
}

#[tokio::test]
async fn versioning_cannot_be_disabled_again() {
    let cloud = testing::cloud("http://127.0.0.1:1", "eu-west-1").await;
    let config = |status: &str| object([("versioning_configuration", block([("status", text(status))]))]);
    let (prior, planned) = (config("Enabled"), config("Disabled"));
    let plan = PlanResponse { planned: Some(planned.clone()), ..PlanResponse::default() };
    let plan = ty("aws_s3_bucket_versioning").plan(&cloud, Some(&prior), &planned, plan);
    assert_eq!(plan.problems[0].summary, "Versioning cannot be disabled");
}

#[tokio::test]
async fn import_ids_may_name_the_owner() {
    let Some(cloud) = cloud("owners").await else { return };
    let (made, ty) = (bucket(&cloud, "owned").await, ty("aws_s3_bucket_versioning"));
    let wanted = format!("{},123456789012", id(&made.value));
    let imported = ty.import(&cloud, &wanted).unwrap();
    let read = testing::read(&cloud, &*ty, &imported).await.unwrap();
    assert_eq!(id(&read.value), wanted);
    assert_eq!(Args(&read.value).str("bucket"), Some(&*id(&made.value)));
    assert_eq!(Args(&read.value).str("expected_bucket_owner"), Some("123456789012"));
    delete(&cloud, &made).await;
}

#[tokio::test]
async fn a_bucket_whose_making_was_not_answered_is_not_lost() {
    let Some(endpoint) = testing::endpoint("lost answers") else { return };
    for region in ["eu-west-1", "us-east-1"] {
        let proxy = Proxy::start(endpoint.trim_start_matches("http://").parse().unwrap()).unwrap();
        proxy.set_rules(vec![Rule::new("s3:CreateBucket", Fault::ResetAfter).nth(1)]);
        let cloud = testing::cloud(&proxy.endpoint(), region).await;
        let made = bucket(&cloud, &format!("lost-{region}")).await;
        assert_eq!(proxy.count("s3:CreateBucket"), 2);
        delete(&cloud, &made).await;
    }
}

#[tokio::test]
async fn a_bucket_that_may_have_been_made_is_kept_as_half_made() {
    let Some(endpoint) = testing::endpoint("uncertain buckets") else { return };
    let proxy = Proxy::start(endpoint.trim_start_matches("http://").parse().unwrap()).unwrap();
    let failure = Fault::Error { status: 501, code: "Unexpected".into(), message: "no".into() };
    proxy.set_rules(vec![Rule::new("s3:CreateBucket", failure)]);
    let cloud = testing::cloud(&proxy.endpoint(), "eu-west-1").await;
    let config = object([("bucket", text(&unique("uncertain")))]);
    let create = Create { planned: &config, config: &config, operation: "1" };
    let made = ty(BUCKET).create(&cloud, create).await.unwrap_err().object.unwrap();
    assert_eq!(testing::read(&cloud, &*ty(BUCKET), &made).await, None, "the next refresh tells");
}

#[test]
fn lists_are_sorted() {
    let names: Vec<&str> = terrane_aws_s3::resources().iter().map(|t| t.name()).collect();
    assert!(names.is_sorted(), "{names:?}");
}
