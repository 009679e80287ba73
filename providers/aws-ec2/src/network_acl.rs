//! `aws_network_acl`, and what default network ACLs share with it.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_ec2::operation::describe_network_acls::DescribeNetworkAclsOutput as Page;
use aws_sdk_ec2::types::{NetworkAcl as Answer, ResourceType};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::acl_entries::{self, Entry};
use crate::client::{Ec2, PROPAGATION, Refusal, filter, unless};
use crate::draft::Draft;
use crate::kind::{Identity, Kind, Wanted, keys, text};
use crate::lost::Making;
use crate::rivals::{Claim, Parts};
use crate::tags;

pub(crate) const GONE: &str = "InvalidNetworkAclID.NotFound";
pub(crate) const DIRECTIONS: [(&str, bool); 2] = [("ingress", false), ("egress", true)];

/// Network ACLs.
pub(crate) struct NetworkAcl;

#[async_trait::async_trait]
impl Kind for NetworkAcl {
    const NAME: &'static str = "aws_network_acl";
    type Seen = Answer;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let vpc = text(create.planned, "vpc_id").unwrap_or_default();
        let request = ec2
            .client
            .create_network_acl()
            .client_token(create.operation)
            .vpc_id(&vpc)
            .set_tag_specifications(tags::specification(ec2, create.planned, ResourceType::NetworkAcl));
        let what = format!("creating network ACL in VPC {vpc}");
        let answer = ec2.call("ec2:CreateNetworkAcl", &what, || request.clone().send()).await?;
        Ok(vec![("id", answer.network_acl.and_then(|a| a.network_acl_id).unwrap_or_default())])
    }

    async fn shape(&self, ec2: &Ec2<'_>, create: &Create<'_>, id: &str) -> Result<(), Problem> {
        let what = format!("network ACL {id} to be seen");
        let acl = ec2.until(what, PROPAGATION, || find(ec2, id), |_| Ok(true), |_| String::new()).await?;
        set(ec2, &acl, create.planned).await
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Answer>, Problem> {
        by_id(ec2, &keys(wanted)).await
    }

    fn observe(&self, ec2: &Ec2<'_>, known: &Value, seen: &Answer) -> Reply {
        observe(ec2, known, seen)
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        change_entries(ec2, update, id).await?;
        if update.changes("subnet_ids") {
            let of = |object| Args(object).strings("subnet_ids").into_iter().collect::<BTreeSet<String>>();
            let (was, is) = (of(update.prior), of(update.planned));
            take_subnets(ec2, id, is.difference(&was)).await?;
            give_back(ec2, id, update.prior, was.difference(&is).cloned().collect()).await?;
        }
        tags::update(ec2, id, update).await?;
        Ok(Vec::new())
    }

    /// Subnets cannot be without an ACL, so they go back to the default one.
    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let id = text(prior, "id").unwrap_or_default();
        let Some(acl) = find(ec2, &id).await? else { return Ok(()) };
        give_back(ec2, &id, prior, subnets(&acl)).await?;
        let (request, what) =
            (ec2.client.delete_network_acl().network_acl_id(&id), format!("deleting network ACL {id}"));
        let in_use = |r: &Refusal| r.is(&["DependencyViolation"]);
        let deleted = ec2.insist("ec2:DeleteNetworkAcl", &what, PROPAGATION, || request.clone().send(), in_use).await;
        unless(deleted, &[GONE])?;
        ec2.until_gone(format!("network ACL {id} to be deleted"), PROPAGATION, || find(ec2, &id)).await
    }

    fn plan(&self, draft: &mut Draft<'_>) {
        plan(draft);
    }

    fn claims(&self, draft: &mut Draft<'_>) -> Vec<Claim> {
        let written = DIRECTIONS.into_iter().filter(|(name, _)| draft.written(name)).collect::<Vec<_>>();
        written.into_iter().filter_map(|(_, egress)| Claim::all(Self::NAME, draft, entries(egress))).collect()
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let own = describe(ec2, "default", &["false".to_owned()]).await?;
        Ok(own.into_iter().filter_map(|a| a.network_acl_id).collect())
    }
}

/// The rules of a direction, as several types may write them.
pub(crate) fn entries(egress: bool) -> Parts {
    let block = if egress { "egress" } else { "ingress" };
    Parts { whole: "network ACL", name: "rules", block, reference: "network_acl_id" }
}

