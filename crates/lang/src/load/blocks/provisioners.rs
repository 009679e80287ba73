//! `provisioner` and `connection` blocks.

use terrane_address::Mode;
use terrane_source::Diagnostic;
use terrane_syntax as syn;

use super::blocks;
use crate::ir::{ExprId, Node, Reference};
use crate::load::body::{ESCAPE, Leave};
use crate::load::contents::Decoder;
use crate::lower::Place;
use crate::program::{Body, ProvisionerDecl};
use crate::provisioners::{KINDS, REMOVED};
use crate::suggest::Suggest;

/// All `provisioner` blocks of a body; only managed resources have any.
pub(super) fn all(decoder: &mut Decoder<'_>, mode: Mode, body: &syn::Body, place: Place) -> Vec<ProvisionerDecl> {
    let found: Vec<syn::Block> = blocks(body, "provisioner").collect();
    if mode == Mode::Managed {
        return found.into_iter().filter_map(|block| provisioner(decoder, &block, place)).collect();
    }
    for block in found.iter().copied().chain(blocks(body, "connection")) {
        let detail = format!("Only managed resources may have a \"{}\" block.", block.ty.text);
        let summary = match mode {
            Mode::Ephemeral => "Invalid configuration block for ephemeral resource",
            Mode::Managed | Mode::Data => "Unsupported block type",
        };
        decoder.diags.error(Diagnostic::error(summary, detail).at(block.header));
    }
    Vec::new()
}

/// The one `connection` block of a body.
pub(super) fn connection(decoder: &mut Decoder<'_>, body: &syn::Body, place: Place) -> Option<Body> {
    let mut all = blocks(body, "connection");
    let first = all.next()?;
    for other in all {
        let error = Diagnostic::error("Duplicate connection block", "There may be only one connection block here.");
        decoder.diags.error(error.at(other.header).note_at(first.header, "First connection block"));
    }
    Some(decoder.body(&first.body, place, &Leave { attributes: &[], blocks: &[] }))
}

/// A `provisioner` block; `None` if it cannot be told what it is, which is reported.
pub(super) fn provisioner(decoder: &mut Decoder<'_>, block: &syn::Block, place: Place) -> Option<ProvisionerDecl> {
    let Some([label]) = block.labels.exactly() else {
        let detail = "A provisioner block must have one label: the provisioner type.";
        decoder.diags.error(Diagnostic::error("Missing provisioner type", detail).at(block.header));
        return None;
    };
    if let Some(error) = unknown_kind(label.text) {
        let before = decoder.diags.len();
        decoder.diags.error(error.at(label.span));
        if !REMOVED.contains(&label.text) {
            decoder.diags.defer(before);
        }
        return None;
    }
    const LEAVE: Leave = Leave { attributes: &["when", "on_failure"], blocks: &["connection", ESCAPE] };
    let decl = ProvisionerDecl {
        ty: label.text.into(),
        on_destroy: keyword(decoder, &block.body, "when", ["create", "destroy"]),
        continue_on_failure: keyword(decoder, &block.body, "on_failure", ["fail", "continue"]),
        body: Body { open: Some(block.opening()), ..decoder.body(&block.body, place, &LEAVE) },
        connection: connection(decoder, &block.body, place),
        span: block.header,
    };
    if decl.on_destroy {
        [Some(&decl.body), decl.connection.as_ref()].into_iter().flatten().for_each(|body| only_self(decoder, body));
    }
    Some(decl)
}

fn unknown_kind(kind: &str) -> Option<Diagnostic> {
    if KINDS.contains(&kind) {
        return None;
    }
    if REMOVED.contains(&kind) {
        let detail = format!("The provisioner \"{kind}\" is no longer part of the language.");
        let hint = "Configure the machine by its image or user data, or run the tool from a local-exec provisioner.";
        return Some(Diagnostic::error(format!("The \"{kind}\" provisioner has been removed"), detail).hint(hint));
    }
    let detail = format!("There is no provisioner \"{kind}\".");
    Some(Diagnostic::error("Invalid provisioner type", detail).suggest(kind, KINDS))
}

/// Reports what a destroy-time provisioner refers to and cannot have any more.
fn only_self(decoder: &mut Decoder<'_>, body: &Body) {
    for argument in &body.attributes {
        if let Some(wrong) = not_self(decoder, argument.expr) {
            let detail = "A destroy-time provisioner and its connection may refer to nothing but the object itself: \
                          self, count.index and each.key.";
            let error = Diagnostic::error("Invalid reference from destroy provisioner", detail);
            let span = decoder.exprs.span(wrong);
            decoder.diags.error(error.at(span).hint(
                "Keep what the command needs in an argument of the resource, such as triggers_replace or tags, and read \
                 it through self.",
            ));
        }
    }
}

fn not_self(decoder: &Decoder<'_>, expr: ExprId) -> Option<ExprId> {
    let mut rest = vec![expr];
    while let Some(id) = rest.pop() {
        let node = decoder.exprs.node(id);
        if let Node::Reference(
            Reference::Variable(_)
            | Reference::Local(_)
            | Reference::Resource { .. }
            | Reference::Module { .. }
            | Reference::EachValue,
        ) = node
        {
            return Some(id);
        }
        crate::eval::parts(node, &mut |part| rest.push(part));
    }
    None
}

/// Whether an argument is the second of two words rather than the first, which it is if not written.
fn keyword(decoder: &mut Decoder<'_>, body: &syn::Body, name: &str, words: [&str; 2]) -> bool {
    let Some(attribute) = body.attribute(name) else { return false };
    let word = match attribute.expr.kind() {
        syn::ExprKind::Variable(word) | syn::ExprKind::Literal(syn::Literal::String(word)) => Some(word),
        _ => None,
    };
    match words.iter().position(|w| Some(*w) == word) {
        Some(place) => place == 1,
        None => {
            let detail = format!("The \"{name}\" argument requires one of the words {} or {}.", words[0], words[1]);
            decoder
                .diags
                .error(Diagnostic::error(format!("Invalid \"{name}\" keyword"), detail).at(attribute.expr.span()));
            false
        }
    }
}
