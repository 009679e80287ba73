//! `aws_iam_policy`.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_iam::types::{Policy as RemotePolicy, PolicyScopeType, PolicyVersion};
use terrane_aws_core::{Cloud, keep_empty, made_since, name_of, prefix_of, problem, read_each};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType, Update, policy_json};
use terrane_provider::{Object, Problem, ReadOutcome};
use terrane_value::Value;
use tokio::sync::OnceCell;

use crate::census::{self, Documents};
use crate::client::{
    OBJECTS, PROPAGATION, appeared, decoded, found, from_tags, iam, removed, retag, still_used, to_tags, too_new,
};

/// Versions that a policy may have at most.
const VERSIONS: usize = 5;

/// `aws_iam_policy`.
#[derive(Debug)]
pub struct Policy;

#[async_trait]
impl ResourceType<Cloud> for Policy {
    fn name(&self) -> &'static str {
        "aws_iam_policy"
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        let name = name_of(create.planned, "name", "name_prefix", create.operation);
        let arn = make(cloud, &name, create.planned).await?;
        if let Some(delay) = Args(create.planned).i64("delay_after_policy_creation_in_ms") {
            tokio::time::sleep(Duration::from_millis(delay.try_into().unwrap_or_default())).await;
        }
        let mut half_made = Reply::from(create.planned);
        half_made.str("id", Some(&arn)).str("arn", Some(&arn)).str("name", Some(&name));
        let half_made = Object::new(half_made.object());
        read_existing(cloud, &arn, &half_made.value).await.map_err(|p| Failed::from(p).with(half_made))
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        let documents = OnceCell::new();
        let documents = || documents.get_or_init(|| census::documents(cloud, prior.len()));
        let read = read_each(OBJECTS, prior, |known| async move {
            let arn = Args(known).text("id").or(Args(known).text("arn")).unwrap_or_default();
            let Some(policy) = get(cloud, arn).await? else { return Ok(None) };
            let documents = documents().await.clone()?;
            read_policy(cloud, policy, arn, known, documents.as_deref()).await
        });
        // The first question leads to others: it comes before those about policies, which may take all places for calls.
        tokio::join!(documents(), read).1
    }

    async fn update(&self, cloud: &Cloud, update: Update<'_>) -> Result<Object, Failed> {
        let arn = Args(update.prior).text("id").unwrap_or_default();
        if update.changes("policy") {
            add_version(cloud, arn, Args(update.planned).str("policy").unwrap_or_default()).await?;
        }
        let what = format!("IAM policy {arn}");
        retag!(cloud, update, what, policy_arn = arn, untag_policy "iam:UntagPolicy", tag_policy "iam:TagPolicy");
        Ok(read_existing(cloud, arn, update.planned).await?)
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        let arn = Args(&prior.value).text("id").unwrap_or_default();
        for version in versions(cloud, arn).await?.into_iter().filter(|v| !v.is_default_version) {
            delete_version(cloud, arn, version).await?;
        }
        let client = iam(cloud);
        let answer =
            cloud.insist("iam:DeletePolicy", PROPAGATION, still_used, || client.delete_policy().policy_arn(arn).send());
        Ok(removed(&format!("deleting IAM policy {arn}"), answer.await)?)
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        let client = iam(cloud);
        let list = |marker| client.list_policies().scope(PolicyScopeType::Local).set_marker(marker).send();
        let take =
            |a: aws_sdk_iam::operation::list_policies::ListPoliciesOutput| (a.policies.unwrap_or_default(), a.marker);
        let policies = cloud.pages("iam:ListPolicies", list, take).await;
        let policies = policies.map_err(|e| vec![problem("listing IAM policies", &e)])?;
        Ok(policies.into_iter().filter_map(|p| p.arn).collect())
    }
}

/// Makes the policy and returns its ARN.
async fn make(cloud: &Cloud, name: &str, planned: &Value) -> Result<String, Problem> {
    let (client, args, start) = (iam(cloud), Args(planned), cloud.begun());
    let request = client
        .create_policy()
        .policy_name(name)
        .policy_document(policy_json::compact(args.str("policy").unwrap_or_default()))
        .set_path(args.string("path"))
        .set_description(args.string("description"))
        .set_tags(Some(to_tags(&cloud.tags_of(planned))));
    let exists = ["EntityAlreadyExists"];
    let answer = cloud.create_named("iam:CreatePolicy", PROPAGATION, too_new, &exists, || request.clone().send());
    let what = format!("creating IAM policy \"{name}\"");
    let made = answer.await.map_err(|e| crate::unmade(problem(&what, &e), &e))?;
    if let Some(arn) = made.and_then(|m| m.policy).and_then(|p| p.arn) {
        return Ok(arn);
    }
    let arn = cloud.arn("iam", "", &format!("policy{}{name}", args.text("path").unwrap_or("/"))).await?;
    let made = get(cloud, &arn).await?.and_then(|p| p.create_date);
    if made.is_some_and(|date| made_since(start, &date)) { Ok(arn) } else { Err(crate::not_ours(&what)) }
}

