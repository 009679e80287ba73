//! A state that is changed by hand keeps what it knows, and is never lost between two files.

use terrane_e2e::World;

const CONFIGURATION: &str = r#"
resource "terraform_data" "a" {
  input = "kept"
}
resource "terraform_data" "b" {
  count = 2
  input = terraform_data.a.output
}
module "m" {
  source = "./m"
}
"#;

fn applied(name: &str) -> Option<World> {
    let world = World::new(name)?;
    world.write("main.tf", CONFIGURATION);
    world.write("m/main.tf", "resource \"terraform_data\" \"x\" {}\n");
    world.write("other/main.tf", "resource \"terraform_data\" \"z\" {\n  input = \"kept\"\n}\n");
    world.terrane(&["init"]).code(0);
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&["4 added"]);
    Some(world)
}

#[test]
fn renamed_objects_need_no_change() {
    let Some(world) = applied("state_mv") else { return };
    world.write("main.tf", &CONFIGURATION.replace("\"b\"", "\"c\"").replace("module \"m\"", "module \"n\""));
    world.terrane(&["state", "mv", "-dry-run", "terraform_data.b", "terraform_data.c"]).code(0).says(&["Would move"]);
    world
        .terrane(&["state", "mv", "terraform_data.b", "terraform_data.c"])
        .code(0)
        .says(&["Moved terraform_data.b to"]);
    world.terrane(&["state", "mv", "module.m", "module.n"]).code(0).says(&["module.n.terraform_data.x"]);
    world.terrane(&["init"]).code(0);
    world.terrane(&["plan", "-detailed-exitcode"]).code(0).says(&["No changes."]);
    assert!(world.read("terraform.tfstate").contains("\"terraform_data.a\""), "dependencies are kept");
    for (from, to, why) in [
        ("terraform_data.q", "terraform_data.r", "does not match anything"),
        ("terraform_data.a", "terraform_data.c", "has an object at terraform_data.c[0], beside which"),
        ("terraform_data.a", "terraform_data.c[0]", "already has an object"),
        ("terraform_data.a", "null_resource.a", "the types differ"),
        ("terraform_data.c", "terraform_data.d[0]", "be a whole resource"),
        ("module.n", "terraform_data.d", "be a module too"),
        ("terraform_data.a", "terraform_data.", "is not an address"),
    ] {
        world.terrane(&["state", "mv", from, to]).code(1).complains(&[why]);
    }
}

#[test]
fn objects_move_to_the_state_of_another_folder() {
    let Some(world) = applied("state_mv_between") else { return };
    world.terrane(&["state", "mv", "-to-dir=other", "terraform_data.a", "terraform_data.z"]).code(0);
    world.terrane(&["-chdir=other", "plan", "-detailed-exitcode"]).code(0).says(&["No changes."]);
    world.terrane(&["state", "list"]).code(0).does_not_say(&["terraform_data.a"]);
    assert!(!world.read("terraform.tfstate").contains("dependencies"), "nothing depends on what is gone");
}

#[test]
fn an_interrupted_move_is_finished_by_the_same_command() {
    let Some(world) = applied("state_mv_interrupted") else { return };
    let before = world.read("terraform.tfstate");
    let arguments = ["state", "mv", "-to-dir=other", "terraform_data.a", "terraform_data.z"];
    world.terrane(&arguments).code(0);
    world.write("terraform.tfstate", &before);
    world.write(
        ".terraform/state-mv.json",
        r#"{"from":"./terraform.tfstate","to":"other/terraform.tfstate","renamed":[["terraform_data.a","terraform_data.z"]]}"#,
    );
    world.terrane(&["plan"]).code(1).complains(&["A move between two states was interrupted", "terraform_data.a"]);
    let other = ["state", "mv", "-to-dir=other", "module.m", "module.n"];
    world.terrane(&other).code(1).complains(&["A move between two states was interrupted"]);
    world.terrane(&arguments).code(0);
    world.terrane(&["state", "list"]).code(0).does_not_say(&["terraform_data.a"]);
    world.terrane(&["-chdir=other", "state", "list"]).code(0).says(&["terraform_data.z"]);
    world.terrane(&other).code(0);
}

#[test]
fn removed_objects_are_forgotten() {
    let Some(world) = applied("state_rm") else { return };
    world.terrane(&["state", "rm", "-dry-run", "module.m"]).code(0).says(&["Would remove module.m.terraform_data.x"]);
    world.terrane(&["state", "rm", "module.m", "terraform_data.b[0]"]).code(0).says(&["Removed 2 instances"]);
    world.terrane(&["plan", "-detailed-exitcode"]).code(2).says(&["2 to add, 0 to change, 0 to destroy"]);
    world.terrane(&["state", "rm", "terraform_data.b[0]"]).code(1).complains(&["Nothing in the state matches"]);
}

#[test]
fn a_state_is_pulled_and_pushed() {
    let Some(world) = applied("state_push") else { return };
    let first = world.terrane(&["state", "pull"]).code(0).stdout;
    assert_eq!(first, world.read("terraform.tfstate"), "what is pulled is the file");
    world.write("old.tfstate", &first);
    world.terrane(&["state", "push", "old.tfstate"]).code(0);
    world.terrane(&["state", "rm", "module.m"]).code(0);
    world.terrane(&["state", "push", "old.tfstate"]).code(1).complains(&["it has been changed since", "-force"]);
    world.write("foreign.tfstate", &first.replace("\"lineage\": \"", "\"lineage\": \"x"));
    world.terrane(&["state", "push", "foreign.tfstate"]).code(1).complains(&["different histories"]);
    world.terrane(&["state", "push", "-force", "old.tfstate"]).code(0);
    world.terrane(&["plan", "-detailed-exitcode"]).code(0);
    world.terrane(&["state", "push", "main.tf"]).code(1).complains(&["State file cannot be read"]);
    let foreign = first.replace("\"lineage\": \"", "\"lineage\": \"x").replace("\"serial\": 1", "\"serial\": 40");
    world.terrane_reading(&["state", "push", "-force", "-"], &foreign).code(0);
    assert_eq!(world.read("terraform.tfstate"), foreign, "what is pushed is kept to the byte");
}

#[test]
fn a_provider_is_replaced() {
    let Some(world) = applied("state_replace_provider") else { return };
    let (old, new) = ("terraform.io/builtin/terraform", "example.com/acme/terraform");
    world.terrane(&["state", "replace-provider", old, new]).code(1).complains(&["Cancelled"]);
    world.terrane(&["state", "replace-provider", "-auto-approve", old, new]).code(0).says(&["of 3 resources"]);
    assert!(world.read("terraform.tfstate").contains(new));
    world
        .terrane(&["state", "replace-provider", "-auto-approve", old, new])
        .code(0)
        .says(&["No resource in the state"]);
    world
        .terrane(&["state", "replace-provider", "a/b/c/d", new])
        .code(1)
        .complains(&["is not the address of a provider"]);
}
