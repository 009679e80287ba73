//! `aws_iam_group`.

use async_trait::async_trait;
use aws_sdk_iam::types::Group as RemoteGroup;
use terrane_aws_core::{Cloud, made_since, problem};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType, Update};
use terrane_provider::{Object, PlanResponse, Problem, ReadOutcome};
use terrane_value::Value;

use crate::census::{self, Entity};
use crate::client::{PROPAGATION, SETTLING, appeared, found, iam, removed, renamed, still_used, too_new};
use crate::holder::{Kind, group_names};

/// `aws_iam_group`.
#[derive(Debug)]
pub struct Group;

#[async_trait]
impl ResourceType<Cloud> for Group {
    fn name(&self) -> &'static str {
        "aws_iam_group"
    }

    fn plan(&self, _: &Cloud, prior: Option<&Value>, _: &Value, plan: PlanResponse) -> PlanResponse {
        renamed(prior, plan)
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        let name = Args(create.planned).text("name").unwrap_or_default();
        make(cloud, name, create.planned).await?;
        let mut half_made = Reply::from(create.planned);
        half_made.str("id", Some(name));
        let half_made = Object::new(half_made.object());
        read_existing(cloud, name, &half_made.value).await.map_err(|p| Failed::from(p).with(half_made))
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        census::read_each_of(cloud, Kind::Group, prior.len(), prior, |known, all| async move {
            let name = Args(known).text("id").unwrap_or_default();
            match all.get(name).map(|entry| &entry.entity) {
                Some(Entity::Group(group)) => Ok(Some(value(group, known))),
                _ => Ok(get(cloud, name).await?.map(|g| value(&g, known))),
            }
        })
        .await
    }

    async fn update(&self, cloud: &Cloud, update: Update<'_>) -> Result<Object, Failed> {
        let (before, after) = (Args(update.prior).text("id").unwrap_or_default(), Args(update.planned));
        let name = after.text("name").unwrap_or(before);
        let request = iam(cloud).update_group().group_name(before);
        let request = request.set_new_group_name((name != before).then(|| name.to_owned()));
        let request = request.set_new_path(after.string("path"));
        let answer = cloud.call("iam:UpdateGroup", || request.clone().send()).await;
        answer.map_err(|e| problem(&format!("updating {}", Kind::Group.named(before)), &e))?;
        Ok(read_existing(cloud, name, update.planned).await?)
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        let name = Args(&prior.value).text("id").unwrap_or_default();
        let request = iam(cloud).delete_group().group_name(name);
        let answer = cloud.insist("iam:DeleteGroup", SETTLING, still_used, || request.clone().send()).await;
        Ok(removed(&format!("deleting {}", Kind::Group.named(name)), answer)?)
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        group_names(cloud).await.map_err(|p| vec![p])
    }
}

async fn make(cloud: &Cloud, name: &str, planned: &Value) -> Result<(), Problem> {
    let start = cloud.begun();
    let request = iam(cloud).create_group().group_name(name).set_path(Args(planned).string("path"));
    let exists = ["EntityAlreadyExists"];
    let answer = cloud.create_named("iam:CreateGroup", PROPAGATION, too_new, &exists, || request.clone().send()).await;
    let what = format!("creating {}", Kind::Group.named(name));
    if answer.map_err(|e| crate::unmade(problem(&what, &e), &e))?.is_some() {
        return Ok(());
    }
    let made = get(cloud, name).await?.is_some_and(|g| made_since(start, &g.create_date));
    if made { Ok(()) } else { Err(crate::not_ours(&what)) }
}

async fn read_existing(cloud: &Cloud, name: &str, known: &Value) -> Result<Object, Problem> {
    let read = || async { Ok(get(cloud, name).await?.map(|g| value(&g, known))) };
    appeared(cloud, &Kind::Group.named(name).to_string(), read).await
}

/// A group, without its users.
pub async fn get(cloud: &Cloud, name: &str) -> Result<Option<RemoteGroup>, Problem> {
    let request = iam(cloud).get_group().group_name(name).max_items(1);
    let answer = cloud.call("iam:GetGroup", || request.clone().send()).await;
    Ok(found(&format!("reading {}", Kind::Group.named(name)), answer)?.and_then(|a| a.group))
}

fn value(group: &RemoteGroup, known: &Value) -> Value {
    let mut reply = Reply::from(known);
    reply
        .str("id", Some(group.group_name()))
        .str("arn", Some(group.arn()))
        .str("name", Some(group.group_name()))
        .str("path", Some(group.path()))
        .str("unique_id", Some(group.group_id()));
    reply.object()
}
