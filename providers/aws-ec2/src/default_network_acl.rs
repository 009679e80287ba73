//! `aws_default_network_acl`: the default ACL of a VPC, which is adopted rather than made.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_ec2::types::NetworkAcl as Answer;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::client::Ec2;
use crate::draft::Draft;
use crate::kind::{Identity, Kind, Wanted, bad_import, keys, text};
use crate::network_acl::{DIRECTIONS, entries, find, take_subnets};
use crate::rivals::{Claim, promise, promised};
use crate::{network_acl, tags};

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
        network_acl::set(ec2, &acl, create.planned).await?;
        tags::adopt(ec2, id, acl.tags(), create.planned).await
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Answer>, Problem> {
        network_acl::by_id(ec2, &keys(wanted)).await
    }

    fn observe(&self, ec2: &Ec2<'_>, known: &Value, seen: &Answer) -> Reply {
        let mut reply = network_acl::observe(ec2, known, seen);
        reply.str("default_network_acl_id", seen.network_acl_id());
        reply
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        network_acl::change_entries(ec2, update, id).await?;
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
        network_acl::plan(draft);
    }

    /// Without blocks it has no rules, so that it claims all of them either way.
    fn claims(&self, draft: &mut Draft<'_>) -> Vec<Claim> {
        let name = promised(draft, "default_network_acl_id");
        promise(draft, "id", || name);
        DIRECTIONS.into_iter().filter_map(|(_, egress)| Claim::all(Self::NAME, draft, entries(egress))).collect()
    }

    fn import(&self, id: &str) -> Result<Identity, Problem> {
        match id.starts_with("acl-") {
            true => Ok(vec![("id", id.to_owned()), ("default_network_acl_id", id.to_owned())]),
            false => Err(bad_import(id, "of a network ACL id", "acl-7aaabd18")),
        }
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let acls = network_acl::describe(ec2, "default", &["true".to_owned()]).await?;
        Ok(acls.into_iter().filter_map(|a| a.network_acl_id).collect())
    }
}
