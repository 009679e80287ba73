//! The attributes of an instance as AWS holds them.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{
    CapacityReservationSpecificationResponse, CpuOptions, InstanceMetadataOptionsResponse, InstanceNetworkInterface,
    InstanceSecondaryInterface, PrivateDnsNameOptionsResponse, SpotInstanceRequest, Volume,
};
use aws_smithy_types::date_time::Format;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::{Type, Value};

use super::fetch::{Seen, template_version};
use super::{devices, state, user_data};
use crate::client::Ec2;
use crate::settle::absent;
use crate::tags::{self, from_sdk};

/// All attributes.
pub(super) fn observe(ec2: &Ec2<'_>, known: &Value, seen: &Seen) -> Reply {
    let mut reply = Reply::new();
    single_values(ec2, &mut reply, known, seen);
    placement(&mut reply, seen);
    network(&mut reply, known, seen);
    groups(&mut reply, seen);
    options(&mut reply, known, seen);
    data(&mut reply, known, seen);
    block_devices(ec2, &mut reply, known, seen);
    tags::observe(ec2, &mut reply, known, seen.instance.tags());
    reply
}

fn single_values(ec2: &Ec2<'_>, reply: &mut Reply, known: &Value, seen: &Seen) {
    let (i, settings) = (&seen.instance, &seen.settings);
    let id = i.instance_id().unwrap_or_default();
    let profile = i.iam_instance_profile().and_then(|p| p.arn()).and_then(|arn| arn.rsplit('/').next());
    let monitoring = i.monitoring().and_then(|m| m.state()).map(|s| matches!(s.as_str(), "enabled" | "pending"));
    reply
        .str("id", Some(id))
        .str("arn", Some(ec2.arn(&seen.owner, &format!("instance/{id}"))))
        .str("ami", i.image_id())
        .str("instance_type", i.instance_type().map(|t| t.as_str()))
        .str("instance_state", Some(state(i)))
        .str("instance_lifecycle", Some(i.instance_lifecycle().map(|l| l.as_str()).unwrap_or_default()))
        .str("key_name", Some(i.key_name().unwrap_or_default()))
        .str("iam_instance_profile", Some(profile.unwrap_or_default()))
        .bool("ebs_optimized", Some(i.ebs_optimized().unwrap_or(false)))
        .bool("monitoring", monitoring)
        .str("outpost_arn", Some(i.outpost_arn().unwrap_or_default()))
        .str("spot_instance_request_id", Some(i.spot_instance_request_id().unwrap_or_default()))
        .bool("disable_api_stop", Some(settings.api_stop_disabled.unwrap_or(false)))
        .bool("disable_api_termination", Some(settings.api_termination_disabled.unwrap_or(false)))
        .str("instance_initiated_shutdown_behavior", settings.shutdown_behavior.as_ref())
        .str("password_data", Some(seen.password.as_deref().unwrap_or_default()));
    if let Some(hibernation) = i.hibernation_options() {
        reply.bool("hibernation", hibernation.configured());
    }
    // What only Terrane knows has its default after an import.
    for name in ["force_destroy", "get_password_data", "user_data_replace_on_change"] {
        reply.bool(name, Some(Args(known).bool(name).unwrap_or(false)));
    }
}

fn placement(reply: &mut Reply, seen: &Seen) {
    let Some(placement) = seen.instance.placement() else { return };
    reply
        .str("availability_zone", placement.availability_zone())
        .str("placement_group", Some(placement.group_name().unwrap_or_default()))
        .str("placement_group_id", Some(placement.group_id().unwrap_or_default()))
        .i64("placement_partition_number", Some(placement.partition_number().unwrap_or(0)))
        .str("host_id", Some(placement.host_id().unwrap_or_default()))
        .str("tenancy", placement.tenancy().map(|t| t.as_str()));
    if let Some(arn) = placement.host_resource_group_arn() {
        reply.str("host_resource_group_arn", Some(arn));
    }
}

fn device_index(interface: &InstanceNetworkInterface) -> i32 {
    interface.attachment().and_then(|a| a.device_index()).unwrap_or(0)
}

