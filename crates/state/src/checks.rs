//! What checks came to, as the state remembers it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Snapshot;

/// What the conditions of one block came to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CheckResult {
    /// What kind of block it is.
    #[serde(rename = "object_kind")]
    pub kind: CheckKind,
    /// Its address without instance keys.
    #[serde(rename = "config_addr")]
    pub address: String,
    /// All in all.
    pub status: CheckStatus,
    /// Its objects; empty also while it is not known which there are.
    #[serde(default, with = "no_empty_list")]
    pub objects: Vec<CheckObject>,
}

/// What the conditions of one object came to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CheckObject {
    /// Its address.
    #[serde(rename = "object_addr")]
    pub address: String,
    /// All in all.
    pub status: CheckStatus,
    /// What is said of the conditions that do not hold.
    #[serde(rename = "failure_messages", default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<String>,
}

/// The kinds of blocks with conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CheckKind {
    /// A resource.
    #[serde(rename = "resource")]
    Resource,
    /// An output value.
    #[serde(rename = "output")]
    Output,
    /// A `check` block.
    #[serde(rename = "check")]
    Check,
    /// An input variable.
    #[serde(rename = "var")]
    Variable,
}

/// What conditions came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckStatus {
    /// They hold.
    Pass,
    /// It is not known.
    Unknown,
    /// One does not hold.
    Fail,
    /// One could not be evaluated.
    Error,
}

/// An empty list is `null`, as OpenTofu writes it.
mod no_empty_list {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::CheckObject;

    pub fn serialize<S: Serializer>(list: &[CheckObject], serializer: S) -> Result<S::Ok, S::Error> {
        (!list.is_empty()).then_some(list).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<CheckObject>, D::Error> {
        Option::deserialize(deserializer).map(Option::unwrap_or_default)
    }
}

impl Snapshot {
    /// The results of checks; none if they cannot be read, since the next run finds them anew.
    pub fn checks(&self) -> Vec<CheckResult> {
        let results = self.check_results.as_deref().map(serde_json::from_str::<Option<Vec<CheckResult>>>);
        results.and_then(Result::ok).flatten().unwrap_or_default()
    }

    /// Replaces the results of checks; those that say the same in another order stay as they are written.
    pub fn set_checks(&mut self, results: &[CheckResult]) {
        if sorted(self.checks()) == sorted(results.to_vec()) {
            return;
        }
        let json = (!results.is_empty()).then(|| serde_json::to_string(results)).and_then(Result::ok);
        self.check_results = json.map(Arc::from);
    }
}

fn sorted(mut results: Vec<CheckResult>) -> Vec<CheckResult> {
    results.iter_mut().for_each(|result| result.objects.sort());
    results.sort();
    results
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const TWO: &str = r#"[{"object_kind":"var","config_addr":"var.v","status":"pass","objects":[{"object_addr":"var.v","status":"pass"}]},{"object_kind":"resource","config_addr":"t.n","status":"fail","objects":[{"object_addr":"t.n[1]","status":"fail","failure_messages":["no"]},{"object_addr":"t.n[0]","status":"unknown"}]}]"#;

    #[test]
    fn results_that_say_the_same_stay_as_they_are_written() {
        let mut snapshot = Snapshot { check_results: Some(TWO.into()), ..Snapshot::default() };
        let mut results = snapshot.checks();
        assert_eq!(results.len(), 2);
        results.reverse();
        results[0].objects.reverse();
        snapshot.set_checks(&results);
        assert_eq!(snapshot.check_results.as_deref(), Some(TWO));
        results[0].objects.clear();
        results.truncate(1);
        snapshot.set_checks(&results);
        let expect = r#"[{"object_kind":"resource","config_addr":"t.n","status":"fail","objects":null}]"#;
        assert_eq!(snapshot.check_results.as_deref(), Some(expect));
        assert_eq!(snapshot.checks(), results);
        snapshot.set_checks(&[]);
        assert_eq!(snapshot.check_results, None);
    }

    #[test]
    fn what_cannot_be_read_is_replaced() {
        let mut snapshot =
            Snapshot { check_results: Some(r#"[{"object_kind":"moon"}]"#.into()), ..Snapshot::default() };
        assert!(snapshot.checks().is_empty());
        snapshot.check_results = Some("null".into());
        assert!(snapshot.checks().is_empty());
    }
}
