//! Every type in its whole life, against recordings and the emulator where there is one.
#![allow(clippy::unwrap_used)]

mod attached;
mod elsewhere;
mod groups;
mod instances;
mod life;
mod network;
mod routes;
mod stand_in;

use life::{life, stages};
use terrane_aws_core::Cloud;
use terrane_aws_core::testing::{Made, Stage, map};
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

/// Types that are led through their lives step by step, or in a loop.
const STEP_BY_STEP: [&str; 5] = [
    "aws_security_group_rule",
    "aws_vpc_endpoint_route_table_association",
    "aws_vpc_endpoint_security_group_association",
    "aws_vpc_endpoint_subnet_association",
    "aws_vpc_ipam_preview_next_cidr",
];

#[test]
fn every_type_is_led_through_its_life() {
    let tests = [
        include_str!("main.rs"),
        include_str!("attached.rs"),
        include_str!("elsewhere.rs"),
        include_str!("groups.rs"),
        include_str!("instances.rs"),
        include_str!("network.rs"),
        include_str!("routes.rs"),
    ];
    let tests: String = tests.concat().split_whitespace().collect();
    let led = |ty: &str| ["lead", "live"].iter().any(|how| tests.contains(&format!("\"{ty}\").{how}(")));
    let types: Vec<&str> = terrane_aws_ec2::resources().iter().map(|ty| ty.name()).collect();
    let mut others: Vec<&str> = types.into_iter().filter(|ty| !led(ty)).collect();
    others.sort_unstable();
    assert_eq!(others, STEP_BY_STEP);
}

/// A VPC for others to be in.
async fn vpc(cloud: &Cloud) -> Made<'_> {
    life(cloud, "aws_vpc").given(object([("cidr_block", text("10.0.0.0/16"))])).await
}

/// A subnet for others to be in.
async fn subnet<'a>(cloud: &'a Cloud, vpc: &Made<'_>, cidr: &str) -> Made<'a> {
    let config = object([("vpc_id", vpc.id()), ("cidr_block", text(cidr)), ("availability_zone", text("eu-west-1a"))]);
    life(cloud, "aws_subnet").given(config).await
}

/// A gateway for others to route to.
async fn gateway<'a>(cloud: &'a Cloud, vpc: &Made<'_>) -> Made<'a> {
    life(cloud, "aws_internet_gateway").given(object([("vpc_id", vpc.id())])).await
}

/// An address for others to have.
async fn address(cloud: &Cloud) -> Made<'_> {
    life(cloud, "aws_eip").given(object([("domain", text("vpc"))])).await
}

