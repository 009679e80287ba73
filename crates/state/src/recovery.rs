//! The journal as a file: what a killed run had done since it last wrote the state, and how the next run takes it over.
//!
//! One JSON object a line. A line tells the whole outcome for one instance, so that reading the file twice, or after its
//! state was written, does no harm. What it tells of attributes can be sealed; addresses, verbs and `id`s are not.

mod lines;

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use terrane_address::{Instance, parse_instance};

use crate::v4::read;
use crate::{InstanceState, ResourceState, Snapshot, StoredObject};

use lines::{Clear, Line, Outcome, digest};
pub use lines::{JournalHead, Lost, Mark, begin_line, end_line, lost_line, mark, outcome, run_line, sealed_outcome};

/// A create that was begun, and of which nobody knows whether it took effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The name of the operation.
    pub operation: String,
    /// When the run began that asked for it first, in RFC 3339.
    pub since: String,
}

/// What a journal has given to a state.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recovered {
    /// The run that was killed.
    pub run: JournalHead,
    /// Instances whose objects are now as that run left them.
    pub restored: Vec<Instance>,
    /// Instances that somebody has changed since in another way; what the run made of them is not in the state.
    pub conflicts: Vec<Instance>,
    /// What the run had begun and not ended, or ended in a way that cannot be read: it may have taken effect, or not.
    pub in_doubt: Vec<(Instance, String)>,
    /// Those among these that create an object, by instance.
    pub creates: BTreeMap<Instance, Begun>,
    /// Objects that were made, and are not in the state, since what is sealed could not be opened.
    pub lost: Vec<Lost>,
}

impl Recovered {
    /// Whether the journal told nothing that is not in the state.
    pub fn is_nothing(&self) -> bool {
        self.restored.is_empty() && self.conflicts.is_empty() && self.in_doubt.is_empty() && self.lost.is_empty()
    }
}

/// What a journal tells, line by line.
#[derive(Default)]
struct Told {
    run: JournalHead,
    /// Instance, verb and time of what was begun, by operation.
    begun: BTreeMap<String, (Instance, String, String)>,
    outcomes: BTreeMap<Instance, Outcome>,
    /// Outcomes that could not be opened, the last of each instance.
    sealed: BTreeMap<Instance, Option<Clear>>,
    lost: Vec<Lost>,
}

impl Told {
    fn hear(&mut self, line: Line, open: &dyn Fn(&str) -> Option<String>) {
        match line {
            Line::Run(head) => self.run = head,
            Line::Lost(lost) => self.lost.push(lost),
            Line::Begin { operation, instance, verb, since } => {
                let since = since.unwrap_or_else(|| self.run.created.clone());
                let begun = parse_instance(&instance).ok().map(|instance| (operation, (instance, verb, since)));
                self.begun.extend(begun);
            }
            Line::End { operation, instance, object, outcome } => {
                self.begun.remove(&operation);
                let Ok(instance) = parse_instance(&instance) else { return };
                match opened(&outcome, open) {
                    Some(outcome) => self.end(instance, outcome),
                    None => drop(self.sealed.insert(instance, object)),
                }
            }
        }
    }

    /// What was before counts from the first line, what came of it from the last.
    fn end(&mut self, instance: Instance, outcome: Outcome) {
        match self.outcomes.get_mut(&instance) {
            Some(first) => first.after = outcome.after,
            None => drop(self.outcomes.insert(instance, outcome)),
        }
    }
}

fn opened(outcome: &RawValue, open: &dyn Fn(&str) -> Option<String>) -> Option<Outcome> {
    match serde_json::from_str::<String>(outcome.get()) {
        Ok(sealed) => serde_json::from_str(&open(&sealed)?).ok(),
        Err(_) => serde_json::from_str(outcome.get()).ok(),
    }
}

/// Gives to a state what a journal knows beyond it; `open` opens what is sealed. A line that was not written to its end is
/// the last, and left out.
pub fn recover(journal: &str, state: &mut Snapshot, open: &dyn Fn(&str) -> Option<String>) -> Recovered {
    let mut told = Told::default();
    journal.lines().map_while(|line| serde_json::from_str(line).ok()).for_each(|line| told.hear(line, open));
    let mut recovered = Recovered { run: told.run, lost: told.lost, ..Recovered::default() };
    for (operation, (instance, verb, since)) in told.begun {
        if verb == "create" {
            recovered.creates.insert(instance.clone(), Begun { operation, since });
        }
        recovered.in_doubt.push((instance, verb));
    }
    let lineage = &recovered.run.lineage;
    let foreign = !lineage.is_empty() && !state.lineage.is_empty() && *lineage != state.lineage;
    for (instance, outcome) in told.outcomes {
        let (now, after) = (mark(state, &instance), outcome.after.as_ref().map(|raw| digest(raw.get())));
        if now == after {
            continue;
        }
        match now == outcome.before && !foreign && restore(state, &instance, outcome.after.as_deref()) {
            true => recovered.restored.push(instance),
            false => recovered.conflicts.push(instance),
        }
    }
    for (instance, object) in told.sealed {
        match object {
            Some(Clear { id }) => recovered.lost.push(Lost { instance: instance.to_string(), id }),
            None if state.instance(&instance).is_some() => recovered.in_doubt.push((instance, "delete".into())),
            None => {}
        }
    }
    recovered.lost.retain(|lost| !is_there(lost, state));
    recovered.in_doubt.sort();
    recovered
}

