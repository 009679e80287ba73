//! A run that is killed loses nothing: what it had done is taken over by the next command.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use terrane_e2e::{Fault, Folder, Rule, World};

const KILLED: &str = "An earlier run was cut short";

/// Each object tells the log its id once it is made.
const LOGGED: &str = r#"
resource "terraform_data" "one" {
  for_each = toset([for n in range(40) : tostring(n)])
  input    = each.key
  provisioner "local-exec" {
    command = "sleep 0.05; echo ${each.key} ${self.id} >> made.log"
  }
}
"#;

/// The first id that each object had.
fn logged(folder: &Folder) -> BTreeMap<String, String> {
    let text = folder.shell("", "cat made.log 2>/dev/null || true");
    let mut first = BTreeMap::new();
    for (key, id) in text.lines().filter_map(|line| line.split_once(' ')) {
        first.entry(key.to_owned()).or_insert(id.to_owned());
    }
    first
}

fn ids(folder: &Folder) -> BTreeMap<String, String> {
    let state: serde_json::Value =
        serde_json::from_str(&folder.terrane("", &["state", "pull"]).code(0).stdout).unwrap();
    let instances = state["resources"][0]["instances"].as_array().cloned().unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    instances.iter().map(|i| (text(&i["index_key"]), text(&i["attributes"]["id"]))).collect()
}

#[test]
fn what_was_made_before_the_kill_is_in_the_state_after_it() {
    for moment in [300, 700, 1100, 1700, 2300, 2900] {
        let folder = Folder::new();
        folder.write("main.tf", LOGGED);
        let mut run = folder.start("", &["apply", "-auto-approve", "-parallelism=4"]);
        std::thread::sleep(Duration::from_millis(moment));
        run.kill();
        run.finish();
        let before = logged(&folder);

        let plan = folder.terrane("", &["plan"]).code(0);
        let again = folder.terrane("", &["apply", "-auto-approve"]).code(0);
        let after = ids(&folder);
        assert_eq!(after.len(), 40);
        for (key, id) in before.iter().filter(|(key, id)| after.get(*key) != Some(*id)) {
            let name = format!("terraform_data.one[\"{key}\"]");
            // An object whose last step was not ended is replaced, since it is not known to be whole.
            let told = plan.stdout.contains(&format!("{name} is tainted")) || plan.stderr.contains(&name);
            assert!(told, "{moment} ms: {name} with the id {id} is lost:\n{plan}\n{again}");
        }
        let left = folder.shell("", "ls .terraform");
        assert!(!left.contains("journal"), "{left}");
        folder.terrane("", &["plan", "-detailed-exitcode"]).code(0);
    }
}

#[test]
fn what_was_changed_and_deleted_before_the_kill_is_known() {
    let folder = Folder::new();
    let all = |input: &str, from: usize| {
        format!(
            r#"
resource "terraform_data" "one" {{
  for_each = toset([for n in range({from}, 20) : tostring(n)])
  input    = "{input}"
  provisioner "local-exec" {{
    when    = destroy
    command = "sleep 0.1; echo ${{each.key}} >> gone.log"
  }}
}}

resource "terraform_data" "slow" {{
  triggers_replace = "{input}"
  depends_on       = [terraform_data.one]
  provisioner "local-exec" {{
    command = "sleep {}"
  }}
}}
"#,
            if input == "a" { 0 } else { 5 }
        )
    };
    folder.write("main.tf", &all("a", 0));
    folder.terrane("", &["apply", "-auto-approve"]).code(0);
    folder.write("main.tf", &all("b", 10));
    let mut run = folder.start("", &["apply", "-auto-approve", "-parallelism=1"]);
    let end = std::time::Instant::now() + Duration::from_secs(60);
    let gone = || folder.shell("", "cat gone.log 2>/dev/null || true").lines().count();
    while gone() < 3 {
        assert!(std::time::Instant::now() < end, "too little was deleted");
        std::thread::sleep(Duration::from_millis(20));
    }
    run.kill();
    run.finish();
    folder.terrane("", &["apply", "-auto-approve"]).code(0).complains(&[KILLED]);
    let twice = folder.shell("", "sort gone.log | uniq -d");
    assert!(twice.lines().count() <= 1, "only what was in flight is deleted again: {twice}");
    assert_eq!(folder.shell("", "sort -u gone.log").lines().count(), 10);
    folder.terrane("", &["plan", "-detailed-exitcode"]).code(0);
}

