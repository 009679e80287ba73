//! The life of an object, step by step, as an engine would lead it.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use terrane_provider::sdk::schema::TypeSchema;
use terrane_provider::sdk::{Args, Create, ResourceType, Update, complete};
use terrane_provider::{Object, PlanResponse, Problem};
use terrane_value::{Kind, Path, Type, Value};

use super::same::{agrees, brief, differences, is_blank};
use super::{ACCOUNT, NOWHERE, read};
use crate::{AwsRules, Cloud, identity, resource_schema, split_region};

/// A resource type with its schema, and where its objects are.
#[derive(Clone)]
pub struct Life<'a> {
    cloud: &'a Cloud,
    ty: &'a dyn ResourceType<Cloud>,
    schema: Arc<TypeSchema>,
}

/// An object of a resource type.
pub struct Made<'a> {
    /// The object as it was made, or last changed.
    pub object: Object,
    life: Life<'a>,
    written: Value,
    operation: u64,
}

impl<'a> Life<'a> {
    /// The objects of a type.
    pub fn of(cloud: &'a Cloud, ty: &'a dyn ResourceType<Cloud>) -> Life<'a> {
        let schema = resource_schema(ty.name()).unwrap_or_else(|| panic!("{} has a schema", ty.name()));
        Life { cloud, ty, schema }
    }

    fn name(&self) -> &'static str {
        self.ty.name()
    }

    /// The configuration in which this is written; attributes that are written as blocks need not be whole.
    fn config(&self, written: &Value) -> Value {
        let name = self.name();
        let fields = written.fields().unwrap_or_else(|| panic!("{name} is written as an object"));
        let whole = fields.map(|attribute, value| {
            let blocks = self.schema.schema.block.attributes.get(attribute).filter(|a| a.as_blocks);
            blocks.and_then(|a| a.ty.element()).map_or_else(|| value.clone(), |element| fill(value, element))
        });
        let config = self.schema.schema.block.coerce(&Value::from_kind(Kind::Object(whole)));
        config.unwrap_or_else(|e| panic!("{name} fits its schema: {e:?}"))
    }

    /// Plans as the provider does: from the schema, then by the type.
    fn response(&self, prior: Option<&Value>, config: &Value) -> PlanResponse {
        self.ty.plan(self.cloud, prior, config, self.cloud.plan(&self.schema, prior, config))
    }

    /// A plan without errors.
    fn plan(&self, prior: Option<&Value>, config: &Value) -> (PlanResponse, Value) {
        let plan = self.response(prior, config);
        let errors: Vec<_> = plan.problems.iter().filter(|p| p.is_error()).collect();
        assert!(errors.is_empty(), "{} plans: {errors:#?}", self.name());
        let planned = plan.planned.clone().unwrap_or_else(|| panic!("{} has a plan", self.name()));
        (plan, planned)
    }

    fn complete(&self, known: &Value, answer: Object) -> Object {
        let (value, problems) = complete(&self.schema, &AwsRules, Some(known), &answer.value);
        assert!(problems.is_empty(), "{} answers in the shape of its schema: {problems:#?}", self.name());
        assert!(value.is_wholly_known(), "{} answers what is known: {value:#?}", self.name());
        Object { value, ..answer }
    }

    /// What names an object, if its type has identities.
    fn identity(&self, object: &Object) -> Option<Value> {
        let shape = self.schema.identity.as_ref()?;
        identity::of(&shape.block, ACCOUNT, &object.value)
    }

    /// Reads an object as it is now.
    pub async fn read(&self, object: &Object) -> Option<Object> {
        let now = read(self.cloud, self.ty, object).await?;
        Some(self.complete(&object.value, now))
    }

    /// Makes an object, and checks that it is as planned, reads as it was made, and needs no change.
    pub async fn make(self, written: Value) -> Made<'a> {
        let made = self.begin(written).await;
        let (made, planned) = made.unwrap_or_else(|(made, problems)| {
            panic!("{} creates: {problems:#?}", made.life.name());
        });
        made.settle(&planned).await;
        made
    }

    /// Makes an object and checks nothing: for what a test only stands on.
    pub async fn given(self, written: Value) -> Made<'a> {
        let made = self.begin(written).await;
        made.unwrap_or_else(|(made, problems)| panic!("{} creates: {problems:#?}", made.life.name())).0
    }

    /// Fails to make an object, and returns what there is of it.
    pub async fn fail(self, written: Value) -> (Made<'a>, Vec<Problem>) {
        self.begin(written).await.err().expect("it cannot be made")
    }

    async fn begin(self, written: Value) -> Result<(Made<'a>, Value), (Made<'a>, Vec<Problem>)> {
        let (config, operation) = (self.config(&written), first_operation(self.cloud));
        let (_, planned) = self.plan(None, &config);
        let create = Create { planned: &planned, config: &config, operation: &format!("{operation:016x}") };
        let outcome = self.ty.create(self.cloud, create).await;
        let made = outcome.as_ref().map_or_else(|failed| failed.object.as_ref(), Some);
        if let Some(made) = made.filter(|_| self.ty.is_marked()) {
            self.ty.confirm(self.cloud, &made.value).await;
        }
        let made = |life: Life<'a>, object, written| Made { object, life, written, operation };
        match outcome {
            Ok(object) => {
                let object = self.complete(&planned, object);
                Ok((made(self, object, written), planned))
            }
            Err(failed) => {
                let name = self.name();
                let half = failed.object.unwrap_or_else(|| panic!("{name} leaves nothing: {:#?}", failed.problems));
                let object = self.complete(&planned, half);
                Err((made(self, object, written), failed.problems))
            }
        }
    }

    /// Takes an object through its whole life: [`Life::live`], then it is removed twice.
    pub async fn lead(
        self,
        configs: &[Value],
        replacing: &[(Value, &str)],
        import: impl Fn(Args<'_>) -> String,
        ignored: &[&str],
    ) -> Value {
        self.live(configs, replacing, import, ignored).await.remove().await
    }

    /// Makes an object, changes it in place for each further configuration, sees that the plan for the configuration
    /// before would take the change back, sees the replacements, imports the object and finds it in the list.
    ///
    /// `replacing` has configurations with the argument for which each replaces. `import` makes the import id; the
    /// attributes in `ignored` are not told by AWS and cannot be imported. A type whose objects can be changed needs two
    /// configurations.
    pub async fn live(
        self,
        configs: &[Value],
        replacing: &[(Value, &str)],
        import: impl Fn(Args<'_>) -> String,
        ignored: &[&str],
    ) -> Made<'a> {
        let name = self.name();
        assert_eq!(configs.len() > 1, self.schema.in_place, "{name} is changed in place if it can be");
        let (first, rest) = configs.split_first().unwrap_or_else(|| panic!("{name} has a configuration"));
        let mut made = self.make(first.clone()).await;
        for written in rest {
            made.update_and_see(written, ignored).await;
        }
        for (config, argument) in replacing {
            let replaced = made.replaces(config.clone());
            assert!(replaced.iter().any(|path| path == argument), "{name} is replaced for {replaced:?}");
        }
        made.import(&import(Args(&made.object.value)), ignored).await;
        made
    }
}

