//! What the schema cannot say about changes of network interfaces.

use terrane_provider::sdk::Args;
use terrane_value::Value;

use super::Range;
use crate::draft::Draft;

/// Corrects the plan of a network interface.
pub(super) fn plan(draft: &mut Draft<'_>) {
    let Some(prior) = draft.prior else { return };
    replace(draft, prior);
    let on = |name: &str| draft.planned(name).and_then(Value::as_bool) == Some(true);
    let (private, ipv6) = (on("private_ip_list_enabled"), on("ipv6_address_list_enabled"));
    follow(draft, Range::Ipv4, "private_ip_list", private);
    follow(draft, Range::Ipv6, "ipv6_address_list", ipv6);
    for range in [Range::Ipv4Prefix, Range::Ipv6Prefix] {
        follow_each_other(draft, range.set(), range.count());
    }
}

/// The primary addresses are for life.
fn replace(draft: &mut Draft<'_>, prior: &Value) {
    let was = Args(prior);
    let listed = draft.planned("private_ip_list_enabled").and_then(Value::as_bool) == Some(true);
    let primary = was.strings("private_ip_list").into_iter().next().or(was.string("private_ip"));
    let texts = |draft: &Draft<'_>, name: &str| {
        let value = draft.planned(name).filter(|v| v.is_wholly_known())?;
        Some(
            value
                .elements()
                .unwrap_or_default()
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        )
    };
    if listed && draft.changes(&["private_ip_list"]) {
        if texts(draft, "private_ip_list").is_some_and(|ips| ips.first() != primary.as_ref()) {
            draft.replace("private_ip_list");
        }
    } else if draft.changes(&["private_ips"])
        && texts(draft, "private_ips").is_some_and(|ips| !primary.is_some_and(|p| ips.contains(&p)))
    {
        draft.replace("private_ips");
    }
    if draft.written("private_ip") && draft.changes(&["private_ip"]) {
        draft.replace("private_ip");
    }
    if was.bool("enable_primary_ipv6") == Some(true) && draft.changes(&["enable_primary_ipv6"]) {
        draft.replace("enable_primary_ipv6");
    }
}

/// Addresses are written as a set, as a list, or as a number; the others follow.
fn follow(draft: &mut Draft<'_>, range: Range, list: &str, listed: bool) {
    let (set, count) = (range.set(), range.count());
    if listed {
        if draft.changes(&[list]) {
            draft.unknown(&[set, count]);
        }
    } else if draft.changes(&[set, count]) {
        draft.unknown(&[list]);
        follow_each_other(draft, set, count);
    }
}

fn follow_each_other(draft: &mut Draft<'_>, set: &str, count: &str) {
    if draft.changes(&[set]) {
        draft.unknown(&[count]);
    } else if draft.changes(&[count]) {
        draft.unknown(&[set]);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use terrane_provider::PlanResponse;
    use terrane_value::{Path, Type};

    use super::*;

    fn object(ips: &[&str], count: i64) -> Value {
        let texts = || ips.iter().map(|ip| Value::string(*ip));
        Value::object([
            ("private_ips", Value::set(Type::String, texts())),
            ("private_ip_list", Value::list(Type::String, texts())),
            ("private_ips_count", Value::from(count)),
        ])
    }

    fn planned(config: &Value, next: Value) -> PlanResponse {
        let prior = object(&["10.0.0.4", "10.0.0.5"], 1);
        let response = PlanResponse { planned: Some(next), ..PlanResponse::default() };
        let mut draft = Draft::new(Some(&prior), config, response);
        plan(&mut draft);
        draft.done()
    }

    #[test]
    fn another_primary_address_replaces() {
        let with = |ips: &[&str]| {
            let texts = Value::set(Type::String, ips.iter().map(|ip| Value::string(*ip)));
            let fields = object(&["10.0.0.4", "10.0.0.5"], 1).fields().unwrap().with("private_ips", texts.clone());
            planned(&Value::object([("private_ips", texts)]), Value::from_kind(terrane_value::Kind::Object(fields)))
        };
        let secondary = with(&["10.0.0.4", "10.0.0.9"]);
        assert!(secondary.requires_replace.is_empty());
        let after = secondary.planned.unwrap();
        assert!(
            !after.get("private_ips_count").unwrap().is_known() && !after.get("private_ip_list").unwrap().is_known()
        );
        assert_eq!(with(&["10.0.0.8"]).requires_replace, [Path::root().attr("private_ips")]);
    }

    #[test]
    fn another_number_brings_other_addresses() {
        let config = Value::object([("private_ips_count", Value::from(3))]);
        let after = planned(&config, object(&["10.0.0.4", "10.0.0.5"], 3)).planned.unwrap();
        assert!(!after.get("private_ips").unwrap().is_known() && !after.get("private_ip_list").unwrap().is_known());
        assert_eq!(after.get("private_ips_count").unwrap().as_i64(), Some(3));
    }
}
