//! State in an S3 object, locked by a DynamoDB item, by an object beside it, or by both.
//!
//! Attributes, item and object names are Terraform's, so that its runs and ours lock each other out. Writes insist on
//! the version that the run began from.

mod access;
mod config;
mod connect;
mod digest;
mod history;
mod lock;
mod role;
pub(crate) mod shared;

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::builders::GetObjectFluentBuilder;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ObjectCannedAcl, ServerSideEncryption};
use terrane_state::{Content, Kept, LockInfo, Locked, Past, Store, StoreError, Stored, Version};
use terrane_value::{ConvertError, Value};

use config::Config;
pub use config::schema;
use digest::{Recorded, digest};

/// The state of one workspace in a bucket.
#[derive(Debug)]
pub struct S3 {
    config: Config,
    /// The object's key, with the workspace in it.
    key: String,
    s3: aws_sdk_s3::Client,
    dynamodb: aws_sdk_dynamodb::Client,
    /// The lock that is held: who writes.
    holder: Mutex<Option<LockInfo>>,
}

/// How often, and how far apart, a digest that does not match is looked at again: S3 itself is consistent, but a
/// writer puts the object before the digest.
const DIGEST_TRIES: u32 = 5;

impl S3 {
    /// The store of a workspace; see [`crate::schema`] for `config`.
    pub async fn open(config: &Value, workspace: &str) -> Result<S3, ConvertError> {
        let config = Config::read(config)?;
        let key = match workspace {
            "default" => config.key.clone(),
            name => format!("{}/{name}/{}", config.workspace_key_prefix, config.key),
        };
        let (s3, dynamodb) = config.clients().await?;
        Ok(S3 { config, key, s3, dynamodb, holder: Mutex::default() })
    }

    /// The name of the lock, and of the state in messages: `bucket/key`.
    fn path(&self) -> String {
        format!("{}/{}", self.config.bucket, self.key)
    }

    fn put(&self, key: &str, bytes: Vec<u8>) -> PutObjectFluentBuilder {
        let config = &self.config;
        let mut put = self.s3.put_object().bucket(&config.bucket).key(key).content_type("application/json");
        put = put.content_length(bytes.len() as i64).body(ByteStream::from(bytes));
        let tags = if key == self.key { &config.state_tags } else { &config.lock_tags };
        put = put.set_tagging(tags.clone());
        if let Some(acl) = &config.acl {
            put = put.acl(ObjectCannedAcl::from(acl.as_str()));
        }
        if let Some(key) = &config.customer_key {
            put = put
                .sse_customer_algorithm("AES256")
                .sse_customer_key(&key.base64)
                .sse_customer_key_md5(&key.md5_base64);
        } else if config.encrypt {
            put = match &config.kms_key_id {
                Some(id) => put.server_side_encryption(ServerSideEncryption::AwsKms).ssekms_key_id(id),
                None => put.server_side_encryption(ServerSideEncryption::Aes256),
            };
        }
        put
    }

    /// The version of a state that is stored although its write was refused: the answer to the first try was lost, and
    /// the second found the state of the first.
    async fn written(&self, record: &Recorded) -> Option<Version> {
        let stored = self.read().await.ok()??;
        (digest(&stored.bytes) == record.digest).then_some(stored.version)
    }

    fn get(&self, key: &str) -> GetObjectFluentBuilder {
        let get = self.s3.get_object().bucket(&self.config.bucket).key(key);
        match &self.config.customer_key {
            Some(key) => {
                get.sse_customer_algorithm("AES256").sse_customer_key(&key.base64).sse_customer_key_md5(&key.md5_base64)
            }
            None => get,
        }
    }

    async fn read(&self) -> Result<Option<Stored>, StoreError> {
        let object = match self.get(&self.key).send().await {
            Ok(object) => object,
            Err(e) if e.code() == Some("NoSuchKey") => return Ok(None),
            Err(e) if e.code() == Some("NoSuchBucket") => {
                return Err(StoreError::Failed(format!(
                    "The bucket {:?} of the S3 backend does not exist in region {}. Create it, or correct the backend's \
                     \"bucket\" and \"region\".",
                    self.config.bucket, self.config.region
                )));
            }
            Err(e) => return Err(failed(&format!("read the state s3://{}", self.path()), &e)),
        };
        let version = Version(object.e_tag().unwrap_or_default().into());
        let bytes = object.body.collect().await.map_err(|e| {
            StoreError::Failed(format!("The state s3://{} could not be read to its end: {e}.", self.path()))
        })?;
        Ok(Some(Stored { bytes: bytes.to_vec(), version, outdated: false }))
    }
}

/// An error of a call, with the service's code and message.
fn failed<E, R>(what: &str, error: &SdkError<E, R>) -> StoreError
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
    R: std::fmt::Debug,
{
    match (error.code(), error.message()) {
        (Some(code), message) => StoreError::Failed(format!(
            "It was not possible to {what}: {code}: {}.",
            message.unwrap_or("no message").trim_end_matches('.')
        )),
        _ => StoreError::Failed(format!("It was not possible to {what}: {}.", DisplayErrorContext(error))),
    }
}

impl S3 {
    /// A lock that this run holds now.
    fn held(&self, info: LockInfo) -> Locked {
        *self.holder.lock().unwrap_or_else(PoisonError::into_inner) = Some(info.clone());
        Locked { info }
    }
}

