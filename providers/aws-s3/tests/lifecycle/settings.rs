//! Settings of buckets that are objects of their own, against recordings and an emulator.

use terrane_aws_core::testing::{Stage, lifecycle, live, replaces, set};

use super::*;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");

async fn stages(test: &str) -> Vec<Stage> {
    testing::stages(GOLDEN, test).await
}

/// Takes a setting through its life on a bucket of its own; `config` gives the argument beside the bucket.
async fn setting(stage: &Stage, name: &str, configs: &[Value], gone: bool) -> Value {
    let bucket = made(stage, "b", []).await;
    let with = |more: &Value| {
        let fields = more.fields().unwrap().with("bucket", text(&id(&bucket.value)));
        Value::from_kind(terrane_value::Kind::Object(fields))
    };
    let (ty, configs) = (ty(name), configs.iter().map(with).collect::<Vec<_>>());
    let last = match gone {
        true => lifecycle(&stage.cloud, &*ty, &configs, id).await,
        false => {
            let object = live(&stage.cloud, &*ty, &configs, id).await;
            ty.delete(&stage.cloud, &object).await.unwrap();
            object.value
        }
    };
    let other =
        Value::from_kind(terrane_value::Kind::Object(configs[0].fields().unwrap().with("bucket", text("other"))));
    assert_eq!(replaces(&stage.cloud, &*ty, &last, &other), ["bucket"]);
    delete(&stage.cloud, &bucket).await;
    if gone {
        ty.delete(&stage.cloud, &Object::new(last.clone())).await.unwrap();
    }
    last
}

async fn made<const N: usize>(stage: &Stage, name: &str, more: [(&str, Value); N]) -> Object {
    let config = Value::object([("bucket", text(&stage.name(name)))].into_iter().chain(more));
    make(&stage.cloud, config).await
}

#[tokio::test]
async fn ownership_controls() {
    for stage in stages("ownership-controls").await {
        let config = |ownership: &str| object([("rule", block([("object_ownership", text(ownership))]))]);
        let configs = [config("BucketOwnerPreferred"), config("ObjectWriter")];
        setting(&stage, "aws_s3_bucket_ownership_controls", &configs, true).await;
    }
}

#[tokio::test]
async fn cors_configuration() {
    for stage in stages("cors").await {
        let rule = |id: &str, methods: Value| {
            object([
                ("id", text(id)),
                ("allowed_headers", set(["*"])),
                ("allowed_methods", methods),
                ("allowed_origins", set(["https://a.example.com"])),
                ("expose_headers", set(["ETag"])),
                ("max_age_seconds", 3000.into()),
            ])
        };
        let plain = object([("allowed_methods", set(["GET"])), ("allowed_origins", set(["*"]))]);
        let configs = [
            object([("cors_rule", blocks([rule("one", set(["PUT", "POST"]))]))]),
            object([("cors_rule", blocks([rule("two", set(["PUT"])), plain]))]),
        ];
        setting(&stage, "aws_s3_bucket_cors_configuration", &configs, true).await;
    }
}

#[tokio::test]
async fn request_payment_and_acceleration() {
    for stage in stages("payment").await {
        let config = |payer: &str| object([("payer", text(payer))]);
        let configs = [config("Requester"), config("BucketOwner")];
        setting(&stage, "aws_s3_bucket_request_payment_configuration", &configs, false).await;
    }
    for stage in stages("acceleration").await {
        let config = |status: &str| object([("status", text(status))]);
        let configs = [config("Enabled"), config("Suspended")];
        setting(&stage, "aws_s3_bucket_accelerate_configuration", &configs, false).await;
    }
}

#[tokio::test]
async fn logs() {
    for stage in stages("logs").await {
        let target =
            made(&stage, "target", [("acl", text("log-delivery-write")), ("force_destroy", true.into())]).await;
        let config = |prefix: &str, more: Option<(&str, Value)>| {
            let own = [("target_bucket", text(&id(&target.value))), ("target_prefix", text(prefix))];
            Value::object(own.into_iter().chain(more))
        };
        let configs = [config("log/", None), config("other/", None)];
        setting(&stage, "aws_s3_bucket_logging", &configs, true).await;
        delete(&stage.cloud, &target).await;
    }
}

