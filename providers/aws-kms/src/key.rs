//! `aws_kms_key`.

use async_trait::async_trait;
use aws_sdk_kms::operation::list_resource_tags::ListResourceTagsOutput;
use aws_sdk_kms::types::{KeyManagerType, KeyMetadata, KeySpec, KeyState, OriginType};
use terrane_aws_core::{Cloud, Poll, Tags, concurrently, is_code, problem, read_each, timeout};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType, Update, policy_json};
use terrane_provider::{Object, Problem, ReadOutcome};
use terrane_value::Value;

use crate::calls::{KEYS, Kms, PROPAGATION, found, to_tags};
use crate::create;

/// The name of the one policy that a key has.
const POLICY: &str = "default";

/// `aws_kms_key`.
#[derive(Debug)]
pub struct Key;

#[async_trait]
impl ResourceType<Cloud> for Key {
    fn name(&self) -> &'static str {
        "aws_kms_key"
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        let kms = Kms::new(cloud, &cloud.region(create.planned));
        let id = create::make(&kms, &create).await?;
        let mut half_made = Reply::from(create.planned);
        half_made.str("id", Some(&id)).str("key_id", Some(&id)).str("region", Some(&kms.region));
        let half_made = half_made.object();
        match furnish(&kms, &id, &half_made).await {
            Ok(object) => Ok(object),
            Err(problem) => Err(Failed::from(problem).with(Object::new(half_made))),
        }
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        read_each(KEYS, prior, |known| async move {
            let id = Args(known).text("id").or(Args(known).text("key_id")).unwrap_or_default();
            read(&Kms::new(cloud, &cloud.region(known)), id, known).await
        })
        .await
    }

    async fn update(&self, cloud: &Cloud, update: Update<'_>) -> Result<Object, Failed> {
        let kms = Kms::new(cloud, &cloud.region(update.prior));
        let id = Args(update.prior).text("id").unwrap_or_default();
        let planned = Args(update.planned);
        let (changes, on) = (update.changes("is_enabled"), planned.bool("is_enabled") != Some(false));
        if changes && on {
            enable(&kms, id, true).await?;
        }
        if update.changes("enable_key_rotation") || update.changes("rotation_period_in_days") {
            rotate(&kms, id, update.planned).await?;
        }
        if update.changes("description") {
            describe(&kms, id, planned.str("description").unwrap_or_default()).await?;
        }
        if update.changes("policy") && planned.text("policy").is_some() {
            set_policy(&kms, id, planned).await?;
        }
        if changes && !on {
            enable(&kms, id, false).await?;
        }
        set_tags(&kms, id, &update).await?;
        Ok(settled(&kms, id, update.planned).await?)
    }

    fn is_marked(&self) -> bool {
        true
    }

    async fn confirm(&self, cloud: &Cloud, made: &Value) {
        let kms = Kms::new(cloud, &cloud.region(made));
        create::unmark(&kms, Args(made).text("id").unwrap_or_default()).await;
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        let kms = Kms::new(cloud, &cloud.region(&prior.value));
        let args = Args(&prior.value);
        let id = args.text("id").unwrap_or_default();
        let days = args.i64("deletion_window_in_days").and_then(|days| days.try_into().ok());
        let request = kms.client.schedule_key_deletion().key_id(id).set_pending_window_in_days(days);
        match Box::pin(cloud.call("kms:ScheduleKeyDeletion", || request.clone().send())).await {
            Ok(_) => Ok(()),
            Err(e) if is_code(&e, &["NotFoundException"]) => Ok(()),
            // It may be on its way already, by an attempt whose answer was lost or by somebody else.
            Err(e) if is_code(&e, &["KMSInvalidStateException"]) && metadata(&kms, id).await?.is_none() => Ok(()),
            Err(e) => Err(problem(&format!("deleting KMS key {id}"), &e).into()),
        }
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        let kms = &Kms::new(cloud, cloud.default_region());
        let all = ids(kms).await.map_err(|p| vec![p])?;
        let ours = |id: String| async move {
            let metadata = metadata(kms, &id).await?;
            Ok(metadata.filter(|m| m.key_manager == Some(KeyManagerType::Customer)).map(|_| id))
        };
        let ids: Result<Vec<Option<String>>, Problem> = concurrently(KEYS, all, ours).await.into_iter().collect();
        Ok(ids.map_err(|p| vec![p])?.into_iter().flatten().collect())
    }
}

