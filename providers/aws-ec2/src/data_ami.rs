//! Data source `aws_ami`.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_ec2::types::{BlockDeviceMapping, EbsBlockDevice, Image, ProductCode};
use regex::Regex;
use terrane_aws_core::Cloud;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, DataSource, Reply};
use terrane_value::{Path, Value};

use crate::client::{Ec2, Refusal};
use crate::filters::written;
use crate::tags::from_sdk;

/// One machine image.
pub(crate) struct Ami;

#[async_trait]
impl DataSource<Cloud> for Ami {
    fn name(&self) -> &'static str {
        "aws_ami"
    }

    async fn read(&self, cloud: &Cloud, config: &Value) -> Result<Value, Vec<Problem>> {
        let (ec2, args) = (Ec2::of(cloud, config), Args(config));
        let pattern = pattern(args.text("name_regex"))?;
        check_owners(config)?;
        let mut images = images(&ec2, config).await.map_err(|r| vec![r.into()])?;
        images.retain(|i| pattern.as_ref().is_none_or(|p| p.is_match(i.name().unwrap_or_default())));
        let image = choose(images, args.bool("most_recent") == Some(true))?;
        Ok(observe(&ec2, config, &image))
    }
}

fn pattern(written: Option<&str>) -> Result<Option<Regex>, Vec<Problem>> {
    let path = || Path::root().attr("name_regex");
    let invalid = |e: regex::Error| vec![Problem::error("Invalid regular expression", e.to_string()).at(path())];
    written.map(Regex::new).transpose().map_err(invalid)
}

/// Without an owner anybody's image may be the most recent one.
fn check_owners(config: &Value) -> Result<(), Vec<Problem>> {
    let args = Args(config);
    let most_recent = args.bool("most_recent") == Some(true) && args.bool("allow_unsafe_filter") != Some(true);
    let names_owner = |name: Option<&str>| matches!(name, Some("image-id" | "owner-id" | "owner-alias" | "owner"));
    let filtered = args.blocks("filter").into_iter().any(|f| names_owner(f.text("name")));
    if !most_recent || filtered || !args.strings("owners").is_empty() {
        return Ok(());
    }
    Err(vec![
        Problem::error(
            "Most recent image of anybody",
            "With most_recent set and neither owners nor a filter by image-id, owner-id or owner-alias, an image that \
             a stranger published may be chosen. Set owners, or allow_unsafe_filter if that is meant.",
        )
        .at(Path::root().attr("owners")),
    ])
}

async fn images(ec2: &Ec2<'_>, config: &Value) -> Result<Vec<Image>, Refusal> {
    let args = Args(config);
    let (some, filters) = (|list: Vec<String>| Some(list).filter(|l| !l.is_empty()), written(config));
    let mut request = ec2
        .client
        .describe_images()
        .set_executable_users(some(args.strings("executable_users")))
        .set_owners(some(args.strings("owners")))
        .set_include_deprecated(args.bool("include_deprecated"))
        .set_filters(Some(filters).filter(|f| !f.is_empty()));
    request = request.max_results(1000);
    let send = |token| request.clone().set_next_token(token).send();
    ec2.pages("ec2:DescribeImages", "reading images", send, |a| (a.images, a.next_token)).await
}

fn choose(mut images: Vec<Image>, most_recent: bool) -> Result<Image, Vec<Problem>> {
    // Dates are all in one form, in which later ones sort after earlier ones.
    images.sort_by(|a, b| b.creation_date().cmp(&a.creation_date()));
    let several = images.len();
    match images.into_iter().next() {
        None => Err(vec![Problem::error(
            "No image found",
            "No image matches. Change the filters, name_regex or owners, or look in another region.",
        )]),
        Some(_) if several > 1 && !most_recent => Err(vec![Problem::error(
            "Several images found",
            format!("{several} images match. Narrow the filters, or set most_recent to take the newest."),
        )]),
        Some(image) => Ok(image),
    }
}

