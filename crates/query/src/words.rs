//! Functions beside those of the engine.

use std::sync::Arc;

use regex::Regex;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::{Connection, Error, Result};

type Fault = Box<dyn std::error::Error + Send + Sync + 'static>;

/// Defines `TEXT regexp PATTERN`.
pub(crate) fn define(database: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    database.create_scalar_function("regexp", 2, flags, matches)
}

fn matches(context: &Context<'_>) -> Result<Option<bool>> {
    let compile = |value: rusqlite::types::ValueRef<'_>| -> std::result::Result<Regex, Fault> {
        Ok(Regex::new(value.as_str()?)?)
    };
    if context.get_raw(0) == rusqlite::types::ValueRef::Null {
        return Ok(None);
    }
    let pattern: Arc<Regex> = context.get_or_create_aux(0, compile)?;
    Ok(match context.get_raw(1) {
        rusqlite::types::ValueRef::Null => None,
        rusqlite::types::ValueRef::Text(text) => {
            Some(pattern.is_match(std::str::from_utf8(text).map_err(|e| Error::UserFunctionError(e.into()))?))
        }
        rusqlite::types::ValueRef::Integer(number) => Some(pattern.is_match(&number.to_string())),
        rusqlite::types::ValueRef::Real(number) => Some(pattern.is_match(&number.to_string())),
        rusqlite::types::ValueRef::Blob(_) => Some(false),
    })
}
