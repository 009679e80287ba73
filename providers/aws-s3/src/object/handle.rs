//! Calls to S3 about one object.

use std::future::Future;
use std::time::Duration;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::operation::head_object::builders::HeadObjectFluentBuilder;
use aws_sdk_s3::types::{ObjectLockLegalHold, ObjectLockRetention, Tagging};
use terrane_aws_core::{Arn, Cloud, Partition, Tags, is_code, problem, status};
use terrane_provider::Problem;
use terrane_provider::sdk::Args;
use terrane_value::Value;

use crate::client::{Bucket, built, unseen};
use crate::dates::parsed;
use crate::settings::tagging::to_tags;

/// How long a change may be refused since another one is under way.
const CONFLICT: Duration = Duration::from_secs(120);

/// One object, and how calls about it are made.
pub struct Handle<'a> {
    /// Its bucket.
    pub bucket: Bucket<'a>,
    /// Its key as S3 knows it.
    pub key: String,
}

/// The bucket and the key of an import id. The bucket may be the ARN of an access point, which has a slash of its own.
pub fn split(id: &str) -> Option<(&str, &str)> {
    let bucket = if id.starts_with("arn:") { id.find('/')? + 1 } else { 0 };
    let end = bucket + id.get(bucket..)?.find('/')?;
    let (bucket, key) = (id.get(..end)?, id.get(end + 1..)?);
    (!bucket.is_empty() && !key.is_empty()).then_some((bucket, key))
}

/// The key that is meant by a written one: without `./` or slashes at the start, and with single slashes.
pub fn clean(key: &str) -> String {
    let key = key.strip_prefix("./").unwrap_or(key).trim_start_matches('/');
    let single = |(at, c): &(usize, char)| *c != '/' || !key[..*at].ends_with('/');
    key.char_indices().filter(single).map(|(_, c)| c).collect()
}

/// The ARN of an object; its bucket may be an access point.
pub fn arn(region: &str, bucket: &str, key: &str) -> String {
    match Arn::parse(bucket) {
        Some(point) => Arn { resource: &format!("{}/object/{key}", point.resource), ..point }.to_string(),
        None => format!("arn:{}:s3:::{bucket}/{key}", Partition::of_region(region).id),
    }
}

