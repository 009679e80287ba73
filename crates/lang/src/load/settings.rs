//! `terraform` blocks.

use std::sync::Arc;

use terrane_address::{ConfigName, Provider};
use terrane_source::{Diagnostic, Diagnostics, Files, Severity};
use terrane_syntax as syn;

use super::addresses;
use super::body::Leave;
use super::contents::Decoder;
use super::encryption;
use super::version::{self, OPENTOFU, SPOKEN};
use crate::lower::Place;
use crate::program::{BackendDecl, Constraint, MetaArgument, MetaDecl, RequiredProvider, Settings};

/// The settings with those of another block added.
pub(super) fn add(decoder: &mut Decoder<'_>, mut settings: Settings, block: &syn::Block) -> Settings {
    const ATTRIBUTES: [&str; 3] = ["required_version", "experiments", "language"];
    const BLOCKS: [&str; 5] = ["backend", "cloud", "encryption", "provider_meta", "required_providers"];
    decoder.expect(&block.body, &ATTRIBUTES, &BLOCKS);
    if let Some(constraint) = constraint(decoder, &block.body, "required_version") {
        settings.required_version.push(constraint);
    }
    if let Some(experiments) = block.body.attribute("experiments") {
        let detail = "Terrane has no experiments; the argument has no effect.";
        decoder.diags.push(Diagnostic::warning("Experiments are ignored", detail).at(experiments.span));
    }
    for nested in block.body.blocks() {
        match nested.ty.text {
            "required_providers" => providers(decoder, &mut settings, &nested),
            "backend" => backend(decoder, &mut settings, &nested),
            "cloud" => cloud(decoder, &mut settings, &nested),
            "encryption" => encryption::add(decoder, &mut settings, &nested),
            "provider_meta" => provider_meta(decoder, &mut settings, &nested),
            _ => {}
        }
    }
    settings
}

fn provider_meta(decoder: &mut Decoder<'_>, settings: &mut Settings, block: &syn::Block) {
    let names: Vec<&str> = block.body.attributes().map(|a| a.name.text).collect();
    decoder.expect(&block.body, &names, &[]);
    let argument = |a: syn::Attribute| {
        let (name, value) = (a.name.text.into(), decoder.constant(a.expr)?);
        Some(MetaArgument { name, name_span: a.name.span, value, span: a.expr.span() })
    };
    let arguments = block.body.attributes().filter_map(argument).collect();
    let Some([label]) = block.labels.exactly() else {
        let detail = "A provider_meta block must have one label: the local name of the provider.";
        decoder.diags.error(Diagnostic::error("Missing provider for provider_meta", detail).at(block.header));
        return;
    };
    addresses::check_local_name(decoder.diags, label.text, label.span);
    if let Some(first) = settings.metas.iter().find(|meta| &*meta.provider == label.text) {
        let detail = format!("A module may have only one provider_meta block for provider \"{}\".", label.text);
        let error = Diagnostic::error("Duplicate provider_meta block", detail).at(block.header);
        decoder.diags.error(error.note_at(first.span, "First declared here"));
        return;
    }
    settings.metas.push(MetaDecl { provider: label.text.into(), span: block.header, arguments });
}

/// A version constraint in an argument, if it is written.
pub(super) fn constraint(decoder: &mut Decoder<'_>, body: &syn::Body, name: &str) -> Option<Constraint> {
    let expr = &body.attribute(name)?.expr;
    if matches!(expr.kind(), syn::ExprKind::Literal(syn::Literal::Null)) {
        return None;
    }
    let span = expr.span();
    let text = decoder.text(body, name)?;
    Some(Constraint { text, span })
}

/// The constraint, unless it is no constraint, which is reported.
pub(super) fn well_formed(decoder: &mut Decoder<'_>, constraint: Constraint) -> Option<Constraint> {
    match version::satisfies([0; 3], &constraint.text) {
        Ok(_) => Some(constraint),
        Err(why) => {
            malformed(decoder.diags, &constraint, &why);
            None
        }
    }
}

