//! Every type against an emulator: one test per type.
#![allow(clippy::unwrap_used)]

mod attached;
mod elsewhere;
mod life;
mod network;
mod stand_in;

use std::sync::Arc;

use life::{Life, Made, cloud};
use terrane_aws_core::Cloud;
use terrane_aws_core::testing::{blocks, list, map, set};
use terrane_provider::sdk::Args;
use terrane_value::Value;

fn object<const N: usize>(pairs: [(&str, Value); N]) -> Value {
    Value::object(pairs)
}

fn text(s: &str) -> Value {
    Value::string(s)
}

fn id(object: Args<'_>) -> String {
    object.string("id").unwrap()
}

fn name(prefix: &str) -> String {
    format!("{prefix}-{:08x}", fastrand::u32(..))
}

async fn vpc(cloud: &Arc<Cloud>) -> Made {
    Life::of(cloud, "aws_vpc").make(object([("cidr_block", text("10.0.0.0/16"))])).await
}

async fn subnet(cloud: &Arc<Cloud>, vpc: &Made, cidr: &str) -> Made {
    let config = object([("vpc_id", vpc.id()), ("cidr_block", text(cidr)), ("availability_zone", text("eu-west-1a"))]);
    Life::of(cloud, "aws_subnet").make(config).await
}

async fn gateway(cloud: &Arc<Cloud>, vpc: &Made) -> Made {
    Life::of(cloud, "aws_internet_gateway").make(object([("vpc_id", vpc.id())])).await
}

#[tokio::test]
async fn vpcs() {
    let Some(cloud) = cloud("aws_vpc").await else { return };
    let before = object([("cidr_block", text("10.1.0.0/16")), ("tags", map([("Name", "a"), ("gone", "1")]))]);
    let after = object([
        ("cidr_block", text("10.1.0.0/16")),
        ("enable_dns_hostnames", true.into()),
        ("enable_dns_support", true.into()),
        ("enable_network_address_usage_metrics", true.into()),
        ("tags", map([("Name", "b")])),
    ]);
    let last = Life::of(&cloud, "aws_vpc").lead(&[before, after], id, &[]).await;
    let last = Args(&last);
    let vpc = last.text("id").unwrap();
    assert_eq!(last.text("arn"), Some(&*format!("arn:aws:ec2:eu-west-1:123456789012:vpc/{vpc}")));
    for name in ["default_network_acl_id", "default_security_group_id", "main_route_table_id", "dhcp_options_id"] {
        assert!(last.text(name).is_some(), "{name}");
    }
    assert_eq!(last.text("default_route_table_id"), last.text("main_route_table_id"));
}

#[tokio::test]
async fn vpcs_with_ipv6() {
    let Some(cloud) = cloud("aws_vpc with IPv6").await else { return };
    let config =
        |ipv6: bool| object([("cidr_block", text("10.2.0.0/16")), ("assign_generated_ipv6_cidr_block", ipv6.into())]);
    let mut made = Life::of(&cloud, "aws_vpc").make(config(true)).await;
    let block = made.text("ipv6_cidr_block");
    assert!(block.contains("::/56"), "{block}");
    made.update(config(false)).await;
    made.remove().await;
}

#[tokio::test]
async fn subnets() {
    let Some(cloud) = cloud("aws_subnet").await else { return };
    let vpc = vpc(&cloud).await;
    let config = |public: bool, tags| {
        object([
            ("vpc_id", vpc.id()),
            ("cidr_block", text("10.0.1.0/24")),
            ("availability_zone", text("eu-west-1b")),
            ("map_public_ip_on_launch", public.into()),
            ("tags", tags),
        ])
    };
    let configs =
        [config(false, map([])), config(true, map([("Name", "public")])), config(false, map([("Name", "x")]))];
    let last = Life::of(&cloud, "aws_subnet").lead(&configs, id, &[]).await;
    assert_eq!(Args(&last).text("availability_zone"), Some("eu-west-1b"));
    vpc.remove().await;
}

