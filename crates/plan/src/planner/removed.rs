//! `removed` blocks: whether what is no longer declared is deleted or only forgotten.

use terrane_address::{ConfigResource, Instance, Module, Target};
use terrane_lang::{ModuleDecl, Program, RemovedDecl};
use terrane_source::Diagnostic;

use super::Planner;
use super::queue::End;
use crate::{DeleteReason, PlanMode};

impl Planner<'_> {
    /// How an object ends that would be deleted for a reason. The last `removed` block about it decides.
    pub(super) fn end_of(&self, instance: &Instance, reason: DeleteReason) -> End {
        match deciding(self.program, instance.resource.config()) {
            Some((_, removed)) if !removed.destroy && self.options.mode != PlanMode::Destroy => End::Forget,
            _ => End::Delete(reason),
        }
    }

    /// Whether a `removed` block says how an object ends.
    pub(super) fn is_removed(&self, instance: &Instance) -> bool {
        let name = instance.resource.config();
        let mut about = self.removals().filter(|(module, removed)| covers(module, &removed.from, name));
        self.options.mode != PlanMode::Destroy && about.next().is_some()
    }

    /// Reports `removed` blocks for what is still declared.
    pub(super) fn check_removals(&mut self) {
        let mut errors = Vec::new();
        for (module, removed) in self.removals() {
            let place = match &removed.from {
                Target::Module(inner) => self.program.find(&joined(module, &inner.module())).and_then(|found| {
                    let (parent, call) = found.parent?;
                    Some(self.program.module(parent).contents.calls.get(call.index())?.span)
                }),
                Target::Resource(resource) => {
                    let module = joined(module, &resource.module.module());
                    let name = ConfigResource { module, resource: resource.resource.clone() };
                    self.program.resource(&name).map(|decl| decl.span)
                }
                Target::Instance(_) => None,
            };
            if let Some(place) = place {
                errors.push(still_declared(removed, place));
            }
        }
        for error in errors {
            self.diags.error(error);
        }
    }

    fn removals(&self) -> impl DoubleEndedIterator<Item = (&ModuleDecl, &RemovedDecl)> {
        removals(self.program)
    }
}

fn removals(program: &Program) -> impl DoubleEndedIterator<Item = (&ModuleDecl, &RemovedDecl)> {
    program.modules.iter().flat_map(|m| m.contents.removed.iter().map(move |removed| (m, removed)))
}

/// The `removed` block that decides about the objects of a resource, with its module.
pub(crate) fn deciding<'p>(program: &'p Program, name: &ConfigResource) -> Option<(&'p ModuleDecl, &'p RemovedDecl)> {
    removals(program).rfind(|(module, removed)| covers(module, &removed.from, name))
}

fn joined(module: &ModuleDecl, inner: &Module) -> Module {
    Module(module.path.0.iter().chain(&inner.0).cloned().collect())
}

fn covers(module: &ModuleDecl, from: &Target, name: &ConfigResource) -> bool {
    match from {
        Target::Module(inner) => name.module.0.starts_with(&joined(module, &inner.module()).0),
        Target::Resource(resource) => {
            name.resource == resource.resource && name.module == joined(module, &resource.module.module())
        }
        Target::Instance(_) => false,
    }
}

fn still_declared(removed: &RemovedDecl, place: terrane_source::Span) -> Diagnostic {
    let (kind, address) = match &removed.from {
        Target::Module(module) => ("module", module.to_string()),
        Target::Resource(resource) => ("resource", resource.to_string()),
        Target::Instance(instance) => ("resource", instance.to_string()),
    };
    let detail = format!("This block says that {address} is no longer declared, but it is.");
    Diagnostic::error(format!("Removed {kind} block still exists"), detail)
        .at(removed.span)
        .note_at(place, "It is declared here")
        .hint("Remove one of the two blocks.")
}
