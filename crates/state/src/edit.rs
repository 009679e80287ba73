//! Changes of a state that no provider takes part in: renaming, forgetting, handing over to another provider.

use std::collections::{BTreeMap, BTreeSet};

use terrane_address::{AbsResource, ConfigResource, Instance, Key, ModuleInstance, Provider, Target};

use crate::{InstanceState, ResourceState, Snapshot, Unknown};

/// Why a state was not changed, in full sentences.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EditError(pub String);

/// What a move took out of one state, on its way to a place in the same or in another.
#[derive(Clone, Debug, PartialEq)]
pub struct Parcel {
    /// Each address that changes: what it was, and what it becomes.
    pub renamed: Vec<(Target, Target)>,
    contents: Vec<(Instance, ResourceState)>,
    unknown: Unknown,
}

/// Takes what `source` names out of a state, to be put in at `destination`.
///
/// An address without key names the instance without key if there is one, the whole resource otherwise. A module takes
/// its inner modules along. Objects that depended on what is moved keep doing so under the new address.
///
/// # Errors
/// If nothing has the address `source`, or `destination` is an address of another kind, type or mode.
pub fn take(state: &mut Snapshot, source: &Target, destination: &Target) -> Result<Parcel, EditError> {
    let renamed = pairs(state, source, destination)?;
    let (mut contents, mut unknown) = (Vec::new(), Unknown::default());
    for (from, to) in &renamed {
        unknown.add(state.unknown.take(from, to));
        match (from, to) {
            (Target::Resource(from), Target::Resource(to)) => {
                let Some(resource) = state.resources.remove(from) else { continue };
                contents.extend(resource.instances.into_inner().into_iter().map(|(key, instance)| {
                    let one = BTreeMap::from([(key.clone(), instance)]).into();
                    (to.instance(key), ResourceState { provider: resource.provider.clone(), instances: one })
                }));
            }
            (Target::Instance(from), Target::Instance(to)) => contents.extend(take_instance(state, from, to)),
            _ => {}
        }
    }
    rename_dependencies(state, &renamed);
    for (_, resource) in &mut contents {
        resource.instances.values_mut().for_each(|i| rename_in(i, &renamed, &BTreeSet::new()));
    }
    Ok(Parcel { renamed, contents, unknown })
}

/// Puts what was taken into a state.
///
/// # Errors
/// If the place is taken; the state is then not to be used.
pub fn put(state: &mut Snapshot, parcel: Parcel) -> Result<(), EditError> {
    for (_, to) in &parcel.renamed {
        vacant(state, to)?;
    }
    for (instance, resource) in parcel.contents {
        let home = state.resources.entry(instance.resource.clone());
        let home = home.or_insert_with(|| ResourceState { instances: Default::default(), ..resource.clone() });
        if home.provider != resource.provider {
            return Err(EditError(format!(
                "{instance} is managed by {}, the other instances of {} by {}; one resource has one provider configuration.",
                resource.provider, instance.resource, home.provider
            )));
        }
        home.instances.extend(resource.instances.into_inner().into_values().map(|state| (instance.key.clone(), state)));
    }
    state.unknown.add(parcel.unknown);
    Ok(())
}

fn vacant(state: &Snapshot, to: &Target) -> Result<(), EditError> {
    let (resource, there) = match to {
        Target::Resource(to) => (to, state.resources.contains_key(to)),
        Target::Instance(to) => (&to.resource, state.instance(to).is_some()),
        Target::Module(_) => return Ok(()),
    };
    if there {
        return Err(EditError(format!("The state already has an object at {to}.")));
    }
    let Target::Instance(instance) = to else { return Ok(()) };
    let mut keys = state.resources.get(resource).into_iter().flat_map(|r| r.instances.keys());
    match keys.find(|key| (**key == Key::None) != (instance.key == Key::None)) {
        Some(key) => Err(EditError(format!(
            "The state has an object at {resource}{key}, beside which {to} cannot be: either all instances of a resource \
             have a key or there is only one."
        ))),
        None => Ok(()),
    }
}

/// Drops dependencies on resources that a state does not have. Moves between states leave some.
pub fn drop_dangling(state: &mut Snapshot) {
    let there: BTreeSet<ConfigResource> = state.resources.keys().map(AbsResource::config).cloned().collect();
    for object in objects(state) {
        if !object.dependencies.iter().all(|d| there.contains(d)) {
            object.dependencies = object.dependencies.iter().filter(|d| there.contains(*d)).cloned().collect();
        }
    }
}

/// Forgets the objects of an instance, deposed ones included. Whether it was there.
pub fn forget(state: &mut Snapshot, instance: &Instance) -> bool {
    let Some(resource) = state.resources.get_mut(&instance.resource) else { return false };
    let was = resource.instances.remove(&instance.key).is_some();
    if resource.instances.is_empty() {
        state.resources.remove(&instance.resource);
    }
    was
}

/// Hands all resources of one provider over to another, and names them.
pub fn replace_provider(state: &mut Snapshot, from: &Provider, to: &Provider) -> Vec<AbsResource> {
    let mut changed = Vec::new();
    for (address, resource) in state.resources.iter_mut().filter(|(_, r)| r.provider.provider == *from) {
        resource.provider.provider = to.clone();
        changed.push(address.clone());
    }
    changed
}

