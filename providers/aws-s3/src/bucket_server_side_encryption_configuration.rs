//! `aws_s3_bucket_server_side_encryption_configuration`.

use async_trait::async_trait;
use terrane_aws_core::{Cloud, Poll, read_each};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType, Update};
use terrane_provider::{Object, PlanResponse, Problem, ReadOutcome};
use terrane_value::Value;

use crate::client::{BUCKETS, Bucket, PROPAGATION};
use crate::settings::{self, encryption};

/// `aws_s3_bucket_server_side_encryption_configuration`.
#[derive(Debug)]
pub struct BucketServerSideEncryptionConfiguration;

#[async_trait]
impl ResourceType<Cloud> for BucketServerSideEncryptionConfiguration {
    fn name(&self) -> &'static str {
        "aws_s3_bucket_server_side_encryption_configuration"
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        set(cloud, create.planned).await
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        read_each(BUCKETS, prior, |known| read_encryption(cloud, known)).await
    }

    async fn update(&self, cloud: &Cloud, update: Update<'_>) -> Result<Object, Failed> {
        set(cloud, update.planned).await
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        Ok(encryption::remove(&Bucket::of(cloud, &prior.value)).await?)
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        crate::names_with(cloud, |bucket| async move { Ok(encryption::read(&bucket).await?.is_some()) }).await
    }

    fn plan(&self, _: &Cloud, prior: Option<&Value>, _: &Value, mut plan: PlanResponse) -> PlanResponse {
        crate::owner_replaces(prior, &mut plan);
        plan
    }
}

async fn set(cloud: &Cloud, planned: &Value) -> Result<Object, Failed> {
    let bucket = Bucket::of(cloud, planned);
    encryption::put(&bucket, Args(planned).blocks("rule")).await?;
    let mut half_made = Reply::from(planned);
    half_made.str("id", Some(bucket.id()));
    let half_made = Object::new(half_made.object());
    let poll = || async {
        let found = read_encryption(cloud, planned).await?;
        Ok(found.map_or(Poll::pending("not found"), |f| Poll::Done(Object::new(f))))
    };
    let what = format!("the encryption of S3 bucket \"{}\" to be set", bucket.name);
    cloud.wait(what, PROPAGATION, poll).await.map_err(|p| Failed::from(p).with(half_made))
}

async fn read_encryption(cloud: &Cloud, known: &Value) -> Result<Option<Value>, Problem> {
    let bucket = Bucket::of(cloud, known);
    let Some(rules) = encryption::read(&bucket).await? else { return Ok(None) };
    let mut reply = crate::setting(&bucket, known);
    reply.blocks("rule", rules.iter().map(|rule| encryption::show_rule(rule, true)));
    Ok(Some(settings::finished(known, reply)))
}
