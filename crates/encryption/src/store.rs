//! A store whose states are encrypted.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use terrane_state::{Content, Kept, LockInfo, Locked, Past, Store, StoreError, Stored, Version};

use crate::envelope::Head;
use crate::{Failure, Target};

/// Encrypts what another store keeps. Versions and digests are those of the stored bytes.
pub struct Encrypted {
    inner: Arc<dyn Store>,
    target: Arc<Target>,
    /// The state that was read without encryption, until it is written.
    plain: Mutex<Option<Vec<u8>>>,
}

impl Encrypted {
    /// Puts encryption over a store.
    pub fn over(inner: Arc<dyn Store>, target: Arc<Target>) -> Encrypted {
        Encrypted { inner, target, plain: Mutex::new(None) }
    }

    fn failed(&self, failure: &Failure) -> StoreError {
        StoreError::Failed(format!("{failure} It is in {}.", self.inner.place()))
    }

    async fn opened(&self, stored: Stored) -> Result<Stored, StoreError> {
        let opened = self.target.open(stored.bytes).await.map_err(|e| self.failed(&e))?;
        if opened.outdated && !opened.sealed {
            *self.plain.lock().unwrap_or_else(PoisonError::into_inner) = Some(opened.bytes.clone());
        }
        Ok(Stored { bytes: opened.bytes, outdated: opened.outdated, version: stored.version })
    }
}

fn written(content: Content<'_>) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::new();
    content(&mut bytes)
        .map_err(|e: io::Error| StoreError::Failed(format!("The state cannot be put into memory: {e}.")))?;
    Ok(bytes)
}

#[async_trait]
impl Store for Encrypted {
    fn place(&self) -> String {
        self.inner.place()
    }

    async fn load(&self) -> Result<Option<Stored>, StoreError> {
        match self.inner.load().await? {
            Some(stored) => self.opened(stored).await.map(Some),
            None => Ok(None),
        }
    }

    async fn save(&self, content: Content<'_>, base: Option<&Version>) -> Result<Version, StoreError> {
        let sealed = self.sealed(written(content)?).await?;
        let version = self.inner.save(&|out| out.write_all(&sealed), base).await?;
        let plain = self.plain.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(before) = plain {
            let sealed = self.sealed(before).await?;
            self.inner.replace_backup(&|out| out.write_all(&sealed)).await?;
        }
        Ok(version)
    }

    async fn prepare(&self) -> Result<(), StoreError> {
        self.target.prepare().await.map_err(|e| self.failed(&e))?;
        self.inner.prepare().await
    }

    async fn sealed(&self, state: Vec<u8>) -> Result<Vec<u8>, StoreError> {
        let head = terrane_state::head(&state).map(|(lineage, serial)| Head { serial, lineage });
        self.target.seal(state, head).await.map_err(|e| self.failed(&e))
    }

    fn seals(&self) -> bool {
        self.target.seals()
    }

    async fn unsealed(&self, bytes: Vec<u8>) -> Result<Vec<u8>, StoreError> {
        self.target.open(bytes).await.map(|opened| opened.bytes).map_err(|e| self.failed(&e))
    }

    async fn replace_backup(&self, content: Content<'_>) -> Result<(), StoreError> {
        self.inner.replace_backup(content).await
    }

    async fn lock(&self, info: LockInfo) -> Result<Locked, StoreError> {
        self.inner.lock(info).await
    }

    async fn renew(&self, info: &LockInfo) -> Result<(), StoreError> {
        self.inner.renew(info).await
    }

    async fn holder(&self) -> Result<Option<LockInfo>, StoreError> {
        self.inner.holder().await
    }

    async fn last_holder(&self, asking: &LockInfo) -> Result<Option<LockInfo>, StoreError> {
        self.inner.last_holder(asking).await
    }

    async fn take_over(&self, seen: &LockInfo, info: LockInfo) -> Result<Locked, StoreError> {
        self.inner.take_over(seen, info).await
    }

    async fn unlock(&self, id: &str) -> Result<(), StoreError> {
        self.inner.unlock(id).await
    }

    async fn remove(&self) -> Result<(), StoreError> {
        self.inner.remove().await
    }

    async fn versions(&self, limit: usize) -> Result<Vec<Past>, StoreError> {
        self.inner.versions(limit).await
    }

    async fn load_version(&self, id: &str) -> Result<Kept, StoreError> {
        let kept = self.inner.load_version(id).await?;
        Ok(Kept { bytes: self.unsealed(kept.bytes).await?, ..kept })
    }

    async fn workspaces(&self) -> Result<Vec<String>, StoreError> {
        self.inner.workspaces().await
    }
}
