//! What was made a moment ago is not known everywhere at once: it is waited for, and nothing is lost or tainted.

use terrane_e2e::World;
use terrane_test_proxy::{Fault, Rule};

use crate::lost;

/// The reads of EC2 with which [`lost::all`] meets what it just made, and the code by which AWS denies it.
const READS: [(&str, &str); 12] = [
    ("DescribeAddresses", "InvalidAllocationID.NotFound"),
    ("DescribeInstances", "InvalidInstanceID.NotFound"),
    ("DescribeInternetGateways", "InvalidInternetGatewayID.NotFound"),
    ("DescribeKeyPairs", "InvalidKeyPair.NotFound"),
    ("DescribeNatGateways", "NatGatewayNotFound"),
    ("DescribeNetworkAcls", "InvalidNetworkAclID.NotFound"),
    ("DescribeRouteTables", "InvalidRouteTableID.NotFound"),
    ("DescribeSecurityGroupRules", "InvalidGroup.NotFound"),
    ("DescribeSecurityGroups", "InvalidGroup.NotFound"),
    ("DescribeSubnets", "InvalidSubnetID.NotFound"),
    ("DescribeVpcAttribute", "InvalidVpcID.NotFound"),
    ("DescribeVpcs", "InvalidVpcID.NotFound"),
];

fn all_made_at_once(name: &str, faults: impl Fn(&str) -> Fault) {
    let Some(world) = World::new(name) else { return };
    world.write("main.tf", &lost::all(&world));
    let rule = |(action, code)| Rule::new(&format!("ec2:{action}"), faults(code)).first(2);
    world.proxy().set_rules(READS.map(rule).into());
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&["16 added, 0 changed, 0 destroyed"]);
    for (action, _) in READS {
        assert!(world.proxy().count(&format!("ec2:{action}")) > 2, "{action}");
    }
    world.terrane(&["plan", "-detailed-exitcode"]).code(0).says(&["No changes."]);
    world.terrane(&["destroy", "-auto-approve"]).code(0).says(&["16 destroyed"]);
}

#[test]
fn what_ec2_denies_is_asked_for_again() {
    all_made_at_once("young_denied", |code| {
        let message = "It does not exist.".to_owned();
        Fault::Error { status: 400, code: code.to_owned(), message }
    });
}

#[test]
fn what_ec2_leaves_out_is_asked_for_again() {
    all_made_at_once("young_unseen", |_| Fault::Unseen);
}

/// Only what is new is waited for: a plan tells at once what is gone.
#[test]
fn what_is_gone_is_not_waited_for() {
    let Some(world) = World::new("young_gone") else { return };
    world.write("main.tf", lost::VPC);
    world.terrane(&["apply", "-auto-approve"]).code(0);
    let fault = Fault::Error { status: 400, code: "InvalidVpcID.NotFound".to_owned(), message: "Gone.".to_owned() };
    world
        .proxy()
        .set_rules(vec![Rule::new("ec2:DescribeVpcs", Fault::Unseen), Rule::new("ec2:DescribeVpcAttribute", fault)]);
    world.proxy().forget_calls();
    world.terrane(&["plan", "-detailed-exitcode"]).code(2).says(&["1 to add"]);
    assert_eq!(world.proxy().count("ec2:DescribeVpcs"), 1);
    world.proxy().set_rules(Vec::new());
    world.terrane(&["destroy", "-auto-approve"]).code(0).says(&["1 destroyed"]);
}

/// A change may name a group that was made a moment ago as well.
#[test]
fn a_group_is_waited_for_by_what_is_to_be_in_it() {
    let Some(world) = World::new("young_group") else { return };
    let one = r#"
provider "aws" {
  region = "eu-west-1"
}

resource "aws_vpc" "main" {
  cidr_block = "10.8.0.0/16"
}

resource "aws_subnet" "a" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.8.1.0/24"
}

resource "aws_network_interface" "a" {
  subnet_id       = aws_subnet.a.id
  security_groups = [aws_vpc.main.default_security_group_id]
}
"#;
    world.write("main.tf", one);
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&["3 added"]);
    let group = "\nresource \"aws_security_group\" \"new\" {\n  name   = \"young\"\n  vpc_id = aws_vpc.main.id\n}\n";
    world.write("main.tf", &one.replace("aws_vpc.main.default_security_group_id", "aws_security_group.new.id"));
    world.write("group.tf", group);
    let fault = Fault::Error { status: 400, code: "InvalidGroup.NotFound".to_owned(), message: "No group.".to_owned() };
    world.proxy().set_rules(vec![Rule::new("ec2:ModifyNetworkInterfaceAttribute", fault).first(2)]);
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&["1 added, 1 changed, 0 destroyed"]);
    assert_eq!(world.proxy().count("ec2:ModifyNetworkInterfaceAttribute"), 3);
    world.terrane(&["plan", "-detailed-exitcode"]).code(0).says(&["No changes."]);
    world.terrane(&["destroy", "-auto-approve"]).code(0).says(&["4 destroyed"]);
}
