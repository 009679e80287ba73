//! The provider of a world of things.

use std::sync::Arc;

use async_trait::async_trait;
use terrane_provider::{
    ApplyRequest, ApplyResponse, Change, Configured, ConfirmRequest, DataOutcome, DataRequest, Former, ImportBy,
    ImportRequest, Lease, Object, OpenOutcome, OpenRequest, Opened, PlanRequest, PlanResponse, Problem, Provider,
    ReadOutcome, ReadRequest,
};
use terrane_value::{Attribute, Block, Path, Schema, Type, Value, json};

use super::things::{Thing, Things};

/// Knows `thing`, `thing_draft` (which cannot be applied), the data source `thing` and the ephemeral type `thing_key`.
pub struct ThingProvider {
    things: Arc<Things>,
    region: Option<String>,
}

impl ThingProvider {
    pub fn new(things: Arc<Things>) -> ThingProvider {
        ThingProvider { things, region: None }
    }
}

fn attribute(ty: Type, required: bool, optional: bool, computed: bool) -> Attribute {
    Attribute { required, optional, computed, ..Attribute::optional(ty) }
}

/// `size` and `links` change in place, `color` does not; `note` is chosen if nobody says; `rev` counts changes.
pub fn schema() -> Schema {
    let secret = Attribute { sensitive: true, ..attribute(Type::String, false, true, false) };
    let attributes = [
        ("id".into(), attribute(Type::String, false, false, true)),
        ("name".into(), attribute(Type::String, true, false, false)),
        ("size".into(), attribute(Type::Number, false, true, false)),
        ("color".into(), attribute(Type::String, false, true, false)),
        ("links".into(), attribute(Type::list(Type::String), false, true, false)),
        ("note".into(), attribute(Type::String, false, true, true)),
        ("rev".into(), attribute(Type::Number, false, false, true)),
        ("secret".into(), secret),
        ("key_wo".into(), Attribute { write_only: true, ..attribute(Type::String, false, true, false) }),
        ("key_wo_version".into(), attribute(Type::Number, false, true, false)),
    ];
    Schema { version: 1, block: Block { attributes: attributes.into(), ..Block::default() } }
}

fn data_schema() -> Schema {
    let attributes = [
        ("id".into(), attribute(Type::String, false, false, true)),
        ("name".into(), attribute(Type::String, true, false, false)),
        ("size".into(), attribute(Type::Number, false, false, true)),
    ];
    Schema { version: 0, block: Block { attributes: attributes.into(), ..Block::default() } }
}

/// `text` is `key of NAME`, for whoever may not store it.
fn key_schema() -> Schema {
    let attributes = [
        ("name".into(), attribute(Type::String, true, false, false)),
        ("text".into(), attribute(Type::String, false, false, true)),
    ];
    Schema { version: 0, block: Block { attributes: attributes.into(), ..Block::default() } }
}

fn config_schema() -> Schema {
    let attributes = [("region".into(), attribute(Type::String, false, true, false))];
    Schema { version: 0, block: Block { attributes: attributes.into(), ..Block::default() } }
}

#[async_trait]
impl Provider for ThingProvider {
    fn config_schema(&self) -> Arc<Schema> {
        Arc::new(config_schema())
    }

    fn resource_types(&self) -> Vec<&str> {
        vec!["thing", "thing_draft"]
    }

    fn data_types(&self) -> Vec<&str> {
        vec!["thing"]
    }

    fn resource_schema(&self, ty: &str) -> Option<Arc<Schema>> {
        ["thing", "thing_draft"].contains(&ty).then(|| Arc::new(schema()))
    }

    fn data_schema(&self, ty: &str) -> Option<Arc<Schema>> {
        (ty == "thing").then(|| Arc::new(data_schema()))
    }

    fn can_apply(&self, ty: &str) -> bool {
        ty == "thing"
    }

    fn can_read(&self, _: &str) -> bool {
        true
    }

    fn validate_config(&self, config: &Value) -> Vec<Problem> {
        match config.get("region").and_then(Value::as_str) {
            Some("nowhere") => {
                let path = Path::root().attr("region");
                vec![Problem::error("No such region", "There is no region \"nowhere\".").at(path)]
            }
            _ => Vec::new(),
        }
    }

    fn validate_resource(&self, _: &str, config: &Value) -> Vec<Problem> {
        match config.get("size").and_then(Value::as_i64) {
            Some(size) if size < 0 => {
                vec![Problem::error("Size is negative", format!("{size} is no size.")).at(Path::root().attr("size"))]
            }
            _ => Vec::new(),
        }
    }

    fn validate_data(&self, _: &str, _: &Value) -> Vec<Problem> {
        Vec::new()
    }

    fn ephemeral_types(&self) -> Vec<&str> {
        vec!["thing_key"]
    }

    fn ephemeral_schema(&self, ty: &str) -> Option<Arc<Schema>> {
        (ty == "thing_key").then(|| Arc::new(key_schema()))
    }

    fn validate_ephemeral(&self, _: &str, config: &Value) -> Vec<Problem> {
        match text(config, "name").as_deref() {
            Some("") => vec![Problem::error("Key without name", "The name is empty.").at(Path::root().attr("name"))],
            _ => Vec::new(),
        }
    }

