//! How fast a service of an account is asked: as fast as it likes to be.
//!
//! Where AWS documents how many requests of an operation it takes, as many are made and not more; the operations of EC2 have
//! paces of their own. Otherwise a service that has never asked to slow down is not limited. From then on there is a token
//! bucket, whose rate falls when the service asks again and grows when it is calm: quickly back to where it was, slowly
//! beyond (a cubic curve, as in the adaptive retries of AWS's SDKs), until nothing is left of the limit. How many calls are
//! under way at once is limited besides where a service is known to bear little.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::quota::{self, Quota};
use crate::window::{self, Window};

/// The part of the rate that is left when a service asks to slow down.
const BACK: f64 = 0.7;
/// How fast the rate grows, in calls a second for each cubed second.
const GROWTH: f64 = 0.4;
/// The lowest rate, in calls a second.
const LEAST: f64 = 0.5;
/// Calls that may be made at once after a pause.
const BURST: f64 = 2.0;
/// How far the rate has to outgrow what the service could not bear for the limit to end.
const FREE: f64 = 4.0;
/// The part of a documented bucket that is used at once: requests do not arrive as evenly as they are sent.
const WHOLE: f64 = 0.9;
/// Refusals this close together are one: those calls were on their way already.
pub(crate) const TOGETHER: Duration = Duration::from_millis(500);

/// Whose calls are counted together: account or credentials, region, endpoint.
pub(crate) type Place = (String, String, String);

/// The paces in one place, by what is limited together; all providers that work there share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Paces {
    by: Arc<Mutex<HashMap<&'static str, Pace>>>,
    windows: Arc<Mutex<HashMap<&'static str, Arc<Window>>>>,
}

impl Paces {
    /// Those of a place.
    pub fn of(place: Place) -> Paces {
        static ALL: OnceLock<Mutex<HashMap<Place, Paces>>> = OnceLock::new();
        let mut all = ALL.get_or_init(Mutex::default).lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        all.entry(place).or_default().clone()
    }

    /// Waits for the turn of a call; returns the place it holds until it is answered, where there are only so many.
    pub async fn admit(&self, operation: &'static str) -> Option<window::Place> {
        let place = match self.window(operation) {
            Some(window) => Some(window.enter().await),
            None => None,
        };
        let wait = self.with(operation, |pace| pace.admit(Instant::now()));
        if !wait.is_zero() {
            sleep(wait).await;
        }
        place
    }

    /// Takes note of how a call was answered.
    pub fn answered(&self, operation: &'static str, throttled: bool) {
        if let Some(window) = self.window(operation) {
            window.answered(throttled, Instant::now());
        }
        self.with(operation, |pace| match throttled {
            true => pace.refused(Instant::now()),
            false => pace.calm(Instant::now()),
        });
    }

    /// The present limit of an operation in calls a second, if it or its service asked to slow down.
    #[cfg(test)]
    pub fn limit(&self, operation: &'static str) -> Option<f64> {
        self.with(operation, |pace| pace.limit.as_ref().map(|limit| limit.rate))
    }

    /// The places for calls of the service of an operation, if there are only so many.
    fn window(&self, operation: &'static str) -> Option<Arc<Window>> {
        let service = service(operation);
        let (first, most) = quota::at_once(service)?;
        let mut windows = self.windows.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        Some(windows.entry(service).or_insert_with(|| Arc::new(Window::new(first, most))).clone())
    }

    fn with<T>(&self, operation: &'static str, f: impl FnOnce(&mut Pace) -> T) -> T {
        let quota = quota::of(operation);
        let together = if quota.is_some() { operation } else { service(operation) };
        let mut paces = self.by.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        f(paces.entry(together).or_insert_with(|| Pace::of(quota)))
    }
}