impl Made<'_> {
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

    /// The object as it reads now.
    pub async fn read(&self) -> Object {
        self.life.read(&self.object).await.unwrap_or_else(|| panic!("{} is there", self.life.name()))
    }

    /// The plan for a configuration.
    pub fn plan(&self, written: &Value) -> PlanResponse {
        self.life.plan(Some(&self.object.value), &self.life.config(written)).0
    }

    /// The attributes for which a configuration would replace the object.
    pub fn replaces(&self, written: Value) -> Vec<String> {
        let paths = self.plan(&written).requires_replace;
        paths.iter().map(|path| path.to_string().trim_start_matches('.').to_owned()).collect()
    }

    /// Changes the object in place, and checks that it is as planned, reads as it was changed, and needs no change.
    pub async fn update(&mut self, written: Value) {
        let (life, config) = (&self.life, self.life.config(&written));
        let (plan, planned) = life.plan(Some(&self.object.value), &config);
        assert_eq!(plan.requires_replace, Vec::<Path>::new(), "{} changes in place", life.name());
        assert_ne!(planned, self.object.value, "{} sees the change", life.name());
        self.operation = self.operation.wrapping_add(1);
        let (prior, operation) = (&self.object.value, format!("{:016x}", self.operation));
        let update = Update { prior, planned: &planned, config: &config, operation: &operation };
        let changed = life.ty.update(life.cloud, update).await;
        let changed = changed.unwrap_or_else(|f| panic!("{} updates: {:#?}", life.name(), f.problems));
        let changed = life.complete(&planned, changed);
        let kept = life.schema.identity_may_change || life.identity(&self.object) == life.identity(&changed);
        assert!(kept, "{} keeps its identity", life.name());
        self.object = changed;
        self.written = written;
        self.settle(&planned).await;
    }

    /// Changes the object in place, and sees that the plan for the configuration before would take that back, unless only
    /// attributes in `untold` have changed, which AWS does not tell.
    pub async fn update_and_see(&mut self, written: &Value, untold: &[&str]) {
        let (before, former) = (self.object.clone(), self.written.clone());
        self.update(written.clone()).await;
        let names = former.fields().map(|fields| fields.names().to_vec()).unwrap_or_default();
        let mut told = names.iter().filter(|name| !untold.contains(&&***name));
        if told.any(|name| before.value.get(name) != self.object.value.get(name)) {
            self.drifted(&before, &former).await;
        }
    }

    /// Checks that a plan for the former configuration sees what has become of the object since.
    pub async fn drifted(&self, before: &Object, former: &Value) {
        // One that is named by what has changed is gone.
        let Some(now) = self.life.read(before).await else { return };
        let plan = self.life.response(Some(&now.value), &self.life.config(former));
        // What cannot be taken back is refused.
        let seen = !plan.problems.is_empty() || plan.planned.is_some_and(|planned| planned != now.value);
        assert!(seen, "{} sees the drift from {}", self.life.name(), brief(former));
    }

    /// Checks the object against the plan it came from, against what it reads as, and against the next plan.
    async fn settle(&self, planned: &Value) {
        let (name, object) = (self.life.name(), &self.object);
        differences(&Path::root(), planned, &object.value, &mut |path, a, b| {
            let blank = a.is_null() && is_blank(b);
            assert!(blank || agrees(a, b), "{name}{path} is planned as {} and made as {}", brief(a), brief(b));
        });
        let read = self.read().await;
        differences(&Path::root(), &object.value, &read.value, &mut |path, a, b| {
            panic!("{name}{path} is made as {} and reads {}", brief(a), brief(b))
        });
        let (plan, planned) = self.life.plan(Some(&read.value), &self.life.config(&self.written));
        differences(&Path::root(), &read.value, &planned, &mut |path, a, b| {
            panic!("{name}{path} reads {} and is planned as {} though nothing changed", brief(a), brief(b))
        });
        assert_eq!(plan.requires_replace, Vec::<Path>::new(), "{name} needs no replacement");
    }

    /// Checks that the object has what is written, in whatever order.
    fn is_as_written(&self) {
        let name = self.life.name();
        for (attribute, value) in self.written.fields().into_iter().flat_map(|fields| fields.iter()) {
            let got = self.object.value.get(attribute).unwrap_or_else(|| panic!("{name} has {attribute}"));
            assert!(agrees(value, got), "{name}.{attribute} is written {} and is {}", brief(value), brief(got));
        }
    }

    /// The object as an import id finds it.
    pub async fn imported(&self, id: &str) -> Value {
        let (life, name) = (&self.life, self.life.name());
        let asked = life.ty.import(life.cloud, id).unwrap_or_else(|p| panic!("{name} imports {id:?}: {p:#?}"));
        let found = life.read(&asked).await.unwrap_or_else(|| panic!("{name} {id:?} is there"));
        self.identified(id, &asked);
        found.value
    }

    /// Checks that the identity of the object asks for what its import id asks for.
    fn identified(&self, id: &str, asked: &Object) {
        let (life, name) = (&self.life, self.life.name());
        if life.schema.identity.is_none() {
            return;
        }
        let own = life.identity(&self.object);
        let own = own.unwrap_or_else(|| panic!("{name} says its identity: {}", brief(&self.object.value)));
        let by_identity = identity::import_id(&life.schema, &own).unwrap_or_else(|p| panic!("{name}: {p:#?}"));
        let by_identity = split_region(&by_identity).0;
        let same = by_identity == id
            || match identity::by_id(&life.schema, &own) {
                Some(known) => known.get("id") == self.object.value.get("id"),
                None => life.ty.import(life.cloud, by_identity).is_ok_and(|object| object.value == asked.value),
            };
        assert!(same, "{name} is imported with {id:?}, its identity with {by_identity:?}");
    }

    /// Imports the object and checks that it then needs no replacement; finds it in the list.
    pub async fn find(&self, id: &str) -> Value {
        let (life, name) = (&self.life, self.life.name());
        let imported = self.imported(id).await;
        if self.object.value.get("id").and_then(Value::as_str).is_some_and(|own| id.contains(own)) {
            assert_eq!(imported.get("id"), self.object.value.get("id"), "{name} imports under the same id");
        }
        let replaced = life.plan(Some(&imported), &life.config(&self.written)).0.requires_replace;
        assert!(replaced.is_empty(), "{name} is replaced for {replaced:?} once imported");
        self.listed(id).await;
        imported
    }

    /// Finds the object in the list.
    pub async fn listed(&self, id: &str) {
        let name = self.life.name();
        let listed = self.life.ty.list(self.life.cloud).await.unwrap_or_else(|p| panic!("{name} lists: {p:#?}"));
        assert!(listed.iter().any(|l| l == id), "{name} lists {id:?} among {listed:?}");
    }

    /// Imports the object and checks that it then needs no change but of attributes in `ignored`; finds it in the list.
    pub async fn import(&self, id: &str, ignored: &[&str]) {
        let (life, name) = (&self.life, self.life.name());
        let imported = self.imported(id).await;
        assert_eq!(imported.get("id"), self.object.value.get("id"), "{name} imports under the same id");
        let (_, planned) = life.plan(Some(&imported), &life.config(&self.written));
        differences(&Path::root(), &imported, &planned, &mut |path, a, b| {
            let top = path.to_string();
            let ignored = ignored.iter().chain(&["timeouts"]).any(|i| top.starts_with(&format!(".{i}")));
            assert!(ignored, "{name}{path} is imported as {} and planned as {}", brief(a), brief(b));
        });
        self.listed(id).await;
    }

    /// Removes the object, twice, and checks that it is gone.
    pub async fn remove(self) -> Value {
        self.end().await;
        self.remove_once().await
    }

    /// Removes the object once, and checks that it is gone.
    pub async fn remove_once(self) -> Value {
        self.end().await;
        self.object.value
    }

    async fn end(&self) {
        self.delete().await;
        assert_eq!(self.life.read(&self.object).await, None, "{} is gone", self.life.name());
    }

    /// Lets go of an object that stays when it is removed.
    pub async fn release(self) {
        self.delete().await;
        assert!(self.life.read(&self.object).await.is_some(), "{} stays", self.life.name());
    }

    /// Removes the object, and checks nothing: for what a test only stood on.
    pub async fn discard(self) {
        self.delete().await;
    }

    async fn delete(&self) {
        let removed = self.life.ty.delete(self.life.cloud, &self.object).await;
        removed.unwrap_or_else(|f| panic!("{} deletes: {:#?}", self.life.name(), f.problems));
    }
}