#[tokio::test]
async fn internet_gateways() {
    let Some(cloud) = cloud("aws_internet_gateway").await else { return };
    let (first, second) = (vpc(&cloud).await, vpc(&cloud).await);
    let config = |vpc: &Made| object([("vpc_id", vpc.id()), ("tags", map([("Name", "gw")]))]);
    let configs = [config(&first), config(&second)];
    Life::of(&cloud, "aws_internet_gateway").lead(&configs, id, &[]).await;
    first.remove().await;
    second.remove().await;
}

#[tokio::test]
async fn elastic_ips() {
    let Some(cloud) = cloud("aws_eip").await else { return };
    let configs = [
        object([("domain", text("vpc")), ("tags", map([("Name", "a")]))]),
        object([("domain", text("vpc")), ("tags", map([("Name", "b")]))]),
    ];
    let last = Life::of(&cloud, "aws_eip").lead(&configs, id, &[]).await;
    assert!(Args(&last).text("public_dns").unwrap().ends_with(".eu-west-1.compute.amazonaws.com"));
}

#[tokio::test]
async fn nat_gateways() {
    let Some(cloud) = cloud("aws_nat_gateway").await else { return };
    let vpc = vpc(&cloud).await;
    let subnet = subnet(&cloud, &vpc, "10.0.9.0/24").await;
    let gateway = gateway(&cloud, &vpc).await;
    let address = Life::of(&cloud, "aws_eip").make(object([("domain", text("vpc"))])).await;
    let config = |tag: &str| {
        object([("allocation_id", address.id()), ("subnet_id", subnet.id()), ("tags", map([("Name", tag)]))])
    };
    Life::of(&cloud, "aws_nat_gateway").lead(&[config("a"), config("b")], id, &[]).await;
    address.remove().await;
    gateway.remove().await;
    subnet.remove().await;
    vpc.remove().await;
}

#[tokio::test]
async fn route_tables() {
    let Some(cloud) = cloud("aws_route_table").await else { return };
    let vpc = vpc(&cloud).await;
    let gateway = gateway(&cloud, &vpc).await;
    let to = |cidr: &str| object([("cidr_block", text(cidr)), ("gateway_id", gateway.id())]);
    let plain = object([("vpc_id", vpc.id()), ("tags", map([("Name", "a")]))]);
    let routes = |routes: Value| object([("vpc_id", vpc.id()), ("route", routes), ("tags", map([("Name", "b")]))]);
    let configs = [
        plain,
        routes(blocks([to("0.0.0.0/0"), to("192.168.0.0/16")])),
        routes(blocks([to("0.0.0.0/0"), to("172.16.0.0/12")])),
        routes(blocks([])),
    ];
    Life::of(&cloud, "aws_route_table").lead(&configs, id, &[]).await;
    gateway.remove().await;
    vpc.remove().await;
}

#[tokio::test]
async fn routes() {
    let Some(cloud) = cloud("aws_route").await else { return };
    let vpc = vpc(&cloud).await;
    let (one, other) = (gateway(&cloud, &vpc).await, self::vpc(&cloud).await);
    let table = Life::of(&cloud, "aws_route_table").make(object([("vpc_id", vpc.id())])).await;
    let subnet = subnet(&cloud, &vpc, "10.0.8.0/24").await;
    let address = Life::of(&cloud, "aws_eip").make(object([("domain", text("vpc"))])).await;
    let nat = object([("allocation_id", address.id()), ("subnet_id", subnet.id())]);
    let nat = Life::of(&cloud, "aws_nat_gateway").make(nat).await;
    let config = |target: &str, gateway: &Made| {
        object([("route_table_id", table.id()), ("destination_cidr_block", text("0.0.0.0/0")), (target, gateway.id())])
    };
    let configs = [config("gateway_id", &one), config("nat_gateway_id", &nat)];
    let import = |o: Args<'_>| format!("{}_0.0.0.0/0", o.text("route_table_id").unwrap());
    let last = Life::of(&cloud, "aws_route").lead(&configs, import, &[]).await;
    assert_eq!(Args(&last).text("id"), Some(&*format!("r-{}1080289494", table.text("id"))));
    assert_eq!((Args(&last).text("state"), Args(&last).text("origin")), (Some("active"), Some("CreateRoute")));
    for made in [nat, address, subnet, table, one, vpc, other] {
        made.remove().await;
    }
}

