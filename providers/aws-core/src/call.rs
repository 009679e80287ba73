//! Calls to AWS: retries, pacing, counts.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::sync::Mutex;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::ErrorKind;
use terrane_provider::Spent;
use tokio::time::{Instant, sleep, sleep_until};

use crate::Cloud;

/// Attempts when no connection comes about or a server error carries no code: such faults seldom pass.
const SPEECHLESS_ATTEMPTS: u32 = 8;
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(20);

/// Counts by operation, such as `ec2:DescribeVpcs`, and when throttled operations may go on.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    counts: Mutex<BTreeMap<&'static str, Spent>>,
    /// By operation and region.
    pauses: Mutex<HashMap<(&'static str, Option<String>), Instant>>,
}

/// An operation, such as `ec2:DescribeVpcs`, and the region that is asked, if that may be another than the provider's.
#[derive(Clone, Copy, Debug)]
pub struct Called<'r> {
    name: &'static str,
    region: Option<&'r str>,
}

impl From<&'static str> for Called<'_> {
    fn from(name: &'static str) -> Self {
        Called { name, region: None }
    }
}

impl<'r> From<(&'static str, &'r str)> for Called<'r> {
    fn from((name, region): (&'static str, &'r str)) -> Self {
        Called { name, region: Some(region) }
    }
}

impl Calls {
    fn count(&self, operation: &'static str, f: impl FnOnce(&mut Spent)) {
        let mut all = self.counts.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        f(all.entry(operation).or_default())
    }

    pub(crate) fn counts(&self) -> BTreeMap<&'static str, Spent> {
        self.counts.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    fn paused(&self, called: Called<'_>) -> Option<Instant> {
        let pauses = self.pauses.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if pauses.is_empty() {
            return None;
        }
        let until = pauses.get(&(called.name, called.region.map(str::to_owned))).copied();
        until.filter(|until| *until > Instant::now())
    }

    /// Waits while the operation is paused.
    async fn turn(&self, called: Called<'_>) {
        while let Some(until) = self.paused(called) {
            sleep_until(until).await;
        }
    }

    /// Counts a call that was held back for a time.
    fn sent(&self, operation: &'static str, waited: Duration) {
        self.count(operation, |count| {
            count.calls += 1;
            count.waited += waited;
        });
    }

    fn found(&self, operation: &'static str, objects: usize) {
        self.count(operation, |count| count.objects += objects as u64);
    }

    fn throttled(&self, called: Called<'_>, pause: Duration) {
        self.count(called.name, |count| count.throttles += 1);
        let mut pauses = self.pauses.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let until = Instant::now() + pause / 2;
        let known = pauses.entry((called.name, called.region.map(str::to_owned))).or_insert(until);
        *known = until.max(*known);
    }

    fn retried(&self, operation: &'static str, pause: Duration) {
        self.count(operation, |count| {
            count.retries += 1;
            count.waited += pause;
        });
    }
}

/// Why a call failed, as far as repeating it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Refused for being one too many; it had no effect.
    Throttle,
    /// May pass; the call may have had an effect.
    Transient,
    /// Like `Transient`, but nothing that speaks for AWS has answered.
    Speechless,
    /// Will not pass.
    Lasting,
}

const THROTTLES: [&str; 11] = [
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

const TRANSIENT: [&str; 9] = [
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "InternalServiceError",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "Unavailable",
];

fn fault<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Fault {
    match error {
        SdkError::DispatchFailure(f) if f.is_io() || f.is_timeout() => Fault::Speechless,
        SdkError::DispatchFailure(f) if f.as_other() == Some(ErrorKind::TransientError) => Fault::Speechless,
        SdkError::TimeoutError(_) => Fault::Speechless,
        SdkError::ResponseError(_) => Fault::Speechless,
        SdkError::ServiceError(e) => answered(e.err().code(), e.raw().status().as_u16()),
        _ => Fault::Lasting,
    }
}

/// Whether AWS refused a call for being one too many, so that it had no effect.
pub(crate) fn is_throttled<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    fault(error) == Fault::Throttle
}

fn answered(code: Option<&str>, status: u16) -> Fault {
    match code {
        Some(c) if THROTTLES.contains(&c) => Fault::Throttle,
        Some(c) if TRANSIENT.contains(&c) => Fault::Transient,
        _ if status == 429 => Fault::Throttle,
        _ if matches!(status, 500 | 502..=504) => Fault::Speechless,
        _ => Fault::Lasting,
    }
}

/// Whether a call that may be repeated without harm is worth another attempt.
fn passes(fault: Fault, attempts: u32) -> bool {
    match fault {
        Fault::Throttle | Fault::Transient => true,
        Fault::Speechless => attempts < SPEECHLESS_ATTEMPTS,
        Fault::Lasting => false,
    }
}

/// The pause before attempt `n + 2`: doubling, at most 20 s, shortened at random by up to a half.
fn delay(n: u32) -> Duration {
    let full = FIRST_DELAY.saturating_mul(2u32.saturating_pow(n)).min(LONGEST_DELAY);
    full.mul_f64(0.5 + fastrand::f64() / 2.0)
}

/// Notes an attempt, without what was asked or answered.
fn note<E: ProvideErrorMetadata>(
    operation: &str,
    attempt: u32,
    since: Instant,
    error: Option<&SdkError<E, HttpResponse>>,
    fault: Option<Fault>,
) {
    let milliseconds = since.elapsed().as_millis() as u64;
    let attempt = attempt + 1;
    match error {
        None => tracing::debug!(operation, attempt, milliseconds, "answered"),
        Some(error) => {
            let code = error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or_default();
            tracing::debug!(operation, attempt, milliseconds, code, ?fault, "refused");
        }
    }
}

