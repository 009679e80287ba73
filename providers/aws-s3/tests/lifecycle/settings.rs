//! Settings of buckets that are objects of their own, against recordings and an emulator.

use terrane_aws_core::testing::live;

use super::*;

pub const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");

/// What a test plays against.
pub async fn stages(test: &str) -> Vec<Stage> {
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

/// A bucket with a name of its own.
pub async fn made<const N: usize>(stage: &Stage, name: &str, more: [(&str, Value); N]) -> Object {
    let config = Value::object([("bucket", text(&stage.name(name)))].into_iter().chain(more));
    make(&stage.cloud, config).await
}

#[tokio::test]
async fn versioning() {
    for stage in stages("versioning").await {
        let ty = ty("aws_s3_bucket_versioning");
        let config = |status: &str| object([("versioning_configuration", block([("status", text(status))]))]);
        let configs = ["Disabled", "Enabled", "Suspended", "Enabled"].map(config);
        setting(&stage, "aws_s3_bucket_versioning", &configs, false).await;
        // What was versioned once is suspended, and never as it was before.
        let bucket = made(&stage, "left", []).await;
        let config = [("versioning_configuration", block([("status", text("Enabled"))]))];
        let config = Value::object(config.into_iter().chain([("bucket", text(&id(&bucket.value)))]));
        let versioning = live(&stage.cloud, &*ty, &[config], id).await;
        ty.delete(&stage.cloud, &versioning).await.unwrap();
        let read = testing::read(&stage.cloud, &*ty, &versioning).await.unwrap();
        assert_eq!(Args(&read.value).block("versioning_configuration").unwrap().str("status"), Some("Suspended"));
        delete(&stage.cloud, &bucket).await;
        assert_eq!(testing::read(&stage.cloud, &*ty, &versioning).await, None);
    }
}

#[tokio::test]
async fn public_access_blocks() {
    for stage in stages("public-access-block").await {
        let config = |all: bool| {
            let flags = ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];
            Value::object(flags.map(|name| (name, Value::from(all))))
        };
        setting(&stage, "aws_s3_bucket_public_access_block", &[config(true), config(false)], true).await;
    }
}

#[tokio::test]
async fn encryption() {
    for stage in stages("encryption").await {
        let config = |algorithm: &str, bucket_key: bool| {
            let default = block([("sse_algorithm", text(algorithm))]);
            let rule =
                [("apply_server_side_encryption_by_default", default), ("bucket_key_enabled", bucket_key.into())];
            object([("rule", block(rule))])
        };
        let configs = [config("AES256", false), config("aws:kms", true)];
        setting(&stage, "aws_s3_bucket_server_side_encryption_configuration", &configs, false).await;
    }
}

#[tokio::test]
async fn policies() {
    for stage in stages("policy").await {
        let config = |action: &str| {
            let policy = format!(
                r#"{{ "Version": "2012-10-17", "Statement": [{{ "Effect": "Allow", "Action": ["{action}"],
                    "Principal": {{ "AWS": "123456789012" }}, "Resource": "arn:aws:s3:::{}/*" }}] }}"#,
                stage.name("b")
            );
            object([("policy", text(&policy))])
        };
        let configs = [config("s3:GetObject"), config("s3:PutObject")];
        setting(&stage, "aws_s3_bucket_policy", &configs, true).await;
    }
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
        let configs = ["public-read", "log-delivery-write", "authenticated-read", "private"].map(canned);
        let last = live(&stage.cloud, &*acl, &configs, named).await;
        let other = object([("bucket", text("other")), ("acl", text("private"))]);
        assert_eq!(replaces(&stage.cloud, &*acl, &last.value, &other), ["bucket"]);
        acl.delete(&stage.cloud, &last).await.unwrap();
        delete(&stage.cloud, &bucket).await;
    }
}

