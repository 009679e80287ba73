//! Where modules come from: the addresses that the `source` argument of a module call may have.
//!
//! The forms are those of OpenTofu's "Module Sources", and so is the normal form that [`ModuleSource`] displays, which
//! `modules.json` records.

mod detect;
mod url;

use std::fmt;

/// The source of a module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ModuleSource {
    /// A folder in the same package as the caller: `./x`, `../x`.
    Local(String),
    /// An address in a module registry: `namespace/name/system`, `host/namespace/name/system`.
    Registry(RegistrySource),
    /// A package that is fetched as it is: git, HTTP archives, absolute paths.
    Remote(RemoteSource),
}

/// An address in a module registry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistrySource {
    /// The host, in small letters; [`RegistrySource::DEFAULT_HOST`] if none is written.
    pub host: String,
    /// The namespace.
    pub namespace: String,
    /// The name of the module.
    pub name: String,
    /// The target system.
    pub system: String,
    /// The folder within the package; empty for its root.
    pub subdir: String,
}

/// A package that is fetched as it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RemoteSource {
    /// The address of the whole package: `git::https://example.com/repo.git?ref=v1`.
    pub package: String,
    /// The folder within the package, which may hold wildcards; empty for its root.
    pub subdir: String,
}

/// Why a text is no module source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceError {
    /// It is empty.
    Empty,
    /// It has none of the forms; most likely a path without the `./` before it.
    Unknown(String),
    /// The folder after `//` lies outside of the package.
    Outside(String),
    /// It begins as one of the short forms, but goes on otherwise; a full sentence.
    Incomplete(String),
    /// It has a version constraint, so that it must be a registry address, and is not.
    NotRegistry(String),
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SourceError::Empty => f.write_str("The source of a module must not be empty."),
            SourceError::Unknown(text) => write!(
                f,
                "\"{text}\" is not a path that begins with ./ or ../, nor an address of a repository, an archive or a \
                 registry."
            ),
            SourceError::Outside(subdir) => write!(f, "The folder \"{subdir}\" lies outside of the module's package."),
            SourceError::Incomplete(why) => f.write_str(why),
            SourceError::NotRegistry(text) => write!(
                f,
                "The module has the argument \"version\", which only modules of a registry can have, but \"{text}\" is \
                 no registry address."
            ),
        }
    }
}

impl std::error::Error for SourceError {}

impl SourceError {
    /// What to do about it, if that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            SourceError::Unknown(text) => Some(format!("For a folder relative to this module write \"./{text}\".")),
            SourceError::NotRegistry(_) => {
                Some("Remove the argument \"version\"; a git source takes ?ref=… instead.".into())
            }
            _ => None,
        }
    }
}

impl ModuleSource {
    /// Parses the source of a module call without a `version`.
    pub fn parse(text: &str) -> Result<ModuleSource, SourceError> {
        if is_local(text) {
            return Ok(ModuleSource::Local(local(text)));
        }
        if let Some(registry) = RegistrySource::parse(text) {
            return Ok(ModuleSource::Registry(registry));
        }
        RemoteSource::parse(text).map(ModuleSource::Remote)
    }

    /// Parses the source of a module call with a `version`, which must be a registry address.
    pub fn parse_versioned(text: &str) -> Result<ModuleSource, SourceError> {
        let registry = RegistrySource::parse(text).filter(|_| !is_local(text));
        registry.map(ModuleSource::Registry).ok_or_else(|| SourceError::NotRegistry(text.into()))
    }

    /// Whether a source that was recorded earlier is this one, although it may have been recorded by another tool.
    pub fn is_recorded_as(&self, recorded: &str) -> bool {
        if *recorded == self.to_string() {
            return true;
        }
        match (self, ModuleSource::parse(recorded)) {
            (ModuleSource::Registry(here), Ok(ModuleSource::Registry(there))) => {
                let default =
                    |host: &str| [RegistrySource::DEFAULT_HOST, RegistrySource::TERRAFORM_HOST].contains(&host);
                let host = default(&here.host) && default(&there.host);
                *here == there || (host && RegistrySource { host: here.host.clone(), ..there } == *here)
            }
            (here, Ok(there)) => *here == there,
            (_, Err(_)) => false,
        }
    }
}

impl fmt::Display for ModuleSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ModuleSource::Local(path) => f.write_str(path),
            ModuleSource::Registry(registry) => registry.fmt(f),
            ModuleSource::Remote(remote) => remote.fmt(f),
        }
    }
}

impl RegistrySource {
    /// The host of addresses that name none.
    pub const DEFAULT_HOST: &'static str = "registry.opentofu.org";
    /// The host that Terraform takes for addresses that name none.
    pub const TERRAFORM_HOST: &'static str = "registry.terraform.io";

