//! `terrane lock`

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Subcommand;
use serde::Serialize;
use terrane_source::{Diagnostic, Diagnostics, Files};
use terrane_state::{LockInfo, Store, StoreError};

use super::Common;
use crate::Context;
use crate::flags::Vars;
use crate::project::{self, Project, edit::Editable};

/// Look at the lock of the state, and take it away from a run that is gone
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show who holds the locks of all workspaces, since when, and whether the holder is alive
    List {
        /// Write JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        vars: Vars,
    },
    /// Take the lock of the selected workspace away from a run that is gone
    ///
    /// The state is written with the next serial, so that the run, should it come back, cannot write over what others
    /// write from now on. Run it in the folder of that run if it is still there: what the run has done beyond the state
    /// is in a journal there, and the lock carries its key.
    Steal {
        /// The ID of the lock; without it, of whatever lock there is
        id: Option<String>,
        /// Take it away even from a run that may be alive
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        vars: Vars,
    },
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    let mut diags = Diagnostics::new();
    let (done, files) = match &args.command {
        Command::List { json, vars } => list(*json, vars, context, &mut diags).await,
        Command::Steal { id, force, vars } => steal(id.as_deref(), *force, vars, context, &mut diags).await,
    };
    if let Err(problem) = done {
        diags.error(problem);
    }
    context.end(&diags, &files)
}

/// What is known of the run that holds a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Life {
    /// Its lease is good.
    Alive,
    /// Its lease ended, and with it the run.
    Dead,
    /// It has no lease: another program's lock.
    Unknown,
}

impl Life {
    fn of(holder: &LockInfo, now: u64) -> Life {
        match &holder.lease {
            None => Life::Unknown,
            Some(lease) if lease.expires >= now => Life::Alive,
            Some(_) => Life::Dead,
        }
    }

