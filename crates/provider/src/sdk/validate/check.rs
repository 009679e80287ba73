//! Checks of single values.

use regex::Regex;
use serde_json::Value as Json;
use terrane_value::{Number, Value};

use super::form;
use crate::sdk::rules::Rules;
use crate::sdk::schema::Checks;

/// How many of the allowed values a message lists.
const LISTED: usize = 12;

/// Whether all checks hold; if not, what is wrong, as the end of a sentence: `is none of "a", "b"`.
pub(super) fn check(checks: &Checks, rules: &dyn Rules, value: &Value) -> Result<(), String> {
    if let Some(text) = value.as_str() {
        text_checks(checks, rules, text)?;
    }
    if let Some(number) = value.as_number() {
        number_checks(checks, number)?;
    }
    if let Some(allowed) = &checks.r#enum {
        one_of(checks, allowed, value)?;
    }
    parts(checks, value)?;
    any(checks, rules, value)
}

/// Whether one of several alternatives holds. One that is not described here may.
fn any(checks: &Checks, rules: &dyn Rules, value: &Value) -> Result<(), String> {
    let mut wrong = Vec::new();
    for alternative in &checks.any_of {
        match check(alternative, rules, value) {
            Ok(()) => return Ok(()),
            Err(_) if !alternative.r#fn.is_empty() => return Ok(()),
            Err(what) => wrong.push(what),
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join(" and ")) }
}

fn one_of(checks: &Checks, allowed: &[Json], value: &Value) -> Result<(), String> {
    let is = |json: &Json| match (json, value.as_str(), value.as_number()) {
        (Json::String(a), Some(text), _) => a == text || (checks.enum_ci && a.eq_ignore_ascii_case(text)),
        (Json::Number(a), _, Some(number)) => a.as_f64() == Some(number.as_f64()),
        _ => false,
    };
    if allowed.iter().any(is) {
        return Ok(());
    }
    let nearest = value.as_str().and_then(|text| nearest(allowed, text));
    let hint = nearest.map(|n| format!("; did you mean {n:?}?")).unwrap_or_default();
    let shown: Vec<String> = allowed.iter().take(LISTED).map(Json::to_string).collect();
    let more = match allowed.len().saturating_sub(LISTED) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    Err(format!("is none of {}{more}{hint}", shown.join(", ")))
}

fn nearest<'a>(allowed: &'a [Json], text: &str) -> Option<&'a str> {
    let scored = allowed.iter().filter_map(Json::as_str).map(|a| (strsim::jaro_winkler(a, text), a));
    scored.filter(|(score, _)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, a)| a)
}

fn text_checks(checks: &Checks, rules: &dyn Rules, text: &str) -> Result<(), String> {
    if checks.none_of.iter().any(|n| n == text) {
        return Err("is reserved".into());
    }
    if let Some((least, most)) = checks.len {
        let length = text.len() as u64;
        if least.is_some_and(|l| length < l) || most.is_some_and(|m| length > m) {
            let wanted = between(least.map(|l| l as f64), most.map(|m| m as f64));
            return Err(format!("has {length} characters; {wanted} are allowed"));
        }
    }
    patterns(checks, text)?;
    if let Some(chars) = &checks.excludes_chars
        && text.contains(|c| chars.contains(c))
    {
        return Err(format!("must not hold any of {chars:?}"));
    }
    if checks.nonzero && text.is_empty() {
        return Err("must not be empty".into());
    }
    if let Some(form) = &checks.format {
        form::check(form, rules, text)?;
    }
    checks.prefix_len.map_or(Ok(()), |(least, most)| form::prefix_length(text, least, most))
}

fn patterns(checks: &Checks, text: &str) -> Result<(), String> {
    let matches = |pattern: &String| regex(pattern).is_none_or(|r| r.is_match(text));
    if let Some(pattern) = checks.pattern.iter().find(|p| !matches(p)) {
        return Err(format!("does not match the pattern {pattern}"));
    }
    match checks.not_pattern.iter().find(|p| regex(p).is_some_and(|r| r.is_match(text))) {
        Some(pattern) => Err(format!("must not match the pattern {pattern}")),
        None => Ok(()),
    }
}

/// The pattern with the meaning it has in RE2, where `\w` is ASCII. A pattern that cannot be read matches everything.
fn regex(pattern: &str) -> Option<Regex> {
    let bracketed = pattern.replace("\\w", "[0-9A-Za-z_]");
    Regex::new(&bracketed).ok()
}

fn number_checks(checks: &Checks, number: &Number) -> Result<(), String> {
    let n = number.as_f64();
    let range = checks.range.map(|(least, most)| (least.map(|b| b.0), most.map(|b| b.0)));
    if let Some((least, most)) = range
        && (least.is_some_and(|l| n < l) || most.is_some_and(|m| n > m))
    {
        return Err(format!("is out of range; {} is allowed", between(least, most)));
    }
    if let Some(bound) = checks.greater_than.map(|b| b.0).filter(|b| n <= *b) {
        return Err(format!("must be greater than {bound}"));
    }
    match checks.multiple_of {
        Some(unit) if unit != 0 && n % unit as f64 != 0.0 => Err(format!("is no multiple of {unit}")),
        _ if checks.nonzero && n == 0.0 => Err("must not be zero".into()),
        _ => Ok(()),
    }
}

fn parts(checks: &Checks, value: &Value) -> Result<(), String> {
    let count = value.elements().map(<[Value]>::len).or(value.fields().map(|f| f.len()));
    if let (Some(count), Some((least, most))) = (count, checks.items) {
        let count = count as u64;
        if least.is_some_and(|l| count < l) || most.is_some_and(|m| count > m) {
            let wanted = between(least.map(|l| l as f64), most.map(|m| m as f64));
            return Err(format!("has {count} elements; {wanted} are allowed"));
        }
    }
    match checks.no_null_elements && value.children().any(Value::is_null) {
        true => Err("must not hold null".into()),
        false => Ok(()),
    }
}

/// A range for people.
pub(super) fn between(least: Option<f64>, most: Option<f64>) -> String {
    match (least, most) {
        (Some(l), Some(m)) if l == m => format!("exactly {l}"),
        (Some(l), Some(m)) => format!("{l} to {m}"),
        (Some(l), None) => format!("at least {l}"),
        (None, Some(m)) => format!("at most {m}"),
        (None, None) => "any".into(),
    }
}

/// A value for people, at most 60 characters long.
pub(super) fn shown(value: &Value, sensitive: bool) -> String {
    if sensitive || !value.marks_deep().is_empty() {
        return "The value (sensitive)".into();
    }
    match (value.as_str(), value.as_number()) {
        (Some(text), _) => {
            let cut: String = text.chars().take(60).collect();
            if cut.len() < text.len() { format!("{cut:?}…") } else { format!("{cut:?}") }
        }
        (_, Some(number)) => number.to_string(),
        _ => "The value".into(),
    }
}

/// Whether a number has no fraction.
pub(super) fn is_whole(number: &Number) -> bool {
    number.as_i64().is_some() || number.as_f64().fract() == 0.0
}
