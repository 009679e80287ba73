//! Instances, what they are started from, and what is theirs.

use terrane_aws_core::testing::{Made, Stage, blocks, list, map, set};
use terrane_aws_core::{Cloud, testing};
use terrane_provider::sdk::Args;
use terrane_value::Value;

use crate::groups::group;
use crate::life::{data, data_problems, life, stages};
use crate::{discard, gateway, id, object, subnet, text, vpc};

/// An image that the emulator has, with EBS as its root device.
pub const IMAGE: &str = "ami-12c6146b";

/// An instance for others to be attached to.
pub async fn instance<'a>(cloud: &'a Cloud, subnet: &Made<'_>) -> Made<'a> {
    let config = [("ami", text(IMAGE)), ("instance_type", text("t3.micro")), ("subnet_id", subnet.id())];
    life(cloud, "aws_instance").given(object(config)).await
}

#[tokio::test]
async fn images() {
    let Some(endpoint) = testing::endpoint("data aws_ami") else { return };
    let cloud = testing::cloud(&endpoint, "eu-west-1").await;
    let by = |name: &str, value: &str| object([("name", text(name)), ("values", set([value]))]);
    let config = |extra: Vec<(&str, Value)>| {
        let filters = blocks([by("virtualization-type", "hvm"), by("root-device-type", "ebs")]);
        Value::object([("owners", list(["amazon"])), ("filter", filters)].into_iter().chain(extra))
    };
    let newest = data(&cloud, "aws_ami", config(vec![("most_recent", true.into())])).await;
    assert!(Args(&newest).text("arn").unwrap().starts_with("arn:aws:ec2:eu-west-1::image/ami-"));
    assert!(Args(&newest).text("root_device_name").is_some());
    let problems = data_problems(&cloud, "aws_ami", config(vec![])).await;
    assert_eq!(problems[0].summary, "Several images found");
    let named = config(vec![("name_regex", text("^no image has this name$"))]);
    assert_eq!(data_problems(&cloud, "aws_ami", named).await[0].summary, "No image found");
}

#[tokio::test]
async fn availability_zones() {
    for Stage { cloud, .. } in stages("availability_zones").await {
        let zones = |config: Value| data(&cloud, "aws_availability_zones", config);
        let names = |zones: &Value| Args(zones).strings("names");
        let all = zones(object([("state", text("available"))])).await;
        assert_eq!(names(&all), ["eu-west-1a", "eu-west-1b", "eu-west-1c"]);
        let some = zones(object([("exclude_names", set(["eu-west-1b"]))])).await;
        assert_eq!(names(&some), ["eu-west-1a", "eu-west-1c"]);
        let other = zones(object([("region", text("us-east-1"))])).await;
        assert_eq!(Args(&other).text("id"), Some("us-east-1"));
    }
}

