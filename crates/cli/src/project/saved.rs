//! Saved plans: reading them, and whether they fit the folder they are to be applied in.

use std::collections::BTreeMap;
use std::path::Path;

use terrane_encryption::envelope::is_sealed;
use terrane_lang::Inputs;
use terrane_plan::Plan;
use terrane_plan::file::{FileError, Origin};
use terrane_source::{Diagnostic, Diagnostics, Files};
use terrane_state::Store;

use super::{Project, encryption};
use crate::Context;
use crate::flags::Vars;

/// Reads a saved plan to be looked at, and where it comes from; one that is not encrypted is read wherever it is.
///
/// # Errors
/// After what is wrong was reported, with the texts it may point at.
pub async fn read_of_any_kind(
    path: &Path,
    context: &Context,
    vars: &Vars,
    diags: &mut Diagnostics,
) -> Result<(Plan, Origin), Files> {
    match bytes(path) {
        Ok(plain) if !is_sealed(&plain) => parse(path, &plain).map_err(|problem| reported(diags, problem)),
        _ => read(path, context, vars, diags).await,
    }
}

/// Reads a saved plan that is stored as the configuration in the folder asks for: encrypted, if it asks for that.
///
/// # Errors
/// After what is wrong was reported, with the texts it may point at.
pub async fn read(
    path: &Path,
    context: &Context,
    vars: &Vars,
    diags: &mut Diagnostics,
) -> Result<(Plan, Origin), Files> {
    let bytes = bytes(path).map_err(|problem| reported(diags, problem))?;
    let bytes = encryption::opened_plan(bytes, context, vars, diags).await?;
    parse(path, &bytes).map_err(|problem| reported(diags, problem))
}

fn reported(diags: &mut Diagnostics, problem: Diagnostic) -> Files {
    diags.error(problem);
    Files::new()
}

fn cannot(path: &Path, why: &str) -> Diagnostic {
    Diagnostic::error("Plan cannot be read", format!("{}: {why}", path.display()))
}

fn bytes(path: &Path) -> Result<Vec<u8>, Diagnostic> {
    if path.is_dir() {
        let hint = format!("To use the configuration in that folder, run: terrane -chdir={} ...", path.display());
        return Err(cannot(path, "this is a folder, not a plan file.").hint(hint));
    }
    std::fs::read(path).map_err(|e| cannot(path, &format!("{e}.")))
}

fn parse(path: &Path, bytes: &[u8]) -> Result<(Plan, Origin), Diagnostic> {
    let cannot = |why: String| cannot(path, &why);
    terrane_plan::file::read(bytes).map_err(|error| {
        let problem = cannot(error.to_string());
        match error {
            FileError::Foreign(_) => problem.hint("A plan file is made by: terrane plan -out=FILE"),
            _ => problem,
        }
    })
}

/// Reports in what a project and its store differ from those that a plan was made with.
pub fn check(
    plan: &Plan,
    origin: &Origin,
    project: &Project,
    workspace: &str,
    store: &dyn Store,
    diags: &mut Diagnostics,
) {
    let planned = &*plan.inputs.workspace;
    if planned != workspace {
        let detail = format!("The plan was made in the workspace {planned:?}, but the one in use is {workspace:?}.");
        diags.error(Diagnostic::error("Plan is for another workspace", detail).hint(format!(
            "To apply it there, set TF_WORKSPACE={planned}. To change this workspace, make a new plan."
        )));
    } else if origin.place != store.place() {
        let detail = format!(
            "The plan was made from the state in {}, but the state of this folder is in {}.",
            origin.place,
            store.place()
        );
        diags.error(Diagnostic::error("Plan is for another state", detail).hint("Make a new plan here."));
    }
    let changes = changes(&origin.configuration, &project.digests);
    if !changes.is_empty() {
        let detail = format!("The plan was made from another configuration than the one here: {changes}.");
        diags.error(
            Diagnostic::error("Configuration has changed since the plan", detail)
                .hint("Make a new plan, or go back to the configuration it was made from."),
        );
    }
}

/// Says which files differ, `main.tf has changed, new.tf is new`; nothing if none does.
fn changes(then: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> String {
    let gone = then.keys().filter(|name| !now.contains_key(*name)).map(|name| format!("{name} is gone"));
    let other = now.iter().filter_map(|(name, digest)| match then.get(name) {
        None => Some(format!("{name} is new")),
        Some(before) if before != digest => Some(format!("{name} has changed")),
        Some(_) => None,
    });
    other.chain(gone).collect::<Vec<_>>().join(", ")
}

/// Gives a saved plan the values of ephemeral variables, which are not in its file, and checks that no other value has
/// changed where the plan took it from.
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
            (Some(value), false) => {
                let planned = plan.inputs.variables.get(&decl.name);
                let same_place = planned.is_some_and(|planned| planned.origin == value.origin);
                let differs = planned.map(|input| &input.value) != Some(&value.value);
                if (explicit || same_place) && differs {
                    diags.error(mismatch(&decl.name, &value.origin));
                }
            }
            _ => {}
        }
    }
}

/// The error; it names no value, for it may be secret.
fn mismatch(name: &str, origin: &str) -> Diagnostic {
    let detail = format!(
        "The plan was made with another value for the variable \"{name}\" than the one that is given now by {origin}."
    );
    Diagnostic::error("Mismatch between input and plan variable value", detail)
        .hint("Leave the value as it was, or make a new plan with it: terrane plan -out=FILE")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_differ_are_named() {
        let files = |list: &[(&str, &str)]| list.iter().map(|(n, d)| ((*n).to_owned(), (*d).to_owned())).collect();
        let then = files(&[("a.tf", "1"), ("b.tf", "2"), ("c.tf", "3")]);
        let now = files(&[("a.tf", "1"), ("b.tf", "9"), ("d.tf", "4")]);
        assert_eq!(changes(&then, &now), "b.tf has changed, d.tf is new, c.tf is gone");
        assert_eq!(changes(&then, &then), "");
    }
}
