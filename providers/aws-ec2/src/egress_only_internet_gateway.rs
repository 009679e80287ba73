//! `aws_egress_only_internet_gateway`.

use std::collections::HashMap;

use aws_sdk_ec2::operation::describe_egress_only_internet_gateways::DescribeEgressOnlyInternetGatewaysOutput as Page;
use aws_sdk_ec2::types::{EgressOnlyInternetGateway as Answer, ResourceType};
use terrane_provider::Problem;
use terrane_provider::sdk::{Create, Reply, Update};
use terrane_value::Value;

use crate::client::{Ec2, PROPAGATION, Refusal, unless};
use crate::kind::{Identity, Kind, Wanted, keys, text};
use crate::tags;

const GONE: [&str; 2] = ["InvalidGatewayID.NotFound", "InvalidEgressOnlyInternetGatewayId.NotFound"];

/// Gateways through which IPv6 traffic leaves a VPC and none comes in.
pub(crate) struct EgressOnlyInternetGateway;

#[async_trait::async_trait]
impl Kind for EgressOnlyInternetGateway {
    const NAME: &'static str = "aws_egress_only_internet_gateway";
    type Seen = Answer;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let vpc = text(create.planned, "vpc_id").unwrap_or_default();
        let ty = ResourceType::EgressOnlyInternetGateway;
        let request = ec2
            .client
            .create_egress_only_internet_gateway()
            .client_token(create.operation)
            .vpc_id(&vpc)
            .set_tag_specifications(tags::specification(ec2, create.planned, ty));
        let what = format!("creating egress-only internet gateway in VPC {vpc}");
        let answer = ec2.call("ec2:CreateEgressOnlyInternetGateway", &what, || request.clone().send()).await?;
        let id = answer.egress_only_internet_gateway.and_then(|g| g.egress_only_internet_gateway_id);
        Ok(vec![("id", id.unwrap_or_default())])
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Answer>, Problem> {
        by_id(ec2, &keys(wanted)).await
    }

    fn observe(&self, ec2: &Ec2<'_>, known: &Value, seen: &Answer) -> Reply {
        let mut reply = Reply::new();
        let vpc = seen.attachments().iter().find_map(|a| a.vpc_id());
        reply.str("id", seen.egress_only_internet_gateway_id()).str("vpc_id", Some(vpc.unwrap_or_default()));
        tags::observe(ec2, &mut reply, known, seen.tags());
        reply
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        tags::update(ec2, id, update).await?;
        Ok(Vec::new())
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let id = text(prior, "id").unwrap_or_default();
        let what = format!("deleting egress-only internet gateway {id}");
        let request = ec2.client.delete_egress_only_internet_gateway().egress_only_internet_gateway_id(&id);
        let (operation, in_use) = ("ec2:DeleteEgressOnlyInternetGateway", |r: &Refusal| r.is(&["DependencyViolation"]));
        unless(ec2.insist(operation, &what, PROPAGATION, || request.clone().send(), in_use).await, &GONE)?;
        let find = || async { Ok(by_id(ec2, std::slice::from_ref(&id)).await?.remove(&id)) };
        ec2.until_gone(format!("egress-only internet gateway {id} to be deleted"), PROPAGATION, find).await
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let request = ec2.client.describe_egress_only_internet_gateways().max_results(255);
        let send = |token| request.clone().set_next_token(token).send();
        let what = "listing egress-only internet gateways";
        let all = ec2.pages("ec2:DescribeEgressOnlyInternetGateways", what, send, take).await?;
        Ok(all.into_iter().filter_map(|g| g.egress_only_internet_gateway_id).collect())
    }
}

fn take(page: Page) -> (Option<Vec<Answer>>, Option<String>) {
    (page.egress_only_internet_gateways, page.next_token)
}

/// Gateways by id: no filter selects them by it.
async fn by_id(ec2: &Ec2<'_>, ids: &[String]) -> Result<HashMap<String, Answer>, Problem> {
    let send = |ids| {
        ec2.client.describe_egress_only_internet_gateways().set_egress_only_internet_gateway_ids(Some(ids)).send()
    };
    let (operation, what) = ("ec2:DescribeEgressOnlyInternetGateways", "reading egress-only internet gateways");
    let all = ec2.existing(operation, what, (ids, GONE[0]), send, |a| a.egress_only_internet_gateways).await?;
    let attached = all.into_iter().filter(|g| !g.attachments().is_empty());
    Ok(attached.filter_map(|g| Some((g.egress_only_internet_gateway_id.clone()?, g))).collect())
}
