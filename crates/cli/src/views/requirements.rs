//! Which providers modules and states need.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use terrane_address::Provider;
use terrane_lang::{ModuleDecl, Program};
use terrane_state::Snapshot;

/// A provider that a module needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// The provider.
    pub provider: Provider,
    /// Which versions of it; empty for any.
    pub versions: String,
}

/// The providers that a module itself needs, in order.
pub fn of_module(module: &ModuleDecl) -> Vec<Need> {
    let settings = &module.contents.settings;
    let mut needs: BTreeMap<Provider, String> = BTreeMap::new();
    for required in settings.required_providers.values() {
        let versions = required.version.as_ref().map(|version| version.text.to_string());
        needs.insert(required.provider.clone(), versions.unwrap_or_default());
    }
    let blocks = module.contents.providers.iter().filter_map(|decl| module.providers.get(&decl.name));
    for config in module.resource_providers.iter().chain(blocks) {
        needs.entry(config.provider.clone()).or_default();
    }
    needs.into_iter().map(|(provider, versions)| Need { provider, versions }).collect()
}

/// The providers of the objects in a state.
pub fn of_state(snapshot: &Snapshot) -> BTreeSet<Provider> {
    snapshot.resources.values().map(|resource| resource.provider.provider.clone()).collect()
}

/// The tree of modules with what each needs.
pub fn configuration(program: &Program) -> String {
    let mut text = "\nProviders required by configuration:\n.\n".to_owned();
    branches(program, program.root(), "", &mut text);
    text.push('\n');
    text
}

fn branches(program: &Program, module: &ModuleDecl, indent: &str, text: &mut String) {
    let needs = of_module(module);
    let mut calls: Vec<_> = module
        .contents
        .calls
        .iter()
        .zip(&module.children)
        .filter_map(|(call, child)| Some((&call.name, program.module((*child)?))))
        .collect();
    calls.sort_by_key(|(name, _)| *name);
    let mut left = needs.len() + calls.len();
    let mut turn = |text: &mut String, what: String| {
        left -= 1;
        let (branch, below) = if left == 0 { ("└── ", "    ") } else { ("├── ", "│   ") };
        let _ = writeln!(text, "{indent}{branch}{what}");
        format!("{indent}{below}")
    };
    for Need { provider, versions } in needs {
        let versions = if versions.is_empty() { versions } else { format!(" {versions}") };
        turn(text, format!("provider[{provider}]{versions}"));
    }
    for (name, child) in calls {
        let indent = turn(text, format!("module.{name}"));
        branches(program, child, &indent, text);
    }
}

/// What the objects in a state need; nothing if there are none.
pub fn state(snapshot: &Snapshot) -> String {
    let providers = of_state(snapshot);
    if providers.is_empty() {
        return String::new();
    }
    let lines: String = providers.iter().map(|provider| format!("    provider[{provider}]\n\n")).collect();
    format!("Providers required by state:\n\n{lines}")
}
