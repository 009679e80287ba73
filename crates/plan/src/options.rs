//! What a user asks of a plan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use terrane_address::{AbsResource, ConfigResource, Instance, Key, ModuleInstance, Target};
use terrane_state::StoredObject;

/// What a plan is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlanMode {
    /// To make the world match the configuration.
    #[default]
    Normal,
    /// To delete everything.
    Destroy,
    /// To bring the state up to date with the world.
    RefreshOnly,
}

/// Attributes by instance.
pub type Told = BTreeMap<Instance, BTreeSet<Arc<str>>>;

/// How a plan is made.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanOptions {
    /// What it is for.
    pub mode: PlanMode,
    /// Whether existing objects are read first.
    pub refresh: bool,
    /// What it is limited to, with all that these depend on; empty for everything.
    pub targets: Vec<Target>,
    /// What is left out, with all that depends on these.
    pub excludes: Vec<Target>,
    /// What is replaced even if nothing about it changes.
    pub replace: Vec<Instance>,
    /// What may be deleted in spite of `prevent_destroy`.
    pub allow_destroy: Vec<Target>,
    /// Existing objects to take over, by id; those of `import` blocks are added to these.
    pub imports: Vec<(Instance, String)>,
    /// Whether what cannot be planned yet is left for a later plan; it is an error otherwise.
    pub allow_deferral: bool,
    /// Whether configuration is written for imported objects that have none, and what of each it says in any case.
    pub generate: Option<Told>,
    /// Imported objects that a plan of the same command has found already, so that they are not asked for again.
    pub found: BTreeMap<Instance, StoredObject>,
}

impl Default for PlanOptions {
    fn default() -> PlanOptions {
        PlanOptions {
            mode: PlanMode::Normal,
            refresh: true,
            targets: Vec::new(),
            excludes: Vec::new(),
            replace: Vec::new(),
            allow_destroy: Vec::new(),
            imports: Vec::new(),
            allow_deferral: false,
            generate: None,
            found: BTreeMap::new(),
        }
    }
}

impl PlanOptions {
    /// Whether it is limited to a part.
    pub fn is_limited(&self) -> bool {
        !self.targets.is_empty() || !self.excludes.is_empty()
    }

    /// Whether an instance is itself selected.
    pub(crate) fn selects(&self, instance: &Instance) -> bool {
        let chosen = self.targets.is_empty() || self.targets.iter().any(|t| covers(t, instance));
        chosen && !self.excludes(instance)
    }

    /// Whether an instance is itself left out.
    pub(crate) fn excludes(&self, instance: &Instance) -> bool {
        self.excludes.iter().any(|t| covers(t, instance))
    }

    /// Whether an instance may be deleted in spite of `prevent_destroy`.
    pub(crate) fn allows_destroy(&self, instance: &Instance) -> bool {
        self.allow_destroy.iter().any(|t| covers(t, instance))
    }

    /// Whether any expansion of a declared resource can be selected.
    pub(crate) fn may_select(&self, resource: &ConfigResource) -> bool {
        let matches = |target: &Target| match target {
            Target::Module(module) => resource.module.0.starts_with(&module.module().0),
            Target::Resource(r) => r.config() == resource,
            Target::Instance(i) => i.resource.config() == resource,
        };
        self.targets.is_empty() || self.targets.iter().any(matches)
    }

    /// Whether any instance of an expanded resource can be selected.
    pub(crate) fn may_select_in(&self, resource: &AbsResource) -> bool {
        let matches = |target: &Target| match target {
            Target::Module(module) => begins(&resource.module, module),
            Target::Resource(r) | Target::Instance(Instance { resource: r, .. }) => is_same(resource, r),
        };
        self.targets.is_empty() || self.targets.iter().any(matches)
    }
}

/// Whether an instance is the target or within it. A module call without key stands for all its instances.
pub fn covers(target: &Target, instance: &Instance) -> bool {
    match target {
        Target::Module(module) => begins(&instance.resource.module, module),
        Target::Resource(resource) => is_same(&instance.resource, resource),
        Target::Instance(i) => i.key == instance.key && is_same(&instance.resource, &i.resource),
    }
}

fn is_same(resource: &AbsResource, target: &AbsResource) -> bool {
    let depth = resource.module.0.len() == target.module.0.len();
    resource.resource == target.resource && depth && begins(&resource.module, &target.module)
}

/// Whether a module is the target or within it. A call without key stands for all its instances.
fn begins(module: &ModuleInstance, target: &ModuleInstance) -> bool {
    let same = |((name, key), (wanted, of)): (&(Arc<str>, Key), &(Arc<str>, Key))| {
        name == wanted && (*of == Key::None || key == of)
    };
    module.0.len() >= target.0.len() && module.0.iter().zip(&target.0).all(same)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use terrane_address::{parse_instance, parse_target};

    use super::*;

    #[test]
    fn targets_select_by_module_resource_and_instance() {
        for (target, instance, selected) in [
            ("module.a", "module.a.t.x[0]", true),
            ("module.a", "module.a.module.b.t.x", true),
            ("module.a", "module.a[1].t.x", true),
            ("module.a.t.x", "module.a[1].t.x[0]", true),
            ("module.a.t.x", "module.a.module.b.t.x", false),
            ("module.a[0]", "module.a[1].t.x", false),
            ("t.x", "t.x[\"k\"]", true),
            ("t.x", "t.y", false),
            ("t.x[1]", "t.x[0]", false),
        ] {
            let options = PlanOptions { targets: vec![parse_target(target).unwrap()], ..PlanOptions::default() };
            let instance = parse_instance(instance).unwrap();
            assert_eq!(options.selects(&instance), selected, "{target} {instance}");
            if selected {
                assert!(options.may_select(instance.resource.config()) && options.may_select_in(&instance.resource));
            }
        }
    }
}
