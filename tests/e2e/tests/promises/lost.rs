//! A create whose answer is lost has made its object, and the object is found.

use terrane_e2e::World;
use terrane_test_proxy::{Fault, Rule};

/// The creates of [`all`], and how often each is sent: again where a token or a name makes that safe.
const CREATES: [(&str, usize); 16] = [
    ("dynamodb:CreateTable", 2),
    ("ec2:AllocateAddress", 1),
    ("ec2:AssociateRouteTable", 1),
    ("ec2:AuthorizeSecurityGroupEgress", 1),
    ("ec2:AuthorizeSecurityGroupIngress", 2),
    ("ec2:CreateInternetGateway", 1),
    ("ec2:CreateNatGateway", 2),
    ("ec2:CreateRoute", 1),
    ("ec2:CreateRouteTable", 2),
    ("ec2:CreateSecurityGroup", 2),
    ("ec2:CreateSubnet", 1),
    ("ec2:CreateVpc", 1),
    ("ec2:ImportKeyPair", 1),
    ("ec2:RunInstances", 2),
    ("iam:CreateRole", 2),
    ("s3:CreateBucket", 2),
];

/// Sixteen objects of EC2, IAM, S3 and DynamoDB.
pub fn all(world: &World) -> String {
    let images = world.account().ec2("Action=DescribeImages&Owner.1=amazon");
    let image = images.split("<imageId>").nth(1).and_then(|rest| rest.split("</imageId>").next()).unwrap();
    format!(
        r#"
provider "aws" {{
  region = "eu-west-1"
}}

resource "aws_vpc" "main" {{
  cidr_block = "10.7.0.0/16"
  tags       = {{ Name = "lost" }}
}}

resource "aws_subnet" "a" {{
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.7.1.0/24"
}}

resource "aws_internet_gateway" "main" {{
  vpc_id = aws_vpc.main.id
}}

resource "aws_route_table" "main" {{
  vpc_id = aws_vpc.main.id
}}

resource "aws_route" "out" {{
  route_table_id         = aws_route_table.main.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.main.id
}}

resource "aws_route_table_association" "a" {{
  route_table_id = aws_route_table.main.id
  subnet_id      = aws_subnet.a.id
}}

resource "aws_eip" "nat" {{
  domain = "vpc"
}}

resource "aws_nat_gateway" "main" {{
  allocation_id = aws_eip.nat.id
  subnet_id     = aws_subnet.a.id
}}

resource "aws_security_group" "main" {{
  name   = "lost"
  vpc_id = aws_vpc.main.id

  egress {{
    protocol    = "tcp"
    from_port   = 443
    to_port     = 443
    cidr_blocks = ["0.0.0.0/0"]
  }}
}}

resource "aws_security_group" "inline" {{
  name   = "lost-inline"
  vpc_id = aws_vpc.main.id

  ingress {{
    protocol    = "tcp"
    from_port   = 22
    to_port     = 22
    cidr_blocks = ["10.0.0.0/8"]
  }}
}}

resource "aws_vpc_security_group_ingress_rule" "https" {{
  security_group_id = aws_security_group.main.id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}}

resource "aws_key_pair" "main" {{
  key_name   = "lost"
  public_key = "{KEY}"
}}

resource "aws_instance" "main" {{
  ami                    = "{image}"
  instance_type          = "t3.micro"
  subnet_id              = aws_subnet.a.id
  vpc_security_group_ids = [aws_security_group.main.id]
  key_name               = aws_key_pair.main.key_name
}}

resource "aws_iam_role" "main" {{
  name               = "lost"
  assume_role_policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Action = "sts:AssumeRole", Principal = {{ Service = "ec2.amazonaws.com" }} }}]
  }})
}}

resource "aws_s3_bucket" "main" {{
  bucket = "{bucket}"
}}

resource "aws_dynamodb_table" "main" {{
  name         = "lost"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {{
    name = "id"
    type = "S"
  }}
}}
"#,
        bucket = world.unique("lost"),
    )
}

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINqxTbGdlblIV4tTCptafqk4Cb3O17WZNqelq+R+QPMb";