#[tokio::test]
async fn route_table_associations() {
    let Some(cloud) = cloud("aws_route_table_association").await else { return };
    let vpc = vpc(&cloud).await;
    let subnet = subnet(&cloud, &vpc, "10.0.7.0/24").await;
    let table = || Life::of(&cloud, "aws_route_table").make(object([("vpc_id", vpc.id())]));
    let (first, second) = (table().await, table().await);
    let config = |table: &Made| object([("subnet_id", subnet.id()), ("route_table_id", table.id())]);
    let import = |o: Args<'_>| format!("{}/{}", o.text("subnet_id").unwrap(), o.text("route_table_id").unwrap());
    let configs = [config(&first), config(&second)];
    Life::of(&cloud, "aws_route_table_association").lead(&configs, import, &[]).await;
    for made in [first, second, subnet, vpc] {
        made.remove().await;
    }
}

#[tokio::test]
async fn route_tables_leave_their_subnets_when_they_go() {
    let Some(cloud) = cloud("aws_route_table with associations").await else { return };
    let vpc = vpc(&cloud).await;
    let subnet = subnet(&cloud, &vpc, "10.0.6.0/24").await;
    let table = Life::of(&cloud, "aws_route_table").make(object([("vpc_id", vpc.id())])).await;
    let config = object([("subnet_id", subnet.id()), ("route_table_id", table.id())]);
    Life::of(&cloud, "aws_route_table_association").make(config).await;
    for made in [table, subnet, vpc] {
        made.remove().await;
    }
}

fn rule(protocol: &str, port: i64, cidrs: Value) -> Value {
    object([("protocol", text(protocol)), ("from_port", port.into()), ("to_port", port.into()), ("cidr_blocks", cidrs)])
}

#[tokio::test]
async fn security_groups() {
    let Some(cloud) = cloud("aws_security_group").await else { return };
    let vpc = vpc(&cloud).await;
    let other = Life::of(&cloud, "aws_security_group").make(object([("vpc_id", vpc.id())])).await;
    assert!(other.text("name").starts_with("terraform-"));
    let name = name("web");
    let config = |ingress: Value, egress: Value| {
        object([
            ("name", text(&name)),
            ("description", text("for tests")),
            ("vpc_id", vpc.id()),
            ("ingress", ingress),
            ("egress", egress),
            ("tags", map([("Name", "web")])),
        ])
    };
    let of_group = object([
        ("protocol", text("tcp")),
        ("from_port", 22.into()),
        ("to_port", 23.into()),
        ("security_groups", set([&other.text("id")])),
        ("self", true.into()),
        ("description", text("from the others")),
    ]);
    let all = rule("-1", 0, list(["0.0.0.0/0"]));
    let configs = [
        config(blocks([rule("TCP", 80, list(["10.0.0.0/8", "192.168.0.0/16"]))]), blocks([all.clone()])),
        config(
            blocks([rule("tcp", 80, list(["10.0.0.0/8"])), rule("tcp", 443, list(["0.0.0.0/0"])), of_group]),
            blocks([all, rule("udp", 53, list(["10.0.0.2/32"]))]),
        ),
        config(blocks([]), blocks([])),
    ];
    Life::of(&cloud, "aws_security_group").lead(&configs, id, &[]).await;
    other.remove().await;
    vpc.remove().await;
}

