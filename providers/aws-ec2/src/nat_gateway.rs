//! `aws_nat_gateway`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use aws_sdk_ec2::types::{
    AvailabilityMode, AvailabilityZoneAddress, ConnectivityType, NatGateway as Answer, NatGatewayAddress,
    NatGatewayAddressStatus, NatGatewayState, ResourceType,
};
use terrane_aws_core::timeout;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::client::{Ec2, Refusal, unless};
use crate::draft::Draft;
use crate::kind::{Identity, Kind, Wanted, keys};
use crate::settle::absent;
use crate::tags;

const CREATION: Duration = Duration::from_secs(600);
const UPDATE: Duration = Duration::from_secs(600);
const DELETION: Duration = Duration::from_secs(1800);

/// Gateways that translate addresses.
pub(crate) struct NatGateway;

#[async_trait::async_trait]
impl Kind for NatGateway {
    const NAME: &'static str = "aws_nat_gateway";
    type Seen = Answer;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let args = Args(create.planned);
        let zones: Vec<_> = args.blocks("availability_zone_address").into_iter().map(zone_address).collect();
        let some = |list: Vec<String>| Some(list).filter(|l| !l.is_empty());
        let request = ec2
            .client
            .create_nat_gateway()
            .client_token(create.operation)
            .set_allocation_id(args.string("allocation_id"))
            .set_availability_mode(args.text("availability_mode").map(AvailabilityMode::from))
            .set_availability_zone_addresses(Some(zones).filter(|z| !z.is_empty()))
            .set_connectivity_type(args.text("connectivity_type").map(ConnectivityType::from))
            .set_private_ip_address(args.string("private_ip"))
            .set_secondary_allocation_ids(some(args.strings("secondary_allocation_ids")))
            .set_secondary_private_ip_address_count(args.i32("secondary_private_ip_address_count").filter(|n| *n > 0))
            .set_secondary_private_ip_addresses(some(args.strings("secondary_private_ip_addresses")))
            .set_subnet_id(args.string("subnet_id"))
            .set_vpc_id(args.string("vpc_id"))
            .set_tag_specifications(tags::specification(ec2, create.planned, ResourceType::Natgateway));
        let what = format!("creating NAT gateway in {}", args.text("subnet_id").or(args.text("vpc_id")).unwrap_or("?"));
        let answer = ec2.call("ec2:CreateNatGateway", &what, || request.clone().send()).await?;
        Ok(vec![("id", answer.nat_gateway.and_then(|g| g.nat_gateway_id).unwrap_or_default())])
    }

    async fn shape(&self, ec2: &Ec2<'_>, create: &Create<'_>, id: &str) -> Result<(), Problem> {
        let what = format!("NAT gateway {id} to become available");
        let time = timeout(create.planned, "create", CREATION);
        ec2.until(what, time, || find(ec2, id), available, |g| state(g).to_owned()).await?;
        Ok(())
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Answer>, Problem> {
        let gateways = describe(ec2, &keys(wanted)).await?.into_iter().filter(|g| state(g) != "deleted");
        Ok(gateways.filter_map(|g| Some((g.nat_gateway_id.clone()?, g))).collect())
    }

    fn observe(&self, ec2: &Ec2<'_>, known: &Value, seen: &Answer) -> Reply {
        let mut reply = Reply::new();
        let mode = mode(seen);
        reply
            .str("id", seen.nat_gateway_id())
            .str("availability_mode", Some(mode.as_str()))
            .str("connectivity_type", seen.connectivity_type().map(ConnectivityType::as_str))
            .str("vpc_id", seen.vpc_id());
        match mode {
            AvailabilityMode::Regional => observe_regional(&mut reply, known, seen),
            _ => observe_zonal(&mut reply, seen),
        }
        tags::observe(ec2, &mut reply, known, seen.tags());
        reply
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        let args = Args(update.planned);
        let time = timeout(update.planned, "update", UPDATE);
        match (args.text("availability_mode"), args.text("connectivity_type")) {
            (Some("regional"), _) => change_zones(ec2, update, id, time).await?,
            (_, Some("private")) => change_private(ec2, update, id, time).await?,
            _ => change_public(ec2, update, id, time).await?,
        }
        tags::update(ec2, id, update).await?;
        Ok(Vec::new())
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let id = Args(prior).text("id").unwrap_or_default();
        let (request, what) =
            (ec2.client.delete_nat_gateway().nat_gateway_id(id), format!("deleting NAT gateway {id}"));
        let time = timeout(prior, "delete", DELETION);
        let attached = |g: &Answer| Ok(g.attached_appliances().is_empty());
        if find(ec2, id).await?.is_some_and(|g| !g.attached_appliances().is_empty()) {
            let what = format!("appliances to be detached from NAT gateway {id}");
            ec2.until(what, time, || find(ec2, id), attached, |g| state(g).to_owned()).await?;
        }
        let deleted = ec2.call("ec2:DeleteNatGateway", &what, || request.clone().send()).await;
        unless(deleted, &["NatGatewayNotFound"])?;
        let find = || async { Ok(find(ec2, id).await?.filter(|g| state(g) != "deleted")) };
        ec2.until_gone(format!("NAT gateway {id} to be deleted"), time, find).await
    }

    fn plan(&self, draft: &mut Draft<'_>) {
        plan(draft);
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let send = |token| ec2.client.describe_nat_gateways().set_next_token(token).max_results(1000).send();
        let (operation, what) = ("ec2:DescribeNatGateways", "listing NAT gateways");
        let all = ec2.pages(operation, what, send, |a| (a.nat_gateways, a.next_token)).await?;
        let live = all.into_iter().filter(|g| !matches!(state(g), "deleted" | "deleting" | "failed"));
        Ok(live.filter_map(|g| g.nat_gateway_id).collect())
    }
}

