//! What planning costs, counted rather than timed.

use std::sync::Arc;

use crate::support::run::{self, apply_all, in_order, shuffled};
use crate::support::things::Things;
use crate::support::{Config, load, providers, shown};
use terrane_plan::{Plan, PlanOptions};
use terrane_state::Snapshot;

/// Plans and applies in a new world, then plans again; gives both plans.
fn twice(text: &str) -> (Plan, Plan) {
    twice_in(&[("main.tf", text)])
}

fn twice_in(files: &[(&str, &str)]) -> (Plan, Plan) {
    let config = load(files);
    let things = Arc::new(Things::default());
    let providers = providers(&things);
    let plan = |config: &Config, state: &Snapshot| {
        let (plan, diags) = run::plan(config, &providers, state, PlanOptions::default(), &mut shuffled(3));
        assert!(!diags.has_errors(), "{}", shown(&diags, &config.files));
        plan
    };
    let first = plan(&config, &Snapshot::default());
    let applied = apply_all(&config, &providers, &first, &mut in_order);
    let second = plan(&config, &applied.snapshot);
    assert!(!second.has_changes());
    (first, second)
}

fn check(plan: &Plan, instances: u64) {
    let counters = plan.counters;
    assert_eq!(counters.instances, instances);
    let per_instance = counters.evaluations as f64 / instances as f64;
    assert!(per_instance <= 1.6, "{per_instance} evaluations per instance");
    let (edges, ops) = (plan.graph.edge_count(), plan.graph.ops().len());
    assert!(edges <= 3 * ops, "{edges} edges for {ops} operations");
}

#[test]
fn instances_that_read_others_by_index() {
    let (first, second) = twice(
        r#"
resource "thing" "b" {
  count = 300
  name  = "b${count.index}"
  links = [thing.a[count.index].id]
}
resource "thing" "a" {
  count = 300
  name  = "a${count.index}"
}
"#,
    );
    check(&first, 600);
    check(&second, 600);
    assert_eq!((second.counters.read_asks, second.counters.objects_read), (1, 600));
}

#[test]
fn instances_that_read_all_others() {
    let (first, second) = twice(
        r#"
resource "thing" "b" {
  count = 200
  name  = "b${count.index}"
  links = thing.a[*].id
}
resource "thing" "a" {
  count = 200
  name  = "a${count.index}"
}
"#,
    );
    check(&first, 400);
    check(&second, 400);
    assert_eq!(second.counters.read_asks, 1);
}

/// What every instance reads of every other goes through barriers, whatever it goes through besides.
#[test]
fn instances_in_modules_and_through_local_values() {
    let main = r#"
module "m" {
  source = "./m"
  count  = 100
  name   = "m${count.index}"
  link   = thing.a[count.index].id
}
resource "thing" "a" {
  count = 100
  name  = "a${count.index}"
}
locals {
  ids = module.m[*].id
}
resource "thing" "b" {
  count = 100
  name  = "b${count.index}"
  links = local.ids
}
"#;
    let module = r#"
variable "name" {}
variable "link" {}
resource "thing" "t" {
  name  = var.name
  links = [var.link]
}
output "id" {
  value = thing.t.id
}
"#;
    let (first, second) = twice_in(&[("main.tf", main), ("m/main.tf", module)]);
    let (edges, ops) = (first.graph.edge_count(), first.graph.ops().len());
    assert!(edges <= 3 * ops, "{edges} edges for {ops} operations");
    // What reads one of another is looked at once before that is there; what reads all of them waits untried.
    let per_instance = second.counters.evaluations as f64 / 300.0;
    assert!(per_instance <= 1.4, "{per_instance} evaluations per instance");
}

/// Deferral costs nothing where nothing is deferred.
#[test]
fn an_evaluation_is_not_repeated_for_the_sake_of_deferral() {
    let text = r#"
resource "thing" "a" {
  count = 100
  name  = "a${count.index}"
}
resource "thing" "b" {
  count      = 100
  name       = "b${count.index}"
  links      = [thing.a[count.index].id]
  depends_on = [thing.a]
}
"#;
    let config = load(&[("main.tf", text)]);
    let providers = providers(&Arc::new(Things::default()));
    let options = PlanOptions { allow_deferral: true, ..PlanOptions::default() };
    let (plan, _) = run::plan(&config, &providers, &Snapshot::default(), options, &mut in_order);
    assert!(plan.is_complete());
    check(&plan, 200);
}

#[test]
fn modules_of_many_instances() {
    let part = r#"
variable "name" {}
resource "thing" "one" {
  count = 50
  name  = "${var.name}-${count.index}"
}
output "ids" { value = thing.one[*].id }
"#;
    let root: String = (0..6)
        .map(|i| format!("module \"part{i}\" {{\n  source = \"./part\"\n  name   = \"part {i}\"\n}}\n"))
        .collect();
    let (first, second) = twice_in(&[("main.tf", &root), ("part/main.tf", part)]);
    check(&first, 300);
    check(&second, 300);
}

#[test]
fn modules_with_many_variables() {
    let variables: String = (0..20).map(|v| format!("variable \"v{v}\" {{}}\n")).collect();
    let names: Vec<String> = (0..20).map(|v| format!("var.v{v}")).collect();
    let part = format!("{variables}resource \"thing\" \"one\" {{\n  name = join(\"-\", [{}])\n}}\n", names.join(", "));
    let arguments: String = (0..20).map(|v| format!("  v{v} = \"${{each.key}} {v}\"\n")).collect();
    let root = format!(
        "module \"part\" {{\n  for_each = toset([for i in range(40) : \"part${{i}}\"])\n  source = \"./part\"\n{arguments}}}\n"
    );
    let (first, second) = twice_in(&[("main.tf", &root), ("part/main.tf", &part)]);
    check(&first, 40);
    check(&second, 40);
}

#[test]
fn chains_of_modules() {
    let inner = r#"
variable "name" {}
resource "thing" "a" { name = "${var.name} a" }
resource "thing" "b" {
  name  = "${var.name} b"
  links = [thing.a.id]
}
"#;
    let middle = chain(3, "../inner", "${var.name} ");
    let middle = format!("variable \"name\" {{}}\n{middle}");
    let root = chain(12, "./middle", "");
    let (first, second) = twice_in(&[("main.tf", &root), ("middle/main.tf", &middle), ("inner/main.tf", inner)]);
    let (edges, ops) = (first.graph.edge_count(), first.graph.ops().len());
    assert!(edges <= 3 * ops, "{edges} edges for {ops} operations");
    for plan in [first, second] {
        assert!(plan.counters.evaluations <= 115, "{} evaluations of 72 instances", plan.counters.evaluations);
    }
}

/// Module calls, each of which depends on the one before it.
fn chain(length: u32, source: &str, name: &str) -> String {
    let call = |i: u32| {
        let after = i.checked_sub(1).map(|before| format!("  depends_on = [module.link{before}]\n"));
        let after = after.unwrap_or_default();
        format!("module \"link{i}\" {{\n  source = \"{source}\"\n  name   = \"{name}{i}\"\n{after}}}\n")
    };
    (0..length).map(call).collect()
}
