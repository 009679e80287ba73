//! Earlier states: the versions of the object, in a bucket that keeps them.

use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::types::{DeleteMarkerEntry, ObjectVersion};
use terrane_state::{Kept, LockInfo, Past, StoreError, Writer};

use super::{S3, failed};

/// Metadata of the object that say who wrote it; other programs neither write nor read them.
const WHO: &str = "terrane-who";
const OPERATION: &str = "terrane-operation";

/// Adds to a write who makes it.
pub(super) fn signed(put: PutObjectFluentBuilder, holder: Option<&LockInfo>) -> PutObjectFluentBuilder {
    let Some(holder) = holder else { return put };
    // Metadata are sent as headers.
    let plain = |text: &str| text.chars().map(|c| if (' '..='~').contains(&c) { c } else { '?' }).collect::<String>();
    put.metadata(WHO, plain(&holder.who)).metadata(OPERATION, plain(&holder.operation))
}

impl S3 {
    /// The versions of the state's object, newest first.
    pub(super) async fn list_versions(&self, limit: usize) -> Result<Vec<Past>, StoreError> {
        let mut all = Vec::new();
        let (mut key_marker, mut id_marker) = (None, None);
        loop {
            let page = self
                .s3
                .list_object_versions()
                .bucket(&self.config.bucket)
                .prefix(&self.key)
                .set_key_marker(key_marker.take())
                .set_version_id_marker(id_marker.take())
                .send()
                .await
                .map_err(|e| failed(&format!("list the versions of s3://{}", self.path()), &e))?;
            let own = |key: Option<&str>| key == Some(&*self.key);
            all.extend(page.versions().iter().filter(|v| own(v.key())).filter_map(stored));
            all.extend(page.delete_markers().iter().filter(|m| own(m.key())).filter_map(deleted));
            let beyond = page.next_key_marker().is_none_or(|next| next > &*self.key);
            if beyond || all.len() >= limit || !page.is_truncated().unwrap_or(false) {
                break;
            }
            key_marker = page.next_key_marker().map(str::to_owned);
            id_marker = page.next_version_id_marker().map(str::to_owned);
        }
        // Within a second the service's own order stands.
        all.sort_by_key(|past| (!past.current, -past.stored));
        all.truncate(limit);
        Ok(all)
    }

    /// One version of the state's object.
    pub(super) async fn get_version(&self, id: &str) -> Result<Kept, StoreError> {
        let mut get = self.s3.get_object().bucket(&self.config.bucket).key(&self.key).version_id(id);
        if let Some(key) = &self.config.customer_key {
            get = get
                .sse_customer_algorithm("AES256")
                .sse_customer_key(&key.base64)
                .sse_customer_key_md5(&key.md5_base64);
        }
        let object = match get.send().await {
            Ok(object) => object,
            Err(e)
                if matches!(e.code(), Some("NoSuchVersion" | "NoSuchKey" | "InvalidArgument" | "MethodNotAllowed")) =>
            {
                return Err(self.no_version(id).await);
            }
            Err(e) => return Err(failed(&format!("read the version {id:?} of s3://{}", self.path()), &e)),
        };
        let text = |name: &str| object.metadata().and_then(|all| all.get(name)).cloned();
        let writer = text(WHO).map(|who| Writer { who, operation: text(OPERATION).unwrap_or_default() });
        let bytes = object.body.collect().await.map_err(|e| {
            StoreError::Failed(format!("The version {id:?} of s3://{} could not be read to its end: {e}.", self.path()))
        })?;
        Ok(Kept { bytes: bytes.to_vec(), writer })
    }
}

impl S3 {
    /// Why a version cannot be had.
    async fn no_version(&self, id: &str) -> StoreError {
        let all = self.list_versions(usize::MAX).await.unwrap_or_default();
        StoreError::Failed(match all.iter().any(|past| *past.id == *id && past.deleted) {
            true => format!(
                "The version {id:?} of s3://{} stands for its deletion, so that there is no state in it. Name the one before \
                 it, as \"terrane state history\" lists them.",
                self.path()
            ),
            false => format!(
                "The state s3://{} has no version {id:?}. \"terrane state history\" lists those that there are.",
                self.path()
            ),
        })
    }
}

fn stored(version: &ObjectVersion) -> Option<Past> {
    Some(Past {
        id: version.version_id()?.into(),
        stored: version.last_modified()?.secs(),
        size: u64::try_from(version.size().unwrap_or_default()).unwrap_or_default(),
        current: version.is_latest().unwrap_or(false),
        deleted: false,
    })
}

fn deleted(marker: &DeleteMarkerEntry) -> Option<Past> {
    Some(Past {
        id: marker.version_id()?.into(),
        stored: marker.last_modified()?.secs(),
        size: 0,
        current: marker.is_latest().unwrap_or(false),
        deleted: true,
    })
}
