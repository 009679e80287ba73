//! A saved plan stands for itself, is applied once, and only where it was made.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use terrane_e2e::{Folder, Run};

const MAIN: &str = r#"
variable "name" {
  default = "web"
}

variable "password" {
  default   = "hush"
  sensitive = true
}

resource "terraform_data" "one" {
  input = [var.name, var.password]
}

output "id" {
  value = terraform_data.one.id
}
"#;

fn planned(arguments: &[&str]) -> Folder {
    let folder = Folder::new();
    folder.write("main.tf", MAIN);
    let plan = [&["plan", "-out=it.plan"], arguments].concat();
    folder.terrane("", &plan).code(0);
    folder
}

fn apply(folder: &Folder) -> Run {
    folder.terrane("", &["apply", "it.plan"])
}

#[test]
fn it_is_shown_in_an_empty_folder() {
    let folder = planned(&[]);
    fs::create_dir(folder.path().join("empty")).unwrap();
    let shown = folder.terrane("empty", &["show", "../it.plan"]).code(0);
    let shown = shown.says(&["# terraform_data.one will be created", "Plan: 1 to add, 0 to change, 0 to destroy."]);
    assert!(!shown.stdout.contains("hush"), "{shown}");
    let json = folder.terrane("empty", &["show", "-json", "../it.plan"]).code(0);
    json.says(&["\"format_version\":\"1.2\"", "\"configuration\":{", "\"action"]);
    let mode = fs::metadata(folder.path().join("it.plan")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn it_is_applied_once_also_from_nothing() {
    let folder = planned(&[]);
    apply(&folder).code(0).says(&["1 added"]);
    let again = apply(&folder).code(1).complains(&["Saved plan is stale", "there was no state yet"]);
    assert!(!again.stdout.contains("added"), "{again}");

    folder.terrane("", &["plan", "-out=it.plan", "-var=name=db"]).code(0);
    apply(&folder).code(0).says(&["1 changed"]);
    apply(&folder).code(1).complains(&["Saved plan is stale", "serial 2 -> 4", "applied already"]);
    assert_eq!(folder.terrane("", &["state", "list"]).stdout, "terraform_data.one\n");
}

#[test]
fn a_plan_whose_apply_failed_is_used_up() {
    let folder = Folder::new();
    let failing =
        "resource \"terraform_data\" \"x\" {\n  provisioner \"local-exec\" {\n    command = \"false\"\n  }\n}\n";
    folder.write("main.tf", failing);
    folder.terrane("", &["plan", "-out=it.plan"]).code(0);
    apply(&folder).code(1);
    apply(&folder).code(1).complains(&["Saved plan is stale"]);
}

#[test]
fn two_at_once_do_not_both_apply_it() {
    let folder = planned(&[]);
    let runs: Vec<_> = (0..4).map(|_| folder.start("", &["apply", "-lock-timeout=20s", "it.plan"])).collect();
    let done: Vec<Run> = runs.into_iter().map(terrane_e2e::Running::finish).collect();
    assert_eq!(done.iter().filter(|run| run.code == Some(0)).count(), 1, "{done:?}");
    for run in done.iter().filter(|run| run.code != Some(0)) {
        assert!(run.stderr.contains("Saved plan is stale"), "{run}");
    }
}

#[test]
fn a_plan_without_changes_does_no_harm_twice() {
    let folder = planned(&[]);
    apply(&folder).code(0);
    folder.terrane("", &["plan", "-out=it.plan"]).code(0);
    let before = folder.read("terraform.tfstate");
    apply(&folder).code(0);
    apply(&folder).code(0);
    assert_eq!(folder.read("terraform.tfstate"), before);
}

#[test]
fn the_files_that_have_changed_are_named() {
    let folder = planned(&[]);
    folder.write("main.tf", &format!("{MAIN}# more\n"));
    folder.write("other.tf", "");
    let words = ["Configuration has changed since the plan", "main.tf has changed, other.tf is new"];
    apply(&folder).code(1).complains(&words);
    folder.write("main.tf", MAIN);
    fs::remove_file(folder.path().join("other.tf")).unwrap();
    apply(&folder).code(0);
}

#[test]
fn the_variable_that_has_changed_is_named_but_not_its_value() {
    let folder = Folder::new();
    folder.write("main.tf", MAIN);
    folder.write("terraform.tfvars", "password = \"first-secret\"\n");
    folder.terrane("", &["plan", "-out=it.plan", "-var=name=db"]).code(0);
    folder.write("terraform.tfvars", "password = \"second-secret\"\n");
    let run = apply(&folder).code(1);
    let run = run.complains(&["Mismatch between input and plan variable value", "\"password\"", "terraform.tfvars"]);
    assert!(!run.stderr.contains("secret") && !run.stdout.contains("secret"), "{run}");
    folder.write("terraform.tfvars", "password = \"first-secret\"\n");
    let run = folder.terrane("", &["apply", "-var=name=x", "it.plan"]).code(1);
    run.complains(&["Mismatch between input and plan variable value", "\"name\"", "the command line"]);
    folder.terrane("", &["apply", "-var=name=db", "it.plan"]).code(0).says(&["1 added"]);
}

#[test]
fn it_belongs_to_its_workspace_and_state() {
    let folder = planned(&[]);
    folder.write("run.sh", "TF_WORKSPACE=other \"$1\" apply it.plan 2>&1 || true\n");
    let binary = terrane_e2e::binary();
    let said = folder.shell("", &format!("sh run.sh {}", binary.display()));
    assert!(said.contains("made in the workspace \"default\""), "{said}");
    apply(&folder).code(0);
    folder.terrane("", &["plan", "-out=it.plan", "-var=name=db"]).code(0);
    let state = folder.read("terraform.tfstate");
    folder.write("terraform.tfstate", &state.replace("\"serial\": 2", "\"serial\": 1"));
    apply(&folder).code(1).complains(&["Saved plan is stale", "older: serial 1"]);
    fs::remove_file(folder.path().join("terraform.tfstate")).unwrap();
    apply(&folder).code(1).complains(&["Saved plan is stale", "now there is no state"]);
    folder.terrane("", &["apply", "-auto-approve"]).code(0);
    apply(&folder).code(1).complains(&["Saved plan does not match the given state", "has lineage"]);
}

#[test]
fn what_is_no_plan_is_not_applied() {
    let folder = planned(&[]);
    let whole = fs::read(folder.path().join("it.plan")).unwrap();
    let put = |bytes: &[u8]| fs::write(folder.path().join("it.plan"), bytes).unwrap();
    let mut changed = whole.clone();
    *changed.last_mut().unwrap() ^= 1;
    let cases: [(&[u8], &str); 6] = [
        (b"", "The file is empty"),
        (&whole[..whole.len() / 2], "does not have the digest"),
        (&changed, "does not have the digest"),
        (b"PK\x03\x04tfplan", "one of Terraform or OpenTofu"),
        (b"hello\n", "not a plan file"),
        (b"{\"format_version\": \"1.2\"}", "looks like JSON"),
    ];
    for (bytes, words) in cases {
        put(bytes);
        apply(&folder).code(1).complains(&["Plan cannot be read", "it.plan", words]);
        folder.terrane("", &["show", "it.plan"]).code(1).complains(&[words]);
    }
    assert!(!folder.path().join("terraform.tfstate").exists());
    folder.terrane("", &["apply", "."]).code(1).complains(&["this is a folder"]);
    folder.terrane("", &["apply", "missing.plan"]).code(1).complains(&["missing.plan"]);
    put(&whole);
    for flag in ["-destroy", "-target=terraform_data.one", "-replace=terraform_data.one", "-refresh-only"] {
        folder
            .terrane("", &["apply", flag, "it.plan"])
            .code(1)
            .complains(&["The plan is made already", flag.split_once('=').map_or(flag, |(name, _)| name)]);
    }
    apply(&folder).code(0);
}

#[test]
fn what_could_be_planned_in_spite_of_errors_is_shown_but_not_applied() {
    let folder = Folder::new();
    folder.write("main.tf", &format!("{MAIN}\n{FAILING}"));
    let planned = folder.terrane("", &["plan", "-out=it.plan"]).code(1);
    planned.says(&["terrane show \"it.plan\"", "cannot be applied"]).complains(&["Resource postcondition failed"]);
    let shown = folder.terrane("", &["show", "it.plan"]).code(0);
    shown.says(&["before it met errors", "# terraform_data.one will be created"]);
    let json = folder.terrane("", &["show", "-json", "it.plan"]).code(0);
    json.says(&["\"errored\":true", "\"applyable\":false", "\"complete\":false", "\"status\":\"fail\""]);
    apply(&folder).code(1).complains(&["Cannot apply incomplete plan"]);
    assert!(!folder.path().join("terraform.tfstate").exists());
}

const FAILING: &str = r#"
resource "terraform_data" "two" {
  input = 1
  lifecycle {
    postcondition {
      condition     = self.input == 2
      error_message = "It is ${self.input}."
    }
  }
}
"#;

#[test]
fn applying_a_part_warns_and_tells_programs_what_was_planned() {
    let folder = planned(&["-target=terraform_data.one"]);
    let applied = folder.terrane("", &["apply", "-json", "it.plan"]).code(0);
    applied.says(&["\"type\":\"planned_change\"", "\"action\":\"create\"", "The plan is limited by -target"]);
}
