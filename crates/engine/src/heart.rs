//! Keeps the lock of a state alive, and notices when somebody else took it.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use terrane_state::{Lease, LockInfo, Store, StoreError};
use tokio::task::JoinHandle;

/// How many times a lease is renewed within its length: one or two renewals may fail.
const BEATS: u32 = 4;

/// Renews the lease of a lock until dropped.
pub(crate) struct Heart {
    task: JoinHandle<()>,
    lost: Arc<OnceLock<String>>,
}

impl Heart {
    /// Begins to renew the lease of a lock that was taken just now.
    pub fn start(store: Arc<dyn Store>, info: LockInfo, length: Duration) -> Heart {
        let lost = Arc::new(OnceLock::new());
        let told = lost.clone();
        let task = tokio::spawn(async move {
            if let Some(why) = beat(&*store, info, length).await {
                // It is told once.
                let _ = told.set(why);
            }
        });
        Heart { task, lost }
    }

    /// Why the lock is no longer held, if it was taken away.
    pub fn lost(&self) -> Option<&str> {
        self.lost.get().map(String::as_str)
    }
}

impl Drop for Heart {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The lease that begins now.
pub(crate) fn lease(length: Duration, run: &str) -> Lease {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Lease { expires: (now + length).as_secs(), seconds: length.as_secs(), run: run.to_owned() }
}

/// Renews until that is refused; why it was.
async fn beat(store: &dyn Store, mut info: LockInfo, length: Duration) -> Option<String> {
    let run = info.lease.take().map(|lease| lease.run).unwrap_or_default();
    loop {
        tokio::time::sleep(length / BEATS).await;
        info.lease = Some(lease(length, &run));
        // A network that fails for a while costs a beat, not the lock.
        if let Err(StoreError::NotLocked(why)) = store.renew(&info).await {
            return Some(why);
        }
    }
}
