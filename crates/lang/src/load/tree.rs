//! Modules and the modules they call.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use terrane_address::{Module, ModuleSource, RemoteSource, SourceError};
use terrane_source::{Diagnostic, Diagnostics, Files, Span};
use terrane_syntax::Arena;

use super::blocks::check_import_providers;
use super::contents::decode;
use super::early::Early;
use super::{Modules, folder, providers, settings, version};
use crate::evaluator::Inputs;
use crate::ir::{CallId, ModuleId, VariableId};
use crate::program::{CallDecl, CallSource, Constraint, Contents, ModuleDecl, Program};
use crate::world::{World, clean, join};

/// A configuration that is being loaded: the root module first, then, once its variables have values, what it calls.
#[derive(Debug)]
pub struct Loading {
    program: Program,
    /// Every folder read so far; `None` if it could not be.
    folders: HashMap<String, Option<Arc<Contents>>>,
    /// The package that each module belongs to, by [`ModuleId`]; `None` for the project itself.
    packages: Vec<Option<Arc<Package>>>,
    /// Modules whose calls have not been looked at.
    fresh: VecDeque<ModuleId>,
    /// Calls whose modules were not installed.
    open: Vec<(ModuleId, CallId)>,
}

/// A package that was installed.
#[derive(Debug)]
struct Package {
    address: String,
    /// The folder that holds all of it.
    root: String,
}

/// A module that is called and not installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its path.
    pub path: Module,
    /// Its source.
    pub source: ModuleSource,
    /// Accepted versions.
    pub version: Option<Arc<str>>,
    /// Where the source is written.
    pub span: Span,
    /// The source it was installed from, if that was another one.
    pub before: Option<String>,
}

impl Wanted {
    /// The error where nothing is installed any more.
    pub fn error(&self) -> Diagnostic {
        let name = self.path.0.last().map_or("", |n| n);
        let source = terrane_address::without_secrets(&self.source.to_string());
        let error = match &self.before {
            Some(before) => {
                let before = terrane_address::without_secrets(before);
                let detail =
                    format!("Module \"{name}\" was installed from \"{before}\", but its source is now \"{source}\".");
                Diagnostic::error("Module source has changed", detail)
            }
            None => {
                let detail = format!("Module \"{name}\" with source \"{source}\" is not yet installed.");
                Diagnostic::error("Module not installed", detail)
            }
        };
        error.at(self.span).hint("Run: terrane init")
    }
}

/// Warns of `cloud` blocks below the root module: they have no effect.
fn check_cloud(program: &Program, diags: &mut Diagnostics) {
    for module in program.modules.iter().filter(|m| !m.path.is_root()) {
        let Some(span) = module.contents.settings.cloud else { continue };
        let detail = "Only the root module says where state is kept; the block has no effect here.";
        diags.push(Diagnostic::warning("Cloud configuration ignored", detail).at(span));
    }
}

impl Loading {
    /// Loads the root module alone.
    pub fn root(world: &dyn World, dir: &str, files: &mut Files, diags: &mut Diagnostics) -> Loading {
        files.outline_by(terrane_syntax::outline);
        let program = Program { modules: Vec::new() };
        let mut loading = Loading {
            program,
            folders: HashMap::new(),
            packages: Vec::new(),
            fresh: VecDeque::new(),
            open: Vec::new(),
        };
        let root = loading.folder(world, dir, files, diags).unwrap_or_else(|e| {
            let detail = format!("The folder \"{dir}\" could not be read: {e}.");
            diags.error(Diagnostic::error("Failed to read module directory", detail));
            Arc::new(decode(dir, &[], diags))
        });
        loading.add(None, Module::root(), root, None);
        loading
    }

    /// What is loaded so far; the calls of the root module are not, at first.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Loads the modules that are called, as far as they are installed, and returns those that are not.
    ///
    /// May be called again when these are. Values of variables are needed where sources refer to them.
    pub fn calls(
        &mut self,
        world: &dyn World,
        modules: &Modules,
        inputs: &Inputs,
        files: &mut Files,
        diags: &mut Diagnostics,
    ) -> Vec<Wanted> {
        let mut step = Step { loading: self, world, modules, inputs, files, diags, wanted: Vec::new() };
        for (module, call) in std::mem::take(&mut step.loading.open) {
            step.load(module, call);
        }
        while let Some(module) = step.loading.fresh.pop_front() {
            step.module(module);
        }
        step.wanted
    }

    /// The whole program, without what could not be loaded.
    pub fn finish(mut self, diags: &mut Diagnostics) -> Program {
        check_import_providers(&self.program.root().contents, diags);
        check_cloud(&self.program, diags);
        providers::resolve(&mut self.program, diags);
        self.program
    }

