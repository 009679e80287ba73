//! `aws_vpc_endpoint`, and what its associations and data source share with it.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use aws_sdk_ec2::operation::describe_vpc_endpoints::DescribeVpcEndpointsOutput as Page;
use aws_sdk_ec2::types::{
    DnsOptions, DnsOptionsSpecification, DnsRecordIpType, IpAddressType, NetworkInterface, PrefixList, ResourceType,
    SubnetConfiguration, UnsuccessfulItem, VpcEndpoint as Answer, VpcEndpointType,
};
use terrane_aws_core::timeout;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update, policy_json};
use terrane_value::Value;

use crate::client::{Ec2, Refusal, filter, unless};
use crate::draft::Draft;
use crate::kind::{Identity, Kind, Wanted, keys, text};
use crate::nat_gateway::difference;
use crate::tags;

pub(crate) const GONE: [&str; 2] = ["InvalidVpcEndpointId.NotFound", "InvalidVpcEndpoint.NotFound"];
const TIME: Duration = Duration::from_secs(600);

/// Private ways from a VPC to services.
pub(crate) struct Endpoint;

/// An endpoint with what else must be asked for.
pub(crate) struct Seen {
    endpoint: Answer,
    networks: Option<PrefixList>,
    interfaces: Vec<NetworkInterface>,
}

#[async_trait::async_trait]
impl Kind for Endpoint {
    const NAME: &'static str = "aws_vpc_endpoint";
    type Seen = Seen;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let args = Args(create.planned);
        let some = |name: &str| Some(args.strings(name)).filter(|list| !list.is_empty());
        let subnets: Vec<_> = args.blocks("subnet_configuration").into_iter().map(subnet).collect();
        let request = ec2
            .client
            .create_vpc_endpoint()
            .client_token(create.operation)
            .private_dns_enabled(args.bool("private_dns_enabled").unwrap_or(false))
            .set_dns_options(args.block("dns_options").map(|block| dns_options(args, block)))
            .set_ip_address_type(args.text("ip_address_type").map(IpAddressType::from))
            .set_policy_document(args.text("policy").map(policy_json::compact))
            .set_resource_configuration_arn(args.string("resource_configuration_arn"))
            .set_route_table_ids(some("route_table_ids"))
            .set_security_group_ids(some("security_group_ids"))
            .set_service_name(args.string("service_name"))
            .set_service_network_arn(args.string("service_network_arn"))
            .set_service_region(args.string("service_region"))
            .set_subnet_configurations(Some(subnets).filter(|s| !s.is_empty()))
            .set_subnet_ids(some("subnet_ids"))
            .set_vpc_endpoint_type(args.text("vpc_endpoint_type").map(VpcEndpointType::from))
            .set_vpc_id(args.string("vpc_id"))
            .set_tag_specifications(tags::specification(ec2, create.planned, ResourceType::VpcEndpoint));
        let what = format!("creating VPC endpoint for {}", target(args));
        let answer = ec2.call("ec2:CreateVpcEndpoint", &what, || request.clone().send()).await?;
        Ok(vec![("id", answer.vpc_endpoint.and_then(|e| e.vpc_endpoint_id).unwrap_or_default())])
    }

    async fn shape(&self, ec2: &Ec2<'_>, create: &Create<'_>, id: &str) -> Result<(), Problem> {
        let time = timeout(create.planned, "create", TIME);
        let endpoint = settled(ec2, id, time).await?;
        if Args(create.planned).bool("auto_accept") == Some(true) && is(&endpoint, "pendingAcceptance") {
            accept(ec2, id, endpoint.service_name().unwrap_or_default(), time).await?;
        }
        Ok(())
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Seen>, Problem> {
        fetch(ec2, describe(ec2, &keys(wanted)).await?).await
    }

    fn observe(&self, ec2: &Ec2<'_>, known: &Value, seen: &Seen) -> Reply {
        let mut reply = attributes(ec2, seen, known.get("policy").and_then(Value::as_str));
        let interface = |i: &NetworkInterface| {
            let mut reply = Reply::new();
            reply
                .str("ipv4", Some(i.private_ip_address().unwrap_or_default()))
                .str("ipv6", Some(i.ipv6_address().unwrap_or_default()))
                .str("subnet_id", i.subnet_id());
            reply
        };
        reply
            .str("resource_configuration_arn", Some(seen.endpoint.resource_configuration_arn().unwrap_or_default()))
            .str("service_network_arn", Some(seen.endpoint.service_network_arn().unwrap_or_default()))
            .blocks("subnet_configuration", seen.interfaces.iter().map(interface));
        tags::observe(ec2, &mut reply, known, seen.endpoint.tags());
        reply
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        let time = timeout(update.planned, "update", TIME);
        let (was, is) = (Args(update.prior), Args(update.planned));
        let pending = was.text("state").is_some_and(|s| s.eq_ignore_ascii_case("pendingAcceptance"));
        if update.changes("auto_accept") && is.bool("auto_accept") == Some(true) && pending {
            accept(ec2, id, is.text("service_name").unwrap_or_default(), time).await?;
        }
        if MODIFIED.iter().any(|name| update.changes(name)) {
            modify(ec2, update, id).await?;
            settled(ec2, id, time).await?;
        }
        tags::update(ec2, id, update).await?;
        Ok(Vec::new())
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let id = text(prior, "id").unwrap_or_default();
        let (request, what) =
            (ec2.client.delete_vpc_endpoints().vpc_endpoint_ids(&id), format!("deleting VPC endpoint {id}"));
        let answer = ec2.call("ec2:DeleteVpcEndpoints", &what, || request.clone().send()).await;
        if let Some(answer) = unless(answer, &GONE)? {
            check(&what, answer.unsuccessful.unwrap_or_default(), &GONE)?;
        }
        let what = format!("VPC endpoint {id} to be deleted");
        ec2.until_gone(what, timeout(prior, "delete", TIME), || find(ec2, &id)).await
    }

    fn plan(&self, draft: &mut Draft<'_>) {
        plan(draft);
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        Ok(all(ec2).await?.into_iter().filter_map(|e| e.vpc_endpoint_id).collect())
    }
}

