//! `terrane workspace`

use std::process::ExitCode;
use std::sync::Arc;

use clap::Subcommand;
use terrane_source::{Diagnostic, Diagnostics, Files};
use terrane_state::{Snapshot, Store, StoreError};

use super::Common;
use super::events::Told;
use crate::Context;
use crate::flags::{Lock, Vars};
use crate::project::{self, edit::Editable};

/// Keep several states of one configuration
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the workspaces; a star marks the selected one
    List {
        #[command(flatten)]
        vars: Vars,
        #[command(flatten)]
        told: Told,
    },
    /// Show the name of the selected workspace
    Show,
    /// Make a workspace and select it
    New {
        /// Its name
        name: String,
        /// Begin with a copy of this state file
        #[arg(long, value_name = "FILE")]
        state: Option<std::path::PathBuf>,
        #[command(flatten)]
        lock: Lock,
        #[command(flatten)]
        vars: Vars,
        #[command(flatten)]
        told: Told,
    },
    /// Select the workspace that the next commands use
    Select {
        /// Its name
        name: String,
        /// Make it if it does not exist
        #[arg(long)]
        or_create: bool,
        #[command(flatten)]
        vars: Vars,
        #[command(flatten)]
        told: Told,
    },
    /// Delete a workspace with its state
    Delete {
        /// Its name
        name: String,
        /// Delete it even if its state holds objects, which then nobody knows of
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        lock: Lock,
        #[command(flatten)]
        vars: Vars,
        #[command(flatten)]
        told: Told,
    },
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    let mut diags = Diagnostics::new();
    let files = match &args.command {
        Command::Show => {
            outln!("{}", project::workspace(&context.dir));
            Files::new()
        }
        Command::List { vars, told }
        | Command::New { vars, told, .. }
        | Command::Select { vars, told, .. }
        | Command::Delete { vars, told, .. } => {
            let context = &match told.context(context) {
                Ok(context) => context,
                Err(problem) => return context.end(&problem.into(), &Files::new()),
            };
            let files = on_store(&args.command, vars, context, &mut diags).await;
            return context.end(&diags, &files);
        }
    };
    context.end(&diags, &files)
}

async fn on_store(command: &Command, vars: &Vars, context: &Context, diags: &mut Diagnostics) -> Files {
    let (project, store) = match project::open_store_of(context, "default", vars, diags).await {
        Ok(opened) => opened,
        Err(project) => return project.files,
    };
    let workspaces = Workspaces { context, vars, store };
    let done = match command {
        Command::List { .. } => workspaces.list().await,
        Command::New { name, state, lock, .. } => workspaces.make(name, state.as_deref(), lock, diags).await,
        Command::Select { name, or_create, .. } => workspaces.select(name, *or_create, diags).await,
        Command::Delete { name, force, lock, .. } => workspaces.delete(name, *force, lock, diags).await,
        Command::Show => Ok(()),
    };
    if let Err(problem) = done {
        diags.error(problem);
    }
    project.files
}

struct Workspaces<'a> {
    context: &'a Context,
    vars: &'a Vars,
    store: Arc<dyn Store>,
}

