//! `aws_volume_attachment`.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_ec2::types::{AttachmentStatus, VolumeAttachment as Answer, VolumeAttachmentState};
use terrane_aws_core::timeout;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::checksum::crc32;
use crate::client::{Ec2, Refusal, filter, unless};
use crate::ebs_volume::volumes;
use crate::instance::{await_launch, stop};
use crate::kind::{Identity, Kind, Wanted, bad_import, text};

const CREATION: Duration = Duration::from_secs(300);
const DELETION: Duration = Duration::from_secs(300);
const INSTANCE: Duration = Duration::from_secs(600);

/// What the user alone knows.
const SWITCHES: [&str; 3] = ["force_detach", "skip_destroy", "stop_instance_before_detaching"];

/// Volumes that are attached to instances.
pub(crate) struct VolumeAttachment;

/// Where a volume is attached.
struct Place {
    device: String,
    volume: String,
    instance: String,
}

#[async_trait::async_trait]
impl Kind for VolumeAttachment {
    const NAME: &'static str = "aws_volume_attachment";
    type Seen = Answer;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let place = place(create.planned).ok_or_else(nowhere)?;
        await_launch(ec2, &place.instance, INSTANCE).await?;
        let Place { device, volume, instance } = &place;
        if find(ec2, &place).await?.is_none() {
            let request = ec2.client.attach_volume().device(device).instance_id(instance).volume_id(volume);
            let what = format!("attaching volume {volume} to instance {instance} as {device}");
            let time = timeout(create.planned, "create", CREATION);
            let busy = |r: &Refusal| r.says("IncorrectState", "not 'available'") || r.is(&["InvalidVolume.NotFound"]);
            let attached = ec2.insist("ec2:AttachVolume", &what, time, || request.clone().send(), busy).await;
            // The answer of an earlier attempt may have been lost.
            if let Err(refusal) = attached
                && (!refusal.is(&["VolumeInUse"]) || find(ec2, &place).await?.is_none())
            {
                return Err(refusal.into());
            }
        }
        Ok(vec![("id", id(&place))])
    }

    async fn shape(&self, ec2: &Ec2<'_>, create: &Create<'_>, _: &str) -> Result<(), Problem> {
        let place = place(create.planned).ok_or_else(nowhere)?;
        let what = format!("volume {} to be attached to instance {}", place.volume, place.instance);
        let time = timeout(create.planned, "create", CREATION);
        let ready = |a: &Answer| Ok(matches!(state(a), "attached" | "busy" | ""));
        ec2.until(what, time, || find(ec2, &place), ready, |a| state(a).to_owned()).await?;
        Ok(())
    }

    fn key(&self, known: &Value) -> Option<String> {
        place(known).map(|p| import_id(&p.device, &p.volume, &p.instance))
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Answer>, Problem> {
        let mut ids: Vec<String> = wanted.iter().filter_map(|w| text(w.known, "volume_id")).collect();
        ids.sort();
        ids.dedup();
        let attachments =
            volumes(ec2, ("volume-id", &ids)).await?.into_iter().flat_map(|v| v.attachments.unwrap_or_default());
        Ok(attachments.filter(holds).filter_map(|a| Some((listed(&a)?, a))).collect())
    }

    fn observe(&self, _: &Ec2<'_>, known: &Value, seen: &Answer) -> Reply {
        let mut reply = Reply::new();
        if let Some(place) = place(known) {
            reply.str("id", Some(id(&place)));
        }
        reply
            .str("device_name", seen.device())
            .str("instance_id", seen.instance_id())
            .str("volume_id", seen.volume_id());
        for name in SWITCHES {
            reply.bool(name, Args(known).bool(name));
        }
        reply
    }

    /// Only switches of the user change in place.
    async fn change(&self, _: &Ec2<'_>, _: &Update<'_>, _: &str) -> Result<Identity, Problem> {
        Ok(Vec::new())
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let (args, Some(place)) = (Args(prior), place(prior)) else { return Ok(()) };
        if args.bool("skip_destroy") == Some(true) || find(ec2, &place).await?.is_none() {
            return Ok(());
        }
        if args.bool("stop_instance_before_detaching") == Some(true) {
            stop(ec2, &place.instance).await?;
        }
        let Place { device, volume, instance } = &place;
        let request = ec2.client.detach_volume().device(device).instance_id(instance).volume_id(volume);
        let request = request.set_force(args.bool("force_detach"));
        let what = format!("detaching volume {volume} from instance {instance}");
        let detached = ec2.call("ec2:DetachVolume", &what, || request.clone().send()).await;
        unless(detached, &["InvalidAttachment.NotFound", "InvalidVolume.NotFound"])?;
        let what = format!("volume {volume} to be detached from instance {instance}");
        ec2.until_gone(what, timeout(prior, "delete", DELETION), || find(ec2, &place)).await
    }

    fn import(&self, import: &str) -> Result<Identity, Problem> {
        match import.split(':').collect::<Vec<_>>()[..] {
            [device, volume, instance] if volume.starts_with("vol-") && instance.starts_with("i-") => Ok(vec![
                ("device_name", device.to_owned()),
                ("volume_id", volume.to_owned()),
                ("instance_id", instance.to_owned()),
            ]),
            _ => Err(bad_import(import, "DEVICE:VOLUMEID:INSTANCEID", "/dev/sdh:vol-049df61146c4d7901:i-12345678")),
        }
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let attached = filter("attachment.status", AttachmentStatus::Attached.as_str());
        let request = ec2.client.describe_volumes().filters(attached);
        let send = |token| request.clone().set_next_token(token).max_results(1000).send();
        let what = "listing the attachments of volumes";
        let all = ec2.pages("ec2:DescribeVolumes", what, send, |a| (a.volumes, a.next_token)).await?;
        let attachments = all.into_iter().flat_map(|v| v.attachments.unwrap_or_default());
        // What goes with its instance is a block of that.
        let own = attachments.filter(|a| a.delete_on_termination() != Some(true));
        Ok(own.filter_map(|a| listed(&a)).collect())
    }
}

