//! Earlier states: the copies that writes have left beside the file.

use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use terrane_state::{Kept, Past, StoreError};

/// The state file and its copies, newest first.
pub(super) fn list(path: &Path, limit: usize) -> Result<Vec<Past>, StoreError> {
    let folder = folder(path);
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(failed(&folder, &e)),
    };
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let own = name(path);
    let mut all: Vec<(Past, std::time::SystemTime)> =
        names.filter(|name| is_copy(&own, name)).filter_map(|name| past(&folder, &own, name)).collect();
    all.sort_by(|(a, when), (b, then)| (b.current, then, &b.id).cmp(&(a.current, when, &a.id)));
    Ok(all.into_iter().map(|(past, _)| past).take(limit).collect())
}

/// The state in one of those files.
pub(super) fn load(path: &Path, id: &str) -> Result<Kept, StoreError> {
    let folder = folder(path);
    if !is_copy(&name(path), id) {
        return Err(StoreError::Failed(format!(
            "There is no copy {id:?} of the state {}. \"terrane state history\" lists those that there are.",
            path.display()
        )));
    }
    let file = folder.join(id);
    let bytes = std::fs::read(&file).map_err(|e| failed(&file, &e))?;
    Ok(Kept { bytes, writer: None })
}

fn past(folder: &Path, own: &str, name: String) -> Option<(Past, std::time::SystemTime)> {
    let file = std::fs::metadata(folder.join(&name)).ok().filter(|file| file.is_file() && file.len() > 0)?;
    let modified = file.modified().ok()?;
    let stored = modified.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let current = name == own;
    let stored = i64::try_from(stored).unwrap_or(i64::MAX);
    Some((Past { id: name.into(), stored, size: file.len(), current, deleted: false }, modified))
}

/// Whether a name is that of the state file, of its `.backup`, or of a `.<seconds>.backup`.
fn is_copy(own: &str, name: &str) -> bool {
    let Some(rest) = name.strip_prefix(own) else { return false };
    match rest.strip_suffix(".backup") {
        None => rest.is_empty(),
        Some("") => true,
        Some(when) => when.strip_prefix('.').is_some_and(|w| !w.is_empty() && w.bytes().all(|b| b.is_ascii_digit())),
    }
}

fn folder(path: &Path) -> PathBuf {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn failed(what: &Path, error: &io::Error) -> StoreError {
    StoreError::Failed(format!("{} cannot be read: {error}.", what.display()))
}

#[cfg(test)]
mod tests {
    use super::is_copy;

    #[test]
    fn only_copies_of_the_state_are_its_history() {
        for (name, copy) in [
            ("a.tfstate", true),
            ("a.tfstate.backup", true),
            ("a.tfstate.1700000000.backup", true),
            ("a.tfstate.old.backup", false),
            ("../a.tfstate.backup", false),
            ("b.tfstate.backup", false),
            ("a.tfstate.1.backup.x", false),
        ] {
            assert_eq!(is_copy("a.tfstate", name), copy, "{name}");
        }
    }
}