#[tokio::test]
async fn security_groups_without_rules_keep_those_made_elsewhere() {
    let Some(cloud) = cloud("aws_security_group with rules of its own").await else { return };
    let vpc = vpc(&cloud).await;
    let config = object([("name_prefix", text("pre-")), ("vpc_id", vpc.id())]);
    let group = Life::of(&cloud, "aws_security_group").make(config.clone()).await;
    assert!(group.text("name").starts_with("pre-"));
    assert_eq!(group.object.value.get("egress").unwrap().elements(), Some(&[][..]));
    let made_elsewhere = object([
        ("security_group_id", group.id()),
        ("cidr_ipv4", text("10.0.0.0/8")),
        ("ip_protocol", text("tcp")),
        ("from_port", 80.into()),
        ("to_port", 80.into()),
    ]);
    let made_elsewhere = Life::of(&cloud, "aws_vpc_security_group_ingress_rule").make(made_elsewhere).await;
    let now = group.read().await;
    assert_eq!(Args(&now.value).blocks("ingress").len(), 1);
    let plan = Made::plan(&group, &config);
    assert!(plan.requires_replace.is_empty());
    made_elsewhere.remove().await;
    group.remove().await;
    vpc.remove().await;
}

#[tokio::test]
async fn security_group_rules() {
    let Some(cloud) = cloud("aws_vpc_security_group_ingress_rule and _egress_rule").await else { return };
    let vpc = vpc(&cloud).await;
    let group = |name: String| {
        Life::of(&cloud, "aws_security_group").make(object([("name", text(&name)), ("vpc_id", vpc.id())]))
    };
    let (one, other) = (group(name("one")).await, group(name("other")).await);
    let ports = |cidr: &str, port: i64| {
        object([
            ("security_group_id", one.id()),
            ("cidr_ipv4", text(cidr)),
            ("ip_protocol", text("tcp")),
            ("from_port", port.into()),
            ("to_port", port.into()),
            ("description", text("web")),
            ("tags", map([("Name", "rule")])),
        ])
    };
    let configs = [ports("10.0.0.0/8", 80), ports("10.1.0.0/16", 443)];
    Life::of(&cloud, "aws_vpc_security_group_ingress_rule").lead(&configs, id, &[]).await;
    let all = |extra: Vec<(&str, Value)>| {
        let pairs = [
            ("security_group_id", one.id()),
            ("referenced_security_group_id", other.id()),
            ("ip_protocol", text("-1")),
        ];
        Value::object(pairs.into_iter().chain(extra))
    };
    let configs = [all(vec![]), all(vec![("tags", map([("a", "b")]))])];
    let last = Life::of(&cloud, "aws_vpc_security_group_egress_rule").lead(&configs, id, &[]).await;
    assert!(last.get("from_port").unwrap().is_null());
    for made in [one, other, vpc] {
        made.remove().await;
    }
}

#[tokio::test]
async fn groups_that_name_each_other_go_when_their_rules_are_revoked() {
    let Some(cloud) = cloud("aws_security_group with revoke_rules_on_delete").await else { return };
    let vpc = vpc(&cloud).await;
    let group = |revoke: bool| {
        let config = object([("vpc_id", vpc.id()), ("revoke_rules_on_delete", revoke.into())]);
        Life::of(&cloud, "aws_security_group").make(config)
    };
    let (one, other) = (group(true).await, group(false).await);
    let names = object([
        ("security_group_id", other.id()),
        ("referenced_security_group_id", one.id()),
        ("ip_protocol", text("-1")),
    ]);
    Life::of(&cloud, "aws_vpc_security_group_ingress_rule").make(names).await;
    for made in [one, other, vpc] {
        made.remove().await;
    }
}

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILcXzgPJYw8t4T1B0P7F5D6bFJ1pZ8lC7n1Vdk4xDh2k me@example";

