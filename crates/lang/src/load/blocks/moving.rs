//! `moved`, `removed` and `import`.

use terrane_address::{AbsResource, Key, Mode, ModuleInstance, Target};
use terrane_source::Diagnostic;
use terrane_syntax as syn;

use crate::load::addresses::{self, address};
use crate::load::contents::{Decoder, keys_of};
use crate::lower::Place;
use crate::program::{ImportDecl, MovedDecl, RemovedDecl};

/// The constant address in an argument; `None` if it is missing or wrong, which is reported.
fn fixed(decoder: &mut Decoder<'_>, block: &syn::Block, name: &str) -> Option<Target> {
    if !decoder.require(block, name) {
        return None;
    }
    let expr = &block.body.attribute(name)?.expr;
    let address = address(decoder.diags, expr, &format!("\"{name}\""))?;
    if let Some(key) = address.key {
        let detail = "Instance keys in this address must be constant.";
        decoder.diags.error(Diagnostic::error("Invalid address", detail).at(key.span));
        return None;
    }
    if is_ephemeral(&address.target) {
        let summary = match &*block.ty.text {
            "moved" => "Invalid \"moved\" address",
            _ => "Ephemeral resource address is not allowed",
        };
        let detail = "Ephemeral resources are not in the state, so that there is nothing to move or remove.";
        decoder.diags.error(Diagnostic::error(summary, detail).at(expr.span));
        return None;
    }
    Some(address.target)
}

fn is_ephemeral(target: &Target) -> bool {
    match target {
        Target::Module(_) => false,
        Target::Resource(resource) => resource.resource.mode == Mode::Ephemeral,
        Target::Instance(instance) => instance.resource.resource.mode == Mode::Ephemeral,
    }
}

pub(crate) fn moved(decoder: &mut Decoder<'_>, block: &syn::Block) -> Option<MovedDecl> {
    decoder.expect(&block.body, &["from", "to"], &[]);
    let from = fixed(decoder, block, "from");
    let to = fixed(decoder, block, "to");
    let (from, to) = (from?, to?);
    if matches!(from, Target::Module(_)) != matches!(to, Target::Module(_)) {
        let detail = "The \"from\" and \"to\" addresses must either both refer to resources or both refer to modules.";
        decoder.diags.error(Diagnostic::error("Invalid \"moved\" addresses", detail).at(block.header));
        return None;
    }
    Some(MovedDecl { from, to, span: block.header })
}

pub(crate) fn removed(decoder: &mut Decoder<'_>, block: &syn::Block) -> Option<RemovedDecl> {
    decoder.expect(&block.body, &["from"], &["lifecycle", "provisioner", "connection"]);
    let mut destroy = None;
    for lifecycle in block.body.blocks().filter(|b| &*b.ty.text == "lifecycle") {
        decoder.expect(&lifecycle.body, &["destroy"], &[]);
        destroy = decoder.bool(&lifecycle.body, "destroy");
    }
    if destroy.is_none() {
        // Terraform destroys, OpenTofu does not: what can be made good again is done.
        let detail = "It is not said whether the object is to be destroyed; it is left as it is and no longer tracked.";
        let warning = Diagnostic::warning("Missing lifecycle in removed block", detail).at(block.header);
        decoder.diags.push(warning.hint("Say which: lifecycle { destroy = false }, or true."));
    }
    let from = fixed(decoder, block, "from")?;
    if has_key(&from) {
        let detail = "A removed block names a whole resource or module, without instance keys.";
        decoder.diags.error(Diagnostic::error("Resource instance keys not allowed", detail).at(block.header));
        return None;
    }
    Some(RemovedDecl { from, destroy: destroy.unwrap_or(false), span: block.header })
}

fn has_key(target: &Target) -> bool {
    let in_module = |m: &ModuleInstance| m.0.iter().any(|(_, key)| *key != Key::None);
    match target {
        Target::Module(module) => in_module(module),
        Target::Resource(AbsResource { module, .. }) => in_module(module),
        Target::Instance(_) => true,
    }
}

pub(crate) fn import(decoder: &mut Decoder<'_>, block: &syn::Block) -> Option<ImportDecl> {
    let body = &block.body;
    decoder.expect(body, &["for_each", "id", "identity", "provider", "to"], &[]);
    let place = Place::repeated(keys_of(block));
    let to = decoder.require(block, "to").then(|| body.attribute("to")).flatten();
    let to = to.and_then(|a| address(decoder.diags, &a.expr, "\"to\""));
    let id = body.attribute("id").map(|a| decoder.lower(&a.expr, place));
    let identity = body.attribute("identity").map(|a| decoder.lower(&a.expr, place));
    if id.is_some() == identity.is_some() {
        let detail = "An import block must have either an \"id\" or an \"identity\".";
        decoder.diags.error(Diagnostic::error("Invalid import block", detail).at(block.header));
    }
    let for_each = body.attribute("for_each").map(|a| decoder.lower(&a.expr, Place::MODULE));
    let provider = body.attribute("provider").and_then(|a| addresses::config_name(decoder.diags, &a.expr));
    let to = to?;
    if matches!(to.target, Target::Module(_)) {
        let detail = "The \"to\" address must name a resource or an instance of one.";
        decoder.diags.error(Diagnostic::error("Invalid import address", detail).at(block.header));
        return None;
    }
    Some(ImportDecl {
        to_key: to.key.map(|key| decoder.lower(key, place)),
        to: to.target,
        id,
        identity,
        for_each,
        provider,
        span: block.header,
    })
}
