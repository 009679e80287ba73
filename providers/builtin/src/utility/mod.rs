//! Small providers that need no cloud: hashicorp/random, null, time, tls and local, with their types, attributes and state.

mod local;
mod null;
mod random;
mod time;
mod tls;

use std::sync::Arc;

use async_trait::async_trait;
use terrane_provider::sdk::{Attributes, decode_stored};
use terrane_provider::{
    ApplyRequest, ApplyResponse, Change, Configured, DataOutcome, DataRequest, ImportBy, ImportRequest, Object,
    PlanRequest, PlanResponse, Problem, Provider, ReadOutcome, ReadRequest,
};
use terrane_value::{Attribute, Block, Path, Schema, Type, Value};

/// Tells the seconds since 1970.
pub type Clock = fn() -> i64;

/// What a type may ask of its surroundings.
pub(crate) struct Surroundings {
    clock: Clock,
}

/// One type of resource.
#[async_trait]
pub(crate) trait Kind: Send + Sync {
    /// Its name: `random_pet`.
    fn name(&self) -> &'static str;

    /// Its attributes.
    fn fields(&self) -> Vec<Field>;

    /// The version of its stored form.
    fn version(&self) -> u64 {
        0
    }

    /// What is wrong with a configuration, parts of which may be unknown.
    fn validate(&self, config: &Value) -> Vec<Problem> {
        let _ = config;
        Vec::new()
    }

    /// Corrects what is planned from the attributes alone.
    fn plan(&self, config: &Value, planned: &mut Vec<(&'static str, Value)>) {
        let _ = (config, planned);
    }

    /// Makes an object: the values of what is computed, by name.
    async fn create(&self, planned: &Value, around: &Surroundings) -> Result<Vec<(&'static str, Value)>, Problem>;

    /// Whether an object still exists as it was.
    fn exists(&self, prior: &Value, around: &Surroundings) -> bool {
        let _ = (prior, around);
        true
    }

    /// Removes an object.
    async fn delete(&self, prior: &Value) -> Result<(), Problem> {
        let _ = prior;
        Ok(())
    }

    /// The object that an id stands for: its attributes by name.
    fn import(&self, id: &str) -> Result<Vec<(&'static str, Value)>, Problem> {
        let _ = id;
        Err(Problem::error("Import is not supported", format!("Objects of type {} cannot be imported.", self.name())))
    }

    /// Brings stored attributes of an older version to the present form.
    fn upgrade(&self, version: u64, attributes: Attributes) -> Attributes {
        let _ = version;
        attributes
    }
}

/// One data source.
pub(crate) trait Source: Send + Sync {
    /// Its name.
    fn name(&self) -> &'static str;

    /// Its attributes.
    fn fields(&self) -> Vec<Field>;

    /// The values of what is computed, by name.
    fn read(&self, config: &Value) -> Result<Vec<(&'static str, Value)>, Problem>;
}

/// One attribute of a type.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    name: &'static str,
    attribute: Attribute,
    default: Option<Value>,
    /// Whether a change of it can be made in place.
    in_place: bool,
}

impl Field {
    fn new(name: &'static str, attribute: Attribute) -> Field {
        Field { name, attribute, default: None, in_place: false }
    }

    /// One that must be written.
    pub(crate) fn required(name: &'static str, ty: Type) -> Field {
        Field::new(name, Attribute::required(ty))
    }

    /// One that may be written.
    pub(crate) fn optional(name: &'static str, ty: Type) -> Field {
        Field::new(name, Attribute::optional(ty))
    }

    /// One that is made.
    pub(crate) fn computed(name: &'static str, ty: Type) -> Field {
        Field::new(name, Attribute::computed(ty))
    }

    /// One that may be written and else has a value of its own.
    pub(crate) fn default(name: &'static str, value: Value) -> Field {
        Field { default: Some(value.clone()), ..Field::new(name, Attribute::optional_computed(value.ty())) }
    }

    /// One that may be written and else is made.
    pub(crate) fn either(name: &'static str, ty: Type) -> Field {
        Field::new(name, Attribute::optional_computed(ty))
    }

    /// The same, not to be shown.
    pub(crate) fn secret(mut self) -> Field {
        self.attribute.sensitive = true;
        self
    }

    /// The same, which can be changed in place.
    pub(crate) fn in_place(mut self) -> Field {
        self.in_place = true;
        self
    }

    /// The same, not to be written any more.
    pub(crate) fn deprecated(mut self, why: &str) -> Field {
        self.attribute.deprecated = Some(why.into());
        self
    }

    /// What it becomes without looking at an object.
    fn written(&self, config: &Value) -> Value {
        let own = config.get(self.name).filter(|value| !value.is_null()).cloned();
        own.or_else(|| self.default.clone()).unwrap_or_else(|| Value::null(self.attribute.ty.clone()))
    }
}

fn schema(version: u64, fields: &[Field]) -> Schema {
    let attributes = fields.iter().map(|field| (field.name.into(), field.attribute.clone())).collect();
    Schema { version, block: Block { attributes, ..Block::default() } }
}

/// A provider of some types, without settings.
#[derive(Clone)]
pub struct Utility {
    kinds: &'static [&'static dyn Kind],
    sources: &'static [&'static dyn Source],
    clock: Clock,
}

