//! The life of an object, step by step, as an engine would lead it.

use std::sync::Arc;

use terrane_aws_core::{AwsRules, Cloud, data_schema, resource_schema, testing};
use terrane_provider::sdk::schema::TypeSchema;
use terrane_provider::sdk::{Args, Create, ResourceType, Update, complete};
use terrane_provider::{Object, PlanResponse, Problem};
use terrane_value::{Kind, Path, Type, Value};

/// A resource type with its schema.
pub struct Life {
    cloud: Arc<Cloud>,
    ty: Box<dyn ResourceType<Cloud>>,
    schema: Arc<TypeSchema>,
}

/// An object of a resource type.
pub struct Made {
    pub object: Object,
    life: Life,
    config: Value,
}

/// An instance for tests, unless there is no emulator to test against.
pub async fn cloud(test: &str) -> Option<Arc<Cloud>> {
    Some(testing::cloud(&testing::endpoint(test)?, "eu-west-1").await)
}

/// Reads a data source.
pub async fn data(cloud: &Arc<Cloud>, name: &str, written: Value) -> Value {
    let schema = data_schema(name).unwrap();
    let answer = read_data(cloud, name, written).await.unwrap_or_else(|p| panic!("{name} reads: {p:#?}"));
    let (value, problems) = complete(&schema, &AwsRules, None, &answer);
    assert!(problems.is_empty(), "{name} answers in the shape of its schema: {problems:#?}");
    value
}

/// Reads a data source that has no answer.
pub async fn data_problems(cloud: &Arc<Cloud>, name: &str, written: Value) -> Vec<Problem> {
    read_data(cloud, name, written).await.expect_err("it has no answer")
}

async fn read_data(cloud: &Arc<Cloud>, name: &str, written: Value) -> Result<Value, Vec<Problem>> {
    let config = data_schema(name).unwrap().schema.block.coerce(&written).unwrap();
    let source = terrane_aws_ec2::data_sources().into_iter().find(|s| s.name() == name).unwrap();
    source.read(cloud, &config).await
}

impl Life {
    /// The type of this name.
    pub fn of(cloud: &Arc<Cloud>, name: &str) -> Life {
        let ty = terrane_aws_ec2::resources().into_iter().find(|t| t.name() == name);
        let (ty, schema) = (ty.unwrap_or_else(|| panic!("{name} is a type")), resource_schema(name).unwrap());
        Life { cloud: cloud.clone(), ty, schema }
    }

    fn name(&self) -> &'static str {
        self.ty.name()
    }

    /// The configuration in which this is written; attributes that are written as blocks need not be whole.
    fn config(&self, written: &Value) -> Value {
        let whole = written.fields().unwrap().map(|name, value| {
            let attribute = self.schema.schema.block.attributes.get(name).filter(|a| a.as_blocks);
            attribute.map_or_else(|| value.clone(), |a| fill(value, a.ty.element().unwrap()))
        });
        self.schema.schema.block.coerce(&Value::from_kind(Kind::Object(whole))).unwrap()
    }

    /// Plans as the provider does: from the schema, then by the type.
    fn plan(&self, prior: Option<&Value>, config: &Value) -> PlanResponse {
        let plan = self.cloud.plan(&self.schema, prior, config);
        let plan = self.ty.plan(&self.cloud, prior, config, plan);
        let errors: Vec<_> = plan.problems.iter().filter(|p| p.is_error()).collect();
        assert!(errors.is_empty(), "{} plans: {errors:#?}", self.name());
        plan
    }

    fn complete(&self, known: Option<&Value>, answer: Object) -> Object {
        let (value, problems) = complete(&self.schema, &AwsRules, known, &answer.value);
        assert!(problems.is_empty(), "{} answers in the shape of its schema: {problems:#?}", self.name());
        assert!(value.is_wholly_known(), "{} answers what is known: {value:#?}", self.name());
        Object { value, ..answer }
    }

    /// Reads an object as it is now.
    pub async fn read(&self, object: &Object) -> Option<Object> {
        let now = testing::read(&self.cloud, &*self.ty, object).await?;
        Some(self.complete(Some(&object.value), now))
    }

    /// Makes an object, and checks that it is as planned, reads as it was made, and needs no change.
    pub async fn make(self, written: Value) -> Made {
        let config = self.config(&written);
        let plan = self.plan(None, &config).planned.unwrap();
        let operation = operation(&self.cloud);
        let create = Create { planned: &plan, config: &config, operation: &operation };
        let made = self.ty.create(&self.cloud, create).await;
        let made = made.unwrap_or_else(|f| panic!("{} creates: {:#?}", self.name(), f.problems));
        let object = self.complete(Some(&plan), made);
        let mut made = Made { object, life: self, config };
        made.settle(&plan).await;
        made
    }

    /// Fails to make an object, and returns what there is of it.
    pub async fn fail(self, written: Value) -> (Made, Vec<Problem>) {
        let config = self.config(&written);
        let plan = self.plan(None, &config).planned.unwrap();
        let create = Create { planned: &plan, config: &config, operation: "0" };
        let failed = self.ty.create(&self.cloud, create).await.expect_err("it cannot be made");
        let half = failed.object.expect("it is there all the same");
        let object = self.complete(Some(&plan), half);
        (Made { object, life: self, config }, failed.problems)
    }

    /// Takes an object through its life: create, update, import, list, delete.
    ///
    /// `import` makes the import id; the attributes in `ignored` cannot be imported.
    pub async fn lead(self, configs: &[Value], import: impl Fn(Args<'_>) -> String, ignored: &[&str]) -> Value {
        let mut made = self.make(configs[0].clone()).await;
        for config in &configs[1..] {
            made.update(config.clone()).await;
        }
        made.import(&import(Args(&made.object.value)), ignored).await;
        made.remove().await
    }
}

