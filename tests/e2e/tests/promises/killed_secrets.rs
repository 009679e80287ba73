//! What a killed run leaves behind holds no secret, and loses nothing while the key that its lock carried is to be had.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use terrane_e2e::{Folder, Running, World};

const GIVEN: &str = "hush-hush-do-not-tell";

/// Objects with secrets from configuration and from a provider, made one after the other.
const SECRETS: &str = r#"
variable "given" {
  sensitive = true
  default   = "hush-hush-do-not-tell"
}

resource "random_password" "one" {
  count  = 30
  length = 24
  provisioner "local-exec" {
    command = "sleep 0.05"
  }
}

resource "terraform_data" "one" {
  count = 30
  input = { number = count.index, secret = "${var.given}-${count.index}" }
  provisioner "local-exec" {
    command = "sleep 0.05"
  }
}
"#;

/// Everything that was in the files of a folder at some time.
#[derive(Default)]
struct Seen(BTreeSet<Vec<u8>>);

impl Seen {
    fn look(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.path() {
                path if path.is_dir() => self.look(&path),
                path => self.0.extend(std::fs::read(path).ok()),
            }
        }
    }

    fn has(&self, text: &str) -> bool {
        self.0.iter().any(|content| content.windows(text.len()).any(|part| part == text.as_bytes()))
    }
}

fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(3));
    }
}

fn state(folder: &Folder) -> serde_json::Value {
    serde_json::from_str(&folder.terrane("", &["state", "pull"]).code(0).stdout).unwrap()
}

/// What an attribute of a resource is in all instances.
fn all<'a>(state: &'a serde_json::Value, ty: &str, attribute: &str) -> Vec<&'a str> {
    let resource = state["resources"].as_array().unwrap().iter().find(|r| r["type"] == ty);
    let instances = resource.and_then(|r| r["instances"].as_array()).map(Vec::as_slice).unwrap_or_default();
    instances.iter().filter_map(|i| i["attributes"][attribute].as_str()).collect()
}

/// The instances that ended, by what is in the journal.
fn ended(folder: &Path) -> usize {
    let mut seen = Seen::default();
    seen.look(folder);
    let ends = |content: &Vec<u8>| content.windows(6).filter(|part| *part == b"{\"end\"").count();
    seen.0.iter().map(ends).sum()
}

/// Kills an apply once so much has ended that is not in the state.
fn killed(run: &mut Running, data: &Path, least: usize) {
    wait_for("too little was made", || ended(data) >= least);
    run.kill();
}

#[test]
fn no_secret_is_in_the_journal_at_any_moment() {
    let folder = Folder::new();
    folder.write("main.tf", SECRETS);
    let data = folder.path().join(".terraform");
    let mut seen = Seen::default();
    let mut run = folder.start("", &["apply", "-auto-approve", "-parallelism=4"]);
    wait_for("too little was made", || {
        seen.look(&data);
        ended(&data) >= 12
    });
    run.kill();
    run.finish();
    seen.look(&data);
    assert!(seen.has("{\"end\"") && seen.has(".one["));

    folder.terrane("", &["plan"]).code(0).complains(&["An earlier run was cut short", "Recovered:"]);
    let mut run = folder.start("", &["apply", "-auto-approve"]);
    while run.is_alive() {
        seen.look(&data);
    }
    run.finish().code(0).complains(&["Recovered:"]);
    seen.look(&data);
    let state = state(&folder);
    let passwords = all(&state, "random_password", "result");
    assert_eq!(passwords.len(), 30);
    for secret in passwords.into_iter().chain([GIVEN]) {
        assert!(!seen.has(secret), "a secret was in .terraform");
    }
    assert_eq!(ended(&data), 0);
    folder.terrane("", &["plan", "-detailed-exitcode"]).code(0);
}

