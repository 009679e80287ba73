//! Which provider configuration each name in each module stands for.

use std::collections::BTreeMap;

use terrane_address::{ConfigName, Key, Module, Provider, ProviderConfig};
use terrane_source::{Diagnostic, Diagnostics, Span};

use crate::ir::{ExprId, ModuleId};
use crate::program::{CallDecl, ModuleDecl, Program, ProviderDecl, ProviderKey, ProviderRef, Repeat, ResourceDecl};

/// A configuration, and where the key of the instance is written that is meant.
#[derive(Clone)]
struct Home {
    config: ProviderConfig,
    key: Option<ProviderKey>,
}

/// What a module sees.
#[derive(Clone, Default)]
struct Seen {
    names: BTreeMap<ConfigName, Home>,
    /// Configurations without alias, which called modules inherit.
    defaults: BTreeMap<Provider, Home>,
}

/// Fills in the provider configurations of all modules.
pub(super) fn resolve(program: &mut Program, diags: &mut Diagnostics) {
    let mut all: Vec<Seen> = Vec::with_capacity(program.modules.len());
    for i in 0..program.modules.len() {
        let seen = see(program, ModuleId(i as u32), &all, diags);
        let module = &program.modules[i];
        let resources = module.contents.resources.iter();
        let used: Vec<Home> = resources.map(|decl| used_by(program, module, decl, &seen, diags)).collect();
        let (configs, keys) = used.into_iter().map(|home| (home.config, home.key)).unzip();
        let names = seen.names.iter().map(|(name, home)| (name.clone(), home.config.clone())).collect();
        let module = &mut program.modules[i];
        (module.resource_providers, module.provider_keys, module.providers) = (configs, keys, names);
        all.push(seen);
    }
}

fn see(program: &Program, id: ModuleId, all: &[Seen], diags: &mut Diagnostics) -> Seen {
    let module = program.module(id);
    let Some((parent_id, call_id)) = module.parent else {
        let mut seen = Seen::default();
        // A root module has no caller to pass what it requires; those configurations are empty.
        for (local, required) in &module.contents.settings.required_providers {
            for name in required.configuration_aliases.iter().filter(|name| name.local == *local) {
                seen.add(name.clone(), own_config(module, name));
            }
        }
        own(module, &mut seen);
        return seen;
    };
    let (parent, call) = (program.module(parent_id), &program.module(parent_id).contents.calls[call_id.index()]);
    let outer = &all[parent_id.index()];
    let mut seen = Seen { names: BTreeMap::new(), defaults: outer.defaults.clone() };
    own(module, &mut seen);
    for passed in call.providers.iter().flatten() {
        let Some(home) = find(parent, outer, &passed.here.name) else {
            diags.error(undeclared(parent, &passed.here.name, passed.span));
            continue;
        };
        let key = |expr| ProviderKey::Call(id, expr);
        let Some(home) = keyed(program, home, &passed.here, "module", key, diags) else { continue };
        let config = &home.config;
        let wanted = module.provider_of(&passed.child.local);
        if wanted != config.provider {
            diags.error(wrong_type(passed.span, &passed.child, &wanted, &passed.here.name, &config.provider));
            continue;
        }
        if let Some(error) = unexpected(module, &passed.child, passed.span) {
            diags.error(error);
        }
        seen.add(passed.child.clone(), home);
    }
    check_call(module, call, &seen, diags);
    seen
}

impl Seen {
    fn add(&mut self, name: ConfigName, home: Home) {
        if name.alias.is_none() {
            self.defaults.insert(home.config.provider.clone(), home.clone());
        }
        self.names.insert(name, home);
    }
}

/// Adds the configurations that the module itself has.
fn own(module: &ModuleDecl, seen: &mut Seen) {
    for decl in &module.contents.providers {
        // Without alias it stands for what is inherited; with one, there is nothing else it could stand for.
        if decl.name.alias.is_some() || !is_proxy(module, decl) {
            seen.add(decl.name.clone(), own_config(module, &decl.name));
        }
    }
}

fn own_config(module: &ModuleDecl, name: &ConfigName) -> Home {
    let provider = module.provider_of(&name.local);
    let config = ProviderConfig { module: module.path.clone(), provider, alias: name.alias.clone(), key: Key::None };
    Home { config, key: None }
}

/// The configuration with the key that a reference to it has, or must have; `None` if that is wrong, which is reported.
fn keyed(
    program: &Program,
    home: Home,
    here: &ProviderRef,
    what: &str,
    key: impl FnOnce(ExprId) -> ProviderKey,
    diags: &mut Diagnostics,
) -> Option<Home> {
    let decl = program.provider_decl(&home.config);
    let instances = home.key.is_none() && decl.is_some_and(|(_, decl)| decl.for_each.is_some());
    let name = &here.name;
    let (detail, hint) = match (here.key, instances) {
        (None, false) => return Some(home),
        (Some(expr), true) => return Some(Home { key: Some(key(expr)), ..home }),
        (None, true) => (
            format!(
                "{name} uses for_each, so that a reference to it requires an instance key; it cannot be passed as a whole."
            ),
            format!("Name one instance: {name}[each.key]."),
        ),
        (Some(_), false) => (
            format!("{name} does not use for_each, and only a provider configuration that does has instance keys."),
            format!("Remove the key in brackets, or add for_each to the provider block of {name}."),
        ),
    };
    let summary = format!("Invalid {what} provider configuration");
    diags.error(Diagnostic::error(summary, detail).at(here.span).hint(hint));
    None
}

