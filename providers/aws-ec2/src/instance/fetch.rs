//! What AWS tells about instances, in as few calls as it allows.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use aws_sdk_ec2::operation::describe_instance_attribute::DescribeInstanceAttributeOutput;
use aws_sdk_ec2::types::{
    Filter, Instance, InstanceAttributeName as Name, LaunchTemplate, SpotInstanceRequest, Tag, Volume,
};
use terrane_aws_core::{Poll, concurrently};
use terrane_provider::Problem;
use terrane_provider::sdk::Args;
use terrane_value::Value;

use super::{describe, devices, is_burstable};
use crate::client::{Ec2, Refusal, unless};
use crate::kind::{Wanted, keys};

const PASSWORD: Duration = Duration::from_secs(15 * 60);
/// Up to so many instances everything is asked for: that is what the bucket of requests for it holds.
const FEW: usize = 22;
/// What an instance does on a shutdown from within, unless it is told otherwise.
const STOP: &str = "stop";
/// The attributes that AWS tells one at a time.
const ATTRIBUTES: [Name; 4] =
    [Name::DisableApiStop, Name::DisableApiTermination, Name::InstanceInitiatedShutdownBehavior, Name::UserData];
const GONE: &str = "InvalidInstanceID.NotFound";

/// An instance with what else must be asked for.
pub(crate) struct Seen {
    pub(super) instance: Instance,
    pub(super) owner: String,
    pub(super) volumes: Vec<Volume>,
    pub(super) settings: Settings,
    /// `standard` or `unlimited`.
    pub(super) credits: Option<String>,
    pub(super) in_default_vpc: bool,
    pub(super) template: Option<LaunchTemplate>,
    pub(super) spot: Option<SpotInstanceRequest>,
    pub(super) password: Option<String>,
}

/// What AWS tells only for one instance in a call.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    pub api_stop_disabled: Option<bool>,
    pub api_termination_disabled: Option<bool>,
    pub shutdown_behavior: Option<String>,
    /// In base64.
    pub user_data: Option<String>,
}

/// Reads instances of one region.
pub(super) async fn fetch(ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Seen>, Problem> {
    let wide = wanted.len() <= FEW;
    let asked = wanted.iter().map(|w| (w.key.to_owned(), if wide { ATTRIBUTES.to_vec() } else { unusual(w.known) }));
    let settings = async { Ok(concurrently(16, asked, |(id, names)| settings(ec2, id, names)).await) };
    let keys = keys(wanted);
    let (instances, settings) = tokio::try_join!(describe(ec2, &keys), settings)?;
    let mut settings = settings.into_iter().collect::<Result<HashMap<_, _>, _>>()?;
    let ids: Vec<String> = instances.iter().filter_map(|(i, _)| i.instance_id.clone()).collect();
    let (volumes, credits) = (volumes_by_instance(ec2, &ids), credits(ec2, &instances));
    let (default_vpcs, templates) = (default_vpcs(ec2, &instances), templates(ec2, &instances));
    let spots = spot_requests(ec2, &instances);
    let (mut volumes, mut credits, default_vpcs, templates, spots) =
        tokio::try_join!(volumes, credits, default_vpcs, templates, spots)?;
    let mut passwords = passwords(ec2, wanted).await?;
    let mut all = HashMap::new();
    for (instance, owner) in instances {
        let found = instance.instance_id.clone().and_then(|id| Some((settings.remove(&id)??, id)));
        let Some((settings, id)) = found else { continue };
        let of = |list: &HashMap<String, LaunchTemplate>| list.get(tag(&instance, TEMPLATE_ID)?).cloned();
        let seen = Seen {
            owner,
            volumes: volumes.remove(&id).unwrap_or_default(),
            settings,
            credits: credits.remove(&id),
            in_default_vpc: instance.vpc_id().is_some_and(|vpc| default_vpcs.contains(vpc)),
            template: of(&templates),
            spot: instance.spot_instance_request_id().and_then(|s| spots.get(s)).cloned(),
            password: passwords.remove(&id),
            instance,
        };
        all.insert(id, seen);
    }
    Ok(all)
}

const TEMPLATE_ID: &str = "aws:ec2launchtemplate:id";
const TEMPLATE_VERSION: &str = "aws:ec2launchtemplate:version";

fn tag<'a>(instance: &'a Instance, key: &str) -> Option<&'a str> {
    instance.tags().iter().find(|t| t.key() == Some(key)).and_then(Tag::value)
}

