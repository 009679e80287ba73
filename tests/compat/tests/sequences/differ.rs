//! What differs between two runs of a case.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::normal::key;
use crate::tool::Came;

/// What differs, a line each: where, what OpenTofu has, what Terrane has.
pub fn differences(theirs: &[Came], ours: &[Came]) -> Vec<String> {
    let mut out = Vec::new();
    for (at, (theirs, ours)) in theirs.iter().zip(ours).enumerate() {
        let place = format!("{} {}", at + 1, theirs.line);
        if theirs.code != ours.code {
            let said = |came: &Came| format!("{} {}", came.code, came.errors.join("; "));
            out.push(format!("{place}: tofu ends with {}, terrane with {}", said(theirs).trim(), said(ours).trim()));
            continue;
        }
        both(&format!("{place}: plan"), theirs.plan.as_ref(), ours.plan.as_ref(), &mut out);
        both(&format!("{place}: state"), theirs.state.as_ref(), ours.state.as_ref(), &mut out);
    }
    out
}

fn both(place: &str, theirs: Option<&Value>, ours: Option<&Value>, out: &mut Vec<String>) {
    match (theirs, ours) {
        (Some(theirs), Some(ours)) if theirs == ours => {}
        (Some(Value::Object(theirs)), Some(Value::Object(ours))) => {
            let names: std::collections::BTreeSet<_> = theirs.keys().chain(ours.keys()).collect();
            for name in names {
                both(&format!("{place}.{name}"), theirs.get(name), ours.get(name), out);
            }
        }
        (Some(Value::Array(theirs)), Some(Value::Array(ours))) if keyed(theirs) && keyed(ours) => {
            let (theirs, ours) = (by_key(theirs), by_key(ours));
            let keys: std::collections::BTreeSet<_> = theirs.keys().chain(ours.keys()).collect();
            for key in keys {
                both(&format!("{place}[{key}]"), theirs.get(key).copied(), ours.get(key).copied(), out);
            }
        }
        (theirs, ours) if theirs == ours => {}
        (theirs, ours) => out.push(format!("{place}: {} | {}", short(theirs), short(ours))),
    }
}

fn keyed(list: &[Value]) -> bool {
    list.iter().all(Value::is_object)
}

/// The members by what tells them apart, and by their place among those that are alike.
fn by_key(list: &[Value]) -> BTreeMap<String, &Value> {
    let mut found = BTreeMap::new();
    for value in list {
        let mut name = key(value);
        while found.contains_key(&name) {
            name += "'";
        }
        found.insert(name, value);
    }
    found
}

fn short(value: Option<&Value>) -> String {
    let text = value.map_or("nothing".into(), Value::to_string);
    match text.char_indices().nth(160) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Lines that are expected but did not come, and those that came unexpected.
pub fn sides(expected: &[String], actual: &[String]) -> String {
    let gone = expected.iter().filter(|line| !actual.contains(line)).map(|line| format!("  - {line}\n"));
    let new = actual.iter().filter(|line| !expected.contains(line)).map(|line| format!("  + {line}\n"));
    let same = actual.iter().filter(|line| expected.contains(line)).map(|line| format!("    {line}\n"));
    gone.chain(new).chain(same).collect()
}
