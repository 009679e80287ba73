//! Resources and their instances.

use std::fmt;
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

/// A resource of one module instance.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AbsResource {
    /// The expansion of the module.
    pub module: ModuleInstance,
    /// The resource within it.
    pub resource: Resource,
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
    /// One expansion of it.
    pub fn instance(&self, key: Key) -> Instance {
        Instance { resource: self.clone(), key }
    }

    /// The static name, without module keys.
    pub fn config(&self) -> ConfigResource {
        ConfigResource { module: self.module.module(), resource: self.resource.clone() }
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
