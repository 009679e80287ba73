//! Each promise of a provider that is broken is found, and said whose bug it is.

use std::sync::Arc;

use terrane_address::Provider;
use terrane_plan::{Outcome, PlanMode, PlanOptions, Providers};
use terrane_source::Diagnostics;
use terrane_state::Snapshot;

use crate::support::odd::Odd;
use crate::support::{Config, load, run, shown};

const ONE: &str = "resource \"odd\" \"a\" {\n  name = \"a\"\n  part {\n    size = 1\n  }\n}\n";

fn providers(fault: &'static str, native: bool) -> Providers {
    let provider: Arc<dyn terrane_provider::Provider> = Arc::new(Odd { fault, native });
    Providers::new([(Provider::implied("odd"), provider)])
}

/// What is said while a configuration is planned over a state, and applied if it can be.
struct Said {
    text: String,
    state: Snapshot,
    done: bool,
}

fn go(fault: &'static str, native: bool, config: &Config, prior: &Snapshot, mode: PlanMode) -> Said {
    let providers = providers(fault, native);
    let options = PlanOptions { mode, ..PlanOptions::default() };
    let (plan, diags) = run::plan(config, &providers, prior, options, &mut run::in_order);
    if diags.has_errors() {
        return Said { text: said(&diags, config), state: prior.clone(), done: false };
    }
    let applied = run::apply_all(config, &providers, &plan, &mut run::in_order);
    let done = applied.outcomes.iter().all(|outcome| *outcome == Outcome::Done);
    Said { text: said(&applied.diagnostics, config), state: applied.snapshot, done }
}

fn said(diags: &Diagnostics, config: &Config) -> String {
    shown(diags, &config.files).replace("│ ", "").replace('\n', " ")
}

/// The state after everything went well.
fn made(text: &str) -> Snapshot {
    let said = go("", false, &load(&[("main.tf", text)]), &Snapshot::default(), PlanMode::Normal);
    assert!(said.done && said.text.is_empty(), "{}", said.text);
    said.state
}

/// Breaks a promise, and looks for what is said of it.
fn breaks(fault: &'static str, text: &str, prior: &Snapshot, wanted: &[&str]) -> Said {
    let said = go(fault, false, &load(&[("main.tf", text)]), prior, PlanMode::Normal);
    for wanted in wanted {
        assert!(said.text.contains(wanted), "{fault}: {wanted:?} is not in {}", said.text);
    }
    said
}

const BUG: &str = "This is a bug in the provider registry.terraform.io/hashicorp/odd";

#[test]
fn nothing_is_said_of_a_provider_that_keeps_its_promises() {
    let state = made(ONE);
    assert_eq!(breaks("", ONE, &state, &[]).text, "");
}

#[test]
fn schemas_make_sense() {
    let wanted = ["Provider has an invalid schema", "name: It is required and optional at once.", BUG];
    breaks("schema", ONE, &Snapshot::default(), &wanted);
}

#[test]
fn plans_keep_what_is_written() {
    let none = Snapshot::default();
    let invalid = "Provider produced an invalid object";
    breaks("plan nothing", ONE, &none, &[invalid, "neither a plan nor an error", BUG]);
    breaks("plan null", ONE, &none, &[invalid, "There is no object, but null.", BUG]);
    breaks("plan type", ONE, &none, &[invalid, "id", BUG]);
    let plan = "Provider produced an invalid plan";
    breaks("plan other", ONE, &none, &[plan, "odd.a.name: The planned value is neither", BUG]);
    breaks("plan unknown", ONE, &none, &[plan, "odd.a.name: The planned value is neither", BUG]);
    let unwritten = "resource \"odd\" \"a\" {\n}\n";
    breaks("plan other", unwritten, &none, &[plan, "odd.a.name: It is not written and not computed", BUG]);
    breaks("plan blocks", ONE, &none, &[plan, "odd.a.part: 1 blocks are written, but 2 are planned.", BUG]);
    breaks("plan no blocks", ONE, &none, &[plan, "odd.a.part: Blocks are written, or none are", BUG]);
    breaks("plan path", ONE, &none, &[plan, "odd.a.nmae: It is said to force a replacement", BUG]);
    breaks("plan private", ONE, &none, &[plan, "5242880 bytes are to be kept with it", BUG]);
}

#[test]
fn a_plan_is_not_other_at_apply() {
    let late = format!("resource \"odd\" \"b\" {{\n  name = odd.a.id\n}}\n{ONE}");
    let wanted = ["Provider changed its plan", "odd.b.kind: It now has another value than was planned.", BUG];
    let said = breaks("plan later", &late, &Snapshot::default(), &wanted);
    assert!(!said.done);
}

