//! Where state is kept.

use std::io::{self, Write};
use std::sync::Arc;

use async_trait::async_trait;

/// What is to be stored: writes it, each time it is called, into what it is given.
pub type Content<'a> = &'a (dyn Fn(&mut dyn Write) -> io::Result<()> + Sync);

/// Names the stored bytes a run began from, so that a later write can insist on them: an ETag, or what a file system
/// says of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version(pub Arc<str>);

/// Stored bytes and their version.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The state file.
    pub bytes: Vec<u8>,
    /// What a conditional write has to name.
    pub version: Version,
    /// Whether they would be stored in another form now, so that the next write is due even if nothing else changes.
    pub outdated: bool,
}

/// Who holds a lock, in the fields that Terraform writes.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct LockInfo {
    /// Names the lock; unlocking must name it again.
    #[serde(rename = "ID")]
    pub id: String,
    /// What is being done: `OperationTypeApply`.
    pub operation: String,
    /// Free text.
    pub info: String,
    /// `user@host`.
    pub who: String,
    /// Version of the program.
    pub version: String,
    /// RFC 3339 time of locking, UTC.
    pub created: String,
    /// What is locked: the path or `bucket/key`.
    pub path: String,
    /// How long the lock is good for; other programs neither write nor read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
    /// Keys of journals: the holder's, then those of holders before it that were killed; other programs neither write
    /// nor read them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub journal: Vec<JournalKey>,
}

/// Opens the journal of a run, and nothing else: a key, in base64. Whoever may look at the lock may know it; it is never
/// shown.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct JournalKey(pub String);

impl std::fmt::Debug for JournalKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JournalKey(hidden)")
    }
}

/// How long a lock is good for unless its holder renews it.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Lease {
    /// When it ends, in seconds since 1970 by the holder's clock.
    pub expires: u64,
    /// How long each renewal is good for, in seconds.
    pub seconds: u64,
    /// The address of the run's page, if it runs in CI.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub run: String,
}

/// Proof of holding a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked {
    /// What was written into the lock, where others find it. A store that locks nothing carries no keys of journals.
    pub info: LockInfo,
}

/// A state that was stored at some time and is still kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// What names it in its store: a version of an object, a file.
    pub id: Arc<str>,
    /// When it was stored, in seconds since 1970.
    pub stored: i64,
    /// Its length in bytes.
    pub size: u64,
    /// Whether it is the state in use.
    pub current: bool,
    /// Whether it stands for the deletion of the state, so that there is nothing to load.
    pub deleted: bool,
}

/// The content of a state that was stored at some time.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The state file.
    pub bytes: Vec<u8>,
    /// Who stored it, if that is known.
    pub writer: Option<Writer>,
}

/// Who stored a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writer {
    /// `user@host`.
    pub who: String,
    /// What was being done, as in the lock.
    pub operation: String,
}

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Someone else holds the lock; their info, if it could be read.
    #[error("the state is locked by another run")]
    Held(Option<Box<LockInfo>>),
    /// The stored state is no longer the version that the write was based on.
    #[error("the stored state has changed since it was read")]
    Conflict,
    /// The stored state does not match its recorded digest.
    #[error("{0}")]
    Digest(String),
    /// The lock that was to be removed is not there, or has another id.
    #[error("{0}")]
    NotLocked(String),
    /// Anything else, in full sentences that name the place.
    #[error("{0}")]
    Failed(String),
}

/// A place that keeps the state of one workspace and lets one run at a time change it.
#[async_trait]
pub trait Store: Send + Sync {
    /// Where the state is, for people: a path or `s3://bucket/key`.
    fn place(&self) -> String;

    /// Reads the state; `None` if there is none yet.
    async fn load(&self) -> Result<Option<Stored>, StoreError>;

    /// Writes the state if what is stored is still `base` (`None`: nothing), and returns the new version.
    async fn save(&self, content: Content<'_>, base: Option<&Version>) -> Result<Version, StoreError>;

    /// Makes sure that what a save to come needs, such as a key, is at hand before anything is done that must be saved.
    async fn prepare(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// A state file as this store would store it, for keeping it elsewhere: encrypted, if states are encrypted.
    async fn sealed(&self, state: Vec<u8>) -> Result<Vec<u8>, StoreError> {
        Ok(state)
    }

    /// Whether what is [`Store::sealed`] can only be read with a key.
    fn seals(&self) -> bool {
        false
    }

    /// The state file in bytes that were stored, by this store or as [`Store::sealed`] gave them.
    async fn unsealed(&self, bytes: Vec<u8>) -> Result<Vec<u8>, StoreError> {
        Ok(bytes)
    }

    /// Puts this in the place of the copy that the last save has kept of what was there before; for stores that keep one.
    async fn replace_backup(&self, content: Content<'_>) -> Result<(), StoreError> {
        let _ = content;
        Ok(())
    }

    /// Takes the lock at once, or says who holds it. Fills in the `path` of the info.
    async fn lock(&self, info: LockInfo) -> Result<Locked, StoreError>;

    /// Writes the info of a held lock anew, which is how its lease is renewed. [`StoreError::NotLocked`] if the lock is
    /// no longer the one with this id. Locks that end with their process need no renewal.
    async fn renew(&self, info: &LockInfo) -> Result<(), StoreError> {
        let _ = info;
        Ok(())
    }

    /// Who holds the lock now.
    async fn holder(&self) -> Result<Option<LockInfo>, StoreError>;

    /// What the lock says that is held, or that a holder who was killed has left behind. Where only those who want a lock
    /// are told who has it, `asking` wants it for a moment.
    async fn last_holder(&self, asking: &LockInfo) -> Result<Option<LockInfo>, StoreError> {
        let _ = asking;
        self.holder().await
    }

    /// Takes the lock in the place of a holder who is known to be gone, if it still is exactly as it was `seen`: nobody
    /// can get it in between.
    async fn take_over(&self, seen: &LockInfo, info: LockInfo) -> Result<Locked, StoreError>;

    /// Gives the lock with this id back.
    async fn unlock(&self, id: &str) -> Result<(), StoreError>;

    /// Removes the state of this workspace for good. What is not there is no error.
    async fn remove(&self) -> Result<(), StoreError>;

    /// The states that are still kept, newest first, at most so many. The one in use is among them.
    async fn versions(&self, limit: usize) -> Result<Vec<Past>, StoreError> {
        let _ = limit;
        Err(StoreError::Failed(format!(
            "The state {} has no history: this kind of backend keeps the newest state alone.",
            self.place()
        )))
    }

    /// Reads one of [`Store::versions`] by its id.
    async fn load_version(&self, id: &str) -> Result<Kept, StoreError> {
        let _ = id;
        self.versions(0).await.map(|_| Kept { bytes: Vec::new(), writer: None })
    }

    /// Names of the workspaces that have a state here, `default` first. Stores without workspaces keep the default.
    async fn workspaces(&self) -> Result<Vec<String>, StoreError> {
        Ok(vec!["default".into()])
    }
}