/// The ids of all keys in a region.
pub async fn ids(kms: &Kms<'_>) -> Result<Vec<String>, Problem> {
    let list = |marker| kms.client.list_keys().set_marker(marker).send();
    let take = |a: aws_sdk_kms::operation::list_keys::ListKeysOutput| (a.keys.unwrap_or_default(), a.next_marker);
    let keys = Box::pin(kms.cloud.pages("kms:ListKeys", list, take)).await;
    let keys = keys.map_err(|e| problem("listing KMS keys", &e))?;
    Ok(keys.into_iter().filter_map(|k| k.key_id).collect())
}

/// Gives a new key what its create does not take, and reads it.
async fn furnish(kms: &Kms<'_>, id: &str, planned: &Value) -> Result<Object, Problem> {
    if Args(planned).bool("enable_key_rotation") == Some(true) {
        rotate(kms, id, planned).await?;
    }
    if Args(planned).bool("is_enabled") == Some(false) {
        enable(kms, id, false).await?;
    }
    settled(kms, id, planned).await
}

/// Waits until all of KMS knows what is planned.
async fn settled(kms: &Kms<'_>, id: &str, planned: &Value) -> Result<Object, Problem> {
    let poll = || async {
        let Some(value) = read(kms, id, planned).await? else { return Ok(Poll::pending("not found")) };
        Ok(match unsettled(&value, planned) {
            Some(name) => Poll::pending(format!("{name} not yet changed")),
            None => Poll::Done(Object::new(value)),
        })
    };
    let most = timeout(planned, "create", PROPAGATION);
    kms.cloud.wait(format!("KMS key {id} to be as planned"), most, poll).await
}

/// The attribute that is not yet read as it is planned.
fn unsettled(read: &Value, planned: &Value) -> Option<&'static str> {
    let names = ["description", "enable_key_rotation", "is_enabled", "policy", "rotation_period_in_days"];
    let same = |name: &str| match (Args(planned).get(name), Args(read).get(name)) {
        (Some(planned), Some(read)) if planned.is_known() && !planned.is_null() => match planned.as_str() {
            Some(text) if name == "policy" => policy_json::equivalent(text, read.as_str().unwrap_or_default()),
            _ => planned == read,
        },
        _ => true,
    };
    names.into_iter().find(|name| !same(name))
}

/// What KMS tells of a key, unless it is gone or on its way.
async fn metadata(kms: &Kms<'_>, id: &str) -> Result<Option<KeyMetadata>, Problem> {
    let request = kms.client.describe_key().key_id(id);
    let answer = Box::pin(kms.cloud.call("kms:DescribeKey", || request.clone().send())).await;
    let metadata = found(&format!("reading KMS key {id}"), answer)?.and_then(|a| a.key_metadata);
    let leaving = [KeyState::PendingDeletion, KeyState::PendingReplicaDeletion];
    Ok(metadata.filter(|m| m.key_state.as_ref().is_none_or(|state| !leaving.contains(state))))
}

async fn policy(kms: &Kms<'_>, id: &str) -> Result<Option<String>, Problem> {
    let request = kms.client.get_key_policy().key_id(id).policy_name(POLICY);
    let answer = Box::pin(kms.cloud.call("kms:GetKeyPolicy", || request.clone().send())).await;
    Ok(found(&format!("reading the policy of KMS key {id}"), answer)?.and_then(|a| a.policy))
}

/// The tags of a key, `None` if it is gone.
pub async fn tags(kms: &Kms<'_>, id: &str) -> Result<Option<Tags>, Problem> {
    let list = |marker| kms.client.list_resource_tags().key_id(id).set_marker(marker).send();
    let take = |a: ListResourceTagsOutput| (a.tags.unwrap_or_default(), a.next_marker);
    let answer = Box::pin(kms.cloud.pages("kms:ListResourceTags", list, take)).await;
    let tags = found(&format!("reading the tags of KMS key {id}"), answer)?;
    Ok(tags.map(|tags| tags.into_iter().map(|t| (t.tag_key, t.tag_value)).collect()))
}

/// Whether the key is rotated, and every how many days. Only symmetric keys with material of AWS can be.
async fn rotation(kms: &Kms<'_>, key: &KeyMetadata) -> Result<(bool, Option<i32>), Problem> {
    let able = key.key_spec == Some(KeySpec::SymmetricDefault) && key.origin == Some(OriginType::AwsKms);
    if !able {
        return Ok((false, None));
    }
    let request = kms.client.get_key_rotation_status().key_id(&key.key_id);
    let answer = Box::pin(kms.cloud.call("kms:GetKeyRotationStatus", || request.clone().send())).await;
    let status = found(&format!("reading the rotation of KMS key {}", key.key_id), answer)?;
    Ok(status.map(|s| (s.key_rotation_enabled, s.rotation_period_in_days)).unwrap_or_default())
}

