//! `aws_vpc_ipv4_cidr_block_association`.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_ec2::types::{Vpc, VpcCidrBlockAssociation as Answer, VpcCidrBlockStateCode as State};
use terrane_aws_core::timeout;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::client::{Ec2, Refusal, unless};
use crate::draft::Draft;
use crate::kind::{Identity, Kind, Wanted, bad_import, keys, text};
use crate::lost::Making;
use crate::settle::absent;
use crate::vpc;

const TIME: Duration = Duration::from_secs(600);
const BY_ID: &str = "cidr-block-association.association-id";

/// Further IPv4 networks of VPCs.
pub(crate) struct CidrBlockAssociation;

/// An association with its VPC.
#[derive(Clone)]
pub(crate) struct Seen {
    association: Answer,
    vpc: String,
}

#[async_trait::async_trait]
impl Kind for CidrBlockAssociation {
    const NAME: &'static str = "aws_vpc_ipv4_cidr_block_association";
    type Seen = Seen;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let args = Args(create.planned);
        let (vpc, cidr) = (args.text("vpc_id").unwrap_or_default(), args.text("cidr_block"));
        let request = ec2
            .client
            .associate_vpc_cidr_block()
            .vpc_id(vpc)
            .set_cidr_block(cidr.map(str::to_owned))
            .set_ipv4_ipam_pool_id(args.string("ipv4_ipam_pool_id"))
            .set_ipv4_netmask_length(args.i32("ipv4_netmask_length").filter(|n| *n > 0));
        let range = cidr.unwrap_or("from the IPAM pool");
        let what = format!("associating CIDR block {range} with VPC {vpc}");
        let look = format!("CIDR block {range} of VPC {vpc}");
        let operation = "ec2:AssociateVpcCidrBlock";
        let making = Making { operation, what: &what, look: &look, passing: &[] };
        let take = |a: aws_sdk_ec2::operation::associate_vpc_cidr_block::AssociateVpcCidrBlockOutput| {
            a.cidr_block_association?.association_id
        };
        let find = || with_range(ec2, vpc, cidr);
        Ok(vec![("id", making.found(ec2, || request.clone().send(), take, find).await?)])
    }

    async fn shape(&self, ec2: &Ec2<'_>, create: &Create<'_>, id: &str) -> Result<(), Problem> {
        let ready = |seen: &Seen| match state(&seen.association) {
            Some(State::Failing | State::Failed) => Err(failed(id, &seen.association)),
            state => Ok(state.is_none_or(|s| *s == State::Associated)),
        };
        let (what, time) = (format!("CIDR block {id} to be associated"), timeout(create.planned, "create", TIME));
        let tell = |seen: &Seen| state(&seen.association).map(|s| s.as_str().to_owned()).unwrap_or_default();
        ec2.until(what, time, || find(ec2, id), ready, tell).await?;
        Ok(())
    }

    /// Imports may name the IPAM pool and the length behind the id.
    fn key(&self, known: &Value) -> Option<String> {
        text(known, "id").and_then(|id| id.split(',').next().map(str::to_owned))
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Seen>, Problem> {
        by_id(ec2, &keys(wanted)).await
    }

    fn observe(&self, _: &Ec2<'_>, known: &Value, seen: &Seen) -> Reply {
        let mut reply = Reply::new();
        let known = text(known, "id").unwrap_or_default();
        let mut asked = known.split(',').skip(1);
        if let Some(pool) = asked.next() {
            reply.str("ipv4_ipam_pool_id", Some(pool));
        }
        if let Some(length) = asked.next().and_then(|l| l.parse::<i64>().ok()) {
            reply.i64("ipv4_netmask_length", Some(length));
        }
        reply
            .str("id", seen.association.association_id())
            .str("cidr_block", seen.association.cidr_block())
            .str("vpc_id", Some(&seen.vpc));
        reply
    }

    /// Every change replaces the association.
    async fn change(&self, _: &Ec2<'_>, _: &Update<'_>, _: &str) -> Result<Identity, Problem> {
        Ok(Vec::new())
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let id = self.key(prior).unwrap_or_default();
        let (request, what) = (
            ec2.client.disassociate_vpc_cidr_block().association_id(&id),
            format!("disassociating CIDR block {id} from its VPC"),
        );
        let done = ec2.call("ec2:DisassociateVpcCidrBlock", &what, || request.clone().send()).await;
        unless(done, &["InvalidVpcCidrBlockAssociationID.NotFound"])?;
        let what = format!("CIDR block {id} to be disassociated");
        ec2.until_gone(what, timeout(prior, "delete", TIME), || find(ec2, &id)).await
    }

    /// With a netmask the range comes from the pool, and what it gave is no change.
    fn plan(&self, draft: &mut Draft<'_>) {
        if draft.changes(&["cidr_block"]) && draft.planned("ipv4_netmask_length").is_some_and(|n| !absent(n)) {
            draft.keep("cidr_block");
        }
    }

    fn import(&self, id: &str) -> Result<Identity, Problem> {
        let parts: Vec<&str> = id.split(',').collect();
        let length = parts.get(2).is_none_or(|l| l.parse::<u8>().is_ok());
        match parts.len() <= 3 && length && parts.iter().all(|p| !p.is_empty()) {
            true => Ok(vec![("id", id.to_owned())]),
            false => Err(bad_import(id, "ID[,IPAMPOOLID[,NETMASKLENGTH]]", "vpc-cidr-assoc-021e8461d70ed08be")),
        }
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let send = |token| ec2.client.describe_vpcs().set_next_token(token).max_results(1000).send();
        let vpcs = ec2.pages("ec2:DescribeVpcs", "listing VPCs", send, |a| (a.vpcs, a.next_token)).await?;
        let further = |vpc: &Vpc| {
            let own = |a: &&Answer| a.cidr_block() != vpc.cidr_block() && holds(a);
            vpc.cidr_block_association_set().iter().filter(own).filter_map(|a| a.association_id.clone()).collect()
        };
        Ok(vpcs.iter().flat_map(|vpc| -> Vec<String> { further(vpc) }).collect())
    }
}

