//! Object lock.

use aws_sdk_s3::types::{
    DefaultRetention, ObjectLockConfiguration, ObjectLockEnabled, ObjectLockRetentionMode, ObjectLockRule,
};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::Value;

use crate::client::Bucket;

/// Reads the configuration; `None` if objects cannot be locked.
pub async fn read(bucket: &Bucket<'_>) -> Result<Option<ObjectLockConfiguration>, Problem> {
    let request = bucket.client.get_object_lock_configuration().bucket(&bucket.name);
    let (operation, absent) = ("s3:GetObjectLockConfiguration", ["ObjectLockConfigurationNotFoundError"]);
    let answer = bucket.read_once(operation, "object lock configuration", &absent, || request.clone().send()).await?;
    Ok(answer.and_then(|a| a.object_lock_configuration))
}

/// Whether a bucket is planned, or known, to lock objects.
pub fn enabled(bucket: &Value) -> bool {
    let block = Args(bucket).block("object_lock_configuration");
    Args(bucket).bool("object_lock_enabled") == Some(true)
        || block.is_some_and(|b| b.text("object_lock_enabled") == Some("Enabled"))
}

/// Shows it.
pub fn show(reply: &mut Reply, lock: Option<ObjectLockConfiguration>) {
    let enabled = lock.as_ref().and_then(|l| l.object_lock_enabled()) == Some(&ObjectLockEnabled::Enabled);
    let block = lock.map(|lock| {
        let mut block = Reply::new();
        block.str("object_lock_enabled", Some(lock.object_lock_enabled().map(|e| e.as_str()).unwrap_or_default()));
        block.blocks("rule", rule(&lock));
        block
    });
    reply.bool("object_lock_enabled", Some(enabled)).blocks("object_lock_configuration", block);
}

/// Shows its rule, if it has one.
pub fn rule(lock: &ObjectLockConfiguration) -> Option<Reply> {
    lock.rule().and_then(|r| r.default_retention()).map(show_rule)
}

fn show_rule(retention: &DefaultRetention) -> Reply {
    let mut inner = Reply::new();
    inner
        .str("mode", retention.mode().map(ObjectLockRetentionMode::as_str))
        .i64("days", retention.days())
        .i64("years", retention.years());
    let mut block = Reply::new();
    block.blocks("default_retention", [inner]);
    block
}

/// Writes the default retention; the lock itself cannot be taken away.
pub async fn write(bucket: &Bucket<'_>, planned: &Value) -> Result<(), Problem> {
    let Some(block) = Args(planned).block("object_lock_configuration") else { return Ok(()) };
    put(bucket, block.block("rule"), None).await
}

/// Takes the default retention away, if the bucket is still there.
pub async fn remove(bucket: &Bucket<'_>, token: Option<String>) -> Result<(), Problem> {
    let lock = ObjectLockConfiguration::builder().object_lock_enabled(ObjectLockEnabled::Enabled).build();
    let request = bucket.client.put_object_lock_configuration().bucket(&bucket.name).set_token(token);
    let request = request.object_lock_configuration(lock);
    let (operation, absent) = ("s3:PutObjectLockConfiguration", ["ObjectLockConfigurationNotFoundError"]);
    bucket.remove(operation, "object lock configuration", &absent, || request.clone().send()).await
}

/// Sets the default retention to that of a `rule` block; `token` is what AWS support gives for existing buckets.
pub async fn put(bucket: &Bucket<'_>, rule: Option<Args<'_>>, token: Option<String>) -> Result<(), Problem> {
    let retention = rule.and_then(|r| r.block("default_retention")).map(|r| {
        DefaultRetention::builder()
            .mode(r.text("mode").unwrap_or_default().into())
            .set_days(r.i32("days").filter(|d| *d > 0))
            .set_years(r.i32("years").filter(|y| *y > 0))
            .build()
    });
    let rule = retention.map(|r| ObjectLockRule::builder().default_retention(r).build());
    let lock = ObjectLockConfiguration::builder().object_lock_enabled(ObjectLockEnabled::Enabled).set_rule(rule);
    let request = bucket.client.put_object_lock_configuration().bucket(&bucket.name).set_token(token);
    let request = request.object_lock_configuration(lock.build());
    let operation = "s3:PutObjectLockConfiguration";
    bucket.write(operation, "object lock configuration", || request.clone().send()).await.map(|_| ())
}
