//! Lifecycle rules in their old form.

use aws_sdk_s3::operation::get_bucket_lifecycle_configuration::GetBucketLifecycleConfigurationOutput;
use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, ExpirationStatus, LifecycleExpiration, LifecycleRule,
    LifecycleRuleAndOperator, LifecycleRuleFilter, NoncurrentVersionExpiration, NoncurrentVersionTransition, Tag,
    Transition,
};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use terrane_aws_core::Tags;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::Value;

use super::tagging::to_tags;
use crate::client::{Bucket, built};

/// Reads the rules.
pub async fn read(bucket: &Bucket<'_>) -> Result<Vec<LifecycleRule>, Problem> {
    Ok(get(bucket).await?.and_then(|a| a.rules).unwrap_or_default())
}

/// Reads the whole configuration; `None` if there is none.
pub async fn get(bucket: &Bucket<'_>) -> Result<Option<GetBucketLifecycleConfigurationOutput>, Problem> {
    let request = bucket.client.get_bucket_lifecycle_configuration().bucket(&bucket.name);
    let (operation, absent) = ("s3:GetBucketLifecycleConfiguration", ["NoSuchLifecycleConfiguration"]);
    bucket.read_once(operation, "lifecycle rules", &absent, || request.clone().send()).await
}

/// Shows them.
pub fn show(reply: &mut Reply, rules: &[LifecycleRule]) {
    reply.blocks("lifecycle_rule", rules.iter().map(show_rule));
}

fn show_rule(rule: &LifecycleRule) -> Reply {
    let (prefix, tags) = scope(rule);
    let abort = rule.abort_incomplete_multipart_upload().and_then(|a| a.days_after_initiation());
    let noncurrent = rule.noncurrent_version_expiration().map(|e| {
        let mut block = Reply::new();
        block.i64("days", e.noncurrent_days());
        block
    });
    let mut block = Reply::new();
    block
        .i64("abort_incomplete_multipart_upload_days", abort)
        .bool("enabled", Some(*rule.status() == ExpirationStatus::Enabled))
        .str("id", rule.id())
        .str("prefix", prefix)
        .blocks("expiration", rule.expiration().map(show_expiration))
        .blocks("noncurrent_version_expiration", noncurrent)
        .blocks("noncurrent_version_transition", rule.noncurrent_version_transitions().iter().map(show_noncurrent))
        .blocks("transition", rule.transitions().iter().map(show_transition));
    if !tags.is_empty() {
        block.map("tags", &tags);
    }
    block
}

fn scope(rule: &LifecycleRule) -> (Option<&str>, Tags) {
    let filter = rule.filter();
    let and = filter.and_then(|f| f.and());
    let within = and.and_then(|a| a.prefix()).or(filter.and_then(|f| f.prefix()));
    #[allow(deprecated)]
    let prefix = rule.prefix().or(within);
    let tags = and.map(|a| a.tags()).unwrap_or_default().iter().chain(filter.and_then(|f| f.tag()));
    (prefix, tags.map(|t| (t.key.clone(), t.value.clone())).collect())
}

fn show_expiration(expiration: &LifecycleExpiration) -> Reply {
    let mut block = Reply::new();
    block
        .str("date", expiration.date().and_then(day))
        .i64("days", expiration.days())
        .bool("expired_object_delete_marker", expiration.expired_object_delete_marker());
    block
}

fn show_transition(transition: &Transition) -> Reply {
    let mut block = Reply::new();
    block
        .str("date", transition.date().and_then(day))
        .i64("days", transition.days())
        .str("storage_class", transition.storage_class().map(|c| c.as_str()));
    block
}

fn show_noncurrent(transition: &NoncurrentVersionTransition) -> Reply {
    let mut block = Reply::new();
    block
        .i64("days", transition.noncurrent_days())
        .str("storage_class", transition.storage_class().map(|c| c.as_str()));
    block
}

/// The day of a date, which rules are written with: `2024-05-01`.
fn day(date: &DateTime) -> Option<String> {
    date.fmt(Format::DateTime).ok().and_then(|text| text.split('T').next().map(str::to_owned))
}

