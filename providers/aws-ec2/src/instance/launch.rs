//! The request that launches an instance.

use aws_sdk_ec2::operation::run_instances::builders::RunInstancesFluentBuilder as Request;
use aws_sdk_ec2::types::{
    AmdSevSnpSpecification, CapacityReservationPreference, CapacityReservationSpecification, CapacityReservationTarget,
    CpuOptionsRequest, CreditSpecificationRequest, EnclaveOptionsRequest, HibernationOptionsRequest, HostnameType,
    HttpTokensState, IamInstanceProfileSpecification, InstanceAutoRecoveryState, InstanceInterruptionBehavior,
    InstanceIpv6Address, InstanceMaintenanceOptionsRequest, InstanceMarketOptionsRequest,
    InstanceMetadataEndpointState, InstanceMetadataOptionsRequest, InstanceMetadataProtocolState,
    InstanceMetadataTagsState, InstanceNetworkInterfaceSpecification, InstanceSecondaryInterfaceSpecificationRequest,
    InstanceType, LaunchTemplateSpecification, MarketType, NestedVirtualizationSpecification, Placement,
    PrivateDnsNameOptionsRequest, PrivateIpAddressSpecification, ResourceType, RunInstancesMonitoringEnabled,
    SecondaryInterfaceType, ShutdownBehavior, SpotInstanceType, SpotMarketOptions, Tenancy,
};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create};

use super::{devices, is_burstable, user_data};
use crate::client::{Ec2, PROPAGATION, Refusal};
use crate::kind::some;
use crate::tags;

/// Launches the planned instance and returns its id.
pub(super) async fn launch(ec2: &Ec2<'_>, create: &Create<'_>) -> Result<String, Problem> {
    let args = Args(create.planned);
    let devices = devices::mappings(ec2, create.planned).await?;
    let volume_tags = tags::specification_of(&args.map("volume_tags"), ResourceType::Volume);
    let mut specifications = tags::specification(ec2, create.planned, ResourceType::Instance).unwrap_or_default();
    specifications.extend(volume_tags);
    let request = ec2
        .client
        .run_instances()
        .min_count(1)
        .max_count(1)
        .client_token(create.operation)
        .set_tag_specifications(Some(specifications).filter(|s| !s.is_empty()))
        .set_block_device_mappings(Some(devices).filter(|d| !d.is_empty()));
    let request = network(plain(request, args), args);
    let request = options(request, args);
    let what = format!("launching instance of type {}", args.text("instance_type").unwrap_or("of the template"));
    let answer = ec2.insist("ec2:RunInstances", &what, PROPAGATION / 2, || request.clone().send(), unsettled).await?;
    let instance = answer.instances.unwrap_or_default().into_iter().next();
    Ok(instance.and_then(|i| i.instance_id).unwrap_or_default())
}

/// Instance profiles and their roles are known to EC2 only some seconds after IAM made them.
pub(super) fn unsettled(refusal: &Refusal) -> bool {
    refusal.says("InvalidParameterValue", "Invalid IAM Instance Profile")
        || refusal.says("InvalidParameterValue", "has no associated IAM Roles")
}

/// What is a single value.
fn plain(request: Request, args: Args<'_>) -> Request {
    let profile = args.string("iam_instance_profile");
    let data = args.text("user_data").map(user_data::encoded).or_else(|| args.string("user_data_base64"));
    request
        .set_image_id(args.string("ami"))
        .set_instance_type(args.text("instance_type").map(InstanceType::from))
        .set_key_name(args.string("key_name"))
        .set_disable_api_stop(args.bool("disable_api_stop"))
        .set_disable_api_termination(args.bool("disable_api_termination"))
        .set_ebs_optimized(args.bool("ebs_optimized"))
        .set_iam_instance_profile(profile.map(|name| IamInstanceProfileSpecification::builder().name(name).build()))
        .set_instance_initiated_shutdown_behavior(
            args.text("instance_initiated_shutdown_behavior").map(ShutdownBehavior::from),
        )
        .set_monitoring(args.bool("monitoring").map(|on| RunInstancesMonitoringEnabled::builder().enabled(on).build()))
        .set_hibernation_options(
            args.bool("hibernation").map(|on| HibernationOptionsRequest::builder().configured(on).build()),
        )
        .set_launch_template(args.block("launch_template").map(template))
        .set_placement(placement(args))
        .set_user_data(data)
}