fn malformed(diags: &mut Diagnostics, constraint: &Constraint, why: &str) {
    let detail = format!("This string does not use correct version constraint syntax: {why}.");
    diags.error(Diagnostic::error("Invalid version constraint", detail).at(constraint.span));
}

/// Reports the `required_version` arguments that ask for what there is not.
///
/// Those of `.tofu` files are for OpenTofu. OpenTofu passes over all others, so that these are only warned of.
pub(super) fn check_versions(settings: &Settings, files: &Files, diags: &mut Diagnostics) {
    for constraint in &settings.required_version {
        let name = files.name(constraint.span.file);
        if name.ends_with(".tofu") || name.ends_with(".tofu.json") {
            check_version(diags, constraint, &SPOKEN[OPENTOFU..=OPENTOFU]);
            continue;
        }
        let mut own = Diagnostics::new();
        check_version(&mut own, constraint, SPOKEN);
        own.into_iter().for_each(|d| diags.push(Diagnostic { severity: Severity::Warning, ..d }));
    }
}

/// Reports a constraint that accepts none of the versions.
pub(super) fn check_version(diags: &mut Diagnostics, constraint: &Constraint, spoken: &[(&str, [u64; 3])]) {
    if version::satisfies([0; 3], &constraint.text).is_ok() && version::names_prerelease(&constraint.text) {
        let detail = "Prerelease version constraints are not supported here: releases and prereleases are told by their \
                      numbers alone.";
        let error = Diagnostic::error("Invalid required_version constraint", detail).at(constraint.span);
        diags.error(error.hint("Remove what follows the hyphen."));
        return;
    }
    let mut accepted = false;
    for (_, version) in spoken {
        match version::satisfies(*version, &constraint.text) {
            Ok(yes) => accepted |= yes,
            Err(why) => return malformed(diags, constraint, &why),
        }
    }
    if !accepted {
        let spoken: Vec<String> = spoken.iter().map(|(tool, [a, b, c])| format!("{tool} {a}.{b}.{c}")).collect();
        let detail = format!(
            "The constraint \"{}\" does not accept what Terrane answers as: {}.",
            constraint.text,
            spoken.join(" or ")
        );
        let hint = "Change the constraint, or use a release of the module that supports these versions.";
        diags.error(Diagnostic::error("Incompatible module", detail).at(constraint.span).hint(hint));
    }
}

fn cloud(decoder: &mut Decoder<'_>, settings: &mut Settings, block: &syn::Block) {
    if let Some(first) = settings.cloud.replace(block.header) {
        let detail = "A module may have only one cloud block.";
        let error = Diagnostic::error("Duplicate cloud configurations", detail).at(block.header);
        decoder.diags.error(error.note_at(first, "First declared here"));
    }
}

fn backend(decoder: &mut Decoder<'_>, settings: &mut Settings, block: &syn::Block) {
    let Some([label]) = block.labels.exactly() else {
        let detail = "A backend block must have one label: the backend type.";
        decoder.diags.error(Diagnostic::error("Missing name for backend", detail).at(block.header));
        return;
    };
    if let Some(first) = &settings.backend {
        let detail = "A module may have only one backend configuration.";
        let error = Diagnostic::error("Duplicate backend configuration", detail).at(block.header);
        decoder.diags.error(error.note_at(first.span, "First declared here"));
        return;
    }
    let body = decoder.body_early(&block.body, Place::MODULE, &Leave { attributes: &[], blocks: &[] });
    settings.backend = Some(BackendDecl { ty: label.text.into(), body, span: block.header });
}

fn providers(decoder: &mut Decoder<'_>, settings: &mut Settings, block: &syn::Block) {
    decoder.expect(&block.body, &block.body.attributes().map(|a| a.name.text).collect::<Vec<_>>(), &[]);
    if let Some(first) = settings.providers_span.replace(block.header) {
        let detail = "A module may have only one required_providers configuration.";
        let error = Diagnostic::error("Duplicate required providers configuration", detail).at(block.header);
        decoder.diags.error(error.note_at(first, "The providers are required here already"));
    }
    for attribute in block.body.attributes() {
        let name = attribute.name.text;
        if let Some(first) = settings.required_providers.get(name) {
            let detail = format!("The provider \"{name}\" is required twice in this module.");
            let error = Diagnostic::error("Duplicate required provider", detail).at(attribute.name.span);
            decoder.diags.error(error.note_at(first.span, "First required here"));
            continue;
        }
        if let Some(required) = required(decoder, &attribute) {
            settings.required_providers.insert(name.into(), required);
        }
    }
}

