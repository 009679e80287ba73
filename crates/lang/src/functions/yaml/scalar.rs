//! What single words of YAML stand for.

use std::sync::LazyLock;

use regex::Regex;
use saphyr_parser::ScalarStyle;
use terrane_value::{Number, Type, Value, convert};

use crate::functions::base64;
use crate::functions::date::rfc3339::Moment;

/// What the names of all tags of YAML itself begin with.
pub const TAGS: &str = "tag:yaml.org,2002:";

/// What is wrong with a scalar.
pub struct Wrong {
    pub message: String,
    /// The scalar.
    pub text: Option<String>,
}

/// The value of a scalar with a tag, which may be empty.
pub fn resolve(tag: &str, text: &str, style: ScalarStyle) -> Result<Value, Wrong> {
    let kind = match tag {
        "" => "",
        _ => tag
            .strip_prefix(TAGS)
            .filter(|kind| KINDS.contains(kind))
            .ok_or_else(|| Wrong { message: "there is no support for the tag".into(), text: Some(tag.into()) })?,
    };
    let free = kind != "str" && kind != "binary";
    let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
    if block && kind.is_empty() {
        // As in OpenTofu: what would be a number, say, is the text of that number.
        return resolve(tag, text, ScalarStyle::Plain).map(|value| convert(&value, &Type::String).unwrap_or(value));
    }
    let plain = block || style == ScalarStyle::Plain;
    if free && !plain && (kind.is_empty() || may_be_more_than_text(text)) {
        return Ok(text.into());
    }
    if free && let Some(value) = word(text).or_else(|| untagged_number(text).map(Value::from)) {
        return Ok(value);
    }
    let wrong = || Wrong { message: format!("no {kind} can be read from"), text: Some(text.into()) };
    match kind {
        "str" => Ok(text.into()),
        "binary" => base64::decode(text).map(|_| text.into()).ok_or_else(wrong),
        "null" => Ok(Value::null(Type::Any)),
        "int" | "float" => tagged_number(text).map(Value::from).ok_or_else(wrong),
        "timestamp" => timestamp(text).map(Value::from).ok_or_else(wrong),
        "bool" => Err(wrong()),
        _ => untagged(text),
    }
}

const KINDS: [&str; 7] = ["str", "bool", "int", "float", "null", "timestamp", "binary"];

/// Whether a text begins as one that stands for a number, a date, a bool or nothing.
fn may_be_more_than_text(text: &str) -> bool {
    text.chars().next().is_none_or(|c| c.is_ascii_digit() || "+-.~yYnNtTfFoO".contains(c))
}

/// The words that stand for something, in the first version of YAML as well as in the present one.
fn word(text: &str) -> Option<Value> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true.into()),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false.into()),
        "" | "~" | "null" | "Null" | "NULL" => Some(Value::null(Type::Any)),
        _ => None,
    }
}

fn untagged(text: &str) -> Result<Value, Wrong> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Err(Wrong { message: "there are no numbers like".into(), text: Some(text.into()) });
    }
    Ok(timestamp(text).map_or_else(|| text.into(), Value::from))
}

/// The number of a text without a tag.
fn untagged_number(text: &str) -> Option<Number> {
    static FORMS: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"\A(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)\z",
        )
        .ok()
    });
    if !FORMS.as_ref()?.is_match(text) {
        return None;
    }
    number(text)
}

/// The number of a text that is said to be one, in which underlines may separate digits.
fn tagged_number(text: &str) -> Option<Number> {
    number(&text.replace('_', ""))
}

fn number(text: &str) -> Option<Number> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = match digits.get(..2)? {
        "0x" | "0X" => (16, &digits[2..]),
        "0o" | "0O" => (8, &digits[2..]),
        "0b" | "0B" => (2, &digits[2..]),
        _ => return None,
    };
    Number::from_radix(&format!("{sign}{digits}"), radix)
}

/// A date, with or without a time, as RFC 3339 writes it.
fn timestamp(text: &str) -> Option<String> {
    static FORM: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let time = r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2}(?:\.[0-9]+)?)";
        let zone = r"(Z|[-+][0-9]{2}:[0-9]{2})";
        Regex::new(&format!(r"\A([0-9]{{4}})-([0-9]{{1,2}})-([0-9]{{1,2}})(?:[Tt]{time}{zone}| {time})?\z")).ok()
    });
    let parts = FORM.as_ref()?.captures(text)?;
    let part = |i: usize, or: usize| parts.get(i).or(parts.get(or)).map_or("0", |m| m.as_str());
    let (year, month, day) = (part(1, 1), part(2, 2), part(3, 3));
    let (hour, minute, second) = (part(4, 8), part(5, 9), part(6, 10));
    let zone = parts.get(7).map_or("Z", |m| m.as_str());
    let second = if second.find('.').unwrap_or(second.len()) < 2 { format!("0{second}") } else { second.into() };
    let written = format!("{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{minute:0>2}:{second}{zone}");
    Moment::parse(&written).ok().map(|moment| moment.to_string())
}