/// The launch template of a block.
pub(super) fn template(block: Args<'_>) -> LaunchTemplateSpecification {
    let id = block.string("id");
    let name = block.string("name").filter(|_| id.is_none());
    LaunchTemplateSpecification::builder()
        .set_launch_template_id(id)
        .set_launch_template_name(name)
        .set_version(block.string("version"))
        .build()
}

fn placement(args: Args<'_>) -> Option<Placement> {
    let placement = Placement::builder()
        .set_availability_zone(args.string("availability_zone"))
        .set_group_name(args.string("placement_group"))
        .set_group_id(args.string("placement_group_id"))
        .set_host_id(args.string("host_id"))
        .set_host_resource_group_arn(args.string("host_resource_group_arn"))
        .set_partition_number(args.i32("placement_partition_number").filter(|n| *n > 0))
        .set_tenancy(args.text("tenancy").map(Tenancy::from))
        .build();
    (placement != Placement::builder().build()).then_some(placement)
}

/// Subnet, addresses and groups: of the instance where it is in no written subnet, else of its first interface.
fn network(request: Request, args: Args<'_>) -> Request {
    let interfaces = interfaces(args);
    let secondary: Vec<_> = args.blocks("secondary_network_interface").into_iter().map(secondary_interface).collect();
    let request = request.set_secondary_interfaces(Some(secondary).filter(|s| !s.is_empty()));
    if !interfaces.is_empty() {
        return request.set_network_interfaces(Some(interfaces));
    }
    request
        .set_private_ip_address(args.string("private_ip"))
        .set_security_groups(some(args.strings("security_groups")))
        .set_security_group_ids(some(args.strings("vpc_security_group_ids")))
        .set_ipv6_address_count(args.i32("ipv6_address_count").filter(|n| *n > 0))
        .set_ipv6_addresses(some(ipv6_addresses(args)))
        .set_enable_primary_ipv6(args.bool("enable_primary_ipv6"))
}

fn ipv6_addresses(args: Args<'_>) -> Vec<InstanceIpv6Address> {
    let addresses = args.strings("ipv6_addresses").into_iter();
    addresses.map(|a| InstanceIpv6Address::builder().ipv6_address(a).build()).collect()
}

/// The interfaces to launch with, if any are written.
pub(super) fn interfaces(args: Args<'_>) -> Vec<InstanceNetworkInterfaceSpecification> {
    let spec = InstanceNetworkInterfaceSpecification::builder;
    let primary = args.block("primary_network_interface").and_then(|b| b.string("network_interface_id"));
    if let Some(id) = primary {
        return vec![spec().device_index(0).network_interface_id(id).build()];
    }
    if let Some(subnet) = args.string("subnet_id") {
        return vec![in_subnet(args, subnet)];
    }
    let attached = |block: Args<'_>| {
        spec()
            .set_device_index(block.i32("device_index"))
            .set_network_card_index(block.i32("network_card_index"))
            .set_network_interface_id(block.string("network_interface_id"))
            .set_delete_on_termination(block.bool("delete_on_termination"))
            .build()
    };
    args.blocks("network_interface").into_iter().map(attached).collect()
}

fn in_subnet(args: Args<'_>, subnet: String) -> InstanceNetworkInterfaceSpecification {
    let groups = [args.strings("security_groups"), args.strings("vpc_security_group_ids")].concat();
    let secondary = args.strings("secondary_private_ips").into_iter();
    let secondary = secondary.map(|ip| PrivateIpAddressSpecification::builder().private_ip_address(ip).build());
    InstanceNetworkInterfaceSpecification::builder()
        .device_index(0)
        .subnet_id(subnet)
        .set_groups(some(groups))
        .set_associate_public_ip_address(args.bool("associate_public_ip_address"))
        .set_private_ip_address(args.string("private_ip"))
        .set_private_ip_addresses(some(secondary.collect()))
        .set_ipv6_address_count(args.i32("ipv6_address_count").filter(|n| *n > 0))
        .set_ipv6_addresses(some(ipv6_addresses(args)))
        .set_primary_ipv6(args.bool("enable_primary_ipv6"))
        .build()
}

