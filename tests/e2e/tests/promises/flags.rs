//! Flags that others have work the same here.

use terrane_e2e::World;

const ONE: &str = r#"
variable "v" {
  default = "none"
}
resource "terraform_data" "a" {
  input = var.v
}
output "v" {
  value = terraform_data.a.output
}
"#;

#[test]
fn states_are_read_and_written_where_flags_say() {
    let Some(world) = World::new("state_files") else { return };
    world.write("main.tf", ONE);
    world.terrane(&["apply", "-auto-approve", "-state=first.tfstate"]).code(0).says(&["1 added"]);
    assert!(!world.folder().join("terraform.tfstate").exists());
    world.terrane(&["plan", "-state=first.tfstate", "-detailed-exitcode"]).code(0);
    world.terrane(&["plan", "-detailed-exitcode"]).code(2);
    let before = world.read("first.tfstate");
    let change = ["apply", "-auto-approve", "-state=first.tfstate", "-state-out=second.tfstate", "-var=v=x"];
    world.terrane(&change).code(0).says(&["1 changed"]);
    assert_eq!(world.read("first.tfstate"), before);
    world.terrane(&["output", "-state=second.tfstate", "-raw", "v"]).code(0).says(&["x"]);
    let change = ["apply", "-auto-approve", "-state=second.tfstate", "-backup=kept", "-var=v=y"];
    world.terrane(&change).code(0).says(&["1 changed"]);
    assert!(world.read("kept").contains("\"x\""), "what was there before is kept");
    world.terrane(&["refresh", "-state=second.tfstate", "-backup=-", "-var=v=y"]).code(0);
    world.terrane(&["destroy", "-auto-approve", "-state=second.tfstate"]).code(0).says(&["1 destroyed"]);
}

#[test]
fn a_state_that_is_no_file_cannot_be_put_aside() {
    let Some(world) = World::new("state_files_s3") else { return };
    let name = world.unique("aside");
    world.account().create_bucket(&name);
    let backend = format!(
        "terraform {{\n  backend \"s3\" {{\n    bucket = \"{name}\"\n    key = \"app\"\n    region = \"eu-west-1\"\n  }}\n}}\n"
    );
    world.write("main.tf", &(backend + ONE));
    world.terrane(&["init"]).code(0);
    world.terrane(&["plan", "-state=x"]).code(1).complains(&["State is not a file", "backend \"s3\"", "-state"]);
}

#[test]
fn workspaces_are_told_to_programs() {
    let Some(world) = World::new("workspace_json") else { return };
    world.write("main.tf", ONE);
    world
        .terrane(&["workspace", "new", "-json", "stage"])
        .code(0)
        .says(&["\"type\":\"version\"", "\"@message\":\"Created and switched to the workspace \\\"stage\\\"."]);
    world.terrane(&["workspace", "list", "-json"]).code(0).says(&[
        "\"type\":\"workspace_list\"",
        "\"workspaces\":[\"default\",\"stage\"]",
        "\"current_workspace\":\"stage\"",
    ]);
    world.terrane(&["workspace", "select", "-json", "nope"]).code(1).says(&["\"type\":\"diagnostic\""]);
    world.terrane(&["workspace", "list", "-json-into=told"]).code(0).says(&["* stage"]);
    assert!(world.read("told").contains("workspace_list"));
}

#[test]
fn programs_are_told_of_imports() {
    let Some(world) = World::new("import_json") else { return };
    world.write("sub/main.tf", "resource \"terraform_data\" \"a\" {}\n");
    let import = ["import", "-json", "-config=sub", "terraform_data.a", "x-1"];
    world.terrane(&import).code(0).says(&["\"type\":\"version\"", "Import successful!"]);
    world
        .terrane(&["import", "-json", "-config=sub", "terraform_data.b", "x"])
        .code(1)
        .says(&["\"type\":\"diagnostic\""]);
}

#[test]
fn the_last_of_a_flag_counts_and_limits_name_providers() {
    let Some(world) = World::new("limits") else { return };
    world.write("main.tf", "resource \"terraform_data\" \"a\" {\n  count = 30\n}\n");
    let limits =
        ["apply", "-auto-approve", "-parallelism=2", "-parallelism=terraform=1", "-refresh=false", "-refresh=true"];
    world.terrane(&limits).code(0).says(&["30 added"]);
    world.terrane(&["plan", "-parallelism=aws"]).code(1).complains(&["\"aws\" is not a value for -parallelism"]);
}