/// Takes an object of a type through its life and checks every step: [`live`], delete, delete again.
pub async fn lifecycle(
    cloud: &Cloud,
    ty: &dyn ResourceType<Cloud>,
    configs: &[Value],
    identify: impl Fn(&Value) -> String,
) -> Value {
    lived(cloud, ty, configs, identify).await.remove().await
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
    lived(cloud, ty, configs, identify).await.object
}

async fn lived<'a>(
    cloud: &'a Cloud,
    ty: &'a dyn ResourceType<Cloud>,
    configs: &[Value],
    identify: impl Fn(&Value) -> String,
) -> Made<'a> {
    let (first, rest) = configs.split_first().expect("there is a first configuration");
    let mut made = Life::of(cloud, ty).make(first.clone()).await;
    made.is_as_written();
    for written in rest {
        made.update_and_see(written, &[]).await;
        made.is_as_written();
    }
    let id = identify(&made.object.value);
    match made.life.schema.import.format {
        Some(_) => drop(made.find(&id).await),
        None => assert!(ty.import(cloud, &id).is_err(), "{} cannot be imported", ty.name()),
    }
    made
}

/// The attributes for which a configuration replaces an object.
pub fn replaces(cloud: &Cloud, ty: &dyn ResourceType<Cloud>, object: &Value, written: &Value) -> Vec<String> {
    let life = Life::of(cloud, ty);
    let replace = life.plan(Some(object), &life.config(written)).0.requires_replace;
    replace.iter().map(|path| path.to_string().trim_start_matches('.').to_owned()).collect()
}

/// A number for an operation: a new one each time, as emulators remember them, but always the same ones in recordings.
fn first_operation(cloud: &Cloud) -> u64 {
    let endpoint = cloud.config(cloud.default_region()).endpoint_url().map(str::to_owned);
    let recorded = std::env::var_os("UPDATE").is_some() || endpoint.as_deref() == Some(NOWHERE);
    let now = UNIX_EPOCH.elapsed().map_or(0, |since| since.as_nanos() as u64);
    let own = if recorded { 0 } else { now ^ u64::from(std::process::id()) << 40 };
    fastrand::u64(..) ^ own
}

/// The objects of a tuple with the attributes that their type has and they lack.
fn fill(value: &Value, ty: &Type) -> Value {
    let (Type::Object(object), Some(elements)) = (ty, value.elements()) else { return value.clone() };
    let whole = |v: &Value| {
        let of =
            |(name, ty): (&Arc<str>, &Type)| (name.clone(), v.get(name).cloned().unwrap_or(Value::null(ty.clone())));
        Value::object(object.attributes.iter().map(of))
    };
    Value::tuple(elements.iter().map(whole))
}
