//! A state answers SQL, and keeps its secrets.

use terrane_e2e::World;

const CONFIGURATION: &str = r#"
variable "secret" {
  default   = "hush"
  sensitive = true
}
resource "terraform_data" "a" {
  input = { env = "prod", key = var.secret }
}
resource "terraform_data" "b" {
  count            = 2
  input            = terraform_data.a.id
  triggers_replace = [count.index]
}
"#;

#[test]
fn a_state_answers_sql() {
    let Some(world) = World::new("query_answers") else { return };
    world.write("main.tf", CONFIGURATION);
    world.terrane(&["init"]).code(0);
    world.terrane(&["state", "query", "select count(*) from terraform_data"]).code(0).says(&["0\n\n1 row"]);
    world.terrane(&["apply", "-auto-approve"]).code(0);
    let query = "select _address, triggers_replace from terraform_data where _name = 'b'";
    let rows = "[\n{\"_address\":\"terraform_data.b[0]\",\"triggers_replace\":\"[0]\"},\n";
    world.terrane(&["state", "query", "-json", query]).code(0).says(&[rows]);
    let query = "select address, depends_on from dependencies order by 1";
    let rows = "address,depends_on\r\nterraform_data.b[0],terraform_data.a\r\n";
    world.terrane(&["state", "query", "-output=csv", query]).code(0).says(&[rows]);
    world.terrane_reading(&["state", "query", "-"], "select serial from state").code(0).says(&["serial"]);
    world.terrane(&["state", "query", "-state=terraform.tfstate", "select 7 as n"]).code(0).says(&["n\n-\n7\n"]);
    world.terrane(&["state", "query", "-schema", "terraform_data"]).code(0).says(&["triggers_replace  any"]);
}

#[test]
fn a_query_sees_no_secrets_and_changes_nothing() {
    let Some(world) = World::new("query_secrets") else { return };
    world.write("main.tf", CONFIGURATION);
    world.terrane(&["init"]).code(0);
    world.terrane(&["apply", "-auto-approve"]).code(0);
    let query = "select input->>'env' as env, input->>'key' as key, attributes->>'input' from terraform_data \
                 join resources on address = _address where _name = 'a'";
    let shown = world.terrane(&["state", "query", query]).code(0).says(&["prod", "(sensitive value)"]);
    shown.does_not_say(&["hush"]);
    world.terrane(&["state", "query", "-show-sensitive", query]).code(0).says(&["hush"]);
    let before = world.read("terraform.tfstate");
    for query in ["delete from resources", "attach 'x.db' as x", "vacuum into 'x.db'", "select 1; select 2"] {
        world.terrane(&["state", "query", query]).code(1).complains(&["Wrong query"]);
    }
    assert_eq!(world.read("terraform.tfstate"), before);
    assert!(!world.folder().join("x.db").exists());
    world.terrane(&["state", "query", "select inptu from terraform_data"]).code(1).complains(&[
        "on query line 1, column 8",
        "^^^^^",
        "Did you mean \"input\"?",
    ]);
}