#[async_trait]
impl Store for S3 {
    fn place(&self) -> String {
        format!("s3://{}", self.path())
    }

    async fn load(&self) -> Result<Option<Stored>, StoreError> {
        for wait in 0..DIGEST_TRIES {
            let stored = self.read().await?;
            let Some(recorded) = self.recorded().await? else { return Ok(stored) };
            let found = stored.as_ref().map(|s| digest(&s.bytes)).unwrap_or_default();
            if recorded.digest == found {
                return Ok(stored);
            }
            if let Some(newer) = stored.as_ref().filter(|stored| recorded.is_older_than(&stored.bytes)) {
                self.heal(&recorded, &newer.bytes).await;
                return Ok(stored);
            }
            tokio::time::sleep(std::time::Duration::from_millis(100 << wait)).await;
        }
        Err(StoreError::Digest(format!(
            "The state s3://{} does not have the content that was recorded in the DynamoDB table {:?}: another run may be \
             writing it right now, or one was stopped between the two writes. If no run is active, look at the object's \
             newest version; if it is right, correct or delete the item \"{}-md5\" of the table.",
            self.path(),
            self.config.dynamodb_table.as_deref().unwrap_or_default(),
            self.path()
        )))
    }

    async fn save(&self, content: Content<'_>, base: Option<&Version>) -> Result<Version, StoreError> {
        let mut bytes = Vec::new();
        content(&mut bytes).map_err(|e| StoreError::Failed(format!("The state could not be written: {e}.")))?;
        let record = Recorded::of(&bytes);
        let holder = self.holder.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let put = history::signed(self.put(&self.key, bytes), holder.as_ref());
        let put = match base {
            Some(version) => put.if_match(version.0.to_string()),
            None => put.if_none_match("*"),
        };
        let tag = match put.send().await {
            Ok(stored) => stored.e_tag().unwrap_or_default().into(),
            Err(e) if matches!(e.code(), Some("PreconditionFailed" | "ConditionalRequestConflict" | "NoSuchKey")) => {
                self.written(&record).await.ok_or(StoreError::Conflict)?.0
            }
            Err(e) => return Err(failed(&format!("write the state s3://{}", self.path()), &e)),
        };
        self.record(&record).await?;
        Ok(Version(tag))
    }

    async fn lock(&self, mut info: LockInfo) -> Result<Locked, StoreError> {
        info.path = self.path();
        if self.config.use_lockfile {
            self.lock_object(&info).await?;
        }
        if let Err(error) = self.lock_item(&info).await {
            if self.config.use_lockfile {
                let _ = self.unlock_object(&info.id).await;
            }
            return Err(error);
        }
        if !self.config.use_lockfile && self.config.dynamodb_table.is_none() {
            info.journal.clear();
        }
        Ok(self.held(info))
    }

    async fn renew(&self, info: &LockInfo) -> Result<(), StoreError> {
        let info = LockInfo { path: self.path(), ..info.clone() };
        self.renew_item(&info).await?;
        match self.config.use_lockfile {
            true => self.renew_object(&info).await,
            false => Ok(()),
        }
    }

    async fn holder(&self) -> Result<Option<LockInfo>, StoreError> {
        if let Some(holder) = self.item_info().await? {
            return Ok(Some(holder));
        }
        match self.config.use_lockfile {
            true => Ok(self.lock_object_info().await?.map(|(info, _)| info)),
            false => Ok(None),
        }
    }

    async fn take_over(&self, seen: &LockInfo, mut info: LockInfo) -> Result<Locked, StoreError> {
        info.path = self.path();
        self.take_item(seen, &info).await?;
        if self.config.use_lockfile {
            self.take_object(seen, &info).await?;
        }
        Ok(self.held(info))
    }

    async fn unlock(&self, id: &str) -> Result<(), StoreError> {
        let item = self.unlock_item(id).await;
        if self.config.use_lockfile {
            self.unlock_object(id).await?;
        }
        item
    }

    async fn remove(&self) -> Result<(), StoreError> {
        let delete = self.s3.delete_object().bucket(&self.config.bucket).key(&self.key);
        delete.send().await.map_err(|e| failed(&format!("delete the state s3://{}", self.path()), &e))?;
        self.forget_digest().await
    }

    async fn versions(&self, limit: usize) -> Result<Vec<Past>, StoreError> {
        self.list_versions(limit).await
    }

    async fn load_version(&self, id: &str) -> Result<Kept, StoreError> {
        self.get_version(id).await
    }

    async fn workspaces(&self) -> Result<Vec<String>, StoreError> {
        let prefix = format!("{}/", self.config.workspace_key_prefix);
        let suffix = format!("/{}", self.config.key);
        let mut names = vec!["default".to_string()];
        let mut pages = self.s3.list_objects_v2().bucket(&self.config.bucket).prefix(&prefix).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| failed(&format!("list the workspaces in {}", self.config.bucket), &e))?;
            let keys = page.contents().iter().filter_map(|o| o.key());
            names.extend(keys.filter_map(|k| Some(k.strip_prefix(&prefix)?.strip_suffix(&suffix)?.to_string())));
        }
        names[1..].sort();
        Ok(names)
    }
}
