//! The files of a folder, without clock or chance.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use terrane_lang::{Entry, World};

/// Reads from disk; relative paths start at a folder.
pub struct Disk(pub PathBuf);

impl World for Disk {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        std::fs::read(self.0.join(path))
    }

    fn list(&self, dir: &str) -> io::Result<Vec<Entry>> {
        let entries = std::fs::read_dir(self.0.join(dir))?;
        entries
            .map(|entry| {
                let entry = entry?;
                Ok(Entry { name: entry.file_name().to_string_lossy().into_owned(), is_dir: entry.path().is_dir() })
            })
            .collect()
    }

    fn absolute(&self, path: &str) -> String {
        self.0.join(path).to_string_lossy().into_owned()
    }

    fn home(&self) -> Option<String> {
        None
    }

    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }

    fn random(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

/// Every folder at or below `root` that holds configuration, sorted.
pub fn folders(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut queue = vec![root.to_owned()];
    while let Some(dir) = queue.pop() {
        let mut configuration = false;
        for entry in std::fs::read_dir(&dir)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                queue.push(path);
            } else {
                configuration |= [".tf", ".tf.json", ".tofu", ".tofu.json"].iter().any(|end| name.ends_with(end));
            }
        }
        if configuration {
            found.push(dir);
        }
    }
    found.sort();
    Ok(found)
}