impl Made {
    /// The text of an attribute.
    pub fn text(&self, name: &str) -> String {
        Args(&self.object.value).string(name).unwrap_or_else(|| panic!("{} has {name}", self.life.name()))
    }

    /// The whole number of an attribute.
    pub fn number(&self, name: &str) -> i64 {
        Args(&self.object.value).i64(name).unwrap_or_else(|| panic!("{} has {name}", self.life.name()))
    }

    /// The id, as a value for the configuration of others.
    pub fn id(&self) -> Value {
        Value::string(self.text("id"))
    }

    /// The plan for a configuration.
    pub fn plan(&self, written: &Value) -> PlanResponse {
        self.life.plan(Some(&self.object.value), &self.life.config(written))
    }

    /// Changes the object in place, and checks that it is as planned, reads as it was changed, and needs no change.
    pub async fn update(&mut self, written: Value) {
        let (life, config) = (&self.life, self.life.config(&written));
        let plan = life.plan(Some(&self.object.value), &config);
        assert_eq!(plan.requires_replace, Vec::<Path>::new(), "{} changes in place", life.name());
        let planned = plan.planned.unwrap();
        assert_ne!(planned, self.object.value, "{} sees the change", life.name());
        let operation = operation(&life.cloud);
        let (prior, config) = (&self.object.value, &config);
        let update = Update { prior, planned: &planned, config, operation: &operation };
        let changed = life.ty.update(&life.cloud, update).await;
        let changed = changed.unwrap_or_else(|f| panic!("{} updates: {:#?}", life.name(), f.problems));
        let object = life.complete(Some(&planned), changed);
        (self.object, self.config) = (object, config.clone());
        self.settle(&planned).await;
    }

    /// Checks the object against the plan it came from, against what it reads as, and against the next plan.
    async fn settle(&mut self, planned: &Value) {
        let (name, object) = (self.life.name(), &self.object);
        differences(&Path::root(), planned, &object.value, &mut |path, a, b| {
            panic!("{name}{path} is planned as {a:#?} and made as {b:#?}")
        });
        let read = self.life.read(object).await.unwrap_or_else(|| panic!("{name} is there"));
        differences(&Path::root(), &object.value, &read.value, &mut |path, a, b| {
            panic!("{name}{path} is made as {a:#?} and reads {b:#?}")
        });
        let plan = self.life.plan(Some(&read.value), &self.config);
        differences(&Path::root(), &read.value, plan.planned.as_ref().unwrap(), &mut |path, a, b| {
            panic!("{name}{path} reads {a:#?} and is planned as {b:#?} though nothing changed")
        });
        assert_eq!(plan.requires_replace, Vec::<Path>::new(), "{name} needs no replacement");
    }

    /// Imports the object and checks that it then needs no change; finds it in the list.
    pub async fn import(&self, id: &str, ignored: &[&str]) {
        let (life, name) = (&self.life, self.life.name());
        let found = life.ty.import(&life.cloud, id).unwrap_or_else(|p| panic!("{name} imports {id:?}: {p:#?}"));
        let found =
            testing::read(&life.cloud, &*life.ty, &found).await.unwrap_or_else(|| panic!("{name} {id} is there"));
        let imported = life.complete(None, found);
        assert_eq!(imported.value.get("id"), self.object.value.get("id"), "{name} imports under the same id");
        let plan = life.plan(Some(&imported.value), &self.config);
        differences(&Path::root(), &imported.value, plan.planned.as_ref().unwrap(), &mut |path, a, b| {
            let top = path.to_string();
            let ignored = ignored.iter().chain(&["timeouts"]).any(|i| top.starts_with(&format!(".{i}")));
            assert!(ignored, "{name}{path} is imported as {a:#?} and planned as {b:#?}");
        });
        let listed = life.ty.list(&life.cloud).await.unwrap_or_else(|p| panic!("{name} lists: {p:#?}"));
        assert!(listed.iter().any(|l| l == id), "{name} lists {id:?} among {listed:?}");
    }

