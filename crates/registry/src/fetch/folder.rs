//! Folders of packages.

use std::path::{Path, PathBuf};

use globset::GlobBuilder;

use crate::FetchError;

/// The folder of a package that a source names after `//`, which may hold wildcards.
pub(crate) fn subfolder(package: &Path, subdir: &str) -> Result<PathBuf, FetchError> {
    if subdir.is_empty() || subdir == "." {
        return Ok(package.to_owned());
    }
    let mut found = vec![package.to_owned()];
    for step in subdir.split('/') {
        found = match step.contains(['*', '?', '[']) {
            true => matching(&found, step, subdir)?,
            false => found.into_iter().map(|folder| folder.join(step)).filter(|path| path.exists()).collect(),
        };
    }
    match found.len() {
        0 => Err(FetchError::NoSubdir(subdir.into())),
        1 => Ok(found.remove(0)),
        _ => {
            let relative = |path: &PathBuf| path.strip_prefix(package).unwrap_or(path).display().to_string();
            Err(FetchError::Subdirs { pattern: subdir.into(), found: found.iter().map(relative).collect() })
        }
    }
}

/// What in some folders has a name that fits a pattern, sorted.
fn matching(folders: &[PathBuf], pattern: &str, whole: &str) -> Result<Vec<PathBuf>, FetchError> {
    let glob = GlobBuilder::new(pattern).literal_separator(true).build();
    let glob = glob.map_err(|e| FetchError::Address(format!("The folder \"{whole}\" is no pattern: {e}.")))?;
    let matcher = glob.compile_matcher();
    let mut found: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).into_iter().flatten().flatten())
        .filter(|entry| matcher.is_match(entry.file_name()))
        .map(|entry| entry.path())
        .collect();
    found.sort();
    Ok(found)
}

/// Copies a folder with all in it, but for the history of a repository. A link to a folder is copied as a link.
pub(crate) fn copy_folder(from: &Path, to: &Path) -> Result<(), FetchError> {
    let link = std::fs::read_link(from);
    let result = match link {
        Ok(target) => std::os::unix::fs::symlink(target, to),
        Err(_) => copy(from, to),
    };
    result.map_err(FetchError::disk(format!("{} cannot be copied to {}", from.display(), to.display())))
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let (kind, target) = (entry.file_type()?, to.join(entry.file_name()));
        if entry.file_name() == ".git" {
            continue;
        }
        if kind.is_symlink() {
            std::os::unix::fs::symlink(std::fs::read_link(entry.path())?, target)?;
        } else if kind.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
