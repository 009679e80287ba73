//! What changes beside an object, or while it changes, is no fault of its own.

use terrane_e2e::{Fault, Rule, World};

const PROVIDER: &str = "provider \"aws\" {\n  region = \"eu-west-1\"\n}\n";

fn is_settled(world: &World) {
    world.terrane(&["plan", "-detailed-exitcode"]).code(0).says(&["No changes."]);
    world.terrane(&["destroy", "-auto-approve"]).code(0);
}

/// A policy says how often it is attached, a bucket what its settings are: resources of their own change that meanwhile.
#[test]
fn an_object_and_what_belongs_to_it_change_in_one_run() {
    let Some(world) = World::new("beside_children") else { return };
    let bucket = world.unique("beside");
    let both = |action: &str, children: &str| {
        format!(
            r#"{PROVIDER}
resource "aws_iam_group" "a" {{
  name = "beside"
}}

resource "aws_iam_policy" "a" {{
  name   = "beside"
  policy = jsonencode({{ Version = "2012-10-17", Statement = [{{ Effect = "Allow", Action = "{action}", Resource = "*" }}] }})
}}

resource "aws_s3_bucket" "a" {{
  bucket = "{bucket}"
  tags   = {{ action = "{action}" }}
}}
{children}"#
        )
    };
    let children = r#"
resource "aws_iam_group_policy_attachment" "a" {
  group      = aws_iam_group.a.name
  policy_arn = aws_iam_policy.a.arn
}

resource "aws_s3_bucket_cors_configuration" "a" {
  bucket = aws_s3_bucket.a.id
  cors_rule {
    allowed_methods = ["GET"]
    allowed_origins = ["*"]
  }
}
"#;
    world.write("main.tf", &both("s3:GetObject", children));
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&["5 added"]);
    world.terrane(&["apply", "-auto-approve", "-refresh-only"]).code(0);
    world.write("main.tf", &both("s3:PutObject", ""));
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&["0 added, 2 changed, 2 destroyed"]);
    is_settled(&world);
}

#[test]
fn what_names_an_object_may_drift() {
    let Some(world) = World::new("beside_drift") else { return };
    let text = r#"
resource "aws_vpc" "a" {
  cidr_block = "10.9.0.0/16"
}

resource "aws_network_acl" "a" {
  vpc_id = aws_vpc.a.id
}

resource "aws_network_acl_rule" "a" {
  network_acl_id = aws_network_acl.a.id
  rule_number    = 100
  rule_action    = "allow"
  protocol       = "tcp"
  from_port      = 80
  to_port        = 80
  cidr_block     = "192.0.2.0/24"
}

output "acl" {
  value = aws_network_acl.a.id
}
"#;
    world.write("main.tf", &format!("{PROVIDER}{text}"));
    world.terrane(&["apply", "-auto-approve"]).code(0);
    let acl = world.terrane(&["output", "-raw", "acl"]).code(0).stdout;
    world.account().ec2(&format!(
        "Action=ReplaceNetworkAclEntry&NetworkAclId={acl}&RuleNumber=100&Egress=false&Protocol=17&RuleAction=allow\
         &CidrBlock=192.0.2.0/24&PortRange.From=80&PortRange.To=80"
    ));
    world.terrane(&["plan", "-detailed-exitcode"]).code(2).says(&["aws_network_acl_rule.a must be replaced"]);
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&["1 added, 0 changed, 1 destroyed"]);
    is_settled(&world);
}

#[test]
fn a_user_that_was_renamed_is_known_by_its_new_name() {
    let Some(world) = World::new("beside_rename") else { return };
    let user = |name: &str, tags: &str| {
        format!("{PROVIDER}\nresource \"aws_iam_user\" \"a\" {{\n  name = \"{name}\"\n  tags = {{ {tags} }}\n}}\n")
    };
    world.write("main.tf", &user("u", "a = 1"));
    world.terrane(&["apply", "-auto-approve"]).code(0);
    world.write("main.tf", &user("u2", "a = 2"));
    let fault = Fault::Error { status: 403, code: "AccessDenied".to_owned(), message: "No.".to_owned() };
    world.proxy().set_rules(vec![Rule::new("iam:TagUser", fault)]);
    world.terrane(&["apply", "-auto-approve"]).code(1).complains(&["AccessDenied"]);
    world.proxy().set_rules(Vec::new());
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&["0 added, 1 changed, 0 destroyed"]);
    is_settled(&world);
}

