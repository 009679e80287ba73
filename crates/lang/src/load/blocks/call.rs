//! `module` and `provider`.

use std::collections::HashMap;

use terrane_address::ConfigName;
use terrane_source::{Diagnostic, Span};
use terrane_syntax as syn;

use super::{depends_on, lifecycle, name, repeat, reserved};
use crate::load::addresses;
use crate::load::body::{ESCAPE, Leave};
use crate::load::contents::{BAD_NAME, Decoder, keys_of};
use crate::load::settings::{constraint, well_formed};
use crate::lower::Place;
use crate::program::{CallDecl, Keys, PassedProvider, ProviderDecl, ProviderRef};

/// Arguments of a module call that are not values for its variables.
const META: [&str; 6] = ["count", "depends_on", "for_each", "providers", "source", "version"];

pub(crate) fn call(decoder: &mut Decoder<'_>, block: &syn::Block) -> CallDecl {
    let body = &block.body;
    let all: Vec<&str> = body.attributes().map(|a| a.name.text).collect();
    decoder.expect(body, &all, &["lifecycle", "locals", "provider", ESCAPE]);
    reserved(decoder, block, &["locals", "provider"]);
    lifecycle::call(decoder, body);
    decoder.require(block, "source");
    let place = Place::repeated(keys_of(block));
    const LEAVE: Leave = Leave { attributes: &META, blocks: &["lifecycle", "locals", "provider", ESCAPE] };
    CallDecl {
        name: name(decoder, block, 0),
        source: body.attribute("source").map(|a| decoder.lower_early(a.expr, place)),
        source_span: body.attribute("source").map_or(block.header, |a| a.expr.span()),
        version: body.attribute("version").map(|a| decoder.lower_early(a.expr, place)),
        repeat: repeat(decoder, body),
        arguments: decoder.body(body, place, &LEAVE).attributes,
        providers: body.attribute("providers").map(|a| passed(decoder, a.expr, place)),
        depends_on: depends_on(decoder, body),
        span: block.header,
    }
}

fn passed(decoder: &mut Decoder<'_>, expr: syn::Expr, place: Place) -> Vec<PassedProvider> {
    let syn::ExprKind::Object(items) = expr.kind() else {
        let detail = "The providers argument maps names in the called module to names here: { aws = aws.west }.";
        decoder.diags.error(Diagnostic::error("Invalid providers argument", detail).at(expr.span()));
        return Vec::new();
    };
    let mut all: Vec<PassedProvider> = Vec::new();
    for item in items {
        let child = match &item.key {
            syn::ObjectKey::Name(name) => Some((ConfigName { local: name.text.into(), alias: None }, name.span)),
            syn::ObjectKey::Expr(expr) => addresses::config_name(decoder.diags, *expr),
        };
        let here = provider_ref(decoder, item.value, place);
        let (Some((child, span)), Some(here)) = (child, here) else { continue };
        if all.iter().any(|p| p.child == child) {
            let detail = format!("A provider configuration for \"{child}\" is passed twice.");
            decoder.diags.error(Diagnostic::error("Duplicate provider address", detail).at(span));
            continue;
        }
        all.push(PassedProvider { child, here, span });
    }
    all
}

/// A reference to a provider configuration.
pub(super) fn provider_ref(decoder: &mut Decoder<'_>, expr: syn::Expr, place: Place) -> Option<ProviderRef> {
    let (name, key, span) = addresses::provider(decoder.diags, expr)?;
    Some(ProviderRef { name, key: key.map(|key| decoder.lower(key, place)), span })
}

pub(crate) fn providers(decoder: &mut Decoder<'_>, blocks: &[&syn::Block]) -> Vec<ProviderDecl> {
    let mut seen: HashMap<ConfigName, Span> = HashMap::new();
    let mut all = Vec::new();
    for block in blocks {
        let decl = provider(decoder, block);
        match seen.get(&decl.name) {
            Some(first) => {
                decoder.diags.error(duplicate(&decl, *first));
            }
            None => {
                seen.insert(decl.name.clone(), decl.span);
                all.push(decl);
            }
        }
    }
    all
}

fn duplicate(decl: &ProviderDecl, first: Span) -> Diagnostic {
    let local = &decl.name.local;
    let detail = match &decl.name.alias {
        None => format!(
            "A default (non-aliased) provider configuration for \"{local}\" was already given. If multiple \
             configurations are required, set the \"alias\" argument for alternative configurations."
        ),
        Some(alias) => format!(
            "A provider configuration for \"{local}\" with alias \"{alias}\" was already given. Each configuration for \
             the same provider must have a distinct alias."
        ),
    };
    Diagnostic::error("Duplicate provider configuration", detail).at(decl.span).note_at(first, "First given here")
}

/// Arguments of a provider block that are not the provider's.
const PROVIDER: [&str; 6] = ["alias", "count", "depends_on", "for_each", "source", "version"];

fn provider(decoder: &mut Decoder<'_>, block: &syn::Block) -> ProviderDecl {
    const LEAVE: Leave = Leave { attributes: &PROVIDER, blocks: &["lifecycle", "locals", ESCAPE] };
    reserved(decoder, block, &["lifecycle", "locals"]);
    for attribute in block.body.attributes().filter(|a| ["count", "depends_on", "source"].contains(&a.name.text)) {
        let detail = format!("The argument name \"{}\" is reserved for the language itself.", attribute.name.text);
        let error = Diagnostic::error("Reserved argument name in provider block", detail).at(attribute.name.span);
        decoder.diags.error(error.hint("If the provider has an argument of this name, write it in a block named _."));
    }
    if let Some(version) = block.body.attribute("version") {
        let detail = "Version constraints inside provider configuration blocks have no effect here.";
        let warning = Diagnostic::warning("Version constraints inside provider configuration blocks", detail);
        decoder.diags.push(warning.at(version.span).hint("Move the constraint to required_providers."));
        if let Some(constraint) = constraint(decoder, &block.body, "version") {
            well_formed(decoder, constraint);
        }
    }
    let local = name(decoder, block, 0);
    addresses::check_local_name(decoder.diags, &local, block.header);
    let alias = decoder.text(&block.body, "alias");
    if let (Some(alias), Some(argument)) = (&alias, block.body.attribute("alias"))
        && !syn::is_identifier(alias)
    {
        decoder
            .diags
            .error(Diagnostic::error("Invalid provider configuration alias", BAD_NAME).at(argument.expr.span()));
    }
    let for_each = block.body.attribute("for_each");
    if let (Some(for_each), None) = (for_each, &alias) {
        let detail = "The for_each argument is allowed only for provider configurations with an alias.";
        let error = Diagnostic::error("Alias required when using \"for_each\"", detail).at(for_each.expr.span());
        decoder
            .diags
            .error(error.hint(format!("Add an alias, and name instances by it: {local}.by_region[each.key].")));
    }
    let keys = if for_each.is_some() { Keys::ForEach } else { Keys::None };
    ProviderDecl {
        for_each: for_each.filter(|_| alias.is_some()).map(|a| decoder.lower(a.expr, Place::MODULE)),
        name: ConfigName { local, alias },
        body: decoder.body(&block.body, Place::repeated(keys), &LEAVE),
        span: block.header,
    }
}
