//! Calls to IAM.

use std::time::Duration;

use aws_sdk_iam::Client;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::types::Tag;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use percent_encoding::percent_decode_str;
use terrane_aws_core::{Cloud, Tags, is_code, problem, says};
use terrane_provider::Problem;

/// How long a change to IAM may take until all of AWS knows it.
pub const PROPAGATION: Duration = Duration::from_secs(120);

/// Calls that may be under way at once: IAM's rate limits are low.
pub const CONCURRENCY: usize = 5;

/// Objects of a read that are worked on at once; each needs some calls.
pub const OBJECTS: usize = 4;

/// The client; IAM is one service for all regions of a partition.
pub fn iam(cloud: &Cloud) -> Client {
    cloud.client(cloud.default_region(), Client::new)
}

/// The names of all roles but those that belong to services.
pub async fn role_names(cloud: &Cloud) -> Result<Vec<String>, Problem> {
    let client = iam(cloud);
    let roles = cloud.pages("iam:ListRoles", |m| client.list_roles().set_marker(m).send(), |a| (a.roles, a.marker));
    let roles = roles.await.map_err(|e| problem("listing IAM roles", &e))?;
    let ours = roles.into_iter().filter(|r| !r.path.starts_with("/aws-service-role/"));
    Ok(ours.map(|r| r.role_name).collect())
}

/// An answer, `None` if it is that the entity does not exist.
pub fn found<T, E>(what: &str, answer: Result<T, SdkError<E>>) -> Result<Option<T>, Problem>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if is_code(&error, &["NoSuchEntity"]) => Ok(None),
        Err(error) => Err(problem(what, &error)),
    }
}

/// The outcome of a removal: an entity that does not exist counts as removed.
pub fn removed<T, E>(what: &str, answer: Result<T, SdkError<E>>) -> Result<(), Problem>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    found(what, answer).map(|_| ())
}

/// Whether a call failed since a principal, or the entity itself, is so new that this part of IAM does not know it.
pub fn too_new<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    says(error, "MalformedPolicyDocument", "Invalid principal in policy") || is_code(error, &["ConcurrentModification"])
}

/// Whether a removal failed since something that is being removed as well still refers to the entity.
pub fn still_used<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    is_code(error, &["DeleteConflict", "ConcurrentModification"])
}

/// A policy document as IAM answers it, decoded.
pub fn decoded(document: &str) -> String {
    percent_decode_str(document).decode_utf8_lossy().into_owned()
}

/// A time as attributes hold it: `2024-05-01T12:00:00Z`.
pub fn time(time: &DateTime) -> Option<String> {
    DateTime::from_secs(time.secs()).fmt(Format::DateTime).ok()
}

/// Tags as IAM takes them.
pub fn to_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter().filter_map(|(k, v)| Tag::builder().key(k).value(v).build().ok()).collect()
}

/// Tags as IAM answers them.
pub fn from_tags(tags: &[Tag]) -> impl Iterator<Item = (String, String)> {
    tags.iter().map(|t| (t.key.clone(), t.value.clone()))
}
