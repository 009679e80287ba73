//! Providers and their configurations.

use std::fmt;
use std::sync::Arc;

use crate::{Key, Module};

/// A provider by its full source address: `registry.terraform.io/hashicorp/aws`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Provider {
    /// Registry host name.
    pub host: Arc<str>,
    /// Organisation.
    pub namespace: Arc<str>,
    /// Type name.
    pub ty: Arc<str>,
}

impl Provider {
    /// The host of source addresses that name none.
    pub const DEFAULT_HOST: &'static str = "registry.terraform.io";

    /// A provider of the default host.
    pub fn new(namespace: &str, ty: &str) -> Provider {
        Provider { host: Provider::DEFAULT_HOST.into(), namespace: namespace.into(), ty: ty.into() }
    }

    /// The provider that a local name stands for when `required_providers` does not say.
    pub fn implied(local_name: &str) -> Provider {
        match local_name {
            "terraform" => {
                Provider { host: "terraform.io".into(), namespace: "builtin".into(), ty: "terraform".into() }
            }
            name => Provider::new("hashicorp", name),
        }
    }

    /// Parses `aws`, `hashicorp/aws` or `registry.terraform.io/hashicorp/aws`; `None` if it has another form.
    pub fn parse(source: &str) -> Option<Provider> {
        let parts: Vec<&str> = source.split('/').collect();
        let valid = |s: &&str| !s.is_empty() && s.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:".contains(c));
        if !parts.iter().all(valid) {
            return None;
        }
        let lower = |s: &str| s.to_ascii_lowercase();
        match parts.as_slice() {
            [ty] => Some(Provider::new("hashicorp", &lower(ty))),
            [namespace, ty] => Some(Provider::new(&lower(namespace), &lower(ty))),
            [host, namespace, ty] => {
                Some(Provider { host: lower(host).into(), namespace: lower(namespace).into(), ty: lower(ty).into() })
            }
            _ => None,
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.host, self.namespace, self.ty)
    }
}

/// The name of a provider configuration within a module: `aws`, `aws.west`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfigName {
    /// The local name of the provider.
    pub local: Arc<str>,
    /// The alias; `None` for the default configuration.
    pub alias: Option<Arc<str>>,
}

impl fmt::Display for ConfigName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.alias {
            Some(alias) => write!(f, "{}.{alias}", self.local),
            None => f.write_str(&self.local),
        }
    }
}

/// A provider configuration by its full address, as state files write it:
/// `module.a.provider["registry.terraform.io/hashicorp/aws"].west`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProviderConfig {
    /// The module that holds the configuration.
    pub module: Module,
    /// The provider.
    pub provider: Provider,
    /// The alias; `None` for the default configuration.
    pub alias: Option<Arc<str>>,
    /// The key of the instance, if the configuration has several.
    pub key: Key,
}

impl ProviderConfig {
    /// The configuration that it is an instance of.
    pub fn without_key(&self) -> ProviderConfig {
        self.with_key(Key::None)
    }

    /// The instance of a key.
    pub fn with_key(&self, key: Key) -> ProviderConfig {
        ProviderConfig { key, ..self.clone() }
    }
}

impl fmt::Display for ProviderConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dot = if self.module.is_root() { "" } else { "." };
        write!(f, "{}{dot}provider[\"{}\"]", self.module, self.provider)?;
        if let Some(alias) = &self.alias {
            write!(f, ".{alias}")?;
        }
        write!(f, "{}", self.key)
    }
}