#[tokio::test]
async fn notifications() {
    let stage = scripted("notifications").await;
    let queue = |id: Option<&str>, prefix: &str| {
        let block = [
            ("queue_arn", text("arn:aws:sqs:eu-west-1:123456789012:q")),
            ("events", set(["s3:ObjectCreated:*", "s3:ObjectRemoved:*"])),
            ("filter_prefix", text(prefix)),
        ];
        Value::object(block.into_iter().chain(id.map(|id| ("id", text(id)))))
    };
    let topic = object([
        ("topic_arn", text("arn:aws:sns:eu-west-1:123456789012:t")),
        ("events", set(["s3:ObjectRemoved:Delete"])),
        ("filter_suffix", text(".log")),
    ]);
    let lambda = object([
        ("id", text("l")),
        ("lambda_function_arn", text("arn:aws:lambda:eu-west-1:123456789012:function:f")),
        ("events", set(["s3:ObjectCreated:Put"])),
    ]);
    let configs = [
        object([("queue", blocks([queue(Some("two"), "b/"), queue(Some("one"), "a/")])), ("topic", blocks([topic]))]),
        object([("queue", blocks([queue(Some("one"), "c/")])), ("lambda_function", blocks([lambda]))]),
    ];
    setting(&stage, "aws_s3_bucket_notification", &configs, false).await;
}

#[tokio::test]
async fn website_configuration() {
    for stage in stages("website").await {
        let index = block([("suffix", text("index.html"))]);
        let rule = object([
            ("condition", block([("key_prefix_equals", text("docs/"))])),
            ("redirect", block([("replace_key_prefix_with", text("documents/")), ("protocol", text("https"))])),
        ]);
        let rules = r#"[{"Condition":{"HttpErrorCodeReturnedEquals":"404"},"Redirect":{"HostName":"example.com"}}]"#;
        let configs = [
            object([("index_document", index.clone()), ("routing_rule", blocks([rule]))]),
            object([
                ("index_document", index),
                ("error_document", block([("key", text("error.html"))])),
                ("routing_rules", text(rules)),
            ]),
        ];
        let last = setting(&stage, "aws_s3_bucket_website_configuration", &configs, true).await;
        assert_eq!(Args(&last).str("website_domain"), Some("s3-website-eu-west-1.amazonaws.com"));
        assert_eq!(Args(&last).blocks("routing_rule").len(), 1);
        let all = block([("host_name", text("example.com")), ("protocol", text("https"))]);
        let configs = [object([("redirect_all_requests_to", all)])];
        setting(&stage, "aws_s3_bucket_website_configuration", &configs, true).await;
    }
}

#[tokio::test]
async fn events_go_to_eventbridge() {
    let stage = scripted("eventbridge").await;
    let topic = object([("topic_arn", text("arn:t")), ("events", set(["s3:ObjectRemoved:Delete"]))]);
    let configs = [object([("eventbridge", true.into())]), object([("topic", blocks([topic]))])];
    setting(&stage, "aws_s3_bucket_notification", &configs, false).await;
}

/// Takes the replication between two buckets through its life; `configs` gives the rules to a destination.
async fn replicated(stage: &Stage, configs: impl Fn(&str) -> Vec<Value>) {
    let versioned = || block([("enabled", true.into())]);
    let (from, to) = (
        made(stage, "from", [("versioning", versioned())]).await,
        made(stage, "to", [("versioning", versioned())]).await,
    );
    let role = text("arn:aws:iam::123456789012:role/replication");
    let config = |rules| object([("bucket", text(&id(&from.value))), ("role", role.clone()), ("rule", rules)]);
    let configs: Vec<Value> = configs(Args(&to.value).str("arn").unwrap()).into_iter().map(config).collect();
    lifecycle(&stage.cloud, &*ty("aws_s3_bucket_replication_configuration"), &configs, id).await;
    for bucket in [from, to] {
        delete(&stage.cloud, &bucket).await;
    }
}

