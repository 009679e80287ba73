//! Which attributes a plan's changes come from, in Terraform's JSON.

use std::collections::BTreeSet;

use serde::Serialize;
use terrane_address::{AbsResource, Mode, ModuleInstance};
use terrane_lang::{Made, Program};
use terrane_plan::{Plan, PlanMode};

use super::values::{self, Raw};

/// An attribute that something in the plan is made of.
#[derive(Serialize)]
pub struct Attribute {
    resource: String,
    attribute: Raw,
}

/// The attributes that changed objects and outputs are made of, in order of address.
pub fn relevant(program: &Program, plan: &Plan) -> Vec<Attribute> {
    let changed = plan.steps.iter().filter(|step| !step.change.is_no_op()).map(|step| Made::Instance(&step.instance));
    let root = ModuleInstance::root();
    let outputs = plan.outputs.iter().filter(|(_, change)| !change.is_no_op());
    let outputs = outputs.map(|(name, _)| Made::Output(&root, name));
    let partial = plan.options.mode == PlanMode::Destroy || plan.options.is_limited();
    let modules = if partial { BTreeSet::new() } else { modules(program, plan) };
    // What modules give to each other is not in the state, so that it is always new.
    let inner = modules.iter().flat_map(|module| {
        let decl = program.find(&module.module());
        let outputs = decl.map(|decl| decl.contents.outputs.as_slice()).unwrap_or_default();
        outputs.iter().map(move |output| Made::Output(module, &output.name))
    });
    let found = program.contributors(changed.chain(outputs).chain(inner));
    let mut found: Vec<Attribute> = found
        .into_iter()
        .map(|(instance, path)| Attribute { resource: instance.to_string(), attribute: values::path(&path) })
        .collect();
    found.sort_by(|a, b| a.resource.cmp(&b.resource));
    found
}

/// The instances of child modules, as far as they hold objects.
fn modules(program: &Program, plan: &Plan) -> BTreeSet<ModuleInstance> {
    let mut found = BTreeSet::new();
    let stays = plan.steps.iter().filter(|step| step.change.after().is_some());
    let is_read = |name: &&AbsResource| plan.options.mode == PlanMode::RefreshOnly || name.resource.mode == Mode::Data;
    let held = plan.refreshed.resources.keys().filter(is_read);
    for resource in stays.map(|step| &step.instance.resource).chain(held) {
        let mut module = Some(resource.module.clone());
        while let Some(next) = module.filter(|module| !module.is_root()) {
            module = next.parent();
            if program.find(&next.module()).is_some() {
                found.insert(next);
            }
        }
    }
    found
}
