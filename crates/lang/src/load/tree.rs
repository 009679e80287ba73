//! Modules and the modules they call.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use terrane_address::Module;
use terrane_source::{Diagnostic, Diagnostics, Files};

use super::blocks::check_import_providers;
use super::contents::decode;
use super::{Modules, folder, providers};
use crate::ir::{CallId, ModuleId};
use crate::program::{CallDecl, Contents, ModuleDecl, Program};
use crate::world::{World, clean, join};

struct Loader<'a> {
    world: &'a dyn World,
    modules: &'a Modules,
    files: &'a mut Files,
    diags: &'a mut Diagnostics,
    /// Every folder read so far; `None` if it could not be.
    folders: HashMap<String, Option<Arc<Contents>>>,
    tree: Vec<ModuleDecl>,
}

pub(super) fn load(
    world: &dyn World,
    dir: &str,
    modules: &Modules,
    files: &mut Files,
    diags: &mut Diagnostics,
) -> Program {
    let mut loader = Loader { world, modules, files, diags, folders: HashMap::new(), tree: Vec::new() };
    loader.run(dir);
    let mut program = Program { modules: loader.tree };
    check_import_providers(&program.root().contents, diags);
    providers::resolve(&mut program, diags);
    program
}

impl Loader<'_> {
    fn run(&mut self, dir: &str) {
        let root = match self.folder(dir) {
            Ok(contents) => contents,
            Err(e) => {
                let detail = format!("The folder \"{dir}\" could not be read: {e}.");
                self.diags.error(Diagnostic::error("Failed to read module directory", detail));
                Arc::new(decode(dir, &[], self.diags))
            }
        };
        self.add(None, Module::root(), root);
        let mut queue = VecDeque::from([ModuleId(0)]);
        while let Some(id) = queue.pop_front() {
            let contents = self.tree[id.index()].contents.clone();
            for (i, call) in contents.calls.iter().enumerate() {
                let call_id = CallId(i as u32);
                if let Some(child) = self.call(id, call_id, call) {
                    self.tree[id.index()].children[i] = Some(child);
                    queue.push_back(child);
                }
            }
        }
    }

    fn add(&mut self, parent: Option<(ModuleId, CallId)>, path: Module, contents: Arc<Contents>) -> ModuleId {
        let id = ModuleId(self.tree.len() as u32);
        self.tree.push(ModuleDecl {
            id,
            path,
            parent,
            children: vec![None; contents.calls.len()],
            contents,
            providers: BTreeMap::new(),
            resource_providers: Vec::new(),
        });
        id
    }

    /// The declarations of a folder, read once.
    fn folder(&mut self, dir: &str) -> std::io::Result<Arc<Contents>> {
        let key = clean(dir);
        if let Some(known) = self.folders.get(&key) {
            return known.clone().ok_or_else(|| std::io::ErrorKind::NotFound.into());
        }
        let items = folder::read(self.world, &key, self.files, self.diags);
        let contents = items.map(|items| Arc::new(decode(&key, &items, self.diags)));
        self.folders.insert(key, contents.as_ref().ok().cloned());
        contents
    }

    fn call(&mut self, parent: ModuleId, id: CallId, call: &CallDecl) -> Option<ModuleId> {
        if call.source.is_empty() {
            return None;
        }
        let path = self.tree[parent.index()].path.child(call.name.clone());
        let dir = match self.dir_of(parent, &path, call) {
            Ok(dir) => dir,
            Err(error) => {
                self.diags.error(error);
                return None;
            }
        };
        if let Some(error) = self.cycle(parent, &dir, call) {
            self.diags.error(error);
            return None;
        }
        match self.folder(&dir) {
            Ok(contents) => {
                if let Some(import) = contents.imports.first() {
                    let detail = format!("Module {path} has an import block, but only the root module can have any.");
                    let error = Diagnostic::error("Invalid import configuration", detail).at(import.span);
                    self.diags.error(error.hint(format!("Import from the root module: to = {path}.<resource>.")));
                }
                Some(self.add(Some((parent, id)), path, contents))
            }
            Err(e) => {
                let detail = format!("The folder \"{dir}\" of module \"{}\" could not be read: {e}.", call.name);
                let error = Diagnostic::error("Unreadable module directory", detail).at(call.source_span);
                self.diags.error(error.hint("Check the path; it is relative to the folder of the calling module."));
                None
            }
        }
    }

    fn dir_of(&self, parent: ModuleId, path: &Module, call: &CallDecl) -> Result<String, Diagnostic> {
        let source = &*call.source;
        if source == "." || source == ".." || source.starts_with("./") || source.starts_with("../") {
            return Ok(join(&self.tree[parent.index()].contents.dir, source));
        }
        match self.modules.installed.get(path) {
            Some(installed) if installed.source == source => Ok(installed.dir.clone()),
            Some(installed) => Err(Diagnostic::error(
                "Module source has changed",
                format!(
                    "Module \"{}\" was installed from \"{}\", but its source is now \"{source}\".",
                    call.name, installed.source
                ),
            )),
            None => Err(Diagnostic::error(
                "Module not installed",
                format!("Module \"{}\" with source \"{source}\" is not yet installed.", call.name),
            )),
        }
        .map_err(|e| e.at(call.source_span).hint(self.how_to_install(parent, source)))
    }

    fn how_to_install(&self, parent: ModuleId, source: &str) -> String {
        let local = join(&self.tree[parent.index()].contents.dir, source);
        match self.world.list(&local) {
            Ok(_) => format!("For the folder of that name write \"./{source}\"."),
            Err(_) => {
                "Modules from registries, git and archives cannot be installed by this version. Copy the module into a \
                       folder of the project and name that, as in \"./modules/name\"."
                    .into()
            }
        }
    }

    /// The error if a folder calls itself, through whatever others.
    fn cycle(&self, parent: ModuleId, dir: &str, call: &CallDecl) -> Option<Diagnostic> {
        let mut above = Some(parent);
        let mut names = Vec::new();
        while let Some(id) = above {
            let module = &self.tree[id.index()];
            if *module.contents.dir == *clean(dir) {
                names.reverse();
                let chain: String = names.iter().map(|n| format!("\"{n}\", which calls ")).collect();
                let detail = format!("The module in \"{dir}\" calls {chain}itself.");
                return Some(Diagnostic::error("Module calls itself", detail).at(call.source_span));
            }
            names.extend(module.path.0.last());
            above = module.parent.map(|(id, _)| id);
        }
        None
    }
}