    /// Removes the object once, and checks that it is gone.
    pub async fn remove_once(self) -> Value {
        let life = &self.life;
        let removed = life.ty.delete(&life.cloud, &self.object).await;
        removed.unwrap_or_else(|f| panic!("{} deletes: {:#?}", life.name(), f.problems));
        assert_eq!(life.read(&self.object).await, None, "{} is gone", life.name());
        self.object.value
    }

    /// The object as an import id finds it.
    pub async fn imported(&self, id: &str) -> Value {
        let (life, name) = (&self.life, self.life.name());
        let found = life.ty.import(&life.cloud, id).unwrap_or_else(|p| panic!("{name} imports {id:?}: {p:#?}"));
        let found = testing::read(&life.cloud, &*life.ty, &found).await;
        life.complete(None, found.unwrap_or_else(|| panic!("{name} {id} is there"))).value
    }

    /// Removes the object, twice, and checks that it is gone.
    pub async fn remove(self) -> Value {
        let life = &self.life;
        for _ in 0..2 {
            let removed = life.ty.delete(&life.cloud, &self.object).await;
            removed.unwrap_or_else(|f| panic!("{} deletes: {:#?}", life.name(), f.problems));
            assert_eq!(life.read(&self.object).await, None, "{} is gone", life.name());
        }
        self.object.value
    }

    /// The attributes for which a configuration would replace the object.
    pub fn replaces(&self, written: Value) -> Vec<String> {
        let paths = self.plan(&written).requires_replace;
        paths.iter().map(|path| path.to_string().trim_start_matches('.').to_owned()).collect()
    }

    /// Checks that a plan for the former configuration sees what has become of the object since.
    pub async fn drifted(&self, before: &Object, written: &Value) {
        let now = self.life.read(before).await.unwrap();
        let plan = self.life.plan(Some(&now.value), &self.life.config(written));
        assert_ne!(plan.planned.as_ref(), Some(&now.value), "{} sees the drift", self.life.name());
    }

    /// Lets go of an object that stays when it is removed.
    pub async fn release(self) {
        let life = &self.life;
        life.ty.delete(&life.cloud, &self.object).await.unwrap();
        assert!(life.read(&self.object).await.is_some(), "{} stays", life.name());
    }

    /// The object as it reads now.
    pub async fn read(&self) -> Object {
        self.life.read(&self.object).await.unwrap()
    }
}

/// A name for an operation: a new one each time, as emulators remember them, but always the same ones in recordings.
fn operation(cloud: &Cloud) -> String {
    let endpoint = cloud.config(cloud.default_region()).endpoint_url().map(str::to_owned);
    let recorded = std::env::var_os("UPDATE").is_some() || endpoint.as_deref() == Some("http://127.0.0.1:1");
    let now = std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_nanos() as u64);
    let own = if recorded { 0 } else { now ^ u64::from(std::process::id()) << 40 };
    format!("{:016x}", fastrand::u64(..) ^ own)
}

/// The objects of a tuple with the attributes that their type has and they lack.
fn fill(value: &Value, ty: &Type) -> Value {
    let Type::Object(object) = ty else { return value.clone() };
    let whole = |v: &Value| {
        let of =
            |(name, ty): (&Arc<str>, &Type)| (name.clone(), v.get(name).cloned().unwrap_or(Value::null(ty.clone())));
        Value::object(object.attributes.iter().map(of))
    };
    Value::tuple(value.elements().unwrap().iter().map(whole))
}

/// Tells each part of `b` that differs from what is known in `a`.
fn differences(path: &Path, a: &Value, b: &Value, tell: &mut dyn FnMut(&Path, &Value, &Value)) {
    if a == b || !a.is_known() {
        return;
    }
    match (a.kind(), b.kind()) {
        (Kind::Object(fields), Kind::Object(_)) => {
            for (name, a) in fields.iter() {
                differences(&path.attr(name.clone()), a, b.get(name).unwrap_or(&Value::dynamic()), tell);
            }
        }
        (Kind::List(_, x), Kind::List(_, y)) if x.len() == y.len() => {
            for (i, (a, b)) in x.iter().zip(y.iter()).enumerate() {
                differences(&path.index(i), a, b, tell);
            }
        }
        (Kind::Set(_, x), Kind::Set(_, y)) if x.len() == y.len() && !a.is_wholly_known() => {}
        _ => tell(path, a, b),
    }
}
