//! Functions of the language for tools, and functions of providers.

use serde_json::{Value, json};
use terrane_e2e::{Folder, Run};

fn parsed(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("no JSON, {e}:\n{run}"))
}

#[test]
fn tools_learn_the_signatures() {
    let folder = Folder::new();
    let document = parsed(&folder.terrane("", &["metadata", "functions", "-json"]).code(0));
    assert_eq!(document["format_version"], "1.0");
    let functions = &document["function_signatures"];
    assert_eq!(functions.as_object().map(serde_json::Map::len), Some(242));
    assert_eq!(functions["lookup"], functions["core::lookup"]);
    assert_eq!(functions["join"]["parameters"], json!([{ "name": "separator", "type": "string" }]));
    assert_eq!(functions["join"]["variadic_parameter"]["type"], json!(["list", "string"]));
    assert_eq!(functions["coalesce"]["variadic_parameter"]["is_nullable"], true);
    folder.terrane("", &["metadata", "functions"]).code(1).complains(&["writes nothing but JSON", "Add -json."]);
}

#[test]
fn providers_have_functions() {
    let folder = Folder::new();
    let configuration = r#"
terraform {
  required_providers {
    cloud = { source = "hashicorp/aws" }
    text  = { source = "terraform.io/builtin/terraform" }
  }
}

resource "terraform_data" "role" {
  input = provider::cloud::arn_parse("arn:aws:iam::444455556666:role/a/example").resource
}

output "role" {
  value = provider::cloud::arn_build("aws", "iam", "", "444455556666", terraform_data.role.output)
}

output "trimmed" {
  value = provider::cloud::trim_iam_role_path("arn:aws:iam::444455556666:role/a/example")
}

output "written" {
  value = provider::text::encode_expr([1, "x"])
}
"#;
    folder.write("main.tf", configuration);
    folder.terrane("", &["init"]).code(0);
    folder.terrane("", &["validate"]).code(0);
    folder.terrane("", &["plan"]).code(0).says(&[r#"input  = "role/a/example""#, "role    = (known after apply)"]);
    folder.terrane("", &["apply", "-auto-approve"]).code(0).says(&[
        r#"role = "arn:aws:iam::444455556666:role/a/example""#,
        r#"trimmed = "arn:aws:iam::444455556666:role/example""#,
        r#"written = "[1, \"x\"]""#,
    ]);
    let asked = r#"provider::cloud::user_agent("demo", "1", "")"#;
    folder.terrane("", &["console", "-eval", asked]).code(0).says(&[r#""demo/1""#]);
    let schema = parsed(&folder.terrane("", &["providers", "schema", "-json"]).code(0));
    let functions = &schema["provider_schemas"]["registry.terraform.io/hashicorp/aws"]["functions"];
    assert_eq!(functions["trim_iam_role_path"]["return_type"], "string");

    folder.write("wrong.tf", "output \"wrong\" {\n  value = provider::cloud::arn_pars(\"x\")\n}\n");
    folder
        .terrane("", &["validate"])
        .code(1)
        .complains(&["Function not found in provider", "Did you mean \"arn_parse\"?"]);
}
