//! `aws_s3_bucket`.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::head_bucket::HeadBucketOutput;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use terrane_aws_core::{
    Arn, Cloud, Poll, Tags, is_code, made_since, name_of, prefix_of, problem, read_each, status, timeout, uncertain,
};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType, Update};
use terrane_provider::{Object, PlanResponse, Problem, ReadOutcome};
use terrane_value::{Path, Value};

use crate::client::{BUCKETS, Bucket as Handle, s3, unseen};
use crate::settings::{self, acl, object_lock, tagging};
use crate::{emptying, regions};

const CREATE: Duration = Duration::from_secs(1200);
const DELETE: Duration = Duration::from_secs(3600);

/// `aws_s3_bucket`.
#[derive(Debug)]
pub struct Bucket;

#[async_trait]
impl ResourceType<Cloud> for Bucket {
    fn name(&self) -> &'static str {
        "aws_s3_bucket"
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        let name = name_of(create.planned, "bucket", "bucket_prefix", create.operation);
        let mut half_made = Reply::from(create.planned);
        half_made.str("id", Some(&name)).str("bucket", Some(&name));
        half_made.str("region", Some(cloud.region(create.planned)));
        let half_made = Object::new(half_made.object());
        make(cloud, &name, create.planned, &half_made).await?;
        furnish(cloud, create.planned, &half_made.value).await.map_err(|p| Failed::from(p).with(half_made))
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        read_each(BUCKETS, prior, |known| read_bucket(cloud, known)).await
    }

    async fn update(&self, cloud: &Cloud, update: Update<'_>) -> Result<Object, Failed> {
        let bucket = Handle::of(cloud, update.prior);
        settings::write(&bucket, update.planned, |name| update.changes(name)).await?;
        tagging::write(&bucket, &Args(update.prior).map("tags_all"), &cloud.tags_of(update.planned)).await?;
        Ok(read_existing(cloud, update.planned, &bucket.name).await?)
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        let bucket = Handle::of(cloud, &prior.value);
        let force = Args(&prior.value).bool("force_destroy") == Some(true);
        loop {
            let request = bucket.client.delete_bucket().bucket(&bucket.name);
            match cloud.call(("s3:DeleteBucket", &*bucket.region), || request.clone().send()).await {
                Ok(_) => break,
                Err(e) if is_code(&e, &["NoSuchBucket"]) => return Ok(()),
                Err(e) if is_code(&e, &["BucketNotEmpty"]) && force => {
                    emptying::empty(&bucket, object_lock::enabled(&prior.value)).await?;
                }
                Err(e) => {
                    let advised = not_empty(problem(&format!("deleting S3 bucket \"{}\"", bucket.name), &e), code(&e));
                    return Err(advised.into());
                }
            }
        }
        let what = format!("S3 bucket \"{}\" to be deleted", bucket.name);
        let poll = || async {
            let there = head(cloud, &bucket.client, &bucket.name).await?;
            Ok(there.map_or(Poll::Done(()), |_| Poll::pending("still there")))
        };
        Ok(cloud.wait(what, timeout(&prior.value, "delete", DELETE), poll).await?)
    }

    fn import(&self, _: &Cloud, id: &str) -> Result<Object, Vec<Problem>> {
        let object = [("id", Value::string(id)), ("bucket", Value::string(id)), ("force_destroy", false.into())];
        Ok(Object::new(Value::object(object)))
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        crate::names(cloud).await.map_err(|p| vec![p])
    }

    fn plan(&self, cloud: &Cloud, _: Option<&Value>, _: &Value, mut plan: PlanResponse) -> PlanResponse {
        let planned = plan.planned.as_ref().map(|p| (Args(p).text("bucket"), cloud.region(p)));
        if let Some((Some(name), region)) = planned
            && let Some(why) = invalid(name, &region)
        {
            let problem = Problem::error("Invalid bucket name", format!("\"{name}\" is no name for a bucket: {why}."));
            plan.problems.push(problem.at(Path::root().attr("bucket")));
        }
        plan
    }
}

fn code<E: aws_sdk_s3::error::ProvideErrorMetadata>(error: &aws_sdk_s3::error::SdkError<E>) -> &str {
    terrane_aws_core::code(error).unwrap_or_default()
}

