//! `aws_iam_instance_profile`.

use async_trait::async_trait;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::types::InstanceProfile as RemoteProfile;
use terrane_aws_core::{Cloud, is_code, keep_empty, made_since, name_of, prefix_of, problem, read_each, says};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType, Update};
use terrane_provider::{Object, Problem, ReadOutcome};
use terrane_value::Value;

use crate::client::{
    OBJECTS, PROPAGATION, appeared, found, from_tags, iam, removed, retag, still_used, time, to_tags, too_new,
};

/// `aws_iam_instance_profile`.
#[derive(Debug)]
pub struct InstanceProfile;

#[async_trait]
impl ResourceType<Cloud> for InstanceProfile {
    fn name(&self) -> &'static str {
        "aws_iam_instance_profile"
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        let name = name_of(create.planned, "name", "name_prefix", create.operation);
        make(cloud, &name, create.planned).await?;
        let mut half_made = Reply::from(create.planned);
        half_made.str("id", Some(&name)).str("name", Some(&name));
        let half_made = Object::new(half_made.object());
        furnish(cloud, &name, &half_made.value).await.map_err(|p| Failed::from(p).with(half_made))
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        read_each(OBJECTS, prior, |known| async move {
            let name = Args(known).text("id").or(Args(known).text("name")).unwrap_or_default();
            Ok(get(cloud, name).await?.map(|p| value(cloud, &p, known)))
        })
        .await
    }

    async fn update(&self, cloud: &Cloud, update: Update<'_>) -> Result<Object, Failed> {
        let name = Args(update.prior).text("id").unwrap_or_default();
        if update.changes("role") {
            if let Some(role) = Args(update.prior).text("role") {
                remove_role(cloud, name, role).await?;
            }
            if let Some(role) = Args(update.planned).text("role") {
                add_role(cloud, name, role).await?;
            }
        }
        let what = format!("IAM instance profile \"{name}\"");
        retag!(
            cloud, update, what, instance_profile_name = name,
            untag_instance_profile "iam:UntagInstanceProfile", tag_instance_profile "iam:TagInstanceProfile"
        );
        Ok(read_existing(cloud, name, update.planned).await?)
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        let name = Args(&prior.value).text("id").unwrap_or_default();
        if let Some(role) = Args(&prior.value).text("role") {
            remove_role(cloud, name, role).await?;
        }
        let request = iam(cloud).delete_instance_profile().instance_profile_name(name);
        let answer =
            cloud.insist("iam:DeleteInstanceProfile", PROPAGATION, still_used, || request.clone().send()).await;
        Ok(removed(&format!("deleting IAM instance profile \"{name}\""), answer)?)
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        let client = iam(cloud);
        let list = |marker| client.list_instance_profiles().set_marker(marker).send();
        let profiles = cloud.pages("iam:ListInstanceProfiles", list, |a| (a.instance_profiles, a.marker)).await;
        let profiles = profiles.map_err(|e| vec![problem("listing IAM instance profiles", &e)])?;
        Ok(profiles.into_iter().map(|p| p.instance_profile_name).collect())
    }
}

async fn make(cloud: &Cloud, name: &str, planned: &Value) -> Result<(), Problem> {
    let start = cloud.begun();
    let request = iam(cloud)
        .create_instance_profile()
        .instance_profile_name(name)
        .set_path(Args(planned).string("path"))
        .set_tags(Some(to_tags(&cloud.tags_of(planned))));
    let exists = ["EntityAlreadyExists"];
    let operation = "iam:CreateInstanceProfile";
    let answer = cloud.create_named(operation, PROPAGATION, too_new, &exists, || request.clone().send()).await;
    let what = format!("creating IAM instance profile \"{name}\"");
    if answer.map_err(|e| crate::unmade(problem(&what, &e), &e))?.is_some() {
        return Ok(());
    }
    let made = get(cloud, name).await?.is_some_and(|p| made_since(start, &p.create_date));
    if made { Ok(()) } else { Err(crate::not_ours(&what)) }
}

/// Gives a new profile its role and reads it.
async fn furnish(cloud: &Cloud, name: &str, planned: &Value) -> Result<Object, Problem> {
    if let Some(role) = Args(planned).text("role") {
        add_role(cloud, name, role).await?;
    }
    read_existing(cloud, name, planned).await
}

async fn read_existing(cloud: &Cloud, name: &str, known: &Value) -> Result<Object, Problem> {
    let read = || async { Ok(get(cloud, name).await?.map(|p| value(cloud, &p, known))) };
    appeared(cloud, &format!("IAM instance profile \"{name}\""), read).await
}

/// An instance profile.
pub async fn get(cloud: &Cloud, name: &str) -> Result<Option<RemoteProfile>, Problem> {
    let request = iam(cloud).get_instance_profile().instance_profile_name(name);
    let answer = cloud.call("iam:GetInstanceProfile", || request.clone().send()).await;
    Ok(found(&format!("reading IAM instance profile \"{name}\""), answer)?.and_then(|a| a.instance_profile))
}

fn value(cloud: &Cloud, profile: &RemoteProfile, known: &Value) -> Value {
    let name = profile.instance_profile_name();
    let mut reply = Reply::from(known);
    reply
        .str("id", Some(name))
        .str("arn", Some(profile.arn()))
        .str("create_date", time(profile.create_date()))
        .str("name", Some(name))
        .str("name_prefix", prefix_of(name))
        .str("path", Some(profile.path()))
        .str("role", profile.roles().first().map(|r| r.role_name()))
        .str("unique_id", Some(profile.instance_profile_id()));
    cloud.set_tags(&mut reply, known, from_tags(profile.tags()));
    keep_empty(known, reply.object())
}

async fn add_role(cloud: &Cloud, name: &str, role: &str) -> Result<(), Problem> {
    let request = iam(cloud).add_role_to_instance_profile().instance_profile_name(name).role_name(role);
    let operation = "iam:AddRoleToInstanceProfile";
    let answer = cloud.insist(operation, PROPAGATION, role_too_new, || request.clone().send()).await;
    match answer {
        Ok(_) => Ok(()),
        // An attempt whose answer was lost has filled the one place there is, or somebody else has.
        Err(e) if is_code(&e, &["LimitExceeded"]) && holds(cloud, name, role).await? => Ok(()),
        Err(e) => Err(problem(&format!("adding role \"{role}\" to IAM instance profile \"{name}\""), &e)),
    }
}

async fn holds(cloud: &Cloud, name: &str, role: &str) -> Result<bool, Problem> {
    Ok(get(cloud, name).await?.is_some_and(|p| p.roles().iter().any(|r| r.role_name() == role)))
}

fn role_too_new<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    says(error, "InvalidParameterValue", "Invalid IAM Instance Profile name")
        || says(error, "NoSuchEntity", "The role with name")
        || is_code(error, &["ConcurrentModification"])
}

async fn remove_role(cloud: &Cloud, name: &str, role: &str) -> Result<(), Problem> {
    let request = iam(cloud).remove_role_from_instance_profile().instance_profile_name(name).role_name(role);
    let answer = cloud.call("iam:RemoveRoleFromInstanceProfile", || request.clone().send()).await;
    removed(&format!("removing role \"{role}\" from IAM instance profile \"{name}\""), answer)
}