#[tokio::test]
async fn replication_configuration() {
    for stage in stages("replication").await {
        let rule = |to: &str, id: &str, class: &str| {
            object([
                ("id", text(id)),
                ("status", text("Enabled")),
                ("priority", 1.into()),
                ("filter", block([("prefix", text(""))])),
                ("delete_marker_replication", block([("status", text("Disabled"))])),
                ("destination", block([("bucket", text(to)), ("storage_class", text(class))])),
            ])
        };
        let configs = |to: &str| vec![blocks([rule(to, "one", "STANDARD")]), blocks([rule(to, "one", "STANDARD_IA")])];
        replicated(&stage, configs).await;
    }
}

#[tokio::test]
async fn replication_with_filters() {
    let stage = scripted("replication-filters").await;
    let status = |status: &str| block([("status", text(status))]);
    let minutes = |name: &'static str| (name, block([("minutes", 15.into())]));
    let key = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let full = |to: &str| {
        block([
            ("bucket", text(to)),
            ("account", text("123456789012")),
            ("storage_class", text("STANDARD_IA")),
            ("access_control_translation", block([("owner", text("Destination"))])),
            ("encryption_configuration", block([("replica_kms_key_id", text(key))])),
            ("metrics", block([("status", text("Enabled")), minutes("event_threshold")])),
            ("replication_time", block([("status", text("Enabled")), minutes("time")])),
        ])
    };
    let rule = |id: &str, priority: i64, filter: Value, destination: Value| {
        object([
            ("id", text(id)),
            ("priority", priority.into()),
            ("status", text("Enabled")),
            ("filter", filter),
            ("delete_marker_replication", status("Enabled")),
            ("destination", destination),
        ])
    };
    let and = block([("prefix", text("a/")), ("tags", map([("k", "v"), ("l", "w")]))]);
    let tag = block([("key", text("k")), ("value", text("v"))]);
    let criteria =
        block([("sse_kms_encrypted_objects", status("Enabled")), ("replica_modifications", status("Enabled"))]);
    let configs = |to: &str| {
        let plain = block([("bucket", text(to))]);
        let with = |more: Value, name: &str, value: Value| {
            Value::from_kind(terrane_value::Kind::Object(more.fields().unwrap().with(name, value)))
        };
        let one = rule("one", 1, block([("and", and.clone())]), full(to));
        let one = with(one, "source_selection_criteria", criteria.clone());
        let one = with(one, "existing_object_replication", status("Enabled"));
        let two = rule("two", 2, block([("tag", tag.clone())]), plain.clone());
        vec![
            blocks([one]),
            blocks([two, rule("one", 1, block([("prefix", text("b/"))]), plain.clone())]),
            blocks([rule("one", 0, blocks([object([])]), plain)]),
        ]
    };
    replicated(&stage, configs).await;
}

/// Takes a setting with a name through its life on a bucket of its own.
async fn named(stage: &Stage, name: &str, configs: &[Value]) {
    let bucket = made(stage, "n", []).await;
    let with = |more: &Value| {
        let fields = more.fields().unwrap().with("bucket", text(&id(&bucket.value))).with("name", text("all"));
        Value::from_kind(terrane_value::Kind::Object(fields))
    };
    let configs: Vec<Value> = configs.iter().map(with).collect();
    let last = lifecycle(&stage.cloud, &*ty(name), &configs, id).await;
    assert_eq!(id(&last), format!("{}:all", id(&bucket.value)));
    let other = Value::from_kind(terrane_value::Kind::Object(configs[0].fields().unwrap().with("name", text("other"))));
    assert_eq!(replaces(&stage.cloud, &*ty(name), &last, &other), ["name"]);
    delete(&stage.cloud, &bucket).await;
}

