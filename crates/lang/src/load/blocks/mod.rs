//! The blocks that declare something, one by one.

mod call;
mod lifecycle;
mod moving;
mod provisioners;
mod resource;
mod value;

use std::sync::Arc;

use terrane_source::{Diagnostic, Span};
use terrane_syntax as syn;

pub(super) use call::{call, providers};
pub(super) use moving::check_import_providers;
pub(super) use moving::{imports, moved, removed};
pub(super) use resource::{check, resource};
pub(super) use value::{local, output, variable};

use super::addresses;
use super::contents::Decoder;
use crate::ir::{ExprId, Node, Reference};
use crate::lower::{Chain, Place, Step};
use crate::program::{Condition, DependsOn, DependsTarget, Repeat};

fn name(decoder: &mut Decoder<'_>, block: &syn::Block, label: usize) -> Arc<str> {
    decoder.exprs.name(block.labels.get(label).map_or("", |l| l.text))
}

/// Blocks of a type within a body.
fn blocks<'t>(body: &syn::Body<'t>, ty: &'static str) -> impl Iterator<Item = syn::Block<'t>> + use<'t> {
    body.blocks().filter(move |b| b.ty.text == ty)
}

/// `condition` and `error_message` of a block; `None` if one is missing, which is reported.
fn condition(decoder: &mut Decoder<'_>, block: &syn::Block, place: Place) -> Option<Condition> {
    decoder.expect(&block.body, &["condition", "error_message"], &[]);
    let complete = decoder.require(block, "condition") & decoder.require(block, "error_message");
    let condition = block.body.attribute("condition").map(|written| {
        let id = decoder.lower(written.expr, place);
        if !refers(decoder, id, &mut |_| true) {
            let detail = "The condition refers to nothing, so that its result would always be the same.";
            let summary = format!("Invalid {} expression", block.ty.text);
            decoder.diags.error(Diagnostic::error(summary, detail).at(written.expr.span()));
        }
        id
    });
    let error_message = block.body.attribute("error_message").map(|written| decoder.lower(written.expr, place));
    let (true, Some(condition), Some(error_message)) = (complete, condition, error_message) else { return None };
    Some(Condition { condition, error_message, span: block.header })
}

impl Decoder<'_> {
    /// Where an expression refers to what `test` accepts.
    fn references(&self, expr: ExprId, test: impl Fn(&Reference) -> bool) -> Vec<Span> {
        let (mut rest, mut found) = (vec![expr], Vec::new());
        while let Some(id) = rest.pop() {
            let node = self.exprs.node(id);
            if matches!(node, Node::Reference(reference) if test(reference)) {
                found.push(self.exprs.span(id));
            }
            crate::eval::parts(node, &mut |part| rest.push(part));
        }
        found
    }
}

/// Whether an expression, or any part of it, is a reference that `test` accepts; what is invalid counts as one.
fn refers(decoder: &Decoder<'_>, expr: ExprId, test: &mut dyn FnMut(&Reference) -> bool) -> bool {
    let mut rest = vec![expr];
    while let Some(id) = rest.pop() {
        match decoder.exprs.node(id) {
            Node::Invalid => return true,
            Node::Reference(reference) if test(reference) => return true,
            node => crate::eval::parts(node, &mut |part| rest.push(part)),
        }
    }
    false
}

fn conditions(decoder: &mut Decoder<'_>, body: &syn::Body, ty: &'static str, place: Place) -> Vec<Condition> {
    blocks(body, ty).filter_map(|block| condition(decoder, &block, place)).collect()
}