const MODIFIED: [&str; 8] = [
    "dns_options",
    "ip_address_type",
    "policy",
    "private_dns_enabled",
    "route_table_ids",
    "security_group_ids",
    "subnet_configuration",
    "subnet_ids",
];

/// Other subnets bring other interfaces, and only interface endpoints change their private names in place.
fn plan(draft: &mut Draft<'_>) {
    if draft.changes(&["private_dns_enabled"]) && draft.text("vpc_endpoint_type") != Some("Interface") {
        draft.replace("private_dns_enabled");
    }
    let (subnets, configuration) = (draft.changes(&["subnet_ids"]), draft.changes(&["subnet_configuration"]));
    if subnets || configuration {
        draft.unknown(&["network_interface_ids"]);
    }
    if subnets {
        draft.unknown(&["subnet_configuration"]);
    }
    if configuration {
        draft.unknown(&["subnet_ids"]);
    }
}

fn target(args: Args<'_>) -> &str {
    let names = ["service_name", "service_network_arn", "resource_configuration_arn"];
    names.iter().find_map(|name| args.text(name)).unwrap_or("a service")
}

/// Only S3 interface endpoints have names that are for the resolver alone.
fn dns_options(endpoint: Args<'_>, block: Args<'_>) -> DnsOptionsSpecification {
    let s3 = endpoint.text("service_name").is_some_and(|s| s.starts_with("com.amazonaws.") && s.ends_with(".s3"));
    let inbound = s3 && endpoint.text("vpc_endpoint_type") == Some("Interface");
    let domains = block.strings("private_dns_specified_domains");
    DnsOptionsSpecification::builder()
        .set_dns_record_ip_type(block.text("dns_record_ip_type").map(DnsRecordIpType::from))
        .set_private_dns_only_for_inbound_resolver_endpoint(
            block.bool("private_dns_only_for_inbound_resolver_endpoint").filter(|_| inbound),
        )
        .set_private_dns_preference(block.string("private_dns_preference"))
        .set_private_dns_specified_domains(Some(domains).filter(|d| !d.is_empty()))
        .build()
}

fn subnet(block: Args<'_>) -> SubnetConfiguration {
    SubnetConfiguration::builder()
        .set_ipv4(block.string("ipv4"))
        .set_ipv6(block.string("ipv6"))
        .set_subnet_id(block.string("subnet_id"))
        .build()
}

