//! Bodies that are being changed.

use std::collections::{HashMap, HashSet};

use terrane_syntax as syn;

/// A body whose items are replaced, removed and added, each in constant time.
#[derive(Default)]
pub(super) struct Draft<'t> {
    slots: Vec<Slot<'t>>,
    /// The places of arguments by name, in order.
    arguments: HashMap<&'t str, Vec<usize>>,
    /// The places of blocks by the type they count as, in order.
    blocks: HashMap<&'t str, Vec<usize>>,
}

enum Slot<'t> {
    Removed,
    Item(syn::Item<'t>),
    /// A block with a changed body.
    Changed(syn::Block<'t>, Draft<'t>),
}

impl<'t> Draft<'t> {
    pub(super) fn new(items: impl IntoIterator<Item = syn::Item<'t>>) -> Draft<'t> {
        let mut draft = Draft::default();
        for item in items {
            draft.push(item);
        }
        draft
    }

    /// Adds an item at the end and returns its place.
    pub(super) fn push(&mut self, item: syn::Item<'t>) -> usize {
        let place = self.slots.len();
        self.slots.push(Slot::Item(item));
        let places = match item {
            syn::Item::Attribute(attribute) => self.arguments.entry(attribute.name.text),
            syn::Item::Block(block) => self.blocks.entry(block_type(&block)),
        };
        places.or_default().push(place);
        place
    }

    /// The body of the block at a place.
    pub(super) fn body(&mut self, place: usize) -> Option<&mut Draft<'t>> {
        let slot = self.slots.get_mut(place)?;
        if let Slot::Item(syn::Item::Block(block)) = *slot {
            *slot = Slot::Changed(block, Draft::new(block.body.items.iter()));
        }
        match slot {
            Slot::Changed(_, body) => Some(body),
            _ => None,
        }
    }

    /// Replaces the argument of the same name, or adds the argument if there is none.
    pub(super) fn set(&mut self, attribute: syn::Attribute<'t>) {
        let place = self.arguments.get(attribute.name.text).and_then(|places| places.first());
        match place.and_then(|place| self.slots.get_mut(*place)) {
            Some(slot) => *slot = Slot::Item(syn::Item::Attribute(attribute)),
            None => {
                self.push(syn::Item::Attribute(attribute));
            }
        }
    }

    /// Changes it by a body of an override file: arguments replace arguments; blocks of a type replace all blocks of
    /// that type; `lifecycle` is changed itself.
    pub(super) fn change(&mut self, over: syn::Body<'t>) {
        self.apply(over, "");
    }

    /// As [`Draft::change`], but required providers are replaced one by one, and so are the parts of `encryption`.
    pub(super) fn change_settings(&mut self, over: syn::Body<'t>) {
        self.apply(over, "terraform");
    }

    fn apply(&mut self, over: syn::Body<'t>, ty: &str) {
        let merged = merged_in(ty);
        let is_merged = |block: &syn::Block<'t>| merged.contains(&block.ty.text);
        for attribute in over.attributes().filter(|a| !is_property(a) && !lifts(a, ty)) {
            self.set(attribute);
        }
        let properties = || over.attributes().filter(|a| is_property(a));
        let blocks = || over.blocks().filter(|b| !is_merged(b));
        let names: HashSet<&'t str> = properties().map(|p| p.name.text).collect();
        let types: HashSet<&'t str> = blocks().map(|block| block_type(&block)).collect();
        let with_blocks: HashSet<&'t str> = properties().filter(|p| !is_empty(p)).map(|p| p.name.text).collect();
        names.iter().for_each(|name| self.remove_arguments(name));
        types.iter().for_each(|ty| self.remove_properties(ty));
        types.union(&with_blocks).for_each(|ty| self.remove_blocks(ty));
        properties().for_each(|property| {
            self.push(syn::Item::Attribute(property));
        });
        blocks().for_each(|block| {
            self.push(syn::Item::Block(block));
        });
        for block in over.blocks().filter(is_merged) {
            match self.same(&block) {
                Some(base) => base.apply(block.body, block.ty.text),
                None => {
                    self.push(syn::Item::Block(block));
                }
            }
        }
    }

