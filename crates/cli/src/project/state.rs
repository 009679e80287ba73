//! The state of a project, for commands that only look at it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use terrane_lang::{Evaluator, Stage};
use terrane_source::{Diagnostic, Diagnostics, Files};
use terrane_state::{Snapshot, Store};

use super::backend::store_of;
use super::{Project, inputs, workspace};
use crate::Context;
use crate::flags::Vars;

/// A project whose state was read.
pub struct Opened {
    /// The project.
    pub project: Project,
    /// What is in the state; nothing if there is none yet.
    pub snapshot: Snapshot,
}

/// Loads the project in the folder and opens the store of its state in the selected workspace.
///
/// # Errors
/// The project alone, after the errors were reported to `diags`.
pub async fn open_store(
    context: &Context,
    vars: &Vars,
    diags: &mut Diagnostics,
) -> Result<(Project, Arc<dyn Store>), Box<Project>> {
    open_store_of(context, &workspace(&context.dir), vars, diags).await
}

/// Loads the project in the folder and opens the store of its state in a workspace.
///
/// # Errors
/// The project alone, after the errors were reported to `diags`.
pub async fn open_store_of(
    context: &Context,
    workspace: &str,
    vars: &Vars,
    diags: &mut Diagnostics,
) -> Result<(Project, Arc<dyn Store>), Box<Project>> {
    let mut project = Project::load_with(&context.dir, vars, &context.cwd, &mut Diagnostics::new());
    match store_in(&mut project, context, workspace, vars, diags).await {
        Some(store) => Ok((project, store)),
        None => Err(Box::new(project)),
    }
}

/// Opens the store of the state of a loaded project in a workspace. `None` after errors were reported to `diags`.
pub async fn store_in(
    project: &mut Project,
    context: &Context,
    workspace: &str,
    vars: &Vars,
    diags: &mut Diagnostics,
) -> Option<Arc<dyn Store>> {
    let inputs = inputs(project, vars, Stage::Plan, &context.cwd, &mut Diagnostics::new());
    let mut evaluator = Evaluator::new(&project.program, &project.providers, &project.world, inputs);
    store_of(project, workspace, &mut evaluator, diags).await
}

/// Which state is looked at.
#[derive(Clone, Debug, clap::Args)]
pub struct Looking {
    /// Look into this state file instead of the project's state
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    #[command(flatten)]
    vars: Vars,
}

impl Looking {
    /// The values that are given.
    pub fn vars(&self) -> &Vars {
        &self.vars
    }

    /// The project in the folder with that state, which is not locked.
    ///
    /// # Errors
    /// The texts that errors may point at, after these were reported to `diags`.
    pub async fn open(&self, context: &Context, diags: &mut Diagnostics) -> Result<Opened, Files> {
        match &self.state {
            Some(file) => {
                let snapshot = super::encryption::state_in(file, context, &self.vars, diags).await?;
                Ok(Opened { project: Project::load(&context.dir, &mut Diagnostics::new()), snapshot })
            }
            None => open_state_with(context, &self.vars, diags).await.map_err(|project| project.files),
        }
    }
}

/// Reads a state file that is no project's own; it may be encrypted as the states of a store are.
///
/// # Errors
/// Why it cannot be read, or is none.
pub async fn read_file(path: &Path, store: &dyn Store) -> Result<Snapshot, Diagnostic> {
    let bytes = std::fs::read(path).map_err(|e| unreadable(path, &e))?;
    parse(path, &super::encryption::unsealed(bytes, store).await?)
}

/// The state that was read from a file, or from what `path` stands for.
///
/// # Errors
/// Why it is none.
pub fn parse(path: &Path, bytes: &[u8]) -> Result<Snapshot, Diagnostic> {
    terrane_state::read(bytes).map_err(|e| unreadable(path, &e))
}

pub(super) fn unreadable(path: &Path, why: &dyn std::fmt::Display) -> Diagnostic {
    Diagnostic::error("State file cannot be read", format!("{}: {why}", path.display()))
}

/// Loads the project in the folder and reads its state, without locking it. The arguments of the backend may be made of
/// variables.
///
/// # Errors
/// The project alone, after the errors were reported to `diags`.
pub async fn open_state_with(context: &Context, vars: &Vars, diags: &mut Diagnostics) -> Result<Opened, Box<Project>> {
    let (project, store) = open_store(context, vars, diags).await?;
    match read(&store, diags).await {
        Some(snapshot) => Ok(Opened { project, snapshot }),
        None => Err(Box::new(project)),
    }
}

/// Reads the state in a store, without locking it. `None` if an error was reported.
pub async fn read(store: &Arc<dyn Store>, diags: &mut Diagnostics) -> Option<Snapshot> {
    let loaded = terrane_engine::load(&**store).await.map_err(|problem| diags.error(problem));
    loaded.ok().map(|loaded| loaded.snapshot)
}
