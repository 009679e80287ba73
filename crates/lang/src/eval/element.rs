//! Which elements of a collection errors are of.

use indexmap::IndexMap;
use terrane_source::{Diagnostic, Span};
use terrane_value::{Marks, Type, Value, convert};

use super::Eval;
use super::describe::shortened;
use crate::ir::ExprId;

/// How many keys of elements an error names.
const MOST: usize = 3;

/// The elements that were looked at: how many errors there were before each, and its key. Of those in a row without
/// errors the last is kept.
#[derive(Default)]
pub(crate) struct Walk(Vec<(usize, Value)>);

/// What makes errors of several elements one error.
type Same = (String, String, Option<Span>, Vec<(String, String)>);

impl Eval<'_, '_> {
    /// Notes that what follows is done for the element with a key.
    pub(crate) fn element(&self, walk: &mut Walk, key: &Value) {
        let before = self.errors.len();
        match walk.0.last_mut() {
            Some(last) if last.0 == before => last.1 = key.clone(),
            _ => walk.0.push((before, key.clone())),
        }
    }

    /// Says in the errors of a walk which elements they are of; one that several elements have is told once.
    pub(crate) fn walked(&mut self, collection: ExprId, walk: &Walk) {
        let first = walk.0.first().map_or(usize::MAX, |(before, _)| *before);
        if self.errors.len() <= first || self.quiet {
            return;
        }
        let mut told: IndexMap<Same, (Diagnostic, Vec<String>)> = IndexMap::new();
        for (place, error) in (first..).zip(self.errors.split_off(first)) {
            let element = walk.0.partition_point(|(before, _)| *before <= place).checked_sub(1);
            let key = element.and_then(|element| walk.0.get(element)).and_then(|(_, key)| shown(key));
            let same = (error.summary.clone(), error.detail.clone(), error.span, error.values.clone());
            told.entry(same).or_insert_with(|| (error, Vec::new())).1.extend(key);
        }
        let of = self.written(collection).map(|name| format!(" of {name}")).unwrap_or_default();
        self.errors.extend(told.into_values().map(|(error, keys)| match sentence(&keys, &of) {
            Some(sentence) => error.note(sentence),
            None => error,
        }));
    }
}

/// A key in words; `None` if it must not or cannot be shown.
fn shown(key: &Value) -> Option<String> {
    if !key.marks().without(Marks::DEPRECATED).is_empty() || !key.is_known() || key.is_null() {
        return None;
    }
    let (key, _) = key.clone().unmark();
    match convert(&key, &Type::String).ok()?.as_str() {
        Some(text) if key.ty() == Type::String => Some(format!("the key {}", shortened(text))),
        Some(text) if key.ty() == Type::Number => Some(format!("index {text}")),
        _ => None,
    }
}

fn sentence(keys: &[String], of: &str) -> Option<String> {
    let (named, rest) = keys.split_at(keys.len().min(MOST));
    match named {
        [] => None,
        [one] => Some(format!("This is about the element with {one}{of}.")),
        [named @ .., last] if rest.is_empty() => {
            Some(format!("This is about the elements with {} and {last}{of}.", named.join(", ")))
        }
        named => Some(format!("This is about {} elements{of}: those with {}, …", keys.len(), named.join(", "))),
    }
}
