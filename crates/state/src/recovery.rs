//! The journal as a file: what a killed run had done since it last wrote the state, and how the next run takes it over.
//!
//! One JSON object a line. A line tells the whole outcome for one instance, so that reading the file twice, or after its
//! state was written, does no harm.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use terrane_address::{Instance, parse_instance};

use crate::v4::{read, write_compact};
use crate::{InstanceState, ResourceState, Snapshot};

/// The run that keeps a journal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct JournalHead {
    /// `user@host`.
    pub who: String,
    /// What the run does: `apply`.
    pub operation: String,
    /// RFC 3339 time when it began, UTC.
    pub created: String,
    /// The lineage of the state it began from; empty if there was none.
    pub lineage: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Run(JournalHead),
    Begin { operation: String, instance: String, verb: String },
    End { operation: String, instance: String, before: Option<String>, after: Option<Box<RawValue>> },
}

/// Tells whether the objects of an instance are as they were; `None`: there are none.
pub type Mark = Option<String>;

fn text(line: &Line) -> String {
    let mut text = serde_json::to_string(line).unwrap_or_default();
    text.push('\n');
    text
}

/// The first line of a journal.
pub fn run_line(head: &JournalHead) -> String {
    text(&Line::Run(head.clone()))
}

/// The line that says that a change begins.
pub fn begin_line(operation: &str, instance: &Instance, verb: &str) -> String {
    let (operation, instance, verb) = (operation.to_owned(), instance.to_string(), verb.to_owned());
    text(&Line::Begin { operation, instance, verb })
}

/// The line that says what became of an instance, whose objects were as `before` when the state was last written.
pub fn end_line(operation: &str, instance: &Instance, before: &Mark, now: &Snapshot) -> String {
    let quoted = |text: &str| serde_json::to_string(text).unwrap_or_default();
    let before = before.as_deref().map_or_else(|| "null".into(), quoted);
    let (operation, instance, after) = (quoted(operation), quoted(&instance.to_string()), one(now, instance));
    let after = after.as_deref().unwrap_or("null");
    format!("{{\"end\":{{\"operation\":{operation},\"instance\":{instance},\"before\":{before},\"after\":{after}}}}}\n")
}

/// The mark of the objects of an instance.
pub fn mark(snapshot: &Snapshot, instance: &Instance) -> Mark {
    one(snapshot, instance).map(|json| digest(&json))
}

