//! States that were stored earlier.

use std::path::Path;
use std::sync::Arc;

use terrane_source::Diagnostic;
use terrane_state::{Kept, Past, Snapshot, Store, StoreError};

use super::{parse_state, read_file};

/// How many versions are asked for when one is looked for among all.
const ALL: usize = 100_000;

/// A state that was named, and what it is called in messages.
pub struct Named {
    /// The state.
    pub snapshot: Snapshot,
    /// What it is called: `version X, serial 7`.
    pub name: String,
}

/// The versions of a state, newest first.
///
/// # Errors
/// If the store keeps none, or cannot be asked.
pub async fn versions(store: &dyn Store, limit: usize) -> Result<Vec<Past>, Diagnostic> {
    store.versions(limit).await.map_err(|e| cannot(&e))
}

/// The state of a version, with who wrote it.
///
/// # Errors
/// If it cannot be read, or is none.
pub async fn load(store: &Arc<dyn Store>, id: &str) -> Result<(Snapshot, Kept), Diagnostic> {
    let kept = store.load_version(id).await.map_err(|e| cannot(&e))?;
    Ok((parse_state(Path::new(id), &kept.bytes)?, kept))
}

fn version(id: &str, kept: &Kept) -> Result<Named, Diagnostic> {
    let snapshot = parse_state(Path::new(id), &kept.bytes)?;
    let name = format!("version {id}, serial {}", snapshot.serial);
    Ok(Named { snapshot, name })
}

/// The state in use.
///
/// # Errors
/// If it cannot be read.
pub async fn current(store: &Arc<dyn Store>) -> Result<Named, Diagnostic> {
    let snapshot = terrane_engine::load(&**store).await?.snapshot;
    let name = format!("the state in use, serial {}", snapshot.serial);
    Ok(Named { snapshot, name })
}

/// The newest version that differs from the state in use.
///
/// # Errors
/// If there is none.
pub async fn previous(store: &Arc<dyn Store>) -> Result<Named, Diagnostic> {
    let all = versions(&**store, 10).await?;
    match all.iter().find(|past| !past.current && !past.deleted) {
        Some(past) => of_version(store, &past.id).await,
        None => Err(Diagnostic::error(
            "No earlier state",
            format!("Of the state {} only the newest is kept.", store.place()),
        )
        .hint("In S3, turn on versioning of the bucket. A state file can be named instead of a version.")),
    }
}

/// The state that was named: by a state file, by its serial, by the id of its version, or as "current".
///
/// # Errors
/// If there is none of this name.
pub async fn named(store: &Arc<dyn Store>, name: &str) -> Result<Named, Diagnostic> {
    if name == "current" {
        return current(store).await;
    }
    if let Ok(serial) = name.parse::<u64>() {
        return of_serial(store, serial).await;
    }
    match Path::new(name).is_file() {
        true => Ok(Named { snapshot: read_file(Path::new(name), &**store).await?, name: name.to_owned() }),
        false => of_version(store, name).await,
    }
}

/// The serial of the newest state that is kept; 0 if there is none.
///
/// # Errors
/// If the versions cannot be read.
pub async fn last_serial(store: &dyn Store) -> Result<u64, Diagnostic> {
    let all = versions(store, ALL).await?;
    let Some(last) = all.iter().find(|past| !past.deleted) else { return Ok(0) };
    let kept = store.load_version(&last.id).await.map_err(|e| cannot(&e))?;
    Ok(terrane_state::head(&kept.bytes).map_or(0, |(_, serial)| serial))
}

async fn of_version(store: &Arc<dyn Store>, id: &str) -> Result<Named, Diagnostic> {
    version(id, &store.load_version(id).await.map_err(|e| cannot(&e))?)
}

async fn of_serial(store: &Arc<dyn Store>, serial: u64) -> Result<Named, Diagnostic> {
    let all = versions(&**store, ALL).await?;
    for past in all.iter().filter(|past| !past.deleted) {
        let kept = store.load_version(&past.id).await.map_err(|e| cannot(&e))?;
        if terrane_state::head(&kept.bytes).is_some_and(|(_, found)| found == serial) {
            return version(&past.id, &kept);
        }
    }
    Err(Diagnostic::error(
        "No such state",
        format!("None of the {} states that are kept of {} has the serial {serial}.", all.len(), store.place()),
    )
    .hint("\"terrane state history\" lists them."))
}

fn cannot(error: &StoreError) -> Diagnostic {
    Diagnostic::error("Earlier states cannot be read", error.to_string())
}
