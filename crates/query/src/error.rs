//! What is wrong with a query.

use rusqlite::Error;

use crate::catalogue::{Table, words};

/// Why a query has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// In full sentences.
    pub message: String,
    /// The byte of the query at which it shows.
    pub at: Option<usize>,
    /// What was probably meant.
    pub near: Option<String>,
}

impl QueryError {
    /// The engine's error in our words.
    pub(crate) fn of(error: Error, sql: &str, tables: &[Table]) -> QueryError {
        let (message, at) = match error {
            Error::SqlInputError { msg, offset, .. } => (msg, usize::try_from(offset).ok()),
            Error::SqliteFailure(_, Some(message)) => (message, None),
            Error::MultipleStatement => ("there is more than one statement".to_owned(), second(sql)),
            other => (other.to_string(), None),
        };
        let near = near(&message, sql, tables);
        QueryError { message: sentence(&message), at: at.filter(|at| *at <= sql.len()), near }
    }
}

fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

/// Where the second of two statements begins, as far as that can be told without reading texts.
fn second(sql: &str) -> Option<usize> {
    let end = sql.find(';')? + 1;
    Some(end + (sql[end..].len() - sql[end..].trim_start().len()))
}

/// The name that is most like one that is not there.
fn near(message: &str, sql: &str, tables: &[Table]) -> Option<String> {
    let last = |name: &str| name.rsplit('.').next().unwrap_or(name).to_lowercase();
    if let Some(name) = message.strip_prefix("no such table: ") {
        return nearest(&last(name), tables.iter().map(|table| &*table.name));
    }
    let name = message.strip_prefix("no such column: ")?;
    let words = words(sql);
    let asked = tables.iter().filter(|table| words.contains(&*table.name));
    nearest(&last(name), asked.flat_map(|table| table.columns.iter().map(|column| &*column.name)))
}

fn nearest<'a>(name: &str, all: impl Iterator<Item = &'a str>) -> Option<String> {
    let scored = all
        .filter(|other| *other != name)
        .map(|other| (strsim::jaro_winkler(name, other), other))
        .filter(|(score, _)| *score > 0.85);
    scored.max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, name)| name.to_owned())
}