    /// Version 0 had `colour`.
    fn upgrade(&self, _: &str, _: u64, text: &str) -> Result<Value, Vec<Problem>> {
        let text = text.replace("\"colour\"", "\"color\"");
        json::from_json(&text, &schema().block.implied_type())
            .map_err(|e| vec![Problem::error("Stored thing cannot be read", e.to_string())])
    }

    fn identity_schema(&self, ty: &str) -> Option<Arc<Schema>> {
        let attributes = [("name".into(), Attribute { required: true, ..attribute(Type::String, true, false, false) })];
        let block = Block { attributes: attributes.into(), ..Block::default() };
        (ty == "thing").then(|| Arc::new(Schema { version: 0, block }))
    }

    /// A name changes in place.
    fn identity_may_change(&self, _: &str) -> bool {
        true
    }

    /// A draft becomes a thing.
    fn take_over(&self, ty: &str, former: &Former) -> Result<Object, Vec<Problem>> {
        if (&*former.ty, ty) != ("thing_draft", "thing") {
            return Err(vec![Problem::error("No way there", format!("A {} cannot become a {ty}.", former.ty))]);
        }
        self.upgrade(ty, former.version, &former.json).map(Object::new)
    }

    async fn configure(&self, config: Value, _: Vec<Value>) -> Result<Arc<dyn Configured>, Vec<Problem>> {
        Ok(Arc::new(ThingProvider { things: self.things.clone(), region: text(&config, "region") }))
    }
}

fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn thing(value: &Value) -> Thing {
    let links = value.get("links").and_then(Value::elements).unwrap_or_default();
    Thing {
        name: text(value, "name").unwrap_or_default(),
        size: value.get("size").and_then(Value::as_i64),
        color: text(value, "color"),
        links: links.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        note: text(value, "note"),
        secret: text(value, "secret"),
        key_version: value.get("key_wo_version").and_then(Value::as_i64),
        ..Thing::default()
    }
}

/// A thing that is made: what nobody says is chosen.
fn new_thing(planned: &Value) -> Thing {
    let thing = thing(planned);
    Thing { note: thing.note.clone().or(Some("auto".into())), ..thing }
}

/// The object of a thing; `like` says whether no links are null or empty.
fn object(id: &str, thing: &Thing, like: &Value) -> Object {
    let string = |text: &Option<String>| text.as_ref().map_or(Value::null(Type::String), |t| Value::from(t.as_str()));
    let no_links = like.get("links").is_none_or(Value::is_null) && thing.links.is_empty();
    let links = match no_links {
        true => Value::null(Type::list(Type::String)),
        false => Value::list(Type::String, thing.links.iter().map(|l| Value::from(l.as_str()))),
    };
    let identity = Some(Value::object([("name", Value::from(thing.name.as_str()))]));
    let value = Value::object([
        ("id", Value::from(id)),
        ("name", Value::from(thing.name.as_str())),
        ("size", thing.size.map_or(Value::null(Type::Number), Value::from)),
        ("color", string(&thing.color)),
        ("links", links),
        ("note", string(&thing.note)),
        ("rev", Value::from(thing.rev)),
        ("secret", string(&thing.secret)),
        ("key_wo", Value::null(Type::String)),
        ("key_wo_version", thing.key_version.map_or(Value::null(Type::Number), Value::from)),
    ]);
    Object { identity, ..Object::new(value) }
}

fn with(object: &Value, name: &str, value: Value) -> Value {
    let fields = object.fields().unwrap().with(name, value);
    Value::from_kind(terrane_value::Kind::Object(fields))
}

fn plan(prior: Option<&Value>, config: &Value) -> PlanResponse {
    let ty = schema().block.implied_type();
    let part = |name: &str| config.get(name).cloned().unwrap_or_else(|| Value::null(Type::Any));
    let kept = |name: &str, ty: Type| match prior.and_then(|p| p.get(name)) {
        Some(value) => value.clone(),
        None => Value::unknown(ty),
    };
    let note = if part("note").is_null() { kept("note", Type::String) } else { part("note") };
    let mut planned = vec![("id", kept("id", Type::String)), ("note", note), ("rev", kept("rev", Type::Number))];
    planned.push(("key_wo", Value::null(Type::String)));
    planned.extend(["name", "size", "color", "links", "secret", "key_wo_version"].map(|name| (name, part(name))));
    let mut value = terrane_value::convert(&Value::object(planned.clone()), &ty).unwrap();
    if prior.is_some_and(|prior| *prior != value) {
        planned.retain(|(name, _)| *name != "rev");
        planned.push(("rev", Value::unknown(Type::Number)));
        value = terrane_value::convert(&Value::object(planned), &ty).unwrap();
    }
    if text(&value, "name").as_deref() == Some("lies in plans") {
        value = with(&value, "size", Value::from(99));
    }
    if text(&value, "name").as_deref() == Some("leaks in plans") {
        value = with(&value, "key_wo", part("key_wo"));
    }
    PlanResponse { planned: Some(value), requires_replace: vec![Path::root().attr("color")], ..PlanResponse::default() }
}