#[tokio::test]
async fn key_pairs() {
    let Some(cloud) = cloud("aws_key_pair").await else { return };
    let name = name("key");
    let config =
        |tag: &str| object([("key_name", text(&name)), ("public_key", text(KEY)), ("tags", map([("Name", tag)]))]);
    let last = Life::of(&cloud, "aws_key_pair").lead(&[config("a"), config("b")], id, &[]).await;
    assert_eq!(Args(&last).text("id"), Some(&*name));
    let made =
        Life::of(&cloud, "aws_key_pair").make(object([("key_name_prefix", text("k-")), ("public_key", text(KEY))]));
    let made = made.await;
    assert_eq!(made.text("key_name_prefix"), "k-");
    made.remove().await;
}

#[tokio::test]
async fn defaults_of_a_vpc() {
    let Some(cloud) = cloud("aws_default_security_group, _network_acl, _route_table").await else { return };
    let vpc = vpc(&cloud).await;
    let gateway = gateway(&cloud, &vpc).await;

    let config = |tag: &str, ingress: Vec<Value>| {
        object([("vpc_id", vpc.id()), ("ingress", Value::tuple(ingress)), ("tags", map([("Name", tag)]))])
    };
    let mut group = Life::of(&cloud, "aws_default_security_group").make(config("a", vec![])).await;
    assert_eq!(group.text("id"), vpc.text("default_security_group_id"));
    assert_eq!(group.object.value.get("egress").unwrap().elements(), Some(&[][..]));
    group.update(config("b", vec![rule("tcp", 80, list(["10.0.0.0/8"]))])).await;
    group.import(&group.text("id"), &[]).await;
    group.release().await;

    let entry = |number: i64, action: &str| {
        object([
            ("rule_no", number.into()),
            ("action", text(action)),
            ("protocol", text("tcp")),
            ("from_port", 80.into()),
            ("to_port", 90.into()),
            ("cidr_block", text("10.0.0.0/8")),
        ])
    };
    let config = |tag: &str, ingress: Vec<Value>| {
        let acl = text(&vpc.text("default_network_acl_id"));
        object([
            ("default_network_acl_id", acl),
            ("ingress", Value::tuple(ingress)),
            ("egress", blocks([entry(100, "allow")])),
            ("tags", map([("Name", tag)])),
        ])
    };
    let mut acl = Life::of(&cloud, "aws_default_network_acl").make(config("a", vec![entry(100, "allow")])).await;
    acl.update(config("b", vec![entry(100, "deny"), entry(200, "allow")])).await;
    acl.import(&acl.text("id"), &[]).await;
    acl.release().await;

    let config = |tag: &str, routes: Vec<Value>| {
        let table = text(&vpc.text("default_route_table_id"));
        object([("default_route_table_id", table), ("route", Value::tuple(routes)), ("tags", map([("Name", tag)]))])
    };
    let route = |cidr: &str| object([("cidr_block", text(cidr)), ("gateway_id", gateway.id())]);
    let mut table = Life::of(&cloud, "aws_default_route_table").make(config("a", vec![route("0.0.0.0/0")])).await;
    table.update(config("b", vec![route("192.168.0.0/16")])).await;
    table.import(&vpc.text("id"), &[]).await;
    table.update(config("c", vec![])).await;
    table.release().await;

    gateway.remove().await;
    vpc.remove().await;
}

#[tokio::test]
async fn many_objects_are_read_with_few_calls() {
    let Some(cloud) = cloud("batch reads").await else { return };
    let vpc = vpc(&cloud).await;
    let mut subnets = Vec::new();
    for i in 0..8 {
        subnets.push(subnet(&cloud, &vpc, &format!("10.0.{}.0/24", 100 + i)).await);
    }
    let ty = terrane_aws_ec2::resources().into_iter().find(|t| t.name() == "aws_subnet").unwrap();
    let mut objects: Vec<_> = subnets.iter().map(|s| s.object.clone()).collect();
    objects.push(terrane_provider::Object::new(object([("id", text("subnet-00000000000000000"))])));
    let calls = || cloud.counts().get("ec2:DescribeSubnets").map_or(0, |c| c.calls);
    let before = calls();
    let outcomes = ty.read(&cloud, &objects).await;
    assert_eq!(calls() - before, 1);
    assert!(outcomes[..8].iter().all(|o| o.as_ref().unwrap().is_some()));
    assert_eq!(outcomes[8].as_ref().unwrap(), &None);
    for made in subnets.into_iter().chain([vpc]) {
        made.remove().await;
    }
}

