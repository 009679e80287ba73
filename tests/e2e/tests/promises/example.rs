//! The example from first apply to last destroy.

use std::path::Path;

use terrane_e2e::World;

fn copy(world: &World, from: &Path, below: &str) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        match entry.file_type().unwrap().is_dir() {
            true => copy(world, &entry.path(), &format!("{name}/")),
            false => world.write(&name, &std::fs::read_to_string(entry.path()).unwrap()),
        }
    }
}

#[test]
fn web_vpc_is_made_changed_and_destroyed() {
    let Some(world) = World::new("web_vpc") else { return };
    copy(&world, &Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/web-vpc"), "");
    world.terrane(&["init"]).code(0);
    world.terrane(&["fmt", "-check", "-recursive"]).code(0);
    let plan = world.terrane(&["plan", "-out=first.plan"]).code(0).says(&["39 to add, 0 to change, 0 to destroy"]);
    assert!(!plan.stdout.contains("change-me"), "the secret is in the plan");
    world.terrane(&["apply", "first.plan"]).code(0).says(&["39 added", "session_secret = <sensitive>"]);
    world.terrane(&["apply", "first.plan"]).code(1).complains(&["Saved plan is stale"]);
    world.terrane(&["plan", "-detailed-exitcode"]).code(0).says(&["No changes."]);
    let change = world.terrane(&["plan", "-detailed-exitcode", "-var=change=true"]).code(2);
    change.says(&[
        "1 to add, 2 to change, 2 to destroy",
        "# forces replacement",
        "\"Enabled\" -> \"Suspended\"",
        "is not in for_each map",
    ]);
    world.terrane(&["apply", "-auto-approve", "-var=change=true"]).code(0).says(&["1 added, 2 changed, 2 destroyed"]);
    world.terrane(&["plan", "-detailed-exitcode", "-var=change=true"]).code(0).says(&["No changes."]);
    world.terrane(&["destroy", "-auto-approve", "-var=change=true"]).code(0).says(&["38 destroyed"]);
    let left = world.terrane(&["state", "list"]).code(0);
    assert_eq!(left.stdout.trim(), "");
    let vpcs = world.account().ec2("Action=DescribeVpcs&Filter.1.Name=cidr&Filter.1.Value.1=10.20.0.0/16");
    assert!(!vpcs.contains("<vpcId>"), "{vpcs}");
}
