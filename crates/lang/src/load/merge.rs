//! Override files: their blocks change blocks of the same name instead of adding to them.

use std::sync::Arc;

use terrane_source::{Diagnostic, Diagnostics};
use terrane_syntax as syn;

/// Changes `items` by the items of an override file.
pub(super) fn merge(items: &mut Vec<syn::Item>, overrides: Vec<syn::Item>, diags: &mut Diagnostics) {
    for item in overrides {
        match item {
            syn::Item::Attribute(attribute) => items.push(syn::Item::Attribute(attribute)),
            syn::Item::Block(block) => merge_block(items, block, diags),
        }
    }
}

fn merge_block(items: &mut Vec<syn::Item>, block: syn::Block, diags: &mut Diagnostics) {
    match &*block.ty.text {
        "locals" => merge_locals(items, block, diags),
        "terraform" => match find(items, &block) {
            Some(base) => merge_settings(&mut base.body, block.body),
            None => items.push(syn::Item::Block(block)),
        },
        "moved" | "import" | "removed" | "check" | "language" => {
            let detail = format!("A \"{}\" block cannot appear in an override file.", block.ty.text);
            diags.error(
                Diagnostic::error(format!("Cannot override '{}' blocks", block.ty.text), detail).at(block.header),
            );
        }
        _ => match find(items, &block) {
            Some(base) => merge_body(&mut base.body, block.body),
            // A default configuration that is not written is there nevertheless, and empty.
            None if &*block.ty.text == "provider" && block.body.attribute("alias").is_none() => {
                items.push(syn::Item::Block(block));
            }
            None => no_base(&block, diags),
        },
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

fn find<'i>(items: &'i mut [syn::Item], like: &syn::Block) -> Option<&'i mut syn::Block> {
    items.iter_mut().find_map(|item| match item {
        syn::Item::Block(block) if same(block, like) => Some(block),
        _ => None,
    })
}

fn same(a: &syn::Block, b: &syn::Block) -> bool {
    let labels = |b: &syn::Block| b.labels.iter().map(|l| l.text.clone()).collect::<Vec<_>>();
    a.ty.text == b.ty.text && labels(a) == labels(b) && (&*a.ty.text != "provider" || alias(a) == alias(b))
}

fn alias(block: &syn::Block) -> Option<Arc<str>> {
    match &block.body.attribute("alias")?.expr.kind {
        syn::ExprKind::Literal(syn::Literal::String(s)) => Some(s.clone()),
        _ => None,
    }
}

/// Each local value replaces the one of its name, whichever block that is in.
fn merge_locals(items: &mut [syn::Item], block: syn::Block, diags: &mut Diagnostics) {
    for attribute in block.body.items {
        let syn::Item::Attribute(attribute) = attribute else { continue };
        let mut bodies = items.iter_mut().filter_map(|item| match item {
            syn::Item::Block(b) if &*b.ty.text == "locals" => Some(&mut b.body),
            _ => None,
        });
        let rest = bodies.try_fold(attribute, |attribute, body| replace_attribute(body, attribute).err());
        if let Some(attribute) = rest {
            let detail =
                format!("There is no local value named \"{}\" in the other files of this module.", attribute.name.text);
            diags.error(
                Diagnostic::error("Missing base local value definition to override", detail).at(attribute.name.span),
            );
        }
    }
}

/// Replaces the argument of the same name, or gives the new one back if there is none.
fn replace_attribute(body: &mut syn::Body, attribute: syn::Attribute) -> Result<(), syn::Attribute> {
    let old = body.items.iter_mut().find_map(|item| match item {
        syn::Item::Attribute(old) if old.name.text == attribute.name.text => Some(old),
        _ => None,
    });
    match old {
        Some(old) => {
            *old = attribute;
            Ok(())
        }
        None => Err(attribute),
    }
}

/// Whether it is a property of a JSON object that may as well stand for blocks.
fn is_property(attribute: &syn::Attribute) -> bool {
    matches!(attribute.expr.kind, syn::ExprKind::Json(_))
}

/// Whether a property stands for no blocks, so that it replaces none.
fn is_empty(property: &syn::Attribute) -> bool {
    let syn::ExprKind::Json(value) = &property.expr.kind else { return false };
    match &value.kind {
        syn::JsonKind::Null => true,
        syn::JsonKind::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// The type a block counts as: that of the blocks it stands for if it is `dynamic`.
fn block_type(block: &syn::Block) -> Arc<str> {
    match block.labels.first() {
        Some(label) if &*block.ty.text == "dynamic" => label.text.clone(),
        _ => block.ty.text.clone(),
    }
}

/// Arguments replace arguments; blocks of a type replace all blocks of that type; `lifecycle` is merged itself.
fn merge_body(base: &mut syn::Body, over: syn::Body) {
    let mut blocks: Vec<syn::Block> = Vec::new();
    let mut properties: Vec<syn::Attribute> = Vec::new();
    for item in over.items {
        match item {
            syn::Item::Attribute(attribute) if is_property(&attribute) => properties.push(attribute),
            syn::Item::Attribute(attribute) => {
                if let Err(new) = replace_attribute(base, attribute) {
                    base.items.push(syn::Item::Attribute(new));
                }
            }
            syn::Item::Block(block) => blocks.push(block),
        }
    }
    let (lifecycle, blocks): (Vec<_>, Vec<_>) = blocks.into_iter().partition(|b| &*b.ty.text == "lifecycle");
    let replaced: Vec<Arc<str>> = blocks.iter().map(block_type).collect();
    let written = |name: &Arc<str>| properties.iter().any(|p| p.name.text == *name);
    let with_blocks = |ty: &Arc<str>| properties.iter().any(|p| p.name.text == *ty && !is_empty(p));
    base.items.retain(|item| match item {
        syn::Item::Block(b) => !replaced.contains(&block_type(b)) && !with_blocks(&block_type(b)),
        syn::Item::Attribute(a) => !(written(&a.name.text) || is_property(a) && replaced.contains(&a.name.text)),
    });
    base.items.extend(properties.into_iter().map(syn::Item::Attribute));
    base.items.extend(blocks.into_iter().map(syn::Item::Block));
    for block in lifecycle {
        match find(&mut base.items, &block) {
            Some(old) => merge_body(&mut old.body, block.body),
            None => base.items.push(syn::Item::Block(block)),
        }
    }
}

/// As [`merge_body`], but required providers are replaced one by one.
fn merge_settings(base: &mut syn::Body, over: syn::Body) {
    let (providers, rest): (Vec<_>, Vec<_>) = over
        .items
        .into_iter()
        .partition(|item| matches!(item, syn::Item::Block(b) if &*b.ty.text == "required_providers"));
    merge_body(base, syn::Body { items: rest, span: over.span });
    for item in providers {
        let syn::Item::Block(block) = item else { continue };
        match find(&mut base.items, &block) {
            Some(old) => merge_body(&mut old.body, block.body),
            None => base.items.push(syn::Item::Block(block)),
        }
    }
}
