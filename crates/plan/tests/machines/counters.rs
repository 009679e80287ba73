//! What planning costs, counted rather than timed.

use std::sync::Arc;

use crate::support::run::{self, apply_all, in_order, shuffled};
use crate::support::things::Things;
use crate::support::{Config, load, providers, shown};
use terrane_plan::{Plan, PlanOptions};
use terrane_state::Snapshot;

/// Plans and applies in a new world, then plans again; gives both plans.
fn twice(text: &str) -> (Plan, Plan) {
    let config = load(&[("main.tf", text)]);
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
    let per_instance = first.counters.evaluations as f64 / 400.0;
    assert!(per_instance <= 2.0, "{per_instance} evaluations per instance");
    assert!(first.graph.edge_count() <= 3 * first.graph.ops().len());
    assert_eq!(second.counters.read_asks, 1);
}
