//! The shape of configuration and objects, as a provider declares it.

mod coerce;
mod function;
mod sensitive;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Type;
pub use function::{CallFault, FunctionParam, FunctionSchema};

/// The shape of one resource type, data source or provider configuration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    /// Version of the stored form, counted up by the provider when it changes.
    pub version: u64,
    /// The shape itself.
    pub block: Block,
}

/// The attributes and nested blocks that may be written in a body.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    /// Attributes by name.
    pub attributes: BTreeMap<Arc<str>, Attribute>,
    /// Nested blocks by type.
    pub blocks: BTreeMap<Arc<str>, NestedBlock>,
    /// Text for people when the whole block is deprecated.
    pub deprecated: Option<Arc<str>>,
}

/// One attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// Its type; objects in it may have optional attributes.
    pub ty: Type,
    /// Must be written.
    pub required: bool,
    /// May be written.
    pub optional: bool,
    /// May be set by the provider.
    pub computed: bool,
    /// Its value must not be shown.
    pub sensitive: bool,
    /// Is handed to the provider and never stored.
    pub write_only: bool,
    /// Text for people when it is deprecated.
    pub deprecated: Option<Arc<str>>,
    /// Written as repeated blocks in configuration though it is an attribute (legacy providers); the value's type
    /// is a list or set of objects either way.
    pub as_blocks: bool,
}

impl Attribute {
    fn new(ty: Type, required: bool, optional: bool, computed: bool) -> Attribute {
        Attribute {
            ty,
            required,
            optional,
            computed,
            sensitive: false,
            write_only: false,
            deprecated: None,
            as_blocks: false,
        }
    }

    /// An attribute that must be written.
    pub fn required(ty: Type) -> Attribute {
        Attribute::new(ty, true, false, false)
    }

    /// An attribute that may be written.
    pub fn optional(ty: Type) -> Attribute {
        Attribute::new(ty, false, true, false)
    }

    /// An attribute that the provider sets.
    pub fn computed(ty: Type) -> Attribute {
        Attribute::new(ty, false, false, true)
    }

    /// An attribute that the provider sets unless it is written.
    pub fn optional_computed(ty: Type) -> Attribute {
        Attribute::new(ty, false, true, true)
    }

    /// The same, whose value must not be shown.
    pub fn sensitive(self) -> Attribute {
        Attribute { sensitive: true, ..self }
    }
}

/// One kind of nested block.
#[derive(Clone, Debug, PartialEq)]
pub struct NestedBlock {
    /// How its occurrences become a value.
    pub nesting: Nesting,
    /// Least number of occurrences.
    pub min_items: u64,
    /// Greatest number of occurrences; 0 for no limit.
    pub max_items: u64,
    /// The shape of one occurrence.
    pub block: Block,
}

/// How the occurrences of a nested block become a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// At most one: an object, null if absent.
    Single,
    /// At most one: an object, with null attributes if absent.
    Group,
    /// A list of objects in order.
    List,
    /// A set of objects.
    Set,
    /// A map of objects, keyed by the block's label.
    Map,
}

impl Block {
    /// The object type of the values this block describes.
    pub fn implied_type(&self) -> Type {
        let attributes = self.attributes.iter().map(|(name, a)| (name.clone(), a.ty.without_optional()));
        let blocks = self.blocks.iter().map(|(name, b)| (name.clone(), b.implied_type()));
        Type::object(attributes.chain(blocks))
    }
}

impl NestedBlock {
    /// The type of the value that all occurrences make together.
    pub fn implied_type(&self) -> Type {
        let element = self.block.implied_type();
        match self.nesting {
            Nesting::Single | Nesting::Group => element,
            Nesting::List if element.has_any() => Type::Any,
            Nesting::List => Type::list(element),
            Nesting::Set => Type::set(element),
            Nesting::Map if element.has_any() => Type::Any,
            Nesting::Map => Type::map(element),
        }
    }
}

#[cfg(test)]
mod tests;