/// Whether a block only says, in the way of old modules, that its configuration is passed in.
fn is_proxy(module: &ModuleDecl, decl: &ProviderDecl) -> bool {
    module.parent.is_some()
        && decl.body.attributes.is_empty()
        && decl.body.blocks.is_empty()
        && decl.body.properties.is_empty()
}

fn find(module: &ModuleDecl, seen: &Seen, name: &ConfigName) -> Option<Home> {
    if let Some(home) = seen.names.get(name) {
        return Some(home.clone());
    }
    if name.alias.is_some() {
        return None;
    }
    let provider = module.provider_of(&name.local);
    let inherited = seen.defaults.get(&provider).cloned();
    let config = ProviderConfig { module: Module::root(), provider, alias: None, key: Key::None };
    Some(inherited.unwrap_or(Home { config, key: None }))
}

fn used_by(program: &Program, module: &ModuleDecl, decl: &ResourceDecl, seen: &Seen, diags: &mut Diagnostics) -> Home {
    let here = decl.provider.clone().unwrap_or_else(|| ProviderRef {
        name: ConfigName { local: decl.resource.implied_provider().into(), alias: None },
        key: None,
        span: decl.span,
    });
    let Some(home) = find(module, seen, &here.name) else {
        // What the caller should have passed is reported at the call.
        if !module.contents.requires(&here.name) {
            diags.error(undeclared(module, &here.name, here.span));
        }
        return own_config(module, &here.name);
    };
    keyed(program, home.clone(), &here, "resource", ProviderKey::Resource, diags).unwrap_or(home)
}

fn undeclared(module: &ModuleDecl, name: &ConfigName, span: Span) -> Diagnostic {
    let here = match module.path.is_root() {
        true => "The root module".to_string(),
        false => format!("Module {}", module.path),
    };
    let detail = format!("{here} has no provider configuration named {name}.");
    let alias = name.alias.as_deref().unwrap_or_default();
    let mut hint = format!("Declare it with provider \"{}\" {{ alias = \"{alias}\" … }}", name.local);
    if !module.path.is_root() {
        hint.push_str(", or pass it in the providers argument of the module call and list it in configuration_aliases");
    }
    Diagnostic::error("Provider configuration not present", detail).at(span).hint(format!("{hint}."))
}

fn wrong_type(span: Span, child: &ConfigName, wanted: &Provider, here: &ConfigName, given: &Provider) -> Diagnostic {
    let detail = format!(
        "The called module's \"{child}\" is a configuration of {wanted}, but \"{here}\" here is one of {given}."
    );
    Diagnostic::error("Provider type mismatch", detail).at(span)
}

/// The error if a module has no use for a configuration passed to it.
fn unexpected(module: &ModuleDecl, child: &ConfigName, span: Span) -> Option<Diagnostic> {
    let contents = &module.contents;
    let declared = contents.providers.iter().find(|decl| decl.name == *child);
    if declared.is_some_and(|decl| !is_proxy(module, decl)) {
        let detail =
            format!("The called module has its own provider configuration \"{child}\"; it cannot be passed one.");
        return Some(Diagnostic::error("Cannot override provider configuration", detail).at(span));
    }
    (child.alias.is_some() && !contents.requires(child) && declared.is_none()).then(|| {
        let detail = format!("The called module does not list \"{child}\" in configuration_aliases.");
        Diagnostic::error("Reference to undefined provider", detail).at(span)
    })
}

fn check_call(module: &ModuleDecl, call: &CallDecl, seen: &Seen, diags: &mut Diagnostics) {
    let required = module.contents.settings.required_providers.values();
    for alias in required.flat_map(|r| &r.configuration_aliases).filter(|alias| !seen.names.contains_key(*alias)) {
        let detail = format!(
            "Module \"{}\" requires a configuration for provider \"{}\" under the name {alias}.",
            call.name, alias.local
        );
        let hint = format!("Add {alias} to the providers argument: providers = {{ {alias} = … }}.");
        diags.error(Diagnostic::error("Missing required provider configuration", detail).at(call.span).hint(hint));
    }
    let repeated = match (call.repeat, call.depends_on.is_empty()) {
        (Repeat::Count(_), _) => "count",
        (Repeat::ForEach(_), _) => "for_each",
        (Repeat::Enabled(_), _) => "enabled",
        (Repeat::Once, false) => "depends_on",
        (Repeat::Once, true) => return,
    };
    let own = module.contents.providers.iter().find(|decl| !is_proxy(module, decl));
    if let Some(decl) = own {
        let detail = format!(
            "Module \"{}\" contains its own provider configurations, and so calls to it may not use the count, for_each, \
             enabled, or depends_on arguments; this one uses {repeated}.",
            call.name
        );
        let error = Diagnostic::error("Module is incompatible with count, for_each, enabled and depends_on", detail);
        diags.error(error.at(call.span).note_at(decl.span, "The provider configuration"));
    }
}
