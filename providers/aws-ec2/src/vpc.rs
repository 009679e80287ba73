//! `aws_vpc`.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_ec2::types::{
    AttributeBooleanValue, IpamPoolAllocationResourceType, ResourceType, Tenancy, Vpc as Answer, VpcAttributeName,
    VpcCidrBlockStateCode, VpcIpv6CidrBlockAssociation, VpcTenancy,
};
use terrane_aws_core::concurrently;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::client::{Ec2, PROPAGATION, Refusal, filter, unless};
use crate::draft::Draft;
use crate::kind::{Identity, Kind, Wanted, keys};
use crate::lost::{BY_MARK, Making};
use crate::rivals::{another, promise, promised};
use crate::settle::absent;
use crate::tags;

const ASSOCIATION: Duration = Duration::from_secs(10 * 60);
const DELETION: Duration = Duration::from_secs(5 * 60);
/// IPAM gives an address range back long after the VPC is gone.
const IPAM_RELEASE: Duration = Duration::from_secs(35 * 60);
const AMAZON_POOL: &str = "Amazon";
const IPAM_POOL: &str = "IPAM Managed";

const SWITCHES: [(&str, VpcAttributeName, bool); 3] = [
    ("enable_dns_hostnames", VpcAttributeName::EnableDnsHostnames, false),
    ("enable_dns_support", VpcAttributeName::EnableDnsSupport, true),
    ("enable_network_address_usage_metrics", VpcAttributeName::EnableNetworkAddressUsageMetrics, false),
];

/// Virtual private clouds.
pub(crate) struct Vpc;

/// A VPC with what else must be asked for.
pub(crate) struct Seen {
    vpc: Answer,
    switches: Vec<(&'static str, Option<bool>)>,
    network_acl: Option<String>,
    route_table: Option<String>,
    security_group: Option<String>,
}

#[async_trait::async_trait]
impl Kind for Vpc {
    const NAME: &'static str = "aws_vpc";
    const MARKED: Option<&'static str> = Some("id");
    type Seen = Seen;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let args = Args(create.planned);
        let request = ec2
            .client
            .create_vpc()
            .amazon_provided_ipv6_cidr_block(args.bool("assign_generated_ipv6_cidr_block").unwrap_or(false))
            .set_instance_tenancy(args.text("instance_tenancy").map(Tenancy::from))
            .set_cidr_block(args.string("cidr_block"))
            .set_ipv4_ipam_pool_id(args.string("ipv4_ipam_pool_id"))
            .set_ipv4_netmask_length(args.i32("ipv4_netmask_length"))
            .set_ipv6_cidr_block(args.string("ipv6_cidr_block"))
            .set_ipv6_cidr_block_network_border_group(args.string("ipv6_cidr_block_network_border_group"))
            .set_ipv6_ipam_pool_id(args.string("ipv6_ipam_pool_id"))
            .set_ipv6_netmask_length(args.i32("ipv6_netmask_length"));
        let look = format!("a VPC with CIDR {}", args.text("cidr_block").unwrap_or("from the IPAM pool"));
        let making = Making { operation: "ec2:CreateVpc", what: "creating VPC", look: &look, passing: &[] };
        let send = |tags| request.clone().set_tag_specifications(tags).send();
        let find =
            |mark: Vec<String>| async move { Ok(describe(ec2, BY_MARK, &mark).await?.pop().and_then(|v| v.vpc_id)) };
        let id = making.marked((ec2, create), ResourceType::Vpc, send, |a| a.vpc?.vpc_id, find).await?;
        Ok(vec![("id", id)])
    }

