//! What the conditions of a program came to, by the object they are about.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use terrane_address::{Instance, ModuleInstance};

use super::Evaluator;
use super::memo::{At, Slot};
use crate::ir::{ModuleId, ResourceId};
use crate::program::{CheckDecl, Contents, ModuleDecl, ResourceDecl};

/// Something that conditions are about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Checkable {
    /// An instance of a resource with pre- or postconditions.
    Resource(Instance),
    /// An output with preconditions.
    Output(ModuleInstance, Arc<str>),
    /// A `check` block.
    Check(ModuleInstance, Arc<str>),
    /// A variable with validations.
    Variable(ModuleInstance, Arc<str>),
}

/// What a condition, or all of them together, came to. The greater, the more it tells of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckStatus {
    /// They hold.
    Pass,
    /// It is not known yet.
    Unknown,
    /// One does not hold.
    Fail,
    /// One could not be evaluated.
    Error,
}

/// Which of the conditions of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rule {
    /// Before: preconditions, validations and assertions.
    Before(u32),
    /// Postconditions.
    After(u32),
    /// The data source of a `check` block.
    Data,
}

/// The verdicts so far; the last one on a condition counts.
#[derive(Debug, Default)]
pub(super) struct Verdicts(BTreeMap<Checkable, BTreeMap<Rule, (CheckStatus, Option<String>)>>);

/// What the conditions of a block came to, object by object.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// The block, as one of its objects without instance keys.
    pub block: Checkable,
    /// Its objects; `None` while it is not known which there are.
    pub objects: Option<Vec<CheckedObject>>,
}

/// What the conditions of one object came to.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedObject {
    /// The object.
    pub object: Checkable,
    /// All in all; `None` if nothing was evaluated.
    pub status: Option<CheckStatus>,
    /// What is said of the conditions that do not hold; sorted.
    pub messages: Vec<String>,
}

impl Verdicts {
    pub(super) fn note(&mut self, what: &Checkable, rule: Rule, status: CheckStatus, message: Option<String>) {
        self.0.entry(what.clone()).or_default().insert(rule, (status, message));
    }

    /// Whether any condition of something is known not to hold.
    pub(super) fn is_bad(&self, what: &Checkable, rule: Rule) -> bool {
        let found = self.0.get(what).and_then(|rules| rules.get(&rule));
        found.is_some_and(|(status, _)| *status >= CheckStatus::Fail)
    }

    /// All in all of something with so many conditions.
    fn object(&self, object: Checkable, count: usize) -> CheckedObject {
        let Some(rules) = self.0.get(&object) else {
            return CheckedObject { object, status: None, messages: Vec::new() };
        };
        let least = if rules.len() < count { CheckStatus::Unknown } else { CheckStatus::Pass };
        let status = rules.values().map(|(status, _)| *status).fold(least, CheckStatus::max);
        let mut messages: Vec<String> = rules.values().filter_map(|(_, message)| message.clone()).collect();
        messages.sort();
        CheckedObject { object, status: Some(status), messages }
    }
}

impl fmt::Display for Checkable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (module, kind, name) = match self {
            Checkable::Resource(instance) => return instance.fmt(f),
            Checkable::Output(module, name) => (module, "output", name),
            Checkable::Check(module, name) => (module, "check", name),
            Checkable::Variable(module, name) => (module, "var", name),
        };
        if !module.is_root() {
            write!(f, "{module}.")?;
        }
        write!(f, "{kind}.{name}")
    }
}

impl Evaluator<'_> {
    /// What all conditions came to so far, block by block in order of modules.
    pub fn checked(&self) -> Vec<Checked> {
        let mut all = Vec::new();
        for module in &self.program.modules {
            let contents = &*module.contents;
            let instances = self.met(module.id);
            let blocks = blocks(contents).filter(|(_, count)| *count > 0);
            for (block, count) in blocks {
                let objects = instances.as_ref().and_then(|ats| self.objects_of(ats, &block));
                let objects = objects.map(|all| all.into_iter().map(|o| self.verdicts.object(o, count)).collect());
                all.push(Checked { block: block.checkable(&plain(module)), objects });
            }
        }
        all
    }

    /// All expansions of a module, if they are known.
    fn met(&self, module: ModuleId) -> Option<Vec<At>> {
        let Some((parent, call)) = self.program.module(module).parent else { return Some(vec![At::ROOT]) };
        let mut all = Vec::new();
        for at in self.met(parent)? {
            let Slot::Done(expanded) = self.state(at).calls.get(call.index())? else { return None };
            for key in expanded.known()?.keys.iter() {
                all.push(*self.state(at).children.get(&(call, key.clone()))?);
            }
        }
        Some(all)
    }

    fn objects_of(&self, ats: &[At], block: &Block<'_>) -> Option<Vec<Checkable>> {
        let mut objects = Vec::new();
        for at in ats {
            let state = self.state(*at);
            let Block::Resource(place, _) = block else {
                objects.push(block.checkable(&state.instance));
                continue;
            };
            let Slot::Done(expanded) = state.resources.get(*place)? else { return None };
            let resource = self.abs(*at, ResourceId(*place as u32));
            objects
                .extend(expanded.known()?.keys.iter().map(|key| Checkable::Resource(resource.instance(key.clone()))));
        }
        Some(objects)
    }
}

/// A block with conditions.
enum Block<'p> {
    Resource(usize, &'p ResourceDecl),
    Output(&'p Arc<str>),
    Check(&'p CheckDecl),
    Variable(&'p Arc<str>),
}

impl Block<'_> {
    fn checkable(&self, module: &ModuleInstance) -> Checkable {
        let module = module.clone();
        match self {
            Block::Resource(_, decl) => {
                let resource = terrane_address::AbsResource::new(module, decl.resource.clone());
                Checkable::Resource(resource.instance(terrane_address::Key::None))
            }
            Block::Output(name) => Checkable::Output(module, Arc::clone(name)),
            Block::Check(decl) => Checkable::Check(module, decl.name.clone()),
            Block::Variable(name) => Checkable::Variable(module, Arc::clone(name)),
        }
    }
}

/// All blocks that may have conditions, with how many they have.
fn blocks(contents: &Contents) -> impl Iterator<Item = (Block<'_>, usize)> {
    let resources = contents.resources.iter().enumerate().map(|(place, decl)| {
        let count = decl.lifecycle.preconditions.len() + decl.lifecycle.postconditions.len();
        (Block::Resource(place, decl), count)
    });
    let outputs = contents.outputs.iter().map(|decl| (Block::Output(&decl.name), decl.preconditions.len()));
    let checks = contents.checks.iter().map(|decl| {
        let count = decl.asserts.len() + usize::from(decl.data.is_some());
        (Block::Check(decl), count)
    });
    let variables = contents.variables.iter().map(|decl| (Block::Variable(&decl.name), decl.validations.len()));
    resources.chain(outputs).chain(checks).chain(variables)
}

/// A module as an instance without keys.
fn plain(module: &ModuleDecl) -> ModuleInstance {
    ModuleInstance(module.path.0.iter().map(|name| (name.clone(), terrane_address::Key::None)).collect())
}
