//! `aws_ebs_volume`.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_ec2::types::{
    ResourceType, Snapshot, Volume as Answer, VolumeModification, VolumeModificationState, VolumeState, VolumeType,
};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use terrane_aws_core::timeout;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::{Type, Value};

use crate::client::{Ec2, Refusal, unless};
use crate::draft::Draft;
use crate::kind::{Identity, Kind, Wanted, keys};
use crate::lost::{BY_MARK, Making, unmark};
use crate::settle::absent;
use crate::tags;

const CREATION: Duration = Duration::from_secs(300);
const UPDATE: Duration = Duration::from_secs(300);
const DELETION: Duration = Duration::from_secs(600);
const GONE: &str = "InvalidVolume.NotFound";

/// Disks.
pub(crate) struct EbsVolume;

/// A volume with the account it is in.
pub(crate) struct Seen {
    volume: Answer,
    account: String,
}

#[async_trait::async_trait]
impl Kind for EbsVolume {
    const NAME: &'static str = "aws_ebs_volume";
    type Seen = Seen;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let args = Args(create.planned);
        let positive = |name: &str| args.i32(name).filter(|n| *n > 0);
        let zone = args.text("availability_zone").unwrap_or_default();
        let request = ec2
            .client
            .create_volume()
            .client_token(create.operation)
            .availability_zone(zone)
            .set_encrypted(args.bool("encrypted").filter(|on| *on))
            .set_iops(positive("iops"))
            .set_kms_key_id(args.string("kms_key_id"))
            .set_multi_attach_enabled(args.bool("multi_attach_enabled").filter(|on| *on))
            .set_outpost_arn(args.string("outpost_arn"))
            .set_size(positive("size"))
            .set_snapshot_id(args.string("snapshot_id"))
            .set_throughput(positive("throughput"))
            .set_volume_initialization_rate(positive("volume_initialization_rate"))
            .set_volume_type(args.text("type").map(VolumeType::from))
            .set_tag_specifications(tags::specification(ec2, create.planned, ResourceType::Volume));
        let what = format!("creating EBS volume in {zone}");
        let answer = ec2.call("ec2:CreateVolume", &what, || request.clone().send()).await?;
        Ok(vec![("id", answer.volume_id.ok_or_else(|| Refusal::unread(&what))?)])
    }

    async fn shape(&self, ec2: &Ec2<'_>, create: &Create<'_>, id: &str) -> Result<(), Problem> {
        let what = format!("EBS volume {id} to become available");
        let time = timeout(create.planned, "create", CREATION);
        ec2.until(what, time, || find(ec2, id), available, |v| state(v).to_owned()).await?;
        Ok(())
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Seen>, Problem> {
        let volumes = describe(ec2, &keys(wanted)).await?;
        let account = ec2.cloud.account_id().await?;
        let seen = |volume: Answer| Some((volume.volume_id.clone()?, Seen { volume, account: account.clone() }));
        Ok(volumes.into_iter().filter_map(seen).collect())
    }

    fn observe(&self, ec2: &Ec2<'_>, known: &Value, seen: &Seen) -> Reply {
        let (volume, mut reply) = (&seen.volume, Reply::new());
        let id = volume.volume_id().unwrap_or_default();
        reply
            .str("id", Some(id))
            .str("arn", Some(ec2.arn(&seen.account, &format!("volume/{id}"))))
            .str("availability_zone", volume.availability_zone())
            .str("create_time", volume.create_time().and_then(seconds))
            .bool("encrypted", Some(volume.encrypted().unwrap_or(false)))
            .bool("final_snapshot", Some(Args(known).bool("final_snapshot").unwrap_or(false)))
            .i64("iops", Some(volume.iops().unwrap_or(0)))
            .str("kms_key_id", Some(volume.kms_key_id().unwrap_or_default()))
            .bool("multi_attach_enabled", Some(volume.multi_attach_enabled().unwrap_or(false)))
            .str("outpost_arn", Some(volume.outpost_arn().unwrap_or_default()))
            .i64("size", volume.size())
            .str("snapshot_id", Some(volume.snapshot_id().unwrap_or_default()))
            .i64("throughput", Some(volume.throughput().unwrap_or(0)))
            .str("type", volume.volume_type().map(VolumeType::as_str));
        if let Some(rate) = volume.volume_initialization_rate() {
            reply.i64("volume_initialization_rate", Some(rate));
        }
        tags::observe(ec2, &mut reply, known, volume.tags());
        reply
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        if ["iops", "size", "throughput", "type"].iter().any(|name| Args(update.planned).differs(update.prior, name)) {
            modify(ec2, update, id).await?;
            await_modification(ec2, id, timeout(update.planned, "update", UPDATE)).await?;
        }
        tags::update(ec2, id, update).await?;
        Ok(Vec::new())
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let id = Args(prior).text("id").unwrap_or_default();
        let time = timeout(prior, "delete", DELETION);
        if Args(prior).bool("final_snapshot") == Some(true) && find(ec2, id).await?.is_some() {
            snapshot(ec2, id, prior, time).await?;
        }
        let (request, what) = (ec2.client.delete_volume().volume_id(id), format!("deleting EBS volume {id}"));
        let in_use = |r: &Refusal| r.is(&["VolumeInUse"]);
        unless(ec2.insist("ec2:DeleteVolume", &what, time, || request.clone().send(), in_use).await, &[GONE])?;
        ec2.until_gone(format!("EBS volume {id} to be deleted"), time, || find(ec2, id)).await
    }

    fn plan(&self, draft: &mut Draft<'_>) {
        check(draft);
        if draft.changes(&["type"]) {
            draft.unknown(&["iops", "throughput"]);
        } else if draft.changes(&["size"]) {
            draft.unknown(&["iops"]);
        }
        let fixed = !draft.text("type").is_some_and(takes_iops);
        if fixed && draft.changes(&["iops"]) && draft.planned("iops").is_some_and(absent) {
            draft.keep("iops");
        }
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let send = |token| ec2.client.describe_volumes().set_next_token(token).max_results(1000).send();
        let all = ec2.pages("ec2:DescribeVolumes", "listing EBS volumes", send, |a| (a.volumes, a.next_token)).await?;
        // What goes with its instance is a block of that.
        let own = |v: &Answer| !v.attachments().iter().any(|a| a.delete_on_termination() == Some(true));
        Ok(all.into_iter().filter(lives).filter(own).filter_map(|v| v.volume_id).collect())
    }
}

