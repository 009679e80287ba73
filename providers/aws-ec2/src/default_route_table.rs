//! `aws_default_route_table`: the main route table of a VPC, which is adopted rather than made.

use std::collections::HashMap;

use aws_sdk_ec2::types::RouteTable as Answer;
use terrane_aws_core::timeout;
use terrane_provider::Problem;
use terrane_provider::sdk::{Create, Reply, Update};
use terrane_value::Value;

use crate::client::Ec2;
use crate::draft::Draft;
use crate::kind::{Identity, Kind, Wanted, text};
use crate::rivals::{Claim, promise, promised};
use crate::route_table::{self, UPDATE, by_id, find, is_main, withdraw};
use crate::routes::{self, Destination, Table};
use crate::tags;
use crate::vpc::main_route_tables;

/// Main route tables of VPCs.
pub(crate) struct DefaultRouteTable;

#[async_trait::async_trait]
impl Kind for DefaultRouteTable {
    const NAME: &'static str = "aws_default_route_table";
    type Seen = Answer;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let id = text(create.planned, "default_route_table_id").unwrap_or_default();
        match find(ec2, &id).await? {
            Some(_) => Ok(vec![("id", id)]),
            None => Err(Problem::error(
                "Route table not found",
                format!("There is no route table {id:?} in region {} to be adopted.", ec2.region),
            )),
        }
    }

    async fn shape(&self, ec2: &Ec2<'_>, create: &Create<'_>, id: &str) -> Result<(), Problem> {
        let time = timeout(create.planned, "create", UPDATE);
        let Some(table) = find(ec2, id).await? else { return Ok(()) };
        for gateway in table.propagating_vgws().iter().filter_map(|v| v.gateway_id()) {
            withdraw(ec2, id, gateway).await?;
        }
        for route in routes::managed(&Value::object::<&str>([]), &table) {
            if let Some(to) = Destination::answered(route) {
                routes::delete(ec2, id, &to, time).await?;
            }
        }
        route_table::fill(ec2, id, create.planned, time).await?;
        tags::adopt(ec2, id, table.tags(), create.planned).await
    }

    /// Imports know only the VPC.
    fn key(&self, known: &Value) -> Option<String> {
        text(known, "id").or_else(|| text(known, "default_route_table_id")).or_else(|| text(known, "vpc_id"))
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Answer>, Problem> {
        let vpcs = crate::kind::keys(wanted).into_iter().filter(|k| k.starts_with("vpc-")).collect::<Vec<_>>();
        let mains = main_route_tables(ec2, &vpcs).await?;
        let mut keys = crate::kind::keys(wanted);
        keys.retain(|k| !k.starts_with("vpc-"));
        keys.extend(mains.values().cloned());
        let mut tables = by_id(ec2, &keys).await?;
        let of_vpcs: Vec<_> = mains.into_iter().filter_map(|(vpc, id)| Some((vpc, tables.get(&id)?.clone()))).collect();
        tables.extend(of_vpcs);
        Ok(tables)
    }

    fn observe(&self, ec2: &Ec2<'_>, known: &Value, seen: &Answer) -> Reply {
        let mut reply = route_table::observe(ec2, known, seen, Table::Default);
        reply.str("default_route_table_id", seen.route_table_id());
        reply
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        route_table::change(ec2, update, id).await
    }

    /// The table stays with its VPC.
    async fn remove(&self, _: &Ec2<'_>, _: &Value) -> Result<(), Problem> {
        Ok(())
    }

    fn plan(&self, draft: &mut Draft<'_>) {
        route_table::plan(draft);
    }

    fn claims(&self, draft: &mut Draft<'_>) -> Vec<Claim> {
        let name = promised(draft, "default_route_table_id");
        promise(draft, "id", || name);
        route_table::claims(Self::NAME, draft)
    }

    fn validate(&self, config: &Value) -> Vec<Problem> {
        routes::validate(config)
    }

    fn import(&self, id: &str) -> Result<Identity, Problem> {
        match id.starts_with("vpc-") {
            true => Ok(vec![("vpc_id", id.to_owned())]),
            false => Err(crate::kind::bad_import(id, "of a VPC id", "vpc-33cc44dd")),
        }
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let mains = route_table::all(ec2).await?.into_iter().filter(is_main);
        Ok(mains.filter_map(|t| t.vpc_id).collect())
    }
}
