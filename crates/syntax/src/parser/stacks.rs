//! Lists under construction.

use crate::arena::Arena;
use crate::tree::{Expr, Ident, Item, Label, ObjectItem, Part};

/// The elements of all lists that are being read, outer ones below those in them.
///
/// A list begins at the length its stack has then, and ends with [`finish`].
#[derive(Default)]
pub(super) struct Stacks<'t> {
    pub exprs: Vec<&'t Expr<'t>>,
    pub object_items: Vec<ObjectItem<'t>>,
    pub parts: Vec<Part<'t>>,
    pub items: Vec<Item<'t>>,
    /// The names of the arguments of the bodies that are open.
    pub names: Vec<Ident<'t>>,
    pub labels: Vec<Label<'t>>,
}

impl Stacks<'_> {
    /// Drops what an item with errors has left behind.
    pub(super) fn leave_item(&mut self, items: usize, names: usize) {
        self.exprs.clear();
        self.object_items.clear();
        self.parts.clear();
        self.labels.clear();
        self.items.truncate(items);
        self.names.truncate(names);
    }
}

/// The list of what has been pushed since the stack had length `from`.
pub(super) fn finish<'t, T: Copy>(arena: &'t Arena, stack: &mut Vec<T>, from: usize) -> &'t [T] {
    let list = arena.list(stack.get(from..).unwrap_or_default());
    stack.truncate(from);
    list
}
