//! Which arguments may and must be written together.

use std::sync::Arc;

use terrane_value::{Path, Value};

use crate::Problem;
use crate::sdk::schema::{Relations, Rule, RuleKind};

/// Whether an argument is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Not written, null, or without any elements.
    Unset,
    /// Not known yet.
    Unknown,
    /// Written.
    Set,
}

pub(super) fn state(value: &Value) -> State {
    let parts = || value.elements().map(<[Value]>::len).or(value.fields().map(|f| f.len()));
    match value {
        v if !v.is_known() => State::Unknown,
        v if v.is_null() || parts() == Some(0) => State::Unset,
        _ => State::Set,
    }
}

/// Names as a sentence lists them: `a`, `b`.
pub(super) fn listed(names: &[Arc<str>]) -> String {
    names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
}

/// Looks up arguments by dotted path, and remembers what was reported.
pub(super) struct Relating<'a> {
    root: &'a Value,
    /// The blocks around the present one, outermost first.
    around: Vec<(Arc<str>, &'a Value)>,
    reported: Vec<Vec<Arc<str>>>,
}

impl<'a> Relating<'a> {
    pub fn new(root: &'a Value) -> Relating<'a> {
        Relating { root, around: Vec::new(), reported: Vec::new() }
    }

    pub fn enter(&mut self, name: Arc<str>, element: &'a Value) {
        self.around.push((name, element));
    }

    pub fn leave(&mut self) {
        self.around.pop();
    }

    /// Follows a path from the root; in a block that the present argument lies in too, the same occurrence of it.
    fn look(&self, path: &str) -> State {
        let (mut value, mut shared) = (self.root, true);
        let mut names = path.split('.').enumerate().peekable();
        while let Some((depth, name)) = names.next() {
            let Some(next) = value.get(name) else { return State::Unset };
            let own = self.around.get(depth).filter(|(n, _)| shared && **n == *name);
            shared = own.is_some();
            value = match own {
                Some((_, element)) if names.peek().is_some() => element,
                _ if names.peek().is_some() && next.elements().is_some() => match next.elements() {
                    Some([first, ..]) => first,
                    _ => return State::Unset,
                },
                _ => next,
            };
            if !value.is_known() {
                return State::Unknown;
            }
        }
        state(value)
    }

    fn set(&self, paths: &[Arc<str>]) -> (Vec<Arc<str>>, bool) {
        let states = paths.iter().map(|p| (p, self.look(p)));
        let unknown = paths.iter().any(|p| self.look(p) == State::Unknown);
        (states.filter(|(_, s)| *s == State::Set).map(|(p, _)| p.clone()).collect(), unknown)
    }

    /// Rules of the whole type.
    pub fn rules(&mut self, rules: &[Rule], problems: &mut Vec<Problem>) {
        for rule in rules {
            let (set, unknown) = self.set(&rule.paths);
            let (least, most) = match rule.kind {
                RuleKind::ExactlyOne => (1, 1),
                RuleKind::AtLeastOne => (1, usize::MAX),
                RuleKind::AtMostOne => (0, 1),
            };
            combination(&rule.paths, &set, unknown, least, most).into_iter().for_each(|d| problems.push(invalid(d)));
        }
    }

    /// The relations of one argument.
    pub fn attribute(
        &mut self,
        relations: &Relations,
        name: &Arc<str>,
        value: Option<&Value>,
        path: &Path,
        problems: &mut Vec<Problem>,
    ) {
        self.together(&relations.exactly_one_of, 1, path, problems);
        self.together(&relations.at_least_one_of, usize::MAX, path, problems);
        let own = value.map_or(State::Unset, state);
        if own == State::Set {
            self.conflicts(&relations.conflicts_with, name, path, problems);
        }
        if own != State::Unset {
            let missing = relations.required_with.iter().filter(|p| self.look(p) == State::Unset);
            let missing: Vec<Arc<str>> = missing.cloned().collect();
            if !missing.is_empty() {
                let detail = format!("`{name}` is written, so {} must be written too.", listed(&missing));
                problems.push(invalid(detail).at(path.clone()));
            }
        }
    }

    /// Reported once for all arguments that the list names.
    fn together(&mut self, paths: &[Arc<str>], most: usize, path: &Path, problems: &mut Vec<Problem>) {
        let mut key = paths.to_vec();
        key.sort();
        if paths.is_empty() || self.reported.contains(&key) {
            return;
        }
        let (set, unknown) = self.set(paths);
        if let Some(detail) = combination(paths, &set, unknown, 1, most) {
            problems.push(if set.is_empty() { invalid(detail) } else { invalid(detail).at(path.clone()) });
            self.reported.push(key);
        }
    }

    /// A pair is reported once.
    fn conflicts(&mut self, paths: &[Arc<str>], name: &Arc<str>, path: &Path, problems: &mut Vec<Problem>) {
        let own: Vec<&str> = self.around.iter().map(|(n, _)| &**n).chain([&**name]).collect();
        let own: Arc<str> = own.join(".").into();
        for other in paths.iter().filter(|p| **p != own) {
            let mut key = vec![own.clone(), other.clone()];
            key.sort();
            if self.look(other) == State::Set && !self.reported.contains(&key) {
                let detail = format!("`{own}` and `{other}` exclude each other; write one of them.");
                problems.push(Problem::error("Conflicting arguments", detail).at(path.clone()));
                self.reported.push(key);
            }
        }
    }
}

fn combination(paths: &[Arc<str>], set: &[Arc<str>], unknown: bool, least: usize, most: usize) -> Option<String> {
    let all = listed(paths);
    match set.len() {
        n if n > most => Some(format!("Only one of {all} may be written, but {} are.", listed(set))),
        n if n < least && !unknown && most == 1 => Some(format!("One of {all} must be written.")),
        n if n < least && !unknown => Some(format!("At least one of {all} must be written.")),
        _ => None,
    }
}

fn invalid(detail: String) -> Problem {
    Problem::error("Invalid combination of arguments", detail)
}