async fn modify(ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<(), Refusal> {
    let args = Args(update.planned);
    let list = |set: &BTreeSet<String>| Some(set.iter().cloned().collect::<Vec<_>>()).filter(|l| !l.is_empty());
    let of = |name: &str| match update.changes(name) {
        true => difference(update, name),
        false => Default::default(),
    };
    let (tables, groups, subnets) = (of("route_table_ids"), of("security_group_ids"), of("subnet_ids"));
    let names = update.changes("private_dns_enabled").then(|| args.bool("private_dns_enabled").unwrap_or(false));
    let dns = args.block("dns_options").filter(|_| update.changes("dns_options") || names == Some(true));
    let policy = update.changes("policy").then(|| args.text("policy").map(policy_json::compact));
    let configured = args.blocks("subnet_configuration").into_iter().filter(|_| update.changes("subnet_configuration"));
    let configured: Vec<_> = configured.map(subnet).collect();
    let request = ec2
        .client
        .modify_vpc_endpoint()
        .vpc_endpoint_id(id)
        .set_dns_options(dns.map(|block| dns_options(args, block)))
        .set_ip_address_type(
            args.text("ip_address_type").filter(|_| update.changes("ip_address_type")).map(IpAddressType::from),
        )
        .set_private_dns_enabled(names)
        .set_reset_policy(matches!(policy, Some(None)).then_some(true))
        .set_policy_document(policy.flatten())
        .set_add_route_table_ids(list(&tables.0))
        .set_remove_route_table_ids(list(&tables.1))
        .set_add_security_group_ids(list(&groups.0))
        .set_remove_security_group_ids(list(&groups.1))
        .set_add_subnet_ids(list(&subnets.0))
        .set_remove_subnet_ids(list(&subnets.1))
        .set_subnet_configurations(Some(configured).filter(|s| !s.is_empty()));
    let what = format!("changing VPC endpoint {id}");
    ec2.insist("ec2:ModifyVpcEndpoint", &what, TIME, || request.clone().send(), busy).await?;
    Ok(())
}

/// Whether another change of the endpoint is under way.
pub(crate) fn busy(refusal: &Refusal) -> bool {
    refusal.is(&["OperationInProgress", "IncorrectState"])
}

/// The attributes that the resource and the data source have, tags aside. `policy` is the text that is known.
pub(crate) fn attributes(ec2: &Ec2<'_>, seen: &Seen, policy: Option<&str>) -> Reply {
    let (endpoint, mut reply) = (&seen.endpoint, Reply::new());
    let (id, owner) = (endpoint.vpc_endpoint_id().unwrap_or_default(), endpoint.owner_id().unwrap_or_default());
    let ty = endpoint.vpc_endpoint_type().map(VpcEndpointType::as_str).filter(|ty| !ty.is_empty());
    let text = |text: Option<&str>| Some(text.unwrap_or_default().to_owned());
    let entry = |entry: &aws_sdk_ec2::types::DnsEntry| {
        let mut reply = Reply::new();
        reply.str("dns_name", text(entry.dns_name())).str("hosted_zone_id", text(entry.hosted_zone_id()));
        reply
    };
    reply
        .str("id", Some(id))
        .str("arn", Some(ec2.arn(owner, &format!("vpc-endpoint/{id}"))))
        .str("owner_id", Some(owner))
        .str("vpc_id", endpoint.vpc_id())
        .str("vpc_endpoint_type", Some(ty.unwrap_or("Gateway")))
        .str("service_name", text(endpoint.service_name()))
        .str("service_region", endpoint.service_region())
        .str("state", endpoint.state().map(|s| s.as_str()))
        .str("ip_address_type", endpoint.ip_address_type().map(IpAddressType::as_str))
        .bool("private_dns_enabled", Some(endpoint.private_dns_enabled().unwrap_or(false)))
        .bool("requester_managed", Some(endpoint.requester_managed().unwrap_or(false)))
        .set("network_interface_ids", endpoint.network_interface_ids())
        .set("route_table_ids", endpoint.route_table_ids())
        .set("security_group_ids", endpoint.groups().iter().filter_map(|g| g.group_id()))
        .set("subnet_ids", endpoint.subnet_ids())
        .blocks("dns_entry", endpoint.dns_entries().iter().map(entry))
        .blocks("dns_options", endpoint.dns_options().map(observe_dns))
        .list("cidr_blocks", seen.networks.iter().flat_map(|list| list.cidrs()))
        .str("prefix_list_id", seen.networks.as_ref().and_then(|list| list.prefix_list_id()))
        .str("policy", endpoint.policy_document().map(|remote| kept(policy, remote)));
    reply
}

/// A policy as it was written, or without the white space of AWS.
fn kept(known: Option<&str>, remote: &str) -> String {
    match known.filter(|known| policy_json::equivalent(known, remote)) {
        Some(known) => known.to_owned(),
        None => policy_json::compact(remote),
    }
}

fn observe_dns(options: &DnsOptions) -> Reply {
    let mut reply = Reply::new();
    let only = options.private_dns_only_for_inbound_resolver_endpoint().unwrap_or(false);
    reply
        .str("dns_record_ip_type", Some(options.dns_record_ip_type().map(DnsRecordIpType::as_str).unwrap_or_default()))
        .bool("private_dns_only_for_inbound_resolver_endpoint", Some(only))
        .str("private_dns_preference", Some(options.private_dns_preference().unwrap_or_default()))
        .set("private_dns_specified_domains", options.private_dns_specified_domains());
    reply
}

fn take(page: Page) -> (Option<Vec<Answer>>, Option<String>) {
    (page.vpc_endpoints, page.next_token)
}

/// All endpoints of a region.
pub(crate) async fn all(ec2: &Ec2<'_>) -> Result<Vec<Answer>, Refusal> {
    let send = |token| ec2.client.describe_vpc_endpoints().max_results(1000).set_next_token(token).send();
    let all = ec2.pages("ec2:DescribeVpcEndpoints", "listing VPC endpoints", send, take).await?;
    Ok(all.into_iter().filter(|e| !is(e, "deleted") && !is(e, "deleting")).collect())
}

/// Endpoints by id.
pub(crate) async fn describe(ec2: &Ec2<'_>, ids: &[String]) -> Result<Vec<Answer>, Refusal> {
    let send = |ids| ec2.client.describe_vpc_endpoints().set_vpc_endpoint_ids(Some(ids)).send();
    let (operation, what) = ("ec2:DescribeVpcEndpoints", "reading VPC endpoints");
    let all = ec2.existing(operation, what, (ids, GONE[0]), send, |page: Page| page.vpc_endpoints).await?;
    Ok(all.into_iter().filter(|e| !is(e, "deleted")).collect())
}

/// The endpoint with an id.
pub(crate) async fn find(ec2: &Ec2<'_>, id: &str) -> Result<Option<Answer>, Problem> {
    Ok(describe(ec2, &[id.to_owned()]).await?.pop())
}

/// Endpoints with the networks of their services and their interfaces, by id.
pub(crate) async fn fetch(ec2: &Ec2<'_>, endpoints: Vec<Answer>) -> Result<HashMap<String, Seen>, Problem> {
    let networks = networks(ec2, &endpoints).await?;
    let interfaces = interfaces(ec2, &endpoints).await?;
    let seen = |endpoint: Answer| {
        let of = endpoint.network_interface_ids().iter().filter_map(|id| interfaces.get(id).cloned());
        let (interfaces, id) = (of.collect(), endpoint.vpc_endpoint_id.clone()?);
        let networks = endpoint.service_name().and_then(|service| networks.get(service).cloned());
        Some((id, Seen { endpoint, networks, interfaces }))
    };
    Ok(endpoints.into_iter().filter_map(seen).collect())
}

/// The networks of the services that endpoints lead to, by the service's name; few services have any.
async fn networks(ec2: &Ec2<'_>, endpoints: &[Answer]) -> Result<HashMap<String, PrefixList>, Refusal> {
    let services: BTreeSet<String> = endpoints.iter().filter_map(|e| e.service_name.clone()).collect();
    let services: Vec<String> = services.into_iter().collect();
    let send = |filter, token| ec2.client.describe_prefix_lists().filters(filter).set_next_token(token).send();
    let take =
        |a: aws_sdk_ec2::operation::describe_prefix_lists::DescribePrefixListsOutput| (a.prefix_lists, a.next_token);
    let (operation, what) = ("ec2:DescribePrefixLists", "reading the networks of services");
    let lists = ec2.filtered(operation, what, ("prefix-list-name", &services), send, take).await?;
    Ok(lists.into_iter().filter_map(|l| Some((l.prefix_list_name.clone()?, l))).collect())
}

async fn interfaces(ec2: &Ec2<'_>, endpoints: &[Answer]) -> Result<HashMap<String, NetworkInterface>, Refusal> {
    let ids: Vec<String> = endpoints.iter().flat_map(|e| e.network_interface_ids().to_vec()).collect();
    let send = |filter, token| {
        ec2.client.describe_network_interfaces().filters(filter).max_results(1000).set_next_token(token).send()
    };
    let take = |a: aws_sdk_ec2::operation::describe_network_interfaces::DescribeNetworkInterfacesOutput| {
        (a.network_interfaces, a.next_token)
    };
    let (operation, what) = ("ec2:DescribeNetworkInterfaces", "reading the interfaces of VPC endpoints");
    let all = ec2.filtered(operation, what, ("network-interface-id", &ids), send, take).await?;
    Ok(all.into_iter().filter_map(|i| Some((i.network_interface_id.clone()?, i))).collect())
}

fn is(endpoint: &Answer, state: &str) -> bool {
    endpoint.state().is_some_and(|s| s.as_str().eq_ignore_ascii_case(state))
}

/// The endpoint once it is there, or waits for its owner's consent.
pub(crate) async fn settled(ec2: &Ec2<'_>, id: &str, time: Duration) -> Result<Answer, Problem> {
    let ready = |e: &Answer| match ["failed", "rejected", "expired"].into_iter().find(|state| is(e, state)) {
        Some(state) => {
            Err(Problem::error("VPC endpoint failed", format!("VPC endpoint {id} is {state}: {}", reason(e))))
        }
        None => Ok(e.state().is_none() || is(e, "available") || is(e, "pendingAcceptance")),
    };
    let tell = |e: &Answer| e.state().map(|s| s.as_str().to_owned()).unwrap_or_default();
    ec2.until(format!("VPC endpoint {id} to become available"), time, || find(ec2, id), ready, tell).await
}

fn reason(endpoint: &Answer) -> &str {
    let told = endpoint.last_error().and_then(|e| e.message());
    told.or(endpoint.failure_reason()).unwrap_or("no reason is given")
}

/// Accepts the connection to a service of this account.
async fn accept(ec2: &Ec2<'_>, id: &str, service: &str, time: Duration) -> Result<(), Problem> {
    let by_name = ec2.client.describe_vpc_endpoint_service_configurations().filters(filter("service-name", service));
    let what = format!("reading endpoint service {service}");
    let operation = "ec2:DescribeVpcEndpointServiceConfigurations";
    let found = ec2.call(operation, &what, || by_name.clone().send()).await?.service_configurations.unwrap_or_default();
    let owned = found.into_iter().next().and_then(|s| s.service_id).ok_or_else(|| {
        Problem::error(
            "VPC endpoint cannot be accepted",
            format!("Endpoint service {service} is not of this account: its owner must accept VPC endpoint {id}."),
        )
    })?;
    let request = ec2.client.accept_vpc_endpoint_connections().service_id(owned).vpc_endpoint_ids(id);
    let what = format!("accepting VPC endpoint {id}");
    let answer = ec2.call("ec2:AcceptVpcEndpointConnections", &what, || request.clone().send()).await?;
    check(&what, answer.unsuccessful.unwrap_or_default(), &[])?;
    let tell = |e: &Answer| e.state().map(|s| s.as_str().to_owned()).unwrap_or_default();
    let what = format!("VPC endpoint {id} to become available");
    ec2.until(what, time, || find(ec2, id), |e| Ok(is(e, "available")), tell).await?;
    Ok(())
}

/// Tells the first part of a call that failed, `gone` aside.
pub(crate) fn check(what: &str, unsuccessful: Vec<UnsuccessfulItem>, gone: &[&str]) -> Result<(), Problem> {
    let failed =
        unsuccessful.iter().filter_map(|item| item.error()).find(|e| !gone.contains(&e.code().unwrap_or_default()));
    match failed {
        Some(e) => Err(Problem::error(
            format!("Failed {what}"),
            format!("{}: {}", e.code().unwrap_or("no code"), e.message().unwrap_or("no message")),
        )),
        None => Ok(()),
    }
}
