//! Functions of regular expressions.

mod replacement;
mod syntax;

use ::regex::{Captures, Regex};
use terrane_value::{Type, Value};

use super::call::Call;
use super::signature::a_string;
use super::{ArgError, Function, Param};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("regex", &[PATTERN, Param::string("string")], match_type, regex),
    Function::new("regexall", &[PATTERN, Param::string("string")], |args| match_type(args).map(Type::list), regexall),
    Function::new(
        "replace",
        &[Param::string("str"), Param::string("substr"), Param::string("replace")],
        a_string,
        replace,
    ),
];

const PATTERN: Param = Param::string("pattern");

fn regex(call: &Call<'_>) -> Result<Value, ArgError> {
    let pattern = compiled(call.text(0), 0)?;
    match pattern.captures(call.text(1)) {
        Some(captures) => Ok(matched(&pattern, &captures)),
        None => {
            let text = call.shown(call.text(1));
            Err(ArgError::call(format!("the pattern does not match any part of {text}")))
        }
    }
}

fn regexall(call: &Call<'_>) -> Result<Value, ArgError> {
    let pattern = compiled(call.text(0), 0)?;
    let element = call.result.element().cloned().unwrap_or(Type::Any);
    let matches: Vec<Value> = pattern.captures_iter(call.text(1)).map(|c| matched(&pattern, &c)).collect();
    Ok(Value::list(element, matches))
}

/// With slashes around it, the second argument is a pattern.
fn replace(call: &Call<'_>) -> Result<Value, ArgError> {
    let (text, search, replacement) = (call.text(0), call.text(1), call.text(2));
    let Some(pattern) = search.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) else {
        return Ok(text.replace(search, replacement).into());
    };
    let pattern = compiled(pattern, 1)?;
    let replaced = pattern.replace_all(text, |captures: &Captures<'_>| replacement::expand(replacement, captures));
    Ok(replaced.into_owned().into())
}

/// What a match of the pattern in the first argument is: a text, or what its groups are.
fn match_type(args: &[Value]) -> Result<Type, ArgError> {
    let Some(pattern) = args[0].as_str() else { return Ok(Type::Any) };
    let pattern = compiled(pattern, 0)?;
    let groups: Vec<Option<&str>> = pattern.capture_names().skip(1).collect();
    let names: Vec<&str> = groups.iter().copied().flatten().collect();
    match (groups.len(), names.len()) {
        (0, _) => Ok(Type::String),
        (all, 0) => Ok(Type::tuple((0..all).map(|_| Type::String))),
        (all, named) if all == named => Ok(Type::object(names.into_iter().map(|n| (n, Type::String)))),
        _ => Err(ArgError::at(0, "invalid pattern: groups with and without names cannot be mixed")),
    }
}

fn matched(pattern: &Regex, captures: &Captures<'_>) -> Value {
    let text = |i: usize| captures.get(i).map_or_else(|| Value::null(Type::String), |m| m.as_str().into());
    let names: Vec<(usize, Option<&str>)> = pattern.capture_names().enumerate().skip(1).collect();
    match names.first() {
        None => text(0),
        Some((_, None)) => Value::tuple(names.iter().map(|(i, _)| text(*i))),
        Some(_) => Value::object(names.iter().filter_map(|(i, name)| Some(((*name)?, text(*i))))),
    }
}

/// The pattern that is the argument at a place.
fn compiled(pattern: &str, at: usize) -> Result<Regex, ArgError> {
    let wrong = |why: &str| ArgError::at(at, format!("invalid pattern: {why}")).revealing();
    let translated = syntax::translate(pattern).map_err(|why| wrong(&why))?;
    Regex::new(&translated).map_err(|error| match error {
        ::regex::Error::CompiledTooBig(_) => wrong("it is too large"),
        other => wrong(last_line(&other.to_string())),
    })
}

/// The line of an error that says what is wrong; those before it show the translated pattern.
fn last_line(error: &str) -> &str {
    let last = error.lines().next_back().unwrap_or_default();
    last.strip_prefix("error: ").unwrap_or(last)
}