#[test]
fn a_gateway_that_is_attached_already_is_so() {
    let Some(world) = World::new("beside_gateway") else { return };
    let text = "resource \"aws_vpc\" \"a\" {\n  cidr_block = \"10.9.0.0/16\"\n}\n\nresource \"aws_internet_gateway\" \"a\" {\n  vpc_id = aws_vpc.a.id\n}\n";
    world.write("main.tf", &format!("{PROVIDER}{text}"));
    world.proxy().set_rules(vec![Rule::new("ec2:AttachInternetGateway", Fault::ResetAfter).first(1)]);
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&["2 added"]);
    assert!(world.proxy().count("ec2:AttachInternetGateway") > 1);
    is_settled(&world);
}

#[test]
fn the_bucket_of_a_killed_run_is_taken_over() {
    let Some(world) = World::new("beside_bucket") else { return };
    let text = format!("{PROVIDER}\nresource \"aws_s3_bucket\" \"a\" {{\n  bucket_prefix = \"beside-\"\n}}\n");
    world.write("main.tf", &text);
    world.proxy().set_rules(vec![Rule::new("s3:CreateBucket", Fault::ResetAfter)]);
    let mut run = world.start(&["apply", "-auto-approve"]);
    world.wait_for("s3:CreateBucket");
    std::thread::sleep(std::time::Duration::from_millis(300));
    run.kill();
    run.finish();
    world.proxy().set_rules(Vec::new());
    world.terrane(&["apply", "-auto-approve"]).code(0);
    let all = world.account().s3("GET", "/", "");
    assert_eq!(all.matches("<Name>").count(), 1, "{all}");
    is_settled(&world);
}

#[test]
fn an_identity_provider_is_generated_with_its_scheme() {
    let Some(world) = World::new("beside_generated") else { return };
    let trust = r#"jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }] })"#;
    let all = format!(
        r#"{PROVIDER}
resource "aws_iam_role" "a" {{
  name                 = "beside"
  path                 = "/beside/"
  max_session_duration = 7200
  assume_role_policy   = {trust}
}}

resource "aws_cloudwatch_log_group" "a" {{
  name              = "beside"
  retention_in_days = 7
}}

resource "aws_iam_openid_connect_provider" "a" {{
  url            = "https://beside.example.com"
  client_id_list = ["sts.amazonaws.com"]
  thumbprint_list = ["cf23df2207d99a74fbe169e3eba035e633b65d94"]
}}
"#
    );
    world.write("main.tf", &all);
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&["3 added"]);
    for address in ["aws_iam_role.a", "aws_cloudwatch_log_group.a", "aws_iam_openid_connect_provider.a"] {
        world.terrane(&["state", "rm", address]).code(0);
    }
    let account = world.account_id().to_owned();
    let import = |to: &str, id: &str| format!("import {{\n  to = {to}\n  id = \"{id}\"\n}}\n");
    let imports = import("aws_iam_role.a", "beside")
        + &import("aws_cloudwatch_log_group.a", "beside")
        + &import(
            "aws_iam_openid_connect_provider.a",
            &format!("arn:aws:iam::{account}:oidc-provider/beside.example.com"),
        );
    world.write("main.tf", &format!("{PROVIDER}{imports}"));
    world.terrane(&["plan", "-generate-config-out=generated.tf"]).code(0);
    let generated = world.read("generated.tf");
    assert!(generated.contains("/beside/") && generated.contains("https://beside.example.com"), "{generated}");
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&["3 imported, 0 added, 0 changed, 0 destroyed"]);
    is_settled(&world);
}
