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

/// The calls by which [`lost::all`] names what it just made, and the code by which AWS denies it.
const NAMING: [(&str, &str); 12] = [
    ("AssociateRouteTable", "InvalidRouteTableID.NotFound"),
    ("AttachInternetGateway", "InvalidVpcID.NotFound"),
    ("AuthorizeSecurityGroupEgress", "InvalidGroup.NotFound"),
    ("AuthorizeSecurityGroupIngress", "InvalidGroup.NotFound"),
    ("CreateNatGateway", "InvalidAllocationID.NotFound"),
    ("CreateNetworkAclEntry", "InvalidNetworkAclID.NotFound"),
    ("CreateRoute", "InvalidInternetGatewayID.NotFound"),
    ("CreateRouteTable", "InvalidVpcID.NotFound"),
    ("CreateSecurityGroup", "InvalidVpcID.NotFound"),
    ("CreateSubnet", "InvalidVpcID.NotFound"),
    ("ReplaceNetworkAclAssociation", "InvalidNetworkAclID.NotFound"),
    ("RunInstances", "InvalidSubnetID.NotFound"),
];

/// An ACL besides, since its subnets and rules are calls of their own.
const ACL: &str = r#"
resource "aws_network_acl" "a" {
  vpc_id     = aws_vpc.main.id
  subnet_ids = [aws_subnet.a.id]
  ingress {
    rule_no    = 100
    action     = "allow"
    protocol   = "tcp"
    from_port  = 443
    to_port    = 443
    cidr_block = "0.0.0.0/0"
  }
}
"#;

/// An error as EC2 answers it.
fn denied(code: &str) -> Fault {
    Fault::Error { status: 400, code: code.to_owned(), message: "It does not exist.".to_owned() }
}

fn all_made_at_once(name: &str, calls: &[(&str, &str)], faults: impl Fn(&str) -> Fault) {
    let Some(world) = World::new(name) else { return };
    world.write("main.tf", &(lost::all(&world) + ACL));
    let rule = |(action, code): &(&str, &str)| Rule::new(&format!("ec2:{action}"), faults(code)).first(2);
    world.proxy().set_rules(calls.iter().map(rule).collect());
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&["17 added, 0 changed, 0 destroyed"]);
    for (action, _) in calls {
        assert!(world.proxy().count(&format!("ec2:{action}")) > 2, "{action}");
    }
    world.terrane(&["plan", "-detailed-exitcode"]).code(0).says(&["No changes."]);
    world.terrane(&["destroy", "-auto-approve"]).code(0).says(&["17 destroyed"]);
}

#[test]
fn what_ec2_denies_is_asked_for_again() {
    all_made_at_once("young_denied", &READS, denied);
}

#[test]
fn what_ec2_leaves_out_is_asked_for_again() {
    all_made_at_once("young_unseen", &READS, |_| Fault::Unseen);
}

#[test]
fn what_ec2_does_not_know_yet_is_named_again() {
    all_made_at_once("young_named", &NAMING, denied);
}

/// Only what is new is waited for: a plan tells at once what is gone.
#[test]
fn what_is_gone_is_not_waited_for() {
    let Some(world) = World::new("young_gone") else { return };
    world.write("main.tf", lost::VPC);
    world.terrane(&["apply", "-auto-approve"]).code(0);
    let fault = denied("InvalidVpcID.NotFound");
    world
        .proxy()
        .set_rules(vec![Rule::new("ec2:DescribeVpcs", Fault::Unseen), Rule::new("ec2:DescribeVpcAttribute", fault)]);
    world.proxy().forget_calls();
    world.terrane(&["plan", "-detailed-exitcode"]).code(2).says(&["1 to add"]);
    assert_eq!(world.proxy().count("ec2:DescribeVpcs"), 1);
    world.proxy().set_rules(Vec::new());
    world.terrane(&["destroy", "-auto-approve"]).code(0).says(&["1 destroyed"]);
}

/// What [`a_change_waits_for_what_it_names`] begins with.
const BEFORE: &str = r#"
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