async fn describe(ec2: &Ec2<'_>, ids: &[String]) -> Result<Vec<Answer>, Refusal> {
    let send = |filter, token| {
        ec2.client.describe_nat_gateways().filter(filter).set_next_token(token).max_results(1000).send()
    };
    let take =
        |a: aws_sdk_ec2::operation::describe_nat_gateways::DescribeNatGatewaysOutput| (a.nat_gateways, a.next_token);
    ec2.filtered("ec2:DescribeNatGateways", "reading NAT gateways", ("nat-gateway-id", ids), send, take).await
}

async fn find(ec2: &Ec2<'_>, id: &str) -> Result<Option<Answer>, Problem> {
    Ok(describe(ec2, &[id.to_owned()]).await?.pop())
}

fn state(gateway: &Answer) -> &str {
    gateway.state().map(NatGatewayState::as_str).unwrap_or_default()
}

fn mode(gateway: &Answer) -> AvailabilityMode {
    gateway.availability_mode().cloned().unwrap_or(AvailabilityMode::Zonal)
}

fn available(gateway: &Answer) -> Result<bool, Problem> {
    match state(gateway) {
        "failed" => Err(Problem::error(
            "NAT gateway failed",
            format!(
                "AWS gave up on NAT gateway {}: {} ({}). It will be replaced by the next apply.",
                gateway.nat_gateway_id().unwrap_or_default(),
                gateway.failure_message().unwrap_or("without saying why"),
                gateway.failure_code().unwrap_or("no code"),
            ),
        )),
        state => Ok(state == "available"),
    }
}

fn observe_zonal(reply: &mut Reply, seen: &Answer) {
    let addresses = seen.nat_gateway_addresses();
    let only = addresses.len() == 1;
    let (primary, secondary): (Vec<_>, Vec<_>) = addresses.iter().partition(|a| only || a.is_primary() == Some(true));
    if let Some(primary) = primary.first() {
        reply
            .str("allocation_id", primary.allocation_id())
            .str("association_id", Some(primary.association_id().unwrap_or_default()))
            .str("network_interface_id", primary.network_interface_id())
            .str("private_ip", primary.private_ip())
            .str("public_ip", Some(primary.public_ip().unwrap_or_default()));
    }
    let private: Vec<&str> = secondary.iter().filter_map(|a| a.private_ip()).collect();
    reply
        .set("secondary_allocation_ids", secondary.iter().filter_map(|a| a.allocation_id()))
        .i64("secondary_private_ip_address_count", Some(private.len() as i64))
        .set("secondary_private_ip_addresses", private)
        .str("subnet_id", seen.subnet_id());
}

