//! Tags of buckets.

use aws_sdk_s3::types::{Tag, Tagging};
use terrane_aws_core::Tags;
use terrane_provider::Problem;

use crate::client::{Bucket, built};

/// Reads the tags.
pub async fn read(bucket: &Bucket<'_>) -> Result<Tags, Problem> {
    let request = bucket.client.get_bucket_tagging().bucket(&bucket.name);
    let absent = ["NoSuchTagSet", "NoSuchTagSetError"];
    let answer = bucket.read("s3:GetBucketTagging", "tags", &absent, || request.clone().send()).await?;
    let tags = answer.map(|a| a.tag_set).unwrap_or_default();
    Ok(tags.into_iter().map(|t| (t.key, t.value)).collect())
}

/// Writes the tags, which replaces all; those that are none of ours are kept as they are.
pub async fn write(bucket: &Bucket<'_>, old: &Tags, new: &Tags) -> Result<(), Problem> {
    if old == new {
        return Ok(());
    }
    let rules = bucket.cloud.tag_rules();
    let mut tags: Tags = read(bucket).await?.into_iter().filter(|(key, _)| rules.ignores(key)).collect();
    tags.extend(new.clone());
    if tags.is_empty() {
        let request = bucket.client.delete_bucket_tagging().bucket(&bucket.name);
        return bucket.remove("s3:DeleteBucketTagging", "tags", &[], || request.clone().send()).await;
    }
    let tagging = built(Tagging::builder().set_tag_set(Some(to_tags(&tags))).build())?;
    let request = bucket.client.put_bucket_tagging().bucket(&bucket.name).tagging(tagging);
    bucket.write("s3:PutBucketTagging", "tags", || request.clone().send()).await.map(|_| ())
}

/// Tags as S3 takes them.
pub fn to_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter().filter_map(|(k, v)| Tag::builder().key(k).value(v).build().ok()).collect()
}
