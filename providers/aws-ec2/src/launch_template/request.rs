//! The data of a launch template as AWS takes it.

use aws_sdk_ec2::types::builders::RequestLaunchTemplateDataBuilder as Builder;
use aws_sdk_ec2::types::{
    AmdSevSnpSpecification, CapacityReservationPreference, CapacityReservationTarget, CreditSpecificationRequest,
    HostnameType, InstanceBandwidthWeighting, InstanceInterruptionBehavior, InstanceType,
    LaunchTemplateAutoRecoveryState, LaunchTemplateBlockDeviceMappingRequest as Mapping,
    LaunchTemplateCapacityReservationSpecificationRequest as CapacityReservation, LaunchTemplateCpuOptionsRequest,
    LaunchTemplateEbsBlockDeviceRequest, LaunchTemplateEnclaveOptionsRequest, LaunchTemplateHibernationOptionsRequest,
    LaunchTemplateHttpTokensState, LaunchTemplateIamInstanceProfileSpecificationRequest as Profile,
    LaunchTemplateInstanceMaintenanceOptionsRequest, LaunchTemplateInstanceMarketOptionsRequest,
    LaunchTemplateInstanceMetadataEndpointState, LaunchTemplateInstanceMetadataOptionsRequest,
    LaunchTemplateInstanceMetadataProtocolIpv6, LaunchTemplateInstanceMetadataTagsState,
    LaunchTemplateLicenseConfigurationRequest, LaunchTemplateNetworkPerformanceOptionsRequest,
    LaunchTemplatePlacementRequest, LaunchTemplatePrivateDnsNameOptionsRequest, LaunchTemplateSpotMarketOptionsRequest,
    LaunchTemplateTagSpecificationRequest, LaunchTemplatesMonitoringRequest, MarketType,
    NestedVirtualizationSpecification, RequestLaunchTemplateData, ResourceType, ShutdownBehavior, SpotInstanceType,
    Tag, Tenancy, VolumeType,
};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use terrane_provider::sdk::Args;

use super::{interfaces, requirements};
use crate::kind::some;

/// The data of the planned template.
pub(super) fn data(args: Args<'_>) -> RequestLaunchTemplateData {
    options(devices(plain(RequestLaunchTemplateData::builder(), args), args), args).build()
}

/// A truth that is written as text, so that it can be left out.
pub(super) fn truth(block: Args<'_>, name: &str) -> Option<bool> {
    block.text(name).map(|text| matches!(text, "true" | "1"))
}

/// A number that counts: nought says that nothing is set.
pub(super) fn positive(block: Args<'_>, name: &str) -> Option<i32> {
    block.i32(name).filter(|n| *n > 0)
}

fn plain(builder: Builder, args: Args<'_>) -> Builder {
    builder
        .set_disable_api_stop(args.bool("disable_api_stop"))
        .set_disable_api_termination(args.bool("disable_api_termination"))
        .set_ebs_optimized(truth(args, "ebs_optimized"))
        .set_image_id(args.string("image_id"))
        .set_instance_initiated_shutdown_behavior(
            args.text("instance_initiated_shutdown_behavior").map(ShutdownBehavior::from),
        )
        .set_instance_type(args.text("instance_type").map(InstanceType::from))
        .set_kernel_id(args.string("kernel_id"))
        .set_key_name(args.string("key_name"))
        .set_ram_disk_id(args.string("ram_disk_id"))
        .set_security_groups(some(args.strings("security_group_names")))
        .set_security_group_ids(some(args.strings("vpc_security_group_ids")))
        .set_user_data(args.string("user_data"))
}

fn devices(builder: Builder, args: Args<'_>) -> Builder {
    let all = |name: &str| args.blocks(name).into_iter();
    builder
        .set_block_device_mappings(some(all("block_device_mappings").map(mapping).collect()))
        .set_network_interfaces(some(all("network_interfaces").map(interfaces::interface).collect()))
        .set_secondary_interfaces(some(all("secondary_interfaces").map(interfaces::secondary).collect()))
        .set_tag_specifications(some(all("tag_specifications").map(tag_specification).collect()))
        .set_license_specifications(some(all("license_specification").map(license).collect()))
}

