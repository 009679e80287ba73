//! `aws_s3_bucket_public_access_block`.

use async_trait::async_trait;
use aws_sdk_s3::types::PublicAccessBlockConfiguration;
use terrane_aws_core::{Cloud, Poll, read_each};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType, Update};
use terrane_provider::{Object, Problem, ReadOutcome};
use terrane_value::Value;

use crate::client::{BUCKETS, Bucket, PROPAGATION};
use crate::settings;

const SETTING: &str = "public access block";
const ABSENT: [&str; 1] = ["NoSuchPublicAccessBlockConfiguration"];

/// `aws_s3_bucket_public_access_block`.
#[derive(Debug)]
pub struct BucketPublicAccessBlock;

#[async_trait]
impl ResourceType<Cloud> for BucketPublicAccessBlock {
    fn name(&self) -> &'static str {
        "aws_s3_bucket_public_access_block"
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        set(cloud, create.planned).await
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        read_each(BUCKETS, prior, |known| read_block(cloud, known)).await
    }

    async fn update(&self, cloud: &Cloud, update: Update<'_>) -> Result<Object, Failed> {
        set(cloud, update.planned).await
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        if Args(&prior.value).bool("skip_destroy") == Some(true) {
            return Ok(());
        }
        let bucket = Bucket::of(cloud, &prior.value);
        let request = bucket.client.delete_public_access_block().bucket(&bucket.name);
        Ok(bucket.remove("s3:DeletePublicAccessBlock", SETTING, &ABSENT, || request.clone().send()).await?)
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        crate::names_with(cloud, |bucket| async move { Ok(get(&bucket).await?.is_some()) }).await
    }
}

async fn set(cloud: &Cloud, planned: &Value) -> Result<Object, Failed> {
    let (bucket, args) = (Bucket::of(cloud, planned), Args(planned));
    let flag = |name| args.bool(name).unwrap_or_default();
    let configuration = PublicAccessBlockConfiguration::builder()
        .block_public_acls(flag("block_public_acls"))
        .block_public_policy(flag("block_public_policy"))
        .ignore_public_acls(flag("ignore_public_acls"))
        .restrict_public_buckets(flag("restrict_public_buckets"))
        .build();
    let request = bucket.client.put_public_access_block().bucket(&bucket.name);
    let request = request.public_access_block_configuration(configuration.clone());
    bucket.write("s3:PutPublicAccessBlock", SETTING, || request.clone().send()).await?;
    let half_made = Object::new(object(&bucket, planned, &configuration));
    let poll = || async {
        let found = get(&bucket).await?;
        Ok(if found.as_ref() == Some(&configuration) { Poll::Done(()) } else { Poll::pending("not yet changed") })
    };
    let what = format!("the {SETTING} of S3 bucket \"{}\" to change", bucket.name);
    match cloud.wait(what, PROPAGATION, poll).await {
        Ok(()) => Ok(half_made),
        Err(problem) => Err(Failed::from(problem).with(half_made)),
    }
}

async fn get(bucket: &Bucket<'_>) -> Result<Option<PublicAccessBlockConfiguration>, Problem> {
    let request = bucket.client.get_public_access_block().bucket(&bucket.name);
    let answer = bucket.read("s3:GetPublicAccessBlock", SETTING, &ABSENT, || request.clone().send()).await?;
    Ok(answer.and_then(|a| a.public_access_block_configuration))
}

async fn read_block(cloud: &Cloud, known: &Value) -> Result<Option<Value>, Problem> {
    let bucket = Bucket::of(cloud, known);
    Ok(get(&bucket).await?.map(|found| object(&bucket, known, &found)))
}

fn object(bucket: &Bucket<'_>, known: &Value, found: &PublicAccessBlockConfiguration) -> Value {
    let mut reply: Reply = crate::setting(bucket, known);
    reply
        .bool("block_public_acls", Some(found.block_public_acls().unwrap_or_default()))
        .bool("block_public_policy", Some(found.block_public_policy().unwrap_or_default()))
        .bool("ignore_public_acls", Some(found.ignore_public_acls().unwrap_or_default()))
        .bool("restrict_public_buckets", Some(found.restrict_public_buckets().unwrap_or_default()));
    settings::finished(known, reply)
}
