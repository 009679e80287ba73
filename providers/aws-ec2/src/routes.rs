//! Routes, as `aws_route` and the route tables write them.

use std::time::Duration;

use aws_sdk_ec2::types::{Route, RouteTable};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::{Type, Value};

use crate::client::{Ec2, Refusal, unless};
use crate::lost::Making;
use crate::settle::same_network;

/// The target of the route that every table has for its VPC.
pub(crate) const LOCAL: &str = "local";

/// The arguments that name a target.
pub(crate) const TARGETS: [&str; 12] = [
    "carrier_gateway_id",
    "core_network_arn",
    "egress_only_gateway_id",
    "gateway_id",
    "instance_id",
    "local_gateway_id",
    "nat_gateway_id",
    "network_interface_id",
    "odb_network_arn",
    "transit_gateway_id",
    "vpc_endpoint_id",
    "vpc_peering_connection_id",
];

/// Where traffic of a route goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    V4(String),
    V6(String),
    PrefixList(String),
}

impl Destination {
    /// The destination of an `aws_route`, or of a `route` block of a table, which omits `destination_` before CIDRs.
    pub fn of(route: Args<'_>) -> Option<Destination> {
        let either = |a, b| route.string(a).or_else(|| route.string(b));
        let v4 = either("destination_cidr_block", "cidr_block").map(Destination::V4);
        let v6 = || either("destination_ipv6_cidr_block", "ipv6_cidr_block").map(Destination::V6);
        v4.or_else(v6).or_else(|| route.string("destination_prefix_list_id").map(Destination::PrefixList))
    }

    /// The destination that AWS answered.
    pub fn answered(route: &Route) -> Option<Destination> {
        let v4 = route.destination_cidr_block().map(|c| Destination::V4(c.to_owned()));
        let v6 = route.destination_ipv6_cidr_block().map(|c| Destination::V6(c.to_owned()));
        v4.or(v6).or(route.destination_prefix_list_id().map(|l| Destination::PrefixList(l.to_owned())))
    }

    /// Parses the destination part of an import id.
    pub fn parse(text: &str) -> Destination {
        match text {
            t if t.contains(':') => Destination::V6(t.to_owned()),
            t if t.contains('.') => Destination::V4(t.to_owned()),
            t => Destination::PrefixList(t.to_owned()),
        }
    }

    /// The destination as it is written.
    pub fn as_str(&self) -> &str {
        match self {
            Destination::V4(text) | Destination::V6(text) | Destination::PrefixList(text) => text,
        }
    }

    /// The argument of `aws_route` that it belongs to.
    pub fn argument(&self) -> &'static str {
        match self {
            Destination::V4(_) => "destination_cidr_block",
            Destination::V6(_) => "destination_ipv6_cidr_block",
            Destination::PrefixList(_) => "destination_prefix_list_id",
        }
    }

    /// Whether both are the same place.
    pub fn is(&self, other: &Destination) -> bool {
        self == other || same_network(self.as_str(), other.as_str())
    }

    fn parts(&self) -> (Option<String>, Option<String>, Option<String>) {
        match self.clone() {
            Destination::V4(cidr) => (Some(cidr), None, None),
            Destination::V6(cidr) => (None, Some(cidr), None),
            Destination::PrefixList(list) => (None, None, Some(list)),
        }
    }
}

