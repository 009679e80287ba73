//! What programs that run Terrane rely on: logs, quiet hints, exit codes, JSON beside text.

use serde_json::Value;
use terrane_e2e::Folder;

const CONFIGURATION: &str = r#"
variable "password" {
  default   = "hush-hush"
  sensitive = true
}
resource "terraform_data" "a" {
  input = var.password
}
resource "terraform_data" "b" {
  input = "left"
  lifecycle {
    destroy = false
  }
}
check "a" {
  assert {
    condition     = terraform_data.a.id != ""
    error_message = "It has no id."
  }
}
output "id" {
  value = terraform_data.b.input
}
"#;

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("main.tf", CONFIGURATION);
    folder
}

#[test]
fn logs_say_what_is_done_and_no_secrets() {
    let folder = folder();
    let quiet = folder.terrane("", &["plan"]).code(0);
    assert!(!quiet.stderr.contains("state read"), "{quiet}");
    let debug = folder.start_with("", &[("TF_LOG", "debug")], &["apply", "-auto-approve"]).finish().code(0);
    for wanted in
        ["[INFO] terrane: begun", "command=apply", "[DEBUG] terrane_engine", "question=create", "state written"]
    {
        assert!(debug.stderr.contains(wanted), "{wanted}: {debug}");
    }
    let traced = [("TF_LOG", "JSON"), ("TF_LOG_PATH", "run.log")];
    let run = folder.start_with("", &traced, &["apply", "-auto-approve", "-var=password=other-one"]).finish().code(0);
    assert!(!run.stderr.contains("@level"), "{run}");
    let log = folder.read("run.log");
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert!(line["@level"].is_string() && line["@message"].is_string() && line["@timestamp"].is_string());
    }
    assert!(log.contains("terraform_data.a"));
    for text in [&debug.stderr, &log] {
        assert!(!text.contains("hush-hush") && !text.contains("other-one"), "{text}");
    }
    let wrong = folder.start_with("", &[("TF_LOG", "loud")], &["plan"]).finish().code(0);
    wrong.complains(&["Nothing is logged", "\"loud\"", "TRACE, DEBUG"]);
}

#[test]
fn who_automates_is_not_told_what_comes_next() {
    let folder = folder();
    folder.terrane("", &["init"]).code(0).says(&["Try \"terrane plan\""]);
    let told = [("TF_IN_AUTOMATION", "1")];
    folder.start_with("", &told, &["init"]).finish().code(0).does_not_say(&["Try \"terrane plan\""]);
    let run = folder.start_with("", &told, &["plan", "-out=p"]).finish().code(0);
    run.says(&["The plan was saved to p."]).does_not_say(&["To carry out"]);
    folder.terrane("", &["plan", "-out=p"]).code(0).says(&["The plan was saved to p. To carry out"]);
}

#[test]
fn a_destroy_that_leaves_objects_behind_is_no_success() {
    let folder = folder();
    folder.terrane("", &["apply", "-auto-approve"]).code(0);
    let run = folder.terrane("", &["destroy", "-auto-approve"]).code(1);
    run.says(&["1 destroyed"]).complains(&[
        "left behind forgotten instances",
        "terraform_data.b",
        "-suppress-forget-errors",
    ]);
    folder.terrane("", &["apply", "-auto-approve"]).code(0);
    folder.terrane("", &["destroy", "-auto-approve", "-suppress-forget-errors"]).code(0);
}

#[test]
fn json_is_written_beside_the_text() {
    let folder = folder();
    folder.terrane("", &["apply", "-auto-approve"]).code(0);
    let json = |path: &str| serde_json::from_str::<Value>(&folder.read(path)).unwrap();
    folder.terrane("", &["output", "-json-into=all.json"]).code(0).says(&["id = \"left\""]);
    assert_eq!(json("all.json")["id"]["value"], "left");
    folder.terrane("", &["output", "-json-into=one.json", "-raw", "id"]).code(0).says(&["left"]);
    assert_eq!(json("one.json"), "left");
    folder.terrane("", &["show", "-json-into=state.json", "-redact"]).code(0).says(&["# terraform_data.a:"]);
    assert_eq!(json("state.json")["format_version"], "1.0");
    assert!(!folder.read("state.json").contains("hush-hush"));
    folder.terrane("", &["console", "-json-into=said.jsonl", "-eval=1 + 1"]).code(0).says(&["2"]);
    assert!(folder.read("said.jsonl").contains("\"@message\":\"2\""));
}