impl Utility {
    /// All utility providers by the names they have at hashicorp.
    pub fn all(clock: Clock) -> Vec<(&'static str, Utility)> {
        let of = |kinds, sources| Utility { kinds, sources, clock };
        vec![
            ("local", of(local::KINDS, local::SOURCES)),
            ("null", of(null::KINDS, null::SOURCES)),
            ("random", of(random::KINDS, &[])),
            ("time", of(time::KINDS, &[])),
            ("tls", of(tls::KINDS, tls::SOURCES)),
        ]
    }

    fn kind(&self, ty: &str) -> Option<&'static dyn Kind> {
        self.kinds.iter().copied().find(|kind| kind.name() == ty)
    }

    fn source(&self, ty: &str) -> Option<&'static dyn Source> {
        self.sources.iter().copied().find(|source| source.name() == ty)
    }

    fn known(&self, ty: &str) -> Result<&'static dyn Kind, Vec<Problem>> {
        self.kind(ty).ok_or_else(|| vec![Problem::error("Unknown type", format!("The provider has no type {ty:?}."))])
    }
}

#[async_trait]
impl Provider for Utility {
    fn is_native(&self) -> bool {
        true
    }

    fn config_schema(&self) -> Arc<Schema> {
        Arc::new(Schema::default())
    }

    fn resource_types(&self) -> Vec<&str> {
        self.kinds.iter().map(|kind| kind.name()).collect()
    }

    fn data_types(&self) -> Vec<&str> {
        self.sources.iter().map(|source| source.name()).collect()
    }

    fn resource_schema(&self, ty: &str) -> Option<Arc<Schema>> {
        self.kind(ty).map(|kind| Arc::new(schema(kind.version(), &kind.fields())))
    }

    fn data_schema(&self, ty: &str) -> Option<Arc<Schema>> {
        self.source(ty).map(|source| Arc::new(schema(0, &source.fields())))
    }

    fn can_apply(&self, ty: &str) -> bool {
        self.kind(ty).is_some()
    }

    fn can_read(&self, ty: &str) -> bool {
        self.source(ty).is_some()
    }

    fn validate_config(&self, _: &Value) -> Vec<Problem> {
        Vec::new()
    }

    fn validate_resource(&self, ty: &str, config: &Value) -> Vec<Problem> {
        self.known(ty).map_or_else(|problems| problems, |kind| kind.validate(config))
    }

    fn validate_data(&self, _: &str, _: &Value) -> Vec<Problem> {
        Vec::new()
    }

    fn upgrade(&self, ty: &str, version: u64, json: &str) -> Result<Value, Vec<Problem>> {
        let kind = self.known(ty)?;
        let damaged = |e: String| {
            vec![Problem::error("Stored object cannot be read", format!("The stored {ty} is damaged: {e}."))]
        };
        let attributes: Attributes = serde_json::from_str(json).map_err(|e| damaged(e.to_string()))?;
        let attributes = kind.upgrade(version, attributes);
        decode_stored(&schema(0, &kind.fields()).block, &attributes).map_err(|e| damaged(e.to_string()))
    }

    async fn configure(&self, _: Value, _: Vec<Value>) -> Result<Arc<dyn Configured>, Vec<Problem>> {
        Ok(Arc::new(self.clone()))
    }
}

#[async_trait]
impl Configured for Utility {
    async fn read(&self, requests: Vec<ReadRequest>) -> Vec<ReadOutcome> {
        let around = Surroundings { clock: self.clock };
        let one = |request: ReadRequest| {
            let exists = self.kind(&request.ty).is_none_or(|kind| kind.exists(&request.prior.value, &around));
            Ok(exists.then_some(request.prior))
        };
        requests.into_iter().map(one).collect()
    }

    async fn plan(&self, request: PlanRequest) -> PlanResponse {
        match self.known(&request.ty) {
            Ok(kind) => plan(kind, request.prior.as_ref().map(|object| &object.value), &request.config),
            Err(problems) => PlanResponse { problems, ..PlanResponse::default() },
        }
    }