#[test]
fn what_is_made_is_what_was_planned() {
    let none = Snapshot::default();
    let invalid = "Provider produced an invalid object";
    breaks("apply nothing", ONE, &none, &[invalid, "neither an object nor an error", BUG]);
    breaks("apply null", ONE, &none, &[invalid, "There is no object, but null.", BUG]);
    breaks("apply type", ONE, &none, &[invalid, "part", BUG]);
    let said = breaks("apply unknown", ONE, &none, &[invalid, "The value of kind is still unknown", BUG]);
    assert!(tainted(&said.state), "what was made is kept all the same, and replaced");
    let said = breaks("apply missing", ONE, &none, &[invalid, "created odd.a", "kind", BUG]);
    assert!(tainted(&said.state), "the id of what was made is known");
    breaks("apply nothing", ONE, &none, &["look for it, and import or delete it", BUG]);
    let other = "Provider produced an unexpected object";
    let said = breaks("apply other", ONE, &none, &[other, "odd.a.name: It now has another value", BUG]);
    assert_eq!(said.state.instances().count(), 1);
    breaks("apply blocks", ONE, &none, &[other, "odd.a.part: It was planned with 1 elements, but now has 0.", BUG]);
    breaks("apply private", ONE, &none, &[other, "5242880 bytes are to be kept with it", BUG]);
}

/// Whether the state has one object, tainted.
fn tainted(state: &Snapshot) -> bool {
    let objects: Vec<_> = state.instances().filter_map(|(.., instance)| instance.current.as_ref()).collect();
    matches!(objects.as_slice(), [object] if object.tainted && object.attributes.contains("i-1"))
}

#[test]
fn who_refuses_says_why() {
    let (none, state) = (Snapshot::default(), made(ONE));
    let wanted = ["Provider gave no reason", BUG];
    breaks("configure silent", ONE, &none, &wanted);
    breaks("read silent", ONE, &state, &wanted);
    let data = "data \"odd\" \"a\" {\n  name = \"a\"\n}\n";
    breaks("data silent", data, &none, &wanted);
    breaks("data silent", &format!("data \"odd\" \"b\" {{\n  name = odd.a.kind\n}}\n{ONE}"), &none, &wanted);
    breaks("import silent", &format!("import {{\n  to = odd.a\n  id = \"i-1\"\n}}\n{ONE}"), &none, &wanted);
    let mut old = state;
    for resource in old.resources.values_mut() {
        resource.instances.values_mut().for_each(|i| i.current.as_mut().unwrap().schema_version = 0);
    }
    breaks("upgrade silent", ONE, &old, &wanted);
}

#[test]
fn what_is_deleted_is_gone() {
    let said = breaks("delete object", "", &made(ONE), &["and yet returned one", BUG]);
    assert_eq!(said.state.instances().count(), 1);
}

#[test]
fn what_is_read_is_an_object_of_its_type() {
    let state = made(ONE);
    let invalid = "Provider produced an invalid object";
    breaks("read null", ONE, &state, &[invalid, "There is no object, but null.", BUG]);
    breaks("read type", ONE, &state, &[invalid, "part", BUG]);
    breaks("read unknown", ONE, &state, &[invalid, "The value of kind is still unknown", BUG]);
    breaks("read private", ONE, &state, &[invalid, "5242880 bytes are to be kept with it", BUG]);
    breaks("read count", ONE, &state, &["Object was not read", "asked for 1 objects and answered 2", BUG]);
}

#[test]
fn imports_begin_with_an_object_of_the_type() {
    let import = format!("import {{\n  to = odd.a\n  id = \"i-1\"\n}}\n{ONE}");
    let (none, invalid) = (Snapshot::default(), "Provider produced an invalid object");
    breaks("import null", &import, &none, &[invalid, "imported odd.a", "There is no object, but null.", BUG]);
    breaks("import type", &import, &none, &[invalid, "imported odd.a", "kind", BUG]);
    breaks("read unknown", &import, &none, &[invalid, "The value of kind is still unknown", BUG]);
}

#[test]
fn stored_objects_come_to_the_present_form() {
    let mut state = made(ONE);
    for resource in state.resources.values_mut() {
        resource.instances.values_mut().for_each(|i| i.current.as_mut().unwrap().schema_version = 0);
    }
    let invalid = "Provider produced an invalid object";
    breaks("upgrade null", ONE, &state, &[invalid, "could not be brought to the present schema", "null", BUG]);
    breaks("upgrade type", ONE, &state, &[invalid, "could not be brought to the present schema", "name", BUG]);
    breaks("upgrade unknown", ONE, &state, &[invalid, "The value of kind is still unknown", BUG]);
    let moved = "moved {\n  from = odd.a\n  to = odd_new.a\n}\nresource \"odd_new\" \"a\" {\n  name = \"a\"\n}\n";
    breaks("move null", moved, &state, &[invalid, "could not become one of type odd_new", "null", BUG]);
    breaks("move type", moved, &state, &[invalid, "could not become one of type odd_new", "id", BUG]);
}