/// The service of an operation: `iam` of `iam:GetRole`.
fn service(operation: &'static str) -> &'static str {
    operation.split_once(':').map_or(operation, |(service, _)| service)
}

/// The pace of a service, or of one of its operations.
#[derive(Debug, Default)]
struct Pace {
    documented: Option<Bucket>,
    /// When counting the answers that were no refusals began, and how many there were since.
    window: Option<(Instant, u32)>,
    /// Such answers a second, measured.
    measured: f64,
    limit: Option<Limit>,
}

#[derive(Debug)]
struct Limit {
    /// Calls a second.
    rate: f64,
    /// What the service could not bear when it last asked to slow down, and when that was.
    peak: f64,
    since: Instant,
    /// Calls that may be made now; below zero if some are waiting.
    tokens: f64,
    filled: Instant,
}

/// A documented bucket, and what should be left in it.
#[derive(Debug)]
struct Bucket {
    quota: Quota,
    /// When something was taken from it, and what was left then; below zero if calls are waiting.
    left: Option<(Instant, f64)>,
}

impl Bucket {
    /// Takes a request out; returns how long to wait for it.
    fn take(&mut self, now: Instant) -> Duration {
        let Quota { holds, refill } = self.quota;
        let most = (holds * WHOLE).max(1.0).floor();
        let left = self.left.map_or(most, |(then, left)| left + now.duration_since(then).as_secs_f64() * refill);
        let left = left.min(most) - 1.0;
        self.left = Some((now, left));
        Duration::from_secs_f64((-left / refill).max(0.0))
    }

    /// Someone else has taken the rest.
    fn drain(&mut self, now: Instant) {
        let left =
            self.left.map_or(0.0, |(then, left)| left + now.duration_since(then).as_secs_f64() * self.quota.refill);
        self.left = Some((now, left.min(0.0)));
    }
}

impl Pace {
    fn of(quota: Option<Quota>) -> Pace {
        Pace { documented: quota.map(|quota| Bucket { quota, left: None }), ..Pace::default() }
    }

    /// Takes a turn; returns how long to wait for it.
    fn admit(&mut self, now: Instant) -> Duration {
        let documented = self.documented.as_mut().map_or(Duration::ZERO, |bucket| bucket.take(now));
        self.limit.as_mut().map_or(Duration::ZERO, |limit| limit.take(now)).max(documented)
    }

    fn count(&mut self, now: Instant) {
        let (begun, calls) = self.window.get_or_insert((now, 0));
        let elapsed = now.duration_since(*begun);
        *calls += 1;
        if elapsed >= Duration::from_secs(1) {
            self.measured = f64::from(*calls) / elapsed.as_secs_f64();
            self.window = Some((now, 0));
        } else {
            self.measured = self.measured.max(f64::from(*calls));
        }
    }

    fn refused(&mut self, now: Instant) {
        if let Some(bucket) = &mut self.documented {
            bucket.drain(now);
        }
        if self.limit.as_ref().is_some_and(|limit| now.duration_since(limit.since) < TOGETHER) {
            return;
        }
        let peak = self.measured.max(LEAST);
        let rate = (peak * BACK).max(LEAST);
        let tokens = self.limit.as_mut().map_or(0.0, |limit| {
            limit.fill(now);
            limit.tokens
        });
        self.limit = Some(Limit { rate, peak, since: now, tokens, filled: now });
    }

    fn calm(&mut self, now: Instant) {
        self.count(now);
        let Some(limit) = &mut self.limit else { return };
        limit.grow(now);
        if limit.rate > FREE * limit.peak.max(1.0) {
            self.limit = None;
        }
    }
}

impl Limit {
    fn take(&mut self, now: Instant) -> Duration {
        self.fill(now);
        self.tokens -= 1.0;
        Duration::from_secs_f64((-self.tokens / self.rate).max(0.0))
    }

    fn fill(&mut self, now: Instant) {
        let elapsed = now.duration_since(self.filled).as_secs_f64();
        self.tokens = (self.tokens + elapsed * self.rate).min(BURST);
        self.filled = now;
    }

    fn grow(&mut self, now: Instant) {
        self.fill(now);
        // When the rate is again what it was.
        let back = (self.peak * (1.0 - BACK) / GROWTH).cbrt();
        let elapsed = now.duration_since(self.since).as_secs_f64();
        self.rate = (GROWTH * (elapsed - back).powi(3) + self.peak).max(self.rate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(start: Instant, seconds: f64) -> Instant {
        start + Duration::from_secs_f64(seconds)
    }

    /// A service that bears `bears` calls a second, asked as fast as the pace allows for some seconds.
    /// Returns calls and refusals in each second.
    fn asked(pace: &mut Pace, bears: u32, from: Instant, seconds: u32) -> Vec<(u32, u32)> {
        let mut counts = vec![(0, 0); seconds as usize];
        let mut now = from;
        let end = after(from, f64::from(seconds));
        let mut second = (0, 0);
        while now < end {
            let wait = pace.admit(now);
            now += wait.max(Duration::from_millis(2));
            let at = now.duration_since(from).as_secs();
            if at != second.0 {
                second = (at, 0);
            }
            second.1 += 1;
            let refused = second.1 > bears;
            if refused {
                pace.refused(now)
            } else {
                pace.calm(now)
            }
            if let Some(count) = counts.get_mut(at as usize) {
                count.0 += 1;
                count.1 += u32::from(refused);
            }
        }
        counts
    }

    #[test]
    fn a_service_that_never_asks_is_not_limited() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        let counts = asked(&mut pace, 10_000, start, 3);
        assert!(pace.limit.is_none());
        assert!(counts.iter().all(|(calls, refused)| *calls > 400 && *refused == 0), "{counts:?}");
    }

    #[test]
    fn the_rate_settles_near_what_the_service_bears() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        let counts = asked(&mut pace, 20, start, 60);
        let late = &counts[20..];
        let (calls, refused) = late.iter().fold((0, 0), |(c, r), (calls, refused)| (c + calls, r + refused));
        let mean = f64::from(calls - refused) / late.len() as f64;
        assert!(mean > 10.0, "the service is used: {mean} of 20 a second, {counts:?}");
        assert!(f64::from(refused) < 0.25 * f64::from(calls), "{refused} of {calls} were refused: {counts:?}");
    }

    #[test]
    fn a_limit_ends_when_the_service_is_calm() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        asked(&mut pace, 5, start, 10);
        assert!(pace.limit.is_some());
        asked(&mut pace, 10_000, after(start, 10.0), 30);
        assert!(pace.limit.is_none());
    }

    #[test]
    fn refusals_of_calls_on_their_way_count_once() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        (0..100).for_each(|_| pace.calm(start));
        (0..50).for_each(|_| pace.refused(start));
        let rate = pace.limit.as_ref().map(|limit| limit.rate).unwrap_or_default();
        assert!((rate - 70.0).abs() < 1.0, "{rate}");
    }

    #[test]
    fn waits_do_not_add_up_while_a_service_refuses() {
        let (mut pace, mut now) = (Pace::default(), Instant::now());
        pace.refused(now);
        for _ in 0..8 {
            let wait = pace.admit(now);
            assert!(wait <= Duration::from_secs_f64(1.01 / LEAST), "{wait:?}");
            now = after(now, wait.as_secs_f64().max(1.0));
            pace.refused(now);
        }
    }

    #[test]
    fn a_documented_bucket_is_used_up_and_not_more() {
        let (mut pace, start) = (Pace::of(quota::of("ec2:CreateSubnet")), Instant::now());
        let waits: Vec<f64> = (0..100).map(|_| pace.admit(start).as_secs_f64()).collect();
        assert!(waits[..45].iter().all(|wait| *wait == 0.0), "{waits:?}");
        assert!((waits[99] - 11.0).abs() < 0.01, "55 more at 5 a second: {}", waits[99]);
        let mut small = Pace::of(quota::of("ec2:CreateVpcEndpoint"));
        assert_eq!((0..4).filter(|_| small.admit(start).is_zero()).count(), 3);
    }

    #[test]
    fn a_bucket_that_someone_else_has_emptied_is_empty() {
        let (mut pace, start) = (Pace::of(quota::of("ec2:CreateSubnet")), Instant::now());
        assert!(pace.admit(start).is_zero());
        pace.refused(start);
        assert!((0..3).map(|_| pace.admit(start)).max() >= Some(Duration::from_millis(600)));
        assert!(pace.admit(after(start, 60.0)).is_zero());
    }

    #[test]
    fn places_have_paces_of_their_own() {
        let place = |name: &str| Paces::of((name.into(), "r".into(), String::new()));
        place("pace-a").answered("iam:GetRole", true);
        assert!(place("pace-a").limit("iam:ListRoles").is_some());
        assert!(place("pace-a").limit("ec2:DescribeVpcs").is_none());
        assert!(place("pace-b").limit("iam:ListRoles").is_none());
    }
}