/// What takes the traffic of a route: an argument and its value.
pub(crate) type Target = (&'static str, String);

/// The target that a route names.
pub(crate) fn target(route: Args<'_>) -> Option<Target> {
    TARGETS.iter().find_map(|name| Some((*name, route.string(name)?)))
}

/// Sets the target in a request; creating and replacing a route take the same ones.
macro_rules! with_target {
    ($request:expr, $target:expr) => {{
        let (name, id) = $target;
        let request = $request;
        match name {
            "carrier_gateway_id" => request.carrier_gateway_id(id),
            "core_network_arn" => request.core_network_arn(id),
            "egress_only_gateway_id" => request.egress_only_internet_gateway_id(id),
            "instance_id" => request.instance_id(id),
            "local_gateway_id" => request.local_gateway_id(id),
            "nat_gateway_id" => request.nat_gateway_id(id),
            "network_interface_id" => request.network_interface_id(id),
            "odb_network_arn" => request.odb_network_arn(id),
            "transit_gateway_id" => request.transit_gateway_id(id),
            "vpc_endpoint_id" => request.vpc_endpoint_id(id),
            "vpc_peering_connection_id" => request.vpc_peering_connection_id(id),
            _ => request.gateway_id(id),
        }
    }};
}

/// The refusals of a transit gateway that is not attached yet.
const UNATTACHED: [&str; 2] = ["InvalidParameterException", "InvalidTransitGatewayID.NotFound"];

/// Whether a route that AWS answered has this target.
fn leads_to(route: &Route, (name, id): &Target) -> bool {
    let (gateway, endpoint) = gateway_or_endpoint(route);
    let there = match *name {
        "carrier_gateway_id" => route.carrier_gateway_id(),
        "core_network_arn" => route.core_network_arn(),
        "egress_only_gateway_id" => route.egress_only_internet_gateway_id(),
        "instance_id" => route.instance_id(),
        "local_gateway_id" => route.local_gateway_id(),
        "nat_gateway_id" => route.nat_gateway_id(),
        "network_interface_id" => route.network_interface_id(),
        "odb_network_arn" => route.odb_network_arn(),
        "transit_gateway_id" => route.transit_gateway_id(),
        "vpc_endpoint_id" => endpoint,
        "vpc_peering_connection_id" => route.vpc_peering_connection_id(),
        _ => gateway,
    };
    there == Some(id.as_str())
}

/// Adds a route to a table and waits until it is seen.
pub(crate) async fn create(
    ec2: &Ec2<'_>,
    table: &str,
    destination: &Destination,
    target: Target,
    time: Duration,
) -> Result<(), Problem> {
    let (v4, v6, list) = destination.parts();
    let to = destination.as_str();
    if target.1 == LOCAL {
        return Err(local_route(table, to));
    }
    let request = ec2
        .client
        .create_route()
        .route_table_id(table)
        .set_destination_cidr_block(v4)
        .set_destination_ipv6_cidr_block(v6)
        .set_destination_prefix_list_id(list);
    let request = with_target!(request, target.clone());
    let what = format!("creating route to {to} in route table {table}");
    let look = format!("a route to {to} in route table {table}");
    let making = Making { operation: "ec2:CreateRoute", what: &what, look: &look, passing: &UNATTACHED };
    let find = || async {
        let tables = tables(ec2, "route-table-id", &[table.to_owned()]).await?;
        let route = tables.iter().find_map(|t| route_to(t, destination));
        Ok(route.is_some_and(|r| leads_to(r, &target)).then_some(()))
    };
    making.found(ec2, || request.clone().send(), |_| Some(()), find).await?;
    seen(ec2, table, destination, time).await
}

fn local_route(table: &str, to: &str) -> Problem {
    Problem::error(
        "Local route cannot be created",
        format!(
            "Every route table has its local routes from the start. To manage the one to {to}, import it as \
             {table}_{to}."
        ),
    )
}

/// Gives a route another target and waits until it is seen.
pub(crate) async fn replace(
    ec2: &Ec2<'_>,
    table: &str,
    destination: &Destination,
    target: Target,
    time: Duration,
) -> Result<(), Problem> {
    let (v4, v6, list) = destination.parts();
    let request = ec2
        .client
        .replace_route()
        .route_table_id(table)
        .set_destination_cidr_block(v4)
        .set_destination_ipv6_cidr_block(v6)
        .set_destination_prefix_list_id(list);
    let request = match target {
        (_, id) if id == LOCAL => request.local_target(true),
        target => with_target!(request, target),
    };
    let what = format!("replacing route to {} in route table {table}", destination.as_str());
    let unattached = |r: &Refusal| r.is(&UNATTACHED);
    ec2.insist("ec2:ReplaceRoute", &what, time, || request.clone().send(), unattached).await?;
    seen(ec2, table, destination, time).await
}

/// Removes a route and waits until it is gone. Local routes stay.
pub(crate) async fn delete(
    ec2: &Ec2<'_>,
    table: &str,
    destination: &Destination,
    time: Duration,
) -> Result<(), Problem> {
    let (v4, v6, list) = destination.parts();
    let request = ec2
        .client
        .delete_route()
        .route_table_id(table)
        .set_destination_cidr_block(v4)
        .set_destination_ipv6_cidr_block(v6)
        .set_destination_prefix_list_id(list);
    let what = format!("deleting route to {} in route table {table}", destination.as_str());
    let passes = |r: &Refusal| r.is(&["InvalidParameterException"]);
    let deleted = ec2.insist("ec2:DeleteRoute", &what, time, || request.clone().send(), passes).await;
    match deleted {
        Err(refusal) if refusal.says("InvalidParameterValue", "cannot remove local route") => return Ok(()),
        deleted => unless(deleted, &["InvalidRoute.NotFound", "InvalidRouteTableID.NotFound"])?,
    };
    let what = format!("route to {} in route table {table} to be deleted", destination.as_str());
    ec2.until_gone(what, time, || find(ec2, table, destination)).await
}

async fn seen(ec2: &Ec2<'_>, table: &str, destination: &Destination, time: Duration) -> Result<(), Problem> {
    let what = format!("route to {} in route table {table} to be seen", destination.as_str());
    ec2.until(what, time, || find(ec2, table, destination), |_| Ok(true), |_| String::new()).await?;
    Ok(())
}

/// The route of a table to a destination.
pub(crate) async fn find(ec2: &Ec2<'_>, table: &str, to: &Destination) -> Result<Option<Route>, Problem> {
    let tables = tables(ec2, "route-table-id", &[table.to_owned()]).await?;
    Ok(tables.iter().find_map(|t| route_to(t, to)).cloned())
}

/// The route to a destination.
pub(crate) fn route_to<'a>(table: &'a RouteTable, to: &Destination) -> Option<&'a Route> {
    table.routes().iter().find(|r| Destination::answered(r).is_some_and(|d| d.is(to)))
}

