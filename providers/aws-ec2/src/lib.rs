//! EC2 and VPC resource types.

// Futures of calls within waits within types nest deeper than the default allows.
#![recursion_limit = "256"]

mod acl_entries;
mod client;
mod data_ami;
mod data_availability_zones;
mod default_network_acl;
mod default_route_table;
mod default_security_group;
mod draft;
mod eip;
mod filters;
mod instance;
mod internet_gateway;
mod key_pair;
mod kind;
mod lost;
mod nat_gateway;
mod route;
mod route_table;
mod route_table_association;
mod routes;
mod rules;
mod security_group;
mod security_group_rule;
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
        Box::new(Managed(default_network_acl::DefaultNetworkAcl)),
        Box::new(Managed(default_route_table::DefaultRouteTable)),
        Box::new(Managed(default_security_group::DefaultSecurityGroup)),
        Box::new(Managed(eip::Eip)),
        Box::new(Managed(instance::Instance)),
        Box::new(Managed(internet_gateway::InternetGateway)),
        Box::new(Managed(key_pair::KeyPair)),
        Box::new(Managed(nat_gateway::NatGateway)),
        Box::new(Managed(route::Route)),
        Box::new(Managed(route_table::RouteTable)),
        Box::new(Managed(route_table_association::RouteTableAssociation)),
        Box::new(Managed(security_group::SecurityGroup)),
        Box::new(Managed(subnet::Subnet)),
        Box::new(Managed(vpc::Vpc)),
        Box::new(Managed(security_group_rule::EgressRule)),
        Box::new(Managed(security_group_rule::IngressRule)),
    ]
}

/// The data sources of this service, sorted by name.
pub fn data_sources() -> Vec<Box<dyn DataSource<Cloud>>> {
    vec![Box::new(data_ami::Ami), Box::new(data_availability_zones::AvailabilityZones)]
}