impl ThingProvider {
    /// Writes down which key a change was given, and where.
    fn used(&self, config: &Value) {
        if let Some(key) = text(config, "key_wo") {
            let region = self.region.as_ref().map(|r| format!(" in {r}")).unwrap_or_default();
            self.things.say(&format!("used {key}{region}"));
        }
    }
}

#[async_trait]
impl Configured for ThingProvider {
    async fn open(&self, request: OpenRequest) -> OpenOutcome {
        let name = text(&request.config, "name").unwrap_or_default();
        let key = Value::from(format!("key of {name}"));
        self.things.say(&format!("open {name}"));
        if self.things.goes_wrong("open", &name) {
            return Err(vec![Problem::error("No key", format!("There is no key for {name}."))]);
        }
        let unfinished = self.things.goes_wrong("finish", &name);
        let text = if unfinished { Value::unknown(Type::String) } else { key };
        let value = Value::object([("name", Value::from(name.as_str())), ("text", text)]);
        Ok(Opened { value, private: Arc::from(name.as_bytes()), renew_at: None, problems: Vec::new() })
    }

    async fn close(&self, lease: Lease) -> Vec<Problem> {
        let name = String::from_utf8_lossy(&lease.private).into_owned();
        self.things.say(&format!("close {name}"));
        match self.things.goes_wrong("close", &name) {
            true => vec![Problem::error("Key cannot be closed", format!("The key for {name} stays open."))],
            false => Vec::new(),
        }
    }

    async fn read(&self, requests: Vec<ReadRequest>) -> Vec<ReadOutcome> {
        let read = |request: ReadRequest| {
            let id = text(&request.prior.value, "id").unwrap_or_default();
            Ok(self.things.read(&id).map(|thing| object(&id, &thing, &request.prior.value)))
        };
        requests.into_iter().map(read).collect()
    }

    async fn plan(&self, request: PlanRequest) -> PlanResponse {
        plan(request.prior.as_ref().map(|p| &p.value), &request.config)
    }

    async fn apply(&self, request: ApplyRequest) -> ApplyResponse {
        let problem = |why: String| vec![Problem::error("Change failed", format!("{why}."))];
        let now = |id: &str, like: &Value| self.things.read(id).map(|thing| object(id, &thing, like));
        match request.change {
            Change::Create { planned, config } => match self.things.create(&request.operation, new_thing(&planned)) {
                Ok(id) => {
                    self.used(&config);
                    let mut object = now(&id, &planned);
                    if let Some(object) = object.as_mut().filter(|o| text(&o.value, "name").as_deref() == Some("leaks"))
                    {
                        object.value = with(&object.value, "key_wo", config.get("key_wo").unwrap().clone());
                    }
                    if let Some(object) = object.as_mut().filter(|o| text(&o.value, "name").as_deref() == Some("lies"))
                    {
                        object.value = with(&object.value, "size", Value::from(99));
                    }
                    ApplyResponse { object, to_confirm: true, ..ApplyResponse::default() }
                }
                Err((id, why)) => {
                    let object = id.and_then(|id| now(&id, &planned));
                    ApplyResponse { object, problems: problem(why), to_confirm: true }
                }
            },
            Change::Update { prior, planned, config } => {
                self.used(&config);
                let id = text(&prior.value, "id").unwrap_or_default();
                let new = thing(&planned);
                let result = self.things.update(&id, |thing| {
                    *thing = Thing { rev: thing.rev, operation: thing.operation.clone(), ..new };
                });
                let problems = result.err().map(problem).unwrap_or_default();
                ApplyResponse { object: now(&id, &planned), problems, ..ApplyResponse::default() }
            }
            Change::Delete { prior } => {
                let id = text(&prior.value, "id").unwrap_or_default();
                let problems = self.things.delete(&id).err().map(problem).unwrap_or_default();
                ApplyResponse { problems, ..ApplyResponse::default() }
            }
        }
    }

    async fn confirm(&self, request: ConfirmRequest) {
        self.things.confirm(&text(&request.object.value, "id").unwrap_or_default());
    }

    async fn import(&self, request: ImportRequest) -> Result<Object, Vec<Problem>> {
        let id = match &request.by {
            ImportBy::Id(id) => id.clone(),
            ImportBy::Identity(identity) => {
                let name = text(identity, "name").unwrap_or_default();
                self.things.by_name(&name).map_or(name, |(id, _)| id)
            }
        };
        Ok(object(&id, &Thing::default(), &Value::dynamic()))
    }

    async fn read_data(&self, request: DataRequest) -> DataOutcome {
        let name = text(&request.config, "name").unwrap_or_default();
        let Some((id, thing)) = self.things.by_name(&name) else {
            return Err(vec![Problem::error("No such thing", format!("There is no thing named {name:?}."))]);
        };
        let size = thing.size.map_or(Value::null(Type::Number), Value::from);
        Ok(Value::object([("id", Value::from(id)), ("name", Value::from(name)), ("size", size)]))
    }
}
