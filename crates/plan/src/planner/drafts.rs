//! The steps of a plan while it is made.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use terrane_address::Instance;
use terrane_lang::Dep;
use terrane_state::Dependencies;
use terrane_value::Path;

use super::ObjectKey;
use crate::Step;

/// A step with what its order is made from.
#[derive(Debug)]
pub(super) struct Draft {
    pub step: Step,
    pub config: Vec<Dep>,
    pub explicit: Arc<[Dep]>,
    pub state: Dependencies,
    /// What configuration made sensitive.
    pub sensitive: Vec<Path>,
    pub declared: bool,
}

/// Drafts by the object they are about.
///
/// They stand in one list from the beginning: it becomes the list of steps where it is, since plans of 100,000 objects
/// take longer to find memory than to fill it.
#[derive(Debug, Default)]
pub(super) struct Drafts {
    list: Vec<Draft>,
    places: FxHashMap<ObjectKey, u32>,
}

impl Drafts {
    /// Makes room for this many more.
    pub fn reserve(&mut self, count: usize) {
        self.list.reserve(count);
        self.places.reserve(count);
    }

    /// Adds a draft, in place of a former one about the same object.
    pub fn insert(&mut self, draft: Draft) {
        let (key, next) = ((draft.step.instance.clone(), draft.step.deposed.clone()), self.list.len() as u32);
        let place = *self.places.entry(key).or_insert(next);
        match self.list.get_mut(place as usize) {
            Some(former) => *former = draft,
            None => self.list.push(draft),
        }
    }

    /// The draft about the object of an instance that is in use.
    pub fn of(&self, instance: &Instance) -> Option<&Draft> {
        self.list.get(*self.places.get(&(instance.clone(), None))? as usize)
    }

    /// The instances whose objects in use have drafts, in order of address.
    pub fn instances(&self) -> Vec<&Instance> {
        let current = self.list.iter().filter(|draft| draft.step.deposed.is_none());
        let mut instances: Vec<_> = current.map(|draft| &draft.step.instance).collect();
        instances.sort_unstable();
        instances
    }

    /// The drafts in order of address, deposed objects after the one in use.
    pub fn into_sorted(mut self) -> Vec<Draft> {
        self.list.sort_unstable_by(|a, b| {
            let instances = a.step.instance.cmp(&b.step.instance);
            instances.then_with(|| a.step.deposed.cmp(&b.step.deposed))
        });
        self.list
    }
}
