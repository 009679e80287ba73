//! `aws_vpc_dhcp_options_association`.

use std::collections::HashMap;

use aws_sdk_ec2::types::Vpc;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::client::{Ec2, unless};
use crate::draft::Draft;
use crate::kind::{Identity, Kind, Wanted, bad_import, keys, text};
use crate::vpc_dhcp_options::{DEFAULT, associate, vpcs};

/// The DHCP options that a VPC uses.
pub(crate) struct VpcDhcpOptionsAssociation;

#[async_trait::async_trait]
impl Kind for VpcDhcpOptionsAssociation {
    const NAME: &'static str = "aws_vpc_dhcp_options_association";
    type Seen = Vpc;

    /// A VPC uses one set of options, so what was associated before is associated again without harm.
    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        put(ec2, create.planned).await
    }

    fn key(&self, known: &Value) -> Option<String> {
        text(known, "vpc_id")
    }

    /// A VPC that uses other options than the known ones has lost the association.
    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Vpc>, Problem> {
        let found = vpcs(ec2, ("vpc-id", &keys(wanted))).await?;
        let mut all: HashMap<String, Vpc> = found.into_iter().filter_map(|v| Some((v.vpc_id.clone()?, v))).collect();
        for one in wanted {
            let options = all.get(one.key).and_then(Vpc::dhcp_options_id).unwrap_or(DEFAULT);
            let known = text(one.known, "dhcp_options_id");
            if known.as_deref().map_or(options == DEFAULT, |known| known != options) {
                all.remove(one.key);
            }
        }
        Ok(all)
    }

    fn observe(&self, _: &Ec2<'_>, _: &Value, seen: &Vpc) -> Reply {
        let (options, vpc) = (seen.dhcp_options_id().unwrap_or_default(), seen.vpc_id().unwrap_or_default());
        let mut reply = Reply::new();
        reply.str("id", Some(id(options, vpc))).str("dhcp_options_id", Some(options)).str("vpc_id", Some(vpc));
        reply
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, _: &str) -> Result<Identity, Problem> {
        put(ec2, update.planned).await
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let (args, vpc) = (Args(prior), text(prior, "vpc_id").unwrap_or_default());
        let now = vpcs(ec2, ("vpc-id", std::slice::from_ref(&vpc))).await?.pop().and_then(|v| v.dhcp_options_id);
        // What was put there since is none of ours.
        if now.is_some() && now.as_deref() == args.text("dhcp_options_id") {
            unless(associate(ec2, DEFAULT, &vpc).await, &["InvalidVpcID.NotFound"])?;
        }
        Ok(())
    }

    fn plan(&self, draft: &mut Draft<'_>) {
        if draft.changes(&["dhcp_options_id"]) {
            draft.unknown(&["id"]);
        }
    }

    fn import(&self, vpc: &str) -> Result<Identity, Problem> {
        match vpc.starts_with("vpc-") {
            true => Ok(vec![("vpc_id", vpc.to_owned())]),
            false => Err(bad_import(vpc, "of a VPC id", "vpc-0f001273ec18911b1")),
        }
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let send = |token| ec2.client.describe_vpcs().set_next_token(token).max_results(1000).send();
        let all = ec2.pages("ec2:DescribeVpcs", "listing VPCs", send, |a| (a.vpcs, a.next_token)).await?;
        let with_options = all.into_iter().filter(|v| v.dhcp_options_id().is_some_and(|o| o != DEFAULT));
        Ok(with_options.filter_map(|v| v.vpc_id).collect())
    }
}

fn id(options: &str, vpc: &str) -> String {
    format!("{options}-{vpc}")
}

async fn put(ec2: &Ec2<'_>, planned: &Value) -> Result<Identity, Problem> {
    let args = Args(planned);
    let (options, vpc) = (args.text("dhcp_options_id").unwrap_or_default(), args.text("vpc_id").unwrap_or_default());
    associate(ec2, options, vpc).await?;
    Ok(vec![("id", id(options, vpc))])
}