    async fn apply(&self, request: ApplyRequest) -> ApplyResponse {
        let kind = match self.known(&request.ty) {
            Ok(kind) => kind,
            Err(problems) => return ApplyResponse { problems, ..ApplyResponse::default() },
        };
        let around = Surroundings { clock: self.clock };
        let done = match request.change {
            Change::Create { planned, .. } => {
                kind.create(&planned, &around).await.map(|made| Some(with(&planned, made)))
            }
            Change::Update { planned, .. } => Ok(Some(planned)),
            Change::Delete { prior } => match kind.delete(&prior.value).await {
                Ok(()) => Ok(None),
                Err(problem) => {
                    let (object, problems) = (Some(prior), vec![problem]);
                    return ApplyResponse { object, problems, ..ApplyResponse::default() };
                }
            },
        };
        match done {
            Ok(value) => ApplyResponse { object: value.map(Object::new), ..ApplyResponse::default() },
            Err(problem) => ApplyResponse { problems: vec![problem], ..ApplyResponse::default() },
        }
    }

    async fn import(&self, request: ImportRequest) -> Result<Object, Vec<Problem>> {
        let kind = self.known(&request.ty)?;
        let ImportBy::Id(id) = request.by else {
            return Err(vec![Problem::error("Object has no identity", "Give an id instead.")]);
        };
        let empty = Value::object(Vec::<(&str, Value)>::new());
        let given = kind.fields().into_iter().map(|field| (field.name, field.written(&empty)));
        let object = Value::object(given.collect::<Vec<_>>());
        kind.import(&id).map(|found| Object::new(with(&object, found))).map_err(|problem| vec![problem])
    }

    async fn read_data(&self, request: DataRequest) -> DataOutcome {
        let Some(source) = self.source(&request.ty) else {
            return Err(vec![Problem::error(
                "Unknown type",
                format!("The provider has no data source {:?}.", request.ty),
            )]);
        };
        let given = source.fields().into_iter().map(|field| (field.name, field.written(&request.config)));
        let object = Value::object(given.collect::<Vec<_>>());
        source.read(&object).map(|found| with(&object, found)).map_err(|problem| vec![problem])
    }
}

/// The object with some of its attributes set.
fn with(object: &Value, made: Vec<(&'static str, Value)>) -> Value {
    let old = object.fields().into_iter().flat_map(|fields| fields.iter());
    let mut all: std::collections::BTreeMap<String, Value> =
        old.map(|(name, value)| (name.to_string(), value.clone())).collect();
    all.extend(made.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Value::object(all)
}

/// What an object becomes: what is written or a default; computed values stay unless the object is made anew.
fn plan(kind: &dyn Kind, prior: Option<&Value>, config: &Value) -> PlanResponse {
    let fields = kind.fields();
    let mut planned = Vec::new();
    for field in &fields {
        let written = field.written(config);
        let old = prior.and_then(|prior| prior.get(field.name));
        let is_free = field.attribute.computed && written.is_null();
        planned.push((
            field.name,
            match old {
                Some(old) if is_free => old.clone(),
                None if is_free => Value::unknown(field.attribute.ty.clone()),
                _ => written,
            },
        ));
    }
    kind.plan(config, &mut planned);
    let differs = |(field, (_, value)): &(&Field, &(&'static str, Value))| {
        !field.in_place && prior.and_then(|prior| prior.get(field.name)).is_some_and(|old| old != value)
    };
    let replaced = fields.iter().zip(&planned).filter(differs).map(|(field, _)| Path::root().attr(field.name));
    let requires_replace = replaced.collect();
    PlanResponse { planned: Some(Value::object(planned)), requires_replace, ..PlanResponse::default() }
}

/// A text attribute; empty if it is null.
pub(crate) fn text<'v>(object: &'v Value, name: &str) -> &'v str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A whole number; 0 if it is null.
pub(crate) fn number(object: &Value, name: &str) -> i64 {
    object.get(name).and_then(Value::as_i64).unwrap_or_default()
}

/// Random bytes.
pub(crate) fn random(bytes: usize) -> Result<Vec<u8>, Problem> {
    let mut all = vec![0; bytes];
    getrandom::fill(&mut all)
        .map_err(|e| Problem::error("No random numbers", format!("The system gives no random numbers: {e}.")))?;
    Ok(all)
}

/// A random number below `limit`, each as likely as the others.
pub(crate) fn below(limit: u64) -> Result<u64, Problem> {
    let limit = limit.max(1);
    let whole = u64::MAX - u64::MAX % limit;
    loop {
        let bytes: [u8; 8] = random(8)?.try_into().unwrap_or_default();
        let number = u64::from_le_bytes(bytes);
        if number < whole {
            return Ok(number % limit);
        }
    }
}
