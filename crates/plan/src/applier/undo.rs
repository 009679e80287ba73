//! Undoing the creates of a run that failed, the latest first.
//!
//! What was made is known from the journal's entries. So is a replacement whose old object is still there: the new one is
//! deleted, and the old one is in use again. Updates, other replacements and deletes are not undone, nor is what these have
//! come to need.

use std::collections::BTreeSet;

use terrane_address::Mode;
use terrane_provider::{ApplyRequest, ApplyResponse};
use terrane_source::Reported;
use terrane_state::EntryKind;

use super::{Applier, Flight, Halt, Outcome};
use crate::{Change, Leg, Op, Question, Step, problems};

/// What came of undoing, by the places of steps in the plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Undone {
    /// What was made and deleted again, in order.
    pub deleted: Vec<u32>,
    /// What was made and stays, with the reason.
    pub kept: Vec<(u32, Kept)>,
    /// What was updated, replaced or deleted by the run, and stays so.
    pub changed: Vec<u32>,
}

/// Why something that was made is not deleted again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Another step, which stays, has come to need it.
    NeededBy(u32),
    /// `lifecycle` forbids it.
    Protected,
    /// Deleting it failed.
    Failed(Reported),
    /// The run was interrupted before.
    Interrupted,
}

/// How far undoing is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    NotYet,
    Running,
    Over,
}

/// What was made, and what has become of it since the run failed.
#[derive(Debug, Default)]
pub(super) struct Undoing {
    phase: Phase,
    /// Steps that have made an object, in the order of the journal.
    made: Vec<u32>,
    /// Steps still to be undone, the latest first.
    left: Vec<u32>,
    busy: BTreeSet<u32>,
    undone: Undone,
}

impl Undoing {
    /// Takes note of a journal entry of a step that makes an object.
    pub fn note(&mut self, place: u32, step: &Step, leg: Leg, kind: &EntryKind) {
        let makes = match &step.change {
            Change::Create { .. } => true,
            Change::Replace { order, .. } => order.creates_first(),
            _ => false,
        };
        let made = makes && matches!((leg, kind), (Leg::Up, EntryKind::Current(Some(_))));
        if made && step.instance.resource.resource.mode == Mode::Managed && !self.made.contains(&place) {
            self.made.push(place);
        }
    }

    /// Begins nothing more.
    pub fn halt(&mut self) {
        if self.phase == Phase::Running {
            let left = std::mem::take(&mut self.left);
            self.undone.kept.extend(left.into_iter().map(|place| (place, Kept::Interrupted)));
        }
    }

    /// Nothing is undone that has not begun to be.
    pub fn forbid(&mut self) {
        self.halt();
        self.phase = Phase::Over;
    }

    /// Leaves alone what was about to be deleted.
    pub fn leave(&mut self, place: u32) {
        if self.busy.remove(&place) {
            self.undone.kept.push((place, Kept::Interrupted));
        }
    }

    /// What came of it; `None` if nothing was to be undone.
    pub fn finish(mut self) -> Option<Undone> {
        self.halt();
        (self.undone != Undone::default()).then_some(self.undone)
    }
}

