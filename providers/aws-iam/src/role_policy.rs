//! `aws_iam_role_policy`.

use async_trait::async_trait;
use terrane_aws_core::{Cloud, Poll, concurrently, name_of, prefix_of, read_each};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType, Update, policy_json};
use terrane_provider::{Object, Problem, ReadOutcome};
use terrane_value::Value;

use crate::client::{OBJECTS, PROPAGATION, role_names};
use crate::inline_policies;

/// `aws_iam_role_policy`.
#[derive(Debug)]
pub struct RolePolicy;

#[async_trait]
impl ResourceType<Cloud> for RolePolicy {
    fn name(&self) -> &'static str {
        "aws_iam_role_policy"
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        let args = Args(create.planned);
        let name = name_of(create.planned, "name", "name_prefix", create.operation);
        let role = args.text("role").unwrap_or_default();
        inline_policies::put_one(cloud, role, &name, args.str("policy").unwrap_or_default()).await?;
        let half_made = Object::new(object(create.planned, role, &name, args.str("policy").unwrap_or_default()));
        read_existing(cloud, &half_made.value).await.map_err(|p| Failed::from(p).with(half_made))
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        read_each(OBJECTS, prior, |known| read_policy(cloud, known)).await
    }

    async fn update(&self, cloud: &Cloud, update: Update<'_>) -> Result<Object, Failed> {
        let (role, name) = parts(update.prior);
        inline_policies::put_one(cloud, role, name, Args(update.planned).str("policy").unwrap_or_default()).await?;
        Ok(read_existing(cloud, update.planned).await?)
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        let (role, name) = parts(&prior.value);
        Ok(inline_policies::delete(cloud, role, vec![name.to_owned()]).await?)
    }

    fn import(&self, _: &Cloud, id: &str) -> Result<Object, Vec<Problem>> {
        let Some((role, name)) = id.split_once(':').filter(|(role, name)| !role.is_empty() && !name.is_empty()) else {
            return Err(vec![crate::wrong_id(id, "ROLE-NAME:POLICY-NAME", "app:read-queue")]);
        };
        let object = [("id", Value::string(id)), ("role", Value::string(role)), ("name", Value::string(name))];
        Ok(Object::new(Value::object(object)))
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        let roles = role_names(cloud).await.map_err(|p| vec![p])?;
        let read = |role: String| async move {
            let names = inline_policies::names(cloud, &role).await?.unwrap_or_default();
            Ok(names.into_iter().map(move |name| format!("{role}:{name}")).collect())
        };
        let all = concurrently(OBJECTS, roles, read).await;
        let all: Result<Vec<Vec<String>>, Problem> = all.into_iter().collect();
        Ok(all.map_err(|p| vec![p])?.concat())
    }
}

fn parts(object: &Value) -> (&str, &str) {
    let args = Args(object);
    let from_id = args.text("id").and_then(|id| id.split_once(':')).unwrap_or_default();
    (args.text("role").unwrap_or(from_id.0), args.text("name").unwrap_or(from_id.1))
}

async fn read_existing(cloud: &Cloud, known: &Value) -> Result<Object, Problem> {
    let (role, name) = parts(known);
    let poll = || async {
        let policy = read_policy(cloud, known).await?;
        Ok(policy.map_or(Poll::pending("not found"), |p| Poll::Done(Object::new(p))))
    };
    cloud.wait(format!("inline policy \"{name}\" of IAM role \"{role}\" to be found"), PROPAGATION, poll).await
}

async fn read_policy(cloud: &Cloud, known: &Value) -> Result<Option<Value>, Problem> {
    let (role, name) = parts(known);
    let Some(document) = inline_policies::get(cloud, role, name).await? else { return Ok(None) };
    Ok(Some(object(known, role, name, policy_json::keep(Args(known).str("policy"), &document))))
}

fn object(known: &Value, role: &str, name: &str, policy: &str) -> Value {
    let mut reply = Reply::from(known);
    reply
        .str("id", Some(format!("{role}:{name}")))
        .str("role", Some(role))
        .str("name", Some(name))
        .str("name_prefix", prefix_of(name))
        .str("policy", Some(policy));
    reply.object()
}
