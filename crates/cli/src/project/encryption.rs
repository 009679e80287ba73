//! How the state and the plans of a project are encrypted.

use std::path::Path;
use std::sync::Arc;

use terrane_backend::encryption::{self as kinds, Surroundings};
use terrane_encryption::envelope::is_sealed;
use terrane_encryption::{Encrypted, KeySource, Keys, Link, Method, Random, Target};
use terrane_lang::encryption::{self, declared, key_provider};
use terrane_lang::{EncryptedDecl, EncryptionDecl, EncryptionPart, Evaluator, Inputs, Loading, Program, World};
use terrane_source::{Diagnostic, Diagnostics, Files, Reported};
use terrane_state::{Snapshot, Store};
use terrane_value::{Block, Value};

use super::edit::Editable;
use super::state::unreadable;
use super::variables;
use crate::Context;
use crate::flags::Vars;
use crate::remote_states::Targets;
use crate::world::Disk;

/// What the arguments of `encryption` blocks are evaluated with.
#[derive(Clone, Copy)]
pub struct Encryption<'a> {
    program: &'a Program,
    world: &'a dyn World,
    inputs: &'a Inputs,
    dir: &'a Path,
}

/// The root module of a folder, loaded for the sake of its `encryption` block.
pub struct Root {
    /// The texts that were read.
    pub files: Files,
    loading: Loading,
    world: Disk,
    inputs: Inputs,
}

impl Root {
    /// Loads the root module alone. What is wrong with the rest of it is for others to report.
    pub fn load(context: &Context, vars: &Vars) -> Root {
        let mut ignored = Diagnostics::new();
        let world = Disk::at(&context.dir);
        let mut files = Files::new();
        let loading = Loading::root(&world, ".", &mut files, &mut ignored);
        let gather =
            variables::Gather { program: loading.program(), files: &mut files, world: &world, dir: &context.dir };
        let inputs = gather.inputs(vars, &context.cwd, &mut ignored);
        Root { files, loading, world, inputs }
    }

    /// How its files are encrypted.
    pub fn encryption<'a>(&'a self, dir: &'a Path) -> Encryption<'a> {
        Encryption { program: self.loading.program(), world: &self.world, inputs: &self.inputs, dir }
    }
}

/// Chance from the kernel.
pub struct Kernel;

impl Random for Kernel {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), String> {
        getrandom::fill(bytes).map_err(|e| e.to_string())
    }
}

