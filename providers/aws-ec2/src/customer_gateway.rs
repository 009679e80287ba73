//! `aws_customer_gateway`.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_ec2::operation::create_customer_gateway::CreateCustomerGatewayOutput;
use aws_sdk_ec2::types::{CustomerGateway as Answer, GatewayType, ResourceType};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::client::{Ec2, Refusal, unless};
use crate::kind::{Identity, Kind, Wanted, keys};
use crate::lost::{BY_MARK, Making};
use crate::tags;

const TIME: Duration = Duration::from_secs(600);
const GONE: &str = "InvalidCustomerGatewayID.NotFound";

/// The customers' ends of VPN connections.
pub(crate) struct CustomerGateway;

/// A gateway with the account it is in.
pub(crate) struct Seen {
    gateway: Answer,
    account: String,
}

#[async_trait::async_trait]
impl Kind for CustomerGateway {
    const NAME: &'static str = "aws_customer_gateway";
    const MARKED: Option<&'static str> = Some("id");
    type Seen = Seen;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let args = Args(create.planned);
        let request = ec2
            .client
            .create_customer_gateway()
            .set_bgp_asn(args.text("bgp_asn").and_then(|n| n.parse().ok()))
            .set_bgp_asn_extended(args.text("bgp_asn_extended").and_then(|n| n.parse().ok()))
            .set_certificate_arn(args.string("certificate_arn"))
            .set_device_name(args.string("device_name"))
            .set_ip_address(args.string("ip_address"))
            .set_type(args.text("type").map(GatewayType::from));
        let look = format!("a customer gateway at {}", args.text("ip_address").unwrap_or("no address"));
        let (operation, what) = ("ec2:CreateCustomerGateway", "creating customer gateway");
        let making = Making { operation, what, look: &look, passing: &[] };
        let send = |tags| request.clone().set_tag_specifications(tags).send();
        let take = |a: CreateCustomerGatewayOutput| a.customer_gateway?.customer_gateway_id;
        let find = |mark: Vec<String>| async move {
            Ok(describe(ec2, BY_MARK, &mark).await?.pop().and_then(|g| g.customer_gateway_id))
        };
        Ok(vec![("id", making.marked((ec2, create), ResourceType::CustomerGateway, send, take, find).await?)])
    }

    async fn shape(&self, ec2: &Ec2<'_>, _: &Create<'_>, id: &str) -> Result<(), Problem> {
        let what = format!("customer gateway {id} to become available");
        let ready = |g: &Answer| Ok(g.state() != Some("pending"));
        ec2.until(what, TIME, || find(ec2, id), ready, |g| g.state().unwrap_or_default().to_owned()).await?;
        Ok(())
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Seen>, Problem> {
        let account = ec2.cloud.account_id().await?;
        let gateways = describe(ec2, "customer-gateway-id", &keys(wanted)).await?;
        let seen =
            |gateway: Answer| Some((gateway.customer_gateway_id.clone()?, Seen { gateway, account: account.clone() }));
        Ok(gateways.into_iter().filter_map(seen).collect())
    }

    fn observe(&self, ec2: &Ec2<'_>, known: &Value, seen: &Seen) -> Reply {
        let (gateway, mut reply) = (&seen.gateway, Reply::new());
        let id = gateway.customer_gateway_id().unwrap_or_default();
        reply
            .str("id", Some(id))
            .str("arn", Some(ec2.arn(&seen.account, &format!("customer-gateway/{id}"))))
            .str("bgp_asn", Some(gateway.bgp_asn().unwrap_or_default()))
            .str("bgp_asn_extended", Some(gateway.bgp_asn_extended().unwrap_or_default()))
            .str("certificate_arn", Some(gateway.certificate_arn().unwrap_or_default()))
            .str("device_name", Some(gateway.device_name().unwrap_or_default()))
            .str("ip_address", Some(gateway.ip_address().unwrap_or_default()))
            .str("type", gateway.r#type());
        tags::observe(ec2, &mut reply, known, gateway.tags());
        reply
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        tags::update(ec2, id, update).await?;
        Ok(Vec::new())
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let id = Args(prior).text("id").unwrap_or_default();
        let request = ec2.client.delete_customer_gateway().customer_gateway_id(id);
        let what = format!("deleting customer gateway {id}");
        let in_use = |r: &Refusal| r.says("IncorrectState", "is in use");
        let deleted = ec2.insist("ec2:DeleteCustomerGateway", &what, TIME, || request.clone().send(), in_use).await;
        unless(deleted, &[GONE])?;
        ec2.until_gone(format!("customer gateway {id} to be deleted"), TIME, || find(ec2, id)).await
    }

    fn validate(&self, config: &Value) -> Vec<Problem> {
        let number = Args(config).text("bgp_asn").and_then(|n| n.parse::<i64>().ok());
        let extended = number.filter(|n| *n > i64::from(i32::MAX)).map(|n| {
            let detail =
                format!("AWS takes the number {n}, beyond {}, only as bgp_asn_extended: write it there.", i32::MAX);
            Problem::error("Autonomous system number too large", detail).at(terrane_value::Path::root().attr("bgp_asn"))
        });
        extended.into_iter().collect()
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let what = "listing customer gateways";
        let answer = ec2.call("ec2:DescribeCustomerGateways", what, || ec2.client.describe_customer_gateways().send());
        let gateways = answer.await?.customer_gateways.unwrap_or_default();
        Ok(gateways.into_iter().filter(lives).filter_map(|g| g.customer_gateway_id).collect())
    }
}

fn lives(gateway: &Answer) -> bool {
    gateway.state() != Some("deleted")
}

async fn describe(ec2: &Ec2<'_>, by: &str, values: &[String]) -> Result<Vec<Answer>, Refusal> {
    let send = |filter, _| ec2.client.describe_customer_gateways().filters(filter).send();
    let take = |a: aws_sdk_ec2::operation::describe_customer_gateways::DescribeCustomerGatewaysOutput| {
        (a.customer_gateways, None)
    };
    let (operation, what) = ("ec2:DescribeCustomerGateways", "reading customer gateways");
    let all = ec2.filtered(operation, what, (by, values), send, take).await?;
    Ok(all.into_iter().filter(lives).collect())
}

async fn find(ec2: &Ec2<'_>, id: &str) -> Result<Option<Answer>, Problem> {
    Ok(describe(ec2, "customer-gateway-id", &[id.to_owned()]).await?.pop())
}
