//! Every IAM type against recordings and an emulator.
#![allow(clippy::unwrap_used)]

mod bulk;
mod credentials;
mod data;
mod policies;
mod principals;

use std::sync::Arc;

use terrane_aws_core::Cloud;
use terrane_aws_core::testing::{self, Stage, blocks};
use terrane_provider::sdk::{Args, Create, ResourceType, Update};
use terrane_provider::{Object, Problem};
use terrane_test_proxy::{Fault, Proxy, Rule};
use terrane_value::Value;

const TRUST: &str = r#"{ "Version": "2012-10-17", "Statement": [ { "Effect": "Allow", "Action": ["sts:AssumeRole"],
    "Principal": { "Service": ["ec2.amazonaws.com"] } } ] }"#;
const TRUST_LAMBDA: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"lambda.amazonaws.com"}}]}"#;
const READ: &str =
    r#"{"Version": "2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
const LIST: &str =
    r#"{"Version": "2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}]}"#;
const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const VIEW_ONLY: &str = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess";

async fn cloud(test: &str) -> Option<Arc<Cloud>> {
    Some(testing::cloud(&testing::endpoint(test)?, "eu-west-1").await)
}

fn ty(name: &str) -> Box<dyn ResourceType<Cloud>> {
    terrane_aws_iam::resources().into_iter().find(|t| t.name() == name).unwrap()
}

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");

async fn stages(test: &str) -> Vec<Stage> {
    testing::stages(GOLDEN, test).await
}

/// A recording written by hand: the emulator lacks an operation.
async fn scripted(test: &str) -> Stage {
    testing::scripted(GOLDEN, test).await
}

fn unique(prefix: &str) -> String {
    format!("{prefix}-{:08x}", std::process::id() ^ (prefix.len() as u32) << 24)
}

fn text(s: &str) -> Value {
    Value::string(s)
}

fn object<const N: usize>(pairs: [(&str, Value); N]) -> Value {
    Value::object(pairs)
}

fn id(object: &Value) -> String {
    Args(object).string("id").unwrap()
}

async fn make(cloud: &Cloud, ty: &dyn ResourceType<Cloud>, config: Value) -> Object {
    let create = Create { planned: &config, config: &config, operation: "0123456789" };
    ty.create(cloud, create).await.unwrap()
}

async fn role(cloud: &Cloud, name: &str) -> Object {
    make(cloud, &*ty("aws_iam_role"), object([("name", text(name)), ("assume_role_policy", text(TRUST))])).await
}

async fn group(cloud: &Cloud, name: &str) -> Object {
    make(cloud, &*ty("aws_iam_group"), object([("name", text(name))])).await
}

async fn user(cloud: &Cloud, name: &str) -> Object {
    make(cloud, &*ty("aws_iam_user"), object([("name", text(name))])).await
}

#[tokio::test]
async fn a_role_without_inline_blocks_reads_those_that_are_there() {
    let Some(cloud) = cloud("inline policies").await else { return };
    let made = role(&cloud, &unique("observed")).await;
    let policy = object([("role", text(&id(&made.value))), ("name", text("p")), ("policy", text(READ))]);
    let policy = make(&cloud, &*ty("aws_iam_role_policy"), policy).await;
    let read = testing::read(&cloud, &*ty("aws_iam_role"), &made).await.unwrap();
    assert_eq!(Args(&read.value).blocks("inline_policy").len(), 1);
    ty("aws_iam_role_policy").delete(&cloud, &policy).await.unwrap();
    ty("aws_iam_role").delete(&cloud, &made).await.unwrap();
}

#[tokio::test]
async fn a_taken_name_is_told_with_advice() {
    let Some(cloud) = cloud("taken names").await else { return };
    let name = unique("taken");
    let made = role(&cloud, &name).await;
    let again = object([("name", text(&name)), ("assume_role_policy", text(TRUST))]);
    let create = Create { planned: &again, config: &again, operation: "1" };
    let failed = ty("aws_iam_role").create(&cloud, create).await.unwrap_err();
    assert!(failed.object.is_none());
    let Problem { summary, detail, .. } = &failed.problems[0];
    assert_eq!(summary, &format!("Creating IAM role \"{name}\" failed"));
    assert!(detail.contains("EntityAlreadyExists") && detail.contains("import the existing object"), "{detail}");
    ty("aws_iam_role").delete(&cloud, &made).await.unwrap();
}

