//! Instances for tests against an endpoint that stands in for AWS.

use std::sync::Arc;

use aws_config::BehaviorVersion;
use aws_credential_types::Credentials;
use aws_smithy_types::retry::RetryConfig;
use aws_types::region::Region;
use terrane_provider::sdk::schema::TypeSchema;
use terrane_provider::sdk::{Create, Failed, ResourceType, Update, complete};
use terrane_provider::{Object, PlanResponse};
use terrane_value::{Kind, Type, Value};

use crate::{AwsRules, Cloud, resource_schema};

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
    let mut object = life.check("created", &planned, first, made).await;
    for written in rest {
        let (config, planned) = life.plan(Some(&object.value), written);
        let update = Update { prior: &object.value, planned: &planned, config: &config, operation: &operation };
        let made = done(ty, "update", ty.update(cloud, update).await);
        object = life.check("updated", &planned, written, made).await;
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
        let plan = self.cloud.plan(&self.schema, prior, config);
        let plan = self.ty.plan(self.cloud, prior, config, plan);
        assert_eq!(plan.problems, [], "{} plans", self.ty.name());
        plan
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

    async fn find(&self, object: &Object, written: &Value, id: &str) {
        let ty = self.ty.name();
        let asked = self.ty.import(self.cloud, id).unwrap_or_else(|p| panic!("{ty} imports {id:?}: {p:#?}"));
        let found = read(self.cloud, self.ty, &asked).await.unwrap_or_else(|| panic!("{ty} {id:?} is there"));
        let found = self.complete(&asked.value, &found);
        assert_eq!(found.get("id"), object.value.get("id"), "{ty} imports under the same id");
        let replaced = self.response(Some(&found), &self.config(written)).requires_replace;
        assert!(replaced.is_empty(), "{ty} is replaced for {replaced:?} once imported");
        let listed = self.ty.list(self.cloud).await.unwrap_or_else(|p| panic!("{ty} lists: {p:#?}"));
        assert!(listed.iter().any(|l| l == id), "{ty} lists {id:?} among {listed:?}");
    }
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