fn required(decoder: &mut Decoder<'_>, attribute: &syn::Attribute) -> Option<RequiredProvider> {
    let name = attribute.name.text;
    addresses::check_local_name(decoder.diags, name, attribute.name.span);
    let mut required = RequiredProvider {
        provider: Provider::implied(name),
        version: None,
        configuration_aliases: Vec::new(),
        span: attribute.name.span,
    };
    match attribute.expr.kind() {
        syn::ExprKind::Literal(syn::Literal::String(version)) => {
            let constraint = Constraint { text: (*version).into(), span: attribute.expr.span() };
            required.version = well_formed(decoder, constraint);
        }
        syn::ExprKind::Object(items) => {
            for item in items {
                requirement(decoder, &item, &mut required);
            }
        }
        _ => {
            let detail = format!("The entry for provider \"{name}\" must be an object with source and version.");
            decoder
                .diags
                .error(Diagnostic::error("Invalid required_providers object", detail).at(attribute.expr.span()));
            return None;
        }
    }
    Some(required)
}

/// Takes one item of the object of a required provider.
fn requirement(decoder: &mut Decoder<'_>, item: &syn::ObjectItem, required: &mut RequiredProvider) {
    let key = match &item.key {
        syn::ObjectKey::Name(name) => Some(name.text.into()),
        syn::ObjectKey::Expr(expr) => literal(*expr),
    };
    match key.as_deref() {
        Some("source") => match literal(item.value).and_then(|text| Provider::parse(&text)) {
            Some(provider) if provider.ty.starts_with("terraform-") => {
                let ty = provider.ty.trim_start_matches("terraform-").trim_start_matches("provider-");
                let detail = "The address of a provider does not have the \"terraform-provider-\" of its repository.";
                let error = Diagnostic::error("Invalid provider type", detail).at(item.value.span());
                decoder.diags.error(error.hint(format!("Did you mean \"{}/{ty}\"?", provider.namespace)));
            }
            Some(provider) => required.provider = provider,
            None => {
                let detail = "A provider source is a text of the form \"namespace/name\" or \"host/namespace/name\".";
                decoder.diags.error(Diagnostic::error("Invalid provider source string", detail).at(item.value.span()));
            }
        },
        Some("version") => match literal(item.value) {
            Some(text) => required.version = well_formed(decoder, Constraint { text, span: item.value.span() }),
            None => {
                let detail = "The version constraint must be a constant text.";
                decoder.diags.error(Diagnostic::error("Invalid version constraint", detail).at(item.value.span()));
            }
        },
        Some("configuration_aliases") => required.configuration_aliases = aliases(decoder, item.value),
        _ => {
            let detail =
                "A required provider has only the attributes \"source\", \"version\" and \"configuration_aliases\".";
            decoder.diags.error(Diagnostic::error("Invalid required_providers object", detail).at(item.key.span()));
        }
    }
}

fn aliases(decoder: &mut Decoder<'_>, expr: syn::Expr) -> Vec<ConfigName> {
    let syn::ExprKind::Tuple(items) = expr.kind() else {
        let detail = "configuration_aliases is a list of names such as [ aws.west ].";
        decoder.diags.error(Diagnostic::error("Invalid configuration_aliases value", detail).at(expr.span()));
        return Vec::new();
    };
    items.iter().filter_map(|item| addresses::config_name(decoder.diags, item)).map(|(name, _)| name).collect()
}

fn literal(expr: syn::Expr) -> Option<Arc<str>> {
    match expr.kind() {
        syn::ExprKind::Literal(syn::Literal::String(text)) => Some((*text).into()),
        _ => None,
    }
}