/// The route tables that a filter selects.
pub(crate) async fn tables(ec2: &Ec2<'_>, filter: &str, values: &[String]) -> Result<Vec<RouteTable>, Refusal> {
    let send = |filter, token| {
        ec2.client.describe_route_tables().filters(filter).set_next_token(token).max_results(100).send()
    };
    let take =
        |a: aws_sdk_ec2::operation::describe_route_tables::DescribeRouteTablesOutput| (a.route_tables, a.next_token);
    ec2.filtered("ec2:DescribeRouteTables", "reading route tables", (filter, values), send, take).await
}

/// The `route` blocks of a table object.
pub(crate) fn blocks(table: &Value) -> Vec<Args<'_>> {
    Args(table).blocks("route")
}

/// Whether two sets of `route` blocks lead to the same routes.
pub(crate) fn same_routes(a: &[Args<'_>], b: &[Args<'_>]) -> bool {
    let same = |a: &Args<'_>, b: &Args<'_>| {
        let (to, other) = (Destination::of(*a), Destination::of(*b));
        to.zip(other).is_some_and(|(to, other)| to.is(&other)) && target(*a) == target(*b)
    };
    a.len() == b.len() && a.iter().all(|a| b.iter().any(|b| same(a, b)))
}

/// The tables whose `route` blocks differ in the targets that they can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    Custom,
    Default,
}

/// The `route` blocks as AWS holds them; local routes only where they are written.
pub(crate) fn observe(known: &Value, table: &RouteTable, of: Table) -> Vec<Reply> {
    let special = |route: &Route| {
        let mut reply = block(route);
        match of {
            Table::Custom => reply
                .str("carrier_gateway_id", route.carrier_gateway_id())
                .str("local_gateway_id", route.local_gateway_id())
                .str("odb_network_arn", route.odb_network_arn()),
            // What is written as an instance is told as its interface.
            Table::Default => reply.str("instance_id", None::<&str>),
        };
        reply
    };
    managed(known, table).into_iter().map(special).collect()
}

/// The routes of a table that its object manages.
pub(crate) fn managed<'a>(known: &Value, table: &'a RouteTable) -> Vec<&'a Route> {
    let written: Vec<Destination> = blocks(known).into_iter().filter_map(Destination::of).collect();
    let managed = |r: &&Route| {
        let to = Destination::answered(r);
        own(table, r) && (r.gateway_id() != Some(LOCAL) || to.is_some_and(|to| written.iter().any(|w| w.is(&to))))
    };
    table.routes().iter().filter(managed).collect()
}