fn takes_iops(ty: &str) -> bool {
    matches!(ty, "io1" | "io2" | "gp3")
}

/// Refuses what AWS takes only for some types of volumes.
fn check(draft: &mut Draft<'_>) {
    let unknown = |name: &str| draft.config.get(name).is_some_and(|v| !v.is_known());
    if draft.prior.is_some() || unknown("type") {
        return;
    }
    let config = Args(draft.config);
    let ty = config.text("type").unwrap_or_default();
    let provisioned = matches!(ty, "io1" | "io2");
    let set = |name: &str| config.i64(name).is_some_and(|n| n > 0);
    let mut wrong: Vec<(&str, String)> = Vec::new();
    if provisioned && !set("iops") && !unknown("iops") {
        wrong.push((
            "iops",
            format!("A volume of type {ty:?} needs iops: set how many operations a second it is to do."),
        ));
    }
    let mut only = |name: &'static str, given: bool, takers: &str| {
        if given {
            wrong.push((name, format!("A volume of type {ty:?} takes no {name}: remove it, or use {takers}.")));
        }
    };
    only("iops", set("iops") && !takes_iops(ty), "io1, io2 or gp3");
    only("multi_attach_enabled", config.bool("multi_attach_enabled") == Some(true) && !provisioned, "io1 or io2");
    only("throughput", set("throughput") && ty != "gp3", "gp3");
    let unread = config.text("snapshot_id").is_none() && !unknown("snapshot_id");
    if set("volume_initialization_rate") && unread {
        let detail = "An empty volume is not initialized from a snapshot: set snapshot_id, or remove the rate.";
        wrong.push(("volume_initialization_rate", detail.to_owned()));
    }
    for (name, detail) in wrong {
        draft.error(name, "Invalid EBS volume", detail);
    }
}

