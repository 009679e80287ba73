//! Which parts of a value its schema says must not be shown.

use super::{Block, NestedBlock, Nesting};
use crate::{Kind, Path, Step, Value};

impl Block {
    /// The paths of sensitive attributes in a value of this shape; a set that holds some counts as a whole.
    ///
    /// Attributes are listed whether they are null or not.
    pub fn sensitive_paths(&self, value: &Value) -> Vec<Path> {
        let mut found = Vec::new();
        self.collect(value, &Path::root(), &mut found);
        found
    }

    /// Whether any attribute, also of nested blocks, is sensitive.
    pub fn has_sensitive(&self) -> bool {
        self.attributes.values().any(|a| a.sensitive) || self.blocks.values().any(|b| b.block.has_sensitive())
    }

    fn collect(&self, value: &Value, path: &Path, found: &mut Vec<Path>) {
        let sensitive = self.attributes.iter().filter(|(_, a)| a.sensitive);
        found.extend(sensitive.map(|(name, _)| path.attr(name.clone())));
        for (name, block) in self.blocks.iter().filter(|(_, b)| b.block.has_sensitive()) {
            if let Some(value) = value.get(name) {
                block.collect(value, &path.attr(name.clone()), found);
            }
        }
    }
}

impl NestedBlock {
    fn collect(&self, value: &Value, path: &Path, found: &mut Vec<Path>) {
        match (self.nesting, value.kind()) {
            (_, Kind::Null(_) | Kind::Unknown(..)) => {}
            (Nesting::Single | Nesting::Group, _) => self.block.collect(value, path, found),
            (Nesting::Set, _) if value.elements().is_some_and(|e| !e.is_empty()) => found.push(path.clone()),
            (_, Kind::List(_, values) | Kind::Tuple(values)) => {
                for (i, element) in values.iter().enumerate() {
                    self.block.collect(element, &path.index(i), found);
                }
            }
            (_, Kind::Map(_, fields) | Kind::Object(fields)) => {
                for (name, element) in fields.iter() {
                    self.block.collect(element, &path.with(Step::Index(Value::string(name.clone()))), found);
                }
            }
            _ => {}
        }
    }
}
