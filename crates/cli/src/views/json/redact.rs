//! JSON in which no secret is left, not even where nobody said that it is one.
//!
//! What equals a value that is known to be sensitive is hidden as well, and what holds a long one.

use serde::Serialize;
use serde_json::Value as Json;
use terrane_source::Diagnostic;

use super::values::{HIDDEN, Secrets};
use crate::views::secrets::SecretTexts;

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

/// A document without secrets; `make` gives it with and without what is known to be sensitive.
///
/// # Errors
/// What hinders `make`.
pub fn redacted<T: Serialize>(make: impl Fn(Secrets) -> Result<T, Diagnostic>) -> Result<Json, Diagnostic> {
    let json = |document: T| {
        serde_json::to_value(document).map_err(|e| Diagnostic::error("JSON cannot be written", format!("{e}.")))
    };
    let mut hidden = json(make(Secrets::Hidden)?)?;
    let mut secrets = SecretTexts::default();
    differing(&json(make(Secrets::Shown)?)?, &hidden, &mut secrets);
    scrub(&mut hidden, &secrets, false);
    Ok(hidden)
}

/// Collects the texts that only the one of two documents shows.
fn differing(shown: &Json, hidden: &Json, secrets: &mut SecretTexts) {
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

fn texts(json: &Json, found: &mut SecretTexts) {
    match json {
        Json::String(text) if text != HIDDEN => found.add(text),
        Json::Number(number) if is_telling(number) => found.add(&number.to_string()),
        Json::Object(fields) => fields.values().for_each(|inner| texts(inner, found)),
        Json::Array(items) => items.iter().for_each(|inner| texts(inner, found)),
        _ => {}
    }
}

fn scrub(json: &mut Json, secrets: &SecretTexts, in_value: bool) {
    match json {
        Json::String(text) if in_value && secrets.are_in(text) => HIDDEN.clone_into(text),
        Json::Number(number) if in_value && is_telling(number) && secrets.are_in(&number.to_string()) => {
            *json = HIDDEN.into();
        }
        Json::Object(fields) => {
            for (name, inner) in fields {
                scrub(inner, secrets, in_value || VALUES.contains(&name.as_str()));
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|inner| scrub(inner, secrets, in_value)),
        _ => {}
    }
}

/// Whether a number is long enough not to stand anywhere by chance.
fn is_telling(number: &serde_json::Number) -> bool {
    number.to_string().len() >= 4
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_equals_or_holds_a_secret_is_hidden() {
        let make = |secrets: Secrets| {
            let secret = |text: &str| if secrets == Secrets::Shown { json!(text) } else { json!(HIDDEN) };
            let code = if secrets == Secrets::Shown { json!(4711) } else { json!(HIDDEN) };
            Ok(json!({
                "address": "x.hush-hush",
                "values": { "input": secret("hush-hush"), "pin": secret("12"), "code": code, "out": "hush-hush", "port": "12", "copy": 4711 },
                "after": { "url": "https://u:hush-hush@h", "date": "12.3." },
            }))
        };
        let expect = json!({
            "address": "x.hush-hush",
            "values": { "input": HIDDEN, "pin": HIDDEN, "code": HIDDEN, "out": HIDDEN, "port": HIDDEN, "copy": HIDDEN },
            "after": { "url": HIDDEN, "date": "12.3." },
        });
        assert_eq!(redacted(make).ok(), Some(expect));
    }
}
