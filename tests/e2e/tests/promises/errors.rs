//! Mistakes are all shown at once, each in its place; none gets as far as AWS.

use terrane_e2e::{Folder, World};

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
