//! `aws_route_table`, and what it shares with `aws_default_route_table`.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use aws_sdk_ec2::types::{ResourceType, RouteTable as Answer};
use terrane_aws_core::timeout;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::client::{Ec2, PROPAGATION, Refusal, unless};
use crate::draft::Draft;
use crate::kind::{Identity, Kind, Wanted, keys};
use crate::rivals::{Claim, Parts};
use crate::route_table_association::disassociate;
use crate::routes::{self, Table};
use crate::tags;

const CREATION: Duration = Duration::from_secs(300);
pub(crate) const UPDATE: Duration = Duration::from_secs(120);
const DELETION: Duration = Duration::from_secs(300);

/// Routes, as several types may write them.
pub(crate) const ROUTES: Parts =
    Parts { whole: "route table", name: "routes", block: "route", reference: "route_table_id" };

/// Route tables of VPCs.
pub(crate) struct RouteTable;

#[async_trait::async_trait]
impl Kind for RouteTable {
    const NAME: &'static str = "aws_route_table";
    type Seen = Answer;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let vpc = Args(create.planned).string("vpc_id");
        let what = format!("creating route table in VPC {}", vpc.as_deref().unwrap_or_default());
        let request = ec2
            .client
            .create_route_table()
            .set_vpc_id(vpc)
            .client_token(create.operation)
            .set_tag_specifications(tags::specification(ec2, create.planned, ResourceType::RouteTable));
        let answer = ec2.call("ec2:CreateRouteTable", &what, || request.clone().send()).await?;
        Ok(vec![("id", answer.route_table.and_then(|t| t.route_table_id).unwrap_or_default())])
    }

    async fn shape(&self, ec2: &Ec2<'_>, create: &Create<'_>, id: &str) -> Result<(), Problem> {
        let time = timeout(create.planned, "create", CREATION);
        let what = format!("route table {id} to be seen");
        ec2.until(what, time, || find(ec2, id), |_| Ok(true), |_| String::new()).await?;
        fill(ec2, id, create.planned, time).await
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Answer>, Problem> {
        by_id(ec2, &keys(wanted)).await
    }

    fn observe(&self, ec2: &Ec2<'_>, known: &Value, seen: &Answer) -> Reply {
        observe(ec2, known, seen, Table::Custom)
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        change(ec2, update, id).await
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let id = Args(prior).text("id").unwrap_or_default();
        let time = timeout(prior, "delete", DELETION);
        let Some(table) = find(ec2, id).await? else { return Ok(()) };
        for association in table.associations().iter().filter(|a| a.main() != Some(true)) {
            disassociate(ec2, association.route_table_association_id().unwrap_or_default(), time).await?;
        }
        let (request, what) =
            (ec2.client.delete_route_table().route_table_id(id), format!("deleting route table {id}"));
        let in_use = |r: &Refusal| r.is(&["DependencyViolation"]);
        let deleted = ec2.insist("ec2:DeleteRouteTable", &what, time, || request.clone().send(), in_use).await;
        unless(deleted, &["InvalidRouteTableID.NotFound"])?;
        ec2.until_gone(format!("route table {id} to be deleted"), PROPAGATION, || find(ec2, id)).await
    }

    fn plan(&self, draft: &mut Draft<'_>) {
        plan(draft);
    }

    fn claims(&self, draft: &mut Draft<'_>) -> Vec<Claim> {
        claims(Self::NAME, draft)
    }

    fn validate(&self, config: &Value) -> Vec<Problem> {
        routes::validate(config)
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let all = all(ec2).await?.into_iter().filter(|t| !is_main(t));
        Ok(all.filter_map(|t| t.route_table_id).collect())
    }
}

/// Every route table of a region.
pub(crate) async fn all(ec2: &Ec2<'_>) -> Result<Vec<Answer>, Refusal> {
    let send = |token| ec2.client.describe_route_tables().set_next_token(token).max_results(100).send();
    let take =
        |a: aws_sdk_ec2::operation::describe_route_tables::DescribeRouteTablesOutput| (a.route_tables, a.next_token);
    ec2.pages("ec2:DescribeRouteTables", "listing route tables", send, take).await
}

/// Whether a table is the main one of its VPC.
pub(crate) fn is_main(table: &Answer) -> bool {
    table.associations().iter().any(|a| a.main() == Some(true))
}

/// Route tables by id.
pub(crate) async fn by_id(ec2: &Ec2<'_>, ids: &[String]) -> Result<HashMap<String, Answer>, Problem> {
    let tables = routes::tables(ec2, "route-table-id", ids).await?;
    Ok(tables.into_iter().filter_map(|t| Some((t.route_table_id.clone()?, t))).collect())
}

