//! `aws_vpn_gateway`.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_ec2::operation::create_vpn_gateway::CreateVpnGatewayOutput;
use aws_sdk_ec2::types::{AttachmentStatus, GatewayType, ResourceType, VpcAttachment, VpnGateway as Answer, VpnState};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::client::{Ec2, PROPAGATION, Refusal, unless};
use crate::kind::{Identity, Kind, Wanted, keys};
use crate::lost::{BY_MARK, Making};
use crate::tags;

const ATTACHMENT: Duration = Duration::from_secs(900);
const DETACHMENT: Duration = Duration::from_secs(1800);
const GONE: &str = "InvalidVpnGatewayID.NotFound";

/// Amazon's ends of VPN connections.
pub(crate) struct VpnGateway;

/// A gateway with the account it is in.
pub(crate) struct Seen {
    gateway: Answer,
    account: String,
}

#[async_trait::async_trait]
impl Kind for VpnGateway {
    const NAME: &'static str = "aws_vpn_gateway";
    const MARKED: Option<&'static str> = Some("id");
    type Seen = Seen;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let args = Args(create.planned);
        let request = ec2
            .client
            .create_vpn_gateway()
            .r#type(GatewayType::Ipsec1)
            .set_amazon_side_asn(args.text("amazon_side_asn").and_then(|n| n.parse().ok()))
            .set_availability_zone(args.string("availability_zone"));
        let (operation, what) = ("ec2:CreateVpnGateway", "creating VPN gateway");
        let making = Making { operation, what, look: "a VPN gateway that is not attached", passing: &[] };
        let send = |tags| request.clone().set_tag_specifications(tags).send();
        let take = |a: CreateVpnGatewayOutput| a.vpn_gateway?.vpn_gateway_id;
        let find = |mark: Vec<String>| async move {
            Ok(describe(ec2, BY_MARK, &mark).await?.pop().and_then(|g| g.vpn_gateway_id))
        };
        Ok(vec![("id", making.marked((ec2, create), ResourceType::VpnGateway, send, take, find).await?)])
    }

    async fn shape(&self, ec2: &Ec2<'_>, create: &Create<'_>, id: &str) -> Result<(), Problem> {
        match Args(create.planned).text("vpc_id") {
            Some(vpc) => attach(ec2, id, vpc).await,
            None => Ok(()),
        }
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Seen>, Problem> {
        let account = ec2.cloud.account_id().await?;
        let gateways = describe(ec2, "vpn-gateway-id", &keys(wanted)).await?;
        let seen =
            |gateway: Answer| Some((gateway.vpn_gateway_id.clone()?, Seen { gateway, account: account.clone() }));
        Ok(gateways.into_iter().filter_map(seen).collect())
    }

    fn observe(&self, ec2: &Ec2<'_>, known: &Value, seen: &Seen) -> Reply {
        let (gateway, mut reply) = (&seen.gateway, Reply::new());
        let id = gateway.vpn_gateway_id().unwrap_or_default();
        let vpc = gateway.vpc_attachments().iter().find(holds).and_then(VpcAttachment::vpc_id);
        reply
            .str("id", Some(id))
            .str("arn", Some(ec2.arn(&seen.account, &format!("vpn-gateway/{id}"))))
            .str("amazon_side_asn", gateway.amazon_side_asn().map(|n| n.to_string()))
            .str("vpc_id", Some(vpc.unwrap_or_default()));
        // AWS does not tell the zone again.
        if let Some(zone) = gateway.availability_zone().filter(|z| !z.is_empty()) {
            reply.str("availability_zone", Some(zone));
        }
        tags::observe(ec2, &mut reply, known, gateway.tags());
        reply
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        if Args(update.planned).differs(update.prior, "vpc_id") {
            if let Some(vpc) = Args(update.prior).text("vpc_id") {
                detach(ec2, id, vpc).await?;
            }
            if let Some(vpc) = Args(update.planned).text("vpc_id") {
                attach(ec2, id, vpc).await?;
            }
        }
        tags::update(ec2, id, update).await?;
        Ok(Vec::new())
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let id = Args(prior).text("id").unwrap_or_default();
        if let Some(vpc) = Args(prior).text("vpc_id") {
            detach(ec2, id, vpc).await?;
        }
        let (request, what) =
            (ec2.client.delete_vpn_gateway().vpn_gateway_id(id), format!("deleting VPN gateway {id}"));
        let busy = |r: &Refusal| r.is(&["IncorrectState"]);
        let deleted = ec2.insist("ec2:DeleteVpnGateway", &what, PROPAGATION, || request.clone().send(), busy).await;
        unless(deleted, &[GONE])?;
        ec2.until_gone(format!("VPN gateway {id} to be deleted"), PROPAGATION, || find(ec2, id)).await
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let what = "listing VPN gateways";
        let answer = ec2.call("ec2:DescribeVpnGateways", what, || ec2.client.describe_vpn_gateways().send()).await?;
        let gateways = answer.vpn_gateways.unwrap_or_default();
        Ok(gateways.into_iter().filter(lives).filter_map(|g| g.vpn_gateway_id).collect())
    }
}

