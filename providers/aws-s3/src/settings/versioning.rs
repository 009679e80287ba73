//! Versioning of objects.

use aws_sdk_s3::operation::get_bucket_versioning::GetBucketVersioningOutput;
use aws_sdk_s3::types::{BucketVersioningStatus, MfaDelete, MfaDeleteStatus, VersioningConfiguration};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::Value;

use crate::client::Bucket;

/// Reads whether objects are versioned.
pub async fn read(bucket: &Bucket<'_>) -> Result<Option<GetBucketVersioningOutput>, Problem> {
    let request = bucket.client.get_bucket_versioning().bucket(&bucket.name);
    let request = request.set_expected_bucket_owner(bucket.owner.clone());
    bucket.read_once("s3:GetBucketVersioning", "versioning", &[], || request.clone().send()).await
}

/// Shows it in a bucket.
pub fn show(reply: &mut Reply, versioning: Option<GetBucketVersioningOutput>) {
    let block = versioning.map(|v| {
        let mut block = Reply::new();
        block
            .bool("enabled", Some(v.status() == Some(&BucketVersioningStatus::Enabled)))
            .bool("mfa_delete", Some(v.mfa_delete() == Some(&MfaDeleteStatus::Enabled)));
        block
    });
    reply.blocks("versioning", block);
}

/// Writes the versioning of a bucket.
pub async fn write(bucket: &Bucket<'_>, planned: &Value) -> Result<(), Problem> {
    let block = Args(planned).block("versioning");
    let flag = |name| block.and_then(|b| b.bool(name)) == Some(true);
    let status = if flag("enabled") { BucketVersioningStatus::Enabled } else { BucketVersioningStatus::Suspended };
    let configuration = VersioningConfiguration::builder().status(status);
    let configuration = if flag("mfa_delete") { configuration.mfa_delete(MfaDelete::Enabled) } else { configuration };
    put(bucket, configuration.build(), None).await
}

/// Writes a versioning configuration. `mfa` is the serial number of a device and its present code.
pub async fn put(
    bucket: &Bucket<'_>,
    configuration: VersioningConfiguration,
    mfa: Option<String>,
) -> Result<(), Problem> {
    let request = bucket
        .client
        .put_bucket_versioning()
        .bucket(&bucket.name)
        .set_expected_bucket_owner(bucket.owner.clone())
        .set_mfa(mfa)
        .versioning_configuration(configuration);
    bucket.write("s3:PutBucketVersioning", "versioning", || request.clone().send()).await.map(|_| ())
}
