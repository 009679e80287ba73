//! `resource`, `data`, `ephemeral` and `check`.

use terrane_address::{Mode, Resource};
use terrane_source::Diagnostic;
use terrane_syntax as syn;

use super::{blocks, conditions, depends_on, lifecycle, name, repeat, reserved};
use crate::load::addresses;
use crate::load::body::{ESCAPE, Leave};
use crate::load::contents::{Decoder, keys_of};
use crate::lower::Place;
use crate::program::{CheckDecl, ProvisionerDecl, ResourceDecl};
use crate::suggest::Suggest;

/// What every resource block may have, whatever its type.
const META: Leave = Leave {
    attributes: &["count", "for_each", "depends_on", "provider"],
    blocks: &["lifecycle", "connection", "provisioner", "locals", ESCAPE],
};

pub(crate) fn resource(
    decoder: &mut Decoder<'_>,
    mode: Mode,
    block: &syn::Block,
    in_check: Option<usize>,
) -> ResourceDecl {
    let body = &block.body;
    let place = Place::repeated(keys_of(block));
    reserved(decoder, block, &["locals"]);
    let lifecycle = match mode {
        Mode::Managed => lifecycle::managed(decoder, body, place),
        Mode::Data | Mode::Ephemeral => lifecycle::data(decoder, mode, body, place),
    };
    ResourceDecl {
        resource: Resource { mode, ty: name(block, 0), name: name(block, 1) },
        span: block.header,
        repeat: repeat(decoder, body),
        body: decoder.body(body, place, &META),
        provider: body.attribute("provider").and_then(|a| addresses::config_name(decoder.diags, &a.expr)),
        depends_on: depends_on(decoder, body),
        lifecycle,
        provisioners: provisioners(decoder, mode, body, place.with_self()),
        in_check,
    }
}

/// The kinds of provisioners.
const PROVISIONERS: [&str; 3] = ["file", "local-exec", "remote-exec"];

fn provisioners(decoder: &mut Decoder<'_>, mode: Mode, body: &syn::Body, place: Place) -> Vec<ProvisionerDecl> {
    let found: Vec<&syn::Block> = blocks(body, "provisioner").collect();
    if mode == Mode::Managed {
        return found.into_iter().filter_map(|block| provisioner(decoder, block, place)).collect();
    }
    for block in found.iter().copied().chain(blocks(body, "connection")) {
        let detail = format!("Only managed resources may have a \"{}\" block.", block.ty.text);
        let summary = match mode {
            Mode::Ephemeral => "Invalid configuration block for ephemeral resource",
            _ => "Unsupported block type",
        };
        decoder.diags.error(Diagnostic::error(summary, detail).at(block.header));
    }
    Vec::new()
}

pub(super) fn provisioner(decoder: &mut Decoder<'_>, block: &syn::Block, place: Place) -> Option<ProvisionerDecl> {
    let [label] = block.labels.as_slice() else {
        let detail = "A provisioner block must have one label: the provisioner type.";
        decoder.diags.error(Diagnostic::error("Missing provisioner type", detail).at(block.header));
        return None;
    };
    const LEAVE: Leave = Leave { attributes: &["when", "on_failure"], blocks: &[ESCAPE] };
    if !PROVISIONERS.contains(&&*label.text) {
        let detail = format!("There is no provisioner \"{}\".", label.text);
        let error = Diagnostic::error("Invalid provisioner type", detail).at(label.span);
        decoder.diags.error(error.suggest(&label.text, PROVISIONERS));
    }
    Some(ProvisionerDecl {
        ty: label.text.clone(),
        on_destroy: keyword(decoder, &block.body, "when", ["create", "destroy"]),
        continue_on_failure: keyword(decoder, &block.body, "on_failure", ["fail", "continue"]),
        body: decoder.body(&block.body, place, &LEAVE),
        span: block.header,
    })
}

/// Whether an argument is the second of two words rather than the first, which it is if not written.
fn keyword(decoder: &mut Decoder<'_>, body: &syn::Body, name: &str, words: [&str; 2]) -> bool {
    let Some(attribute) = body.attribute(name) else { return false };
    let word = match &attribute.expr.kind {
        syn::ExprKind::Variable(word) | syn::ExprKind::Literal(syn::Literal::String(word)) => Some(&**word),
        _ => None,
    };
    match words.iter().position(|w| Some(*w) == word) {
        Some(place) => place == 1,
        None => {
            let detail = format!("The \"{name}\" argument requires one of the words {} or {}.", words[0], words[1]);
            decoder
                .diags
                .error(Diagnostic::error(format!("Invalid \"{name}\" keyword"), detail).at(attribute.expr.span));
            false
        }
    }
}

pub(crate) fn check(decoder: &mut Decoder<'_>, block: &syn::Block) -> CheckDecl {
    let body = &block.body;
    decoder.expect(body, &[], &["assert", "data"]);
    let asserts = conditions(decoder, body, "assert", Place::MODULE);
    if asserts.is_empty() && blocks(body, "assert").next().is_none() {
        let detail = "A check block must contain at least one assert block.";
        decoder.diags.error(Diagnostic::error("Check block without assertions", detail).at(block.header));
    }
    let mut data = blocks(body, "data").filter(|b| b.labels.len() == 2);
    let first = data.next().map(|b| Resource::data(name(b, 0), name(b, 1)));
    if let Some(second) = data.next() {
        let detail = "A check block may contain only one data block.";
        decoder.diags.error(Diagnostic::error("Multiple data resource blocks", detail).at(second.header));
    }
    let data = first.and_then(|resource| decoder.declared.names.resources.get(&resource).copied());
    CheckDecl { name: name(block, 0), data, asserts, span: block.header }
}
