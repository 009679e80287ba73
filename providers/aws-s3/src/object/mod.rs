//! `aws_s3_object`.

mod body;
mod handle;
mod show;
mod upload;

use std::time::Duration;

use async_trait::async_trait;
use terrane_aws_core::{Cloud, Poll, read_each};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType, Update};
use terrane_provider::{Object, PlanResponse, Problem, ReadOutcome};
use terrane_value::{Fields, Kind, Path, Value};

use crate::emptying;
pub use handle::{Handle, arn};
pub use show::{checksums, headers};

/// Objects of a read that are worked on at once; each needs two calls.
const OBJECTS: usize = 32;

/// How long a new object may take to be found.
const PROPAGATION: Duration = Duration::from_secs(120);

/// Arguments that change what an object holds, and so its checksums.
const CONTENT: [&str; 7] = [
    "checksum_algorithm",
    "content",
    "content_base64",
    "kms_key_id",
    "server_side_encryption",
    "source",
    "source_hash",
];

/// Further arguments that only a new upload changes.
const DESCRIPTION: [&str; 10] = [
    "bucket_key_enabled",
    "cache_control",
    "content_disposition",
    "content_encoding",
    "content_language",
    "content_type",
    "etag",
    "metadata",
    "storage_class",
    "website_redirect",
];

/// What a new content changes, beside the ETag, where checksums are asked for.
const SUMS: [&str; 5] = ["checksum_crc32", "checksum_crc32c", "checksum_crc64nvme", "checksum_sha1", "checksum_sha256"];

/// `aws_s3_object`.
#[derive(Debug)]
pub struct TheObject;

#[async_trait]
impl ResourceType<Cloud> for TheObject {
    fn name(&self) -> &'static str {
        "aws_s3_object"
    }

    fn validate(&self, config: &Value) -> Vec<Problem> {
        let keys = Args(config).map("metadata").into_keys().filter(|key| key.chars().any(char::is_uppercase));
        let problem = |key: String| {
            let detail = format!("\"{key}\" has capital letters: S3 keeps the names of metadata in small ones.");
            Problem::error("Invalid name of metadata", detail).at(Path::root().attr("metadata"))
        };
        keys.map(problem).collect()
    }

    fn plan(&self, _: &Cloud, prior: Option<&Value>, config: &Value, plan: PlanResponse) -> PlanResponse {
        let planned = plan.planned.as_ref().and_then(Value::fields);
        match prior.zip(planned) {
            Some((prior, fields)) => {
                let planned = Value::from_kind(Kind::Object(consequences(prior, config, fields.clone())));
                PlanResponse { planned: Some(planned), ..plan }
            }
            None => plan,
        }
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        let handle = Handle::of(cloud, create.planned);
        let mut half_made = Reply::from(create.planned);
        half_made.str("id", Some(handle.id(create.planned))).str("region", Some(cloud.region(create.planned)));
        let half_made = half_made.object();
        upload::put(&handle, create.planned, &half_made).await?;
        Ok(settled(&handle, &half_made).await.map_err(|p| Failed::from(p).with(Object::new(half_made)))?)
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        read_each(OBJECTS, prior, |known| async move { find(&Handle::of(cloud, known), known).await }).await
    }

    async fn update(&self, cloud: &Cloud, update: Update<'_>) -> Result<Object, Failed> {
        let handle = Handle::of(cloud, update.prior);
        if CONTENT.iter().chain(&DESCRIPTION).any(|name| update.changes(name)) {
            upload::put(&handle, update.planned, update.prior).await?;
        } else {
            change(cloud, &handle, &update).await?;
        }
        Ok(settled(&handle, update.planned).await?)
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        let handle = Handle::of(cloud, &prior.value);
        let force = Args(&prior.value).bool("force_destroy") == Some(true);
        match Args(&prior.value).text("version_id") {
            Some(_) => emptying::versions_of(&handle.bucket, &handle.key, force).await?,
            None => handle.delete().await?,
        }
        Ok(())
    }

    fn import(&self, _: &Cloud, id: &str) -> Result<Object, Vec<Problem>> {
        let id = id.strip_prefix("s3://").unwrap_or(id);
        let Some((bucket, key)) = handle::split(id) else {
            let detail = format!("\"{id}\" is not of the form BUCKET/KEY or s3://BUCKET/KEY.");
            return Err(vec![Problem::error("Invalid import id of an S3 object", detail)]);
        };
        let object =
            [("id", id.into()), ("bucket", bucket.into()), ("key", key.into()), ("force_destroy", false.into())];
        Ok(Object::new(Value::object(object)))
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        crate::parts(cloud, |bucket| async move {
            Ok(bucket.keys().await?.into_iter().map(|key| format!("{}/{key}", bucket.name)).collect())
        })
        .await
    }
}

