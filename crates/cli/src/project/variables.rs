//! Values for the root module's variables, from all the places they may come from.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use terrane_lang::variables::{Origin, check_declared, from_file, from_text};
use terrane_lang::{Input, Inputs, Program, Stage, World};
use terrane_source::{Diagnostic, Diagnostics, Files};

use super::Project;
use crate::flags::{Given, Vars};
use crate::terminal::Terminal;
use crate::world::Disk;

type Values = BTreeMap<Arc<str>, Input>;

/// Values for the variables of a project: those it was loaded with, or those that are gathered now.
pub fn inputs(project: &mut Project, vars: &Vars, stage: Stage, cwd: &str, diags: &mut Diagnostics) -> Inputs {
    let inputs = match project.gathered.take() {
        Some(inputs) => inputs,
        None => {
            let Project { program, files, world, dir, .. } = project;
            Gather { program, files, world, dir }.inputs(vars, cwd, diags)
        }
    };
    Inputs { stage, ..inputs }
}

/// Gathers values for the variables of a root module.
pub struct Gather<'a> {
    /// The program; its root module counts.
    pub program: &'a Program,
    /// Takes the texts that hold values.
    pub files: &'a mut Files,
    /// This machine.
    pub world: &'a Disk,
    /// The folder of the root module.
    pub dir: &'a Path,
}

impl Gather<'_> {
    /// The values: the environment, then files that are always read, then the command line; the last one counts.
    pub fn inputs(mut self, vars: &Vars, cwd: &str, diags: &mut Diagnostics) -> Inputs {
        let mut values = self.environment(diags);
        for name in automatic_files(self.world) {
            values.extend(self.file(&name, Origin::File, diags));
        }
        for given in &vars.given {
            match given {
                Given::File(name) => values.extend(self.file(name, Origin::File, diags)),
                Given::Value(text) => values.extend(self.command_line(text, diags)),
            }
        }
        if vars.ask && Terminal::can_answer() {
            self.ask(&mut values, diags);
        }
        let workspace = super::workspace(self.dir);
        Inputs { variables: values, workspace: workspace.into(), cwd: cwd.into(), stage: Stage::Plan }
    }

    /// Asks for the values of variables that need one and have none.
    fn ask(&mut self, values: &mut Values, diags: &mut Diagnostics) {
        let Some(module) = self.program.modules.first() else { return };
        for decl in module.contents.variables.iter().filter(|decl| decl.default.is_none()) {
            if values.contains_key(&decl.name) {
                continue;
            }
            let name = &*decl.name;
            if let Some(text) = Terminal::ask_for(name, decl.description.as_deref(), decl.sensitive) {
                values.extend(self.one(name, &text, "your answer", diags));
            }
        }
    }

    fn environment(&mut self, diags: &mut Diagnostics) -> Values {
        let mut set: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(name, value)| {
                Some((name.into_string().ok()?.strip_prefix("TF_VAR_")?.to_owned(), value.into_string().ok()?))
            })
            .collect();
        set.sort();
        let mut values = Values::new();
        for (name, text) in set {
            let declared =
                self.program.modules.first().is_some_and(|m| m.contents.variables.iter().any(|v| *v.name == *name));
            if declared {
                let origin = format!("TF_VAR_{name} in the environment");
                values.extend(self.one(&name, &text, &origin, diags));
            }
        }
        values
    }

    /// The value of one text; its file in messages is named after its origin.
    fn one(&mut self, name: &str, text: &str, origin: &str, diags: &mut Diagnostics) -> Option<(Arc<str>, Input)> {
        let file = self.files.add(format!("<value for var.{name}>"), text);
        let input = from_text(self.program, name, file, text, origin, diags)?;
        Some((name.into(), input))
    }

    fn command_line(&mut self, text: &str, diags: &mut Diagnostics) -> Values {
        let Some((name, value)) = text.split_once('=') else {
            diags.error(
                Diagnostic::error("Wrong -var", format!("The flag -var {text:?} lacks an equals sign."))
                    .hint("Write it as -var 'name=value'."),
            );
            return Values::new();
        };
        let name = name.trim();
        let mut values: Values = self.one(name, value, "the command line", diags).into_iter().collect();
        check_declared(self.program, &mut values, Origin::CommandLine, diags);
        values
    }

    fn file(&mut self, name: &str, origin: Origin, diags: &mut Diagnostics) -> Values {
        let text = match self.world.read(name).map(String::from_utf8) {
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
        let id = self.files.add(name, text.as_str());
        let mut values = from_file(id, name, &text, diags);
        check_declared(self.program, &mut values, origin, diags);
        values
    }
}

fn automatic_files(world: &Disk) -> Vec<String> {
    let mut entries = world.list(".").unwrap_or_default();
    entries.sort();
    let names = || entries.iter().filter(|e| !e.is_dir).map(|e| e.name.clone());
    let first = ["terraform.tfvars", "terraform.tfvars.json"];
    let first = first.into_iter().filter(|n| names().any(|e| e == *n)).map(str::to_owned);
    first.chain(names().filter(|n| n.ends_with(".auto.tfvars") || n.ends_with(".auto.tfvars.json"))).collect()
}
