//! EC2 and VPC resource types.

// Futures of calls within waits within types nest deeper than the default allows.
#![recursion_limit = "256"]

mod acl_entries;
mod capacity_reservation;
mod checksum;
mod client;
mod customer_gateway;
mod data_ami;
mod data_availability_zones;
mod data_eip;
mod data_prefix_list;
mod data_regions;
mod data_security_group;
mod data_subnet;
mod data_subnets;
mod data_vpc;
mod data_vpc_endpoint;
mod data_vpc_endpoint_service;
mod default_network_acl;
mod default_route_table;
mod default_security_group;
mod default_vpc;
mod draft;
mod ebs_volume;
mod ec2_tag;
mod egress_only_internet_gateway;
mod eip;
mod endpoint_member;
mod filters;
mod flow_log;
mod instance;
mod internet_gateway;
mod key_pair;
mod kind;
mod launch_template;
mod lost;
mod managed_prefix_list;
mod nat_gateway;
mod network_acl;
mod network_acl_rule;
mod network_interface;
mod placement_group;
mod rivals;
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
mod volume_attachment;
mod vpc;
mod vpc_block_public_access_exclusion;
mod vpc_block_public_access_options;
mod vpc_dhcp_options;
mod vpc_dhcp_options_association;
mod vpc_endpoint;
mod vpc_ipam;
mod vpc_ipam_pool;
mod vpc_ipam_pool_cidr;
mod vpc_ipam_preview_next_cidr;
mod vpc_ipv4_cidr_block_association;
mod vpc_security_group_rule;
mod vpn_gateway;

use terrane_aws_core::Cloud;
use terrane_provider::sdk::{DataSource, ResourceType};

use endpoint_member::Association;
use kind::Managed;

/// The resource types of this service.
pub fn resources() -> Vec<Box<dyn ResourceType<Cloud>>> {
    vec![
        Box::new(Managed(Association::<endpoint_member::RouteTable>::new())),
        Box::new(Managed(Association::<endpoint_member::SecurityGroup>::new())),
        Box::new(Managed(Association::<endpoint_member::Subnet>::new())),
        Box::new(Managed(capacity_reservation::CapacityReservation)),
        Box::new(Managed(customer_gateway::CustomerGateway)),
        Box::new(Managed(default_network_acl::DefaultNetworkAcl)),
        Box::new(Managed(default_route_table::DefaultRouteTable)),
        Box::new(Managed(default_security_group::DefaultSecurityGroup)),
        Box::new(Managed(default_vpc::DefaultVpc)),
        Box::new(Managed(ebs_volume::EbsVolume)),
        Box::new(Managed(ec2_tag::Ec2Tag)),
        Box::new(Managed(egress_only_internet_gateway::EgressOnlyInternetGateway)),
        Box::new(Managed(eip::Eip)),
        Box::new(Managed(flow_log::FlowLog)),
        Box::new(Managed(instance::Instance)),
        Box::new(Managed(instance::SpotInstanceRequest)),
        Box::new(Managed(internet_gateway::InternetGateway)),
        Box::new(Managed(key_pair::KeyPair)),
        Box::new(Managed(launch_template::LaunchTemplate)),
        Box::new(Managed(managed_prefix_list::PrefixList)),
        Box::new(Managed(nat_gateway::NatGateway)),
        Box::new(Managed(network_acl::NetworkAcl)),
        Box::new(Managed(network_acl_rule::NetworkAclRule)),
        Box::new(Managed(network_interface::NetworkInterface)),
        Box::new(Managed(placement_group::PlacementGroup)),
        Box::new(Managed(route::Route)),
        Box::new(Managed(route_table::RouteTable)),
        Box::new(Managed(route_table_association::RouteTableAssociation)),
        Box::new(Managed(security_group::SecurityGroup)),
        Box::new(Managed(security_group_rule::SecurityGroupRules)),
        Box::new(Managed(subnet::Subnet)),
        Box::new(Managed(volume_attachment::VolumeAttachment)),
        Box::new(Managed(vpc::Vpc)),
        Box::new(Managed(vpc_block_public_access_exclusion::VpcBlockPublicAccessExclusion)),
        Box::new(Managed(vpc_block_public_access_options::VpcBlockPublicAccessOptions)),
        Box::new(Managed(vpc_dhcp_options::VpcDhcpOptions)),
        Box::new(Managed(vpc_dhcp_options_association::VpcDhcpOptionsAssociation)),
        Box::new(Managed(vpc_endpoint::Endpoint)),
        Box::new(Managed(vpc_ipam::VpcIpam)),
        Box::new(Managed(vpc_ipam_pool::VpcIpamPool)),
        Box::new(Managed(vpc_ipam_pool_cidr::VpcIpamPoolCidr)),
        Box::new(Managed(vpc_ipam_preview_next_cidr::VpcIpamPreviewNextCidr)),
        Box::new(Managed(vpc_ipv4_cidr_block_association::CidrBlockAssociation)),
        Box::new(Managed(vpc_security_group_rule::EGRESS)),
        Box::new(Managed(vpc_security_group_rule::INGRESS)),
        Box::new(Managed(vpn_gateway::VpnGateway)),
    ]
}

/// The data sources of this service, sorted by name.
pub fn data_sources() -> Vec<Box<dyn DataSource<Cloud>>> {
    vec![
        Box::new(data_ami::Ami),
        Box::new(data_availability_zones::AvailabilityZones),
        Box::new(data_eip::Eip),
        Box::new(data_prefix_list::PrefixList),
        Box::new(data_regions::Regions),
        Box::new(data_security_group::SecurityGroup),
        Box::new(data_subnet::Subnet),
        Box::new(data_subnets::Subnets),
        Box::new(data_vpc::Vpc),
        Box::new(data_vpc_endpoint::Endpoint),
        Box::new(data_vpc_endpoint_service::Service),
    ]
}