fn network(reply: &mut Reply, known: &Value, seen: &Seen) {
    let i = &seen.instance;
    reply
        .str("private_dns", i.private_dns_name())
        .str("private_ip", i.private_ip_address())
        .str("public_dns", Some(i.public_dns_name().unwrap_or_default()))
        .str("public_ip", Some(i.public_ip_address().unwrap_or_default()))
        .blocks("secondary_network_interface", i.secondary_interfaces().iter().map(secondary_interface));
    if i.subnet_id().is_some() {
        reply.bool("source_dest_check", i.source_dest_check());
    }
    let configured: Vec<i32> =
        Args(known).blocks("network_interface").iter().filter_map(|b| b.i32("device_index")).collect();
    let attached = i.network_interfaces().iter().filter(|n| configured.contains(&device_index(n)));
    reply.blocks("network_interface", attached.map(interface));
    match i.network_interfaces().iter().find(|n| device_index(n) == 0) {
        Some(primary) => primary_interface(reply, known, seen, primary),
        None => without_interface(reply, seen),
    }
}

fn without_interface(reply: &mut Reply, seen: &Seen) {
    let i = &seen.instance;
    reply
        .bool("associate_public_ip_address", Some(i.public_ip_address().is_some()))
        .i64("ipv6_address_count", Some(0))
        .str("primary_network_interface_id", Some(""))
        .str("subnet_id", i.subnet_id())
        .set::<&str>("secondary_private_ips", [])
        .list::<&str>("ipv6_addresses", [])
        .bool("enable_primary_ipv6", Some(false))
        .blocks("primary_network_interface", []);
}

fn primary_interface(reply: &mut Reply, known: &Value, seen: &Seen, primary: &InstanceNetworkInterface) {
    let secondary = primary.private_ip_addresses().iter().filter(|a| a.primary() != Some(true));
    let ipv6 = primary.ipv6_addresses();
    let primary_ipv6 = ipv6.iter().any(|a| a.is_primary_ipv6() == Some(true));
    let mut block = Reply::new();
    block
        .str("network_interface_id", primary.network_interface_id())
        .bool("delete_on_termination", primary.attachment().and_then(|a| a.delete_on_termination()));
    reply
        .bool("associate_public_ip_address", Some(has_public_address(known, seen, primary)))
        .str("subnet_id", primary.subnet_id().or(seen.instance.subnet_id()))
        .str("primary_network_interface_id", primary.network_interface_id())
        .i64("ipv6_address_count", Some(ipv6.len() as i64))
        .list("ipv6_addresses", ipv6.iter().filter_map(|a| a.ipv6_address()))
        .bool("enable_primary_ipv6", Some(primary_ipv6))
        .set("secondary_private_ips", secondary.filter_map(|a| a.private_ip_address()))
        .blocks("primary_network_interface", [block]);
    if seen.instance.subnet_id().is_none() && primary.source_dest_check().is_some() {
        reply.bool("source_dest_check", primary.source_dest_check());
    }
}

/// Whether the instance asked for a public address. An elastic one, or a stop, says nothing about that.
fn has_public_address(known: &Value, seen: &Seen, primary: &InstanceNetworkInterface) -> bool {
    let known = Args(known).bool("associate_public_ip_address");
    let owner = primary.association().map(|a| a.ip_owner_id().unwrap_or_default());
    match (owner, known) {
        (Some("amazon"), _) => true,
        (Some(_), Some(known)) => known,
        (None, Some(known)) if matches!(state(&seen.instance), "stopped" | "stopping") => known,
        (owner, _) => owner.is_some(),
    }
}

fn interface(attached: &InstanceNetworkInterface) -> Reply {
    let mut reply = Reply::new();
    let attachment = attached.attachment();
    reply
        .i64("device_index", Some(device_index(attached)))
        .i64("network_card_index", Some(attachment.and_then(|a| a.network_card_index()).unwrap_or(0)))
        .str("network_interface_id", attached.network_interface_id())
        .bool("delete_on_termination", attachment.and_then(|a| a.delete_on_termination()));
    reply
}