fn config(
    (ty, data): (&str, &str),
    subnet: &Made<'_>,
    group: &Made<'_>,
    extra: impl IntoIterator<Item = (&'static str, Value)>,
) -> Value {
    let pairs = [
        ("ami", text(IMAGE)),
        ("instance_type", text(ty)),
        ("subnet_id", subnet.id()),
        ("user_data", text(data)),
        ("vpc_security_group_ids", set([&group.text("id")])),
        ("instance_initiated_shutdown_behavior", text("terminate")),
    ];
    Value::object(pairs.into_iter().chain(extra))
}

#[tokio::test]
async fn instances() {
    for Stage { cloud, .. } in stages("instances").await {
        let vpc = vpc(&cloud).await;
        let (subnet, elsewhere) =
            (subnet(&cloud, &vpc, "10.0.5.0/24").await, subnet(&cloud, &vpc, "10.0.6.0/24").await);
        let (one, other) = (group(&cloud, &vpc, "one").await, group(&cloud, &vpc, "other").await);
        let tokens =
            |tokens: &str| blocks([object([("http_tokens", text(tokens)), ("http_endpoint", text("enabled"))])]);
        let script = "#!/bin/sh\necho one\n";
        let last = |subnet: &Made| {
            let changed = [
                ("disable_api_termination", false.into()),
                ("metadata_options", tokens("required")),
                ("source_dest_check", false.into()),
            ];
            config(("t3.small", script), subnet, &other, changed)
        };
        let protected = [("tags", map([("Name", "b")])), ("disable_api_termination", true.into())];
        let configs = [
            config(("t3.micro", script), &subnet, &one, [("tags", map([("Name", "a")]))]),
            config(("t3.small", script), &subnet, &other, protected),
            last(&subnet),
        ];
        let replacing = [(last(&elsewhere), "subnet_id")];
        life(&cloud, "aws_instance").lead(&configs, &replacing, id, &[]).await;
        discard([one, other, subnet, elsewhere, vpc]).await;
    }
}

#[tokio::test]
async fn instances_with_disks() {
    for Stage { cloud, .. } in stages("instances_with_disks").await {
        let vpc = vpc(&cloud).await;
        let subnet = subnet(&cloud, &vpc, "10.0.5.0/24").await;
        let group = group(&cloud, &vpc, "one").await;
        let root = [("volume_size", 20.into()), ("volume_type", text("gp3")), ("encrypted", true.into())];
        let device = |tag: &str| {
            let tags = ("tags", map([("Name", tag)]));
            object([("device_name", text("/dev/sdf")), ("volume_size", 5.into()), tags])
        };
        let with = |tag| {
            let extra = [
                ("root_block_device", blocks([object(root.clone())])),
                ("ebs_block_device", blocks([device(tag)])),
                ("enclave_options", blocks([Value::object::<&str>([])])),
            ];
            config(("m5.large", "x"), &subnet, &group, extra)
        };
        let mut made = life(&cloud, "aws_instance").make(with("data")).await;
        let disk = Args(&made.object.value).block("root_block_device").unwrap();
        assert_eq!(disk.i64("volume_size"), Some(20));
        let planned = made.plan(&with("data")).planned.unwrap();
        assert_eq!(planned.get("enclave_options"), made.object.value.get("enclave_options"), "nothing is told of it");
        made.update_and_see(&with("other"), &[]).await;
        let replaced = made.replaces(config(("m7g.large", "x"), &subnet, &group, []));
        assert!(replaced.contains(&"instance_type".to_owned()), "{replaced:?}");
        made.remove().await;
        discard([group, subnet, vpc]).await;
    }
}

#[tokio::test]
async fn elastic_ips_move_between_instances() {
    for Stage { cloud, .. } in stages("elastic_ips_of_instances").await {
        let vpc = vpc(&cloud).await;
        let subnet = subnet(&cloud, &vpc, "10.0.4.0/24").await;
        let gateway = gateway(&cloud, &vpc).await;
        let (one, other) = (instance(&cloud, &subnet).await, instance(&cloud, &subnet).await);
        let config = |made: &Made| object([("domain", text("vpc")), ("instance", made.id())]);
        life(&cloud, "aws_eip").lead(&[config(&one), config(&other)], &[], id, &[]).await;
        discard([one, other, gateway, subnet, vpc]).await;
    }
}

#[tokio::test]
async fn spot_instance_requests() {
    for Stage { cloud, .. } in stages("spot_instance_requests").await {
        let config = |price: &str, tag: &str| {
            object([
                ("ami", text(IMAGE)),
                ("instance_type", text("t3.micro")),
                ("spot_price", text(price)),
                ("wait_for_fulfillment", true.into()),
                ("tags", map([("Name", tag)])),
            ])
        };
        let configs = [config("0.03", "a"), config("0.03", "b")];
        let replacing = [(config("0.04", "b"), "spot_price")];
        let last = life(&cloud, "aws_spot_instance_request").lead(&configs, &replacing, id, &SPOT_UNTOLD).await;
        assert!(Args(&last).text("spot_instance_id").unwrap().starts_with("i-"));
    }
}

/// How a request was made is only known to who made it.
const SPOT_UNTOLD: [&str; 1] = ["wait_for_fulfillment"];

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILcXzgPJYw8t4T1B0P7F5D6bFJ1pZ8lC7n1Vdk4xDh2k me@example";

#[tokio::test]
async fn key_pairs() {
    for stage in stages("key_pairs").await {
        let name = stage.name("key");
        let config = |name: &str, tag: &str| {
            object([("key_name", text(name)), ("public_key", text(KEY)), ("tags", map([("Name", tag)]))])
        };
        let (configs, replacing) = ([config(&name, "a"), config(&name, "b")], [(config("other", "b"), "key_name")]);
        let last = life(&stage.cloud, "aws_key_pair").lead(&configs, &replacing, id, &[]).await;
        assert_eq!(Args(&last).text("id"), Some(&*name));
        let prefixed = object([("key_name_prefix", text("k-")), ("public_key", text(KEY))]);
        let made = life(&stage.cloud, "aws_key_pair").make(prefixed).await;
        assert_eq!(made.text("key_name_prefix"), "k-");
        made.remove().await;
    }
}
