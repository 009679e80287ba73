//! Names and addresses written as references: `aws.west`, `module.a.aws_vpc.main["x"]`, `tags["Name"]`.

use std::sync::Arc;

use terrane_address::{AbsResource, ConfigName, Key, Mode, ModuleInstance, Resource, Target};
use terrane_source::{Diagnostic, Diagnostics, Span};
use terrane_syntax as syn;
use terrane_value::{Path, Step as PathStep, Value};

use crate::lower::{Chain, Step};

/// The reference within the quotes of an old form: `"aws_vpc.main"`; `None` if it is no text or no expression.
pub(super) fn unquoted<'t>(expr: syn::Expr<'t>, arena: &'t syn::Arena) -> Option<syn::Expr<'t>> {
    let syn::ExprKind::Literal(syn::Literal::String(text)) = expr.kind() else { return None };
    let span = expr.span();
    syn::parse_expression(span.file, text, span.start + 1, arena, &mut Diagnostics::new()).ok()
}

/// The name of a provider configuration, `aws` or `aws.west`, and where it stands.
pub(super) fn config_name(diags: &mut Diagnostics, expr: syn::Expr) -> Option<(ConfigName, Span)> {
    if let syn::ExprKind::Literal(syn::Literal::String(text)) = expr.kind() {
        // The quoted form is old but still accepted.
        let (local, alias) = match text.split_once('.') {
            Some((local, alias)) => (local, Some(alias.into())),
            None => (text, None),
        };
        check_local_name(diags, local, expr.span());
        return Some((ConfigName { local: local.into(), alias }, expr.span()));
    }
    let chain = Chain::of(expr);
    let name = match (chain.word(), chain.steps.as_slice()) {
        (Some(local), []) => Some(ConfigName { local: local.into(), alias: None }),
        (Some(local), [Step::Attr { name, .. }]) => {
            Some(ConfigName { local: local.into(), alias: Some(name.text.into()) })
        }
        _ => None,
    };
    if let Some(name) = &name {
        check_local_name(diags, &name.local, chain.root.span());
    } else {
        let detail = "A provider configuration is named by the local name of the provider, followed by a dot and the \
                      alias if it has one: aws or aws.west.";
        diags.error(Diagnostic::error("Invalid provider configuration reference", detail).at(expr.span()));
    }
    name.map(|name| (name, expr.span()))
}

/// Reports the local name of a provider that no provider can have.
pub(super) fn check_local_name(diags: &mut Diagnostics, name: &str, span: Span) {
    let part = |c: char| c.is_alphanumeric() && !c.is_uppercase() || c == '-';
    if name.is_empty() || !name.chars().all(part) || name.starts_with('-') || name.ends_with('-') {
        let detail = format!(
            "\"{name}\" cannot be the local name of a provider: it consists of small letters, digits and dashes, without a \
             dash at either end."
        );
        diags.error(Diagnostic::error("Invalid provider local name", detail).at(span));
    }
}

/// A reference to a provider configuration; the key in brackets at its end is left as it is.
pub(super) fn provider<'s>(
    diags: &mut Diagnostics,
    expr: syn::Expr<'s>,
) -> Option<(ConfigName, Option<syn::Expr<'s>>, Span)> {
    let (named, key) = match expr.kind() {
        syn::ExprKind::Index { base, key, .. } => (base, Some(key)),
        _ => (expr, None),
    };
    let (name, _) = config_name(diags, named)?;
    if let (Some(key), None) = (key, &name.alias) {
        let detail = "Only a configuration with an alias has instances: its name is followed by the alias, and that by the \
                      key, as in aws.by_region[each.key].";
        diags.error(Diagnostic::error("Invalid provider configuration reference", detail).at(key.span()));
        return None;
    }
    Some((name, key, expr.span()))
}

/// A constant instance key; `None` if it is not constant.
pub(super) fn constant_key(expr: syn::Expr) -> Option<Key> {
    match expr.kind() {
        syn::ExprKind::Literal(syn::Literal::String(text)) => Some(Key::String((*text).into())),
        syn::ExprKind::Literal(syn::Literal::Number(digits)) => digits.parse().ok().map(Key::Int),
        _ => None,
    }
}

/// What an address names, and the last key if that is no constant.
pub(super) struct Address<'s> {
    pub target: Target,
    pub key: Option<syn::Expr<'s>>,
}

/// The address of an `import` block: modules, a resource and one of its instances, the keys of any form.
pub(super) struct ImportAddress<'s> {
    pub modules: Vec<(Arc<str>, Option<syn::Expr<'s>>)>,
    pub resource: Resource,
    pub key: Option<syn::Expr<'s>>,
}