fn place(object: &Value) -> Option<Place> {
    let text = |name| text(object, name);
    Some(Place { device: text("device_name")?, volume: text("volume_id")?, instance: text("instance_id")? })
}

fn nowhere() -> Problem {
    Problem::error("Incomplete attachment", "A volume attachment needs device_name, volume_id and instance_id.")
}

/// The id that state holds: a checksum of the place.
fn id(place: &Place) -> String {
    let text = format!("{}-{}-{}-", place.device, place.instance, place.volume);
    format!("vai-{}", crc32(text.as_bytes()))
}

fn import_id(device: &str, volume: &str, instance: &str) -> String {
    format!("{device}:{volume}:{instance}")
}

fn listed(attachment: &Answer) -> Option<String> {
    Some(import_id(attachment.device()?, attachment.volume_id()?, attachment.instance_id()?))
}

fn state(attachment: &Answer) -> &str {
    attachment.state().map(VolumeAttachmentState::as_str).unwrap_or_default()
}

fn holds(attachment: &Answer) -> bool {
    state(attachment) != "detached"
}

async fn find(ec2: &Ec2<'_>, place: &Place) -> Result<Option<Answer>, Problem> {
    let volume = volumes(ec2, ("volume-id", std::slice::from_ref(&place.volume))).await?.pop();
    let wanted = Some(import_id(&place.device, &place.volume, &place.instance));
    let attachments = volume.and_then(|v| v.attachments).unwrap_or_default();
    Ok(attachments.into_iter().find(|a| holds(a) && listed(a) == wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_a_checksum_of_the_place() {
        let [device, volume, instance] = ["/dev/sdh", "vol-1", "i-1"].map(str::to_owned);
        assert_eq!(id(&Place { device, volume, instance }), format!("vai-{}", crc32(b"/dev/sdh-i-1-vol-1-")));
    }
}