fn observe_regional(reply: &mut Reply, known: &Value, seen: &Answer) {
    let zones = seen.auto_provision_zones().map(|z| z.as_str());
    let automatic = zones == Some("enabled");
    let addresses = seen.nat_gateway_addresses();
    reply
        .str("auto_provision_zones", zones)
        .str("auto_scaling_ips", seen.auto_scaling_ips().map(|s| s.as_str()))
        .str("regional_nat_gateway_auto_mode", zones)
        .str("route_table_id", seen.route_table_id())
        .blocks("regional_nat_gateway_address", addresses.iter().map(regional_address));
    let blocks = if automatic { Vec::new() } else { zone_blocks(known, addresses) };
    reply.value("availability_zone_address", Value::tuple(blocks));
}

fn regional_address(address: &NatGatewayAddress) -> Reply {
    let mut reply = Reply::new();
    reply
        .str("allocation_id", Some(address.allocation_id().unwrap_or_default()))
        .str("association_id", Some(address.association_id().unwrap_or_default()))
        .str("availability_zone", Some(address.availability_zone().unwrap_or_default()))
        .str("availability_zone_id", Some(address.availability_zone_id().unwrap_or_default()))
        .str("network_interface_id", Some(address.network_interface_id().unwrap_or_default()))
        .str("public_ip", Some(address.public_ip().unwrap_or_default()))
        .str("status", Some(address.status().map(NatGatewayAddressStatus::as_str).unwrap_or_default()));
    reply
}

/// The addresses by zone; known blocks stay as they are written, by zone name or zone id.
fn zone_blocks(known: &Value, addresses: &[NatGatewayAddress]) -> Vec<Value> {
    let mut zones: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for address in addresses.iter().filter(|a| a.status() == Some(&NatGatewayAddressStatus::Succeeded)) {
        let zone =
            (address.availability_zone().unwrap_or_default(), address.availability_zone_id().unwrap_or_default());
        zones.entry(zone).or_default().extend(address.allocation_id());
    }
    let known = known.get("availability_zone_address").and_then(Value::elements).unwrap_or_default();
    let block = |((name, id), allocations): ((&str, &str), Vec<&str>)| {
        let same = |block: &&Value| {
            let args = Args(block);
            let ids: BTreeSet<String> = args.strings("allocation_ids").into_iter().collect();
            let zone = args.text("availability_zone") == Some(name) || args.text("availability_zone_id") == Some(id);
            zone && ids == allocations.iter().map(|a| a.to_string()).collect()
        };
        let written = known.iter().find(same).cloned();
        written.unwrap_or_else(|| {
            let mut reply = Reply::new();
            let zone = reply.str("availability_zone", Some(name)).str("availability_zone_id", Some(id));
            zone.set("allocation_ids", allocations);
            reply.object()
        })
    };
    zones.into_iter().map(block).collect()
}

fn zone_address(block: Args<'_>) -> AvailabilityZoneAddress {
    let name = block.string("availability_zone");
    let id = block.string("availability_zone_id").filter(|_| name.is_none());
    let allocations = Some(block.strings("allocation_ids")).filter(|a| !a.is_empty());
    AvailabilityZoneAddress::builder()
        .set_availability_zone(name)
        .set_availability_zone_id(id)
        .set_allocation_ids(allocations)
        .build()
}

/// Texts in their order.
pub(crate) type Texts = BTreeSet<String>;

