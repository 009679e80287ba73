//! Resources and their instances.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use crate::{Key, Module, ModuleInstance};

/// Whether objects are managed or only read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// A `resource` block.
    Managed,
    /// A `data` block.
    Data,
    /// An `ephemeral` block.
    Ephemeral,
}

/// A resource within its module: `aws_vpc.main`, `data.aws_region.here`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resource {
    /// Which kind of block.
    pub mode: Mode,
    /// The resource type.
    pub ty: Arc<str>,
    /// The name given in configuration.
    pub name: Arc<str>,
}

/// A resource of a static module, as configuration declares it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfigResource {
    /// The module that declares it.
    pub module: Module,
    /// The resource within it.
    pub resource: Resource,
}

/// A resource of one module instance. Cloning bumps a count.
#[derive(Clone)]
pub struct AbsResource(Arc<AbsName>);

/// What an [`AbsResource`] says.
pub struct AbsName {
    /// The expansion of the module.
    pub module: ModuleInstance,
    /// The resource within it.
    pub resource: Resource,
    config: ConfigResource,
    hash: u64,
}

/// One expansion of a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instance {
    /// The resource.
    pub resource: AbsResource,
    /// Which of its expansions.
    pub key: Key,
}

impl Resource {
    /// A managed resource.
    pub fn managed(ty: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> Resource {
        Resource { mode: Mode::Managed, ty: ty.into(), name: name.into() }
    }

    /// A data source.
    pub fn data(ty: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> Resource {
        Resource { mode: Mode::Data, ty: ty.into(), name: name.into() }
    }

    /// The local name of the provider that the type name implies: all before the first underscore.
    pub fn implied_provider(&self) -> &str {
        self.ty.split('_').next().unwrap_or(&self.ty)
    }
}

impl AbsResource {
    /// A resource of a module instance.
    pub fn new(module: ModuleInstance, resource: Resource) -> AbsResource {
        let mut hasher = DefaultHasher::new();
        (&module, &resource).hash(&mut hasher);
        let config = ConfigResource { module: module.module(), resource: resource.clone() };
        AbsResource(Arc::new(AbsName { module, resource, config, hash: hasher.finish() }))
    }

    /// One expansion of it.
    pub fn instance(&self, key: Key) -> Instance {
        Instance { resource: self.clone(), key }
    }

    /// The static name, without module keys.
    pub fn config(&self) -> &ConfigResource {
        &self.0.config
    }
}

impl Deref for AbsResource {
    type Target = AbsName;

    fn deref(&self) -> &AbsName {
        &self.0
    }
}

impl PartialEq for AbsResource {
    fn eq(&self, other: &AbsResource) -> bool {
        let same = || self.hash == other.hash && self.resource == other.resource && self.module == other.module;
        Arc::ptr_eq(&self.0, &other.0) || same()
    }
}

impl Eq for AbsResource {}

impl Ord for AbsResource {
    fn cmp(&self, other: &AbsResource) -> Ordering {
        if Arc::ptr_eq(&self.0, &other.0) {
            return Ordering::Equal;
        }
        self.module.cmp(&other.module).then_with(|| self.resource.cmp(&other.resource))
    }
}

impl PartialOrd for AbsResource {
    fn partial_cmp(&self, other: &AbsResource) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for AbsResource {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl fmt::Debug for AbsResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (module, resource) = (&self.module, &self.resource);
        f.debug_struct("AbsResource").field("module", module).field("resource", resource).finish()
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = match self.mode {
            Mode::Managed => "",
            Mode::Data => "data.",
            Mode::Ephemeral => "ephemeral.",
        };
        write!(f, "{prefix}{}.{}", self.ty, self.name)
    }
}

impl fmt::Display for ConfigResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dot = if self.module.is_root() { "" } else { "." };
        write!(f, "{}{dot}{}", self.module, self.resource)
    }
}

impl fmt::Display for AbsResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dot = if self.module.is_root() { "" } else { "." };
        write!(f, "{}{dot}{}", self.module, self.resource)
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.resource, self.key)
    }
}
