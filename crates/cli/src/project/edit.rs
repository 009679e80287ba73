//! Changes of the state that no provider takes part in: locked, backed up, stored with the next serial.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use terrane_backend::Local;
use terrane_engine::{Journals, Locking, Session, Unwatched};
use terrane_source::{Diagnostic, Diagnostics, Files};
use terrane_state::{LockInfo, Snapshot, Store, edit::EditError};

use super::encryption::Root;
use super::{Initialised, Project, locking, open_store_of, workspace};
use crate::Context;
use crate::flags::{Lock, Vars};

/// Which state is changed, and how it is locked.
#[derive(Clone, Debug, clap::Args)]
pub struct Editing {
    /// Show what would be done, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Change this state file instead of the project's state
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// Keep the state before the change in this file, instead of one with the time in its name
    #[arg(long, value_name = "FILE")]
    pub backup: Option<PathBuf>,
    #[command(flatten)]
    pub lock: Lock,
    #[command(flatten)]
    pub vars: Vars,
}

/// A state that can be changed.
pub struct Editable {
    /// Where it is.
    pub store: Arc<dyn Store>,
    /// The file it is in, if it is one on this machine.
    pub file: Option<PathBuf>,
    /// The journals of runs that were killed.
    pub journals: Option<Journals>,
    /// The texts of the project that led to it, to show problems with.
    pub files: Files,
}

impl Editable {
    /// The state in a file, encrypted as the project's state is.
    pub fn file(path: &Path, context: &Context, vars: &Vars, diags: &mut Diagnostics) -> Result<Editable, Files> {
        let store: Arc<dyn Store> = Arc::new(Local::at(path.to_owned(), PathBuf::from("terraform.tfstate.d")));
        let root = Root::load(context, vars);
        match root.encryption(&context.dir).over(store, diags) {
            Ok(store) => Ok(Editable { store, file: Some(path.to_owned()), journals: None, files: root.files }),
            Err(_) => Err(root.files),
        }
    }

    /// The state of the project, or of the file that was named.
    pub async fn open(context: &Context, editing: &Editing, diags: &mut Diagnostics) -> Result<Editable, Files> {
        match &editing.state {
            Some(path) => Editable::file(path, context, &editing.vars, diags),
            None => Editable::of(context, &workspace(&context.dir), &editing.vars, diags).await,
        }
    }

    /// The state of the project in the folder of a context, in a workspace.
    pub async fn of(
        context: &Context,
        workspace: &str,
        vars: &Vars,
        diags: &mut Diagnostics,
    ) -> Result<Editable, Files> {
        let (project, store) = open_store_of(context, workspace, vars, diags).await.map_err(|project| project.files)?;
        let file = is_local(&project).then(|| PathBuf::from(store.place()));
        let journals = Some(super::journals(&project.dir));
        Ok(Editable { store, file, journals, files: project.files })
    }

    /// Locks and reads the state.
    pub async fn session(&self, operation: &str, lock: &Lock) -> Result<Session<'_>, Diagnostic> {
        let watcher: terrane_engine::Watcher = Arc::new(Unwatched);
        Session::open(&self.store, &locking(operation, lock, self.journals.clone())?, &watcher).await
    }

    /// Takes the lock over from a run that is gone, and reads the state.
    pub async fn session_instead_of(&self, gone: LockInfo, operation: &str) -> Result<Session<'_>, Diagnostic> {
        let watcher: terrane_engine::Watcher = Arc::new(Unwatched);
        let lock = Lock { lock: Some(true), lock_timeout: std::time::Duration::ZERO };
        let locking = locking(operation, &lock, self.journals.clone())?;
        Session::open(&self.store, &Locking { instead_of: Some(gone), ..locking }, &watcher).await
    }

    /// Stores a changed state; a state in a file is copied first.
    pub async fn store(
        &self,
        session: &mut Session<'_>,
        changed: Snapshot,
        backup: Option<&Path>,
    ) -> Result<(), Diagnostic> {
        if changed == *session.snapshot() {
            return Ok(());
        }
        if let Some(file) = &self.file {
            keep(file, backup, &*self.store).await?;
        }
        session.set(changed);
        session.save().await.map_err(|e| {
            Diagnostic::error("State cannot be written", format!("{e} The state {} is as it was.", self.store.place()))
        })
    }
}

fn is_local(project: &Project) -> bool {
    Initialised::read(&project.dir).is_none_or(|recorded| recorded.kind == "local")
}

/// Copies a state file beside itself, under a name with the time in it.
async fn keep(file: &Path, backup: Option<&Path>, store: &dyn Store) -> Result<(), Diagnostic> {
    let named = || {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let second = jiff::Timestamp::now().as_second();
        let path = |n: i64| file.with_file_name(format!("{name}.{}.backup", second + n));
        (0..).map(path).find(|path| !path.exists()).unwrap_or_default()
    };
    let to = backup.map_or_else(named, Path::to_owned);
    let cannot = |why: String| {
        let detail = format!("The copy {} cannot be written: {why}. Nothing was changed.", to.display());
        Diagnostic::error("State cannot be backed up", detail)
    };
    let bytes = match std::fs::read(file) {
        Ok(bytes) if bytes.is_empty() || terrane_encryption::envelope::is_sealed(&bytes) => bytes,
        Ok(bytes) => store.sealed(bytes).await.map_err(|e| cannot(e.to_string()))?,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(cannot(e.to_string())),
    };
    std::fs::write(&to, bytes).map_err(|e| cannot(e.to_string()))
}

/// Lets `change` change the state, and stores it unless that failed or only a look was asked for.
///
/// `None` after a problem was reported.
pub async fn edit<T>(
    context: &Context,
    editing: &Editing,
    operation: &str,
    diags: &mut Diagnostics,
    change: impl FnOnce(&mut Snapshot) -> Result<T, Diagnostic>,
) -> (Option<T>, Files) {
    let editable = match Editable::open(context, editing, diags).await {
        Ok(editable) => editable,
        Err(files) => return (None, files),
    };
    let done = edit_one(&editable, editing, operation, diags, change).await;
    let done = done.map_err(|problem| diags.error(problem)).ok();
    (done, editable.files)
}

async fn edit_one<T>(
    editable: &Editable,
    editing: &Editing,
    operation: &str,
    diags: &mut Diagnostics,
    change: impl FnOnce(&mut Snapshot) -> Result<T, Diagnostic>,
) -> Result<T, Diagnostic> {
    let mut session = editable.session(operation, &editing.lock).await?;
    session.notice().into_iter().for_each(|notice| diags.push(notice));
    let mut changed = session.snapshot().clone();
    let done = match change(&mut changed) {
        Ok(done) if editing.dry_run => Ok(done),
        Ok(done) => editable.store(&mut session, changed, editing.backup.as_deref()).await.map(|()| done),
        Err(problem) => Err(problem),
    };
    if let Some(problem) = session.close().await {
        diags.push(problem);
    }
    done
}

/// A change that was refused.
pub fn refused(error: EditError) -> Diagnostic {
    Diagnostic::error("State was not changed", error.0)
}