/// The version of the launch template that an instance was made from.
pub(super) fn template_version(instance: &Instance) -> Option<&str> {
    tag(instance, TEMPLATE_VERSION)
}

async fn volumes_by_instance(ec2: &Ec2<'_>, ids: &[String]) -> Result<HashMap<String, Vec<Volume>>, Refusal> {
    let mut all: HashMap<String, Vec<Volume>> = HashMap::new();
    for volume in devices::volumes(ec2, ids).await? {
        let attached: Vec<String> = volume.attachments().iter().filter_map(|a| a.instance_id.clone()).collect();
        for instance in attached {
            all.entry(instance).or_default().push(volume.clone());
        }
    }
    Ok(all)
}

/// How instances with bursts use their credits.
async fn credits(ec2: &Ec2<'_>, instances: &[(Instance, String)]) -> Result<HashMap<String, String>, Refusal> {
    let burstable = |i: &&(Instance, String)| i.0.instance_type().is_some_and(|t| is_burstable(t.as_str()));
    let ids: Vec<String> = instances.iter().filter(burstable).filter_map(|(i, _)| i.instance_id.clone()).collect();
    let send = |filter: Filter, token| {
        let request = ec2.client.describe_instance_credit_specifications().filters(filter);
        request.set_next_token(token).max_results(1000).send()
    };
    type Page =
        aws_sdk_ec2::operation::describe_instance_credit_specifications::DescribeInstanceCreditSpecificationsOutput;
    let take = |a: Page| (a.instance_credit_specifications, a.next_token);
    let (operation, what) = ("ec2:DescribeInstanceCreditSpecifications", "reading the credits of instances");
    let answer = ec2.filtered(operation, what, ("instance-id", &ids), send, take).await;
    // Some partitions have no such credits.
    let all = unless(answer, &["UnsupportedOperation"])?.unwrap_or_default();
    Ok(all.into_iter().filter_map(|c| Some((c.instance_id?, c.cpu_credits?))).collect())
}

/// Of the VPCs that instances are in those that are the default one.
async fn default_vpcs(ec2: &Ec2<'_>, instances: &[(Instance, String)]) -> Result<BTreeSet<String>, Refusal> {
    let ids: BTreeSet<String> = instances.iter().filter_map(|(i, _)| i.vpc_id.clone()).collect();
    let ids: Vec<String> = ids.into_iter().collect();
    let send =
        |filter, token| ec2.client.describe_vpcs().filters(filter).set_next_token(token).max_results(1000).send();
    let take = |a: aws_sdk_ec2::operation::describe_vpcs::DescribeVpcsOutput| (a.vpcs, a.next_token);
    let vpcs = ec2.filtered("ec2:DescribeVpcs", "reading the VPCs of instances", ("vpc-id", &ids), send, take).await?;
    Ok(vpcs.into_iter().filter(|v| v.is_default() == Some(true)).filter_map(|v| v.vpc_id).collect())
}

/// The launch templates that instances were made from. Those that are deleted since are left out.
async fn templates(
    ec2: &Ec2<'_>,
    instances: &[(Instance, String)],
) -> Result<HashMap<String, LaunchTemplate>, Refusal> {
    let ids: BTreeSet<&str> = instances.iter().filter_map(|(i, _)| tag(i, TEMPLATE_ID)).collect();
    let mut all = HashMap::new();
    for id in ids {
        let request = ec2.client.describe_launch_templates().launch_template_ids(id);
        let what = format!("reading launch template {id}");
        let answer = ec2.call("ec2:DescribeLaunchTemplates", &what, || request.clone().send()).await;
        let answer = unless(answer, &["InvalidLaunchTemplateId.NotFound"])?;
        let templates = answer.and_then(|a| a.launch_templates).unwrap_or_default();
        all.extend(templates.into_iter().map(|t| (id.to_owned(), t)));
    }
    Ok(all)
}