/// Whether the state has the object.
fn is_there(lost: &Lost, state: &Snapshot) -> bool {
    let object = parse_instance(&lost.instance).ok();
    let object = object.and_then(|instance| state.object(&instance).map(StoredObject::id));
    object.is_some_and(|found| lost.id.is_none() || found == lost.id)
}

/// Makes the objects of an instance what a journal says; false if that cannot be read.
fn restore(state: &mut Snapshot, instance: &Instance, after: Option<&RawValue>) -> bool {
    let Some(after) = after else {
        crate::edit::forget(state, instance);
        return true;
    };
    let Some((provider, objects)) = read(after.get().as_bytes()).ok().and_then(|one| only(one, instance)) else {
        return false;
    };
    let home = state.resources.entry(instance.resource.clone());
    let home = home.or_insert_with(|| ResourceState { provider: provider.clone(), instances: Default::default() });
    home.provider = provider;
    home.instances.insert(instance.key.clone(), objects);
    true
}

fn only(mut state: Snapshot, instance: &Instance) -> Option<(terrane_address::ProviderConfig, InstanceState)> {
    let mut resource = state.resources.remove(&instance.resource)?;
    Some((resource.provider, resource.instances.remove(&instance.key)?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use terrane_address::ProviderConfig;

    use super::*;
    use crate::DeposedKey;

    fn instance(name: &str) -> Instance {
        parse_instance(name).unwrap()
    }

    fn provider() -> ProviderConfig {
        ProviderConfig::parse("provider[\"terraform.io/builtin/terraform\"]").unwrap()
    }

    fn object(id: &str) -> Option<StoredObject> {
        Some(StoredObject { attributes: format!("{{\"id\":\"{id}\"}}").into(), ..StoredObject::default() })
    }

    fn state(objects: &[(&str, &str)]) -> Snapshot {
        let mut state = Snapshot { lineage: "l".into(), ..Snapshot::default() };
        objects.iter().for_each(|(name, id)| state.set(&instance(name), &provider(), object(id)));
        state
    }

    /// Opens nothing.
    fn shut(_: &str) -> Option<String> {
        None
    }

    /// The journal of a run that makes `to` of `from`, and has begun to make t.doubt.
    fn journal(from: &Snapshot, to: &Snapshot, names: &[&str]) -> String {
        let head = JournalHead { who: "ana@build".into(), lineage: "l".into(), ..JournalHead::default() };
        let mut text = run_line(&head);
        for (operation, name) in names.iter().enumerate() {
            let (operation, instance) = (operation.to_string(), instance(name));
            text += &begin_line(&operation, &instance, "update", None);
            text += &end_line(&operation, &instance, to, &outcome(&instance, &mark(from, &instance), to));
        }
        text + &begin_line("x", &instance("t.doubt"), "create", Some("then"))
    }

    #[test]
    fn what_was_made_changed_replaced_and_deleted_is_restored_once() {
        let from = state(&[("t.a", "1"), ("t.b", "1"), ("t.c[\"k\"]", "1")]);
        let mut to = state(&[("t.a", "2"), ("t.new[0]", "9"), ("t.c[\"k\"]", "2")]);
        to.set_deposed(&instance("t.c[\"k\"]"), &provider(), &DeposedKey("0a1b2c3d".into()), object("1"));
        let text = journal(&from, &to, &["t.a", "t.b", "t.c[\"k\"]", "t.new[0]"]);
        let mut state = from.clone();
        let recovered = recover(&text, &mut state, &shut);
        assert_eq!(state, to);
        assert_eq!((recovered.restored.len(), recovered.conflicts.len()), (4, 0));
        assert_eq!(recovered.in_doubt, [(instance("t.doubt"), "create".to_owned())]);
        assert_eq!(
            recovered.creates,
            [(instance("t.doubt"), Begun { operation: "x".into(), since: "then".into() })].into()
        );
        assert_eq!(recovered.run.who, "ana@build");
        let again = recover(&text, &mut state, &shut);
        assert!(state == to && again.restored.is_empty() && again.conflicts.is_empty());
    }

    #[test]
    fn what_is_made_and_what_is_read_again_have_one_mark() {
        use terrane_value::{Type, Value};
        let text = Value::from("<a> & \"b\"\\\n\u{1}\u{2028}\u{e9}");
        let value = Value::object([("a", text.clone()), ("b", Value::tuple([])), ("c", Value::tuple([text]))]);
        let made = StoredObject::encode(0, &value, &value.ty()).unwrap();
        let dynamic = StoredObject::encode(0, &Value::object([("d", value.clone())]), &Type::Any).unwrap();
        let mut state = Snapshot::default();
        state.set(&instance("t.a"), &provider(), Some(made));
        state.set(&instance("t.b"), &provider(), Some(dynamic));
        let again = read(&crate::v4::write(&state)).unwrap();
        for name in ["t.a", "t.b"] {
            assert_eq!(mark(&state, &instance(name)), mark(&again, &instance(name)));
        }
    }

    #[test]
    fn any_part_of_a_journal_can_be_read() {
        let (from, to) = (state(&[("t.a", "1")]), state(&[("t.a", "2"), ("t.b", "2")]));
        let text = journal(&from, &to, &["t.a", "t.b"]);
        for end in 0..text.len() {
            let mut state = from.clone();
            let recovered = recover(&text[..end], &mut state, &shut);
            assert!(recovered.conflicts.is_empty());
            let whole = text[..end].matches("\"end\"").count();
            assert!(recovered.restored.len() <= whole && whole <= recovered.restored.len() + 1, "{end}");
        }
    }

    #[test]
    fn what_others_changed_since_stays() {
        let (from, to) = (state(&[("t.a", "1")]), state(&[("t.a", "2"), ("t.b", "2")]));
        let text = journal(&from, &to, &["t.a", "t.b"]);
        let mut now = state(&[("t.a", "3")]);
        let recovered = recover(&text, &mut now, &shut);
        assert_eq!((recovered.restored, recovered.conflicts), (vec![instance("t.b")], vec![instance("t.a")]));
        assert_eq!(now, state(&[("t.a", "3"), ("t.b", "2")]));
        let mut foreign = Snapshot { lineage: "other".into(), ..Snapshot::default() };
        assert_eq!(recover(&text, &mut foreign, &shut).conflicts.len(), 2);
        assert!(foreign.resources.is_empty());
    }

    /// The same journal with sealed outcomes: reversed, in quotes.
    fn sealed(from: &Snapshot, to: &Snapshot, names: &[&str]) -> String {
        let line = |name: &&str| {
            let instance = instance(name);
            let turned: String = outcome(&instance, &mark(from, &instance), to).chars().rev().collect();
            end_line(name, &instance, to, &sealed_outcome(&turned))
        };
        names.iter().map(line).collect()
    }

    #[test]
    fn what_is_sealed_is_opened_or_named() {
        let (from, to) =
            (state(&[("t.a", "1"), ("t.b", "1"), ("t.c", "1")]), state(&[("t.a", "2"), ("t.b", "1"), ("t.d", "7")]));
        let text = sealed(&from, &to, &["t.a", "t.b", "t.c", "t.d"]);
        let mut opened = from.clone();
        let recovered = recover(&text, &mut opened, &|text| Some(text.chars().rev().collect()));
        assert!(opened == to && recovered.lost.is_empty() && recovered.restored.len() == 3);

        let mut kept = from.clone();
        let recovered = recover(&text, &mut kept, &shut);
        assert!(kept == from && recovered.restored.is_empty());
        let lost = |instance: &str, id: &str| Lost { instance: instance.into(), id: Some(id.into()) };
        assert_eq!(recovered.lost, [lost("t.a", "2"), lost("t.d", "7")]);
        assert_eq!(recovered.in_doubt, [(instance("t.c"), "delete".to_owned())]);

        let again: String = recovered.lost.iter().map(lost_line).collect();
        assert_eq!(recover(&again, &mut kept, &shut).lost, recovered.lost);
        kept.set(&instance("t.d"), &provider(), object("7"));
        assert_eq!(recover(&again, &mut kept, &shut).lost, [lost("t.a", "2")]);
    }

    #[test]
    fn an_id_that_tells_a_secret_is_not_shown() {
        let mut secret = object("name-of-hush").unwrap();
        secret.attributes = r#"{"id":"name-of-hush","tags":{"a":["hush"]}}"#.into();
        let line = |object: &StoredObject| {
            let mut state = Snapshot::default();
            state.set(&instance("t.a"), &provider(), Some(object.clone()));
            end_line("o", &instance("t.a"), &state, &sealed_outcome("x"))
        };
        assert!(line(&secret).contains("name-of-hush"));
        secret.sensitive = vec![terrane_value::Path::root().attr("tags")];
        assert!(!line(&secret).contains("hush"));
        secret.sensitive = vec![terrane_value::Path::root().attr("tags").key("a").index(1)];
        assert!(!line(&secret).contains("hush"), "a path that leads nowhere");
    }
}