/// What comes to and what goes from a set of texts in an update.
pub(crate) fn difference(update: &Update<'_>, name: &str) -> (Texts, Texts) {
    let of = |object| Args(object).strings(name).into_iter().collect::<Texts>();
    let (prior, planned) = (of(update.prior), of(update.planned));
    (planned.difference(&prior).cloned().collect(), prior.difference(&planned).cloned().collect())
}

fn list(set: &Texts) -> Option<Vec<String>> {
    Some(set.iter().cloned().collect())
}

async fn change_private(ec2: &Ec2<'_>, update: &Update<'_>, id: &str, time: Duration) -> Result<(), Problem> {
    let (add, remove) = difference(update, "secondary_private_ip_addresses");
    let private = |a: &NatGatewayAddress| a.private_ip.clone();
    if !add.is_empty() {
        let what = format!("assigning private addresses to NAT gateway {id}");
        let request = ec2.client.assign_private_nat_gateway_address().nat_gateway_id(id);
        let request = request.set_private_ip_addresses(list(&add));
        ec2.call("ec2:AssignPrivateNatGatewayAddress", &what, || request.clone().send()).await?;
        come(ec2, id, &add, private, time).await?;
    }
    if !remove.is_empty() {
        let what = format!("unassigning private addresses from NAT gateway {id}");
        let request = ec2.client.unassign_private_nat_gateway_address().nat_gateway_id(id);
        let request = request.set_private_ip_addresses(list(&remove));
        ec2.call("ec2:UnassignPrivateNatGatewayAddress", &what, || request.clone().send()).await?;
        leave(ec2, id, &remove, private, time).await?;
    }
    Ok(())
}

async fn change_public(ec2: &Ec2<'_>, update: &Update<'_>, id: &str, time: Duration) -> Result<(), Problem> {
    let (add, remove) = difference(update, "secondary_allocation_ids");
    if !add.is_empty() {
        let (private, _) = difference(update, "secondary_private_ip_addresses");
        let private = list(&private).filter(|p| !p.is_empty());
        associate(ec2, id, None, &add, private, time).await?;
    }
    disassociate(ec2, id, &remove, time).await
}

async fn change_zones(ec2: &Ec2<'_>, update: &Update<'_>, id: &str, time: Duration) -> Result<(), Problem> {
    let (was, is) = (zones(update.prior), zones(update.planned));
    let all: BTreeSet<&Zone> = was.keys().chain(is.keys()).collect();
    let (none, mut removed) = (Texts::new(), Texts::new());
    for zone in all {
        let (was, is) = (was.get(zone).unwrap_or(&none), is.get(zone).unwrap_or(&none));
        removed.extend(was.difference(is).cloned());
        let added: Texts = is.difference(was).cloned().collect();
        if !added.is_empty() {
            associate(ec2, id, Some(zone), &added, None, time).await?;
        }
    }
    disassociate(ec2, id, &removed, time).await
}

/// A zone by name, or by id where that is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Zone {
    Name(String),
    Id(String),
}

fn zones(object: &Value) -> BTreeMap<Zone, Texts> {
    let zone = |block: Args<'_>| {
        let name = block.string("availability_zone").map(Zone::Name);
        let zone = name.or_else(|| block.string("availability_zone_id").map(Zone::Id))?;
        Some((zone, block.strings("allocation_ids").into_iter().collect()))
    };
    Args(object).blocks("availability_zone_address").into_iter().filter_map(zone).collect()
}

async fn associate(
    ec2: &Ec2<'_>,
    id: &str,
    zone: Option<&Zone>,
    allocations: &Texts,
    private: Option<Vec<String>>,
    time: Duration,
) -> Result<(), Problem> {
    let (name, zone_id) = match zone {
        Some(Zone::Name(name)) => (Some(name.clone()), None),
        Some(Zone::Id(id)) => (None, Some(id.clone())),
        None => (None, None),
    };
    let request = ec2
        .client
        .associate_nat_gateway_address()
        .nat_gateway_id(id)
        .set_allocation_ids(list(allocations))
        .set_private_ip_addresses(private)
        .set_availability_zone(name)
        .set_availability_zone_id(zone_id);
    let what = format!("associating elastic IP addresses with NAT gateway {id}");
    let look = format!("the addresses of NAT gateway {id}");
    ec2.call_once("ec2:AssociateNatGatewayAddress", &what, &look, || request.clone().send()).await?;
    come(ec2, id, allocations, |a| a.allocation_id.clone(), time).await
}

