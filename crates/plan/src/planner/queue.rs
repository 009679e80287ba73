//! What the planner has to do, what can be done now, and what the rest waits for.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use terrane_address::{AbsResource, Instance, ProviderConfig};
use terrane_lang::{Dep, ModuleId};

use super::ObjectKey;
use crate::DeleteReason;

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Task {
    /// Evaluate the variables of all instances of a module.
    Variables(ModuleId),
    /// Expand the module of a declared resource, by its place in the module.
    Resource(ModuleId, usize),
    /// Expand a resource and start its instances: all, or those that are selected.
    Expand { resource: AbsResource, all: bool },
    /// Read an object whose configuration is to be written.
    Found(Instance),
    /// Plan or read an instance that configuration declares.
    Instance(Instance),
    /// Check the postconditions of a planned instance.
    Post(Instance),
    /// Check that an instance may be deleted.
    Guard(Instance),
    /// Find out whether an instance is protected from being deleted, for the state to remember.
    Protect(Instance),
    /// Plan the end of an object.
    End { key: ObjectKey, reason: End },
    /// Open a provider configuration.
    Provider(ProviderConfig),
    /// Evaluate an output of the root module.
    Output(Arc<str>),
    /// Evaluate an import block, by its place; where it leads, as far as that is known.
    Import { place: usize, to: AbsResource },
    /// Evaluate the outputs of a module that have preconditions.
    Outputs(ModuleId),
    /// Check a `check` block, by its place in the module.
    Check(ModuleId, usize),
}

/// How an object ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Delete(DeleteReason),
    Forget,
}

impl PartialOrd for End {
    fn partial_cmp(&self, other: &End) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for End {
    /// Ends are compared only to keep tasks sorted; an object has one.
    fn cmp(&self, other: &End) -> std::cmp::Ordering {
        let rank = |end: &End| match end {
            End::Forget => 0,
            End::Delete(reason) => 1 + *reason as u8,
        };
        rank(self).cmp(&rank(other))
    }
}

/// What a task may wait for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wait {
    /// The value of an instance, or of all instances of a resource.
    Dep(Dep),
    /// An open provider.
    Provider(ProviderConfig),
    /// The present form of an object.
    Prior(ObjectKey),
    /// What an import block says, by its place.
    Import(usize),
    /// Nothing else is left to do.
    Calm,
}

/// A task and the resource that blocked it last.
#[derive(Debug)]
struct Entry {
    task: Task,
    blocked_by: Option<AbsResource>,
}

impl Entry {
    /// The resource of an instance that has not been blocked yet.
    fn fresh(&self) -> Option<&AbsResource> {
        match &self.task {
            Task::Instance(instance) if self.blocked_by.is_none() => Some(&instance.resource),
            _ => None,
        }
    }
}

/// Tasks that can be tried, and tasks parked under what they wait for.
#[derive(Debug, Default)]
pub(super) struct Queue {
    ready: VecDeque<Entry>,
    parked: BTreeMap<Wait, Vec<Entry>>,
    current: Option<AbsResource>,
    /// What blocked the last instance of a resource, and whether it blocked the one before it, too.
    blocked: FxHashMap<AbsResource, (Wait, bool)>,
    /// Whether all instances of every resource are going to have a value.
    complete: bool,
}

impl Queue {
    /// An empty queue; `complete` says whether all instances of every resource are going to have a value.
    pub fn new(complete: bool) -> Queue {
        Queue { complete, ..Queue::default() }
    }

    pub fn push(&mut self, task: Task) {
        self.ready.push_back(Entry { task, blocked_by: None });
    }

    /// Puts a task before all others: many are going to wait for it.
    pub fn push_first(&mut self, task: Task) {
        self.ready.push_front(Entry { task, blocked_by: None });
    }

    /// Makes room for tasks to come.
    pub fn reserve(&mut self, count: usize) {
        self.ready.reserve(count);
    }

    /// The next task to try. Where one thing blocks two instances of a resource, the rest of them waits for it untried.
    pub fn pop(&mut self) -> Option<Task> {
        loop {
            let entry = self.ready.pop_front()?;
            match self.leading(&entry) {
                Some(wait) => self.parked.entry(wait).or_default().push(entry),
                None => {
                    self.current = entry.blocked_by;
                    return Some(entry.task);
                }
            }
        }
    }

    fn leading(&self, entry: &Entry) -> Option<Wait> {
        if self.blocked.is_empty() {
            return None;
        }
        let (wait, twice) = self.blocked.get(entry.fresh()?)?;
        (*twice && self.parked.contains_key(wait)).then(|| wait.clone())
    }

    /// Parks the task that was popped last. One that one resource blocks twice waits for all of that resource, since
    /// it reads it as a whole: it would be tried once for each instance otherwise.
    pub fn park(&mut self, task: Task, wait: Wait) {
        let blocked_by = match &wait {
            Wait::Dep(dep) => Some(dep.resource().clone()),
            _ => None,
        };
        let wait = match wait {
            Wait::Dep(dep) if self.complete && self.current.as_ref() == Some(dep.resource()) => {
                Wait::Dep(Dep::Whole(dep.resource().clone()))
            }
            wait => wait,
        };
        let entry = Entry { task, blocked_by };
        if let (Task::Instance(instance), true, None) = (&entry.task, self.complete, &self.current) {
            let twice = self.blocked.get(&instance.resource).is_some_and(|(last, _)| *last == wait);
            self.blocked.insert(instance.resource.clone(), (wait.clone(), twice));
        }
        self.parked.entry(wait).or_default().push(entry);
    }

    /// All tasks that are not done.
    pub fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.ready.iter().chain(self.parked.values().flatten()).map(|entry| &entry.task)
    }

    /// Makes ready what waits for this; false if nothing does.
    pub fn wake(&mut self, wait: &Wait) -> bool {
        let entries = self.parked.remove(wait);
        entries.is_some_and(|entries| {
            self.ready.extend(entries);
            true
        })
    }

    /// The outputs among the parked tasks, which are no longer in the queue.
    pub fn take_outputs(&mut self) -> Vec<Arc<str>> {
        let mut names = Vec::new();
        for entries in self.parked.values_mut() {
            entries.retain(|entry| match &entry.task {
                Task::Output(name) => {
                    names.push(name.clone());
                    false
                }
                _ => true,
            });
        }
        names
    }

    /// All parked tasks, which are no longer in the queue, with what they wait for.
    pub fn take_parked(&mut self) -> Vec<(Wait, Task)> {
        let parked = std::mem::take(&mut self.parked);
        parked
            .into_iter()
            .flat_map(|(wait, entries)| entries.into_iter().map(move |e| (wait.clone(), e.task)))
            .collect()
    }
}