fn options(builder: Builder, args: Args<'_>) -> Builder {
    builder
        .set_capacity_reservation_specification(args.block("capacity_reservation_specification").map(capacity))
        .set_cpu_options(args.block("cpu_options").map(cpu))
        .set_credit_specification(args.block("credit_specification").and_then(credits))
        .set_enclave_options(args.block("enclave_options").map(enclave))
        .set_hibernation_options(args.block("hibernation_options").map(hibernation))
        .set_iam_instance_profile(args.block("iam_instance_profile").map(profile))
        .set_instance_market_options(args.block("instance_market_options").map(market))
        .set_instance_requirements(args.block("instance_requirements").map(requirements::request))
        .set_maintenance_options(args.block("maintenance_options").map(maintenance))
        .set_metadata_options(args.block("metadata_options").map(metadata))
        .set_monitoring(args.block("monitoring").map(monitoring))
        .set_network_performance_options(args.block("network_performance_options").map(performance))
        .set_placement(args.block("placement").map(placement))
        .set_private_dns_name_options(args.block("private_dns_name_options").map(private_names))
}

fn mapping(block: Args<'_>) -> Mapping {
    let ebs = block.block("ebs").map(|ebs| {
        LaunchTemplateEbsBlockDeviceRequest::builder()
            .set_delete_on_termination(truth(ebs, "delete_on_termination"))
            .set_encrypted(truth(ebs, "encrypted"))
            .set_iops(positive(ebs, "iops"))
            .set_kms_key_id(ebs.string("kms_key_id"))
            .set_snapshot_id(ebs.string("snapshot_id"))
            .set_throughput(positive(ebs, "throughput"))
            .set_volume_initialization_rate(positive(ebs, "volume_initialization_rate"))
            .set_volume_size(positive(ebs, "volume_size"))
            .set_volume_type(ebs.text("volume_type").map(VolumeType::from))
            .build()
    });
    Mapping::builder()
        .set_device_name(block.string("device_name"))
        .set_no_device(block.string("no_device"))
        .set_virtual_name(block.string("virtual_name"))
        .set_ebs(ebs)
        .build()
}

fn tag_specification(block: Args<'_>) -> LaunchTemplateTagSpecificationRequest {
    let tags = block.map("tags").into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
    LaunchTemplateTagSpecificationRequest::builder()
        .set_resource_type(block.text("resource_type").map(ResourceType::from))
        .set_tags(some(tags.collect()))
        .build()
}

fn license(block: Args<'_>) -> LaunchTemplateLicenseConfigurationRequest {
    let arn = block.string("license_configuration_arn");
    LaunchTemplateLicenseConfigurationRequest::builder().set_license_configuration_arn(arn).build()
}

fn capacity(block: Args<'_>) -> CapacityReservation {
    let target = block.block("capacity_reservation_target").map(|target| {
        CapacityReservationTarget::builder()
            .set_capacity_reservation_id(target.string("capacity_reservation_id"))
            .set_capacity_reservation_resource_group_arn(target.string("capacity_reservation_resource_group_arn"))
            .build()
    });
    let preference = block.text("capacity_reservation_preference").map(CapacityReservationPreference::from);
    CapacityReservation::builder()
        .set_capacity_reservation_preference(preference)
        .set_capacity_reservation_target(target)
        .build()
}

fn cpu(block: Args<'_>) -> LaunchTemplateCpuOptionsRequest {
    LaunchTemplateCpuOptionsRequest::builder()
        .set_amd_sev_snp(block.text("amd_sev_snp").map(AmdSevSnpSpecification::from))
        .set_core_count(positive(block, "core_count"))
        .set_nested_virtualization(block.text("nested_virtualization").map(NestedVirtualizationSpecification::from))
        .set_threads_per_core(positive(block, "threads_per_core"))
        .build()
}

fn credits(block: Args<'_>) -> Option<CreditSpecificationRequest> {
    block.string("cpu_credits").map(|credits| CreditSpecificationRequest::builder().cpu_credits(credits).build())
}

fn enclave(block: Args<'_>) -> LaunchTemplateEnclaveOptionsRequest {
    LaunchTemplateEnclaveOptionsRequest::builder().set_enabled(block.bool("enabled")).build()
}

fn hibernation(block: Args<'_>) -> LaunchTemplateHibernationOptionsRequest {
    LaunchTemplateHibernationOptionsRequest::builder().set_configured(block.bool("configured")).build()
}

