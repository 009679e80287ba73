//! Launch templates, volumes, network interfaces, and what is attached to VPCs.

use std::sync::Arc;

use terrane_aws_core::Cloud;
use terrane_aws_core::testing::{self, blocks, list, map, set};
use terrane_provider::Object;
use terrane_provider::sdk::Args;
use terrane_value::Value;

use crate::life::{Life, Made, cloud};
use crate::{id, image, name, object, subnet, text, vpc};

#[tokio::test]
async fn launch_templates() {
    let Some(cloud) = cloud("aws_launch_template").await else { return };
    let name = name("template");
    let config = |ty: &str, follow: bool| {
        let disk = object([("volume_size", 20.into()), ("volume_type", text("gp3")), ("encrypted", text("true"))]);
        let device = object([("device_name", text("/dev/sda1")), ("ebs", blocks([disk]))]);
        object([
            ("name", text(&name)),
            ("description", text(ty)),
            ("instance_type", text(ty)),
            ("image_id", text("ami-12345678")),
            ("user_data", text("IyEvYmluL3NoCg==")),
            ("update_default_version", follow.into()),
            ("block_device_mappings", blocks([device])),
            ("vpc_security_group_ids", set(["sg-1"])),
            ("monitoring", blocks([object([("enabled", true.into())])])),
            ("placement", blocks([object([("availability_zone", text("eu-west-1a"))])])),
            ("iam_instance_profile", blocks([object([("name", text("role"))])])),
            ("metadata_options", blocks([object([("http_tokens", text("required"))])])),
        ])
    };
    let mut made = Life::of(&cloud, "aws_launch_template").make(config("t3.micro", false)).await;
    assert_eq!((made.number("default_version"), made.number("latest_version")), (1, 1));
    made.update(config("t3.small", false)).await;
    assert_eq!((made.number("default_version"), made.number("latest_version")), (1, 2));
    made.update(config("t3.large", true)).await;
    assert_eq!((made.number("default_version"), made.number("latest_version")), (3, 3));
    made.import(&made.text("id"), &["update_default_version", "metadata_options"]).await;
    made.remove().await;
}

#[tokio::test]
async fn launch_templates_with_interfaces_and_requirements() {
    let Some(cloud) = cloud("aws_launch_template with blocks").await else { return };
    let range = |min: i64, max: i64| blocks([object([("min", min.into()), ("max", max.into())])]);
    let requirements = object([
        ("memory_mib", range(2048, 8192)),
        ("vcpu_count", range(2, 4)),
        ("instance_generations", set(["current"])),
        ("burstable_performance", text("excluded")),
    ]);
    let interface = object([
        ("device_index", 0.into()),
        ("associate_public_ip_address", text("true")),
        ("delete_on_termination", text("true")),
        ("security_groups", set(["sg-1", "sg-2"])),
    ]);
    let tagged = object([("resource_type", text("volume")), ("tags", map([("Name", "disk")]))]);
    let config = object([
        ("name_prefix", text("pre-")),
        ("instance_requirements", blocks([requirements])),
        ("network_interfaces", blocks([interface])),
        ("tag_specifications", blocks([tagged])),
    ]);
    let made = Life::of(&cloud, "aws_launch_template").make(config).await;
    assert!(made.text("name").starts_with("pre-"));
    made.remove().await;
}

#[tokio::test]
async fn volumes() {
    let Some(cloud) = cloud("aws_ebs_volume").await else { return };
    let config = |size: i64, ty: &str, iops: Option<i64>, tag: &str| {
        let pairs = [
            ("availability_zone", text("eu-west-1a")),
            ("size", size.into()),
            ("type", text(ty)),
            ("tags", map([("Name", tag)])),
        ];
        Value::object(pairs.into_iter().chain(iops.map(|n| ("iops", n.into()))))
    };
    let configs = [config(8, "gp2", None, "a"), config(10, "gp2", None, "b"), config(10, "gp3", Some(4000), "b")];
    let last = Life::of(&cloud, "aws_ebs_volume").lead(&configs, id, &[]).await;
    let volume = Args(&last).text("id").unwrap().to_owned();
    assert_eq!(Args(&last).text("arn"), Some(&*format!("arn:aws:ec2:eu-west-1:123456789012:volume/{volume}")));
}

