//! `aws_vpc_ipam`.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use aws_sdk_ec2::types::{
    AddIpamOperatingRegion, Ipam as Answer, IpamMeteredAccount, IpamState, IpamTier, RemoveIpamOperatingRegion,
    ResourceType,
};
use terrane_aws_core::timeout;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::client::{Ec2, Refusal, unless};
use crate::draft::Draft;
use crate::kind::{Identity, Kind, Wanted, keys, some};
use crate::tags;

const TIME: Duration = Duration::from_secs(180);
const GONE: &str = "InvalidIpamId.NotFound";

/// Managers of address ranges.
pub(crate) struct VpcIpam;

#[async_trait::async_trait]
impl Kind for VpcIpam {
    const NAME: &'static str = "aws_vpc_ipam";
    type Seen = Answer;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let args = Args(create.planned);
        let request = ec2
            .client
            .create_ipam()
            .client_token(create.operation)
            .set_description(args.string("description"))
            .set_enable_private_gua(args.bool("enable_private_gua").filter(|on| *on))
            .set_metered_account(args.text("metered_account").map(IpamMeteredAccount::from))
            .set_operating_regions(Some(regions(create.planned).into_iter().map(added).collect()))
            .set_tier(args.text("tier").map(IpamTier::from))
            .set_tag_specifications(tags::specification(ec2, create.planned, ResourceType::Ipam));
        let what = "creating IPAM";
        let answer = ec2.call("ec2:CreateIpam", what, || request.clone().send()).await?;
        let id = answer.ipam.and_then(|i| i.ipam_id).ok_or_else(|| Refusal::unread(what))?;
        Ok(vec![("id", id)])
    }

    async fn shape(&self, ec2: &Ec2<'_>, create: &Create<'_>, id: &str) -> Result<(), Problem> {
        complete(ec2, id, timeout(create.planned, "create", TIME)).await
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Answer>, Problem> {
        let all = describe(ec2, &keys(wanted)).await?;
        Ok(all.into_iter().filter_map(|i| Some((i.ipam_id.clone()?, i))).collect())
    }

    fn observe(&self, ec2: &Ec2<'_>, known: &Value, seen: &Answer) -> Reply {
        let region = |name: Option<&str>| {
            let mut reply = Reply::new();
            reply.str("region_name", name);
            reply
        };
        let mut reply = Reply::new();
        reply
            .str("id", seen.ipam_id())
            .str("arn", seen.ipam_arn())
            .str("default_resource_discovery_association_id", seen.default_resource_discovery_association_id())
            .str("default_resource_discovery_id", seen.default_resource_discovery_id())
            .str("description", Some(seen.description().unwrap_or_default()))
            .bool("enable_private_gua", Some(seen.enable_private_gua().unwrap_or(false)))
            .blocks("operating_regions", seen.operating_regions().iter().map(|r| region(r.region_name())))
            .str("private_default_scope_id", seen.private_default_scope_id())
            .str("public_default_scope_id", seen.public_default_scope_id())
            .i64("scope_count", seen.scope_count())
            .str("tier", seen.tier().map(IpamTier::as_str));
        if let Some(account) = seen.metered_account() {
            reply.str("metered_account", Some(account.as_str()));
        }
        tags::observe(ec2, &mut reply, known, seen.tags());
        reply
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        let differs = |name: &str| Args(update.planned).differs(update.prior, name);
        let names = ["description", "enable_private_gua", "metered_account", "operating_regions", "tier"];
        if names.into_iter().any(differs) {
            modify(ec2, update, id).await?;
            complete(ec2, id, timeout(update.planned, "update", TIME)).await?;
        }
        tags::update(ec2, id, update).await?;
        Ok(Vec::new())
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let args = Args(prior);
        let id = args.text("id").unwrap_or_default();
        let request = ec2.client.delete_ipam().ipam_id(id).set_cascade(args.bool("cascade"));
        let what = format!("deleting IPAM {id}");
        unless(ec2.call("ec2:DeleteIpam", &what, || request.clone().send()).await, &[GONE])?;
        let time = timeout(prior, "delete", TIME);
        ec2.until_gone(format!("IPAM {id} to be deleted"), time, || find(ec2, id)).await
    }

    /// An IPAM must operate where it is.
    fn plan(&self, draft: &mut Draft<'_>) {
        let Some(home) = draft.text("region").map(str::to_owned) else { return };
        let Some(planned) = draft.planned("operating_regions").filter(|r| r.is_wholly_known()) else { return };
        let all = planned.elements().unwrap_or_default();
        let operates = all.iter().any(|r| Args(r).text("region_name") == Some(&*home));
        if !operates && !all.is_empty() && draft.prior.is_none_or(|_| draft.changes(&["operating_regions"])) {
            let detail = format!("An IPAM in {home} must operate there: add a block with region_name = {home:?}.");
            draft.error("operating_regions", "Region of the IPAM is missing", detail);
        }
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let send = |token| ec2.client.describe_ipams().set_next_token(token).max_results(1000).send();
        let all = ec2.pages("ec2:DescribeIpams", "listing IPAMs", send, |a| (a.ipams, a.next_token)).await?;
        Ok(all.into_iter().filter(lives).filter_map(|i| i.ipam_id).collect())
    }
}