/// Whether a route is neither propagated nor made by another object or service of AWS.
pub(crate) fn own(table: &RouteTable, route: &Route) -> bool {
    let propagated = route.origin().is_some_and(|o| o.as_str() == "EnableVgwRoutePropagation");
    let gateway = route.gateway_id().unwrap_or_default();
    let endpoint = route.destination_prefix_list_id().is_some() && gateway.starts_with("vpce-");
    let foreign = route.instance_owner_id().is_some_and(|o| table.owner_id().is_some_and(|t| t != o));
    !(propagated || endpoint || gateway == "VpcLattice" || foreign && route.network_interface_id().is_some())
}

fn block(route: &Route) -> Reply {
    let mut reply = Reply::new();
    let (gateway, endpoint) = gateway_or_endpoint(route);
    reply
        .str("cidr_block", route.destination_cidr_block())
        .str("ipv6_cidr_block", route.destination_ipv6_cidr_block())
        .str("destination_prefix_list_id", route.destination_prefix_list_id())
        .str("core_network_arn", route.core_network_arn())
        .str("egress_only_gateway_id", route.egress_only_internet_gateway_id())
        .str("gateway_id", gateway)
        .str("nat_gateway_id", route.nat_gateway_id())
        .str("network_interface_id", route.network_interface_id())
        .str("transit_gateway_id", route.transit_gateway_id())
        .str("vpc_endpoint_id", endpoint)
        .str("vpc_peering_connection_id", route.vpc_peering_connection_id());
    reply
}

/// AWS tells VPC endpoints as gateways.
pub(crate) fn gateway_or_endpoint(route: &Route) -> (Option<&str>, Option<&str>) {
    match route.gateway_id() {
        Some(id) if id.starts_with("vpce-") => (None, Some(id)),
        id => (id, None),
    }
}

/// Brings the routes of a table from the prior blocks to the planned ones: new and changed ones first.
pub(crate) async fn update(
    ec2: &Ec2<'_>,
    table: &str,
    (prior, planned): (&[Args<'_>], &[Args<'_>]),
    time: Duration,
) -> Result<(), Problem> {
    for route in planned {
        let (to, target) = complete(*route)?;
        match prior.iter().find(|p| Destination::of(**p).is_some_and(|d| d.is(&to))) {
            Some(old) if self::target(*old).as_ref() == Some(&target) => {}
            Some(_) => replace(ec2, table, &to, target, time).await?,
            None => add(ec2, table, &to, target, time).await?,
        }
    }
    let kept: Vec<Destination> = planned.iter().filter_map(|p| Destination::of(*p)).collect();
    for to in prior.iter().filter_map(|p| Destination::of(*p)) {
        if !kept.iter().any(|k| k.is(&to)) {
            delete(ec2, table, &to, time).await?;
        }
    }
    Ok(())
}

/// Adds a route that is written in a block; a local one is there from the start, and can be given another target.
async fn add(ec2: &Ec2<'_>, table: &str, to: &Destination, target: Target, time: Duration) -> Result<(), Problem> {
    let there = find(ec2, table, to).await?;
    let local = there.as_ref().is_some_and(|r| r.gateway_id() == Some(LOCAL));
    match (local, target.1 == LOCAL) {
        (true, true) => Ok(()),
        (true, false) => replace(ec2, table, to, target, time).await,
        (false, true) => Err(Problem::error(
            "Local route not found",
            format!(
                "Route table {table} has no local route to {}. A local route cannot be created: write the CIDR block \
                 of the VPC, or another target.",
                to.as_str()
            ),
        )),
        (false, false) => create(ec2, table, to, target, time).await,
    }
}

fn complete(route: Args<'_>) -> Result<(Destination, Target), Problem> {
    let missing = |what: &str, arguments: &str| {
        Problem::error(format!("Route without {what}"), format!("A route needs exactly one of {arguments}."))
    };
    let destinations = "cidr_block, ipv6_cidr_block, destination_prefix_list_id";
    let to = Destination::of(route).ok_or_else(|| missing("destination", destinations))?;
    let target = target(route).ok_or_else(|| missing("target", &TARGETS.join(", ")))?;
    Ok((to, target))
}