fn pairs(state: &Snapshot, source: &Target, destination: &Target) -> Result<Vec<(Target, Target)>, EditError> {
    let nothing = || {
        EditError(format!(
            "{} does not match anything in the state. \"terrane state list\" shows all that is there.",
            source
        ))
    };
    let kind =
        |what: &str| Err(EditError(format!("Cannot move {} to {}: the destination must {what}.", source, destination)));
    match (source, destination) {
        (Target::Module(from), Target::Module(to)) => match inside(state, from, to) {
            list if list.is_empty() => Err(nothing()),
            list => Ok(list),
        },
        (Target::Module(_), _) => kind("be a module too"),
        (_, Target::Module(_)) => kind("be a resource or an instance, with its name"),
        (Target::Resource(from), to) => {
            let resource = state.resources.get(from).ok_or_else(nothing)?;
            if resource.instances.contains_key(&Key::None) {
                return instance(&from.instance(Key::None), to);
            }
            match to {
                Target::Resource(to) => {
                    alike(from, to)?;
                    Ok(vec![(source.clone(), Target::Resource(to.clone()))])
                }
                _ => kind("be a whole resource, without key, as the source is one with several instances"),
            }
        }
        (Target::Instance(from), to) => {
            state.instance(from).ok_or_else(nothing)?;
            instance(from, to)
        }
    }
}

fn instance(from: &Instance, to: &Target) -> Result<Vec<(Target, Target)>, EditError> {
    let to = match to {
        Target::Instance(to) => to.clone(),
        Target::Resource(to) => to.instance(Key::None),
        Target::Module(_) => return Ok(Vec::new()),
    };
    alike(&from.resource, &to.resource)?;
    Ok(vec![(Target::Instance(from.clone()), Target::Instance(to))])
}

fn inside(state: &Snapshot, from: &ModuleInstance, to: &ModuleInstance) -> Vec<(Target, Target)> {
    let resources = state.resources.keys().filter(|r| r.module.0.starts_with(&from.0));
    let moved = |resource: &AbsResource| {
        let rest = &resource.module.0[from.0.len()..];
        let module = ModuleInstance(to.0.iter().chain(rest).cloned().collect());
        AbsResource::new(module, resource.resource.clone())
    };
    resources.map(|r| (Target::Resource(r.clone()), Target::Resource(moved(r)))).collect()
}

fn alike(from: &AbsResource, to: &AbsResource) -> Result<(), EditError> {
    let (a, b) = (&from.resource, &to.resource);
    match (a.mode == b.mode, a.ty == b.ty) {
        (true, true) => Ok(()),
        (false, _) => {
            Err(EditError(format!("Cannot move {from} to {to}: one is a managed resource, the other is read only.")))
        }
        (true, false) => Err(EditError(format!(
            "Cannot move {from} to {to}: the types differ. A \"moved\" block in the configuration can change the type."
        ))),
    }
}

fn take_instance(state: &mut Snapshot, from: &Instance, to: &Instance) -> Option<(Instance, ResourceState)> {
    let resource = state.resources.get_mut(&from.resource)?;
    let instance = resource.instances.remove(&from.key)?;
    let provider = resource.provider.clone();
    if resource.instances.is_empty() {
        state.resources.remove(&from.resource);
    }
    Some((to.clone(), ResourceState { provider, instances: BTreeMap::from([(from.key.clone(), instance)]).into() }))
}

fn objects(state: &mut Snapshot) -> impl Iterator<Item = &mut crate::StoredObject> {
    let instances = state.resources.values_mut().flat_map(|r| r.instances.values_mut());
    instances.flat_map(|i| i.current.iter_mut().chain(i.deposed.values_mut()))
}

fn rename_dependencies(state: &mut Snapshot, renamed: &[(Target, Target)]) {
    let left: BTreeSet<ConfigResource> = state.resources.keys().map(AbsResource::config).cloned().collect();
    for resource in state.resources.values_mut() {
        resource.instances.values_mut().for_each(|i| rename_in(i, renamed, &left));
    }
}

/// Renames dependencies; those on resources that are left with some instances stay beside the new ones.
fn rename_in(instance: &mut InstanceState, renamed: &[(Target, Target)], left: &BTreeSet<ConfigResource>) {
    for object in instance.current.iter_mut().chain(instance.deposed.values_mut()) {
        let mut dependencies: BTreeSet<ConfigResource> = BTreeSet::new();
        for dependency in object.dependencies.iter() {
            let new: Vec<ConfigResource> = renamed.iter().filter_map(|pair| renamed_to(pair, dependency)).collect();
            if new.is_empty() || left.contains(dependency) {
                dependencies.insert(dependency.clone());
            }
            dependencies.extend(new);
        }
        object.dependencies = dependencies.into_iter().collect();
    }
}

fn renamed_to((from, to): &(Target, Target), dependency: &ConfigResource) -> Option<ConfigResource> {
    let config = |target: &Target| match target {
        Target::Resource(resource) => Some(resource.config().clone()),
        Target::Instance(instance) => Some(instance.resource.config().clone()),
        Target::Module(_) => None,
    };
    (config(from).as_ref() == Some(dependency)).then(|| config(to)).flatten()
}