fn digest(json: &str) -> String {
    Sha256::digest(json).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A state with nothing but the objects of one instance, as JSON without white space.
fn one(snapshot: &Snapshot, instance: &Instance) -> Option<String> {
    let resource = snapshot.resources.get(&instance.resource)?;
    let state = resource.instances.get(&instance.key)?;
    let only = BTreeMap::from([(instance.key.clone(), state.clone())]).into();
    let alone = ResourceState { provider: resource.provider.clone(), instances: only };
    let alone = Snapshot { resources: [(instance.resource.clone(), alone)].into(), ..Snapshot::default() };
    Some(write_compact(&alone))
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
    /// What the run had begun and not ended: it may have taken effect, or not.
    pub in_doubt: Vec<(Instance, String)>,
}

impl Recovered {
    /// Whether the journal told nothing that is not in the state.
    pub fn is_nothing(&self) -> bool {
        self.restored.is_empty() && self.conflicts.is_empty() && self.in_doubt.is_empty()
    }
}

/// One instance of a journal.
struct Outcome {
    before: Mark,
    after: Option<Box<RawValue>>,
}

/// Gives to a state what a journal knows beyond it. A line that was not written to its end is the last, and left out.
pub fn recover(journal: &str, state: &mut Snapshot) -> Recovered {
    let mut recovered = Recovered::default();
    let mut begun: BTreeMap<String, (Instance, String)> = BTreeMap::new();
    let mut outcomes: BTreeMap<Instance, Outcome> = BTreeMap::new();
    for line in journal.lines().map_while(|line| serde_json::from_str(line).ok()) {
        match line {
            Line::Run(head) => recovered.run = head,
            Line::Begin { operation, instance, verb } => {
                begun.extend(parse_instance(&instance).ok().map(|instance| (operation, (instance, verb))));
            }
            Line::End { operation, instance, before, after } => {
                begun.remove(&operation);
                let Ok(instance) = parse_instance(&instance) else { continue };
                // What was before counts from the first line, what came of it from the last.
                match outcomes.get_mut(&instance) {
                    Some(outcome) => outcome.after = after,
                    None => drop(outcomes.insert(instance, Outcome { before, after })),
                }
            }
        }
    }
    let lineage = &recovered.run.lineage;
    let foreign = !lineage.is_empty() && !state.lineage.is_empty() && *lineage != state.lineage;
    for (instance, outcome) in outcomes {
        let (now, after) = (mark(state, &instance), outcome.after.as_ref().map(|raw| digest(raw.get())));
        if now == after {
            continue;
        }
        match now == outcome.before && !foreign && restore(state, &instance, outcome.after.as_deref()) {
            true => recovered.restored.push(instance),
            false => recovered.conflicts.push(instance),
        }
    }
    recovered.in_doubt = begun.into_values().collect();
    recovered.in_doubt.sort();
    recovered
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
    use crate::{DeposedKey, StoredObject};

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

    /// The journal of a run that makes `to` of `from`, and has begun to make t.doubt.
    fn journal(from: &Snapshot, to: &Snapshot, names: &[&str]) -> String {
        let head = JournalHead { who: "ana@build".into(), lineage: "l".into(), ..JournalHead::default() };
        let mut text = run_line(&head);
        for (operation, name) in names.iter().enumerate() {
            let (operation, instance) = (operation.to_string(), instance(name));
            text += &begin_line(&operation, &instance, "update");
            text += &end_line(&operation, &instance, &mark(from, &instance), to);
        }
        text + &begin_line("x", &instance("t.doubt"), "create")
    }

    #[test]
    fn what_was_made_changed_replaced_and_deleted_is_restored_once() {
        let from = state(&[("t.a", "1"), ("t.b", "1"), ("t.c[\"k\"]", "1")]);
        let mut to = state(&[("t.a", "2"), ("t.new[0]", "9"), ("t.c[\"k\"]", "2")]);
        to.set_deposed(&instance("t.c[\"k\"]"), &provider(), &DeposedKey("0a1b2c3d".into()), object("1"));
        let text = journal(&from, &to, &["t.a", "t.b", "t.c[\"k\"]", "t.new[0]"]);
        let mut state = from.clone();
        let recovered = recover(&text, &mut state);
        assert_eq!(state, to);
        assert_eq!((recovered.restored.len(), recovered.conflicts.len()), (4, 0));
        assert_eq!(recovered.in_doubt, [(instance("t.doubt"), "create".to_owned())]);
        assert_eq!(recovered.run.who, "ana@build");
        let again = recover(&text, &mut state);
        assert!(state == to && again.restored.is_empty() && again.conflicts.is_empty());
    }

    #[test]
    fn any_part_of_a_journal_can_be_read() {
        let (from, to) = (state(&[("t.a", "1")]), state(&[("t.a", "2"), ("t.b", "2")]));
        let text = journal(&from, &to, &["t.a", "t.b"]);
        for end in 0..text.len() {
            let mut state = from.clone();
            let recovered = recover(&text[..end], &mut state);
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
        let recovered = recover(&text, &mut now);
        assert_eq!((recovered.restored, recovered.conflicts), (vec![instance("t.b")], vec![instance("t.a")]));
        assert_eq!(now, state(&[("t.a", "3"), ("t.b", "2")]));
        let mut foreign = Snapshot { lineage: "other".into(), ..Snapshot::default() };
        assert_eq!(recover(&text, &mut foreign).conflicts.len(), 2);
        assert!(foreign.resources.is_empty());
    }
}