fn secondary_interface(interface: &InstanceSecondaryInterface) -> Reply {
    let mut reply = Reply::new();
    let (attachment, addresses) = (interface.attachment(), interface.private_ip_addresses());
    reply
        .bool("delete_on_termination", attachment.and_then(|a| a.delete_on_termination()))
        .i64("device_index", Some(attachment.and_then(|a| a.device_index()).unwrap_or(0)))
        .str("interface_type", interface.interface_type().map(|t| t.as_str()))
        .str("mac_address", interface.mac_address())
        .i64("network_card_index", Some(attachment.and_then(|a| a.network_card_index()).unwrap_or(0)))
        .i64("private_ip_address_count", Some(addresses.len() as i64))
        .list("private_ip_addresses", addresses.iter().filter_map(|a| a.private_ip_address()))
        .str("secondary_interface_id", interface.secondary_interface_id())
        .str("secondary_network_id", interface.secondary_network_id())
        .str("secondary_subnet_id", interface.secondary_subnet_id())
        .bool("source_dest_check", interface.source_dest_check())
        .str("status", interface.status().map(|s| s.as_str()));
    reply
}

/// Groups are those of the first interface. They go by id in a subnet, and by name too in the default VPC.
fn groups(reply: &mut Reply, seen: &Seen) {
    let (i, in_subnet) = (&seen.instance, seen.instance.subnet_id().is_some());
    let primary = i.network_interfaces().iter().find(|n| device_index(n) == 0);
    let groups = primary.map(InstanceNetworkInterface::groups).filter(|g| !g.is_empty());
    let groups = groups.unwrap_or(i.security_groups());
    let ids = groups.iter().filter(|_| in_subnet).filter_map(|g| g.group_id());
    reply.set("vpc_security_group_ids", ids);
    let by_name = seen.in_default_vpc || !in_subnet;
    let names = groups.iter().filter(|_| by_name).filter_map(|g| g.group_name());
    reply.set("security_groups", names);
}

fn options(reply: &mut Reply, known: &Value, seen: &Seen) {
    let i = &seen.instance;
    let recovery = i.maintenance_options().and_then(|m| m.auto_recovery()).map(|r| r.as_str());
    let recovery = i.maintenance_options().map(|_| one("auto_recovery", recovery.map(Value::from)));
    // An answer without them means that there is no enclave.
    let enclave = i.enclave_options().and_then(|e| e.enabled()).unwrap_or(false);
    reply
        .blocks("cpu_options", i.cpu_options().map(cpu_options))
        .blocks("enclave_options", [one("enabled", Some(enclave.into()))])
        .blocks("maintenance_options", recovery)
        .blocks("metadata_options", i.metadata_options().map(metadata_options))
        .blocks("private_dns_name_options", i.private_dns_name_options().map(private_dns_name_options))
        .blocks("capacity_reservation_specification", i.capacity_reservation_specification().map(capacity_reservation))
        .blocks("instance_market_options", seen.spot.as_ref().map(market_options))
        .blocks("ephemeral_block_device", []);
    if let Some(known) = known.get("ephemeral_block_device").filter(|k| k.is_wholly_known() && !absent(k)) {
        // AWS tells nothing of them after the launch.
        reply.value("ephemeral_block_device", known.clone());
    }
    let written = |name: &str| known.get(name).is_none_or(|k| !absent(k));
    // Where AWS tells no credits, as of types without any, what is written stays.
    if let Some(credits) = seen.credits.as_deref().filter(|_| written("credit_specification")) {
        reply.blocks("credit_specification", [one("cpu_credits", Some(credits.into()))]);
    }
    if written("launch_template") {
        reply.blocks("launch_template", launch_template(known, seen));
    }
}

/// A block with one attribute.
fn one(name: &str, value: Option<Value>) -> Reply {
    let mut reply = Reply::new();
    reply.value(name, value.unwrap_or(Value::null(Type::Any)));
    reply
}