#[test]
fn a_saved_plan_is_applied_over_what_was_recovered() {
    let folder = Folder::new();
    folder.write("main.tf", LOGGED);
    let mut run = folder.start("", &["apply", "-auto-approve", "-parallelism=4"]);
    let end = std::time::Instant::now() + Duration::from_secs(60);
    while logged(&folder).len() < 8 {
        assert!(std::time::Instant::now() < end, "too little was made");
        std::thread::sleep(Duration::from_millis(20));
    }
    run.kill();
    run.finish();
    folder.terrane("", &["plan", "-out=p"]).code(0).complains(&[KILLED, "Recovered:"]);
    folder.terrane("", &["apply", "p"]).code(0).complains(&[KILLED]);
    folder.terrane("", &["plan", "-detailed-exitcode"]).code(0);
    folder.terrane("", &["apply", "p"]).code(1).complains(&["stale"]);
}

/// Ways to make an object once: by a mark, by a token, and by a name that the run makes up. The call and the block.
const CREATES: [(&str, &str, &str); 4] = [
    ("ec2:CreateVpc", "aws_vpc", "cidr_block = \"10.7.0.0/16\""),
    ("ec2:AllocateAddress", "aws_eip", "domain = \"vpc\""),
    ("ec2:CreateVolume", "aws_ebs_volume", "availability_zone = \"eu-west-1a\"\n  size = 1"),
    ("iam:CreateRole", "aws_iam_role", "name_prefix = \"killed-\"\n  assume_role_policy = local.trust"),
];

const PROVIDER: &str = r#"
provider "aws" {
  region = "eu-west-1"
}

locals {
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}
"#;

#[test]
fn objects_in_the_cloud_are_not_made_twice() {
    let Some(world) = World::new("killed_cloud") else { return };
    for (call, ty, arguments) in CREATES {
        let found =
            |more: &str| -> usize { world.terrane(&["discover", "-json", more, ty]).code(0).stdout.lines().count() };
        world.write("main.tf", &format!("{PROVIDER}\nresource \"{ty}\" \"one\" {{\n  count = 3\n  {arguments}\n}}\n"));
        let (others, begun) = (found("-unmanaged"), world.proxy().count(call));
        // The call takes effect, and the run does not live to hear of it, nor does the next one.
        for round in 1..=2 {
            let wait = Fault::After(Arc::new(|_| std::thread::sleep(Duration::from_secs(2))));
            world.proxy().set_rules(vec![Rule::new(call, wait)]);
            let mut run = world.start(&["apply", "-auto-approve", "-parallelism=1"]);
            let end = std::time::Instant::now() + Duration::from_secs(60);
            while world.proxy().count(call) < begun + round {
                assert!(std::time::Instant::now() < end && run.is_alive(), "no {call} came");
                std::thread::sleep(Duration::from_millis(5));
            }
            std::thread::sleep(Duration::from_millis(500));
            match round {
                1 => run.kill(),
                // Given up by its user, which is no end for what is in flight either.
                _ => {
                    run.interrupt();
                    std::thread::sleep(Duration::from_millis(200));
                    run.interrupt();
                }
            }
            let ended = run.finish();
            if round == 2 {
                ended.code(1).complains(&["was in flight when the run was aborted", "not made twice"]);
            }
        }
        world.proxy().set_rules(Vec::new());
        let again = world.terrane(&["apply", "-auto-approve"]).code(0).complains(&[KILLED, "not made twice"]);
        assert_eq!((found("-unmanaged"), found("-json")), (others, others + 3), "{call}: {again}");
        world.terrane(&["plan", "-detailed-exitcode"]).code(0).says(&["No changes."]);
        world.terrane(&["destroy", "-auto-approve"]).code(0).says(&["3 destroyed"]);
    }
}

/// What is found by a mark until the journal has it: the call that removes the mark, and the block.
const MARKED: [(&str, &str, &str); 2] =
    [("ec2:DeleteTags", "aws_vpc", "cidr_block = \"10.8.0.0/16\""), ("kms:UntagResource", "aws_kms_key", "")];

