//! Instances for tests against an endpoint that stands in for AWS.

mod golden;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_config::BehaviorVersion;
use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_types::region::Region;
use terrane_provider::sdk::schema::TypeSchema;
use terrane_provider::sdk::{Create, DataSource, Failed, ResourceType, Update, complete};
use terrane_provider::{Object, PlanResponse, Problem};
use terrane_value::{Kind, Type, Value};

use crate::{AwsRules, Cloud, data_schema, resource_schema};

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
    let mut stages = vec![played("test", folder, test).await];
    if let (Some(endpoint), None) = (emulator(), std::env::var_os("UPDATE")) {
        fastrand::seed(1);
        let cloud = Arc::new(asking(&endpoint, "eu-west-1", "test", None).await);
        stages.push(Stage { cloud, suffix: own_suffix(test) });
    }
    stages
}

/// The recording `folder/test.http` alone, made anew with `UPDATE` set: for tests that take an emulator long.
///
/// `key` is the access key, and where it looks like one, the account id in the emulator.
pub async fn played(key: &str, folder: &str, test: &str) -> Stage {
    let (Some(endpoint), Some(_)) = (emulator(), std::env::var_os("UPDATE")) else {
        return scripted(folder, test).await;
    };
    fastrand::seed(1);
    let client = golden::recorded(file(folder, test), own_suffix(test), suffix(test));
    let cloud = Arc::new(asking(&endpoint, "eu-west-1", key, Some(client)).await);
    Stage { cloud, suffix: own_suffix(test) }
}

/// The recording `folder/test.http` alone: one of a play, or one that was written since the emulator lacks an operation.
pub async fn scripted(folder: &str, test: &str) -> Stage {
    fastrand::seed(1);
    let client = golden::replayed(&file(folder, test));
    let cloud = Arc::new(asking("http://127.0.0.1:1", "eu-west-1", "test", Some(client)).await);
    Stage { cloud, suffix: suffix(test) }
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

/// Creates an object, reads it, updates it for each further configuration, imports and lists it, and checks that: each
/// step does what was planned, what is read is what was made, and the next plan is empty. An import replaces nothing.
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
    let life = Life { cloud, ty, schema: resource_schema(ty.name()).expect("the type has a schema") };
    let (first, rest) = configs.split_first().expect("there is a first configuration");
    let (config, planned) = life.plan(None, first);
    let create = Create { planned: &planned, config: &config, operation: &operation };
    let made = done(ty, "create", ty.create(cloud, create).await);
    let (mut object, mut former) = (life.check("created", &planned, first, made).await, first);
    for written in rest {
        let (config, planned) = life.plan(Some(&object.value), written);
        let update = Update { prior: &object.value, planned: &planned, config: &config, operation: &operation };
        let made = done(ty, "update", ty.update(cloud, update).await);
        let before = std::mem::replace(&mut object, life.check("updated", &planned, written, made).await);
        life.drifts(&before, &object, former).await;
        former = written;
    }
    life.find(&object, configs.last().expect("a last configuration"), &identify(&object.value)).await;
    object
}

fn done(ty: &dyn ResourceType<Cloud>, step: &str, outcome: Result<Object, Failed>) -> Object {
    outcome.unwrap_or_else(|f| panic!("{} {step}: {:#?}", ty.name(), f.problems))
}

/// An object on its way through the steps of [`live`].
struct Life<'a> {
    cloud: &'a Cloud,
    ty: &'a dyn ResourceType<Cloud>,
    schema: Arc<TypeSchema>,
}

