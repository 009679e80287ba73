//! `aws_instance`.

mod change;
mod devices;
mod fetch;
mod launch;
mod observe;
mod plan;
mod spot;
mod user_data;

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_ec2::types::{Instance as Answer, InstanceStateName, Reservation};
use terrane_aws_core::timeout;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::client::{Ec2, Refusal, unless};
use crate::draft::Draft;
use crate::kind::{Identity, Kind, Wanted};

pub(crate) use change::stop;
pub(crate) use fetch::Seen;
pub(crate) use spot::SpotInstanceRequest;

const CREATION: Duration = Duration::from_secs(600);
const UPDATE: Duration = Duration::from_secs(600);
const DELETION: Duration = Duration::from_secs(1200);

/// Virtual machines.
pub(crate) struct Instance;

#[async_trait::async_trait]
impl Kind for Instance {
    const NAME: &'static str = "aws_instance";
    type Seen = Seen;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        Ok(vec![("id", launch::launch(ec2, create).await?)])
    }

    async fn shape(&self, ec2: &Ec2<'_>, create: &Create<'_>, id: &str) -> Result<(), Problem> {
        let instance = await_launch(ec2, id, timeout(create.planned, "create", CREATION)).await?;
        devices::tag_volumes(ec2, create.planned, &instance).await?;
        if Args(create.planned).bool("source_dest_check") == Some(false) && !has_own_interfaces(create.planned) {
            change::set_source_dest_check(ec2, id, false).await?;
        }
        if Args(create.planned).bool("get_password_data") == Some(true) {
            fetch::await_password(ec2, id).await?;
        }
        Ok(())
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Seen>, Problem> {
        fetch::fetch(ec2, wanted).await
    }

    fn observe(&self, ec2: &Ec2<'_>, known: &Value, seen: &Seen) -> Reply {
        observe::observe(ec2, known, seen)
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        change::change(ec2, update, id).await?;
        Ok(Vec::new())
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let id = Args(prior).text("id").unwrap_or_default();
        if Args(prior).bool("force_destroy") == Some(true) {
            change::lift_protection(ec2, id).await?;
        }
        terminate(ec2, id, timeout(prior, "delete", DELETION)).await
    }

    fn plan(&self, draft: &mut Draft<'_>) {
        plan::plan(draft);
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let send = |token| ec2.client.describe_instances().set_next_token(token).max_results(1000).send();
        let all = ec2.pages("ec2:DescribeInstances", "listing instances", send, |a| (a.reservations, a.next_token));
        let instances = all.await?.into_iter().flat_map(instances);
        Ok(instances.filter(lives).filter_map(|i| i.instance_id).collect())
    }
}

/// Terminates an instance, and waits until it is.
async fn terminate(ec2: &Ec2<'_>, id: &str, time: Duration) -> Result<(), Problem> {
    let (request, what) = (ec2.client.terminate_instances().instance_ids(id), format!("terminating instance {id}"));
    let terminated = ec2.call("ec2:TerminateInstances", &what, || request.clone().send()).await;
    let refused = |r: Refusal| match r.is(&["OperationNotPermitted"]) {
        true => protected(r),
        false => r.into(),
    };
    unless(terminated, &["InvalidInstanceID.NotFound"]).map_err(refused)?;
    ec2.until_gone(format!("instance {id} to be terminated"), time, || find(ec2, id)).await
}

fn protected(refusal: Refusal) -> Problem {
    let mut problem = Problem::from(refusal);
    problem.detail.push_str(
        "\nSet disable_api_termination and disable_api_stop to false, or force_destroy to true, and apply that before \
         destroying the instance.",
    );
    problem
}

fn instances(reservation: Reservation) -> Vec<Answer> {
    reservation.instances.unwrap_or_default()
}

/// Instances that are not terminated, with the account they are in.
async fn describe(ec2: &Ec2<'_>, ids: &[String]) -> Result<Vec<(Answer, String)>, Refusal> {
    let send =
        |filter, token| ec2.client.describe_instances().filters(filter).set_next_token(token).max_results(1000).send();
    let take = |a: aws_sdk_ec2::operation::describe_instances::DescribeInstancesOutput| (a.reservations, a.next_token);
    let reservations = ec2.filtered("ec2:DescribeInstances", "reading instances", ("instance-id", ids), send, take);
    let with_owner = |r: Reservation| {
        let owner = r.owner_id.clone().unwrap_or_default();
        instances(r).into_iter().map(move |i| (i, owner.clone()))
    };
    Ok(reservations.await?.into_iter().flat_map(with_owner).filter(|(i, _)| lives(i)).collect())
}

/// The instance with an id, if it is not terminated.
async fn find(ec2: &Ec2<'_>, id: &str) -> Result<Option<Answer>, Problem> {
    Ok(describe(ec2, &[id.to_owned()]).await?.pop().map(|(instance, _)| instance))
}

/// Whether an instance is terminated, or about to be.
pub(crate) async fn ends(ec2: &Ec2<'_>, id: &str) -> Result<bool, Problem> {
    Ok(find(ec2, id).await?.is_none_or(|instance| state(&instance) == "shutting-down"))
}

fn state(instance: &Answer) -> &str {
    instance.state().and_then(|s| s.name()).map(InstanceStateName::as_str).unwrap_or_default()
}

fn lives(instance: &Answer) -> bool {
    state(instance) != "terminated"
}

/// Waits until an instance runs, or is stopped.
pub(crate) async fn await_launch(ec2: &Ec2<'_>, id: &str, time: Duration) -> Result<Answer, Problem> {
    let what = format!("instance {id} to run");
    ec2.until(what, time, || find(ec2, id), launched, |i| state(i).to_owned()).await
}

fn launched(instance: &Answer) -> Result<bool, Problem> {
    match state(instance) {
        "shutting-down" => Err(Problem::error(
            "Instance did not start",
            format!(
                "AWS gave up on instance {}: {}",
                instance.instance_id().unwrap_or_default(),
                instance.state_reason().and_then(|r| r.message()).unwrap_or("without saying why"),
            ),
        )),
        state => Ok(matches!(state, "running" | "stopped")),
    }
}

/// Whether the network interfaces are made elsewhere: what belongs to an interface is then set there.
fn has_own_interfaces(object: &Value) -> bool {
    let blocks = |name| Args(object).blocks(name);
    let named = blocks("primary_network_interface").iter().any(|b| b.text("network_interface_id").is_some());
    named || !blocks("network_interface").is_empty()
}

/// Whether the instance types of a family earn credits for bursts.
fn is_burstable(instance_type: &str) -> bool {
    let family = instance_type.split('.').next().unwrap_or_default();
    let mut chars = family.chars();
    chars.next() == Some('t') && chars.next().is_some_and(|c| c.is_ascii_digit())
}
