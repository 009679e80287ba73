//! Archives of the program tar.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ::tar::{Archive, Entry, EntryType};

use super::archive::{escapes, inside, link, write};
use crate::FetchError;

pub(super) fn unpack(packed: Box<dyn Read>, into: &Path) -> Result<(), FetchError> {
    let mut archive = Archive::new(packed);
    let mut links = Vec::new();
    let mut empty = true;
    for entry in archive.entries().map_err(wrong)? {
        let mut entry = entry.map_err(wrong)?;
        let kind = entry.header().entry_type();
        if kind.is_pax_global_extensions() || kind.is_pax_local_extensions() {
            continue;
        }
        empty = false;
        one(&mut entry, into, &mut links)?;
    }
    if empty {
        return Err(FetchError::Archive("it is empty".into()));
    }
    link(&links, into)
}

fn one<R: Read>(entry: &mut Entry<'_, R>, into: &Path, links: &mut Vec<(PathBuf, PathBuf)>) -> Result<(), FetchError> {
    let name = entry.path().map_err(wrong)?.into_owned();
    let path = inside(&name)?;
    if path.as_os_str().is_empty() {
        return Ok(());
    }
    let target = into.join(&path);
    let mode = entry.header().mode().unwrap_or(0o644);
    match entry.header().entry_type() {
        EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => write(&target, mode, entry),
        EntryType::Directory => {
            std::fs::create_dir_all(&target).map_err(FetchError::disk(format!("{} cannot be made", target.display())))
        }
        EntryType::Symlink => {
            links.push((path, destination(entry, &name)?));
            Ok(())
        }
        EntryType::Link => {
            let from = into.join(inside(&destination(entry, &name)?)?);
            let what = format!("{} cannot be read", from.display());
            let mut file = std::fs::File::open(&from).map_err(FetchError::disk(what))?;
            write(&target, mode, &mut file)
        }
        _ => Err(FetchError::Archive(format!("its entry {:?} is no file, folder or link", name.display().to_string()))),
    }
}

fn destination<R: Read>(entry: &Entry<'_, R>, name: &Path) -> Result<PathBuf, FetchError> {
    let target = entry.link_name().map_err(wrong)?;
    target.map(|t| t.into_owned()).ok_or_else(|| escapes(name))
}

fn wrong(error: io::Error) -> FetchError {
    FetchError::Archive(error.to_string())
}