async fn spot_requests(
    ec2: &Ec2<'_>,
    instances: &[(Instance, String)],
) -> Result<HashMap<String, SpotInstanceRequest>, Refusal> {
    let ids: Vec<String> = instances.iter().filter_map(|(i, _)| i.spot_instance_request_id.clone()).collect();
    let send = |filter, token| {
        ec2.client.describe_spot_instance_requests().filters(filter).set_next_token(token).max_results(1000).send()
    };
    type Page = aws_sdk_ec2::operation::describe_spot_instance_requests::DescribeSpotInstanceRequestsOutput;
    let take = |a: Page| (a.spot_instance_requests, a.next_token);
    let (operation, what) = ("ec2:DescribeSpotInstanceRequests", "reading the spot requests of instances");
    let all = ec2.filtered(operation, what, ("spot-instance-request-id", &ids), send, take).await?;
    Ok(all.into_iter().filter_map(|s| Some((s.spot_instance_request_id.clone()?, s))).collect())
}

/// Those of the attributes that are known to be other than AWS makes them, or not known at all.
fn unusual(known: &Value) -> Vec<Name> {
    let known = Args(known);
    let is_new = known.bool("disable_api_termination").is_none();
    let has_data = ["user_data", "user_data_base64"].iter().any(|name| known.text(name).is_some());
    let asked = |name: &Name| match name {
        Name::DisableApiStop => known.bool("disable_api_stop") == Some(true),
        Name::DisableApiTermination => known.bool("disable_api_termination") == Some(true),
        Name::InstanceInitiatedShutdownBehavior => known.text("instance_initiated_shutdown_behavior") != Some(STOP),
        _ => has_data,
    };
    ATTRIBUTES.into_iter().filter(|name| is_new || asked(name)).collect()
}

/// What `names` says of the attributes that AWS tells one at a time, with the id; `None` if the instance is gone.
async fn settings(ec2: &Ec2<'_>, id: String, names: Vec<Name>) -> Result<(String, Option<Settings>), Problem> {
    let mut settings = Settings::default();
    if !names.contains(&Name::InstanceInitiatedShutdownBehavior) {
        settings.shutdown_behavior = Some(STOP.to_owned());
    }
    for answer in concurrently(names.len(), names, |name| attribute(ec2, &id, name)).await {
        let answer = match answer {
            Err(refusal) if refusal.is(&[GONE]) => return Ok((id, None)),
            answer => unless(answer, &["UnsupportedOperation"])?,
        };
        let Some(answer) = answer else { continue };
        settings.api_stop_disabled = settings.api_stop_disabled.or(answer.disable_api_stop.and_then(|v| v.value));
        let termination = answer.disable_api_termination.and_then(|v| v.value);
        settings.api_termination_disabled = settings.api_termination_disabled.or(termination);
        let behavior = answer.instance_initiated_shutdown_behavior.and_then(|v| v.value);
        settings.shutdown_behavior = settings.shutdown_behavior.or(behavior);
        settings.user_data = settings.user_data.or(answer.user_data.and_then(|v| v.value));
    }
    Ok((id, Some(settings)))
}

async fn attribute(ec2: &Ec2<'_>, id: &str, name: Name) -> Result<DescribeInstanceAttributeOutput, Refusal> {
    let what = format!("reading {} of instance {id}", name.as_str());
    let request = ec2.client.describe_instance_attribute().instance_id(id).attribute(name);
    ec2.call("ec2:DescribeInstanceAttribute", &what, || request.clone().send()).await
}

/// The encrypted passwords of instances that ask for them.
async fn passwords(ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, String>, Problem> {
    let mut all = HashMap::new();
    for id in wanted.iter().filter(|w| Args(w.known).bool("get_password_data") == Some(true)).map(|w| w.key) {
        all.extend(password(ec2, id).await?.map(|p| (id.to_owned(), p)));
    }
    Ok(all)
}

async fn password(ec2: &Ec2<'_>, id: &str) -> Result<Option<String>, Refusal> {
    let request = ec2.client.get_password_data().instance_id(id);
    let what = format!("reading the password of instance {id}");
    let answer = ec2.call("ec2:GetPasswordData", &what, || request.clone().send()).await;
    let password = unless(answer, &[GONE])?.and_then(|a| a.password_data);
    Ok(password.map(|p| p.trim().to_owned()).filter(|p| !p.is_empty()))
}

/// Waits until a new instance has made its password.
pub(super) async fn await_password(ec2: &Ec2<'_>, id: &str) -> Result<(), Problem> {
    let poll = || async { Ok(password(ec2, id).await?.map_or(Poll::pending("none yet"), |_| Poll::Done(()))) };
    ec2.cloud.wait(format!("instance {id} to make its password"), PASSWORD, poll).await
}