/// An image that the emulator has, with EBS as its root device.
async fn image(cloud: &Arc<Cloud>) -> String {
    let read = life::data(
        cloud,
        "aws_ami",
        object([
            ("most_recent", true.into()),
            ("owners", list(["amazon"])),
            ("filter", blocks([object([("name", text("root-device-type")), ("values", set(["ebs"]))])])),
        ]),
    );
    Args(&read.await).string("id").unwrap()
}

#[tokio::test]
async fn images() {
    let Some(cloud) = cloud("data aws_ami").await else { return };
    let by = |name: &str, value: &str| object([("name", text(name)), ("values", set([value]))]);
    let config = |extra: Vec<(&str, Value)>| {
        let filters = blocks([by("virtualization-type", "hvm"), by("root-device-type", "ebs")]);
        Value::object([("owners", list(["amazon"])), ("filter", filters)].into_iter().chain(extra))
    };
    let newest = life::data(&cloud, "aws_ami", config(vec![("most_recent", true.into())])).await;
    assert!(Args(&newest).text("arn").unwrap().starts_with("arn:aws:ec2:eu-west-1::image/ami-"));
    assert!(Args(&newest).text("root_device_name").is_some());
    let problems = life::data_problems(&cloud, "aws_ami", config(vec![])).await;
    assert_eq!(problems[0].summary, "Several images found");
    let named = config(vec![("name_regex", text("^no image has this name$"))]);
    assert_eq!(life::data_problems(&cloud, "aws_ami", named).await[0].summary, "No image found");
}

#[tokio::test]
async fn availability_zones() {
    let Some(cloud) = cloud("data aws_availability_zones").await else { return };
    let zones = |config: Value| life::data(&cloud, "aws_availability_zones", config);
    let names = |zones: &Value| Args(zones).strings("names");
    let all = zones(object([("state", text("available"))])).await;
    assert_eq!(names(&all), ["eu-west-1a", "eu-west-1b", "eu-west-1c"]);
    let some = zones(object([("exclude_names", set(["eu-west-1b"]))])).await;
    assert_eq!(names(&some), ["eu-west-1a", "eu-west-1c"]);
    let other = zones(object([("region", text("us-east-1"))])).await;
    assert_eq!(Args(&other).text("id"), Some("us-east-1"));
}

