//! What may not be written together in a table.

use terrane_provider::Problem;
use terrane_provider::sdk::Args;
use terrane_value::{Path, Step, Value};

/// What is wrong with a configuration; unknown parts are passed over.
pub fn problems(config: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    let root = Path::root();
    stream(Args(config), &root, &mut problems);
    capacity(Args(config), &root, &mut problems);
    expiry(Args(config), &root, &mut problems);
    let indexes = config.get("global_secondary_index").and_then(Value::elements).unwrap_or_default();
    for index in indexes.iter().filter(|i| i.is_known()) {
        let at = root.attr("global_secondary_index").with(Step::Index(index.clone()));
        index_keys(Args(index), &at, &mut problems);
    }
    problems
}

fn is_open(of: Args<'_>, name: &str) -> bool {
    of.0.get(name).is_some_and(|v| !v.is_known())
}

fn stream(table: Args<'_>, at: &Path, problems: &mut Vec<Problem>) {
    if is_open(table, "stream_enabled") || is_open(table, "stream_view_type") {
        return;
    }
    let (enabled, view) = (table.bool("stream_enabled"), table.text("stream_view_type"));
    let detail = match (enabled, view) {
        (Some(true), None) => "A stream needs \"stream_view_type\": what it tells of a change.".to_owned(),
        (Some(false), Some(view)) => {
            format!("\"stream_view_type\" is \"{view}\", but \"stream_enabled\" is false. Remove one of them.")
        }
        (None, Some(view)) => format!("\"stream_view_type\" is \"{view}\", which needs \"stream_enabled\" = true."),
        _ => return,
    };
    problems.push(Problem::error("Inconsistent stream", detail).at(at.attr("stream_view_type")));
}

fn capacity(table: Args<'_>, at: &Path, problems: &mut Vec<Problem>) {
    for name in ["read_capacity", "write_capacity"] {
        let detail = match (table.text("billing_mode"), table.i64(name)) {
            (Some("PROVISIONED"), Some(units)) if units < 1 => {
                format!("\"{name}\" is {units}, but billing mode PROVISIONED needs at least 1.")
            }
            (Some("PAY_PER_REQUEST"), Some(units)) if units != 0 => {
                format!("\"{name}\" is {units}, but billing mode PAY_PER_REQUEST has no capacity. Remove it.")
            }
            _ => continue,
        };
        problems.push(Problem::error("Capacity does not fit the billing mode", detail).at(at.attr(name)));
    }
}

fn expiry(table: Args<'_>, at: &Path, problems: &mut Vec<Problem>) {
    for (i, block) in table.blocks("ttl").into_iter().enumerate() {
        let unnamed = block.text("attribute_name").is_none() && !is_open(block, "attribute_name");
        if block.bool("enabled") == Some(true) && unnamed {
            let detail = "An enabled \"ttl\" needs \"attribute_name\": the attribute with the time of expiry.";
            let at = at.attr("ttl").index(i).attr("attribute_name");
            problems.push(Problem::error("Time to live without an attribute", detail).at(at));
        }
    }
}

fn index_keys(index: Args<'_>, at: &Path, problems: &mut Vec<Problem>) {
    let name = index.text("name").unwrap_or("(unknown)");
    let schema = index.blocks("key_schema");
    let mut wrong = |detail: String, part: &str| {
        problems.push(Problem::error("Invalid keys of an index", detail).at(at.attr(part)));
    };
    if is_open(index, "hash_key") || is_open(index, "key_schema") {
        return;
    }
    match (index.text("hash_key").is_some(), schema.is_empty()) {
        (false, true) => wrong(format!("Index \"{name}\" needs \"hash_key\" or \"key_schema\"."), "key_schema"),
        (true, false) => {
            wrong(format!("Index \"{name}\" has both \"hash_key\" and \"key_schema\". Remove one."), "hash_key")
        }
        _ => {}
    }
    if index.text("range_key").is_some() && !schema.is_empty() {
        wrong(format!("Index \"{name}\" has both \"range_key\" and \"key_schema\". Remove one."), "range_key");
    }
    let roles: Vec<&str> = schema.iter().filter_map(|e| e.text("key_type")).collect();
    if roles.len() != schema.len() || schema.is_empty() {
        return;
    }
    let hashes = roles.iter().filter(|role| **role == "HASH").count();
    if !(1..=4).contains(&hashes) || roles.len() - hashes > 4 {
        let ranges = roles.len() - hashes;
        let detail =
            format!("Index \"{name}\" has {hashes} HASH and {ranges} RANGE keys: 1 to 4 and at most 4 may be.");
        wrong(detail, "key_schema");
    }
    if !roles.is_sorted() {
        wrong(format!("All HASH keys of index \"{name}\" must come before its RANGE keys."), "key_schema");
    }
}

