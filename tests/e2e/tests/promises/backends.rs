//! States move from one backend to another with all their workspaces, and nothing is overwritten unasked.

use terrane_e2e::World;

const ONE: &str = "resource \"terraform_data\" \"a\" {\n  input = terraform.workspace\n}\n";

fn in_bucket(name: &str, key: &str) -> String {
    format!(
        "terraform {{\n  backend \"s3\" {{\n    bucket = \"{name}\"\n    key = \"{key}\"\n    region = \"eu-west-1\"\n    use_lockfile = true\n  }}\n}}\n{ONE}"
    )
}

#[test]
fn all_workspaces_move_there_and_back() {
    let Some(world) = World::new("migrate_state") else { return };
    let bucket = world.unique("migrate");
    world.account().create_bucket(&bucket);
    world.write("main.tf", ONE);
    world.terrane(&["init"]).code(0);
    world.terrane(&["apply", "-auto-approve"]).code(0);
    world.terrane(&["workspace", "new", "stage"]).code(0);
    world.terrane(&["apply", "-auto-approve"]).code(0);
    let stage = world.read("terraform.tfstate.d/stage/terraform.tfstate");

    world.write("main.tf", &in_bucket(&bucket, "one"));
    world.terrane(&["init"]).code(1).complains(&["Backend configuration changed", "terrane init -migrate-state"]);
    world
        .terrane(&["init", "-migrate-state"])
        .code(0)
        .says(&["stage/terraform.tfstate to s3://", "terraform.tfstate to s3"]);
    assert_eq!(world.terrane(&["state", "pull"]).code(0).stdout, stage);
    world.terrane(&["plan", "-detailed-exitcode"]).code(0);
    world.terrane(&["workspace", "list"]).code(0).says(&["  default\n* stage\n"]);

    world.write("main.tf", &in_bucket(&bucket, "two"));
    world.terrane(&["plan"]).code(1).complains(&["Backend configuration changed"]);
    world.terrane(&["init", "-migrate-state"]).code(0).says(&["/one to s3://", "/two.\n"]);
    world.terrane(&["plan", "-detailed-exitcode"]).code(0);
    world.terrane(&["apply", "-auto-approve", "-replace=terraform_data.a"]).code(0);

    world.write("main.tf", ONE);
    world.terrane(&["init", "-migrate-state"]).code(1).complains(&["State exists in both places", "-force-copy"]);
    world.terrane(&["init", "-migrate-state", "-force-copy"]).code(0);
    world.terrane(&["plan", "-detailed-exitcode"]).code(0);
    assert_ne!(world.read("terraform.tfstate.d/stage/terraform.tfstate"), stage);
}

#[test]
fn backends_of_others_are_valid_and_refused_where_they_would_be_used() {
    let folder = terrane_e2e::Folder::new();
    for kind in ["azurerm", "consul", "cos", "gcs", "kubernetes", "oci", "oss", "pg", "remote"] {
        folder.write("main.tf", &format!("terraform {{\n  backend \"{kind}\" {{\n  }}\n}}\n{ONE}"));
        folder.terrane("", &["validate"]).code(0);
        for command in ["init", "plan"] {
            let refused = folder.terrane("", &[command]).code(1);
            refused.complains(&[&format!("{kind:?} is known, but not supported"), "main.tf line 2", "\"s3\""]);
        }
    }
    folder.write("main.tf", &format!("terraform {{\n  cloud {{\n    organization = \"x\"\n  }}\n}}\n{ONE}"));
    folder.terrane("", &["validate"]).code(0);
    folder.terrane("", &["init"]).code(1).complains(&["Unsupported cloud block", "Use a backend block instead"]);
}

#[test]
fn a_lease_that_cannot_be_read_is_an_error() {
    let Some(world) = World::new("wrong_lease") else { return };
    world.write("main.tf", ONE);
    for (lease, part) in [("soon", "\"soon\" is not a duration"), ("10ms", "less than one second")] {
        let refused = world.start_with(("TERRANE_LEASE", lease), &["apply", "-auto-approve"]).finish().code(1);
        refused.complains(&["TERRANE_LEASE", part]);
    }
}
