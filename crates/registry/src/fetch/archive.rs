//! Archives of all kinds.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Component, Path, PathBuf};

use super::{tar, zip};
use crate::FetchError;

/// How an archive is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Zip,
    Tar,
    TarGz,
    TarBz2,
    TarXz,
}

/// Ends of names, and what they stand for.
const ENDS: &[(&str, Kind)] = &[
    ("tar", Kind::Tar),
    ("tar.bz2", Kind::TarBz2),
    ("tar.gz", Kind::TarGz),
    ("tar.tbz2", Kind::TarBz2),
    ("tar.xz", Kind::TarXz),
    ("tbz2", Kind::TarBz2),
    ("tgz", Kind::TarGz),
    ("txz", Kind::TarXz),
    ("zip", Kind::Zip),
];

impl Kind {
    /// The kind that the parameter `archive` names, or else the end of a path. `None`: no archive.
    pub(super) fn of(parameter: Option<&str>, path: &str) -> Result<Option<Kind>, FetchError> {
        let of = |end: &str| ENDS.iter().find(|(name, _)| *name == end).map(|(_, kind)| *kind);
        match parameter {
            Some("0" | "f" | "F" | "false" | "False" | "FALSE") => Ok(None),
            Some(name) => of(name).map(Some).ok_or_else(|| {
                let known: Vec<&str> = ENDS.iter().map(|(name, _)| *name).collect();
                let known = known.join(", ");
                FetchError::Address(format!(
                    "The parameter archive={name} names no kind of archive; known are {known}."
                ))
            }),
            None => {
                let longest = ENDS.iter().filter(|(end, _)| path.ends_with(&format!(".{end}")));
                Ok(longest.max_by_key(|(end, _)| end.len()).map(|(_, kind)| *kind))
            }
        }
    }
}

/// Unpacks an archive into a folder that is not there yet.
///
/// Whatever would come to lie outside of the folder, or would point out of it, is an error.
pub(super) fn unpack(kind: Kind, archive: &Path, into: &Path) -> Result<(), FetchError> {
    let file = File::open(archive).map_err(FetchError::disk("The archive cannot be read"))?;
    std::fs::create_dir_all(into).map_err(FetchError::disk(format!("{} cannot be made", into.display())))?;
    let file = BufReader::with_capacity(128 * 1024, file);
    let packed: Box<dyn Read> = match kind {
        Kind::Zip => return zip::unpack(file, into),
        Kind::Tar => Box::new(file),
        Kind::TarGz => Box::new(flate2::read::MultiGzDecoder::new(file)),
        Kind::TarBz2 => Box::new(bzip2::read::MultiBzDecoder::new(file)),
        Kind::TarXz => Box::new(lzma_rust2::XzReader::new(file, true)),
    };
    tar::unpack(packed, into)
}

/// Where an entry of an archive belongs, relative to the folder; an error if that is not within it.
pub(super) fn inside(name: &Path) -> Result<PathBuf, FetchError> {
    let mut path = PathBuf::new();
    for step in name.components() {
        match step {
            Component::Normal(step) => path.push(step),
            Component::CurDir => {}
            // Go's library takes a leading slash for the folder itself, and so do we.
            Component::RootDir => {}
            Component::ParentDir | Component::Prefix(_) => return Err(escapes(name)),
        }
    }
    Ok(path)
}

pub(super) fn escapes(name: &Path) -> FetchError {
    FetchError::Archive(format!("its entry {:?} leads out of the package", name.display().to_string()))
}

/// Makes the links of an archive, after everything else, so that nothing is ever written through one.
pub(super) fn link(links: &[(PathBuf, PathBuf)], root: &Path) -> Result<(), FetchError> {
    let what = |path: &Path| FetchError::disk(format!("{} cannot be linked", path.display()));
    for (path, target) in links {
        if target.is_absolute() {
            return Err(escapes(path));
        }
        let path = root.join(path);
        prepare(&path)?;
        std::os::unix::fs::symlink(target, &path).map_err(what(&path))?;
    }
    let root_found = root.canonicalize().map_err(what(root))?;
    for (path, _) in links {
        match root.join(path).canonicalize() {
            Ok(found) if found.starts_with(&root_found) => {}
            Ok(_) => return Err(escapes(path)),
            // It points at nothing, so that it is of no use, and could be made to point anywhere.
            Err(_) => std::fs::remove_file(root.join(path)).map_err(what(path))?,
        }
    }
    Ok(())
}

/// Makes the folder around a path, and removes a file that is there already.
pub(super) fn prepare(path: &Path) -> Result<(), FetchError> {
    let what = || FetchError::disk(format!("{} cannot be written", path.display()));
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(what())?;
    }
    match std::fs::symlink_metadata(path) {
        Ok(found) if !found.is_dir() => std::fs::remove_file(path).map_err(what()),
        _ => Ok(()),
    }
}

/// Writes one file of an archive with its permissions, as far as the umask of this user allows.
pub(super) fn write(path: &Path, mode: u32, content: &mut dyn Read) -> Result<(), FetchError> {
    use std::os::unix::fs::OpenOptionsExt;
    prepare(path)?;
    let what = format!("{} cannot be written", path.display());
    // Its owner can always change and remove it; special bits have no meaning for a module.
    let mode = (mode & 0o777) | 0o600;
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    let written = file.and_then(|mut file| std::io::copy(content, &mut file));
    written.map(|_| ()).map_err(FetchError::disk(what))
}
