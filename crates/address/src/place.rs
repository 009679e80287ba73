//! Where instances are of which it is not known yet which there are.

use std::fmt;
use std::sync::Arc;

use crate::{AbsResource, ConfigResource, Instance, Module, ModuleInstance, Resource};

/// A module call in one instance of the module around it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AbsCall {
    /// The module instance the call is in.
    pub module: ModuleInstance,
    /// The name of the call.
    pub name: Arc<str>,
}

/// A module in all instances of a call whose keys are not known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Beyond {
    /// The call.
    pub call: AbsCall,
    /// The calls that lead on from there, each with whether it has keys.
    pub inner: Vec<(Arc<str>, bool)>,
}

/// One instance, or several of which the keys are not known. Unknown keys are no keys: nothing here can be mistaken for
/// an instance that exists.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// This instance.
    Instance(Instance),
    /// All instances of a resource.
    Resource(AbsResource),
    /// All instances of a resource in all instances of a module.
    Beyond {
        /// The module.
        module: Beyond,
        /// The resource.
        resource: Resource,
        /// Whether the resource has keys itself.
        keyed: bool,
    },
}

impl Beyond {
    /// The module without keys.
    pub fn config(&self) -> Module {
        let Module(mut names) = self.call.module.module();
        names.push(self.call.name.clone());
        names.extend(self.inner.iter().map(|(name, _)| name.clone()));
        Module(names)
    }

    /// Whether a module instance is one of these.
    pub fn covers(&self, module: &ModuleInstance) -> bool {
        let outer = &self.call.module.0;
        module.0.starts_with(outer) && module.0.len() > outer.len() && module.module() == self.config()
    }
}

impl Place {
    /// The resource without keys.
    pub fn config(&self) -> ConfigResource {
        match self {
            Place::Instance(instance) => instance.resource.config().clone(),
            Place::Resource(resource) => resource.config().clone(),
            Place::Beyond { module, resource, .. } => {
                ConfigResource { module: module.config(), resource: resource.clone() }
            }
        }
    }

    /// The resource within its module.
    pub fn resource(&self) -> &Resource {
        match self {
            Place::Instance(instance) => &instance.resource.resource,
            Place::Resource(resource) => &resource.resource,
            Place::Beyond { resource, .. } => resource,
        }
    }

    /// The address of the module for people; empty for the root.
    pub fn module(&self) -> String {
        match self {
            Place::Instance(instance) => instance.resource.module.to_string(),
            Place::Resource(resource) => resource.module.to_string(),
            Place::Beyond { module, .. } => module.to_string(),
        }
    }

    /// Whether an instance is one of these.
    pub fn covers(&self, instance: &Instance) -> bool {
        match self {
            Place::Instance(one) => one == instance,
            Place::Resource(resource) => *resource == instance.resource,
            Place::Beyond { module, resource, .. } => {
                *resource == instance.resource.resource && module.covers(&instance.resource.module)
            }
        }
    }
}

impl fmt::Display for AbsCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.module.is_root() {
            write!(f, "{}.", self.module)?;
        }
        write!(f, "module.{}", self.name)
    }
}

impl fmt::Display for Beyond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[*]", self.call)?;
        self.inner.iter().try_for_each(|(name, keyed)| write!(f, ".module.{name}{}", any(*keyed)))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Instance(instance) => instance.fmt(f),
            Place::Resource(resource) => write!(f, "{resource}[*]"),
            Place::Beyond { module, resource, keyed } => write!(f, "{module}.{resource}{}", any(*keyed)),
        }
    }
}

fn any(keyed: bool) -> &'static str {
    if keyed { "[*]" } else { "" }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::parse_instance;

    #[test]
    fn unknown_keys_are_shown_as_stars_and_cover_what_has_any() {
        let call = AbsCall { module: ModuleInstance::root().child("a", crate::Key::Int(1)), name: "b".into() };
        let module = Beyond { call, inner: vec![("c".into(), false), ("d".into(), true)] };
        let place = Place::Beyond { module, resource: Resource::managed("t", "x"), keyed: true };
        assert_eq!(place.to_string(), "module.a[1].module.b[*].module.c.module.d[*].t.x[*]");
        assert_eq!(place.config().to_string(), "module.a.module.b.module.c.module.d.t.x");
        for (text, covered) in [
            ("module.a[1].module.b[\"k\"].module.c.module.d[0].t.x[7]", true),
            ("module.a[0].module.b[\"k\"].module.c.module.d[0].t.x[7]", false),
            ("module.a[1].module.b[\"k\"].module.c.t.x[7]", false),
            ("module.a[1].t.x", false),
        ] {
            assert_eq!(place.covers(&parse_instance(text).unwrap()), covered, "{text}");
        }
    }
}
