//! The utility types from plan to import, each through the doors that the engine uses.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;

use terrane_builtin::Utility;
use terrane_provider::{
    ApplyRequest, Change, Configured, DataRequest, ImportBy, ImportRequest, Object, PlanRequest, PlanResponse,
    Provider, ReadRequest,
};
use terrane_value::{Value, json};

fn provider(name: &str) -> Utility {
    let all = Utility::all(|| 1_770_985_800);
    all.into_iter().find(|(own, _)| *own == name).map(|(_, provider)| provider).unwrap()
}

#[test]
fn no_id_is_a_secret() {
    // Journals have ids in the clear.
    for (name, provider) in Utility::all(|| 0) {
        for ty in provider.resource_types() {
            let schema = provider.resource_schema(ty).unwrap();
            assert!(!schema.block.attributes.get("id").is_some_and(|id| id.sensitive), "{name}: {ty}");
        }
    }
}

/// One type of a provider.
struct Type {
    provider: Utility,
    configured: Arc<dyn Configured>,
    ty: &'static str,
}

impl Type {
    async fn new(ty: &'static str) -> Type {
        let provider = provider(ty.split('_').next().unwrap());
        let configured = provider.configure(Value::object(Vec::<(&str, Value)>::new()), Vec::new()).await.unwrap();
        Type { provider, configured, ty }
    }

    /// A configuration; what is not written is null.
    fn config(&self, json: &str) -> Value {
        let schema = self.provider.resource_schema(self.ty).unwrap();
        let written: serde_json::Map<String, serde_json::Value> = serde_json::from_str(json).unwrap();
        terrane_provider::sdk::decode_stored(&schema.block, &written).unwrap()
    }

    async fn plan(&self, prior: Option<&Value>, config: &str) -> PlanResponse {
        let prior = prior.cloned().map(Object::new);
        let config = self.config(config);
        assert_eq!(self.provider.validate_resource(self.ty, &config), []);
        self.configured.plan(PlanRequest { ty: self.ty.into(), prior, config }).await
    }

    /// Makes an object, and plans it again: nothing is to be done.
    async fn make(&self, config: &str) -> Value {
        let planned = self.plan(None, config).await.planned.unwrap();
        let change = Change::Create { planned, config: self.config(config) };
        let request = ApplyRequest { ty: self.ty.into(), change, private: None, operation: "o".into(), resumed: None };
        let response = self.configured.apply(request).await;
        assert_eq!(response.problems, []);
        let made = response.object.unwrap().value;
        assert!(made.is_wholly_known(), "{made:?}");
        let again = self.plan(Some(&made), config).await;
        assert_eq!((again.planned.as_ref(), again.requires_replace.len()), (Some(&made), 0), "{}", self.ty);
        let stored =
            json::to_json(&made, &self.provider.resource_schema(self.ty).unwrap().block.implied_type()).unwrap();
        assert_eq!(self.provider.upgrade(self.ty, 9, &stored).unwrap(), made);
        made
    }

    async fn import(&self, id: &str) -> Result<Value, Vec<terrane_provider::Problem>> {
        let request = ImportRequest { ty: self.ty.into(), by: ImportBy::Id(id.into()) };
        self.configured.import(request).await.map(|object| object.value)
    }
}

fn text<'v>(object: &'v Value, name: &str) -> &'v str {
    object.get(name).and_then(Value::as_str).unwrap()
}

