//! What holds for any configuration, any order of answers and any crash.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::programs::{Decl, config, mixed_versions, names, small_versions, text, versions};
use crate::support::run::{self, Came, Journal, Until, apply_all, in_order, shuffled};
use crate::support::things::{Fault, Things};
use crate::support::{Config, load, providers, shown};
use proptest::prelude::*;
use terrane_address::Instance;
use terrane_plan::{
    ApplyGraph, ApplyOptions, Doubt, Leg, Op, Plan, PlanMode, PlanOptions, Providers, file, unfinished,
};
use terrane_state::{Snapshot, replay};

fn planned(config: &Config, providers: &Providers, state: &Snapshot, pick: run::Pick<'_>) -> Plan {
    let (plan, diags) = run::plan(config, providers, state, PlanOptions::default(), pick);
    assert!(!diags.has_errors(), "{}", shown(&diags, &config.files));
    plan
}

fn converge(config: &Config, providers: &Providers, state: &Snapshot, seed: u64) -> Snapshot {
    let plan = planned(config, providers, state, &mut shuffled(seed));
    let applied = apply_all(config, providers, &plan, &mut shuffled(seed + 1));
    assert!(applied.is_complete(), "{}", shown(&applied.diagnostics, &config.files));
    let again = planned(config, providers, &applied.snapshot, &mut shuffled(seed + 2));
    assert!(!again.has_changes(), "{:?}", again.steps);
    applied.snapshot
}

