//! `aws_vpc_block_public_access_exclusion`.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_ec2::operation::create_vpc_block_public_access_exclusion::CreateVpcBlockPublicAccessExclusionOutput;
use aws_sdk_ec2::operation::describe_vpc_block_public_access_exclusions::DescribeVpcBlockPublicAccessExclusionsOutput;
use aws_sdk_ec2::types::{
    InternetGatewayExclusionMode, ResourceType, VpcBlockPublicAccessExclusion as Answer,
    VpcBlockPublicAccessExclusionState as State,
};
use terrane_aws_core::timeout;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::client::{Ec2, Refusal, unless};
use crate::kind::{Identity, Kind, Wanted, keys};
use crate::lost::{BY_MARK, Making};
use crate::tags;

const TIME: Duration = Duration::from_secs(1800);
const GONE: &str = "InvalidVpcBlockPublicAccessExclusionId.NotFound";
const DESCRIBE: &str = "ec2:DescribeVpcBlockPublicAccessExclusions";

/// VPCs and subnets that may reach the internet where a region forbids it.
pub(crate) struct VpcBlockPublicAccessExclusion;

#[async_trait::async_trait]
impl Kind for VpcBlockPublicAccessExclusion {
    const NAME: &'static str = "aws_vpc_block_public_access_exclusion";
    const MARKED: Option<&'static str> = Some("id");
    type Seen = Answer;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let args = Args(create.planned);
        let place = args.text("vpc_id").or(args.text("subnet_id")).unwrap_or_default();
        let request = ec2
            .client
            .create_vpc_block_public_access_exclusion()
            .set_internet_gateway_exclusion_mode(mode(args))
            .set_subnet_id(args.string("subnet_id"))
            .set_vpc_id(args.string("vpc_id"));
        let what = format!("excluding {place} from the VPC block public access options");
        let look = format!("the exclusion of {place}");
        let making =
            Making { operation: "ec2:CreateVpcBlockPublicAccessExclusion", what: &what, look: &look, passing: &[] };
        let send = |tags| request.clone().set_tag_specifications(tags).send();
        let take = |a: CreateVpcBlockPublicAccessExclusionOutput| a.vpc_block_public_access_exclusion?.exclusion_id;
        let find = |mark: Vec<String>| async move { Ok(marked(ec2, &mark).await?.pop().and_then(|e| e.exclusion_id)) };
        let ty = ResourceType::VpcBlockPublicAccessExclusion;
        Ok(vec![("id", making.marked((ec2, create), ty, send, take, find).await?)])
    }

    async fn shape(&self, ec2: &Ec2<'_>, create: &Create<'_>, id: &str) -> Result<(), Problem> {
        complete(ec2, id, None, timeout(create.planned, "create", TIME)).await
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Answer>, Problem> {
        let all = describe(ec2, &keys(wanted)).await?;
        Ok(all.into_iter().filter_map(|e| Some((e.exclusion_id.clone()?, e))).collect())
    }

    fn observe(&self, ec2: &Ec2<'_>, known: &Value, seen: &Answer) -> Reply {
        let mut reply = Reply::new();
        let place = seen.resource_arn().and_then(|arn| arn.rsplit('/').next()).unwrap_or_default();
        reply
            .str("id", seen.exclusion_id())
            .str(
                "internet_gateway_exclusion_mode",
                seen.internet_gateway_exclusion_mode().map(InternetGatewayExclusionMode::as_str),
            )
            .str("resource_arn", seen.resource_arn())
            .str("subnet_id", Some(place).filter(|p| p.starts_with("subnet-")))
            .str("vpc_id", Some(place).filter(|p| p.starts_with("vpc-")));
        tags::observe(ec2, &mut reply, known, seen.tags());
        reply
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        let planned = Args(update.planned);
        if planned.differs(update.prior, "internet_gateway_exclusion_mode") {
            let request = ec2.client.modify_vpc_block_public_access_exclusion().exclusion_id(id);
            let request = request.set_internet_gateway_exclusion_mode(mode(planned));
            let what = format!("changing exclusion {id}");
            ec2.call("ec2:ModifyVpcBlockPublicAccessExclusion", &what, || request.clone().send()).await?;
            complete(ec2, id, mode(planned), timeout(update.planned, "update", TIME)).await?;
        }
        tags::update(ec2, id, update).await?;
        Ok(Vec::new())
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let id = Args(prior).text("id").unwrap_or_default();
        if find(ec2, id).await?.is_none() {
            return Ok(());
        }
        let request = ec2.client.delete_vpc_block_public_access_exclusion().exclusion_id(id);
        let what = format!("deleting exclusion {id}");
        let deleted = ec2.call("ec2:DeleteVpcBlockPublicAccessExclusion", &what, || request.clone().send()).await;
        unless(deleted, &[GONE])?;
        let time = timeout(prior, "delete", TIME);
        ec2.until_gone(format!("exclusion {id} to be deleted"), time, || find(ec2, id)).await
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let request = ec2.client.describe_vpc_block_public_access_exclusions().max_results(1000);
        let send = |token| request.clone().set_next_token(token).send();
        let what = "listing exclusions from the VPC block public access options";
        let all = ec2.pages(DESCRIBE, what, send, |a| (a.vpc_block_public_access_exclusions, a.next_token)).await?;
        Ok(all.into_iter().filter(lives).filter_map(|e| e.exclusion_id).collect())
    }
}

