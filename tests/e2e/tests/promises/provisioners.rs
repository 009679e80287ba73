//! Commands beside objects run for real, and what they leave behind is true.

use std::time::{Duration, Instant};

use terrane_e2e::{Folder, Running, World};

#[test]
fn commands_run_in_order_and_their_lines_are_seen() {
    let Some(world) = World::new("commands_in_order") else { return };
    world.write(
        "main.tf",
        r#"
resource "terraform_data" "first" {
  input = "one"

  provisioner "local-exec" {
    command     = "echo $WORD ${self.output}; echo made >> log.txt; echo trouble >&2"
    environment = { WORD = "hello" }
  }

  provisioner "local-exec" {
    when    = destroy
    command = "echo bye ${self.input} >> log.txt"
  }
}

resource "terraform_data" "second" {
  input = terraform_data.first.id

  provisioner "local-exec" {
    command     = "open('../log.txt', 'a').write('second\\n')"
    interpreter = ["python3", "-c"]
    working_dir = "sub"
    quiet       = true
  }
}
"#,
    );
    world.write("sub/empty", "");
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&[
        "terraform_data.first: Provisioning with 'local-exec'...",
        "terraform_data.first (local-exec): hello one",
        "terraform_data.first (local-exec): trouble",
        "terraform_data.second (local-exec): local-exec: Executing: Suppressed by quiet=true",
        "2 added",
    ]);
    assert_eq!(world.read("log.txt"), "made\nsecond\n");
    world.terrane(&["plan", "-detailed-exitcode"]).code(0);
    world.terrane(&["destroy", "-auto-approve"]).code(0).says(&["2 destroyed"]);
    assert_eq!(world.read("log.txt"), "made\nsecond\nbye one\n");
}

#[test]
fn a_failed_command_taints_what_was_made() {
    let Some(world) = World::new("failed_command") else { return };
    let configuration = |command: &str| {
        format!(
            r#"
resource "terraform_data" "a" {{
  provisioner "local-exec" {{
    command = "{command}"
  }}
}}
"#
        )
    };
    world.write("main.tf", &configuration("echo no luck; exit 7"));
    world.terrane(&["apply", "-auto-approve"]).code(1).complains(&["exit status: 7", "no luck", "main.tf line 3"]);
    assert!(world.read("terraform.tfstate").contains("\"tainted\""));
    world.write("main.tf", &configuration("true"));
    world.terrane(&["plan"]).code(0).says(&["is tainted, so must be replaced"]);
    world.terrane(&["apply", "-auto-approve"]).code(0).says(&["1 added", "1 destroyed"]);
    assert!(!world.read("terraform.tfstate").contains("\"tainted\""));
}

#[test]
fn secrets_of_commands_are_not_shown() {
    let Some(world) = World::new("secret_command") else { return };
    world.write(
        "main.tf",
        r#"
variable "password" {
  sensitive = true
  default   = "hunter2"
}

resource "terraform_data" "a" {
  provisioner "local-exec" {
    command = "echo it is ${var.password}; exit 1"
  }
}
"#,
    );
    let run = world.terrane(&["apply", "-auto-approve"]);
    assert!(!run.to_string().contains("hunter2"), "{run}");
    run.code(1).says(&["(output suppressed due to sensitive value in config)"]);
    assert!(!world.read("terraform.tfstate").contains("hunter2"));
}

/// An apply whose command has begun, which it tells in `log.txt`.
fn begun(world: &World) -> Running {
    let run = world.start(&["apply", "-auto-approve"]);
    let end = Instant::now() + Duration::from_secs(30);
    while !world.folder().join("log.txt").exists() {
        assert!(Instant::now() < end, "the command was not begun within 30 s");
        std::thread::sleep(Duration::from_millis(20));
    }
    run
}

