//! Whether a schema makes sense.

use terrane_address::Mode;
use terrane_value::{Attribute, Block, NestedBlock, Nesting, Path, Schema};

use super::Breach;

/// What is wrong with the schema of a type.
pub(crate) fn schema_faults(mode: Mode, schema: &Schema) -> Vec<Breach> {
    let mut check = Check { mode, found: Vec::new() };
    check.block(&schema.block, &Path::root(), false);
    check.found
}

struct Check {
    mode: Mode,
    found: Vec<Breach>,
}

impl Check {
    fn add(&mut self, path: &Path, message: &str) {
        self.found.push(Breach { path: path.clone(), message: message.into() });
    }

    fn block(&mut self, block: &Block, path: &Path, in_set: bool) {
        for (name, attribute) in &block.attributes {
            let path = path.attr(name.clone());
            self.name(name, &path);
            self.attribute(attribute, &path, in_set);
            if block.blocks.contains_key(name) {
                self.add(&path, "It is an attribute and a block at once.");
            }
        }
        for (name, nested) in &block.blocks {
            let path = path.attr(name.clone());
            self.name(name, &path);
            self.nested(nested, &path);
            self.block(&nested.block, &path, in_set || nested.nesting == Nesting::Set);
        }
    }

    fn name(&mut self, name: &str, path: &Path) {
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || !name.chars().all(good) {
            self.add(path, "A name has lower-case letters, digits and underscores only.");
        }
    }

    fn attribute(&mut self, a: &Attribute, path: &Path, in_set: bool) {
        match (a.required, a.optional, a.computed) {
            (false, false, false) => self.add(path, "It is neither required nor optional nor computed."),
            (true, true, _) => self.add(path, "It is required and optional at once."),
            (true, _, true) => self.add(path, "It is required and computed at once."),
            _ => {}
        }
        if !a.write_only {
            return;
        }
        if self.mode != Mode::Managed {
            self.add(path, "It is write-only, which only managed resources can have.");
        }
        if a.computed {
            self.add(path, "It is write-only and computed at once.");
        }
        if in_set {
            self.add(path, "It is write-only within a set, whose elements cannot be told apart without it.");
        }
    }

    fn nested(&mut self, nested: &NestedBlock, path: &Path) {
        let (least, most) = (nested.min_items, nested.max_items);
        match nested.nesting {
            Nesting::Single | Nesting::Group if least > 1 || most > 1 => {
                self.add(path, "It is a single block, so that it can occur at most once.");
            }
            Nesting::Map if least != 0 || most != 0 => {
                self.add(path, "A map of blocks cannot say how many there are.");
            }
            _ if most != 0 && least > most => self.add(path, "It has to occur more often than it may."),
            _ => {}
        }
        if nested.nesting == Nesting::Set && nested.block.implied_type().has_any() {
            self.add(path, "Elements of a set cannot have attributes of any type.");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use terrane_value::Type;

    use super::*;

    fn attribute(required: bool, optional: bool, computed: bool) -> Attribute {
        Attribute { required, optional, computed, ..Attribute::optional(Type::String) }
    }

    fn faults(mode: Mode, name: &str, attribute: Attribute) -> Vec<String> {
        let block = Block { attributes: [(Arc::from(name), attribute)].into(), ..Block::default() };
        let faults = schema_faults(mode, &Schema { version: 0, block });
        faults.into_iter().map(|b| format!("{} {}", b.path, b.message)).collect()
    }

    #[test]
    fn attributes_say_who_sets_them() {
        let managed = |attribute| faults(Mode::Managed, "a", attribute);
        let none: [&str; 0] = [];
        assert_eq!(managed(attribute(true, false, false)), none);
        assert_eq!(managed(attribute(false, true, true)), none);
        assert_eq!(managed(attribute(false, false, false)), [".a It is neither required nor optional nor computed."]);
        assert_eq!(managed(attribute(true, true, false)), [".a It is required and optional at once."]);
        assert_eq!(managed(attribute(true, false, true)), [".a It is required and computed at once."]);
        assert_eq!(
            faults(Mode::Managed, "A-b", attribute(true, false, false)),
            [".A-b A name has lower-case letters, digits and underscores only."]
        );
    }

    #[test]
    fn write_only_attributes_belong_to_managed_resources() {
        let secret = Attribute { write_only: true, ..attribute(false, true, false) };
        assert_eq!(faults(Mode::Managed, "a", secret.clone()), [""; 0]);
        assert_eq!(
            faults(Mode::Data, "a", secret.clone()),
            [".a It is write-only, which only managed resources can have."]
        );
        let computed = Attribute { computed: true, ..secret };
        assert_eq!(faults(Mode::Managed, "a", computed), [".a It is write-only and computed at once."]);
    }

    #[test]
    fn blocks_say_how_many_there_are() {
        let of = |nesting, min_items, max_items, ty| {
            let inner = Attribute { ty, ..attribute(true, false, false) };
            let inner = Block { attributes: [(Arc::from("x"), inner)].into(), ..Block::default() };
            let nested = NestedBlock { nesting, min_items, max_items, block: inner };
            let block = Block { blocks: [(Arc::from("n"), nested)].into(), ..Block::default() };
            schema_faults(Mode::Managed, &Schema { version: 0, block }).len()
        };
        assert_eq!(of(Nesting::List, 1, 0, Type::Any), 0);
        assert_eq!(of(Nesting::List, 2, 1, Type::String), 1);
        assert_eq!(of(Nesting::Single, 0, 2, Type::String), 1);
        assert_eq!(of(Nesting::Map, 1, 0, Type::String), 1);
        assert_eq!(of(Nesting::Set, 0, 0, Type::Any), 1);
    }
}