fn cpu_options(options: &CpuOptions) -> Reply {
    let mut reply = Reply::new();
    reply
        .str("amd_sev_snp", Some(options.amd_sev_snp().map(|v| v.as_str()).unwrap_or_default()))
        .i64("core_count", options.core_count())
        .str("nested_virtualization", Some(options.nested_virtualization().map(|v| v.as_str()).unwrap_or_default()))
        .i64("threads_per_core", options.threads_per_core());
    reply
}

fn metadata_options(options: &InstanceMetadataOptionsResponse) -> Reply {
    let mut reply = Reply::new();
    reply
        .str("http_endpoint", options.http_endpoint().map(|v| v.as_str()))
        .str("http_protocol_ipv6", Some(options.http_protocol_ipv6().map(|v| v.as_str()).unwrap_or("disabled")))
        .i64("http_put_response_hop_limit", options.http_put_response_hop_limit())
        .str("http_tokens", options.http_tokens().map(|v| v.as_str()))
        .str(
            "instance_metadata_tags",
            Some(options.instance_metadata_tags().map(|v| v.as_str()).unwrap_or("disabled")),
        );
    reply
}

fn private_dns_name_options(options: &PrivateDnsNameOptionsResponse) -> Reply {
    let mut reply = Reply::new();
    reply
        .bool("enable_resource_name_dns_a_record", Some(options.enable_resource_name_dns_a_record().unwrap_or(false)))
        .bool(
            "enable_resource_name_dns_aaaa_record",
            Some(options.enable_resource_name_dns_aaaa_record().unwrap_or(false)),
        )
        .str("hostname_type", options.hostname_type().map(|h| h.as_str()));
    reply
}

fn capacity_reservation(specification: &CapacityReservationSpecificationResponse) -> Reply {
    let target = specification.capacity_reservation_target().map(|target| {
        let mut reply = Reply::new();
        reply
            .str("capacity_reservation_id", target.capacity_reservation_id())
            .str("capacity_reservation_resource_group_arn", target.capacity_reservation_resource_group_arn());
        reply
    });
    let mut reply = Reply::new();
    reply
        .str("capacity_reservation_preference", specification.capacity_reservation_preference().map(|p| p.as_str()))
        .blocks("capacity_reservation_target", target);
    reply
}

