//! How evaluation learns of objects, and how it stops.

use terrane_address::{AbsResource, Instance, Key};
use terrane_source::Reported;
use terrane_value::Value;

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Something must become known first; then it is to be tried again.
    Blocked(Dep),
    /// It is wrong, and that has been reported.
    Failed(Reported),
}

impl From<Reported> for Stop {
    fn from(reported: Reported) -> Stop {
        Stop::Failed(reported)
    }
}

/// What was read to reach a result.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dep {
    /// One instance.
    Instance(Instance),
    /// All instances of a resource, and how many there are.
    Whole(AbsResource),
}

impl Dep {
    /// The resource that is read.
    pub fn resource(&self) -> &AbsResource {
        match self {
            Dep::Instance(instance) => &instance.resource,
            Dep::Whole(resource) => resource,
        }
    }
}

/// Gives the objects that expressions refer to. Plan, apply and console have one each.
pub trait Lookup {
    /// The value of an instance that configuration declares, or `Blocked` by it. A value once given stays the same.
    fn instance(&self, instance: &Instance) -> Result<Value, Stop>;

    /// What makes the unknown parts of an instance known, as a participle: `created`.
    fn becomes_known(&self, instance: &Instance) -> &'static str {
        let _ = instance;
        "applied"
    }

    /// Whether what reads all instances of a resource is told to wait for all of them, rather than for one after the other.
    fn waits_for_all(&self) -> bool {
        false
    }

    /// Which instances of a resource with `count` or `for_each` are seen; by default those that it asks for.
    fn keys(&self, resource: &AbsResource) -> Keys {
        let _ = resource;
        Keys::Configured
    }
}

/// The instances of a resource that expressions see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keys {
    /// Those that `count` or `for_each` asks for.
    Configured,
    /// These, whatever the configuration asks for.
    These(Vec<Key>),
    /// It is not known which.
    Unknown,
}
