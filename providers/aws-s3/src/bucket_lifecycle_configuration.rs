//! `aws_s3_bucket_lifecycle_configuration`.

use async_trait::async_trait;
use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, ExpirationStatus, LifecycleExpiration, LifecycleRule,
    LifecycleRuleAndOperator, LifecycleRuleFilter, NoncurrentVersionExpiration, NoncurrentVersionTransition, Tag,
    Transition, TransitionDefaultMinimumObjectSize,
};
use terrane_provider::sdk::{Args, Reply};
use terrane_provider::{PlanResponse, Problem};
use terrane_value::{Kind, Type, Value};

use crate::bucket_setting::Setting;
use crate::client::{Bucket, built};
use crate::dates::{date, parsed};
use crate::settings::lifecycle;
use crate::settings::tagging::to_tags;

const SIZE: &str = "transition_default_minimum_object_size";

/// The minimum size of objects that move, where nothing else is written.
const MINIMUM: &str = "all_storage_classes_128K";

/// `aws_s3_bucket_lifecycle_configuration`.
#[derive(Debug)]
pub struct LifecycleConfiguration;

#[async_trait]
impl Setting for LifecycleConfiguration {
    fn ty(&self) -> &'static str {
        "aws_s3_bucket_lifecycle_configuration"
    }

    fn what(&self) -> &'static str {
        "lifecycle configuration"
    }

    fn refine(&self, _: Option<&Value>, config: &Value, mut plan: PlanResponse) -> PlanResponse {
        let unwritten = config.get(SIZE).is_none_or(Value::is_null);
        if let Some(fields) = plan.planned.as_ref().and_then(Value::fields).filter(|_| unwritten) {
            let fields = fields.with(SIZE, Value::string(MINIMUM));
            plan.planned = Some(Value::from_kind(Kind::Object(fields)));
        }
        plan
    }

    async fn put(&self, bucket: &Bucket<'_>, planned: &Value) -> Result<(), Problem> {
        let rules = Args(planned).blocks("rule").into_iter().map(expand).collect::<Result<Vec<_>, _>>()?;
        let configuration = built(BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build())?;
        let minimum = Args(planned).text(SIZE).unwrap_or(MINIMUM);
        let request = bucket
            .client
            .put_bucket_lifecycle_configuration()
            .bucket(&bucket.name)
            .transition_default_minimum_object_size(TransitionDefaultMinimumObjectSize::from(minimum))
            .lifecycle_configuration(configuration);
        let operation = "s3:PutBucketLifecycleConfiguration";
        bucket.write(operation, self.what(), || request.clone().send()).await.map(|_| ())
    }

    async fn show(&self, bucket: &Bucket<'_>, known: &Value, reply: &mut Reply) -> Result<bool, Problem> {
        let Some(answer) = lifecycle::get(bucket).await? else { return Ok(false) };
        let minimum = answer.transition_default_minimum_object_size().map(|m| m.as_str()).unwrap_or(MINIMUM);
        let written = Args(known).blocks("rule");
        let place = |rule: &LifecycleRule| written.iter().position(|w| w.str("id") == rule.id());
        let mut rules: Vec<&LifecycleRule> = answer.rules().iter().collect();
        rules.sort_by_key(|rule| place(rule).unwrap_or(usize::MAX));
        let shown = rules.iter().map(|rule| show(rule, place(rule).and_then(|at| written.get(at)).copied()));
        reply.str(SIZE, Some(minimum)).blocks("rule", shown);
        if bucket.owner.is_none() {
            reply.str("expected_bucket_owner", Some(""));
        }
        Ok(!answer.rules().is_empty())
    }

    async fn remove(&self, bucket: &Bucket<'_>, _: &Value) -> Result<(), Problem> {
        lifecycle::remove(bucket).await
    }
}

fn expand(block: Args<'_>) -> Result<LifecycleRule, Problem> {
    let abort = block.block("abort_incomplete_multipart_upload").map(|a| {
        AbortIncompleteMultipartUpload::builder().set_days_after_initiation(a.i32("days_after_initiation")).build()
    });
    let noncurrent = block.block("noncurrent_version_expiration").map(|e| {
        NoncurrentVersionExpiration::builder()
            .set_noncurrent_days(e.i32("noncurrent_days"))
            .set_newer_noncurrent_versions(e.i32("newer_noncurrent_versions"))
            .build()
    });
    let old = block.blocks("noncurrent_version_transition").into_iter().map(expand_noncurrent).collect();
    let transitions = block.blocks("transition").into_iter().map(expand_transition).collect::<Result<_, _>>()?;
    let rule = LifecycleRule::builder()
        .set_abort_incomplete_multipart_upload(abort)
        .set_expiration(block.block("expiration").map(expand_expiration).transpose()?)
        .set_id(block.string("id"))
        .set_noncurrent_version_expiration(noncurrent)
        .set_noncurrent_version_transitions(Some(old))
        .status(ExpirationStatus::from(block.text("status").unwrap_or_default()))
        .set_transitions(Some(transitions));
    #[allow(deprecated)]
    let rule = match (block.block("filter"), block.text("prefix")) {
        (None, Some(prefix)) => rule.prefix(prefix),
        (filter, _) => rule.set_filter(filter.map_or(Ok(everything()), expand_filter).map(Some)?),
    };
    built(rule.build())
}