fn not_empty(mut problem: Problem, code: &str) -> Problem {
    if code == "BucketNotEmpty" {
        problem
            .detail
            .push_str("\nEmpty it first, or set force_destroy = true, apply, and delete it then with all it holds.");
    }
    problem
}

/// Makes the bucket. One that may have been made without an answer counts as half made: there was none before.
async fn make(cloud: &Cloud, name: &str, planned: &Value, half_made: &Object) -> Result<(), Failed> {
    let region = cloud.region(planned);
    let client = s3(cloud, &region);
    // Elsewhere AWS refuses to make a bucket twice, but us-east-1 answers as if it had been made now. And an answer
    // that was lost looks the same as a bucket that was there before, unless that is known beforehand.
    let before = head(cloud, &client, name).await;
    if matches!(before, Ok(Some(_))) {
        let ours = cloud.is_resuming() && is_new(cloud, &region, name).await?;
        return if ours { Ok(()) } else { Err(exists(name).into()) };
    }
    let args = Args(planned);
    let location = (region != "us-east-1").then(|| {
        CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::from(&*region)).build()
    });
    let request = client
        .create_bucket()
        .bucket(name)
        .acl(acl::canned(planned))
        .set_create_bucket_configuration(location)
        .set_bucket_namespace(args.text("bucket_namespace").map(Into::into))
        .set_object_lock_enabled_for_bucket(object_lock::enabled(planned).then_some(true));
    let answer = cloud.create_named(
        ("s3:CreateBucket", &*region),
        timeout(planned, "create", CREATE),
        |e| is_code(e, &["OperationAborted"]),
        &["BucketAlreadyOwnedByYou"],
        || request.clone().send(),
    );
    answer.await.map(|_| ()).map_err(|e| match code(&e) {
        "BucketAlreadyOwnedByYou" => exists(name).into(),
        _ => {
            let problems = vec![problem(&format!("creating S3 bucket \"{name}\""), &e)];
            let ours = before.is_ok() && uncertain(&e);
            Failed { object: ours.then(|| half_made.clone()), problems }
        }
    })
}

/// Whether a bucket of the account was made since the run began that was killed.
async fn is_new(cloud: &Cloud, region: &str, name: &str) -> Result<bool, Problem> {
    let all = crate::buckets(cloud, region).await?;
    let date = all.into_iter().find(|bucket| bucket.name() == Some(name)).and_then(|bucket| bucket.creation_date);
    Ok(date.is_some_and(|date| made_since(cloud.begun(), &date)))
}

fn exists(name: &str) -> Problem {
    let detail =
        "A bucket of this name exists already. Choose another name, or import the bucket instead of creating it.";
    Problem::error(format!("S3 bucket \"{name}\" cannot be created"), detail)
}

/// Gives a new bucket its tags and settings and reads it.
async fn furnish(cloud: &Cloud, planned: &Value, half_made: &Value) -> Result<Object, Problem> {
    let bucket = Handle::of(cloud, half_made);
    appeared(cloud, &bucket, timeout(planned, "create", CREATE)).await?;
    tagging::write(&bucket, &Tags::new(), &cloud.tags_of(planned)).await?;
    // A canned ACL was set by the create itself.
    settings::write(&bucket, planned, |name| name != "acl" && is_set(planned, name)).await?;
    read_existing(cloud, half_made, &bucket.name).await
}

/// Whether a new bucket is planned to have more than what every bucket has.
fn is_set(planned: &Value, name: &str) -> bool {
    match name {
        "versioning" => {
            let block = Args(planned).block(name);
            ["enabled", "mfa_delete"].iter().any(|flag| block.and_then(|b| b.bool(flag)) == Some(true))
        }
        _ => Args(planned).text(name).is_some() || !Args(planned).blocks(name).is_empty(),
    }
}

async fn appeared(cloud: &Cloud, bucket: &Handle<'_>, timeout: Duration) -> Result<(), Problem> {
    let poll = || async {
        let there = head(cloud, &bucket.client, &bucket.name).await?;
        Ok(there.map_or(Poll::pending("not found"), |_| Poll::Done(())))
    };
    cloud.wait(format!("S3 bucket \"{}\" to be found", bucket.name), timeout, poll).await
}

