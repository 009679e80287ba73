//! What can be said of a program without values and without objects.

mod cycle;
mod deprecated;
mod graph;
pub(crate) mod ignored;
mod items;
mod keeping;
mod scoped;
mod uses;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use terrane_address::Provider;
use terrane_source::{Diagnostic, Diagnostics};

use crate::evaluator::{Evaluator, Inputs, Stage};
use crate::load::missing_argument;
use crate::program::{CallDecl, Contents, ModuleDecl};
use crate::suggest::Suggest;
use crate::{Program, Schemas, World};

pub use items::{Item, ItemKind};
pub use keeping::unsupported;
pub use uses::{EphemeralUse, ephemeral_uses};

/// Reports everything that is wrong whatever the values of variables and objects are.
pub fn check(program: &Program, schemas: &dyn Schemas, world: &dyn World, diags: &mut Diagnostics) {
    for module in &program.modules {
        for (call, child) in module.contents.calls.iter().zip(&module.children) {
            if let Some(child) = child {
                check_call(call, &program.module(*child).contents, diags);
            }
        }
    }
    cycle::check(program, diags);
    scoped::check(program, diags);
    deprecated::check(program, schemas, diags);
    ignored::check(program, diags);
    crate::metas::check(program, schemas, diags);
    check_values(program, schemas, world, diags);
}

/// Reports things that need themselves: a shortest cycle of each group, with the references that make it.
pub fn cycles(program: &Program, diags: &mut Diagnostics) {
    cycle::check(program, diags);
}

/// Compares the arguments of a call with the variables of the module.
fn check_call(call: &CallDecl, child: &Contents, diags: &mut Diagnostics) {
    for argument in call.arguments.iter().filter(|a| child.variable(&a.name).is_none()) {
        let detail = format!("The module has no variable named \"{}\".", argument.name);
        let error = Diagnostic::error("Unsupported argument", detail).at(argument.name_span);
        diags.error(error.suggest(&argument.name, child.variables.iter().map(|v| &*v.name)));
    }
    let given = |name: &str| call.arguments.iter().any(|a| *a.name == *name);
    for variable in child.variables.iter().filter(|v| v.default.is_none() && !given(&v.name)) {
        let error = missing_argument(&variable.name, call.span);
        diags.error(error.note_at(variable.span, "The variable is declared here"));
    }
}

fn check_values(program: &Program, schemas: &dyn Schemas, world: &dyn World, diags: &mut Diagnostics) {
    let inputs =
        Inputs { variables: BTreeMap::new(), workspace: "default".into(), cwd: ".".into(), stage: Stage::Validate };
    let mut evaluator = Evaluator::new(program, schemas, world, inputs);
    let mut missing = BTreeSet::new();
    let mut seen: Vec<(&Arc<Contents>, Vec<&Provider>)> = Vec::new();
    for module in &program.modules {
        let what = (&module.contents, providers(module));
        // Modules of one folder differ in nothing but their providers, and in what is said to their variables, while
        // all values are unknown.
        if !seen.iter().any(|(contents, providers)| Arc::ptr_eq(contents, what.0) && *providers == what.1) {
            seen.push(what);
            evaluator.validate(module, &mut missing, diags);
        }
        evaluator.validate_arguments(module, diags);
    }
}

fn providers(module: &ModuleDecl) -> Vec<&Provider> {
    module.resource_providers.iter().map(|config| &config.provider).collect()
}
