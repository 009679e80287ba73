//! `aws_iam_group_policy`, `aws_iam_role_policy` and `aws_iam_user_policy`.

use async_trait::async_trait;
use terrane_aws_core::{Cloud, name_of, prefix_of};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType, Update, policy_json};
use terrane_provider::{Object, Problem, ReadOutcome};
use terrane_value::Value;

use crate::census;
use crate::client::appeared;
use crate::holder::{self, Kind};
use crate::inline_policies;

/// An inline policy of one holder.
#[derive(Debug)]
pub struct InlinePolicy(pub Kind);

#[async_trait]
impl ResourceType<Cloud> for InlinePolicy {
    fn name(&self) -> &'static str {
        match self.0 {
            Kind::Group => "aws_iam_group_policy",
            Kind::Role => "aws_iam_role_policy",
            Kind::User => "aws_iam_user_policy",
        }
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        let args = Args(create.planned);
        let name = name_of(create.planned, "name", "name_prefix", create.operation);
        let (holder, policy) = (args.text(self.0.attribute()).unwrap_or_default(), args.str("policy"));
        inline_policies::put_one(cloud, self.0.named(holder), &name, policy.unwrap_or_default()).await?;
        let half_made = Object::new(self.object(create.planned, holder, &name, policy.unwrap_or_default()));
        self.read_existing(cloud, &half_made.value).await.map_err(|p| Failed::from(p).with(half_made))
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        census::read_each_of(cloud, self.0, prior.len(), prior, |known, all| async move {
            let (holder, name) = self.parts(known);
            match all.get(holder).and_then(|entry| entry.inline.get(name)) {
                Some(document) => Ok(Some(self.read_as(known, document))),
                None => self.read_policy(cloud, known).await,
            }
        })
        .await
    }

    async fn update(&self, cloud: &Cloud, update: Update<'_>) -> Result<Object, Failed> {
        let (holder, name) = self.parts(update.prior);
        let document = Args(update.planned).str("policy").unwrap_or_default();
        inline_policies::put_one(cloud, self.0.named(holder), name, document).await?;
        Ok(self.read_existing(cloud, update.planned).await?)
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        let (holder, name) = self.parts(&prior.value);
        Ok(inline_policies::delete(cloud, self.0.named(holder), vec![name.to_owned()]).await?)
    }

    fn import(&self, _: &Cloud, id: &str) -> Result<Object, Vec<Problem>> {
        let parts = id.split_once(':').filter(|(holder, name)| !holder.is_empty() && !name.is_empty());
        let Some((holder, name)) = parts else {
            let form = format!("{}-NAME:POLICY-NAME", self.0.attribute().to_uppercase());
            return Err(vec![crate::wrong_id(id, &form, "app:read-queue")]);
        };
        let holder = (self.0.attribute(), Value::string(holder));
        Ok(Object::new(Value::object([("id", Value::string(id)), holder, ("name", Value::string(name))])))
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        let read = |holder: String| async move {
            let names = inline_policies::names(cloud, self.0.named(&holder)).await?.unwrap_or_default();
            Ok(names.into_iter().map(|name| format!("{holder}:{name}")).collect())
        };
        holder::each(cloud, self.0, read).await.map_err(|p| vec![p])
    }
}

impl InlinePolicy {
    fn parts<'a>(&self, object: &'a Value) -> (&'a str, &'a str) {
        let args = Args(object);
        let from_id = args.text("id").and_then(|id| id.split_once(':')).unwrap_or_default();
        (args.text(self.0.attribute()).unwrap_or(from_id.0), args.text("name").unwrap_or(from_id.1))
    }

    async fn read_existing(&self, cloud: &Cloud, known: &Value) -> Result<Object, Problem> {
        let (holder, name) = self.parts(known);
        let what = format!("inline policy \"{name}\" of {}", self.0.named(holder));
        appeared(cloud, &what, || self.read_policy(cloud, known)).await
    }

    async fn read_policy(&self, cloud: &Cloud, known: &Value) -> Result<Option<Value>, Problem> {
        let (holder, name) = self.parts(known);
        let Some(document) = inline_policies::get(cloud, self.0.named(holder), name).await? else { return Ok(None) };
        Ok(Some(self.read_as(known, &document)))
    }

    fn read_as(&self, known: &Value, document: &str) -> Value {
        let (holder, name) = self.parts(known);
        self.object(known, holder, name, policy_json::keep(Args(known).str("policy"), document))
    }

    fn object(&self, known: &Value, holder: &str, name: &str, policy: &str) -> Value {
        let mut reply = Reply::from(known);
        reply
            .str("id", Some(format!("{holder}:{name}")))
            .str(self.0.attribute(), Some(holder))
            .str("name", Some(name))
            .str("name_prefix", prefix_of(name))
            .str("policy", Some(policy));
        reply.object()
    }
}