/// The plan of an update with what S3 will say anew made unknown.
fn consequences(prior: &Value, config: &Value, fields: Fields) -> Fields {
    let planned = Value::from_kind(Kind::Object(fields.clone()));
    let changes = |names: &[&str]| names.iter().any(|name| Args(&planned).differs(prior, name));
    let content = changes(&CONTENT);
    // With a key of KMS, the same content has another ETag each time.
    let derived = content || changes(&DESCRIPTION) && Args(prior).text("kms_key_id").is_some();
    let version = (content || changes(&DESCRIPTION)).then_some("version_id");
    let written = |name: &str| config.get(name).is_some_and(|v| !v.is_null());
    let etag = Some("etag").filter(|name| derived && !written(name));
    let summed = [&planned, prior].iter().any(|o| Args(o).text("checksum_algorithm").is_some());
    let sums = SUMS.into_iter().filter(|_| derived && summed);
    sums.chain(etag).chain(version).fold(fields, |fields, name| match fields.get(name).map(Value::ty) {
        Some(ty) => fields.with(name, Value::unknown(ty)),
        None => fields,
    })
}

/// Changes what can be changed without an upload.
async fn change(cloud: &Cloud, handle: &Handle<'_>, update: &Update<'_>) -> Result<(), Problem> {
    if update.changes("acl") {
        handle.put_acl(Args(update.planned).text("acl").unwrap_or("private")).await?;
    }
    if update.changes("object_lock_legal_hold_status") {
        handle.put_legal_hold(Args(update.planned).text("object_lock_legal_hold_status").unwrap_or("OFF")).await?;
    }
    if update.changes("object_lock_mode") || update.changes("object_lock_retain_until_date") {
        handle.put_retention(Args(update.prior), Args(update.planned)).await?;
    }
    let (old, new) = (Args(update.prior).map("tags_all"), cloud.tags_of(update.planned));
    if old != new { handle.put_tags(&new).await } else { Ok(()) }
}

/// The object as it is, once S3 finds it.
async fn settled(handle: &Handle<'_>, known: &Value) -> Result<Object, Problem> {
    let poll = || async {
        let found = find(handle, known).await?;
        Ok(found.map_or(Poll::pending("not found"), |f| Poll::Done(Object::new(f))))
    };
    let what = format!("the object \"{}\" of S3 bucket \"{}\" to be found", handle.key, handle.bucket.name);
    handle.bucket.cloud.wait(what, PROPAGATION, poll).await
}

async fn find(handle: &Handle<'_>, known: &Value) -> Result<Option<Value>, Problem> {
    let sums = Args(known).text("checksum_algorithm").is_some();
    let (head, tags) = tokio::join!(handle.head(|head| if sums { checksums(head) } else { head }), handle.tags());
    Ok(match head? {
        Some(head) => Some(show::object(handle, known, &head, tags?)),
        None => None,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn another_content_has_another_etag_and_version() {
        let prior = Value::object([
            ("content", "a".into()),
            ("metadata", Value::null(terrane_value::Type::map(terrane_value::Type::String))),
            ("etag", "e".into()),
            ("version_id", "v".into()),
            ("kms_key_id", Value::null(terrane_value::Type::String)),
        ]);
        let unknown = |planned: &[(&str, &str)], config: &Value| {
            let fields = prior.fields().unwrap().clone();
            let fields = planned.iter().fold(fields, |f, (name, value)| f.with(name, Value::string(*value)));
            let after = consequences(&prior, config, fields);
            ["etag", "version_id"].map(|name| !after.get(name).unwrap().is_known())
        };
        let empty = Value::object::<&str>([]);
        assert_eq!(unknown(&[], &empty), [false, false]);
        assert_eq!(unknown(&[("content", "b")], &empty), [true, true]);
        assert_eq!(unknown(&[("metadata", "b")], &empty), [false, true]);
        assert_eq!(unknown(&[("etag", "f")], &Value::object([("etag", "f".into())])), [false, true]);
    }
}
