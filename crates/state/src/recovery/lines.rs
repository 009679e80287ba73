//! The lines of a journal.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Any;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use terrane_address::Instance;
use terrane_value::{Path, Step};

use crate::v4::write_compact_to;
use crate::{ResourceState, Snapshot, StoredObject};

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

/// An object of which no more is known than that it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// The instance it was made for.
    pub instance: String,
    /// Its `id`, if it has one that may be shown.
    pub id: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    Run(JournalHead),
    Begin {
        operation: String,
        instance: String,
        verb: String,
        /// When the run began that asked for it first, if that is not the one whose line this is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<String>,
    },
    End {
        operation: String,
        instance: String,
        object: Option<Clear>,
        outcome: Box<RawValue>,
    },
    Lost(Lost),
}

/// What a line says of an object in the clear.
#[derive(Serialize, Deserialize)]
pub(super) struct Clear {
    pub id: Option<String>,
}

/// What became of an instance: an object, or a text that this object is sealed in.
#[derive(Deserialize)]
pub(super) struct Outcome {
    pub before: Mark,
    pub after: Option<Box<RawValue>>,
}

/// Tells whether the objects of an instance are as they were; `None`: there are none.
pub type Mark = Option<String>;

fn text(line: &Line) -> String {
    let mut text = serde_json::to_string(line).unwrap_or_default();
    text.push('\n');
    text
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// The first line of a journal.
pub fn run_line(head: &JournalHead) -> String {
    text(&Line::Run(head.clone()))
}

/// The line that says that a change begins; `since` tells when a former run began that has begun it already.
pub fn begin_line(operation: &str, instance: &Instance, verb: &str, since: Option<&str>) -> String {
    let (operation, instance, verb) = (operation.to_owned(), instance.to_string(), verb.to_owned());
    text(&Line::Begin { operation, instance, verb, since: since.map(str::to_owned) })
}

/// The line that says that an object was made which nothing else is known of.
pub fn lost_line(lost: &Lost) -> String {
    text(&Line::Lost(lost.clone()))
}

/// What became of an instance, whose objects were as `before` when the state was last written: the part of
/// [`end_line`] that holds secrets.
pub fn outcome(instance: &Instance, before: &Mark, now: &Snapshot) -> String {
    let before = before.as_deref().map_or_else(|| "null".into(), quoted);
    let mut json = Vec::with_capacity(room(now, instance));
    json.extend_from_slice(format!("{{\"before\":{before},\"after\":").as_bytes());
    if !one(now, instance, &mut json) {
        json.extend_from_slice(b"null");
    }
    json.push(b'}');
    String::from_utf8(json).unwrap_or_default()
}

/// An outcome that was sealed, as it stands in [`end_line`].
pub fn sealed_outcome(sealed: &str) -> String {
    quoted(sealed)
}

/// The line that says what became of an instance.
pub fn end_line(operation: &str, instance: &Instance, now: &Snapshot, outcome: &str) -> String {
    let object = now.object(instance).map(|object| Clear { id: shown_id(object) });
    let object = serde_json::to_string(&object).unwrap_or_default();
    let (operation, instance) = (quoted(operation), quoted(&instance.to_string()));
    format!(
        "{{\"end\":{{\"operation\":{operation},\"instance\":{instance},\"object\":{object},\"outcome\":{outcome}}}}}\n"
    )
}

/// About how many bytes the objects of an instance take.
fn room(now: &Snapshot, instance: &Instance) -> usize {
    let state = now.instance(instance);
    let objects = state.into_iter().flat_map(|state| state.current.iter().chain(state.deposed.values()));
    objects.map(|object| 1024 + object.attributes.about_length()).sum::<usize>() + 1024
}

/// The mark of the objects of an instance.
pub fn mark(snapshot: &Snapshot, instance: &Instance) -> Mark {
    let mut json = Vec::with_capacity(room(snapshot, instance));
    one(snapshot, instance, &mut json).then(|| digest(&json))
}

pub(super) fn digest(json: impl AsRef<[u8]>) -> String {
    Sha256::digest(json).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Appends a state with nothing but the objects of one instance, as JSON without white space; false if there are none.
fn one(snapshot: &Snapshot, instance: &Instance, text: &mut Vec<u8>) -> bool {
    let Some(resource) = snapshot.resources.get(&instance.resource) else { return false };
    let Some(state) = resource.instances.get(&instance.key) else { return false };
    let only = BTreeMap::from([(instance.key.clone(), state.clone())]).into();
    let alone = ResourceState { provider: resource.provider.clone(), instances: only };
    let alone = Snapshot { resources: [(instance.resource.clone(), alone)].into(), ..Snapshot::default() };
    // Writing into memory does not fail.
    let _ = write_compact_to(&alone, text);
    true
}

/// The `id` of an object unless it holds what is sensitive.
fn shown_id(object: &StoredObject) -> Option<String> {
    let id = object.id()?;
    if object.sensitive.is_empty() {
        return Some(id);
    }
    let attributes: Any = serde_json::from_str(object.attributes.text_in(&mut String::new())).ok()?;
    let tells = |path: &Path| part(&attributes, path).is_none_or(|part| occurs(part, &id));
    (!object.sensitive.iter().any(tells)).then_some(id)
}

fn part<'a>(mut value: &'a Any, path: &Path) -> Option<&'a Any> {
    for step in &path.0 {
        value = match step {
            Step::Attr(name) => value.get(&**name)?,
            Step::Index(key) => match key.as_str() {
                Some(name) => value.get(name)?,
                None => value.get(usize::try_from(key.as_i64()?).ok()?)?,
            },
        };
    }
    Some(value)
}

/// Whether one of the texts and numbers in a value occurs in `text`.
fn occurs(value: &Any, text: &str) -> bool {
    match value {
        Any::String(part) => !part.is_empty() && text.contains(part),
        Any::Number(part) => text.contains(&part.to_string()),
        Any::Array(parts) => parts.iter().any(|part| occurs(part, text)),
        Any::Object(parts) => parts.values().any(|part| occurs(part, text)),
        Any::Null | Any::Bool(_) => false,
    }
}