    async fn shape(&self, ec2: &Ec2<'_>, create: &Create<'_>, id: &str) -> Result<(), Problem> {
        let ready = |v: &Answer| Ok(available(v) && !v.ipv6_cidr_block_association_set().iter().any(associating));
        let what = format!("VPC {id} to become available");
        ec2.until(what, ASSOCIATION, || find(ec2, id), ready, state).await?;
        for (name, _, default) in SWITCHES {
            match Args(create.planned).bool(name) {
                Some(on) if on != default => switch(ec2, id, name, on).await?,
                _ => {}
            }
        }
        Ok(())
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Seen>, Problem> {
        let ids = keys(wanted);
        let (vpcs, acls) = (describe(ec2, "vpc-id", &ids), default_network_acls(ec2, &ids));
        let (tables, groups) = (main_route_tables(ec2, &ids), default_security_groups(ec2, &ids));
        let switches = async {
            let read = |id: String| async { Ok::<_, Refusal>((id.clone(), switches(ec2, id).await?)) };
            Ok(concurrently(16, ids.clone(), read).await)
        };
        let (vpcs, mut acls, mut tables, mut groups, switches) =
            tokio::try_join!(vpcs, acls, tables, groups, switches)?;
        let mut switches = switches.into_iter().collect::<Result<HashMap<_, _>, _>>()?;
        let mut seen = HashMap::new();
        for vpc in vpcs {
            // A VPC that vanished between two of the calls is as gone as one that was never found.
            let found = vpc.vpc_id.clone().and_then(|id| Some((switches.remove(&id)??, id)));
            let Some((switches, id)) = found else { continue };
            let (network_acl, route_table) = (acls.remove(&id), tables.remove(&id));
            let security_group = groups.remove(&id);
            seen.insert(id, Seen { vpc, switches, network_acl, route_table, security_group });
        }
        Ok(seen)
    }

    fn is_whole(&self, seen: &Seen) -> bool {
        [&seen.network_acl, &seen.route_table, &seen.security_group].into_iter().all(Option::is_some)
    }

    fn observe(&self, ec2: &Ec2<'_>, known: &Value, seen: &Seen) -> Reply {
        let (vpc, mut reply) = (&seen.vpc, Reply::new());
        let (id, owner) = (vpc.vpc_id().unwrap_or_default(), vpc.owner_id().unwrap_or_default());
        reply
            .str("id", Some(id))
            .str("arn", Some(ec2.arn(owner, &format!("vpc/{id}"))))
            .str("owner_id", Some(owner))
            .str("cidr_block", vpc.cidr_block())
            .str("dhcp_options_id", vpc.dhcp_options_id())
            .str("instance_tenancy", vpc.instance_tenancy().map(Tenancy::as_str))
            .str("default_network_acl_id", seen.network_acl.as_ref())
            .str("default_route_table_id", seen.route_table.as_ref())
            .str("main_route_table_id", seen.route_table.as_ref())
            .str("default_security_group_id", seen.security_group.as_ref());
        for (name, on) in &seen.switches {
            reply.bool(name, *on);
        }
        observe_ipv6(&mut reply, known, ipv6_association(vpc, Args(known).text("ipv6_association_id")));
        tags::observe(ec2, &mut reply, known, vpc.tags());
        reply
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        let planned = Args(update.planned);
        let differs = |name: &str| planned.differs(update.prior, name);
        for (name, ..) in SWITCHES.iter().filter(|(name, ..)| differs(name)) {
            if let Some(on) = planned.bool(name) {
                switch(ec2, id, name, on).await?;
            }
        }
        if differs("instance_tenancy") {
            let tenancy = planned.text("instance_tenancy").map(VpcTenancy::from);
            let request = ec2.client.modify_vpc_tenancy().vpc_id(id).set_instance_tenancy(tenancy);
            let what = format!("changing the tenancy of VPC {id}");
            ec2.call("ec2:ModifyVpcTenancy", &what, || request.clone().send()).await?;
        }
        if IPV6_ARGUMENTS.iter().any(|name| differs(name)) {
            replace_ipv6(ec2, id, update).await?;
        }
        tags::update(ec2, id, update).await?;
        Ok(Vec::new())
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let id = Args(prior).text("id").unwrap_or_default();
        let (request, what) = (ec2.client.delete_vpc().vpc_id(id), format!("deleting VPC {id}"));
        let in_use = |r: &Refusal| r.is(&["DependencyViolation"]);
        let deleted = ec2.insist("ec2:DeleteVpc", &what, DELETION, || request.clone().send(), in_use).await;
        if unless(deleted, &["InvalidVpcID.NotFound"])?.is_none() {
            return Ok(());
        }
        ec2.until_gone(format!("VPC {id} to be deleted"), DELETION, || find(ec2, id)).await?;
        for pool in ["ipv4_ipam_pool_id", "ipv6_ipam_pool_id"] {
            if let Some(pool) = Args(prior).text(pool).filter(|p| p.starts_with("ipam-pool-")) {
                await_ipam_release(ec2, pool, id, IpamPoolAllocationResourceType::Vpc, IPAM_RELEASE).await?;
            }
        }
        Ok(())
    }

    fn plan(&self, draft: &mut Draft<'_>) {
        plan(draft);
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let send = |token| ec2.client.describe_vpcs().set_next_token(token).max_results(1000).send();
        let vpcs = ec2.pages("ec2:DescribeVpcs", "listing VPCs", send, |a| (a.vpcs, a.next_token)).await?;
        Ok(vpcs.into_iter().filter_map(|v| v.vpc_id).collect())
    }
}

const IPV6_ARGUMENTS: [&str; 5] = [
    "assign_generated_ipv6_cidr_block",
    "ipv6_cidr_block",
    "ipv6_cidr_block_network_border_group",
    "ipv6_ipam_pool_id",
    "ipv6_netmask_length",
];

/// What comes with a VPC, and the attributes that tell its id.
const DEFAULTS: [(&str, &str); 4] = [
    ("default_network_acl_id", "network ACL"),
    ("default_route_table_id", "route table"),
    ("default_security_group_id", "security group"),
    ("main_route_table_id", "route table"),
];

/// The name of the promise of what comes with a VPC, by that of the VPC itself.
pub(crate) fn default_of(vpc: &str, whole: &str) -> String {
    format!("{whole} of {vpc}")
}

/// What a change of IPv6 arguments or tenancy brings with it, and what a VPC that is still to be made promises.
pub(crate) fn plan(draft: &mut Draft<'_>) {
    if draft.changes(&["assign_generated_ipv6_cidr_block", "ipv6_ipam_pool_id", "ipv6_netmask_length"]) {
        draft.unknown(&["ipv6_association_id", "ipv6_cidr_block", "ipv6_cidr_block_network_border_group"]);
    } else if draft.changes(&["ipv6_cidr_block", "ipv6_cidr_block_network_border_group"]) {
        draft.unknown(&["ipv6_association_id"]);
    }
    if draft.changes(&["instance_tenancy"]) {
        let was = draft.prior.and_then(|p| Args(p).text("instance_tenancy"));
        match (was, draft.text("instance_tenancy")) {
            (Some("dedicated"), Some("default")) => draft.in_place("instance_tenancy"),
            _ => draft.replace("instance_tenancy"),
        }
    }
    // With a netmask the range comes from the pool, and what it gave is no change.
    if draft.changes(&["cidr_block"]) && draft.planned("ipv4_netmask_length").is_some_and(|n| !absent(n)) {
        draft.keep("cidr_block");
    }
    promise(draft, "id", || Some(another("VPC")));
    let vpc = promised(draft, "id");
    for (attribute, whole) in DEFAULTS {
        promise(draft, attribute, || Some(default_of(vpc.as_deref()?, whole)));
    }
}

/// The VPCs that a filter selects.
pub(crate) async fn describe(ec2: &Ec2<'_>, by: &str, values: &[String]) -> Result<Vec<Answer>, Refusal> {
    let send =
        |filter, token| ec2.client.describe_vpcs().filters(filter).set_next_token(token).max_results(1000).send();
    let take = |a: aws_sdk_ec2::operation::describe_vpcs::DescribeVpcsOutput| (a.vpcs, a.next_token);
    ec2.filtered("ec2:DescribeVpcs", "reading VPCs", (by, values), send, take).await
}

/// The VPC with an id.
pub(crate) async fn find(ec2: &Ec2<'_>, id: &str) -> Result<Option<Answer>, Problem> {
    Ok(describe(ec2, "vpc-id", &[id.to_owned()]).await?.pop())
}

/// Whether a VPC can be used.
pub(crate) fn available(vpc: &Answer) -> bool {
    vpc.state().is_none_or(|s| s.as_str() == "available")
}

fn state(vpc: &Answer) -> String {
    vpc.state().map(|s| s.as_str().to_owned()).unwrap_or_default()
}

fn association_state(association: &VpcIpv6CidrBlockAssociation) -> Option<&VpcCidrBlockStateCode> {
    association.ipv6_cidr_block_state().and_then(|s| s.state())
}

fn associating(association: &VpcIpv6CidrBlockAssociation) -> bool {
    association_state(association) == Some(&VpcCidrBlockStateCode::Associating)
}

/// The default network ACLs by VPC.
async fn default_network_acls(ec2: &Ec2<'_>, ids: &[String]) -> Result<HashMap<String, String>, Refusal> {
    let send = |by_vpc, token| {
        let request = ec2.client.describe_network_acls().filters(by_vpc).filters(filter("default", "true"));
        request.set_next_token(token).max_results(1000).send()
    };
    let take =
        |a: aws_sdk_ec2::operation::describe_network_acls::DescribeNetworkAclsOutput| (a.network_acls, a.next_token);
    let what = "reading the default network ACLs of VPCs";
    let acls = ec2.filtered("ec2:DescribeNetworkAcls", what, ("vpc-id", ids), send, take).await?;
    Ok(acls.into_iter().filter_map(|a| Some((a.vpc_id?, a.network_acl_id?))).collect())
}

/// The main route tables by VPC.
pub(crate) async fn main_route_tables(ec2: &Ec2<'_>, ids: &[String]) -> Result<HashMap<String, String>, Refusal> {
    let send = |by_vpc, token| {
        let request = ec2.client.describe_route_tables().filters(by_vpc).filters(filter("association.main", "true"));
        request.set_next_token(token).max_results(100).send()
    };
    let take =
        |a: aws_sdk_ec2::operation::describe_route_tables::DescribeRouteTablesOutput| (a.route_tables, a.next_token);
    let what = "reading the main route tables of VPCs";
    let tables = ec2.filtered("ec2:DescribeRouteTables", what, ("vpc-id", ids), send, take).await?;
    Ok(tables.into_iter().filter_map(|t| Some((t.vpc_id?, t.route_table_id?))).collect())
}

/// The default security groups by VPC.
async fn default_security_groups(ec2: &Ec2<'_>, ids: &[String]) -> Result<HashMap<String, String>, Refusal> {
    let send = |by_vpc, token| {
        let request = ec2.client.describe_security_groups().filters(by_vpc).filters(filter("group-name", "default"));
        request.set_next_token(token).max_results(1000).send()
    };
    let take = |a: aws_sdk_ec2::operation::describe_security_groups::DescribeSecurityGroupsOutput| {
        (a.security_groups, a.next_token)
    };
    let what = "reading the default security groups of VPCs";
    let groups = ec2.filtered("ec2:DescribeSecurityGroups", what, ("vpc-id", ids), send, take).await?;
    Ok(groups.into_iter().filter_map(|g| Some((g.vpc_id?, g.group_id?))).collect())
}

/// Attributes that are on or off.
pub(crate) type Switches = Vec<(&'static str, Option<bool>)>;

/// The attributes that AWS tells only one at a time; `None` if the VPC is gone.
pub(crate) async fn switches(ec2: &Ec2<'_>, id: String) -> Result<Option<Switches>, Refusal> {
    let id = &id;
    let read = |(name, attribute, _)| async move { Ok(read_switch(ec2, id, attribute).await?.map(|on| (name, on))) };
    concurrently(SWITCHES.len(), SWITCHES, read).await.into_iter().collect::<Result<Option<_>, _>>()
}

async fn read_switch(ec2: &Ec2<'_>, id: &str, attribute: VpcAttributeName) -> Result<Option<Option<bool>>, Refusal> {
    let what = format!("reading {} of VPC {id}", attribute.as_str());
    let request = ec2.client.describe_vpc_attribute().vpc_id(id).attribute(attribute);
    let answer = ec2.call("ec2:DescribeVpcAttribute", &what, || request.clone().send()).await;
    let answer = unless(answer, &["InvalidVpcID.NotFound"])?;
    Ok(answer.map(|a| {
        let (hostnames, support) = (a.enable_dns_hostnames, a.enable_dns_support);
        let value = hostnames.or(support).or(a.enable_network_address_usage_metrics);
        value.and_then(|v| v.value)
    }))
}

/// Sets one attribute and waits until it is seen: AWS takes only one in a call.
async fn switch(ec2: &Ec2<'_>, id: &str, name: &str, on: bool) -> Result<(), Problem> {
    let value = AttributeBooleanValue::builder().value(on).build();
    let request = ec2.client.modify_vpc_attribute().vpc_id(id);
    let (request, attribute) = match name {
        "enable_dns_hostnames" => (request.enable_dns_hostnames(value), VpcAttributeName::EnableDnsHostnames),
        "enable_dns_support" => (request.enable_dns_support(value), VpcAttributeName::EnableDnsSupport),
        _ => {
            let attribute = VpcAttributeName::EnableNetworkAddressUsageMetrics;
            (request.enable_network_address_usage_metrics(value), attribute)
        }
    };
    let what = format!("setting {} of VPC {id}", attribute.as_str());
    let unseen = |r: &Refusal| r.is(&["InvalidVpcID.NotFound"]);
    ec2.insist("ec2:ModifyVpcAttribute", &what, PROPAGATION, || request.clone().send(), unseen).await?;
    let find = || async { Ok(read_switch(ec2, id, attribute.clone()).await?.flatten()) };
    let what = format!("{} of VPC {id} to become {on}", attribute.as_str());
    ec2.until(what, PROPAGATION, find, |seen| Ok(*seen == on), |seen| seen.to_string()).await?;
    Ok(())
}

/// The association that the IPv6 attributes speak of: the known one, else the last that holds.
fn ipv6_association<'a>(vpc: &'a Answer, known: Option<&str>) -> Option<&'a VpcIpv6CidrBlockAssociation> {
    let associated =
        |a: &&VpcIpv6CidrBlockAssociation| association_state(a) == Some(&VpcCidrBlockStateCode::Associated);
    let all = || vpc.ipv6_cidr_block_association_set().iter().filter(associated);
    all().find(|a| a.association_id() == known && known.is_some()).or_else(|| all().next_back())
}

