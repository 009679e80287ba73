//! Renames: `moved` blocks, and a resource that gains or loses its `count`.

use std::collections::BTreeMap;

use terrane_address::{AbsResource, Instance, Key, Module, ModuleInstance, Target};
use terrane_lang::{Program, Repeat};
use terrane_source::{Diagnostic, Diagnostics, Span};
use terrane_state::Snapshot;

/// Former addresses by new ones.
pub(crate) type Moved = BTreeMap<Instance, Instance>;

/// The snapshot with its objects under the addresses that configuration says they have now.
pub(crate) fn apply(program: &Program, snapshot: Snapshot, diags: &mut Diagnostics) -> (Snapshot, Moved) {
    let mut renames = Renames { snapshot, moved: Moved::new() };
    let moves = moves(program);
    // Chains settle after as many rounds as they have links; one that goes in a ring never would.
    for _ in 0..=moves.len() {
        let mut changed = false;
        for rename in &moves {
            changed |= renames.rename(rename, diags);
        }
        if !changed {
            break;
        }
    }
    renames.implied(program);
    let Renames { snapshot, mut moved } = renames;
    moved.retain(|to, from| to != from);
    (snapshot, moved)
}

/// One `moved` block.
struct Move {
    module: Module,
    from: Target,
    to: Target,
    span: Span,
}

fn moves(program: &Program) -> Vec<Move> {
    let of = |module: &terrane_lang::ModuleDecl| {
        let path = module.path.clone();
        let each = module.contents.moved.iter().cloned();
        each.map(move |m| Move { module: path.clone(), from: m.from, to: m.to, span: m.span }).collect::<Vec<_>>()
    };
    program.modules.iter().flat_map(of).collect()
}

struct Renames {
    snapshot: Snapshot,
    moved: Moved,
}

impl Renames {
    /// Renames everything that one block covers; returns whether there was anything.
    fn rename(&mut self, rename: &Move, diags: &mut Diagnostics) -> bool {
        let all = self.snapshot.instances().map(|(instance, ..)| instance);
        let pairs: Vec<(Instance, Instance)> = all.filter_map(|i| Some((i.clone(), renamed(rename, &i)?))).collect();
        let mut changed = false;
        for (from, to) in pairs {
            if from == to {
                continue;
            }
            if self.snapshot.instance(&to).is_some() {
                diags.push(occupied(&from, &to, rename.span));
                continue;
            }
            self.put(&from, to);
            changed = true;
        }
        changed
    }

    fn put(&mut self, from: &Instance, to: Instance) {
        let Some(resource) = self.snapshot.resources.get(&from.resource) else { return };
        let provider = resource.provider.clone();
        let Some(state) = resource.instances.get(&from.key).cloned() else { return };
        self.remove(from);
        let new = || terrane_state::ResourceState { provider, instances: BTreeMap::new() };
        let resource = self.snapshot.resources.entry(to.resource.clone()).or_insert_with(new);
        resource.instances.insert(to.key.clone(), state);
        let origin = self.moved.remove(from).unwrap_or_else(|| from.clone());
        self.moved.insert(to, origin);
    }

    fn remove(&mut self, instance: &Instance) {
        if let Some(resource) = self.snapshot.resources.get_mut(&instance.resource) {
            resource.instances.remove(&instance.key);
            if resource.instances.is_empty() {
                self.snapshot.resources.remove(&instance.resource);
            }
        }
    }

    /// What gained `count` keeps its object as the first, and what lost it keeps the first.
    fn implied(&mut self, program: &Program) {
        let all: Vec<Instance> = self.snapshot.instances().map(|(instance, ..)| instance).collect();
        for from in all {
            let module = implied_module(program, &from.resource.module);
            let resource = AbsResource { module, resource: from.resource.resource.clone() };
            let repeat = program.resource(&resource.config()).map(|decl| decl.repeat);
            let key = repeat.map_or_else(|| from.key.clone(), |repeat| implied_key(repeat, &from.key));
            let to = resource.instance(key);
            if to != from && self.snapshot.instance(&to).is_none() {
                self.put(&from, to);
            }
        }
    }
}

fn implied_module(program: &Program, module: &ModuleInstance) -> ModuleInstance {
    let mut path = Module::root();
    let mut implied = ModuleInstance::root();
    for (name, key) in &module.0 {
        let calls = program.find(&path).map(|decl| &decl.contents.calls);
        let call = calls.into_iter().flatten().find(|call| call.name == *name);
        let key = call.map_or_else(|| key.clone(), |call| implied_key(call.repeat, key));
        implied = implied.child(name.clone(), key);
        path = path.child(name.clone());
    }
    implied
}

fn implied_key(repeat: Repeat, key: &Key) -> Key {
    match (repeat, key) {
        (Repeat::Count(_), Key::None) => Key::Int(0),
        (Repeat::Once, Key::Int(0)) => Key::None,
        _ => key.clone(),
    }
}