fn secondary_interface(block: Args<'_>) -> InstanceSecondaryInterfaceSpecificationRequest {
    InstanceSecondaryInterfaceSpecificationRequest::builder()
        .set_delete_on_termination(block.bool("delete_on_termination"))
        .set_device_index(block.i32("device_index"))
        .set_interface_type(block.text("interface_type").map(SecondaryInterfaceType::from))
        .set_network_card_index(block.i32("network_card_index"))
        .set_private_ip_address_count(block.i32("private_ip_address_count"))
        .set_secondary_subnet_id(block.string("secondary_subnet_id"))
        .build()
}

/// What is a block of options.
fn options(request: Request, args: Args<'_>) -> Request {
    request
        .set_capacity_reservation_specification(
            args.block("capacity_reservation_specification").and_then(capacity_reservation),
        )
        .set_cpu_options(args.block("cpu_options").and_then(cpu_options))
        .set_credit_specification(credits(args))
        .set_enclave_options(enclave_options(args))
        .set_instance_market_options(args.block("instance_market_options").map(market_options))
        .set_maintenance_options(args.block("maintenance_options").and_then(maintenance_options))
        .set_metadata_options(args.block("metadata_options").map(metadata_options))
        .set_private_dns_name_options(args.block("private_dns_name_options").and_then(private_dns_name_options))
}

fn enclave_options(args: Args<'_>) -> Option<EnclaveOptionsRequest> {
    let enabled = args.block("enclave_options").and_then(|b| b.bool("enabled"));
    enabled.map(|on| EnclaveOptionsRequest::builder().enabled(on).build())
}

fn maintenance_options(block: Args<'_>) -> Option<InstanceMaintenanceOptionsRequest> {
    let recovery = block.text("auto_recovery").map(InstanceAutoRecoveryState::from);
    recovery.map(|r| InstanceMaintenanceOptionsRequest::builder().auto_recovery(r).build())
}

/// The capacity reservation of a block.
pub(super) fn capacity_reservation(block: Args<'_>) -> Option<CapacityReservationSpecification> {
    let target = block.block("capacity_reservation_target").map(|target| {
        CapacityReservationTarget::builder()
            .set_capacity_reservation_id(target.string("capacity_reservation_id"))
            .set_capacity_reservation_resource_group_arn(target.string("capacity_reservation_resource_group_arn"))
            .build()
    });
    let preference = block.text("capacity_reservation_preference").map(CapacityReservationPreference::from);
    (target.is_some() || preference.is_some()).then(|| {
        CapacityReservationSpecification::builder()
            .set_capacity_reservation_preference(preference)
            .set_capacity_reservation_target(target)
            .build()
    })
}

fn cpu_options(block: Args<'_>) -> Option<CpuOptionsRequest> {
    let options = CpuOptionsRequest::builder()
        .set_amd_sev_snp(block.text("amd_sev_snp").map(AmdSevSnpSpecification::from))
        .set_core_count(block.i32("core_count").filter(|n| *n > 0))
        .set_nested_virtualization(block.text("nested_virtualization").map(NestedVirtualizationSpecification::from))
        .set_threads_per_core(block.i32("threads_per_core").filter(|n| *n > 0))
        .build();
    (options != CpuOptionsRequest::builder().build()).then_some(options)
}

/// T3 instances run unlimited unless written otherwise, whatever the default of the account.
fn credits(args: Args<'_>) -> Option<CreditSpecificationRequest> {
    let instance_type = args.text("instance_type").unwrap_or_default();
    let written = args.block("credit_specification").and_then(|b| b.string("cpu_credits"));
    let written = written.filter(|_| is_burstable(instance_type));
    let credits = written.or(instance_type.starts_with("t3").then(|| "unlimited".to_owned()));
    credits.map(|c| CreditSpecificationRequest::builder().cpu_credits(c).build())
}