/// `count`, `for_each` or `lifecycle.enabled` of a block.
fn repeat(decoder: &mut Decoder<'_>, body: &syn::Body) -> Repeat {
    let lifecycle = blocks(body, "lifecycle").next();
    let enabled = lifecycle.and_then(|block| block.body.attribute("enabled"));
    let all = [body.attribute("count"), enabled, body.attribute("for_each")];
    let set: Vec<syn::Attribute> = all.into_iter().flatten().collect();
    if let [first, .., last] = set.as_slice() {
        let names: Vec<String> = set.iter().map(|a| format!("\"{}\"", a.name.text)).collect();
        let names = names.join(" and ");
        let detail = format!(
            "The {names} meta-arguments are mutually-exclusive. Only one should be used to be explicit about the number of \
             instances to be created."
        );
        let error = Diagnostic::error(format!("Invalid combination of {names}"), detail).at(last.name.span);
        decoder.diags.error(error.note_at(first.name.span, format!("\"{}\" is set here", first.name.text)));
    }
    let Some(last) = set.last() else { return Repeat::Once };
    let expr = decoder.lower(last.expr, Place::MODULE);
    match last.name.text {
        "count" => Repeat::Count(expr),
        "for_each" => Repeat::ForEach(expr),
        _ => Repeat::Enabled(expr),
    }
}

/// Reports blocks whose names no schema may use, since the language might give them a meaning.
fn reserved(decoder: &mut Decoder<'_>, block: &syn::Block, types: &[&str]) {
    for nested in block.body.blocks().filter(|b| types.contains(&b.ty.text)) {
        let summary = format!("Reserved block type name in {} block", block.ty.text);
        let detail = format!("The block type name \"{}\" is reserved for the language itself.", nested.ty.text);
        decoder.diags.error(Diagnostic::error(summary, detail).at(nested.ty.span));
    }
}

fn depends_on(decoder: &mut Decoder<'_>, body: &syn::Body) -> Vec<DependsOn> {
    let Some(attribute) = body.attribute("depends_on") else { return Vec::new() };
    let syn::ExprKind::Tuple(items) = attribute.expr.kind() else {
        let detail = "A list of references in brackets is required: depends_on = [aws_vpc.main].";
        decoder.diags.error(Diagnostic::error("Invalid expression", detail).at(attribute.expr.span()));
        return Vec::new();
    };
    items.iter().filter_map(|item| depends_on_item(decoder, item)).collect()
}

fn depends_on_item(decoder: &mut Decoder<'_>, item: syn::Expr) -> Option<DependsOn> {
    let arena = syn::Arena::new();
    let item = match addresses::unquoted(item, &arena) {
        Some(unquoted) => {
            let detail = "References are written as they are, without quotes.";
            let warning = Diagnostic::warning("Quoted references are deprecated", detail).at(item.span());
            decoder.diags.push(warning.hint("Remove the quotes."));
            unquoted
        }
        None => item,
    };
    let chain = Chain::of(item);
    if chain.name().is_none() {
        let detail = "A single static reference is required: only attribute access and indexing with constant keys.";
        decoder.diags.error(Diagnostic::error("Invalid expression", detail).at(item.span()));
        return None;
    }
    // A whole resource or module may be named although it is repeated, so that its key is not asked for.
    let id = decoder.lower(item, Place::MODULE);
    let exprs = &*decoder.exprs;
    let target = match exprs.node(id) {
        Node::Reference(Reference::Resource { resource, .. }) => Some(DependsTarget::Resource(*resource)),
        Node::Reference(Reference::Module { call, output: None, .. }) => Some(DependsTarget::Module(*call)),
        Node::Reference(Reference::Variable(id)) => Some(DependsTarget::Variable(*id)),
        Node::Reference(Reference::Local(id)) => Some(DependsTarget::Local(*id)),
        Node::Invalid => return None,
        _ => None,
    };
    if target.is_none() {
        let last = chain.steps.last().map_or(item.span(), Step::span);
        let detail = "References in depends_on must be to a whole object (resource, module, variable, local value), not \
                      to an attribute of an object.";
        decoder.diags.error(Diagnostic::error("Invalid depends_on reference", detail).at(last));
    }
    target.map(|target| DependsOn { target, span: item.span() })
}
