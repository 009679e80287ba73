//! `aws_spot_instance_request`.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_ec2::types::{
    IamInstanceProfileSpecification, InstanceInterruptionBehavior, InstanceType, RequestSpotLaunchSpecification,
    ResourceType, RunInstancesMonitoringEnabled, SpotInstanceRequest as Answer, SpotInstanceState, SpotInstanceType,
    SpotPlacement, Tenancy,
};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use terrane_aws_core::timeout;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use super::launch::{interfaces, unsettled};
use super::{Instance, Seen as OfInstance, devices, terminate, user_data};
use crate::client::{Ec2, PROPAGATION, Refusal, unless};
use crate::draft::Draft;
use crate::ebs_volume::seconds;
use crate::kind::{Identity, Kind, Wanted, bad_import, keys, some};
use crate::tags;

const CREATION: Duration = Duration::from_secs(600);
const DELETION: Duration = Duration::from_secs(1200);
const GONE: &str = "InvalidSpotInstanceRequestID.NotFound";

/// What is told of the instance that a request was fulfilled with.
const OF_INSTANCE: [&str; 29] = [
    "associate_public_ip_address",
    "availability_zone",
    "capacity_reservation_specification",
    "cpu_options",
    "ebs_block_device",
    "ebs_optimized",
    "enclave_options",
    "iam_instance_profile",
    "instance_state",
    "ipv6_address_count",
    "ipv6_addresses",
    "maintenance_options",
    "metadata_options",
    "monitoring",
    "outpost_arn",
    "placement_group",
    "primary_network_interface_id",
    "private_dns",
    "private_dns_name_options",
    "private_ip",
    "public_dns",
    "public_ip",
    "root_block_device",
    "secondary_private_ips",
    "security_groups",
    "source_dest_check",
    "subnet_id",
    "tenancy",
    "vpc_security_group_ids",
];

/// Requests for instances at the price of the spot market.
pub(crate) struct SpotInstanceRequest;

/// A request with its instance, once there is one.
pub(crate) struct Seen {
    request: Answer,
    instance: Option<OfInstance>,
    account: String,
}

