//! Calls that AWS refuses until something else has settled.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::DateTime;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tokio::time::{Instant, sleep};

use crate::call::is_throttled;
use crate::problem::{is_code, status};
use crate::{Called, Cloud};

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

impl Cloud {
    /// Makes a call as [`Cloud::call`] does, and again while it is refused with an error that `again` takes for
    /// passing, until `timeout` has gone by. Such an error comes from eventual consistency or from an object still in
    /// use: the call had no effect.
    pub async fn insist<'r, T, E, F, Fut>(
        &self,
        operation: impl Into<Called<'r>>,
        timeout: Duration,
        again: impl Fn(&SdkError<E, HttpResponse>) -> bool,
        mut send: F,
    ) -> Result<T, SdkError<E, HttpResponse>>
    where
        E: ProvideErrorMetadata,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let (end, mut pause) = (Instant::now() + timeout, FIRST_PAUSE);
        let called: Called<'r> = operation.into();
        loop {
            match self.call(called, &mut send).await {
                Err(error) if again(&error) && Instant::now() < end => sleep(pause).await,
                answer => return answer,
            }
            pause = pause.mul_f64(1.6).min(LONGEST_PAUSE);
        }
    }
}

impl Cloud {
    /// Makes a create of an object that is known by a name of our choice, as [`Cloud::insist`] does.
    ///
    /// When the answer to an attempt was lost and the next one is refused with one of the codes `exists`, the first may
    /// have made the object: this returns `None`, and [`made_since`] tells that object from one made long before. A run
    /// that was killed counts as an attempt whose answer was lost.
    pub async fn create_named<'r, T, E, F, Fut>(
        &self,
        operation: impl Into<Called<'r>>,
        timeout: Duration,
        again: impl Fn(&SdkError<E, HttpResponse>) -> bool,
        exists: &[&str],
        mut send: F,
    ) -> Result<Option<T>, SdkError<E, HttpResponse>>
    where
        E: ProvideErrorMetadata,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let lost = AtomicBool::new(self.is_resuming());
        let answer = self.insist(operation, timeout, again, || {
            let (attempt, lost) = (send(), &lost);
            async move {
                let answer = attempt.await;
                lost.fetch_or(answer.as_ref().err().is_some_and(|e| !refused(e)), Ordering::Relaxed);
                answer
            }
        });
        match answer.await {
            Ok(made) => Ok(Some(made)),
            Err(error) if lost.load(Ordering::Relaxed) && is_code(&error, exists) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Whether a call that failed may have had an effect all the same: no answer came, or one that tells nothing.
pub fn uncertain<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    !refused(error)
}

/// Whether a call certainly had no effect: AWS answered, and found the fault with the request, or too many of them.
fn refused<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    match error {
        error if is_throttled(error) => true,
        SdkError::ServiceError(_) => status(error).is_some_and(|s| (300..500).contains(&s)),
        other => matches!(other, SdkError::ConstructionFailure(_)),
    }
}

/// Whether an object was made after `start`, a time of this machine. Its clock and that of AWS differ by five minutes
/// at most: AWS refuses requests that are further off.
pub fn made_since(start: SystemTime, made: &DateTime) -> bool {
    const SKEW: Duration = Duration::from_secs(300);
    SystemTime::try_from(*made).is_ok_and(|made| made + SKEW >= start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_objects_of_the_last_minutes_were_made_since() {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(10_000);
        assert!(made_since(start, &DateTime::from_secs(10_001)));
        assert!(made_since(start, &DateTime::from_secs(9_800)));
        assert!(!made_since(start, &DateTime::from_secs(9_600)));
    }
}
