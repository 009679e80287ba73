//! What exists is found, and taken over with what is written for it.

use std::collections::BTreeSet;

use terrane_e2e::{Folder, World};
use terrane_test_proxy::{Fault, Rule};

const MADE: &str = r#"
resource "aws_vpc" "main" {
  cidr_block = "10.9.0.0/16"
  tags       = { Name = "found again" }
}

resource "aws_subnet" "one" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.9.1.0/24"
}

resource "aws_iam_role" "runs" {
  name               = "RUNS"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}

resource "aws_kms_alias" "elsewhere" {
  name          = "alias/RUNS"
  target_key_id = aws_kms_key.elsewhere.key_id
  region        = "eu-west-2"
}

resource "aws_kms_key" "elsewhere" {
  region = "eu-west-2"
}
"#;

/// The types that an account does not have before somebody makes them.
const TYPES: [&str; 4] = ["aws_vpc", "aws_iam_r*", "aws_subnet", "aws_kms_*"];

fn lines(world: &World, more: &[&str]) -> Vec<serde_json::Value> {
    let arguments = [&["discover", "-json"], more].concat();
    let run = world.terrane(&arguments).code(0);
    run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn what_exists_is_found_and_imported_without_a_change() {
    let Some(world) = World::new("discover") else { return };
    let runs = world.unique("runs");
    world.write("main.tf", &MADE.replace("RUNS", &runs));
    world.terrane(&["apply", "-auto-approve"]).code(0);
    let in_state = |lines: &[serde_json::Value]| -> Vec<String> {
        lines.iter().filter_map(|line| line["address"].as_str().map(str::to_owned)).collect()
    };
    assert_eq!(in_state(&lines(&world, &TYPES)), ["aws_iam_role.runs", "aws_subnet.one", "aws_vpc.main"]);
    let elsewhere = lines(&world, &[&TYPES[..], &["-region=eu-west-2"]].concat());
    let kms = ["aws_kms_alias.elsewhere", "aws_kms_key.elsewhere"];
    assert!(kms.iter().all(|address| in_state(&elsewhere).iter().any(|a| a == address)), "{elsewhere:?}");

    std::fs::remove_file(world.folder().join("terraform.tfstate")).unwrap();
    world.write("main.tf", "");
    let run = world.terrane(&["discover", "-unmanaged", "aws_vpc", "aws_iam_role"]).code(0);
    run.says(&["found again", &runs, "eu-west-1"]).does_not_say(&["aws_subnet", "assume"]);
    let types =
        [&["discover", "-import-blocks=imports.tf", "-region=eu-west-2", "-region=eu-west-1"], &TYPES[..]].concat();
    world.terrane(&types).code(0).says(&["import blocks are in imports.tf"]);
    let written = world.read("imports.tf");
    let role = format!("to = aws_iam_role.{runs}");
    let alias = format!("\"alias/{runs}@eu-west-2\"");
    for words in ["to = aws_vpc.found_again", &role, &alias] {
        assert!(written.contains(words), "{words}: {written}");
    }
    world.terrane(&types).code(1).complains(&["Target generated file already exists"]);
    // Default VPCs and their subnets are there from the start, in both regions.
    world
        .terrane(&["plan", "-generate-config-out=generated.tf"])
        .code(0)
        .says(&["0 to add, 0 to change, 0 to destroy"]);
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&["0 added, 0 changed, 0 destroyed"]);
    world.terrane(&["plan", "-detailed-exitcode"]).code(0);
    let left = lines(&world, &[&TYPES[..], &["-unmanaged"]].concat());
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_one_type_refuses_does_not_hide_the_others() {
    let Some(world) = World::new("discover_refused") else { return };
    world.write("main.tf", "");
    let refused = Fault::Error { status: 403, code: "AccessDenied".into(), message: "not you".into() };
    world.proxy().set_rules(vec![Rule::new("iam:ListRoles", refused)]);
    let run = world.terrane(&["discover", "aws_iam_*", "aws_vpc*"]).code(0);
    run.says(&["aws_vpc "]).complains(&["Warning", "Objects of type aws_iam_role are missing"]);
    world.terrane(&["discover", "aws_iam_role"]).code(1).complains(&["Error", "AccessDenied"]);
}

#[test]
fn types_that_cannot_be_looked_for_are_refused() {
    let folder = Folder::new();
    folder.write("main.tf", "provider \"aws\" {\n  region = \"eu-west-1\"\n}\n");
    let run = folder.terrane("", &["discover", "aws_vcp"]).code(1);
    run.complains(&["Objects cannot be looked for", "no resource type \"aws_vcp\""]);
    folder.terrane("", &["discover", "aws_iam_group_membership"]).code(1).complains(&["have no import id"]);
    folder.terrane("", &["discover", "-provider=aws.west"]).code(1).complains(&["provider[", ".west"]);
    folder.terrane("", &["discover", "-import-blocks=x.txt"]).code(1).complains(&["Wrong place"]);
}

#[test]
fn what_configuration_is_written_for_is_read_together_and_twice_in_all() {
    let Some(world) = World::new("discover_many") else { return };
    let subnets = "resource \"aws_subnet\" \"many\" {\n  count      = 12\n  vpc_id     = aws_vpc.main.id\n  \
                   cidr_block = \"10.9.${100 + count.index}.0/24\"\n}\n";
    let vpc = "resource \"aws_vpc\" \"main\" {\n  cidr_block = \"10.9.0.0/16\"\n}\n";
    world.write("main.tf", &format!("{vpc}{subnets}"));
    world.terrane(&["apply", "-auto-approve"]).code(0);
    std::fs::remove_file(world.folder().join("terraform.tfstate")).unwrap();
    world.write("main.tf", "");
    world.terrane(&["discover", "-import-blocks=imports.tf", "aws_subnet", "aws_vpc"]).code(0);
    let before = world.proxy().count("ec2:DescribeSubnets");
    let plan =
        world.terrane(&["plan", "-generate-config-out=generated.tf"]).code(0).says(&[" to import", "0 to change"]);
    let asked = world.proxy().count("ec2:DescribeSubnets") - before;
    assert!(asked <= 3, "{asked} calls for 12 subnets: {plan}");
    world.terrane(&["apply", "-auto-approve"]).code(0);
    world.terrane(&["destroy", "-auto-approve"]).code(0);
}

#[test]
fn a_membership_is_known_though_its_id_is_made_up() {
    let Some(world) = World::new("discover_membership") else { return };
    let (user, group) = (world.unique("user"), world.unique("group"));
    world.write(
        "main.tf",
        &format!(
            "resource \"aws_iam_user\" \"one\" {{\n  name = \"{user}\"\n}}\n\
             resource \"aws_iam_group\" \"two\" {{\n  count = 2\n  name  = \"{group}-${{count.index}}\"\n}}\n\
             resource \"aws_iam_user_group_membership\" \"both\" {{\n  user   = aws_iam_user.one.name\n  \
             groups = aws_iam_group.two[*].name\n}}\n"
        ),
    );
    world.terrane(&["apply", "-auto-approve"]).code(0);
    let found = lines(&world, &["aws_iam_user_group_membership"]);
    let own = found.iter().find(|line| line["id"].as_str().is_some_and(|id| id.starts_with(&format!("{user}/"))));
    assert_eq!(own.map(|line| &line["address"]), Some(&"aws_iam_user_group_membership.both".into()), "{found:?}");
    world.terrane(&["destroy", "-auto-approve"]).code(0);
}

#[test]
fn what_the_state_has_is_known_type_by_type() {
    let Some(world) = World::new("discover_types") else { return };
    world.write("main.tf", &include_str!("discover/many.tf").replace("UNIQUE", &world.unique("found")));
    world.terrane(&["apply", "-auto-approve"]).code(0);
    let made = world.terrane(&["state", "list"]).code(0).stdout;
    let made: BTreeSet<&str> = made.lines().collect();
    let types: BTreeSet<&str> = made.iter().filter_map(|address| Some(address.split_once('.')?.0)).collect();
    let found = lines(&world, &types.into_iter().collect::<Vec<_>>());
    let known: BTreeSet<&str> = found.iter().filter_map(|line| line["address"].as_str()).collect();
    assert_eq!(made, known, "{found:#?}");
    world.terrane(&["destroy", "-auto-approve"]).code(0);
}