/// The new address of an instance, if the block covers it.
fn renamed(rename: &Move, instance: &Instance) -> Option<Instance> {
    let path = &instance.resource.module.0;
    let depth = rename.module.0.len();
    if path.len() < depth || !path.iter().zip(&rename.module.0).all(|((name, _), declared)| name == declared) {
        return None;
    }
    let (base, rest) = path.split_at(depth);
    match (&rename.from, &rename.to) {
        (Target::Module(from), Target::Module(to)) => {
            let rest = renamed_module(&from.0, &to.0, rest)?;
            let module = ModuleInstance(base.iter().cloned().chain(rest).collect());
            Some(Instance { resource: AbsResource { module, ..instance.resource.clone() }, key: instance.key.clone() })
        }
        (from, to) => {
            let ((from, from_key), (to, to_key)) = (resource(from)?, resource(to)?);
            if from.resource != instance.resource.resource || from.module.0 != rest {
                return None;
            }
            let key = match (from_key, to_key) {
                (Some(from), _) if *from != instance.key => return None,
                // A whole resource becomes one instance of another only if it has no key itself.
                (None, Some(_)) if instance.key != Key::None => return None,
                (None, None) => instance.key.clone(),
                (_, to) => to.cloned().unwrap_or_default(),
            };
            let module = ModuleInstance(base.iter().chain(&to.module.0).cloned().collect());
            Some(AbsResource { module, resource: to.resource.clone() }.instance(key))
        }
    }
}

fn resource(target: &Target) -> Option<(&AbsResource, Option<&Key>)> {
    match target {
        Target::Resource(resource) => Some((resource, None)),
        Target::Instance(instance) => Some((&instance.resource, Some(&instance.key))),
        Target::Module(_) => None,
    }
}

type ModuleSteps = Vec<(std::sync::Arc<str>, Key)>;

/// `rest` with its beginning renamed. A call without key stands for all its instances, if neither side has one.
fn renamed_module(from: &ModuleSteps, to: &ModuleSteps, rest: &[(std::sync::Arc<str>, Key)]) -> Option<ModuleSteps> {
    let (last, outer) = from.split_last()?;
    let (to_last, to_outer) = to.split_last()?;
    let found = rest.get(from.len() - 1)?;
    if rest.len() < from.len() || rest[..outer.len()] != *outer || found.0 != last.0 {
        return None;
    }
    let key = match (&last.1, &to_last.1) {
        (Key::None, Key::None) => found.1.clone(),
        (from, to) if *from == found.1 => to.clone(),
        _ => return None,
    };
    let beginning = to_outer.iter().cloned().chain([(to_last.0.clone(), key)]);
    Some(beginning.chain(rest[from.len()..].iter().cloned()).collect())
}

fn occupied(from: &Instance, to: &Instance, span: Span) -> Diagnostic {
    let detail = format!("{from} cannot become {to}, since there is another object under that address already.");
    Diagnostic::warning("Object cannot be renamed", detail).at(span).hint(format!(
        "Remove the moved block if both objects are to exist, or remove one of them with `terrane state rm {to}`."
    ))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use terrane_address::{parse_instance, parse_target};
    use terrane_source::FileId;

    use super::*;

    #[test]
    fn addresses_are_renamed_where_the_block_covers_them() {
        for (module, from, to, instance, expect) in [
            ("", "t.a", "t.b", "t.a[0]", Some("t.b[0]")),
            ("", "t.a", "t.b[\"k\"]", "t.a", Some("t.b[\"k\"]")),
            ("", "t.a", "t.b[\"k\"]", "t.a[1]", None),
            ("", "t.a[1]", "t.b", "t.a[1]", Some("t.b")),
            ("", "t.a[1]", "t.b", "t.a[2]", None),
            ("", "t.a", "module.m.t.a", "t.a", Some("module.m.t.a")),
            ("m", "t.a", "t.b", "module.m[1].t.a", Some("module.m[1].t.b")),
            ("m", "t.a", "t.b", "t.a", None),
            ("", "module.m", "module.n", "module.m[\"x\"].t.a", Some("module.n[\"x\"].t.a")),
            ("", "module.m", "module.n[0]", "module.m.t.a", Some("module.n[0].t.a")),
            ("", "module.m[1]", "module.n", "module.m[1].module.o.t.a", Some("module.n.module.o.t.a")),
            ("", "module.m", "module.n", "module.o.t.a", None),
        ] {
            let path = Module(module.split('.').filter(|s| !s.is_empty()).map(Into::into).collect());
            let (from, to) = (parse_target(from).unwrap(), parse_target(to).unwrap());
            let rename = Move { module: path, from, to, span: Span::new(FileId(0), 0, 0) };
            let renamed = renamed(&rename, &parse_instance(instance).unwrap()).map(|i| i.to_string());
            assert_eq!(renamed.as_deref(), expect, "{instance}");
        }
    }
}
