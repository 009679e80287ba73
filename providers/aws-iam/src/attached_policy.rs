//! `aws_iam_group_policy_attachment`, `aws_iam_role_policy_attachment` and `aws_iam_user_policy_attachment`.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use terrane_aws_core::{Cloud, Poll, concurrently};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType};
use terrane_provider::{Object, Problem, ReadOutcome};
use terrane_value::Value;

use crate::attachments;
use crate::census;
use crate::client::{OBJECTS, PROPAGATION};
use crate::holder::{self, Kind};

/// The attachment of one managed policy to one holder.
#[derive(Debug)]
pub struct AttachedPolicy(pub Kind);

#[async_trait]
impl ResourceType<Cloud> for AttachedPolicy {
    fn name(&self) -> &'static str {
        match self.0 {
            Kind::Group => "aws_iam_group_policy_attachment",
            Kind::Role => "aws_iam_role_policy_attachment",
            Kind::User => "aws_iam_user_policy_attachment",
        }
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        let (holder, policy) = self.parts(create.planned);
        let holder = self.0.named(holder);
        attachments::attach(cloud, holder, vec![policy.to_owned()]).await?;
        let made = self.object(create.planned);
        let poll = || async {
            let attached = attachments::of(cloud, holder).await?.unwrap_or_default();
            Ok(if attached.iter().any(|a| a == policy) { Poll::Done(()) } else { Poll::pending("not attached") })
        };
        match cloud.wait(format!("policy {policy} to be attached to {holder}"), PROPAGATION, poll).await {
            Ok(()) => Ok(made),
            Err(problem) => Err(Failed::from(problem).with(made)),
        }
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        let holders: BTreeSet<&str> = prior.iter().map(|o| self.parts(&o.value).0).collect();
        let all = match census::holders(cloud, self.0, holders.len()).await {
            Ok(all) => all.unwrap_or_default(),
            Err(problem) => return census::failed(prior, &problem),
        };
        let sure = |name: &str, policy: &str| all.get(name).is_some_and(|e| e.attached.iter().any(|a| a == policy));
        let unsure = prior.iter().map(|o| self.parts(&o.value)).filter(|(name, policy)| !sure(name, policy));
        let holders: BTreeSet<&str> = unsure.map(|(name, _)| name).collect();
        let read = |name| async move { (name, attachments::of(cloud, self.0.named(name)).await) };
        let attached: BTreeMap<&str, _> = concurrently(OBJECTS, holders, read).await.into_iter().collect();
        let outcome = |known: &Value| -> ReadOutcome {
            let (holder, policy) = self.parts(known);
            if sure(holder, policy) {
                return Ok(Some(self.object(known)));
            }
            let Some(answer) = attached.get(holder) else { return Ok(None) };
            let policies = answer.clone().map_err(|p| vec![p])?.unwrap_or_default();
            Ok(policies.iter().any(|a| a == policy).then(|| self.object(known)))
        };
        prior.iter().map(|o| outcome(&o.value)).collect()
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        let (holder, policy) = self.parts(&prior.value);
        Ok(attachments::detach(cloud, self.0.named(holder), vec![policy.to_owned()]).await?)
    }

    fn import(&self, _: &Cloud, id: &str) -> Result<Object, Vec<Problem>> {
        let parts = id.split_once('/').filter(|(holder, arn)| !holder.is_empty() && arn.starts_with("arn:"));
        let Some((holder, policy)) = parts else {
            let form = format!("{}-NAME/POLICY-ARN", self.0.attribute().to_uppercase());
            return Err(vec![crate::wrong_id(id, &form, "app/arn:aws:iam::aws:policy/ReadOnlyAccess")]);
        };
        let object = [(self.0.attribute(), Value::string(holder)), ("policy_arn", Value::string(policy))];
        Ok(self.object(&Value::object(object)))
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        let read = |name: String| async move {
            let policies = attachments::of(cloud, self.0.named(&name)).await?.unwrap_or_default();
            Ok(policies.into_iter().map(|policy| format!("{name}/{policy}")).collect())
        };
        holder::each(cloud, self.0, read).await.map_err(|p| vec![p])
    }
}

impl AttachedPolicy {
    fn parts<'a>(&self, object: &'a Value) -> (&'a str, &'a str) {
        let args = Args(object);
        (args.text(self.0.attribute()).unwrap_or_default(), args.text("policy_arn").unwrap_or_default())
    }

    fn object(&self, known: &Value) -> Object {
        let (holder, policy) = self.parts(known);
        let id = Args(known).string("id").unwrap_or_else(|| format!("{holder}/{policy}"));
        let mut reply = Reply::from(known);
        reply.str("id", Some(id));
        Object::new(reply.object())
    }
}
