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
    /// Whose bug a crash is.
    blame: String,
}

impl Keeper {
    /// Begins to keep what has been opened. `blame` says whose bug a crash is.
    pub fn new(provider: Arc<dyn Configured>, ty: Arc<str>, opened: &Opened, blame: String) -> Keeper {
        let (close, closing) = oneshot::channel();
        let lease = Lease { ty, private: opened.private.clone() };
        Keeper { close, task: tokio::spawn(keep(provider, lease, opened.renew_at, closing)), blame }
    }

    /// Closes the object; what went wrong with that and with renewing it.
    pub async fn close(self) -> Vec<Problem> {
        let _ = self.close.send(());
        match tokio::time::timeout(CLOSE_WITHIN, self.task).await {
            Ok(Ok(problems)) => problems,
            Ok(Err(_)) => vec![Problem::error(
                "Provider crashed",
                format!("The provider crashed while it closed an ephemeral object. {}", self.blame),
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Mutex;

    use async_trait::async_trait;
    use terrane_provider::{
        ApplyRequest, ApplyResponse, DataOutcome, DataRequest, ImportRequest, Object, PlanRequest, PlanResponse,
        ReadOutcome, ReadRequest, Renewed,
    };
    use terrane_value::Value;

    use super::*;

    /// Writes down what it is asked.
    #[derive(Default)]
    struct Diary(Mutex<Vec<String>>);

    impl Diary {
        fn note(&self, what: &str, lease: &Lease) {
            self.0.lock().unwrap().push(format!("{what} {}", String::from_utf8_lossy(&lease.private)));
        }
    }

    #[async_trait]
    impl Configured for Diary {
        async fn renew(&self, lease: Lease) -> Result<Renewed, Vec<Problem>> {
            self.note("renew", &lease);
            match &*lease.private {
                b"first" => Ok(Renewed { private: Arc::from(*b"second"), renew_at: None, problems: Vec::new() }),
                _ => Err(vec![Problem::error("Not renewed", "It is over.")]),
            }
        }

        async fn close(&self, lease: Lease) -> Vec<Problem> {
            self.note("close", &lease);
            Vec::new()
        }

        async fn read(&self, _: Vec<ReadRequest>) -> Vec<ReadOutcome> {
            Vec::new()
        }

        async fn plan(&self, _: PlanRequest) -> PlanResponse {
            PlanResponse::default()
        }

        async fn apply(&self, _: ApplyRequest) -> ApplyResponse {
            ApplyResponse::default()
        }

        async fn import(&self, _: ImportRequest) -> Result<Object, Vec<Problem>> {
            Err(Vec::new())
        }

        async fn read_data(&self, _: DataRequest) -> DataOutcome {
            Err(Vec::new())
        }
    }

    async fn kept(private: &str, renew_at: Option<SystemTime>) -> (Vec<String>, Vec<Problem>) {
        let diary = Arc::new(Diary::default());
        let private = Arc::from(private.as_bytes());
        let opened = Opened { value: Value::from("secret"), private, renew_at, problems: Vec::new() };
        assert!(!format!("{opened:?}").contains("secret"));
        let keeper = Keeper::new(diary.clone(), "key".into(), &opened, String::new());
        tokio::time::sleep(Duration::from_millis(50)).await;
        let problems = keeper.close().await;
        let said = diary.0.lock().unwrap().clone();
        (said, problems)
    }

    #[tokio::test]
    async fn what_is_renewed_is_closed_under_its_new_name() {
        let soon = SystemTime::now() + Duration::from_millis(5);
        assert_eq!(kept("first", Some(soon)).await, (vec!["renew first".into(), "close second".into()], vec![]));
    }

    #[tokio::test]
    async fn what_need_not_be_renewed_is_only_closed() {
        let later = SystemTime::now() + Duration::from_secs(3600);
        assert_eq!(kept("only", None).await.0, ["close only"]);
        assert_eq!(kept("only", Some(later)).await.0, ["close only"]);
    }

    #[tokio::test]
    async fn a_failed_renewal_is_told_at_the_end() {
        let (said, problems) = kept("old", Some(SystemTime::now())).await;
        assert_eq!(said, ["renew old", "close old"]);
        assert_eq!(problems[0].summary, "Not renewed");
    }
}
