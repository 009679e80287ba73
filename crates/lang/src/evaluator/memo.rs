//! What an evaluator remembers.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use indexmap::IndexSet;
use terrane_address::{Key, ModuleInstance};
use terrane_source::Reported;
use terrane_value::{Schema, Value};

use crate::ir::{CallId, ModuleId, ResourceId};
use crate::lookup::{Dep, Stop};
use crate::program::Contents;

/// What was read, as places in [`Deps`].
pub(super) type Reads = BTreeSet<u32>;

/// Every dependency met so far, once.
#[derive(Default)]
pub(super) struct Deps(IndexSet<Dep>);

impl Deps {
    pub(super) fn id(&mut self, dep: Dep) -> u32 {
        self.0.insert_full(dep).0 as u32
    }

    /// The dependencies themselves, sorted.
    pub(super) fn list(&self, reads: &Reads) -> Vec<Dep> {
        let mut list: Vec<Dep> = reads.iter().filter_map(|id| self.0.get_index(*id as usize)).cloned().collect();
        list.sort();
        list
    }
}

/// Names a module instance of a [`Memo`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct At(pub u32);

impl At {
    pub(super) const ROOT: At = At(0);
}

/// One thing that is evaluated at most once; what was blocked counts as not evaluated.
#[derive(Clone, Debug, Default)]
pub(super) enum Slot<T> {
    #[default]
    Empty,
    /// It is being evaluated: who asks for it now asks in a circle.
    Running,
    Done(T),
    Failed(Reported),
}

/// What is to be done about a slot.
pub(super) enum Found<T> {
    Value(T),
    Evaluate,
    Circle,
}

impl<T: Clone> Slot<T> {
    /// The value, or the task to make it, which ends with [`Slot::finish`].
    pub(super) fn begin(&mut self) -> Result<Found<T>, Stop> {
        match self {
            Slot::Done(value) => Ok(Found::Value(value.clone())),
            Slot::Failed(reported) => Err(Stop::Failed(*reported)),
            Slot::Running => Ok(Found::Circle),
            Slot::Empty => {
                *self = Slot::Running;
                Ok(Found::Evaluate)
            }
        }
    }

    pub(super) fn finish(&mut self, result: &Result<T, Stop>) {
        *self = match result {
            Ok(value) => Slot::Done(value.clone()),
            Err(Stop::Failed(reported)) => Slot::Failed(*reported),
            Err(Stop::Blocked(_)) => Slot::Empty,
        };
    }
}

/// A value and what was read for it.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub value: Value,
    pub reads: Arc<Reads>,
}

/// How a resource or module call is expanded.
#[derive(Clone, Debug)]
pub(super) struct Expansion {
    pub keys: Arc<[Key]>,
    /// The value of `for_each`.
    pub each: Option<Value>,
    pub reads: Arc<Reads>,
}

/// What is remembered of one module instance.
pub(super) struct ModuleState<'p> {
    pub instance: ModuleInstance,
    pub module: ModuleId,
    pub contents: &'p Contents,
    pub parent: Option<(At, CallId, Key)>,
    pub children: HashMap<(CallId, Key), At>,
    pub variables: Vec<Slot<Known>>,
    pub locals: Vec<Slot<Known>>,
    pub outputs: Vec<Slot<Known>>,
    pub resources: Vec<Slot<Expansion>>,
    pub calls: Vec<Slot<Expansion>>,
    /// All instances of a resource as one value, once all are there.
    pub wholes: HashMap<ResourceId, Value>,
}

impl<'p> ModuleState<'p> {
    pub(super) fn new(
        instance: ModuleInstance,
        module: ModuleId,
        contents: &'p Contents,
        parent: Option<(At, CallId, Key)>,
    ) -> ModuleState<'p> {
        ModuleState {
            instance,
            module,
            contents,
            parent,
            children: HashMap::new(),
            variables: vec![Slot::Empty; contents.variables.len()],
            locals: vec![Slot::Empty; contents.locals.len()],
            outputs: vec![Slot::Empty; contents.outputs.len()],
            resources: vec![Slot::Empty; contents.resources.len()],
            calls: vec![Slot::Empty; contents.calls.len()],
            wholes: HashMap::new(),
        }
    }
}

/// Schemas of resources, with whether any part of them is sensitive.
pub(super) type SchemaMemo = HashMap<(ModuleId, ResourceId), Option<(Arc<Schema>, bool)>>;