/// How many objects of each kind the account holds, less what every account has.
fn census(world: &World) -> Vec<(&'static str, usize)> {
    let account = world.account();
    let ec2 = |form: &str, tag: &str| account.ec2(form).matches(&format!("<{tag}>")).count();
    let by = |action: &str, filter: &str, value: &str, tag: &str| {
        ec2(&format!("Action={action}&Filter.1.Name={filter}&Filter.1.Value.1={value}"), tag)
    };
    let rules = |group: &str| {
        let groups =
            account.ec2(&format!("Action=DescribeSecurityGroups&Filter.1.Name=group-name&Filter.1.Value.1={group}"));
        let Some(id) = groups.split("<groupId>").nth(1).and_then(|rest| rest.split("</groupId>").next()) else {
            return 0;
        };
        by("DescribeSecurityGroupRules", "group-id", id, "securityGroupRuleId")
    };
    vec![
        ("VPC", by("DescribeVpcs", "cidr", "10.7.0.0/16", "ownerId")),
        ("subnet", by("DescribeSubnets", "cidr-block", "10.7.1.0/24", "subnetId")),
        ("internet gateway", ec2("Action=DescribeInternetGateways", "internetGatewayId")),
        ("route", by("DescribeRouteTables", "route.destination-cidr-block", "0.0.0.0/0", "gatewayId") / 2),
        ("association", by("DescribeRouteTables", "association.main", "false", "subnetId")),
        ("address", ec2("Action=DescribeAddresses", "allocationId")),
        ("NAT gateway", by("DescribeNatGateways", "state", "available", "natGatewayId")),
        ("security group", by("DescribeSecurityGroups", "group-name", "lost", "groupName")),
        ("rules", rules("lost")),
        ("inline rules", rules("lost-inline")),
        ("key pair", ec2("Action=DescribeKeyPairs", "keyPairId")),
        ("instance", by("DescribeInstances", "instance-state-name", "running", "instanceId")),
        ("role", account.iam("Action=ListRoles").matches("<RoleName>lost<").count()),
        ("bucket", account.s3("GET", "/", "").matches(&format!("<Name>{}<", world.unique("lost"))).count()),
        ("table", account.dynamodb("ListTables", "{}").matches("\"lost\"").count()),
    ]
}

#[test]
fn every_create_whose_answer_is_lost_makes_one_object() {
    let Some(world) = World::new("lost") else { return };
    world.write("main.tf", &all(&world));
    // Of the two that make two objects each, both answers are lost.
    let twice = ["ec2:AuthorizeSecurityGroupIngress", "ec2:CreateSecurityGroup"];
    let times = |call| if twice.contains(&call) { 2 } else { 1 };
    let rules = CREATES.map(|(call, _)| Rule::new(call, Fault::ResetAfter).first(times(call)));
    world.proxy().set_rules(rules.into());
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&["16 added"]);
    for (call, times) in CREATES {
        assert_eq!(world.proxy().count(call), times, "{call}");
    }
    world.terrane(&["plan", "-detailed-exitcode"]).code(0).says(&["No changes."]);
    for (what, count) in census(&world) {
        let expected = if what == "rules" { 2 } else { 1 };
        assert_eq!(count, expected, "{what}");
    }
    let tags = world.account().ec2("Action=DescribeTags");
    assert!(!tags.contains("terrane:"), "{tags}");
    world.terrane(&["destroy", "-auto-approve"]).code(0).says(&["16 destroyed"]);
    for (what, count) in census(&world) {
        assert_eq!(count, 0, "{what}");
    }
}

/// One VPC.
pub const VPC: &str = r#"
provider "aws" {
  region = "eu-west-1"
}

resource "aws_vpc" "main" {
  cidr_block = "10.7.0.0/16"
}
"#;

fn one_vpc(name: &str, rules: Vec<Rule>, creates: usize) {
    let Some(world) = World::new(name) else { return };
    world.write("main.tf", VPC);
    world.proxy().set_rules(rules);
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&["1 added"]);
    assert_eq!(world.proxy().count("ec2:CreateVpc"), creates);
    world.terrane(&["plan", "-detailed-exitcode"]).code(0).says(&["No changes."]);
    assert_eq!(census(&world)[0], ("VPC", 1));
    world.terrane(&["destroy", "-auto-approve"]).code(0).says(&["1 destroyed"]);
    assert_eq!(census(&world)[0], ("VPC", 0));
}

#[test]
fn an_answer_cut_short_is_a_lost_one() {
    one_vpc("lost_short", vec![Rule::new("ec2:CreateVpc", Fault::Truncate(10)).first(1)], 1);
}

#[test]
fn a_create_that_had_no_effect_is_sent_again() {
    one_vpc("lost_before", vec![Rule::new("ec2:CreateVpc", Fault::ResetBefore).first(1)], 2);
}

#[test]
fn a_look_that_fails_is_repeated() {
    let rules = vec![
        Rule::new("ec2:CreateVpc", Fault::ResetAfter).first(1),
        Rule::new("ec2:DescribeVpcs", Fault::Status(500)).first(2),
    ];
    one_vpc("lost_look", rules, 1);
}

#[test]
fn a_mark_that_may_not_be_set_is_left_out() {
    let denied = Fault::Error { status: 403, code: "UnauthorizedOperation".into(), message: "No tags.".into() };
    one_vpc("lost_denied", vec![Rule::new("ec2:CreateVpc", denied).first(1)], 2);
}

#[test]
fn a_mark_that_cannot_be_removed_is_no_difference() {
    let denied = Fault::Error { status: 403, code: "UnauthorizedOperation".into(), message: "No tags.".into() };
    one_vpc("lost_marked", vec![Rule::new("ec2:DeleteTags", denied)], 1);
}

#[test]
fn keys_of_marks_are_refused() {
    let Some(world) = World::new("lost_reserved") else { return };
    let tags = "  tags = { \"terrane:operation\" = \"mine\" }\n";
    world.write("main.tf", &VPC.replace("  cidr_block", &format!("{tags}  cidr_block")));
    world.terrane(&["plan"]).code(1).complains(&["Reserved tag key", "terrane:operation", "main.tf"]);
}