#[tokio::test]
async fn instances() {
    let Some(cloud) = cloud("aws_instance").await else { return };
    let (image, vpc) = (image(&cloud).await, vpc(&cloud).await);
    let subnet = subnet(&cloud, &vpc, "10.0.5.0/24").await;
    let group =
        |name: &str| Life::of(&cloud, "aws_security_group").make(object([("name", text(name)), ("vpc_id", vpc.id())]));
    let (one, other) = (group("one").await, group("other").await);
    let config = |ty: &str, data: &str, groups: Value, extra: Vec<(&str, Value)>| {
        let pairs = [
            ("ami", text(&image)),
            ("instance_type", text(ty)),
            ("subnet_id", subnet.id()),
            ("user_data", text(data)),
            ("vpc_security_group_ids", groups),
            ("instance_initiated_shutdown_behavior", text("terminate")),
        ];
        Value::object(pairs.into_iter().chain(extra))
    };
    let groups = |made: &Made| set([&made.text("id")]);
    let root = |size: i64| {
        let encrypted = ("encrypted", true.into());
        blocks([object([("volume_size", size.into()), ("volume_type", text("gp3")), encrypted])])
    };
    let tokens = |tokens: &str| blocks([object([("http_tokens", text(tokens)), ("http_endpoint", text("enabled"))])]);
    let configs = [
        config("t3.micro", "#!/bin/sh\necho one\n", groups(&one), vec![("tags", map([("Name", "a")]))]),
        config(
            "t3.small",
            "#!/bin/sh\necho one\n",
            groups(&other),
            vec![("tags", map([("Name", "b")])), ("disable_api_termination", true.into())],
        ),
        config(
            "t3.small",
            "#!/bin/sh\necho one\n",
            groups(&other),
            vec![
                ("disable_api_termination", false.into()),
                ("metadata_options", tokens("required")),
                ("source_dest_check", false.into()),
            ],
        ),
    ];
    Life::of(&cloud, "aws_instance").lead(&configs, id, &[]).await;
    let device = |tag: &str| {
        let tags = ("tags", map([("Name", tag)]));
        object([("device_name", text("/dev/sdf")), ("volume_size", 5.into()), tags])
    };
    let with = |size, tag| {
        let enclave = ("enclave_options", blocks([Value::object::<&str>([])]));
        let extra = vec![("root_block_device", root(size)), ("ebs_block_device", blocks([device(tag)])), enclave];
        config("m5.large", "x", groups(&one), extra)
    };
    let mut made = Life::of(&cloud, "aws_instance").make(with(20, "data")).await;
    let disk = Args(&made.object.value).block("root_block_device").unwrap();
    assert_eq!(disk.i64("volume_size"), Some(20));
    let planned = made.plan(&with(20, "data")).planned.unwrap();
    assert_eq!(planned.get("enclave_options"), made.object.value.get("enclave_options"), "nothing is told of it");
    made.update(with(20, "other")).await;
    let replaced = made.plan(&config("m7g.large", "x", groups(&one), vec![])).requires_replace;
    assert!(replaced.contains(&terrane_value::Path::root().attr("instance_type")), "{replaced:?}");
    made.remove().await;
    for made in [one, other, subnet, vpc] {
        made.remove().await;
    }
}

#[tokio::test]
async fn elastic_ips_move_between_instances() {
    let Some(cloud) = cloud("aws_eip with an instance").await else { return };
    let (image, vpc) = (image(&cloud).await, vpc(&cloud).await);
    let subnet = subnet(&cloud, &vpc, "10.0.4.0/24").await;
    let gateway = gateway(&cloud, &vpc).await;
    let instance = || {
        let config = [("ami", text(&image)), ("instance_type", text("t3.micro")), ("subnet_id", subnet.id())];
        Life::of(&cloud, "aws_instance").make(object(config))
    };
    let (one, other) = (instance().await, instance().await);
    let config = |made: &Made| object([("domain", text("vpc")), ("instance", made.id())]);
    Life::of(&cloud, "aws_eip").lead(&[config(&one), config(&other)], id, &[]).await;
    for made in [one, other, gateway, subnet, vpc] {
        made.remove().await;
    }
}

#[tokio::test]
async fn an_object_that_cannot_be_finished_is_told_with_its_id() {
    let Some(cloud) = cloud("half-made objects").await else { return };
    let vpc = vpc(&cloud).await;
    let bad = object([("cidr_block", text("0.0.0.0/0")), ("gateway_id", text("igw-00000000000000000"))]);
    let config = object([("vpc_id", vpc.id()), ("route", blocks([bad]))]);
    let (half, problems) = Life::of(&cloud, "aws_route_table").fail(config).await;
    assert!(
        problems[0].detail.contains("InvalidGatewayID.NotFound")
            || problems[0].detail.contains("InvalidInternetGatewayID"),
        "{problems:?}"
    );
    assert!(half.text("id").starts_with("rtb-"));
    half.remove().await;
    vpc.remove().await;
}