#[tokio::test]
async fn volumes_leave_a_snapshot() {
    let Some(cloud) = cloud("aws_ebs_volume with final_snapshot").await else { return };
    let config = object([
        ("availability_zone", text("eu-west-1a")),
        ("size", 1.into()),
        ("final_snapshot", true.into()),
        ("tags", map([("Name", "kept")])),
    ]);
    Life::of(&cloud, "aws_ebs_volume").make(config).await.remove().await;
}

async fn instance(cloud: &Arc<Cloud>, subnet: &Made) -> Made {
    let config =
        object([("ami", text(&image(cloud).await)), ("instance_type", text("t3.micro")), ("subnet_id", subnet.id())]);
    Life::of(cloud, "aws_instance").make(config).await
}

#[tokio::test]
async fn volume_attachments() {
    let Some(cloud) = cloud("aws_volume_attachment").await else { return };
    let vpc = vpc(&cloud).await;
    let subnet = subnet(&cloud, &vpc, "10.0.40.0/24").await;
    let instance = instance(&cloud, &subnet).await;
    let volume = object([("availability_zone", text("eu-west-1a")), ("size", 1.into())]);
    let volume = Life::of(&cloud, "aws_ebs_volume").make(volume).await;
    let config = |force: bool| {
        object([
            ("device_name", text("/dev/sdh")),
            ("volume_id", volume.id()),
            ("instance_id", instance.id()),
            ("force_detach", force.into()),
        ])
    };
    let import = |o: Args<'_>| {
        let of = |name| o.text(name).unwrap().to_owned();
        format!("{}:{}:{}", of("device_name"), of("volume_id"), of("instance_id"))
    };
    let configs = [config(false), config(true)];
    Life::of(&cloud, "aws_volume_attachment").lead(&configs, import, &["force_detach", "id"]).await;
    for made in [volume, instance, subnet, vpc] {
        made.remove().await;
    }
}

#[tokio::test]
async fn network_interfaces() {
    let Some(cloud) = cloud("aws_network_interface").await else { return };
    let vpc = vpc(&cloud).await;
    let subnet = subnet(&cloud, &vpc, "10.0.41.0/24").await;
    let group = Life::of(&cloud, "aws_security_group").make(object([("vpc_id", vpc.id())])).await;
    let config = |description: &str, check: bool| {
        object([
            ("subnet_id", subnet.id()),
            ("description", text(description)),
            ("private_ips", set(["10.0.41.10"])),
            ("security_groups", set([&group.text("id")])),
            ("source_dest_check", check.into()),
            ("tags", map([("Name", description)])),
        ])
    };
    let configs = [config("a", false), config("b", true)];
    let last = Life::of(&cloud, "aws_network_interface").lead(&configs, id, &[]).await;
    assert_eq!((Args(&last).text("private_ip"), Args(&last).i64("private_ips_count")), (Some("10.0.41.10"), Some(0)));
    for made in [group, subnet, vpc] {
        made.remove().await;
    }
}

#[tokio::test]
async fn network_interfaces_of_instances() {
    let Some(cloud) = cloud("aws_network_interface with attachment").await else { return };
    let vpc = vpc(&cloud).await;
    let subnet = subnet(&cloud, &vpc, "10.0.42.0/24").await;
    let instance = instance(&cloud, &subnet).await;
    let place = |index: i64| object([("instance", instance.id()), ("device_index", index.into())]);
    let config = |places: Value| object([("subnet_id", subnet.id()), ("attachment", places)]);
    let mut made = Life::of(&cloud, "aws_network_interface").make(config(blocks([place(1)]))).await;
    made.update(config(blocks([place(2)]))).await;
    for made in [made, instance, subnet, vpc] {
        made.remove().await;
    }
}

