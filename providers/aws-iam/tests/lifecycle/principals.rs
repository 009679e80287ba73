//! Roles, groups, users, and who belongs to what.

use terrane_aws_core::testing::{lifecycle, live, map, replaces, set};

use super::*;

#[tokio::test]
async fn roles() {
    for stage in stages("roles").await {
        let name = stage.name("role");
        let inline = |name: &str, policy: &str| object([("name", text(name)), ("policy", text(policy))]);
        let before = object([
            ("name", text(&name)),
            ("path", text("/app/")),
            ("assume_role_policy", text(TRUST)),
            ("description", text("before")),
            ("max_session_duration", 7200.into()),
            ("permissions_boundary", text(READ_ONLY)),
            ("managed_policy_arns", set([READ_ONLY])),
            ("inline_policy", blocks([inline("a", READ), inline("b", LIST)])),
            ("tags", map([("Name", "a"), ("gone", "1")])),
            ("force_detach_policies", true.into()),
        ]);
        let after = object([
            ("name", text(&name)),
            ("path", text("/app/")),
            ("assume_role_policy", text(TRUST_LAMBDA)),
            ("max_session_duration", 3600.into()),
            ("managed_policy_arns", set([VIEW_ONLY])),
            ("inline_policy", blocks([inline("b", READ), inline("c", LIST)])),
            ("tags", map([("Name", "b")])),
            ("force_detach_policies", true.into()),
        ]);
        let last = lifecycle(&stage.cloud, &*ty("aws_iam_role"), &[before, after], id).await;
        assert!(last.get("description").unwrap().is_null() && last.get("permissions_boundary").unwrap().is_null());
        assert_eq!(Args(&last).text("arn"), Some(&*format!("arn:aws:iam::123456789012:role/app/{name}")));
        let other = object([("name", text("other")), ("path", text("/app/")), ("assume_role_policy", text(TRUST))]);
        assert_eq!(replaces(&stage.cloud, &*ty("aws_iam_role"), &last, &other), ["name"]);
    }
}

#[tokio::test]
async fn instance_profiles() {
    for stage in stages("instance_profiles").await {
        let cloud = &stage.cloud;
        let [one, two] = [role(cloud, &stage.name("one")).await, role(cloud, &stage.name("number-two")).await];
        let config = |role: &Object, tag: &str| {
            object([
                ("name", text(&stage.name("profile"))),
                ("path", text("/x/")),
                ("role", text(&id(&role.value))),
                ("tags", map([("Name", tag)])),
            ])
        };
        let configs = [config(&one, "a"), config(&two, "b")];
        let profile = ty("aws_iam_instance_profile");
        let last = lifecycle(cloud, &*profile, &configs, id).await;
        assert_eq!(replaces(cloud, &*profile, &last, &object([("name", text("other"))])), ["name", "path"]);
        for role in [one, two] {
            ty("aws_iam_role").delete(cloud, &role).await.unwrap();
        }
    }
}

#[tokio::test]
async fn service_linked_roles() {
    for stage in stages("service_linked_roles").await {
        let config = |description: &str, tag: &str| {
            object([
                ("aws_service_name", text("autoscaling.amazonaws.com")),
                ("custom_suffix", text(&stage.name("t"))),
                ("description", text(description)),
                ("tags", map([("Name", tag)])),
            ])
        };
        let configs = [config("before", "a"), config("after", "b")];
        let role = ty("aws_iam_service_linked_role");
        let last = lifecycle(&stage.cloud, &*role, &configs, id).await;
        let other = object([("aws_service_name", text("elasticbeanstalk.amazonaws.com"))]);
        assert_eq!(replaces(&stage.cloud, &*role, &last, &other), ["aws_service_name", "custom_suffix"]);
        assert!(Args(&last).text("name").unwrap().starts_with("AWSServiceRoleForAutoScaling_t"));
    }
}

#[tokio::test]
async fn groups() {
    for stage in stages("groups").await {
        let config = |name: &str, path: &str| object([("name", text(&stage.name(name))), ("path", text(path))]);
        let configs = [config("group", "/"), config("renamed", "/team/")];
        let last = lifecycle(&stage.cloud, &*ty("aws_iam_group"), &configs, id).await;
        let arn = format!("arn:aws:iam::123456789012:group/team/{}", stage.name("renamed"));
        assert_eq!(Args(&last).text("arn"), Some(&*arn));
    }
}