fn market_options(request: &SpotInstanceRequest) -> Reply {
    let until = request.valid_until().and_then(|t| t.fmt(Format::DateTime).ok());
    let mut spot = Reply::new();
    spot.str("instance_interruption_behavior", request.instance_interruption_behavior().map(|b| b.as_str()))
        .str("max_price", request.spot_price())
        .str("spot_instance_type", request.r#type().map(|t| t.as_str()))
        .str("valid_until", Some(until.unwrap_or_default()));
    let mut reply = Reply::new();
    reply.str("market_type", Some("spot")).blocks("spot_options", [spot]);
    reply
}

/// The template with the version as it is written, as long as that means the version the instance was made from.
fn launch_template(known: &Value, seen: &Seen) -> Option<Reply> {
    let template = seen.template.as_ref()?;
    let mut reply = Reply::new();
    reply.str("id", template.launch_template_id()).str("name", template.launch_template_name());
    let Some(version) = template_version(&seen.instance) else { return Some(reply) };
    let written = Args(known).block("launch_template").and_then(|b| b.text("version"));
    let is = |number: Option<i64>| number.is_some_and(|n| n.to_string() == version);
    let version = match written {
        Some("$Default") if is(template.default_version_number()) => "$Default",
        Some("$Latest") if is(template.latest_version_number()) => "$Latest",
        _ => version,
    };
    reply.str("version", Some(version));
    Some(reply)
}

/// User data goes where it is written, and as text where it is none.
fn data(reply: &mut Reply, known: &Value, seen: &Seen) {
    let (args, nothing) = (Args(known), Value::null(Type::String));
    let (plain, base64) = (args.text("user_data"), args.text("user_data_base64"));
    let Some(data) = seen.settings.user_data.as_deref().filter(|d| !d.is_empty()) else {
        reply.value("user_data", nothing.clone()).value("user_data_base64", nothing);
        return;
    };
    let text = STANDARD.decode(data).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    match (plain, base64, text) {
        (None, Some(written), _) if user_data::same(written, data) => reply.str("user_data_base64", Some(written)),
        (None, Some(_), _) | (_, _, None) => reply.str("user_data_base64", Some(data)),
        (Some(written), _, _) if user_data::same(written, data) => reply.str("user_data", Some(written)),
        (_, _, Some(text)) => reply.str("user_data", Some(text)),
    };
}

fn block_devices(ec2: &Ec2<'_>, reply: &mut Reply, known: &Value, seen: &Seen) {
    let i = &seen.instance;
    let tagged_together = known.get("volume_tags").is_some_and(|t| !absent(t));
    let (mut root, mut others, mut root_snapshot) = (None, Vec::new(), None);
    for mapping in i.block_device_mappings() {
        let Some(ebs) = mapping.ebs() else { continue };
        let Some(volume) = seen.volumes.iter().find(|v| v.volume_id() == ebs.volume_id()) else { continue };
        let is_root = devices::is_root(i, mapping.device_name());
        let known = known_device(known, mapping.device_name(), is_root);
        let mut device = device(volume, mapping.device_name(), ebs.delete_on_termination());
        observe_tags(ec2, &mut device, known.as_ref(), volume, tagged_together);
        if is_root {
            root = Some(device);
            root_snapshot = volume.snapshot_id();
        } else {
            device.str("snapshot_id", Some(volume.snapshot_id().unwrap_or_default()));
            others.push(device);
        }
    }
    // Where the only device is written as an EBS device it is told as one too.
    if let Some(root) = root.as_ref().filter(|_| others.is_empty() && writes_root_as_ebs(known, i.root_device_name())) {
        let mut device = root.clone();
        device.str("snapshot_id", Some(root_snapshot.unwrap_or_default()));
        others.push(device);
    }
    reply.blocks("root_block_device", root).blocks("ebs_block_device", others);
    if tagged_together {
        reply.map("volume_tags", &volume_tags(ec2, seen));
    }
}

fn writes_root_as_ebs(known: &Value, root: Option<&str>) -> bool {
    Args(known).blocks("ebs_block_device").iter().any(|b| b.text("device_name") == root && root.is_some())
}

/// The block that is known of a device.
fn known_device(known: &Value, device: Option<&str>, is_root: bool) -> Option<Value> {
    let name = if is_root { "root_block_device" } else { "ebs_block_device" };
    let blocks = known.get(name).and_then(Value::elements).unwrap_or_default();
    blocks.iter().find(|b| is_root || Args(b).text("device_name") == device).cloned()
}

fn device(volume: &Volume, name: Option<&str>, delete: Option<bool>) -> Reply {
    let mut reply = Reply::new();
    reply
        .str("device_name", name)
        .str("volume_id", volume.volume_id())
        .bool("delete_on_termination", delete)
        .i64("volume_size", volume.size())
        .str("volume_type", volume.volume_type().map(|t| t.as_str()))
        .i64("iops", Some(volume.iops().unwrap_or(0)))
        .i64("throughput", Some(volume.throughput().unwrap_or(0)))
        .bool("encrypted", Some(volume.encrypted().unwrap_or(false)))
        .str("kms_key_id", Some(volume.kms_key_id().unwrap_or_default()));
    reply
}

/// Tags of a volume belong to its block, unless one set of tags is written for all volumes.
fn observe_tags(ec2: &Ec2<'_>, device: &mut Reply, known: Option<&Value>, volume: &Volume, tagged_together: bool) {
    if tagged_together {
        device.value("tags", Value::null(Type::map(Type::String))).map("tags_all", &BTreeMap::new());
        return;
    }
    let nothing = Value::object::<&str>([]);
    ec2.cloud.set_tags(device, known.unwrap_or(&nothing), from_sdk(volume.tags()));
}

/// The tags that the volumes have together.
fn volume_tags(ec2: &Ec2<'_>, seen: &Seen) -> BTreeMap<String, String> {
    let all = seen.volumes.iter().flat_map(|v| from_sdk(v.tags())).collect();
    ec2.cloud.tag_rules().visible(all)
}
