//! Operations and their names, as the journal has them.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use terrane_source::Diagnostic;
use terrane_state::{DeposedKey, Entry, EntryKind, replay};

use super::{Applier, Begun, Ended, Flight, Outcome};
use crate::{Change, Leg, Question, Step};

impl Applier<'_> {
    /// Writes entries about a step into the journal, then goes on with `flight`.
    pub(super) fn persist(&mut self, op: u32, kinds: Vec<EntryKind>, flight: Flight) {
        let Some((place, leg, step)) = self.step(op) else { return };
        kinds.iter().for_each(|kind| self.undoing.note(place, step, leg, kind));
        self.write(self.operation(place, leg, step), step, kinds, flight);
    }

    /// Writes entries about an operation into the journal, then goes on with `flight`.
    pub(super) fn write(&mut self, operation: Arc<str>, step: &Step, kinds: Vec<EntryKind>, flight: Flight) {
        let entries: Arc<[Entry]> = (self.sequence..)
            .zip(kinds)
            .map(|(sequence, kind)| Entry {
                sequence,
                operation: operation.clone(),
                instance: step.instance.clone(),
                provider: step.provider.clone(),
                kind,
            })
            .collect();
        self.sequence += entries.len() as u64;
        replay(&mut self.state, &entries);
        self.ask(&step.instance, Question::Persist { entries }, flight);
    }

    /// The name of an operation: the same whenever this run is asked, and never used by another run.
    pub(super) fn operation(&self, place: u32, leg: Leg, step: &Step) -> Arc<str> {
        if leg == Leg::Up
            && let Some(doubt) = self.options.resume.get(&step.instance)
            && matches!(step.change, Change::Create { .. } | Change::Replace { .. })
        {
            return doubt.operation.clone();
        }
        self.chance(&[&place.to_be_bytes(), &[leg as u8]])[..32].into()
    }

    /// The name of what else is done with the object of a step.
    pub(super) fn operation_of(&self, what: &[u8], place: u32) -> Arc<str> {
        self.chance(&[what, &place.to_be_bytes()])[..32].into()
    }

    fn chance(&self, of: &[&[u8]]) -> String {
        let mut hash = Sha256::new();
        hash.update(self.options.seed);
        of.iter().for_each(|part| hash.update(part));
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A key under which the object in use of an instance can be deposed.
    pub(super) fn new_deposed_key(&self, place: u32, step: &Step) -> DeposedKey {
        let taken = self.state.instance(&step.instance).map(|state| &state.deposed);
        let names = (0u32..).map(|n| self.chance(&[b"deposed", &place.to_be_bytes(), &n.to_be_bytes()]));
        let mut keys = names.map(|name| DeposedKey(name[..8].into()));
        keys.find(|key| taken.is_none_or(|taken| !taken.contains_key(key))).unwrap_or(DeposedKey("00000000".into()))
    }

    pub(super) fn persisted(&mut self, result: Result<(), String>) {
        if let Err(why) = result {
            self.stopped = true;
            self.undoing.forbid();
            self.to_confirm.clear();
            let diagnostic = Diagnostic::error("Journal cannot be written", why)
                .hint("Nothing new is begun. What has been done is in the state, if that can be saved.");
            self.diags.error(diagnostic);
        }
    }

    /// Lets go of what the new object of an operation would be found by, now that the journal knows of it.
    pub(super) fn confirm(&mut self, op: u32) {
        let (Some(question), Some((_, _, step))) = (self.to_confirm.remove(&op), self.step(op)) else { return };
        self.ask(&step.instance, question, Flight::Confirm);
    }

    /// Asks for the change, now that the journal knows of it.
    pub(super) fn begun(&mut self, begun: Begun, result: Result<(), String>) {
        self.persisted(result);
        if self.stopped {
            self.restore(begun.op);
            return;
        }
        let Some((_, _, step)) = self.step(begun.op) else { return };
        let question = begun.question.clone();
        self.ask(&step.instance, question, Flight::Apply(Box::new(begun)));
    }

    /// Leaves an operation undone whose begin is in the journal: an object deposed for it is in use again.
    pub(super) fn restore(&mut self, op: u32) {
        let Some((place, Leg::Up, _)) = self.step(op) else { return };
        if let Some(key) = self.deposed.remove(&place) {
            let ended = Ended { op, result: Outcome::NotStarted, value: None };
            self.persist(op, vec![EntryKind::Restore(key)], Flight::End(Box::new(ended)));
        }
    }

    /// Leaves an operation undone of which the journal knows nothing.
    pub(super) fn forget(&mut self, op: u32) {
        let Some((place, Leg::Up, step)) = self.step(op) else { return };
        if let Some(key) = self.deposed.remove(&place) {
            let object = self.state.instance(&step.instance).and_then(|state| state.deposed.get(&key)).cloned();
            self.state.set(&step.instance, &step.provider, object);
            self.state.set_deposed(&step.instance, &step.provider, &key, None);
        }
    }

    pub(super) fn ended(&mut self, ended: Ended) {
        let post = match (ended.result, self.step(ended.op), ended.value) {
            (Outcome::Done, Some((_, Leg::Up, step)), Some(value)) => {
                self.give(&step.instance, Ok(value));
                self.check_post(step)
            }
            _ => None,
        };
        self.complete(ended.op, post.map_or(ended.result, Outcome::Failed));
    }
}
