//! Mistakes are all shown at once, each in its place; none gets as far as AWS.

use std::process::{Command, Stdio};

use terrane_e2e::{Folder, World, binary};
use terrane_test_proxy::{Fault, Rule};

#[test]
fn five_mistakes_are_reported_in_one_run() {
    let Some(world) = World::new("five_mistakes") else { return };
    world.write(
        "main.tf",
        r#"
provider "aws" {
  region = "eu-west-1"
}

resource "aws_vpc" "main" {
  cidr_blok = "10.0.0.0/16"
}

resource "aws_subnet" "a" {
  vpc_id                  = aws_vpc.main.id
  map_public_ip_on_launch = ["yes"]
}

resource "aws_key_pair" "operators" {
  key_name   = var.key_nam
  public_key = "ssh-ed25519 AAAA"
}

locals {
  one = local.two
  two = local.one
}

resource "aws_internet_gateway" "gw" {}

resource "aws_internet_gateway" "gw" {}
"#,
    );
    let run = world.terrane(&["plan"]).code(1);
    let run = run.complains(&["cidr_blok", "Did you mean \"cidr_block\"?", "main.tf line 7"]);
    let run = run.complains(&["map_public_ip_on_launch", "main.tf line 12"]);
    let run = run.complains(&["key_nam", "main.tf line 16"]);
    let run = run.complains(&["local.one", "local.two"]);
    run.complains(&["aws_internet_gateway", "main.tf line 27"]);
    assert_eq!(world.proxy().count("*"), 0);
}

#[test]
fn misspelt_words_on_the_command_line_get_one_line() {
    let Some(world) = World::new("misspelt") else { return };
    for (words, answer) in [
        (&["aply"][..], "Did you mean \"apply\"?"),
        (&["apply", "-auto-aprove"], "Did you mean \"-auto-approve\"?"),
        (&["plan", "-out"], "-out"),
        (&["state", "lst"], "Did you mean \"list\"?"),
    ] {
        let run = world.terrane(words).code(1).complains(&[answer]);
        assert_eq!(run.stderr.trim_end().lines().count(), 1, "{}", run.stderr);
    }
}

#[test]
fn a_type_that_cannot_be_applied_yet_stops_apply_before_the_first_change() {
    let Some(world) = World::new("not_yet") else { return };
    world.write(
        "main.tf",
        r#"
provider "aws" {
  region = "eu-west-1"
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_ec2_fleet" "all" {
  launch_template_config {
    launch_template_specification {
      launch_template_id = "lt-0123456789abcdef0"
      version            = "1"
    }
  }
  target_capacity_specification {
    default_target_capacity_type = "spot"
    total_target_capacity        = 1
  }
}
"#,
    );
    world.terrane(&["plan"]).code(0).says(&["2 to add"]);
    world.terrane(&["apply", "-auto-approve"]).code(1).complains(&["aws_ec2_fleet.all"]);
    assert_eq!(world.proxy().count("ec2:Create*"), 0);
}

#[test]
fn validate_says_what_the_provider_would_refuse() {
    let Some(world) = World::new("validate") else { return };
    world.write(
        "main.tf",
        r#"
provider "aws" {
  region = "mars"
}

resource "aws_vpc" "main" {
  cidr_block       = "10.0.0/16"
  instance_tenancy = "sometimes"
}
"#,
    );
    let run = world.terrane(&["validate"]).code(1).complains(&["\"mars\"", "main.tf line 3"]);
    run.complains(&["\"10.0.0/16\"", "main.tf line 7", "\"sometimes\"", "\"dedicated\"", "main.tf line 8"]);
    assert_eq!(world.proxy().count("*"), 0);
}

#[test]
fn a_plan_with_errors_tells_what_could_be_planned_before_them() {
    let folder = Folder::new();
    folder.write(
        "main.tf",
        r#"
resource "terraform_data" "good" {
  input = "x"
}

resource "terraform_data" "bad" {
  input = "y"
  lifecycle {
    precondition {
      condition     = terraform_data.good.input == "z"
      error_message = "Not yet."
    }
  }
}
"#,
    );
    let said =
        ["before it met errors", "# terraform_data.good will be created", "Plan: 1 to add, 0 to change, 0 to destroy."];
    for command in [&["plan"][..], &["apply", "-auto-approve"]] {
        folder.terrane(".", command).code(1).says(&said).complains(&["Not yet."]).does_not_say(&["terraform_data.bad"]);
    }
    let run = folder.terrane(".", &["plan", "-json"]).code(1);
    run.says(&["\"type\":\"planned_change\"", "\"type\":\"change_summary\"", "Not yet."]);
    folder.write("main.tf", "resource \"terraform_data\" \"bad\" {\n  input = file(\"none\")\n}\n");
    folder.terrane(".", &["plan"]).code(1).says_nothing().complains(&["none"]);
}

/// A secret that a provider's error, or AWS's, would tell.
const SECRET: &str = "hunter2-and-more";

#[test]
fn errors_of_providers_and_aws_do_not_tell_secrets() {
    let Some(world) = World::new("secret_errors") else { return };
    let begin = format!(
        "provider \"aws\" {{\n  region = \"eu-west-1\"\n}}\n\nvariable \"s\" {{\n  sensitive = true\n  default = {SECRET:?}\n}}\n"
    );
    let wrong = [
        "resource \"aws_vpc\" \"a\" {\n  cidr_block = var.s\n}\n",
        "resource \"aws_iam_role\" \"a\" {\n  assume_role_policy = \"{ ${var.s}\"\n}\n",
        "data \"aws_iam_policy_document\" \"a\" {\n  statement {\n    effect = var.s\n  }\n}\n",
        "locals {\n  a = templatefile(var.s, {})\n}\noutput \"a\" {\n  value = local.a\n  sensitive = true\n}\n",
    ];
    for text in wrong {
        world.write("main.tf", &(begin.clone() + text));
        let plan = world.terrane(&["plan"]).code(1).complains(&["(sensitive value)"]);
        assert!(!format!("{plan}").contains("hunter2"), "{plan}");
    }

    let user = "resource \"aws_iam_user\" \"a\" {\n  name = \"a\"\n  tags = { key = var.s }\n}\n";
    world.write("main.tf", &(begin + user));
    let message = format!("The value {SECRET} in {{\"Tags\":\"{SECRET}\"}} is not allowed.");
    let fault = Fault::Error { status: 400, code: "InvalidInput".to_owned(), message };
    world.proxy().set_rules(vec![Rule::new("iam:CreateUser", fault)]);
    let apply = world.terrane(&["apply", "-auto-approve"]).code(1).complains(&["The value (sensitive value) in"]);
    assert!(!format!("{apply}").contains("hunter2"), "{apply}");
}

#[test]
fn an_endpoint_is_a_url() {
    let Some(world) = World::new("endpoint_url") else { return };
    let block = "provider \"aws\" {\n  region = \"eu-west-1\"\n  endpoints {\n    ec2 = \"127.0.0.1:4566\"\n  }\n}\n";
    world.write("main.tf", &format!("{block}resource \"aws_vpc\" \"a\" {{\n  cidr_block = \"10.0.0.0/16\"\n}}\n"));
    world.terrane(&["plan"]).code(1).complains(&[
        "Invalid endpoint",
        "\"127.0.0.1:4566\" of EC2",
        "http://127.0.0.1:4566",
    ]);
}

#[test]
fn output_that_cannot_be_written_is_told() {
    let folder = Folder::new();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut run = Command::new(binary());
    let run = run.arg("version").current_dir(folder.path()).stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(run.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&run.stderr).contains("No space left on device"), "{run:?}");
}
