//! What an evaluator remembers.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};
use terrane_address::{AbsCall, AbsResource, Key, ModuleInstance};
use terrane_source::Reported;
use terrane_value::{Schema, Value};

use super::frame::Repetition;
use super::pairing::Pairing;
use crate::ir::{CallId, ModuleId, ResourceId};
use crate::lookup::{Dep, Stop};
use crate::program::Contents;

/// What was read, as places in [`Deps`].
pub(super) type Reads = BTreeSet<u32>;

/// Something that was read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Read {
    Dep(Dep),
    /// All instances of a module call, of which it is not known which there are.
    Call(AbsCall),
}

/// Everything read so far, once.
#[derive(Default)]
pub(super) struct Deps {
    all: IndexSet<Read, FxBuildHasher>,
    /// Whether any call is among them.
    calls: bool,
    /// Lists that several instances have in common.
    lists: FxHashMap<Reads, Arc<[Dep]>>,
}

impl Deps {
    pub(super) fn id(&mut self, dep: Dep) -> u32 {
        self.all.insert_full(Read::Dep(dep)).0 as u32
    }

    /// The same for a module call whose instances are not known.
    pub(super) fn call_id(&mut self, call: AbsCall) -> u32 {
        self.calls = true;
        self.all.insert_full(Read::Call(call)).0 as u32
    }

    /// The dependencies themselves, sorted.
    pub(super) fn list(&self, reads: &Reads) -> Vec<Dep> {
        let dep = |read: &Read| if let Read::Dep(dep) = read { Some(dep.clone()) } else { None };
        let mut list: Vec<Dep> = self.all(reads).filter_map(dep).collect();
        list.sort();
        list
    }

    /// The same, made once for all who read the same.
    pub(super) fn shared(&mut self, reads: Reads) -> Arc<[Dep]> {
        if let Some(list) = self.lists.get(&reads) {
            return list.clone();
        }
        let list: Arc<[Dep]> = self.list(&reads).into();
        self.lists.insert(reads, list.clone());
        list
    }

    /// The module calls among what was read whose instances are not known, sorted.
    pub(super) fn calls(&self, reads: &Reads) -> Vec<AbsCall> {
        if !self.calls {
            return Vec::new();
        }
        let call = |read: &Read| if let Read::Call(call) = read { Some(call.clone()) } else { None };
        let mut list: Vec<AbsCall> = self.all(reads).filter_map(call).collect();
        list.sort();
        list
    }

    fn all(&self, reads: &Reads) -> impl Iterator<Item = &Read> {
        reads.iter().filter_map(|id| self.all.get_index(*id as usize))
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
    /// It was blocked by this.
    Waiting(Dep),
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
            Slot::Empty | Slot::Waiting(_) => {
                *self = Slot::Running;
                Ok(Found::Evaluate)
            }
        }
    }

    pub(super) fn finish(&mut self, result: &Result<T, Stop>) {
        *self = match result {
            Ok(value) => Slot::Done(value.clone()),
            Err(Stop::Failed(reported)) => Slot::Failed(*reported),
            Err(Stop::Blocked(dep)) => Slot::Waiting(dep.clone()),
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
    /// In ascending order; those of `count` without gaps.
    pub keys: Arc<[Key]>,
    /// The value of `for_each`; unknown if the instances have counterparts.
    pub each: Option<Value>,
    /// How the instances follow from those of another resource.
    pub pairing: Option<Pairing>,
    pub reads: Arc<Reads>,
}

/// How a resource or module call is expanded, as far as that can be told.
#[derive(Clone, Debug)]
pub(super) enum Expanded {
    Known(Expansion),
    /// Its `count`, `for_each` or `enabled` is known only after apply; what was read for it.
    Unknown(Arc<Reads>),
}

impl Expanded {
    pub(super) fn known(&self) -> Option<&Expansion> {
        match self {
            Expanded::Known(expansion) => Some(expansion),
            Expanded::Unknown(_) => None,
        }
    }

    pub(super) fn reads(&self) -> &Arc<Reads> {
        match self {
            Expanded::Known(expansion) => &expansion.reads,
            Expanded::Unknown(reads) => reads,
        }
    }

    /// What `each` and `count` stand for in an instance, or in any instance while these are not known.
    pub(super) fn repetition(&self, key: &Key) -> Repetition {
        let Some(expansion) = self.known() else { return Repetition::None };
        match (key, expansion.pairing) {
            (Key::String(name), Some(pairing)) => Repetition::Paired(name.clone(), pairing),
            _ => Repetition::of(key, expansion.each.as_ref()),
        }
    }
}

impl Expansion {
    /// Whether there is an instance with this key.
    pub(super) fn has(&self, key: &Key) -> bool {
        match key {
            Key::Int(index) => usize::try_from(*index).ok().and_then(|at| self.keys.get(at)) == Some(key),
            _ => self.keys.binary_search(key).is_ok(),
        }
    }
}

/// What is remembered of one module instance.
pub(super) struct ModuleState<'p> {
    pub instance: ModuleInstance,
    pub module: ModuleId,
    pub contents: &'p Contents,
    pub parent: Option<(At, CallId, Key)>,
    /// Its resources by their full names.
    pub names: Vec<AbsResource>,
    pub children: FxHashMap<(CallId, Key), At>,
    pub variables: Vec<Slot<Known>>,
    pub locals: Vec<Slot<Known>>,
    pub outputs: Vec<Slot<Known>>,
    pub resources: Vec<Slot<Expanded>>,
    pub calls: Vec<Slot<Expanded>>,
    /// All instances of a resource as one value, once all are there.
    pub wholes: FxHashMap<ResourceId, Value>,
    /// What the calls around read for their expansion, and what their `depends_on` names.
    pub around: Option<(Arc<Reads>, Arc<Reads>)>,
}

impl<'p> ModuleState<'p> {
    pub(super) fn new(
        instance: ModuleInstance,
        module: ModuleId,
        contents: &'p Contents,
        parent: Option<(At, CallId, Key)>,
    ) -> ModuleState<'p> {
        let names = contents.resources.iter().map(|decl| AbsResource::new(instance.clone(), decl.resource.clone()));
        ModuleState {
            names: names.collect(),
            instance,
            module,
            contents,
            parent,
            children: FxHashMap::default(),
            variables: vec![Slot::Empty; contents.variables.len()],
            locals: vec![Slot::Empty; contents.locals.len()],
            outputs: vec![Slot::Empty; contents.outputs.len()],
            resources: vec![Slot::Empty; contents.resources.len()],
            calls: vec![Slot::Empty; contents.calls.len()],
            wholes: FxHashMap::default(),
            around: None,
        }
    }
}

/// Schemas of resources, with whether any part of them is sensitive.
pub(super) type SchemaMemo = FxHashMap<(ModuleId, ResourceId), Option<(Arc<Schema>, bool)>>;
