//! Functions of texts.

use std::cmp::Ordering;

use terrane_value::{Kind, Refinement, Type, Value};
use unicode_segmentation::UnicodeSegmentation;

use super::call::Call;
use super::signature::{a_bool, a_string, strings};
use super::{ArgError, Function, Param};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("chomp", &[STR], a_string, |c| Ok(c.text(0).trim_end_matches(['\r', '\n']).into())),
    Function::new("endswith", &[STR, SUFFIX], a_bool, |c| Ok(c.text(0).ends_with(c.text(1)).into())),
    Function::new("indent", &[Param::number("spaces"), STR], a_string, indent),
    Function::new("join", &[Param::string("separator")], a_string, join).variadic(Param::strings("lists")),
    Function::new("lower", &[STR], a_string, |c| Ok(c.text(0).chars().map(to_lower).collect::<String>().into())),
    Function::new("sort", &[Param::strings("list").unknown()], strings, sort),
    Function::new("split", &[Param::string("separator"), STR], strings, split),
    Function::new("startswith", &[STR.unknown(), PREFIX], a_bool, startswith),
    Function::new("strcontains", &[STR, SUBSTR], a_bool, |c| Ok(c.text(0).contains(c.text(1)).into())).nullable(),
    Function::new("strrev", &[STR], a_string, |c| Ok(c.text(0).graphemes(true).rev().collect::<String>().into())),
    Function::new("substr", &[STR, Param::number("offset"), Param::number("length")], a_string, substr),
    Function::new("title", &[STR], a_string, |c| Ok(title(c.text(0)).into())),
    Function::new("trim", &[STR, Param::string("cutset")], a_string, |c| {
        Ok(c.text(0).trim_matches(|ch| c.text(1).contains(ch)).into())
    }),
    Function::new("trimprefix", &[STR, PREFIX], a_string, |c| {
        Ok(c.text(0).strip_prefix(c.text(1)).unwrap_or(c.text(0)).into())
    }),
    Function::new("trimspace", &[STR], a_string, |c| Ok(c.text(0).trim().into())),
    Function::new("trimsuffix", &[STR, SUFFIX], a_string, |c| {
        Ok(c.text(0).strip_suffix(c.text(1)).unwrap_or(c.text(0)).into())
    }),
    Function::new("upper", &[STR], a_string, |c| Ok(c.text(0).chars().map(to_upper).collect::<String>().into())),
];

const STR: Param = Param::string("str");
const PREFIX: Param = Param::string("prefix");
const SUBSTR: Param = Param::string("substr");
const SUFFIX: Param = Param::string("suffix");

/// Greatest number of spaces that `indent` adds to a line.
const WIDEST: i64 = 10_000;

fn indent(call: &Call<'_>) -> Result<Value, ArgError> {
    let spaces = call.integer(0)?;
    match usize::try_from(spaces) {
        Ok(n) if spaces <= WIDEST => Ok(call.text(1).replace('\n', &format!("\n{}", " ".repeat(n))).into()),
        _ => Err(ArgError::at(0, format!("the number of spaces must be from 0 to {WIDEST}, not {spaces}")).revealing()),
    }
}

fn join(call: &Call<'_>) -> Result<Value, ArgError> {
    let lists = &call.args[1..];
    if lists.is_empty() {
        return Err(ArgError::call("at least one list is required"));
    }
    if !lists.iter().all(Value::is_wholly_known) {
        return Ok(Value::unknown(Type::String));
    }
    let mut texts = Vec::new();
    for (at, list) in lists.iter().enumerate() {
        for (i, element) in list.elements().unwrap_or_default().iter().enumerate() {
            let Some(text) = element.as_str() else {
                return Err(ArgError::at(at + 1, format!("element {i} is null, which cannot be joined to a text")));
            };
            texts.push(text);
        }
    }
    Ok(texts.join(call.text(0)).into())
}

fn sort(call: &Call<'_>) -> Result<Value, ArgError> {
    let list = &call.args[0];
    if !list.is_wholly_known() {
        return Ok(as_long_as(list, Value::unknown(Type::list(Type::String))));
    }
    let mut elements = list.elements().unwrap_or_default().to_vec();
    if let Some(i) = elements.iter().position(Value::is_null) {
        return Err(ArgError::call(format!("element {i} of the list is null, which cannot be sorted")));
    }
    elements.sort();
    Ok(Value::list(Type::String, elements))
}

