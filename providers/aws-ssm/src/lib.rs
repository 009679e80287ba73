//! SSM data sources.

mod data_parameter;

use terrane_aws_core::Cloud;
use terrane_provider::sdk::DataSource;

/// The data sources, sorted by name.
pub fn data_sources() -> Vec<Box<dyn DataSource<Cloud>>> {
    vec![Box::new(data_parameter::Parameter)]
}
