//! Emptying buckets before they are deleted.

use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::types::{Delete, Error, ObjectIdentifier, ObjectLockLegalHold, ObjectLockLegalHoldStatus};
use terrane_provider::Problem;

use crate::client::{Bucket, built};

/// Deletes all objects of a bucket with all their versions and delete markers. With `locked`, also those under
/// governance retention or legal hold.
pub async fn empty(bucket: &Bucket<'_>, locked: bool) -> Result<(), Problem> {
    sweep(bucket, None, locked).await
}

/// Deletes all versions and delete markers of one object. With `locked`, also those under governance retention or
/// legal hold.
pub async fn versions_of(bucket: &Bucket<'_>, key: &str, locked: bool) -> Result<(), Problem> {
    sweep(bucket, Some(key), locked).await
}

/// Deletes all objects of a bucket that has no versions.
pub async fn unversioned(bucket: &Bucket<'_>) -> Result<(), Problem> {
    let identifier = |key: &String| ObjectIdentifier::builder().key(key).build().ok();
    for chunk in bucket.keys().await?.chunks(1000) {
        delete(bucket, chunk.iter().filter_map(identifier).collect(), false).await?;
    }
    Ok(())
}

async fn sweep(bucket: &Bucket<'_>, only: Option<&str>, locked: bool) -> Result<(), Problem> {
    let (mut key, mut version) = (None, None);
    loop {
        let page = versions(bucket, only, key.take(), version.take()).await?;
        let more = page.is_truncated() == Some(true);
        (key, version) = (page.next_key_marker.clone(), page.next_version_id_marker.clone());
        let mut objects = identifiers(page);
        objects.retain(|object| only.is_none_or(|only| object.key() == only));
        if !objects.is_empty() {
            delete(bucket, objects, locked).await?;
        }
        if !more || key.is_none() {
            return Ok(());
        }
    }
}

async fn versions(
    bucket: &Bucket<'_>,
    prefix: Option<&str>,
    key: Option<String>,
    version: Option<String>,
) -> Result<ListObjectVersionsOutput, Problem> {
    let request = bucket.client.list_object_versions().bucket(&bucket.name).set_prefix(prefix.map(str::to_owned));
    let request = request.set_key_marker(key).set_version_id_marker(version);
    let page = bucket.read("s3:ListObjectVersions", "objects", &[], || request.clone().send()).await?;
    Ok(page.unwrap_or_else(|| ListObjectVersionsOutput::builder().build()))
}

fn identifiers(page: ListObjectVersionsOutput) -> Vec<ObjectIdentifier> {
    let versions = page.versions.unwrap_or_default().into_iter().map(|v| (v.key, v.version_id));
    let markers = page.delete_markers.unwrap_or_default().into_iter().map(|m| (m.key, m.version_id));
    let identifier = |(key, version): (Option<String>, Option<String>)| {
        ObjectIdentifier::builder().set_key(key).set_version_id(version).build().ok()
    };
    versions.chain(markers).filter_map(identifier).collect()
}

async fn delete(bucket: &Bucket<'_>, objects: Vec<ObjectIdentifier>, locked: bool) -> Result<(), Problem> {
    let delete = built(Delete::builder().set_objects(Some(objects)).quiet(true).build())?;
    let request = bucket.client.delete_objects().bucket(&bucket.name).delete(delete);
    let request = if locked { request.bypass_governance_retention(true) } else { request };
    let answer = bucket.write("s3:DeleteObjects", "objects", || request.clone().send()).await?;
    for error in answer.errors.unwrap_or_default() {
        match error.code() {
            Some("NoSuchKey" | "NoSuchVersion") => {}
            Some("AccessDenied") if locked => release(bucket, &error).await?,
            _ => return Err(undeleted(bucket, &error)),
        }
    }
    Ok(())
}

/// Ends the legal hold on a version and deletes it.
async fn release(bucket: &Bucket<'_>, error: &Error) -> Result<(), Problem> {
    let (key, version) = (error.key().unwrap_or_default(), error.version_id());
    let off = ObjectLockLegalHold::builder().status(ObjectLockLegalHoldStatus::Off).build();
    let hold = bucket.client.put_object_legal_hold().bucket(&bucket.name).key(key).legal_hold(off);
    let hold = hold.set_version_id(version.map(str::to_owned));
    let setting = format!("legal hold on object \"{key}\"");
    bucket.write("s3:PutObjectLegalHold", &setting, || hold.clone().send()).await?;
    let delete = bucket.client.delete_object().bucket(&bucket.name).key(key).bypass_governance_retention(true);
    let delete = delete.set_version_id(version.map(str::to_owned));
    bucket.remove("s3:DeleteObject", &format!("object \"{key}\""), &["NoSuchKey"], || delete.clone().send()).await
}

fn undeleted(bucket: &Bucket<'_>, error: &Error) -> Problem {
    let (key, code) = (error.key().unwrap_or_default(), error.code().unwrap_or("no code"));
    let version = error.version_id().map(|v| format!(" (version {v})")).unwrap_or_default();
    let message = error.message().unwrap_or("no message");
    Problem::error(
        format!("Emptying S3 bucket \"{}\" failed", bucket.name),
        format!("Object \"{key}\"{version} cannot be deleted: {code}: {message}."),
    )
}