#[test]
fn an_interrupt_asks_a_command_to_end() {
    let Some(world) = World::new("interrupted_command") else { return };
    world.write(
        "main.tf",
        r#"
resource "terraform_data" "a" {
  provisioner "local-exec" {
    command = "trap 'echo cleaned up >> log.txt; exit 1' TERM; echo begun >> log.txt; while true; do sleep 0.1; done"
  }
}
"#,
    );
    let run = begun(&world);
    run.interrupt();
    run.finish().code(1).complains(&["was ended, since the run was interrupted"]);
    assert_eq!(world.read("log.txt"), "begun\ncleaned up\n");
    world.terrane(&["plan"]).code(0).says(&["is tainted, so must be replaced"]);
}

/// A connection that breaks ends a run as one Ctrl-C does, however often its end is told.
#[test]
fn the_end_of_the_terminal_lets_what_is_in_flight_finish() {
    let Some(world) = World::new("hung_up") else { return };
    world.write(
        "main.tf",
        r#"
resource "terraform_data" "a" {
  provisioner "local-exec" {
    command = "trap 'sleep 1; echo cleaned up >> log.txt; exit 1' TERM; echo begun >> log.txt; while true; do sleep 0.1; done"
  }
}

resource "terraform_data" "b" {
  input = terraform_data.a.id
}
"#,
    );
    let run = begun(&world);
    for _ in 0..3 {
        run.hang_up();
        std::thread::sleep(Duration::from_millis(100));
    }
    run.finish().code(1).says(&["Interrupt received."]).complains(&["was ended, since the run was interrupted"]);
    assert_eq!(world.read("log.txt"), "begun\ncleaned up\n");
    world.terrane(&["plan"]).code(0).says(&["is tainted, so must be replaced"]);
}

#[test]
fn checks_warn_and_are_remembered() {
    let Some(world) = World::new("checks") else { return };
    world.write(
        "main.tf",
        r#"
resource "terraform_data" "a" {
  input = 1
}

check "size" {
  assert {
    condition     = terraform_data.a.output > 1
    error_message = "The size is only ${terraform_data.a.output}."
  }
}
"#,
    );
    let failed = "Check block assertion failed";
    world.terrane(&["plan"]).code(0).complains(&["Check block assertion known after apply"]);
    let run = world.terrane(&["apply", "-auto-approve"]).code(0).complains(&[failed, "The size is only 1."]);
    assert!(!run.to_string().contains("known after apply\n"), "{run}");
    let state = world.read("terraform.tfstate");
    assert!(state.contains("\"config_addr\": \"check.size\"") && state.contains("The size is only 1."), "{state}");
    world.terrane(&["apply", "-auto-approve"]).code(0).complains(&[failed]);
    assert_eq!(world.read("terraform.tfstate"), state);
}

#[test]
fn what_cannot_be_deleted_since_its_provisioner_fails_is_told_to_programs() {
    let folder = Folder::new();
    folder.write(
        "main.tf",
        r#"
resource "terraform_data" "one" {
  provisioner "local-exec" {
    when    = destroy
    command = "test -e gone"
  }
}
"#,
    );
    folder.terrane("", &["apply", "-auto-approve"]).code(0);
    let failed = folder.terrane("", &["destroy", "-auto-approve", "-json"]).code(1);
    let of = |text: &str| -> Vec<String> {
        let events = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let events = events.filter_map(|e| e["type"].as_str().map(str::to_owned));
        events.filter(|ty| ty.starts_with("apply_") || ty.starts_with("provision_")).collect()
    };
    let wanted = ["apply_start", "provision_start", "provision_progress", "provision_errored", "apply_errored"];
    assert_eq!(of(&failed.stdout), wanted, "{failed}");
    folder.write("gone", "");
    let done = folder.terrane("", &["destroy", "-auto-approve", "-json"]).code(0);
    let wanted = ["apply_start", "provision_start", "provision_progress", "provision_complete", "apply_complete"];
    assert_eq!(of(&done.stdout), wanted, "{done}");
    let left = folder.terrane("", &["show", "-json"]).code(0);
    assert_eq!(left.stdout, "{\"format_version\":\"1.0\"}\n");
}
