//! Where the keys of journals are that no lock carries.

use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use terrane_encryption::JournalCipher;
use terrane_state::JournalKey;

use super::{digest, own, path};

/// Where journals of what is not in the state yet are kept, and how they are sealed.
#[derive(Clone)]
pub struct Journals {
    /// The folder of the journals.
    pub folder: PathBuf,
    /// The folder of keys that no lock carries, away from the project; `None`: there is none.
    pub keys: Option<PathBuf>,
    /// Makes keys, and seals with them.
    pub cipher: JournalCipher,
}

impl Journals {
    /// Whether there is a journal of the state in this place.
    pub fn has(&self, place: &str) -> bool {
        path(&self.folder, place).exists()
    }

    /// Keeps the keys of a lock that is about to be removed, if there is a journal of the state that they may open.
    ///
    /// # Errors
    /// Why they cannot be kept.
    pub fn keep(&self, place: &str, keys: &[JournalKey]) -> io::Result<()> {
        if keys.is_empty() || !self.has(place) {
            return Ok(());
        }
        let nowhere = || io::Error::other("there is no home folder");
        self.key_file(&path(&self.folder, place)).ok_or_else(nowhere)?.write(keys)
    }

    /// Where the key of a journal is.
    pub(super) fn key_file(&self, journal: &Path) -> Option<KeyFile> {
        let whole = std::fs::canonicalize(&self.folder).or_else(|_| std::path::absolute(&self.folder)).ok()?;
        let whole = whole.join(journal.file_name()?);
        let name = format!("journal-{}.key", digest(whole.as_os_str().as_bytes()));
        Some(KeyFile(self.keys.as_ref()?.join(name)))
    }
}

/// A file with the keys of one journal, one a line.
pub(super) struct KeyFile(PathBuf);

impl KeyFile {
    pub fn read(&self) -> Vec<JournalKey> {
        let text = std::fs::read_to_string(&self.0).unwrap_or_default();
        text.lines().map(|line| JournalKey(line.to_owned())).collect()
    }

    pub fn write(&self, keys: &[JournalKey]) -> io::Result<()> {
        self.0.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        let mut file = own(&self.0)?;
        let text: String = keys.iter().map(|key| format!("{}\n", key.0)).collect();
        file.set_len(0)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    }

    pub fn remove(&self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
