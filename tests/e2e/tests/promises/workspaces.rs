//! Workspaces are states of their own, in every store, and are not deleted with objects in them.

use terrane_e2e::World;

const ONE: &str = r#"
resource "terraform_data" "a" {
  input = terraform.workspace
}
output "name" {
  value = terraform_data.a.output
}
"#;

fn lives(world: &World) {
    world.terrane(&["init"]).code(0);
    world.terrane(&["workspace", "show"]).code(0).says(&["default"]);
    world.terrane(&["workspace", "new", "stage"]).code(0).says(&["Created and switched to the workspace \"stage\""]);
    world.terrane(&["workspace", "list"]).code(0).says(&["  default\n* stage\n"]);
    world.terrane(&["workspace", "new", "stage"]).code(1).complains(&["There is a workspace \"stage\" already"]);
    world.terrane(&["workspace", "new", "a/b"]).code(1).complains(&["Wrong workspace name"]);
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&["name = \"stage\""]);
    world.terrane(&["workspace", "select", "defualt"]).code(1).complains(&["Did you mean \"default\"?"]);
    world.terrane(&["workspace", "delete", "stage"]).code(1).complains(&["select another first"]);
    world.terrane(&["workspace", "select", "default"]).code(0).says(&["Switched to the workspace \"default\""]);
    world.terrane(&["state", "list"]).code(0).says_nothing();
    world.terrane(&["workspace", "delete", "stage"]).code(1).complains(&["Workspace is not empty", "terraform_data.a"]);
    world.terrane(&["workspace", "delete", "-force", "stage"]).code(0).complains(&["The workspace was not empty"]);
    world.terrane(&["workspace", "list"]).code(0).says(&["* default\n"]).does_not_say(&["stage"]);
    world
        .terrane(&["workspace", "select", "-or-create", "again"])
        .code(0)
        .says(&["Switched to the workspace \"again\""]);
    world.terrane(&["state", "list"]).code(0).says_nothing();
    world.terrane(&["workspace", "delete", "default"]).code(1).complains(&["always there"]);
}

#[test]
fn workspaces_of_a_folder() {
    let Some(world) = World::new("workspaces_local") else { return };
    world.write("main.tf", ONE);
    lives(&world);
}

#[test]
fn workspaces_of_a_bucket() {
    let Some(world) = World::new("workspaces_s3") else { return };
    let name = world.unique("workspaces");
    world.account().create_bucket(&name);
    world.account().create_lock_table(&name);
    let backend = format!(
        "terraform {{\n  backend \"s3\" {{\n    bucket = \"{name}\"\n    key = \"app\"\n    region = \"eu-west-1\"\n    dynamodb_table = \"{name}\"\n  }}\n}}\n"
    );
    world.write("main.tf", &(backend + ONE));
    lives(&world);
}
