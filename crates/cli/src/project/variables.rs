//! Values for the root module's variables, from all the places they may come from.

use std::collections::BTreeMap;
use std::sync::Arc;

use terrane_lang::variables::{Origin, check_declared, from_file, from_text};
use terrane_lang::{Input, Inputs, Stage, World};
use terrane_source::{Diagnostic, Diagnostics};

use super::Project;
use crate::flags::{Given, Vars};

type Values = BTreeMap<Arc<str>, Input>;

/// Gathers the values: the environment, then files that are always read, then the command line; the last one counts.
pub fn inputs(project: &mut Project, vars: &Vars, stage: Stage, cwd: &str, diags: &mut Diagnostics) -> Inputs {
    let mut values = environment(project, diags);
    for name in automatic_files(project) {
        values.extend(file(project, &name, Origin::File, diags));
    }
    for given in &vars.given {
        match given {
            Given::File(name) => values.extend(file(project, name, Origin::File, diags)),
            Given::Value(text) => values.extend(command_line(project, text, diags)),
        }
    }
    let workspace = super::workspace(&project.dir);
    Inputs { variables: values, workspace: workspace.into(), cwd: cwd.into(), stage }
}

fn environment(project: &mut Project, diags: &mut Diagnostics) -> Values {
    let mut set: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| {
            Some((name.into_string().ok()?.strip_prefix("TF_VAR_")?.to_owned(), value.into_string().ok()?))
        })
        .collect();
    set.sort();
    let mut values = Values::new();
    for (name, text) in set {
        let declared =
            project.program.modules.first().is_some_and(|m| m.contents.variables.iter().any(|v| *v.name == *name));
        if declared {
            let origin = format!("TF_VAR_{name} in the environment");
            values.extend(one(project, &name, &text, &origin, diags));
        }
    }
    values
}

/// The value of one text; its file in messages is named after its origin.
fn one(
    project: &mut Project,
    name: &str,
    text: &str,
    origin: &str,
    diags: &mut Diagnostics,
) -> Option<(Arc<str>, Input)> {
    let file = project.files.add(format!("<value for var.{name}>"), text);
    let input = from_text(&project.program, name, file, text, origin, diags)?;
    Some((name.into(), input))
}

fn command_line(project: &mut Project, text: &str, diags: &mut Diagnostics) -> Values {
    let Some((name, value)) = text.split_once('=') else {
        diags.error(
            Diagnostic::error("Wrong -var", format!("The flag -var {text:?} lacks an equals sign."))
                .hint("Write it as -var 'name=value'."),
        );
        return Values::new();
    };
    let name = name.trim();
    let mut values: Values = one(project, name, value, "the command line", diags).into_iter().collect();
    check_declared(&project.program, &mut values, Origin::CommandLine, diags);
    values
}

fn automatic_files(project: &Project) -> Vec<String> {
    let mut entries = project.world.list(".").unwrap_or_default();
    entries.sort();
    let names = || entries.iter().filter(|e| !e.is_dir).map(|e| e.name.clone());
    let first = ["terraform.tfvars", "terraform.tfvars.json"];
    let first = first.into_iter().filter(|n| names().any(|e| e == *n)).map(str::to_owned);
    first.chain(names().filter(|n| n.ends_with(".auto.tfvars") || n.ends_with(".auto.tfvars.json"))).collect()
}

fn file(project: &mut Project, name: &str, origin: Origin, diags: &mut Diagnostics) -> Values {
    let text = match project.world.read(name).map(String::from_utf8) {
        Ok(Ok(text)) => text,
        Ok(Err(_)) => {
            diags.error(Diagnostic::error("Wrong variables file", format!("The file {name} is not UTF-8 text.")));
            return Values::new();
        }
        Err(e) => {
            diags.error(Diagnostic::error(
                "Variables file cannot be read",
                format!("The file {name} cannot be read: {e}."),
            ));
            return Values::new();
        }
    };
    let id = project.files.add(name, text.as_str());
    let mut values = from_file(id, name, &text, diags);
    check_declared(&project.program, &mut values, origin, diags);
    values
}
