//! `aws_default_network_acl`: the default ACL of a VPC, which is adopted rather than made.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_ec2::types::NetworkAcl as Answer;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::acl_entries::{self, Entry};
use crate::client::{Ec2, Refusal};
use crate::draft::Draft;
use crate::kind::{Identity, Kind, Wanted, bad_import, keys, text};
use crate::lost::Making;
use crate::tags;

const DIRECTIONS: [(&str, bool); 2] = [("ingress", false), ("egress", true)];

/// Default network ACLs of VPCs.
pub(crate) struct DefaultNetworkAcl;

#[async_trait::async_trait]
impl Kind for DefaultNetworkAcl {
    const NAME: &'static str = "aws_default_network_acl";
    type Seen = Answer;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let id = text(create.planned, "default_network_acl_id").unwrap_or_default();
        match find(ec2, &id).await? {
            Some(acl) if acl.is_default() == Some(true) => Ok(vec![("id", id)]),
            Some(_) => Err(Problem::error(
                "Not a default network ACL",
                format!("Network ACL {id} is not the default one of its VPC. Use aws_network_acl for it."),
            )),
            None => Err(Problem::error(
                "Network ACL not found",
                format!("There is no network ACL {id:?} in region {} to be adopted.", ec2.region),
            )),
        }
    }

    async fn shape(&self, ec2: &Ec2<'_>, create: &Create<'_>, id: &str) -> Result<(), Problem> {
        let Some(acl) = find(ec2, id).await? else { return Ok(()) };
        for (name, egress) in DIRECTIONS {
            let there = acl_entries::of_answer(acl.entries(), egress);
            let wanted = acl_entries::of_blocks(Args(create.planned).blocks(name));
            acl_entries::update(ec2, id, egress, (&there, &wanted)).await?;
        }
        let wanted: BTreeSet<String> = Args(create.planned).strings("subnet_ids").into_iter().collect();
        take_subnets(ec2, id, wanted.difference(&subnets(&acl))).await?;
        tags::adopt(ec2, id, acl.tags(), create.planned).await
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Answer>, Problem> {
        let acls = by_id(ec2, &keys(wanted)).await?;
        Ok(acls.into_iter().filter_map(|a| Some((a.network_acl_id.clone()?, a))).collect())
    }

    fn observe(&self, ec2: &Ec2<'_>, known: &Value, seen: &Answer) -> Reply {
        let mut reply = Reply::new();
        let (id, owner) = (seen.network_acl_id().unwrap_or_default(), seen.owner_id().unwrap_or_default());
        reply
            .str("id", Some(id))
            .str("default_network_acl_id", Some(id))
            .str("arn", Some(ec2.arn(owner, &format!("network-acl/{id}"))))
            .str("owner_id", Some(owner))
            .str("vpc_id", seen.vpc_id())
            .set("subnet_ids", subnets(seen));
        for (name, egress) in DIRECTIONS {
            let blocks = known.get(name).and_then(Value::elements).unwrap_or_default();
            let there = acl_entries::of_answer(seen.entries(), egress);
            reply.value(name, Value::tuple(acl_entries::observe(blocks, &there)));
        }
        tags::observe(ec2, &mut reply, known, seen.tags());
        reply
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        let entries = |object, name| acl_entries::of_blocks(Args(object).blocks(name));
        for (name, egress) in DIRECTIONS {
            let (there, wanted) = (entries(update.prior, name), entries(update.planned, name));
            acl_entries::update(ec2, id, egress, (&there, &wanted)).await?;
        }
        // Subnets leave only by joining another ACL.
        let of = |object| Args(object).strings("subnet_ids").into_iter().collect::<BTreeSet<String>>();
        take_subnets(ec2, id, of(update.planned).difference(&of(update.prior))).await?;
        tags::update(ec2, id, update).await?;
        Ok(Vec::new())
    }

    /// The ACL stays with its VPC, entries and all.
    async fn remove(&self, _: &Ec2<'_>, _: &Value) -> Result<(), Problem> {
        Ok(())
    }

    fn plan(&self, draft: &mut Draft<'_>) {
        let Some(prior) = draft.prior else { return };
        for (name, _) in DIRECTIONS {
            let planned = draft.planned(name).filter(|p| p.is_wholly_known());
            let planned = planned.map(|p| p.elements().unwrap_or_default().iter().map(Args).map(Entry::of_block));
            let planned: Option<Vec<Entry>> = planned.map(Iterator::collect);
            let was = acl_entries::of_blocks(Args(prior).blocks(name));
            if planned.is_some_and(|planned| acl_entries::same(&planned, &was)) {
                draft.keep(name);
            }
        }
    }

    fn import(&self, id: &str) -> Result<Identity, Problem> {
        match id.starts_with("acl-") {
            true => Ok(vec![("id", id.to_owned()), ("default_network_acl_id", id.to_owned())]),
            false => Err(bad_import(id, "of a network ACL id", "acl-7aaabd18")),
        }
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let acls = describe(ec2, "default", &["true".to_owned()]).await?;
        Ok(acls.into_iter().filter_map(|a| a.network_acl_id).collect())
    }
}

