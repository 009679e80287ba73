//! What users and accounts prove themselves with, and who vouches for them.

use terrane_aws_core::testing::{lifecycle, list, live, map, replaces, set};

use super::*;

const SSH: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC3hqE1jsGmXWrkxJzKjFQf5Qe5Y0X1Zl1l0B7z2q0Wb1mJ8Rj0h7F8\
                   qkq3oQ7sX1l5i3d7GgX0m3Q1H2yJj5cT8w5o6b9n4p2r1s0t8u7v6w5x4y3z2A1B0C9D8E7F6G5H4I3J2K1L0M9N8O7P6Q5R4S3T2U1V0W9X8Y7Z6a5b4c3d2e1f0";

#[tokio::test]
async fn access_keys() {
    for stage in stages("access_keys").await {
        let cloud = &stage.cloud;
        let user = user(cloud, &stage.name("key")).await;
        let config = |status| object([("user", text(&id(&user.value))), ("status", text(status))]);
        let key = ty("aws_iam_access_key");
        let made = live(cloud, &*key, &[config("Active"), config("Inactive")], id).await;
        assert!(Args(&made.value).text("secret").is_some_and(|s| s.len() >= 40));
        assert!(Args(&made.value).text("ses_smtp_password_v4").is_some_and(|s| s.len() == 44));
        key.delete(cloud, &made).await.unwrap();
        assert_eq!(testing::read(cloud, &*key, &made).await, None);
        ty("aws_iam_user").delete(cloud, &user).await.unwrap();
    }
}

#[tokio::test]
async fn keys_are_not_encrypted_for_pgp() {
    for name in ["aws_iam_access_key", "aws_iam_user_login_profile"] {
        let said = ty(name).validate(&object([("user", text("a")), ("pgp_key", text("keybase:a"))]));
        assert!(said[0].detail.contains("leave out pgp_key"), "{said:?}");
        let unknown = object([("user", text("a")), ("pgp_key", Value::unknown(terrane_value::Type::String))]);
        assert_eq!(ty(name).validate(&unknown), [], "a variable of a module, whose value may be null");
        assert_eq!(ty(name).validate(&object([("user", text("a"))])), []);
    }
}

#[tokio::test]
async fn login_profiles() {
    for stage in stages("login_profiles").await {
        let cloud = &stage.cloud;
        let user = user(cloud, &stage.name("login")).await;
        let config = |length: i64| object([("user", text(&id(&user.value))), ("password_length", length.into())]);
        let profile = ty("aws_iam_user_login_profile");
        let last = lifecycle(cloud, &*profile, &[config(20)], id).await;
        assert_eq!(Args(&last).text("password").map(str::len), Some(20));
        assert_eq!(replaces(cloud, &*profile, &last, &config(30)), ["password_length"]);
        ty("aws_iam_user").delete(cloud, &user).await.unwrap();
    }
}

#[tokio::test]
async fn ssh_keys() {
    for stage in stages("ssh_keys").await {
        let cloud = &stage.cloud;
        let user = user(cloud, &stage.name("ssh")).await;
        let config = |comment: &str, status: &str| {
            object([
                ("username", text(&id(&user.value))),
                ("encoding", text("SSH")),
                ("public_key", text(&format!("{SSH} {comment}"))),
                ("status", text(status)),
            ])
        };
        let key = ty("aws_iam_user_ssh_key");
        let import = |o: &Value| format!("{}:{}:SSH", Args(o).text("username").unwrap(), id(o));
        let made = live(cloud, &*key, &[config("a@b", "Active"), config("a@b", "Inactive")], import).await;
        assert!(replaces(cloud, &*key, &made.value, &config("c@d", "Inactive")).is_empty());
        key.delete(cloud, &made).await.unwrap();
        ty("aws_iam_user").delete(cloud, &user).await.unwrap();
    }
}

#[tokio::test]
async fn the_account() {
    for stage in stages("the_account").await {
        let cloud = &stage.cloud;
        let alias = object([("account_alias", text(&stage.name("terrane")))]);
        let last = lifecycle(cloud, &*ty("aws_iam_account_alias"), &[alias], id).await;
        let other = object([("account_alias", text("other"))]);
        assert_eq!(replaces(cloud, &*ty("aws_iam_account_alias"), &last, &other), ["account_alias"]);
        let strict = object([
            ("minimum_password_length", 12.into()),
            ("max_password_age", 90.into()),
            ("password_reuse_prevention", 5.into()),
            ("hard_expiry", true.into()),
            ("require_numbers", true.into()),
            ("require_symbols", true.into()),
            ("require_lowercase_characters", true.into()),
            ("require_uppercase_characters", true.into()),
            ("allow_users_to_change_password", false.into()),
        ]);
        let lax = object([("minimum_password_length", 8.into()), ("require_numbers", false.into())]);
        lifecycle(cloud, &*ty("aws_iam_account_password_policy"), &[strict, lax], id).await;
    }
}

#[tokio::test]
async fn openid_connect_providers() {
    let stage = scripted("openid_connect_providers").await;
    let url = format!("https://{}.example.com/id", stage.name("oidc"));
    let (one, two) = ("9e99a48a9960b14926bb7f3b02e22da2b0ab7280", "1e99a48a9960b14926bb7f3b02e22da2b0ab7281");
    let config = |url: &str, clients, thumbprints, tag| {
        object([
            ("url", text(url)),
            ("client_id_list", clients),
            ("thumbprint_list", thumbprints),
            ("tags", map([("Name", tag)])),
        ])
    };
    let after = config(&url, set(["b", "c"]), list([two]), "b");
    let configs = [config(&url, set(["a", "b"]), list([one]), "a"), after];
    let ty = ty("aws_iam_openid_connect_provider");
    let last = lifecycle(&stage.cloud, &*ty, &configs, id).await;
    let other = config("https://example.org", set(["b", "c"]), list([two]), "b");
    assert_eq!(replaces(&stage.cloud, &*ty, &last, &other), ["url"]);
}

#[tokio::test]
async fn saml_providers() {
    let stage = scripted("saml_providers").await;
    let document = |entity: &str| {
        let filler = "a".repeat(1000);
        text(&format!("<EntityDescriptor entityID=\"{entity}\"><!-- {filler} --></EntityDescriptor>"))
    };
    let config = |entity, tag| {
        object([
            ("name", text(&stage.name("saml"))),
            ("saml_metadata_document", document(entity)),
            ("tags", map([("Name", tag)])),
        ])
    };
    let configs = [config("one", "a"), config("two", "b")];
    let last = lifecycle(&stage.cloud, &*ty("aws_iam_saml_provider"), &configs, id).await;
    assert_eq!(Args(&last).text("name"), Some(&*stage.name("saml")));
}

/// Secrets are marked in the schema, so that nothing prints them.
#[test]
fn secrets_are_sensitive() {
    for (ty, attribute) in [("aws_iam_access_key", "secret"), ("aws_iam_user_login_profile", "password")] {
        let schema = terrane_aws_core::resource_schema(ty).unwrap();
        assert!(schema.schema.block.attributes[attribute].sensitive, "{ty}.{attribute}");
    }
}
