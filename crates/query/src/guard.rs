//! What a query may do, and what it reads.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

use crate::QueryError;
use crate::catalogue::Table;

/// The columns that a query reads, by database and table; rows are counted without any.
pub(crate) type Read = BTreeMap<(String, String), BTreeSet<String>>;

/// Why a query was refused before it ran.
pub(crate) struct Refused {
    error: rusqlite::Error,
    forbidden: Option<String>,
}

impl Refused {
    pub(crate) fn into_error(self, sql: &str, tables: &[Table]) -> QueryError {
        match self.forbidden {
            Some(what) => QueryError {
                message: format!("A query only reads: {what} is not possible. It begins with SELECT, WITH or VALUES."),
                at: None,
                near: None,
            },
            None => QueryError::of(self.error, sql, tables),
        }
    }
}

#[derive(Default)]
struct Seen {
    read: Read,
    forbidden: Option<String>,
}

/// Prepares a query, without running it, and says what it reads.
pub(crate) fn watch(database: &Connection, sql: &str) -> Result<Read, Refused> {
    let seen: Arc<Mutex<Seen>> = Arc::default();
    let notes = seen.clone();
    database.authorizer(Some(move |context: AuthContext<'_>| {
        let mut seen = notes.lock().unwrap_or_else(PoisonError::into_inner);
        if let AuthAction::Read { table_name, column_name } = context.action {
            let home = context.database_name.unwrap_or("main").to_owned();
            let columns = seen.read.entry((home, table_name.to_lowercase())).or_default();
            columns.insert(column_name.to_lowercase());
        }
        match forbidden(&context.action) {
            None => Authorization::Allow,
            Some(what) => {
                seen.forbidden.get_or_insert(what);
                Authorization::Deny
            }
        }
    }));
    let columns = database.prepare(sql).map(|statement| statement.column_count());
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    match columns {
        Ok(0) => {
            Err(Refused { error: rusqlite::Error::InvalidQuery, forbidden: Some("anything without an answer".into()) })
        }
        Ok(_) => Ok(std::mem::take(&mut seen.read)),
        Err(error) => Err(Refused { error, forbidden: seen.forbidden.take() }),
    }
}

/// Lets everything through again, so that tables can be filled.
pub(crate) fn release(database: &Connection) {
    database.authorizer(None::<fn(AuthContext<'_>) -> Authorization>);
}

/// Lets nothing through but reading.
pub(crate) fn close(database: &Connection) {
    database.authorizer(Some(|context: AuthContext<'_>| match forbidden(&context.action) {
        None => Authorization::Allow,
        Some(_) => Authorization::Deny,
    }));
}

/// What an action is called that no query may do.
fn forbidden(action: &AuthAction<'_>) -> Option<String> {
    Some(match action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => return None,
        AuthAction::Function { function_name } => match function_name.eq_ignore_ascii_case("load_extension") {
            true => "loading an extension".into(),
            false => return None,
        },
        AuthAction::Attach { .. } | AuthAction::Detach { .. } => "attaching a database".into(),
        AuthAction::Pragma { pragma_name, .. } => format!("the pragma {pragma_name:?}"),
        AuthAction::Insert { table_name } | AuthAction::Delete { table_name } => format!("changing {table_name:?}"),
        AuthAction::Update { table_name, .. } => format!("changing {table_name:?}"),
        AuthAction::Transaction { .. } | AuthAction::Savepoint { .. } => "a transaction".into(),
        _ => "changing the database".into(),
    })
}
