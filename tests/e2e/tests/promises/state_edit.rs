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

/// A state of a program from the future.
const NEWER: &str = r#"{
  "version": 4, "terraform_version": "1.12.0", "serial": 3, "lineage": "5a1c0d2e-0000-4000-8000-000000000001",
  "outputs": {}, "check_results": null,
  "resources": [
    {"mode": "managed", "type": "terraform_data", "name": "a", "provider": "provider[\"terraform.io/builtin/terraform\"]",
     "instances": [{"index_key": 0, "schema_version": 0, "attributes": {"id": "1"}, "colour": {"of": ["object"]}}], "shade": "of resource"},
    {"mode": "managed", "type": "terraform_data", "name": "b", "provider": "provider[\"terraform.io/builtin/terraform\"]",
     "instances": [{"schema_version": 0, "attributes": {"id": "2"}, "colour": "b"}], "shade": "b"}
  ]
}"#;

#[test]
fn fields_of_newer_programs_move_with_their_objects() {
    let folder = terrane_e2e::Folder::new();
    folder.write("one.tfstate", NEWER);
    let run = |arguments: &[&str]| folder.terrane("", arguments).code(0);
    run(&["state", "mv", "-state=one.tfstate", "terraform_data.a", "module.m.terraform_data.z"]);
    run(&["state", "mv", "-state=one.tfstate", "-state-out=two.tfstate", "terraform_data.b", "terraform_data.y"]);
    let read = |path: &str| -> serde_json::Value { serde_json::from_str(&folder.read(path)).unwrap() };
    let (one, two) = (read("one.tfstate"), read("two.tfstate"));
    let only = |state: &serde_json::Value| {
        assert_eq!(state["resources"].as_array().unwrap().len(), 1);
        let resource = &state["resources"][0];
        (resource["name"].clone(), resource["shade"].clone(), resource["instances"][0]["colour"].clone())
    };
    assert_eq!(only(&one), ("z".into(), "of resource".into(), serde_json::json!({"of": ["object"]})));
    assert_eq!(only(&two), ("y".into(), "b".into(), "b".into()));
}

#[test]
fn programs_read_what_becomes_of_a_state() {
    let folder = terrane_e2e::Folder::new();
    folder.write("terraform.tfstate", NEWER);
    let lines = |arguments: &[&str], code: i32| -> Vec<serde_json::Value> {
        let run = folder.terrane("", arguments).code(code);
        let lines: Vec<serde_json::Value> =
            run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0]["type"], "version");
        lines
    };
    let said = |lines: &[serde_json::Value]| -> Vec<String> {
        lines[1..].iter().map(|line| line["@message"].as_str().unwrap().to_owned()).collect()
    };
    let list = lines(&["state", "list", "-json"], 0);
    assert_eq!(said(&list), ["terraform_data.a[0]", "terraform_data.b"]);
    assert_eq!(list[1]["type"], "resource_address");
    let wrong = lines(&["state", "list", "-json", "terraform_data.none"], 1);
    assert_eq!(wrong[1]["diagnostic"]["severity"], "error");
    let moved = lines(&["state", "mv", "-json", "terraform_data.b", "terraform_data.c"], 0);
    assert_eq!(said(&moved), ["Moved terraform_data.b to terraform_data.c", "Successfully moved 1 object."]);
    let removed = lines(&["state", "rm", "-json", "terraform_data.c"], 0);
    assert_eq!(said(&removed)[0], "Removed terraform_data.c");
    let builtin = "terraform.io/builtin/terraform";
    lines(&["state", "replace-provider", "-json", builtin, "acme/x"], 1);
    let replaced = lines(&["state", "replace-provider", "-json", "-auto-approve", builtin, "acme/x"], 0);
    assert_eq!(replaced[1]["type"], "replace_provider");
    assert_eq!(replaced[1]["resources"], serde_json::json!(["terraform_data.a"]));
}
