//! One run at a time changes a state, and everyone else is told who it is.

use terrane_e2e::World;
use terrane_test_proxy::{Fault, Rule};

/// Configuration that keeps its state in a bucket with a lock table, and needs a second to apply.
fn configuration(bucket: &str, locking: &str) -> String {
    format!(
        r#"
terraform {{
  backend "s3" {{
    bucket = "{bucket}"
    key    = "team/app.tfstate"
    region = "eu-west-1"
    {locking}
  }}
}}

provider "aws" {{
  region = "eu-west-1"
}}

resource "aws_vpc" "main" {{
  cidr_block = "10.0.0.0/16"
}}
"#
    )
}

fn locked_out(test: &str, locking: impl Fn(&str) -> String) {
    let Some(world) = World::new(test) else { return };
    let name = world.unique("state");
    world.account().create_bucket(&name);
    world.account().create_lock_table(&name);
    world.write("main.tf", &configuration(&name, &locking(&name)));
    world.terrane(&["init"]).code(0).says(&["successfully initialized"]);

    world.proxy().set_rules(vec![Rule::new("ec2:CreateVpc", Fault::LatencyMs(3000))]);
    let first = world.start(&["apply", "-auto-approve"]);
    world.wait_for("ec2:CreateVpc");
    world.terrane(&["apply", "-auto-approve"]).code(1).complains(&[
        "State is locked",
        "is running \"apply\"",
        "since 2",
        "Who:",
        "Created:",
        &format!("{name}/team/app.tfstate"),
    ]);
    first.finish().code(0).says(&["1 added"]);
    world.terrane(&["plan", "-detailed-exitcode"]).code(0).says(&["No changes."]);
    world.terrane(&["destroy", "-auto-approve", "-lock-timeout=30s"]).code(0).says(&["1 destroyed"]);
}

#[test]
fn a_second_apply_names_the_holder_of_the_lock_item() {
    locked_out("lock_item", |table| format!("dynamodb_table = \"{table}\""));
}

#[test]
fn a_second_apply_names_the_holder_of_the_lock_object() {
    locked_out("lock_object", |_| "use_lockfile = true".into());
}

#[test]
fn a_backend_that_is_not_set_up_is_said_before_anything_is_read() {
    let Some(world) = World::new("not_set_up") else { return };
    world.write("main.tf", &configuration("nowhere", ""));
    world.terrane(&["plan"]).code(1).complains(&["Backend initialization required", "terrane init", "main.tf line 3"]);
}

fn stolen(test: &str, locking: impl Fn(&str) -> String) {
    let Some(world) = World::new(test) else { return };
    let name = world.unique("state");
    world.account().create_bucket(&name);
    world.account().create_lock_table(&name);
    let configuration = configuration(&name, &locking(&name));
    world.write(
        "main.tf",
        &configuration.replace("resource \"aws_vpc\"", "resource \"terraform_data\"").replace("cidr_block", "input"),
    );
    world.terrane(&["init"]).code(0);
    world.terrane(&["apply", "-auto-approve"]).code(0);
    world.terrane(&["lock", "list"]).code(0).says(&["No state is locked."]);
    world.terrane(&["lock", "steal"]).code(1).complains(&["is not locked"]);

    world.write("main.tf", &configuration);
    world.proxy().set_rules(vec![Rule::new("ec2:CreateVpc", Fault::LatencyMs(1500))]);
    let first = world.start_with(("TERRANE_LEASE", "5s"), &["apply", "-auto-approve"]);
    world.wait_for("ec2:CreateVpc");
    world.terrane(&["lock", "list"]).code(0).says(&["Holder:    alive", "Operation: apply"]);
    world.terrane(&["lock", "steal"]).code(1).complains(&["is alive", "-force"]);
    first.pause();
    std::thread::sleep(std::time::Duration::from_millis(7000));
    world.terrane(&["lock", "list"]).code(0).says(&["gone: its lease ended"]);
    world.terrane(&["lock", "list", "-json"]).code(0).says(&["\"holder\": \"dead\"", "\"workspace\": \"default\""]);
    world.terrane(&["lock", "steal", "another"]).code(1).complains(&["not another"]);
    world.terrane(&["lock", "steal"]).code(0).says(&["was taken away"]);
    let before = world.terrane(&["state", "pull"]).code(0).stdout;

    first.resume();
    first.finish().code(1).complains(&["State cannot be written", "errored.tfstate"]);
    assert_eq!(world.terrane(&["state", "pull"]).code(0).stdout, before, "the fenced write is refused");
    assert!(world.read("errored.tfstate").contains("aws_vpc"), "what it made is known");
}

#[test]
fn a_run_that_lost_its_lock_item_cannot_write() {
    stolen("stolen_item", |table| format!("dynamodb_table = \"{table}\""));
}

#[test]
fn a_run_that_lost_its_lock_object_cannot_write() {
    stolen("stolen_object", |_| "use_lockfile = true".into());
}

#[test]
fn a_digest_that_was_not_written_any_more_heals() {
    let Some(world) = World::new("digest_heals") else { return };
    let name = world.unique("state");
    world.account().create_bucket(&name);
    world.account().create_lock_table(&name);
    let backend = configuration(&name, &format!("dynamodb_table = \"{name}\""));
    world.write(
        "main.tf",
        &backend.replace("resource \"aws_vpc\"", "resource \"terraform_data\"").replace("cidr_block", "input"),
    );
    world.terrane(&["init"]).code(0);
    world.terrane(&["apply", "-auto-approve"]).code(0);
    let key = format!("{{\"LockID\":{{\"S\":\"{name}/team/app.tfstate-md5\"}}}}");
    let read = || -> serde_json::Value {
        let item = world.account().dynamodb("GetItem", &format!("{{\"TableName\":\"{name}\",\"Key\":{key}}}"));
        serde_json::from_str(&item).unwrap()
    };
    let before = read();
    world.terrane(&["apply", "-auto-approve", "-replace=terraform_data.main"]).code(0);
    let after = read();
    let put = |item: &serde_json::Value| {
        world.account().dynamodb("PutItem", &format!("{{\"TableName\":\"{name}\",\"Item\":{item}}}"));
    };

    put(&before["Item"]);
    world.terrane(&["plan", "-detailed-exitcode"]).code(0);
    assert_eq!(read(), after, "the digest is that of the newer state");

    let mut foreign = before["Item"].clone();
    foreign.as_object_mut().unwrap().remove("Serial");
    put(&foreign);
    world.terrane(&["plan"]).code(1).complains(&["does not have the content that was recorded"]);
}
