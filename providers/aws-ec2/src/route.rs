//! `aws_route`.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use aws_sdk_ec2::types::Route as Answer;
use terrane_aws_core::timeout;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::checksum::crc32;
use crate::client::Ec2;
use crate::draft::Draft;
use crate::kind::{Identity, Kind, Wanted, bad_import, text};
use crate::rivals::Claim;
use crate::route_table::{ROUTES, all, by_id};
use crate::routes::{self, Destination, LOCAL, TARGETS, Target};

const CREATION: Duration = Duration::from_secs(300);
const UPDATE: Duration = Duration::from_secs(120);
const DELETION: Duration = Duration::from_secs(300);

/// Single routes in route tables.
pub(crate) struct Route;

#[async_trait::async_trait]
impl Kind for Route {
    const NAME: &'static str = "aws_route";
    type Seen = Answer;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let (table, to) = place(create.planned)?;
        let target = target(create.config, create.planned)?;
        routes::create(ec2, &table, &to, target, timeout(create.planned, "create", CREATION)).await?;
        Ok(vec![("id", id(&table, &to))])
    }

    fn key(&self, known: &Value) -> Option<String> {
        place(known).ok().map(|(table, to)| key(&table, &to))
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Answer>, Problem> {
        let places: BTreeMap<&str, (String, Destination)> =
            wanted.iter().filter_map(|w| Some((w.key, place(w.known).ok()?))).collect();
        let mut ids: Vec<String> = places.values().map(|(table, _)| table.clone()).collect();
        ids.sort();
        ids.dedup();
        let tables = by_id(ec2, &ids).await?;
        let found = |(key, (table, to)): (&str, (String, Destination))| {
            Some((key.to_owned(), routes::route_to(tables.get(&table)?, &to)?.clone()))
        };
        Ok(places.into_iter().filter_map(found).collect())
    }

    fn observe(&self, _: &Ec2<'_>, known: &Value, seen: &Answer) -> Reply {
        let mut reply = Reply::new();
        let (gateway, endpoint) = routes::gateway_or_endpoint(seen);
        if let Ok((table, to)) = place(known) {
            reply.str("id", Some(id(&table, &to)));
        }
        reply
            .str("destination_cidr_block", seen.destination_cidr_block())
            .str("destination_ipv6_cidr_block", seen.destination_ipv6_cidr_block())
            .str("destination_prefix_list_id", seen.destination_prefix_list_id())
            .str("carrier_gateway_id", seen.carrier_gateway_id())
            .str("core_network_arn", seen.core_network_arn())
            .str("egress_only_gateway_id", seen.egress_only_internet_gateway_id())
            .str("gateway_id", gateway)
            .str("instance_id", Some(seen.instance_id().unwrap_or_default()))
            .str("instance_owner_id", Some(seen.instance_owner_id().unwrap_or_default()))
            .str("local_gateway_id", seen.local_gateway_id())
            .str("nat_gateway_id", seen.nat_gateway_id())
            .str("network_interface_id", Some(seen.network_interface_id().unwrap_or_default()))
            .str("odb_network_arn", seen.odb_network_arn())
            .str("origin", seen.origin().map(|o| o.as_str()))
            .str("state", seen.state().map(|s| s.as_str()))
            .str("transit_gateway_id", seen.transit_gateway_id())
            .str("vpc_endpoint_id", endpoint)
            .str("vpc_peering_connection_id", seen.vpc_peering_connection_id());
        reply
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, _: &str) -> Result<Identity, Problem> {
        let (table, to) = place(update.planned)?;
        let target = target(update.config, update.planned)?;
        routes::replace(ec2, &table, &to, target, timeout(update.planned, "update", UPDATE)).await?;
        Ok(Vec::new())
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let (table, to) = place(prior)?;
        routes::delete(ec2, &table, &to, timeout(prior, "delete", DELETION)).await
    }

    fn plan(&self, draft: &mut Draft<'_>) {
        plan(draft);
    }

    fn claims(&self, draft: &mut Draft<'_>) -> Vec<Claim> {
        Claim::one(Self::NAME, draft, ROUTES).into_iter().collect()
    }

    fn import(&self, import: &str) -> Result<Identity, Problem> {
        match import.split_once('_').filter(|(table, to)| !table.is_empty() && !to.is_empty()) {
            Some((table, to)) => {
                let to = Destination::parse(to);
                let id = ("id", id(table, &to));
                Ok(vec![id, ("route_table_id", table.to_owned()), (to.argument(), to.as_str().to_owned())])
            }
            None => Err(bad_import(import, "ROUTETABLEID_DESTINATION", "rtb-656C65616E6F72_10.42.0.0/16")),
        }
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let tables = all(ec2).await?;
        let own = tables.iter().flat_map(|t| t.routes().iter().filter(|r| routes::own(t, r)).map(move |r| (t, r)));
        let own = own.filter(|(_, r)| r.gateway_id() != Some(LOCAL));
        let to = |r: &Answer| {
            let to = r.destination_cidr_block().or(r.destination_ipv6_cidr_block()).or(r.destination_prefix_list_id());
            to.map(str::to_owned)
        };
        Ok(own.filter_map(|(t, r)| Some(format!("{}_{}", t.route_table_id()?, to(r)?))).collect())
    }
}

