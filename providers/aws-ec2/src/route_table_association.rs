//! `aws_route_table_association`.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_ec2::types::{RouteTableAssociation as Answer, RouteTableAssociationStateCode as State};
use terrane_aws_core::timeout;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::client::{Ec2, PROPAGATION, Refusal, unless};
use crate::draft::Draft;
use crate::kind::{Identity, Kind, Wanted, bad_import, keys, text};
use crate::lost::Making;
use crate::route_table::all;
use crate::routes::tables;

const CREATION: Duration = Duration::from_secs(300);
const UPDATE: Duration = Duration::from_secs(120);
const DELETION: Duration = Duration::from_secs(300);
const GONE: &str = "InvalidAssociationID.NotFound";

/// Associations of route tables with subnets and gateways.
pub(crate) struct RouteTableAssociation;

#[async_trait::async_trait]
impl Kind for RouteTableAssociation {
    const NAME: &'static str = "aws_route_table_association";
    type Seen = Answer;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let args = Args(create.planned);
        let table = args.text("route_table_id").unwrap_or_default();
        let member = member(create.planned).unwrap_or_default();
        let request = ec2
            .client
            .associate_route_table()
            .route_table_id(table)
            .set_subnet_id(args.string("subnet_id"))
            .set_gateway_id(args.string("gateway_id"));
        let what = format!("associating route table {table} with {member}");
        let look = format!("an association of {member} with route table {table}");
        let making = Making { operation: "ec2:AssociateRouteTable", what: &what, look: &look, passing: &[] };
        let find = || between(ec2, &member, table);
        let id = making.found(ec2, || request.clone().send(), |a| a.association_id, find).await?;
        Ok(vec![("id", id)])
    }

    async fn shape(&self, ec2: &Ec2<'_>, create: &Create<'_>, id: &str) -> Result<(), Problem> {
        associated(ec2, id, timeout(create.planned, "create", CREATION)).await
    }

    /// Imports know the two ends and not the association.
    fn key(&self, known: &Value) -> Option<String> {
        let ends = || Some(format!("{}/{}", member(known)?, text(known, "route_table_id")?));
        text(known, "id").or_else(ends)
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Answer>, Problem> {
        let (ends, ids): (Vec<String>, Vec<String>) = keys(wanted).into_iter().partition(|k| k.contains('/'));
        let mut found = by_id(ec2, &ids).await?;
        let by_table: Vec<String> = ends.iter().filter_map(|k| Some(k.split_once('/')?.1.to_owned())).collect();
        for table in tables(ec2, "route-table-id", &by_table).await? {
            for association in table.associations().iter().filter(|a| holds(a)) {
                let (member, table) = (member_of(association), association.route_table_id());
                let key = format!("{}/{}", member.unwrap_or_default(), table.unwrap_or_default());
                found.insert(key, association.clone());
            }
        }
        Ok(found)
    }

    fn observe(&self, _: &Ec2<'_>, _: &Value, seen: &Answer) -> Reply {
        let mut reply = Reply::new();
        reply
            .str("id", seen.route_table_association_id())
            .str("route_table_id", seen.route_table_id())
            .str("subnet_id", seen.subnet_id())
            .str("gateway_id", seen.gateway_id());
        reply
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        let table = Args(update.planned).text("route_table_id").unwrap_or_default();
        let what = format!("replacing route table association {id} by one with {table}");
        let request = ec2.client.replace_route_table_association().association_id(id).route_table_id(table);
        let member = member(update.planned).unwrap_or_default();
        let (operation, look) = ("ec2:ReplaceRouteTableAssociation", format!("the association of {member}"));
        let making = Making { operation, what: &what, look: &look, passing: &[] };
        let find = || between(ec2, &member, table);
        let id = making.found(ec2, || request.clone().send(), |a| a.new_association_id, find).await?;
        associated(ec2, &id, timeout(update.planned, "update", UPDATE)).await?;
        Ok(vec![("id", id)])
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let id = text(prior, "id").unwrap_or_default();
        disassociate(ec2, &id, timeout(prior, "delete", DELETION)).await
    }

    /// AWS replaces an association by one with another id.
    fn plan(&self, draft: &mut Draft<'_>) {
        if draft.changes(&["route_table_id"]) {
            draft.unknown(&["id"]);
        }
    }

    fn import(&self, id: &str) -> Result<Identity, Problem> {
        let parts = id.split_once('/').filter(|(member, table)| !member.is_empty() && table.starts_with("rtb-"));
        let Some((member, table)) = parts else {
            return Err(bad_import(id, "SUBNETID/ROUTETABLEID or GATEWAYID/ROUTETABLEID", "subnet-1/rtb-1"));
        };
        let end = if member.starts_with("subnet-") { "subnet_id" } else { "gateway_id" };
        Ok(vec![(end, member.to_owned()), ("route_table_id", table.to_owned())])
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let tables = all(ec2).await?;
        let associations = tables.iter().flat_map(|t| t.associations()).filter(|a| a.main() != Some(true) && holds(a));
        Ok(associations.filter_map(|a| Some(format!("{}/{}", member_of(a)?, a.route_table_id()?))).collect())
    }
}