async fn read_existing(cloud: &Cloud, known: &Value, name: &str) -> Result<Object, Problem> {
    let gone = || Problem::error(format!("S3 bucket \"{name}\" is gone"), "Something deleted it while it was changed.");
    read_bucket(cloud, known).await?.map(Object::new).ok_or_else(gone)
}

/// What S3 says of a bucket; `None` if there is none.
pub async fn head(cloud: &Cloud, client: &Client, name: &str) -> Result<Option<HeadBucketOutput>, Problem> {
    let request = client.head_bucket().bucket(name);
    let region = client.config().region().map_or(cloud.default_region(), |region| region.as_ref());
    match cloud.call(("s3:HeadBucket", region), || request.clone().send()).await {
        Ok(answer) => Ok(Some(answer)),
        Err(e) if status(&e) == Some(404) || is_code(&e, &["NoSuchBucket"]) => Ok(None),
        Err(e) => {
            let what = format!("reading S3 bucket \"{name}\"");
            Err(unseen(&what, "the bucket belongs to another account", &e))
        }
    }
}

async fn read_bucket(cloud: &Cloud, known: &Value) -> Result<Option<Value>, Problem> {
    let bucket = Handle::of(cloud, known);
    let region = cloud.region(known);
    let mut reply = Reply::from(known);
    let (head, settings) =
        tokio::join!(head(cloud, &bucket.client, &bucket.name), settings::read(&bucket, known, &mut reply));
    let Some(head) = head? else { return Ok(None) };
    settings?;
    set_names(&mut reply, &bucket.name, &region, head.bucket_region().unwrap_or(&region));
    Ok(Some(settings::finished(known, reply)))
}

fn set_names(reply: &mut Reply, name: &str, region: &str, location: &str) {
    let partition = terrane_aws_core::Partition::of_region(location).id;
    let arn = Arn { partition, service: "s3", region: "", account: "", resource: name };
    reply
        .str("id", Some(name))
        .str("arn", Some(arn.to_string()))
        .str("bucket", Some(name))
        .str("bucket_domain_name", Some(regions::domain_name(name, location)))
        .str("bucket_prefix", prefix_of(name))
        .str("bucket_region", Some(location))
        .str("bucket_regional_domain_name", Some(regions::regional_domain_name(name, location)))
        .str("hosted_zone_id", regions::hosted_zone(location))
        .str("region", Some(region));
    let website = reply.clone().object().get("website").and_then(Value::elements).is_some_and(|e| !e.is_empty());
    let domain = website.then(|| regions::website_domain(location));
    reply
        .str("website_endpoint", domain.as_ref().map(|domain| format!("{name}.{domain}")))
        .str("website_domain", domain);
}

/// Why a name cannot be that of a new bucket.
/// See <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>.
fn invalid(name: &str, region: &str) -> Option<&'static str> {
    let all = |ok: fn(u8) -> bool| name.bytes().all(ok);
    if region == "us-east-1" && name.len() < 256 && all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b)) {
        // Names from before 2018 are laxer there.
        return None;
    }
    match name {
        _ if !(3..=63).contains(&name.len()) => Some("it must have from 3 to 63 characters"),
        _ if !all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b)) => {
            Some("only lower-case letters, digits, hyphens and dots may be in it")
        }
        _ if name.starts_with('.') || name.ends_with('.') => Some("it must not begin or end with a dot"),
        _ if name.contains("..") => Some("it must not have two dots in a row"),
        _ if name.parse::<std::net::Ipv4Addr>().is_ok() => Some("it must not have the form of an IP address"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_by_region() {
        for (name, region, ok) in [
            ("my-bucket.1", "eu-west-1", true),
            ("My_Bucket", "us-east-1", true),
            ("My-bucket", "eu-west-1", false),
            ("ab", "eu-west-1", false),
            ("a..b", "eu-west-1", false),
            (".ab", "eu-west-1", false),
            ("192.168.0.1", "eu-west-1", false),
            ("a/b", "us-east-1", false),
        ] {
            assert_eq!(invalid(name, region).is_none(), ok, "{name} in {region}");
        }
    }
}
