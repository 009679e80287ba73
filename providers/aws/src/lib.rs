//! The AWS provider, assembled from one crate per service.

// Futures of calls within waits within types nest deeper than the default allows.
#![recursion_limit = "256"]

mod configured;
mod data_arn;
mod data_caller_identity;
mod data_default_tags;
mod data_partition;
mod data_region;
mod data_service_principal;
mod discover;
mod functions;
mod gathering;
mod overtime;
mod provider;
mod regions;
mod registry;

pub use provider::AwsProvider;

/// The version of hashicorp/aws whose types this provider has.
pub const MODELLED: &str = "6.58.0";
