//! What cannot be planned yet waits for a later plan, is named, and is brought to its end with `-converge`.

use terrane_e2e::World;

const MAIN: &str = r#"
resource "terraform_data" "a" {
  input = "two"
}

resource "terraform_data" "b" {
  count = terraform_data.a.output == "two" ? 2 : 1
  input = count.index
}

resource "terraform_data" "c" {
  input = terraform_data.b[*].output
}

output "c" {
  value = terraform_data.c.output
}
"#;

#[test]
fn the_error_says_what_makes_it_known_and_that_command_helps() {
    let Some(world) = World::new("deferral_error") else { return };
    world.write("main.tf", MAIN);
    let run = world.terrane(&["plan"]).code(1);
    run.complains(&[
        "count = terraform_data.a.output == \"two\" ? 2 : 1",
        "terraform_data.a.output is known only after terraform_data.a is created.",
        "terrane apply -target=terraform_data.a",
        "terrane apply -allow-deferral",
    ]);
    world.terrane(&["apply", "-auto-approve", "-target=terraform_data.a"]).code(0);
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&["3 added"]);
}

#[test]
fn deferred_changes_are_named_and_done_next_time() {
    let Some(world) = World::new("deferral_plan") else { return };
    world.write("main.tf", MAIN);
    let plan = ["plan", "-allow-deferral", "-detailed-exitcode", "-out=p"];
    world.terrane(&plan).code(2).says(&[
        "Plan: 1 to add, 0 to change, 0 to destroy, 2 deferred.",
        "# terraform_data.c may be created\n  #   (depends on terraform_data.b[*], which is deferred)",
        "(which instances there are is known only after apply of terraform_data.a)",
    ]);
    let json = world.terrane(&["show", "-json", "p"]).code(0).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let reasons: Vec<String> = json["deferred_changes"].as_array().unwrap().iter().map(reason).collect();
    assert_eq!(reasons, ["terraform_data.c deferred_prereq", "terraform_data.b[*] instance_count_unknown"]);
    assert_eq!((&json["complete"], &json["applyable"]), (&false.into(), &true.into()));
    world.terrane(&["apply", "p"]).code(0).says(&["1 added", "Still deferred:", "terrane apply -allow-deferral"]);
    assert!(!world.read("terraform.tfstate").contains("\"b\""));
    world
        .terrane(&["apply", "-auto-approve", "-allow-deferral"])
        .code(0)
        .says(&["3 added"])
        .does_not_say(&["deferred"]);
    world.terrane(&["plan", "-detailed-exitcode"]).code(0);
}

fn reason(deferred: &serde_json::Value) -> String {
    let address = deferred["resource_change"]["address"].as_str().unwrap();
    format!("{address} {}", deferred["reason"].as_str().unwrap())
}

#[test]
fn converging_goes_on_until_nothing_is_left() {
    let Some(world) = World::new("deferral_converge") else { return };
    world.write("main.tf", MAIN);
    let converge = ["apply", "-auto-approve", "-converge"];
    world.terrane(&converge).code(0).says(&["1 added", "3 added", "Converged after 2 rounds"]);
    world.terrane(&converge).code(0).says(&["Converged: nothing is deferred"]);
    world.terrane(&["plan", "-detailed-exitcode"]).code(0);
    world.terrane(&["apply", "-converge", "-destroy"]).code(1).complains(&["-converge", "-destroy"]);
}

#[test]
fn converging_ends_when_it_gets_nowhere() {
    let Some(world) = World::new("deferral_stuck") else { return };
    world.write("main.tf", "resource \"terraform_data\" \"a\" {\n  count = length(timestamp()) > 0 ? 1 : 2\n}\n");
    let run = world.terrane(&["apply", "-auto-approve", "-converge"]).code(1);
    run.complains(&["No progress", "terraform_data.a[*]"]);
    world.write("main.tf", "resource \"terraform_data\" \"a\" {\n  triggers_replace = timestamp()\n}\n");
    let run = world.terrane(&["apply", "-auto-approve", "-converge", "-max-rounds=2"]).code(1);
    run.complains(&["Not converged", "After 2 rounds", "terraform_data.a", "-max-rounds"]);
}

const CLOUD: &str = r#"
resource "terraform_data" "region" {
  input = "eu-central-1"
}

provider "aws" {
  alias  = "there"
  region = terraform_data.region.output
}

resource "aws_vpc" "main" {
  cidr_block = "10.7.0.0/16"
}

resource "aws_subnet" "some" {
  for_each   = toset([aws_vpc.main.id])
  vpc_id     = each.key
  cidr_block = "10.7.1.0/24"
}

data "aws_region" "there" {
  provider = aws.there
}

output "region" {
  value = data.aws_region.there.id
}
"#;

#[test]
fn providers_and_ids_of_a_cloud_may_be_unknown() {
    let Some(world) = World::new("deferral_cloud") else { return };
    world.write("main.tf", CLOUD);
    let run = world.terrane(&["apply", "-auto-approve", "-converge"]).code(0);
    run.says(&[
        "# aws_subnet.some[*] may be created",
        "# data.aws_region.there will be read\n  #   (the configuration of its provider is known only after apply of terraform_data.region)",
        "Converged after 2 rounds",
        "region = \"eu-central-1\"",
    ]);
    world.terrane(&["destroy", "-auto-approve"]).code(0);
}
