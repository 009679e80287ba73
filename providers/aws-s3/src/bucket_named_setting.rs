//! Settings of which a bucket can have several, each with a name of its own.

use async_trait::async_trait;
use terrane_aws_core::{Cloud, Poll, read_each};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType, Update};
use terrane_provider::{Object, Problem, ReadOutcome};
use terrane_value::Value;

use crate::client::{BUCKETS, Bucket, PROPAGATION};
use crate::settings;

/// What S3 answers where a bucket has no such setting.
pub const ABSENT: [&str; 1] = ["NoSuchConfiguration"];

/// A setting with a name that is written, read and removed as a whole.
#[async_trait]
pub trait NamedSetting: Send + Sync {
    /// The resource type: `aws_s3_bucket_metric`.
    fn ty(&self) -> &'static str;

    /// What it is called in messages: `metrics`.
    fn what(&self) -> &'static str;

    /// Writes it as planned.
    async fn put(&self, bucket: &Bucket<'_>, name: &str, planned: &Value) -> Result<(), Problem>;

    /// Reads it into a reply; false if the bucket does not have it.
    async fn show(&self, bucket: &Bucket<'_>, name: &str, reply: &mut Reply) -> Result<bool, Problem>;

    /// Removes it.
    async fn remove(&self, bucket: &Bucket<'_>, name: &str) -> Result<(), Problem>;

    /// The names of those that a bucket has.
    async fn names(&self, bucket: &Bucket<'_>) -> Result<Vec<String>, Problem>;
}

/// The resource type of a setting with a name.
#[derive(Debug)]
pub struct BucketNamedSetting<S>(pub S);

#[async_trait]
impl<S: NamedSetting> ResourceType<Cloud> for BucketNamedSetting<S> {
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
        let (bucket, name) = parts(cloud, &prior.value);
        Ok(self.0.remove(&bucket, &name).await?)
    }

    fn import(&self, _: &Cloud, id: &str) -> Result<Object, Vec<Problem>> {
        match id.split_once(':') {
            Some((bucket, name)) if !bucket.is_empty() && !name.is_empty() && !name.contains(':') => {
                let object = [("id", id.into()), ("bucket", bucket.into()), ("name", name.into())];
                Ok(Object::new(Value::object(object)))
            }
            _ => {
                let detail = format!("\"{id}\" is not of the form BUCKET:NAME.");
                Err(vec![Problem::error(format!("Invalid import id of {}", self.0.ty()), detail)])
            }
        }
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        crate::parts(cloud, |bucket| async move {
            let names = self.0.names(&bucket).await?;
            Ok(names.into_iter().map(|name| format!("{}:{name}", bucket.name)).collect())
        })
        .await
    }
}

impl<S: NamedSetting> BucketNamedSetting<S> {
    async fn set(&self, cloud: &Cloud, planned: &Value) -> Result<Object, Failed> {
        let (bucket, name) = parts(cloud, planned);
        self.0.put(&bucket, &name, planned).await?;
        // All of it is written, so what was written is what is there, even while some of S3 still knows the former one.
        let made = Object::new(named(&bucket, &name, planned).object());
        let poll = || async {
            let found = self.find(cloud, planned).await?;
            Ok(found.map_or(Poll::pending("not found"), |_| Poll::Done(())))
        };
        let what = format!("the {} \"{name}\" of S3 bucket \"{}\" to be set", self.0.what(), bucket.name);
        match cloud.wait(what, PROPAGATION, poll).await {
            Ok(()) => Ok(made),
            Err(problem) => Err(Failed::from(problem).with(made)),
        }
    }

    async fn find(&self, cloud: &Cloud, known: &Value) -> Result<Option<Value>, Problem> {
        let (bucket, name) = parts(cloud, known);
        let mut reply = named(&bucket, &name, known);
        let there = self.0.show(&bucket, &name, &mut reply).await?;
        Ok(there.then(|| settings::finished(known, reply)))
    }
}

/// The bucket and the name of a setting.
fn parts<'a>(cloud: &'a Cloud, object: &Value) -> (Bucket<'a>, String) {
    let args = Args(object);
    let (bucket, name) = args.text("id").and_then(|id| id.split_once(':')).unwrap_or_default();
    let bucket = Bucket::named(cloud, &cloud.region(object), args.text("bucket").unwrap_or(bucket));
    (bucket, args.text("name").unwrap_or(name).to_owned())
}

fn named(bucket: &Bucket<'_>, name: &str, known: &Value) -> Reply {
    let mut reply = Reply::from(known);
    reply
        .str("id", Some(format!("{}:{name}", bucket.name)))
        .str("bucket", Some(&bucket.name))
        .str("name", Some(name))
        .str("region", Some(&bucket.region));
    reply
}
