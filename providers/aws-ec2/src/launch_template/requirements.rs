//! What an instance must have where its type is left open, both ways.

use aws_sdk_ec2::types::{
    AcceleratorCountRequest, AcceleratorManufacturer, AcceleratorName, AcceleratorTotalMemoryMiBRequest,
    AcceleratorType, BareMetal, BaselineEbsBandwidthMbpsRequest, BurstablePerformance, CpuManufacturer,
    InstanceGeneration, InstanceRequirements, InstanceRequirementsRequest, LocalStorage, LocalStorageType,
    MemoryGiBPerVCpuRequest, MemoryMiBRequest, NetworkBandwidthGbpsRequest, NetworkInterfaceCountRequest,
    TotalLocalStorageGbRequest, VCpuCountRangeRequest,
};
use terrane_provider::sdk::{Args, Reply};
use terrane_value::{Kind, Number, Type, Value};

use super::request::positive;
use crate::kind::some;

/// The least and the most of a block, as a type of the SDK.
macro_rules! range {
    ($ty:ident, $read:ident, $args:expr, $name:literal) => {
        $args.block($name).map(|b| $ty::builder().set_min($read(b, "min")).set_max($read(b, "max")).build())
    };
}

/// The least and the most of an answer, as a block.
macro_rules! observed {
    ($reply:expr, $name:literal, $set:ident, $range:expr) => {
        $reply.blocks(
            $name,
            $range.map(|r| {
                let mut reply = Reply::new();
                $set(&mut reply, "min", r.min());
                $set(&mut reply, "max", r.max());
                reply
            }),
        )
    };
}

/// The requirements as AWS takes them.
pub(super) fn request(block: Args<'_>) -> InstanceRequirementsRequest {
    let builder = InstanceRequirementsRequest::builder()
        .set_accelerator_manufacturers(names::<AcceleratorManufacturer>(block, "accelerator_manufacturers"))
        .set_accelerator_names(names::<AcceleratorName>(block, "accelerator_names"))
        .set_accelerator_types(names::<AcceleratorType>(block, "accelerator_types"))
        .set_allowed_instance_types(some(block.strings("allowed_instance_types")))
        .set_bare_metal(block.text("bare_metal").map(BareMetal::from))
        .set_burstable_performance(block.text("burstable_performance").map(BurstablePerformance::from))
        .set_cpu_manufacturers(names::<CpuManufacturer>(block, "cpu_manufacturers"))
        .set_excluded_instance_types(some(block.strings("excluded_instance_types")))
        .set_instance_generations(names::<InstanceGeneration>(block, "instance_generations"))
        .set_local_storage(block.text("local_storage").map(LocalStorage::from))
        .set_local_storage_types(names::<LocalStorageType>(block, "local_storage_types"))
        .set_require_hibernate_support(block.bool("require_hibernate_support"));
    prices(ranges(builder, block), block).build()
}

type Builder = aws_sdk_ec2::types::builders::InstanceRequirementsRequestBuilder;

fn prices(builder: Builder, block: Args<'_>) -> Builder {
    let optimal = "max_spot_price_as_percentage_of_optimal_on_demand_price";
    let (demand, spot) =
        ("on_demand_max_price_percentage_over_lowest_price", "spot_max_price_percentage_over_lowest_price");
    builder
        .set_max_spot_price_as_percentage_of_optimal_on_demand_price(positive(block, optimal))
        .set_on_demand_max_price_percentage_over_lowest_price(positive(block, demand))
        .set_spot_max_price_percentage_over_lowest_price(positive(block, spot))
}