#[tokio::test]
async fn object_lock() {
    for stage in stages("lock").await {
        let bucket = made(&stage, "locked", [("object_lock_enabled", true.into())]).await;
        let config = |mode: &str, days: i64| {
            let retention = block([("mode", text(mode)), ("days", days.into())]);
            object([("bucket", text(&id(&bucket.value))), ("rule", block([("default_retention", retention)]))])
        };
        let lock = ty("aws_s3_bucket_object_lock_configuration");
        let made = live(&stage.cloud, &*lock, &[config("GOVERNANCE", 3), config("COMPLIANCE", 5)], id).await;
        lock.delete(&stage.cloud, &made).await.unwrap();
        let left = testing::read(&stage.cloud, &*lock, &made).await.unwrap();
        assert!(Args(&left.value).blocks("rule").is_empty());
        delete(&stage.cloud, &bucket).await;
    }
}

#[tokio::test]
async fn lifecycle_configuration() {
    for stage in stages("lifecycle").await {
        let tags = map([("a", "1"), ("b", "2")]);
        let and = block([("prefix", text("tmp/")), ("tags", tags)]);
        let before = object([(
            "rule",
            blocks([
                object([
                    ("id", text("logs")),
                    ("status", text("Enabled")),
                    ("filter", block([("prefix", text("logs/"))])),
                    ("expiration", block([("days", 90.into())])),
                    (
                        "transition",
                        blocks([
                            object([("days", 30.into()), ("storage_class", text("STANDARD_IA"))]),
                            object([("days", 60.into()), ("storage_class", text("GLACIER"))]),
                        ]),
                    ),
                ]),
                object([
                    ("id", text("tmp")),
                    ("status", text("Disabled")),
                    ("filter", block([("and", and)])),
                    ("expiration", block([("date", text("2030-01-01T00:00:00Z"))])),
                ]),
            ]),
        )]);
        let after = object([(
            "rule",
            blocks([
                object([
                    ("id", text("old")),
                    ("status", text("Enabled")),
                    ("filter", blocks([object([])])),
                    ("noncurrent_version_expiration", block([("noncurrent_days", 30.into())])),
                    ("abort_incomplete_multipart_upload", block([("days_after_initiation", 7.into())])),
                ]),
                object([
                    ("id", text("tagged")),
                    ("status", text("Enabled")),
                    ("filter", block([("tag", block([("key", text("k")), ("value", text("v"))]))])),
                    (
                        "noncurrent_version_transition",
                        blocks([object([("noncurrent_days", 10.into()), ("storage_class", text("GLACIER"))])]),
                    ),
                ]),
            ]),
        )]);
        setting(&stage, "aws_s3_bucket_lifecycle_configuration", &[before, after], true).await;
    }
}

#[tokio::test]
async fn acl() {
    for stage in stages("acl").await {
        let bucket = made(&stage, "acl", []).await;
        let sources = terrane_aws_s3::data_sources();
        let source = |name: &str| sources.iter().find(|s| s.name() == name).unwrap();
        let owner = testing::data(&stage.cloud, &**source("aws_canonical_user_id"), &object([])).await.unwrap();
        assert!(Args(&owner).text("id").is_some());
        let found = object([("bucket", text(&id(&bucket.value)))]);
        let found = testing::data(&stage.cloud, &**source("aws_s3_bucket"), &found).await.unwrap();
        for name in ["arn", "bucket_domain_name", "bucket_region", "bucket_regional_domain_name", "hosted_zone_id"] {
            assert_eq!(found.get(name), bucket.value.get(name), "{name}");
        }
        let canned = |acl: &str| object([("bucket", text(&id(&bucket.value))), ("acl", text(acl))]);
        let (acl, named) = (ty("aws_s3_bucket_acl"), |o: &Value| Args(o).string("bucket").unwrap());
        for config in [canned("public-read"), canned("private")] {
            live(&stage.cloud, &*acl, &[config], named).await;
        }
        delete(&stage.cloud, &bucket).await;
    }
}
