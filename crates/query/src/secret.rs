//! Which parts of an object are sensitive, and what is seen of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;
use terrane_value::{Block, Nesting, Path, Step};

use crate::HIDDEN;

/// The sensitive parts of a value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Secret {
    /// Whether all of it is.
    whole: bool,
    /// Those of its parts by name or place.
    parts: BTreeMap<Arc<str>, Secret>,
    /// Those of each element.
    each: Option<Box<Secret>>,
}

impl Secret {
    /// What a shape says.
    pub(crate) fn of(block: &Block) -> Secret {
        let mut secret = Secret::default();
        for (name, attribute) in block.attributes.iter().filter(|(_, attribute)| attribute.sensitive) {
            let _ = attribute;
            secret.parts.insert(name.clone(), Secret { whole: true, ..Secret::default() });
        }
        for (name, nested) in &block.blocks {
            let inner = Secret::of(&nested.block);
            let inner = match nested.nesting {
                _ if inner.is_empty() => continue,
                Nesting::Single | Nesting::Group => inner,
                Nesting::List | Nesting::Set | Nesting::Map => {
                    Secret { each: Some(Box::new(inner)), ..Secret::default() }
                }
            };
            secret.parts.insert(name.clone(), inner);
        }
        secret
    }

    /// The same with the paths that are sensitive in one object. An element of a set is not found by its place, so that
    /// the whole set counts.
    pub(crate) fn with(&self, paths: &[Path]) -> Secret {
        let mut all = self.clone();
        for path in paths {
            let mut at = &mut all;
            for step in &path.0 {
                let name: Option<Arc<str>> = match step {
                    Step::Attr(name) => Some(name.clone()),
                    Step::Index(key) => {
                        key.as_str().map(Arc::from).or_else(|| Some(key.as_number()?.to_string().into()))
                    }
                };
                let Some(name) = name else { break };
                at = at.parts.entry(name).or_default();
            }
            at.whole = true;
        }
        all
    }

    /// Whether nothing is sensitive.
    pub(crate) fn is_empty(&self) -> bool {
        !self.whole && self.parts.is_empty() && self.each.is_none()
    }

    /// Whether all of the value is.
    pub(crate) fn is_whole(&self) -> bool {
        self.whole
    }

    /// What is sensitive of a part.
    pub(crate) fn part(&self, name: &str) -> Secret {
        let own = self.parts.get(name);
        match (own, &self.each) {
            (None, None) => Secret { whole: self.whole, ..Secret::default() },
            (Some(own), None) => Secret { whole: own.whole || self.whole, ..own.clone() },
            (None, Some(each)) => Secret { whole: each.whole || self.whole, ..(**each).clone() },
            (Some(own), Some(each)) => {
                let mut both = own.clone();
                both.whole |= each.whole || self.whole;
                both.parts.extend(each.parts.iter().map(|(name, secret)| (name.clone(), secret.clone())));
                both
            }
        }
    }

    /// Puts [`HIDDEN`] in the place of what is sensitive.
    pub(crate) fn hide(&self, value: &mut Json) {
        if self.is_empty() || value.is_null() {
            return;
        }
        if self.whole {
            *value = HIDDEN.into();
            return;
        }
        match value {
            Json::Object(fields) => fields.iter_mut().for_each(|(name, value)| self.part(name).hide(value)),
            Json::Array(values) => {
                values.iter_mut().enumerate().for_each(|(at, value)| self.part(&at.to_string()).hide(value));
            }
            _ => {}
        }
    }
}