#[tokio::test]
async fn users() {
    for stage in stages("users").await {
        let before = object([("name", text(&stage.name("user"))), ("tags", map([("Name", "a"), ("gone", "1")]))]);
        let after = object([
            ("name", text(&stage.name("renamed"))),
            ("path", text("/team/")),
            ("tags", map([("Name", "b")])),
            ("force_destroy", true.into()),
        ]);
        let last = lifecycle(&stage.cloud, &*ty("aws_iam_user"), &[before, after], id).await;
        assert_eq!(id(&last), stage.name("renamed"));
        assert!(Args(&last).text("arn").unwrap().ends_with(&format!("user/team/{}", stage.name("renamed"))));
    }
}

#[tokio::test]
async fn boundaries_of_users() {
    let stage = scripted("boundaries_of_users").await;
    let config = |boundary: &[&str]| {
        let boundary = boundary.iter().map(|arn| ("permissions_boundary", text(arn)));
        Value::object([("name", text("bound"))].into_iter().chain(boundary))
    };
    let configs = [config(&[READ_ONLY]), config(&[VIEW_ONLY]), config(&[])];
    let last = lifecycle(&stage.cloud, &*ty("aws_iam_user"), &configs, id).await;
    assert!(last.get("permissions_boundary").unwrap().is_null());
}

#[tokio::test]
async fn users_destroyed_by_force_lose_their_credentials() {
    let stage = scripted("users_destroyed_by_force").await;
    let made = object([("id", text("forced")), ("name", text("forced")), ("force_destroy", true.into())]);
    ty("aws_iam_user").delete(&stage.cloud, &Object::new(made)).await.unwrap();
    let deleted: Vec<&str> = stage.cloud.counts().into_keys().filter(|c| c.contains("Delete")).collect();
    let all = [
        "iam:DeleteAccessKey",
        "iam:DeleteLoginProfile",
        "iam:DeleteSSHPublicKey",
        "iam:DeleteServiceSpecificCredential",
        "iam:DeleteSigningCertificate",
        "iam:DeleteUser",
        "iam:DeleteVirtualMFADevice",
    ];
    assert_eq!(deleted, all);
}

#[tokio::test]
async fn memberships() {
    for stage in stages("memberships").await {
        let cloud = &stage.cloud;
        let users = [user(cloud, &stage.name("one")).await, user(cloud, &stage.name("two")).await];
        let groups = [group(cloud, &stage.name("a")).await, group(cloud, &stage.name("b")).await];
        let ([one, two], [a, b]) = (users.each_ref().map(|u| id(&u.value)), groups.each_ref().map(|g| id(&g.value)));
        let config = |users| object([("name", text("members")), ("group", text(&a)), ("users", users)]);
        let configs = [config(set([&*one])), config(set([&*one, &*two])), config(set([&*two]))];
        let last = lifecycle(cloud, &*ty("aws_iam_group_membership"), &configs, id).await;
        let other = object([("name", text("members")), ("group", text(&b)), ("users", set([&*one]))]);
        assert_eq!(replaces(cloud, &*ty("aws_iam_group_membership"), &last, &other), ["group"]);
        let config = |groups| object([("user", text(&one)), ("groups", groups)]);
        let configs = [config(set([&*a])), config(set([&*b])), config(set([&*a, &*b]))];
        let membership = ty("aws_iam_user_group_membership");
        let made = live(cloud, &*membership, &configs[..2], |_| format!("{one}/{b}")).await;
        membership.delete(cloud, &made).await.unwrap();
        let configs = [configs[2].clone(), configs[1].clone()];
        let last = lifecycle(cloud, &*membership, &configs, |_| format!("{one}/{b}")).await;
        let other = object([("user", text(&two)), ("groups", set([&*b]))]);
        assert_eq!(replaces(cloud, &*membership, &last, &other), ["user"]);
        for (user, group) in users.iter().zip(&groups) {
            ty("aws_iam_user").delete(cloud, user).await.unwrap();
            ty("aws_iam_group").delete(cloud, group).await.unwrap();
        }
    }
}