resource "aws_route_table" "a" {
  vpc_id = aws_vpc.main.id
}

resource "aws_route_table_association" "a" {
  subnet_id      = aws_subnet.a.id
  route_table_id = aws_route_table.a.id
}

resource "aws_internet_gateway" "a" {
  vpc_id = aws_vpc.main.id
}

resource "aws_route" "a" {
  route_table_id         = aws_route_table.a.id
  destination_cidr_block = "192.0.2.0/24"
  gateway_id             = aws_internet_gateway.a.id
}

resource "aws_network_acl" "a" {
  vpc_id = aws_vpc.main.id
}
"#;

/// What is made besides.
const NEW: &str = r#"
resource "aws_security_group" "new" {
  name   = "young"
  vpc_id = aws_vpc.main.id
}

resource "aws_route_table" "new" {
  vpc_id = aws_vpc.main.id
}

resource "aws_subnet" "new" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.8.2.0/24"
}

resource "aws_network_interface" "new" {
  subnet_id = aws_subnet.new.id
}
"#;

/// A change may name what was made a moment ago as well, and so may a change of another object.
#[test]
fn a_change_waits_for_what_it_names() {
    let Some(world) = World::new("young_change") else { return };
    world.write("main.tf", BEFORE);
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&["8 added"]);
    let after = BEFORE
        .replace("[aws_vpc.main.default_security_group_id]", "[aws_security_group.new.id]")
        .replace("  route_table_id = aws_route_table.a.id", "  route_table_id = aws_route_table.new.id")
        .replace(
            "  gateway_id             = aws_internet_gateway.a.id",
            "  network_interface_id = aws_network_interface.new.id",
        )
        .replace("\"aws_network_acl\" \"a\" {", "\"aws_network_acl\" \"a\" {\n  subnet_ids = [aws_subnet.new.id]");
    world.write("main.tf", &after);
    world.write("new.tf", NEW);
    let calls = [
        ("ModifyNetworkInterfaceAttribute", "InvalidGroup.NotFound"),
        ("ReplaceNetworkAclAssociation", "InvalidNetworkAclID.NotFound"),
        ("ReplaceRoute", "InvalidNetworkInterfaceID.NotFound"),
        ("ReplaceRouteTableAssociation", "InvalidRouteTableID.NotFound"),
    ];
    let rule = |(action, code): (&str, &str)| Rule::new(&format!("ec2:{action}"), denied(code)).first(2);
    world.proxy().set_rules(calls.map(rule).into());
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&["4 added, 4 changed, 0 destroyed"]);
    for (action, _) in calls {
        assert!(world.proxy().count(&format!("ec2:{action}")) > 2, "{action}");
    }
    world.terrane(&["plan", "-detailed-exitcode"]).code(0).says(&["No changes."]);
    world.terrane(&["destroy", "-auto-approve"]).code(0).says(&["12 destroyed"]);
}

/// What AWS has not because its id is wrong, and what is to go and has gone already, is not waited for.
#[test]
fn what_is_wrong_or_gone_is_not_waited_for() {
    let Some(world) = World::new("young_wrong") else { return };
    let instance =
        "\nresource \"aws_instance\" \"a\" {\n  ami = \"ami-0123456789abcdef0\"\n  instance_type = \"t3.micro\"\n}\n";
    world.write("main.tf", instance);
    world.proxy().set_rules(vec![Rule::new("ec2:RunInstances", denied("InvalidAMIID.NotFound"))]);
    world.terrane(&["apply", "-auto-approve"]).code(1).complains(&["InvalidAMIID.NotFound"]);
    assert_eq!(world.proxy().count("ec2:RunInstances"), 1);

    world.write("main.tf", lost::VPC);
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&["1 added"]);
    world.proxy().set_rules(vec![Rule::new("ec2:DeleteVpc", denied("InvalidVpcID.NotFound"))]);
    world.terrane(&["destroy", "-auto-approve"]).code(0).says(&["1 destroyed"]);
    assert_eq!(world.proxy().count("ec2:DeleteVpc"), 1);
}
