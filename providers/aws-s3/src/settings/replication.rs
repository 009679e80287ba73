//! Replication to other buckets, in its old form.

use aws_sdk_s3::types::{
    AccessControlTranslation, DeleteMarkerReplication, DeleteMarkerReplicationStatus, Destination,
    EncryptionConfiguration, Metrics, ReplicationConfiguration, ReplicationRule, ReplicationRuleAndOperator,
    ReplicationRuleFilter, ReplicationTime, ReplicationTimeValue, SourceSelectionCriteria, SseKmsEncryptedObjects,
    SseKmsEncryptedObjectsStatus,
};
use terrane_aws_core::Tags;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::{Path, Value};

use super::tagging::to_tags;
use crate::client::{Bucket, built};

/// Reads the configuration.
pub async fn read(bucket: &Bucket<'_>) -> Result<Option<ReplicationConfiguration>, Problem> {
    let request = bucket.client.get_bucket_replication().bucket(&bucket.name);
    let absent = ["ReplicationConfigurationNotFoundError"];
    let answer = bucket.read_once("s3:GetBucketReplication", "replication", &absent, || request.clone().send()).await?;
    Ok(answer.and_then(|a| a.replication_configuration))
}

/// Shows it.
pub fn show(reply: &mut Reply, replication: Option<ReplicationConfiguration>) {
    let block = replication.map(|replication| {
        let mut block = Reply::new();
        block.str("role", Some(replication.role())).blocks("rules", replication.rules().iter().map(show_rule));
        block
    });
    reply.blocks("replication_configuration", block);
}

fn show_rule(rule: &ReplicationRule) -> Reply {
    let markers = rule.delete_marker_replication().and_then(|d| d.status());
    let markers = markers.filter(|s| **s == DeleteMarkerReplicationStatus::Enabled);
    let criteria = rule.source_selection_criteria().map(|criteria| {
        let mut block = Reply::new();
        let objects = criteria.sse_kms_encrypted_objects().map(|objects| {
            let mut block = Reply::new();
            block.bool("enabled", Some(*objects.status() == SseKmsEncryptedObjectsStatus::Enabled));
            block
        });
        block.blocks("sse_kms_encrypted_objects", objects);
        block
    });
    #[allow(deprecated)]
    let prefix = rule.prefix();
    let mut block = Reply::new();
    block
        .str("delete_marker_replication_status", markers.map(|s| s.as_str()))
        .str("id", rule.id())
        .str("prefix", prefix)
        .i64("priority", rule.priority())
        .str("status", Some(rule.status().as_str()))
        .blocks("destination", rule.destination().map(show_destination))
        .blocks("filter", rule.filter().map(show_filter))
        .blocks("source_selection_criteria", criteria);
    block
}

fn show_filter(filter: &ReplicationRuleFilter) -> Reply {
    let and = filter.and();
    let tags = and.map(|a| a.tags()).unwrap_or_default().iter().chain(filter.tag());
    let tags: Tags = tags.map(|t| (t.key.clone(), t.value.clone())).collect();
    let mut block = Reply::new();
    block.str("prefix", and.and_then(|a| a.prefix()).or(filter.prefix()));
    if !tags.is_empty() {
        block.map("tags", &tags);
    }
    block
}

fn show_destination(destination: &Destination) -> Reply {
    let mut block = Reply::new();
    let key = destination.encryption_configuration().and_then(|e| e.replica_kms_key_id());
    let translation = destination.access_control_translation().map(|t| {
        let mut block = Reply::new();
        block.str("owner", Some(t.owner().as_str()));
        block
    });
    let metrics = destination.metrics().map(|m| show_time(m.status().as_str(), m.event_threshold()));
    let time = destination.replication_time().map(|t| show_time(t.status().as_str(), t.time()));
    block
        .str("account_id", destination.account())
        .str("bucket", Some(destination.bucket()))
        .str("replica_kms_key_id", key)
        .str("storage_class", destination.storage_class().map(|c| c.as_str()))
        .blocks("access_control_translation", translation)
        .blocks("metrics", metrics)
        .blocks("replication_time", time);
    block
}

fn show_time(status: &str, time: Option<&ReplicationTimeValue>) -> Reply {
    let mut block = Reply::new();
    block.str("status", Some(status)).i64("minutes", time.and_then(|t| t.minutes()));
    block
}