impl Cloud {
    /// Makes a call that may be repeated without harm, and repeats it on throttling, server errors and lost
    /// connections until it is answered or `max_retries` is spent.
    ///
    /// `operation` is the name it is counted under: `"ec2:DescribeVpcs"`, or `("ec2:DescribeVpcs", region)`.
    pub async fn call<'r, T, E, F, Fut>(
        &self,
        operation: impl Into<Called<'r>>,
        mut send: F,
    ) -> Result<T, SdkError<E, HttpResponse>>
    where
        E: ProvideErrorMetadata,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let called = operation.into();
        let answer = self.attempt(called, &mut send, passes).await?;
        self.calls.found(called.name, 1);
        Ok(answer)
    }

    /// Makes a call that must not take effect twice: repeats it only when it was refused for throttling.
    pub async fn call_once<'r, T, E, F, Fut>(
        &self,
        operation: impl Into<Called<'r>>,
        mut send: F,
    ) -> Result<T, SdkError<E, HttpResponse>>
    where
        E: ProvideErrorMetadata,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let called = operation.into();
        let answer = self.attempt(called, &mut send, |fault, _| fault == Fault::Throttle).await?;
        self.calls.found(called.name, 1);
        Ok(answer)
    }

    async fn attempt<T, E, F, Fut>(
        &self,
        called: Called<'_>,
        send: &mut F,
        again: impl Fn(Fault, u32) -> bool,
    ) -> Result<T, SdkError<E, HttpResponse>>
    where
        E: ProvideErrorMetadata,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        self.ready().map_err(SdkError::construction_failure)?;
        let (operation, paces) = (called.name, self.paces(called.region));
        for n in 0.. {
            let asked = Instant::now();
            self.calls.turn(called).await;
            let place = paces.admit(operation).await;
            self.calls.sent(operation, asked.elapsed());
            let since = Instant::now();
            let answer = send().await;
            let fault = answer.as_ref().err().map(fault);
            note(operation, n, since, answer.as_ref().err(), fault);
            paces.answered(operation, fault == Some(Fault::Throttle));
            drop(place);
            let (error, fault) = match (answer, fault) {
                (Err(error), Some(fault)) => (error, fault),
                (answer, _) => return answer,
            };
            let pause = delay(n);
            if fault == Fault::Throttle {
                self.calls.throttled(called, pause);
            }
            if n >= self.max_retries || !again(fault, n + 1) {
                return Err(error);
            }
            self.calls.retried(operation, pause);
            sleep(pause).await;
        }
        Err(SdkError::construction_failure("more attempts than can be counted"))
    }

    /// Reads all pages: `send` asks for the page behind a token, `take` splits an answer into its items and the next
    /// token.
    pub async fn pages<'r, T, I, E, F, Fut>(
        &self,
        operation: impl Into<Called<'r>>,
        mut send: F,
        mut take: impl FnMut(T) -> (Vec<I>, Option<String>),
    ) -> Result<Vec<I>, SdkError<E, HttpResponse>>
    where
        E: ProvideErrorMetadata,
        F: FnMut(Option<String>) -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let (mut all, mut token) = (Vec::new(), None);
        let called: Called<'r> = operation.into();
        loop {
            let answer = self.attempt(called, &mut || send(token.clone()), passes).await?;
            let (items, next) = take(answer);
            self.calls.found(called.name, items.len());
            all.extend(items);
            match next.filter(|t| !t.is_empty() && Some(t) != token.as_ref()) {
                Some(next) => token = Some(next),
                None => return Ok(all),
            }
        }
    }

    /// What calls took so far, by operation.
    pub fn counts(&self) -> BTreeMap<&'static str, Spent> {
        self.calls.counts()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_statuses_are_told_apart() {
        assert_eq!(answered(Some("RequestLimitExceeded"), 503), Fault::Throttle);
        assert_eq!(answered(Some("SlowDown"), 503), Fault::Throttle);
        assert_eq!(answered(Some("InternalError"), 500), Fault::Transient);
        assert_eq!(answered(None, 500), Fault::Speechless);
        assert_eq!(answered(None, 429), Fault::Throttle);
        assert_eq!(answered(Some("InvalidVpcID.NotFound"), 400), Fault::Lasting);
        assert_eq!(answered(Some("LimitExceeded"), 409), Fault::Lasting);
    }

    #[tokio::test]
    async fn objects_of_another_region_do_not_wait_for_those_of_the_providers() {
        let cloud = crate::testing::cloud("http://127.0.0.1:1", "eu-west-1").await;
        let (here, there) = (cloud.paces(Some("eu-west-1")), cloud.paces(Some("us-east-2")));
        here.answered("ec2:RunInstances", true);
        assert!(
            cloud.paces(None).limit("ec2:RunInstances").is_some(),
            "the provider's region is the one of calls that name none"
        );
        assert!(there.limit("ec2:RunInstances").is_none());
        cloud.calls.throttled(("ec2:RunInstances", "eu-west-1").into(), Duration::from_secs(60));
        assert!(cloud.calls.paused(("ec2:RunInstances", "eu-west-1").into()).is_some());
        assert!(cloud.calls.paused(("ec2:RunInstances", "us-east-2").into()).is_none());
    }

    #[test]
    fn delays_double_up_to_a_limit() {
        for n in 0..64 {
            let full = FIRST_DELAY.as_secs_f64() * 2f64.powi(n as i32);
            let got = delay(n).as_secs_f64();
            assert!(got <= full.min(20.0) && got >= full.min(20.0) / 2.0, "delay({n}) = {got}");
        }
    }
}