async fn read(kms: &Kms<'_>, id: &str, known: &Value) -> Result<Option<Value>, Problem> {
    let Some(key) = metadata(kms, id).await? else { return Ok(None) };
    let (policy, tags, rotation) = tokio::join!(policy(kms, &key.key_id), tags(kms, &key.key_id), rotation(kms, &key));
    let (Some(policy), Some(tags)) = (policy?, tags?) else { return Ok(None) };
    let (rotated, days) = rotation?;
    let mut reply = Reply::from(known);
    reply
        .str("id", Some(&key.key_id))
        .str("arn", key.arn())
        .str("custom_key_store_id", key.custom_key_store_id())
        .str("customer_master_key_spec", key.key_spec().map(KeySpec::as_str))
        .str("description", Some(key.description().unwrap_or_default()))
        .bool("enable_key_rotation", Some(rotated))
        .bool("is_enabled", Some(key.enabled))
        .str("key_id", Some(&key.key_id))
        .str("key_usage", key.key_usage().map(|u| u.as_str()))
        .bool("multi_region", Some(key.multi_region().unwrap_or_default()))
        .str("policy", Some(shown_policy(Args(known).str("policy"), &policy)))
        .str("region", Some(&kms.region))
        .i64("rotation_period_in_days", days.filter(|_| rotated))
        .str("xks_key_id", key.xks_key_configuration().and_then(|x| x.id()));
    kms.cloud.set_tags(&mut reply, known, create::unmarked(tags));
    Ok(Some(reply.object()))
}

async fn rotate(kms: &Kms<'_>, id: &str, planned: &Value) -> Result<(), Problem> {
    let args = Args(planned);
    if args.bool("enable_key_rotation") == Some(true) {
        let days = args.i64("rotation_period_in_days").and_then(|days| days.try_into().ok());
        let request = kms.client.enable_key_rotation().key_id(id).set_rotation_period_in_days(days);
        let what = format!("rotating KMS key {id}");
        return kms.call("kms:EnableKeyRotation", &what, || request.clone().send()).await.map(|_| ());
    }
    let (request, what) =
        (kms.client.disable_key_rotation().key_id(id), format!("ending the rotation of KMS key {id}"));
    kms.call("kms:DisableKeyRotation", &what, || request.clone().send()).await.map(|_| ())
}

async fn enable(kms: &Kms<'_>, id: &str, on: bool) -> Result<(), Problem> {
    if on {
        let (request, what) = (kms.client.enable_key().key_id(id), format!("enabling KMS key {id}"));
        return kms.call("kms:EnableKey", &what, || request.clone().send()).await.map(|_| ());
    }
    let (request, what) = (kms.client.disable_key().key_id(id), format!("disabling KMS key {id}"));
    kms.call("kms:DisableKey", &what, || request.clone().send()).await.map(|_| ())
}

async fn describe(kms: &Kms<'_>, id: &str, text: &str) -> Result<(), Problem> {
    let request = kms.client.update_key_description().key_id(id).description(text);
    let what = format!("changing the description of KMS key {id}");
    kms.call("kms:UpdateKeyDescription", &what, || request.clone().send()).await.map(|_| ())
}

/// The policy as it was written; an empty text stands for whichever KMS gives the key.
fn shown_policy<'a>(written: Option<&'a str>, policy: &'a str) -> &'a str {
    match written {
        Some("") => "",
        written => policy_json::keep(written, policy),
    }
}

async fn set_policy(kms: &Kms<'_>, id: &str, planned: Args<'_>) -> Result<(), Problem> {
    let request = kms
        .client
        .put_key_policy()
        .key_id(id)
        .policy_name(POLICY)
        .policy(policy_json::compact(planned.str("policy").unwrap_or_default()))
        .bypass_policy_lockout_safety_check(planned.bool("bypass_policy_lockout_safety_check").unwrap_or_default());
    let what = format!("changing the policy of KMS key {id}");
    kms.call("kms:PutKeyPolicy", &what, || request.clone().send()).await.map(|_| ())
}

async fn set_tags(kms: &Kms<'_>, id: &str, update: &Update<'_>) -> Result<(), Problem> {
    let diff = kms.cloud.tag_diff(update.prior, update.planned);
    let what = format!("changing the tags of KMS key {id}");
    if !diff.remove.is_empty() {
        let request = kms.client.untag_resource().key_id(id).set_tag_keys(Some(diff.remove));
        kms.call("kms:UntagResource", &what, || request.clone().send()).await?;
    }
    if !diff.set.is_empty() {
        let request = kms.client.tag_resource().key_id(id).set_tags(Some(to_tags(&diff.set)));
        kms.call("kms:TagResource", &what, || request.clone().send()).await?;
    }
    Ok(())
}