async fn read_existing(cloud: &Cloud, arn: &str, known: &Value) -> Result<Object, Problem> {
    let read = || async {
        let Some(policy) = get(cloud, arn).await? else { return Ok(None) };
        read_policy(cloud, policy, arn, known, None).await
    };
    appeared(cloud, &format!("IAM policy {arn}"), read).await
}

/// A managed policy, without its document.
pub async fn get(cloud: &Cloud, arn: &str) -> Result<Option<RemotePolicy>, Problem> {
    let client = iam(cloud);
    let answer = cloud.call("iam:GetPolicy", || client.get_policy().policy_arn(arn).send()).await;
    Ok(found(&format!("reading IAM policy {arn}"), answer)?.and_then(|a| a.policy))
}

/// The document of a version of a policy.
pub async fn document(cloud: &Cloud, arn: &str, version: &str) -> Result<Option<String>, Problem> {
    let request = iam(cloud).get_policy_version().policy_arn(arn).version_id(version);
    let answer = cloud.call("iam:GetPolicyVersion", || request.clone().send()).await;
    let version = found(&format!("reading the default version of IAM policy {arn}"), answer)?;
    Ok(version.and_then(|a| a.policy_version).map(|v| decoded(v.document().unwrap_or_default())))
}

/// A policy with its document, which is read unless it is among `documents`.
async fn read_policy(
    cloud: &Cloud,
    policy: RemotePolicy,
    arn: &str,
    known: &Value,
    documents: Option<&Documents>,
) -> Result<Option<Value>, Problem> {
    let version = policy.default_version_id().unwrap_or("v1");
    let document = match documents.and_then(|all| all.get(&(arn.to_owned(), version.to_owned()))) {
        Some(document) => Some(document.clone()),
        None => document(cloud, arn, version).await?,
    };
    let Some(document) = document else { return Ok(None) };
    let mut reply = Reply::from(known);
    reply
        .str("id", Some(arn))
        .str("arn", Some(arn))
        .i64("attachment_count", Some(policy.attachment_count().unwrap_or_default()))
        .str("description", policy.description().filter(|d| !d.is_empty()))
        .str("name", policy.policy_name())
        .str("name_prefix", policy.policy_name().and_then(prefix_of))
        .str("path", policy.path())
        .str("policy", Some(policy_json::keep(Args(known).str("policy"), &document)))
        .str("policy_id", policy.policy_id());
    cloud.set_tags(&mut reply, known, from_tags(policy.tags()));
    Ok(Some(keep_empty(known, reply.object())))
}

/// Makes a document the default version, after the oldest other version if there are too many.
async fn add_version(cloud: &Cloud, arn: &str, document: &str) -> Result<(), Problem> {
    let versions = versions(cloud, arn).await?;
    if versions.len() >= VERSIONS {
        let others = versions.into_iter().filter(|v| !v.is_default_version);
        if let Some(oldest) = others.min_by_key(|v| v.create_date().map(|d| d.secs())) {
            delete_version(cloud, arn, oldest).await?;
        }
    }
    let request = iam(cloud).create_policy_version().policy_arn(arn).set_as_default(true);
    let request = request.policy_document(policy_json::compact(document));
    // Twice the same version does no harm beyond one version more.
    let answer = cloud.insist("iam:CreatePolicyVersion", PROPAGATION, too_new, || request.clone().send()).await;
    answer.map(|_| ()).map_err(|e| problem(&format!("updating IAM policy {arn}"), &e))
}

async fn versions(cloud: &Cloud, arn: &str) -> Result<Vec<PolicyVersion>, Problem> {
    let client = iam(cloud);
    let list = |marker| client.list_policy_versions().policy_arn(arn).set_marker(marker).send();
    let take = |a: aws_sdk_iam::operation::list_policy_versions::ListPolicyVersionsOutput| {
        (a.versions.unwrap_or_default(), a.marker)
    };
    let versions = cloud.pages("iam:ListPolicyVersions", list, take).await;
    Ok(found(&format!("listing the versions of IAM policy {arn}"), versions)?.unwrap_or_default())
}

async fn delete_version(cloud: &Cloud, arn: &str, version: PolicyVersion) -> Result<(), Problem> {
    let id = version.version_id.unwrap_or_default();
    let what = format!("deleting version {id} of IAM policy {arn}");
    let request = iam(cloud).delete_policy_version().policy_arn(arn).version_id(id);
    removed(&what, cloud.call("iam:DeletePolicyVersion", || request.clone().send()).await)
}
