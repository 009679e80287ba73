//! `aws_s3_directory_bucket`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::operation::list_directory_buckets::ListDirectoryBucketsOutput;
use aws_sdk_s3::types::{
    BucketInfo, BucketType, CreateBucketConfiguration, DataRedundancy, LocationInfo, LocationType,
};
use terrane_aws_core::{Cloud, Poll, Regional, concurrently, is_code, problem, read_by_region, uncertain};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType, Update};
use terrane_provider::{Object, Problem, ReadOutcome};
use terrane_value::Value;

use crate::client::{BUCKETS, Bucket, express};
use crate::settings::tagging::to_tags;
use crate::{control, emptying};

/// How long a bucket may take to appear or to go.
const CHANGE: Duration = Duration::from_secs(600);

/// `aws_s3_directory_bucket`.
#[derive(Debug)]
pub struct DirectoryBucket;

#[async_trait]
impl ResourceType<Cloud> for DirectoryBucket {
    fn name(&self) -> &'static str {
        "aws_s3_directory_bucket"
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        let bucket = handle(cloud, create.planned);
        let known = Object::new(half_made(&bucket, create.planned));
        make(&bucket, create.planned, &known).await?;
        let poll = || async {
            let there = all(cloud, &bucket.region).await?.contains(&bucket.name);
            Ok(if there { Poll::Done(()) } else { Poll::pending("not found") })
        };
        let what = format!("S3 directory bucket \"{}\" to be found", bucket.name);
        let found = match cloud.wait(what, CHANGE, poll).await {
            Ok(()) => show(&bucket, &known.value).await,
            Err(problem) => Err(problem),
        };
        Ok(found.map_err(|p| Failed::from(p).with(known))?)
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        read_by_region(cloud, prior, |region| in_region(cloud, region)).await
    }

    /// Changes the tags; all else replaces, but `force_destroy`, of which S3 knows nothing.
    async fn update(&self, cloud: &Cloud, update: Update<'_>) -> Result<Object, Failed> {
        let bucket = handle(cloud, update.prior);
        let diff = cloud.tag_diff(update.prior, update.planned);
        control::change_tags(cloud, &bucket.region, &arn(&bucket).await?, &diff).await?;
        Ok(show(&bucket, update.planned).await?)
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        let bucket = handle(cloud, &prior.value);
        let request = express(cloud, &bucket.region).delete_bucket().bucket(&bucket.name);
        let mut force = Args(&prior.value).bool("force_destroy") == Some(true);
        loop {
            match Box::pin(cloud.call(("s3:DeleteBucket", &*bucket.region), || request.clone().send())).await {
                Ok(_) => return Ok(()),
                Err(e) if is_code(&e, &["NoSuchBucket"]) => return Ok(()),
                Err(e) if is_code(&e, &["BucketNotEmpty"]) && force => {
                    emptying::unversioned(&bucket).await?;
                    force = false;
                }
                Err(e) => return Err(problem(&format!("deleting S3 directory bucket \"{}\"", bucket.name), &e).into()),
            }
        }
    }

    fn import(&self, _: &Cloud, id: &str) -> Result<Object, Vec<Problem>> {
        let object = [("id", id.into()), ("bucket", id.into()), ("force_destroy", false.into())];
        Ok(Object::new(Value::object(object)))
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        let all = all(cloud, cloud.default_region()).await.map_err(|p| vec![p])?;
        Ok(all.into_iter().collect())
    }
}

fn handle<'a>(cloud: &'a Cloud, object: &Value) -> Bucket<'a> {
    let name = Args(object).text("bucket").or(Args(object).text("id")).unwrap_or_default();
    Bucket::named(cloud, &cloud.region(object), name)
}

async fn arn(bucket: &Bucket<'_>) -> Result<String, Problem> {
    bucket.cloud.arn("s3express", &bucket.region, &format!("bucket/{}", bucket.name)).await
}

/// The names of all directory buckets of a region.
async fn all(cloud: &Cloud, region: &str) -> Result<BTreeSet<String>, Problem> {
    let client = express(cloud, region);
    let list = |token| client.list_directory_buckets().set_continuation_token(token).send();
    let take = |a: ListDirectoryBucketsOutput| (a.buckets.unwrap_or_default(), a.continuation_token);
    let buckets = Box::pin(cloud.pages(("s3:ListDirectoryBuckets", region), list, take)).await;
    let buckets = buckets.map_err(|e| problem(&format!("listing S3 directory buckets in {region}"), &e))?;
    Ok(buckets.into_iter().filter_map(|b| b.name).collect())
}

