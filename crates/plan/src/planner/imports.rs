//! `import` blocks: which instances take over an object that exists, once what names it is known.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use terrane_address::{AbsResource, ConfigResource, Instance, Key, Mode, ModuleInstance};
use terrane_lang::{ImportDecl, ImportTarget};
use terrane_provider::ImportBy;
use terrane_source::{Diagnostic, Reported, Span};

use super::queue::{Task, Wait};
use super::{Halt, Planner};
use crate::moves::{Declared, Endpoint};
use crate::{PlanMode, PlanOptions};

/// What is to be taken over.
#[derive(Debug, Default)]
pub(super) struct Imports {
    /// By instance; the block, if it is one that says so.
    wanted: BTreeMap<Instance, (ImportBy, Option<Span>)>,
    /// Those of which it is not known what names the object.
    nameless: BTreeSet<Instance>,
    /// Resources of which it is not known which instances are to be taken over.
    vague: BTreeSet<ConfigResource>,
    /// The blocks for a resource, by their place in the root module.
    blocks: FxHashMap<ConfigResource, Vec<usize>>,
    /// The blocks whose evaluation has begun; how it ended.
    begun: BTreeMap<usize, Option<Result<(), Reported>>>,
}

impl Imports {
    /// Those that the user asks for.
    pub fn asked(options: &PlanOptions) -> Imports {
        let asked = options.imports.iter().cloned();
        let wanted = asked.map(|(instance, id)| (instance, (ImportBy::Id(id), None))).collect();
        Imports { wanted, ..Imports::default() }
    }

    /// Notes a block for a resource.
    pub fn blocks_for(&mut self, resource: &ConfigResource, place: usize) {
        self.blocks.entry(resource.clone()).or_default().push(place);
    }

    /// What names the object that an instance takes over.
    pub fn of(&self, instance: &Instance) -> Option<&ImportBy> {
        self.wanted.get(instance).map(|(by, _)| by)
    }

    /// Whether it is not known yet if or by what name an instance takes an object over.
    pub fn is_open(&self, instance: &Instance) -> bool {
        self.nameless.contains(instance) || self.vague.contains(instance.resource.config())
    }
}

impl Planner<'_> {
    /// Finds the import blocks and, unless targets limit the plan, evaluates all of them.
    pub(super) fn start_imports(&mut self) {
        if self.options.mode != PlanMode::Normal {
            return;
        }
        for (place, decl) in self.program.root().contents.imports.iter().enumerate() {
            let declared = self.program.resource(&decl.to).is_some() && decl.to.resource.mode == Mode::Managed;
            if !declared && self.adopt(place, decl) {
                continue;
            }
            if !declared {
                self.diags.error(undeclared(&decl.to.to_string(), &decl.to, or_generate(decl), decl.span));
                continue;
            }
            self.imports.blocks_for(&decl.to, place);
            if !self.options.is_limited() {
                self.begin_import(place);
            }
        }
    }

    fn begin_import(&mut self, place: usize) {
        let Some(decl) = self.program.root().contents.imports.get(place) else { return };
        if let std::collections::btree_map::Entry::Vacant(entry) = self.imports.begun.entry(place) {
            entry.insert(None);
            self.queue.push(Task::Import { place, to: roughly(decl) });
        }
    }

    /// Goes on only when all imports into a resource are known.
    pub(super) fn await_imports(&mut self, resource: &ConfigResource) -> Result<(), Halt> {
        for place in self.imports.blocks.get(resource).cloned().unwrap_or_default() {
            self.begin_import(place);
            match self.imports.begun.get(&place) {
                Some(Some(Ok(()))) => {}
                Some(Some(Err(reported))) => return Err(Halt::Failed(*reported)),
                _ => return Err(Halt::Wait(Wait::Import(place))),
            }
        }
        Ok(())
    }

    /// Evaluates an import block.
    pub(super) fn import_block(&mut self, place: usize) -> Result<(), Halt> {
        let Some(targets) = self.attempt(|e, lookup, diags| e.import(place, lookup, diags))? else {
            let decl = self.program.root().contents.imports.get(place);
            self.imports.vague.extend(decl.map(|decl| decl.to.clone()));
            self.end_import(place, Ok(()));
            return Ok(());
        };
        for ImportTarget { to, by, span } in targets {
            let by = match by {
                Some(terrane_lang::ImportBy::Id(id)) => ImportBy::Id(id),
                Some(terrane_lang::ImportBy::Identity(identity)) => ImportBy::Identity(identity),
                None => {
                    self.imports.nameless.insert(to);
                    continue;
                }
            };
            match self.imports.wanted.get(&to) {
                None => drop(self.imports.wanted.insert(to, (by, Some(span)))),
                Some((_, Some(first))) => {
                    let error = twice(&to, span).note_at(*first, "The first is here");
                    return Err(Halt::Failed(self.diags.error(error)));
                }
                // What the user asks for goes first.
                Some((_, None)) => {}
            }
        }
        self.end_import(place, Ok(()));
        Ok(())
    }

    pub(super) fn end_import(&mut self, place: usize, result: Result<(), Reported>) {
        self.imports.begun.insert(place, Some(result));
        self.queue.wake(&Wait::Import(place));
    }

    /// Reports imports for instances that their resource does not have.
    pub(super) fn check_imports(&mut self) {
        let blocks = self.imports.wanted.iter().filter_map(|(instance, (_, span))| Some((instance.clone(), (*span)?)));
        for (instance, span) in blocks.collect::<Vec<_>>() {
            let config = instance.resource.config();
            if self.known_keys(&instance.resource) && self.span(&Endpoint::Instance(instance.clone())).is_none() {
                self.diags.error(undeclared(&instance.to_string(), config, "", span));
            }
        }
    }
}

/// Where a block leads, as far as that is written out.
fn roughly(decl: &ImportDecl) -> AbsResource {
    let known = decl.fixed().map(|instance| instance.resource);
    known.unwrap_or_else(|| {
        let module = ModuleInstance(decl.to.module.0.iter().map(|name| (name.clone(), Key::None)).collect());
        AbsResource::new(module, decl.to.resource.clone())
    })
}

fn undeclared(address: &str, name: &ConfigResource, more: &str, span: Span) -> Diagnostic {
    let resource = &name.resource;
    let place = match name.module.is_root() {
        true => "in the root module".to_owned(),
        false => format!("in {}", name.module),
    };
    let detail = format!("The configuration does not declare {address}, so there is nothing to import for.");
    Diagnostic::error("Configuration for import target does not exist", detail).at(span).hint(format!(
        "Declare it {place}, with that key if it has one: resource \"{}\" \"{}\" {{ … }}{more}",
        resource.ty, resource.name
    ))
}

/// What else may be done about an import for what is not declared.
fn or_generate(decl: &ImportDecl) -> &'static str {
    match decl.to.module.is_root() && decl.for_each.is_none() && decl.fixed().is_some_and(|to| to.key == Key::None) {
        true => ". Or have it written for you: terrane plan -generate-config-out=generated.tf",
        false => "",
    }
}

fn twice(instance: &Instance, span: Span) -> Diagnostic {
    let detail = format!("Another import block is for {instance} already. An instance can be imported once.");
    Diagnostic::error(format!("Duplicate import configuration for \"{instance}\""), detail).at(span)
}
