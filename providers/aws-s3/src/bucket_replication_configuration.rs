//! `aws_s3_bucket_replication_configuration`.

use async_trait::async_trait;
use aws_sdk_s3::types::{
    AccessControlTranslation, DeleteMarkerReplication, Destination, EncryptionConfiguration, ExistingObjectReplication,
    Metrics, ReplicaModifications, ReplicationConfiguration as Configuration, ReplicationRule,
    ReplicationRuleAndOperator, ReplicationRuleFilter, ReplicationTime, ReplicationTimeValue, SourceSelectionCriteria,
    SseKmsEncryptedObjects, Tag,
};
use terrane_aws_core::Tags;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::Value;

use crate::bucket_setting::Setting;
use crate::client::{Bucket, built};
use crate::settings::replication;
use crate::settings::tagging::to_tags;

/// `aws_s3_bucket_replication_configuration`.
#[derive(Debug)]
pub struct ReplicationConfiguration;

#[async_trait]
impl Setting for ReplicationConfiguration {
    fn ty(&self) -> &'static str {
        "aws_s3_bucket_replication_configuration"
    }

    fn what(&self) -> &'static str {
        "replication"
    }

    async fn put(&self, bucket: &Bucket<'_>, planned: &Value) -> Result<(), Problem> {
        let args = Args(planned);
        let rules = args.blocks("rule").into_iter().map(expand).collect::<Result<Vec<_>, _>>()?;
        let configuration = Configuration::builder().role(args.text("role").unwrap_or_default());
        let configuration = built(configuration.set_rules(Some(rules)).build())?;
        replication::put(bucket, configuration, args.string("token")).await
    }

    async fn show(&self, bucket: &Bucket<'_>, known: &Value, reply: &mut Reply) -> Result<bool, Problem> {
        let Some(found) = replication::read(bucket).await? else { return Ok(false) };
        let written = Args(known).blocks("rule");
        let place = |rule: &&ReplicationRule| written.iter().position(|w| w.text("id") == rule.id());
        let mut rules: Vec<&ReplicationRule> = found.rules().iter().collect();
        rules.sort_by_key(|rule| place(rule).unwrap_or(usize::MAX));
        reply.str("role", Some(found.role())).blocks("rule", rules.into_iter().map(show));
        Ok(true)
    }

    async fn remove(&self, bucket: &Bucket<'_>, _: &Value) -> Result<(), Problem> {
        replication::remove(bucket).await
    }
}

/// The status of a block that has nothing else, as the type that S3 takes.
fn status<T: for<'a> From<&'a str>>(block: Args<'_>) -> T {
    T::from(block.text("status").unwrap_or_default())
}

fn expand(block: Args<'_>) -> Result<ReplicationRule, Problem> {
    let markers = block.block("delete_marker_replication");
    let markers = markers.map(|b| DeleteMarkerReplication::builder().status(status(b)).build());
    let existing = block.block("existing_object_replication");
    let existing = existing.map(|b| built(ExistingObjectReplication::builder().status(status(b)).build()));
    let rule = ReplicationRule::builder()
        .set_id(block.string("id"))
        .status(status(block))
        .set_delete_marker_replication(markers)
        .set_existing_object_replication(existing.transpose()?)
        .set_destination(block.block("destination").map(expand_destination).transpose()?)
        .set_source_selection_criteria(block.block("source_selection_criteria").map(expand_criteria).transpose()?);
    let rule = match block.block("filter") {
        Some(filter) => rule.filter(expand_filter(filter)).priority(block.i32("priority").unwrap_or_default()),
        // A rule without filter is one of the older kind, which has a prefix.
        #[allow(deprecated)]
        None => rule.prefix(block.str("prefix").unwrap_or_default()),
    };
    built(rule.build())
}

fn expand_filter(block: Args<'_>) -> ReplicationRuleFilter {
    let filter = ReplicationRuleFilter::builder();
    if let Some(and) = block.block("and") {
        let tags = to_tags(&and.map("tags"));
        let and = ReplicationRuleAndOperator::builder().set_prefix(and.string("prefix")).set_tags(Some(tags));
        return filter.and(and.build()).build();
    }
    let tag = block.block("tag").map(|tag| {
        let text = |name| tag.str(name).unwrap_or_default();
        Tag::builder().key(text("key")).value(text("value")).build()
    });
    match tag.and_then(Result::ok) {
        Some(tag) => filter.tag(tag).build(),
        None => filter.prefix(block.str("prefix").unwrap_or_default()).build(),
    }
}

fn expand_criteria(block: Args<'_>) -> Result<SourceSelectionCriteria, Problem> {
    let replicas = block.block("replica_modifications");
    let replicas = replicas.map(|b| built(ReplicaModifications::builder().status(status(b)).build()));
    let encrypted = block.block("sse_kms_encrypted_objects");
    let encrypted = encrypted.map(|b| built(SseKmsEncryptedObjects::builder().status(status(b)).build()));
    Ok(SourceSelectionCriteria::builder()
        .set_replica_modifications(replicas.transpose()?)
        .set_sse_kms_encrypted_objects(encrypted.transpose()?)
        .build())
}

