//! A run that is killed loses nothing: what it had done is taken over by the next command.

use std::collections::BTreeMap;
use std::time::Duration;

use terrane_e2e::{Fault, Folder, Rule, World};

const KILLED: &str = "An earlier run was killed";

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

#[test]
fn objects_in_the_cloud_are_not_made_twice() {
    let Some(world) = World::new("killed_cloud") else { return };
    world.write(
        "main.tf",
        "provider \"aws\" {\n  region = \"eu-west-1\"\n}\nresource \"aws_vpc\" \"one\" {\n  count      = 8\n  cidr_block = \"10.${count.index}.0.0/16\"\n}\n",
    );
    world.terrane(&["init"]).code(0);
    let vpcs = || world.account().ec2("Action=DescribeVpcs").matches("<vpcId>").count();
    let others = vpcs();
    for calls in [2, 4, 7] {
        let begun = world.proxy().count("ec2:CreateVpc");
        world.proxy().set_rules(vec![Rule::new("ec2:CreateVpc", Fault::LatencyMs(300))]);
        let mut run = world.start(&["apply", "-auto-approve", "-parallelism=1"]);
        let end = std::time::Instant::now() + Duration::from_secs(60);
        while world.proxy().count("ec2:CreateVpc") < begun + calls {
            assert!(std::time::Instant::now() < end, "too few calls came");
            std::thread::sleep(Duration::from_millis(5));
        }
        run.kill();
        run.finish();
        world.proxy().set_rules(Vec::new());
        let again = world.terrane(&["apply", "-auto-approve"]).code(0);
        let doubt = again.stderr.matches(" (create)").count();
        assert!(doubt <= 1 && again.stderr.contains(KILLED), "{again}");
        let there = vpcs() - others;
        assert!(there <= 8 + doubt, "{there} are there, {doubt} in doubt:\n{again}");
        world.terrane(&["destroy", "-auto-approve"]).code(0);
        // What was in doubt is what the warning asked to look for.
        let left: Vec<String> = world
            .account()
            .ec2("Action=DescribeVpcs&Filter.1.Name=isDefault&Filter.1.Value.1=false")
            .split("<vpcId>")
            .skip(1)
            .filter_map(|rest| Some(rest.split_once("</vpcId>")?.0.to_owned()))
            .collect();
        left.iter().for_each(|id| drop(world.account().ec2(&format!("Action=DeleteVpc&VpcId={id}"))));
    }
}
