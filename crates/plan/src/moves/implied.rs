//! Renames that no block states: a resource or module call that gains or loses its `count`.

use std::collections::BTreeSet;

use terrane_address::{Key, Module, ModuleInstance};
use terrane_lang::{Program, Repeat};
use terrane_state::Snapshot;

use super::{Endpoint, Statement};

/// What the program implies for the modules of a state, unless something stated is about them: of all these renames,
/// those that are the least deep.
pub(super) fn outermost_modules(program: &Program, snapshot: &Snapshot, stated: &[Statement]) -> Vec<Statement> {
    let mut seen: BTreeSet<ModuleInstance> = BTreeSet::new();
    for resource in snapshot.resources.keys() {
        let path = &resource.module.0;
        seen.extend((1..=path.len()).map(|depth| ModuleInstance(path[..depth].to_vec())));
    }
    seen.retain(|module| !stated.iter().any(|statement| statement.names_module(module)));
    let implied = seen.iter().filter_map(|module| Some((module.0.len(), module_statement(program, module)?)));
    let implied: Vec<(usize, Statement)> = implied.collect();
    let least = implied.iter().map(|(depth, _)| *depth).min();
    implied.into_iter().filter(|(depth, _)| Some(*depth) == least).map(|(_, statement)| statement).collect()
}

fn module_statement(program: &Program, module: &ModuleInstance) -> Option<Statement> {
    let (outer, (name, key)) = (module.parent()?, module.0.last()?);
    let decl = program.find(&outer.module())?;
    let call = decl.contents.calls.iter().find(|call| call.name == *name)?;
    let to = Endpoint::Module(outer.child(name.clone(), implied_key(call.repeat, key)?));
    Some(statement(Endpoint::Module(module.clone()), to, call.span))
}

/// What the program implies for the resources of a state, unless something stated is about them.
pub(super) fn resources(program: &Program, snapshot: &Snapshot, stated: &[Statement]) -> Vec<Statement> {
    let mut implied = Vec::new();
    for (resource, state) in &snapshot.resources {
        let Some(decl) = program.resource(resource.config()) else { continue };
        if stated.iter().any(|statement| statement.names_resource(resource)) {
            continue;
        }
        let keys = state.instances.keys().filter_map(|key| Some((key, implied_key(decl.repeat, key)?)));
        implied.extend(keys.map(|(from, to)| {
            let instance = |key: &Key| Endpoint::Instance(resource.instance(key.clone()));
            statement(instance(from), instance(&to), decl.span)
        }));
    }
    implied
}

fn statement(from: Endpoint, to: Endpoint, span: terrane_source::Span) -> Statement {
    Statement { module: Module::root(), from, to, span, implied: true }
}

fn implied_key(repeat: Repeat, key: &Key) -> Option<Key> {
    match (repeat, key) {
        (Repeat::Count(_), Key::None) => Some(Key::Int(0)),
        (Repeat::Once | Repeat::Enabled(_), Key::Int(0)) => Some(Key::None),
        _ => None,
    }
}