#[async_trait::async_trait]
impl Kind for SpotInstanceRequest {
    const NAME: &'static str = "aws_spot_instance_request";
    type Seen = Seen;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let args = Args(create.planned);
        let behavior = args.text("instance_interruption_behavior").map(InstanceInterruptionBehavior::from);
        let request = ec2
            .client
            .request_spot_instances()
            .client_token(create.operation)
            .instance_count(1)
            .set_instance_interruption_behavior(behavior)
            .set_launch_group(args.string("launch_group"))
            .launch_specification(specification(ec2, create.planned).await?)
            .set_spot_price(args.string("spot_price"))
            .set_type(args.text("spot_type").map(SpotInstanceType::from))
            .set_valid_from(moment(args, "valid_from"))
            .set_valid_until(moment(args, "valid_until"))
            .set_tag_specifications(tags::specification(ec2, create.planned, ResourceType::SpotInstancesRequest));
        let what = "requesting spot instance";
        let send = || request.clone().send();
        let answer = ec2.insist("ec2:RequestSpotInstances", what, PROPAGATION / 2, send, unsettled).await?;
        let made = answer.spot_instance_requests.unwrap_or_default().into_iter().next();
        let id = made.and_then(|r| r.spot_instance_request_id).ok_or_else(|| Refusal::unread(what))?;
        Ok(vec![("id", id)])
    }

    async fn shape(&self, ec2: &Ec2<'_>, create: &Create<'_>, id: &str) -> Result<(), Problem> {
        if Args(create.planned).bool("wait_for_fulfillment") != Some(true) {
            return Ok(());
        }
        let what = format!("spot instance request {id} to be fulfilled");
        let time = timeout(create.planned, "create", CREATION);
        ec2.until(what, time, || find(ec2, id), fulfilled, |r| status(r).to_owned()).await?;
        Ok(())
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Seen>, Problem> {
        let requests: Vec<Answer> = describe(ec2, &keys(wanted)).await?.into_iter().filter(lives).collect();
        let ids: Vec<String> = requests.iter().filter_map(|r| r.instance_id.clone()).collect();
        let nothing = Value::object::<&str>([]);
        let of: Vec<Wanted<'_>> = ids.iter().map(|id| Wanted { key: id, known: &nothing }).collect();
        let mut instances = if of.is_empty() { HashMap::new() } else { Instance.fetch(ec2, &of).await? };
        let account = ec2.cloud.account_id().await?;
        let seen = |request: Answer| {
            let id = request.spot_instance_request_id.clone()?;
            let instance = request.instance_id().and_then(|i| instances.remove(i));
            Some((id, Seen { request, instance, account: account.clone() }))
        };
        Ok(requests.into_iter().filter_map(seen).collect())
    }

    fn observe(&self, ec2: &Ec2<'_>, known: &Value, seen: &Seen) -> Reply {
        let (request, mut reply) = (&seen.request, Reply::new());
        if let Some(instance) = &seen.instance {
            let of_instance = Instance.observe(ec2, known, instance).object();
            for name in OF_INSTANCE {
                if let Some(value) = of_instance.get(name) {
                    reply.value(name, value.clone());
                }
            }
        }
        observe(ec2, &mut reply, request, &seen.account);
        let written =
            Args(known).text("spot_price").filter(|p| same_price(p, request.spot_price().unwrap_or_default()));
        if let Some(price) = written {
            reply.str("spot_price", Some(price));
        }
        for name in ["force_destroy", "get_password_data", "user_data_replace_on_change", "wait_for_fulfillment"] {
            reply.bool(name, Some(Args(known).bool(name).unwrap_or(false)));
        }
        tags::observe(ec2, &mut reply, known, request.tags());
        reply
    }

    /// Only tags, and switches of the user, change in place.
    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        tags::update(ec2, id, update).await?;
        Ok(Vec::new())
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let id = Args(prior).text("id").unwrap_or_default();
        let found = find(ec2, id).await?;
        let instance = found.as_ref().and_then(|r| r.instance_id.clone());
        if found.is_some_and(|r| lives(&r)) {
            let request = ec2.client.cancel_spot_instance_requests().spot_instance_request_ids(id);
            let what = format!("cancelling spot instance request {id}");
            unless(ec2.call("ec2:CancelSpotInstanceRequests", &what, || request.clone().send()).await, &[GONE])?;
        }
        let instance = instance.or(Args(prior).string("spot_instance_id"));
        match instance {
            Some(instance) => terminate(ec2, &instance, timeout(prior, "delete", DELETION)).await,
            None => Ok(()),
        }
    }

    /// The same price in another spelling is no change.
    fn plan(&self, draft: &mut Draft<'_>) {
        let was = draft.prior.and_then(|p| Args(p).text("spot_price"));
        if was.zip(draft.text("spot_price")).is_some_and(|(was, is)| same_price(was, is)) {
            draft.keep("spot_price");
        }
    }

    fn import(&self, id: &str) -> Result<Identity, Problem> {
        match id.starts_with("sir-") {
            true => Ok(vec![("id", id.to_owned())]),
            false => Err(bad_import(id, "of a spot instance request id", "sir-1a2b3c4d")),
        }
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let send = |token| ec2.client.describe_spot_instance_requests().set_next_token(token).max_results(1000).send();
        let (operation, what) = ("ec2:DescribeSpotInstanceRequests", "listing spot instance requests");
        let all = ec2.pages(operation, what, send, |a| (a.spot_instance_requests, a.next_token)).await?;
        Ok(all.into_iter().filter(lives).filter_map(|r| r.spot_instance_request_id).collect())
    }
}

/// Whether two texts are one price, as `0.03` and `0.030000`.
fn same_price(a: &str, b: &str) -> bool {
    let price = |text: &str| text.parse::<f64>().ok();
    price(a).is_some() && price(a) == price(b)
}

fn moment(args: Args<'_>, name: &str) -> Option<DateTime> {
    args.text(name).and_then(|t| DateTime::from_str(t, Format::DateTimeWithOffset).ok())
}

/// What to launch.
async fn specification(ec2: &Ec2<'_>, planned: &Value) -> Result<RequestSpotLaunchSpecification, Problem> {
    let args = Args(planned);
    let data = args.text("user_data").map(user_data::encoded).or_else(|| args.string("user_data_base64"));
    let profile = args.string("iam_instance_profile");
    let profile = profile.map(|name| IamInstanceProfileSpecification::builder().name(name).build());
    let monitoring = args.bool("monitoring").map(|on| RunInstancesMonitoringEnabled::builder().enabled(on).build());
    let builder = RequestSpotLaunchSpecification::builder()
        .set_block_device_mappings(some(devices::mappings(ec2, planned).await?))
        .set_ebs_optimized(args.bool("ebs_optimized"))
        .set_iam_instance_profile(profile)
        .set_image_id(args.string("ami"))
        .set_instance_type(args.text("instance_type").map(InstanceType::from))
        .set_key_name(args.string("key_name"))
        .set_monitoring(monitoring)
        .set_placement(placement(args))
        .set_user_data(data);
    // Subnet and groups belong to the interface where there is one.
    let interfaces = interfaces(args);
    let builder = match interfaces.is_empty() {
        false => builder.set_network_interfaces(Some(interfaces)),
        true => builder
            .set_security_groups(some(args.strings("security_groups")))
            .set_security_group_ids(some(args.strings("vpc_security_group_ids"))),
    };
    Ok(builder.build())
}

