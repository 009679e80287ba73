//! The values of a program, asked for one by one.

mod beside;
mod body;
mod checks;
mod conditions;
mod console;
mod ephemeral;
mod expand;
mod frame;
mod import;
mod instance;
mod memo;
mod objects;
mod origin;
mod pairing;
mod place;
mod providers;
mod provisioners;
mod secrets;
mod switches;
mod unknown;
mod validate;
mod values;
mod verdicts;

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use terrane_address::{AbsCall, AbsResource, Beyond, Instance, Key, ModuleInstance, ProviderConfig};
use terrane_source::{Diagnostic, Diagnostics, FileId, Span};
use terrane_value::{Marks, Path, Schema, Value};

use crate::ir::{CallId, ModuleId, ResourceId};
use crate::load::Early;
use crate::program::{Contents, ProvisionerDecl};
use crate::{Dep, Lookup, Program, Schemas, Stop, World};
pub(crate) use body::value as body_value;
pub use checks::{CHECK_FAILED, CHECK_UNKNOWN};
pub use console::Answer;
use frame::{Run, Scope};
pub use import::{ImportBy, ImportTarget};
use memo::{At, Deps, ModuleState, SchemaMemo};
pub use secrets::Secrets;
pub(crate) use values::{fitting, no_value};
use verdicts::Verdicts;
pub use verdicts::{CheckStatus, Checkable, Checked, CheckedObject};

/// What a run gives to a program.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// Values of the root module's variables.
    pub variables: BTreeMap<Arc<str>, Input>,
    /// The name of the workspace.
    pub workspace: Arc<str>,
    /// The folder in which the command was started, for `path.cwd`.
    pub cwd: Arc<str>,
    /// What is being done.
    pub stage: Stage,
}

/// What is being done with a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Checking it without any values: variables and objects are unknown.
    Validate,
    /// Planning: results that differ each time (`timestamp()`) are unknown.
    Plan,
    /// Applying, or answering at a prompt.
    Apply,
}

/// A value given to a variable.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// The value, not yet converted.
    pub value: Value,
    /// Where it is written, if in a file.
    pub span: Option<Span>,
    /// Where it comes from, for people: `the command line`, `TF_VAR_x in the environment`.
    pub origin: Arc<str>,
}

/// A body as a value of its schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluated {
    /// The value, converted to the schema, with marks inside.
    pub value: Value,
    /// What was read for it, through variables, local values, outputs and expansions; sorted.
    pub deps: Vec<Dep>,
    /// What `depends_on` names, of the resource itself and of the modules it is in, and `replace_triggered_by`; sorted.
    pub explicit: Arc<[Dep]>,
    /// Module calls among all of these whose instances are not known; sorted.
    pub unexpanded: Vec<AbsCall>,
}

/// The value of an output.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluatedOutput {
    /// The value, with marks.
    pub value: Value,
    /// Whether it must not be shown.
    pub sensitive: bool,
    /// What was read for it; sorted.
    pub deps: Vec<Dep>,
    /// Module calls that were read although their instances are not known; sorted.
    pub unexpanded: Vec<AbsCall>,
}

/// Which conditions of an instance are meant.
#[derive(Clone, Debug)]
pub enum Conditions {
    /// `precondition` blocks.
    Pre,
    /// `postcondition` blocks, with the object as `self`.
    Post {
        /// The object.
        self_value: Value,
    },
}

/// Evaluates the parts of a program, remembering what they share.
pub struct Evaluator<'p> {
    program: &'p Program,
    schemas: &'p dyn Schemas,
    world: &'p dyn World,
    inputs: Inputs,
    /// Every module instance met so far, the root first.
    modules: Vec<ModuleState<'p>>,
    /// Where the resources are that were asked for.
    found: FxHashMap<AbsResource, (At, ResourceId)>,
    deps: Deps,
    shapes: SchemaMemo,
    verdicts: Verdicts,
    secrets: Secrets,
    /// Whether conditions that do not hold are warned of only.
    lenient: bool,
    /// Whether instances may be unknown.
    deferring: bool,
}

