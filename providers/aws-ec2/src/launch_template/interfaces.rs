//! The network interfaces of a launch template, both ways.

use aws_sdk_ec2::types::{
    ConnectionTrackingSpecification, ConnectionTrackingSpecificationRequest, EnaSrdSpecificationRequest,
    EnaSrdUdpSpecificationRequest, InstanceIpv6AddressRequest, Ipv4PrefixSpecificationRequest,
    Ipv6PrefixSpecificationRequest, LaunchTemplateEnaSrdSpecification,
    LaunchTemplateInstanceNetworkInterfaceSpecification as Answer,
    LaunchTemplateInstanceNetworkInterfaceSpecificationRequest as Request,
    LaunchTemplateInstanceSecondaryInterfaceSpecification as SecondaryAnswer,
    LaunchTemplateInstanceSecondaryInterfaceSpecificationRequest as SecondaryRequest, PrivateIpAddressSpecification,
    SecondaryInterfacePrivateIpAddressSpecificationRequest as SecondaryAddress, SecondaryInterfaceType,
};
use terrane_provider::sdk::{Args, Reply};

use super::request::{positive, truth};
use crate::kind::some;

/// An interface as AWS takes it.
pub(super) fn interface(block: Args<'_>) -> Request {
    let builder = Request::builder()
        .set_associate_carrier_ip_address(truth(block, "associate_carrier_ip_address"))
        .set_associate_public_ip_address(truth(block, "associate_public_ip_address"))
        .set_delete_on_termination(truth(block, "delete_on_termination"))
        .set_description(block.string("description"))
        .set_device_index(block.i32("device_index"))
        .set_ena_queue_count(positive(block, "ena_queue_count"))
        .set_groups(some(block.strings("security_groups")))
        .set_interface_type(block.string("interface_type"))
        .set_network_card_index(block.i32("network_card_index"))
        .set_network_interface_id(block.string("network_interface_id"))
        .set_primary_ipv6(truth(block, "primary_ipv6"))
        .set_private_ip_address(block.string("private_ip_address"))
        .set_subnet_id(block.string("subnet_id"))
        .set_connection_tracking_specification(block.block("connection_tracking_specification").map(tracking))
        .set_ena_srd_specification(block.block("ena_srd_specification").map(srd));
    let address = |ip: String| {
        let primary = block.text("private_ip_address") == Some(&ip);
        PrivateIpAddressSpecification::builder().primary(primary).private_ip_address(ip).build()
    };
    let ipv6 = |ip: String| InstanceIpv6AddressRequest::builder().ipv6_address(ip).build();
    let ipv4_prefix = |p: String| Ipv4PrefixSpecificationRequest::builder().ipv4_prefix(p).build();
    let ipv6_prefix = |p: String| Ipv6PrefixSpecificationRequest::builder().ipv6_prefix(p).build();
    let all = |name: &str| block.strings(name).into_iter();
    builder
        .set_secondary_private_ip_address_count(positive(block, "ipv4_address_count"))
        .set_private_ip_addresses(some(all("ipv4_addresses").map(address).collect()))
        .set_ipv4_prefix_count(positive(block, "ipv4_prefix_count"))
        .set_ipv4_prefixes(some(all("ipv4_prefixes").map(ipv4_prefix).collect()))
        .set_ipv6_address_count(positive(block, "ipv6_address_count"))
        .set_ipv6_addresses(some(all("ipv6_addresses").map(ipv6).collect()))
        .set_ipv6_prefix_count(positive(block, "ipv6_prefix_count"))
        .set_ipv6_prefixes(some(all("ipv6_prefixes").map(ipv6_prefix).collect()))
        .build()
}

fn tracking(block: Args<'_>) -> ConnectionTrackingSpecificationRequest {
    ConnectionTrackingSpecificationRequest::builder()
        .set_tcp_established_timeout(positive(block, "tcp_established_timeout"))
        .set_udp_stream_timeout(positive(block, "udp_stream_timeout"))
        .set_udp_timeout(positive(block, "udp_timeout"))
        .build()
}

fn srd(block: Args<'_>) -> EnaSrdSpecificationRequest {
    let udp = block.block("ena_srd_udp_specification").map(|udp| {
        EnaSrdUdpSpecificationRequest::builder().set_ena_srd_udp_enabled(udp.bool("ena_srd_udp_enabled")).build()
    });
    EnaSrdSpecificationRequest::builder()
        .set_ena_srd_enabled(block.bool("ena_srd_enabled"))
        .set_ena_srd_udp_specification(udp)
        .build()
}