    /// Parses an address; `None` if it has another form.
    pub fn parse(text: &str) -> Option<RegistrySource> {
        let (package, subdir) = split_subdir(text);
        if leads_out(&subdir) {
            return None;
        }
        let parts: Vec<&str> = package.split('/').collect();
        let (host, [namespace, name, system]) = match *parts.as_slice() {
            [namespace, name, system] => (RegistrySource::DEFAULT_HOST.to_owned(), [namespace, name, system]),
            [host, namespace, name, system] => (registry_host(host)?, [namespace, name, system]),
            _ => return None,
        };
        let own = |part: &str| part.to_owned();
        (is_registry_name(namespace) && is_registry_name(name) && is_system(system)).then(|| RegistrySource {
            host,
            namespace: own(namespace),
            name: own(name),
            system: own(system),
            subdir,
        })
    }
}

impl fmt::Display for RegistrySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/{}", self.host, self.namespace, self.name, self.system)?;
        if self.subdir.is_empty() { Ok(()) } else { write!(f, "//{}", self.subdir) }
    }
}

/// The host of a registry in its normal form; hosts that stand for repositories are none.
fn registry_host(text: &str) -> Option<String> {
    let host = text.to_lowercase();
    let host = host.strip_suffix(":443").unwrap_or(&host);
    let (name, port) = host.split_once(':').unwrap_or((host, "1"));
    let label = |l: &str| {
        let inside = l.chars().all(|c| c.is_alphanumeric() || c == '-');
        inside && !l.is_empty() && !l.starts_with('-') && !l.ends_with('-') && !l.starts_with("xn--")
    };
    let valid = name.contains('.') && name.split('.').all(label) && port.parse::<u16>().is_ok();
    let reserved = ["github.com", "bitbucket.org"].contains(&host);
    (valid && !reserved).then(|| host.to_owned())
}

fn is_registry_name(text: &str) -> bool {
    let ends = |c: char| c.is_ascii_alphanumeric();
    let inside = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (1..=64).contains(&text.len()) && text.starts_with(ends) && text.ends_with(ends) && text.chars().all(inside)
}

fn is_system(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase())
}

impl RemoteSource {
    /// Parses an address of a package, short forms included.
    pub fn parse(text: &str) -> Result<RemoteSource, SourceError> {
        if text.is_empty() {
            return Err(SourceError::Empty);
        }
        let (address, subdir) = split_subdir(text);
        let (package, found) = split_subdir(&detect::detect(&address)?);
        let subdir = match (found.is_empty(), subdir.is_empty()) {
            (false, false) => clean(&format!("{found}/{subdir}")),
            (false, true) => found,
            (true, _) => subdir,
        };
        if leads_out(&subdir) {
            return Err(SourceError::Outside(subdir));
        }
        Ok(RemoteSource { package, subdir })
    }

    /// How the package is fetched: `git`, `https`, `file`, …
    pub fn method(&self) -> &str {
        let (forced, rest) = detect::forced(&self.package);
        forced.or(url::scheme(rest)).unwrap_or("file")
    }

    /// The address of the package without the method before it.
    pub fn url(&self) -> &str {
        detect::forced(&self.package).1
    }
}

impl fmt::Display for RemoteSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.subdir.is_empty(), self.package.split_once('?')) {
            (true, _) => f.write_str(&self.package),
            (false, Some((base, query))) => write!(f, "{base}//{}?{query}", self.subdir),
            (false, None) => write!(f, "{}//{}", self.package, self.subdir),
        }
    }
}

/// The address as it may be shown: without passwords and keys.
pub fn without_secrets(address: &str) -> String {
    url::without_secrets(address)
}

fn is_local(text: &str) -> bool {
    ["./", "../", ".\\", "..\\"].iter().any(|start| text.starts_with(start))
}

fn local(text: &str) -> String {
    let clean = clean(&text.replace('\\', "/"));
    if clean.starts_with("../") { clean } else { format!("./{clean}") }
}

fn leads_out(subdir: &str) -> bool {
    subdir == ".." || subdir.starts_with("../")
}

/// The address without the part after `//`, and that part in its shortest form.
fn split_subdir(text: &str) -> (String, String) {
    let (address, subdir) = detect::cut_subdir(text);
    (address, if subdir.is_empty() { subdir } else { clean(&subdir) })
}

/// A path without empty and `.` steps and with `..` steps resolved as far as they can be.
fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut steps: Vec<&str> = Vec::new();
    for step in path.split('/') {
        match step {
            "" | "." => {}
            ".." if steps.last().is_some_and(|s| *s != "..") => {
                steps.pop();
            }
            ".." if rooted => {}
            step => steps.push(step),
        }
    }
    let joined = steps.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".into(),
        (false, false) => joined,
    }
}