/// A time to the second, as RFC 3339 writes it.
pub(crate) fn seconds(time: &DateTime) -> Option<String> {
    DateTime::from_secs(time.secs()).fmt(Format::DateTime).ok()
}

async fn describe(ec2: &Ec2<'_>, ids: &[String]) -> Result<Vec<Answer>, Refusal> {
    let all = volumes(ec2, ("volume-id", ids)).await?;
    Ok(all.into_iter().filter(lives).collect())
}

/// The volumes that a filter selects.
pub(crate) async fn volumes(ec2: &Ec2<'_>, filter: (&str, &[String])) -> Result<Vec<Answer>, Refusal> {
    let send =
        |filter, token| ec2.client.describe_volumes().filters(filter).set_next_token(token).max_results(1000).send();
    let take = |a: aws_sdk_ec2::operation::describe_volumes::DescribeVolumesOutput| (a.volumes, a.next_token);
    ec2.filtered("ec2:DescribeVolumes", "reading EBS volumes", filter, send, take).await
}

async fn find(ec2: &Ec2<'_>, id: &str) -> Result<Option<Answer>, Problem> {
    Ok(describe(ec2, &[id.to_owned()]).await?.pop())
}

fn state(volume: &Answer) -> &str {
    volume.state().map(VolumeState::as_str).unwrap_or_default()
}

fn lives(volume: &Answer) -> bool {
    !matches!(state(volume), "deleting" | "deleted")
}

fn available(volume: &Answer) -> Result<bool, Problem> {
    match state(volume) {
        "error" => Err(Problem::error(
            "EBS volume failed",
            format!(
                "AWS could not make volume {}. A key that may not be used, or a snapshot that may not be read, is \
                 the usual reason.",
                volume.volume_id().unwrap_or_default()
            ),
        )),
        state => Ok(matches!(state, "available" | "in-use" | "")),
    }
}