fn expand_destination(block: Args<'_>) -> Result<Destination, Problem> {
    let time = |b: Args<'_>| ReplicationTimeValue::builder().set_minutes(b.i32("minutes")).build();
    let translation = block.block("access_control_translation");
    let translation = translation
        .map(|b| built(AccessControlTranslation::builder().owner(b.text("owner").unwrap_or_default().into()).build()));
    let key = block.block("encryption_configuration").map(|b| b.string("replica_kms_key_id"));
    let metrics = block.block("metrics").map(|b| {
        let threshold = b.block("event_threshold").map(time);
        built(Metrics::builder().status(status(b)).set_event_threshold(threshold).build())
    });
    let within = block.block("replication_time");
    let within =
        within.map(|b| built(ReplicationTime::builder().status(status(b)).set_time(b.block("time").map(time)).build()));
    let destination = Destination::builder()
        .bucket(block.text("bucket").unwrap_or_default())
        .set_account(block.string("account"))
        .set_storage_class(block.text("storage_class").map(Into::into))
        .set_access_control_translation(translation.transpose()?)
        .set_encryption_configuration(
            key.map(|key| EncryptionConfiguration::builder().set_replica_kms_key_id(key).build()),
        )
        .set_metrics(metrics.transpose()?)
        .set_replication_time(within.transpose()?);
    built(destination.build())
}

/// A block with a status alone.
fn show_status(status: &str) -> Reply {
    let mut block = Reply::new();
    block.str("status", Some(status));
    block
}

fn show(rule: &ReplicationRule) -> Reply {
    let markers = rule.delete_marker_replication().and_then(|d| d.status()).map(|s| show_status(s.as_str()));
    let existing = rule.existing_object_replication().map(|e| show_status(e.status().as_str()));
    #[allow(deprecated)]
    let prefix = rule.prefix();
    let mut block = Reply::new();
    block
        .str("id", rule.id())
        .str("prefix", prefix)
        .i64("priority", rule.priority())
        .str("status", Some(rule.status().as_str()))
        .blocks("delete_marker_replication", markers)
        .blocks("destination", rule.destination().map(show_destination))
        .blocks("existing_object_replication", existing)
        .blocks("filter", rule.filter().map(show_filter))
        .blocks("source_selection_criteria", rule.source_selection_criteria().map(show_criteria));
    block
}

fn show_filter(filter: &ReplicationRuleFilter) -> Reply {
    let and = filter.and().map(|and| {
        let tags: Tags = and.tags().iter().map(|t| (t.key.clone(), t.value.clone())).collect();
        let mut block = Reply::new();
        block.str("prefix", and.prefix()).map("tags", &tags);
        block
    });
    let tag = filter.tag().map(|tag| {
        let mut block = Reply::new();
        block.str("key", Some(tag.key())).str("value", Some(tag.value()));
        block
    });
    let mut block = Reply::new();
    block.str("prefix", filter.prefix()).blocks("and", and).blocks("tag", tag);
    block
}

fn show_criteria(criteria: &SourceSelectionCriteria) -> Reply {
    let replicas = criteria.replica_modifications().map(|r| show_status(r.status().as_str()));
    let encrypted = criteria.sse_kms_encrypted_objects().map(|e| show_status(e.status().as_str()));
    let mut block = Reply::new();
    block.blocks("replica_modifications", replicas).blocks("sse_kms_encrypted_objects", encrypted);
    block
}

fn show_destination(destination: &Destination) -> Reply {
    let time = |time: &ReplicationTimeValue| {
        let mut block = Reply::new();
        block.i64("minutes", time.minutes());
        block
    };
    let translation = destination.access_control_translation().map(|t| {
        let mut block = Reply::new();
        block.str("owner", Some(t.owner().as_str()));
        block
    });
    let key = destination.encryption_configuration().map(|e| {
        let mut block = Reply::new();
        block.str("replica_kms_key_id", e.replica_kms_key_id());
        block
    });
    let metrics = destination.metrics().map(|m| {
        let mut block = show_status(m.status().as_str());
        block.blocks("event_threshold", m.event_threshold().map(time));
        block
    });
    let within = destination.replication_time().map(|t| {
        let mut block = show_status(t.status().as_str());
        block.blocks("time", t.time().map(time));
        block
    });
    let mut block = Reply::new();
    block
        .str("account", destination.account())
        .str("bucket", Some(destination.bucket()))
        .str("storage_class", destination.storage_class().map(|c| c.as_str()))
        .blocks("access_control_translation", translation)
        .blocks("encryption_configuration", key)
        .blocks("metrics", metrics)
        .blocks("replication_time", within);
    block
}
