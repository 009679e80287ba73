//! S3 resource types.

mod account_public_access_block;
mod bucket;
mod bucket_accelerate_configuration;
mod bucket_acl;
mod bucket_analytics_configuration;
mod bucket_cors_configuration;
mod bucket_intelligent_tiering_configuration;
mod bucket_inventory;
mod bucket_lifecycle_configuration;
mod bucket_logging;
mod bucket_metric;
mod bucket_named_setting;
mod bucket_notification;
mod bucket_object_lock_configuration;
mod bucket_ownership_controls;
mod bucket_policy;
mod bucket_public_access_block;
mod bucket_replication_configuration;
mod bucket_request_payment_configuration;
mod bucket_server_side_encryption_configuration;
mod bucket_setting;
mod bucket_versioning;
mod bucket_website_configuration;
mod client;
mod control;
mod data_bucket;
mod data_canonical_user_id;
mod data_object;
mod dates;
mod directory_bucket;
mod emptying;
mod object;
mod regions;
mod settings;

use std::future::Future;

use terrane_aws_core::{Cloud, concurrently, problem};
use terrane_provider::sdk::{Args, DataSource, Reply, ResourceType};
use terrane_provider::{PlanResponse, Problem};
use terrane_value::{Path, Value};

use bucket_named_setting::BucketNamedSetting;
use bucket_setting::BucketSetting;
use client::{BUCKETS, Bucket, s3};

/// The resource types, sorted by name.
pub fn resources() -> Vec<Box<dyn ResourceType<Cloud>>> {
    vec![
        Box::new(account_public_access_block::AccountPublicAccessBlock),
        Box::new(bucket::Bucket),
        Box::new(BucketSetting(bucket_accelerate_configuration::AccelerateConfiguration)),
        Box::new(bucket_acl::BucketAcl),
        Box::new(BucketNamedSetting(bucket_analytics_configuration::AnalyticsConfiguration)),
        Box::new(BucketSetting(bucket_cors_configuration::CorsConfiguration)),
        Box::new(BucketNamedSetting(bucket_intelligent_tiering_configuration::IntelligentTieringConfiguration)),
        Box::new(BucketNamedSetting(bucket_inventory::Inventory)),
        Box::new(BucketSetting(bucket_lifecycle_configuration::LifecycleConfiguration)),
        Box::new(BucketSetting(bucket_logging::Logging)),
        Box::new(BucketNamedSetting(bucket_metric::Metric)),
        Box::new(BucketSetting(bucket_notification::Notification)),
        Box::new(BucketSetting(bucket_object_lock_configuration::ObjectLockConfiguration)),
        Box::new(BucketSetting(bucket_ownership_controls::OwnershipControls)),
        Box::new(bucket_policy::BucketPolicy),
        Box::new(bucket_public_access_block::BucketPublicAccessBlock),
        Box::new(BucketSetting(bucket_replication_configuration::ReplicationConfiguration)),
        Box::new(BucketSetting(bucket_request_payment_configuration::RequestPaymentConfiguration)),
        Box::new(bucket_server_side_encryption_configuration::BucketServerSideEncryptionConfiguration),
        Box::new(bucket_versioning::BucketVersioning),
        Box::new(BucketSetting(bucket_website_configuration::WebsiteConfiguration)),
        Box::new(directory_bucket::DirectoryBucket),
        Box::new(object::TheObject),
    ]
}

/// The data sources, sorted by name.
pub fn data_sources() -> Vec<Box<dyn DataSource<Cloud>>> {
    vec![
        Box::new(data_canonical_user_id::CanonicalUserId),
        Box::new(data_bucket::TheBucket),
        Box::new(data_object::TheObject),
    ]
}

/// A reply for a setting of a bucket, with what names it.
fn setting(bucket: &Bucket<'_>, known: &Value) -> Reply {
    let mut reply = Reply::from(known);
    reply.str("id", Some(bucket.id())).str("bucket", Some(&bucket.name));
    reply.str("region", Some(bucket.cloud.region(known)));
    if bucket.owner.is_some() {
        reply.str("expected_bucket_owner", bucket.owner.as_ref());
    }
    reply
}

/// Plans a replacement if another account is now expected to own the bucket. Starting to expect one changes nothing.
fn owner_replaces(prior: Option<&Value>, plan: &mut PlanResponse) {
    const OWNER: &str = "expected_bucket_owner";
    let before = prior.and_then(|p| Args(p).text(OWNER));
    let now = plan.planned.as_ref().and_then(|p| Args(p).text(OWNER));
    if before.is_some() && before != now {
        plan.requires_replace.push(Path::root().attr(OWNER));
    }
}

/// The names of the buckets in the provider's region.
async fn names(cloud: &Cloud) -> Result<Vec<String>, Problem> {
    Ok(buckets(cloud, cloud.default_region()).await?.into_iter().filter_map(|b| b.name).collect())
}

/// The buckets of the account in a region.
async fn buckets(cloud: &Cloud, region: &str) -> Result<Vec<aws_sdk_s3::types::Bucket>, Problem> {
    let client = s3(cloud, region);
    let list = |token| client.list_buckets().bucket_region(region).set_continuation_token(token).send();
    let take = |a: aws_sdk_s3::operation::list_buckets::ListBucketsOutput| {
        (a.buckets.unwrap_or_default(), a.continuation_token)
    };
    let buckets = cloud.pages("s3:ListBuckets", list, take).await;
    buckets.map_err(|e| problem("listing S3 buckets", &e))
}

/// The names of those buckets for which `has` holds.
async fn names_with<'a, F, Fut>(cloud: &'a Cloud, has: F) -> Result<Vec<String>, Vec<Problem>>
where
    F: Fn(Bucket<'a>) -> Fut,
    Fut: Future<Output = Result<bool, Problem>>,
{
    let names = names(cloud).await.map_err(|p| vec![p])?;
    let handle = |name: &String| Bucket::named(cloud, cloud.default_region(), name);
    let answers = concurrently(BUCKETS, names.iter().map(handle), has).await;
    let with = |(name, has): (String, Result<bool, Problem>)| has.map(|has| has.then_some(name)).transpose();
    names.into_iter().zip(answers).filter_map(with).collect::<Result<_, _>>().map_err(|p| vec![p])
}

/// The import ids of what `of` finds in each of those buckets.
async fn parts<'a, F, Fut>(cloud: &'a Cloud, of: F) -> Result<Vec<String>, Vec<Problem>>
where
    F: Fn(Bucket<'a>) -> Fut,
    Fut: Future<Output = Result<Vec<String>, Problem>>,
{
    let names = names(cloud).await.map_err(|p| vec![p])?;
    let handle = |name: &String| Bucket::named(cloud, cloud.default_region(), name);
    let answers = concurrently(BUCKETS, names.iter().map(handle), of).await;
    let ids = answers.into_iter().collect::<Result<Vec<_>, _>>().map_err(|p| vec![p])?;
    Ok(ids.into_iter().flatten().collect())
}
