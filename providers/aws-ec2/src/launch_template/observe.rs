//! The data of a launch template as AWS holds it.

use aws_sdk_ec2::types::{
    LaunchTemplateBlockDeviceMapping, LaunchTemplateCapacityReservationSpecificationResponse, LaunchTemplateCpuOptions,
    LaunchTemplateInstanceMarketOptions, LaunchTemplateInstanceMetadataOptions, LaunchTemplatePlacement,
    LaunchTemplatePrivateDnsNameOptions, LaunchTemplateTagSpecification, ResponseLaunchTemplateData as Data,
};
use aws_smithy_types::date_time::Format;
use terrane_provider::sdk::Reply;
use terrane_value::{Fields, Kind, Type, Value};

use super::interfaces::{self, optional_truth};
use super::requirements;
use crate::tags::from_sdk;

/// All that a version holds. What is not set in it is null.
pub(super) fn data(seen: &Data) -> Fields {
    let mut reply = Reply::new();
    plain(&mut reply, seen);
    lists(&mut reply, seen);
    options(&mut reply, seen);
    let set = reply.object().transform(&mut |_, value| match value.kind() {
        Kind::String(text) if text.is_empty() => Value::null(Type::String),
        Kind::Set(ty, members) if members.is_empty() => Value::null(Type::set(ty.clone())),
        _ => value,
    });
    set.fields().cloned().unwrap_or_else(|| Vec::<(&str, Value)>::new().into_iter().collect())
}

fn plain(reply: &mut Reply, seen: &Data) {
    optional_truth(reply, "ebs_optimized", seen.ebs_optimized());
    reply
        .bool("disable_api_stop", seen.disable_api_stop())
        .bool("disable_api_termination", seen.disable_api_termination())
        .str("image_id", Some(seen.image_id().unwrap_or_default()))
        .str(
            "instance_initiated_shutdown_behavior",
            Some(seen.instance_initiated_shutdown_behavior().map(|b| b.as_str()).unwrap_or_default()),
        )
        .str("instance_type", Some(seen.instance_type().map(|t| t.as_str()).unwrap_or_default()))
        .str("kernel_id", Some(seen.kernel_id().unwrap_or_default()))
        .str("key_name", Some(seen.key_name().unwrap_or_default()))
        .str("ram_disk_id", Some(seen.ram_disk_id().unwrap_or_default()))
        .set("security_group_names", seen.security_groups())
        .set("vpc_security_group_ids", seen.security_group_ids())
        .str("user_data", Some(seen.user_data().unwrap_or_default()));
}

fn lists(reply: &mut Reply, seen: &Data) {
    let license = |arn: Option<&str>| {
        let mut reply = Reply::new();
        reply.str("license_configuration_arn", arn);
        reply
    };
    reply
        .blocks("block_device_mappings", seen.block_device_mappings().iter().map(mapping))
        .blocks("network_interfaces", seen.network_interfaces().iter().map(interfaces::observe))
        .blocks("secondary_interfaces", seen.secondary_interfaces().iter().map(interfaces::observe_secondary))
        .blocks("tag_specifications", seen.tag_specifications().iter().map(tag_specification))
        .blocks(
            "license_specification",
            seen.license_specifications().iter().map(|l| license(l.license_configuration_arn())),
        );
}

fn options(reply: &mut Reply, seen: &Data) {
    let text = |name: &str, value: Option<&str>| {
        let mut reply = Reply::new();
        reply.str(name, value);
        reply
    };
    let truth = |name: &str, value: Option<bool>| {
        let mut reply = Reply::new();
        reply.bool(name, value);
        reply
    };
    let profile = seen.iam_instance_profile().map(|p| {
        let mut reply = Reply::new();
        reply.str("arn", p.arn()).str("name", p.name());
        reply
    });
    let recovery = seen.maintenance_options().map(|m| text("auto_recovery", m.auto_recovery().map(|r| r.as_str())));
    let weighting = seen.network_performance_options();
    let weighting = weighting.map(|p| text("bandwidth_weighting", p.bandwidth_weighting().map(|w| w.as_str())));
    let credits = seen.credit_specification().map(|c| text("cpu_credits", c.cpu_credits()));
    reply
        .blocks("capacity_reservation_specification", seen.capacity_reservation_specification().map(capacity))
        .blocks("cpu_options", seen.cpu_options().map(cpu))
        .blocks("credit_specification", credits)
        .blocks("enclave_options", seen.enclave_options().map(|e| truth("enabled", e.enabled())))
        .blocks("hibernation_options", seen.hibernation_options().map(|h| truth("configured", h.configured())))
        .blocks("iam_instance_profile", profile)
        .blocks("instance_market_options", seen.instance_market_options().map(market))
        .blocks("instance_requirements", seen.instance_requirements().map(requirements::observe))
        .blocks("maintenance_options", recovery)
        .blocks("metadata_options", seen.metadata_options().map(metadata))
        .blocks("monitoring", seen.monitoring().map(|m| truth("enabled", m.enabled())))
        .blocks("network_performance_options", weighting)
        .blocks("placement", seen.placement().map(placement))
        .blocks("private_dns_name_options", seen.private_dns_name_options().map(private_names));
}

