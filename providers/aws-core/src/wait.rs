//! Waiting for AWS to get somewhere.

use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

use terrane_provider::Problem;
use terrane_provider::sdk::Args;
use terrane_value::{Value, duration_text, parse_duration};
use tokio::time::{Instant, sleep};

use crate::Cloud;

const FIRST_POLL: Duration = Duration::from_millis(50);
const LONGEST_POLL: Duration = Duration::from_secs(5);

/// How the summary of the problem begins when a wait comes to its end.
pub const TIMED_OUT: &str = "Timed out waiting for";

/// What a poll found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Poll<T> {
    /// It has happened.
    Done(T),
    /// Not yet; the text is the state AWS reports, for the message when time runs out.
    Pending(String),
}

impl<T> Poll<T> {
    /// Not yet, in this state.
    pub fn pending(state: impl Into<String>) -> Poll<T> {
        Poll::Pending(state.into())
    }
}

impl Cloud {
    /// Polls until it is done, fails, or `timeout` has passed. Polls come quickly at first, then every 5 s.
    ///
    /// `what` is a phrase such as `NAT gateway nat-1 to become available`.
    pub async fn wait<T, F, Fut>(&self, what: impl Display, timeout: Duration, mut poll: F) -> Result<T, Problem>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<Poll<T>, Problem>>,
    {
        let (end, mut pause) = (Instant::now() + timeout, FIRST_POLL);
        loop {
            let state = match poll().await? {
                Poll::Done(value) => return Ok(value),
                Poll::Pending(state) => state,
            };
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(out_of_time(&what, timeout, &state));
            }
            sleep(pause.min(left)).await;
            pause = pause.mul_f64(1.6).min(LONGEST_POLL);
        }
    }
}

fn out_of_time(what: &dyn Display, timeout: Duration, state: &str) -> Problem {
    let state = if state.is_empty() { String::new() } else { format!(" The last state was {state:?}.") };
    let after = duration_text(timeout);
    Problem::error(format!("{TIMED_OUT} {what}"), format!("It had not happened after {after}.{state}"))
}

/// How long an operation may take: `timeouts { create = "20m" }` of the object, else the default.
pub fn timeout(object: &Value, operation: &str, default: Duration) -> Duration {
    let written = Args(object).block("timeouts").and_then(|t| t.str(operation));
    written.and_then(parse_duration).unwrap_or(default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_timeout_replaces_the_default() {
        let block = Value::object([("create", Value::string("1h30m"))]);
        let object = Value::object([("timeouts", block)]);
        assert_eq!(timeout(&object, "create", Duration::ZERO), Duration::from_secs(5400));
        assert_eq!(timeout(&object, "delete", Duration::from_secs(9)), Duration::from_secs(9));
        assert_eq!(timeout(&Value::object::<&str>([]), "create", Duration::from_secs(9)), Duration::from_secs(9));
    }
}