fn state(association: &Answer) -> Option<&State> {
    association.cidr_block_state().and_then(|s| s.state())
}

fn holds(association: &Answer) -> bool {
    state(association) != Some(&State::Disassociated)
}

fn failed(id: &str, association: &Answer) -> Problem {
    let message = association.cidr_block_state().and_then(|s| s.status_message()).unwrap_or("without saying why");
    let range = association.cidr_block().unwrap_or_default();
    Problem::error("CIDR block association failed", format!("AWS gave up on {range} ({id}): {message}"))
}

async fn by_id(ec2: &Ec2<'_>, ids: &[String]) -> Result<HashMap<String, Seen>, Problem> {
    let mut found = HashMap::new();
    for vpc in vpc::describe(ec2, BY_ID, ids).await? {
        let id = vpc.vpc_id().unwrap_or_default();
        for association in vpc.cidr_block_association_set().iter().filter(|a| holds(a)) {
            let seen = Seen { association: association.clone(), vpc: id.to_owned() };
            found.insert(association.association_id().unwrap_or_default().to_owned(), seen);
        }
    }
    found.retain(|id, _| ids.contains(id));
    Ok(found)
}

async fn find(ec2: &Ec2<'_>, id: &str) -> Result<Option<Seen>, Problem> {
    Ok(by_id(ec2, &[id.to_owned()]).await?.remove(id))
}

/// The id of the association of a VPC with a range. One whose range a pool chose cannot be told from others.
async fn with_range(ec2: &Ec2<'_>, vpc: &str, cidr: Option<&str>) -> Result<Option<String>, Refusal> {
    let vpcs = vpc::describe(ec2, "vpc-id", &[vpc.to_owned()]).await?;
    let mut all = vpcs.iter().flat_map(|v| v.cidr_block_association_set()).filter(|a| holds(a));
    let same = all.find(|a| cidr.is_some() && a.cidr_block() == cidr);
    Ok(same.and_then(|a| a.association_id.clone()))
}
