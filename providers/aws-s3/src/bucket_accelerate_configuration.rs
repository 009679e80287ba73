//! `aws_s3_bucket_accelerate_configuration`.

use async_trait::async_trait;
use aws_sdk_s3::types::BucketAccelerateStatus;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::Value;

use crate::bucket_setting::Setting;
use crate::client::Bucket;
use crate::settings::acceleration;

/// `aws_s3_bucket_accelerate_configuration`.
#[derive(Debug)]
pub struct AccelerateConfiguration;

#[async_trait]
impl Setting for AccelerateConfiguration {
    fn ty(&self) -> &'static str {
        "aws_s3_bucket_accelerate_configuration"
    }

    fn what(&self) -> &'static str {
        "transfer acceleration"
    }

    async fn put(&self, bucket: &Bucket<'_>, planned: &Value) -> Result<(), Problem> {
        acceleration::put(bucket, Args(planned).text("status").unwrap_or_default()).await
    }

    async fn show(&self, bucket: &Bucket<'_>, _: &Value, reply: &mut Reply) -> Result<bool, Problem> {
        let status = acceleration::read(bucket).await?;
        reply.str("status", status.as_ref().map(BucketAccelerateStatus::as_str));
        Ok(status.is_some())
    }

    /// Suspends it: what was once set cannot be unset.
    async fn remove(&self, bucket: &Bucket<'_>, _: &Value) -> Result<(), Problem> {
        acceleration::remove(bucket).await
    }
}
