//! `aws_internet_gateway`.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_ec2::operation::create_internet_gateway::CreateInternetGatewayOutput;
use aws_sdk_ec2::types::{InternetGateway as Answer, ResourceType};
use terrane_aws_core::timeout;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::client::{Ec2, PROPAGATION, Refusal, unless};
use crate::kind::{Identity, Kind, Wanted, keys};
use crate::lost::{BY_MARK, Making};
use crate::tags;

const TIME: Duration = Duration::from_secs(1200);
const GONE: &str = "InvalidInternetGatewayID.NotFound";

/// Gateways between VPCs and the internet.
pub(crate) struct InternetGateway;

#[async_trait::async_trait]
impl Kind for InternetGateway {
    const NAME: &'static str = "aws_internet_gateway";
    const MARKED: Option<&'static str> = Some("id");
    type Seen = Answer;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let (operation, what) = ("ec2:CreateInternetGateway", "creating internet gateway");
        let making = Making { operation, what, look: "an internet gateway that is not attached", passing: &[] };
        let send = |tags| ec2.client.create_internet_gateway().set_tag_specifications(tags).send();
        let take = |a: CreateInternetGatewayOutput| a.internet_gateway?.internet_gateway_id;
        let find = |mark: Vec<String>| async move {
            Ok(describe(ec2, BY_MARK, &mark).await?.pop().and_then(|g| g.internet_gateway_id))
        };
        let id = making.marked((ec2, create), ResourceType::InternetGateway, send, take, find).await?;
        Ok(vec![("id", id)])
    }

    async fn shape(&self, ec2: &Ec2<'_>, create: &Create<'_>, id: &str) -> Result<(), Problem> {
        match Args(create.planned).text("vpc_id") {
            Some(vpc) => attach(ec2, id, vpc, timeout(create.planned, "create", TIME)).await,
            None => Ok(()),
        }
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Answer>, Problem> {
        let all = describe(ec2, "internet-gateway-id", &keys(wanted)).await?;
        Ok(all.into_iter().filter_map(|g| Some((g.internet_gateway_id.clone()?, g))).collect())
    }

    fn observe(&self, ec2: &Ec2<'_>, known: &Value, seen: &Answer) -> Reply {
        let mut reply = Reply::new();
        let (id, owner) = (seen.internet_gateway_id().unwrap_or_default(), seen.owner_id().unwrap_or_default());
        reply
            .str("id", Some(id))
            .str("arn", Some(ec2.arn(owner, &format!("internet-gateway/{id}"))))
            .str("owner_id", Some(owner))
            .str("vpc_id", Some(attached_to(seen).unwrap_or_default()));
        tags::observe(ec2, &mut reply, known, seen.tags());
        reply
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        if Args(update.planned).differs(update.prior, "vpc_id") {
            let time = timeout(update.planned, "update", TIME);
            if let Some(vpc) = Args(update.prior).text("vpc_id") {
                detach(ec2, id, vpc, time).await?;
            }
            if let Some(vpc) = Args(update.planned).text("vpc_id") {
                attach(ec2, id, vpc, time).await?;
            }
        }
        tags::update(ec2, id, update).await?;
        Ok(Vec::new())
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let id = Args(prior).text("id").unwrap_or_default();
        let time = timeout(prior, "delete", TIME);
        if let Some(vpc) = Args(prior).text("vpc_id") {
            detach(ec2, id, vpc, time).await?;
        }
        let what = format!("deleting internet gateway {id}");
        let request = ec2.client.delete_internet_gateway().internet_gateway_id(id);
        let in_use = |r: &Refusal| r.is(&["DependencyViolation"]);
        let deleted = ec2.insist("ec2:DeleteInternetGateway", &what, time, || request.clone().send(), in_use).await;
        unless(deleted, &[GONE])?;
        ec2.until_gone(format!("internet gateway {id} to be deleted"), PROPAGATION, || find(ec2, id)).await
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let send = |token| ec2.client.describe_internet_gateways().set_next_token(token).max_results(1000).send();
        let (operation, what) = ("ec2:DescribeInternetGateways", "listing internet gateways");
        let all = ec2.pages(operation, what, send, |a| (a.internet_gateways, a.next_token)).await?;
        Ok(all.into_iter().filter_map(|g| g.internet_gateway_id).collect())
    }
}

async fn describe(ec2: &Ec2<'_>, by: &str, values: &[String]) -> Result<Vec<Answer>, Refusal> {
    let send = |filter, token| {
        let request = ec2.client.describe_internet_gateways().filters(filter);
        request.set_next_token(token).max_results(1000).send()
    };
    let take = |a: aws_sdk_ec2::operation::describe_internet_gateways::DescribeInternetGatewaysOutput| {
        (a.internet_gateways, a.next_token)
    };
    let (operation, what) = ("ec2:DescribeInternetGateways", "reading internet gateways");
    ec2.filtered(operation, what, (by, values), send, take).await
}

async fn find(ec2: &Ec2<'_>, id: &str) -> Result<Option<Answer>, Problem> {
    Ok(describe(ec2, "internet-gateway-id", &[id.to_owned()]).await?.pop())
}

fn attached_to(gateway: &Answer) -> Option<&str> {
    gateway.attachments().iter().find_map(|a| a.vpc_id())
}

async fn is_attached(ec2: &Ec2<'_>, id: &str, vpc: &str) -> Result<bool, Problem> {
    Ok(find(ec2, id).await?.is_some_and(|gateway| attached_to(&gateway) == Some(vpc)))
}

async fn attach(ec2: &Ec2<'_>, id: &str, vpc: &str, time: Duration) -> Result<(), Problem> {
    let what = format!("attaching internet gateway {id} to VPC {vpc}");
    let request = ec2.client.attach_internet_gateway().internet_gateway_id(id).vpc_id(vpc);
    let unseen = |r: &Refusal| r.is(&[GONE]);
    match ec2.insist("ec2:AttachInternetGateway", &what, time, || request.clone().send(), unseen).await {
        // The answer to an earlier attempt was lost.
        Err(r) if r.is(&["Resource.AlreadyAssociated"]) && is_attached(ec2, id, vpc).await? => {}
        answer => _ = answer?,
    }
    let ready = |g: &Answer| {
        let here = g.attachments().iter().find(|a| a.vpc_id() == Some(vpc));
        Ok(here.is_some_and(|a| a.state().is_none_or(|s| matches!(s.as_str(), "available" | "attached"))))
    };
    let what = format!("internet gateway {id} to be attached to VPC {vpc}");
    ec2.until(what, time, || find(ec2, id), ready, |_| "attaching".to_owned()).await?;
    Ok(())
}

async fn detach(ec2: &Ec2<'_>, id: &str, vpc: &str, time: Duration) -> Result<(), Problem> {
    let what = format!("detaching internet gateway {id} from VPC {vpc}");
    let request = ec2.client.detach_internet_gateway().internet_gateway_id(id).vpc_id(vpc);
    let in_use = |r: &Refusal| r.is(&["DependencyViolation"]);
    let detached = ec2.insist("ec2:DetachInternetGateway", &what, time, || request.clone().send(), in_use).await;
    unless(detached, &["Gateway.NotAttached", GONE])?;
    let find = || async { Ok(find(ec2, id).await?.filter(|g| attached_to(g) == Some(vpc))) };
    ec2.until_gone(format!("internet gateway {id} to be detached from VPC {vpc}"), time, find).await
}