impl<'a> Encryption<'a> {
    /// The encryption of a project that was loaded.
    pub fn of(project: &'a super::Project, inputs: &'a Inputs) -> Encryption<'a> {
        Encryption { program: &project.program, world: &project.world, inputs, dir: &project.dir }
    }

    /// The same, with the values that an evaluator has.
    pub fn with(project: &'a super::Project, evaluator: &'a Evaluator<'_>) -> Encryption<'a> {
        Encryption::of(project, evaluator.inputs())
    }

    /// Puts the encryption of the project's state over a store.
    ///
    /// # Errors
    /// What is wrong with the configuration of it.
    pub fn over(self, store: Arc<dyn Store>, diags: &mut Diagnostics) -> Result<Arc<dyn Store>, Reported> {
        let target = declared(self.program).and_then(|decl| Some((decl, decl.state.as_ref()?)));
        let Some((decl, state)) = target else { return Ok(store) };
        let target = self.target("state", decl, state, diags)?;
        if decl.methods.iter().any(|method| &*method.ty == "unencrypted") {
            let detail = "The method \"unencrypted\" is configured. It is meant for the time of a migration: whoever can \
                          write the stored files can put unencrypted ones in their place.";
            let warning = Diagnostic::warning("Unencrypted method configured", detail);
            diags.push(match decl.span {
                Some(span) => warning.at(span),
                None => warning,
            });
        }
        Ok(Arc::new(Encrypted::over(store, Arc::new(target))))
    }

    /// The encryption of saved plans; `None` if they are not encrypted.
    ///
    /// # Errors
    /// What is wrong with the configuration of it.
    pub fn plan(self, diags: &mut Diagnostics) -> Result<Option<Target>, Reported> {
        let Some(decl) = declared(self.program) else { return Ok(None) };
        decl.plan.as_ref().map(|plan| self.target("plan", decl, plan, diags)).transpose()
    }

    /// The encryption of states that data sources read.
    ///
    /// # Errors
    /// What is wrong with the configuration of it.
    pub fn remote_states(self, diags: &mut Diagnostics) -> Result<Targets, Reported> {
        let Some(decl) = declared(self.program) else { return Ok(Targets::default()) };
        let mut target = |target: &EncryptedDecl| self.target("remote state", decl, target, diags).map(Arc::new);
        let others = decl.remote_default.as_ref().map(&mut target).transpose()?;
        let named = decl.remotes.iter().map(|(name, remote)| Ok((name.clone(), target(remote)?)));
        Ok(Targets { others, named: named.collect::<Result<_, Reported>>()? })
    }

    fn methods(
        self,
        decl: &EncryptionDecl,
        target: &EncryptedDecl,
        diags: &mut Diagnostics,
    ) -> Result<Vec<Method>, Reported> {
        let methods = encryption::methods(decl, target, diags)?;
        methods.into_iter().map(|method| self.method(decl, method, diags)).collect()
    }

    fn target(
        self,
        what: &'static str,
        decl: &EncryptionDecl,
        target: &EncryptedDecl,
        diags: &mut Diagnostics,
    ) -> Result<Target, Reported> {
        Ok(Target::new(what, self.methods(decl, target, diags)?))
    }

    fn method(self, decl: &EncryptionDecl, part: &EncryptionPart, diags: &mut Diagnostics) -> Result<Method, Reported> {
        let value = self.value(part, "Unknown encryption method type", kinds::method_schema(&part.ty), diags)?;
        let wrong = |why: String| Diagnostic::error("Invalid method configuration", why).at(part.span);
        let cipher = kinds::open_method(&part.ty, &value, &self.surroundings());
        let Some(cipher) = cipher.map_err(|e| diags.error(wrong(e.0)))? else { return Ok(Method::Unencrypted) };
        let keys = self.keys(decl, part, value.get("keys"), &mut Vec::new(), diags)?;
        Ok(Method::Keyed { address: format!("method.{}.{}", part.ty, part.name), keys, cipher })
    }

    /// Where the keys of an argument come from; `None` if it is not set.
    fn keys(
        self,
        decl: &EncryptionDecl,
        part: &EncryptionPart,
        value: Option<&Value>,
        way: &mut Vec<String>,
        diags: &mut Diagnostics,
    ) -> Result<Option<KeySource>, Reported> {
        let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(None) };
        match key_provider(decl, value, part.span, diags)? {
            Some(provider) => {
                self.link(decl, provider, way, diags).map(|link| Some(KeySource::Provider(Arc::new(link))))
            }
            None => match Keys::of(value) {
                Ok(keys) => Ok(Some(KeySource::Given(keys))),
                Err(e) => {
                    let error = Diagnostic::error("Expected key_provider value", e.0).at(part.span);
                    Err(diags.error(error))
                }
            },
        }
    }

    fn link(
        self,
        decl: &EncryptionDecl,
        part: &EncryptionPart,
        way: &mut Vec<String>,
        diags: &mut Diagnostics,
    ) -> Result<Link, Reported> {
        let address = format!("key_provider.{}.{}", part.ty, part.name);
        let again = way.contains(&address);
        way.push(address.clone());
        if again {
            let detail = format!("These key providers need each other's keys: {}.", way.join(" → "));
            return Err(diags.error(Diagnostic::error("Circular reference detected", detail).at(part.span)));
        }
        let value = self.value(part, "Unknown key_provider type", kinds::key_provider_schema(&part.ty), diags)?;
        let chain = self.keys(decl, part, value.get("chain"), way, diags)?;
        way.pop();
        let provider = kinds::open_key_provider(&part.ty, &value, chain.is_some(), &self.surroundings());
        let provider = provider.map_err(|e| {
            let error = Diagnostic::error("Unable to build encryption key data", format!("{address}: {e}"));
            diags.error(error.at(part.span))
        })?;
        Ok(Link::new(address, part.alias.as_deref(), chain, provider))
    }

    fn value(
        self,
        part: &EncryptionPart,
        unknown: &str,
        schema: Result<Block, String>,
        diags: &mut Diagnostics,
    ) -> Result<Value, Reported> {
        let schema = schema.map_err(|why| diags.error(Diagnostic::error(unknown, why).at(part.span)))?;
        encryption::value(self.program, self.world, self.inputs, part, &schema, diags)
    }

    fn surroundings(self) -> Surroundings {
        Surroundings { random: Arc::new(Kernel), directory: self.dir.to_owned() }
    }
}