impl Life<'_> {
    /// The configuration in the shape of the schema, and what it is planned to lead to.
    fn plan(&self, prior: Option<&Value>, written: &Value) -> (Value, Value) {
        let config = self.config(written);
        let plan = self.response(prior, &config);
        let (ty, replace) = (self.ty.name(), &plan.requires_replace);
        assert!(replace.is_empty(), "{ty} is replaced for {replace:?}: {prior:#?}");
        (config, plan.planned.unwrap_or_else(|| panic!("{ty} has a plan")))
    }

    fn config(&self, written: &Value) -> Value {
        let ty = self.ty.name();
        self.schema.schema.block.coerce(written).unwrap_or_else(|e| panic!("{ty} fits its schema: {e:?}"))
    }

    fn response(&self, prior: Option<&Value>, config: &Value) -> PlanResponse {
        let plan = self.answer(prior, config);
        assert_eq!(plan.problems, [], "{} plans", self.ty.name());
        plan
    }

    fn answer(&self, prior: Option<&Value>, config: &Value) -> PlanResponse {
        self.ty.plan(self.cloud, prior, config, self.cloud.plan(&self.schema, prior, config))
    }

    fn complete(&self, known: &Value, object: &Object) -> Value {
        let (value, problems) = complete(&self.schema, &AwsRules, Some(known), &object.value);
        assert_eq!(problems, [], "{} answers by its schema", self.ty.name());
        assert!(value.is_wholly_known(), "{} answers all: {value:#?}", self.ty.name());
        value
    }

    async fn check(&self, step: &str, planned: &Value, written: &Value, made: Object) -> Object {
        let ty = self.ty.name();
        let object = Object::new(self.complete(planned, &made));
        for (side, name) in [(planned, "planned"), (written, "written")] {
            for (attribute, value) in side.fields().expect("an object").iter() {
                let got = object.value.get(attribute).unwrap_or_else(|| panic!("{ty} {step} has {attribute}"));
                assert!(
                    agrees(value, got),
                    "{ty} {step}: {attribute} is {name} {} and reads {}",
                    brief(value),
                    brief(got)
                );
            }
        }
        let seen = read(self.cloud, self.ty, &object).await.unwrap_or_else(|| panic!("{ty} {step} is there"));
        self.same(&format!("{step} and then read"), &object.value, &self.complete(&object.value, &seen));
        let (_, again) = self.plan(Some(&object.value), written);
        self.same(&format!("{step} and planned again"), &object.value, &again);
        object
    }

    fn same(&self, step: &str, before: &Value, after: &Value) {
        for (name, before) in before.fields().expect("an object").iter() {
            let after = after.get(name).expect("the same attributes");
            let ty = self.ty.name();
            assert!(before == after, "{ty} {step}: {name} was {} and is {}", brief(before), brief(after));
        }
    }

    /// Checks that the plan for a configuration sees what has changed behind its back, if the object is not gone.
    async fn drifts(&self, before: &Object, after: &Object, written: &Value) {
        let mut names = written.fields().expect("an object").names().iter();
        if names.all(|name| before.value.get(name) == after.value.get(name)) {
            return;
        }
        let ty = self.ty.name();
        let Some(seen) = read(self.cloud, self.ty, before).await else { return };
        let seen = self.complete(&before.value, &seen);
        // What cannot be taken back is refused.
        let plan = self.answer(Some(&seen), &self.config(written));
        let told = !plan.problems.is_empty() || plan.planned.is_some_and(|p| p != seen);
        assert!(told, "{ty} shows the drift from {written:#?}");
    }

    async fn find(&self, object: &Object, written: &Value, id: &str) {
        let ty = self.ty.name();
        if self.schema.import.format.is_none() {
            assert!(self.ty.import(self.cloud, id).is_err(), "{ty} cannot be imported");
            return;
        }
        let asked = self.ty.import(self.cloud, id).unwrap_or_else(|p| panic!("{ty} imports {id:?}: {p:#?}"));
        let found = read(self.cloud, self.ty, &asked).await.unwrap_or_else(|| panic!("{ty} {id:?} is there"));
        let found = self.complete(&asked.value, &found);
        if object.value.get("id").and_then(Value::as_str).is_some_and(|own| id.contains(own)) {
            assert_eq!(found.get("id"), object.value.get("id"), "{ty} imports under the same id");
        }
        let replaced = self.response(Some(&found), &self.config(written)).requires_replace;
        assert!(replaced.is_empty(), "{ty} is replaced for {replaced:?} once imported");
        let listed = self.ty.list(self.cloud).await.unwrap_or_else(|p| panic!("{ty} lists: {p:#?}"));
        assert!(listed.iter().any(|l| l == id), "{ty} lists {id:?} among {listed:?}");
    }
}

/// The attributes for which a configuration replaces an object.
pub fn replaces(cloud: &Cloud, ty: &dyn ResourceType<Cloud>, object: &Value, written: &Value) -> Vec<String> {
    let life = Life { cloud, ty, schema: resource_schema(ty.name()).expect("the type has a schema") };
    let replace = life.response(Some(object), &life.config(written)).requires_replace;
    replace.iter().map(|path| path.to_string().trim_start_matches('.').to_owned()).collect()
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

/// Whether an object reads as it was written, as far as it was: the order of elements does not count.
fn agrees(written: &Value, read: &Value) -> bool {
    match (written.kind(), read.kind()) {
        (Kind::Unknown(..), _) => true,
        (Kind::Object(written), Kind::Object(_)) => {
            written.iter().all(|(name, value)| read.get(name).is_some_and(|r| agrees(value, r)))
        }
        (Kind::Map(_, a), Kind::Map(_, b)) => a == b,
        (Kind::Null(_), _) => is_blank(read),
        _ => match (written.elements(), read.elements()) {
            (Some(a), Some(b)) => a.len() == b.len() && a.iter().all(|a| b.iter().any(|b| agrees(a, b))),
            _ => written == read,
        },
    }
}

/// A value in few characters.
fn brief(value: &Value) -> String {
    let parts = |open: &str, parts: Vec<String>, close: &str| format!("{open}{}{close}", parts.join(", "));
    match value.kind() {
        Kind::Null(_) => "null".to_owned(),
        Kind::Unknown(..) => "?".to_owned(),
        Kind::Bool(b) => b.to_string(),
        Kind::Number(n) => n.to_string(),
        Kind::String(s) => format!("{s:?}"),
        Kind::Map(_, f) | Kind::Object(f) => {
            parts("{", f.iter().map(|(k, v)| format!("{k}: {}", brief(v))).collect(), "}")
        }
        _ => parts("[", value.elements().unwrap_or_default().iter().map(brief).collect(), "]"),
    }
}

/// Whether a value says no more than that nothing is set, as older providers write null.
fn is_blank(value: &Value) -> bool {
    match value.kind() {
        Kind::Null(_) => true,
        Kind::Bool(b) => !b,
        Kind::Number(n) => n.as_i64() == Some(0),
        Kind::String(s) => s.is_empty(),
        Kind::Map(_, f) => f.is_empty(),
        _ => value.elements().is_some_and(<[Value]>::is_empty),
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