/// A run that has the luck to choose the key of an object that is still deposed takes another.
#[test]
fn no_deposed_object_takes_the_key_of_another() {
    let things = Arc::new(Things::lenient());
    let providers = providers(&things);
    let version = |n: u8| {
        let lifecycle = "lifecycle {\n    create_before_destroy = true\n  }";
        load(&[(
            "main.tf",
            &format!("resource \"thing\" \"a\" {{\n  name  = \"a{n}\"\n  color = \"{n}\"\n  {lifecycle}\n}}\n"),
        )])
    };
    let mut state = converge(&version(0), &providers, &Snapshot::default(), 1);
    for n in 1..4 {
        (0..n).for_each(|old| things.fail("delete", &format!("a{old}"), Fault::Refused));
        let config = version(n);
        let plan = planned(&config, &providers, &state, &mut in_order);
        let options = ApplyOptions { seed: [7; 16], ..ApplyOptions::default() };
        let came = run::apply(&config, &providers, &plan, options, &mut Journal::default(), &mut in_order, Until::Done);
        let Ok((Came::To(applied), _)) = came else { panic!("it has to come to an end") };
        state = applied.snapshot;
        let deposed: usize = state.instances().map(|(_, _, instance)| instance.deposed.len()).sum();
        assert_eq!(deposed, usize::from(n));
    }
    converge(&version(3), &providers, &state, 1);
    assert_eq!(things.described().len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// The world refuses to delete what is linked to and to link to what is not there: any wrong order fails.
    #[test]
    fn a_plan_after_apply_is_empty_and_destroy_leaves_nothing((first, second) in versions(), seed in any::<u32>()) {
        let things = Arc::new(Things::default());
        let providers = providers(&things);
        let state = converge(&config(&first), &providers, &Snapshot::default(), seed.into());
        let second = config(&second);
        let state = converge(&second, &providers, &state, u64::from(seed) + 10);
        let destroy = PlanOptions { mode: PlanMode::Destroy, ..PlanOptions::default() };
        let (plan, _) = run::plan(&second, &providers, &state, destroy, &mut in_order);
        let applied = apply_all(&second, &providers, &plan, &mut shuffled(seed.into()));
        prop_assert!(applied.is_complete(), "{}", shown(&applied.diagnostics, &second.files));
        prop_assert!(applied.snapshot.resources.is_empty());
        prop_assert_eq!(things.described(), Vec::<String>::new());
    }

    #[test]
    fn either_order_of_replacement_converges((first, second) in mixed_versions(), seed in any::<u32>()) {
        let things = Arc::new(Things::lenient());
        let providers = providers(&things);
        let state = converge(&config(&first), &providers, &Snapshot::default(), seed.into());
        converge(&config(&second), &providers, &state, seed.into());
    }

    #[test]
    fn answers_in_any_order_give_the_same_plan((first, second) in versions(), seeds in prop::collection::vec(any::<u64>(), 3)) {
        let things = Arc::new(Things::default());
        let providers = providers(&things);
        let state = converge(&config(&first), &providers, &Snapshot::default(), 1);
        let second = config(&second);
        let bytes = |plan: &Plan| file::write(plan, &file::Origin::default()).unwrap();
        let expected = bytes(&planned(&second, &providers, &state, &mut in_order));
        for seed in seeds {
            prop_assert_eq!(&bytes(&planned(&second, &providers, &state, &mut shuffled(seed))), &expected);
        }
    }

    /// Objects get their ids in the order in which they are made; but for these, the order of answers leaves no trace.
    #[test]
    fn answers_in_any_order_lead_to_the_same_world((first, second) in versions(), seeds in prop::collection::vec(any::<u32>(), 2)) {
        let reached = |seed: u64| {
            let things = Arc::new(Things::default());
            let providers = providers(&things);
            let state = converge(&config(&first), &providers, &Snapshot::default(), seed);
            let state = converge(&config(&second), &providers, &state, seed + 5);
            (things.described(), outline(&state))
        };
        let expected = reached(1);
        for seed in seeds {
            prop_assert_eq!(&reached(seed.into()), &expected);
        }
    }

    /// What is made after something else is deleted before it.
    #[test]
    fn a_destroy_mirrors_the_create((first, _) in mixed_versions()) {
        let things = Arc::new(Things::lenient());
        let providers = providers(&things);
        let config = config(&first);
        let create = planned(&config, &providers, &Snapshot::default(), &mut in_order);
        let state = apply_all(&config, &providers, &create, &mut in_order).snapshot;
        let options = PlanOptions { mode: PlanMode::Destroy, ..PlanOptions::default() };
        let (destroy, _) = run::plan(&config, &providers, &state, options, &mut in_order);
        let (made, deleted) = (ordered(&create, Leg::Up), ordered(&destroy, Leg::Down));
        for (before, after) in made {
            prop_assert!(deleted.contains(&(after.clone(), before.clone())), "{} before {}", after, before);
        }
    }

    /// Whatever goes wrong in one run, the next one puts right: half made, half changed, deposed or tainted objects.
    #[test]
    fn the_run_after_a_failed_one_heals((first, second) in versions(), faults in prop::collection::vec(any::<u16>(), 1..4)) {
        let world = || {
            let things = Arc::new(Things::default());
            let providers = providers(&things);
            let state = converge(&config(&first), &providers, &Snapshot::default(), 1);
            (things, providers, state)
        };
        let config = config(&second);
        let (things, providers, state) = world();
        converge(&config, &providers, &state, 3);
        let expected = things.described();
        let (things, providers, state) = world();
        let plan = planned(&config, &providers, &state, &mut in_order);
        let names = names(&first).into_iter().chain(names(&second)).collect::<Vec<_>>();
        for fault in faults.into_iter().map(usize::from).filter(|_| !names.is_empty()) {
            let verb = ["create", "update", "delete"][fault % 3];
            let kind = [Fault::Refused, Fault::HalfMade][fault / 3 % 2];
            things.fail(verb, &names[fault / 6 % names.len()], kind);
        }
        let failed = apply_all(&config, &providers, &plan, &mut in_order);
        things.mend();
        let state = converge(&config, &providers, &failed.snapshot, 7);
        prop_assert_eq!(things.described(), expected);
        prop_assert!(state.instances().all(|(_, _, instance)| instance.deposed.is_empty()));
    }

    /// What is known late is done in later rounds, and comes to the same; what exists is left alone meanwhile.
    #[test]
    fn rounds_with_deferral_come_to_the_same_world((first, second) in versions(), seed in any::<u32>()) {
        let things = Arc::new(Things::default());
        let providers_at_once = providers(&things);
        let state = converge(&config(&first), &providers_at_once, &Snapshot::default(), 1);
        converge(&config(&second), &providers_at_once, &state, 2);
        let expected = things.described();
        let things = Arc::new(Things::default());
        let providers = providers(&things);
        let mut state = Snapshot::default();
        for version in [&first, &second] {
            state = rounds(version, &providers, state, seed.into());
        }
        prop_assert_eq!(things.described(), expected);
    }

    #[test]
    fn a_plan_survives_its_file((first, second) in versions()) {
        let things = Arc::new(Things::default());
        let providers = providers(&things);
        let state = converge(&config(&first), &providers, &Snapshot::default(), 1);
        let plan = planned(&config(&second), &providers, &state, &mut in_order);
        let origin = file::Origin { version: "0.1".into(), place: "abc".into(), ..file::Origin::default() };
        let bytes = file::write(&plan, &origin).unwrap();
        let (read, from) = file::read(&bytes).unwrap();
        prop_assert_eq!(from, origin);
        prop_assert_eq!((&read.steps, &read.graph, &read.outputs), (&plan.steps, &plan.graph, &plan.outputs));
        prop_assert_eq!((&read.options, &read.drift), (&plan.options, &plan.drift));
        prop_assert_eq!((&read.prior, &read.refreshed), (&plan.prior, &plan.refreshed));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// Wherever a run is stopped, what has begun is brought to its end, and nothing else is.
    #[test]
    fn a_stop_at_any_answer_leaves_the_state_true((first, second) in small_versions(), seed in any::<u32>()) {
        let second = config(&second);
        for answers in 0.. {
            let things = Arc::new(Things::default());
            let providers = providers(&things);
            let state = converge(&config(&first), &providers, &Snapshot::default(), seed.into());
            let plan = planned(&second, &providers, &state, &mut in_order);
            let mut journal = Journal::default();
            let options = ApplyOptions { seed: run::seed(&plan), ..ApplyOptions::default() };
            let until = Until::Stop(answers);
            let came = run::apply(&second, &providers, &plan, options, &mut journal, &mut shuffled(seed.into()), until);
            let Ok((Came::To(applied), given)) = came else { panic!("it has to come to an end") };
            prop_assert!(!applied.diagnostics.has_errors(), "{}", shown(&applied.diagnostics, &second.files));
            let mut replayed = plan.refreshed.clone();
            replay(&mut replayed, &journal.entries);
            prop_assert_eq!(&replayed.resources, &applied.snapshot.resources);
            prop_assert!(unfinished(&journal.entries).is_empty() || applied.stopped);
            let drift = planned(&second, &providers, &applied.snapshot, &mut in_order).drift;
            prop_assert_eq!(drift, vec![]);
            converge(&second, &providers, &applied.snapshot, seed.into());
            if given <= answers {
                break;
            }
        }
    }

    /// Wherever a run crashes, another one that knows its journal comes to the same world.
    #[test]
    fn a_crash_at_any_answer_loses_nothing((first, second) in small_versions(), seed in any::<u32>(), carried_out: bool) {
        let world = || {
            let things = Arc::new(Things::default());
            let providers = providers(&things);
            let state = converge(&config(&first), &providers, &Snapshot::default(), seed.into());
            (things, providers, state)
        };
        let second = config(&second);
        let (things, providers, state) = world();
        converge(&second, &providers, &state, seed.into());
        let expected = things.described();
        for answers in 0.. {
            let (things, providers, state) = world();
            let plan = planned(&second, &providers, &state, &mut in_order);
            let mut journal = Journal::default();
            let options = ApplyOptions { seed: run::seed(&plan), ..ApplyOptions::default() };
            let until = Until::Crash { answers, carried_out };
            let came = run::apply(&second, &providers, &plan, options, &mut journal, &mut shuffled(seed.into()), until);
            let crashed = matches!(came.unwrap().0, Came::Crash);
            let mut state = plan.refreshed.clone();
            replay(&mut state, &journal.entries);
            recover(&second, &providers, &state, unfinished(&journal.entries));
            prop_assert_eq!(&things.described(), &expected, "after {} answers", answers);
            if !crashed {
                break;
            }
        }
    }
}

/// What a state holds, without ids.
fn outline(state: &Snapshot) -> Vec<String> {
    let line = |(instance, _, held): (Instance, _, &terrane_state::InstanceState)| {
        let dependencies = held.current.as_ref().map(|object| object.dependencies.clone());
        format!("{instance} {dependencies:?} {}", held.deposed.len())
    };
    state.instances().map(line).collect()
}

/// All pairs of instances of which the legs are ordered, by name.
fn ordered(plan: &Plan, leg: Leg) -> BTreeSet<(String, String)> {
    let name = |op: u32| match plan.graph.ops()[op as usize] {
        Op::Step { step, leg: of } if of == leg => Some(plan.steps[step as usize].instance.to_string()),
        _ => None,
    };
    let places = 0..plan.graph.ops().len() as u32;
    let pairs = places.filter_map(|op| Some((name(op)?, reached(&plan.graph, op))));
    pairs.flat_map(|(from, to)| to.into_iter().filter_map(name).map(move |to| (from.clone(), to))).collect()
}

fn reached(graph: &ApplyGraph, from: u32) -> BTreeSet<u32> {
    let (mut found, mut queue) = (BTreeSet::new(), vec![from]);
    while let Some(op) = queue.pop() {
        queue.extend(graph.after(op).iter().copied().filter(|next| found.insert(*next)));
    }
    found
}

/// Plans and applies with deferral until nothing is left.
fn rounds(decls: &[Option<Decl>], providers: &Providers, mut state: Snapshot, seed: u64) -> Snapshot {
    let late = crate::programs::late(decls);
    for round in 0..=decls.len() as u64 {
        let options = PlanOptions { allow_deferral: true, ..PlanOptions::default() };
        let (plan, diags) = run::plan(&late, providers, &state, options, &mut shuffled(seed + round));
        assert!(!diags.has_errors(), "{}\n{}", text(decls), shown(&diags, &late.files));
        let held = |state: &Snapshot| {
            let is_planned = |instance: &Instance| plan.steps.iter().any(|step| step.instance == *instance);
            let covered =
                |instance: &Instance| plan.deferred.iter().any(|d| d.place.covers(instance)) && !is_planned(instance);
            let of = state.instances().filter(|(instance, ..)| covered(instance));
            of.map(|(instance, _, held)| (instance, held.current.clone())).collect::<Vec<_>>()
        };
        let before = held(&plan.refreshed);
        let applied = apply_all(&late, providers, &plan, &mut shuffled(seed + round));
        assert!(applied.is_complete(), "{}", shown(&applied.diagnostics, &late.files));
        assert_eq!(held(&applied.snapshot), before, "what is deferred stays as it is");
        state = applied.snapshot;
        if plan.deferred.is_empty() {
            assert!(!planned(&late, providers, &state, &mut in_order).has_changes());
            return state;
        }
    }
    panic!("there is something deferred after so many rounds as there are things:\n{}", text(decls));
}

/// Plans and applies once more, with the creates whose answers were lost.
fn recover(
    config: &Config,
    providers: &Providers,
    state: &Snapshot,
    resume: BTreeMap<terrane_address::Instance, Doubt>,
) {
    let plan = planned(config, providers, state, &mut in_order);
    let options = ApplyOptions { seed: [7; 16], resume, rollback: false };
    let came = run::apply(config, providers, &plan, options, &mut Journal::default(), &mut in_order, Until::Done);
    let Ok((Came::To(applied), _)) = came else { panic!("the second run came to no end") };
    assert!(applied.is_complete(), "{}", shown(&applied.diagnostics, &config.files));
    let again = planned(config, providers, &applied.snapshot, &mut in_order);
    assert!(!again.has_changes(), "{:?}", again.steps);
}
