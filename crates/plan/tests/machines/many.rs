//! Resources of so many instances that their objects are decoded beforehand.

use std::sync::Arc;

use terrane_address::parse_instance;
use terrane_plan::{Change, PlanOptions, Providers};
use terrane_source::Severity;
use terrane_state::{Snapshot, StoredObject};

use crate::support::run::{self, apply_all, in_order};
use crate::support::things::Things;
use crate::support::{Config, load, providers, shown};

const COUNT: usize = 4200;

fn config(count: usize) -> Config {
    load(&[(
        "main.tf",
        &format!("resource \"thing\" \"a\" {{\n  count = {count}\n  name  = \"a${{count.index}}\"\n}}\n"),
    )])
}

/// A state with all objects as an apply leaves them, changed by their number.
fn state(providers: &Providers, change: impl Fn(usize, StoredObject) -> StoredObject) -> Snapshot {
    let config = config(1);
    let (plan, _) = run::plan(&config, providers, &Snapshot::default(), PlanOptions::default(), &mut in_order);
    let mut state = apply_all(&config, providers, &plan, &mut in_order).snapshot;
    let first = parse_instance("thing.a[0]").unwrap();
    let (provider, object) = (state.provider_of(&first).unwrap(), state.object(&first).unwrap().clone());
    for i in 0..COUNT {
        let attributes = object.attributes.replace("\"a0\"", &format!("\"a{i}\"")).into();
        let changed = change(i, StoredObject { attributes, ..object.clone() });
        state.set(&parse_instance(&format!("thing.a[{i}]")).unwrap(), &provider, Some(changed));
    }
    state
}

#[test]
fn objects_decoded_beforehand_are_what_they_are_one_by_one() {
    let providers = providers(&Arc::new(Things::default()));
    let state = state(&providers, |i, object| match i {
        7 => StoredObject { attributes: object.attributes.replace("\"a7\"", "\"b\"").into(), ..object },
        8 => StoredObject { tainted: true, ..object },
        _ => object,
    });
    let options = PlanOptions { refresh: false, ..PlanOptions::default() };
    let config = config(COUNT);
    let (plan, diags) = run::plan(&config, &providers, &state, options, &mut in_order);
    assert!(!diags.has_errors(), "{}", shown(&diags, &config.files));
    let changed: Vec<_> = plan.steps.iter().filter(|step| !matches!(step.change, Change::NoOp { .. })).collect();
    assert_eq!((plan.steps.len(), changed.len()), (COUNT, 2));
    assert!(matches!(changed[0].change, Change::Update { .. }) && changed[0].address() == "thing.a[7]");
    assert!(matches!(changed[1].change, Change::Replace { .. }) && changed[1].address() == "thing.a[8]");
}

#[test]
fn what_cannot_be_decoded_beforehand_is_told_once() {
    let providers = providers(&Arc::new(Things::default()));
    let state = state(&providers, |i, object| match i {
        9 => StoredObject { attributes: "{\"name\":[]}".into(), ..object },
        10 => StoredObject { schema_version: 1000, ..object },
        _ => object,
    });
    let options = PlanOptions { refresh: false, ..PlanOptions::default() };
    let (plan, diags) = run::plan(&config(COUNT), &providers, &state, options, &mut in_order);
    assert!(plan.errored);
    assert_eq!(diags.iter().filter(|d| d.severity == Severity::Error).count(), 2);
}
