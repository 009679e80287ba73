//! What `-exclude` leaves out beyond what it names: everything that waits for it.

use std::collections::BTreeSet;

use terrane_address::{AbsResource, ConfigResource, Instance, ProviderConfig, Target};
use terrane_lang::{Dep, Program};

use super::queue::{Task, Wait};
use crate::PlanOptions;

/// Collects what is left out.
pub(super) struct LeftOut<'a> {
    program: &'a Program,
    options: &'a PlanOptions,
    instances: BTreeSet<Instance>,
    resources: BTreeSet<AbsResource>,
    declared: BTreeSet<ConfigResource>,
    providers: BTreeSet<ProviderConfig>,
    imports: BTreeSet<usize>,
}

impl<'a> LeftOut<'a> {
    /// Only what the options name.
    pub fn new(program: &'a Program, options: &'a PlanOptions) -> LeftOut<'a> {
        LeftOut {
            program,
            options,
            instances: BTreeSet::new(),
            resources: BTreeSet::new(),
            declared: BTreeSet::new(),
            providers: BTreeSet::new(),
            imports: BTreeSet::new(),
        }
    }

    /// Whether what is waited for is left out.
    pub fn has(&self, wait: &Wait) -> bool {
        match wait {
            Wait::Dep(Dep::Instance(instance)) => self.has_instance(instance),
            Wait::Dep(Dep::Whole(resource)) => self.has_part(resource),
            Wait::Prior((instance, _)) => self.has_instance(instance),
            Wait::Provider(config) => self.providers.contains(config),
            Wait::Import(place) => self.imports.contains(place),
            Wait::Calm => false,
        }
    }

    /// Adds what a task that is left out would have led to.
    pub fn add(&mut self, task: &Task) {
        match task {
            Task::Instance(instance) => drop(self.instances.insert(instance.clone())),
            Task::End { key, .. } => drop(self.instances.insert(key.0.clone())),
            Task::Expand { resource, .. } => drop(self.resources.insert(resource.clone())),
            Task::Provider(config) => drop(self.providers.insert(config.clone())),
            Task::Import { place, .. } => drop(self.imports.insert(*place)),
            Task::Resource(module, place) => {
                let module = self.program.module(*module);
                if let Some(decl) = module.contents.resources.get(*place) {
                    let name = ConfigResource { module: module.path.clone(), resource: decl.resource.clone() };
                    self.declared.insert(name);
                }
            }
            Task::Variables(_)
            | Task::Found(_)
            | Task::Post(_)
            | Task::Guard(_)
            | Task::Protect(_)
            | Task::Output(_)
            | Task::Outputs(_)
            | Task::Check(..) => {}
        }
    }

    fn has_instance(&self, instance: &Instance) -> bool {
        self.options.excludes(instance) || self.instances.contains(instance) || self.has_whole(&instance.resource)
    }

    fn has_whole(&self, resource: &AbsResource) -> bool {
        self.resources.contains(resource) || self.declared.contains(resource.config())
    }

    /// Whether any instance of a resource is left out.
    fn has_part(&self, resource: &AbsResource) -> bool {
        let names = |target: &Target| match target {
            Target::Instance(instance) => instance.resource == *resource,
            other => crate::covers(other, &resource.instance(terrane_address::Key::None)),
        };
        self.has_whole(resource)
            || self.options.excludes.iter().any(names)
            || self.instances.iter().any(|instance| instance.resource == *resource)
    }
}
