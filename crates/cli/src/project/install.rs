//! Bringing the modules of a project to `.terraform/modules`.

use std::collections::HashSet;
use std::path::Path;

use terrane_address::ModuleSource;
use terrane_lang::{Inputs, Loading, Program, Wanted};
use terrane_registry::{FetchError, Installer, Manifest, Order, Record};
use terrane_source::{Diagnostic, Diagnostics, Files};

use super::modules::{MODULES, manifest, modules};
use super::{Project, data_dir, variables};
use crate::flags::Vars;
use crate::views::view::View;
use crate::world::Disk;

/// What to do with modules that are there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Present {
    /// Take them as they are.
    Keep,
    /// Download them again.
    Upgrade,
}

/// Loads the configuration in a folder and installs the modules that it calls, with a line about each that is new.
///
/// Of what is wrong with the configuration only that is reported which keeps modules from being found.
pub async fn install(
    dir: &Path,
    vars: &Vars,
    cwd: &str,
    present: Present,
    view: &dyn View,
    diags: &mut Diagnostics,
) -> Project {
    let world = Disk::at(dir);
    let mut files = Files::new();
    let mut loading = Loading::root(&world, ".", &mut files, diags);
    let first_value = files.iter().count();
    let inputs = variables::Gather { program: loading.program(), files: &mut files, world: &world, dir }
        .inputs(vars, cwd, diags);
    let values = first_value..files.iter().count();
    let folder = data_dir(dir).join(MODULES);
    let before = manifest(&data_dir(dir), diags);
    let known = match present {
        Present::Keep => before.clone(),
        Present::Upgrade => Manifest::default(),
    };
    let mut work = Work { installer: Installer::new(&folder), known, before, shown: 1, failed: HashSet::new(), view };
    announce(loading.program(), present, view);
    work.all(&mut loading, &world, &inputs, &mut files, diags).await;
    let program = loading.finish(diags);
    if let Err(e) = record(&program, &work.known).write(&folder) {
        diags.error(Diagnostic::error("Failed to update module manifest", e.to_string()));
    }
    Project::of(dir, world, files, program, values, inputs)
}

fn announce(program: &Program, present: Present, view: &dyn View) {
    if !program.root().contents.calls.is_empty() {
        let word = if present == Present::Upgrade { "Upgrading" } else { "Initializing" };
        view.say(&format!("{word} modules..."));
    }
}

struct Work<'a> {
    installer: Installer,
    /// The modules that are there now.
    known: Manifest,
    /// The modules that were there at the start.
    before: Manifest,
    /// How many modules of the program have had their line.
    shown: usize,
    /// Keys of modules that cannot be had.
    failed: HashSet<String>,
    /// Who is told of modules.
    view: &'a dyn View,
}

impl Work<'_> {
    async fn all(
        &mut self,
        loading: &mut Loading,
        world: &Disk,
        inputs: &Inputs,
        files: &mut Files,
        diags: &mut Diagnostics,
    ) {
        loop {
            let wanted = loading.calls(world, &modules(&self.known), inputs, files, diags);
            self.show(loading.program());
            let (wanted, orders) = self.orders(wanted, diags);
            if orders.is_empty() {
                return;
            }
            if let Err(e) = self.installer.prepare(&mut self.known, &orders) {
                diags.error(Diagnostic::error("Failed to update module manifest", e.to_string()));
                return;
            }
            for order in &orders {
                let address = terrane_address::without_secrets(&order.source.package);
                self.view.say(&format!("Downloading {address} for {}...", order.key));
            }
            let results = self.installer.install(&orders).await;
            for ((wanted, order), result) in wanted.iter().zip(orders).zip(results) {
                self.done(wanted, order, result.map(|dir| shown_dir(&dir)), diags);
            }
        }
    }

    /// What is to be downloaded. What cannot be is reported.
    fn orders(&mut self, wanted: Vec<Wanted>, diags: &mut Diagnostics) -> (Vec<Wanted>, Vec<Order>) {
        let mut orders = Vec::new();
        let mut kept = Vec::new();
        for wanted in wanted {
            let key = wanted.path.0.join(".");
            if self.failed.contains(&key) {
                continue;
            }
            match &wanted.source {
                ModuleSource::Remote(source) => {
                    orders.push(Order { key, source: source.clone() });
                    kept.push(wanted);
                }
                _ => {
                    diags.error(failure(&wanted, &FetchError::Registry));
                    self.failed.insert(key);
                }
            }
        }
        (kept, orders)
    }

    fn done(&mut self, wanted: &Wanted, order: Order, dir: Result<String, FetchError>, diags: &mut Diagnostics) {
        match dir {
            Ok(dir) => {
                let source = wanted.source.to_string();
                let record = Record { key: order.key.clone(), source, version: None, dir };
                self.known.records.insert(order.key, record);
            }
            Err(error) => {
                diags.error(failure(wanted, &error));
                self.failed.insert(order.key);
            }
        }
    }

    /// Writes a line for each module that was not there before.
    fn show(&mut self, program: &Program) {
        for module in &program.modules[self.shown..] {
            let key = module.path.0.join(".");
            let dir = &*module.contents.dir;
            if self.before.records.get(&key).is_none_or(|r| r.dir != dir) || !self.known.records.contains_key(&key) {
                self.view.say(&format!("- {key} in {dir}"));
            }
        }
        self.shown = program.modules.len();
    }
}

/// The folder as it is recorded: relative to the project where it is within it.
fn shown_dir(dir: &Path) -> String {
    dir.strip_prefix(".").unwrap_or(dir).to_string_lossy().into_owned()
}

fn failure(wanted: &Wanted, error: &FetchError) -> Diagnostic {
    let name = wanted.path.0.last().map_or("", |n| n);
    let address = match &wanted.source {
        ModuleSource::Remote(source) => source.package.clone(),
        other => other.to_string(),
    };
    let address = terrane_address::without_secrets(&address);
    let detail = format!("Module \"{name}\" cannot be had from \"{address}\": {error}");
    let diagnostic = Diagnostic::error("Failed to download module", detail).at(wanted.span);
    match error.hint() {
        Some(hint) => diagnostic.hint(hint),
        None => diagnostic,
    }
}

/// The manifest of all modules of a program.
fn record(program: &Program, known: &Manifest) -> Manifest {
    let mut manifest = Manifest::default();
    for module in &program.modules {
        let key = module.path.0.join(".");
        let source = module.parent.and_then(|(parent, call)| program.module(parent).sources[call.index()].as_ref());
        let source = source.map(|s| s.source.to_string()).unwrap_or_default();
        let before = known.records.get(&key);
        let version = before.and_then(|r| r.version.clone());
        let source = before.filter(|r| r.version.is_some()).map_or(source, |r| r.source.clone());
        manifest.records.insert(key.clone(), Record { key, source, version, dir: module.contents.dir.to_string() });
    }
    manifest
}
