//! `aws_iam_role_policy_attachment`.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use terrane_aws_core::{Cloud, Poll, concurrently};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType};
use terrane_provider::{Object, Problem, ReadOutcome};
use terrane_value::Value;

use crate::attachments;
use crate::client::{OBJECTS, PROPAGATION, role_names};

/// `aws_iam_role_policy_attachment`.
#[derive(Debug)]
pub struct RolePolicyAttachment;

#[async_trait]
impl ResourceType<Cloud> for RolePolicyAttachment {
    fn name(&self) -> &'static str {
        "aws_iam_role_policy_attachment"
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        let (role, policy) = parts(create.planned);
        attachments::attach(cloud, role, vec![policy.to_owned()]).await?;
        let made = object(create.planned);
        let poll = || async {
            let attached = attachments::of_role(cloud, role).await?.unwrap_or_default();
            Ok(if attached.iter().any(|a| a == policy) { Poll::Done(()) } else { Poll::pending("not attached") })
        };
        let what = format!("policy {policy} to be attached to IAM role \"{role}\"");
        match cloud.wait(what, PROPAGATION, poll).await {
            Ok(()) => Ok(made),
            Err(problem) => Err(Failed::from(problem).with(made)),
        }
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        let roles: BTreeSet<&str> = prior.iter().map(|o| parts(&o.value).0).collect();
        let read = |role| async move { (role, attachments::of_role(cloud, role).await) };
        let attached: BTreeMap<&str, _> = concurrently(OBJECTS, roles, read).await.into_iter().collect();
        let outcome = |known: &Value| -> ReadOutcome {
            let (role, policy) = parts(known);
            let Some(answer) = attached.get(role) else { return Ok(None) };
            let policies = answer.clone().map_err(|p| vec![p])?.unwrap_or_default();
            Ok(policies.iter().any(|a| a == policy).then(|| object(known)))
        };
        prior.iter().map(|o| outcome(&o.value)).collect()
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        let (role, policy) = parts(&prior.value);
        Ok(attachments::detach(cloud, role, vec![policy.to_owned()]).await?)
    }

    fn import(&self, _: &Cloud, id: &str) -> Result<Object, Vec<Problem>> {
        let Some((role, policy)) = id.split_once('/').filter(|(role, arn)| !role.is_empty() && arn.starts_with("arn:"))
        else {
            return Err(vec![crate::wrong_id(
                id,
                "ROLE-NAME/POLICY-ARN",
                "app/arn:aws:iam::aws:policy/ReadOnlyAccess",
            )]);
        };
        Ok(object(&Value::object([("role", Value::string(role)), ("policy_arn", Value::string(policy))])))
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        let roles = role_names(cloud).await.map_err(|p| vec![p])?;
        let read = |role: String| async move {
            let policies = attachments::of_role(cloud, &role).await?.unwrap_or_default();
            Ok(policies.into_iter().map(move |policy| format!("{role}/{policy}")).collect())
        };
        let all = concurrently(OBJECTS, roles, read).await;
        let all: Result<Vec<Vec<String>>, Problem> = all.into_iter().collect();
        Ok(all.map_err(|p| vec![p])?.concat())
    }
}

fn parts(object: &Value) -> (&str, &str) {
    (Args(object).text("role").unwrap_or_default(), Args(object).text("policy_arn").unwrap_or_default())
}

fn object(known: &Value) -> Object {
    let (role, policy) = parts(known);
    let id = Args(known).string("id").unwrap_or_else(|| format!("{role}/{policy}"));
    let mut reply = Reply::from(known);
    reply.str("id", Some(id));
    Object::new(reply.object())
}
