//! The configured provider: grouping, completing and checking around the types.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use terrane_aws_core::{AwsRules, Cloud, concurrently, data_schema, identity, resource_schema};
use terrane_provider::sdk::schema::TypeSchema;
use terrane_provider::sdk::{BUG, Create, Failed, ResourceType, Update, complete};
use terrane_provider::{
    ApplyRequest, ApplyResponse, Change, Configured, ConfirmRequest, DataOutcome, DataRequest, Discovered, ImportBy,
    ImportRequest, Object, PlanRequest, PlanResponse, Problem, ReadOutcome, ReadRequest, Spent,
};
use terrane_value::{Kind, Value};
use tokio::sync::OnceCell;

use crate::gathering::Gathering;
use crate::overtime;
use crate::provider::unknown;
use crate::registry::Registry;

/// How many types are read at a time.
const TYPES_AT_ONCE: usize = 32;

/// One configured instance of the provider.
pub(crate) struct Instance {
    registry: Arc<Registry>,
    cloud: Cloud,
    /// The account for identities; empty if it cannot be asked for.
    account: OnceCell<String>,
    gathering: Gathering,
}

/// An implementation with the schema of its type.
type Known<'a> = (&'a dyn ResourceType<Cloud>, Arc<TypeSchema>);

impl Instance {
    pub fn new(registry: Arc<Registry>, cloud: Cloud) -> Instance {
        Instance { registry, cloud, account: OnceCell::new(), gathering: Gathering::default() }
    }

    /// The same in another region.
    pub fn elsewhere(&self, region: &str) -> Instance {
        let (registry, cloud) = (self.registry.clone(), self.cloud.elsewhere(region));
        Instance { registry, cloud, account: self.account.clone(), gathering: Gathering::default() }
    }

