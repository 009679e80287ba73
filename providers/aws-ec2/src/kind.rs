//! What all EC2 resource types have in common, so that each says only what is its own.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use async_trait::async_trait;
use terrane_aws_core::{Cloud, Regional, read_by_region};
use terrane_provider::sdk::{Create, Failed, Reply, ResourceType, Update};
use terrane_provider::{Object, PlanResponse, Problem, ReadOutcome};
use terrane_value::{Fields, Value};

use crate::client::{Ec2, PROPAGATION};
use crate::draft::Draft;
use crate::lost::unmark;
use crate::rivals::{Claim, Rivals};
use crate::settle::{applied, known, refreshed};

/// The attributes that tell an object from all others, as AWS gave them: at least `id`.
pub(crate) type Identity = Vec<(&'static str, String)>;

/// An object to be read.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// What finds it, as [`Kind::key`] made it.
    pub key: &'a str,
    /// What is known of it.
    pub known: &'a Value,
}

/// The distinct keys, sorted.
pub(crate) fn keys(wanted: &[Wanted<'_>]) -> Vec<String> {
    let distinct: BTreeSet<&str> = wanted.iter().map(|w| w.key).collect();
    distinct.into_iter().map(str::to_owned).collect()
}

/// One EC2 resource type.
#[async_trait]
pub(crate) trait Kind: Send + Sync {
    /// The name of the type: `aws_vpc`.
    const NAME: &'static str;

    /// The attribute by which the mark of a new object is removed, if it is made with one: `id` for most.
    const MARKED: Option<&'static str> = None;

    /// What AWS answers for one object.
    type Seen: Send + Sync;

    /// Makes the object, or finds the one to adopt. When it fails nothing exists.
    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem>;

    /// Waits for the object just made, and sets what could not be set while making it.
    async fn shape(&self, ec2: &Ec2<'_>, create: &Create<'_>, id: &str) -> Result<(), Problem> {
        let _ = (ec2, create, id);
        Ok(())
    }

    /// What finds an object in [`Kind::fetch`].
    fn key(&self, known: &Value) -> Option<String> {
        text(known, "id")
    }

    /// Reads objects of one region with few calls; what is missing in the answer is gone.
    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Self::Seen>, Problem>;

    /// Whether an answer has all parts that AWS makes together with the object: of a new one some may be seen later.
    fn is_whole(&self, seen: &Self::Seen) -> bool {
        let _ = seen;
        true
    }

    /// The attributes of an object as AWS holds them. Those that AWS does not tell are left out.
    fn observe(&self, ec2: &Ec2<'_>, known: &Value, seen: &Self::Seen) -> Reply;

    /// Changes the object in place, tags included. Returns the parts of its identity that changed with it.
    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem>;

    /// Removes the object and waits until it is gone.
    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem>;

    /// Corrects the plan that was made from the schema.
    fn plan(&self, draft: &mut Draft<'_>) {
        let _ = draft;
    }

    /// What a planned object claims that another type may claim as well.
    fn claims(&self, draft: &mut Draft<'_>) -> Vec<Claim> {
        let _ = draft;
        Vec::new()
    }

    /// What is wrong with a configuration beyond what the schema says.
    fn validate(&self, config: &Value) -> Vec<Problem> {
        let _ = config;
        Vec::new()
    }

    /// As much of an object as [`Kind::key`] needs, from the id a user gave.
    fn import(&self, id: &str) -> Result<Identity, Problem> {
        Ok(vec![("id", id.to_owned())])
    }

    /// The import ids of all objects in a region.
    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem>;
}

/// A text attribute that is known and not empty.
pub(crate) fn text(object: &Value, name: &str) -> Option<String> {
    terrane_provider::sdk::Args(object).string(name)
}

/// A list that says something: an empty one is not sent.
pub(crate) fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    Some(list).filter(|l| !l.is_empty())
}

/// A resource type as the provider knows it.
pub(crate) struct Managed<K>(pub K);

impl<K: Kind> Managed<K> {
    fn complete(&self, ec2: &Ec2<'_>, known: &Value, seen: &K::Seen) -> Value {
        let mut reply = self.0.observe(ec2, known, seen);
        reply.str("region", Some(&ec2.region));
        reply.object()
    }

    async fn region<'a>(&self, cloud: &Cloud, group: Regional<'a>) -> Result<BTreeMap<usize, Object>, Problem> {
        let ec2 = Ec2::at(cloud, group.region);
        let keyed: Vec<(usize, &Object, String)> =
            group.objects.into_iter().filter_map(|(at, o)| Some((at, o, self.0.key(&o.value)?))).collect();
        let wanted: Vec<Wanted<'_>> =
            keyed.iter().map(|(_, o, key)| Wanted { key: key.as_str(), known: &o.value }).collect();
        if wanted.is_empty() {
            return Ok(BTreeMap::new());
        }
        let seen = self.0.fetch(&ec2, &wanted).await?;
        let object = |o: &Object, seen: &K::Seen| Object {
            private: o.private.clone(),
            ..Object::new(refreshed(&o.value, &self.complete(&ec2, &o.value, seen)))
        };
        Ok(keyed.iter().filter_map(|(at, o, key)| Some((*at, object(o, seen.get(key)?)))).collect())
    }

    /// Reads an object that was just made or changed, patient with parts of AWS that do not know it yet.
    async fn read_back(&self, ec2: &Ec2<'_>, planned: &Value) -> Result<Object, Problem> {
        let Some(key) = self.0.key(planned) else { return Err(lost(K::NAME)) };
        let wanted = [Wanted { key: &key, known: planned }];
        let find = || async { Ok(self.0.fetch(ec2, &wanted).await?.remove(&key)) };
        let what = format!("{key} to be seen");
        let whole = |seen: &K::Seen| Ok(self.0.is_whole(seen));
        let seen = ec2.until(what, PROPAGATION, find, whole, |_| "parts of it are missing".to_owned()).await?;
        Ok(Object::new(applied(planned, &self.complete(ec2, planned, &seen))))
    }

    /// What is there after a change failed half way.
    async fn left(&self, cloud: &Cloud, prior: &Value) -> Object {
        let object = [Object::new(prior.clone())];
        match self.read(cloud, &object).await.pop() {
            Some(Ok(Some(now))) => now,
            _ => Object::new(prior.clone()),
        }
    }
}