fn observe_ipv6(reply: &mut Reply, known: &Value, association: Option<&VpcIpv6CidrBlockAssociation>) {
    let Some(association) = association else {
        reply.bool("assign_generated_ipv6_cidr_block", Some(false)).i64("ipv6_netmask_length", Some(0));
        for name in ["ipv6_association_id", "ipv6_cidr_block", "ipv6_cidr_block_network_border_group"] {
            reply.str(name, Some(""));
        }
        reply.str("ipv6_ipam_pool_id", Some(""));
        return;
    };
    let (cidr, pool) = (association.ipv6_cidr_block().unwrap_or_default(), association.ipv6_pool());
    let from_amazon = pool == Some(AMAZON_POOL);
    reply
        .bool("assign_generated_ipv6_cidr_block", Some(from_amazon))
        .str("ipv6_association_id", association.association_id())
        .str("ipv6_cidr_block", Some(cidr))
        .str("ipv6_cidr_block_network_border_group", association.network_border_group());
    let known_pool = Args(known).text("ipv6_ipam_pool_id");
    let pool = if pool == Some(IPAM_POOL) { known_pool } else { pool };
    let pool = pool.filter(|_| !from_amazon);
    let length = pool.and(cidr.split_once('/')).and_then(|(_, l)| l.parse::<i64>().ok());
    reply.str("ipv6_ipam_pool_id", Some(pool.unwrap_or_default()));
    reply.i64("ipv6_netmask_length", Some(length.unwrap_or(0)));
}

