//! Many objects are read with few calls.

use terrane_aws_core::testing::{map, played, set};

use super::*;

/// Calls that were made while `play` ran.
async fn calls<T>(cloud: &Cloud, play: impl Future<Output = T>) -> (T, Vec<(&'static str, u64)>) {
    let before = cloud.counts();
    let played = play.await;
    let spent = |(name, count): (&'static str, terrane_provider::Spent)| {
        let calls = count.calls - before.get(name).map_or(0, |b| b.calls);
        (calls > 0).then_some((name, calls))
    };
    (played, cloud.counts().into_iter().filter_map(spent).collect())
}

async fn all_there(cloud: &Cloud, name: &str, objects: &[Object]) -> Vec<(&'static str, u64)> {
    let ty = ty(name);
    let (read, spent) = calls(cloud, ty.read(cloud, objects)).await;
    let schema = terrane_aws_core::resource_schema(name).unwrap();
    for (read, made) in read.into_iter().zip(objects) {
        let read = read.unwrap().unwrap_or_else(|| panic!("{name} is there")).value;
        for (attribute, value) in made.value.fields().unwrap().iter() {
            assert!(
                schema.schema.block.attributes.contains_key(attribute) || attribute.contains("inline"),
                "{attribute}"
            );
            assert_eq!(read.get(attribute), Some(value), "{name}.{attribute}");
        }
    }
    spent
}

#[tokio::test]
async fn roles_and_what_they_hold() {
    let stage = played("000000004711", GOLDEN, "many_roles").await;
    let cloud = &stage.cloud;
    let (mut roles, mut inline, mut attached) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..11 {
        let name = stage.name(&format!("many-{n}"));
        let config = object([
            ("name", text(&name)),
            ("description", text("one of many")),
            ("max_session_duration", 7200.into()),
            ("permissions_boundary", text(READ_ONLY)),
            ("assume_role_policy", text(TRUST_LAMBDA)),
            ("tags", map([("Name", &*name)])),
        ]);
        let role = make(cloud, &*ty("aws_iam_role"), config).await;
        let config = object([("role", text(&name)), ("name", text("read")), ("policy", text(READ))]);
        inline.push(make(cloud, &*ty("aws_iam_role_policy"), config).await);
        let config = object([("role", text(&name)), ("policy_arn", text(VIEW_ONLY))]);
        attached.push(make(cloud, &*ty("aws_iam_role_policy_attachment"), config).await);
        roles.push(testing::read(cloud, &*ty("aws_iam_role"), &role).await.unwrap());
    }
    let all = [("iam:GetAccountAuthorizationDetails", 1), ("iam:GetAccountSummary", 1), ("iam:ListRoles", 1)];
    assert_eq!(all_there(cloud, "aws_iam_role", &roles).await, all);
    assert_eq!(all_there(cloud, "aws_iam_role_policy", &inline).await, [], "the roles were just asked for");
    assert_eq!(all_there(cloud, "aws_iam_role_policy_attachment", &attached).await, []);

    // A change in between makes what is known old, and few are asked for one by one.
    ty("aws_iam_role_policy").delete(cloud, &inline.remove(0)).await.unwrap();
    assert_eq!(all_there(cloud, "aws_iam_role_policy", &inline).await, [("iam:GetRolePolicy", 10)]);

    // What is not found among all is asked for alone.
    let missing = object([("id", text("gone")), ("name", text("gone"))]);
    let asked = [&roles[..], &[Object::new(missing)]].concat();
    let (read, spent) = calls(cloud, ty("aws_iam_role").read(cloud, &asked)).await;
    assert!(read.last().unwrap().as_ref().unwrap().is_none());
    let alone = ["iam:GetRole", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"].map(|call| (call, 1));
    let counted = spent.iter().filter(|call| !alone.contains(call)).copied().collect::<Vec<_>>();
    assert_eq!((spent.len(), counted), (6, all.to_vec()));

    for (policy, name) in [(inline, "aws_iam_role_policy"), (attached, "aws_iam_role_policy_attachment")] {
        for object in &policy {
            ty(name).delete(cloud, object).await.unwrap();
        }
    }
    for role in &roles {
        ty("aws_iam_role").delete(cloud, role).await.unwrap();
    }
}

#[tokio::test]
async fn users_groups_and_policies() {
    let stage = played("000000004712", GOLDEN, "many_users").await;
    let cloud = &stage.cloud;
    let (mut users, mut groups, mut members, mut policies) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for n in 0..31 {
        let name = stage.name(&format!("many-{n}"));
        users.push(user(cloud, &name).await);
        groups.push(group(cloud, &name).await);
        let config = object([("user", text(&name)), ("groups", set([&*name]))]);
        members.push(make(cloud, &*ty("aws_iam_user_group_membership"), config).await);
        let config = object([("name", text(&name)), ("policy", text(READ)), ("tags", map([("n", &*name)]))]);
        policies.push(make(cloud, &*ty("aws_iam_policy"), config).await);
    }
    let (details, summary) = (("iam:GetAccountAuthorizationDetails", 1), ("iam:GetAccountSummary", 1));
    assert_eq!(all_there(cloud, "aws_iam_user", &users).await, [details, summary]);
    assert_eq!(all_there(cloud, "aws_iam_user_group_membership", &members).await, []);
    assert_eq!(all_there(cloud, "aws_iam_group", &groups).await, [details]);
    let each = ("iam:GetPolicy", 31);
    assert_eq!(all_there(cloud, "aws_iam_policy", &policies).await, [details, each]);
    for (objects, name) in [(members, "aws_iam_user_group_membership"), (policies, "aws_iam_policy")] {
        for object in &objects {
            ty(name).delete(cloud, object).await.unwrap();
        }
    }
    for (user, group) in users.iter().zip(&groups) {
        ty("aws_iam_user").delete(cloud, user).await.unwrap();
        ty("aws_iam_group").delete(cloud, group).await.unwrap();
    }
}