/// An unknown list with what is known of the length of another.
fn as_long_as(list: &Value, unknown: Value) -> Value {
    let length = match (list.kind(), list.elements()) {
        (_, Some(elements)) => Some((elements.len() as u64, Some(elements.len() as u64))),
        (Kind::Unknown(_, known), None) => known.length,
        _ => None,
    };
    length.map_or(unknown.clone(), |(least, most)| unknown.refine(Refinement::length(least, most)))
}

fn split(call: &Call<'_>) -> Result<Value, ArgError> {
    let (separator, text) = (call.text(0), call.text(1));
    let parts: Vec<Value> = match separator {
        "" => text.chars().map(|c| c.to_string().into()).collect(),
        _ => text.split(separator).map(Value::from).collect(),
    };
    Ok(Value::list(Type::String, parts))
}

fn startswith(call: &Call<'_>) -> Result<Value, ArgError> {
    let prefix = call.text(1);
    let Kind::Unknown(_, known) = call.args[0].kind() else { return Ok(call.text(0).starts_with(prefix).into()) };
    let decided = match &known.prefix {
        _ if prefix.is_empty() => Some(true),
        Some(beginning) if beginning.starts_with(prefix) => Some(true),
        Some(beginning) if beginning.len() >= prefix.len() => Some(false),
        _ => None,
    };
    Ok(decided.map_or_else(|| Value::unknown(Type::Bool), Value::from))
}

/// Counts characters as people see them. A length of nought takes nothing, but all after an offset from the end.
fn substr(call: &Call<'_>) -> Result<Value, ArgError> {
    let characters: Vec<&str> = call.text(0).graphemes(true).collect();
    let (offset, length) = (call.integer(1)?, call.integer(2)?);
    if offset >= 0 && length == 0 {
        return Ok("".into());
    }
    let count = characters.len() as i64;
    let start = if offset < 0 { (offset + count).max(0) } else { offset.min(count) };
    let end = match length.cmp(&0) {
        Ordering::Greater => start.saturating_add(length).min(count),
        _ => count,
    };
    Ok(characters[start as usize..end as usize].concat().into())
}

/// Each letter after what is no letter, digit or underscore in its title case.
fn title(text: &str) -> String {
    let mut separated = true;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        out.push(if separated { to_title(c) } else { c });
        separated = match c {
            '_' => false,
            c if c.is_ascii() => !c.is_ascii_alphanumeric(),
            c => c.is_whitespace(),
        };
    }
    out
}

/// The upper case of a character where that is one character, the character itself otherwise.
fn to_upper(c: char) -> char {
    match c {
        // Greek letters with an iota below have one character that stands for both.
        '\u{1f80}'..='\u{1faf}' => char::from_u32(u32::from(c) | 8).unwrap_or(c),
        '\u{1fb3}' => '\u{1fbc}',
        '\u{1fc3}' => '\u{1fcc}',
        '\u{1ff3}' => '\u{1ffc}',
        _ => only(c.to_uppercase(), c),
    }
}

/// The lower case of a character, as far as it is one character.
fn to_lower(c: char) -> char {
    match c {
        '\u{130}' => 'i',
        _ => only(c.to_lowercase(), c),
    }
}

/// The upper case, but for the few characters that stand for two letters or have no capitals within a text.
fn to_title(c: char) -> char {
    match c {
        '\u{1c4}'..='\u{1c6}' => '\u{1c5}',
        '\u{1c7}'..='\u{1c9}' => '\u{1c8}',
        '\u{1ca}'..='\u{1cc}' => '\u{1cb}',
        '\u{1f1}'..='\u{1f3}' => '\u{1f2}',
        '\u{10d0}'..='\u{10ff}' => c,
        _ => to_upper(c),
    }
}

fn only(mut mapped: impl ExactSizeIterator<Item = char>, otherwise: char) -> char {
    match (mapped.len(), mapped.next()) {
        (1, Some(c)) => c,
        _ => otherwise,
    }
}