async fn describe(ec2: &Ec2<'_>, filter: &str, values: &[String]) -> Result<Vec<Answer>, Refusal> {
    let send = |filter, token| {
        ec2.client.describe_network_acls().filters(filter).set_next_token(token).max_results(1000).send()
    };
    let take =
        |a: aws_sdk_ec2::operation::describe_network_acls::DescribeNetworkAclsOutput| (a.network_acls, a.next_token);
    ec2.filtered("ec2:DescribeNetworkAcls", "reading network ACLs", (filter, values), send, take).await
}

async fn find(ec2: &Ec2<'_>, id: &str) -> Result<Option<Answer>, Problem> {
    Ok(by_id(ec2, &[id.to_owned()]).await?.pop())
}

async fn by_id(ec2: &Ec2<'_>, ids: &[String]) -> Result<Vec<Answer>, Refusal> {
    let send = |ids| ec2.client.describe_network_acls().set_network_acl_ids(Some(ids)).send();
    let take = |a: aws_sdk_ec2::operation::describe_network_acls::DescribeNetworkAclsOutput| a.network_acls;
    let missing = (ids, "InvalidNetworkAclID.NotFound");
    ec2.existing("ec2:DescribeNetworkAcls", "reading network ACLs", missing, send, take).await
}

fn subnets(acl: &Answer) -> BTreeSet<String> {
    acl.associations().iter().filter_map(|a| a.subnet_id.clone()).collect()
}

/// Lets subnets join an ACL: each is in exactly one, so its association is replaced.
async fn take_subnets(ec2: &Ec2<'_>, acl: &str, subnets: impl Iterator<Item = &String>) -> Result<(), Problem> {
    let subnets: Vec<String> = subnets.cloned().collect();
    for from in describe(ec2, "association.subnet-id", &subnets).await? {
        let moving =
            from.associations().iter().filter(|a| a.subnet_id().is_some_and(|s| subnets.iter().any(|m| m == s)));
        for association in moving {
            let subnet = association.subnet_id().unwrap_or_default();
            let what = format!("associating network ACL {acl} with subnet {subnet}");
            let request = ec2.client.replace_network_acl_association().network_acl_id(acl);
            let request = request.set_association_id(association.network_acl_association_id.clone());
            let (operation, look) = ("ec2:ReplaceNetworkAclAssociation", format!("the network ACL of subnet {subnet}"));
            let making = Making { operation, what: &what, look: &look, unseen: &[] };
            let find = || async {
                let holders = describe(ec2, "association.subnet-id", &[subnet.to_owned()]).await?;
                Ok(holders.iter().any(|h| h.network_acl_id() == Some(acl)).then_some(()))
            };
            making.found(ec2, || request.clone().send(), |_| Some(()), find).await?;
        }
    }
    Ok(())
}