/// What is wrong with `route` blocks: each has one destination and one target.
pub(crate) fn validate(config: &Value) -> Vec<Problem> {
    let path = terrane_value::Path::root().attr("route");
    let set = |v: &Value, names: &[&str]| {
        let set = |name: &&&str| {
            v.get(name).is_some_and(|v| !v.is_null() && v.as_str() != Some("") && *v != Value::null(Type::Any))
        };
        names.iter().filter(set).count()
    };
    let mut problems = Vec::new();
    for route in config.get("route").and_then(Value::elements).unwrap_or_default().iter().filter(|r| r.is_known()) {
        let destinations = ["cidr_block", "ipv6_cidr_block", "destination_prefix_list_id"];
        for (what, names) in [("destination", &destinations[..]), ("target", &TARGETS[..])] {
            let count = set(route, names);
            if count != 1 {
                let detail = format!("A route needs exactly one of {}; {count} are set.", names.join(", "));
                problems.push(Problem::error(format!("Route needs one {what}"), detail).at(path.clone()));
            }
        }
    }
    problems
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use aws_sdk_ec2::types::RouteOrigin;

    use super::*;

    fn route(pairs: &[(&str, &str)]) -> Value {
        Value::object(pairs.iter().map(|(n, v)| (*n, Value::string(*v))))
    }

    #[test]
    fn destinations_are_the_same_in_any_spelling() {
        let of = |cidr| Destination::of(Args(&route(&[("ipv6_cidr_block", cidr)]))).unwrap();
        assert!(of("2001:db8::/32").is(&of("2001:DB8:0::/32")));
        assert!(!of("2001:db8::/32").is(&of("2001:db8::/48")));
        assert_eq!(Destination::parse("::/0").argument(), "destination_ipv6_cidr_block");
        assert_eq!(Destination::parse("pl-1").argument(), "destination_prefix_list_id");
        assert_eq!(Destination::parse("0.0.0.0/0").argument(), "destination_cidr_block");
    }

    #[test]
    fn only_own_routes_are_observed() {
        let to = |cidr: &str| Route::builder().destination_cidr_block(cidr);
        let table = RouteTable::builder()
            .owner_id("1")
            .routes(to("10.0.0.0/16").gateway_id(LOCAL).build())
            .routes(to("0.0.0.0/0").gateway_id("igw-1").build())
            .routes(to("10.9.0.0/16").gateway_id("vgw-1").origin(RouteOrigin::EnableVgwRoutePropagation).build())
            .routes(to("10.8.0.0/16").network_interface_id("eni-1").instance_owner_id("2").build())
            .routes(Route::builder().destination_prefix_list_id("pl-1").gateway_id("vpce-1").build())
            .build();
        let seen = |known: &Value| -> Vec<String> {
            let blocks = observe(known, &table, Table::Custom).into_iter().map(Reply::object);
            blocks.filter_map(|b| Args(&b).string("cidr_block")).collect()
        };
        assert_eq!(seen(&route(&[])), ["0.0.0.0/0"]);
        let written = route(&[("cidr_block", "10.0.0.0/16"), ("gateway_id", LOCAL)]);
        let known = Value::object([("route", Value::tuple([written]))]);
        assert_eq!(seen(&known), ["10.0.0.0/16", "0.0.0.0/0"]);
    }

    #[test]
    fn a_route_has_one_destination_and_one_target() {
        let config = |r: Value| Value::object([("route", Value::tuple([r]))]);
        assert!(validate(&config(route(&[("cidr_block", "0.0.0.0/0"), ("gateway_id", "igw-1")]))).is_empty());
        let two = route(&[("cidr_block", "0.0.0.0/0"), ("gateway_id", "igw-1"), ("nat_gateway_id", "nat-1")]);
        assert_eq!(validate(&config(two)).len(), 1);
        assert_eq!(validate(&config(route(&[]))).len(), 2);
    }

    #[test]
    fn blocks_are_the_same_whatever_is_empty() {
        let written = route(&[("cidr_block", "0.0.0.0/0"), ("gateway_id", "igw-1")]);
        let stored = route(&[("cidr_block", "0.0.0.0/0"), ("gateway_id", "igw-1"), ("nat_gateway_id", "")]);
        let other = route(&[("cidr_block", "0.0.0.0/0"), ("nat_gateway_id", "nat-1")]);
        assert!(same_routes(&[Args(&written)], &[Args(&stored)]));
        assert!(!same_routes(&[Args(&written)], &[Args(&other)]));
    }
}
