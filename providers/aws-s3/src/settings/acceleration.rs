//! Transfer acceleration.

use aws_sdk_s3::types::{AccelerateConfiguration, BucketAccelerateStatus};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::Value;

use crate::client::Bucket;

/// Reads whether it is on; `None` if that was never set.
pub async fn read(bucket: &Bucket<'_>) -> Result<Option<BucketAccelerateStatus>, Problem> {
    let request = bucket.client.get_bucket_accelerate_configuration().bucket(&bucket.name);
    let operation = "s3:GetBucketAccelerateConfiguration";
    let answer = bucket.read_once(operation, "transfer acceleration", &[], || request.clone().send()).await?;
    Ok(answer.and_then(|a| a.status))
}

/// Shows it.
pub fn show(reply: &mut Reply, status: Option<BucketAccelerateStatus>) {
    reply.str("acceleration_status", status.as_ref().map(BucketAccelerateStatus::as_str));
}

/// Writes it.
pub async fn write(bucket: &Bucket<'_>, planned: &Value) -> Result<(), Problem> {
    put(bucket, Args(planned).text("acceleration_status").unwrap_or("Suspended")).await
}

/// Suspends it, if the bucket is still there.
pub async fn remove(bucket: &Bucket<'_>) -> Result<(), Problem> {
    let suspended = AccelerateConfiguration::builder().status(BucketAccelerateStatus::Suspended).build();
    let request = bucket.client.put_bucket_accelerate_configuration().bucket(&bucket.name);
    let request = request.accelerate_configuration(suspended);
    let operation = "s3:PutBucketAccelerateConfiguration";
    bucket.remove(operation, "transfer acceleration", &[], || request.clone().send()).await
}

/// Sets it to `Enabled` or `Suspended`.
pub async fn put(bucket: &Bucket<'_>, status: &str) -> Result<(), Problem> {
    let configuration = AccelerateConfiguration::builder().status(status.into()).build();
    let request = bucket.client.put_bucket_accelerate_configuration().bucket(&bucket.name);
    let request = request.accelerate_configuration(configuration);
    let operation = "s3:PutBucketAccelerateConfiguration";
    bucket.write(operation, "transfer acceleration", || request.clone().send()).await.map(|_| ())
}