/// Removes what others stood on, one after the other.
async fn discard<const N: usize>(all: [Made<'_>; N]) {
    for made in all {
        made.discard().await;
    }
}

#[tokio::test]
async fn vpcs() {
    for Stage { cloud, .. } in stages("vpcs").await {
        let plain = |cidr: &str| object([("cidr_block", text(cidr)), ("tags", map([("Name", "a"), ("gone", "1")]))]);
        let after = object([
            ("cidr_block", text("10.1.0.0/16")),
            ("enable_dns_hostnames", true.into()),
            ("enable_dns_support", true.into()),
            ("enable_network_address_usage_metrics", true.into()),
            ("tags", map([("Name", "b")])),
        ]);
        let (configs, replacing) = ([plain("10.1.0.0/16"), after], [(plain("10.2.0.0/16"), "cidr_block")]);
        let last = life(&cloud, "aws_vpc").lead(&configs, &replacing, id, &[]).await;
        let last = Args(&last);
        let (vpc, owner) = (last.text("id").unwrap(), last.text("owner_id").unwrap());
        assert_eq!(last.text("arn"), Some(&*format!("arn:aws:ec2:eu-west-1:{owner}:vpc/{vpc}")));
        for name in ["default_network_acl_id", "default_security_group_id", "main_route_table_id", "dhcp_options_id"] {
            assert!(last.text(name).is_some(), "{name}");
        }
        assert_eq!(last.text("default_route_table_id"), last.text("main_route_table_id"));
    }
}

#[tokio::test]
async fn vpcs_with_ipv6() {
    for Stage { cloud, .. } in stages("vpcs_with_ipv6").await {
        let config = |ipv6: bool| {
            object([("cidr_block", text("10.2.0.0/16")), ("assign_generated_ipv6_cidr_block", ipv6.into())])
        };
        let mut made = life(&cloud, "aws_vpc").make(config(true)).await;
        let block = made.text("ipv6_cidr_block");
        assert!(block.contains("::/56"), "{block}");
        made.update_and_see(&config(false), &[]).await;
        made.remove().await;
    }
}

#[tokio::test]
async fn subnets() {
    for Stage { cloud, .. } in stages("subnets").await {
        let vpc = vpc(&cloud).await;
        let config = |zone: &str, public: bool, tags| {
            object([
                ("vpc_id", vpc.id()),
                ("cidr_block", text("10.0.1.0/24")),
                ("availability_zone", text(zone)),
                ("map_public_ip_on_launch", public.into()),
                ("tags", tags),
            ])
        };
        let zone = "eu-west-1b";
        let configs = [
            config(zone, false, map([])),
            config(zone, true, map([("Name", "public")])),
            config(zone, false, map([("Name", "x")])),
        ];
        let replacing = [(config("eu-west-1c", false, map([("Name", "x")])), "availability_zone")];
        let last = life(&cloud, "aws_subnet").lead(&configs, &replacing, id, &[]).await;
        assert_eq!(Args(&last).text("availability_zone"), Some(zone));
        vpc.discard().await;
    }
}

#[tokio::test]
async fn many_objects_are_read_with_few_calls() {
    for Stage { cloud, .. } in stages("many_objects").await {
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
            made.discard().await;
        }
    }
}

#[tokio::test]
async fn internet_gateways() {
    for Stage { cloud, .. } in stages("internet_gateways").await {
        let (first, second) = (vpc(&cloud).await, vpc(&cloud).await);
        let config = |vpc: &Made| object([("vpc_id", vpc.id()), ("tags", map([("Name", "gw")]))]);
        let configs = [config(&first), config(&second)];
        let elsewhere = object([("region", text("eu-central-1"))]);
        life(&cloud, "aws_internet_gateway").lead(&configs, &[(elsewhere, "region")], id, &[]).await;
        discard([first, second]).await;
    }
}

#[tokio::test]
async fn elastic_ips() {
    for Stage { cloud, .. } in stages("elastic_ips").await {
        let config = |tag: &str| object([("domain", text("vpc")), ("tags", map([("Name", tag)]))]);
        let elsewhere = object([("domain", text("vpc")), ("network_border_group", text("eu-west-1-lhr-1"))]);
        let (configs, replacing) = ([config("a"), config("b")], [(elsewhere, "network_border_group")]);
        let last = life(&cloud, "aws_eip").lead(&configs, &replacing, id, &[]).await;
        assert!(Args(&last).text("public_dns").unwrap().ends_with(".eu-west-1.compute.amazonaws.com"));
    }
}

#[tokio::test]
async fn nat_gateways() {
    for Stage { cloud, .. } in stages("nat_gateways").await {
        let vpc = vpc(&cloud).await;
        let (one, other) = (subnet(&cloud, &vpc, "10.0.9.0/24").await, subnet(&cloud, &vpc, "10.0.10.0/24").await);
        let (gateway, address) = (gateway(&cloud, &vpc).await, address(&cloud).await);
        let config = |subnet: &Made, tag: &str| {
            object([("allocation_id", address.id()), ("subnet_id", subnet.id()), ("tags", map([("Name", tag)]))])
        };
        let (configs, replacing) = ([config(&one, "a"), config(&one, "b")], [(config(&other, "b"), "subnet_id")]);
        life(&cloud, "aws_nat_gateway").lead(&configs, &replacing, id, &[]).await;
        discard([address, gateway, one, other, vpc]).await;
    }
}
