//! Rules of a security group that are written in two places.

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
