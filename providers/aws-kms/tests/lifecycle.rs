//! Every KMS type against recordings and an emulator.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use terrane_aws_core::Cloud;
use terrane_aws_core::testing::{self, Stage, lifecycle, map, replaces};
use terrane_provider::Object;
use terrane_provider::sdk::{Args, Create, ResourceType};
use terrane_test_proxy::{Fault, Proxy, Rule};
use terrane_value::Value;

async fn cloud(test: &str) -> Option<Arc<Cloud>> {
    Some(testing::cloud(&testing::endpoint(test)?, "eu-west-1").await)
}

async fn stages(test: &str) -> Vec<Stage> {
    testing::stages(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden"), test).await
}

fn ty(name: &str) -> Box<dyn ResourceType<Cloud>> {
    terrane_aws_kms::resources().into_iter().find(|t| t.name() == name).unwrap()
}

fn text(s: &str) -> Value {
    Value::string(s)
}

fn id(object: &Value) -> String {
    Args(object).string("id").unwrap()
}

fn policy(sid: &str) -> Value {
    text(&format!(
        r#"{{ "Version": "2012-10-17", "Statement": [ {{ "Sid": "{sid}", "Effect": "Allow", "Action": ["kms:*"],
            "Principal": {{ "AWS": "arn:aws:iam::123456789012:root" }}, "Resource": "*" }} ] }}"#
    ))
}

async fn make(cloud: &Cloud, ty: &dyn ResourceType<Cloud>, config: Value) -> Object {
    let create = Create { planned: &config, config: &config, operation: "0123456789" };
    let made = ty.create(cloud, create).await.unwrap();
    if ty.is_marked() {
        ty.confirm(cloud, &made.value).await;
    }
    made
}

#[tokio::test]
async fn keys() {
    let before = Value::object([
        ("description", text("before")),
        ("enable_key_rotation", true.into()),
        ("policy", policy("first")),
        ("deletion_window_in_days", 7.into()),
        ("tags", map([("Name", "a"), ("gone", "1")])),
    ]);
    let after = Value::object([
        ("description", text("")),
        ("is_enabled", false.into()),
        ("policy", policy("second")),
        ("deletion_window_in_days", 7.into()),
        ("tags", map([("Name", "b")])),
    ]);
    let again = Value::object([("description", text("on")), ("policy", policy("second"))]);
    let key = ty("aws_kms_key");
    for stage in stages("keys").await {
        let last = lifecycle(&stage.cloud, &*key, &[before.clone(), after.clone(), again.clone()], id).await;
        assert_eq!(Args(&last).text("key_id"), Args(&last).text("id"));
        assert_eq!(Args(&last).text("customer_master_key_spec"), Some("SYMMETRIC_DEFAULT"));
        let other = Value::object([("key_usage", text("SIGN_VERIFY")), ("customer_master_key_spec", text("RSA_2048"))]);
        let replaced = ["customer_master_key_spec", "key_usage"];
        assert_eq!(replaces(&stage.cloud, &*key, &last, &other), replaced);
    }
}

#[tokio::test]
async fn an_empty_policy_is_the_one_that_kms_gives() {
    let Some(cloud) = cloud("keys with an empty policy").await else { return };
    let config = Value::object([("description", text("empty")), ("policy", text(""))]);
    let key = ty("aws_kms_key");
    let made = make(&cloud, &*key, config).await;
    let read = key.read(&cloud, std::slice::from_ref(&made)).await.remove(0).unwrap().unwrap();
    assert_eq!((Args(&made.value).str("policy"), Args(&read.value).str("policy")), (Some(""), Some("")));
    key.delete(&cloud, &made).await.unwrap();
}

#[tokio::test]
async fn keys_of_other_kinds_are_not_rotated() {
    for stage in stages("signing").await {
        let config = Value::object([
            ("customer_master_key_spec", text("RSA_2048")),
            ("key_usage", text("SIGN_VERIFY")),
            ("description", text("signs")),
        ]);
        let last = lifecycle(&stage.cloud, &*ty("aws_kms_key"), &[config], id).await;
        assert!(last.get("rotation_period_in_days").unwrap().is_null());
    }
}

#[tokio::test]
async fn aliases() {
    let (ty_key, alias) = (ty("aws_kms_key"), ty("aws_kms_alias"));
    for stage in stages("aliases").await {
        let [first, second] = [(); 2].map(|()| Value::object([("description", text("of an alias"))]));
        let (first, second) = (make(&stage.cloud, &*ty_key, first).await, make(&stage.cloud, &*ty_key, second).await);
        let config = |name: &str, key: &str| Value::object([("name", text(name)), ("target_key_id", text(key))]);
        let (name, by_arn) = (stage.name("alias/app/main"), Args(&second.value).string("arn").unwrap());
        let configs = [config(&name, &id(&first.value)), config(&name, &by_arn)];
        let last = lifecycle(&stage.cloud, &*alias, &configs, id).await;
        assert_eq!(Args(&last).text("target_key_arn"), Some(&*by_arn));
        assert_eq!(replaces(&stage.cloud, &*alias, &last, &config("alias/other", &by_arn)), ["name"]);
        let generated = Value::object([("target_key_id", text(&by_arn))]);
        let last = lifecycle(&stage.cloud, &*alias, &[generated], id).await;
        assert_eq!(Args(&last).text("name_prefix"), Some("alias/"));
        for key in [first, second] {
            ty_key.delete(&stage.cloud, &key).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_key_whose_answer_was_lost_is_found() {
    let Some(endpoint) = testing::endpoint("lost keys") else { return };
    let proxy = Proxy::start(endpoint.trim_start_matches("http://").parse().unwrap()).unwrap();
    proxy.set_rules(vec![Rule::new("kms:CreateKey", Fault::ResetAfter).nth(1)]);
    let cloud = testing::cloud(&proxy.endpoint(), "eu-west-1").await;
    let operation = format!("{:016x}", u64::from(std::process::id()) << 20);
    let config = Value::object([("description", text(&operation)), ("tags_all", map([("Name", "lost")]))]);
    let create = Create { planned: &config, config: &config, operation: &operation };
    let made = ty("aws_kms_key").create(&cloud, create).await.unwrap();
    let (mut keys, mut tags) = (0, 0);
    for key in ty("aws_kms_key").list(&cloud).await.unwrap() {
        let known = Object::new(Value::object([("id", text(&key))]));
        let Some(found) = testing::read(&cloud, &*ty("aws_kms_key"), &known).await else { continue };
        if Args(&found.value).text("description") == Some(&operation) {
            keys += 1;
            tags = Args(&found.value).map("tags_all").len();
        }
    }
    assert_eq!((keys, tags), (1, 1), "one key, without the mark");
    ty("aws_kms_key").delete(&cloud, &made).await.unwrap();
}

#[test]
fn names_of_aliases_are_checked() {
    let problems = |name: &str| ty("aws_kms_alias").validate(&Value::object([("name", text(name))])).len();
    assert_eq!(["alias/a", "alias/a/b_c-1"].map(problems), [0, 0]);
    assert_eq!(["a", "alias/", "alias/aws/s3", "alias/a b"].map(problems), [1; 4]);
}