impl<'p> Evaluator<'p> {
    /// An evaluator that has not evaluated anything yet.
    pub fn new(program: &'p Program, schemas: &'p dyn Schemas, world: &'p dyn World, inputs: Inputs) -> Evaluator<'p> {
        let root = ModuleState::new(ModuleInstance::root(), ModuleId(0), &program.root().contents, None);
        let modules = vec![root];
        let mut secrets = Secrets::default();
        for decl in program.root().contents.variables.iter().filter(|decl| decl.sensitive || decl.ephemeral) {
            let given = inputs.variables.get(&decl.name).map(|input| &input.value);
            given.into_iter().chain(&decl.default).for_each(|value| secrets.note_all(value));
        }
        Evaluator {
            program,
            schemas,
            world,
            inputs,
            modules,
            found: FxHashMap::default(),
            deps: Deps::default(),
            shapes: SchemaMemo::default(),
            verdicts: Verdicts::default(),
            secrets,
            lenient: false,
            deferring: false,
        }
    }

    /// Takes it that instances whose `count`, `for_each` or `enabled` is not known yet come later; it would be an error
    /// otherwise. What reads them is unknown.
    pub fn deferring(self) -> Evaluator<'p> {
        Evaluator { deferring: true, ..self }
    }

    /// Warns of pre- and postconditions that do not hold, where nothing is changed that they could guard.
    pub fn lenient(self) -> Evaluator<'p> {
        Evaluator { lenient: true, ..self }
    }

    /// The program it evaluates.
    pub fn program(&self) -> &'p Program {
        self.program
    }

    /// Evaluates every variable of a module instance with its validations.
    pub fn variables(
        &mut self,
        module: &ModuleInstance,
        lookup: &dyn Lookup,
        diags: &mut Diagnostics,
    ) -> Result<(), Stop> {
        let at = self.at(module, diags)?;
        self.run(lookup, diags).validate_variables(at)
    }

    /// All expansions of a module that are known.
    pub fn module_instances(
        &mut self,
        module: ModuleId,
        lookup: &dyn Lookup,
        diags: &mut Diagnostics,
    ) -> Result<Vec<ModuleInstance>, Stop> {
        let instances = self.run(lookup, diags).instances_of(module)?;
        Ok(instances.into_iter().map(|at| self.state(at).instance.clone()).collect())
    }

    /// The calls that lead to a module and whose instances are not known.
    pub fn unexpanded_modules(
        &mut self,
        module: ModuleId,
        lookup: &dyn Lookup,
        diags: &mut Diagnostics,
    ) -> Result<Vec<Beyond>, Stop> {
        self.run(lookup, diags).beyond(module)
    }

    /// The keys of the instances of a resource, in order; `None` if they are not known yet, which is an error unless the
    /// evaluator is [`deferring`](Evaluator::deferring).
    pub fn expand(
        &mut self,
        resource: &AbsResource,
        lookup: &dyn Lookup,
        diags: &mut Diagnostics,
    ) -> Result<Option<Vec<Key>>, Stop> {
        let (at, id) = self.find(resource, diags)?;
        let expanded = self.run(lookup, diags).resource_expansion(at, id)?;
        Ok(expanded.known().map(|expansion| expansion.keys.to_vec()))
    }

    /// What the keys of the instances of a resource wait for, if they are not known.
    pub fn keys_because(
        &mut self,
        resource: &AbsResource,
        lookup: &dyn Lookup,
        diags: &mut Diagnostics,
    ) -> Result<Vec<Dep>, Stop> {
        let (at, id) = self.find(resource, diags)?;
        self.run(lookup, diags).resource_because(at, id)
    }

    /// What the keys of the instances of a module call wait for, if they are not known.
    pub fn call_because(
        &mut self,
        call: &AbsCall,
        lookup: &dyn Lookup,
        diags: &mut Diagnostics,
    ) -> Result<Vec<Dep>, Stop> {
        let at = self.at(&call.module, diags)?;
        match self.state(at).contents.declared.names.calls.get(&call.name).copied() {
            Some(id) => self.run(lookup, diags).call_because(at, id),
            None => Ok(Vec::new()),
        }
    }

    /// The configuration of an instance, as a value of its schema.
    pub fn config(
        &mut self,
        instance: &Instance,
        lookup: &dyn Lookup,
        diags: &mut Diagnostics,
    ) -> Result<Evaluated, Stop> {
        let (at, id) = self.find(&instance.resource, diags)?;
        let (value, reads, explicit) = self.run(lookup, diags).instance_config(at, id, &instance.key)?;
        let mut unexpanded = self.deps.calls(&reads);
        unexpanded.extend(self.deps.calls(&explicit));
        unexpanded.sort();
        unexpanded.dedup();
        let deps = self.deps.list(&reads);
        self.secrets.note(&value);
        Ok(Evaluated { value, deps, explicit: self.deps.shared(explicit), unexpanded })
    }

    /// Whether `lifecycle` refuses to delete an instance.
    pub fn prevent_destroy(
        &mut self,
        instance: &Instance,
        lookup: &dyn Lookup,
        diags: &mut Diagnostics,
    ) -> Result<bool, Stop> {
        let (at, id) = self.find(&instance.resource, diags)?;
        self.run(lookup, diags).prevent_destroy(at, id)
    }

    /// Whether `lifecycle` wants the replacement of an instance made before the old object is deleted.
    pub fn create_before_destroy(
        &mut self,
        instance: &Instance,
        lookup: &dyn Lookup,
        diags: &mut Diagnostics,
    ) -> Result<bool, Stop> {
        let (at, id) = self.find(&instance.resource, diags)?;
        self.run(lookup, diags).create_before_destroy(at, id, &instance.key)
    }

    /// Whether the objects of a resource are deleted at their end, as usual, rather than forgotten.
    pub fn destroy(
        &mut self,
        resource: &AbsResource,
        lookup: &dyn Lookup,
        diags: &mut Diagnostics,
    ) -> Result<bool, Stop> {
        let (at, id) = self.find(resource, diags)?;
        self.run(lookup, diags).destroy(at, id)
    }

    /// What `replace_triggered_by` names: something that was read and the part of it that counts.
    pub fn replace_triggers(
        &mut self,
        instance: &Instance,
        lookup: &dyn Lookup,
        diags: &mut Diagnostics,
    ) -> Result<Vec<(Dep, Path)>, Stop> {
        let (at, id) = self.find(&instance.resource, diags)?;
        self.run(lookup, diags).replace_triggers(at, id, &instance.key)
    }

    /// The provider configuration of an instance, with its key; `None` if the key is not known yet, which is an error unless
    /// the evaluator is [`deferring`](Evaluator::deferring).
    pub fn provider_of(
        &mut self,
        instance: &Instance,
        lookup: &dyn Lookup,
        diags: &mut Diagnostics,
    ) -> Result<Option<ProviderConfig>, Stop> {
        let (at, id) = self.find(&instance.resource, diags)?;
        Ok(self.run(lookup, diags).provider_of(at, id, &instance.key)?.0)
    }

    /// A provider configuration, as a value of the provider's schema.
    pub fn provider_config(
        &mut self,
        config: &ProviderConfig,
        lookup: &dyn Lookup,
        diags: &mut Diagnostics,
    ) -> Result<Evaluated, Stop> {
        let (value, reads) = self.run(lookup, diags).provider_config(config)?;
        let unexpanded = self.deps.calls(&reads);
        self.secrets.note(&value);
        Ok(Evaluated { value, deps: self.deps.list(&reads), explicit: Arc::from([]), unexpanded })
    }

    /// The sensitive texts among the values that the program was given, and in the configurations it has told.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// What the configuration is given.
    pub fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// The arguments of the `backend` block as a value of the backend's schema; `None` without such a block.
    ///
    /// Only variables and local values that are made of these may be referred to.
    pub fn backend(&mut self, schema: &Schema, diags: &mut Diagnostics) -> Result<Option<Value>, Stop> {
        let contents: &'p Contents = self.state(At::ROOT).contents;
        let Some(backend) = &contents.settings.backend else { return Ok(None) };
        let early = Early { world: self.world, inputs: &self.inputs, modules: &self.program.modules };
        let what = "the backend configuration";
        let value = early.within(ModuleId(0), what, backend.span, diags, |eval| {
            body::value(eval, &backend.body, backend.span, &schema.block)
        })?;
        let word = match value.marks_deep() {
            marks if marks.contains(Marks::EPHEMERAL) => "ephemeral",
            marks if marks.contains(Marks::SENSITIVE) => "sensitive",
            _ => return Ok(Some(value)),
        };
        let summary = format!("Backend config contains {word} values");
        let detail =
            format!("The backend's configuration is kept in plan files, so that {word} values must not be in it.");
        let error = Diagnostic::error(summary, detail).at(backend.span);
        let hint = "Give credentials in the environment variables that the backend reads.";
        Err(diags.error(error.hint(hint)).into())
    }

    /// An output of the root module, with its preconditions checked.
    pub fn output(
        &mut self,
        name: &str,
        lookup: &dyn Lookup,
        diags: &mut Diagnostics,
    ) -> Result<EvaluatedOutput, Stop> {
        let contents: &'p Contents = self.state(At::ROOT).contents;
        let Some(id) = contents.declared.names.outputs.get(name).copied() else {
            let detail = format!("The root module does not declare an output named \"{name}\".");
            return Err(diags.error(Diagnostic::error("Output not found", detail)).into());
        };
        let decl = &contents.outputs[id.index()];
        let known = self.run(lookup, diags).root_output(id)?;
        let (deps, unexpanded) = (self.deps.list(&known.reads), self.deps.calls(&known.reads));
        Ok(EvaluatedOutput { value: known.value, sensitive: decl.sensitive, deps, unexpanded })
    }

    /// Checks conditions of an instance and reports those that do not hold; unknown ones pass.
    pub fn conditions(
        &mut self,
        instance: &Instance,
        which: &Conditions,
        lookup: &dyn Lookup,
        diags: &mut Diagnostics,
    ) -> Result<(), Stop> {
        let (at, id) = self.find(&instance.resource, diags)?;
        self.run(lookup, diags).instance_conditions(at, id, &instance.key, which)
    }

    /// What an `import` block of the root module, by its place, names; `None` if it is not known for which instances it is,
    /// which is an error unless the evaluator is [`deferring`](Evaluator::deferring).
    pub fn import(
        &mut self,
        place: usize,
        lookup: &dyn Lookup,
        diags: &mut Diagnostics,
    ) -> Result<Option<Vec<ImportTarget>>, Stop> {
        self.run(lookup, diags).import(place)
    }

    /// What conditions and provisioners of an instance refer to, whether or not they read it now, and the module calls
    /// among that whose instances are not known; both sorted.
    pub fn beside(
        &mut self,
        instance: &Instance,
        lookup: &dyn Lookup,
        diags: &mut Diagnostics,
    ) -> Result<(Vec<Dep>, Vec<AbsCall>), Stop> {
        let (at, id) = self.find(&instance.resource, diags)?;
        let reads = self.run(lookup, diags).beside(at, id)?;
        Ok((self.deps.list(&reads), self.deps.calls(&reads)))
    }

    /// Reports, as warnings, the assertions of a `check` block, by its place in the module, that do not hold.
    pub fn check(
        &mut self,
        module: ModuleId,
        place: usize,
        lookup: &dyn Lookup,
        diags: &mut Diagnostics,
    ) -> Result<(), Stop> {
        self.run(lookup, diags).check(module, place)
    }

    /// Notes what became of the data source of a `check` block: why it could not be read, or that it was.
    pub fn check_data(&mut self, instance: &Instance, problem: Option<String>) {
        let mut diags = Diagnostics::new();
        if let Ok((at, id)) = self.find(&instance.resource, &mut diags) {
            self.run(&NoObjects, &mut diags).check_data(at, id, problem);
        }
    }

    /// Evaluates the outputs of a module that have preconditions, whether or not anything reads them.
    pub fn guarded_outputs(
        &mut self,
        module: ModuleId,
        lookup: &dyn Lookup,
        diags: &mut Diagnostics,
    ) -> Result<(), Stop> {
        let mut run = self.run(lookup, diags);
        run.instances_of(module)?.into_iter().try_for_each(|at| run.guarded_outputs(at))
    }

    /// The arguments of a provisioner of a declared resource, by its place, with the object as `self`; `None` if there
    /// is none.
    pub fn provisioner(
        &mut self,
        instance: &Instance,
        place: usize,
        self_value: Value,
        lookup: &dyn Lookup,
        diags: &mut Diagnostics,
    ) -> Result<Option<Value>, Stop> {
        let found = self.find(&instance.resource, diags)?;
        self.run(lookup, diags).provisioner(found, &instance.key, place, self_value)
    }

    /// The arguments of a provisioner of a `removed` block in a module, for an instance that is no longer declared.
    pub fn removed_provisioner(
        &mut self,
        module: ModuleId,
        decl: &'p ProvisionerDecl,
        instance: &Instance,
        self_value: Value,
        lookup: &dyn Lookup,
        diags: &mut Diagnostics,
    ) -> Result<Value, Stop> {
        let path = &self.program.module(module).path;
        let home = ModuleInstance(path.0.iter().map(|name| (name.clone(), Key::None)).collect());
        let at = self.at(&home, diags)?;
        self.run(lookup, diags).removed_provisioner(at, decl, instance, self_value)
    }

    /// Where a part of an instance's configuration is written, or the block if it is not.
    pub fn problem_span(&self, instance: &Instance, path: &Path) -> Option<Span> {
        let module = self.program.find(&instance.resource.module.module())?;
        let id = module.contents.declared.names.resources.get(&instance.resource.resource)?;
        let decl = &module.contents.resources[id.index()];
        Some(place::of(&module.contents.exprs, &decl.body, &path.0).unwrap_or(decl.span))
    }

    /// Where a part of a provider configuration is written, or the block if it is not.
    pub fn provider_problem_span(&self, config: &ProviderConfig, path: &Path) -> Option<Span> {
        let (module, decl) = self.program.provider_decl(config)?;
        Some(place::of(&module.contents.exprs, &decl.body, &path.0).unwrap_or(decl.span))
    }

    /// The value of an expression as seen from a module instance; `text` is all of `file`.
    pub fn expression(
        &mut self,
        file: FileId,
        text: &str,
        module: &ModuleInstance,
        lookup: &dyn Lookup,
        diags: &mut Diagnostics,
    ) -> Result<Value, Stop> {
        let at = self.at(module, diags)?;
        let (exprs, root) = self.typed(at, file, text, diags)?;
        let (value, _) = self.run(lookup, diags).within(Scope::module(at), &exprs, |eval| eval.value(root))?;
        Ok(value)
    }

    fn run<'a>(&'a mut self, lookup: &'a dyn Lookup, diags: &'a mut Diagnostics) -> Run<'a, 'p> {
        Run { ev: self, lookup, diags }
    }

    fn state(&self, at: At) -> &ModuleState<'p> {
        &self.modules[at.0 as usize]
    }

    fn state_mut(&mut self, at: At) -> &mut ModuleState<'p> {
        &mut self.modules[at.0 as usize]
    }

    /// The state of one instance of a called module; `None` if the module could not be loaded.
    fn child(&mut self, at: At, call: CallId, key: &Key) -> Option<At> {
        if let Some(known) = self.state(at).children.get(&(call, key.clone())) {
            return Some(*known);
        }
        let state = self.state(at);
        let module = self.program.module(state.module).child(call)?;
        let name = state.contents.calls[call.index()].name.clone();
        let instance = state.instance.child(name, key.clone());
        let contents = &*self.program.module(module).contents;
        let child = At(self.modules.len() as u32);
        self.modules.push(ModuleState::new(instance, module, contents, Some((at, call, key.clone()))));
        self.state_mut(at).children.insert((call, key.clone()), child);
        Some(child)
    }

    /// The state of a module instance, which is taken to be among the expansions of its call.
    fn at(&mut self, module: &ModuleInstance, diags: &mut Diagnostics) -> Result<At, Stop> {
        let mut at = At::ROOT;
        for (name, key) in &module.0 {
            let call = self.state(at).contents.declared.names.calls.get(name).copied();
            let child = call.and_then(|call| self.child(at, call, key));
            at = child.ok_or_else(|| not_declared(&module.to_string(), diags))?;
        }
        Ok(at)
    }

    fn find(&mut self, resource: &AbsResource, diags: &mut Diagnostics) -> Result<(At, ResourceId), Stop> {
        if let Some(found) = self.found.get(resource) {
            return Ok(*found);
        }
        let at = self.at(&resource.module, diags)?;
        let id = self.state(at).contents.declared.names.resources.get(&resource.resource).copied();
        let found = id.map(|id| (at, id)).ok_or_else(|| not_declared(&resource.to_string(), diags))?;
        self.found.insert(resource.clone(), found);
        Ok(found)
    }

    /// The schema of a resource, and whether any part of it is sensitive; `None` if there is none.
    fn schema(&mut self, module: ModuleId, id: ResourceId) -> Option<(Arc<Schema>, bool)> {
        if let Some(known) = self.shapes.get(&(module, id)) {
            return known.clone();
        }
        let decl = self.program.module(module);
        let resource = &decl.contents.resources[id.index()].resource;
        let provider = &decl.resource_providers[id.index()].provider;
        let schema = self.schemas.resource(provider, resource.mode, &resource.ty);
        let found = schema.map(|schema| {
            let sensitive = schema.block.has_sensitive();
            (schema, sensitive)
        });
        self.shapes.insert((module, id), found.clone());
        found
    }
}

fn not_declared(address: &str, diags: &mut Diagnostics) -> Stop {
    let detail = format!("{address} is not declared in the configuration.");
    Stop::Failed(diags.error(Diagnostic::error("Object not declared", detail).about(address)))
}

/// Where there are no objects yet: every one that is asked for blocks.
struct NoObjects;

impl Lookup for NoObjects {
    fn instance(&self, instance: &Instance) -> Result<Value, Stop> {
        Err(Stop::Blocked(Dep::Instance(instance.clone())))
    }
}
