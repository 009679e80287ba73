//! States in files that flags name, in place of the project's own.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use terrane_backend::Local;
use terrane_source::Diagnostic;
use terrane_state::{Content, LockInfo, Locked, Store, StoreError, Stored, Version};

use super::Initialised;
use crate::Context;

/// Which files hold the state, if it is a file on this machine.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct StateFiles {
    /// Read and write the state in this file, where the state is a file on this machine
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Write the state to this file, and leave the one it is read from as it is
    #[arg(long, value_name = "FILE")]
    state_out: Option<PathBuf>,
    /// Keep the state as it was before in this file; with "-" nowhere. Without this it is beside the state, with ".backup" at the end
    #[arg(long, value_name = "FILE")]
    backup: Option<PathBuf>,
}

impl StateFiles {
    /// The store in place of the project's, not encrypted; `None` if nothing else is asked for.
    ///
    /// # Errors
    /// That the project keeps its state elsewhere.
    pub fn store(&self, context: &Context, own: &dyn Store) -> Result<Option<Arc<dyn Store>>, Diagnostic> {
        let given = [("-state", &self.state), ("-state-out", &self.state_out), ("-backup", &self.backup)];
        let Some((flag, _)) = given.into_iter().find(|(_, path)| path.is_some()) else { return Ok(None) };
        if let Some(kind) = Initialised::read(&context.dir).map(|recorded| recorded.kind).filter(|kind| kind != "local")
        {
            let detail =
                format!("The state is kept by the backend {kind:?}; {flag} is for states in files of this machine.");
            return Err(Diagnostic::error("State is not a file", detail).hint("Leave the flag out."));
        }
        let file = |path: PathBuf| self.backed_up(Local::at(path, PathBuf::from("terraform.tfstate.d")));
        let from = file(self.state.clone().unwrap_or_else(|| PathBuf::from(own.place())));
        Ok(Some(match &self.state_out {
            Some(to) => Arc::new(Apart { from, to: file(to.clone()), written: AtomicBool::new(false) }),
            None => Arc::new(from),
        }))
    }

    fn backed_up(&self, local: Local) -> Local {
        match &self.backup {
            None => local,
            Some(path) if path.as_os_str() == "-" => local.without_backup(),
            Some(path) => local.with_backup(path.clone()),
        }
    }
}

/// A state that is read from one file and written to another.
#[derive(Debug)]
struct Apart {
    from: Local,
    to: Local,
    written: AtomicBool,
}

impl Apart {
    fn is_written(&self) -> bool {
        self.written.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Store for Apart {
    fn place(&self) -> String {
        self.to.place()
    }

    async fn load(&self) -> Result<Option<Stored>, StoreError> {
        if self.is_written() { self.to.load().await } else { self.from.load().await }
    }

    async fn save(&self, content: Content<'_>, base: Option<&Version>) -> Result<Version, StoreError> {
        if self.is_written() {
            return self.to.save(content, base).await;
        }
        if self.from.load().await?.map(|stored| stored.version).as_ref() != base {
            return Err(StoreError::Conflict);
        }
        let there = self.to.load().await?.map(|stored| stored.version);
        let version = self.to.save(content, there.as_ref()).await?;
        self.written.store(true, Ordering::Relaxed);
        Ok(version)
    }

    async fn lock(&self, info: LockInfo) -> Result<Locked, StoreError> {
        self.from.lock(info.clone()).await?;
        let locked = self.to.lock(info.clone()).await;
        if locked.is_err() {
            self.from.unlock(&info.id).await?;
        }
        locked
    }

    async fn holder(&self) -> Result<Option<LockInfo>, StoreError> {
        Ok(self.from.holder().await?.or(self.to.holder().await?))
    }

    async fn last_holder(&self, asking: &LockInfo) -> Result<Option<LockInfo>, StoreError> {
        self.to.last_holder(asking).await
    }

    async fn take_over(&self, seen: &LockInfo, info: LockInfo) -> Result<Locked, StoreError> {
        self.to.take_over(seen, info).await
    }

    async fn unlock(&self, id: &str) -> Result<(), StoreError> {
        let (from, to) = (self.from.unlock(id).await, self.to.unlock(id).await);
        from.and(to)
    }

    async fn replace_backup(&self, content: Content<'_>) -> Result<(), StoreError> {
        self.to.replace_backup(content).await
    }

    async fn remove(&self) -> Result<(), StoreError> {
        self.to.remove().await
    }
}
