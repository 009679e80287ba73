//! Archives of the program zip.

use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

use ::zip::ZipArchive;
use ::zip::result::ZipError;

use super::archive::{inside, link, write};
use crate::FetchError;

/// The longest target of a link that is read.
const LINK: u64 = 4096;

pub(super) fn unpack(packed: impl Read + Seek, into: &Path) -> Result<(), FetchError> {
    let mut archive = ZipArchive::new(packed).map_err(wrong)?;
    if archive.is_empty() {
        return Err(FetchError::Archive("it is empty".into()));
    }
    let mut links = Vec::new();
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).map_err(wrong)?;
        let path = inside(Path::new(entry.name()))?;
        if path.as_os_str().is_empty() {
            continue;
        }
        let target = into.join(&path);
        if entry.is_dir() {
            let what = format!("{} cannot be made", target.display());
            std::fs::create_dir_all(&target).map_err(FetchError::disk(what))?;
        } else if entry.is_symlink() {
            let mut text = String::new();
            let read = (&mut entry).take(LINK).read_to_string(&mut text);
            read.map_err(|e| FetchError::Archive(e.to_string()))?;
            links.push((path, PathBuf::from(text)));
        } else {
            let mode = entry.unix_mode().unwrap_or(0o644);
            write(&target, mode, &mut entry)?;
        }
    }
    link(&links, into)
}

fn wrong(error: ZipError) -> FetchError {
    FetchError::Archive(error.to_string())
}
