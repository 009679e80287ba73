//! Refresh asks for all objects of a type together, however many there are.

use terrane_e2e::World;

#[test]
fn a_refresh_makes_one_call_per_type() {
    let Some(world) = World::new("bulk") else { return };
    world.write(
        "main.tf",
        r#"
provider "aws" {
  region = "eu-west-1"
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "each" {
  count      = 40
  vpc_id     = aws_vpc.main.id
  cidr_block = cidrsubnet(aws_vpc.main.cidr_block, 8, count.index)
}

resource "aws_security_group" "each" {
  count  = 20
  name   = "group-${count.index}"
  vpc_id = aws_vpc.main.id
}

resource "aws_vpc_security_group_ingress_rule" "each" {
  count             = 20
  security_group_id = aws_security_group.each[count.index].id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}
"#,
    );
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&["81 added"]);
    // Reading a VPC asks for its default group, which is the second call for groups.
    let calls = [("ec2:DescribeSubnets", 1), ("ec2:DescribeSecurityGroups", 2), ("ec2:DescribeSecurityGroupRules", 1)];
    let before = calls.map(|(call, _)| world.proxy().count(call));
    world.terrane(&["plan", "-detailed-exitcode"]).code(0).says(&["No changes."]);
    for ((call, expected), before) in calls.into_iter().zip(before) {
        assert_eq!(world.proxy().count(call) - before, expected, "{call}");
    }
    world.terrane(&["destroy", "-auto-approve"]).code(0).says(&["81 destroyed"]);
}
