//! JSON in which no secret is left, not even where nobody said that it is one.
//!
//! A provider hands secrets on without saying so: `terraform_data` gives its `input` back as `output`. What equals a value
//! that is known to be sensitive is therefore hidden as well, and what holds a long one.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value as Json;
use terrane_source::Diagnostic;

use super::values::{HIDDEN, Secrets};

/// Properties whose values come from objects, variables, outputs or messages, not from addresses.
const VALUES: [&str; 11] = [
    "after",
    "after_identity",
    "before",
    "before_identity",
    "constant_value",
    "default",
    "generated_config",
    "identity",
    "message",
    "value",
    "values",
];

/// The least length of a secret that is also looked for within other texts.
const LONG: usize = 8;

/// A document without secrets; `make` gives it with and without what is known to be sensitive.
///
/// # Errors
/// What hinders `make`.
pub fn redacted<T: Serialize>(make: impl Fn(Secrets) -> Result<T, Diagnostic>) -> Result<Json, Diagnostic> {
    let json = |document: T| {
        serde_json::to_value(document).map_err(|e| Diagnostic::error("JSON cannot be written", format!("{e}.")))
    };
    let mut hidden = json(make(Secrets::Hidden)?)?;
    let mut secrets = BTreeSet::new();
    differing(&json(make(Secrets::Shown)?)?, &hidden, &mut secrets);
    scrub(&mut hidden, &secrets, false);
    Ok(hidden)
}

/// Collects the texts that only the one of two documents shows.
fn differing(shown: &Json, hidden: &Json, secrets: &mut BTreeSet<String>) {
    match (shown, hidden) {
        (Json::Object(shown), Json::Object(hidden)) => {
            shown.iter().filter_map(|(name, shown)| Some((shown, hidden.get(name)?))).for_each(|(shown, hidden)| {
                differing(shown, hidden, secrets);
            });
        }
        (Json::Array(shown), Json::Array(hidden)) => {
            shown.iter().zip(hidden).for_each(|(shown, hidden)| differing(shown, hidden, secrets));
        }
        (shown, Json::String(text)) if text == HIDDEN => texts(shown, secrets),
        _ => {}
    }
}

fn texts(json: &Json, found: &mut BTreeSet<String>) {
    match json {
        Json::String(text) if !text.is_empty() && text != HIDDEN => drop(found.insert(text.clone())),
        Json::Object(fields) => fields.values().for_each(|inner| texts(inner, found)),
        Json::Array(items) => items.iter().for_each(|inner| texts(inner, found)),
        _ => {}
    }
}

fn scrub(json: &mut Json, secrets: &BTreeSet<String>, in_value: bool) {
    match json {
        Json::String(text) if in_value && tells(text, secrets) => HIDDEN.clone_into(text),
        Json::Object(fields) => {
            for (name, inner) in fields {
                scrub(inner, secrets, in_value || VALUES.contains(&name.as_str()));
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|inner| scrub(inner, secrets, in_value)),
        _ => {}
    }
}

fn tells(text: &str, secrets: &BTreeSet<String>) -> bool {
    secrets.contains(text) || secrets.iter().any(|secret| secret.len() >= LONG && text.contains(secret))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_equals_or_holds_a_secret_is_hidden() {
        let make = |secrets: Secrets| {
            let secret = |text: &str| if secrets == Secrets::Shown { json!(text) } else { json!(HIDDEN) };
            Ok(json!({
                "address": "x.hush-hush",
                "values": { "input": secret("hush-hush"), "pin": secret("12"), "out": "hush-hush", "port": "12" },
                "after": { "url": "https://u:hush-hush@h", "date": "12.3." },
            }))
        };
        let expect = json!({
            "address": "x.hush-hush",
            "values": { "input": HIDDEN, "pin": HIDDEN, "out": HIDDEN, "port": HIDDEN },
            "after": { "url": HIDDEN, "date": "12.3." },
        });
        assert_eq!(redacted(make).ok(), Some(expect));
    }
}