#[tokio::test]
async fn a_role_whose_policy_cannot_be_attached_is_half_made() {
    let Some(cloud) = cloud("half-made roles").await else { return };
    let name = unique("half");
    let config = object([
        ("name", text(&name)),
        ("assume_role_policy", text(TRUST)),
        ("inline_policy", blocks([object([("name", text("p")), ("policy", text("no policy"))])])),
    ]);
    let create = Create { planned: &config, config: &config, operation: "1" };
    let failed = ty("aws_iam_role").create(&cloud, create).await.unwrap_err();
    let made = failed.object.expect("the role exists");
    assert_eq!(id(&made.value), name);
    ty("aws_iam_role").delete(&cloud, &made).await.unwrap();
}

#[tokio::test]
async fn what_was_made_without_an_answer_is_not_lost() {
    let Some(endpoint) = testing::endpoint("lost answers") else { return };
    let proxy = Proxy::start(endpoint.trim_start_matches("http://").parse().unwrap()).unwrap();
    let lost = ["iam:CreateRole", "iam:CreatePolicy", "iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile"];
    proxy.set_rules(lost.iter().map(|call| Rule::new(call, Fault::ResetAfter).nth(1)).collect());
    let cloud = testing::cloud(&proxy.endpoint(), "eu-west-1").await;
    let role = role(&cloud, &unique("lost")).await;
    let policy = object([("name", text(&unique("lost"))), ("policy", text(READ))]);
    let policy = make(&cloud, &*ty("aws_iam_policy"), policy).await;
    let profile = object([("name", text(&unique("lost"))), ("role", text(&id(&role.value)))]);
    let profile = make(&cloud, &*ty("aws_iam_instance_profile"), profile).await;
    for call in lost {
        assert_eq!(proxy.count(call), 2, "{call}");
    }
    ty("aws_iam_instance_profile").delete(&cloud, &profile).await.unwrap();
    ty("aws_iam_policy").delete(&cloud, &policy).await.unwrap();
    ty("aws_iam_role").delete(&cloud, &role).await.unwrap();
}

#[tokio::test]
async fn a_principal_that_is_too_new_is_waited_for() {
    let Some(endpoint) = testing::endpoint("new principals") else { return };
    let proxy = Proxy::start(endpoint.trim_start_matches("http://").parse().unwrap()).unwrap();
    let message = "Invalid principal in policy: \"AWS\":\"arn:aws:iam::123456789012:role/new\"";
    let unknown = Fault::Error { status: 400, code: "MalformedPolicyDocument".into(), message: message.into() };
    proxy.set_rules(vec![Rule::new("iam:CreateRole", unknown).nth(1)]);
    let cloud = testing::cloud(&proxy.endpoint(), "eu-west-1").await;
    let made = role(&cloud, &unique("trusting")).await;
    ty("aws_iam_role").delete(&cloud, &made).await.unwrap();
}

#[tokio::test]
async fn a_role_in_an_instance_profile_can_be_deleted() {
    let Some(cloud) = cloud("roles in instance profiles").await else { return };
    let made = role(&cloud, &unique("member")).await;
    let config = object([("name", text(&unique("holder"))), ("role", text(&id(&made.value)))]);
    let profile = make(&cloud, &*ty("aws_iam_instance_profile"), config).await;
    ty("aws_iam_role").delete(&cloud, &made).await.unwrap();
    let read = testing::read(&cloud, &*ty("aws_iam_instance_profile"), &profile).await.unwrap();
    assert!(read.value.get("role").unwrap().is_null());
    ty("aws_iam_instance_profile").delete(&cloud, &profile).await.unwrap();
}

#[tokio::test]
async fn wrong_import_ids_are_told() {
    let cloud = testing::cloud("http://127.0.0.1:1", "eu-west-1").await;
    for (name, bad) in [("aws_iam_role_policy_attachment", "app"), ("aws_iam_role_policy", "app/x")] {
        let said = ty(name).import(&cloud, bad).unwrap_err();
        assert!(said[0].detail.starts_with(&format!("\"{bad}\" is not of the form ROLE-NAME")), "{said:?}");
    }
}

#[test]
fn lists_are_sorted() {
    let names: Vec<&str> = terrane_aws_iam::resources().iter().map(|t| t.name()).collect();
    assert!(names.is_sorted(), "{names:?}");
}

#[tokio::test]
async fn nothing_known_to_change_means_no_update_call() {
    let Some(cloud) = cloud("updates").await else { return };
    let made = role(&cloud, &unique("same")).await;
    let update = Update { prior: &made.value, planned: &made.value, config: &made.value, operation: "1" };
    ty("aws_iam_role").update(&cloud, update).await.unwrap();
    assert!(cloud.counts().keys().all(|c| !c.contains("Update") && !c.contains("Tag")), "{:?}", cloud.counts());
    ty("aws_iam_role").delete(&cloud, &made).await.unwrap();
}