fn mapping(seen: &LaunchTemplateBlockDeviceMapping) -> Reply {
    let ebs = seen.ebs().map(|ebs| {
        let mut reply = Reply::new();
        optional_truth(&mut reply, "delete_on_termination", ebs.delete_on_termination());
        optional_truth(&mut reply, "encrypted", ebs.encrypted());
        reply
            .i64("iops", Some(ebs.iops().unwrap_or(0)))
            .str("kms_key_id", Some(ebs.kms_key_id().unwrap_or_default()))
            .str("snapshot_id", Some(ebs.snapshot_id().unwrap_or_default()))
            .i64("throughput", Some(ebs.throughput().unwrap_or(0)))
            .i64("volume_initialization_rate", Some(ebs.volume_initialization_rate().unwrap_or(0)))
            .i64("volume_size", Some(ebs.volume_size().unwrap_or(0)))
            .str("volume_type", Some(ebs.volume_type().map(|t| t.as_str()).unwrap_or_default()));
        reply
    });
    let mut reply = Reply::new();
    reply
        .str("device_name", Some(seen.device_name().unwrap_or_default()))
        .str("no_device", Some(seen.no_device().unwrap_or_default()))
        .str("virtual_name", Some(seen.virtual_name().unwrap_or_default()))
        .blocks("ebs", ebs);
    reply
}

fn tag_specification(seen: &LaunchTemplateTagSpecification) -> Reply {
    let mut reply = Reply::new();
    reply.str("resource_type", seen.resource_type().map(|t| t.as_str())).map("tags", &from_sdk(seen.tags()));
    reply
}

fn capacity(seen: &LaunchTemplateCapacityReservationSpecificationResponse) -> Reply {
    let target = seen.capacity_reservation_target().map(|target| {
        let mut reply = Reply::new();
        reply
            .str("capacity_reservation_id", target.capacity_reservation_id())
            .str("capacity_reservation_resource_group_arn", target.capacity_reservation_resource_group_arn());
        reply
    });
    let mut reply = Reply::new();
    reply
        .str("capacity_reservation_preference", seen.capacity_reservation_preference().map(|p| p.as_str()))
        .blocks("capacity_reservation_target", target);
    reply
}

fn cpu(seen: &LaunchTemplateCpuOptions) -> Reply {
    let mut reply = Reply::new();
    reply
        .str("amd_sev_snp", seen.amd_sev_snp().map(|v| v.as_str()))
        .i64("core_count", seen.core_count())
        .str("nested_virtualization", seen.nested_virtualization().map(|v| v.as_str()))
        .i64("threads_per_core", seen.threads_per_core());
    reply
}

fn market(seen: &LaunchTemplateInstanceMarketOptions) -> Reply {
    let spot = seen.spot_options().map(|spot| {
        let until = spot.valid_until().and_then(|t| t.fmt(Format::DateTime).ok());
        let mut reply = Reply::new();
        reply
            .i64("block_duration_minutes", spot.block_duration_minutes())
            .str("instance_interruption_behavior", spot.instance_interruption_behavior().map(|b| b.as_str()))
            .str("max_price", spot.max_price())
            .str("spot_instance_type", spot.spot_instance_type().map(|t| t.as_str()))
            .str("valid_until", Some(until.unwrap_or_default()));
        reply
    });
    let mut reply = Reply::new();
    reply.str("market_type", seen.market_type().map(|t| t.as_str())).blocks("spot_options", spot);
    reply
}

fn metadata(seen: &LaunchTemplateInstanceMetadataOptions) -> Reply {
    let mut reply = Reply::new();
    reply
        .str("http_endpoint", Some(seen.http_endpoint().map(|v| v.as_str()).unwrap_or_default()))
        .str("http_protocol_ipv6", Some(seen.http_protocol_ipv6().map(|v| v.as_str()).unwrap_or_default()))
        .i64("http_put_response_hop_limit", Some(seen.http_put_response_hop_limit().unwrap_or(0)))
        .str("http_tokens", Some(seen.http_tokens().map(|v| v.as_str()).unwrap_or_default()))
        .str("instance_metadata_tags", Some(seen.instance_metadata_tags().map(|v| v.as_str()).unwrap_or_default()));
    reply
}

fn placement(seen: &LaunchTemplatePlacement) -> Reply {
    let mut reply = Reply::new();
    reply
        .str("affinity", seen.affinity())
        .str("availability_zone", seen.availability_zone())
        .str("group_id", seen.group_id())
        .str("group_name", seen.group_name())
        .str("host_id", seen.host_id())
        .str("host_resource_group_arn", seen.host_resource_group_arn())
        .i64("partition_number", seen.partition_number())
        .str("spread_domain", seen.spread_domain())
        .str("tenancy", seen.tenancy().map(|t| t.as_str()));
    reply
}

fn private_names(seen: &LaunchTemplatePrivateDnsNameOptions) -> Reply {
    let mut reply = Reply::new();
    reply
        .bool("enable_resource_name_dns_a_record", seen.enable_resource_name_dns_a_record())
        .bool("enable_resource_name_dns_aaaa_record", seen.enable_resource_name_dns_aaaa_record())
        .str("hostname_type", seen.hostname_type().map(|t| t.as_str()));
    reply
}
