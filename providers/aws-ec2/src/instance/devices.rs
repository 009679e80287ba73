//! Block devices of instances.

use aws_sdk_ec2::types::{BlockDeviceMapping, DeviceType, EbsBlockDevice, Image, Instance, VolumeType};
use terrane_aws_core::{TagDiff, Tags};
use terrane_provider::Problem;
use terrane_provider::sdk::Args;
use terrane_value::Value;

use super::launch::template;
use crate::client::{Ec2, Refusal};
use crate::tags;

/// The devices to launch the planned instance with.
pub(super) async fn mappings(ec2: &Ec2<'_>, planned: &Value) -> Result<Vec<BlockDeviceMapping>, Problem> {
    let args = Args(planned);
    let mut all = Vec::new();
    for block in args.blocks("ebs_block_device") {
        let device = block.string("device_name");
        all.push(BlockDeviceMapping::builder().set_device_name(device).ebs(ebs(block, "ebs_block_device")?).build());
    }
    for block in args.blocks("ephemeral_block_device") {
        all.push(ephemeral(block)?);
    }
    if let Some(block) = args.block("root_block_device") {
        let device = root_device(ec2, args).await?;
        all.push(BlockDeviceMapping::builder().device_name(device).ebs(ebs(block, "root_block_device")?).build());
    }
    Ok(all)
}

fn ebs(block: Args<'_>, name: &str) -> Result<EbsBlockDevice, Problem> {
    let ty = block.text("volume_type");
    let (iops, throughput) = (positive(block, "iops"), positive(block, "throughput"));
    check(name, ty, iops.is_some(), throughput.is_some())?;
    let device = EbsBlockDevice::builder()
        .set_delete_on_termination(block.bool("delete_on_termination"))
        .set_snapshot_id(block.string("snapshot_id"))
        .set_encrypted(block.bool("encrypted").filter(|on| *on))
        .set_kms_key_id(block.string("kms_key_id"))
        .set_volume_size(positive(block, "volume_size"))
        .set_volume_type(ty.map(VolumeType::from))
        .set_iops(iops.filter(|_| ty.is_some()))
        .set_throughput(throughput.filter(|_| ty.is_some()));
    Ok(device.build())
}

fn positive(block: Args<'_>, name: &str) -> Option<i32> {
    block.i32(name).filter(|n| *n > 0)
}

/// AWS ignores or refuses IOPS and throughput of types that do not have them.
pub(super) fn check(name: &str, ty: Option<&str>, iops: bool, throughput: bool) -> Result<(), Problem> {
    let refuse = |what: &str, ty: &str, takers: &str| {
        let detail = format!("A {name} of volume_type {ty:?} takes no {what}: remove it, or use one of {takers}.");
        Err(Problem::error(format!("No {what} for this volume type"), detail))
    };
    match ty {
        Some(ty) if iops && !matches!(ty, "io1" | "io2" | "gp3") => refuse("iops", ty, "io1, io2, gp3"),
        Some(ty) if throughput && ty != "gp3" => refuse("throughput", ty, "gp3"),
        _ => Ok(()),
    }
}

fn ephemeral(block: Args<'_>) -> Result<BlockDeviceMapping, Problem> {
    let mapping = BlockDeviceMapping::builder().set_device_name(block.string("device_name"));
    match (block.bool("no_device"), block.string("virtual_name")) {
        (Some(true), _) => Ok(mapping.no_device("").build()),
        (_, Some(name)) => Ok(mapping.virtual_name(name).build()),
        (_, None) => Err(Problem::error(
            "Ephemeral device without name",
            "An ephemeral_block_device needs virtual_name, such as \"ephemeral0\", unless no_device is true.",
        )),
    }
}

/// The name of the root device: of the image, which the template may name.
async fn root_device(ec2: &Ec2<'_>, args: Args<'_>) -> Result<String, Problem> {
    let image = match (args.string("ami"), args.block("launch_template")) {
        (Some(image), _) => image,
        (None, Some(template)) => template_image(ec2, template).await?,
        (None, None) => return Err(no_image()),
    };
    let request = ec2.client.describe_images().image_ids(&image);
    let what = format!("reading image {image}");
    let answer = ec2.call("ec2:DescribeImages", &what, || request.clone().send()).await?;
    let found = answer.images.unwrap_or_default().into_iter().next();
    found.as_ref().and_then(root_device_of).ok_or_else(|| {
        let detail = format!("Image {image} tells no root device, so root_block_device cannot be set: remove it.");
        Problem::error("No root device", detail)
    })
}