#[tokio::test]
async fn strings_have_the_characters_that_are_asked_for() {
    let ty = Type::new("random_string").await;
    let made = ty.make(r#"{"length": 40, "min_numeric": 30, "upper": false, "special": false}"#).await;
    let result = text(&made, "result");
    assert!(result.len() == 40 && result.chars().filter(char::is_ascii_digit).count() >= 30, "{result}");
    assert!(result.chars().all(|c| c.is_ascii_digit() || c.is_ascii_lowercase()), "{result}");
    assert_eq!(text(&made, "id"), result);
    let made = ty.make(r#"{"length": 8, "override_special": "_", "min_special": 8, "number": false}"#).await;
    assert_eq!((text(&made, "result"), made.get("numeric")), ("________", Some(&Value::from(false))));
    let other = ty.plan(Some(&made), r#"{"length": 9}"#).await;
    assert!(other.requires_replace.iter().any(|path| path.to_string() == ".length"));
    assert!(!ty.provider.validate_resource(ty.ty, &ty.config(r#"{"length": 3, "min_lower": 4}"#)).is_empty());
    let found = ty.import("ab1").await.unwrap();
    assert_eq!(ty.plan(Some(&found), r#"{"length": 3}"#).await.requires_replace, []);
}

#[tokio::test]
async fn passwords_are_hashed_and_hidden() {
    let ty = Type::new("random_password").await;
    let made = ty.make(r#"{"length": 16}"#).await;
    assert!(bcrypt::verify(text(&made, "result"), text(&made, "bcrypt_hash")).unwrap());
    assert_eq!(text(&made, "id"), "none");
    let schema = ty.provider.resource_schema(ty.ty).unwrap();
    assert_eq!(schema.version, 3);
    assert!(["result", "bcrypt_hash"].iter().all(|name| schema.block.attributes[*name].sensitive));
    let old = r#"{"id":"none","length":3,"result":"abc","number":false,"special":null,"keepers":null}"#;
    let upgraded = ty.provider.upgrade(ty.ty, 0, old).unwrap();
    assert!(bcrypt::verify("abc", text(&upgraded, "bcrypt_hash")).unwrap());
    assert_eq!(
        (upgraded.get("numeric"), upgraded.get("special")),
        (Some(&Value::from(false)), Some(&Value::from(true)))
    );
    assert_eq!(ty.plan(Some(&upgraded), r#"{"length": 3, "numeric": false}"#).await.requires_replace, []);
    assert_eq!(text(&ty.import("secret").await.unwrap(), "result"), "secret");
}

#[tokio::test]
async fn names_ids_and_numbers() {
    let pet = Type::new("random_pet").await;
    let made = pet.make(r#"{"length": 3, "prefix": "my", "separator": "_"}"#).await;
    assert_eq!(text(&made, "id").split('_').count(), 4);
    assert!(text(&made, "id").starts_with("my_"));
    assert!(pet.import("x").await.is_err());
    let id = Type::new("random_id").await;
    let made = id.make(r#"{"byte_length": 8, "prefix": "p-", "keepers": {"a": "b"}}"#).await;
    assert_eq!((text(&made, "hex").len(), text(&made, "id").len()), (18, 11));
    let found = id.import(&format!("p-,{}", text(&made, "id"))).await.unwrap();
    assert_eq!(found.get("hex"), made.get("hex"));
    let integer = Type::new("random_integer").await;
    let made = integer.make(r#"{"min": -2, "max": 3, "seed": "x"}"#).await;
    assert_eq!(made, integer.make(r#"{"min": -2, "max": 3, "seed": "x"}"#).await, "a seed gives the same again");
    assert!((-2..=3).contains(&made.get("result").and_then(Value::as_i64).unwrap()));
    assert_eq!(integer.import("1,0,5").await.unwrap().get("max"), Some(&Value::from(5)));
    let uuid = Type::new("random_uuid").await;
    let made = uuid.make("{}").await;
    assert_eq!(uuid.import(text(&made, "id")).await.unwrap(), made);
    let shuffle = Type::new("random_shuffle").await;
    let made = shuffle.make(r#"{"input": ["a", "b", "c"], "result_count": 5}"#).await;
    assert_eq!(made.get("result").and_then(Value::elements).unwrap().len(), 5);
}

#[tokio::test]
async fn times_are_those_of_the_clock() {
    let ty = Type::new("time_static").await;
    let made = ty.make("{}").await;
    assert_eq!((text(&made, "rfc3339"), made.get("day")), ("2026-02-13T12:30:00Z", Some(&Value::from(13))));
    let made = ty.make(r#"{"rfc3339": "2020-01-02T03:04:05Z"}"#).await;
    assert_eq!(made.get("unix"), Some(&Value::from(1_577_934_245)));
    assert_eq!(ty.import("2020-01-02T03:04:05Z").await.unwrap(), made);
    let zoned = ty.plan(None, r#"{"rfc3339": "2020-01-02T03:04:05+02:00"}"#).await.planned.unwrap();
    assert_eq!((zoned.get("hour"), zoned.get("unix")), (Some(&Value::from(3)), Some(&Value::from(1_577_927_045))));
    let ty = Type::new("time_sleep").await;
    let made = ty.make(r#"{"create_duration": "10ms"}"#).await;
    let longer = ty.plan(Some(&made), r#"{"create_duration": "10h"}"#).await;
    assert_eq!(longer.requires_replace, []);
    assert!(!ty.provider.validate_resource(ty.ty, &ty.config("{}")).is_empty());
}

#[tokio::test]
async fn times_at_a_distance_follow_it() {
    let ty = Type::new("time_offset").await;
    let made = ty.make(r#"{"offset_days": 1, "offset_hours": -1}"#).await;
    assert_eq!((text(&made, "base_rfc3339"), text(&made, "rfc3339")), ("2026-02-13T12:30:00Z", "2026-02-14T11:30:00Z"));
    let other = ty.plan(Some(&made), r#"{"offset_months": 1}"#).await;
    assert_eq!(
        (text(other.planned.as_ref().unwrap(), "rfc3339"), other.requires_replace.len()),
        ("2026-03-13T12:30:00Z", 0)
    );
    assert_eq!(ty.plan(Some(&made), r#"{"offset_days": 1, "triggers": {"a": "b"}}"#).await.requires_replace.len(), 1);
    let found = ty.import("2026-01-31T00:00:00+01:00,,1,,,,").await.unwrap();
    assert_eq!(text(&found, "rfc3339"), "2026-03-03T00:00:00+01:00", "February has no 31st");
    assert!(ty.import("2026-01-31T00:00:00Z,,,,,,").await.is_err());
    assert!(!ty.provider.validate_resource(ty.ty, &ty.config("{}")).is_empty());
}

#[tokio::test]
async fn rotating_times_are_gone_once_they_have_passed() {
    let ty = Type::new("time_rotating").await;
    let made = ty.make(r#"{"rotation_days": 30}"#).await;
    assert_eq!((text(&made, "rotation_rfc3339"), text(&made, "id")), ("2026-03-15T12:30:00Z", "2026-02-13T12:30:00Z"));
    let shorter = ty.plan(Some(&made), r#"{"rotation_hours": 1}"#).await;
    let shorter = shorter.planned.unwrap();
    assert_eq!(text(&shorter, "rotation_rfc3339"), "2026-02-13T13:30:00Z");
    let read = async |prior: Value| {
        let request = ReadRequest { ty: ty.ty.into(), prior: Object::new(prior) };
        ty.configured.read(vec![request]).await.remove(0).unwrap().is_some()
    };
    assert!(read(shorter).await);
    let past = ty.import("2026-02-13T11:00:00Z,2026-02-13T12:29:59Z").await.unwrap();
    assert!(!read(past).await);
    let based = ty.make(r#"{"rfc3339": "2020-01-01T00:00:00Z", "rotation_years": 9, "rotation_days": 2}"#).await;
    assert_eq!(text(&based, "rotation_rfc3339"), "2029-01-01T00:00:00Z", "the last distance counts");
    assert_eq!(
        ty.plan(Some(&based), r#"{"rfc3339": "2021-01-01T00:00:00Z", "rotation_years": 9}"#)
            .await
            .requires_replace
            .len(),
        1
    );
}

async fn public_key(key: &str, pem: &str) -> Result<Value, Vec<terrane_provider::Problem>> {
    let tls = Type::new("tls_private_key").await;
    let schema = tls.provider.data_schema("tls_public_key").unwrap();
    let written = serde_json::Map::from_iter([(key.to_owned(), pem.into())]);
    let config = terrane_provider::sdk::decode_stored(&schema.block, &written).unwrap();
    let request = DataRequest { ty: "tls_public_key".into(), name: "data".into(), config };
    tls.configured.read_data(request).await
}

#[tokio::test]
async fn keys_are_made_in_all_their_forms() {
    let ty = Type::new("tls_private_key").await;
    let of = [
        (r#"{"algorithm": "RSA"}"#, "RSA PRIVATE KEY", "ssh-rsa "),
        (r#"{"algorithm": "ECDSA", "ecdsa_curve": "P256"}"#, "EC PRIVATE KEY", "ecdsa-sha2-nistp256 "),
        (r#"{"algorithm": "ECDSA", "ecdsa_curve": "P384"}"#, "EC PRIVATE KEY", "ecdsa-sha2-nistp384 "),
        (r#"{"algorithm": "ECDSA", "ecdsa_curve": "P521"}"#, "EC PRIVATE KEY", "ecdsa-sha2-nistp521 "),
        (r#"{"algorithm": "ED25519"}"#, "PRIVATE KEY", "ssh-ed25519 "),
    ];
    for (config, label, ssh) in of {
        let made = ty.make(config).await;
        assert!(text(&made, "private_key_pem").starts_with(&format!("-----BEGIN {label}-----\n")), "{config}");
        assert!(text(&made, "public_key_openssh").starts_with(ssh), "{config}");
        assert!(
            text(&made, "public_key_openssh").ends_with('\n') && text(&made, "public_key_pem").ends_with("-----\n")
        );
        for form in ["private_key_pem", "private_key_pem_pkcs8", "private_key_openssh"] {
            let key = if form == "private_key_openssh" { form } else { "private_key_pem" };
            let found = public_key(key, text(&made, form)).await.unwrap();
            for name in ["id", "public_key_pem", "public_key_openssh", "public_key_fingerprint_md5"] {
                assert_eq!(text(&found, name), text(&made, name), "{config} {form} {name}");
            }
        }
        let old = serde_json::json!({"algorithm": "x", "private_key_pem": text(&made, "private_key_pem"), "id": "old"});
        let upgraded = ty.provider.upgrade(ty.ty, 0, &old.to_string()).unwrap();
        assert_eq!(
            (text(&upgraded, "id"), upgraded.get("private_key_pem_pkcs8")),
            ("old", made.get("private_key_pem_pkcs8"))
        );
    }
    let schema = ty.provider.resource_schema(ty.ty).unwrap();
    let secret = schema.block.attributes.iter().filter(|(_, a)| a.sensitive).map(|(name, _)| name.to_string());
    assert_eq!(secret.collect::<Vec<_>>(), ["private_key_openssh", "private_key_pem", "private_key_pem_pkcs8"]);
}

#[tokio::test]
async fn keys_that_cannot_be_made_are_refused_early() {
    let ty = Type::new("tls_private_key").await;
    for (config, at) in [
        (r#"{"algorithm": "ECDSA"}"#, ".ecdsa_curve"),
        (r#"{"algorithm": "RSA", "rsa_bits": 1000}"#, ".rsa_bits"),
        (r#"{"algorithm": "RSA", "ecdsa_curve": "X"}"#, ".ecdsa_curve"),
        (r#"{"algorithm": "DSA"}"#, ".algorithm"),
    ] {
        let problems = ty.provider.validate_resource(ty.ty, &ty.config(config));
        assert_eq!(
            problems.iter().filter_map(|p| Some(p.path.as_ref()?.to_string())).collect::<Vec<_>>(),
            [at],
            "{problems:?}"
        );
    }
    assert!(public_key("private_key_pem", "x").await.is_err());
    let foreign = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----";
    assert!(public_key("private_key_pem", foreign).await.is_err());
}

#[tokio::test]
async fn null_objects_live_in_state_alone() {
    let ty = Type::new("null_resource").await;
    let made = ty.make(r#"{"triggers": {"a": "b"}}"#).await;
    assert!(text(&made, "id").parse::<u64>().is_ok());
    assert_eq!(ty.plan(Some(&made), "{}").await.requires_replace.len(), 1);
    let schema = ty.provider.data_schema("null_data_source").unwrap();
    let written = serde_json::from_str(r#"{"inputs": {"x": "y"}}"#).unwrap();
    let config = terrane_provider::sdk::decode_stored(&schema.block, &written).unwrap();
    let found = ty
        .configured
        .read_data(DataRequest { ty: "null_data_source".into(), name: "data".into(), config })
        .await
        .unwrap();
    assert_eq!(found.get("outputs"), found.get("inputs"));
    assert_eq!(text(&found, "has_computed_default"), "default");
}

#[tokio::test]
async fn files_are_written_noticed_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a/b.txt");
    let ty = Type::new("local_file").await;
    let config =
        format!(r#"{{"filename": {:?}, "content": "hello", "file_permission": "0640"}}"#, file.display().to_string());
    let made = ty.make(&config).await;
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "hello");
    assert_eq!(text(&made, "content_md5"), "5d41402abc4b2a76b9719d911017c592");
    assert_eq!(text(&made, "id"), "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d");
    let read = || async {
        let prior = Object::new(made.clone());
        ty.configured.read(vec![ReadRequest { ty: ty.ty.into(), prior }]).await.remove(0).unwrap()
    };
    assert!(read().await.is_some());
    std::fs::write(&file, "changed").unwrap();
    assert!(read().await.is_none(), "another content is another file");
    let change = Change::Delete { prior: Object::new(made.clone()) };
    let request = ApplyRequest { ty: ty.ty.into(), change, private: None, operation: "o".into(), resumed: None };
    assert_eq!(ty.configured.apply(request).await.problems, []);
    assert!(!file.exists());
    assert!(!ty.provider.validate_resource(ty.ty, &ty.config(r#"{"filename": "x"}"#)).is_empty());
}
