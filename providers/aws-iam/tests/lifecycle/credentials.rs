//! What users and accounts prove themselves with, and who vouches for them.

use terrane_aws_core::testing::{lifecycle, list, map, replaces, set};

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
        let last = lifecycle(cloud, &*key, &[config("Active"), config("Inactive")], id).await;
        assert!(Args(&last).text("secret").is_some_and(|s| s.len() >= 40));
        assert!(Args(&last).text("ses_smtp_password_v4").is_some_and(|s| s.len() == 44));
        assert_eq!(replaces(cloud, &*key, &last, &object([("user", text("other"))])), ["user"]);
        ty("aws_iam_user").delete(cloud, &user).await.unwrap();
    }
}

/// A public key whose private one nobody has kept.
const PGP_KEY: &str = include_str!("nobody.pgp.txt");
const FINGERPRINT: &str = "5c233e37f8728a0eb4b5d39e75473b24f67dffaf";

#[tokio::test]
async fn keys_for_pgp_are_refused_before_anything_is_made() {
    let cloud = testing::cloud("http://127.0.0.1:1", "eu-west-1").await;
    for name in ["aws_iam_access_key", "aws_iam_user_login_profile"] {
        let with = |key: Value| object([("user", text("a")), ("pgp_key", key)]);
        for (key, reason) in [("Zm9v", "no OpenPGP key"), ("keybase:a b", "https://keybase.io/a b/pgp_keys.asc")] {
            let bad = with(text(key));
            let said = ty(name).validate(&bad);
            assert!(said[0].detail.contains(reason), "{said:?}");
            let create = Create { planned: &bad, config: &bad, operation: "1" };
            let failed = ty(name).create(&cloud, create).await.unwrap_err();
            assert_eq!((failed.problems, failed.object), (said, None));
        }
        assert_eq!(ty(name).validate(&with(text("keybase:a"))), [], "it is looked up when it is needed");
        let unknown = with(Value::unknown(terrane_value::Type::String));
        assert_eq!(ty(name).validate(&unknown), [], "a variable of a module, whose value may be null");
        assert_eq!(ty(name).validate(&with(text(PGP_KEY))), []);
        assert_eq!(ty(name).validate(&object([("user", text("a"))])), []);
    }
}

#[tokio::test]
async fn secrets_are_encrypted_for_the_holder_of_a_pgp_key() {
    for stage in stages("pgp_keys").await {
        let cloud = &stage.cloud;
        let user = user(cloud, &stage.name("secret")).await;
        let config = object([("user", text(&id(&user.value))), ("pgp_key", text(PGP_KEY))]);
        for (name, plain, encrypted) in [
            ("aws_iam_access_key", "secret", "encrypted_secret"),
            ("aws_iam_access_key", "ses_smtp_password_v4", "encrypted_ses_smtp_password_v4"),
            ("aws_iam_user_login_profile", "password", "encrypted_password"),
        ] {
            let made = make(cloud, &*ty(name), config.clone()).await;
            let secret = Args(&made.value).text(encrypted);
            assert!(secret.is_some_and(|s| s.starts_with("wV4D") && s.len() > 200), "{name}: {secret:?}");
            assert_eq!(
                (Args(&made.value).text(plain), Args(&made.value).text("key_fingerprint")),
                (None, Some(FINGERPRINT))
            );
            assert_eq!(testing::read(cloud, &*ty(name), &made).await.as_ref(), Some(&made));
            ty(name).delete(cloud, &made).await.unwrap();
        }
        ty("aws_iam_user").delete(cloud, &user).await.unwrap();
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
        let last = lifecycle(cloud, &*key, &[config("a@b", "Active"), config("a@b", "Inactive")], import).await;
        assert!(replaces(cloud, &*key, &last, &config("c@d", "Inactive")).is_empty());
        let other = [("username", text("other")), ("encoding", text("PEM")), ("public_key", text(SSH))];
        assert_eq!(replaces(cloud, &*key, &last, &object(other)), ["encoding", "public_key", "username"]);
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
    let ty = ty("aws_iam_saml_provider");
    let last = lifecycle(&stage.cloud, &*ty, &configs, id).await;
    assert_eq!(Args(&last).text("name"), Some(&*stage.name("saml")));
    let other = object([("name", text("other")), ("saml_metadata_document", document("two"))]);
    assert_eq!(replaces(&stage.cloud, &*ty, &last, &other), ["name"]);
}

/// Secrets are marked in the schema, so that nothing prints them.
#[test]
fn secrets_are_sensitive() {
    for (ty, attribute) in [("aws_iam_access_key", "secret"), ("aws_iam_user_login_profile", "password")] {
        let schema = terrane_aws_core::resource_schema(ty).unwrap();
        assert!(schema.schema.block.attributes[attribute].sensitive, "{ty}.{attribute}");
    }
}