#[test]
fn without_a_lock_the_key_is_away_from_the_project() {
    let folder = Folder::new();
    folder.write("work/main.tf", SECRETS);
    let data = folder.path().join("work/.terraform");
    let mut run = folder.start("work", &["apply", "-auto-approve", "-lock=false", "-parallelism=4"]);
    killed(&mut run, &data, 8);
    run.finish();
    let keys = || folder.shell("", "find .local/state/terrane -name '*.key' -perm 600 | wc -l").trim().to_owned();
    assert_eq!(keys(), "1");
    folder.terrane("work", &["apply", "-auto-approve", "-lock=false"]).code(0).complains(&["Recovered:"]);
    assert_eq!((keys().as_str(), ended(&data)), ("0", 0));
    folder.terrane("work", &["plan", "-detailed-exitcode"]).code(0);
}

#[test]
fn without_the_key_what_was_made_is_named_and_not_made_twice() {
    let folder = Folder::new();
    folder.write("main.tf", SECRETS);
    let data = folder.path().join(".terraform");
    let mut run = folder.start("", &["apply", "-auto-approve", "-parallelism=1"]);
    killed(&mut run, &data, 5);
    run.finish();
    folder.shell("", "rm .terraform.tfstate.lock.info");
    let lost = "Made, but not in the state";
    let plan = folder.terrane("", &["plan"]).code(0).complains(&[lost, "random_password.one[", "with the id \"none\""]);
    assert!(!plan.stderr.contains(GIVEN));
    for _ in 0..2 {
        let refused = folder.terrane("", &["apply", "-auto-approve"]).code(1);
        refused.complains(&["Objects would be made twice", "terrane import", "random_password.one[", "delete "]);
    }
    folder.shell("", "rm .terraform/journal-*");
    folder.terrane("", &["apply", "-auto-approve"]).code(0);
    assert_eq!(all(&state(&folder), "random_password", "result").len(), 30);
}

#[test]
fn a_plan_learns_the_key_from_a_server_that_tells_only_who_wants_the_lock() {
    let Ok(server) = std::env::var("TERRANE_TEST_STATES") else {
        return eprintln!("SKIPPED: needs the state server; `cargo xtask test` starts it");
    };
    let folder = Folder::new();
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
    let place = format!("{server}/tagged/killed-{nanos}");
    let addresses = ["address", "lock_address", "unlock_address"].map(|name| format!("    {name} = \"{place}\"\n"));
    let backend = format!("terraform {{\n  backend \"http\" {{\n{}  }}\n}}\n", addresses.concat());
    folder.write("main.tf", &(backend + SECRETS));
    folder.terrane("", &["init"]).code(0);
    let data = folder.path().join(".terraform");
    let mut run = folder.start("", &["apply", "-auto-approve", "-parallelism=1"]);
    killed(&mut run, &data, 3);
    run.finish();

    folder.terrane("", &["plan"]).code(0).complains(&["Recovered:"]);
    let refused = folder.terrane("", &["apply", "-auto-approve"]).code(1).complains(&["State is locked"]);
    let id = refused.stderr.split("ID:").nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap().to_owned();
    folder.terrane("", &["force-unlock", "-force", &id]).code(0);
    folder.terrane("", &["plan"]).code(0).complains(&["Recovered:"]);
    folder.terrane("", &["apply", "-auto-approve"]).code(0).complains(&["Recovered:"]);
    folder.terrane("", &["plan", "-detailed-exitcode"]).code(0);
}

const VPCS: &str = r#"
resource "aws_vpc" "one" {
  count      = 6
  cidr_block = "10.${count.index}.0.0/16"
  provisioner "local-exec" {
    command = "sleep 0.2"
  }
}
"#;

/// A project with its state in S3.
fn in_s3(test: &str, lock: impl Fn(&str) -> String) -> Option<World> {
    // An account of this run alone, since its networks are counted.
    let world = World::new(&format!("{test}_{}", std::process::id()))?;
    let name = world.unique("killed");
    world.account().create_bucket(&name);
    world.account().create_lock_table(&name);
    let lock = lock(&name);
    world.write(
        "main.tf",
        &format!(
            "terraform {{\n  backend \"s3\" {{\n    bucket = \"{name}\"\n    key = \"app.tfstate\"\n    region = \"eu-west-1\"\n    {lock}\n  }}\n}}\nprovider \"aws\" {{\n  region = \"eu-west-1\"\n}}\n{VPCS}"
        ),
    );
    world.terrane(&["init"]).code(0);
    Some(world)
}

