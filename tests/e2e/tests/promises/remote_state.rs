//! `terraform_remote_state` reads the outputs of other projects, wherever their state is.

use terrane_e2e::{Folder, World};

const OUTPUTS: &str = r#"
output "name" {
  value = "network"
}
output "ids" {
  value = { a = ["x", 1, true], none = null }
}
output "token" {
  value     = "hush"
  sensitive = true
}
"#;

const READS: &str = r#"
output "name" {
  value = data.terraform_remote_state.network.outputs.name
}
output "ids" {
  value = data.terraform_remote_state.network.outputs.ids.a[1] + 1
}
output "zone" {
  value = data.terraform_remote_state.network.outputs.zone
}
"#;

fn reading(backend: &str, config: &str, more: &str) -> String {
    format!(
        r#"
data "terraform_remote_state" "network" {{
  backend  = "{backend}"
  config   = {{ {config} }}
  defaults = {{ zone = "a", name = "unused" }}
  {more}
}}
{READS}"#
    )
}

#[test]
fn outputs_of_a_file() {
    let folder = Folder::new();
    folder.write("network/main.tf", OUTPUTS);
    folder.terrane("network", &["apply", "-auto-approve"]).code(0);
    folder.write("app/main.tf", &reading("local", "path = \"../network/terraform.tfstate\"", ""));
    let said = folder.terrane("app", &["apply", "-auto-approve"]).code(0);
    said.says(&["name = \"network\"", "ids = 2", "zone = \"a\""]);
    folder.terrane("app", &["plan", "-detailed-exitcode"]).code(0);
    assert!(folder.read("app/terraform.tfstate").contains("\"terraform_remote_state\""));

    folder.terrane("network", &["workspace", "new", "stage"]).code(0);
    let config = "path = \"unused\", workspace_dir = \"../network/terraform.tfstate.d\"";
    folder.write("app/main.tf", &reading("local", config, "workspace = \"prod\""));
    let refused = folder.terrane("app", &["plan"]).code(1);
    refused.complains(&["Unable to find remote state", "\"prod\"", "main.tf line"]);
    folder.write("app/main.tf", &reading("local", config, "workspace = \"stage\""));
    folder.terrane("app", &["plan"]).code(1).complains(&["name"]);
    folder.terrane("network", &["apply", "-auto-approve"]).code(0);
    folder.terrane("app", &["plan"]).code(0);
}

#[test]
fn what_is_not_known_yet_is_read_during_apply() {
    let folder = Folder::new();
    folder.write("network/main.tf", OUTPUTS);
    folder.terrane("network", &["apply", "-auto-approve"]).code(0);
    folder.write(
        "app/main.tf",
        &format!(
            "resource \"terraform_data\" \"path\" {{\n  input = \"../network/terraform.tfstate\"\n}}\n{}",
            reading("local", "path = terraform_data.path.output", "")
        ),
    );
    let planned = folder.terrane("app", &["plan"]).code(0);
    planned.says(&["(known after apply)", "will be read during apply"]);
    folder.terrane("app", &["apply", "-auto-approve"]).code(0).says(&["name = \"network\"", "ids = 2"]);
}

#[test]
fn what_is_wrong_is_named() {
    let folder = Folder::new();
    for (backend, config, parts) in [
        ("moon", "", vec!["\"moon\""]),
        ("pg", "conn_str = \"x\"", vec!["\"pg\"", "not supported"]),
        ("local", "pathh = \"x\"", vec!["no argument \"pathh\""]),
        ("s3", "bucket = \"x\"", vec!["needs the argument \"key\""]),
        ("http", "address = \"ftp://x\"", vec!["not ftp://"]),
    ] {
        folder.write("main.tf", &reading(backend, config, ""));
        folder.terrane("", &["plan"]).code(1).complains(&[parts, vec!["main.tf line"]].concat());
    }
}

#[test]
fn outputs_of_a_bucket() {
    let Some(world) = World::new("remote_state_s3") else { return };
    let name = world.unique("remote");
    world.account().create_bucket(&name);
    let place = format!("bucket = \"{name}\"\n key = \"network.tfstate\"\n region = \"eu-west-1\"");
    world.write("network/main.tf", &format!("terraform {{\n backend \"s3\" {{\n {place}\n }}\n}}\n{OUTPUTS}"));
    world.terrane(&["-chdir=network", "init"]).code(0);
    world.terrane(&["-chdir=network", "apply", "-auto-approve"]).code(0);
    world.write("app/main.tf", &reading("s3", &place.replace('\n', ","), ""));
    world.terrane(&["-chdir=app", "apply", "-auto-approve"]).code(0).says(&["name = \"network\"", "zone = \"a\""]);
    world.write("app/main.tf", &reading("s3", &place.replace('\n', ",").replace("network.tf", "none.tf"), ""));
    world.terrane(&["-chdir=app", "plan"]).code(1).complains(&["Unable to find remote state"]);
}

#[test]
fn outputs_behind_an_address() {
    let Ok(server) = std::env::var("TERRANE_TEST_STATES") else {
        return eprintln!("SKIPPED: needs the state server; `cargo xtask test` starts it");
    };
    let folder = Folder::new();
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
    let login = "username = \"ana\"\n password = \"secret\"";
    let place = format!("address = \"{server}/private/remote-{nanos}\"\n {login}");
    folder.write("network/main.tf", &format!("terraform {{\n backend \"http\" {{\n {place}\n }}\n}}\n{OUTPUTS}"));
    folder.terrane("network", &["init"]).code(0);
    folder.terrane("network", &["apply", "-auto-approve"]).code(0);
    folder.write("app/main.tf", &reading("http", &place.replace('\n', ","), ""));
    folder.terrane("app", &["apply", "-auto-approve"]).code(0).says(&["name = \"network\""]);
    folder.write("app/main.tf", &reading("http", &place.replace('\n', ",").replace("secret", "wrong"), ""));
    let refused = folder.terrane("app", &["plan"]).code(1).complains(&["403"]);
    assert!(!refused.stderr.contains("wrong\""), "{refused}");
}