fn lives(gateway: &Answer) -> bool {
    !matches!(gateway.state(), Some(VpnState::Deleted | VpnState::Deleting))
}

fn holds(attachment: &&VpcAttachment) -> bool {
    attachment.state() != Some(&AttachmentStatus::Detached)
}

async fn describe(ec2: &Ec2<'_>, by: &str, values: &[String]) -> Result<Vec<Answer>, Refusal> {
    let send = |filter, _| ec2.client.describe_vpn_gateways().filters(filter).send();
    let take = |a: aws_sdk_ec2::operation::describe_vpn_gateways::DescribeVpnGatewaysOutput| (a.vpn_gateways, None);
    let all = ec2.filtered("ec2:DescribeVpnGateways", "reading VPN gateways", (by, values), send, take).await?;
    Ok(all.into_iter().filter(lives).collect())
}

async fn find(ec2: &Ec2<'_>, id: &str) -> Result<Option<Answer>, Problem> {
    Ok(describe(ec2, "vpn-gateway-id", &[id.to_owned()]).await?.pop())
}

fn attachment<'a>(gateway: &'a Answer, vpc: &str) -> Option<&'a VpcAttachment> {
    gateway.vpc_attachments().iter().filter(holds).find(|a| a.vpc_id() == Some(vpc))
}

async fn attach(ec2: &Ec2<'_>, id: &str, vpc: &str) -> Result<(), Problem> {
    let what = format!("attaching VPN gateway {id} to VPC {vpc}");
    let request = ec2.client.attach_vpn_gateway().vpn_gateway_id(id).vpc_id(vpc);
    let unseen = |r: &Refusal| r.is(&[GONE]);
    ec2.insist("ec2:AttachVpnGateway", &what, PROPAGATION, || request.clone().send(), unseen).await?;
    let status = |g: &Answer| attachment(g, vpc).and_then(|a| a.state()).map(|s| s.as_str().to_owned());
    let ready = |g: &Answer| Ok(matches!(status(g).as_deref(), Some("attached")));
    let what = format!("VPN gateway {id} to be attached to VPC {vpc}");
    ec2.until(what, ATTACHMENT, || find(ec2, id), ready, |g| status(g).unwrap_or_default()).await?;
    Ok(())
}

async fn detach(ec2: &Ec2<'_>, id: &str, vpc: &str) -> Result<(), Problem> {
    let what = format!("detaching VPN gateway {id} from VPC {vpc}");
    let request = ec2.client.detach_vpn_gateway().vpn_gateway_id(id).vpc_id(vpc);
    let detached = ec2.call("ec2:DetachVpnGateway", &what, || request.clone().send()).await;
    unless(detached, &["InvalidVpnGatewayAttachment.NotFound", GONE])?;
    let find = || async { Ok(find(ec2, id).await?.filter(|g| attachment(g, vpc).is_some())) };
    ec2.until_gone(format!("VPN gateway {id} to be detached from VPC {vpc}"), DETACHMENT, find).await
}