/// What a file holds that may be encrypted as the state is; other files are taken as they are.
///
/// # Errors
/// Why it cannot be decrypted.
pub async fn unsealed(bytes: Vec<u8>, store: &dyn Store) -> Result<Vec<u8>, Diagnostic> {
    if !is_sealed(&bytes) {
        return Ok(bytes);
    }
    store.unsealed(bytes).await.map_err(|e| Diagnostic::error("State file cannot be read", e.to_string()))
}

/// What a saved plan holds, if it is stored as the configuration in the folder asks for.
///
/// # Errors
/// After what is wrong was reported, with the texts it may point at.
pub async fn opened_plan(
    bytes: Vec<u8>,
    context: &Context,
    vars: &Vars,
    diags: &mut Diagnostics,
) -> Result<Vec<u8>, Files> {
    let root = Root::load(context, vars);
    let sealed = is_sealed(&bytes);
    let opened = match root.encryption(&context.dir).plan(diags) {
        Err(_) => return Err(root.files),
        Ok(None) if sealed => {
            Err("The plan is encrypted, and the configuration here has no encryption block that says \
                                   how plans are decrypted. Apply it where it was made, or set TF_ENCRYPTION."
                .to_owned())
        }
        Ok(None) => return Ok(bytes),
        Ok(Some(target)) => target.open(bytes).await.map(|opened| opened.bytes).map_err(|e| e.0),
    };
    opened.map_err(|why| {
        diags.error(Diagnostic::error("Plan cannot be read", why));
        root.files
    })
}

/// The state in a file that is encrypted as the configuration in the folder says.
///
/// # Errors
/// After what is wrong was reported, with the texts it may point at.
pub async fn opened_state(
    bytes: Vec<u8>,
    path: &Path,
    context: &Context,
    vars: &Vars,
    diags: &mut Diagnostics,
) -> Result<Vec<u8>, Files> {
    let file = Editable::file(path, context, vars, diags)?;
    unsealed(bytes, &*file.store).await.map_err(|problem| {
        diags.error(problem);
        file.files
    })
}

/// The state in a file that may be encrypted as the configuration in the folder says.
///
/// # Errors
/// After what is wrong was reported, with the texts it may point at.
pub async fn state_in(path: &Path, context: &Context, vars: &Vars, diags: &mut Diagnostics) -> Result<Snapshot, Files> {
    let read = std::fs::read(path).map_err(|e| unreadable(path, &e));
    let parsed = match read {
        Ok(bytes) if is_sealed(&bytes) => {
            super::parse_state(path, &opened_state(bytes, path, context, vars, diags).await?)
        }
        read => read.and_then(|bytes| super::parse_state(path, &bytes)),
    };
    parsed.map_err(|problem| {
        diags.error(problem);
        Files::new()
    })
}