fn placement(args: Args<'_>) -> Option<SpotPlacement> {
    let placement = SpotPlacement::builder()
        .set_availability_zone(args.string("availability_zone"))
        .set_group_name(args.string("placement_group"))
        .set_tenancy(args.text("tenancy").map(Tenancy::from))
        .build();
    (placement != SpotPlacement::builder().build()).then_some(placement)
}

fn observe(ec2: &Ec2<'_>, reply: &mut Reply, request: &Answer, account: &str) {
    let id = request.spot_instance_request_id().unwrap_or_default();
    reply
        .str("id", Some(id))
        .str("arn", Some(ec2.arn(account, &format!("spot-instances-request/{id}"))))
        .str(
            "instance_interruption_behavior",
            Some(request.instance_interruption_behavior().map(|b| b.as_str()).unwrap_or("terminate")),
        )
        .str("launch_group", request.launch_group().filter(|group| !group.is_empty()))
        .str("spot_bid_status", Some(status(request)))
        .str("spot_instance_id", Some(request.instance_id().unwrap_or_default()))
        .str("spot_price", Some(request.spot_price().unwrap_or_default()))
        .str("spot_request_state", request.state().map(SpotInstanceState::as_str))
        .str("spot_type", request.r#type().map(SpotInstanceType::as_str))
        .str("valid_from", Some(request.valid_from().and_then(seconds).unwrap_or_default()))
        .str("valid_until", Some(request.valid_until().and_then(seconds).unwrap_or_default()));
    if let Some(launch) = request.launch_specification() {
        reply
            .str("ami", launch.image_id())
            .str("instance_type", launch.instance_type().map(InstanceType::as_str))
            .str("key_name", Some(launch.key_name().unwrap_or_default()));
    }
}

fn status(request: &Answer) -> &str {
    request.status().and_then(|s| s.code()).unwrap_or_default()
}

fn lives(request: &Answer) -> bool {
    !matches!(request.state(), Some(SpotInstanceState::Cancelled | SpotInstanceState::Closed))
}

fn fulfilled(request: &Answer) -> Result<bool, Problem> {
    let waiting = matches!(status(request), "" | "pending-evaluation" | "pending-fulfillment");
    match (status(request), request.state()) {
        (status, Some(SpotInstanceState::Failed | SpotInstanceState::Cancelled | SpotInstanceState::Closed)) => {
            let why = request.status().and_then(|s| s.message()).unwrap_or("without saying why");
            Err(Problem::error("Spot instance request failed", format!("AWS left the request {status}: {why}")))
        }
        ("fulfilled", _) | (_, Some(SpotInstanceState::Active)) => Ok(true),
        (status, _) if !waiting && status.ends_with("-terminal") => {
            Err(Problem::error("Spot instance request failed", format!("AWS left the request {status}.")))
        }
        _ => Ok(false),
    }
}

async fn describe(ec2: &Ec2<'_>, ids: &[String]) -> Result<Vec<Answer>, Refusal> {
    let send = |filter, token| {
        ec2.client.describe_spot_instance_requests().filters(filter).set_next_token(token).max_results(1000).send()
    };
    let take = |a: aws_sdk_ec2::operation::describe_spot_instance_requests::DescribeSpotInstanceRequestsOutput| {
        (a.spot_instance_requests, a.next_token)
    };
    let (operation, what) = ("ec2:DescribeSpotInstanceRequests", "reading spot instance requests");
    ec2.filtered(operation, what, ("spot-instance-request-id", ids), send, take).await
}

async fn find(ec2: &Ec2<'_>, id: &str) -> Result<Option<Answer>, Problem> {
    Ok(describe(ec2, &[id.to_owned()]).await?.pop())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_numbers() {
        assert!(same_price("0.03", "0.030000"));
        assert!(!same_price("0.03", "0.04") && !same_price("", ""));
    }
}
