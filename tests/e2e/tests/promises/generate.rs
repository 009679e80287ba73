//! Configuration is written for imported objects that have none, and the plan after it is empty.

use terrane_e2e::{Folder, World};

#[test]
fn configuration_is_written_for_what_is_imported() {
    let folder = Folder::new();
    let import = |name: &str, id: &str| format!("import {{\n  to = terraform_data.{name}\n  id = \"{id}\"\n}}\n");
    folder.write("main.tf", &(import("a", "outside") + &import("b", "beyond")));
    folder.terrane("", &["plan"]).code(1).complains(&["-generate-config-out=generated.tf"]);
    let plan = ["plan", "-generate-config-out=new.tf", "-out=it.plan"];
    let run = folder.terrane("", &plan).code(0).complains(&["Configuration was generated", "new.tf"]);
    run.says(&["will be imported", "(its configuration was generated)", "Plan: 2 to import, 0 to add"]);
    assert!(folder.read("new.tf").contains("resource \"terraform_data\" \"a\" {\n}\n"));
    folder.terrane("", &["show", "-json", "it.plan"]).says(&[r#""generated_config":"resource"#]);
    folder.terrane("", &plan).code(1).complains(&["Target generated file already exists"]);
    folder.terrane("", &["apply", "it.plan"]).code(0).says(&["2 imported"]);
    folder.terrane("", &["plan", "-detailed-exitcode"]).code(0);
}

#[test]
fn what_cannot_be_generated_is_refused() {
    let folder = Folder::new();
    folder.write("main.tf", "import {\n  to = terraform_data.a[0]\n  id = \"x\"\n}\n");
    let words = ["Configuration cannot be generated", "terraform_data.a[0]"];
    folder.terrane("", &["plan", "-generate-config-out=new.tf"]).code(1).complains(&words);
    let words = ["Wrong place for generated configuration"];
    folder.terrane("", &["plan", "-generate-config-out=new.txt"]).code(1).complains(&words);
    folder.terrane("", &["plan", "-generate-config-out=x/new.tf"]).code(1).complains(&words);
    let run = folder.terrane("", &["plan", "-destroy", "-generate-config-out=new.tf"]).code(1);
    run.complains(&["Nothing to generate configuration for"]);
    assert!(!folder.path().join("new.tf").exists());
}

const MADE: &str = r#"
resource "aws_vpc" "main" {
  cidr_block = "10.7.0.0/16"
  tags       = { Name = "made" }
}

resource "aws_subnet" "one" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.7.1.0/24"
}

resource "aws_security_group" "web" {
  name        = "web"
  description = "for the web"
  vpc_id      = aws_vpc.main.id
}
"#;

#[test]
fn objects_of_aws_refer_to_each_other() {
    let Some(world) = World::new("generate_config") else { return };
    world.write("main.tf", MADE);
    world.terrane(&["apply", "-auto-approve"]).code(0);
    let id = |address: &str| {
        let shown = world.terrane(&["console", "-eval", &format!("{address}.id")]).code(0);
        shown.stdout.trim().trim_matches('"').to_owned()
    };
    let objects = ["aws_vpc.main", "aws_subnet.one", "aws_security_group.web"];
    let import = |address: &&str| format!("import {{\n  to = {address}\n  id = \"{}\"\n}}\n", id(address));
    let imports: String = objects.iter().map(import).collect();
    world.write("main.tf", &imports);
    std::fs::remove_file(world.folder().join("terraform.tfstate")).unwrap();
    world.terrane(&["plan", "-generate-config-out=new.tf"]).code(0).says(&["3 to import, 0 to add, 0 to change"]);
    let text = world.read("new.tf");
    for line in ["= \"10.7.0.0/16\"", "vpc_id", "= aws_vpc.main.id", "Name = \"made\""] {
        assert!(text.contains(line), "{line}: {text}");
    }
    world.terrane(&["apply", "-auto-approve"]).code(0);
    world.terrane(&["plan", "-detailed-exitcode"]).code(0);
}
