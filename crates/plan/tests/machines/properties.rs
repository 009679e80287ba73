//! What holds for any configuration, any order of answers and any crash.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::support::run::{self, Came, Journal, Until, apply_all, in_order, shuffled};
use crate::support::things::Things;
use crate::support::{Config, load, providers, shown};
use proptest::prelude::*;
use terrane_plan::{ApplyOptions, Plan, PlanMode, PlanOptions, Providers, file, unfinished};
use terrane_state::{Snapshot, replay};

/// One declared thing.
#[derive(Clone, Debug)]
struct Decl {
    size: u8,
    color: u8,
    /// Things with a lower number that it links to, by bit.
    links: u8,
    /// Things with a lower number whose replacement replaces it too, by bit.
    follows: u8,
    create_before_destroy: bool,
    count: u8,
}

fn decl() -> impl Strategy<Value = Option<Decl>> {
    let parts = (0u8..3, 0u8..3, any::<u8>(), any::<u8>(), any::<bool>(), 1u8..3);
    let decl = parts.prop_map(|(size, color, links, follows, create_before_destroy, count)| Decl {
        size,
        color,
        links,
        follows: follows & links,
        create_before_destroy,
        count,
    });
    prop_oneof![1 => Just(None), 4 => decl.prop_map(Some)]
}

/// Two versions of a configuration over the same names, all of it create-before-destroy: only then is there an order
/// in which nothing is ever deleted that something still links to.
fn versions() -> impl Strategy<Value = (Vec<Option<Decl>>, Vec<Option<Decl>>)> {
    mixed_versions().prop_map(|(mut first, mut second)| {
        first.iter_mut().chain(&mut second).flatten().for_each(|decl| decl.create_before_destroy = true);
        (first, second)
    })
}

/// The same with either order of replacement.
fn mixed_versions() -> impl Strategy<Value = (Vec<Option<Decl>>, Vec<Option<Decl>>)> {
    (1usize..7).prop_flat_map(|n| (prop::collection::vec(decl(), n), prop::collection::vec(decl(), n)))
}

fn text(decls: &[Option<Decl>]) -> String {
    let mut out = String::new();
    for (i, decl) in decls.iter().enumerate() {
        let Some(decl) = decl else { continue };
        let lower = |bits: u8| {
            let there = (0..i).filter(move |j| bits >> j & 1 == 1).filter(|j| decls[*j].is_some());
            there.map(|j| format!("thing.t{j}[0].id")).collect::<Vec<_>>()
        };
        let follows: String = lower(decl.follows).iter().map(|id| format!("${{{id}}}")).collect();
        let _ = writeln!(
            out,
            "resource \"thing\" \"t{i}\" {{\n  count = {}\n  name = \"t{i}-${{count.index}}\"\n  size = {}\n  \
             color = \"{}{}\"\n  links = [{}]\n  lifecycle {{\n    create_before_destroy = {}\n  }}\n}}",
            decl.count,
            decl.size,
            decl.color,
            follows,
            lower(decl.links).join(", "),
            decl.create_before_destroy
        );
    }
    out
}

fn config(decls: &[Option<Decl>]) -> Config {
    let config = load(&[("main.tf", &text(decls))]);
    assert!(!config.diags.has_errors(), "{}", shown(&config.diags, &config.files));
    config
}

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

    /// Wherever a run is stopped, what has begun is brought to its end, and nothing else is.
    #[test]
    fn a_stop_at_any_answer_leaves_the_state_true((first, second) in versions(), seed in any::<u32>()) {
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
    fn a_crash_at_any_answer_loses_nothing((first, second) in versions(), seed in any::<u32>(), carried_out: bool) {
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

/// Plans and applies once more, with the creates whose answers were lost.
fn recover(
    config: &Config,
    providers: &Providers,
    state: &Snapshot,
    resume: BTreeMap<terrane_address::Instance, Arc<str>>,
) {
    let plan = planned(config, providers, state, &mut in_order);
    let options = ApplyOptions { seed: [7; 16], resume };
    let came = run::apply(config, providers, &plan, options, &mut Journal::default(), &mut in_order, Until::Done);
    let Ok((Came::To(applied), _)) = came else { panic!("the second run came to no end") };
    assert!(applied.is_complete(), "{}", shown(&applied.diagnostics, &config.files));
    let again = planned(config, providers, &applied.snapshot, &mut in_order);
    assert!(!again.has_changes(), "{:?}", again.steps);
}