/// A secondary interface as AWS takes it.
pub(super) fn secondary(block: Args<'_>) -> SecondaryRequest {
    let address = |ip: String| SecondaryAddress::builder().private_ip_address(ip).build();
    let addresses = block.strings("private_ip_addresses").into_iter().map(address).collect();
    SecondaryRequest::builder()
        .set_delete_on_termination(block.bool("delete_on_termination"))
        .set_device_index(block.i32("device_index"))
        .set_interface_type(block.text("interface_type").map(SecondaryInterfaceType::from))
        .set_network_card_index(block.i32("network_card_index"))
        .set_private_ip_address_count(positive(block, "private_ip_address_count"))
        .set_private_ip_addresses(some(addresses))
        .set_secondary_subnet_id(block.string("secondary_subnet_id"))
        .build()
}

/// A truth that may be left out, as text.
pub(super) fn optional_truth(reply: &mut Reply, name: &str, value: Option<bool>) {
    reply.str(name, Some(value.map(|v| v.to_string()).unwrap_or_default()));
}

/// An interface as AWS told it.
pub(super) fn observe(seen: &Answer) -> Reply {
    let mut reply = Reply::new();
    optional_truth(&mut reply, "associate_carrier_ip_address", seen.associate_carrier_ip_address());
    optional_truth(&mut reply, "associate_public_ip_address", seen.associate_public_ip_address());
    optional_truth(&mut reply, "delete_on_termination", seen.delete_on_termination());
    optional_truth(&mut reply, "primary_ipv6", seen.primary_ipv6());
    reply
        .str("description", Some(seen.description().unwrap_or_default()))
        .i64("device_index", seen.device_index())
        .i64("ena_queue_count", seen.ena_queue_count())
        .str("interface_type", Some(seen.interface_type().unwrap_or_default()))
        .i64("network_card_index", seen.network_card_index())
        .str("network_interface_id", Some(seen.network_interface_id().unwrap_or_default()))
        .str("private_ip_address", Some(seen.private_ip_address().unwrap_or_default()))
        .set("security_groups", seen.groups())
        .str("subnet_id", Some(seen.subnet_id().unwrap_or_default()))
        .i64("ipv4_address_count", seen.secondary_private_ip_address_count())
        .set("ipv4_addresses", seen.private_ip_addresses().iter().filter_map(|a| a.private_ip_address()))
        .i64("ipv4_prefix_count", seen.ipv4_prefix_count())
        .set("ipv4_prefixes", seen.ipv4_prefixes().iter().filter_map(|p| p.ipv4_prefix()))
        .i64("ipv6_address_count", seen.ipv6_address_count())
        .set("ipv6_addresses", seen.ipv6_addresses().iter().filter_map(|a| a.ipv6_address()))
        .i64("ipv6_prefix_count", seen.ipv6_prefix_count())
        .set("ipv6_prefixes", seen.ipv6_prefixes().iter().filter_map(|p| p.ipv6_prefix()))
        .blocks("connection_tracking_specification", seen.connection_tracking_specification().map(observe_tracking))
        .blocks("ena_srd_specification", seen.ena_srd_specification().map(observe_srd));
    reply
}

fn observe_tracking(seen: &ConnectionTrackingSpecification) -> Reply {
    let mut reply = Reply::new();
    reply
        .i64("tcp_established_timeout", seen.tcp_established_timeout())
        .i64("udp_stream_timeout", seen.udp_stream_timeout())
        .i64("udp_timeout", seen.udp_timeout());
    reply
}

fn observe_srd(seen: &LaunchTemplateEnaSrdSpecification) -> Reply {
    let udp = seen.ena_srd_udp_specification().map(|udp| {
        let mut reply = Reply::new();
        reply.bool("ena_srd_udp_enabled", udp.ena_srd_udp_enabled());
        reply
    });
    let mut reply = Reply::new();
    reply.bool("ena_srd_enabled", seen.ena_srd_enabled()).blocks("ena_srd_udp_specification", udp);
    reply
}

/// A secondary interface as AWS told it.
pub(super) fn observe_secondary(seen: &SecondaryAnswer) -> Reply {
    let mut reply = Reply::new();
    reply
        .bool("delete_on_termination", seen.delete_on_termination())
        .i64("device_index", seen.device_index())
        .str("interface_type", seen.interface_type().map(SecondaryInterfaceType::as_str))
        .i64("network_card_index", seen.network_card_index())
        .i64("private_ip_address_count", seen.private_ip_address_count())
        .set("private_ip_addresses", seen.private_ip_addresses().iter().filter_map(|a| a.private_ip_address()))
        .str("secondary_subnet_id", seen.secondary_subnet_id());
    reply
}
