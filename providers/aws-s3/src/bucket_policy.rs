//! `aws_s3_bucket_policy`.

use async_trait::async_trait;
use terrane_aws_core::{Cloud, Poll, read_each};
use terrane_provider::sdk::{Args, Create, Failed, ResourceType, Update, policy_json};
use terrane_provider::{Object, Problem, ReadOutcome};
use terrane_value::Value;

use crate::client::{BUCKETS, Bucket, PROPAGATION};
use crate::settings::policy;

/// `aws_s3_bucket_policy`.
#[derive(Debug)]
pub struct BucketPolicy;

#[async_trait]
impl ResourceType<Cloud> for BucketPolicy {
    fn name(&self) -> &'static str {
        "aws_s3_bucket_policy"
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        set(cloud, create.planned).await
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        read_each(BUCKETS, prior, |known| async move {
            let bucket = Bucket::of(cloud, known);
            Ok(policy::read(&bucket).await?.map(|found| object(&bucket, known, &found)))
        })
        .await
    }

    async fn update(&self, cloud: &Cloud, update: Update<'_>) -> Result<Object, Failed> {
        set(cloud, update.planned).await
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        Ok(policy::remove(&Bucket::of(cloud, &prior.value)).await?)
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        crate::names_with(cloud, |bucket| async move { Ok(policy::read(&bucket).await?.is_some()) }).await
    }
}

async fn set(cloud: &Cloud, planned: &Value) -> Result<Object, Failed> {
    let bucket = Bucket::of(cloud, planned);
    policy::write(&bucket, planned).await?;
    let written = Args(planned).str("policy").unwrap_or_default();
    let half_made = Object::new(object(&bucket, planned, written));
    // S3 may write principals in a form of its own, so what is found need not look like what was written.
    let poll = || async {
        let found = policy::read(&bucket).await?;
        Ok(found.map_or(Poll::pending("not found"), |_| Poll::Done(())))
    };
    match cloud.wait(format!("the policy of S3 bucket \"{}\" to be found", bucket.name), PROPAGATION, poll).await {
        Ok(()) => Ok(half_made),
        Err(problem) => Err(Failed::from(problem).with(half_made)),
    }
}

fn object(bucket: &Bucket<'_>, known: &Value, policy: &str) -> Value {
    let mut reply = crate::setting(bucket, known);
    reply.str("policy", Some(policy_json::keep(Args(known).str("policy"), policy)));
    reply.object()
}