fn observe(ec2: &Ec2<'_>, config: &Value, image: &Image) -> Value {
    let mut reply = Reply::from(config);
    let id = image.image_id().unwrap_or_default();
    let root = image.root_device_name();
    reply
        .str("id", Some(id))
        .str("image_id", Some(id))
        .str("region", Some(&ec2.region))
        .str("arn", Some(ec2.arn("", &format!("image/{id}"))))
        .str("architecture", image.architecture().map(|v| v.as_str()))
        .str("boot_mode", Some(image.boot_mode().map(|v| v.as_str()).unwrap_or_default()))
        .str("creation_date", image.creation_date())
        .str("deprecation_time", Some(image.deprecation_time().unwrap_or_default()))
        .str("description", Some(image.description().unwrap_or_default()))
        .bool("ena_support", Some(image.ena_support().unwrap_or(false)))
        .str("hypervisor", image.hypervisor().map(|v| v.as_str()))
        .str("image_location", image.image_location())
        .str("image_owner_alias", Some(image.image_owner_alias().unwrap_or_default()))
        .str("image_type", image.image_type().map(|v| v.as_str()))
        .str("imds_support", Some(image.imds_support().map(|v| v.as_str()).unwrap_or_default()))
        .str("kernel_id", Some(image.kernel_id().unwrap_or_default()))
        .str("last_launched_time", Some(image.last_launched_time().unwrap_or_default()))
        .str("name", image.name())
        .str("owner_id", image.owner_id())
        .str("platform", Some(image.platform().map(|v| v.as_str()).unwrap_or_default()))
        .str("platform_details", image.platform_details())
        .bool("public", image.public())
        .str("ramdisk_id", Some(image.ramdisk_id().unwrap_or_default()))
        .str("root_device_name", root)
        .str("root_device_type", image.root_device_type().map(|v| v.as_str()))
        .str("root_snapshot_id", Some(root_snapshot(image).unwrap_or_default()))
        .str("sriov_net_support", Some(image.sriov_net_support().unwrap_or_default()))
        .str("state", image.state().map(|v| v.as_str()))
        .str("tpm_support", Some(image.tpm_support().map(|v| v.as_str()).unwrap_or_default()))
        .str("usage_operation", image.usage_operation())
        .str("virtualization_type", image.virtualization_type().map(|v| v.as_str()))
        .map("state_reason", &state_reason(image))
        .blocks("block_device_mappings", image.block_device_mappings().iter().map(device))
        .blocks("product_codes", image.product_codes().iter().map(product_code));
    ec2.cloud.set_data_tags(&mut reply, from_sdk(image.tags()));
    reply.object()
}

fn root_snapshot(image: &Image) -> Option<&str> {
    let root = image.block_device_mappings().iter().find(|d| d.device_name() == image.root_device_name());
    root.filter(|_| image.root_device_name().is_some()).and_then(|d| d.ebs()).and_then(|e| e.snapshot_id())
}

fn state_reason(image: &Image) -> BTreeMap<String, String> {
    let (code, message) = match image.state_reason() {
        Some(reason) => (reason.code().unwrap_or("UNSET"), reason.message().unwrap_or("UNSET")),
        None => ("UNSET", "UNSET"),
    };
    BTreeMap::from([("code".to_owned(), code.to_owned()), ("message".to_owned(), message.to_owned())])
}

fn device(mapping: &BlockDeviceMapping) -> Reply {
    let mut reply = Reply::new();
    reply
        .str("device_name", Some(mapping.device_name().unwrap_or_default()))
        .str("no_device", Some(mapping.no_device().unwrap_or_default()))
        .str("virtual_name", Some(mapping.virtual_name().unwrap_or_default()))
        .map("ebs", &mapping.ebs().map(ebs).unwrap_or_default());
    reply
}

fn ebs(ebs: &EbsBlockDevice) -> BTreeMap<String, String> {
    let number = |n: Option<i32>| n.unwrap_or(0).to_string();
    let flag = |b: Option<bool>| b.unwrap_or(false).to_string();
    let pairs = [
        ("delete_on_termination", flag(ebs.delete_on_termination())),
        ("encrypted", flag(ebs.encrypted())),
        ("iops", number(ebs.iops())),
        ("snapshot_id", ebs.snapshot_id().unwrap_or_default().to_owned()),
        ("throughput", number(ebs.throughput())),
        ("volume_initialization_rate", number(ebs.volume_initialization_rate())),
        ("volume_size", number(ebs.volume_size())),
        ("volume_type", ebs.volume_type().map(|t| t.as_str()).unwrap_or_default().to_owned()),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn product_code(code: &ProductCode) -> Reply {
    let mut reply = Reply::new();
    reply
        .str("product_code_id", code.product_code_id())
        .str("product_code_type", code.product_code_type().map(|t| t.as_str()));
    reply
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use terrane_value::Type;

    use super::*;

    fn image(id: &str, date: &str) -> Image {
        Image::builder().image_id(id).creation_date(date).build()
    }

    #[test]
    fn the_newest_is_taken_only_when_asked_for() {
        let images = || vec![image("a", "2024-01-01T00:00:00.000Z"), image("b", "2025-01-01T00:00:00.000Z")];
        assert_eq!(choose(images(), true).unwrap().image_id(), Some("b"));
        assert!(choose(images(), false).unwrap_err()[0].detail.starts_with("2 images match"));
        assert_eq!(choose(vec![image("a", "")], false).unwrap().image_id(), Some("a"));
        assert_eq!(choose(vec![], true).unwrap_err()[0].summary, "No image found");
    }

    #[test]
    fn the_most_recent_image_of_anybody_is_refused() {
        let config = |name: &str, value: Value| Value::object([("most_recent", Value::from(true)), (name, value)]);
        assert!(check_owners(&config("x", Value::from(true))).is_err());
        assert!(check_owners(&config("allow_unsafe_filter", Value::from(true))).is_ok());
        assert!(check_owners(&config("owners", Value::list(Type::String, [Value::string("self")]))).is_ok());
        let filter = Value::object([("name", Value::string("owner-alias"))]);
        assert!(check_owners(&config("filter", Value::tuple([filter]))).is_ok());
    }
}
