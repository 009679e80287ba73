//! The values of a program, asked for one by one.

use std::collections::BTreeMap;
use std::sync::Arc;

use terrane_address::{AbsResource, Instance, Key, ModuleInstance, ProviderConfig};
use terrane_source::{Diagnostic, Diagnostics, FileId, Span};
use terrane_value::{Path, Schema, Value};

use crate::{Dep, Lookup, ModuleId, Program, Schemas, Stop, World};

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
    /// What `depends_on` names, of the resource itself and of the modules it is in; sorted.
    pub explicit: Vec<Dep>,
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
}

impl<'p> Evaluator<'p> {
    /// An evaluator that has not evaluated anything yet.
    pub fn new(program: &'p Program, schemas: &'p dyn Schemas, world: &'p dyn World, inputs: Inputs) -> Evaluator<'p> {
        Evaluator { program, schemas, world, inputs }
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
        let _ = (module, lookup, diags);
        Ok(())
    }

    /// All expansions of a module.
    pub fn module_instances(
        &mut self,
        module: ModuleId,
        lookup: &dyn Lookup,
        diags: &mut Diagnostics,
    ) -> Result<Vec<ModuleInstance>, Stop> {
        let _ = (module, lookup);
        Err(unsupported(diags))
    }

    /// The keys of the instances of a resource, in order. An unknown `count` or `for_each` is an error.
    pub fn expand(
        &mut self,
        resource: &AbsResource,
        lookup: &dyn Lookup,
        diags: &mut Diagnostics,
    ) -> Result<Vec<Key>, Stop> {
        let _ = (resource, lookup);
        Err(unsupported(diags))
    }

    /// The configuration of an instance, as a value of its schema.
    pub fn config(
        &mut self,
        instance: &Instance,
        lookup: &dyn Lookup,
        diags: &mut Diagnostics,
    ) -> Result<Evaluated, Stop> {
        let _ = (instance, lookup);
        Err(unsupported(diags))
    }

    /// Whether `lifecycle` refuses to delete an instance.
    pub fn prevent_destroy(
        &mut self,
        instance: &Instance,
        lookup: &dyn Lookup,
        diags: &mut Diagnostics,
    ) -> Result<bool, Stop> {
        let _ = (instance, lookup);
        Err(unsupported(diags))
    }

    /// What `replace_triggered_by` names: something that was read and the part of it that counts.
    pub fn replace_triggers(
        &mut self,
        instance: &Instance,
        lookup: &dyn Lookup,
        diags: &mut Diagnostics,
    ) -> Result<Vec<(Dep, Path)>, Stop> {
        let _ = (instance, lookup);
        Err(unsupported(diags))
    }

    /// A provider configuration, as a value of the provider's schema.
    pub fn provider_config(
        &mut self,
        config: &ProviderConfig,
        lookup: &dyn Lookup,
        diags: &mut Diagnostics,
    ) -> Result<Evaluated, Stop> {
        let _ = (config, lookup);
        Err(unsupported(diags))
    }

    /// The arguments of the `backend` block as a value of the backend's schema; `None` without such a block.
    pub fn backend(&mut self, schema: &Schema, diags: &mut Diagnostics) -> Result<Option<Value>, Stop> {
        let _ = schema;
        Err(unsupported(diags))
    }

    /// An output of the root module, with its preconditions checked.
    pub fn output(
        &mut self,
        name: &str,
        lookup: &dyn Lookup,
        diags: &mut Diagnostics,
    ) -> Result<EvaluatedOutput, Stop> {
        let _ = (name, lookup);
        Err(unsupported(diags))
    }

    /// Checks conditions of an instance and reports those that do not hold; unknown ones pass.
    pub fn conditions(
        &mut self,
        instance: &Instance,
        which: &Conditions,
        lookup: &dyn Lookup,
        diags: &mut Diagnostics,
    ) -> Result<(), Stop> {
        let _ = (instance, which, lookup, diags);
        Ok(())
    }

    /// Where a part of an instance's configuration is written, or the block if it is not.
    pub fn problem_span(&self, instance: &Instance, path: &Path) -> Option<Span> {
        let _ = (instance, path);
        None
    }

    /// Where a part of a provider configuration is written, or the block if it is not.
    pub fn provider_problem_span(&self, config: &ProviderConfig, path: &Path) -> Option<Span> {
        let _ = (config, path);
        None
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
        let _ = (file, text, module, lookup);
        Err(unsupported(diags))
    }
}

fn unsupported(diags: &mut Diagnostics) -> Stop {
    Stop::Failed(diags.error(Diagnostic::error("Unsupported", "Evaluation is not there yet.")))
}
