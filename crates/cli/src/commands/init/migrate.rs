//! Copies the states of all workspaces from the backend of the last `init` to the one that is configured now.

use std::sync::Arc;

use terrane_lang::Evaluator;
use terrane_source::{Diagnostic, Diagnostics};
use terrane_state::{Store, StoreError, Stored};

use crate::project::{self, Initialised, Project, workspace};
use crate::views::view::View;

/// Where states come from, and where they go.
pub struct Migration<'a> {
    /// The project.
    pub project: &'a Project,
    /// The backend of the last `init`; none if it has not run here.
    pub before: Option<&'a Initialised>,
    /// The backend that is configured now.
    pub now: &'a Initialised,
    /// Whether states that are there already are overwritten.
    pub force: bool,
    /// Who is told of what was copied.
    pub view: &'a dyn View,
}

impl Migration<'_> {
    /// Says that there is a state in the folder of which a project, whose backend is set up for the first time, would
    /// lose sight.
    pub async fn notice(&self, to: &dyn Store, evaluator: &Evaluator<'_>, diags: &mut Diagnostics) -> Option<()> {
        let from = self.source(&workspace(&self.project.dir), evaluator, diags).await?;
        let Some(_) = read(&*from, diags).await? else { return Some(()) };
        let detail = format!(
            "The folder holds the state {}, and the configuration now keeps its state in {}.",
            from.place(),
            to.place()
        );
        diags.error(Diagnostic::error("State exists in this folder", detail).hint(
            "To copy it there, run: terrane init -migrate-state\nTo leave it where it is, run: terrane init -reconfigure",
        ));
        None
    }

    /// Copies. `None` after an error; what was copied by then stays in both places.
    pub async fn run(&self, evaluator: &mut Evaluator<'_>, diags: &mut Diagnostics) -> Option<()> {
        let selected = workspace(&self.project.dir);
        let names = match self.source("default", evaluator, diags).await?.workspaces().await {
            Ok(names) => names,
            Err(e) => {
                diags.error(Diagnostic::error("Workspaces cannot be listed", e.to_string()));
                return None;
            }
        };
        let beside = (!names.contains(&selected)).then_some(selected);
        for name in names.into_iter().chain(beside) {
            let from = self.source(&name, evaluator, diags).await?;
            let Some(found) = read(&*from, diags).await? else { continue };
            let to = project::open(self.project, &name, self.now, evaluator, diags).await?;
            if let Err(problem) = self.copy(&found, &*from, &*to).await {
                diags.error(problem);
                return None;
            }
        }
        Some(())
    }

    async fn source(
        &self,
        workspace: &str,
        evaluator: &Evaluator<'_>,
        diags: &mut Diagnostics,
    ) -> Option<Arc<dyn Store>> {
        match self.before {
            Some(before) => project::reopen(self.project, workspace, before, evaluator, diags).await,
            None => project::reopen(self.project, workspace, &Initialised::local(), evaluator, diags).await,
        }
    }

    async fn copy(&self, found: &Stored, from: &dyn Store, to: &dyn Store) -> Result<(), Diagnostic> {
        let base = match (to.load().await, self.force) {
            (Ok(Some(there)), _) if there.bytes == found.bytes => return Ok(()),
            (Ok(Some(there)), true) => Some(there.version),
            (Ok(Some(_)), false) => return Err(in_both(from, to)),
            (Ok(None), _) => None,
            (Err(e), _) => return Err(Diagnostic::error("Backend cannot be used", e.to_string())),
        };
        let content = |out: &mut dyn std::io::Write| out.write_all(&found.bytes);
        match to.save(&content, base.as_ref()).await {
            Ok(_) => {
                self.view.say(&format!("Copied the state {} to {}.", from.place(), to.place()));
                Ok(())
            }
            Err(StoreError::Conflict) => Err(in_both(from, to)),
            Err(e) => Err(Diagnostic::error("State cannot be copied", e.to_string())),
        }
    }
}

async fn read(store: &dyn Store, diags: &mut Diagnostics) -> Option<Option<Stored>> {
    let read = store.load().await;
    read.map_err(|e| diags.error(Diagnostic::error("Earlier state cannot be read", e.to_string()))).ok()
}

fn in_both(from: &dyn Store, to: &dyn Store) -> Diagnostic {
    let detail = format!("There is a state in {} and another in {}; neither was changed.", from.place(), to.place());
    Diagnostic::error("State exists in both places", detail).hint(
        "Move the one that is not wanted away, then try again.\nTo overwrite the one in the new place, run: terrane init -migrate-state -force-copy\n\
         To use the new place as it is, run: terrane init -reconfigure",
    )
}