async fn replace_ipv6(ec2: &Ec2<'_>, id: &str, update: &Update<'_>) -> Result<(), Problem> {
    if let Some(association) = Args(update.prior).text("ipv6_association_id") {
        disassociate(ec2, id, association).await?;
    }
    let planned = Args(update.planned);
    let generated = planned.bool("assign_generated_ipv6_cidr_block").unwrap_or(false);
    let (cidr, pool) = (Args(update.config).string("ipv6_cidr_block"), planned.string("ipv6_ipam_pool_id"));
    if !generated && cidr.is_none() && pool.is_none() {
        return Ok(());
    }
    let border = planned.string("ipv6_cidr_block_network_border_group").filter(|_| generated);
    let request = ec2
        .client
        .associate_vpc_cidr_block()
        .vpc_id(id)
        .set_amazon_provided_ipv6_cidr_block(generated.then_some(true))
        .set_ipv6_cidr_block(cidr)
        .set_ipv6_cidr_block_network_border_group(border)
        .set_ipv6_ipam_pool_id(pool)
        .set_ipv6_netmask_length(planned.i32("ipv6_netmask_length").filter(|n| *n > 0));
    let (what, look) = (format!("associating an IPv6 CIDR block with VPC {id}"), "an IPv6 CIDR block of the VPC");
    ec2.call_once("ec2:AssociateVpcCidrBlock", &what, look, || request.clone().send()).await?;
    let ready = |v: &Answer| Ok(!v.ipv6_cidr_block_association_set().iter().any(associating));
    let what = format!("the IPv6 CIDR block of VPC {id} to be associated");
    ec2.until(what, ASSOCIATION, || find(ec2, id), ready, state).await?;
    Ok(())
}

