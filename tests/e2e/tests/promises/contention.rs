//! Many processes want one state at the same time: each gets its turn, no update is lost, and who lost the lock cannot
//! write.
//!
//! The normal suite runs a small form. `TERRANE_CONTENTION=PROCESSES,CYCLES` runs a larger one; see docs/development.md.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use terrane_e2e::{Run, World};

/// How many processes run at a time, and how many turns they take all in all.
fn size(processes: usize, cycles: usize) -> (usize, usize) {
    let Ok(wanted) = std::env::var("TERRANE_CONTENTION") else { return (processes, cycles) };
    let (processes, cycles) = wanted.split_once(',').expect("TERRANE_CONTENTION is PROCESSES,CYCLES");
    (processes.trim().parse().unwrap(), cycles.trim().parse().unwrap())
}

const EMPTY: &str = r#"{"version":4,"terraform_version":"1.12.0","serial":1,"lineage":"5a1c0d2e-0000-4000-8000-00000000c0de",
"outputs":{"counter":{"value":0,"type":"number"}},"resources":[],"check_results":null}"#;

/// A project that counts its applies in its own state: each reads the counter and writes one more. `turn` is what each
/// does while it holds the lock.
fn configuration(name: &str, locking: &str, turn: &str) -> String {
    let place =
        format!("bucket = \"{name}\"\n    key = \"team/app.tfstate\"\n    region = \"eu-west-1\"\n    {locking}");
    format!(
        r#"
terraform {{
  backend "s3" {{
    {place}
  }}
}}

variable "turn" {{
  default = ""
}}

data "terraform_remote_state" "before" {{
  backend = "s3"
  config = {{
    {place}
  }}
}}

resource "terraform_data" "turn" {{
  triggers_replace = var.turn
  provisioner "local-exec" {{
    command = "{turn}"
  }}
}}

output "counter" {{
  value = data.terraform_remote_state.before.outputs.counter + 1
}}
"#
    )
}

/// A world with a folder for each process, whose state counts 0.
fn prepared(
    test: &str,
    processes: usize,
    locking: impl Fn(&str) -> String,
    turn: impl Fn(&Path) -> String,
) -> Option<World> {
    let world = World::new(test)?;
    let name = world.unique("contend");
    world.account().create_bucket(&name);
    world.account().create_lock_table(&name);
    for number in 0..processes {
        let folder = world.folder().join(format!("w{number}"));
        world.write(&format!("w{number}/main.tf"), &configuration(&name, &locking(&name), &turn(&folder)));
        if number == 0 {
            world.terrane(&["-chdir=w0", "init"]).code(0);
            world.write("empty.json", EMPTY);
            let empty = world.folder().join("empty.json").display().to_string();
            world.terrane(&["-chdir=w0", "state", "push", &empty]).code(0);
        }
        world.write(&format!("w{number}/.terraform/terrane.json"), &world.read("w0/.terraform/terrane.json"));
    }
    Some(world)
}

fn counter(world: &World) -> usize {
    let state = world.terrane(&["-chdir=w0", "state", "pull"]).code(0).stdout;
    let state: serde_json::Value = serde_json::from_str(&state).unwrap();
    state["outputs"]["counter"]["value"].as_u64().unwrap() as usize
}

fn apply(world: &World, number: usize, turn: usize) -> Run {
    let folder = format!("-chdir=w{number}");
    let turn = format!("-var=turn={number}-{turn}");
    world.terrane(&[&folder, "apply", "-auto-approve", "-lock-timeout=60m", &turn])
}

/// Every turn holds the lock of the state, and so may make a folder that only one can make.
fn contended(test: &str, locking: impl Fn(&str) -> String) {
    let (processes, cycles) = size(6, 12);
    let guard = |folder: &Path| {
        let guard = folder.with_file_name("guard").display().to_string();
        format!("mkdir {guard} && sleep 0.02 && rmdir {guard}")
    };
    let Some(world) = prepared(test, processes, locking, guard) else { return };
    let (world, next, begun) = (&world, &AtomicUsize::new(0), Instant::now());
    std::thread::scope(|scope| {
        for number in 0..processes {
            scope.spawn(move || {
                while let turn = next.fetch_add(1, Ordering::Relaxed)
                    && turn < cycles
                {
                    apply(world, number, turn).code(0);
                }
            });
        }
    });
    let seconds = begun.elapsed().as_secs_f64();
    eprintln!("{test}: {processes} processes, {cycles} cycles, counter {}, {seconds:.1} s", counter(world));
    assert_eq!(counter(world), cycles, "no update is lost");
    world.terrane(&["-chdir=w0", "lock", "list"]).code(0).says(&["No state is locked."]);
}

