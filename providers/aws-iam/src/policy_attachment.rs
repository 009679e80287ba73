//! `aws_iam_policy_attachment`: all holders of a managed policy.

use async_trait::async_trait;
use aws_sdk_iam::operation::list_entities_for_policy::ListEntitiesForPolicyOutput;
use terrane_aws_core::{Cloud, read_each};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType, Update};
use terrane_provider::{Object, Problem, ReadOutcome};
use terrane_value::Value;

use crate::attachments;
use crate::client::{OBJECTS, changed, found, iam};
use crate::holder::Kind;

/// The attributes that name holders, with their kind.
const HOLDERS: [(&str, Kind); 3] = [("groups", Kind::Group), ("roles", Kind::Role), ("users", Kind::User)];

/// `aws_iam_policy_attachment`.
#[derive(Debug)]
pub struct PolicyAttachment;

#[async_trait]
impl ResourceType<Cloud> for PolicyAttachment {
    fn name(&self) -> &'static str {
        "aws_iam_policy_attachment"
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        let (args, mut made) = (Args(create.planned), Reply::from(create.planned));
        made.str("id", args.text("name"));
        let made = Object::new(made.object());
        for (attribute, kind) in HOLDERS {
            let holders = args.strings(attribute);
            attach(cloud, kind, holders, policy(create.planned))
                .await
                .map_err(|p| Failed::from(p).with(made.clone()))?;
        }
        Ok(made)
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        read_each(OBJECTS, prior, |known| async move {
            let Some(names) = holders(cloud, policy(known)).await? else { return Ok(None) };
            if names.iter().all(Vec::is_empty) {
                return Ok(None);
            }
            let mut reply = Reply::from(known);
            for ((attribute, _), names) in HOLDERS.into_iter().zip(names) {
                reply.set(attribute, names);
            }
            Ok(Some(reply.object()))
        })
        .await
    }

    async fn update(&self, cloud: &Cloud, update: Update<'_>) -> Result<Object, Failed> {
        for (attribute, kind) in HOLDERS {
            let (gone, new) = changed(&update, attribute);
            detach(cloud, kind, gone, policy(update.prior)).await?;
            attach(cloud, kind, new, policy(update.prior)).await?;
        }
        Ok(Object::new(update.planned.clone()))
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        for (attribute, kind) in HOLDERS {
            detach(cloud, kind, Args(&prior.value).strings(attribute), policy(&prior.value)).await?;
        }
        Ok(())
    }

    fn import(&self, _: &Cloud, _: &str) -> Result<Object, Vec<Problem>> {
        Err(vec![crate::not_importable(self.name(), "aws_iam_role_policy_attachment")])
    }

    async fn list(&self, _: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        Ok(Vec::new())
    }
}

fn policy(object: &Value) -> &str {
    Args(object).text("policy_arn").unwrap_or_default()
}

async fn attach(cloud: &Cloud, kind: Kind, holders: Vec<String>, policy: &str) -> Result<(), Problem> {
    for holder in holders {
        attachments::attach(cloud, kind.named(&holder), vec![policy.to_owned()]).await?;
    }
    Ok(())
}

async fn detach(cloud: &Cloud, kind: Kind, holders: Vec<String>, policy: &str) -> Result<(), Problem> {
    for holder in holders {
        attachments::detach(cloud, kind.named(&holder), vec![policy.to_owned()]).await?;
    }
    Ok(())
}

/// The names of the groups, roles and users that a policy is attached to; `None` if there is no such policy.
async fn holders(cloud: &Cloud, policy: &str) -> Result<Option<[Vec<String>; 3]>, Problem> {
    let client = iam(cloud);
    let list = |marker| client.list_entities_for_policy().policy_arn(policy).set_marker(marker).send();
    let take = |a: ListEntitiesForPolicyOutput| {
        let groups = a.policy_groups.into_iter().flatten().filter_map(|g| Some((Kind::Group, g.group_name?)));
        let roles = a.policy_roles.into_iter().flatten().filter_map(|r| Some((Kind::Role, r.role_name?)));
        let users = a.policy_users.into_iter().flatten().filter_map(|u| Some((Kind::User, u.user_name?)));
        (groups.chain(roles).chain(users).collect(), a.marker)
    };
    let all = cloud.pages("iam:ListEntitiesForPolicy", list, take).await;
    let all: Option<Vec<(Kind, String)>> = found(&format!("listing what has IAM policy {policy}"), all)?;
    let named = |all: &[(Kind, String)], kind| {
        all.iter().filter(|(k, _)| *k == kind).map(|(_, name)| name.clone()).collect::<Vec<_>>()
    };
    Ok(all.map(|all| HOLDERS.map(|(_, kind)| named(&all, kind))))
}
