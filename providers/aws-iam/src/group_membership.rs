//! `aws_iam_group_membership`: all users of a group.

use async_trait::async_trait;
use terrane_aws_core::{Cloud, read_each};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType, Update};
use terrane_provider::{Object, Problem, ReadOutcome};

use crate::client::{OBJECTS, changed, vanished};
use crate::memberships;

/// `aws_iam_group_membership`.
#[derive(Debug)]
pub struct GroupMembership;

#[async_trait]
impl ResourceType<Cloud> for GroupMembership {
    fn name(&self) -> &'static str {
        "aws_iam_group_membership"
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        let (args, mut made) = (Args(create.planned), Reply::from(create.planned));
        made.str("id", args.text("name"));
        let (made, group) = (Object::new(made.object()), args.text("group").unwrap_or_default());
        for user in args.strings("users") {
            memberships::add(cloud, &user, group).await.map_err(|p| Failed::from(p).with(made.clone()))?;
        }
        Ok(made)
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        read_each(OBJECTS, prior, |known| async move {
            let users = memberships::users_in(cloud, Args(known).text("group").unwrap_or_default()).await?;
            let Some(users) = users.filter(|u| !vanished(known, "users", u)) else { return Ok(None) };
            let mut reply = Reply::from(known);
            reply.set("users", users);
            Ok(Some(reply.object()))
        })
        .await
    }

    async fn update(&self, cloud: &Cloud, update: Update<'_>) -> Result<Object, Failed> {
        let group = Args(update.prior).text("group").unwrap_or_default();
        let (gone, new) = changed(&update, "users");
        for user in gone {
            memberships::remove(cloud, &user, group).await?;
        }
        for user in new {
            memberships::add(cloud, &user, group).await?;
        }
        Ok(Object::new(update.planned.clone()))
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        let args = Args(&prior.value);
        for user in args.strings("users") {
            memberships::remove(cloud, &user, args.text("group").unwrap_or_default()).await?;
        }
        Ok(())
    }

    fn import(&self, _: &Cloud, _: &str) -> Result<Object, Vec<Problem>> {
        Err(vec![crate::not_importable(self.name(), "aws_iam_user_group_membership")])
    }

    async fn list(&self, _: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        Ok(Vec::new())
    }
}