async fn disassociate(ec2: &Ec2<'_>, id: &str, allocations: &Texts, time: Duration) -> Result<(), Problem> {
    let Some(gateway) = find(ec2, id).await?.filter(|_| !allocations.is_empty()) else { return Ok(()) };
    let going = |a: &&NatGatewayAddress| a.allocation_id().is_some_and(|a| allocations.contains(a));
    let addresses = gateway.nat_gateway_addresses().iter().filter(going);
    let associations: Vec<String> = addresses.filter_map(|a| a.association_id.clone()).collect();
    if associations.is_empty() {
        return Ok(());
    }
    let request = ec2.client.disassociate_nat_gateway_address().nat_gateway_id(id);
    let request = request.set_association_ids(Some(associations));
    let what = format!("disassociating elastic IP addresses from NAT gateway {id}");
    ec2.call("ec2:DisassociateNatGatewayAddress", &what, || request.clone().send()).await?;
    leave(ec2, id, allocations, |a| a.allocation_id.clone(), time).await
}

type Name = fn(&NatGatewayAddress) -> Option<String>;

/// Waits until all named addresses are in use.
async fn come(ec2: &Ec2<'_>, id: &str, names: &Texts, name: Name, time: Duration) -> Result<(), Problem> {
    let ready = |gateway: &Answer| {
        let mut here = Texts::new();
        for address in gateway.nat_gateway_addresses() {
            match (name(address), address.status()) {
                (Some(n), Some(NatGatewayAddressStatus::Failed)) if names.contains(&n) => {
                    return Err(address_failed(id, &n, address));
                }
                (Some(n), Some(NatGatewayAddressStatus::Succeeded) | None) => {
                    here.insert(n);
                }
                _ => {}
            }
        }
        Ok(names.is_subset(&here))
    };
    let what = format!("addresses of NAT gateway {id} to be in use");
    ec2.until(what, time, || find(ec2, id), ready, |g| state(g).to_owned()).await?;
    Ok(())
}

fn address_failed(id: &str, name: &str, address: &NatGatewayAddress) -> Problem {
    let why = address.failure_message().unwrap_or("without saying why");
    Problem::error("Address of NAT gateway failed", format!("AWS gave up on address {name} of NAT gateway {id}: {why}"))
}

/// Waits until none of the named addresses is there.
async fn leave(ec2: &Ec2<'_>, id: &str, names: &Texts, name: Name, time: Duration) -> Result<(), Problem> {
    let ready = |gateway: &Answer| {
        let mut there = gateway.nat_gateway_addresses().iter().filter_map(name);
        Ok(!there.any(|n| names.contains(&n)))
    };
    let what = format!("addresses of NAT gateway {id} to be given up");
    ec2.until(what, time, || find(ec2, id), ready, |g| state(g).to_owned()).await?;
    Ok(())
}

fn plan(draft: &mut Draft<'_>) {
    match draft.text("connectivity_type") {
        Some("private") => plan_private(draft),
        Some("public") => plan_public(draft),
        _ => {}
    }
    if draft.text("availability_mode") == Some("regional") {
        plan_regional(draft);
    }
}

fn unsupported(draft: &mut Draft<'_>, name: &str, connectivity: &str) {
    let detail = format!("A NAT gateway with connectivity_type = {connectivity:?} takes no {name}: remove it.");
    draft.error(name, "Argument not supported", detail);
}

