//! Access logs.

use aws_sdk_s3::types::{BucketLoggingStatus, LoggingEnabled};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::Value;

use crate::client::{Bucket, built};

/// Reads where logs go; `None` if there are none.
pub async fn read(bucket: &Bucket<'_>) -> Result<Option<LoggingEnabled>, Problem> {
    let request = bucket.client.get_bucket_logging().bucket(&bucket.name);
    let answer = bucket.read_once("s3:GetBucketLogging", "logging", &[], || request.clone().send()).await?;
    Ok(answer.and_then(|a| a.logging_enabled))
}

/// Shows it.
pub fn show(reply: &mut Reply, logging: Option<LoggingEnabled>) {
    let block = logging.map(|logging| {
        let mut block = Reply::new();
        block.str("target_bucket", Some(logging.target_bucket())).str("target_prefix", Some(logging.target_prefix()));
        block
    });
    reply.blocks("logging", block);
}

/// Writes it, or ends logging.
pub async fn write(bucket: &Bucket<'_>, planned: &Value) -> Result<(), Problem> {
    let logging = Args(planned).block("logging").map(|block| {
        let logging = LoggingEnabled::builder()
            .target_bucket(block.str("target_bucket").unwrap_or_default())
            .target_prefix(block.str("target_prefix").unwrap_or_default());
        built(logging.build())
    });
    put(bucket, logging.transpose()?).await
}

/// Ends logging, if the bucket is still there.
pub async fn remove(bucket: &Bucket<'_>) -> Result<(), Problem> {
    let none = BucketLoggingStatus::builder().build();
    let request = bucket.client.put_bucket_logging().bucket(&bucket.name).bucket_logging_status(none);
    bucket.remove("s3:PutBucketLogging", "logging", &[], || request.clone().send()).await
}

/// Sets where logs go.
pub async fn put(bucket: &Bucket<'_>, logging: Option<LoggingEnabled>) -> Result<(), Problem> {
    let status = BucketLoggingStatus::builder().set_logging_enabled(logging).build();
    let request = bucket.client.put_bucket_logging().bucket(&bucket.name).bucket_logging_status(status);
    bucket.write("s3:PutBucketLogging", "logging", || request.clone().send()).await.map(|_| ())
}
