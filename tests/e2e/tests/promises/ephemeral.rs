//! Ephemeral values leave no trace on disk.

use terrane_e2e::World;

const MAIN: &str = r#"
variable "token" {
  type      = string
  ephemeral = true
}

variable "size" {
  type    = number
  default = 1
}

module "m" {
  source = "./m"
  token  = "Bearer ${var.token}"
}

resource "terraform_data" "sized" {
  input = var.size

  lifecycle {
    precondition {
      condition     = module.m.token == "Bearer hush-hush"
      error_message = "The token is not the right one."
    }
  }
}

output "token" {
  value = ephemeralasnull(module.m.token)
}
"#;

const MODULE: &str = r#"
variable "token" {
  ephemeral = true
}

output "token" {
  value     = var.token
  ephemeral = true
}
"#;

#[test]
fn a_saved_plan_is_given_ephemeral_values_again() {
    let Some(world) = World::new("ephemeral") else { return };
    world.write("main.tf", MAIN);
    world.write("m/main.tf", MODULE);
    world.terrane(&["init"]).code(0);
    world.terrane(&["plan", "-input=false", "-out=saved"]).code(1).complains(&["var", "token"]);
    world.terrane(&["plan", "-var=token=wrong"]).code(1).complains(&["The token is not the right one."]);
    world.terrane(&["plan", "-out=saved", "-var=token=hush-hush", "-var=size=2"]).code(0);
    let needs = ["No value for required variable", "ephemeral", "main.tf line 2"];
    world.terrane(&["apply", "saved"]).code(1).complains(&needs);
    let other = world.terrane(&["apply", "-var=token=hush-hush", "-var=size=3", "saved"]).code(1);
    other.complains(&["Mismatch between input and plan variable value", "size"]);
    world.terrane(&["apply", "-var=token=hush-hush", "saved"]).code(0).says(&["1 added"]);
    assert!(!world.read("terraform.tfstate").contains("hush"));
}