fn mode(args: Args<'_>) -> Option<InternetGatewayExclusionMode> {
    args.text("internet_gateway_exclusion_mode").map(InternetGatewayExclusionMode::from)
}

fn state(exclusion: &Answer) -> &str {
    exclusion.state().map(State::as_str).unwrap_or_default()
}

fn lives(exclusion: &Answer) -> bool {
    !matches!(state(exclusion), "delete-complete" | "disable-complete")
}

async fn describe(ec2: &Ec2<'_>, ids: &[String]) -> Result<Vec<Answer>, Refusal> {
    let send = |ids| ec2.client.describe_vpc_block_public_access_exclusions().set_exclusion_ids(Some(ids)).send();
    let take = |a: DescribeVpcBlockPublicAccessExclusionsOutput| a.vpc_block_public_access_exclusions;
    let what = "reading exclusions from the VPC block public access options";
    Ok(ec2.existing(DESCRIBE, what, (ids, GONE), send, take).await?.into_iter().filter(lives).collect())
}

async fn marked(ec2: &Ec2<'_>, mark: &[String]) -> Result<Vec<Answer>, Refusal> {
    let send = |filter, token| {
        ec2.client.describe_vpc_block_public_access_exclusions().filters(filter).set_next_token(token).send()
    };
    let take = |a: DescribeVpcBlockPublicAccessExclusionsOutput| (a.vpc_block_public_access_exclusions, a.next_token);
    let what = "looking for an exclusion from the VPC block public access options";
    ec2.filtered(DESCRIBE, what, (BY_MARK, mark), send, take).await
}

async fn find(ec2: &Ec2<'_>, id: &str) -> Result<Option<Answer>, Problem> {
    Ok(describe(ec2, &[id.to_owned()]).await?.pop())
}

/// Waits until an exclusion holds, in a mode if it was changed to one.
async fn complete(
    ec2: &Ec2<'_>,
    id: &str,
    mode: Option<InternetGatewayExclusionMode>,
    time: Duration,
) -> Result<(), Problem> {
    let ready = |e: &Answer| match state(e) {
        state @ ("create-failed" | "update-failed") => Err(Problem::error(
            "Exclusion failed",
            format!("AWS left exclusion {id} {state}: {}", e.reason().unwrap_or("without saying why")),
        )),
        state => {
            let changed = mode.is_none() || e.internet_gateway_exclusion_mode() == mode.as_ref();
            Ok(matches!(state, "create-complete" | "update-complete" | "") && changed)
        }
    };
    let what = format!("exclusion {id} to be complete");
    ec2.until(what, time, || find(ec2, id), ready, |e| state(e).to_owned()).await?;
    Ok(())
}
