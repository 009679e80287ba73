//! Finds, downloads and verifies modules.
//!
//! A [`Fetcher`] brings one package to a folder, an [`Installer`] brings the packages of a configuration to
//! `.terraform/modules`, and a [`Manifest`] records them as OpenTofu does. Absent on purpose: what modules mean.
//! Which modules are called is asked of `terrane-lang`, whose answers these are.

mod error;
mod fetch;
mod install;
mod manifest;

pub use error::FetchError;
pub use fetch::Fetcher;
pub use install::{Installer, Order};
pub use manifest::{Manifest, ManifestError, Record};