    fn add(
        &mut self,
        parent: Option<(ModuleId, CallId)>,
        path: Module,
        contents: Arc<Contents>,
        package: Option<Arc<Package>>,
    ) -> ModuleId {
        let id = ModuleId(self.program.modules.len() as u32);
        self.program.modules.push(ModuleDecl {
            id,
            path,
            parent,
            children: vec![None; contents.calls.len()],
            sources: vec![None; contents.calls.len()],
            contents,
            providers: BTreeMap::new(),
            resource_providers: Vec::new(),
            provider_keys: Vec::new(),
        });
        self.packages.push(package);
        self.fresh.push_back(id);
        id
    }

    /// The declarations of a folder, read once.
    fn folder(
        &mut self,
        world: &dyn World,
        dir: &str,
        files: &mut Files,
        diags: &mut Diagnostics,
    ) -> std::io::Result<Arc<Contents>> {
        let key = clean(dir);
        if let Some(known) = self.folders.get(&key) {
            return known.clone().ok_or_else(|| std::io::ErrorKind::NotFound.into());
        }
        let contents = folder::read(world, &key, files, diags).map(|folder| {
            let arena = Arena::new();
            let set = world.encryption().filter(|text| self.program.modules.is_empty() && !text.trim().is_empty());
            let folder = match set {
                Some(text) => folder.with_encryption(&text, files),
                None => folder,
            };
            Arc::new(decode(&key, &folder.items(&arena, diags), diags))
        });
        if let Ok(contents) = &contents {
            settings::check_versions(&contents.settings, files, diags);
        }
        self.folders.insert(key, contents.as_ref().ok().cloned());
        contents
    }
}

struct Step<'a> {
    loading: &'a mut Loading,
    world: &'a dyn World,
    modules: &'a Modules,
    inputs: &'a Inputs,
    files: &'a mut Files,
    diags: &'a mut Diagnostics,
    wanted: Vec<Wanted>,
}

