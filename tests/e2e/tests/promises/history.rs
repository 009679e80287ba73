//! Earlier states are listed, compared and put back.

use terrane_e2e::World;

fn configuration(size: u32, secret: &str) -> String {
    format!(
        r#"
resource "terraform_data" "a" {{
  input = {{ size = {size}, secret = sensitive("{secret}") }}
}}
resource "terraform_data" "b" {{
  count = {size}
}}
output "size" {{
  value = {size}
}}
"#
    )
}

fn bucket(world: &World) -> String {
    let bucket = world.unique("history");
    world.account().create_bucket(&bucket);
    world.account().keep_versions(&bucket);
    format!(
        "terraform {{\n  backend \"s3\" {{\n    bucket = {bucket:?}\n    key = \"app.tfstate\"\n    region = \"eu-west-1\"\n    \
         use_lockfile = true\n    use_path_style = true\n  }}\n}}\n"
    )
}

/// Applies three configurations, one after the other.
fn applied(world: &World) {
    world.terrane(&["init"]).code(0);
    for size in [1, 2, 3] {
        world.write("main.tf", &configuration(size, "hush"));
        world.terrane(&["apply", "-auto-approve"]).code(0);
    }
}

fn versions(world: &World) -> Vec<(String, u64)> {
    let json = world.terrane(&["state", "history", "-json"]).code(0).stdout;
    let rows: Vec<serde_json::Value> = serde_json::from_str(&json).expect("the history is a list");
    let row = |row: &serde_json::Value| Some((row["version"].as_str()?.to_owned(), row["serial"].as_u64()?));
    rows.iter().map(|r| row(r).unwrap_or_else(|| panic!("no version or serial: {r}"))).collect()
}

#[test]
fn versions_in_a_bucket_are_listed_and_compared() {
    let Some(world) = World::new("history_lists") else { return };
    world.write("backend.tf", &bucket(&world));
    world.write("main.tf", &configuration(1, "hush"));
    applied(&world);
    let all = versions(&world);
    let serials: Vec<u64> = all.iter().map(|(_, serial)| *serial).collect();
    assert!(serials.is_sorted_by(|a, b| a > b) && serials.len() >= 3, "newest first: {all:?}");
    world.terrane(&["state", "history"]).code(0).says(&["apply", "in use", &all[0].0]);
    world.terrane(&["state", "history", "-limit=1"]).code(0).says(&[&all[0].0]).does_not_say(&[&all[1].0]);
    let last = world.terrane(&["state", "diff"]).code(0);
    last.says(&["terraform_data.b[2] is new", "size = 2 -> 3", "Outputs: 1 changed"]).does_not_say(&["hush"]);
    let first = all[all.len() - 1].1.to_string();
    let whole = world.terrane(&["state", "diff", "-detailed-exitcode", &first]).code(2);
    whole.says(&["terraform_data.b[1] is new", "terraform_data.b[2] is new", "~ size = 1 -> 3"]);
    world.terrane(&["state", "diff", "-detailed-exitcode", "current"]).code(0).says(&["No differences"]);
    let json = world.terrane(&["state", "diff", "-json", &all[0].0, &first]).code(0).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).expect("the difference is JSON");
    assert_eq!(json["output_changes"]["size"]["actions"][0], "update");
    let gone = json["resource_changes"]
        .as_array()
        .map(|all| all.iter().filter(|r| r["change"]["actions"][0] == "delete").count());
    assert_eq!(gone, Some(2));
    world.terrane(&["state", "diff", "777"]).code(1).complains(&["has the serial 777"]);
    world.terrane(&["state", "diff", "nonsense"]).code(1).complains(&["no version \"nonsense\""]);
}

#[test]
fn an_earlier_state_is_put_back() {
    let Some(world) = World::new("history_rollback") else { return };
    world.write("backend.tf", &bucket(&world));
    world.write("main.tf", &configuration(1, "hush"));
    applied(&world);
    let before = versions(&world);
    let (newest, first) = (before[0].1, before[before.len() - 1].1.to_string());
    world
        .terrane(&["state", "rollback", &first])
        .code(1)
        .says(&["terraform_data.b[2] is gone"])
        .complains(&["Cancelled"]);
    world.terrane(&["state", "rollback", "-dry-run", &first]).code(0).says(&["Only the state changes"]);
    assert_eq!(versions(&world), before, "nothing was written");
    let done = world.terrane(&["state", "rollback", "-auto-approve", &first]).code(0);
    done.says(&[&format!("It has the serial {} now", newest + 1)]).does_not_say(&["hush"]);
    world.terrane(&["state", "list"]).code(0).does_not_say(&["terraform_data.b[1]"]);
    world.terrane(&["state", "diff", "-detailed-exitcode", &first]).code(0);
    world.terrane(&["state", "history"]).code(0).says(&["state-rollback"]);
    world.terrane(&["plan", "-detailed-exitcode"]).code(2).says(&["2 to add"]);
    world.terrane(&["state", "rollback", &first]).code(0).says(&["Nothing was changed"]);
    world.write("foreign.tfstate", "{\"version\":4,\"serial\":1,\"lineage\":\"x\"}");
    world
        .terrane(&["state", "rollback", "-auto-approve", "foreign.tfstate"])
        .code(1)
        .complains(&["different histories"]);
}

