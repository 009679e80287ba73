//! `aws_s3_bucket_versioning`.

use async_trait::async_trait;
use aws_sdk_s3::operation::get_bucket_versioning::GetBucketVersioningOutput;
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use terrane_aws_core::{Cloud, Poll, read_each};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType, Update};
use terrane_provider::{Object, PlanResponse, Problem, ReadOutcome};
use terrane_value::{Path, Value};

use crate::client::{BUCKETS, Bucket, PROPAGATION};
use crate::settings::{self, versioning};

/// `aws_s3_bucket_versioning`.
#[derive(Debug)]
pub struct BucketVersioning;

#[async_trait]
impl ResourceType<Cloud> for BucketVersioning {
    fn name(&self) -> &'static str {
        "aws_s3_bucket_versioning"
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        set(cloud, create.planned).await
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        read_each(BUCKETS, prior, |known| read_versioning(cloud, known)).await
    }

    async fn update(&self, cloud: &Cloud, update: Update<'_>) -> Result<Object, Failed> {
        set(cloud, update.planned).await
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        if status(&prior.value) == "Disabled" {
            return Ok(());
        }
        let bucket = Bucket::of(cloud, &prior.value);
        let suspended = VersioningConfiguration::builder().status(BucketVersioningStatus::Suspended).build();
        let request = bucket
            .client
            .put_bucket_versioning()
            .bucket(&bucket.name)
            .set_expected_bucket_owner(bucket.owner.clone())
            .set_mfa(Args(&prior.value).string("mfa"))
            .versioning_configuration(suspended);
        // A bucket with object lock stays versioned.
        let absent = ["InvalidBucketState"];
        Ok(bucket.remove("s3:PutBucketVersioning", "versioning", &absent, || request.clone().send()).await?)
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        crate::names(cloud).await.map_err(|p| vec![p])
    }

    fn plan(&self, _: &Cloud, prior: Option<&Value>, _: &Value, mut plan: PlanResponse) -> PlanResponse {
        crate::owner_replaces(prior, &mut plan);
        if let (Some(prior), Some(planned)) = (prior, &plan.planned)
            && status(planned) == "Disabled"
            && status(prior) != "Disabled"
            && plan.requires_replace.is_empty()
        {
            let detail = format!(
                "A bucket that has been versioned can be \"Suspended\", but never again \"Disabled\". It is \"{}\".",
                status(prior)
            );
            let at = Path::root().attr("versioning_configuration").index(0).attr("status");
            plan.problems.push(Problem::error("Versioning cannot be disabled", detail).at(at));
        }
        plan
    }
}

fn status(object: &Value) -> &str {
    Args(object).block("versioning_configuration").and_then(|b| b.text("status")).unwrap_or_default()
}

async fn set(cloud: &Cloud, planned: &Value) -> Result<Object, Failed> {
    let bucket = Bucket::of(cloud, planned);
    // A bucket that was never versioned is "Disabled", which cannot be set.
    if status(planned) != "Disabled" {
        let delete = Args(planned).block("versioning_configuration").and_then(|b| b.string("mfa_delete"));
        let configuration = VersioningConfiguration::builder()
            .status(status(planned).into())
            .set_mfa_delete(delete.map(|d| d.as_str().into()))
            .build();
        versioning::put(&bucket, configuration, Args(planned).string("mfa")).await?;
    }
    let poll = || async {
        let found = read_versioning(cloud, planned).await?;
        Ok(match found.filter(|f| status(f) == status(planned)) {
            Some(object) => Poll::Done(Object::new(object)),
            None => Poll::pending("not yet changed"),
        })
    };
    let mut half_made = Reply::from(planned);
    half_made.str("id", Some(bucket.id()));
    let half_made = Object::new(half_made.object());
    let what = format!("versioning of S3 bucket \"{}\" to be {:?}", bucket.name, status(planned));
    cloud.wait(what, PROPAGATION, poll).await.map_err(|p| Failed::from(p).with(half_made))
}

async fn read_versioning(cloud: &Cloud, known: &Value) -> Result<Option<Value>, Problem> {
    let bucket = Bucket::of(cloud, known);
    let Some(versioning) = versioning::read(&bucket).await? else { return Ok(None) };
    let mut reply = crate::setting(&bucket, known);
    reply.blocks("versioning_configuration", [show(&versioning, known)]);
    Ok(Some(settings::finished(known, reply)))
}

fn show(versioning: &GetBucketVersioningOutput, known: &Value) -> Reply {
    let written = Args(known).block("versioning_configuration").and_then(|b| b.str("mfa_delete"));
    let delete = versioning.mfa_delete().map(|d| d.as_str()).or(written.filter(|d| *d == "Disabled"));
    let mut block = Reply::new();
    block
        .str("status", Some(versioning.status().map_or("Disabled", |s| s.as_str())))
        .str("mfa_delete", Some(delete.unwrap_or_default()));
    block
}
