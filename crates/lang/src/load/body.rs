//! Bodies that a schema describes, `dynamic` blocks included.

use std::collections::HashMap;
use std::sync::Arc;

use terrane_source::{Diagnostic, Span};
use terrane_syntax as syn;

use super::contents::{Decoder, missing_argument, unsupported_argument, unsupported_block};
use super::json;
use crate::ir::ExprId;
use crate::lower::{Lowerer, Place};
use crate::program::{Argument, Block, Body, Dynamic};

/// What of a body has a meaning of its own and is left out. Where `_` is left out as a block, its content belongs to the
/// body, whatever its names mean outside of it.
pub(super) struct Leave {
    pub attributes: &'static [&'static str],
    pub blocks: &'static [&'static str],
}

impl Decoder<'_> {
    /// Resolves the names in a body.
    pub(super) fn body(&mut self, body: &syn::Body, place: Place, leave: &Leave) -> Body {
        let before = self.diags.len();
        let lowered = self.body_early(body, place, leave);
        self.diags.defer(before);
        lowered
    }

    /// Resolves the names in a body whose values must be there before anything is planned.
    pub(super) fn body_early(&mut self, body: &syn::Body, place: Place, leave: &Leave) -> Body {
        self.body_binding(&[], body, place, leave)
    }

    /// The same with names that have their values from outside, in this order.
    pub(super) fn body_binding(&mut self, bound: &[&str], body: &syn::Body, place: Place, leave: &Leave) -> Body {
        let escaped = if leave.blocks.contains(&ESCAPE) { self.escaped(body) } else { None };
        let mut lowerer = Lowerer::new(self.declared, self.exprs, self.diags, place);
        lowerer.bound.extend(bound.iter().map(|name| Arc::from(*name)));
        let attributes = body.attributes().filter(|a| !leave.attributes.contains(&a.name.text));
        let attributes = attributes.chain(escaped.into_iter().flat_map(|body| body.attributes()));
        let attributes = unique(attributes, lowerer.diags);
        let blocks = body.blocks().filter(|b| !leave.blocks.contains(&b.ty.text));
        let blocks = blocks.chain(escaped.into_iter().flat_map(|body| body.blocks()));
        contents(&mut lowerer, attributes.into_iter(), blocks)
    }

    /// The content of the `_` block, in which names have no meaning of their own.
    pub(super) fn escaped<'t>(&mut self, body: &syn::Body<'t>) -> Option<syn::Body<'t>> {
        let mut blocks = body.blocks().filter(|b| b.ty.text == ESCAPE);
        let first = blocks.next()?;
        for other in blocks {
            let detail = "Only one \"_\" block is allowed here; put all arguments whose names have a meaning of their own \
                          outside of it into the first.";
            let error = Diagnostic::error("Duplicate escaping block", detail).at(other.header);
            self.diags.error(error.note_at(first.header, "The first one"));
        }
        Some(first.body)
    }
}

/// The block whose arguments never mean what they would mean outside of it.
pub(super) const ESCAPE: &str = "_";

/// The arguments, the second of a name left out and reported.
fn unique<'s>(
    attributes: impl Iterator<Item = syn::Attribute<'s>>,
    diags: &mut terrane_source::Diagnostics,
) -> Vec<syn::Attribute<'s>> {
    let mut all: Vec<syn::Attribute> = Vec::new();
    let mut seen: HashMap<&str, Span> = HashMap::new();
    for attribute in attributes {
        let name = &attribute.name;
        // Properties of one name may be so many blocks.
        if matches!(attribute.expr.kind(), syn::ExprKind::Json(_)) {
            all.push(attribute);
            continue;
        }
        match seen.insert(name.text, name.span) {
            None => all.push(attribute),
            Some(first) => {
                let detail =
                    format!("The argument \"{}\" is set twice, inside and outside of the \"_\" block.", name.text);
                let error = Diagnostic::error("Duplicate argument", detail).at(name.span);
                diags.error(error.note_at(first, "First set here"));
            }
        }
    }
    all
}

fn argument(lowerer: &mut Lowerer<'_>, attribute: &syn::Attribute) -> Argument {
    let name = lowerer.exprs.name(attribute.name.text);
    Argument { name, name_span: attribute.name.span, expr: lowerer.expr(attribute.expr) }
}

fn inner(lowerer: &mut Lowerer<'_>, body: &syn::Body) -> Body {
    contents(lowerer, body.attributes(), body.blocks())
}