/// A route to an interface tells the instance behind it, and a route that led nowhere may lead somewhere.
fn plan(draft: &mut Draft<'_>) {
    if !draft.changes(&TARGETS) {
        return;
    }
    let prior = |name| draft.prior.and_then(|p| Args(p).text(name));
    let to_interface = prior("network_interface_id").is_some() || draft.written("network_interface_id");
    let was_active = prior("state") == Some("active");
    if to_interface {
        draft.unknown(&["instance_id", "instance_owner_id", "network_interface_id"]);
    }
    if !was_active {
        draft.unknown(&["state"]);
    }
}

fn key(table: &str, to: &Destination) -> String {
    format!("{table}_{}", to.as_str())
}

fn place(route: &Value) -> Result<(String, Destination), Problem> {
    let table = text(route, "route_table_id");
    let place = table.zip(Destination::of(Args(route)));
    place.ok_or_else(|| Problem::error("Route without destination", "A route needs a table and a destination."))
}

/// The target as it is written: of the planned attributes some may tell the former one.
fn target(config: &Value, planned: &Value) -> Result<Target, Problem> {
    let target = routes::target(Args(config)).or_else(|| routes::target(Args(planned)));
    let names = || TARGETS.join(", ");
    target.ok_or_else(|| Problem::error("Route without target", format!("A route needs exactly one of {}.", names())))
}

/// The id that state holds for a route: made from its table and a checksum of its destination.
fn id(table: &str, to: &Destination) -> String {
    format!("r-{table}{}", crc32(to.as_str().as_bytes()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use terrane_provider::PlanResponse;

    use super::*;

    #[test]
    fn ids_end_in_the_checksum_of_the_destination() {
        // As found in state written by Terraform for the default route.
        assert_eq!(id("rtb-1", &Destination::parse("0.0.0.0/0")), "r-rtb-11080289494");
    }

    #[test]
    fn only_a_route_to_or_from_an_interface_tells_another_instance() {
        let object = |pairs: &[(&str, &str)]| {
            let names = ["gateway_id", "nat_gateway_id", "network_interface_id", "instance_id", "state"];
            let of = |name: &&str| pairs.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v);
            Value::object(names.iter().map(|n| (*n, Value::string(of(n)))))
        };
        let planned = |prior: &Value, config: &Value, planned: Value| {
            let response = PlanResponse { planned: Some(planned), ..PlanResponse::default() };
            let mut draft = Draft::new(Some(prior), config, response);
            plan(&mut draft);
            draft.done().planned.unwrap()
        };
        let igw = object(&[("gateway_id", "igw-1"), ("state", "active")]);
        let nat = object(&[("nat_gateway_id", "nat-1"), ("state", "active")]);
        let written = |name: &str| Value::object([(name, Value::string("x"))]);
        assert_eq!(planned(&igw, &written("nat_gateway_id"), nat.clone()), nat);
        let eni = object(&[("network_interface_id", "eni-1"), ("instance_id", "i-1"), ("state", "blackhole")]);
        let next = object(&[("network_interface_id", "eni-1"), ("nat_gateway_id", "x"), ("instance_id", "i-1")]);
        let plan = planned(&eni, &written("nat_gateway_id"), next);
        let known = |name: &str| plan.get(name).unwrap().is_known();
        assert!(!known("network_interface_id") && !known("instance_id") && !known("state"));
    }

    #[test]
    fn import_ids_name_table_and_destination() {
        let import = Route.import("rtb-1_::/0").unwrap();
        assert!(import.contains(&("destination_ipv6_cidr_block", "::/0".to_owned())));
        assert!(Route.import("rtb-1").is_err());
    }
}
