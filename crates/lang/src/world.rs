//! What the language needs from outside: files, time, chance, schemas.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use terrane_address::{Mode, Provider};
use terrane_value::{CallFault, FunctionSchema, Path, Schema, Value};

/// One name in a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The name, without its folder.
    pub name: String,
    /// Whether it is a folder itself.
    pub is_dir: bool,
}

/// All reading of files, clocks and chance goes through it, so that evaluation is a pure function of it.
///
/// Paths have `/` between their steps and are relative to the folder of the root module, or absolute.
pub trait World: Send + Sync {
    /// The content of a file.
    fn read(&self, path: &str) -> io::Result<Vec<u8>>;

    /// What is in a folder, in any order.
    fn list(&self, dir: &str) -> io::Result<Vec<Entry>>;

    /// The absolute form of a path.
    fn absolute(&self, path: &str) -> String;

    /// The home folder of the user, if there is one.
    fn home(&self) -> Option<String>;

    /// The time.
    fn now(&self) -> SystemTime;

    /// When the plan was made, for `plantimestamp()`: the same while planning and while applying what was planned.
    fn planned_at(&self) -> SystemTime {
        self.now()
    }

    /// The text of `TF_ENCRYPTION`: an `encryption` block that changes the one of the root module.
    fn encryption(&self) -> Option<String> {
        None
    }

    /// Fills `bytes` by chance.
    fn random(&self, bytes: &mut [u8]);
}

/// The schemas of all providers at hand.
pub trait Schemas: Send + Sync {
    /// The shape of a provider's own configuration; `None` if that provider is not at hand.
    fn provider(&self, provider: &Provider) -> Option<Arc<Schema>>;

    /// The shape of what modules say of themselves to a provider, in `provider_meta`; `None` if it does not listen.
    fn module(&self, provider: &Provider) -> Option<Arc<Schema>> {
        let _ = provider;
        None
    }

    /// The source addresses of the providers at hand, sorted. By default none is told.
    fn providers(&self) -> Vec<Provider> {
        Vec::new()
    }

    /// The shape of a resource type or data source; `None` if the provider does not have it.
    fn resource(&self, provider: &Provider, mode: Mode, ty: &str) -> Option<Arc<Schema>>;

    /// The attributes that name an object of a resource type, if it has an identity apart from its id.
    fn identity(&self, provider: &Provider, ty: &str) -> Option<Arc<Schema>> {
        let _ = (provider, ty);
        None
    }

    /// All type names of a mode that the provider has.
    fn types(&self, provider: &Provider, mode: Mode) -> Vec<String>;

    /// The names of all functions that a provider offers, sorted.
    fn functions(&self, provider: &Provider) -> Vec<String> {
        let _ = provider;
        Vec::new()
    }

    /// The shape of a function; `None` if the provider does not offer it.
    fn function(&self, provider: &Provider, name: &str) -> Option<Arc<FunctionSchema>> {
        let _ = (provider, name);
        None
    }

    /// Calls a function of a provider with arguments of the types of its parameters, without marks.
    fn call(&self, provider: &Provider, name: &str, args: &[Value]) -> Result<Value, CallFault> {
        let _ = args;
        Err(CallFault::call(format!("{provider} does not offer a function named {name:?}")))
    }

    /// What a provider finds wrong with a configuration of its own or of one of its types, beyond what schemas say.
    ///
    /// The configuration has the form of the schema and no marks; parts of it may be unknown. The default finds nothing.
    fn faults(&self, provider: &Provider, subject: Subject<'_>, config: &Value) -> Vec<Fault> {
        let _ = (provider, subject, config);
        Vec::new()
    }
}

/// What a configuration is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    /// The provider itself.
    Provider,
    /// One of its resource types or data sources.
    Resource(Mode, &'a str),
}

/// Something that a provider finds wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// One line without a final stop.
    pub summary: String,
    /// Full sentences with the values involved.
    pub detail: String,
    /// The part at fault; the root for the whole.
    pub path: Path,
}

/// A world in memory: files by path, a clock that stands still, chance that counts.
#[derive(Debug, Default)]
pub struct MemoryWorld {
    files: BTreeMap<String, Vec<u8>>,
    drawn: Mutex<u8>,
}

impl MemoryWorld {
    /// A world with the given files.
    pub fn new<P: Into<String>, T: Into<Vec<u8>>>(files: impl IntoIterator<Item = (P, T)>) -> MemoryWorld {
        let files = files.into_iter().map(|(p, t)| (clean(&p.into()), t.into())).collect();
        MemoryWorld { files, drawn: Mutex::default() }
    }
}

/// A path without `.` steps and with `..` steps resolved as far as they can be.
pub(crate) fn clean(path: &str) -> String {
    let mut steps: Vec<&str> = Vec::new();
    for step in path.split('/') {
        match step {
            "" | "." => {}
            ".." if steps.last().is_some_and(|s| *s != "..") => {
                steps.pop();
            }
            ".." if path.starts_with('/') => {}
            step => steps.push(step),
        }
    }
    let joined = steps.join("/");
    match (path.starts_with('/'), joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".into(),
        (false, false) => joined,
    }
}

/// `path` as seen from `dir`.
pub(crate) fn join(dir: &str, path: &str) -> String {
    if path.starts_with('/') { clean(path) } else { clean(&format!("{dir}/{path}")) }
}

impl World for MemoryWorld {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.files.get(&clean(path)).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn list(&self, dir: &str) -> io::Result<Vec<Entry>> {
        let dir = clean(dir);
        let prefix = if dir == "." { String::new() } else { format!("{dir}/") };
        let below = self.files.keys().filter_map(|path| path.strip_prefix(&prefix));
        let mut entries: Vec<Entry> = below
            .map(|rest| match rest.split_once('/') {
                Some((name, _)) => Entry { name: name.into(), is_dir: true },
                None => Entry { name: rest.into(), is_dir: false },
            })
            .collect();
        entries.dedup();
        if entries.is_empty() && dir != "." { Err(io::ErrorKind::NotFound.into()) } else { Ok(entries) }
    }

    fn absolute(&self, path: &str) -> String {
        if path.starts_with('/') { path.into() } else { format!("/root/{path}") }
    }

    fn home(&self) -> Option<String> {
        Some("/home/user".into())
    }

    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000)
    }

    fn random(&self, bytes: &mut [u8]) {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        for byte in bytes {
            *drawn = drawn.wrapping_add(1);
            *byte = *drawn;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned() {
        for (path, expect) in [("./a//b/../c", "a/c"), ("../a", "../a"), ("/../a/.", "/a"), (".", "."), ("a/..", ".")] {
            assert_eq!(clean(path), expect, "{path}");
        }
        assert_eq!(join("modules/net", "../data"), "modules/data");
    }
}