fn market_options(block: Args<'_>) -> InstanceMarketOptionsRequest {
    let spot = block.block("spot_options").map(|spot| {
        let until = spot.text("valid_until").and_then(|t| DateTime::from_str(t, Format::DateTime).ok());
        SpotMarketOptions::builder()
            .set_instance_interruption_behavior(
                spot.text("instance_interruption_behavior").map(InstanceInterruptionBehavior::from),
            )
            .set_max_price(spot.string("max_price"))
            .set_spot_instance_type(spot.text("spot_instance_type").map(SpotInstanceType::from))
            .set_valid_until(until)
            .build()
    });
    InstanceMarketOptionsRequest::builder()
        .set_market_type(block.text("market_type").map(MarketType::from))
        .set_spot_options(spot)
        .build()
}

/// The metadata options of a block: with the endpoint off AWS takes no others.
fn metadata_options(block: Args<'_>) -> InstanceMetadataOptionsRequest {
    let endpoint = block.text("http_endpoint");
    let options = InstanceMetadataOptionsRequest::builder();
    let options = options.set_http_endpoint(endpoint.map(InstanceMetadataEndpointState::from));
    if endpoint == Some("disabled") {
        return options.build();
    }
    options
        .set_http_tokens(block.text("http_tokens").map(HttpTokensState::from))
        .set_http_put_response_hop_limit(block.i32("http_put_response_hop_limit").filter(|n| *n > 0))
        .set_http_protocol_ipv6(block.text("http_protocol_ipv6").map(InstanceMetadataProtocolState::from))
        .set_instance_metadata_tags(block.text("instance_metadata_tags").map(InstanceMetadataTagsState::from))
        .build()
}

fn private_dns_name_options(block: Args<'_>) -> Option<PrivateDnsNameOptionsRequest> {
    let options = PrivateDnsNameOptionsRequest::builder()
        .set_enable_resource_name_dns_a_record(block.bool("enable_resource_name_dns_a_record"))
        .set_enable_resource_name_dns_aaaa_record(block.bool("enable_resource_name_dns_aaaa_record"))
        .set_hostname_type(block.text("hostname_type").map(HostnameType::from))
        .build();
    (options != PrivateDnsNameOptionsRequest::builder().build()).then_some(options)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use terrane_value::Value;

    use super::*;

    fn object(pairs: Vec<(&str, Value)>) -> Value {
        Value::object(pairs)
    }

    #[test]
    fn one_interface_carries_what_a_subnet_needs() {
        let texts = |v: &str| Value::set(terrane_value::Type::String, [Value::string(v)]);
        let planned = object(vec![
            ("subnet_id", Value::string("subnet-1")),
            ("vpc_security_group_ids", texts("sg-1")),
            ("associate_public_ip_address", Value::from(true)),
            ("private_ip", Value::string("10.0.0.4")),
        ]);
        let interfaces = interfaces(Args(&planned));
        assert_eq!(interfaces.len(), 1);
        assert_eq!((interfaces[0].subnet_id(), interfaces[0].groups().len()), (Some("subnet-1"), 1));
        assert_eq!(interfaces[0].private_ip_address(), Some("10.0.0.4"));
    }

    #[test]
    fn credits_are_asked_for_only_where_there_are_any() {
        let credits_of = |ty: &str, written: Option<&str>| {
            let mut pairs = vec![("instance_type", Value::string(ty))];
            let block = |c: &str| Value::tuple([object(vec![("cpu_credits", Value::string(c))])]);
            pairs.extend(written.map(|c| ("credit_specification", block(c))));
            credits(Args(&object(pairs))).and_then(|c| c.cpu_credits)
        };
        assert_eq!(credits_of("t3.micro", None).as_deref(), Some("unlimited"));
        assert_eq!(credits_of("t3.micro", Some("standard")).as_deref(), Some("standard"));
        assert_eq!(credits_of("t2.micro", None), None);
        assert_eq!(credits_of("trn1.2xlarge", Some("standard")), None);
    }

    #[test]
    fn a_disabled_endpoint_takes_no_other_options() {
        let block = |endpoint: &str| {
            object(vec![("http_endpoint", Value::string(endpoint)), ("http_tokens", Value::string("required"))])
        };
        assert!(metadata_options(Args(&block("disabled"))).http_tokens().is_none());
        assert!(metadata_options(Args(&block("enabled"))).http_tokens().is_some());
    }
}
