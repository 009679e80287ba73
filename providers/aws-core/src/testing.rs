//! Instances for tests against an endpoint that stands in for AWS.

use std::sync::Arc;

use aws_config::BehaviorVersion;
use aws_credential_types::Credentials;
use aws_smithy_types::retry::RetryConfig;
use aws_types::region::Region;
use terrane_provider::Object;
use terrane_provider::sdk::{Create, Failed, ResourceType, Update};
use terrane_value::{Kind, Type, Value};

use crate::Cloud;

/// The endpoint that tests run against, from `TERRANE_TEST_ENDPOINT`. Without it says aloud what is skipped.
pub fn endpoint(test: &str) -> Option<String> {
    let endpoint = std::env::var("TERRANE_TEST_ENDPOINT").ok().filter(|e| !e.is_empty());
    if endpoint.is_none() {
        eprintln!("skipped: {test} needs an emulator; set TERRANE_TEST_ENDPOINT to its address");
    }
    endpoint
}

/// An instance whose services all are at `endpoint`, with credentials that no AWS accepts.
pub async fn cloud(endpoint: &str, region: &str) -> Arc<Cloud> {
    let credentials = Credentials::from_keys("test", "test", None);
    let sdk = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(credentials)
        .endpoint_url(endpoint)
        .retry_config(RetryConfig::disabled())
        .load()
        .await;
    let mut cloud = Cloud::new(sdk);
    cloud.s3_use_path_style = true;
    Arc::new(cloud)
}

/// Takes an object of a type through its life and checks every step: [`live`], delete, read, delete again.
pub async fn lifecycle(
    cloud: &Cloud,
    ty: &dyn ResourceType<Cloud>,
    configs: &[Value],
    identify: impl Fn(&Value) -> String,
) -> Value {
    let object = live(cloud, ty, configs, identify).await;
    for _ in 0..2 {
        ty.delete(cloud, &object).await.unwrap_or_else(|f| panic!("{} deletes: {:#?}", ty.name(), f.problems));
        assert_eq!(read(cloud, ty, &object).await, None, "{} is gone", ty.name());
    }
    object.value
}

/// Creates an object, reads it, updates it for each further configuration, imports and lists it, and checks all that.
///
/// Each configuration is what is written, attributes by name; blocks are tuples of objects. `identify` gives the import
/// id of the object.
pub async fn live(
    cloud: &Cloud,
    ty: &dyn ResourceType<Cloud>,
    configs: &[Value],
    identify: impl Fn(&Value) -> String,
) -> Object {
    let operation = format!("{:016x}", fastrand::u64(..));
    let (first, rest) = configs.split_first().expect("there is a first configuration");
    let create = Create { planned: first, config: first, operation: &operation };
    let mut object = done(ty, "create", ty.create(cloud, create).await);
    check(ty, "created", first, &object.value);
    assert_eq!(read(cloud, ty, &object).await.as_ref(), Some(&object), "{} reads as it was created", ty.name());
    let mut written = first;
    for config in rest {
        let planned = overlay(&object.value, written, config);
        let update = Update { prior: &object.value, planned: &planned, config, operation: &operation };
        object = done(ty, "update", ty.update(cloud, update).await);
        check(ty, "updated", config, &object.value);
        assert_eq!(read(cloud, ty, &object).await.as_ref(), Some(&object), "{} reads as it was updated", ty.name());
        written = config;
    }
    let id = identify(&object.value);
    let imported = ty.import(cloud, &id).unwrap_or_else(|p| panic!("{} imports {id:?}: {p:#?}", ty.name()));
    let imported = read(cloud, ty, &imported).await.unwrap_or_else(|| panic!("{} {id:?} is there", ty.name()));
    assert_eq!(imported.value.get("id"), object.value.get("id"), "{} imports under the same id", ty.name());
    let listed = ty.list(cloud).await.unwrap_or_else(|p| panic!("{} lists: {p:#?}", ty.name()));
    assert!(listed.contains(&id), "{} lists {id:?} among {listed:?}", ty.name());
    object
}

fn done(ty: &dyn ResourceType<Cloud>, step: &str, outcome: Result<Object, Failed>) -> Object {
    outcome.unwrap_or_else(|f| panic!("{} {step}: {:#?}", ty.name(), f.problems))
}

/// Reads one object; what fails, fails the test.
pub async fn read(cloud: &Cloud, ty: &dyn ResourceType<Cloud>, object: &Object) -> Option<Object> {
    let mut outcomes = ty.read(cloud, std::slice::from_ref(object)).await;
    assert_eq!(outcomes.len(), 1, "{} answers each request once", ty.name());
    outcomes.remove(0).unwrap_or_else(|p| panic!("{} reads: {p:#?}", ty.name()))
}

/// The plan for an update: the object with what is written now, and without what was written before.
fn overlay(prior: &Value, before: &Value, now: &Value) -> Value {
    let pairs = |value: &Value| -> Vec<(Arc<str>, Value)> {
        let fields = value.fields().expect("an object");
        fields.iter().map(|(n, v)| (n.clone(), v.clone())).collect()
    };
    let gone = pairs(before).into_iter().map(|(name, value)| (name, Value::null(value.ty())));
    let unknown = [(Arc::from("tags_all"), Value::unknown(Type::map(Type::String)))];
    Value::object(pairs(prior).into_iter().chain(gone).chain(pairs(now)).chain(unknown))
}

fn check(ty: &dyn ResourceType<Cloud>, step: &str, written: &Value, object: &Value) {
    let fields = written.fields().expect("an object");
    for (name, value) in fields.iter() {
        let read = object.get(name).unwrap_or_else(|| panic!("{} {step} has {name}: {object:#?}", ty.name()));
        assert!(agrees(value, read), "{} {step}: {name} is written {value:#?} and reads {read:#?}", ty.name());
    }
}

/// Whether an object reads as it was written, as far as it was: the order of elements does not count.
fn agrees(written: &Value, read: &Value) -> bool {
    match (written.kind(), read.kind()) {
        (Kind::Object(written), Kind::Object(_)) => {
            written.iter().all(|(name, value)| read.get(name).is_some_and(|r| agrees(value, r)))
        }
        (Kind::Map(_, a), Kind::Map(_, b)) => a == b,
        _ => match (written.elements(), read.elements()) {
            (Some(a), Some(b)) => a.len() == b.len() && a.iter().all(|a| b.iter().any(|b| agrees(a, b))),
            _ => written == read,
        },
    }
}

/// A map of strings.
pub fn map<const N: usize>(pairs: [(&str, &str); N]) -> Value {
    Value::map(Type::String, pairs.map(|(k, v)| (k, Value::string(v))))
}

/// A set of strings.
pub fn set<const N: usize>(values: [&str; N]) -> Value {
    Value::set(Type::String, values.map(Value::string))
}

/// A list of strings.
pub fn list<const N: usize>(values: [&str; N]) -> Value {
    Value::list(Type::String, values.map(Value::string))
}

/// Nested blocks, or with one element the only one.
pub fn blocks<const N: usize>(blocks: [Value; N]) -> Value {
    Value::tuple(blocks)
}
