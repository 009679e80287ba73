//! Policies: managed, attached, inline.

use terrane_aws_core::testing::{lifecycle, live, map, replaces, set};
use terrane_provider::sdk::Args;

use super::*;

#[tokio::test]
async fn managed_policies() {
    for stage in stages("managed_policies").await {
        let config = |policy: &str, tags| {
            object([
                ("name_prefix", text("terrane-")),
                ("path", text("/team/")),
                ("description", text("for tests")),
                ("policy", text(policy)),
                ("tags", tags),
            ])
        };
        let documents = (0..7).map(|i| config(if i % 2 == 0 { READ } else { LIST }, map([("n", &*i.to_string())])));
        let documents: Vec<Value> = documents.collect();
        let last = lifecycle(&stage.cloud, &*ty("aws_iam_policy"), &documents, id).await;
        assert!(Args(&last).text("name").unwrap().starts_with("terrane-"));
        let moved = object([("name_prefix", text("terrane-")), ("path", text("/")), ("policy", text(READ))]);
        assert_eq!(replaces(&stage.cloud, &*ty("aws_iam_policy"), &last, &moved), ["description", "path"]);
    }
}

/// A group, a role and a user, who can have policies.
async fn holders(stage: &Stage, name: &str) -> [Object; 3] {
    let (cloud, name) = (&stage.cloud, stage.name(name));
    [group(cloud, &name).await, role(cloud, &name).await, user(cloud, &name).await]
}

/// The configuration of an object for another holder.
fn elsewhere(attribute: &str, object: &Value) -> Value {
    let written =
        ["name", "policy", "policy_arn"].into_iter().filter_map(|name| Some((name, object.get(name)?.clone())));
    Value::object(written.chain([(attribute, text("other"))]))
}

#[tokio::test]
async fn attached_policies() {
    for stage in stages("attached_policies").await {
        let [held_group, held_role, held_user] = holders(&stage, "holder").await;
        for (name, holder, attribute, made) in [
            ("aws_iam_group_policy_attachment", "aws_iam_group", "group", held_group),
            ("aws_iam_role_policy_attachment", "aws_iam_role", "role", held_role),
            ("aws_iam_user_policy_attachment", "aws_iam_user", "user", held_user),
        ] {
            let config = |policy| object([(attribute, text(&id(&made.value))), ("policy_arn", text(policy))]);
            let attachment = ty(name);
            let last = lifecycle(&stage.cloud, &*attachment, &[config(READ_ONLY)], id).await;
            assert_eq!(replaces(&stage.cloud, &*attachment, &last, &config(VIEW_ONLY)), ["policy_arn"]);
            assert_eq!(replaces(&stage.cloud, &*attachment, &last, &elsewhere(attribute, &last)), [attribute]);
            ty(holder).delete(&stage.cloud, &made).await.unwrap();
        }
    }
}

#[tokio::test]
async fn inline_policies() {
    for stage in stages("inline_policies").await {
        let [held_group, held_role, held_user] = holders(&stage, "inline").await;
        for (name, holder, attribute, made) in [
            ("aws_iam_group_policy", "aws_iam_group", "group", held_group),
            ("aws_iam_role_policy", "aws_iam_role", "role", held_role),
            ("aws_iam_user_policy", "aws_iam_user", "user", held_user),
        ] {
            let config = |name: &str, policy: &str| {
                object([(attribute, text(&id(&made.value))), ("name", text(name)), ("policy", text(policy))])
            };
            let (policy, configs) = (ty(name), [config("reader", READ), config("reader", LIST)]);
            let last = lifecycle(&stage.cloud, &*policy, &configs, id).await;
            assert_eq!(replaces(&stage.cloud, &*policy, &last, &config("other", LIST)), ["name"]);
            assert_eq!(replaces(&stage.cloud, &*policy, &last, &elsewhere(attribute, &last)), [attribute]);
            ty(holder).delete(&stage.cloud, &made).await.unwrap();
        }
    }
}

#[tokio::test]
async fn all_holders_of_a_policy() {
    for stage in stages("all_holders_of_a_policy").await {
        let cloud = &stage.cloud;
        let policy = object([("name", text(&stage.name("shared"))), ("policy", text(READ))]);
        let policy = make(cloud, &*ty("aws_iam_policy"), policy).await;
        let (group, role) = (group(cloud, &stage.name("held")).await, role(cloud, &stage.name("held")).await);
        let users = [user(cloud, &stage.name("one")).await, user(cloud, &stage.name("two")).await];
        let [one, two] = users.each_ref().map(|u| id(&u.value));
        let config = |users, more: Option<(&str, Value)>| {
            let own = [("name", text("all")), ("policy_arn", text(&id(&policy.value))), ("users", users)];
            Value::object(own.into_iter().chain(more))
        };
        let groups = ("groups", set([&*id(&group.value)]));
        let roles = ("roles", set([&*id(&role.value)]));
        let configs =
            [config(set([&*one]), Some(groups)), config(set([&*one, &*two]), Some(roles)), config(set([&*two]), None)];
        let attachment = ty("aws_iam_policy_attachment");
        let last = lifecycle(cloud, &*attachment, &configs, id).await;
        let other = object([("name", text("other")), ("policy_arn", text(READ_ONLY)), ("users", set([&*two]))]);
        assert_eq!(replaces(cloud, &*attachment, &last, &other), ["name", "policy_arn"]);
        ty("aws_iam_policy").delete(cloud, &policy).await.unwrap();
        ty("aws_iam_group").delete(cloud, &group).await.unwrap();
        ty("aws_iam_role").delete(cloud, &role).await.unwrap();
        for user in &users {
            ty("aws_iam_user").delete(cloud, user).await.unwrap();
        }
    }
}

#[tokio::test]
async fn attachments_of_one_role_are_read_with_one_call() {
    for stage in stages("attachments_of_one_role").await {
        let (cloud, attachment) = (&stage.cloud, ty("aws_iam_role_policy_attachment"));
        let made = role(cloud, &stage.name("many")).await;
        let mut all = Vec::new();
        for policy in [READ_ONLY, VIEW_ONLY] {
            let config = object([("role", text(&id(&made.value))), ("policy_arn", text(policy))]);
            all.push(live(cloud, &*attachment, &[config], id).await);
        }
        let before = cloud.counts()["iam:ListAttachedRolePolicies"].calls;
        let read = attachment.read(cloud, &all).await;
        assert!(read.iter().all(|r| r.as_ref().unwrap().is_some()));
        assert_eq!(cloud.counts()["iam:ListAttachedRolePolicies"].calls - before, 1);
        for object in &all {
            attachment.delete(cloud, object).await.unwrap();
        }
        ty("aws_iam_role").delete(cloud, &made).await.unwrap();
    }
}