#[test]
fn copies_beside_a_file_are_a_history() {
    let Some(world) = World::new("history_local") else { return };
    world.write("main.tf", &configuration(1, "hush"));
    applied(&world);
    world.terrane(&["state", "history"]).code(0).says(&["terraform.tfstate.backup", "in use"]);
    world.terrane(&["state", "diff"]).code(0).says(&["terraform_data.b[2] is new"]);
    world.terrane(&["state", "mv", "terraform_data.b[0]", "terraform_data.c"]).code(0);
    world.terrane(&["state", "diff"]).code(0).says(&["terraform_data.c has moved from terraform_data.b[0]", "1 moved"]);
    world.terrane(&["state", "rollback", "-auto-approve", "terraform.tfstate.backup"]).code(0);
    world.terrane(&["state", "list"]).code(0).says(&["terraform_data.b[0]"]);
}

#[test]
fn identities_are_listed() {
    let Some(world) = World::new("identities") else { return };
    world.write("main.tf", "");
    world.write(
        "terraform.tfstate",
        r#"{"version":4,"terraform_version":"1.12.6","serial":1,"lineage":"l","outputs":{},"resources":[{"mode":"managed",
        "type":"aws_vpc","name":"a","provider":"provider[\"registry.terraform.io/hashicorp/aws\"]","instances":[
        {"schema_version":1,"attributes":{"id":"vpc-1"},"identity_schema_version":0,"identity":{"id":"vpc-1","region":"eu-west-1"}}]},
        {"mode":"managed","type":"aws_vpc","name":"b","provider":"provider[\"registry.terraform.io/hashicorp/aws\"]","instances":[
        {"schema_version":1,"attributes":{"id":"vpc-2"}}]}]}"#,
    );
    let json = world.terrane(&["state", "identities", "-json"]).code(0).stdout;
    assert_eq!(json, "{\"aws_vpc.a\":{\"id\":\"vpc-1\",\"region\":\"eu-west-1\"}}\n");
    world.terrane(&["state", "identities", "aws_vpc.a"]).code(0).says(&["aws_vpc.a\n  id = \"vpc-1\"\n"]);
    world.terrane(&["state", "identities", "-json", "-id=vpc-2"]).code(0).says(&["{}"]);
    world.terrane(&["state", "identities", "aws_vpc.z"]).code(1).complains(&["Nothing in the state matches"]);
}

#[test]
fn a_deleted_state_is_put_back_above_all_that_was_stored() {
    let Some(world) = World::new("history_deleted") else { return };
    world.write("backend.tf", &bucket(&world));
    world.write("main.tf", &configuration(1, "hush"));
    world.terrane(&["init"]).code(0);
    world.terrane(&["workspace", "new", "gone"]).code(0);
    applied(&world);
    let before = versions(&world);
    let (last, chosen) = (before[0].1, &before[before.len() - 2]);
    world.terrane(&["workspace", "select", "default"]).code(0);
    world.terrane(&["workspace", "delete", "-force", "gone"]).code(0);
    let terrane = |arguments: &[&str]| world.start_with(("TF_WORKSPACE", "gone"), arguments).finish();
    let listed = terrane(&["state", "history", "-json"]).code(0).stdout;
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed[0]["deleted"], true, "{listed}");
    let marker = listed[0]["version"].as_str().unwrap().to_owned();
    terrane(&["state", "rollback", "-auto-approve", &marker]).code(1).complains(&["stands for its deletion"]);
    let done = terrane(&["state", "rollback", "-auto-approve", &chosen.0]).code(0);
    done.says(&[&format!("It has the serial {} now", last + 1)]);
    terrane(&["state", "diff", "-detailed-exitcode", &chosen.0]).code(0);
}
