//! DynamoDB resource types.

mod client;
mod create;
mod expiry;
mod indexes;
mod plan;
mod recovery;
mod replicas;
mod reply;
mod request;
mod resource_policy;
mod table;
mod tagging;
mod validate;

use terrane_aws_core::Cloud;
use terrane_provider::sdk::{DataSource, ResourceType};

/// The resource types, sorted by name.
pub fn resources() -> Vec<Box<dyn ResourceType<Cloud>>> {
    vec![Box::new(resource_policy::ResourcePolicy), Box::new(table::Table)]
}

/// The data sources, sorted by name.
pub fn data_sources() -> Vec<Box<dyn DataSource<Cloud>>> {
    Vec::new()
}