async fn disassociate(ec2: &Ec2<'_>, id: &str, association: &str) -> Result<(), Problem> {
    let what = format!("disassociating IPv6 CIDR block {association} from VPC {id}");
    let request = ec2.client.disassociate_vpc_cidr_block().association_id(association);
    let done = ec2.call("ec2:DisassociateVpcCidrBlock", &what, || request.clone().send()).await;
    unless(done, &["InvalidVpcCidrBlockAssociationID.NotFound"])?;
    let going = |a: &VpcIpv6CidrBlockAssociation| {
        let state = association_state(a);
        a.association_id() == Some(association) && state != Some(&VpcCidrBlockStateCode::Disassociated)
    };
    let ready = |v: &Answer| Ok(!v.ipv6_cidr_block_association_set().iter().any(going));
    let what = format!("IPv6 CIDR block {association} of VPC {id} to be disassociated");
    ec2.until(what, ASSOCIATION, || find(ec2, id), ready, state).await?;
    Ok(())
}

/// Waits until an IPAM pool has taken back what it gave an object that is now gone.
pub(crate) async fn await_ipam_release(
    ec2: &Ec2<'_>,
    pool: &str,
    id: &str,
    ty: IpamPoolAllocationResourceType,
    time: Duration,
) -> Result<(), Problem> {
    let (request, ty) = (ec2.client.get_ipam_pool_allocations().ipam_pool_id(pool), &ty);
    let find = || async {
        let send = |token| request.clone().set_next_token(token).send();
        let what = format!("reading the allocations of IPAM pool {pool}");
        let all = ec2.pages("ec2:GetIpamPoolAllocations", &what, send, |a| (a.ipam_pool_allocations, a.next_token));
        match all.await {
            Ok(all) => Ok(all.into_iter().find(|a| a.resource_type() == Some(ty) && a.resource_id() == Some(id))),
            Err(refusal) if refusal.is(&["InvalidIpamPoolId.NotFound"]) => Ok(None),
            Err(refusal) => Err(refusal.into()),
        }
    };
    ec2.until_gone(format!("IPAM pool {pool} to release what {id} had"), time, find).await
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use aws_sdk_ec2::types::VpcCidrBlockState;
    use terrane_provider::PlanResponse;
    use terrane_value::Path;

    use super::*;

    fn object(pairs: &[(&str, &str)]) -> Value {
        Value::object(pairs.iter().map(|(n, v)| (*n, Value::string(*v))))
    }

    fn planned(prior: &Value, config: &Value, planned: Value, replace: &[&str]) -> PlanResponse {
        let requires_replace = replace.iter().map(|n| Path::root().attr(*n)).collect();
        let response = PlanResponse { planned: Some(planned), requires_replace, ..PlanResponse::default() };
        let mut draft = Draft::new(Some(prior), config, response);
        plan(&mut draft);
        draft.done()
    }

    #[test]
    fn only_dedicated_tenancy_changes_in_place() {
        let (default, dedicated) =
            (object(&[("instance_tenancy", "default")]), object(&[("instance_tenancy", "dedicated")]));
        let down = planned(&dedicated, &default, default.clone(), &["instance_tenancy"]);
        assert!(down.requires_replace.is_empty());
        let up = planned(&default, &dedicated, dedicated.clone(), &[]);
        assert_eq!(up.requires_replace, [Path::root().attr("instance_tenancy")]);
    }

    #[test]
    fn asking_for_ipv6_makes_its_block_unknown() {
        let prior = object(&[("ipv6_cidr_block", ""), ("ipv6_association_id", "")]);
        let with = Value::object([
            ("assign_generated_ipv6_cidr_block", Value::from(true)),
            ("ipv6_cidr_block", Value::string("")),
            ("ipv6_association_id", Value::string("")),
        ]);
        let plan = planned(&prior, &object(&[]), with, &[]).planned.unwrap();
        assert!(!plan.get("ipv6_cidr_block").unwrap().is_known());
        assert!(!plan.get("ipv6_association_id").unwrap().is_known());
    }

    #[test]
    fn a_range_from_a_pool_is_no_reason_to_replace() {
        let prior = object(&[("cidr_block", "10.0.0.0/16")]);
        let next =
            Value::object([("cidr_block", Value::string("10.1.0.0/16")), ("ipv4_netmask_length", Value::from(16))]);
        let plan = planned(&prior, &object(&[]), next, &["cidr_block"]);
        assert!(plan.requires_replace.is_empty());
        assert_eq!(plan.planned.unwrap().get("cidr_block").unwrap().as_str(), Some("10.0.0.0/16"));
    }

    #[test]
    fn ipv6_attributes_speak_of_the_known_association() {
        let association = |id: &str| {
            let state = VpcCidrBlockState::builder().state(VpcCidrBlockStateCode::Associated).build();
            VpcIpv6CidrBlockAssociation::builder().association_id(id).ipv6_cidr_block_state(state).build()
        };
        let vpc = Answer::builder()
            .ipv6_cidr_block_association_set(association("a"))
            .ipv6_cidr_block_association_set(association("b"))
            .build();
        let of = |known| ipv6_association(&vpc, known).and_then(|a| a.association_id());
        assert_eq!((of(Some("a")), of(None), of(Some("x"))), (Some("a"), Some("b"), Some("b")));
    }
}