impl Applier<'_> {
    /// Decides, once nothing is left to do, whether the run has failed and is to be undone.
    pub(super) fn begin_undoing(&mut self) {
        if self.undoing.phase != Phase::NotYet {
            return;
        }
        let failed = self.diags.has_errors() || self.results.iter().any(|r| *r != Some(Outcome::Done));
        if !self.options.rollback || !failed {
            self.undoing.phase = Phase::Over;
            return;
        }
        self.undoing.phase = Phase::Running;
        self.undoing.undone.changed = self.changed();
        // They would tell of what is going to be deleted.
        self.outputs.clear();
        self.state.outputs = self.plan.refreshed.outputs.clone();
        let undoable = |place: &u32| match self.plan.steps.get(*place as usize).map(|step| &step.change) {
            Some(Change::Replace { .. }) => self.has_old(*place),
            _ => true,
        };
        self.undoing.left = self.undoing.made.iter().rev().copied().filter(undoable).collect();
    }

    /// Whether the old object of a replacement is still there, untouched.
    fn has_old(&self, place: u32) -> bool {
        let ends = |op: &Op| matches!(op, Op::Step { step, leg: Leg::Down } if *step == place);
        let mut results = self.plan.graph.ops().iter().zip(&self.results).filter(|(op, _)| ends(op));
        let touched = results.any(|(_, result)| matches!(result, Some(Outcome::Done | Outcome::Failed(_))));
        self.deposed.contains_key(&place) && !touched
    }

    /// Steps other than creates that have changed the world, or may have.
    fn changed(&self) -> Vec<u32> {
        let mut changed = BTreeSet::new();
        for (op, result) in self.plan.graph.ops().iter().zip(&self.results) {
            let (Op::Step { step, .. }, Some(Outcome::Done | Outcome::Failed(_))) = (op, result) else { continue };
            let found = self.plan.steps.get(*step as usize).map(|step| &step.change);
            let lasts = matches!(found, Some(Change::Update { .. } | Change::Replace { .. }));
            let gone = matches!(found, Some(Change::Delete { .. })) && *result == Some(Outcome::Done);
            let made = self.undoing.made.contains(step);
            let first = matches!(found, Some(Change::Replace { order, .. }) if order.creates_first());
            // Of such a replacement nothing is left if the new object was not made, or is going to be deleted again.
            let untouched = first && (!made || self.has_old(*step));
            if (lasts || gone) && !untouched {
                changed.insert(*step);
            }
        }
        changed.into_iter().collect()
    }

    /// Asks for as many deletes as there is room for: of what nothing that is left needs.
    pub(super) fn undo_more(&mut self, room: usize) {
        if self.undoing.phase != Phase::Running {
            return;
        }
        self.keep_what_is_needed();
        let mut place = 0;
        while place < self.undoing.left.len() && self.outbox.len() < room {
            let step = self.undoing.left[place];
            let others = self.undoing.left.iter().chain(&self.undoing.busy).copied();
            if others.into_iter().any(|other| other != step && self.needs(other, step)) {
                place += 1;
            } else {
                self.undoing.left.remove(place);
                self.undo(step);
            }
        }
        if self.undoing.left.is_empty() && self.undoing.busy.is_empty() {
            self.undoing.phase = Phase::Over;
        }
    }

    /// Takes out what cannot be undone, and what that needs.
    fn keep_what_is_needed(&mut self) {
        loop {
            let reason = self.undoing.left.iter().enumerate().find_map(|(at, step)| Some((at, self.why_kept(*step)?)));
            let Some((at, why)) = reason else { return };
            let step = self.undoing.left.remove(at);
            self.undoing.undone.kept.push((step, why));
        }
    }

    fn why_kept(&self, place: u32) -> Option<Kept> {
        let step = self.plan.steps.get(place as usize)?;
        let object = self.state.object(&step.instance);
        if object
            .is_some_and(|o| o.skip_destroy || o.prevent_destroy && !self.plan.options.allows_destroy(&step.instance))
        {
            return Some(Kept::Protected);
        }
        let kept = self.undoing.undone.kept.iter().map(|(kept, _)| kept);
        let by = self.undoing.undone.changed.iter().chain(kept).find(|by| self.needs(**by, place));
        by.map(|by| Kept::NeededBy(*by))
    }

    /// Whether the object of a step is made of another's.
    fn needs(&self, step: u32, other: u32) -> bool {
        let [Some(step), Some(other)] = [step, other].map(|place| self.plan.steps.get(place as usize)) else {
            return false;
        };
        let gone = matches!(step.change, Change::Delete { .. });
        !gone && step.dependencies.contains(other.instance.resource.config())
    }

    fn undo(&mut self, place: u32) {
        let Some(step) = self.plan.steps.get(place as usize) else { return };
        let Some(stored) = self.state.object(&step.instance).cloned() else { return };
        let opened = self.open(&step.provider, &step.instance);
        match opened.and_then(|()| self.decoded(step, &stored)) {
            Ok(prior) => {
                let operation = self.operation_of(b"undo", place);
                let change = terrane_provider::Change::Delete { prior };
                let ty = step.instance.resource.resource.ty.clone();
                let request = ApplyRequest { ty, change, private: None, operation, resumed: None };
                let question = Question::Apply { provider: step.provider.clone(), request };
                self.undoing.busy.insert(place);
                let begin = EntryKind::Begin { verb: "undo".into() };
                self.persist_undo(place, begin, Flight::UndoBegin(place, Box::new(question)));
            }
            Err(Halt::Failed(reported)) => self.undoing.undone.kept.push((place, Kept::Failed(reported))),
            Err(Halt::Wait(_)) => self.undoing.undone.kept.push((place, Kept::Interrupted)),
        }
    }

    fn persist_undo(&mut self, place: u32, kind: EntryKind, flight: Flight) {
        let Some(step) = self.plan.steps.get(place as usize) else { return };
        let operation = self.operation_of(b"undo", place);
        self.write(operation, step, vec![kind], flight);
    }

    /// Asks for an object to be deleted again, now that the journal knows of it.
    pub(super) fn undo_begun(&mut self, place: u32, question: Question, result: Result<(), String>) {
        let lost = result.is_err();
        self.persisted(result);
        match self.plan.steps.get(place as usize) {
            Some(step) if !lost => self.ask(&step.instance, question, Flight::Undo(place)),
            _ => self.undoing.leave(place),
        }
    }

    pub(super) fn undone(&mut self, place: u32, response: ApplyResponse) {
        let Some(step) = self.plan.steps.get(place as usize) else { return };
        self.undoing.busy.remove(&place);
        let failed = problems::of_instance(&response.problems, &step.instance, &self.evaluator, &mut self.diags);
        let kind = match failed {
            None => {
                self.undoing.undone.deleted.push(place);
                self.deposed.remove(&place).map_or(EntryKind::Current(None), EntryKind::Restore)
            }
            Some(reported) => {
                self.undoing.undone.kept.push((place, Kept::Failed(reported)));
                self.remains(step, None, response.object)
            }
        };
        self.persist_undo(place, kind, Flight::UndoEnd);
    }
}
