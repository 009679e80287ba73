//! Which provider configuration each name in each module stands for.

use std::collections::BTreeMap;

use terrane_address::{ConfigName, Module, Provider, ProviderConfig};
use terrane_source::{Diagnostic, Diagnostics, Span};

use crate::ir::ModuleId;
use crate::program::{CallDecl, ModuleDecl, Program, ProviderDecl, Repeat, ResourceDecl};

/// What a module sees.
#[derive(Clone, Default)]
struct Seen {
    names: BTreeMap<ConfigName, ProviderConfig>,
    /// Configurations without alias, which called modules inherit.
    defaults: BTreeMap<Provider, ProviderConfig>,
}

/// Fills in the provider configurations of all modules.
pub(super) fn resolve(program: &mut Program, diags: &mut Diagnostics) {
    let mut all: Vec<Seen> = Vec::with_capacity(program.modules.len());
    for i in 0..program.modules.len() {
        let seen = see(program, ModuleId(i as u32), &all, diags);
        let module = &program.modules[i];
        let resources = module.contents.resources.iter();
        let used = resources.map(|decl| used_by(module, decl, &seen, diags)).collect();
        program.modules[i].resource_providers = used;
        program.modules[i].providers.clone_from(&seen.names);
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
        let Some(config) = find(parent, outer, &passed.here) else {
            diags.error(undeclared(parent, &passed.here, passed.span));
            continue;
        };
        let wanted = module.provider_of(&passed.child.local);
        if wanted != config.provider {
            diags.error(wrong_type(passed.span, &passed.child, &wanted, &passed.here, &config.provider));
            continue;
        }
        if let Some(error) = unexpected(module, &passed.child, passed.span) {
            diags.error(error);
        }
        seen.add(passed.child.clone(), config);
    }
    check_call(module, call, &seen, diags);
    seen
}

impl Seen {
    fn add(&mut self, name: ConfigName, config: ProviderConfig) {
        if name.alias.is_none() {
            self.defaults.insert(config.provider.clone(), config.clone());
        }
        self.names.insert(name, config);
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

fn own_config(module: &ModuleDecl, name: &ConfigName) -> ProviderConfig {
    let provider = module.provider_of(&name.local);
    ProviderConfig { module: module.path.clone(), provider, alias: name.alias.clone() }
}

/// Whether a block only says, in the way of old modules, that its configuration is passed in.
fn is_proxy(module: &ModuleDecl, decl: &ProviderDecl) -> bool {
    module.parent.is_some()
        && decl.body.attributes.is_empty()
        && decl.body.blocks.is_empty()
        && decl.body.properties.is_empty()
}

fn find(module: &ModuleDecl, seen: &Seen, name: &ConfigName) -> Option<ProviderConfig> {
    if let Some(config) = seen.names.get(name) {
        return Some(config.clone());
    }
    if name.alias.is_some() {
        return None;
    }
    let provider = module.provider_of(&name.local);
    let inherited = seen.defaults.get(&provider).cloned();
    Some(inherited.unwrap_or(ProviderConfig { module: Module::root(), provider, alias: None }))
}

fn used_by(module: &ModuleDecl, decl: &ResourceDecl, seen: &Seen, diags: &mut Diagnostics) -> ProviderConfig {
    let (name, span) = match &decl.provider {
        Some((name, span)) => (name.clone(), *span),
        None => (ConfigName { local: decl.resource.implied_provider().into(), alias: None }, decl.span),
    };
    find(module, seen, &name).unwrap_or_else(|| {
        // What the caller should have passed is reported at the call.
        if !module.contents.requires(&name) {
            diags.error(undeclared(module, &name, span));
        }
        own_config(module, &name)
    })
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
