//! `aws_s3_bucket_object_lock_configuration`.

use async_trait::async_trait;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::Value;

use crate::bucket_setting::Setting;
use crate::client::Bucket;
use crate::settings::object_lock;

/// `aws_s3_bucket_object_lock_configuration`.
#[derive(Debug)]
pub struct ObjectLockConfiguration;

#[async_trait]
impl Setting for ObjectLockConfiguration {
    fn ty(&self) -> &'static str {
        "aws_s3_bucket_object_lock_configuration"
    }

    fn what(&self) -> &'static str {
        "object lock configuration"
    }

    async fn put(&self, bucket: &Bucket<'_>, planned: &Value) -> Result<(), Problem> {
        let args = Args(planned);
        object_lock::put(bucket, args.block("rule"), args.string("token")).await
    }

    async fn show(&self, bucket: &Bucket<'_>, _: &Value, reply: &mut Reply) -> Result<bool, Problem> {
        let Some(lock) = object_lock::read(bucket).await? else { return Ok(false) };
        reply.str("object_lock_enabled", lock.object_lock_enabled().map(|e| e.as_str()));
        reply.blocks("rule", object_lock::rule(&lock));
        Ok(true)
    }

    /// Takes the default retention away: the lock itself stays as long as the bucket.
    async fn remove(&self, bucket: &Bucket<'_>, prior: &Value) -> Result<(), Problem> {
        object_lock::remove(bucket, Args(prior).string("token")).await
    }
}