impl Step<'_> {
    fn decl(&self, module: ModuleId) -> &ModuleDecl {
        self.loading.program.module(module)
    }

    fn early(&self) -> Early<'_> {
        Early { world: self.world, inputs: self.inputs, modules: &self.loading.program.modules }
    }

    /// Evaluates the sources of a module's calls and loads what they name.
    fn module(&mut self, module: ModuleId) {
        let contents = self.decl(module).contents.clone();
        let mut own = Diagnostics::new();
        for (i, _) in contents.variables.iter().enumerate().filter(|(_, v)| v.constant == Some(true)) {
            self.early().variable(module, VariableId(i as u32), &mut own);
        }
        for (i, call) in contents.calls.iter().enumerate() {
            let source = self.source(module, call, &mut own);
            self.loading.program.modules[module.index()].sources[i] = source;
        }
        self.diags.extend(own);
        for i in 0..contents.calls.len() {
            self.load(module, CallId(i as u32));
        }
    }

    /// Where a call finds its module; `None` after an error was reported.
    fn source(&self, module: ModuleId, call: &CallDecl, diags: &mut Diagnostics) -> Option<CallSource> {
        let source = call.source?;
        let name = &call.name;
        let version = match call.version {
            Some(version) => {
                let text = self.early().text(module, version, &format!("module.{name}.version"), diags);
                let span = self.decl(module).contents.exprs.span(version);
                text.ok()?.map(|text| Constraint { text: text.into(), span })
            }
            None => None,
        };
        let what = format!("module.{name}.source");
        let Some(text) = self.early().text(module, source, &what, diags).ok()? else {
            let detail = format!("The value of {what} must not be null.");
            diags.error(Diagnostic::error("Unsuitable value type", detail).at(call.source_span));
            return None;
        };
        if let Some(why) = version.as_ref().and_then(|v| version::satisfies([0; 3], &v.text).err().map(|why| (v, why)))
        {
            let detail = format!("This string does not use correct version constraint syntax: {}.", why.1);
            diags.error(Diagnostic::error("Invalid version constraint", detail).at(why.0.span));
            return None;
        }
        let parsed = match &version {
            Some(_) => ModuleSource::parse_versioned(&text),
            None => ModuleSource::parse(&text),
        };
        match parsed {
            Ok(source) => Some(CallSource { source, version }),
            Err(error) => {
                diags.error(invalid(&error, call.source_span));
                None
            }
        }
    }

    /// Loads the module of a call.
    fn load(&mut self, parent: ModuleId, id: CallId) {
        let decl = self.decl(parent);
        let contents = decl.contents.clone();
        let call = &contents.calls[id.index()];
        let Some(source) = decl.sources[id.index()].clone() else { return };
        let path = decl.path.child(call.name.clone());
        let (dir, package) = match self.place(parent, &path, &source, call) {
            Ok(Some(place)) => place,
            Ok(None) => return self.loading.open.push((parent, id)),
            Err(error) => {
                self.diags.error(error);
                return;
            }
        };
        if let Some(error) = self.cycle(parent, &dir, call) {
            self.diags.error(error);
            return;
        }
        match self.loading.folder(self.world, &dir, self.files, self.diags) {
            Ok(contents) => {
                if let Some(import) = contents.imports.first() {
                    let detail = format!("Module {path} has an import block, but only the root module can have any.");
                    let error = Diagnostic::error("Invalid import configuration", detail).at(import.span);
                    self.diags.error(error.hint(format!("Import from the root module: to = {path}.<resource>.")));
                }
                let child = self.loading.add(Some((parent, id)), path, contents, package);
                self.loading.program.modules[parent.index()].children[id.index()] = Some(child);
            }
            Err(e) => {
                let detail = format!("The folder \"{dir}\" of module \"{}\" could not be read: {e}.", call.name);
                let error = Diagnostic::error("Unreadable module directory", detail).at(call.source_span);
                self.diags.error(error.hint("Check the path; it is relative to the folder of the calling module."));
            }
        }
    }

    /// The folder of a module and the package it belongs to; `None` if it is not installed.
    fn place(
        &mut self,
        parent: ModuleId,
        path: &Module,
        source: &CallSource,
        call: &CallDecl,
    ) -> Result<Option<(String, Option<Arc<Package>>)>, Diagnostic> {
        let ModuleSource::Local(local) = &source.source else { return Ok(self.installed(path, source, call)) };
        let dir = join(&self.decl(parent).contents.dir, local);
        let package = self.loading.packages[parent.index()].clone();
        match package {
            Some(package) if !is_within(&dir, &package.root) => Err(escaping(call, &package, local)),
            package => Ok(Some((dir, package))),
        }
    }

    fn installed(
        &mut self,
        path: &Module,
        source: &CallSource,
        call: &CallDecl,
    ) -> Option<(String, Option<Arc<Package>>)> {
        let found = self.modules.installed.get(path);
        let same = |recorded: &str| source.source.is_recorded_as(recorded);
        let fits = |version: Option<&str>| match (&source.version, version) {
            (Some(wanted), Some(version)) => version::accepts(&wanted.text, version),
            _ => true,
        };
        if let Some(module) = found.filter(|m| same(&m.source) && fits(m.version.as_deref()))
            && self.world.list(&module.dir).is_ok()
        {
            let subdir = match &source.source {
                ModuleSource::Registry(registry) => &registry.subdir,
                ModuleSource::Remote(RemoteSource { subdir, .. }) => subdir,
                ModuleSource::Local(_) => "",
            };
            let address = terrane_address::without_secrets(&source.source.to_string());
            let package = Package { address, root: without_end(&clean(&module.dir), subdir) };
            return Some((module.dir.clone(), Some(Arc::new(package))));
        }
        self.wanted.push(Wanted {
            path: path.clone(),
            source: source.source.clone(),
            version: source.version.as_ref().map(|v| v.text.clone()),
            span: call.source_span,
            before: found.filter(|m| !same(&m.source)).map(|m| m.source.clone()),
        });
        None
    }

    /// The error if a folder calls itself, through whatever others.
    fn cycle(&self, parent: ModuleId, dir: &str, call: &CallDecl) -> Option<Diagnostic> {
        let mut above = Some(parent);
        let mut names = Vec::new();
        while let Some(id) = above {
            let module = self.decl(id);
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

fn invalid(error: &SourceError, span: Span) -> Diagnostic {
    let summary = match error {
        SourceError::NotRegistry(_) => "Invalid registry module source address",
        _ => "Invalid module source address",
    };
    let diagnostic = Diagnostic::error(summary, error.to_string()).at(span);
    match error.hint() {
        Some(hint) => diagnostic.hint(hint),
        None => diagnostic,
    }
}

fn escaping(call: &CallDecl, package: &Package, source: &str) -> Diagnostic {
    let detail = format!(
        "The source \"{source}\" of module \"{}\" leads out of the package that the calling module belongs to, \"{}\".",
        call.name, package.address
    );
    let error = Diagnostic::error("Local module path escapes module package", detail).at(call.source_span);
    match package.address.starts_with("file:") {
        true => {
            error.hint("An absolute path makes a package of its own; name the folder relative to its caller instead.")
        }
        false => error.hint("Name the module by an address of its own."),
    }
}

fn is_within(dir: &str, root: &str) -> bool {
    dir == root || root == "." || dir.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'))
}

/// A folder without as many of its last steps as another path has.
fn without_end(dir: &str, end: &str) -> String {
    let steps = end.split('/').filter(|s| !s.is_empty() && *s != ".").count();
    let mut dir = dir;
    for _ in 0..steps {
        dir = dir.rsplit_once('/').map_or(".", |(before, _)| before);
    }
    dir.to_owned()
}