fn regions(object: &Value) -> BTreeSet<String> {
    Args(object).blocks("operating_regions").iter().filter_map(|b| b.string("region_name")).collect()
}

fn added(name: String) -> AddIpamOperatingRegion {
    AddIpamOperatingRegion::builder().region_name(name).build()
}

async fn modify(ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<(), Problem> {
    let planned = Args(update.planned);
    let differs = |name: &str| planned.differs(update.prior, name);
    let (was, is) = (regions(update.prior), regions(update.planned));
    let gone = |name: &String| RemoveIpamOperatingRegion::builder().region_name(name).build();
    let description = planned.string("description").unwrap_or_default();
    let request = ec2
        .client
        .modify_ipam()
        .ipam_id(id)
        .set_add_operating_regions(some(is.difference(&was).cloned().map(added).collect()))
        .set_remove_operating_regions(some(was.difference(&is).map(gone).collect()))
        .set_description(differs("description").then_some(description))
        .set_enable_private_gua(planned.bool("enable_private_gua").filter(|_| differs("enable_private_gua")))
        .set_metered_account(
            planned.text("metered_account").filter(|_| differs("metered_account")).map(IpamMeteredAccount::from),
        )
        .set_tier(planned.text("tier").filter(|_| differs("tier")).map(IpamTier::from));
    ec2.call("ec2:ModifyIpam", &format!("changing IPAM {id}"), || request.clone().send()).await?;
    Ok(())
}

fn state(ipam: &Answer) -> &str {
    ipam.state().map(IpamState::as_str).unwrap_or_default()
}

fn lives(ipam: &Answer) -> bool {
    state(ipam) != "delete-complete"
}

async fn describe(ec2: &Ec2<'_>, ids: &[String]) -> Result<Vec<Answer>, Refusal> {
    let send = |ids| ec2.client.describe_ipams().set_ipam_ids(Some(ids)).send();
    let take = |a: aws_sdk_ec2::operation::describe_ipams::DescribeIpamsOutput| a.ipams;
    let all = ec2.existing("ec2:DescribeIpams", "reading IPAMs", (ids, GONE), send, take).await?;
    Ok(all.into_iter().filter(lives).collect())
}

async fn find(ec2: &Ec2<'_>, id: &str) -> Result<Option<Answer>, Problem> {
    Ok(describe(ec2, &[id.to_owned()]).await?.pop())
}

async fn complete(ec2: &Ec2<'_>, id: &str, time: Duration) -> Result<(), Problem> {
    let ready = |i: &Answer| match state(i) {
        state @ ("create-failed" | "modify-failed") => Err(Problem::error(
            "IPAM failed",
            format!("AWS left IPAM {id} {state}: {}", i.state_message().unwrap_or("without saying why")),
        )),
        state => Ok(matches!(state, "create-complete" | "modify-complete" | "")),
    };
    let what = format!("IPAM {id} to be complete");
    ec2.until(what, time, || find(ec2, id), ready, |i| state(i).to_owned()).await?;
    Ok(())
}
