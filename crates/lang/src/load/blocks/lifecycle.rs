//! `lifecycle` blocks.

use terrane_address::{Mode, Resource};
use terrane_source::{Diagnostic, Span};
use terrane_syntax as syn;

use super::{blocks, conditions};
use crate::ir::Reference;
use crate::load::addresses;
use crate::load::contents::Decoder;
use crate::lower::{Chain, Place, Step};
use crate::program::{IgnoreChanges, Lifecycle};

const ATTRIBUTES: [&str; 6] =
    ["create_before_destroy", "destroy", "enabled", "ignore_changes", "prevent_destroy", "replace_triggered_by"];

/// The one `lifecycle` block of a managed resource.
pub(super) fn managed(decoder: &mut Decoder<'_>, body: &syn::Body, place: Place) -> Lifecycle {
    let Some(block) = only(decoder, body) else { return Lifecycle::default() };
    let body = &block.body;
    decoder.expect(body, &ATTRIBUTES, &["precondition", "postcondition"]);
    Lifecycle {
        create_before_destroy: switch(decoder, body, "create_before_destroy", place),
        prevent_destroy: switch(decoder, body, "prevent_destroy", Place::MODULE),
        destroy: switch(decoder, body, "destroy", Place::MODULE),
        ignore_changes: ignore_changes(decoder, body),
        replace_triggered_by: replace_triggered_by(decoder, body, place),
        preconditions: conditions(decoder, body, "precondition", place),
        postconditions: conditions(decoder, body, "postcondition", place.with_self()),
    }
}

/// The one `lifecycle` block of a data source or an ephemeral resource: conditions only.
pub(super) fn data(decoder: &mut Decoder<'_>, mode: Mode, body: &syn::Body, place: Place) -> Lifecycle {
    let Some(block) = only(decoder, body) else { return Lifecycle::default() };
    let body = &block.body;
    let summary = match mode {
        Mode::Ephemeral => "Invalid lifecycle configuration for ephemeral resource",
        _ => "Invalid data resource lifecycle argument",
    };
    let managed_only = |name: &str| ATTRIBUTES.contains(&name) && name != "enabled";
    for attribute in body.attributes().filter(|a| managed_only(a.name.text)) {
        let name = attribute.name.text;
        let detail = format!("The lifecycle argument \"{name}\" is for managed resources (\"resource\" blocks) only.");
        decoder.diags.error(Diagnostic::error(summary, detail).at(attribute.name.span));
    }
    decoder.expect(body, &ATTRIBUTES, &["precondition", "postcondition"]);
    Lifecycle {
        preconditions: conditions(decoder, body, "precondition", place),
        postconditions: conditions(decoder, body, "postcondition", place.with_self()),
        ..Lifecycle::default()
    }
}

/// Reports conditions that refer to their own resource by its name.
pub(super) fn refuse_own_name(decoder: &mut Decoder<'_>, resource: &Resource, lifecycle: &Lifecycle) {
    let Some(own) = decoder.declared.names.resources.get(resource).copied() else { return };
    let to_own = |r: &Reference| matches!(r, Reference::Resource { resource, .. } if *resource == own);
    for (kind, conditions) in [("pre", &lifecycle.preconditions), ("post", &lifecycle.postconditions)] {
        let exprs = conditions.iter().flat_map(|c| [c.condition, c.error_message]);
        for span in exprs.flat_map(|e| decoder.references(e, to_own)).collect::<Vec<_>>() {
            let detail = format!("Configuration for {resource} may not refer to itself.");
            let error = Diagnostic::error(format!("Invalid reference in {kind}condition"), detail).at(span);
            decoder
                .diags
                .error(error.hint("In postconditions use self; a precondition is checked before there is an object."));
        }
    }
}

/// The one `lifecycle` block of a module call, in which only `enabled` is to be found.
pub(super) fn call(decoder: &mut Decoder<'_>, body: &syn::Body) {
    if let Some(block) = only(decoder, body) {
        decoder.expect(&block.body, &["enabled"], &[]);
    }
}

fn only<'t>(decoder: &mut Decoder<'_>, body: &syn::Body<'t>) -> Option<syn::Block<'t>> {
    let mut all = blocks(body, "lifecycle");
    let first = all.next()?;
    for other in all {
        let error = Diagnostic::error("Duplicate lifecycle block", "A resource may have only one lifecycle block.");
        decoder.diags.error(error.at(other.header).note_at(first.header, "First lifecycle block"));
    }
    Some(first)
}

