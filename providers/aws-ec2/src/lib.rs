//! EC2 and VPC resource types.

mod client;
mod draft;
mod eip;
mod internet_gateway;
mod kind;
mod settle;
mod subnet;
mod tags;
mod vpc;

use terrane_aws_core::Cloud;
use terrane_provider::sdk::{DataSource, ResourceType};

use kind::Managed;

/// The resource types of this service, sorted by name.
pub fn resources() -> Vec<Box<dyn ResourceType<Cloud>>> {
    vec![
        Box::new(Managed(eip::Eip)),
        Box::new(Managed(internet_gateway::InternetGateway)),
        Box::new(Managed(subnet::Subnet)),
        Box::new(Managed(vpc::Vpc)),
    ]
}

/// The data sources of this service, sorted by name.
pub fn data_sources() -> Vec<Box<dyn DataSource<Cloud>>> {
    vec![]
}
