//! Launch templates, volumes, network interfaces, and what is attached to VPCs.

use terrane_aws_core::testing::{Made, Stage, blocks, list, map, set};
use terrane_provider::Object;
use terrane_provider::sdk::Args;
use terrane_value::Value;

use crate::instances::instance;
use crate::life::{life, scripted, stages};
use crate::{discard, id, object, subnet, text, vpc};

#[tokio::test]
async fn launch_templates() {
    for stage in stages("launch_templates").await {
        let config = |name: &str, ty: &str, follow: bool| {
            let disk = object([("volume_size", 20.into()), ("volume_type", text("gp3")), ("encrypted", text("true"))]);
            let device = object([("device_name", text("/dev/sda1")), ("ebs", blocks([disk]))]);
            object([
                ("name", text(&stage.name(name))),
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
        let configs = [("t3.micro", false), ("t3.small", false), ("t3.large", true)];
        let configs = configs.map(|(ty, follow)| config("template", ty, follow));
        let replacing = [(config("other", "t3.large", true), "name")];
        let ignored = ["update_default_version", "metadata_options"];
        let made = life(&stage.cloud, "aws_launch_template").live(&configs, &replacing, id, &ignored).await;
        assert_eq!((made.number("default_version"), made.number("latest_version")), (3, 3));
        made.remove().await;
    }
}

#[tokio::test]
async fn launch_templates_keep_their_default_version() {
    for stage in stages("default_versions").await {
        let name = stage.name("template");
        let config = |ty: &str| object([("name", text(&name)), ("instance_type", text(ty))]);
        let mut made = life(&stage.cloud, "aws_launch_template").make(config("t3.micro")).await;
        assert_eq!((made.number("default_version"), made.number("latest_version")), (1, 1));
        made.update(config("t3.small")).await;
        assert_eq!((made.number("default_version"), made.number("latest_version")), (1, 2));
        made.remove().await;
    }
}

#[tokio::test]
async fn launch_templates_with_interfaces_and_requirements() {
    for Stage { cloud, .. } in stages("launch_templates_with_blocks").await {
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
        let made = life(&cloud, "aws_launch_template").make(config).await;
        assert!(made.text("name").starts_with("pre-"));
        made.remove().await;
    }
}

#[tokio::test]
async fn volumes() {
    for Stage { cloud, .. } in stages("volumes").await {
        let config = |zone: &str, (size, ty): (i64, &str), iops: Option<i64>, tag: &str| {
            let pairs = [
                ("availability_zone", text(zone)),
                ("size", size.into()),
                ("type", text(ty)),
                ("tags", map([("Name", tag)])),
            ];
            Value::object(pairs.into_iter().chain(iops.map(|n| ("iops", n.into()))))
        };
        let zone = "eu-west-1a";
        let configs = [
            config(zone, (8, "gp2"), None, "a"),
            config(zone, (10, "gp2"), None, "b"),
            config(zone, (10, "gp3"), Some(4000), "b"),
        ];
        let replacing = [(config("eu-west-1b", (10, "gp3"), Some(4000), "b"), "availability_zone")];
        let last = life(&cloud, "aws_ebs_volume").lead(&configs, &replacing, id, &[]).await;
        assert!(Args(&last).text("arn").unwrap().ends_with(&format!(":volume/{}", id(Args(&last)))));
    }
}

#[tokio::test]
async fn volumes_leave_a_snapshot() {
    for Stage { cloud, .. } in stages("volumes_with_snapshots").await {
        let config = object([
            ("availability_zone", text("eu-west-1a")),
            ("size", 1.into()),
            ("final_snapshot", true.into()),
            ("tags", map([("Name", "kept")])),
        ]);
        life(&cloud, "aws_ebs_volume").make(config).await.remove().await;
    }
}

#[tokio::test]
async fn volume_attachments() {
    for Stage { cloud, .. } in stages("volume_attachments").await {
        let vpc = vpc(&cloud).await;
        let subnet = subnet(&cloud, &vpc, "10.0.40.0/24").await;
        let instance = instance(&cloud, &subnet).await;
        let volume = object([("availability_zone", text("eu-west-1a")), ("size", 1.into())]);
        let volume = life(&cloud, "aws_ebs_volume").given(volume).await;
        let config = |device: &str, force: bool| {
            object([
                ("device_name", text(device)),
                ("volume_id", volume.id()),
                ("instance_id", instance.id()),
                ("force_detach", force.into()),
            ])
        };
        let import = |o: Args<'_>| {
            let of = |name| o.text(name).unwrap().to_owned();
            format!("{}:{}:{}", of("device_name"), of("volume_id"), of("instance_id"))
        };
        let configs = [config("/dev/sdh", false), config("/dev/sdh", true)];
        let (replacing, ignored) = ([(config("/dev/sdi", true), "device_name")], ["force_detach", "id"]);
        life(&cloud, "aws_volume_attachment").lead(&configs, &replacing, import, &ignored).await;
        discard([volume, instance, subnet, vpc]).await;
    }
}

#[tokio::test]
async fn network_interfaces() {
    for Stage { cloud, .. } in stages("network_interfaces").await {
        let vpc = vpc(&cloud).await;
        let (subnet, other) = (subnet(&cloud, &vpc, "10.0.41.0/24").await, subnet(&cloud, &vpc, "10.0.43.0/24").await);
        let group = life(&cloud, "aws_security_group").given(object([("vpc_id", vpc.id())])).await;
        let config = |subnet: &Made, description: &str, check: bool| {
            object([
                ("subnet_id", subnet.id()),
                ("description", text(description)),
                ("private_ips", set(["10.0.41.10"])),
                ("security_groups", set([&group.text("id")])),
                ("source_dest_check", check.into()),
                ("tags", map([("Name", description)])),
            ])
        };
        let configs = [config(&subnet, "a", false), config(&subnet, "b", true)];
        let replacing = [(config(&other, "b", true), "subnet_id")];
        let last = life(&cloud, "aws_network_interface").lead(&configs, &replacing, id, &[]).await;
        assert_eq!(
            (Args(&last).text("private_ip"), Args(&last).i64("private_ips_count")),
            (Some("10.0.41.10"), Some(0))
        );
        discard([group, subnet, other, vpc]).await;
    }
}

#[tokio::test]
async fn network_interfaces_of_instances() {
    for Stage { cloud, .. } in stages("network_interfaces_of_instances").await {
        let vpc = vpc(&cloud).await;
        let subnet = subnet(&cloud, &vpc, "10.0.42.0/24").await;
        let instance = instance(&cloud, &subnet).await;
        let place = |index: i64| object([("instance", instance.id()), ("device_index", index.into())]);
        let config = |places: Value| object([("subnet_id", subnet.id()), ("attachment", places)]);
        let mut made = life(&cloud, "aws_network_interface").make(config(blocks([place(1)]))).await;
        made.update_and_see(&config(blocks([place(2)])), &[]).await;
        discard([made, instance, subnet, vpc]).await;
    }
}

#[tokio::test]
async fn first_interfaces_of_ended_instances_are_waited_for() {
    let stage = scripted("first_interfaces_of_ended_instances").await;
    let object = Object::new(object([("id", text("eni-1"))]));
    let ty = terrane_aws_ec2::resources().into_iter().find(|t| t.name() == "aws_network_interface").unwrap();
    ty.delete(&stage.cloud, &object).await.unwrap();
    assert_eq!(stage.cloud.counts()["ec2:DeleteNetworkInterface"].calls, 1);
}

#[tokio::test]
async fn single_tags() {
    for Stage { cloud, .. } in stages("single_tags").await {
        let vpc = vpc(&cloud).await;
        let config =
            |key: &str, value: &str| object([("resource_id", vpc.id()), ("key", text(key)), ("value", text(value))]);
        let configs = ["1", "2", ""].map(|value| config("a,b", value));
        let last = life(&cloud, "aws_ec2_tag").lead(&configs, &[(config("b", ""), "key")], id, &[]).await;
        assert_eq!(Args(&last).text("id"), Some(&*format!("{},a,b", vpc.text("id"))));
        vpc.discard().await;
    }
}

#[tokio::test]
async fn customer_gateways() {
    for Stage { cloud, .. } in stages("customer_gateways").await {
        let config = |asn: &str, tag: &str| {
            object([
                ("bgp_asn", text(asn)),
                ("ip_address", text("203.0.113.7")),
                ("type", text("ipsec.1")),
                ("tags", map([("Name", tag)])),
            ])
        };
        let (configs, replacing) = ([config("65010", "a"), config("65010", "b")], [(config("65011", "b"), "bgp_asn")]);
        life(&cloud, "aws_customer_gateway").lead(&configs, &replacing, id, &[]).await;
    }
}

#[tokio::test]
async fn vpn_gateways() {
    for Stage { cloud, .. } in stages("vpn_gateways").await {
        let (first, second) = (vpc(&cloud).await, vpc(&cloud).await);
        let config = |vpc: &Made, asn: &str, tag: &str| {
            object([("vpc_id", vpc.id()), ("amazon_side_asn", text(asn)), ("tags", map([("Name", tag)]))])
        };
        let configs = [config(&first, "64513", "a"), config(&second, "64513", "b")];
        let replacing = [(config(&second, "64514", "b"), "amazon_side_asn")];
        life(&cloud, "aws_vpn_gateway").lead(&configs, &replacing, id, &[]).await;
        discard([first, second]).await;
    }
}

#[tokio::test]
async fn dhcp_options() {
    for Stage { cloud, .. } in stages("dhcp_options").await {
        // The emulator takes no tags with the create.
        let config = |domain: &str, tags: Value| {
            object([
                ("domain_name", text(domain)),
                ("domain_name_servers", list(["10.0.0.2", "AmazonProvidedDNS"])),
                ("ntp_servers", list(["169.254.169.123"])),
                ("netbios_node_type", text("2")),
                ("tags", tags),
            ])
        };
        let domain = "example.internal";
        let configs = [config(domain, map([])), config(domain, map([("Name", "b")]))];
        let replacing = [(config("example.com", map([])), "domain_name")];
        life(&cloud, "aws_vpc_dhcp_options").lead(&configs, &replacing, id, &[]).await;
    }
}

#[tokio::test]
async fn dhcp_options_of_vpcs() {
    for Stage { cloud, .. } in stages("dhcp_options_of_vpcs").await {
        let (vpc, other) = (vpc(&cloud).await, vpc(&cloud).await);
        let options = |name: &str| life(&cloud, "aws_vpc_dhcp_options").given(object([("domain_name", text(name))]));
        let (one, two) = (options("one").await, options("two").await);
        let config = |vpc: &Made, options: &Made| object([("vpc_id", vpc.id()), ("dhcp_options_id", options.id())]);
        let import = |o: Args<'_>| o.string("vpc_id").unwrap();
        let (configs, replacing) = ([config(&vpc, &one), config(&vpc, &two)], [(config(&other, &two), "vpc_id")]);
        let last = life(&cloud, "aws_vpc_dhcp_options_association").lead(&configs, &replacing, import, &[]).await;
        assert_eq!(Args(&last).text("id"), Some(&*format!("{}-{}", two.text("id"), vpc.text("id"))));
        // The emulator never lets go of options that were exchanged for others.
        discard([two, vpc, other]).await;
    }
}
