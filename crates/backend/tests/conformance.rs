//! What every store must do, asked of each of them. The S3 stores talk to the emulator at `TERRANE_TEST_ENDPOINT`,
//! the http store to the server at `TERRANE_TEST_STATES`.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;

use terrane_state::{Lease, LockInfo, Store, StoreError};
use terrane_value::Value;

fn info(id: &str) -> LockInfo {
    LockInfo {
        id: id.into(),
        operation: "OperationTypeApply".into(),
        who: "ana@build-7".into(),
        version: "1.12.0".into(),
        created: "2026-01-02T03:04:05Z".into(),
        ..LockInfo::default()
    }
}

/// A state that is this text.
fn text(text: &[u8]) -> impl Fn(&mut dyn std::io::Write) -> std::io::Result<()> {
    move |out| out.write_all(text)
}

/// The suite. `open` opens the same place anew each time, as another process would.
async fn conforms<F: Future<Output = Arc<dyn Store>>>(open: impl Fn() -> F) {
    let store = open().await;
    assert!(store.load().await.unwrap().is_none(), "a new place is empty");

    let first = store.save(&text(b"{\"serial\":1}"), None).await.unwrap();
    let loaded = open().await.load().await.unwrap().unwrap();
    assert_eq!((loaded.bytes.as_slice(), &loaded.version), (b"{\"serial\":1}".as_slice(), &first));

    let second = store.save(&text(b"{\"serial\":2}"), Some(&first)).await.unwrap();
    for stale in [None, Some(&first)] {
        let refused = open().await.save(&text(b"{\"serial\":9}"), stale).await;
        assert!(matches!(refused, Err(StoreError::Conflict)), "{refused:?}");
    }
    assert_eq!(store.load().await.unwrap().unwrap().version, second);

    let locked = store.lock(info("one")).await.unwrap();
    assert!(!locked.info.path.is_empty());
    match open().await.lock(info("two")).await {
        Err(StoreError::Held(Some(holder))) => assert_eq!(*holder, locked.info),
        other => panic!("a second lock must name the first: {other:?}"),
    }
    let third = store.save(&text(b"{\"serial\":3}"), Some(&second)).await.unwrap();
    assert!(matches!(open().await.lock(info("two")).await, Err(StoreError::Held(_))), "still locked after a write");
    assert!(matches!(store.unlock("two").await, Err(StoreError::NotLocked(_))));
    store.unlock("one").await.unwrap();
    assert!(matches!(store.unlock("one").await, Err(StoreError::NotLocked(_))));

    let other = open().await;
    other.lock(info("two")).await.unwrap();
    other.save(&text(b"{\"serial\":4}"), Some(&third)).await.unwrap();
    other.unlock("two").await.unwrap();
    assert_eq!(store.workspaces().await.unwrap()[0], "default");
}

/// What is removed is gone, can be removed again, and can be made anew.
async fn removes<F: Future<Output = Arc<dyn Store>>>(open: impl Fn() -> F) {
    let store = open().await;
    store.save(&text(b"{\"serial\":1}"), None).await.unwrap();
    store.remove().await.unwrap();
    assert!(open().await.load().await.unwrap().is_none());
    store.remove().await.unwrap();
    store.save(&text(b"{\"serial\":7}"), None).await.unwrap();
    assert_eq!(open().await.load().await.unwrap().unwrap().bytes, b"{\"serial\":7}");
}

/// A lock is renewed only by its holder, and taken away only while it is as it was seen.
async fn leases<F: Future<Output = Arc<dyn Store>>>(open: impl Fn() -> F) {
    let (store, other) = (open().await, open().await);
    assert!(other.holder().await.unwrap().is_none());
    let first = store.lock(info("one")).await.unwrap().info;
    assert_eq!(other.holder().await.unwrap(), Some(first.clone()));
    let renewed = LockInfo { lease: Some(Lease { expires: 77, ..Lease::default() }), ..first.clone() };
    store.renew(&renewed).await.unwrap();
    assert_eq!(other.holder().await.unwrap(), Some(renewed.clone()));
    assert!(matches!(other.renew(&info("two")).await, Err(StoreError::NotLocked(_))));
    let taken = other.take_over(&first, info("two")).await;
    assert!(matches!(taken, Err(StoreError::NotLocked(_))), "it has been renewed since");
    let second = other.take_over(&renewed, info("two")).await.unwrap().info;
    assert_eq!(store.holder().await.unwrap(), Some(second));
    let third = open().await.take_over(&renewed, info("three")).await;
    assert!(matches!(third, Err(StoreError::NotLocked(_))), "it was taken over before");
    for lost in [store.renew(&renewed).await, store.unlock("one").await] {
        assert!(matches!(lost, Err(StoreError::NotLocked(_))), "{lost:?}");
    }
    other.unlock("two").await.unwrap();
    other.lock(info("three")).await.unwrap();
}