fn plan_private(draft: &mut Draft<'_>) {
    for name in ["allocation_id", "secondary_allocation_ids"] {
        if draft.written(name) {
            unsupported(draft, name, "private");
        }
    }
    if draft.written("secondary_private_ip_address_count") && draft.changes(&["secondary_private_ip_address_count"]) {
        draft.replace("secondary_private_ip_address_count");
    } else if draft.changes(&["secondary_private_ip_addresses"]) {
        draft.unknown(&["secondary_private_ip_address_count"]);
        draft.in_place("secondary_private_ip_address_count");
    }
}

fn plan_public(draft: &mut Draft<'_>) {
    if draft.written("secondary_private_ip_address_count") {
        unsupported(draft, "secondary_private_ip_address_count", "public");
    }
    if draft.changes(&["secondary_allocation_ids"]) {
        draft.unknown(&["secondary_private_ip_address_count", "secondary_private_ip_addresses"]);
    }
}

/// A regional gateway manages its addresses itself or not at all: to change that it is replaced.
fn plan_regional(draft: &mut Draft<'_>) {
    let name = "availability_zone_address";
    let Some(prior) = draft.prior else { return };
    let was = prior.get(name).is_none_or(absent);
    let is = draft.planned(name).is_none_or(absent);
    if was != is {
        draft.unknown(&["regional_nat_gateway_auto_mode"]);
        draft.replace("regional_nat_gateway_auto_mode");
    }
    if draft.changes(&[name]) {
        draft.unknown(&["regional_nat_gateway_address"]);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use terrane_provider::PlanResponse;
    use terrane_value::{Path, Type};

    use super::*;

    fn texts(values: &[&str]) -> Value {
        Value::set(Type::String, values.iter().map(|v| Value::string(*v)))
    }

    fn planned(prior: Option<&Value>, config: &Value, planned: Value) -> PlanResponse {
        let response = PlanResponse { planned: Some(planned), ..PlanResponse::default() };
        let mut draft = Draft::new(prior, config, response);
        plan(&mut draft);
        draft.done()
    }

    #[test]
    fn what_the_kind_of_gateway_does_not_take_is_refused() {
        let config = Value::object([
            ("connectivity_type", Value::string("private")),
            ("allocation_id", Value::string("eipalloc-1")),
        ]);
        let plan = planned(None, &config, config.clone());
        assert_eq!(plan.problems.len(), 1);
        assert_eq!(plan.problems[0].path, Some(Path::root().attr("allocation_id")));
    }

    #[test]
    fn other_allocations_bring_other_private_addresses() {
        let object = |ids: &[&str]| {
            Value::object([
                ("connectivity_type", Value::string("public")),
                ("secondary_allocation_ids", texts(ids)),
                ("secondary_private_ip_addresses", texts(&["10.0.0.1"])),
                ("secondary_private_ip_address_count", Value::from(1)),
            ])
        };
        let config = Value::object([("secondary_allocation_ids", texts(&["a", "b"]))]);
        let plan = planned(Some(&object(&["a"])), &config, object(&["a", "b"])).planned.unwrap();
        assert!(!plan.get("secondary_private_ip_addresses").unwrap().is_known());
        assert!(!plan.get("secondary_private_ip_address_count").unwrap().is_known());
    }

    #[test]
    fn addresses_are_told_by_zone_as_they_are_written() {
        let address = |zone: &str, allocation: &str| {
            let address = NatGatewayAddress::builder().allocation_id(allocation).availability_zone(zone);
            address.availability_zone_id("z").status(NatGatewayAddressStatus::Succeeded).build()
        };
        let block = Value::object([
            ("availability_zone", Value::string("a")),
            ("availability_zone_id", Value::null(Type::String)),
            ("allocation_ids", texts(&["1", "2"])),
        ]);
        let known = Value::object([("availability_zone_address", Value::tuple([block.clone()]))]);
        let blocks = zone_blocks(&known, &[address("a", "2"), address("b", "3"), address("a", "1")]);
        assert_eq!(blocks.len(), 2);
        assert_eq!(blocks[0], block);
        assert_eq!(Args(&blocks[1]).strings("allocation_ids"), ["3"]);
    }
}
