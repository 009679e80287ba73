//! Tags: default tags, ignored tags, and how `tags` and `tags_all` follow from what AWS holds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::{Path, Type, Value};

use crate::Cloud;

/// Tags by key.
pub type Tags = BTreeMap<String, String>;

/// How keys begin that only Terrane itself sets and removes.
const RESERVED: &str = "terrane:";

/// What is wrong with the `tags` of a resource or a block at `at`: reserved keys would never be set.
pub fn reserved_tags(owner: &Value, at: &Path) -> Vec<Problem> {
    let tags = owner.get("tags").and_then(Value::fields);
    let reserved = tags.into_iter().flat_map(|t| t.names().iter()).filter(|key| key.starts_with(RESERVED));
    let problem = |key: &Arc<str>| {
        let detail =
            format!("Keys that begin with {RESERVED:?} are Terrane's own, and {key:?} is one. Rename the tag.");
        Problem::error("Reserved tag key", detail).at(at.attr("tags"))
    };
    reserved.map(problem).collect()
}

/// The `default_tags` and `ignore_tags` of a provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagRules {
    /// Put on every object that does not set the key itself.
    pub default: Tags,
    /// Keys that are left alone wherever they occur.
    pub ignore_keys: BTreeSet<String>,
    /// Beginnings of such keys.
    pub ignore_prefixes: BTreeSet<String>,
}

impl TagRules {
    /// Whether a key is none of the user's: ignored by configuration or reserved by AWS.
    pub fn ignores(&self, key: &str) -> bool {
        key.starts_with("aws:") || self.ignored(key)
    }

    /// Whether a key is ignored by configuration, or reserved for tags that say what Terrane is doing with an object.
    pub fn ignored(&self, key: &str) -> bool {
        key.starts_with(RESERVED)
            || self.ignore_keys.contains(key)
            || self.ignore_prefixes.iter().any(|p| key.starts_with(p.as_str()))
    }

    /// The tags that AWS shall hold for an object with these `tags`.
    pub fn all(&self, tags: &Tags) -> Tags {
        let merged = self.default.iter().chain(tags);
        merged.filter(|(k, _)| !self.ignored(k)).map(|(k, v)| (k.clone(), v.clone())).collect()
    }

    /// What AWS holds less what is none of ours.
    pub fn visible(&self, remote: Tags) -> Tags {
        remote.into_iter().filter(|(k, _)| !self.ignores(k)).collect()
    }

    /// The part of `visible` that belongs into `tags`: all but default tags that `tags` did not set itself. What `all`
    /// had beside `tags`, with the same value, is a default tag of before: a default that is changed or dropped is no
    /// tag of each object.
    pub fn own(&self, visible: &Tags, tags: &Tags, all: &Tags) -> Tags {
        let is_default = |k: &String, v: &String| {
            !tags.contains_key(k) && [&self.default, all].iter().any(|set| set.get(k) == Some(v))
        };
        visible.iter().filter(|(k, v)| !is_default(k, v)).map(|(k, v)| (k.clone(), v.clone())).collect()
    }
}

/// What to change so that an object has its planned tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagDiff {
    /// Tags to set, new or with a new value.
    pub set: Tags,
    /// Keys to remove.
    pub remove: Vec<String>,
}

impl TagDiff {
    /// The way from some tags to others.
    pub fn between(old: &Tags, new: &Tags) -> TagDiff {
        let set = new.iter().filter(|(k, v)| old.get(*k) != Some(v)).map(|(k, v)| (k.clone(), v.clone())).collect();
        let remove = old.keys().filter(|k| !new.contains_key(*k) && !k.starts_with("aws:")).cloned().collect();
        TagDiff { set, remove }
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.remove.is_empty()
    }
}

impl Cloud {
    /// The tags that a planned object shall have in AWS.
    pub fn tags_of(&self, planned: &Value) -> Tags {
        match Args(planned).get("tags_all").filter(|t| t.is_wholly_known()) {
            Some(_) => Args(planned).map("tags_all"),
            None => self.tag_rules().all(&Args(planned).map("tags")),
        }
    }

    /// What an update must do to the tags in AWS.
    pub fn tag_diff(&self, prior: &Value, planned: &Value) -> TagDiff {
        TagDiff::between(&Args(prior).map("tags_all"), &self.tags_of(planned))
    }

    /// Sets `tags` and `tags_all` of a reply from what AWS holds.
    ///
    /// `known` is the object as last known: the prior one in a read, the planned one in a create or update. Its
    /// `tags` say which default tags were written by hand, and whether no tags at all are null or an empty map.
    pub fn set_tags(&self, reply: &mut Reply, known: &Value, remote: impl IntoIterator<Item = (String, String)>) {
        let rules = self.tag_rules();
        let visible = rules.visible(remote.into_iter().collect());
        let own = rules.own(&visible, &Args(known).map("tags"), &Args(known).map("tags_all"));
        reply.value("tags", own_value(rules, known, &own));
        reply.map("tags_all", &visible);
    }

