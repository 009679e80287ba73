//! `aws_iam_user_group_membership`: some groups of a user.

use async_trait::async_trait;
use terrane_aws_core::{Cloud, name_of};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType, Update};
use terrane_provider::{Object, Problem, ReadOutcome};
use terrane_value::{Type, Value};

use crate::census;
use crate::client::{changed, vanished};
use crate::holder::{self, Kind};
use crate::memberships;

/// `aws_iam_user_group_membership`.
#[derive(Debug)]
pub struct UserGroupMembership;

#[async_trait]
impl ResourceType<Cloud> for UserGroupMembership {
    fn name(&self) -> &'static str {
        "aws_iam_user_group_membership"
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        let (args, mut made) = (Args(create.planned), Reply::from(create.planned));
        made.str("id", Some(name_of(&Value::object::<&str>([]), "name", "name_prefix", create.operation)));
        let (made, user) = (Object::new(made.object()), args.text("user").unwrap_or_default());
        for group in args.strings("groups") {
            memberships::add(cloud, user, &group).await.map_err(|p| Failed::from(p).with(made.clone()))?;
        }
        Ok(made)
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        census::read_each_of(cloud, Kind::User, prior.len(), prior, |known, all| async move {
            let (mut wanted, user) = (Args(known).strings("groups"), Args(known).text("user").unwrap_or_default());
            let counted = all.get(user).map(|entry| &entry.groups);
            let groups = match counted.filter(|present| wanted.iter().all(|g| present.contains(g))) {
                Some(groups) => Some(groups.clone()),
                None => memberships::groups_of(cloud, user).await?,
            };
            wanted.retain(|g| groups.iter().flatten().any(|present| present == g));
            if groups.is_none() || vanished(known, "groups", &wanted) {
                return Ok(None);
            }
            let mut reply = Reply::from(known);
            reply.set("groups", wanted);
            Ok(Some(reply.object()))
        })
        .await
    }

    async fn update(&self, cloud: &Cloud, update: Update<'_>) -> Result<Object, Failed> {
        let user = Args(update.prior).text("user").unwrap_or_default();
        let (gone, new) = changed(&update, "groups");
        for group in gone {
            memberships::remove(cloud, user, &group).await?;
        }
        for group in new {
            memberships::add(cloud, user, &group).await?;
        }
        Ok(Object::new(update.planned.clone()))
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        let args = Args(&prior.value);
        for group in args.strings("groups") {
            memberships::remove(cloud, args.text("user").unwrap_or_default(), &group).await?;
        }
        Ok(())
    }

    fn import(&self, _: &Cloud, id: &str) -> Result<Object, Vec<Problem>> {
        let parts: Vec<&str> = id.split('/').collect();
        match parts.as_slice() {
            [user, groups @ ..] if !groups.is_empty() && !parts.contains(&"") => {
                let groups = Value::set(Type::String, groups.iter().map(|g| Value::string(*g)));
                let object = [("id", Value::string(id)), ("user", Value::string(*user)), ("groups", groups)];
                Ok(Object::new(Value::object(object)))
            }
            _ => Err(vec![crate::wrong_id(id, "USER-NAME/GROUP-NAME/…", "anna/developers/operators")]),
        }
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        let read = |user: String| async move {
            let groups = memberships::groups_of(cloud, &user).await?.unwrap_or_default();
            let id = [&[user][..], &groups].concat().join("/");
            Ok(if groups.is_empty() { Vec::new() } else { vec![id] })
        };
        holder::each(cloud, Kind::User, read).await.map_err(|p| vec![p])
    }
}
