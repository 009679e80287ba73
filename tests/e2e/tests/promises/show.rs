//! The JSON of a plan says what the text says, and hides what it is told to hide.

use serde_json::{Value, json};
use terrane_e2e::{Run, World};

const CONFIGURATION: &str = r#"
variable "name" {
  default = "web"
}

variable "password" {
  default   = "hush-hush"
  sensitive = true
}

resource "terraform_data" "first" {
  count = 2
  input = { name = var.name, password = var.password }
}

resource "terraform_data" "second" {
  input            = terraform_data.first[0].id
  triggers_replace = [var.name]
}

output "first" {
  value     = terraform_data.first[1].output
  sensitive = true
}
"#;

fn parsed(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("no JSON, {e}:\n{run}"))
}

#[test]
fn a_saved_plan_is_shown_as_json() {
    let Some(world) = World::new("show-json") else { return };
    world.write("main.tf", CONFIGURATION);
    world.terrane(&["init"]).code(0);
    world.terrane(&["plan", "-out=first.plan"]).code(0);
    world.write("main.tf", "# The file says it all.\n");

    let plan = parsed(&world.terrane(&["show", "-json", "first.plan"]).code(0));
    assert_eq!(plan["format_version"], "1.2");
    assert_eq!(plan["variables"]["password"]["value"], "hush-hush");
    let change = &plan["resource_changes"][0];
    assert_eq!(change["address"], "terraform_data.first[0]");
    assert_eq!(change["change"]["actions"], json!(["create"]));
    assert_eq!(
        change["change"]["after"],
        json!({
            "input": { "name": "web", "password": "hush-hush" }, "triggers_replace": null,
        })
    );
    assert_eq!(change["change"]["after_unknown"], json!({ "id": true, "input": {}, "output": true }));
    assert_eq!(change["change"]["after_sensitive"]["input"], json!({ "password": true }));
    let second = &plan["configuration"]["root_module"]["resources"][1];
    assert_eq!(
        second["expressions"]["input"]["references"],
        json!(["terraform_data.first[0].id", "terraform_data.first[0]", "terraform_data.first",])
    );
    assert_eq!(plan["planned_values"]["outputs"]["first"], json!({ "sensitive": true }));

    let redacted = world.terrane(&["show", "-json", "-redact", "first.plan"]).code(0);
    assert!(!redacted.stdout.contains("hush"), "{redacted}");
    assert_eq!(parsed(&redacted)["resource_changes"].as_array().map(Vec::len), Some(3));
}

#[test]
fn replacements_and_states_are_shown_as_json() {
    let Some(world) = World::new("show-json-replace") else { return };
    world.write("main.tf", CONFIGURATION);
    world.terrane(&["init"]).code(0);
    world.terrane(&["apply", "-auto-approve"]).code(0);
    world.terrane(&["plan", "-var=name=db", "-out=second.plan"]).code(0);

    let plan = parsed(&world.terrane(&["show", "-json", "second.plan"]).code(0));
    let second = &plan["resource_changes"][2];
    assert_eq!(second["change"]["actions"], json!(["delete", "create"]));
    assert_eq!(second["change"]["replace_paths"], json!([["triggers_replace"]]));
    assert_eq!(second["action_reason"], "replace_because_cannot_update");

    let state = world.terrane(&["show", "-json"]).code(0);
    let resources = &parsed(&state)["values"]["root_module"]["resources"];
    assert_eq!(resources[0]["values"]["output"]["password"], "hush-hush");
    assert_eq!(resources[2]["depends_on"], json!(["terraform_data.first"]));
    let redacted = world.terrane(&["show", "-json", "-redact"]).code(0);
    assert_eq!(parsed(&redacted)["values"]["outputs"]["first"]["value"], "(sensitive value)");
}

const CONDITIONS: &str = r#"
variable "kept" {
  default = 1
}

resource "terraform_data" "kept" {
  count = var.kept

  lifecycle {
    destroy = false
  }
}

module "m" {
  source = "./m"
  value  = local.value
}

locals {
  value = terraform_data.kept[*].id
}

check "kept" {
  assert {
    condition     = var.kept == 1
    error_message = "Something goes."
  }
}
"#;

const MODULE: &str = r#"
variable "value" {}

resource "terraform_data" "inner" {
  input = var.value

  lifecycle {
    precondition {
      condition     = length(var.value) < 9
      error_message = "Too many."
    }
  }
}
"#;

#[test]
fn reasons_conditions_and_what_matters_are_shown() {
    let Some(world) = World::new("show-conditions") else { return };
    world.write("main.tf", CONDITIONS);
    world.write("m/main.tf", MODULE);
    world.terrane(&["init"]).code(0);
    world.terrane(&["apply", "-auto-approve"]).code(0);
    world.terrane(&["plan", "-var=kept=0", "-out=p"]).code(0);
    let plan = parsed(&world.terrane(&["show", "-json", "p"]).code(0));
    let kept = &plan["resource_changes"][0];
    assert_eq!(kept["change"]["actions"], json!(["forget"]));
    assert_eq!(kept["action_reason"], "forgot_because_lifecycle_destroy_in_config");
    assert_eq!(plan["relevant_attributes"], json!([{ "resource": "terraform_data.kept", "attribute": [] }]));
    let of_check = json!({
        "address": { "kind": "check", "name": "kept", "to_display": "check.kept" },
        "status": "fail",
        "instances": [{
            "address": { "to_display": "check.kept" },
            "status": "fail",
            "problems": [{ "message": "Something goes." }],
        }],
    });
    let of_module = json!({
        "address": {
            "kind": "resource",
            "mode": "managed",
            "module": "module.m",
            "name": "inner",
            "to_display": "module.m.terraform_data.inner",
            "type": "terraform_data",
        },
        "status": "pass",
        "instances": [{
            "address": { "module": "module.m", "to_display": "module.m.terraform_data.inner" },
            "status": "pass",
        }],
    });
    assert_eq!(plan["checks"], json!([of_check, of_module]));
    assert_eq!(plan["prior_state"].get("checks"), None);
    let state = parsed(&world.terrane(&["show", "-json"]).code(0));
    assert_eq!(state["checks"][0]["status"], "pass");
}
