//! Faults and the rules that say which calls meet them.

use crate::call::Call;
use serde::Deserialize;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// What a test runs when a call comes by.
pub type Hook = Arc<dyn Fn(&Call) + Send + Sync>;

/// What goes wrong with a call.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// It takes this many milliseconds longer.
    LatencyMs(u64),
    /// It is refused as one too many, in the service's own form.
    Throttle,
    /// It fails with this status, in the service's own form, without effect.
    Status(u16),
    /// It fails with this error, in the service's own form, without effect.
    Error {
        /// HTTP status.
        status: u16,
        /// Error code.
        code: String,
        /// Error message.
        #[serde(default)]
        message: String,
    },
    /// The connection is reset and the call has no effect.
    ResetBefore,
    /// The call takes effect and the connection is reset instead of an answer.
    ResetAfter,
    /// The call takes effect and the connection closes after this many bytes of the answer.
    Truncate(usize),
    /// The call finds nothing: the lists of EC2's answer are empty.
    Unseen,
    /// The call has no effect and is never answered.
    Hang,
    /// A hook runs before the call takes effect.
    #[serde(skip)]
    Before(Hook),
    /// A hook runs after the call took effect and before it is answered.
    #[serde(skip)]
    After(Hook),
}

impl Fault {
    /// Returns how much longer the call takes.
    pub fn latency(&self) -> Duration {
        match self {
            Self::LatencyMs(milliseconds) => Duration::from_millis(*milliseconds),
            _ => Duration::ZERO,
        }
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LatencyMs(milliseconds) => write!(f, "LatencyMs({milliseconds})"),
            Self::Throttle => f.write_str("Throttle"),
            Self::Status(status) => write!(f, "Status({status})"),
            Self::Error { status, code, .. } => write!(f, "Error({status} {code})"),
            Self::ResetBefore => f.write_str("ResetBefore"),
            Self::ResetAfter => f.write_str("ResetAfter"),
            Self::Truncate(bytes) => write!(f, "Truncate({bytes})"),
            Self::Unseen => f.write_str("Unseen"),
            Self::Hang => f.write_str("Hang"),
            Self::Before(_) => f.write_str("Before"),
            Self::After(_) => f.write_str("After"),
        }
    }
}

/// Which calls meet a fault: those whose name matches, from the `from`th match on, `times` times.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    call: String,
    #[serde(default)]
    account: Option<String>,
    #[serde(default = "first")]
    from: usize,
    #[serde(default = "always")]
    times: usize,
    fault: Fault,
    #[serde(skip)]
    matched: AtomicUsize,
}

impl Rule {
    /// Makes a rule for every call named `call`: `service:Action`, where `*` stands for any text.
    pub fn new(call: &str, fault: Fault) -> Self {
        let (account, matched) = (None, AtomicUsize::new(0));
        Self { call: call.to_owned(), account, from: first(), times: always(), fault, matched }
    }

    /// Narrows the rule to the `nth` matching call, counted from 1.
    pub fn nth(self, nth: usize) -> Self {
        Self { from: nth, times: 1, ..self }
    }

    /// Narrows the rule to the first `times` matching calls.
    pub fn first(self, times: usize) -> Self {
        Self { from: 1, times, ..self }
    }

    /// Narrows the rule to the calls of one account.
    pub fn account(self, account: &str) -> Self {
        Self { account: Some(account.to_owned()), ..self }
    }

    /// Returns the fault when `call` meets it, and counts the match.
    pub fn fires(&self, call: &Call) -> Option<Fault> {
        let ours = self.account.as_ref().is_none_or(|account| *account == call.account);
        if !ours || !matches(&self.call, &call.name()) {
            return None;
        }
        let nth = self.matched.fetch_add(1, Ordering::Relaxed) + 1;
        (nth >= self.from && nth - self.from < self.times).then(|| self.fault.clone())
    }
}

/// Reads rules from JSON, such as `[{"call": "ec2:Describe*", "times": 2, "fault": "throttle"}]`.
pub fn parse_rules(json: &str) -> Result<Vec<Rule>, String> {
    serde_json::from_str(json).map_err(|error| format!("the rules are not as expected: {error}"))
}

/// Says whether `text` matches `pattern`, in which `*` stands for any text.
pub fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|tail| {
            rest.is_empty() || tail.char_indices().any(|(at, _)| matches(rest, &tail[at..])) || matches(rest, "")
        }),
    }
}

fn first() -> usize {
    1
}

fn always() -> usize {
    usize::MAX
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::call::Protocol;

    fn call(service: &str, action: &str, account: &str) -> Call {
        let (service, action, account) = (service.to_owned(), action.to_owned(), account.to_owned());
        let (region, params, protocol) = (String::new(), Default::default(), Protocol::Query);
        Call { seq: 0, nth: 0, account, region, service, action, params, protocol, agent: String::new() }
    }

    #[test]
    fn patterns() {
        assert!(matches("*", "") && matches("ec2:*", "ec2:RunInstances") && matches("*:Create*", "iam:CreateRole"));
        assert!(matches("ec2:*s", "ec2:DescribeVpcs") && !matches("ec2:*s", "ec2:CreateVpc"));
        assert!(!matches("ec2:Describe", "ec2:DescribeVpcs"));
    }

    #[test]
    fn only_the_counted_calls_of_the_account_meet_it() {
        let rule = Rule::new("iam:*", Fault::Throttle).nth(2).account("000000000001");
        let fires = |action, account| rule.fires(&call("iam", action, account)).is_some();
        assert!(!fires("GetRole", "000000000002"));
        assert!(!fires("GetRole", "000000000001"));
        assert!(fires("CreateRole", "000000000001"));
        assert!(!fires("CreateRole", "000000000001"));
    }

    #[test]
    fn rules_in_json() {
        let json = r#"[{"call": "ec2:*", "from": 2, "times": 1, "fault": {"status": 500}},
                       {"call": "*", "fault": "reset_after"},
                       {"call": "s3:*", "fault": {"error": {"status": 404, "code": "NoSuchBucket"}}}]"#;
        let rules = parse_rules(json).unwrap();
        assert!(rules[0].fires(&call("ec2", "A", "")).is_none());
        assert!(matches!(rules[0].fires(&call("ec2", "A", "")), Some(Fault::Status(500))));
        assert!(matches!(rules[1].fires(&call("s3", "A", "")), Some(Fault::ResetAfter)));
        assert!(parse_rules(r#"[{"call": "*", "fault": "sleep"}]"#).unwrap_err().contains("sleep"));
    }
}