/// Writes them, or removes them if there are none.
pub async fn write(bucket: &Bucket<'_>, planned: &Value) -> Result<(), Problem> {
    let rules = Args(planned).blocks("lifecycle_rule").into_iter().map(expand).collect::<Result<Vec<_>, _>>()?;
    if rules.is_empty() {
        return remove(bucket).await;
    }
    let configuration = built(BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build())?;
    let request = bucket.client.put_bucket_lifecycle_configuration().bucket(&bucket.name);
    let request = request.lifecycle_configuration(configuration);
    let operation = "s3:PutBucketLifecycleConfiguration";
    bucket.write(operation, "lifecycle rules", || request.clone().send()).await.map(|_| ())
}

/// Removes them.
pub async fn remove(bucket: &Bucket<'_>) -> Result<(), Problem> {
    let request = bucket.client.delete_bucket_lifecycle().bucket(&bucket.name);
    bucket.remove("s3:DeleteBucketLifecycle", "lifecycle rules", &[], || request.clone().send()).await
}

fn expand(block: Args<'_>) -> Result<LifecycleRule, Problem> {
    let enabled = block.bool("enabled") == Some(true);
    let abort = block.i32("abort_incomplete_multipart_upload_days").filter(|days| *days > 0);
    let abort = abort.map(|days| AbortIncompleteMultipartUpload::builder().days_after_initiation(days).build());
    let noncurrent = block.block("noncurrent_version_expiration").and_then(|e| e.i32("days"));
    let noncurrent = noncurrent.map(|days| NoncurrentVersionExpiration::builder().noncurrent_days(days).build());
    let old = block.blocks("noncurrent_version_transition").into_iter().map(expand_noncurrent).collect();
    let transitions = block.blocks("transition").into_iter().map(expand_transition).collect::<Result<_, _>>()?;
    let rule = LifecycleRule::builder()
        .set_abort_incomplete_multipart_upload(abort)
        .set_expiration(block.block("expiration").map(expand_expiration).transpose()?)
        .filter(filter(block))
        .set_id(block.string("id"))
        .set_noncurrent_version_expiration(noncurrent)
        .set_noncurrent_version_transitions(Some(old))
        .status(if enabled { ExpirationStatus::Enabled } else { ExpirationStatus::Disabled })
        .set_transitions(Some(transitions));
    built(rule.build())
}

fn filter(block: Args<'_>) -> LifecycleRuleFilter {
    let (prefix, tags) = (block.str("prefix").unwrap_or_default(), block.map("tags"));
    if tags.is_empty() {
        return LifecycleRuleFilter::builder().prefix(prefix).build();
    }
    let tags: Vec<Tag> = to_tags(&tags);
    let and = LifecycleRuleAndOperator::builder().prefix(prefix).set_tags(Some(tags)).build();
    LifecycleRuleFilter::builder().and(and).build()
}

fn expand_expiration(block: Args<'_>) -> Result<LifecycleExpiration, Problem> {
    let (date, days) = (block.text("date").map(date).transpose()?, block.i32("days").filter(|d| *d > 0));
    let marker = if date.is_none() && days.is_none() { block.bool("expired_object_delete_marker") } else { None };
    let expiration = LifecycleExpiration::builder().set_date(date).set_days(days);
    Ok(expiration.set_expired_object_delete_marker(marker).build())
}

fn expand_transition(block: Args<'_>) -> Result<Transition, Problem> {
    let date = block.text("date").map(date).transpose()?;
    let days = if date.is_some() { None } else { block.i32("days") };
    let class = block.text("storage_class").unwrap_or_default();
    Ok(Transition::builder().set_date(date).set_days(days).storage_class(class.into()).build())
}

fn expand_noncurrent(block: Args<'_>) -> NoncurrentVersionTransition {
    let class = block.text("storage_class").unwrap_or_default();
    let transition = NoncurrentVersionTransition::builder().set_noncurrent_days(block.i32("days"));
    transition.storage_class(class.into()).build()
}

fn date(day: &str) -> Result<DateTime, Problem> {
    let midnight = DateTime::from_str(&format!("{day}T00:00:00Z"), Format::DateTime);
    midnight.map_err(|_| Problem::error("Invalid date", format!("\"{day}\" is not a date such as 2024-05-01.")))
}