    /// The body of the first block of the same type and labels.
    fn same(&mut self, like: &syn::Block<'t>) -> Option<&mut Draft<'t>> {
        let labels = |block: &syn::Block<'t>| block.labels.iter().map(|l| l.text).collect::<Vec<_>>();
        let wanted = labels(like);
        let places = self.blocks.get(like.ty.text)?;
        let found = places.iter().copied().find(|place| match self.slots.get(*place) {
            Some(Slot::Item(syn::Item::Block(block)) | Slot::Changed(block, _)) => {
                block.ty.text == like.ty.text && labels(block) == wanted
            }
            _ => false,
        });
        self.body(found?)
    }

    fn remove_arguments(&mut self, name: &str) {
        for place in self.arguments.remove(name).unwrap_or_default() {
            self.slots[place] = Slot::Removed;
        }
    }

    /// Removes properties of a name, and leaves arguments.
    fn remove_properties(&mut self, name: &str) {
        let Some(places) = self.arguments.get_mut(name) else { return };
        let slots = &mut self.slots;
        places.retain(|place| {
            let gone = matches!(slots[*place], Slot::Item(syn::Item::Attribute(a)) if is_property(&a));
            if gone {
                slots[*place] = Slot::Removed;
            }
            !gone
        });
    }

    fn remove_blocks(&mut self, ty: &str) {
        for place in self.blocks.remove(ty).unwrap_or_default() {
            self.slots[place] = Slot::Removed;
        }
    }

    pub(super) fn finish(self, arena: &'t syn::Arena) -> Vec<syn::Item<'t>> {
        let items = self.slots.into_iter().filter_map(|slot| match slot {
            Slot::Removed => None,
            Slot::Item(item) => Some(item),
            Slot::Changed(block, draft) => {
                let items = arena.list(&draft.finish(arena)).into();
                let body = syn::Body { items, ..block.body };
                Some(syn::Item::Block(syn::Block { body, ..block }))
            }
        });
        items.collect()
    }
}

/// The types of blocks that change blocks of the same type and labels, in a body of this type.
fn merged_in(ty: &str) -> &'static [&'static str] {
    match ty {
        "terraform" => &["encryption", "lifecycle", "provider_meta", "required_providers"],
        "encryption" => &["key_provider", "method", "plan", "remote_state_data_sources", "state"],
        "remote_state_data_sources" => &["default", "remote_state_data_source"],
        _ => &["lifecycle"],
    }
}

/// Whether an argument would allow again what the block it changes forbids: files without encryption.
fn lifts(attribute: &syn::Attribute, ty: &str) -> bool {
    let off = matches!(attribute.expr.kind(), syn::ExprKind::Literal(syn::Literal::Bool(false)));
    off && attribute.name.text == "enforced" && matches!(ty, "plan" | "state")
}

/// Whether it is a property of a JSON object that may as well stand for blocks.
fn is_property(attribute: &syn::Attribute) -> bool {
    matches!(attribute.expr.kind(), syn::ExprKind::Json(_))
}

/// Whether a property stands for no blocks, so that it replaces none.
fn is_empty(property: &syn::Attribute) -> bool {
    let syn::ExprKind::Json(value) = property.expr.kind() else { return false };
    match value.kind {
        syn::JsonKind::Null => true,
        syn::JsonKind::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// The type a block counts as: that of the blocks it stands for if it is `dynamic`.
fn block_type<'t>(block: &syn::Block<'t>) -> &'t str {
    match block.labels.first() {
        Some(label) if block.ty.text == "dynamic" => label.text,
        _ => block.ty.text,
    }
}