/// Of many runs that lock at once, exactly one may get the lock.
async fn one_winner<F: Future<Output = Arc<dyn Store>>>(open: impl Fn() -> F) {
    let mut runs = tokio::task::JoinSet::new();
    for n in 0..20 {
        let store = open().await;
        runs.spawn(async move {
            let won = store.lock(info(&format!("run-{n}"))).await.is_ok();
            (won, store)
        });
    }
    let results = runs.join_all().await;
    assert_eq!(results.iter().filter(|(won, _)| *won).count(), 1);
}

/// What is stored is the newest version, and can be read as one.
async fn history<F: Future<Output = Arc<dyn Store>>>(open: impl Fn() -> F) {
    let store = open().await;
    assert!(store.versions(5).await.unwrap().is_empty());
    let first = store.save(&|out| out.write_all(b"{\"serial\":1}"), None).await.unwrap();
    store.save(&|out| out.write_all(b"{\"serial\":2}"), Some(&first)).await.unwrap();
    let versions = store.versions(5).await.unwrap();
    let newest = versions.first().unwrap();
    assert!(newest.current && !newest.deleted && newest.size == 12 && newest.stored > 0, "{versions:?}");
    assert_eq!(store.load_version(&newest.id).await.unwrap().bytes, b"{\"serial\":2}");
    if let Some(earlier) = versions.get(1) {
        assert_eq!(store.load_version(&earlier.id).await.unwrap().bytes, b"{\"serial\":1}");
    }
    assert!(store.load_version("nonsense").await.unwrap_err().to_string().contains("nonsense"));
    assert_eq!(store.versions(1).await.unwrap().len(), 1);
}

fn emulator() -> Option<String> {
    let endpoint = std::env::var("TERRANE_TEST_ENDPOINT").ok();
    if endpoint.is_none() {
        eprintln!("SKIPPED: needs the emulator; `cargo xtask test` starts it and sets TERRANE_TEST_ENDPOINT");
    }
    endpoint
}

