//! What a user decides about single objects: what is left out, replaced, protected, undone.

use terrane_e2e::Folder;

const CHAIN: &str = r#"
resource "terraform_data" "a" {
  count = 2
  input = "a${count.index}"
}
resource "terraform_data" "b" {
  count = 2
  input = terraform_data.a[count.index].id
}
"#;

#[test]
fn what_is_left_out_takes_along_what_reads_it() {
    let folder = Folder::new();
    folder.write("main.tf", CHAIN);
    folder.write("out.txt", "# the first\n\n  terraform_data.a[0]\n");
    let run = folder.terrane(".", &["apply", "-auto-approve", "-exclude-file=out.txt"]).code(0);
    run.says(&["2 added"]).complains(&["The plan is limited by -exclude"]);
    let listed = folder.terrane(".", &["state", "list"]).code(0);
    listed.says(&["terraform_data.a[1]\nterraform_data.b[1]\n"]);
    folder.write("wrong.txt", "terraform_data.a\nterraform_data.a.b.c\n");
    folder.terrane(".", &["plan", "-target-file=wrong.txt"]).code(1).complains(&["on wrong.txt line 2, column 18"]);
    folder
        .terrane(".", &["plan", "-target=x.y", "-exclude=x.y"])
        .code(1)
        .complains(&["Invalid combination of arguments"]);
}

#[test]
fn a_mark_decides_what_is_replaced() {
    let folder = Folder::new();
    folder.write("main.tf", CHAIN);
    folder.terrane(".", &["apply", "-auto-approve"]).code(0);
    folder.terrane(".", &["taint", "terraform_data.b[1]"]).code(0).says(&["has been marked as tainted"]);
    folder.terrane(".", &["plan"]).code(0).says(&["terraform_data.b[1] is tainted, so must be replaced"]);
    folder.terrane(".", &["untaint", "terraform_data.b[1]"]).code(0).says(&["has been successfully untainted"]);
    folder.terrane(".", &["plan", "-detailed-exitcode"]).code(0);
    folder.terrane(".", &["untaint", "terraform_data.b[1]"]).code(1).complains(&["Resource instance is not tainted"]);
    folder.terrane(".", &["taint", "terraform_data.x"]).code(1).complains(&["No such resource instance"]);
    folder
        .terrane(".", &["taint", "-allow-missing", "terraform_data.x"])
        .code(0)
        .complains(&["No such resource instance"]);
}

#[test]
fn protection_outlives_its_block() {
    let folder = Folder::new();
    folder.write("main.tf", "resource \"terraform_data\" \"a\" {\n  lifecycle {\n    prevent_destroy = true\n  }\n}\n");
    folder.terrane(".", &["apply", "-auto-approve"]).code(0);
    folder.write("main.tf", "");
    folder
        .terrane(".", &["apply", "-auto-approve"])
        .code(1)
        .complains(&["Instance cannot be destroyed", "the state remembers"]);
    folder.terrane(".", &["destroy", "-auto-approve"]).code(1).complains(&["Instance cannot be destroyed"]);
    folder.write("main.tf", "removed {\n  from = terraform_data.a\n  lifecycle {\n    destroy = true\n  }\n}\n");
    folder.terrane(".", &["apply", "-auto-approve"]).code(0).says(&["1 destroyed"]);
}

#[test]
fn a_failed_run_can_be_undone() {
    let folder = Folder::new();
    let failing = r#"
resource "terraform_data" "a" {
}
resource "terraform_data" "b" {
  input = terraform_data.a.id
  provisioner "local-exec" {
    command = "false"
  }
}
resource "terraform_data" "c" {
  input = terraform_data.b.id
}
"#;
    folder.write("main.tf", failing);
    folder.terrane(".", &["apply", "-auto-approve", "-rollback-on-failure"]).code(1).says(&[
        "terraform_data.c was not created: terraform_data.b failed.",
        "terraform_data.b was rolled back: deleted again.",
        "terraform_data.a was rolled back: deleted again.",
        "1 added, 0 changed, 0 destroyed; 1 failed, 1 skipped, 2 rolled back.",
    ]);
    assert!(!folder.read("terraform.tfstate").contains("terraform_data"), "nothing is left in the state");
}
