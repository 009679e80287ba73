//! Calls to KMS.

use std::future::Future;
use std::time::Duration;

use aws_sdk_kms::Client;
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_kms::types::Tag;
use terrane_aws_core::{Cloud, Tags, is_code, problem};
use terrane_provider::Problem;

/// How long a change may take until all of KMS knows it.
pub const PROPAGATION: Duration = Duration::from_secs(120);

/// Keys that are worked on at once; each needs some calls.
pub const KEYS: usize = 8;

/// KMS in one region.
#[derive(Clone)]
pub struct Kms<'a> {
    /// The provider instance.
    pub cloud: &'a Cloud,
    /// The client for the region.
    pub client: Client,
    /// The region.
    pub region: String,
}

impl<'a> Kms<'a> {
    /// KMS in a region.
    pub fn new(cloud: &'a Cloud, region: &str) -> Kms<'a> {
        Kms { cloud, client: cloud.client(region, Client::new), region: region.to_owned() }
    }

    /// Makes a call that may be repeated, again while it is refused because something is too new.
    pub async fn call<T, E, F, Fut>(&self, operation: &'static str, what: &str, send: F) -> Result<T, Problem>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E>>>,
    {
        let answer = Box::pin(self.cloud.insist(operation, PROPAGATION, too_new, send)).await;
        answer.map_err(|e| problem(what, &e))
    }
}

/// Whether a call was refused because a principal of a policy, or the key itself, is not known everywhere yet.
pub fn too_new<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    is_code(error, &["MalformedPolicyDocumentException", "NotFoundException"])
}

/// An answer, `None` if it is that the object does not exist.
pub fn found<T, E>(what: &str, answer: Result<T, SdkError<E>>) -> Result<Option<T>, Problem>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if is_code(&error, &["NotFoundException"]) => Ok(None),
        Err(error) => Err(problem(what, &error)),
    }
}

/// Tags as KMS takes them.
pub fn to_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter().filter_map(|(k, v)| Tag::builder().tag_key(k).tag_value(v).build().ok()).collect()
}