    /// Sets `tags` of a data source from what AWS holds.
    pub fn set_data_tags(&self, reply: &mut Reply, remote: impl IntoIterator<Item = (String, String)>) {
        reply.map("tags", &self.tag_rules().visible(remote.into_iter().collect()));
    }
}

/// Keys that `known` writes as null or that are ignored stay as written, since they are never sent.
fn own_value(rules: &TagRules, known: &Value, own: &Tags) -> Value {
    let written = known.get("tags").filter(|t| !t.is_null()).and_then(Value::fields);
    let all = written.into_iter().flat_map(|f| f.iter()).filter(|(_, v)| v.is_known());
    let unsent = all.filter(|(k, v)| v.is_null() || rules.ignored(k));
    let mut pairs: BTreeMap<String, Value> = unsent.map(|(k, v)| (k.to_string(), v.clone())).collect();
    pairs.extend(own.iter().map(|(k, v)| (k.clone(), Value::string(v.as_str()))));
    match written {
        None if pairs.is_empty() => Value::null(Type::map(Type::String)),
        _ => Value::map(Type::String, pairs),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect()
    }

    fn rules() -> TagRules {
        TagRules {
            default: tags(&[("Owner", "me"), ("Stage", "dev")]),
            ignore_keys: ["Skip".to_owned()].into(),
            ignore_prefixes: ["kubernetes.io/".to_owned()].into(),
        }
    }

    #[test]
    fn own_tags_win_over_default_ones_and_ignored_ones_are_left_out() {
        let all = rules().all(&tags(&[("Stage", "prod"), ("Skip", "x"), ("Name", "a")]));
        assert_eq!(all, tags(&[("Name", "a"), ("Owner", "me"), ("Stage", "prod")]));
    }

    #[test]
    fn reading_back_keeps_default_tags_out_of_tags_unless_written() {
        let remote = tags(&[
            ("Owner", "me"),
            ("Stage", "dev"),
            ("aws:x", "1"),
            ("terrane:operation", "1"),
            ("kubernetes.io/a", "1"),
            ("Skip", "1"),
            ("Name", "a"),
        ]);
        let visible = rules().visible(remote);
        assert_eq!(visible, tags(&[("Name", "a"), ("Owner", "me"), ("Stage", "dev")]));
        assert_eq!(
            rules().own(&visible, &tags(&[("Stage", "dev")]), &Tags::new()),
            tags(&[("Name", "a"), ("Stage", "dev")])
        );
        let drifted = tags(&[("Owner", "other")]);
        assert_eq!(rules().own(&drifted, &Tags::new(), &tags(&[("Owner", "me")])), drifted);
    }

    #[test]
    fn a_default_of_before_does_not_become_a_tag_of_each_object() {
        let before = tags(&[("Name", "a"), ("Owner", "you"), ("Team", "x")]);
        assert_eq!(rules().own(&before, &tags(&[("Name", "a")]), &before), tags(&[("Name", "a")]));
    }

    #[test]
    fn reserved_keys_are_refused() {
        let tags = [("Name", Value::string("a")), ("terrane:operation", Value::string("b"))];
        let owner = Value::object([("tags", Value::map(Type::String, tags))]);
        let problems = reserved_tags(&owner, &Path::root());
        assert_eq!(problems.len(), 1);
        assert!(problems[0].detail.contains("\"terrane:operation\""), "{problems:?}");
        assert_eq!(reserved_tags(&Value::object([("tags", Value::unknown(Type::String))]), &Path::root()), []);
    }

    #[test]
    fn a_diff_sets_what_differs_and_removes_what_is_gone() {
        let diff = TagDiff::between(&tags(&[("a", "1"), ("b", "2"), ("c", "3")]), &tags(&[("a", "1"), ("b", "9")]));
        assert_eq!(diff, TagDiff { set: tags(&[("b", "9")]), remove: vec!["c".into()] });
    }

    #[test]
    fn no_tags_stay_as_they_were_written() {
        let empty = Value::object([("tags", Value::map::<&str>(Type::String, []))]);
        assert!(!own_value(&rules(), &empty, &Tags::new()).is_null());
        let null = Value::object([("tags", Value::null(Type::map(Type::String)))]);
        assert!(own_value(&rules(), &null, &Tags::new()).is_null());
        let with_null = Value::object([("tags", Value::map(Type::String, [("k", Value::null(Type::String))]))]);
        assert!(own_value(&rules(), &with_null, &Tags::new()).get("k").unwrap().is_null());
        let ignored = Value::object([("tags", Value::map(Type::String, [("Skip", Value::string("x"))]))]);
        assert_eq!(own_value(&rules(), &ignored, &Tags::new()).get("Skip").unwrap().as_str(), Some("x"));
    }
}