#[test]
fn each_of_many_gets_the_lock_item_in_turn() {
    contended("contended_item", |table| format!("dynamodb_table = \"{table}\""));
}

#[test]
fn each_of_many_gets_the_lock_object_in_turn() {
    contended("contended_object", |_| "use_lockfile = true".into());
}

/// Applies in a folder whose run is stopped while it holds the lock, robbed of the lock, and let go on.
fn robbed(world: &World, number: usize, turn: usize) -> Run {
    let holding = world.folder().join(format!("w{number}/holding"));
    let _ = fs::remove_file(&holding);
    let (folder, set) = (format!("-chdir=w{number}"), format!("-var=turn={number}-{turn}"));
    let run =
        world.start_with(("TERRANE_LEASE", "2s"), &[&folder, "apply", "-auto-approve", "-lock-timeout=60m", &set]);
    let end = Instant::now() + Duration::from_secs(3600);
    while !holding.exists() {
        assert!(Instant::now() < end, "the run never got the lock");
        std::thread::sleep(Duration::from_millis(5));
    }
    run.pause();
    let held = world.terrane(&[&folder, "lock", "list", "-json"]).code(0).stdout;
    let held: serde_json::Value = serde_json::from_str(&held).unwrap();
    let own = held[0]["id"].as_str().unwrap_or_else(|| panic!("the stopped run holds no lock: {held}")).to_owned();
    std::thread::sleep(Duration::from_secs(2));
    let stolen = |refused: &mut Option<Run>| {
        let steal = world.terrane(&[&folder, "lock", "steal", &own]);
        let done = steal.code == Some(0);
        *refused = Some(steal);
        done
    };
    let mut last = None;
    while !stolen(&mut last) {
        assert!(Instant::now() < end, "the lock is never given up: {last:?}");
        std::thread::sleep(Duration::from_millis(500));
    }
    let before = counter(world);
    run.resume();
    let run = run.finish();
    assert!(counter(world) >= before, "the state does not go back");
    run
}

/// Every third run loses its lock while it holds it, and comes back.
fn stolen(test: &str, locking: impl Fn(&str) -> String) {
    let (processes, cycles) = size(4, 9);
    let hold = |folder: &Path| format!("touch {}/holding; sleep 0.3", folder.display());
    let Some(world) = prepared(test, processes, locking, hold) else { return };
    let (world, next, begun) = (&world, &AtomicUsize::new(0), Instant::now());
    let (done, lost) = (&AtomicUsize::new(0), &AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for number in 0..processes {
            scope.spawn(move || {
                while let turn = next.fetch_add(1, Ordering::Relaxed)
                    && turn < cycles
                {
                    if turn % 3 == 1 {
                        robbed(world, number, turn).code(1).complains(&["State cannot be written", "errored.tfstate"]);
                        lost.fetch_add(1, Ordering::Relaxed);
                    } else {
                        apply(world, number, turn).code(0);
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let (done, lost, seconds) = (done.load(Ordering::Relaxed), lost.load(Ordering::Relaxed), begun.elapsed());
    eprintln!(
        "{test}: {processes} processes, {done} turns kept, {lost} robbed and refused, counter {}, {:.1} s",
        counter(world),
        seconds.as_secs_f64()
    );
    assert_eq!(counter(world), done, "what was refused is not counted, and nothing else is lost");
}

#[test]
fn whoever_lost_the_lock_item_is_refused() {
    stolen("robbed_item", |table| format!("dynamodb_table = \"{table}\""));
}

#[test]
fn whoever_lost_the_lock_object_is_refused() {
    stolen("robbed_object", |_| "use_lockfile = true".into());
}
