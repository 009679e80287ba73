//! Outposts data sources.

mod data_outpost;

use terrane_aws_core::Cloud;
use terrane_provider::sdk::DataSource;

/// The data sources, sorted by name.
pub fn data_sources() -> Vec<Box<dyn DataSource<Cloud>>> {
    vec![Box::new(data_outpost::Outpost)]
}
