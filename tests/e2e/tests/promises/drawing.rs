//! What is needed is drawn and listed.

use terrane_e2e::Folder;

const CONFIGURATION: &str = r#"
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

resource "terraform_data" "a" {
  count = 2
}

resource "terraform_data" "b" {
  input = terraform_data.a[1].id
}
"#;

fn project() -> Folder {
    let folder = Folder::new();
    folder.write("main.tf", CONFIGURATION);
    folder.terrane("", &["init"]).code(0);
    folder
}

#[test]
fn what_needs_what_is_drawn() {
    let folder = project();
    folder.terrane("", &["graph"]).code(0).says(&[
        "digraph {",
        r#""[root] terraform_data.a (expand)" [label = "terraform_data.a", shape = "box"]"#,
        r#""[root] terraform_data.b (expand)" -> "[root] terraform_data.a (expand)""#,
        r#""[root] terraform_data.a (expand)" -> "[root] provider[\"terraform.io/builtin/terraform\"]""#,
    ]);
    folder.terrane("", &["graph", "-type=apply"]).code(1).complains(&["No plan to draw"]);
    folder.terrane("", &["plan", "-out=p"]).code(0);
    let drawn = folder.terrane("", &["graph", "-plan=p"]).code(0);
    // Only the instance that is read comes first.
    let drawn = drawn.says(&[r#""[root] terraform_data.b" -> "[root] terraform_data.a[1]""#]);
    drawn.does_not_say(&[r#""[root] terraform_data.b" -> "[root] terraform_data.a[0]""#]);
    folder.terrane("", &["apply", "p"]).code(0);
    let drawn = folder.terrane("", &["graph", "-type=plan-destroy", "-format=mermaid"]).code(0);
    drawn.says(&["flowchart LR\n", "n2[\"terraform_data.b\"]", "n2 --> n0", "n2 --> n1"]);
}

#[test]
fn cycles_are_drawn_in_red() {
    let folder = Folder::new();
    let pair =
        |a: &str, b: &str| format!("resource \"terraform_data\" \"{a}\" {{\n  input = terraform_data.{b}.id\n}}\n");
    folder.write("main.tf", &(pair("a", "b") + &pair("b", "a")));
    let red = r#"" [color = "red", penwidth = "2.0"]"#;
    let drawn = folder.terrane("", &["graph", "-draw-cycles"]).code(0);
    drawn.says(&[&format!(r#""[root] terraform_data.a (expand)" -> "[root] terraform_data.b (expand){red}"#)]);
}

#[test]
fn providers_are_listed_with_all_they_know() {
    let folder = project();
    folder.terrane("", &["apply", "-auto-approve"]).code(0);
    let tree = "
Providers required by configuration:
.
├── provider[registry.terraform.io/hashicorp/aws] ~> 6.0
└── provider[terraform.io/builtin/terraform]

Providers required by state:

    provider[terraform.io/builtin/terraform]
";
    folder.terrane("", &["providers"]).code(0).says(&[tree]);
    let run = folder.terrane("", &["providers", "schema", "-json"]).code(0);
    let schemas: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(schemas["format_version"], "1.0");
    let aws = &schemas["provider_schemas"]["registry.terraform.io/hashicorp/aws"];
    let cidr = &aws["resource_schemas"]["aws_vpc"]["block"]["attributes"]["cidr_block"];
    assert_eq!(
        *cidr,
        serde_json::json!({ "type": "string", "description_kind": "plain", "optional": true, "computed": true })
    );
    assert_eq!(aws["resource_identity_schemas"]["aws_vpc"]["attributes"]["id"]["required_for_import"], true);
    folder.terrane("", &["providers", "schema"]).code(1).complains(&["Add -json."]);
    folder
        .terrane("", &["providers", "lock", "-platform=linux_amd64"])
        .code(1)
        .complains(&["There is nothing to lock"]);
}