    pub fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    pub fn resource(&self, ty: &str) -> Result<Known<'_>, Problem> {
        let schema = resource_schema(ty).ok_or_else(|| unknown("resource type", ty))?;
        let implementation = self.registry.resource(ty).ok_or_else(|| unimplemented("Resource type", ty))?;
        Ok((implementation, schema))
    }

    /// Refuses an identity of another account.
    async fn is_own(&self, identity: &Value) -> Result<(), Problem> {
        match identity.get("account_id") {
            Some(account) if !account.is_null() => {
                elsewhere(identity, &self.cloud.account_id().await?).map_or(Ok(()), Err)
            }
            _ => Ok(()),
        }
    }

    /// The account that the identities of a type name; empty if they name none, or it cannot be asked for.
    async fn named_account(&self, schema: &TypeSchema) -> &str {
        let names = schema.identity.as_ref().is_some_and(|i| i.block.attributes.contains_key("account_id"));
        if !names {
            return "";
        }
        self.account.get_or_init(async || self.cloud.account_id().await.unwrap_or_default()).await
    }

    /// The object with what names it, if its type has an identity and the object says all that belongs to it.
    fn named(&self, schema: &TypeSchema, account: &str, object: Object) -> Object {
        let identity = schema.identity.as_ref().and_then(|shape| identity::of(&shape.block, account, &object.value));
        Object { identity: identity.or(object.identity), value: object.value, private: object.private }
    }

    /// Reads objects of one type that have the same time for it.
    pub async fn read_type(&self, ty: &str, prior: &[Object]) -> Vec<ReadOutcome> {
        let (implementation, schema) = match self.resource(ty) {
            Ok(found) => found,
            Err(problem) => return prior.iter().map(|_| Err(vec![problem.clone()])).collect(),
        };
        let known = prior.first().map_or(Value::dynamic(), |object| object.value.clone());
        let read = overtime::within(&schema, ty, &known, implementation.read(&self.cloud, prior));
        let (outcomes, account) = match tokio::join!(read, self.named_account(&schema)) {
            (Ok(outcomes), account) => (outcomes, account),
            (Err(problem), _) => return prior.iter().map(|_| Err(vec![problem.clone()])).collect(),
        };
        if outcomes.len() != prior.len() {
            let problem = bug(ty, &format!("{} answers came for {} objects", outcomes.len(), prior.len()));
            return prior.iter().map(|_| Err(vec![problem.clone()])).collect();
        }
        outcomes.into_iter().zip(prior).map(|(outcome, prior)| self.seen(&schema, account, prior, outcome)).collect()
    }

    fn seen(&self, schema: &TypeSchema, account: &str, prior: &Object, outcome: ReadOutcome) -> ReadOutcome {
        let Some(object) = outcome? else { return Ok(None) };
        let (object, problems) = self.completed(schema, &prior.value, object);
        let mut object = self.named(schema, account, Object { identity: prior.identity.clone(), ..object });
        if let Some(before) = &prior.identity {
            if let Some(problem) = elsewhere(before, account) {
                return Err(vec![problem]);
            }
            // What was changed outside is drift; the object is still the one that was asked for.
            if !schema.identity_may_change {
                object.identity = object.identity.map(|now| kept(before, now));
            }
        }
        if problems.is_empty() { Ok(Some(object)) } else { Err(problems) }
    }

    fn completed(&self, schema: &TypeSchema, known: &Value, object: Object) -> (Object, Vec<Problem>) {
        let (value, problems) = complete(schema, &AwsRules, Some(known), &object.value);
        (Object { value: self.placed(schema, known, value), ..object }, problems)
    }

    /// The object with its region, where its type has one and the answer does not say it.
    fn placed(&self, schema: &TypeSchema, known: &Value, value: Value) -> Value {
        let Some(fields) = value.fields().filter(|_| schema.regional) else { return value };
        if fields.get("region").is_some_and(|r| !r.is_null()) {
            return value;
        }
        Value::from_kind(Kind::Object(fields.with("region", Value::string(self.cloud.region(known)))))
    }

    async fn change(&self, request: &ApplyRequest) -> ApplyResponse {
        let (implementation, schema) = match self.resource(&request.ty) {
            Ok(found) => found,
            Err(problem) => return failed(existing(&request.change), vec![problem]),
        };
        let (cloud, operation) = (&self.cloud, &*request.operation);
        let answer = match &request.change {
            Change::Create { planned, config } => {
                let create = Create { planned, config, operation };
                let (mut said, made) = match &request.resumed {
                    None => (Vec::new(), implementation.create(cloud, create).await),
                    Some(resumed) => {
                        let cloud = cloud.to_resume(resumed.clone());
                        let said = implementation.left_behind(&cloud, create).await;
                        (said, implementation.create(&cloud, create).await)
                    }
                };
                let answer = self.made(&schema, planned, None, made);
                said.extend(answer.problems);
                let to_confirm = implementation.is_marked() && answer.object.is_some();
                ApplyResponse { object: answer.object, problems: said, to_confirm }
            }
            Change::Update { prior, planned, config } => {
                let update = Update { prior: &prior.value, planned, config, operation };
                let answer = self.made(&schema, planned, Some(prior), implementation.update(cloud, update).await);
                let object = answer.object.map(|object| match answer.problems.is_empty() {
                    true => Object { value: as_planned(&schema, planned, config, object.value), ..object },
                    false => object,
                });
                ApplyResponse { object, ..answer }
            }
            Change::Delete { prior } => match implementation.delete(cloud, prior).await {
                Ok(()) => ApplyResponse::default(),
                Err(Failed { object, problems }) => failed(object.or_else(|| Some(prior.clone())), problems),
            },
        };
        let (verb, changed) = match &request.change {
            Change::Create { planned, .. } => ("create", planned),
            Change::Update { planned, .. } => ("update", planned),
            Change::Delete { prior } => ("delete", &prior.value),
        };
        let object = match answer.object {
            Some(object) => Some(self.named(&schema, self.named_account(&schema).await, object)),
            None => None,
        };
        let explained = |problem| overtime::explained(&schema, &request.ty, verb, changed, problem);
        ApplyResponse { object, problems: answer.problems.into_iter().map(explained).collect(), ..answer }
    }

    /// What a create or update led to. A failed update leaves at least the object that was.
    fn made(
        &self,
        schema: &TypeSchema,
        planned: &Value,
        prior: Option<&Object>,
        outcome: Result<Object, Failed>,
    ) -> ApplyResponse {
        match outcome {
            Ok(object) => {
                let (object, problems) = self.completed(schema, planned, object);
                ApplyResponse { object: Some(object), problems, ..ApplyResponse::default() }
            }
            Err(Failed { object: Some(object), mut problems }) => {
                let known = prior.map_or(planned, |p| &p.value);
                let (object, more) = self.completed(schema, known, object);
                problems.extend(more);
                failed(Some(object), problems)
            }
            Err(Failed { object: None, problems }) => failed(prior.cloned(), problems),
        }
    }
}

