//! Settings of a bucket that are objects of their own.

use async_trait::async_trait;
use terrane_aws_core::{Cloud, Poll, read_each};
use terrane_provider::sdk::{Create, Failed, Reply, ResourceType, Update};
use terrane_provider::{Object, PlanResponse, Problem, ReadOutcome};
use terrane_value::Value;

use crate::client::{BUCKETS, Bucket, PROPAGATION};
use crate::settings;

/// A setting that is written, read and removed as a whole.
#[async_trait]
pub trait Setting: Send + Sync {
    /// The resource type: `aws_s3_bucket_logging`.
    fn ty(&self) -> &'static str;

    /// What it is called in messages: `logging`.
    fn what(&self) -> &'static str;

    /// Writes it as planned.
    async fn put(&self, bucket: &Bucket<'_>, planned: &Value) -> Result<(), Problem>;

    /// Reads it into a reply that started from `known`; false if the bucket does not have it.
    async fn show(&self, bucket: &Bucket<'_>, known: &Value, reply: &mut Reply) -> Result<bool, Problem>;

    /// Corrects what the schema alone plans, where S3 forces it.
    fn refine(&self, prior: Option<&Value>, config: &Value, plan: PlanResponse) -> PlanResponse {
        let _ = (prior, config);
        plan
    }

    /// Removes it, or brings the bucket back to the default.
    async fn remove(&self, bucket: &Bucket<'_>, prior: &Value) -> Result<(), Problem>;
}

/// The resource type of a setting.
#[derive(Debug)]
pub struct BucketSetting<S>(pub S);

#[async_trait]
impl<S: Setting> ResourceType<Cloud> for BucketSetting<S> {
    fn name(&self) -> &'static str {
        self.0.ty()
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        self.set(cloud, create.planned).await
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        read_each(BUCKETS, prior, |known| self.find(cloud, known)).await
    }

    async fn update(&self, cloud: &Cloud, update: Update<'_>) -> Result<Object, Failed> {
        self.set(cloud, update.planned).await
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        Ok(self.0.remove(&Bucket::of(cloud, &prior.value), &prior.value).await?)
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        let none = Value::object::<&str>([]);
        crate::names_with(cloud, |bucket| {
            let none = none.clone();
            async move { self.0.show(&bucket, &none, &mut Reply::new()).await }
        })
        .await
    }

    fn plan(&self, _: &Cloud, prior: Option<&Value>, config: &Value, mut plan: PlanResponse) -> PlanResponse {
        crate::owner_replaces(prior, &mut plan);
        self.0.refine(prior, config, plan)
    }
}

impl<S: Setting> BucketSetting<S> {
    async fn set(&self, cloud: &Cloud, planned: &Value) -> Result<Object, Failed> {
        let bucket = Bucket::of(cloud, planned);
        self.0.put(&bucket, planned).await?;
        let mut half_made = Reply::from(planned);
        half_made.str("id", Some(bucket.id()));
        let half_made = Object::new(half_made.object());
        let poll = || async {
            let found = self.find(cloud, planned).await?;
            Ok(found.map_or(Poll::pending("not found"), |f| Poll::Done(Object::new(f))))
        };
        let what = format!("the {} of S3 bucket \"{}\" to be set", self.0.what(), bucket.name);
        cloud.wait(what, PROPAGATION, poll).await.map_err(|p| Failed::from(p).with(half_made))
    }

    async fn find(&self, cloud: &Cloud, known: &Value) -> Result<Option<Value>, Problem> {
        let bucket = Bucket::of(cloud, known);
        let mut reply = crate::setting(&bucket, known);
        let there = self.0.show(&bucket, known, &mut reply).await?;
        Ok(there.then(|| settings::finished(known, reply)))
    }
}