/// Writes it, or ends replication. S3 replicates versioned buckets only.
pub async fn write(bucket: &Bucket<'_>, planned: &Value) -> Result<(), Problem> {
    let Some(block) = Args(planned).block("replication_configuration") else { return remove(bucket).await };
    if Args(planned).block("versioning").and_then(|v| v.bool("enabled")) != Some(true) {
        let detail = format!("Only a versioned bucket can be replicated. Enable versioning of \"{}\".", bucket.name);
        let problem = Problem::error("Replication without versioning", detail);
        return Err(problem.at(Path::root().attr("replication_configuration")));
    }
    let rules = block.blocks("rules").into_iter().map(expand).collect::<Result<_, _>>()?;
    let replication = ReplicationConfiguration::builder().role(block.text("role").unwrap_or_default());
    let replication = built(replication.set_rules(Some(rules)).build())?;
    put(bucket, replication, None).await
}

/// Writes a configuration; `token` is what AWS support gives for buckets with object lock.
pub async fn put(
    bucket: &Bucket<'_>,
    replication: ReplicationConfiguration,
    token: Option<String>,
) -> Result<(), Problem> {
    let request = bucket.client.put_bucket_replication().bucket(&bucket.name).replication_configuration(replication);
    let request = request.set_token(token);
    bucket.write("s3:PutBucketReplication", "replication", || request.clone().send()).await.map(|_| ())
}

/// Ends replication.
pub async fn remove(bucket: &Bucket<'_>) -> Result<(), Problem> {
    let (operation, absent) = ("s3:DeleteBucketReplication", ["ReplicationConfigurationNotFoundError"]);
    let request = bucket.client.delete_bucket_replication().bucket(&bucket.name);
    bucket.remove(operation, "replication", &absent, || request.clone().send()).await
}

fn expand(block: Args<'_>) -> Result<ReplicationRule, Problem> {
    let rule = ReplicationRule::builder()
        .set_id(block.string("id"))
        .status(block.text("status").unwrap_or_default().into())
        .set_destination(block.block("destination").map(expand_destination).transpose()?)
        .set_source_selection_criteria(block.block("source_selection_criteria").map(expand_criteria).transpose()?);
    let rule = match block.block("filter") {
        Some(filter) => {
            let markers = block.text("delete_marker_replication_status").unwrap_or("Disabled");
            rule.set_priority(block.i32("priority"))
                .filter(expand_filter(filter))
                .delete_marker_replication(DeleteMarkerReplication::builder().status(markers.into()).build())
        }
        #[allow(deprecated)]
        None => rule.prefix(block.str("prefix").unwrap_or_default()),
    };
    built(rule.build())
}

fn expand_filter(block: Args<'_>) -> ReplicationRuleFilter {
    let (prefix, tags) = (block.str("prefix").unwrap_or_default(), block.map("tags"));
    if tags.is_empty() {
        return ReplicationRuleFilter::builder().prefix(prefix).build();
    }
    let and = ReplicationRuleAndOperator::builder().prefix(prefix).set_tags(Some(to_tags(&tags))).build();
    ReplicationRuleFilter::builder().and(and).build()
}

fn expand_criteria(block: Args<'_>) -> Result<SourceSelectionCriteria, Problem> {
    let objects = block.block("sse_kms_encrypted_objects").map(|objects| {
        let enabled = objects.bool("enabled") == Some(true);
        let status =
            if enabled { SseKmsEncryptedObjectsStatus::Enabled } else { SseKmsEncryptedObjectsStatus::Disabled };
        built(SseKmsEncryptedObjects::builder().status(status).build())
    });
    Ok(SourceSelectionCriteria::builder().set_sse_kms_encrypted_objects(objects.transpose()?).build())
}

fn expand_destination(block: Args<'_>) -> Result<Destination, Problem> {
    let key = block.string("replica_kms_key_id");
    let key = key.map(|key| EncryptionConfiguration::builder().replica_kms_key_id(key).build());
    let translation = block
        .block("access_control_translation")
        .map(|t| built(AccessControlTranslation::builder().owner(t.text("owner").unwrap_or_default().into()).build()));
    let status = |b: Args<'_>| b.text("status").unwrap_or("Enabled").to_owned();
    let minutes = |b: Args<'_>| ReplicationTimeValue::builder().minutes(b.i32("minutes").unwrap_or(15)).build();
    let metrics = block
        .block("metrics")
        .map(|b| built(Metrics::builder().status(status(b).as_str().into()).event_threshold(minutes(b)).build()));
    let time = block
        .block("replication_time")
        .map(|b| built(ReplicationTime::builder().status(status(b).as_str().into()).time(minutes(b)).build()));
    let destination = Destination::builder()
        .bucket(block.text("bucket").unwrap_or_default())
        .set_account(block.string("account_id"))
        .set_storage_class(block.text("storage_class").map(Into::into))
        .set_encryption_configuration(key)
        .set_access_control_translation(translation.transpose()?)
        .set_metrics(metrics.transpose()?)
        .set_replication_time(time.transpose()?);
    built(destination.build())
}