impl<'a> Handle<'a> {
    /// The object that a value is of.
    pub fn of(cloud: &'a Cloud, object: &Value) -> Handle<'a> {
        let text = |name| Args(object).text(name).unwrap_or_default();
        let (bucket, key) = match (text("bucket"), text("key")) {
            ("", _) | (_, "") => split(text("id")).unwrap_or_default(),
            both => both,
        };
        Handle { bucket: Bucket::named(cloud, &cloud.region(object), bucket), key: clean(key) }
    }

    /// The id: the bucket and the key as it is written.
    pub fn id(&self, object: &Value) -> String {
        format!("{}/{}", self.bucket.name, Args(object).text("key").unwrap_or(&self.key))
    }

    /// A phrase for a step: `reading the object "a" of S3 bucket "b"`.
    pub fn what(&self, step: &str) -> String {
        format!("{step} the object \"{}\" of S3 bucket \"{}\"", self.key, self.bucket.name)
    }

    /// The name of an operation with the region that is asked.
    pub fn called(&self, operation: &'static str) -> (&'static str, &str) {
        (operation, &self.bucket.region)
    }

    /// What S3 says of it; `None` if there is none. `asking` fills the question.
    pub async fn head(
        &self,
        asking: impl FnOnce(HeadObjectFluentBuilder) -> HeadObjectFluentBuilder,
    ) -> Result<Option<HeadObjectOutput>, Problem> {
        let request = asking(self.bucket.client.head_object().bucket(&self.bucket.name).key(&self.key));
        let answer = self.bucket.cloud.call(self.called("s3:HeadObject"), || request.clone().send());
        match Box::pin(answer).await {
            Ok(answer) if answer.delete_marker() == Some(true) => Ok(None),
            Ok(answer) => Ok(Some(answer)),
            // A version that is a delete marker answers 405.
            Err(e) if matches!(status(&e), Some(404 | 405)) => Ok(None),
            Err(e) => {
                let missing = "there is no such object, which only those may know who may list the bucket";
                Err(unseen(&self.what("reading"), missing, &e))
            }
        }
    }

    /// Its tags; none where a kind of bucket has none to give.
    pub async fn tags(&self) -> Result<Tags, Problem> {
        let request = self.bucket.client.get_object_tagging().bucket(&self.bucket.name).key(&self.key);
        let answer = self.bucket.cloud.call(self.called("s3:GetObjectTagging"), || request.clone().send());
        let absent = ["NoSuchKey", "NoSuchTagSet", "NoSuchBucket", "NotImplemented", "MethodNotAllowed"];
        match Box::pin(answer).await {
            Ok(answer) => Ok(answer.tag_set.into_iter().map(|t| (t.key, t.value)).collect()),
            Err(e) if is_code(&e, &absent) => Ok(Tags::new()),
            Err(e) => Err(problem(&self.what("reading the tags of"), &e)),
        }
    }

    /// Replaces its tags.
    pub async fn put_tags(&self, tags: &Tags) -> Result<(), Problem> {
        let rules = self.bucket.cloud.tag_rules();
        let mut all: Tags = self.tags().await?.into_iter().filter(|(key, _)| rules.ignores(key)).collect();
        all.extend(tags.clone());
        let tagging = built(Tagging::builder().set_tag_set(Some(to_tags(&all))).build())?;
        let request = self.bucket.client.put_object_tagging().bucket(&self.bucket.name).key(&self.key).tagging(tagging);
        self.change("s3:PutObjectTagging", "changing the tags of", || request.clone().send()).await
    }

    /// Gives it a canned ACL.
    pub async fn put_acl(&self, acl: &str) -> Result<(), Problem> {
        let request = self.bucket.client.put_object_acl().bucket(&self.bucket.name).key(&self.key).acl(acl.into());
        self.change("s3:PutObjectAcl", "changing the ACL of", || request.clone().send()).await
    }

    /// Sets its legal hold.
    pub async fn put_legal_hold(&self, hold: &str) -> Result<(), Problem> {
        let hold = ObjectLockLegalHold::builder().status(hold.into()).build();
        let request = self.bucket.client.put_object_legal_hold().bucket(&self.bucket.name).key(&self.key);
        let request = request.legal_hold(hold);
        self.change("s3:PutObjectLegalHold", "changing the legal hold on", || request.clone().send()).await
    }

    /// Sets its retention; an earlier end than before needs the right to pass over governance.
    pub async fn put_retention(&self, prior: Args<'_>, planned: Args<'_>) -> Result<(), Problem> {
        let until = |args: Args<'_>| args.text("object_lock_retain_until_date").map(parsed).transpose();
        let (before, after) = (until(prior)?, until(planned)?);
        let retention = ObjectLockRetention::builder()
            .set_mode(planned.text("object_lock_mode").map(Into::into))
            .set_retain_until_date(after)
            .build();
        let request = self.bucket.client.put_object_retention().bucket(&self.bucket.name).key(&self.key);
        let shorter = after.is_none() || before.is_some_and(|before| after < Some(before));
        let request = request.retention(retention).set_bypass_governance_retention(shorter.then_some(true));
        self.change("s3:PutObjectRetention", "changing the retention of", || request.clone().send()).await
    }

    /// Deletes it; in a bucket with versions it leaves a marker.
    pub async fn delete(&self) -> Result<(), Problem> {
        let request = self.bucket.client.delete_object().bucket(&self.bucket.name).key(&self.key);
        let answer = Box::pin(self.bucket.cloud.call(self.called("s3:DeleteObject"), || request.clone().send())).await;
        match answer {
            Ok(_) => Ok(()),
            Err(e) if is_code(&e, &["NoSuchBucket", "NoSuchKey"]) => Ok(()),
            Err(e) => Err(problem(&self.what("deleting"), &e)),
        }
    }

    async fn change<T, E, F, Fut>(&self, operation: &'static str, step: &str, send: F) -> Result<(), Problem>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E>>>,
    {
        let conflict = |e: &SdkError<E>| is_code(e, &["OperationAborted", "ConditionalRequestConflict"]);
        let answer = Box::pin(self.bucket.cloud.insist(self.called(operation), CONFLICT, conflict, send)).await;
        answer.map(|_| ()).map_err(|e| problem(&self.what(step), &e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_cleaned_as_s3_would_be_asked() {
        for (written, meant) in [
            ("a/b", "a/b"),
            ("/a//b/", "a/b/"),
            ("./a", "a"),
            (".//a///b", "a/b"),
            ("a b+ü", "a b+ü"),
            ("a/./b", "a/./b"),
        ] {
            assert_eq!(clean(written), meant, "{written}");
        }
    }

    #[test]
    fn ids_are_a_bucket_and_a_key() {
        let point = "arn:aws:s3:eu-west-1:123456789012:accesspoint/p";
        assert_eq!(split("b/a/c"), Some(("b", "a/c")));
        assert_eq!(split(&format!("{point}/a/c")), Some((point, "a/c")));
        assert_eq!((split("b"), split("b/"), split("/a")), (None, None, None));
        assert_eq!(arn("cn-north-1", "b", "a/c"), "arn:aws-cn:s3:::b/a/c");
        assert_eq!(arn("eu-west-1", point, "a"), format!("{point}/object/a"));
    }
}
