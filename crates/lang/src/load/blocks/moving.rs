//! `moved`, `removed` and `import`.

use std::collections::BTreeMap;

use terrane_address::{ConfigResource, Instance, Key, Mode, Module, ModuleInstance, Target};
use terrane_source::{Diagnostic, Diagnostics, Span};
use terrane_syntax as syn;

use crate::load::addresses::{self, address};
use crate::load::contents::{Decoder, keys_of};
use crate::lower::Place;
use crate::program::{Contents, ImportDecl, ImportKey, Keys, MovedDecl, ProvisionerDecl, RemovedDecl};

/// The constant address in an argument; `None` if it is missing or wrong, which is reported.
fn fixed(decoder: &mut Decoder<'_>, block: &syn::Block, name: &str) -> Option<Target> {
    if !decoder.require(block, name) {
        return None;
    }
    let expr = &block.body.attribute(name)?.expr;
    let address = address(decoder.diags, *expr, &format!("\"{name}\""))?;
    if let Some(key) = address.key {
        let detail = "Instance keys in this address must be constant.";
        decoder.diags.error(Diagnostic::error("Invalid address", detail).at(key.span()));
        return None;
    }
    if is_ephemeral(&address.target) {
        let summary = match block.ty.text {
            "moved" => "Invalid \"moved\" address",
            _ => "Ephemeral resource address is not allowed",
        };
        let detail = "Ephemeral resources are not in the state, so that there is nothing to move or remove.";
        decoder.diags.error(Diagnostic::error(summary, detail).at(expr.span()));
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
    let mut first: Option<Span> = None;
    for lifecycle in block.body.blocks().filter(|b| b.ty.text == "lifecycle") {
        if let Some(first) = first {
            let error = Diagnostic::error("Duplicate lifecycle block", "A removed block has one lifecycle block.");
            decoder.diags.error(error.at(lifecycle.header).note_at(first, "The first is here"));
            continue;
        }
        first = Some(lifecycle.header);
        decoder.expect(&lifecycle.body, &["destroy"], &[]);
        destroy = decoder.bool(&lifecycle.body, "destroy");
    }
    let provisioners = removed_provisioners(decoder, block);
    let from = fixed(decoder, block, "from")?;
    if has_key(&from) {
        let detail = "A removed block names a whole resource or module, without instance keys.";
        let place = block.body.attribute("from").map_or(block.header, |from| from.expr.span());
        decoder.diags.error(Diagnostic::error("Resource instance address with keys is not allowed", detail).at(place));
        return None;
    }
    if is_data(&from) {
        let detail = "It has no object that could be destroyed or left. Removing its own block is all that is needed.";
        decoder.diags.error(Diagnostic::error("Data source address is not allowed", detail).at(block.header));
        return None;
    }
    if destroy.is_none() {
        // Terraform destroys, OpenTofu does not: what can be made good again is done.
        let detail = "It is not said whether the object is to be destroyed; it is left as it is and no longer tracked.";
        let warning = Diagnostic::warning("Missing lifecycle in removed block", detail).at(block.header);
        decoder.diags.push(warning.hint("Say which: lifecycle { destroy = false }, or true."));
    }
    if !provisioners.is_empty() {
        if matches!(from, Target::Module(_)) {
            let detail = "Provisioners belong to the objects of one resource, but this block is about a module.";
            decoder.diags.error(Diagnostic::error("Invalid \"removed\" block", detail).at(block.header));
        }
        if destroy == Some(false) {
            let detail = "The objects are left as they are, so that provisioners for their end have no occasion.";
            let warning = Diagnostic::warning("Removed block provisioners will not be executed", detail);
            decoder.diags.push(warning.at(block.header));
        }
    }
    Some(RemovedDecl { from, destroy: destroy.unwrap_or(false), provisioners, span: block.header })
}

/// The provisioners of a `removed` block: only those for the end of an object have a place there.
fn removed_provisioners(decoder: &mut Decoder<'_>, block: &syn::Block) -> Vec<ProvisionerDecl> {
    let mut found = Vec::new();
    for provisioner in block.body.blocks().filter(|b| b.ty.text == "provisioner") {
        // Which instance it is for is known by its keys alone.
        let place = Place::repeated(Keys::None).with_self();
        let Some(decl) = super::provisioners::provisioner(decoder, &provisioner, place) else { continue };
        if decl.on_destroy {
            found.push(decl);
            continue;
        }
        let detail = "No object is created for a removed block, so that a provisioner runs only when one is destroyed.";
        let error = Diagnostic::error("Invalid \"removed.provisioner\" block", detail).at(decl.span);
        decoder.diags.error(error.hint("Write: when = destroy"));
    }
    found
}

fn is_data(target: &Target) -> bool {
    match target {
        Target::Module(_) => false,
        Target::Resource(resource) => resource.resource.mode == Mode::Data,
        Target::Instance(instance) => instance.resource.resource.mode == Mode::Data,
    }
}

fn has_key(target: &Target) -> bool {
    let in_module = |m: &ModuleInstance| m.0.iter().any(|(_, key)| *key != Key::None);
    match target {
        Target::Module(module) => in_module(module),
        Target::Resource(resource) => in_module(&resource.module),
        Target::Instance(_) => true,
    }
}

/// All `import` blocks of a folder; two for one instance are an error as far as their keys are written out.
pub(crate) fn imports(decoder: &mut Decoder<'_>, blocks: &[&syn::Block]) -> Vec<ImportDecl> {
    let decls: Vec<ImportDecl> = blocks.iter().filter_map(|block| import(decoder, block)).collect();
    let mut seen: BTreeMap<Instance, Span> = BTreeMap::new();
    for decl in decls.iter().filter(|decl| decl.for_each.is_none()) {
        let Some(instance) = decl.fixed() else { continue };
        match seen.get(&instance) {
            Some(first) => {
                let error = duplicate_import(&instance.to_string(), decl.span).note_at(*first, "The first is here");
                decoder.diags.error(error);
            }
            None => drop(seen.insert(instance, decl.span)),
        }
    }
    decls
}

/// The error for two imports of one instance.
fn duplicate_import(instance: &str, span: Span) -> Diagnostic {
    let detail = format!("Another import block is for {instance} already. An instance can be imported once.");
    Diagnostic::error(format!("Duplicate import configuration for \"{instance}\""), detail).at(span)
}

fn import(decoder: &mut Decoder<'_>, block: &syn::Block) -> Option<ImportDecl> {
    let body = &block.body;
    decoder.expect(body, &["for_each", "id", "identity", "provider", "to"], &[]);
    let place = Place::repeated(keys_of(block));
    let to = decoder.require(block, "to").then(|| body.attribute("to")).flatten();
    let to = to.and_then(|a| addresses::import_address(decoder.diags, a.expr));
    let id = body.attribute("id").map(|a| decoder.lower(a.expr, place));
    let identity = body.attribute("identity").map(|a| decoder.lower(a.expr, place));
    named_once(decoder, block);
    let for_each = body.attribute("for_each").map(|a| decoder.lower(a.expr, Place::MODULE));
    let provider = body.attribute("provider").and_then(|a| addresses::config_name(decoder.diags, a.expr));
    let to = to?;
    if let Some((_, span)) = provider.as_ref().filter(|_| !to.modules.is_empty()) {
        let detail = "An object in a module is imported with the provider that its resource has there.";
        let error = Diagnostic::error("Invalid import provider argument", detail).at(*span);
        decoder.diags.error(error.hint("Remove the argument; pass the module the provider with \"providers\"."));
    }
    let mut key = |expr: Option<syn::Expr>| match expr.map(|expr| (expr, addresses::constant_key(expr))) {
        None => ImportKey::Fixed(Key::None),
        Some((_, Some(key))) => ImportKey::Fixed(key),
        Some((expr, None)) => ImportKey::Computed(decoder.lower(expr, place)),
    };
    Some(ImportDecl {
        module_keys: to.modules.iter().map(|(_, expr)| key(*expr)).collect(),
        key: key(to.key),
        to: ConfigResource {
            module: Module(to.modules.into_iter().map(|(name, _)| name).collect()),
            resource: to.resource,
        },
        id,
        identity,
        for_each,
        provider,
        span: block.header,
    })
}

/// Reports imports into the root module that name another provider than their resource does.
pub(crate) fn check_import_providers(contents: &Contents, diags: &mut Diagnostics) {
    for decl in contents.imports.iter().filter(|decl| decl.to.module.is_root()) {
        let Some((name, span)) = &decl.provider else { continue };
        let resource = contents.resources.iter().find(|r| r.resource == decl.to.resource);
        let Some(resource) = resource.filter(|r| r.provider.as_ref().is_none_or(|own| own.name != *name)) else {
            continue;
        };
        let detail = format!("The import names provider {name}, but {} does not.", resource.resource);
        let error = Diagnostic::error("Invalid import provider argument", detail).at(*span);
        let error = error.note_at(resource.span, "The resource is declared here");
        diags.error(error.hint("An import uses the provider of its resource: leave the argument out."));
    }
}

/// Reports an import that has neither an id nor an identity, or both.
fn named_once(decoder: &mut Decoder<'_>, block: &syn::Block) {
    match (block.body.attribute("id"), block.body.attribute("identity")) {
        (None, None) => {
            let detail = "The object is named by either \"id\" or \"identity\"; there is neither.";
            decoder.diags.error(Diagnostic::error("Missing required import argument", detail).at(block.header));
        }
        (Some(id), Some(identity)) => {
            let detail = "The object is named by either \"id\" or \"identity\", but here are both.";
            let error = Diagnostic::error("Conflicting import arguments", detail).at(identity.name.span);
            decoder.diags.error(error.note_at(id.name.span, "the other one"));
        }
        _ => {}
    }
}
