//! Files by pattern.

use std::io::{self, ErrorKind};

use globset::GlobBuilder;

use crate::World;
use crate::world::join;

/// How deep folders are searched, in case they contain themselves.
const DEEPEST: usize = 64;

/// Why there is no result.
pub enum Problem {
    /// The pattern is wrong, with the reason.
    Pattern(String),
    /// A folder cannot be read.
    Folder(String, io::Error),
}

/// The files under a folder whose paths, as seen from there, match a pattern.
///
/// `*` and `?` match within a name, `**` any folders, `{a,b}` one of some, `[a-z]` one character. Leading `..` steps of
/// the pattern lead out of the folder.
pub fn files(world: &dyn World, dir: &str, pattern: &str) -> Result<Vec<String>, Problem> {
    let pattern = crate::world::clean(pattern.trim_start_matches('/'));
    let (base, pattern) = fixed_part(&pattern);
    let mut glob = GlobBuilder::new(pattern);
    glob.literal_separator(true).backslash_escape(true).empty_alternates(true);
    let glob = glob.build().map_err(|e| Problem::Pattern(e.kind().to_string()))?;
    // Without `**`, a path has as many steps as the pattern; a brace may hide some.
    let deep = pattern.contains("**") || pattern.contains('{');
    let depth = if deep { DEEPEST } else { pattern.matches('/').count() };
    let mut search = Search { world, matcher: glob.compile_matcher(), found: Vec::new() };
    search.folder(&join(dir, base), base, "", depth)?;
    Ok(search.found)
}

/// The steps of a pattern before the first with a special character, and the rest.
fn fixed_part(pattern: &str) -> (&str, &str) {
    let special = pattern.find(['*', '?', '[', '{', '\\']).unwrap_or(pattern.len());
    match pattern[..special].rfind('/') {
        Some(at) => (&pattern[..at], &pattern[at + 1..]),
        None => ("", pattern),
    }
}

struct Search<'w> {
    world: &'w dyn World,
    matcher: globset::GlobMatcher,
    found: Vec<String>,
}

impl Search<'_> {
    /// Searches the folder at `path`; `base` and `inner` lead to it from the start.
    fn folder(&mut self, path: &str, base: &str, inner: &str, depth: usize) -> Result<(), Problem> {
        let entries = match self.world.list(path) {
            Ok(entries) => entries,
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(()),
            Err(e) => return Err(Problem::Folder(path.into(), e)),
        };
        for entry in entries {
            let inner = below(inner, &entry.name);
            match entry.is_dir {
                true if depth > 0 => self.folder(&join(path, &entry.name), base, &inner, depth - 1)?,
                false if self.matcher.is_match(&inner) => self.found.push(below(base, &inner)),
                _ => {}
            }
        }
        Ok(())
    }
}

fn below(dir: &str, name: &str) -> String {
    if dir.is_empty() { name.into() } else { format!("{dir}/{name}") }
}
