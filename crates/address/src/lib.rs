//! Names of modules and where they come from, of resources, instances and providers.
//!
//! *Static* names ([`Module`], [`Resource`]) are as written in configuration; *absolute* ones ([`ModuleInstance`],
//! [`Instance`]) say which expansion is meant. Absent on purpose: what the names stand for.

mod instance;
mod module;
mod parse;
mod place;
mod provider;
mod source;

pub use instance::{AbsName, AbsResource, ConfigResource, Instance, Mode, Resource};
pub use module::{Key, Module, ModuleInstance};
pub use parse::{ParseError, Target, parse_instance, parse_module, parse_target};
pub use place::{AbsCall, Beyond, Place};
pub use provider::{ConfigName, Provider, ProviderConfig};
pub use source::{ModuleSource, RegistrySource, RemoteSource, SourceError, without_secrets};