/// The route table with an id.
pub(crate) async fn find(ec2: &Ec2<'_>, id: &str) -> Result<Option<Answer>, Problem> {
    Ok(by_id(ec2, &[id.to_owned()]).await?.remove(id))
}

/// Keeps the routes of a plan as they are when they only are written in another form.
pub(crate) fn plan(draft: &mut Draft<'_>) {
    let prior = draft.prior.map(routes::blocks).unwrap_or_default();
    let planned = draft.planned("route").filter(|r| r.is_wholly_known());
    let planned = planned.map(|r| r.elements().unwrap_or_default().iter().map(Args).collect::<Vec<_>>());
    if draft.prior.is_some() && planned.is_some_and(|planned| routes::same_routes(&prior, &planned)) {
        draft.keep("route");
    }
}

/// The claim of written blocks to all routes.
pub(crate) fn claims(ty: &'static str, draft: &mut Draft<'_>) -> Vec<Claim> {
    let written = draft.written(ROUTES.block).then(|| Claim::all(ty, draft, ROUTES));
    written.flatten().into_iter().collect()
}

/// The attributes of a route table.
pub(crate) fn observe(ec2: &Ec2<'_>, known: &Value, seen: &Answer, of: Table) -> Reply {
    let mut reply = Reply::new();
    let (id, owner) = (seen.route_table_id().unwrap_or_default(), seen.owner_id().unwrap_or_default());
    reply
        .str("id", Some(id))
        .str("arn", Some(ec2.arn(owner, &format!("route-table/{id}"))))
        .str("owner_id", Some(owner))
        .str("vpc_id", seen.vpc_id())
        .set("propagating_vgws", seen.propagating_vgws().iter().filter_map(|v| v.gateway_id()))
        .blocks("route", routes::observe(known, seen, of));
    // Tags that FSx puts on tables are none of the user's.
    let tags: Vec<_> = seen.tags().iter().filter(|t| t.key() != Some("AmazonFSx")).cloned().collect();
    tags::observe(ec2, &mut reply, known, &tags);
    reply
}

/// Gives an empty table its planned routes and propagations.
pub(crate) async fn fill(ec2: &Ec2<'_>, id: &str, planned: &Value, time: Duration) -> Result<(), Problem> {
    for gateway in Args(planned).strings("propagating_vgws") {
        propagate(ec2, id, &gateway, time).await?;
    }
    routes::update(ec2, id, (&[], &routes::blocks(planned)), time).await
}

/// Changes routes, propagations and tags of a table.
pub(crate) async fn change(ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
    let time = timeout(update.planned, "update", UPDATE);
    let gateways = |object| Args(object).strings("propagating_vgws").into_iter().collect::<BTreeSet<String>>();
    let (prior, planned) = (gateways(update.prior), gateways(update.planned));
    for gateway in prior.difference(&planned) {
        withdraw(ec2, id, gateway).await?;
    }
    for gateway in planned.difference(&prior) {
        propagate(ec2, id, gateway, time).await?;
    }
    if Args(update.planned).differs(update.prior, "route") {
        routes::update(ec2, id, (&routes::blocks(update.prior), &routes::blocks(update.planned)), time).await?;
    }
    tags::update(ec2, id, update).await?;
    Ok(Vec::new())
}

/// Lets a VPN gateway write its routes into a table.
async fn propagate(ec2: &Ec2<'_>, id: &str, gateway: &str, time: Duration) -> Result<(), Problem> {
    let what = format!("enabling route propagation from {gateway} to route table {id}");
    let request = ec2.client.enable_vgw_route_propagation().route_table_id(id).gateway_id(gateway);
    let unattached = |r: &Refusal| r.is(&["Gateway.NotAttached"]);
    ec2.insist("ec2:EnableVgwRoutePropagation", &what, time, || request.clone().send(), unattached).await?;
    Ok(())
}

/// Stops a VPN gateway from writing its routes into a table.
pub(crate) async fn withdraw(ec2: &Ec2<'_>, id: &str, gateway: &str) -> Result<(), Problem> {
    let what = format!("disabling route propagation from {gateway} to route table {id}");
    let request = ec2.client.disable_vgw_route_propagation().route_table_id(id).gateway_id(gateway);
    ec2.call("ec2:DisableVgwRoutePropagation", &what, || request.clone().send()).await?;
    Ok(())
}