async fn in_region(cloud: &Cloud, region: Regional<'_>) -> Result<BTreeMap<usize, Object>, Problem> {
    let all = all(cloud, &region.region).await?;
    let there = region.objects.into_iter().filter(|(_, known)| all.contains(&handle(cloud, &known.value).name));
    let found = concurrently(BUCKETS, there, |(at, known)| async move {
        Ok((at, show(&handle(cloud, &known.value), &known.value).await?))
    });
    found.await.into_iter().collect()
}

async fn make(bucket: &Bucket<'_>, planned: &Value, half_made: &Object) -> Result<(), Failed> {
    let location = Args(&half_made.value).block("location");
    let text = |name: &str| location.and_then(|l| l.string(name));
    let info = BucketInfo::builder()
        .data_redundancy(DataRedundancy::from(Args(&half_made.value).text("data_redundancy").unwrap_or_default()))
        .r#type(BucketType::Directory);
    let place =
        LocationInfo::builder().set_name(text("name")).set_type(text("type").as_deref().map(LocationType::from));
    let tags = to_tags(&bucket.cloud.tags_of(planned));
    let configuration = CreateBucketConfiguration::builder()
        .bucket(info.build())
        .location(place.build())
        .set_tags(Some(tags).filter(|tags| !tags.is_empty()));
    let request = express(bucket.cloud, &bucket.region).create_bucket().bucket(&bucket.name);
    let request = request.create_bucket_configuration(configuration.build());
    let existing = ["BucketAlreadyOwnedByYou"];
    let conflict = |e: &_| is_code(e, &["OperationAborted"]);
    let called = ("s3:CreateBucket", &*bucket.region);
    let answer = bucket.cloud.create_named(called, CHANGE, conflict, &existing, || request.clone().send());
    // Only this account can have a bucket of this name: one that was made by an answer that was lost is ours.
    Box::pin(answer).await.map(|_| ()).map_err(|e| Failed {
        object: uncertain(&e).then(|| half_made.clone()),
        problems: vec![problem(&format!("creating S3 directory bucket \"{}\"", bucket.name), &e)],
    })
}

/// What is known of a bucket from its name and from what is written.
fn half_made(bucket: &Bucket<'_>, known: &Value) -> Value {
    let place = Args(known).block("location");
    let zone = place.and_then(|l| l.text("name")).or(zone(&bucket.name)).unwrap_or_default();
    let local = place.and_then(|l| l.text("type")).map_or(is_local(zone), |ty| ty == "LocalZone");
    let (ty, redundancy) = match local {
        true => ("LocalZone", "SingleLocalZone"),
        false => ("AvailabilityZone", "SingleAvailabilityZone"),
    };
    let mut location = Reply::new();
    location.str("name", Some(zone)).str("type", Some(ty));
    let mut reply = Reply::from(known);
    reply
        .str("id", Some(&bucket.name))
        .str("bucket", Some(&bucket.name))
        .str("data_redundancy", Some(Args(known).text("data_redundancy").unwrap_or(redundancy)))
        .str("region", Some(&bucket.region))
        .str("type", Some("Directory"))
        .blocks("location", [location]);
    reply.object()
}

/// S3 does not tell more of a directory bucket than that it is there.
async fn show(bucket: &Bucket<'_>, known: &Value) -> Result<Object, Problem> {
    let arn = arn(bucket).await?;
    let tags = control::tags(bucket.cloud, &bucket.region, &arn).await?;
    let mut reply = Reply::from(&half_made(bucket, known));
    reply.str("arn", Some(arn));
    bucket.cloud.set_tags(&mut reply, known, tags);
    Ok(Object::new(reply.object()))
}

/// The id of the zone that a name ends in: `use1-az4` of `b--use1-az4--x-s3`.
fn zone(name: &str) -> Option<&str> {
    name.strip_suffix("--x-s3")?.rsplit_once("--").map(|(_, zone)| zone)
}

/// Whether a zone is a local one, such as `usw2-lax1-az1`.
fn is_local(zone: &str) -> bool {
    zone.split('-').count() > 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_in_their_zone() {
        assert_eq!(zone("b--c--use1-az4--x-s3"), Some("use1-az4"));
        assert_eq!(zone("b--use1-az4"), None);
        assert_eq!((is_local("use1-az4"), is_local("usw2-lax1-az1")), (false, true));
    }
}