#[tokio::test]
async fn first_interfaces_of_ended_instances_are_waited_for() {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    let stage = testing::scripted(golden, "first_interfaces_of_ended_instances").await;
    let object = Object::new(object([("id", text("eni-1"))]));
    let ty = terrane_aws_ec2::resources().into_iter().find(|t| t.name() == "aws_network_interface").unwrap();
    ty.delete(&stage.cloud, &object).await.unwrap();
    assert_eq!(stage.cloud.counts()["ec2:DeleteNetworkInterface"].calls, 1);
}

#[tokio::test]
async fn single_tags() {
    let Some(cloud) = cloud("aws_ec2_tag").await else { return };
    let vpc = vpc(&cloud).await;
    let config = |value: &str| object([("resource_id", vpc.id()), ("key", text("a,b")), ("value", text(value))]);
    let last = Life::of(&cloud, "aws_ec2_tag").lead(&[config("1"), config("2"), config("")], id, &[]).await;
    assert_eq!(Args(&last).text("id"), Some(&*format!("{},a,b", vpc.text("id"))));
    vpc.remove().await;
}

#[tokio::test]
async fn customer_gateways() {
    let Some(cloud) = cloud("aws_customer_gateway").await else { return };
    let config = |tag: &str| {
        object([
            ("bgp_asn", text("65010")),
            ("ip_address", text("203.0.113.7")),
            ("type", text("ipsec.1")),
            ("tags", map([("Name", tag)])),
        ])
    };
    Life::of(&cloud, "aws_customer_gateway").lead(&[config("a"), config("b")], id, &[]).await;
}

#[tokio::test]
async fn vpn_gateways() {
    let Some(cloud) = cloud("aws_vpn_gateway").await else { return };
    let (first, second) = (vpc(&cloud).await, vpc(&cloud).await);
    let config = |vpc: &Made, tag: &str| {
        object([("vpc_id", vpc.id()), ("amazon_side_asn", text("64513")), ("tags", map([("Name", tag)]))])
    };
    let configs = [config(&first, "a"), config(&second, "b")];
    Life::of(&cloud, "aws_vpn_gateway").lead(&configs, id, &[]).await;
    first.remove().await;
    second.remove().await;
}

#[tokio::test]
async fn dhcp_options() {
    let Some(cloud) = cloud("aws_vpc_dhcp_options").await else { return };
    // The emulator takes no tags with the create.
    let config = |tags: Value| {
        object([
            ("domain_name", text("example.internal")),
            ("domain_name_servers", list(["10.0.0.2", "AmazonProvidedDNS"])),
            ("ntp_servers", list(["169.254.169.123"])),
            ("netbios_node_type", text("2")),
            ("tags", tags),
        ])
    };
    let configs = [config(map([])), config(map([("Name", "b")]))];
    Life::of(&cloud, "aws_vpc_dhcp_options").lead(&configs, id, &[]).await;
}

#[tokio::test]
async fn dhcp_options_of_vpcs() {
    let Some(cloud) = cloud("aws_vpc_dhcp_options_association").await else { return };
    let vpc = vpc(&cloud).await;
    let options = Life::of(&cloud, "aws_vpc_dhcp_options").make(object([("domain_name", text("one"))])).await;
    let config = object([("vpc_id", vpc.id()), ("dhcp_options_id", options.id())]);
    let import = |o: Args<'_>| o.string("vpc_id").unwrap();
    let last = Life::of(&cloud, "aws_vpc_dhcp_options_association").lead(&[config], import, &[]).await;
    assert_eq!(Args(&last).text("id"), Some(&*format!("{}-{}", options.text("id"), vpc.text("id"))));
    options.remove().await;
    vpc.remove().await;
}

#[tokio::test]
async fn spot_instance_requests() {
    let Some(cloud) = cloud("aws_spot_instance_request").await else { return };
    let image = image(&cloud).await;
    let config = |tag: &str| {
        object([
            ("ami", text(&image)),
            ("instance_type", text("t3.micro")),
            ("spot_price", text("0.03")),
            ("wait_for_fulfillment", true.into()),
            ("tags", map([("Name", tag)])),
        ])
    };
    let mut made = Life::of(&cloud, "aws_spot_instance_request").make(config("a")).await;
    assert!(made.text("spot_instance_id").starts_with("i-"));
    made.update(config("b")).await;
    made.remove().await;
}