/// The filter that fits all objects.
fn everything() -> LifecycleRuleFilter {
    LifecycleRuleFilter::builder().prefix("").build()
}

fn expand_filter(block: Args<'_>) -> Result<LifecycleRuleFilter, Problem> {
    let filter = LifecycleRuleFilter::builder();
    let tag = |t: Args<'_>| {
        let tag = Tag::builder().key(t.str("key").unwrap_or_default()).value(t.str("value").unwrap_or_default());
        built(tag.build())
    };
    if let Some(and) = block.block("and") {
        let and = LifecycleRuleAndOperator::builder()
            .set_prefix(and.string("prefix"))
            .set_tags(Some(to_tags(&and.map("tags"))).filter(|t: &Vec<Tag>| !t.is_empty()))
            .set_object_size_greater_than(and.i64("object_size_greater_than").filter(|n| *n > 0))
            .set_object_size_less_than(and.i64("object_size_less_than").filter(|n| *n > 0));
        return Ok(filter.and(and.build()).build());
    }
    if let Some(written) = block.block("tag") {
        return Ok(filter.tag(tag(written)?).build());
    }
    Ok(match (block.i64("object_size_greater_than"), block.i64("object_size_less_than"), block.text("prefix")) {
        (Some(size), _, _) => filter.object_size_greater_than(size).build(),
        (None, Some(size), _) => filter.object_size_less_than(size).build(),
        (None, None, Some(prefix)) => filter.prefix(prefix).build(),
        (None, None, None) => everything(),
    })
}

fn expand_expiration(block: Args<'_>) -> Result<LifecycleExpiration, Problem> {
    let (date, days) = (block.text("date").map(parsed).transpose()?, block.i32("days").filter(|d| *d > 0));
    let marker = block.bool("expired_object_delete_marker").filter(|_| date.is_none() && days.is_none());
    let expiration = LifecycleExpiration::builder().set_date(date).set_days(days);
    Ok(expiration.set_expired_object_delete_marker(marker).build())
}

fn expand_transition(block: Args<'_>) -> Result<Transition, Problem> {
    let date = block.text("date").map(parsed).transpose()?;
    let days = block.i32("days").filter(|_| date.is_none());
    let class = block.text("storage_class").unwrap_or_default();
    Ok(Transition::builder().set_date(date).set_days(days).storage_class(class.into()).build())
}

fn expand_noncurrent(block: Args<'_>) -> NoncurrentVersionTransition {
    NoncurrentVersionTransition::builder()
        .set_noncurrent_days(block.i32("noncurrent_days"))
        .set_newer_noncurrent_versions(block.i32("newer_noncurrent_versions"))
        .storage_class(block.text("storage_class").unwrap_or_default().into())
        .build()
}

fn show(rule: &LifecycleRule, written: Option<Args<'_>>) -> Reply {
    let abort = rule.abort_incomplete_multipart_upload().map(|a| {
        let mut block = Reply::new();
        block.i64("days_after_initiation", a.days_after_initiation());
        block
    });
    let noncurrent = rule.noncurrent_version_expiration().map(|e| {
        let mut block = Reply::new();
        block.i64("noncurrent_days", e.noncurrent_days());
        block.i64("newer_noncurrent_versions", e.newer_noncurrent_versions());
        block
    });
    let expiration = written.and_then(|w| w.block("expiration"));
    let transitions = rule.transitions().iter().map(|t| show_transition(t, written));
    // A rule for all objects has a filter only if one is written, or nothing is known of it.
    let implied = written.is_some_and(|w| w.block("filter").is_none()) && rule.filter() == Some(&everything());
    let mut block = Reply::new();
    #[allow(deprecated)]
    block
        .str("id", rule.id())
        .str("prefix", Some(rule.prefix().unwrap_or_default()))
        .str("status", Some(rule.status().as_str()))
        .blocks("abort_incomplete_multipart_upload", abort)
        .blocks("expiration", rule.expiration().map(|e| show_expiration(e, expiration)))
        .blocks("filter", rule.filter().filter(|_| !implied).map(show_filter))
        .blocks("noncurrent_version_expiration", noncurrent)
        .blocks("noncurrent_version_transition", rule.noncurrent_version_transitions().iter().map(show_noncurrent))
        .blocks("transition", transitions);
    block
}