/// The attributes that all network ACLs have.
pub(crate) fn observe(ec2: &Ec2<'_>, known: &Value, seen: &Answer) -> Reply {
    let mut reply = Reply::new();
    let (id, owner) = (seen.network_acl_id().unwrap_or_default(), seen.owner_id().unwrap_or_default());
    reply
        .str("id", Some(id))
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

/// Keeps entries as they are when they only are written in another form.
pub(crate) fn plan(draft: &mut Draft<'_>) {
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

/// Gives an ACL exactly the planned entries, and the planned subnets beside those it has.
pub(crate) async fn set(ec2: &Ec2<'_>, acl: &Answer, planned: &Value) -> Result<(), Problem> {
    let id = acl.network_acl_id().unwrap_or_default();
    for (name, egress) in DIRECTIONS {
        let there = acl_entries::of_answer(acl.entries(), egress);
        let wanted = acl_entries::of_blocks(Args(planned).blocks(name));
        acl_entries::update(ec2, id, egress, (&there, &wanted)).await?;
    }
    let wanted: BTreeSet<String> = Args(planned).strings("subnet_ids").into_iter().collect();
    take_subnets(ec2, id, wanted.difference(&subnets(acl))).await
}

/// Brings the entries from the prior to the planned ones.
pub(crate) async fn change_entries(ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<(), Problem> {
    let entries = |object, name| acl_entries::of_blocks(Args(object).blocks(name));
    for (name, egress) in DIRECTIONS.into_iter().filter(|(name, _)| update.changes(name)) {
        let (there, wanted) = (entries(update.prior, name), entries(update.planned, name));
        acl_entries::update(ec2, id, egress, (&there, &wanted)).await?;
    }
    Ok(())
}

fn take(page: Page) -> (Option<Vec<Answer>>, Option<String>) {
    (page.network_acls, page.next_token)
}

/// The network ACLs that a filter selects.
pub(crate) async fn describe(ec2: &Ec2<'_>, filter: &str, values: &[String]) -> Result<Vec<Answer>, Refusal> {
    let send = |filter, token| {
        ec2.client.describe_network_acls().filters(filter).set_next_token(token).max_results(1000).send()
    };
    ec2.filtered("ec2:DescribeNetworkAcls", "reading network ACLs", (filter, values), send, take).await
}

/// The network ACL with an id.
pub(crate) async fn find(ec2: &Ec2<'_>, id: &str) -> Result<Option<Answer>, Problem> {
    Ok(by_id(ec2, &[id.to_owned()]).await?.remove(id))
}

/// Network ACLs by id.
pub(crate) async fn by_id(ec2: &Ec2<'_>, ids: &[String]) -> Result<HashMap<String, Answer>, Problem> {
    let send = |ids| ec2.client.describe_network_acls().set_network_acl_ids(Some(ids)).send();
    let take = |page: Page| page.network_acls;
    let acls = ec2.existing("ec2:DescribeNetworkAcls", "reading network ACLs", (ids, GONE), send, take).await?;
    Ok(acls.into_iter().filter_map(|a| Some((a.network_acl_id.clone()?, a))).collect())
}

/// The subnets that an ACL guards.
fn subnets(acl: &Answer) -> BTreeSet<String> {
    acl.associations().iter().filter_map(|a| a.subnet_id.clone()).collect()
}

/// Lets subnets of an ACL go back to the default one of its VPC.
async fn give_back(ec2: &Ec2<'_>, acl: &str, prior: &Value, subnets: BTreeSet<String>) -> Result<(), Problem> {
    let vpc = text(prior, "vpc_id").unwrap_or_default();
    if subnets.is_empty() {
        return Ok(());
    }
    let by_vpc = ec2.client.describe_network_acls().filters(filter("vpc-id", &vpc)).filters(filter("default", "true"));
    let what = format!("reading the default network ACL of VPC {vpc}");
    let answer = ec2.call("ec2:DescribeNetworkAcls", &what, || by_vpc.clone().send()).await?;
    let default = answer.network_acls.unwrap_or_default().pop().and_then(|a| a.network_acl_id);
    let Some(default) = default.filter(|default| default != acl) else { return Ok(()) };
    let here = find(ec2, acl).await?.map(|a| self::subnets(&a)).unwrap_or_default();
    take_subnets(ec2, &default, subnets.intersection(&here)).await
}

/// Lets subnets join an ACL: each is in exactly one, so its association is replaced.
pub(crate) async fn take_subnets(
    ec2: &Ec2<'_>,
    acl: &str,
    subnets: impl Iterator<Item = &String>,
) -> Result<(), Problem> {
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
            let making = Making { operation, what: &what, look: &look, passing: &[] };
            let find = || async {
                let holders = describe(ec2, "association.subnet-id", &[subnet.to_owned()]).await?;
                Ok(holders.iter().any(|h| h.network_acl_id() == Some(acl)).then_some(()))
            };
            making.found(ec2, || request.clone().send(), |_| Some(()), find).await?;
        }
    }
    Ok(())
}