/// The address of an object to import; `None` if it is wrong, which is reported.
pub(super) fn import_address<'s>(diags: &mut Diagnostics, expr: syn::Expr<'s>) -> Option<ImportAddress<'s>> {
    let chain = Chain::of(expr);
    let found = names(&chain).and_then(|names| {
        let mut modules = Vec::new();
        let mut rest = names.as_slice();
        while let [(word, None), (name, key), tail @ ..] = rest
            && &**word == "module"
        {
            modules.push((name.clone(), *key));
            rest = tail;
        }
        let (mode, ty, name, key) = match rest {
            [(ty, None), (name, key)] => (Mode::Managed, ty, name, *key),
            [(word, None), (ty, None), (name, key)] if &**word == "resource" => (Mode::Managed, ty, name, *key),
            [(word, None), (ty, None), (name, key)] if &**word == "data" => (Mode::Data, ty, name, *key),
            _ => return None,
        };
        Some(ImportAddress { modules, resource: Resource { mode, ty: ty.clone(), name: name.clone() }, key })
    });
    if found.is_none() {
        let detail = "The \"to\" address must name a resource or an instance of one, in a module if wanted: aws_vpc.main, \
                      aws_vpc.main[each.key], module.network[\"a\"].aws_vpc.main.";
        diags.error(Diagnostic::error("Invalid import address", detail).at(expr.span()));
    }
    found
}

/// The steps of an address: names, each with the key that follows it.
fn names<'s>(chain: &Chain<'s>) -> Option<Vec<(Arc<str>, Option<syn::Expr<'s>>)>> {
    let mut names: Vec<(Arc<str>, Option<syn::Expr>)> = vec![(chain.name()?.into(), None)];
    for step in &chain.steps {
        match (step, names.last_mut()) {
            (Step::Attr { name, .. }, _) => names.push((name.text.into(), None)),
            (Step::Index { key, .. }, Some((_, slot @ None))) => *slot = Some(*key),
            _ => return None,
        }
    }
    Some(names)
}

/// The address that an expression writes; `what` says what it is for.
pub(super) fn address<'s>(diags: &mut Diagnostics, expr: syn::Expr<'s>, what: &str) -> Option<Address<'s>> {
    let chain = Chain::of(expr);
    let found = names(&chain).and_then(|names| target(&names));
    if found.is_none() {
        let detail = format!(
            "The {what} address must name a resource, an instance of one, or a module: aws_vpc.main, aws_vpc.main[0], \
             module.network."
        );
        diags.error(Diagnostic::error("Invalid address", detail).at(expr.span()));
    }
    found
}

fn target<'s>(names: &[(Arc<str>, Option<syn::Expr<'s>>)]) -> Option<Address<'s>> {
    let mut module = ModuleInstance::root();
    let mut rest = names;
    while let [(word, None), (name, key), tail @ ..] = rest
        && &**word == "module"
    {
        let key = match key {
            Some(expr) => constant_key(*expr)?,
            None => Key::None,
        };
        module = module.child(name.clone(), key);
        rest = tail;
    }
    let (mode, rest) = match rest {
        [(word, None), tail @ ..] if &**word == "data" && tail.len() == 2 => (Mode::Data, tail),
        [(word, None), tail @ ..] if &**word == "ephemeral" && tail.len() == 2 => (Mode::Ephemeral, tail),
        [(word, None), tail @ ..] if &**word == "resource" && tail.len() == 2 => (Mode::Managed, tail),
        other => (Mode::Managed, other),
    };
    match rest {
        [] if !module.is_root() => Some(Address { target: Target::Module(module), key: None }),
        [(ty, None), (name, key)] => {
            let resource = AbsResource::new(module, Resource { mode, ty: ty.clone(), name: name.clone() });
            Some(match key.map(|expr| (expr, constant_key(expr))) {
                None => Address { target: Target::Resource(resource), key: None },
                Some((_, Some(key))) => Address { target: Target::Instance(resource.instance(key)), key: None },
                Some((expr, None)) => Address { target: Target::Resource(resource), key: Some(expr) },
            })
        }
        _ => None,
    }
}

/// The path to a part of an object, as `ignore_changes` writes it.
pub(super) fn path(diags: &mut Diagnostics, expr: syn::Expr) -> Option<Path> {
    let arena = syn::Arena::new();
    let chain = Chain::of(unquoted(expr, &arena).unwrap_or(expr));
    let path = chain.name().and_then(|first| {
        chain.steps.iter().try_fold(Path::root().attr(first), |path, step| match step {
            Step::Attr { name, .. } => Some(path.attr(name.text)),
            Step::Index { key, .. } => match constant_key(*key)? {
                Key::String(key) => Some(path.key(key)),
                Key::Int(index) => Some(path.with(PathStep::Index(Value::from(i64::try_from(index).ok()?)))),
                Key::None => None,
            },
        })
    });
    if path.is_none() {
        let detail = "An argument of the resource is expected, with constant steps into it if wanted: tags, \
                      tags[\"Name\"], ingress[0].";
        diags.error(Diagnostic::error("Invalid attribute reference", detail).at(expr.span()));
    }
    path
}