/// An identity in which what was known before stays.
fn kept(before: &Value, now: Value) -> Value {
    let Some(fields) = now.fields() else { return now };
    let kept = fields.map(|name, now| before.get(name).filter(|was| !was.is_null()).unwrap_or(now).clone());
    Value::from_kind(Kind::Object(kept))
}

/// The error if an identity says another account than the one the provider works in; none if that is not known.
fn elsewhere(identity: &Value, account: &str) -> Option<Problem> {
    let said = identity.get("account_id")?.as_str()?;
    let detail = format!(
        "The object is in account {said}, but the provider works in account {account}. Use credentials of account {said}."
    );
    (!account.is_empty() && said != account).then(|| Problem::error("Object is in another account", detail))
}

/// An updated object in which AWS's own choices are as they were planned. What becomes of them otherwise, such as what
/// objects that are changed beside it do to it, is seen by the next refresh.
fn as_planned(schema: &TypeSchema, planned: &Value, config: &Value, value: Value) -> Value {
    let Some(fields) = value.fields() else { return value };
    let is_written = |name: &str| {
        let written = config.get(name).filter(|value| !value.is_null());
        written.is_some_and(|value| value.elements().is_none_or(|elements| !elements.is_empty()))
    };
    let block = &schema.schema.block;
    let may_choose = |name: &str| block.attributes.get(name).is_none_or(|attribute| attribute.computed);
    let chosen = |name: &str| may_choose(name) && !is_written(name);
    let kept = fields.map(|name, value| {
        let planned = planned.get(name).filter(|planned| chosen(name) && planned.is_wholly_known());
        planned.unwrap_or(value).clone()
    });
    Value::from_kind(Kind::Object(kept))
}

fn existing(change: &Change) -> Option<Object> {
    match change {
        Change::Create { .. } => None,
        Change::Update { prior, .. } | Change::Delete { prior } => Some(prior.clone()),
    }
}

fn failed(object: Option<Object>, problems: Vec<Problem>) -> ApplyResponse {
    ApplyResponse { object, problems, ..ApplyResponse::default() }
}

fn unimplemented(what: &str, ty: &str) -> Problem {
    let detail = format!("{ty} can be declared and planned, but this version cannot read or change it in AWS yet.");
    Problem::error(format!("{what} not supported yet"), detail)
}

fn bug(ty: &str, what: &str) -> Problem {
    let detail = format!("For {ty}: {what}. {BUG}");
    Problem::error("Provider answered wrongly", detail)
}

fn gone(ty: &str, id: &str) -> Problem {
    let detail = format!(
        "There is no {ty} with the id {id:?} in this account and region. Check the id, and the region: objects of \
         another region are imported as {id}@<region>."
    );
    Problem::error("Object to import does not exist", detail)
}