fn monitoring(block: Args<'_>) -> LaunchTemplatesMonitoringRequest {
    LaunchTemplatesMonitoringRequest::builder().set_enabled(block.bool("enabled")).build()
}

fn profile(block: Args<'_>) -> Profile {
    let arn = block.string("arn");
    let name = block.string("name").filter(|_| arn.is_none());
    Profile::builder().set_arn(arn).set_name(name).build()
}

fn market(block: Args<'_>) -> LaunchTemplateInstanceMarketOptionsRequest {
    let spot = block.block("spot_options").map(|spot| {
        let until = spot.text("valid_until").and_then(|t| DateTime::from_str(t, Format::DateTime).ok());
        let behavior = spot.text("instance_interruption_behavior").map(InstanceInterruptionBehavior::from);
        LaunchTemplateSpotMarketOptionsRequest::builder()
            .set_block_duration_minutes(positive(spot, "block_duration_minutes"))
            .set_instance_interruption_behavior(behavior)
            .set_max_price(spot.string("max_price"))
            .set_spot_instance_type(spot.text("spot_instance_type").map(SpotInstanceType::from))
            .set_valid_until(until)
            .build()
    });
    LaunchTemplateInstanceMarketOptionsRequest::builder()
        .set_market_type(block.text("market_type").map(MarketType::from))
        .set_spot_options(spot)
        .build()
}

fn maintenance(block: Args<'_>) -> LaunchTemplateInstanceMaintenanceOptionsRequest {
    let recovery = block.text("auto_recovery").map(LaunchTemplateAutoRecoveryState::from);
    LaunchTemplateInstanceMaintenanceOptionsRequest::builder().set_auto_recovery(recovery).build()
}

/// The metadata options of a block: with the endpoint off AWS takes no others.
fn metadata(block: Args<'_>) -> LaunchTemplateInstanceMetadataOptionsRequest {
    let endpoint = block.text("http_endpoint");
    let builder = LaunchTemplateInstanceMetadataOptionsRequest::builder()
        .set_http_endpoint(endpoint.map(LaunchTemplateInstanceMetadataEndpointState::from));
    if endpoint == Some("disabled") {
        return builder.build();
    }
    let ipv6 = block.text("http_protocol_ipv6").map(LaunchTemplateInstanceMetadataProtocolIpv6::from);
    let tags = block.text("instance_metadata_tags").map(LaunchTemplateInstanceMetadataTagsState::from);
    builder
        .set_http_protocol_ipv6(ipv6)
        .set_http_put_response_hop_limit(positive(block, "http_put_response_hop_limit"))
        .set_http_tokens(block.text("http_tokens").map(LaunchTemplateHttpTokensState::from))
        .set_instance_metadata_tags(tags)
        .build()
}

fn performance(block: Args<'_>) -> LaunchTemplateNetworkPerformanceOptionsRequest {
    let weighting = block.text("bandwidth_weighting").map(InstanceBandwidthWeighting::from);
    LaunchTemplateNetworkPerformanceOptionsRequest::builder().set_bandwidth_weighting(weighting).build()
}

fn placement(block: Args<'_>) -> LaunchTemplatePlacementRequest {
    LaunchTemplatePlacementRequest::builder()
        .set_affinity(block.string("affinity"))
        .set_availability_zone(block.string("availability_zone"))
        .set_group_id(block.string("group_id"))
        .set_group_name(block.string("group_name"))
        .set_host_id(block.string("host_id"))
        .set_host_resource_group_arn(block.string("host_resource_group_arn"))
        .set_partition_number(positive(block, "partition_number"))
        .set_spread_domain(block.string("spread_domain"))
        .set_tenancy(block.text("tenancy").map(Tenancy::from))
        .build()
}

fn private_names(block: Args<'_>) -> LaunchTemplatePrivateDnsNameOptionsRequest {
    LaunchTemplatePrivateDnsNameOptionsRequest::builder()
        .set_enable_resource_name_dns_a_record(block.bool("enable_resource_name_dns_a_record"))
        .set_enable_resource_name_dns_aaaa_record(block.bool("enable_resource_name_dns_aaaa_record"))
        .set_hostname_type(block.text("hostname_type").map(HostnameType::from))
        .build()
}
