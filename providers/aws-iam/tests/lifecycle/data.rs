//! Data sources.

use terrane_aws_core::testing::{data, list, map};

use super::*;

async fn read(stage: &Stage, name: &str, config: Value) -> Value {
    let sources = terrane_aws_iam::data_sources();
    let source = sources.iter().find(|s| s.name() == name).unwrap();
    data(&stage.cloud, &**source, &config).await.unwrap_or_else(|p| panic!("{name}: {p:?}"))
}

fn same(a: &Value, b: &Value, names: &[&str]) {
    for name in names {
        assert_eq!(a.get(name), b.get(name), "{name}");
    }
}

#[tokio::test]
async fn data_sources_read_what_resources_made() {
    for stage in stages("data_sources").await {
        let (cloud, tags) = (&stage.cloud, map([("Name", "a")]));
        let (name, path) = (text(&stage.name("data")), text("/data/"));
        let named = |more: [(&str, Value); 1]| {
            Value::object(
                [("name", name.clone()), ("path", path.clone()), ("tags", tags.clone())].into_iter().chain(more),
            )
        };
        let role = make(cloud, &*ty("aws_iam_role"), named([("assume_role_policy", text(TRUST))])).await;
        let policy = make(cloud, &*ty("aws_iam_policy"), named([("policy", text(READ))])).await;
        let user = make(cloud, &*ty("aws_iam_user"), named([("force_destroy", false.into())])).await;

        let found = read(&stage, "aws_iam_role", object([("name", name.clone())])).await;
        same(&found, &role.value, &["id", "arn", "path", "unique_id", "create_date", "max_session_duration", "tags"]);
        assert_eq!(Args(&found).str("permissions_boundary"), Some(""));
        let found = read(&stage, "aws_iam_roles", object([("path_prefix", path.clone())])).await;
        assert!(Args(&found).strings("names").contains(&stage.name("data")));
        let found = read(&stage, "aws_iam_roles", object([("name_regex", text("^nothing$"))])).await;
        assert!(Args(&found).strings("arns").is_empty());
        for config in [
            object([("arn", text(&id(&policy.value)))]),
            object([("name", name.clone()), ("path_prefix", path.clone())]),
        ] {
            let found = read(&stage, "aws_iam_policy", config).await;
            same(&found, &policy.value, &["id", "arn", "name", "path", "policy_id", "attachment_count", "tags"]);
            assert!(Args(&found).text("policy").unwrap().contains("s3:GetObject"));
        }
        let found = read(&stage, "aws_iam_user", object([("user_name", name.clone())])).await;
        same(&found, &user.value, &["arn", "path", "tags"]);
        assert_eq!(Args(&found).text("user_id"), Args(&user.value).text("unique_id"));

        let session = format!("arn:aws:sts::123456789012:assumed-role/{}/me", stage.name("data"));
        let found = read(&stage, "aws_iam_session_context", object([("arn", text(&session))])).await;
        assert_eq!(found.get("issuer_arn"), role.value.get("arn"));
        assert_eq!(Args(&found).text("session_name"), Some("me"));
        let other = object([("arn", user.value.get("arn").unwrap().clone())]);
        let found = read(&stage, "aws_iam_session_context", other).await;
        assert_eq!(found.get("issuer_arn"), user.value.get("arn"));
        for (name, made) in [("aws_iam_role", role), ("aws_iam_policy", policy), ("aws_iam_user", user)] {
            ty(name).delete(cloud, &made).await.unwrap();
        }
    }
}

#[tokio::test]
async fn data_sources_of_groups_profiles_and_providers() {
    for stage in stages("more_data_sources").await {
        let cloud = &stage.cloud;
        let (group, role) = (group(cloud, &stage.name("data")).await, role(cloud, &stage.name("profiled")).await);
        let found = read(&stage, "aws_iam_group", object([("group_name", text(&id(&group.value)))])).await;
        same(&found, &group.value, &["arn", "path"]);
        let profile = object([("name", text(&stage.name("data"))), ("role", text(&id(&role.value)))]);
        let profile = make(cloud, &*ty("aws_iam_instance_profile"), profile).await;
        let found = read(&stage, "aws_iam_instance_profile", object([("name", text(&stage.name("data")))])).await;
        same(&found, &profile.value, &["arn", "path", "create_date"]);
        assert_eq!(found.get("role_arn"), role.value.get("arn"));
        let url = format!("https://{}.example.com", stage.name("data"));
        let provider = object([
            ("url", text(&url)),
            ("client_id_list", list(["sts.amazonaws.com"])),
            ("thumbprint_list", list(["9e99a48a9960b14926bb7f3b02e22da2b0ab7280"])),
        ]);
        let provider = make(cloud, &*ty("aws_iam_openid_connect_provider"), provider).await;
        for config in [object([("url", text(&url))]), object([("arn", text(&id(&provider.value)))])] {
            let found = read(&stage, "aws_iam_openid_connect_provider", config).await;
            same(&found, &provider.value, &["id", "arn", "thumbprint_list"]);
        }
        let made = [
            ("aws_iam_instance_profile", profile),
            ("aws_iam_role", role),
            ("aws_iam_group", group),
            ("aws_iam_openid_connect_provider", provider),
        ];
        for (name, made) in made {
            ty(name).delete(cloud, &made).await.unwrap();
        }
    }
}