fn ranges(builder: Builder, block: Args<'_>) -> Builder {
    builder
        .set_accelerator_count(range!(AcceleratorCountRequest, whole, block, "accelerator_count"))
        .set_accelerator_total_memory_mib(range!(
            AcceleratorTotalMemoryMiBRequest,
            whole,
            block,
            "accelerator_total_memory_mib"
        ))
        .set_baseline_ebs_bandwidth_mbps(range!(
            BaselineEbsBandwidthMbpsRequest,
            whole,
            block,
            "baseline_ebs_bandwidth_mbps"
        ))
        .set_memory_gib_per_v_cpu(range!(MemoryGiBPerVCpuRequest, fraction, block, "memory_gib_per_vcpu"))
        .set_memory_mib(range!(MemoryMiBRequest, whole, block, "memory_mib"))
        .set_network_bandwidth_gbps(range!(NetworkBandwidthGbpsRequest, fraction, block, "network_bandwidth_gbps"))
        .set_network_interface_count(range!(NetworkInterfaceCountRequest, whole, block, "network_interface_count"))
        .set_total_local_storage_gb(range!(TotalLocalStorageGbRequest, fraction, block, "total_local_storage_gb"))
        .set_v_cpu_count(range!(VCpuCountRangeRequest, whole, block, "vcpu_count"))
}

fn names<T: for<'a> From<&'a str>>(block: Args<'_>, name: &str) -> Option<Vec<T>> {
    some(block.strings(name).iter().map(|n| T::from(n)).collect())
}

fn whole(block: Args<'_>, name: &str) -> Option<i32> {
    block.i32(name)
}

fn fraction(block: Args<'_>, name: &str) -> Option<f64> {
    match block.get(name)?.kind() {
        Kind::Number(n) => Some(n.as_f64()),
        _ => None,
    }
}

/// The requirements as AWS told them.
pub(super) fn observe(seen: &InstanceRequirements) -> Reply {
    let mut reply = Reply::new();
    reply
        .set("accelerator_manufacturers", seen.accelerator_manufacturers().iter().map(|v| v.as_str()))
        .set("accelerator_names", seen.accelerator_names().iter().map(|v| v.as_str()))
        .set("accelerator_types", seen.accelerator_types().iter().map(|v| v.as_str()))
        .set("allowed_instance_types", seen.allowed_instance_types())
        .str("bare_metal", seen.bare_metal().map(|v| v.as_str()))
        .str("burstable_performance", seen.burstable_performance().map(|v| v.as_str()))
        .set("cpu_manufacturers", seen.cpu_manufacturers().iter().map(|v| v.as_str()))
        .set("excluded_instance_types", seen.excluded_instance_types())
        .set("instance_generations", seen.instance_generations().iter().map(|v| v.as_str()))
        .str("local_storage", seen.local_storage().map(|v| v.as_str()))
        .set("local_storage_types", seen.local_storage_types().iter().map(|v| v.as_str()))
        .bool("require_hibernate_support", seen.require_hibernate_support())
        .i64(
            "max_spot_price_as_percentage_of_optimal_on_demand_price",
            seen.max_spot_price_as_percentage_of_optimal_on_demand_price(),
        )
        .i64(
            "on_demand_max_price_percentage_over_lowest_price",
            seen.on_demand_max_price_percentage_over_lowest_price(),
        )
        .i64("spot_max_price_percentage_over_lowest_price", seen.spot_max_price_percentage_over_lowest_price());
    observe_ranges(&mut reply, seen);
    reply
}

fn observe_ranges(reply: &mut Reply, seen: &InstanceRequirements) {
    observed!(reply, "accelerator_count", number, seen.accelerator_count());
    observed!(reply, "accelerator_total_memory_mib", number, seen.accelerator_total_memory_mib());
    observed!(reply, "baseline_ebs_bandwidth_mbps", number, seen.baseline_ebs_bandwidth_mbps());
    observed!(reply, "memory_gib_per_vcpu", decimal, seen.memory_gib_per_v_cpu());
    observed!(reply, "memory_mib", number, seen.memory_mib());
    observed!(reply, "network_bandwidth_gbps", decimal, seen.network_bandwidth_gbps());
    observed!(reply, "network_interface_count", number, seen.network_interface_count());
    observed!(reply, "total_local_storage_gb", decimal, seen.total_local_storage_gb());
    observed!(reply, "vcpu_count", number, seen.v_cpu_count());
}

fn number(reply: &mut Reply, name: &str, value: Option<i32>) {
    reply.i64(name, value);
}

fn decimal(reply: &mut Reply, name: &str, value: Option<f64>) {
    let number = value.and_then(Number::from_f64);
    reply.value(name, number.map_or(Value::null(Type::Number), Value::from));
}