#[async_trait]
impl Configured for Instance {
    async fn read(&self, requests: Vec<ReadRequest>) -> Vec<ReadOutcome> {
        let mut types: BTreeMap<(Arc<str>, Option<String>), (Vec<usize>, Vec<Object>)> = BTreeMap::new();
        let count = requests.len();
        for (at, request) in requests.into_iter().enumerate() {
            let time = overtime::written(&request.prior.value, "read");
            let (places, objects) = types.entry((request.ty, time)).or_default();
            places.push(at);
            objects.push(request.prior);
        }
        let read = |((ty, _), (places, objects)): ((Arc<str>, _), (Vec<usize>, Vec<Object>))| async move {
            places.into_iter().zip(self.read_type(&ty, &objects).await).collect::<Vec<_>>()
        };
        let read = concurrently(TYPES_AT_ONCE, types, read);
        let mut outcomes: Vec<ReadOutcome> = (0..count).map(|_| Ok(None)).collect();
        for (at, outcome) in self.cloud.reading(read).await.into_iter().flatten() {
            outcomes[at] = outcome;
        }
        outcomes
    }

    fn spent(&self) -> Vec<(String, Spent)> {
        self.cloud.counts().into_iter().map(|(operation, spent)| (operation.to_owned(), spent)).collect()
    }

    async fn plan(&self, request: PlanRequest) -> PlanResponse {
        let Some(schema) = resource_schema(&request.ty) else {
            return PlanResponse { problems: vec![unknown("resource type", &request.ty)], ..PlanResponse::default() };
        };
        let prior = request.prior.as_ref().map(|p| &p.value);
        let plan = self.cloud.plan(&schema, prior, &request.config);
        match self.registry.resource(&request.ty) {
            Some(implementation) => implementation.plan(&self.cloud, prior, &request.config, plan),
            None => plan,
        }
    }

    async fn apply(&self, request: ApplyRequest) -> ApplyResponse {
        self.change(&request).await
    }

    async fn confirm(&self, request: ConfirmRequest) {
        if let Ok((implementation, _)) = self.resource(&request.ty) {
            implementation.confirm(&self.cloud, &request.object.value).await;
        }
    }

    async fn import(&self, request: ImportRequest) -> Result<Object, Vec<Problem>> {
        let (implementation, schema) = self.resource(&request.ty).map_err(|p| vec![p])?;
        let text = match &request.by {
            ImportBy::Id(id) => id.clone(),
            ImportBy::Identity(identity) => {
                self.is_own(identity).await.map_err(|p| vec![p])?;
                let placed = identity::placed(&schema, identity, &self.cloud).await.map_err(|p| vec![p])?;
                identity::import_id(&schema, &placed).map_err(|p| vec![p])?
            }
        };
        let (id, region) = match schema.regional {
            true => terrane_aws_core::split_region(&text),
            false => (text.as_str(), None),
        };
        let known = match &request.by {
            ImportBy::Identity(identity) => identity::by_id(&schema, identity),
            ImportBy::Id(_) => None,
        };
        let mut object = match known {
            Some(value) => Object::new(value),
            None => implementation.import(&self.cloud, id)?,
        };
        if let (Some(region), Some(fields)) = (region, object.value.fields()) {
            object.value = Value::from_kind(Kind::Object(fields.with("region", Value::string(region))));
        }
        let outcome = self.gathering.read(self, ReadRequest { ty: request.ty.clone(), prior: object }).await;
        outcome?.ok_or_else(|| vec![gone(&request.ty, &text)])
    }

    async fn discover(&self, ty: &str, region: Option<&str>) -> Discovered {
        self.found(ty, region).await
    }

    async fn read_data(&self, request: DataRequest) -> DataOutcome {
        let ty = &*request.ty;
        let schema = data_schema(ty).ok_or_else(|| vec![unknown("data source", ty)])?;
        let source = self.registry.data(ty).ok_or_else(|| vec![unimplemented("Data source", ty)])?;
        let read = source.read(&self.cloud, &request.config);
        let answer = overtime::within(&schema, ty, &request.config, read).await.map_err(|p| vec![p])??;
        let (value, problems) = complete(&schema, &AwsRules, Some(&request.config), &answer);
        if problems.is_empty() { Ok(self.placed(&schema, &request.config, value)) } else { Err(problems) }
    }
}
