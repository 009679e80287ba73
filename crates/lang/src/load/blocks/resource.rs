//! `resource`, `data`, `ephemeral` and `check`.

use terrane_address::{Mode, Resource};
use terrane_source::Diagnostic;
use terrane_syntax as syn;

use super::call::provider_ref;
use super::provisioners::{self, connection};
use super::{blocks, conditions, depends_on, lifecycle, name, repeat, reserved};
use crate::load::body::{ESCAPE, Leave};
use crate::load::contents::{Decoder, keys_of};
use crate::lower::Place;
use crate::program::{Body, CheckDecl, ResourceDecl};

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
    let resource = Resource { mode, ty: name(decoder, block, 0), name: name(decoder, block, 1) };
    lifecycle::refuse_own_name(decoder, &resource, &lifecycle);
    ResourceDecl {
        resource,
        span: block.header,
        type_span: block.labels.first().map_or(block.header, |label| label.span),
        repeat: repeat(decoder, body),
        body: Body { open: Some(block.opening()), ..decoder.body(body, place, &META) },
        provider: body.attribute("provider").and_then(|a| provider_ref(decoder, a.expr, place)),
        depends_on: depends_on(decoder, body),
        lifecycle,
        connection: connection(decoder, body, place.with_self()),
        provisioners: provisioners::all(decoder, mode, body, place.with_self()),
        in_check,
    }
}

pub(crate) fn check(decoder: &mut Decoder<'_>, block: &syn::Block) -> CheckDecl {
    let body = &block.body;
    decoder.expect(body, &[], &["assert", "data"]);
    let asserts = conditions(decoder, body, "assert", Place::MODULE);
    if asserts.is_empty() && blocks(body, "assert").next().is_none() {
        let detail = "A check block must contain at least one assert block.";
        decoder.diags.error(Diagnostic::error("Zero assert blocks", detail).at(block.header));
    }
    let mut data = blocks(body, "data").filter(|b| b.labels.len() == 2);
    let first = data.next().map(|b| Resource::data(name(decoder, &b, 0), name(decoder, &b, 1)));
    if let Some(second) = data.next() {
        let detail = "A check block may contain only one data block.";
        decoder.diags.error(Diagnostic::error("Multiple data resource blocks", detail).at(second.header));
    }
    let data = first.and_then(|resource| decoder.declared.names.resources.get(&resource).copied());
    CheckDecl { name: name(decoder, block, 0), data, asserts, span: block.header }
}