    fn text(self, holder: &LockInfo, now: u64) -> String {
        let ended = holder.lease.as_ref().map_or(0, |lease| now.saturating_sub(lease.expires));
        match self {
            Life::Alive => "alive".into(),
            Life::Dead => format!("gone: its lease ended {} ago", span(ended)),
            Life::Unknown => "unknown: the program that holds it gives no sign of life".into(),
        }
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// A span of time in its greatest unit, rounded down.
fn span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// How long ago a lock was taken.
fn age(holder: &LockInfo, now: u64) -> Option<u64> {
    let created: jiff::Timestamp = holder.created.parse().ok()?;
    Some(now.saturating_sub(u64::try_from(created.as_second()).ok()?))
}

fn operation(holder: &LockInfo) -> String {
    holder.operation.trim_start_matches("OperationType").to_lowercase()
}

#[derive(Serialize)]
struct Row<'a> {
    workspace: &'a str,
    place: String,
    id: &'a str,
    who: &'a str,
    operation: String,
    version: &'a str,
    created: &'a str,
    age_seconds: Option<u64>,
    run: Option<&'a str>,
    holder: Life,
    lease_expires: Option<u64>,
}

async fn list(json: bool, vars: &Vars, context: &Context, diags: &mut Diagnostics) -> (Result<(), Diagnostic>, Files) {
    let (mut project, store) = match project::open_store_of(context, "default", vars, diags).await {
        Ok(opened) => opened,
        Err(project) => return (Ok(()), project.files),
    };
    (show(json, vars, context, &mut project, &*store, diags).await, project.files)
}

async fn show(
    json: bool,
    vars: &Vars,
    context: &Context,
    project: &mut Project,
    store: &dyn Store,
    diags: &mut Diagnostics,
) -> Result<(), Diagnostic> {
    let names =
        store.workspaces().await.map_err(|e| Diagnostic::error("Workspaces cannot be listed", e.to_string()))?;
    let mut held = Vec::new();
    for name in names {
        let Some(of) = project::store_in(project, context, &name, vars, diags).await else { continue };
        let holder = of.holder().await.map_err(|e| cannot_look(&e))?;
        held.extend(holder.map(|holder| (name, of.place(), holder)));
    }
    let now = now();
    if json {
        let rows: Vec<Row<'_>> = held.iter().map(|(name, place, holder)| row(name, place, holder, now)).collect();
        outln!("{}", serde_json::to_string_pretty(&rows).unwrap_or_default());
        return Ok(());
    }
    if held.is_empty() {
        outln!("No state is locked.");
    }
    for (name, place, holder) in &held {
        outln!("{}", text(name, place, holder, now));
    }
    Ok(())
}

fn row<'a>(workspace: &'a str, place: &str, holder: &'a LockInfo, now: u64) -> Row<'a> {
    Row {
        workspace,
        place: place.to_owned(),
        id: &holder.id,
        who: &holder.who,
        operation: operation(holder),
        version: &holder.version,
        created: &holder.created,
        age_seconds: age(holder, now),
        run: holder.lease.as_ref().map(|lease| lease.run.as_str()).filter(|run| !run.is_empty()),
        holder: Life::of(holder, now),
        lease_expires: holder.lease.as_ref().map(|lease| lease.expires),
    }
}

fn text(workspace: &str, place: &str, holder: &LockInfo, now: u64) -> String {
    let mut lines = vec![format!("{workspace}: {place}")];
    let since = age(holder, now).map(|age| format!(" ({} ago)", span(age))).unwrap_or_default();
    lines.push(format!("  Who:       {}", holder.who));
    lines.push(format!("  Operation: {}", operation(holder)));
    lines.push(format!("  Since:     {}{since}", holder.created));
    lines.push(format!("  Holder:    {}", Life::of(holder, now).text(holder, now)));
    if let Some(lease) = holder.lease.as_ref().filter(|lease| !lease.run.is_empty()) {
        lines.push(format!("  Run:       {}", lease.run));
    }
    lines.push(format!("  ID:        {}", holder.id));
    lines.join("\n")
}

fn cannot_look(error: &StoreError) -> Diagnostic {
    Diagnostic::error("Lock cannot be looked at", error.to_string())
}

async fn steal(
    id: Option<&str>,
    force: bool,
    vars: &Vars,
    context: &Context,
    diags: &mut Diagnostics,
) -> (Result<(), Diagnostic>, Files) {
    let workspace = project::workspace(&context.dir);
    let state = match Editable::of(context, &workspace, vars, diags).await {
        Ok(state) => state,
        Err(files) => return (Ok(()), files),
    };
    (take(&state, id, force, diags).await, state.files)
}

async fn take(state: &Editable, id: Option<&str>, force: bool, diags: &mut Diagnostics) -> Result<(), Diagnostic> {
    let place = state.store.place();
    let refuse = |what: String| Diagnostic::error("Lock was not taken", what);
    let holder = state.store.holder().await.map_err(|e| cannot_look(&e))?;
    let Some(holder) = holder else { return Err(refuse(format!("The state {place} is not locked."))) };
    if let Some(id) = id.filter(|id| *id != holder.id) {
        return Err(refuse(format!("The state {place} is locked with the id {}, not {id}.", holder.id)));
    }
    let now = now();
    match Life::of(&holder, now) {
        Life::Dead => {}
        _ if force => {}
        Life::Alive => {
            let detail = format!("The run of {} that holds the lock on {place} is alive.", holder.who);
            return Err(refuse(detail)
                .note(text("Lock", &place, &holder, now))
                .hint("Wait for it, or stop it first. To take the lock away from a run that is alive, use -force."));
        }
        Life::Unknown => {
            let detail = format!(
                "Whether {} still holds the lock on {place} cannot be told: it gives no sign of life.",
                holder.who
            );
            let hint = "If you are sure that the run is gone, use -force.";
            return Err(refuse(detail).note(text("Lock", &place, &holder, now)).hint(hint));
        }
    }
    let who = holder.who.clone();
    fence(state, holder, diags).await?;
    outln!("The lock of {} on {place} was taken away. Its run cannot write the state any more.", who);
    Ok(())
}

/// Takes the lock over and writes the state with the next serial, so that what the former holder read is no longer what is
/// stored.
async fn fence(state: &Editable, holder: LockInfo, diags: &mut Diagnostics) -> Result<(), Diagnostic> {
    let mut session = state.session_instead_of(holder, "lock-steal").await?;
    session.notice().into_iter().for_each(|notice| diags.push(notice));
    let written = match session.snapshot().lineage.is_empty() {
        true => session.keep_recovered().await,
        false => session.advance().await,
    };
    session.close().await.into_iter().for_each(|problem| diags.push(problem));
    written.map_err(|e| Diagnostic::error("State cannot be written", e.to_string()))
}

#[cfg(test)]
mod tests {
    use terrane_state::Lease;

    use super::*;

    #[test]
    fn a_lease_tells_who_is_alive() {
        let holder = |lease: Option<u64>| LockInfo {
            lease: lease.map(|expires| Lease { expires, ..Lease::default() }),
            created: "1970-01-01T00:00:40Z".into(),
            ..LockInfo::default()
        };
        assert_eq!(Life::of(&holder(None), 100), Life::Unknown);
        assert_eq!(Life::of(&holder(Some(100)), 100), Life::Alive);
        assert_eq!(Life::of(&holder(Some(99)), 100), Life::Dead);
        assert_eq!(age(&holder(None), 100), Some(60));
        assert_eq!((span(119), span(120), span(7200), span(200_000)).0, "119 s");
        assert_eq!(span(120), "2 min");
    }
}