fn s3_config(endpoint: &str, bucket: &str, lock: &[(&'static str, Value)]) -> Value {
    let endpoints = Value::object(["s3", "dynamodb", "sts"].map(|service| (service, Value::string(endpoint))));
    let base = [
        ("bucket", Value::string(bucket)),
        ("key", Value::string("team/app.tfstate")),
        ("region", Value::string("us-east-1")),
        ("access_key", Value::string("test")),
        ("secret_key", Value::string("test")),
        ("use_path_style", Value::from(true)),
        ("endpoints", endpoints),
    ];
    Value::object(base.into_iter().chain(lock.iter().cloned()))
}

/// Makes a fresh bucket and lock table, both under the same name.
async fn make(endpoint: &str) -> String {
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
    let name = format!("conformance-{}-{nanos}", std::process::id());
    let shared = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .region("us-east-1")
        .endpoint_url(endpoint)
        .credentials_provider(aws_credential_types::Credentials::new("test", "test", None, None, "test"))
        .load()
        .await;
    let s3 = aws_sdk_s3::config::Builder::from(&shared).force_path_style(true).build();
    aws_sdk_s3::Client::from_conf(s3).create_bucket().bucket(&name).send().await.unwrap();
    use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
    let key = KeySchemaElement::builder().attribute_name("LockID").key_type(KeyType::Hash).build().unwrap();
    let column = AttributeDefinition::builder().attribute_name("LockID").attribute_type(ScalarAttributeType::S);
    aws_sdk_dynamodb::Client::new(&shared)
        .create_table()
        .table_name(&name)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key)
        .attribute_definitions(column.build().unwrap())
        .send()
        .await
        .unwrap();
    name
}

async fn s3_conforms(lock: impl Fn(&str) -> Vec<(&'static str, Value)>) {
    let Some(endpoint) = emulator() else { return };
    let name = make(&endpoint).await;
    let config = s3_config(&endpoint, &name, &lock(&name));
    let open = |workspace: &'static str| {
        let config = config.clone();
        async move { terrane_backend::open("s3", &config, workspace, std::path::Path::new(".")).await.unwrap() }
    };
    conforms(|| open("default")).await;
    conforms(|| open("stage")).await;
    assert_eq!(open("default").await.workspaces().await.unwrap(), ["default", "stage"]);
    one_winner(|| open("race")).await;
    removes(|| open("gone")).await;
    leases(|| open("leased")).await;
    history(|| open("kept")).await;
}

#[tokio::test]
async fn local_conforms() {
    let folder = tempfile::tempdir().unwrap();
    let empty = Value::object(Vec::<(String, Value)>::new());
    let open = || async { terrane_backend::open("local", &empty, "default", folder.path()).await.unwrap() };
    conforms(open).await;
    one_winner(open).await;
    removes(|| async { terrane_backend::open("local", &empty, "gone", folder.path()).await.unwrap() }).await;
    history(|| async { terrane_backend::open("local", &empty, "kept", folder.path()).await.unwrap() }).await;
    let backup = std::fs::read(folder.path().join("terraform.tfstate.backup")).unwrap();
    assert_eq!(backup, b"{\"serial\":3}");
}

#[tokio::test]
async fn s3_with_a_lock_table_conforms() {
    s3_conforms(|name| vec![("dynamodb_table", Value::string(name))]).await;
}

#[tokio::test]
async fn s3_with_a_lock_object_conforms() {
    s3_conforms(|_| vec![("use_lockfile", Value::from(true))]).await;
}

#[tokio::test]
async fn s3_with_both_locks_conforms() {
    s3_conforms(|name| vec![("dynamodb_table", Value::string(name)), ("use_lockfile", Value::from(true))]).await;
}

/// The configuration of an http store below a path of the server, under a name that is used only once.
fn http_config(path: &str, more: &[(&'static str, Value)]) -> Option<Value> {
    let Ok(server) = std::env::var("TERRANE_TEST_STATES") else {
        eprintln!("SKIPPED: needs the state server; `cargo xtask test` starts it and sets TERRANE_TEST_STATES");
        return None;
    };
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
    let address = Value::string(format!("{server}/{path}/{}-{nanos}?team=a", std::process::id()));
    let base = ["address", "lock_address", "unlock_address"].map(|name| (name, address.clone()));
    Some(Value::object(base.into_iter().chain(more.iter().cloned())))
}

async fn http_conforms(path: &str, more: &[(&'static str, Value)]) {
    for suite in ["conforms", "one winner", "removes"] {
        let Some(config) = http_config(path, more) else { return };
        let open =
            || async { terrane_backend::open("http", &config, "default", std::path::Path::new(".")).await.unwrap() };
        match suite {
            "conforms" => conforms(open).await,
            "one winner" => one_winner(open).await,
            _ => removes(open).await,
        }
    }
}

#[tokio::test]
async fn http_conforms_without_tags() {
    http_conforms("plain", &[("update_method", Value::string("PUT"))]).await;
}

#[tokio::test]
async fn http_conforms_with_tags() {
    http_conforms("tagged", &[]).await;
}

#[tokio::test]
async fn http_conforms_with_a_login() {
    http_conforms("private", &[("username", Value::string("ana")), ("password", Value::string("secret"))]).await;
    let wrong =
        [("username", Value::string("ana")), ("password", Value::string("wrong")), ("retry_max", Value::from(0))];
    for (login, part) in [(&wrong[..2], "403"), (&wrong[2..], "TF_HTTP_USERNAME")] {
        let Some(config) = http_config("private", login) else { return };
        let store = terrane_backend::open("http", &config, "default", std::path::Path::new(".")).await.unwrap();
        let error = store.load().await.unwrap_err().to_string();
        assert!(error.contains(part) && !error.contains("wrong") && !error.contains("team"), "{error}");
    }
}

#[tokio::test]
async fn http_has_no_history() {
    let config = Value::object([("address", Value::string("http://127.0.0.1:9/state"))]);
    let store = terrane_backend::open("http", &config, "default", std::path::Path::new(".")).await.unwrap();
    for refused in [store.versions(5).await.map(drop), store.load_version("1").await.map(drop)] {
        assert!(refused.unwrap_err().to_string().contains("has no history"));
    }
}

#[tokio::test]
async fn http_has_one_workspace() {
    let config = Value::object([("address", Value::string("http://127.0.0.1:9/state"))]);
    let refused = terrane_backend::open("http", &config, "stage", std::path::Path::new(".")).await;
    assert!(refused.is_err_and(|e| e.message.contains("\"stage\"")));
}

#[tokio::test]
async fn a_missing_bucket_is_named() {
    let Some(endpoint) = emulator() else { return };
    let config = s3_config(&endpoint, "there-is-no-such-bucket", &[]);
    let store = terrane_backend::open("s3", &config, "default", std::path::Path::new(".")).await.unwrap();
    let error = store.load().await.unwrap_err().to_string();
    assert!(error.contains("\"there-is-no-such-bucket\"") && error.contains("Create it"), "{error}");
}