impl Workspaces<'_> {
    async fn names(&self) -> Result<Vec<String>, Diagnostic> {
        let names = self.store.workspaces().await;
        names.map_err(|e| Diagnostic::error("Workspaces cannot be listed", e.to_string()))
    }

    async fn list(&self) -> Result<(), Diagnostic> {
        let names = self.names().await?;
        self.context.view.workspaces(&names, &project::workspace(&self.context.dir));
        if overridden().is_some() {
            self.context.view.say("The workspace is selected by TF_WORKSPACE in the environment.");
        }
        Ok(())
    }

    async fn make(
        &self,
        name: &str,
        from: Option<&std::path::Path>,
        lock: &Lock,
        diags: &mut Diagnostics,
    ) -> Result<(), Diagnostic> {
        valid(name)?;
        if let Some(other) = overridden().filter(|other| other != name) {
            return Err(selected_by_environment(&other));
        }
        if self.names().await?.iter().any(|n| n == name) {
            return Err(Diagnostic::error("Workspace exists", format!("There is a workspace {name:?} already."))
                .hint(format!("To use it, run: terrane workspace select {name}")));
        }
        let start = match from {
            Some(file) => project::read_file(file, &*self.store).await?,
            None => Snapshot::default(),
        };
        self.create(name, start, lock, diags).await?;
        self.use_it(name)?;
        let content = from.map_or_else(|| "empty".into(), |file| format!("a copy of {}", file.display()));
        self.context.view.say(&format!(
            "Created and switched to the workspace {name:?}. It has a state of its own, which is {content}."
        ));
        Ok(())
    }

    async fn create(
        &self,
        name: &str,
        start: Snapshot,
        lock: &Lock,
        diags: &mut Diagnostics,
    ) -> Result<(), Diagnostic> {
        let editable = self.open(name, diags).await?;
        let mut session = editable.session("workspace-new", lock).await?;
        let made = session.begin(start).await;
        session.close().await.into_iter().for_each(|problem| diags.push(problem));
        made.map_err(|e| Diagnostic::error("Workspace cannot be made", e.to_string()))
    }

    async fn select(&self, name: &str, or_create: bool, diags: &mut Diagnostics) -> Result<(), Diagnostic> {
        valid(name)?;
        if let Some(other) = overridden() {
            return Err(selected_by_environment(&other));
        }
        let names = self.names().await?;
        if !names.iter().any(|n| n == name) {
            if !or_create {
                return Err(unknown(name, &names));
            }
            let lock = Lock { lock: Some(true), lock_timeout: std::time::Duration::ZERO };
            self.create(name, Snapshot::default(), &lock, diags).await?;
            self.context.view.say(&format!("Created the workspace {name:?}."));
        }
        if name != project::workspace(&self.context.dir) {
            self.use_it(name)?;
            self.context.view.say(&format!("Switched to the workspace {name:?}."));
        }
        Ok(())
    }

    async fn delete(&self, name: &str, force: bool, lock: &Lock, diags: &mut Diagnostics) -> Result<(), Diagnostic> {
        let refuse = |what: &str| Err(Diagnostic::error("Workspace was not deleted", what.to_owned()));
        if name == "default" {
            return refuse("The workspace \"default\" is always there.");
        }
        let names = self.names().await?;
        if !names.iter().any(|n| n == name) {
            return Err(unknown(name, &names));
        }
        if name == project::workspace(&self.context.dir) {
            return refuse(&format!("The workspace {name:?} is the selected one; select another first."));
        }
        let editable = self.open(name, diags).await?;
        let session = editable.session("workspace-delete", lock).await?;
        let objects: Vec<String> = session.snapshot().instances().map(|(instance, ..)| instance.to_string()).collect();
        let deleted = match objects.is_empty() || force {
            true => editable.store.remove().await.map_err(|e| cannot_delete(&e)),
            false => Err(not_empty(name, &objects)),
        };
        session.close().await.filter(|_| deleted.is_err()).into_iter().for_each(|problem| diags.push(problem));
        deleted?;
        self.context.view.say(&format!("Deleted the workspace {name:?}."));
        if !objects.is_empty() {
            let detail = format!(
                "The state of {name:?} held {} objects. They are still there, and nothing tracks them.",
                objects.len()
            );
            diags.push(Diagnostic::warning("The workspace was not empty", detail));
        }
        Ok(())
    }

    async fn open(&self, name: &str, diags: &mut Diagnostics) -> Result<Editable, Diagnostic> {
        let opened = Editable::of(self.context, name, self.vars, diags).await;
        opened.map_err(|_| {
            Diagnostic::error("Workspace cannot be used", format!("The state of {name:?} cannot be opened."))
        })
    }

    fn use_it(&self, name: &str) -> Result<(), Diagnostic> {
        let folder = project::data_dir(&self.context.dir);
        let written = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(folder.join("environment"), name));
        written.map_err(|e| {
            Diagnostic::error(
                "Workspace cannot be selected",
                format!("The file {} cannot be written: {e}.", folder.join("environment").display()),
            )
        })
    }
}

fn overridden() -> Option<String> {
    std::env::var("TF_WORKSPACE").ok().filter(|name| !name.is_empty())
}

fn selected_by_environment(name: &str) -> Diagnostic {
    Diagnostic::error(
        "Workspace is selected by the environment",
        format!("TF_WORKSPACE is set to {name:?}, which counts more than a selected workspace."),
    )
    .hint("To select workspaces with this command, unset TF_WORKSPACE.")
}

/// Refuses names that cannot be part of a path as they are.
fn valid(name: &str) -> Result<(), Diagnostic> {
    let plain = |c: char| c.is_alphanumeric() || "-_.~!$&'()*+,;=:@".contains(c);
    match !name.is_empty() && name.chars().all(plain) && name != "." && name != ".." {
        true => Ok(()),
        false => Err(Diagnostic::error("Wrong workspace name", format!("{name:?} cannot name a workspace."))
            .hint("Use letters, digits, \"-\" and \"_\": the name becomes a part of paths and URLs.")),
    }
}

fn unknown(name: &str, names: &[String]) -> Diagnostic {
    let near = terrane_lang::nearest(name, names.iter().map(String::as_str));
    let near = near.map(|n| format!(" Did you mean {n:?}?")).unwrap_or_default();
    Diagnostic::error("No such workspace", format!("There is no workspace {name:?}.{near}"))
        .hint(format!("To make it, run: terrane workspace new {name}"))
}

fn not_empty(name: &str, objects: &[String]) -> Diagnostic {
    let mut list = objects[..objects.len().min(10)].join("\n  ");
    if objects.len() > 10 {
        list.push_str(&format!("\n  and {} more", objects.len() - 10));
    }
    Diagnostic::error(
        "Workspace is not empty",
        format!(
            "The state of the workspace {name:?} holds {} objects, which nothing would track any more.",
            objects.len()
        ),
    )
    .note(format!("It holds:\n  {list}"))
    .hint("Destroy them first. To delete the workspace all the same, use -force.")
}

fn cannot_delete(error: &StoreError) -> Diagnostic {
    Diagnostic::error("Workspace cannot be deleted", error.to_string())
}