/// `terraform_data` gives its input back as output, and does not say that it is secret.
#[test]
fn what_repeats_a_secret_is_hidden_in_texts() {
    let folder = Folder::new();
    let text = r#"
variable "password" {
  sensitive = true
}
resource "terraform_data" "a" {
  input = { user = "shop", password = var.password, pin = sensitive(4711) }
}
resource "terraform_data" "b" {
  input = "https://shop:${nonsensitive(var.password)}@db"
}
output "copied" {
  value = terraform_data.a.output
}
"#;
    folder.write("main.tf", text);
    let password = "-var=password=hush-hush";
    let hides = |args: &[&str], shown: &str| {
        let run = folder.terrane("", args).code(0);
        run.says(&[shown]).does_not_say(&["hush-hush", "4711"]);
    };
    hides(&["plan", password], "user     = \"shop\"");
    hides(&["apply", "-auto-approve", password], "copied = <sensitive>");
    hides(&["show"], "user     = \"shop\"");
    hides(&["state", "show", "terraform_data.a"], "user     = \"shop\"");
    hides(&["state", "show", "terraform_data.b"], "output = (sensitive value)");
    hides(&["output"], "copied = <sensitive>");
    hides(&["plan", "-destroy", password], "user     = \"shop\"");
    hides(&["plan", "-replace=terraform_data.a", password], "user     = \"shop\"");
    folder.terrane("", &["apply", "-auto-approve", "-var=password=hush-hush-2"]).code(0).does_not_say(&["hush-hush"]);
    hides(&["state", "diff"], "(sensitive value)");
    hides(&["state", "diff", "-json"], "(sensitive value)");
    folder.terrane("", &["show", "-show-sensitive"]).code(0).says(&["hush-hush-2", "4711"]);
    folder.terrane("", &["output", "copied"]).code(0).says(&["hush-hush-2"]);
}

#[test]
fn configuration_is_shown_as_json() {
    let folder = folder();
    folder.write(
        "child/main.tf",
        "variable \"x\" {\n  type = number\n}\nmodule \"inner\" {\n  source = \"./inner\"\n}\n",
    );
    let shown = |run: terrane_e2e::Run| serde_json::from_str::<Value>(&run.code(0).stdout).unwrap();
    let whole = shown(folder.terrane("", &["show", "-config", "-json"]));
    let input = whole.pointer("/root_module/resources/0/expressions/input/references/0");
    assert_eq!(input, Some(&Value::from("var.password")));
    let redacted = folder.terrane("", &["show", "-config", "-json", "-redact"]).code(0);
    redacted.does_not_say(&["hush-hush"]);
    let one = shown(folder.terrane("", &["show", "-module=child", "-json"]));
    assert_eq!(one.pointer("/root_module/variables/x/type"), Some(&Value::from("number")));
    assert_eq!(one.pointer("/root_module/module_calls/inner/source"), Some(&Value::from("./inner")));
    folder.terrane("", &["show", "-config"]).code(1).complains(&["-json"]);
    folder
        .terrane("", &["graph"])
        .code(0)
        .says(&[r#""[root] check.a (expand)" -> "[root] terraform_data.a (expand)""#]);
}

#[test]
fn rounds_are_told_as_events() {
    let folder = Folder::new();
    let text = "resource \"terraform_data\" \"n\" {\n  input = 2\n}\nresource \"terraform_data\" \"m\" {\n  count = \
                terraform_data.n.output\n}\n";
    folder.write("main.tf", text);
    let run = folder.terrane("", &["apply", "-converge", "-auto-approve", "-json"]).code(0);
    let lines: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |ty: &str| lines.iter().filter(|line| line["type"] == ty).count();
    assert_eq!((of("deferred_change"), of("planned_change"), of("apply_complete")), (1, 3, 3), "{run}");
    let last = lines.last().unwrap();
    assert_eq!(last["@message"], "Converged after 2 rounds: nothing is deferred, and nothing changes.");
}