fn show_filter(filter: &LifecycleRuleFilter) -> Reply {
    let and = filter.and().map(|and| {
        let mut block = Reply::new();
        block
            .str("prefix", Some(and.prefix().unwrap_or_default()))
            .i64("object_size_greater_than", Some(and.object_size_greater_than().unwrap_or_default()))
            .i64("object_size_less_than", Some(and.object_size_less_than().unwrap_or_default()));
        let tags = and.tags().iter().map(|t| (t.key(), Value::string(t.value())));
        let tags = Value::map(Type::String, tags);
        block.value("tags", if and.tags().is_empty() { Value::null(Type::map(Type::String)) } else { tags });
        block
    });
    let tag = filter.tag().map(|tag| {
        let mut block = Reply::new();
        block.str("key", Some(tag.key())).str("value", Some(tag.value()));
        block
    });
    let mut block = Reply::new();
    block
        .str("prefix", Some(filter.prefix().unwrap_or_default()))
        .i64("object_size_greater_than", filter.object_size_greater_than())
        .i64("object_size_less_than", filter.object_size_less_than())
        .blocks("and", and)
        .blocks("tag", tag);
    block
}

fn show_expiration(expiration: &LifecycleExpiration, written: Option<Args<'_>>) -> Reply {
    let mut block = Reply::new();
    block
        .str("date", date(expiration.date(), written.and_then(|w| w.text("date"))))
        .i64("days", Some(expiration.days().unwrap_or_default()))
        .bool("expired_object_delete_marker", Some(expiration.expired_object_delete_marker().unwrap_or_default()));
    block
}

fn show_transition(transition: &Transition, written: Option<Args<'_>>) -> Reply {
    let class = transition.storage_class().map(|c| c.as_str());
    let blocks = written.map(|w| w.blocks("transition")).unwrap_or_default();
    let written = blocks.iter().find(|b| b.str("storage_class") == class).and_then(|b| b.text("date"));
    let mut block = Reply::new();
    block.str("date", date(transition.date(), written)).i64("days", transition.days()).str("storage_class", class);
    block
}

fn show_noncurrent(transition: &NoncurrentVersionTransition) -> Reply {
    let mut block = Reply::new();
    block
        .i64("noncurrent_days", transition.noncurrent_days())
        .i64("newer_noncurrent_versions", transition.newer_noncurrent_versions())
        .str("storage_class", transition.storage_class().map(|c| c.as_str()));
    block
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn block<const N: usize>(pairs: [(&str, Value); N]) -> Value {
        Value::tuple([Value::object(pairs)])
    }

    #[test]
    fn what_is_written_is_shown_again() {
        let and = block([
            ("prefix", "tmp/".into()),
            ("object_size_greater_than", 500.into()),
            ("object_size_less_than", 900.into()),
            ("tags", Value::map(Type::String, [("a", Value::string("1"))])),
        ]);
        let old = [("noncurrent_days", 10.into()), ("newer_noncurrent_versions", 2.into())];
        let rule = Value::object([
            ("id", "r".into()),
            ("status", "Enabled".into()),
            ("filter", block([("and", and)])),
            ("noncurrent_version_expiration", block(old)),
            ("transition", block([("date", "2030-01-01T01:00:00+01:00".into()), ("storage_class", "GLACIER".into())])),
        ]);
        let shown = show(&expand(Args(&rule)).unwrap(), Some(Args(&rule))).object();
        let (shown, rule) = (Args(&shown), Args(&rule));
        for path in [["filter", "and", "object_size_greater_than"], ["filter", "and", "object_size_less_than"]] {
            let [filter, and, size] = path;
            let of = |args: Args<'_>| args.block(filter).and_then(|f| f.block(and)).and_then(|a| a.i64(size));
            assert_eq!(of(shown), of(rule));
        }
        let versions = |args: Args<'_>| args.block("noncurrent_version_expiration")?.i64("newer_noncurrent_versions");
        assert_eq!(versions(shown), Some(2));
        assert_eq!(shown.block("transition").and_then(|t| t.text("date")), Some("2030-01-01T01:00:00+01:00"));
    }

    #[test]
    fn a_filter_that_is_not_written_is_not_shown() {
        let rule = Value::object([("id", "r".into()), ("status", "Enabled".into())]);
        let made = expand(Args(&rule)).unwrap();
        assert!(Args(&show(&made, Some(Args(&rule))).object()).blocks("filter").is_empty());
        assert_eq!(Args(&show(&made, None).object()).blocks("filter").len(), 1, "when it is imported");
    }
}