fn lost(name: &str) -> Problem {
    Problem::error(
        "Object without identity",
        format!("AWS made an object of type {name} without telling its id. Look for it and import it."),
    )
}

/// The object with its identity set, region included.
fn identified(object: &Value, ec2: &Ec2<'_>, identity: &[(&'static str, String)]) -> Value {
    let mut fields: Fields = match object.fields() {
        Some(fields) => fields.clone(),
        None => Vec::<(&str, Value)>::new().into_iter().collect(),
    };
    for (name, value) in identity {
        fields = fields.with(name, Value::string(value.as_str()));
    }
    fields = fields.with("region", Value::string(ec2.region.as_str()));
    Value::from_kind(terrane_value::Kind::Object(fields))
}

#[async_trait]
impl<K: Kind> ResourceType<Cloud> for Managed<K> {
    fn name(&self) -> &'static str {
        K::NAME
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        let ec2 = Ec2::of(cloud, create.planned).patient();
        let identity = self.0.make(&ec2, &create).await?;
        let planned = identified(create.planned, &ec2, &identity);
        let id = text(&planned, "id").unwrap_or_default();
        let finished = async {
            self.0.shape(&ec2, &create, &id).await?;
            self.read_back(&ec2, &planned).await
        };
        finished.await.map_err(|p: Problem| Failed::from(p).with(Object::new(known(&planned))))
    }

    fn is_marked(&self) -> bool {
        K::MARKED.is_some()
    }

    async fn confirm(&self, cloud: &Cloud, made: &Value) {
        if let Some(id) = K::MARKED.and_then(|name| text(made, name)) {
            unmark(&Ec2::of(cloud, made), &id).await;
        }
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        read_by_region(cloud, prior, |group| self.region(cloud, group)).await
    }

    async fn update(&self, cloud: &Cloud, update: Update<'_>) -> Result<Object, Failed> {
        let ec2 = Ec2::of(cloud, update.prior).patient();
        let id = text(update.prior, "id").unwrap_or_default();
        let changed = async {
            let identity = self.0.change(&ec2, &update, &id).await?;
            let identity = if identity.is_empty() { vec![("id", id.clone())] } else { identity };
            self.read_back(&ec2, &identified(update.planned, &ec2, &identity)).await
        };
        match changed.await {
            Ok(object) => Ok(object),
            Err(problem) => Err(Failed::from(problem).with(self.left(cloud, update.prior).await)),
        }
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        let ec2 = Ec2::of(cloud, &prior.value);
        let removed = self.0.remove(&ec2, &prior.value).await;
        removed.map_err(|p| Failed::from(p).with(prior.clone()))
    }

    fn import(&self, _: &Cloud, id: &str) -> Result<Object, Vec<Problem>> {
        let identity = self.0.import(id).map_err(|p| vec![p])?;
        Ok(Object::new(Value::object(identity.into_iter().map(|(n, v)| (n, Value::string(v))))))
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        let ec2 = Ec2::at(cloud, cloud.default_region().to_owned());
        self.0.list(&ec2).await.map_err(|p| vec![p])
    }

    fn plan(&self, cloud: &Cloud, prior: Option<&Value>, config: &Value, plan: PlanResponse) -> PlanResponse {
        let mut draft = Draft::new(prior, config, plan);
        self.0.plan(&mut draft);
        let claims = self.0.claims(&mut draft);
        let mut response = draft.done();
        if !claims.is_empty() {
            let rivals = cloud.shared::<Rivals>(&cloud.region(config));
            response.problems.extend(claims.iter().filter_map(|claim| rivals.claim(claim)));
        }
        response
    }

    fn validate(&self, config: &Value) -> Vec<Problem> {
        self.0.validate(config)
    }
}

/// Refuses an import id that has not the documented form.
pub(crate) fn bad_import(id: &str, form: &str, example: &str) -> Problem {
    Problem::error("Invalid import id", format!("The id {id:?} has not the form {form}. Write it like {example:?}."))
}