/// An argument that is either true or false; a text that is neither is reported at once.
fn switch(decoder: &mut Decoder<'_>, body: &syn::Body, name: &str, place: Place) -> Option<crate::ExprId> {
    let expr = &body.attribute(name)?.expr;
    if let syn::ExprKind::Literal(syn::Literal::String(text)) = expr.kind()
        && !["true", "false", "0", "1"].contains(&text)
    {
        let detail = "Unsuitable value: a bool is required.";
        decoder.diags.error(Diagnostic::error("Unsuitable value type", detail).at(expr.span()));
        return None;
    }
    Some(decoder.lower(*expr, place))
}

fn ignore_changes(decoder: &mut Decoder<'_>, body: &syn::Body) -> IgnoreChanges {
    let Some(attribute) = body.attribute("ignore_changes") else { return IgnoreChanges::None };
    match attribute.expr.kind() {
        syn::ExprKind::Variable("all") => IgnoreChanges::All,
        syn::ExprKind::Tuple(items) => {
            let star = items
                .iter()
                .find(|item| matches!(item.kind(), syn::ExprKind::Literal(syn::Literal::String(s)) if s == "*"));
            if let Some(star) = star {
                let error = Diagnostic::error("Invalid ignore_changes wildcard", "The text \"*\" names no argument.");
                decoder.diags.error(error.at(star.span()).hint("Write ignore_changes = all to ignore every change."));
                return IgnoreChanges::All;
            }
            let paths = items.iter().filter_map(|item| Some((addresses::path(decoder.diags, item)?, item.span())));
            IgnoreChanges::Paths(paths.collect())
        }
        _ => {
            let detail = "A list of arguments in brackets is required, or the word all.";
            decoder.diags.error(Diagnostic::error("Invalid ignore_changes value", detail).at(attribute.expr.span()));
            IgnoreChanges::None
        }
    }
}

fn replace_triggered_by(decoder: &mut Decoder<'_>, body: &syn::Body, place: Place) -> Vec<crate::ExprId> {
    let Some(attribute) = body.attribute("replace_triggered_by") else { return Vec::new() };
    let syn::ExprKind::Tuple(items) = attribute.expr.kind() else {
        let detail = "A list of references to resources, instances or their attributes is required.";
        decoder
            .diags
            .error(Diagnostic::error("Invalid replace_triggered_by expression", detail).at(attribute.expr.span()));
        return Vec::new();
    };
    items.iter().filter_map(|item| trigger(decoder, item, place)).collect()
}

/// Where a chain, or a key in it, is an attribute of `each` other than `each.key`.
fn other_than_key(chain: &Chain<'_>) -> Option<Span> {
    if let (Some("each"), Some(Step::Attr { name, span })) = (chain.name(), chain.steps.first()) {
        return Some(*span).filter(|_| name.text != "key");
    }
    chain.steps.iter().find_map(|step| match step {
        Step::Index { key, .. } => other_than_key(&Chain::of(*key)),
        Step::Attr { .. } => None,
    })
}

fn trigger(decoder: &mut Decoder<'_>, item: syn::Expr, place: Place) -> Option<crate::ExprId> {
    use crate::ir::Node;
    let chain = Chain::of(item);
    let roots = ["var", "local", "module", "data", "path", "each", "count", "self", "terraform", "tofu"];
    if let (Some(name), true) = (chain.name(), chain.steps.is_empty())
        && !roots.contains(&name)
    {
        // There is nothing that it could name, whatever is declared.
        decoder.lower_early(item, place);
        return None;
    }
    if let Some(span) = other_than_key(&chain) {
        let detail = "Of \"each\" only each.key can tell which instance is meant here.";
        let summary = "Invalid each reference in replace_triggered_by expression";
        decoder.diags.error(Diagnostic::error(summary, detail).at(span));
        return None;
    }
    let id = decoder.lower(item, place);
    let mut root = id;
    loop {
        match decoder.exprs.node(root) {
            Node::GetAttr { base, .. } | Node::Index { base, .. } => root = *base,
            Node::Reference(Reference::Resource { .. }) => return Some(id),
            Node::Invalid => return None,
            _ => break,
        }
    }
    let detail = "Only resources, resource instances and their attributes can be named here.";
    decoder.diags.error(Diagnostic::error("Invalid replace_triggered_by expression", detail).at(item.span()));
    None
}
