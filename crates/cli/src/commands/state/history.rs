//! `terrane state history`

use std::process::ExitCode;
use std::sync::Arc;

use serde::Serialize;
use terrane_query::{Answer, Cell};
use terrane_source::{Diagnostic, Diagnostics};
use terrane_state::{Past, Store, Writer};
use tokio::task::JoinSet;

use crate::Context;
use crate::flags::Vars;
use crate::project::{self, history};
use crate::views::table;

/// List the states that are still kept
///
/// In S3 these are the versions of the object, if the bucket keeps them; in a file the copies beside it. Each can be named
/// in "state diff" and "state rollback", by its version or its serial.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// List this many, from the newest on; each is read
    #[arg(long, value_name = "N", default_value = "20")]
    limit: usize,
    /// Write JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    vars: Vars,
}

/// How many states are read at a time.
const AT_ONCE: usize = 8;

/// A state with what its content says of it.
#[derive(Clone, Debug, Serialize)]
struct Row {
    version: String,
    stored: String,
    size: u64,
    current: bool,
    deleted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    serial: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lineage: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    objects: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    terraform_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    who: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    let mut diags = Diagnostics::new();
    let (project, store) = match project::open_store(context, &args.vars, &mut diags).await {
        Ok(opened) => opened,
        Err(project) => return context.end(&diags, &project.files),
    };
    match rows(&store, args.limit).await {
        Ok(rows) if args.json => outln!("{}", serde_json::to_string_pretty(&rows).unwrap_or_default()),
        Ok(rows) if rows.is_empty() => outln!("There is no state in {} yet.", store.place()),
        Ok(rows) => {
            out!("{}", table::text(&answer(&rows), context.terminal.out_width(), context.terminal.out));
            if matches!(&rows[..], [only] if only.version == "null") {
                outln!("The bucket keeps no earlier states. Turn on its versioning, so that they can be had back.");
            }
        }
        Err(problem) => diags.push(problem),
    }
    context.end(&diags, &project.files)
}

/// The states, newest first.
async fn rows(store: &Arc<dyn Store>, limit: usize) -> Result<Vec<Row>, Diagnostic> {
    let all = history::versions(&**store, limit).await?;
    let mut rows: Vec<Row> = all.iter().map(row).collect();
    for (chunk, at) in all.chunks(AT_ONCE).zip((0..).step_by(AT_ONCE)) {
        let mut reads = JoinSet::new();
        for (n, past) in chunk.iter().enumerate().filter(|(_, past)| !past.deleted) {
            let (store, past, mut row) = (store.clone(), past.clone(), rows[at + n].clone());
            reads.spawn(async move {
                fill(&mut row, &store, &past).await;
                (at + n, row)
            });
        }
        while let Some(Ok((at, row))) = reads.join_next().await {
            rows[at] = row;
        }
    }
    Ok(rows)
}

fn row(past: &Past) -> Row {
    let stored = jiff::Timestamp::from_second(past.stored).map(|time| time.to_string()).unwrap_or_default();
    Row {
        version: past.id.to_string(),
        stored,
        size: past.size,
        current: past.current,
        deleted: past.deleted,
        serial: None,
        lineage: None,
        objects: None,
        terraform_version: None,
        who: None,
        operation: None,
        problem: None,
    }
}

async fn fill(row: &mut Row, store: &Arc<dyn Store>, past: &Past) {
    match history::load(store, &past.id).await {
        Ok((snapshot, kept)) => {
            row.objects =
                Some(snapshot.instances().map(|(_, _, i)| i.deposed.len() + usize::from(i.current.is_some())).sum());
            row.serial = Some(snapshot.serial);
            row.lineage = Some(snapshot.lineage);
            row.terraform_version = Some(snapshot.terraform_version);
            if let Some(Writer { who, operation }) = kept.writer {
                row.who = Some(who);
                row.operation = Some(operation.trim_start_matches("OperationType").to_lowercase());
            }
        }
        Err(problem) => row.problem = Some(problem.detail),
    }
}

fn answer(rows: &[Row]) -> Answer {
    let text = |text: &Option<String>| text.clone().map_or(Cell::Null, Cell::Text);
    let number = |n: Option<u64>| n.and_then(|n| i64::try_from(n).ok()).map_or(Cell::Null, Cell::Integer);
    let note = |row: &Row| match (&row.problem, row.deleted, row.current) {
        (Some(problem), ..) => problem.clone(),
        (_, true, _) => "deleted".into(),
        (.., true) => "in use".into(),
        _ => String::new(),
    };
    let cells = |row: &Row| {
        vec![
            Cell::Text(row.version.clone()),
            Cell::Text(row.stored.clone()),
            number(row.serial),
            number(row.objects.map(|n| n as u64)),
            number(Some(row.size)),
            text(&row.who),
            text(&row.operation),
            Cell::Text(note(row)),
        ]
    };
    let columns = ["version", "stored", "serial", "objects", "bytes", "who", "operation", ""];
    Answer { columns: columns.map(String::from).into(), rows: rows.iter().map(cells).collect() }
}