#[test]
fn data_sources_answer_in_their_type() {
    let (data, none) = ("data \"odd\" \"a\" {\n  name = \"a\"\n}\n", Snapshot::default());
    let invalid = "Provider produced an invalid object";
    breaks("data null", data, &none, &[invalid, "There is no object, but null.", BUG]);
    breaks("data type", data, &none, &[invalid, "kind", BUG]);
    breaks("data unknown", data, &none, &[invalid, "The value of kind is still unknown", BUG]);
    let late = format!("data \"odd\" \"b\" {{\n  name = odd.a.kind\n}}\n{ONE}");
    let said = breaks("data unknown", &late, &none, &[invalid, "read data.odd.b", BUG]);
    assert!(!said.done);
    let other = ["read something else than is written for", "data.odd.b.name: It now has another value", BUG];
    let said = breaks("data other", &late, &none, &other);
    assert!(!said.done, "what depends on it was planned with what is written");
    assert!(breaks("data other", data, &none, &[]).done, "nothing was planned before it");
}

#[test]
fn ephemeral_objects_are_as_written() {
    let (text, none) = ("ephemeral \"odd\" \"a\" {\n  name = \"a\"\n}\n", Snapshot::default());
    let invalid = "Provider produced an invalid object";
    breaks("open null", text, &none, &[invalid, "opened ephemeral.odd.a", "null", BUG]);
    breaks("open type", text, &none, &[invalid, "kind", BUG]);
    breaks("open unknown", text, &none, &[invalid, "The value of kind is still unknown", BUG]);
    breaks("open other", text, &none, &[invalid, "ephemeral.odd.a.name: The planned value is neither", BUG]);
}

#[test]
fn functions_answer_in_their_type() {
    let text = "terraform {\n  required_providers {\n    odd = { source = \"hashicorp/odd\" }\n  }\n}\noutput \"o\" {\n  \
                value = provider::odd::odd(\"x\")\n}\n";
    let none = Snapshot::default();
    breaks("function type", text, &none, &["the provider gave an invalid answer", "Its result is wrong", BUG]);
    breaks("function unknown", text, &none, &["Its result is unknown, although all arguments are known.", BUG]);
}

#[test]
fn bugs_of_our_own_providers_are_ours() {
    let config = load(&[("main.tf", ONE)]);
    let said = go("apply other", true, &config, &Snapshot::default(), PlanMode::Normal);
    assert!(said.text.contains("This is a bug in Terrane's odd provider, not in your configuration"), "{}", said.text);
}

fn identity(state: &Snapshot) -> Option<(u64, String)> {
    let (_, _, instance) = state.instances().next()?;
    let (version, json) = instance.current.as_ref()?.identity.clone()?;
    Some((version, json.to_string()))
}

#[test]
fn what_names_an_object_stays() {
    let state = made(ONE);
    let first = Some((0, r#"{"number":1}"#.to_owned()));
    assert_eq!(identity(&state), first, "the answer to a create names it");
    let invalid = "Provider produced an invalid object";
    let wanted = ["It had the identity { number = 1 }, but now has the identity { number = 2 }.", BUG];
    breaks("read identity", ONE, &state, &[invalid, wanted[0], wanted[1]]);
    breaks("identity type", ONE, &state, &[invalid, "odd.a: Its identity is wrong", BUG]);
    breaks("identity unknown", ONE, &state, &[invalid, "Parts of its identity are unknown.", BUG]);
    let changed = ONE.replace("size = 1", "size = 2");
    let said = breaks("apply identity", &changed, &state, &["Provider produced an unexpected object", wanted[0], BUG]);
    assert_eq!(identity(&said.state), first);
    let renamed = ONE.replace("name = \"a\"", "name = \"b\"");
    let said = breaks("apply identity", &renamed, &state, &[]);
    assert!(said.done, "another object is another: {}", said.text);
    assert_eq!(identity(&said.state), Some((0, r#"{"number":2}"#.to_owned())));
}

#[test]
fn a_refresh_tells_what_names_an_object() {
    let mut state = made(ONE);
    for resource in state.resources.values_mut() {
        resource.instances.values_mut().for_each(|i| i.current.as_mut().unwrap().identity = None);
    }
    let said = breaks("", ONE, &state, &[]);
    assert_eq!(identity(&said.state), Some((0, r#"{"number":1}"#.to_owned())));
}
