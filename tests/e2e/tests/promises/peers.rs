//! Runs of OpenTofu and ours lock each other out of one state, and read what the other wrote.
//!
//! They need `tofu` on the path, and say so when it is not there.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use terrane_e2e::World;

fn tofu(world: &World, folder: &str, arguments: &[&str]) -> Option<Child> {
    let mut command = Command::new("tofu");
    command.args(arguments).current_dir(world.folder().join(folder));
    command.env("AWS_ENDPOINT_URL", world.proxy().endpoint()).env("TF_CLI_CONFIG_FILE", "/dev/null");
    command.env("AWS_ACCESS_KEY_ID", world.account_id()).env("AWS_SECRET_ACCESS_KEY", "test").env("NO_COLOR", "1");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().ok()
}

/// What it wrote, and whether it succeeded.
fn end(child: Child) -> (bool, String) {
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.success(), text(&output.stdout) + &text(&output.stderr))
}

fn wait_for(world: &World, file: &str) {
    let until = Instant::now() + Duration::from_secs(120);
    while !world.folder().join(file).exists() {
        assert!(Instant::now() < until, "{file} never comes");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn excluded(test: &str, locking: impl Fn(&str) -> String) {
    let Some(world) = World::new(test) else { return };
    let name = world.unique("peers");
    world.account().create_bucket(&name);
    world.account().create_lock_table(&name);
    for folder in ["ours", "theirs"] {
        let text = format!(
            r#"
terraform {{
  backend "s3" {{
    bucket                      = "{name}"
    key                         = "team/app.tfstate"
    region                      = "eu-west-1"
    use_path_style              = true
    skip_credentials_validation = true
    skip_requesting_account_id  = true
    skip_metadata_api_check     = true
    {}
  }}
}}

variable "turn" {{
  default = ""
}}

resource "terraform_data" "turn" {{
  triggers_replace = var.turn
  provisioner "local-exec" {{
    command = "touch holding; sleep 12"
  }}
}}
"#,
            locking(&name)
        );
        world.write(&format!("{folder}/main.tf"), &text);
    }
    let Some(init) = tofu(&world, "theirs", &["init"]) else {
        return eprintln!("SKIPPED {test}: no `tofu` on the path");
    };
    let (well, said) = end(init);
    assert!(well, "{said}");
    world.terrane(&["-chdir=ours", "init"]).code(0);

    let theirs = tofu(&world, "theirs", &["apply", "-auto-approve", "-var=turn=a"]).unwrap();
    wait_for(&world, "theirs/holding");
    let refused = world.terrane(&["-chdir=ours", "apply", "-auto-approve", "-var=turn=b"]).code(1);
    refused.complains(&[
        "State is locked",
        "is running \"apply\"",
        "Version:   1.",
        &format!("{name}/team/app.tfstate"),
    ]);
    let list = world.terrane(&["-chdir=ours", "lock", "list"]).code(0);
    list.says(&["Operation: apply", "unknown: the program that holds it gives no sign of life"]);
    world.terrane(&["-chdir=ours", "lock", "steal"]).code(1).complains(&["-force"]);
    let waited = world.terrane(&["-chdir=ours", "apply", "-auto-approve", "-var=turn=b", "-lock-timeout=5m"]);
    waited.code(0).says(&["1 added, 0 changed, 1 destroyed"]);
    let (well, said) = end(theirs);
    assert!(well, "{said}");

    std::fs::remove_file(world.folder().join("ours/holding")).unwrap();
    let ours = world.start(&["-chdir=ours", "apply", "-auto-approve", "-var=turn=c"]);
    wait_for(&world, "ours/holding");
    let (well, said) = end(tofu(&world, "theirs", &["apply", "-auto-approve", "-var=turn=d"]).unwrap());
    assert!(!well && said.contains("Error acquiring the state lock") && said.contains("OperationTypeApply"), "{said}");
    ours.finish().code(0);
    let (well, said) = end(tofu(&world, "theirs", &["plan", "-detailed-exitcode", "-var=turn=c"]).unwrap());
    assert!(well && said.contains("No changes"), "{said}");
}

#[test]
fn the_lock_item_excludes_the_other_program() {
    excluded("peers_item", |table| format!("dynamodb_table = \"{table}\""));
}

#[test]
fn the_lock_object_excludes_the_other_program() {
    excluded("peers_object", |_| "use_lockfile = true".into());
}
