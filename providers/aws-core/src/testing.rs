//! Instances for tests against an endpoint that stands in for AWS.

mod golden;
mod life;
mod same;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_config::BehaviorVersion;
use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_types::region::Region;
use terrane_provider::sdk::{DataSource, ResourceType, complete};
use terrane_provider::{Object, Problem};
use terrane_value::{Type, Value};

pub use golden::Amend;
pub use life::{Life, Made, lifecycle, live, replaces};

use crate::{AwsRules, Cloud, data_schema};

/// Where what plays against a recording believes AWS to be.
const NOWHERE: &str = "http://127.0.0.1:1";

/// The account that recordings name.
const ACCOUNT: &str = "123456789012";

/// The endpoint that tests run against, from `TERRANE_TEST_ENDPOINT`. Without it says aloud what is skipped.
pub fn endpoint(test: &str) -> Option<String> {
    let endpoint = emulator();
    if endpoint.is_none() {
        eprintln!("skipped: {test} needs an emulator; set TERRANE_TEST_ENDPOINT to its address");
    }
    endpoint
}

/// An instance whose services all are at `endpoint`, with credentials that no AWS accepts.
pub async fn cloud(endpoint: &str, region: &str) -> Arc<Cloud> {
    Arc::new(asking(endpoint, region, "test", None).await)
}

/// What a test plays against.
pub struct Stage {
    /// The instance.
    pub cloud: Arc<Cloud>,
    suffix: String,
}

impl Stage {
    /// A name for an object of the test, which no other run of it uses.
    pub fn name(&self, of: &str) -> String {
        format!("{of}{}", self.suffix)
    }
}

/// What a test plays against: the recording `folder/test.http` of an earlier play, and the emulator where there is one.
///
/// With `UPDATE` set, the emulator alone, and the recording is made anew.
pub async fn stages(folder: &str, test: &str) -> Vec<Stage> {
    stages_amended("test", folder, test, |_, _, _| None).await
}

/// The same, where answers of the emulator are amended. A recording is made with the access key `key`: see [`played`].
pub async fn stages_amended(key: &str, folder: &str, test: &str, amend: Amend) -> Vec<Stage> {
    let mut stages = vec![played_amended(key, folder, test, amend).await];
    if let (Some(endpoint), None) = (emulator(), std::env::var_os("UPDATE")) {
        fastrand::seed(1);
        let client = golden::amended(amend);
        let cloud = Arc::new(asking(&endpoint, "eu-west-1", "test", Some(client)).await);
        stages.push(Stage { cloud, suffix: own_suffix(test) });
    }
    stages
}

/// The recording `folder/test.http` alone, made anew with `UPDATE` set: for tests that take an emulator long.
///
/// `key` is the access key, and where it looks like one, the account id in the emulator; recordings name a fixed one.
pub async fn played(key: &str, folder: &str, test: &str) -> Stage {
    played_amended(key, folder, test, |_, _, _| None).await
}

async fn played_amended(key: &str, folder: &str, test: &str, amend: Amend) -> Stage {
    let (Some(endpoint), Some(_)) = (emulator(), std::env::var_os("UPDATE")) else {
        return scripted(folder, test).await;
    };
    fastrand::seed(1);
    let mut own = vec![(own_suffix(test), suffix(test))];
    own.extend(is_account(key).then(|| (key.to_owned(), ACCOUNT.to_owned())));
    let client = golden::recorded(file(folder, test), own, amend);
    let cloud = Arc::new(asking(&endpoint, "eu-west-1", key, Some(client)).await);
    Stage { cloud, suffix: own_suffix(test) }
}

/// The recording `folder/test.http` alone: one of a play, or one that was written since the emulator lacks an operation.
pub async fn scripted(folder: &str, test: &str) -> Stage {
    fastrand::seed(1);
    let client = golden::replayed(&file(folder, test));
    let cloud = Arc::new(asking(NOWHERE, "eu-west-1", "test", Some(client)).await);
    Stage { cloud, suffix: suffix(test) }
}

/// Whether an access key is the id of an account, as emulators take it.
fn is_account(key: &str) -> bool {
    key.len() == ACCOUNT.len() && key.bytes().all(|b| b.is_ascii_digit())
}

fn emulator() -> Option<String> {
    std::env::var("TERRANE_TEST_ENDPOINT").ok().filter(|e| !e.is_empty())
}

fn own_suffix(test: &str) -> String {
    format!("{}-{:x}", suffix(test), std::process::id())
}

fn file(folder: &str, test: &str) -> PathBuf {
    Path::new(folder).join(test).with_extension("http")
}

fn suffix(test: &str) -> String {
    format!("-{}", test.replace('_', "-"))
}

async fn asking(endpoint: &str, region: &str, key: &str, client: Option<SharedHttpClient>) -> Cloud {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(Credentials::from_keys(key, "test", None))
        .endpoint_url(endpoint)
        .retry_config(RetryConfig::disabled());
    if let Some(client) = client {
        loader = loader.http_client(client);
    }
    let mut cloud = Cloud::new(loader.load().await);
    cloud.s3_use_path_style = true;
    cloud
}

/// Reads a data source by its schema; `written` is its configuration.
pub async fn data(cloud: &Cloud, source: &dyn DataSource<Cloud>, written: &Value) -> Result<Value, Vec<Problem>> {
    let schema = data_schema(source.name()).expect("the source has a schema");
    let config = schema.schema.block.coerce(written).unwrap_or_else(|e| panic!("{} fits: {e:?}", source.name()));
    let answer = source.read(cloud, &config).await?;
    let (value, problems) = complete(&schema, &AwsRules, Some(&config), &answer);
    assert_eq!(problems, [], "{} answers by its schema", source.name());
    Ok(value)
}

/// Reads one object; what fails, fails the test.
pub async fn read(cloud: &Cloud, ty: &dyn ResourceType<Cloud>, object: &Object) -> Option<Object> {
    let mut outcomes = ty.read(cloud, std::slice::from_ref(object)).await;
    assert_eq!(outcomes.len(), 1, "{} answers each request once", ty.name());
    outcomes.remove(0).unwrap_or_else(|p| panic!("{} reads: {p:#?}", ty.name()))
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
