//! What two states of one project differ in.

use std::collections::BTreeMap;
use std::sync::Arc;

use terrane_address::{Instance, ProviderConfig};

use crate::{DeposedKey, Json, OutputValue, Snapshot, StoredObject};

/// An object with the provider configuration that manages it.
#[derive(Clone, Debug)]
pub struct Held<'a> {
    /// The provider configuration, with its key.
    pub provider: ProviderConfig,
    /// The object.
    pub object: &'a StoredObject,
}

/// An object that is not the same in both states.
#[derive(Clone, Debug)]
pub struct Difference<'a> {
    /// Its address, in the second state if it is there.
    pub instance: Instance,
    /// Which deposed object it is.
    pub deposed: Option<DeposedKey>,
    /// Its address in the first state, if that was another.
    pub moved_from: Option<Instance>,
    /// The object in the first state.
    pub before: Option<Held<'a>>,
    /// The object in the second state.
    pub after: Option<Held<'a>>,
}

/// The objects that differ, in order of address. What a provider keeps privately with an object is not compared. An object
/// that is gone from one address and there at another, with all its attributes, has moved.
pub fn objects<'a>(before: &'a Snapshot, after: &'a Snapshot) -> Vec<Difference<'a>> {
    let (mut old, new) = (held(before), held(after));
    let mut found = Vec::new();
    for (place, after) in new {
        let before = old.remove(&place);
        if before.as_ref().is_none_or(|before| !same(before, &after)) {
            let (instance, deposed) = place;
            found.push(Difference { instance, deposed, moved_from: None, before, after: Some(after) });
        }
    }
    let mut gone: BTreeMap<_, Vec<(Instance, Held<'a>)>> = BTreeMap::new();
    for ((instance, deposed), before) in old {
        match deposed {
            None => gone.entry(likeness(&instance, &before)).or_default().push((instance, before)),
            deposed => {
                found.push(Difference { instance, deposed, moved_from: None, before: Some(before), after: None })
            }
        }
    }
    for difference in found.iter_mut().filter(|d| d.before.is_none() && d.deposed.is_none()) {
        let Some(after) = &difference.after else { continue };
        let alike = gone.get_mut(&likeness(&difference.instance, after)).filter(|list| !list.is_empty());
        if let Some((from, before)) = alike.map(|list| list.remove(0)) {
            (difference.moved_from, difference.before) = (Some(from), Some(before));
        }
    }
    found.extend(gone.into_values().flatten().map(|(instance, before)| Difference {
        instance,
        deposed: None,
        moved_from: None,
        before: Some(before),
        after: None,
    }));
    found.sort_by(|a, b| (&a.instance, &a.deposed).cmp(&(&b.instance, &b.deposed)));
    found
}

/// An output with its values in both states.
pub type OutputDifference<'a> = (&'a str, Option<&'a OutputValue>, Option<&'a OutputValue>);

/// The outputs that differ, by name.
pub fn outputs<'a>(before: &'a Snapshot, after: &'a Snapshot) -> Vec<OutputDifference<'a>> {
    let names: std::collections::BTreeSet<&String> = before.outputs.keys().chain(after.outputs.keys()).collect();
    let both = names.into_iter().map(|name| (name.as_str(), before.outputs.get(name), after.outputs.get(name)));
    both.filter(|(_, before, after)| before != after).collect()
}

fn held(snapshot: &Snapshot) -> BTreeMap<(Instance, Option<DeposedKey>), Held<'_>> {
    let mut all = BTreeMap::new();
    for (instance, provider, state) in snapshot.instances() {
        let provider = provider.with_key(state.provider_key.clone());
        let deposed = state.deposed.iter().map(|(key, object)| (Some(key.clone()), object));
        for (key, object) in state.current.iter().map(|object| (None, object)).chain(deposed) {
            all.insert((instance.clone(), key), Held { provider: provider.clone(), object });
        }
    }
    all
}

fn same(a: &Held<'_>, b: &Held<'_>) -> bool {
    let rest = |object: &StoredObject| StoredObject {
        attributes: Json::default(),
        private: Vec::new(),
        identity: None,
        ..object.clone()
    };
    a.provider == b.provider
        && rest(a.object) == rest(b.object)
        && same_json(&a.object.attributes, &b.object.attributes)
        && match (&a.object.identity, &b.object.identity) {
            (Some((_, a)), Some((_, b))) => same_json(a, b),
            (a, b) => a.is_none() == b.is_none(),
        }
}

fn same_json(a: &str, b: &str) -> bool {
    let read = |text| serde_json::from_str::<serde_json::Value>(text).ok();
    a == b || read(a).is_some_and(|a| Some(a) == read(b))
}

/// What a moved object has in common with what it was.
fn likeness<'s>(instance: &Instance, held: &Held<'s>) -> (Arc<str>, &'s str) {
    (instance.resource.resource.ty.clone(), &held.object.attributes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::read;

    fn state(instances: &[(&str, &str)]) -> Snapshot {
        let resource = |(name, attributes): &(&str, &str)| {
            format!(
                r#"{{"mode":"managed","type":"t","name":"{name}","provider":"provider[\"a.b/c/t\"]","instances":[{{"schema_version":0,"attributes":{attributes}}}]}}"#
            )
        };
        let resources: Vec<String> = instances.iter().map(resource).collect();
        read(format!(r#"{{"version":4,"resources":[{}]}}"#, resources.join(",")).as_bytes()).unwrap()
    }

    #[test]
    fn objects_come_go_change_and_move() {
        let before = state(&[
            ("a", r#"{"id":"1"}"#),
            ("b", r#"{"id":"2"}"#),
            ("c", r#"{"id":"3"}"#),
            ("d", r#"{"id":"4","x":1}"#),
        ]);
        let after =
            state(&[("a", r#"{"id":"1"}"#), ("b", r#"{"id":"9"}"#), ("e", r#"{"id":"3"}"#), ("f", r#"{"id":"5"}"#)]);
        let found: Vec<String> = objects(&before, &after)
            .iter()
            .map(|d| {
                let from = d.moved_from.as_ref().map(|from| format!(" from {from}")).unwrap_or_default();
                format!("{}{from} {} {}", d.instance, d.before.is_some(), d.after.is_some())
            })
            .collect();
        assert_eq!(found, ["t.b true true", "t.d true false", "t.e from t.c true true", "t.f false true"]);
        let turned = state(&[("d", r#"{"x":1,"id":"4"}"#)]);
        assert!(objects(&state(&[("d", r#"{"id":"4","x":1}"#)]), &turned).is_empty());
    }
}