#[tokio::test]
async fn inventories() {
    let stage = scripted("inventory").await;
    let config = |format: &str, fields: Value, more: Option<(&str, Value)>| {
        let bucket = [("bucket_arn", text("arn:aws:s3:::reports")), ("format", text(format)), ("prefix", text("i"))];
        let all = [
            ("included_object_versions", text("All")),
            ("optional_fields", fields),
            ("schedule", block([("frequency", text("Daily"))])),
            ("destination", block([("bucket", block(bucket))])),
        ];
        Value::object(all.into_iter().chain(more))
    };
    let filter = block([("prefix", text("documents/"))]);
    let configs = [
        config("ORC", set(["Size", "ETag"]), Some(("filter", filter))),
        config("CSV", set(["Size", "StorageClass"]), Some(("enabled", false.into()))),
    ];
    named(&stage, "aws_s3_bucket_inventory", &configs).await;
}

#[tokio::test]
async fn metrics() {
    let stage = scripted("metrics").await;
    let filter = |more: Value| object([("filter", more)]);
    let configs = [
        object([]),
        filter(block([("prefix", text("a/"))])),
        filter(block([("prefix", text("a/")), ("tags", map([("k", "v"), ("l", "w")]))])),
        filter(block([("tags", map([("k", "v")]))])),
    ];
    named(&stage, "aws_s3_bucket_metric", &configs).await;
}

#[tokio::test]
async fn analytics() {
    let stage = scripted("analytics").await;
    let bucket = block([("bucket_arn", text("arn:aws:s3:::reports")), ("prefix", text("a"))]);
    let export = block([("destination", block([("s3_bucket_destination", bucket)]))]);
    let configs = [
        object([("filter", block([("prefix", text("a/"))]))]),
        object([("storage_class_analysis", block([("data_export", export)]))]),
    ];
    named(&stage, "aws_s3_bucket_analytics_configuration", &configs).await;
}

#[tokio::test]
async fn intelligent_tiering() {
    let stage = scripted("tiering").await;
    let tier = |tier: &str, days: i64| object([("access_tier", text(tier)), ("days", days.into())]);
    let (archive, deep) = (tier("ARCHIVE_ACCESS", 125), tier("DEEP_ARCHIVE_ACCESS", 180));
    let filter = block([("prefix", text("a/")), ("tags", map([("k", "v")]))]);
    let configs = [
        object([("tiering", blocks([archive.clone(), deep.clone()]))]),
        object([("tiering", blocks([deep])), ("status", text("Disabled")), ("filter", filter)]),
    ];
    named(&stage, "aws_s3_bucket_intelligent_tiering_configuration", &configs).await;
}

#[tokio::test]
async fn account_public_access_blocks() {
    let stage = scripted("account-block").await;
    let config = |flags: &[&str]| Value::object(flags.iter().map(|flag| (*flag, true.into())));
    let configs = [config(&["block_public_acls"]), config(&["block_public_policy", "restrict_public_buckets"])];
    let last = lifecycle(&stage.cloud, &*ty("aws_s3_account_public_access_block"), &configs, id).await;
    assert_eq!(id(&last), "123456789012");
    assert_eq!(last.get("account_id"), last.get("id"));
}

#[tokio::test]
async fn directory_buckets() {
    let stage = scripted("directory-buckets").await;
    let location = block([("name", text("euw1-az1"))]);
    let config = |tags: Value| {
        let name = text("express--euw1-az1--x-s3");
        object([("bucket", name), ("location", location.clone()), ("tags", tags)])
    };
    let configs = [config(map([("a", "1"), ("b", "2")])), config(map([("a", "2")]))];
    let last = lifecycle(&stage.cloud, &*ty("aws_s3_directory_bucket"), &configs, id).await;
    assert_eq!(Args(&last).str("data_redundancy"), Some("SingleAvailabilityZone"));
    let arn = "arn:aws:s3express:eu-west-1:123456789012:bucket/express--euw1-az1--x-s3";
    assert_eq!(Args(&last).str("arn"), Some(arn));
}

/// A recording alone, since the emulator lacks or distorts what is asked.
async fn scripted(test: &str) -> Stage {
    testing::scripted(GOLDEN, test).await
}
