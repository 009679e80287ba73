//! Whatever AWS or the network does, no object is lost.

use terrane_e2e::World;
use terrane_test_proxy::{Fault, Rule};

const TWO: &str = r#"
provider "aws" {
  region = "eu-west-1"
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "a" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.1.0/24"
}
"#;

/// A call that the account may not make.
fn refused(call: &str) -> Rule {
    let message = "You are not authorized to perform this operation.".into();
    Rule::new(call, Fault::Error { status: 403, code: "UnauthorizedOperation".into(), message })
}

#[test]
fn throttling_is_waited_out() {
    let Some(world) = World::new("throttling") else { return };
    world.write("main.tf", TWO);
    let throttled = |call: &str| Rule::new(call, Fault::Throttle).first(3);
    world.proxy().set_rules(vec![throttled("ec2:CreateVpc"), throttled("ec2:DescribeSubnets")]);
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&["2 added"]);
    world.terrane(&["plan", "-detailed-exitcode"]).code(0).says(&["No changes."]);
    world.terrane(&["destroy", "-auto-approve"]).code(0).says(&["2 destroyed"]);
}

/// A call that is one too many has had no effect: nothing is looked for, and `max_retries` holds.
#[test]
fn throttling_beyond_max_retries_is_told_as_such() {
    let Some(world) = World::new("impatient") else { return };
    world.write("main.tf", &TWO.replace("region =", "max_retries = 2\n  region ="));
    world.proxy().set_rules(vec![Rule::new("ec2:CreateVpc", Fault::Throttle)]);
    let run = world.terrane(&["apply", "-auto-approve"]).code(1).complains(&["RequestLimitExceeded", "throttled: 3"]);
    assert!(!run.stderr.contains("lost"), "{run}");
    assert_eq!((world.proxy().count("ec2:CreateVpc"), world.proxy().count("ec2:DescribeVpcs")), (3, 0), "{run}");
}

/// What was made a moment ago is not known everywhere at once.
#[test]
fn what_iam_does_not_know_yet_is_waited_for() {
    let Some(world) = World::new("young") else { return };
    world.write(
        "main.tf",
        r#"
provider "aws" {
  region = "eu-west-1"
}

resource "aws_iam_role" "r" {
  name = "young"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "p" {
  role   = aws_iam_role.r.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }]
  })
}
"#,
    );
    let fault = || Fault::Error { status: 404, code: "NoSuchEntity".into(), message: "There is no role r.".into() };
    let young = |call: &str| Rule::new(call, fault()).first(2);
    world.proxy().set_rules(vec![young("iam:GetRole"), young("iam:PutRolePolicy")]);
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&["2 added"]);
    world.terrane(&["plan", "-detailed-exitcode"]).code(0).says(&["No changes."]);
    world.terrane(&["destroy", "-auto-approve"]).code(0).says(&["2 destroyed"]);
}

/// With a hundred calls at once, each refused a few times, nothing fails and few calls are in vain.
#[test]
fn a_service_that_asks_to_slow_down_is_asked_at_its_pace() {
    let Some(world) = World::new("pace") else { return };
    let vpcs = "provider \"aws\" {\n  region = \"eu-west-1\"\n}\nresource \"aws_vpc\" \"v\" {\n  count = 30\n  cidr_block = \"10.0.0.0/16\"\n}\n";
    world.write("main.tf", vpcs);
    world.proxy().set_rules(vec![Rule::new("ec2:CreateVpc", Fault::Throttle).first(20)]);
    world.terrane(&["apply", "-auto-approve", "-parallelism=30"]).code(0).says(&["30 added"]);
    world.proxy().set_rules(Vec::new());
    world.terrane(&["destroy", "-auto-approve", "-parallelism=aws=30"]).code(0).says(&["30 destroyed"]);
}

#[test]
fn a_wait_that_takes_too_long_says_which_timeout_it_was() {
    let Some(world) = World::new("overtime") else { return };
    world.write(
        "main.tf",
        &(TWO.to_owned()
            + r#"
resource "aws_nat_gateway" "n" {
  subnet_id         = aws_subnet.a.id
  connectivity_type = "private"
  timeouts {
    create = "2s"
  }
}
"#),
    );
    world.proxy().set_rules(vec![Rule::new("ec2:DescribeNatGateways", Fault::LatencyMs(3000))]);
    let failed = world.terrane(&["apply", "-auto-approve"]);
    world.proxy().set_rules(Vec::new());
    // An emulator that has the gateway available at once answers before the time is over.
    if failed.code != Some(0) {
        failed.complains(&["Timed out waiting for", "timeouts { create = \"4s\" }"]);
        world.terrane(&["state", "show", "aws_nat_gateway.n"]).code(0).says(&["(tainted)"]);
    }
    world.terrane(&["destroy", "-auto-approve"]).code(0);
}

#[test]
fn what_was_made_before_a_failure_is_in_the_state() {
    let Some(world) = World::new("failure") else { return };
    world.write("main.tf", TWO);
    world.proxy().set_rules(vec![refused("ec2:CreateSubnet")]);
    world
        .terrane(&["apply", "-auto-approve"])
        .code(1)
        .says(&["Apply incomplete.", "1 added"])
        .complains(&["UnauthorizedOperation", "aws_subnet.a"]);
    world.terrane(&["state", "list"]).code(0).says(&["aws_vpc.main"]);
    world.proxy().set_rules(Vec::new());
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&["1 added, 0 changed, 0 destroyed"]);
    world.terrane(&["destroy", "-auto-approve"]).code(0);
}

#[test]
fn a_half_made_object_is_kept_as_tainted_and_replaced() {
    let Some(world) = World::new("half_made") else { return };
    world.write(
        "main.tf",
        r#"
provider "aws" {
  region = "eu-west-1"
}

resource "aws_vpc" "main" {
  cidr_block           = "10.0.0.0/16"
  enable_dns_hostnames = true
}
"#,
    );
    world.proxy().set_rules(vec![refused("ec2:ModifyVpcAttribute")]);
    world.terrane(&["apply", "-auto-approve"]).code(1);
    world.terrane(&["state", "show", "aws_vpc.main"]).code(0).says(&["(tainted)", "vpc-"]);
    world.proxy().set_rules(Vec::new());
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&["1 added, 0 changed, 1 destroyed"]);
    world.terrane(&["destroy", "-auto-approve"]).code(0).says(&["1 destroyed"]);
    let left = world.account().ec2("Action=DescribeVpcs&Filter.1.Name=cidr&Filter.1.Value.1=10.0.0.0/16");
    assert!(!left.contains("<vpcId>"), "{left}");
}

#[test]
fn the_first_interrupt_finishes_what_is_in_flight_and_writes_state() {
    let Some(world) = World::new("interrupt") else { return };
    world.write("main.tf", TWO);
    world.proxy().set_rules(vec![Rule::new("ec2:CreateVpc", Fault::LatencyMs(2000))]);
    let run = world.start(&["apply", "-auto-approve"]);
    world.wait_for("ec2:CreateVpc");
    run.interrupt();
    run.finish().code(1).says(&["Interrupt received", "Apply stopped", "1 added"]);
    world.proxy().set_rules(Vec::new());
    world.terrane(&["state", "list"]).code(0).says(&["aws_vpc.main"]);
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&["1 added, 0 changed, 0 destroyed"]);
    world.terrane(&["destroy", "-auto-approve"]).code(0).says(&["2 destroyed"]);
}