fn no_image() -> Problem {
    Problem::error("No image", "Set ami, or a launch_template that names an image.")
}

async fn template_image(ec2: &Ec2<'_>, block: Args<'_>) -> Result<String, Problem> {
    let spec = template(block);
    let request = ec2
        .client
        .describe_launch_template_versions()
        .set_launch_template_id(spec.launch_template_id)
        .set_launch_template_name(spec.launch_template_name)
        .set_versions(spec.version.map(|v| vec![v]));
    let what = "reading launch template";
    let answer = ec2.call("ec2:DescribeLaunchTemplateVersions", what, || request.clone().send()).await?;
    let version = answer.launch_template_versions.unwrap_or_default().into_iter().next();
    version.and_then(|v| v.launch_template_data).and_then(|d| d.image_id).ok_or_else(no_image)
}

/// Some images name a root device that is not among their devices; then the first one is meant.
fn root_device_of(image: &Image) -> Option<String> {
    if image.root_device_type() == Some(&DeviceType::InstanceStore) {
        return None;
    }
    let devices = image.block_device_mappings();
    let listed = devices.iter().any(|d| d.device_name() == image.root_device_name());
    let first = devices.first().filter(|_| !listed).and_then(|d| d.device_name());
    first.or(image.root_device_name()).map(str::to_owned)
}

/// Whether a device is the root device of an instance.
pub(super) fn is_root(instance: &Instance, device: Option<&str>) -> bool {
    device.is_some() && device == instance.root_device_name()
}

/// The id of the volume behind a device of an instance.
fn volume(instance: &Instance, is: impl Fn(Option<&str>) -> bool) -> Option<&str> {
    let device = instance.block_device_mappings().iter().find(|d| is(d.device_name()));
    device.and_then(|d| d.ebs()).and_then(|e| e.volume_id())
}

/// The tags that the volume of a block shall have.
pub(super) fn tags_of(ec2: &Ec2<'_>, block: Args<'_>) -> Tags {
    ec2.cloud.tag_rules().all(&block.map("tags"))
}

/// Tags the volumes of a new instance as their blocks say.
pub(super) async fn tag_volumes(ec2: &Ec2<'_>, planned: &Value, instance: &Instance) -> Result<(), Problem> {
    let args = Args(planned);
    if !args.map("volume_tags").is_empty() {
        return Ok(());
    }
    let root = args.block("root_block_device").map(|b| (b, volume(instance, |d| is_root(instance, d))));
    let others = args.blocks("ebs_block_device").into_iter();
    let others = others.map(|b| (b, volume(instance, |d| d.is_some() && d == b.text("device_name"))));
    for (block, volume) in root.into_iter().chain(others) {
        let set = tags_of(ec2, block);
        if let Some(volume) = volume.filter(|_| !set.is_empty()) {
            tags::write(ec2, volume, TagDiff { set, remove: Vec::new() }).await?;
        }
    }
    Ok(())
}

/// The volumes attached to instances.
pub(super) async fn volumes(ec2: &Ec2<'_>, instances: &[String]) -> Result<Vec<aws_sdk_ec2::types::Volume>, Refusal> {
    crate::ebs_volume::volumes(ec2, ("attachment.instance-id", instances)).await
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn volume_types_take_only_what_they_have() {
        assert!(check("root_block_device", Some("gp3"), true, true).is_ok());
        assert!(check("root_block_device", Some("gp2"), false, false).is_ok());
        let iops = check("root_block_device", Some("gp2"), true, false).unwrap_err();
        assert!(iops.detail.contains("takes no iops"));
        assert!(check("root_block_device", Some("io2"), true, true).is_err());
    }

    #[test]
    fn the_root_device_is_one_that_the_image_lists() {
        let device = |name: &str| BlockDeviceMapping::builder().device_name(name).build();
        let image = Image::builder().root_device_name("/dev/sda1").block_device_mappings(device("/dev/sda")).build();
        assert_eq!(root_device_of(&image).as_deref(), Some("/dev/sda"));
        let image = Image::builder().root_device_name("/dev/xvda").block_device_mappings(device("/dev/xvda")).build();
        assert_eq!(root_device_of(&image).as_deref(), Some("/dev/xvda"));
    }
}