fn vpcs(world: &World) -> usize {
    world.account().ec2("Action=DescribeVpcs&Filter.1.Name=isDefault&Filter.1.Value.1=false").matches("<vpcId>").count()
}

/// Kills an apply that has made a few networks, and returns the id of its lock.
fn killed_in_s3(world: &World) -> String {
    let data = world.folder().join(".terraform");
    let mut run = world.start_with(("TERRANE_LEASE", "1s"), &["apply", "-auto-approve", "-parallelism=1"]);
    killed(&mut run, &data, 2);
    run.finish();
    let held = world.terrane(&["lock", "list", "-json"]).code(0);
    let held: serde_json::Value = serde_json::from_str(&held.stdout).unwrap();
    assert!(!held.to_string().contains("ournal"), "the key is not shown: {held}");
    held[0]["id"].as_str().unwrap().to_owned()
}

/// Applies to the end, and looks that nothing was made twice; what was in doubt at the kill may be.
fn finish(world: &World, doubt: usize) {
    world.terrane(&["apply", "-auto-approve"]).code(0);
    let made = vpcs(world);
    assert!((6..=6 + doubt).contains(&made), "{made} networks");
    world.terrane(&["plan", "-detailed-exitcode"]).code(0);
}

#[test]
fn who_steals_the_lock_takes_the_journal_over() {
    for (test, lock) in [("killed_item", "dynamodb_table"), ("killed_object", "use_lockfile")] {
        let lock = |name: &str| match lock {
            "use_lockfile" => "use_lockfile = true".to_owned(),
            _ => format!("dynamodb_table = \"{name}\""),
        };
        let Some(world) = in_s3(test, lock) else { return };
        killed_in_s3(&world);
        let recovered = "Recovered:\n│   aws_vpc.one[";
        world.terrane(&["plan"]).code(0).complains(&[recovered]);
        world.terrane(&["apply", "-auto-approve"]).code(1).complains(&["State is locked"]);
        std::thread::sleep(Duration::from_millis(2100));
        world.terrane(&["lock", "steal"]).code(0).complains(&[recovered]);
        finish(&world, 1);
    }
}

#[test]
fn who_removes_the_lock_by_hand_keeps_its_key() {
    let Some(world) = in_s3("killed_unlock", |name| format!("dynamodb_table = \"{name}\"")) else { return };
    let id = killed_in_s3(&world);
    world.terrane(&["force-unlock", "-force", &id]).code(0);
    world.terrane(&["plan"]).code(0).complains(&["Recovered:\n│   aws_vpc.one["]);
    finish(&world, 1);
}

#[test]
fn where_the_key_is_gone_objects_are_imported() {
    let Some(world) = in_s3("killed_gone", |name| format!("dynamodb_table = \"{name}\"")) else { return };
    let id = killed_in_s3(&world);
    // Another program removes the lock, and knows nothing of a key.
    world.write("elsewhere/main.tf", &world.read("main.tf"));
    world.write("elsewhere/.terraform/terrane.json", &world.read(".terraform/terrane.json"));
    world.terrane(&["-chdir=elsewhere", "force-unlock", "-force", &id]).code(0);
    let refused = world.terrane(&["apply", "-auto-approve"]).code(1).complains(&["Objects would be made twice"]);
    let imports: Vec<Vec<String>> = refused
        .stderr
        .lines()
        .filter_map(|line| Some(line.split_once("terrane import ")?.1.replace('\'', "")))
        .map(|line| line.split_whitespace().map(str::to_owned).collect())
        .collect();
    assert!(
        imports.iter().any(|words| words[0].starts_with("aws_vpc.one[") && words[1].starts_with("vpc-")),
        "{refused}"
    );
    for words in imports.iter().collect::<BTreeSet<_>>() {
        world.terrane(&["import", &words[0], &words[1]]).code(0);
    }
    finish(&world, 1);
    assert_eq!(ended(&world.folder().join(".terraform")), 0);
}