#[test]
fn a_mark_goes_when_the_journal_has_the_object() {
    let Some(world) = World::new("killed_marks") else { return };
    for (call, ty, arguments) in MARKED {
        let found =
            |more: &str| -> usize { world.terrane(&["discover", "-json", more, ty]).code(0).stdout.lines().count() };
        world.write("main.tf", &format!("{PROVIDER}\nresource \"{ty}\" \"one\" {{\n  {arguments}\n}}\n"));
        let others = found("-unmanaged");
        // The mark is gone, and the run does not live to hear of it.
        let wait = Fault::After(Arc::new(|_| std::thread::sleep(Duration::from_secs(2))));
        world.proxy().set_rules(vec![Rule::new(call, wait)]);
        let mut run = world.start(&["apply", "-auto-approve"]);
        let end = std::time::Instant::now() + Duration::from_secs(60);
        while world.proxy().count(call) == 0 {
            assert!(std::time::Instant::now() < end && run.is_alive(), "no {call} came");
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(500));
        run.kill();
        run.finish();
        world.proxy().set_rules(Vec::new());
        let again = world.terrane(&["apply", "-auto-approve"]).code(0).complains(&[KILLED, "1 object recovered"]);
        assert_eq!((found("-unmanaged"), found("-json")), (others, others + 1), "{call}: {again}");
        world.terrane(&["plan", "-detailed-exitcode"]).code(0).says(&["No changes."]);
        world.terrane(&["destroy", "-auto-approve"]).code(0).says(&["1 destroyed"]);
    }
}

#[test]
fn an_access_key_of_a_killed_run_is_told_and_a_password_set_anew() {
    let Some(world) = World::new("killed_keys") else { return };
    let user = world.unique("killed");
    let block = |ty: &str, name: &str| format!("resource \"{ty}\" \"{name}\" {{\n  user = aws_iam_user.one.name\n}}\n");
    let base = format!("{PROVIDER}\nresource \"aws_iam_user\" \"one\" {{\n  name = \"{user}\"\n}}\n")
        + &block("aws_iam_access_key", "kept");
    world.write("main.tf", &base);
    world.terrane(&["apply", "-auto-approve"]).code(0);
    world
        .write("main.tf", &(base + &block("aws_iam_access_key", "lost") + &block("aws_iam_user_login_profile", "one")));
    let calls = ["iam:CreateAccessKey", "iam:CreateLoginProfile"];
    let wait = |call: &&str| {
        let wait = Fault::After(Arc::new(|_| std::thread::sleep(Duration::from_secs(2))));
        Rule::new(call, wait)
    };
    world.proxy().set_rules(calls.iter().map(wait).collect());
    let mut run = world.start(&["apply", "-auto-approve"]);
    let end = std::time::Instant::now() + Duration::from_secs(60);
    while world.proxy().count(calls[0]) < 2 || world.proxy().count(calls[1]) < 1 {
        assert!(std::time::Instant::now() < end && run.is_alive(), "the calls did not come");
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(500));
    run.kill();
    run.finish();
    world.proxy().set_rules(Vec::new());
    let again = world.terrane(&["apply", "-auto-approve"]);
    let told: Vec<&str> = again.stderr.lines().filter(|line| line.contains("aws iam delete-access-key")).collect();
    let keys = world.account().iam(&format!("Action=ListAccessKeys&UserName={user}"));
    let managed = world.terrane(&["state", "pull"]).code(0).stdout;
    let ids = keys.split("<AccessKeyId>").skip(1).filter_map(|rest| rest.split('<').next());
    let unmanaged: Vec<&str> = ids.filter(|id| !managed.contains(id)).collect();
    assert_eq!((unmanaged.len(), told.len()), (1, 1), "{again}\n{keys}");
    assert!(told[0].contains(unmanaged[0]) && told[0].contains(&user), "{again}");
    assert_eq!(world.proxy().count("iam:UpdateLoginProfile"), 1, "nobody knows the password of the killed run");
    world.account().iam(&format!("Action=DeleteAccessKey&UserName={user}&AccessKeyId={}", unmanaged[0]));
    world.terrane(&["apply", "-auto-approve"]).code(0);
    world.terrane(&["plan", "-detailed-exitcode"]).code(0).says(&["No changes."]);
    world.terrane(&["destroy", "-auto-approve"]).code(0);
}
