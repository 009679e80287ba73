//! Values for variables when a saved plan is applied.

use terrane_lang::Inputs;
use terrane_plan::Plan;
use terrane_source::{Diagnostic, Diagnostics};

use super::Project;

/// Gives a saved plan the values of ephemeral variables, which are not in its file.
///
/// `explicit` says whether any value was given on the command line: then all others must be as the plan has them.
pub fn supply(plan: &mut Plan, project: &Project, given: &Inputs, explicit: bool, diags: &mut Diagnostics) {
    for decl in &project.program.root().contents.variables {
        let value = given.variables.get(&decl.name);
        match (value, plan.ephemeral_variables.contains(&decl.name)) {
            (Some(value), true) => drop(plan.inputs.variables.insert(decl.name.clone(), value.clone())),
            (None, true) if decl.default.is_none() => {
                let detail = format!(
                    "The variable \"{}\" is ephemeral, so that its value is not in the plan and has to be given again.",
                    decl.name
                );
                let hint = format!("Give it as for the plan, for example with -var '{}=…'.", decl.name);
                diags.error(Diagnostic::error("No value for required variable", detail).at(decl.span).hint(hint));
            }
            (Some(value), false) if explicit => {
                let planned = plan.inputs.variables.get(&decl.name).map(|input| &input.value);
                if planned != Some(&value.value) {
                    diags.error(mismatch(&decl.name));
                }
            }
            _ => {}
        }
    }
}

fn mismatch(name: &str) -> Diagnostic {
    let detail =
        format!("The plan was made with another value for the variable \"{name}\" than the one that is given now.");
    Diagnostic::error("Mismatch between input and plan variable value", detail)
        .hint("Leave the value out, or make a new plan with it: terrane plan -out=FILE")
}
