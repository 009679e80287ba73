//! SQL over a state, in memory.
//!
//! A query is first prepared against empty tables, which tells the columns it reads; then only these are filled. Absent
//! on purpose: files and connections: the database lives as long as one query, and nothing but reading is allowed.

mod catalogue;
mod error;
mod fill;
mod guard;
mod secret;
mod words;

use std::sync::Arc;

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use terrane_address::{Mode, Provider};
use terrane_state::Snapshot;
use terrane_value::Schema;

pub use catalogue::{Column, Kind, Table};
pub use error::QueryError;

use catalogue::{Home, tables_for};

/// What stands in the place of a sensitive value.
pub const HIDDEN: &str = "(sensitive value)";

/// Tells the shape of a type; without a provider, that of any provider at hand.
pub type Shapes<'a> = &'a dyn Fn(Option<&Provider>, Mode, &str) -> Option<Arc<Schema>>;

/// What is asked.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The state.
    pub snapshot: &'a Snapshot,
    /// The shapes of its objects, as far as they are known.
    pub shapes: Shapes<'a>,
    /// Whether sensitive values are shown; else [`HIDDEN`] is all that a query sees of them.
    pub secrets: bool,
}

/// What a query came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The names of its columns.
    pub columns: Vec<String>,
    /// Its rows, each with a cell for every column.
    pub rows: Vec<Vec<Cell>>,
}

/// One value of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A boolean attribute.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Real(f64),
    /// A text.
    Text(String),
    /// A list, map or object, as JSON.
    Json(String),
}

/// Answers a query.
///
/// # Errors
/// What is wrong with it, and where.
pub fn query(source: &Source<'_>, sql: &str) -> Result<Answer, QueryError> {
    let tables = tables_for(source, sql);
    let database = open(&tables).map_err(|e| QueryError::of(e, sql, &tables))?;
    let read = guard::watch(&database, sql).map_err(|e| e.into_error(sql, &tables))?;
    guard::release(&database);
    fill::fill(&database, source, &tables, &read).map_err(|e| QueryError::of(e, sql, &tables))?;
    guard::close(&database);
    run(&database, sql).map_err(|e| QueryError::of(e, sql, &tables))
}

/// The tables that can be asked: those of every state, and one for each type that it holds.
pub fn tables(source: &Source<'_>) -> Vec<Table> {
    catalogue::all(source)
}

/// The tables of the types whose names occur in a text, be there objects or not.
pub fn tables_named(source: &Source<'_>, text: &str) -> Vec<Table> {
    let words = catalogue::words(text);
    let named = |table: &Table| table.home != Home::State || words.contains(&*table.name);
    tables_for(source, text).into_iter().filter(named).collect()
}

fn open(tables: &[Table]) -> rusqlite::Result<Connection> {
    let database = Connection::open_in_memory()?;
    database.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY;")?;
    if tables.iter().any(|table| table.home == Home::Data) {
        database.execute_batch("ATTACH ':memory:' AS data; PRAGMA data.journal_mode = OFF;")?;
    }
    words::define(&database)?;
    for table in tables {
        database.execute_batch(&table.declaration())?;
    }
    Ok(database)
}

fn run(database: &Connection, sql: &str) -> rusqlite::Result<Answer> {
    let mut statement = database.prepare(sql)?;
    let kinds: Vec<Option<Kind>> =
        statement.columns().iter().map(|column| column.decl_type().and_then(Kind::declared)).collect();
    let columns = statement.column_names().into_iter().map(str::to_owned).collect();
    let mut found = statement.query([])?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        let cells = kinds.iter().enumerate().map(|(at, kind)| Ok(cell(row.get_ref(at)?, *kind)));
        rows.push(cells.collect::<rusqlite::Result<_>>()?);
    }
    Ok(Answer { columns, rows })
}

fn cell(value: ValueRef<'_>, kind: Option<Kind>) -> Cell {
    match (value, kind) {
        (ValueRef::Null, _) => Cell::Null,
        (ValueRef::Integer(n), Some(Kind::Bool)) => Cell::Bool(n != 0),
        (ValueRef::Integer(n), _) => Cell::Integer(n),
        (ValueRef::Real(n), _) => Cell::Real(n),
        (ValueRef::Text(text), kind) => {
            let text = String::from_utf8_lossy(text).into_owned();
            let json = kind == Some(Kind::Json) && text.starts_with(['[', '{']);
            if json { Cell::Json(text) } else { Cell::Text(text) }
        }
        (ValueRef::Blob(bytes), _) => Cell::Text(bytes.iter().map(|b| format!("{b:02x}")).collect()),
    }
}