fn contents<'s>(
    lowerer: &mut Lowerer<'_>,
    attributes: impl Iterator<Item = syn::Attribute<'s>>,
    blocks: impl Iterator<Item = syn::Block<'s>>,
) -> Body {
    let mut body = Body::default();
    for attribute in attributes {
        match attribute.expr.kind() {
            syn::ExprKind::Json(value) => body.properties.push(json::property(lowerer, &attribute.name, value)),
            _ => body.attributes.push(argument(lowerer, &attribute)),
        }
    }
    body.blocks.extend(blocks.filter_map(|b| nested(lowerer, &b)));
    body
}

pub(super) fn nested(lowerer: &mut Lowerer<'_>, block: &syn::Block) -> Option<Block> {
    if block.ty.text == "dynamic" {
        return dynamic(lowerer, block);
    }
    Some(Block {
        ty: lowerer.exprs.name(block.ty.text),
        ty_span: block.ty.span,
        header: block.header,
        labels: block.labels.iter().map(|l| (lowerer.exprs.name(l.text), l.span)).collect(),
        body: Body { open: Some(block.opening()), ..inner(lowerer, &block.body) },
        dynamic: None,
    })
}

fn dynamic(lowerer: &mut Lowerer<'_>, block: &syn::Block) -> Option<Block> {
    const ATTRIBUTES: [&str; 3] = ["for_each", "iterator", "labels"];
    let Some([label]) = block.labels.exactly() else {
        let detail = "A dynamic block must have one label: the type of the blocks it makes.";
        lowerer.diags.error(Diagnostic::error("Invalid dynamic block", detail).at(block.header));
        return None;
    };
    for attribute in block.body.attributes().filter(|a| !ATTRIBUTES.contains(&a.name.text)) {
        lowerer.diags.error(unsupported_argument(&attribute.name, &ATTRIBUTES, &["content"]));
    }
    for other in block.body.blocks().filter(|b| b.ty.text != "content") {
        lowerer.diags.error(unsupported_block(&other.ty, &ATTRIBUTES, &["content"]));
    }
    let Some(for_each) = block.body.attribute("for_each") else {
        lowerer.diags.error(missing_argument("for_each", block.opening()));
        return None;
    };
    let mut contents = block.body.blocks().filter(|b| b.ty.text == "content");
    let Some(content) = contents.next() else {
        let detail = "A dynamic block must have a nested block of type \"content\" to describe the body of each block.";
        lowerer.diags.error(Diagnostic::error("Missing dynamic content block", detail).at(block.header));
        return None;
    };
    if let Some(second) = contents.next() {
        let detail = "Only one nested block of type \"content\" is allowed in a dynamic block.";
        lowerer.diags.error(Diagnostic::error("Extraneous dynamic content block", detail).at(second.header));
    }
    let for_each = lowerer.expr(for_each.expr);
    let iterator = iterator(lowerer, block).unwrap_or(label.text);
    let iterator = lowerer.exprs.name(iterator);
    let slot = lowerer.bound.len() as u32;
    lowerer.bound.push(iterator.clone());
    let labels = labels(lowerer, block);
    let body = Body { open: Some(content.opening()), ..inner(lowerer, &content.body) };
    lowerer.bound.truncate(slot as usize);
    Some(Block {
        ty: lowerer.exprs.name(label.text),
        ty_span: label.span,
        header: block.header,
        labels: Vec::new(),
        body,
        dynamic: Some(Dynamic { for_each, labels, slot, iterator }),
    })
}

fn iterator<'t>(lowerer: &mut Lowerer<'_>, block: &syn::Block<'t>) -> Option<&'t str> {
    let attribute = block.body.attribute("iterator")?;
    if let syn::ExprKind::Variable(name) = attribute.expr.kind() {
        return Some(name);
    }
    let detail = "Dynamic iterator must be a single variable name.";
    lowerer.diags.error(Diagnostic::error("Invalid expression", detail).at(attribute.expr.span()));
    None
}

fn labels(lowerer: &mut Lowerer<'_>, block: &syn::Block) -> Vec<ExprId> {
    let Some(attribute) = block.body.attribute("labels") else { return Vec::new() };
    if let syn::ExprKind::Tuple(items) = attribute.expr.kind() {
        return items.iter().map(|item| lowerer.expr(item)).collect();
    }
    let detail = "Labels of a dynamic block must be a list of expressions in brackets.";
    lowerer.diags.error(Diagnostic::error("Invalid expression", detail).at(attribute.expr.span()));
    Vec::new()
}