fn member(association: &Value) -> Option<String> {
    text(association, "subnet_id").or_else(|| text(association, "gateway_id"))
}

fn member_of(association: &Answer) -> Option<&str> {
    association.subnet_id().or(association.gateway_id())
}

fn state(association: &Answer) -> Option<&State> {
    association.association_state().and_then(|s| s.state())
}

fn holds(association: &Answer) -> bool {
    state(association) != Some(&State::Disassociated)
}

async fn by_id(ec2: &Ec2<'_>, ids: &[String]) -> Result<HashMap<String, Answer>, Problem> {
    let tables = tables(ec2, "association.route-table-association-id", ids).await?;
    let all = tables.into_iter().flat_map(|t| t.associations.unwrap_or_default()).filter(holds);
    Ok(all.filter_map(|a| Some((a.route_table_association_id.clone()?, a))).collect())
}

/// The id of the association of a subnet or gateway with a table.
async fn between(ec2: &Ec2<'_>, member: &str, table: &str) -> Result<Option<String>, Refusal> {
    let tables = tables(ec2, "route-table-id", &[table.to_owned()]).await?;
    let mut all = tables.into_iter().flat_map(|t| t.associations.unwrap_or_default()).filter(holds);
    Ok(all.find(|a| member_of(a) == Some(member)).and_then(|a| a.route_table_association_id))
}

async fn find(ec2: &Ec2<'_>, id: &str) -> Result<Option<Answer>, Problem> {
    Ok(by_id(ec2, &[id.to_owned()]).await?.remove(id))
}

async fn associated(ec2: &Ec2<'_>, id: &str, time: Duration) -> Result<(), Problem> {
    let ready = |a: &Answer| match state(a) {
        Some(State::Failed) => Err(Problem::error(
            "Route table association failed",
            format!("AWS gave up on association {id}: {}", message(a)),
        )),
        state => Ok(state.is_none_or(|s| *s == State::Associated)),
    };
    let what = format!("route table association {id} to hold");
    let tell = |a: &Answer| state(a).map(|s| s.as_str().to_owned()).unwrap_or_default();
    ec2.until(what, time, || find(ec2, id), ready, tell).await?;
    Ok(())
}

fn message(association: &Answer) -> &str {
    association.association_state().and_then(|s| s.status_message()).unwrap_or("without saying why")
}

/// Removes an association and waits until it is gone.
pub(crate) async fn disassociate(ec2: &Ec2<'_>, id: &str, time: Duration) -> Result<(), Problem> {
    let what = format!("removing route table association {id}");
    let request = ec2.client.disassociate_route_table().association_id(id);
    let done = ec2.call("ec2:DisassociateRouteTable", &what, || request.clone().send()).await;
    unless(done, &[GONE])?;
    let what = format!("route table association {id} to be removed");
    ec2.until_gone(what, time.max(PROPAGATION), || find(ec2, id)).await
}