#[cfg(test)]
mod tests {
    use terrane_value::Type;

    use super::*;

    fn text(s: &str) -> Value {
        Value::string(s)
    }

    fn check<const N: usize>(config: [(&str, Value); N], expect: &[&str]) {
        let said: Vec<String> = problems(&Value::object(config)).into_iter().map(|p| p.detail).collect();
        assert_eq!(said.len(), expect.len(), "{said:#?}");
        for part in expect {
            assert!(said.iter().any(|s| s.contains(part)), "{part:?} is not in {said:#?}");
        }
    }

    #[test]
    fn streams_need_a_view_and_views_a_stream() {
        check([("stream_enabled", true.into())], &["A stream needs"]);
        check([("stream_view_type", text("KEYS_ONLY"))], &["which needs \"stream_enabled\" = true"]);
        let off = [("stream_enabled", false.into()), ("stream_view_type", text("KEYS_ONLY"))];
        check(off, &["Remove one of them"]);
        check([("stream_enabled", true.into()), ("stream_view_type", text("KEYS_ONLY"))], &[]);
        check([("stream_enabled", true.into()), ("stream_view_type", Value::unknown(Type::String))], &[]);
    }

    #[test]
    fn capacities_fit_the_billing_mode() {
        let mode = |mode: &str, units: i64| [("billing_mode", text(mode)), ("read_capacity", units.into())];
        check(mode("PROVISIONED", 0), &["at least 1"]);
        check(mode("PAY_PER_REQUEST", 5), &["has no capacity"]);
        check(mode("PAY_PER_REQUEST", 0), &[]);
        check(mode("PROVISIONED", 5), &[]);
    }

    #[test]
    fn a_time_to_live_names_its_attribute() {
        let ttl = |pairs: Vec<(&str, Value)>| [("ttl", Value::tuple([Value::object(pairs)]))];
        check(ttl(vec![("enabled", true.into())]), &["needs \"attribute_name\""]);
        check(ttl(vec![("enabled", false.into())]), &[]);
    }

    #[test]
    fn an_index_has_one_form_of_keys() {
        let index = |pairs: Vec<(&str, Value)>| {
            let pairs = pairs.into_iter().chain([("name", text("i"))]);
            [("global_secondary_index", Value::tuple([Value::object(pairs)]))]
        };
        let key = |role: &str| Value::object([("attribute_name", text("k")), ("key_type", text(role))]);
        let schema = |roles: &[&str]| Value::tuple(roles.iter().map(|r| key(r)));
        check(index(vec![]), &["needs \"hash_key\" or \"key_schema\""]);
        check(index(vec![("hash_key", text("h")), ("key_schema", schema(&["HASH"]))]), &["both \"hash_key\""]);
        check(index(vec![("range_key", text("r")), ("key_schema", schema(&["HASH"]))]), &["both \"range_key\""]);
        check(index(vec![("key_schema", schema(&["RANGE", "HASH"]))]), &["must come before"]);
        check(index(vec![("key_schema", schema(&["RANGE"]))]), &["0 HASH and 1 RANGE"]);
        check(index(vec![("hash_key", text("h")), ("range_key", text("r"))]), &[]);
        check(index(vec![("hash_key", Value::unknown(Type::String))]), &[]);
    }
}
