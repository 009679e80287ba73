//! Keeps ephemeral objects valid while they are open.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use terrane_provider::{Configured, Lease, Opened, Problem};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How long closing may take.
const CLOSE_WITHIN: Duration = Duration::from_secs(10);

/// How soon a renewal may follow another: a provider that asks for the past must not keep us busy.
const LEAST_WAIT: Duration = Duration::from_secs(1);

/// Renews an ephemeral object whenever its provider asks for it, until it is closed.
pub(crate) struct Keeper {
    close: oneshot::Sender<()>,
    task: JoinHandle<Vec<Problem>>,
}

impl Keeper {
    /// Begins to keep what has been opened.
    pub fn new(provider: Arc<dyn Configured>, ty: Arc<str>, opened: &Opened) -> Keeper {
        let (close, closing) = oneshot::channel();
        let lease = Lease { ty, private: opened.private.clone() };
        Keeper { close, task: tokio::spawn(keep(provider, lease, opened.renew_at, closing)) }
    }

    /// Closes the object; what went wrong with that and with renewing it.
    pub async fn close(self) -> Vec<Problem> {
        let _ = self.close.send(());
        match tokio::time::timeout(CLOSE_WITHIN, self.task).await {
            Ok(Ok(problems)) => problems,
            Ok(Err(_)) => vec![Problem::error(
                "Provider crashed",
                "The provider crashed while it closed an ephemeral object. This is a bug; please report it.",
            )],
            Err(_) => vec![Problem::error(
                "Closing an ephemeral object took too long",
                format!("It was given up after {}s; the object may still be open.", CLOSE_WITHIN.as_secs()),
            )],
        }
    }
}

async fn keep(
    provider: Arc<dyn Configured>,
    mut lease: Lease,
    mut renew_at: Option<SystemTime>,
    mut closing: oneshot::Receiver<()>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut least = Duration::ZERO;
    while let Some(at) = renew_at {
        let wait = at.duration_since(SystemTime::now()).unwrap_or_default().max(least);
        tokio::select! {
            _ = &mut closing => break,
            () = tokio::time::sleep(wait) => {}
        }
        least = LEAST_WAIT;
        match provider.renew(lease.clone()).await {
            Ok(renewed) => {
                lease.private = renewed.private;
                renew_at = renewed.renew_at;
                problems.extend(renewed.problems);
            }
            Err(found) => {
                problems.extend(found);
                renew_at = None;
            }
        }
    }
    if renew_at.is_none() {
        let _ = closing.await;
    }
    problems.extend(provider.close(lease).await);
    problems
}
