//! Calls that AWS refuses until something else has settled.

use std::future::Future;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tokio::time::{Instant, sleep};

use crate::Cloud;

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

impl Cloud {
    /// Makes a call as [`Cloud::call`] does, and again while it is refused with an error that `again` takes for
    /// passing, until `timeout` has gone by. Such an error comes from eventual consistency or from an object still in
    /// use: the call had no effect.
    pub async fn insist<T, E, F, Fut>(
        &self,
        operation: &'static str,
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
        loop {
            match self.call(operation, &mut send).await {
                Err(error) if again(&error) && Instant::now() < end => sleep(pause).await,
                answer => return answer,
            }
            pause = pause.mul_f64(1.6).min(LONGEST_PAUSE);
        }
    }
}
