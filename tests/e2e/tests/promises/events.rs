//! Programs are told what happens, one JSON object a line, in the form other tools know.
//!
//! The transcripts are in the folder beside this file; `UPDATE=1` writes them anew.

use std::path::Path;

use serde_json::Value;
use terrane_e2e::Folder;

const CONFIGURATION: &str = r#"
variable "keys" {
  type    = list(string)
  default = ["k"]
}

resource "terraform_data" "first" {
  for_each = toset(var.keys)
  input    = each.key

  provisioner "local-exec" {
    command = "echo made"
  }
}

module "m" {
  source = "./m"
  name   = join(",", keys(terraform_data.first))
}

output "name" {
  value = module.m.name
}

output "secret" {
  value     = "hush-hush"
  sensitive = true
}
"#;

const MODULE: &str = r#"
variable "name" {}

resource "terraform_data" "inner" {
  input            = var.name
  triggers_replace = var.name
}

output "name" {
  value = terraform_data.inner.output
}
"#;

fn project() -> Folder {
    let folder = Folder::new();
    folder.write("main.tf", CONFIGURATION);
    folder.write("m/main.tf", MODULE);
    folder.terrane("", &["init"]).code(0);
    folder
}

/// Events without what differs from run to run: times, ids of objects, the version.
fn steady(stream: &str) -> String {
    let line = |line: &str| {
        let mut event: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("no JSON, {e}: {line}"));
        let timestamp = event.as_object_mut().unwrap().remove("@timestamp");
        assert!(timestamp.is_some_and(|t| t.as_str().unwrap().len() == "2026-01-02T03:04:05.678901Z".len()));
        without_ids(&event.to_string()).replace(env!("CARGO_PKG_VERSION"), "VERSION")
    };
    stream.lines().map(|l| line(l) + "\n").collect()
}

fn without_ids(text: &str) -> String {
    let is_id = |word: &str| word.len() == 36 && word.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    let mut out = String::new();
    for (i, part) in text.split_inclusive(['"', '=', ']']).enumerate() {
        let (word, end) = part.split_at(part.len() - usize::from(part.ends_with(['"', '=', ']'])));
        out += if i > 0 && is_id(word) { "ID" } else { word };
        out += end;
    }
    out
}

#[track_caller]
fn transcript(name: &str, stream: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/promises/events").join(name);
    let found = steady(stream);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "{name} is not what is told; it is\n{found}");
}

#[test]
fn an_apply_a_change_and_a_refresh_are_told_as_events() {
    let folder = project();
    transcript("apply.jsonl", &folder.terrane("", &["apply", "-json", "-auto-approve"]).code(0).stdout);
    let keys = r#"-var=keys=["l"]"#;
    transcript("plan.jsonl", &folder.terrane("", &["plan", "-json", "-detailed-exitcode", keys]).code(2).stdout);
    transcript("refresh.jsonl", &folder.terrane("", &["refresh", "-json"]).code(0).stdout);
    transcript("destroy.jsonl", &folder.terrane("", &["destroy", "-json", "-auto-approve"]).code(0).stdout);
}

#[test]
fn what_fails_is_told_as_events() {
    let folder = project();
    folder.write("main.tf", &CONFIGURATION.replace("echo made", "echo no; exit 3"));
    let run = folder.terrane("", &["apply", "-json", "-auto-approve"]).code(1);
    transcript("failed.jsonl", &run.stdout);
    assert!(run.stderr.is_empty(), "{run}");
    folder.write("main.tf", "resource \"terraform_data\" \"a\" {\n  input = local.nothing\n}\n");
    transcript("wrong.jsonl", &folder.terrane("", &["plan", "-json"]).code(1).stdout);
}

#[test]
fn nobody_is_asked_where_nobody_can_answer() {
    let folder = project();
    let run = folder.terrane("", &["apply", "-json"]).code(1);
    transcript("unasked.jsonl", &run.stdout);
    assert!(!folder.path().join("terraform.tfstate").exists());
    folder.terrane("", &["plan", "-json", "-json-into=events"]).code(1).says(&["exclude each other"]);
}

#[test]
fn events_go_into_a_file_while_people_read() {
    let folder = project();
    let run = folder.terrane("", &["apply", "-json-into=events", "-auto-approve"]).code(0);
    run.says(&["Plan: 2 to add", "Creation complete after", "Apply complete! Resources: 2 added"]);
    transcript("apply.jsonl", &folder.read("events"));
    let run = folder.terrane("", &["plan", "-json-into=no/such/folder/events"]).code(1);
    run.complains(&["The file no/such/folder/events of -json-into cannot be written"]);
}

#[test]
fn flags_decide_how_much_people_read() {
    let folder = project();
    folder.terrane("", &["apply", "-auto-approve"]).code(0).does_not_say(&["hush-hush"]);
    folder.terrane("", &["plan"]).code(0).says(&["Refreshing state..."]);
    folder.terrane("", &["plan", "-concise"]).code(0).does_not_say(&["Refreshing state..."]).says(&["No changes."]);
    for command in ["output", "show"] {
        folder.terrane("", &[command]).code(0).does_not_say(&["hush-hush"]);
        folder.terrane("", &[command, "-show-sensitive"]).code(0).says(&["secret = \"hush-hush\""]);
    }
    folder.write("main.tf", &CONFIGURATION.replace("hush-hush", "other"));
    folder.terrane("", &["plan"]).code(0).does_not_say(&["hush-hush", "other"]);
    folder.terrane("", &["plan", "-show-sensitive"]).code(0).says(&["secret = \"hush-hush\" -> \"other\""]);
}
