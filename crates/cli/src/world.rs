//! The world as it is: this machine's files, clock and chance.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use terrane_lang::{Entry, World};

/// Reads from disk; relative paths start at the folder of the root module.
#[derive(Clone, Debug)]
pub struct Disk {
    root: PathBuf,
    planned_at: SystemTime,
}

impl Disk {
    /// The world as seen from a folder.
    pub fn at(root: &Path) -> Disk {
        Disk { root: root.to_owned(), planned_at: SystemTime::now() }
    }

    /// Sets the time of the plan, if it was not made just now.
    pub fn set_planned_at(&mut self, seconds: u64) {
        self.planned_at = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    }

    /// The time of the plan in seconds since 1970.
    pub fn planned_seconds(&self) -> u64 {
        self.planned_at.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }
}

impl World for Disk {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        std::fs::read(self.root.join(path))
    }

    fn list(&self, dir: &str) -> io::Result<Vec<Entry>> {
        let entries = std::fs::read_dir(self.root.join(dir))?;
        entries
            .map(|entry| {
                let entry = entry?;
                let is_dir = entry.path().is_dir();
                Ok(Entry { name: entry.file_name().to_string_lossy().into_owned(), is_dir })
            })
            .collect()
    }

    fn absolute(&self, path: &str) -> String {
        let joined = self.root.join(path);
        std::path::absolute(&joined).unwrap_or(joined).to_string_lossy().into_owned()
    }

    fn home(&self) -> Option<String> {
        std::env::var("HOME").ok().filter(|h| !h.is_empty())
    }

    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn planned_at(&self) -> SystemTime {
        self.planned_at
    }

    fn encryption(&self) -> Option<String> {
        std::env::var("TF_ENCRYPTION").ok()
    }

    fn random(&self, bytes: &mut [u8]) {
        // Only a kernel without randomness fails here; zeros are then as good as any.
        let _ = getrandom::fill(bytes);
    }
}