async fn modify(ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<(), Problem> {
    let planned = Args(update.planned);
    let positive = |name: &str| planned.i32(name).filter(|n| *n > 0);
    let changed = |name: &str| positive(name).filter(|_| planned.differs(update.prior, name));
    let ty = planned.text("type").unwrap_or_default();
    let retyped = planned.differs(update.prior, "type");
    // What is not told with a change of type falls back to the default of the new one.
    let iops = if retyped && takes_iops(ty) { positive("iops") } else { changed("iops") };
    let request = ec2
        .client
        .modify_volume()
        .volume_id(id)
        .set_iops(iops)
        .set_size(changed("size"))
        .set_throughput(positive("throughput").filter(|_| ty == "gp3"))
        .set_volume_type(retyped.then(|| VolumeType::from(ty)));
    ec2.call("ec2:ModifyVolume", &format!("changing EBS volume {id}"), || request.clone().send()).await?;
    Ok(())
}

/// Waits until a volume is changed: it has its new size and type while it is still being optimised.
pub(crate) async fn await_modification(ec2: &Ec2<'_>, id: &str, time: Duration) -> Result<(), Problem> {
    let request = ec2.client.describe_volumes_modifications().volume_ids(id);
    let what = format!("reading the modification of volume {id}");
    let find = || async {
        let answer = ec2.call("ec2:DescribeVolumesModifications", &what, || request.clone().send()).await?;
        Ok(answer.volumes_modifications.unwrap_or_default().pop())
    };
    let ready = |m: &VolumeModification| match m.modification_state() {
        Some(VolumeModificationState::Failed) => Err(Problem::error(
            "Volume modification failed",
            format!("AWS gave up on volume {id}: {}", m.status_message().unwrap_or("without saying why")),
        )),
        state => Ok(state != Some(&VolumeModificationState::Modifying)),
    };
    ec2.until(format!("volume {id} to be changed"), time, find, ready, |_| "modifying".to_owned()).await?;
    Ok(())
}

/// Makes the last snapshot of a volume, with its tags, and waits until it is complete.
async fn snapshot(ec2: &Ec2<'_>, id: &str, prior: &Value, time: Duration) -> Result<(), Problem> {
    let what = format!("making the final snapshot of EBS volume {id}");
    let (request, operation) = (ec2.client.create_snapshot().volume_id(id), format!("final-{id}"));
    let look = format!("a snapshot of volume {id}");
    let passing = &["SnapshotCreationPerVolumeRateExceeded"];
    let making = Making { operation: "ec2:CreateSnapshot", what: &what, look: &look, passing };
    let create = Create { planned: prior, config: &Value::null(Type::Any), operation: &operation };
    let send = |tags| request.clone().set_tag_specifications(tags).send();
    let find = |mark: Vec<String>| async move {
        Ok(snapshots(ec2, (BY_MARK, &mark)).await?.pop().and_then(|s| s.snapshot_id))
    };
    let snapshot = making.marked((ec2, &create), ResourceType::Snapshot, send, |a| a.snapshot_id, find).await?;
    let ids = [snapshot.clone()];
    let find = || async { Ok(snapshots(ec2, ("snapshot-id", &ids)).await?.pop()) };
    let state = |s: &Snapshot| s.state().map(|s| s.as_str().to_owned()).unwrap_or_default();
    let ready = |s: &Snapshot| match &*state(s) {
        "error" => Err(Problem::error(
            "Final snapshot failed",
            format!("AWS gave up on snapshot {snapshot} of volume {id}: {}", s.state_message().unwrap_or("no reason")),
        )),
        state => Ok(state == "completed"),
    };
    ec2.until(format!("snapshot {snapshot} to be completed"), time, find, ready, state).await?;
    unmark(ec2, &snapshot).await;
    Ok(())
}

async fn snapshots(ec2: &Ec2<'_>, filter: (&str, &[String])) -> Result<Vec<Snapshot>, Refusal> {
    let send = |filter, token| {
        ec2.client.describe_snapshots().owner_ids("self").filters(filter).set_next_token(token).max_results(1000).send()
    };
    let take = |a: aws_sdk_ec2::operation::describe_snapshots::DescribeSnapshotsOutput| (a.snapshots, a.next_token);
    ec2.filtered("ec2:DescribeSnapshots", "reading snapshots", filter, send, take).await
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use terrane_provider::PlanResponse;

    use super::*;

    fn problems(pairs: &[(&str, Value)]) -> Vec<String> {
        let config = Value::object(pairs.iter().cloned());
        let response = PlanResponse { planned: Some(config.clone()), ..PlanResponse::default() };
        let mut draft = Draft::new(None, &config, response);
        EbsVolume.plan(&mut draft);
        draft.done().problems.into_iter().map(|p| p.path.unwrap().to_string()).collect()
    }

    #[test]
    fn types_take_only_what_they_have() {
        let ty = |ty: &str| ("type", Value::string(ty));
        assert_eq!(problems(&[ty("io2")]), [".iops"]);
        assert_eq!(problems(&[ty("gp2"), ("iops", 100.into()), ("throughput", 200.into())]), [".iops", ".throughput"]);
        assert_eq!(problems(&[ty("gp3"), ("iops", 4000.into()), ("throughput", 200.into())]), [""; 0]);
        assert_eq!(problems(&[("multi_attach_enabled", true.into())]), [".multi_attach_enabled"]);
        assert_eq!(problems(&[("volume_initialization_rate", 100.into())]), [".volume_initialization_rate"]);
        assert_eq!(problems(&[("type", Value::unknown(Type::String)), ("iops", 100.into())]), [""; 0]);
    }
}
