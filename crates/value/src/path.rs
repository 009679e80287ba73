//! Ways from a value to a part of it.

use std::sync::Arc;

use crate::Value;

/// One step into a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Into an attribute of an object.
    Attr(Arc<str>),
    /// Into an element: a number for lists and tuples, a string for maps, the element itself for sets.
    Index(Value),
}

/// Steps from the root of a value to a part of it; empty for the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(pub Vec<Step>);

impl Path {
    /// The whole value.
    pub fn root() -> Path {
        Path::default()
    }

    /// This path followed by an attribute.
    pub fn attr(&self, name: impl Into<Arc<str>>) -> Path {
        self.with(Step::Attr(name.into()))
    }

    /// This path followed by a place in a list or tuple.
    pub fn index(&self, index: usize) -> Path {
        self.with(Step::Index(Value::from(index as i64)))
    }

    /// This path followed by the key of a map.
    pub fn key(&self, key: impl Into<Arc<str>>) -> Path {
        self.with(Step::Index(Value::string(key)))
    }

    /// This path followed by a step.
    pub fn with(&self, step: Step) -> Path {
        let mut steps = self.0.clone();
        steps.push(step);
        Path(steps)
    }

    /// Whether `prefix` is the beginning of this path, or all of it.
    pub fn starts_with(&self, prefix: &Path) -> bool {
        self.0.starts_with(&prefix.0)
    }
}

impl std::fmt::Display for Path {
    /// Writes the path as in the language: `.tags["Name"]`, `.route[0].cidr_block`; elements of sets as `[...]`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for step in &self.0 {
            match step {
                Step::Attr(name) => write!(f, ".{name}")?,
                Step::Index(key) => match (key.as_str(), key.as_number()) {
                    (Some(s), _) => write!(f, "[{s:?}]")?,
                    (_, Some(n)) => write!(f, "[{n}]")?,
                    _ => f.write_str("[...]")?,
                },
            }
        }
        Ok(())
    }
}
