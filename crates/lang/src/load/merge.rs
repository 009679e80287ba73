//! Override files: their blocks change blocks of the same name instead of adding to them.

mod draft;

use std::collections::HashMap;

use draft::Draft;
use terrane_source::{Diagnostic, Diagnostics};
use terrane_syntax as syn;

/// What blocks must share to be the same: type, labels, and the alias of a provider configuration.
type Key<'t> = (&'t str, Vec<&'t str>, Option<&'t str>);

/// The items of a folder's plain files while override files change them.
pub(super) struct Merge<'t> {
    items: Draft<'t>,
    /// The first block of each key, by its place.
    blocks: HashMap<Key<'t>, usize>,
    /// The `locals` block that has a local value, by its place.
    locals: HashMap<&'t str, usize>,
    /// The `terraform` block that has the `encryption` block, by its place.
    encryption: Option<usize>,
}

impl<'t> Merge<'t> {
    pub(super) fn new(items: &[syn::Item<'t>]) -> Merge<'t> {
        let mut merge = Merge {
            items: Draft::new(items.iter().copied()),
            blocks: HashMap::new(),
            locals: HashMap::new(),
            encryption: None,
        };
        for (place, item) in items.iter().enumerate() {
            if let syn::Item::Block(block) = item {
                merge.blocks.entry(key(block)).or_insert(place);
                merge.add_locals(block, place);
                let encrypts = block.ty.text == "terraform" && block.body.blocks().any(|b| b.ty.text == "encryption");
                merge.encryption = merge.encryption.or(encrypts.then_some(place));
            }
        }
        merge
    }

    fn add_locals(&mut self, block: &syn::Block<'t>, place: usize) {
        if block.ty.text == "locals" {
            for local in block.body.attributes() {
                self.locals.entry(local.name.text).or_insert(place);
            }
        }
    }

    /// Changes the items by those of an override file.
    pub(super) fn apply(&mut self, overrides: &[syn::Item<'t>], diags: &mut Diagnostics) {
        ["backend", "cloud"].into_iter().for_each(|ty| once(overrides, ty, diags));
        for item in overrides {
            match item {
                syn::Item::Attribute(_) => {
                    self.items.push(*item);
                }
                syn::Item::Block(block) => self.block(block, diags),
            }
        }
    }

    /// The items as they are now.
    pub(super) fn finish(self, arena: &'t syn::Arena) -> Vec<syn::Item<'t>> {
        self.items.finish(arena)
    }

    /// The place of the block that a block changes.
    fn base(&self, block: &syn::Block<'t>) -> Option<usize> {
        let encrypts = |block: &syn::Block| block.body.blocks().any(|b| b.ty.text == "encryption");
        let first = self.blocks.get(&key(block)).copied();
        if block.ty.text == "terraform" && encrypts(block) {
            return self.encryption.or(first);
        }
        first
    }

    fn block(&mut self, block: &syn::Block<'t>, diags: &mut Diagnostics) {
        let base = self.base(block).and_then(|place| self.items.body(place));
        match (block.ty.text, base) {
            ("locals", _) => self.merge_locals(block, diags),
            ("moved" | "import" | "removed" | "check" | "language", _) => {
                let ty = block.ty.text;
                let detail = format!("A \"{ty}\" block cannot appear in an override file.");
                diags.error(Diagnostic::error(format!("Cannot override '{ty}' blocks"), detail).at(block.header));
            }
            ("terraform", Some(base)) => base.change_settings(block.body),
            (_, Some(base)) => base.change(block.body),
            ("terraform", None) => self.add(block),
            // A default configuration that is not written is there nevertheless, and empty.
            ("provider", None) if block.body.attribute("alias").is_none() => self.add(block),
            (_, None) => no_base(block, diags),
        }
    }

    fn add(&mut self, block: &syn::Block<'t>) {
        let place = self.items.push(syn::Item::Block(*block));
        self.blocks.entry(key(block)).or_insert(place);
    }

    /// Each local value replaces the one of its name, whichever block that is in.
    fn merge_locals(&mut self, block: &syn::Block<'t>, diags: &mut Diagnostics) {
        for local in block.body.attributes() {
            match self.locals.get(local.name.text).and_then(|place| self.items.body(*place)) {
                Some(base) => base.set(local),
                None => {
                    let name = local.name;
                    let detail =
                        format!("There is no local value named \"{}\" in the other files of this module.", name.text);
                    let error = Diagnostic::error("Missing base local value definition to override", detail);
                    diags.error(error.at(name.span));
                }
            }
        }
    }
}

/// Reports `terraform` blocks beyond the first that say where the state is: a file can do that once.
fn once(items: &[syn::Item<'_>], ty: &str, diags: &mut Diagnostics) {
    let mut found = items.iter().filter_map(|item| match item {
        syn::Item::Block(block) if block.ty.text == "terraform" => block.body.blocks().find(|b| b.ty.text == ty),
        _ => None,
    });
    let Some(first) = found.next() else { return };
    for second in found {
        let detail = format!("An override file can have only one {ty} block, which replaces that of the other files.");
        let summary = format!("Duplicate {ty} configuration{}", if ty == "cloud" { "s" } else { "" });
        let error = Diagnostic::error(summary, detail).at(second.header);
        diags.error(error.note_at(first.header, "The first is here"));
    }
}

fn no_base(block: &syn::Block, diags: &mut Diagnostics) {
    let labels: String = block.labels.iter().map(|l| format!(" \"{}\"", l.text)).collect();
    let what = format!("{}{labels}", block.ty.text);
    let detail = format!(
        "There is no block {what} in the other files of this module. An override file can only change a block that is \
         declared in a primary configuration file."
    );
    diags.error(
        Diagnostic::error(format!("Missing base {} declaration to override", block.ty.text), detail).at(block.header),
    );
}

fn key<'t>(block: &syn::Block<'t>) -> Key<'t> {
    let alias = if block.ty.text == "provider" { alias(block) } else { None };
    (block.ty.text, block.labels.iter().map(|l| l.text).collect(), alias)
}

fn alias<'t>(block: &syn::Block<'t>) -> Option<&'t str> {
    match block.body.attribute("alias")?.expr.kind() {
        syn::ExprKind::Literal(syn::Literal::String(s)) => Some(s),
        _ => None,
    }
}
