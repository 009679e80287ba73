//! Rules and routes that are written in two places.

use terrane_e2e::World;

const WARNING: &str = "Rules of a security group in two places";

/// A group with rules of its own in a module, and others for it outside.
const GROUPS: &str = r#"
resource "aws_vpc" "main" {
  cidr_block = "10.44.0.0/16"
}

resource "aws_security_group" "web" {
  count  = 2
  name   = "web-${count.index}"
  vpc_id = aws_vpc.main.id

  dynamic "ingress" {
    for_each = count.index == 0 ? [443] : []
    content {
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = ["10.0.0.0/8"]
    }
  }
}

output "groups" {
  value = { for group in aws_security_group.web : group.name => group.id }
}
"#;

fn rule(group: &str) -> String {
    format!(
        r#"
module "groups" {{
  source = "./groups"
}}

resource "aws_vpc_security_group_ingress_rule" "more" {{
  for_each          = toset(["10.1.0.0/16", "10.2.0.0/16"])
  security_group_id = module.groups.groups["{group}"]
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
}}
"#
    )
}

#[test]
fn rules_in_two_places_are_told_before_anything_is_made() {
    let Some(world) = World::new("fighting") else { return };
    world.write("groups/main.tf", GROUPS);
    world.write("main.tf", &rule("web-1"));
    let plan = world.terrane(&["plan"]).code(0);
    assert!(!format!("{plan}").contains(WARNING), "the other group has the blocks: {plan}");

    world.write("main.tf", &rule("web-0"));
    let plan = world.terrane(&["plan"]).code(0).complains(&[WARNING, "security group \"web-0\"", "ingress_rule.more"]);
    assert_eq!(format!("{plan}").matches(WARNING).count(), 1, "{plan}");
    let apply = world.terrane(&["apply", "-auto-approve"]).code(0).complains(&[WARNING]);
    assert_eq!(format!("{apply}").matches(WARNING).count(), 1, "{apply}");
    world.terrane(&["plan"]).code(0).complains(&[WARNING, "security group sg-"]);
    world.terrane(&["destroy", "-auto-approve"]).code(0);
}

/// A VPC whose defaults are adopted with parts of their own, and a table and an ACL beside them. What is given as `more`
/// adds parts to them.
fn network(more: &str) -> String {
    format!(
        r#"
resource "aws_vpc" "main" {{
  cidr_block = "10.45.0.0/16"
}}

resource "aws_internet_gateway" "main" {{
  vpc_id = aws_vpc.main.id
}}

resource "aws_default_security_group" "main" {{
  vpc_id = aws_vpc.main.id
  ingress {{
    from_port = 0
    to_port   = 0
    protocol  = "-1"
    self      = true
  }}
}}

resource "aws_default_route_table" "main" {{
  default_route_table_id = aws_vpc.main.default_route_table_id
  route {{
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.main.id
  }}
}}

resource "aws_default_network_acl" "main" {{
  default_network_acl_id = aws_vpc.main.default_network_acl_id
}}

resource "aws_route_table" "web" {{
  vpc_id = aws_vpc.main.id
  tags   = {{ Name = "web" }}
  route {{
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.main.id
  }}
}}

resource "aws_network_acl" "web" {{
  vpc_id = aws_vpc.main.id
  tags   = {{ Name = "web" }}
  ingress {{
    rule_no    = 100
    action     = "allow"
    protocol   = "tcp"
    from_port  = 443
    to_port    = 443
    cidr_block = "0.0.0.0/0"
  }}
}}
{more}"#
    )
}

fn group_rule(group: &str) -> String {
    format!(
        r#"
resource "aws_vpc_security_group_ingress_rule" "more" {{
  security_group_id = {group}
  cidr_ipv4         = "10.0.0.0/8"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
}}
"#
    )
}

fn route(table: &str) -> String {
    format!(
        r#"
resource "aws_route" "more" {{
  route_table_id         = {table}
  destination_cidr_block = "192.0.2.0/24"
  gateway_id             = aws_internet_gateway.main.id
}}
"#
    )
}

fn entry(acl: &str, egress: bool) -> String {
    format!(
        r#"
resource "aws_network_acl_rule" "more" {{
  network_acl_id = {acl}
  egress         = {egress}
  rule_number    = 200
  rule_action    = "allow"
  protocol       = "-1"
  cidr_block     = "192.0.2.0/24"
}}
"#
    )
}

#[test]
fn parts_of_what_comes_with_a_vpc_are_told_as_well() {
    let Some(world) = World::new("fighting-defaults") else { return };
    let fights: [(String, [&str; 2]); 8] = [
        (group_rule("aws_vpc.main.default_security_group_id"), [WARNING, "a security group that is still to be made"]),
        (group_rule("aws_default_security_group.main.id"), [WARNING, "aws_default_security_group removes"]),
        (route("aws_vpc.main.main_route_table_id"), ["Routes of a route table", "aws_default_route_table removes"]),
        (route("aws_default_route_table.main.id"), ["Routes of a route table", "not among its own route blocks"]),
        (route("aws_route_table.web.id"), ["Routes of a route table", "route table \"web\" are written by aws_route"]),
        (entry("aws_vpc.main.default_network_acl_id", true), ["Rules of a network ACL", "its own egress blocks"]),
        (entry("aws_network_acl.web.id", false), ["Rules of a network ACL", "network ACL \"web\""]),
        (entry("aws_default_network_acl.main.id", false), ["Rules of a network ACL", "aws_network_acl_rule"]),
    ];
    for (more, told) in &fights {
        world.write("main.tf", &network(more));
        world.terrane(&["plan"]).code(0).complains(told);
    }
    // Rules of the other direction may be written apart, and other parts of the VPC have other ids.
    let peaceful = entry("aws_network_acl.web.id", true)
        + "resource \"aws_route_table\" \"other\" {\n  vpc_id = aws_vpc.main.id\n}\n"
        + &route("aws_route_table.other.id");
    world.write("main.tf", &network(&peaceful));
    let plan = world.terrane(&["plan"]).code(0);
    assert!(!format!("{plan}").contains("in two places"), "{plan}");
    world.terrane(&["apply", "-auto-approve"]).code(0);
    let plan = world.terrane(&["plan", "-detailed-exitcode"]).code(0);
    assert!(!format!("{plan}").contains("in two places"), "{plan}");
    world.terrane(&["destroy", "-auto-approve"]).code(0);
}
