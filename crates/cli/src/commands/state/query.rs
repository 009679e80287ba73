//! `terrane state query`

use std::fmt::Write;
use std::io::Read;
use std::process::ExitCode;
use std::sync::Arc;

use clap::ValueEnum;
use terrane_address::{Mode, Provider, Resource};
use terrane_lang::Schemas;
use terrane_plan::Providers;
use terrane_query::{Answer, Cell, Kind, QueryError, Source, Table};
use terrane_source::{Diagnostic, Diagnostics, Files, Span};
use terrane_value::Schema;

use crate::Context;
use crate::project::Looking;
use crate::views::table;

/// Ask the state with SQL
///
/// There is a table for every type, such as aws_vpc, with a column for each attribute; what data sources have read is in
/// data.aws_ami and so on. The tables resources, attributes, dependencies, outputs and state cover all types; -schema
/// lists them. Lists and maps are JSON: tags->>'Name' is a part of one, json_each() goes through it. TEXT regexp
/// PATTERN matches. The query is SQLite's SQL, and can only read.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The query; "-" reads it from standard input
    #[arg(value_name = "SQL", required_unless_present = "schema")]
    sql: Option<String>,
    /// List the tables and their columns, or those of the types that are named
    #[arg(long)]
    schema: bool,
    /// The form of the answer
    #[arg(long, value_name = "FORM", default_value = "table")]
    output: Form,
    /// The same as -output=json
    #[arg(long, conflicts_with = "output")]
    json: bool,
    /// Let the query see sensitive values
    #[arg(long)]
    show_sensitive: bool,
    #[command(flatten)]
    looking: Looking,
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Aligned columns, cut to the width of the terminal.
    Table,
    /// A list of objects.
    Json,
    /// Comma-separated values.
    Csv,
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    let mut diags = Diagnostics::new();
    let opened = match args.looking.open(context, &mut diags).await {
        Ok(opened) => opened,
        Err(files) => return context.end(&diags, &files),
    };
    let (snapshot, providers, mut files) = (opened.snapshot, opened.project.providers, opened.project.files);
    let shapes = |provider: Option<&Provider>, mode: Mode, ty: &str| shape(&providers, provider, mode, ty);
    let source = Source { snapshot: &snapshot, shapes: &shapes, secrets: args.show_sensitive };
    let form = if args.json { Form::Json } else { args.output };
    match sql(&args) {
        Ok(sql) if args.schema => out!("{}", schema(&source, &sql, form, context)),
        Ok(sql) => match terrane_query::query(&source, &sql) {
            Ok(answer) => out!("{}", written(&answer, form, context)),
            Err(error) => diags.push(problem(error, &sql, &mut files)),
        },
        Err(problem) => diags.push(problem),
    }
    context.end(&diags, &files)
}

fn sql(args: &Args) -> Result<String, Diagnostic> {
    let given = args.sql.as_deref().unwrap_or_default();
    if given != "-" {
        return Ok(given.to_owned());
    }
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text);
    read.map_err(|e| Diagnostic::error("Query cannot be read", format!("Standard input: {e}.")))?;
    Ok(text)
}

/// The shape of a type; without a provider, that of the provider its name implies, or of any that has it.
fn shape(providers: &Providers, provider: Option<&Provider>, mode: Mode, ty: &str) -> Option<Arc<Schema>> {
    if let Some(provider) = provider {
        return providers.resource(provider, mode, ty);
    }
    let implied = Provider::implied(Resource::managed(ty, "").implied_provider());
    let own = providers.resource(&implied, mode, ty);
    own.or_else(|| providers.addresses().find_map(|provider| providers.resource(provider, mode, ty)))
}

fn written(answer: &Answer, form: Form, context: &Context) -> String {
    match form {
        Form::Table => table::text(answer, context.terminal.out_width(), context.terminal.out),
        Form::Json => table::json(answer),
        Form::Csv => table::csv(answer),
    }
}

fn problem(error: QueryError, sql: &str, files: &mut Files) -> Diagnostic {
    let mut problem = Diagnostic::error("Wrong query", error.message);
    if let Some(at) = error.at {
        let rest = &sql.as_bytes()[at..];
        let word = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.')).count().max(1);
        let file = files.add("query", sql);
        let end = (at + word).min(sql.len());
        problem = problem.at(Span::new(file, at as u32, end as u32));
    }
    problem.hint(match error.near {
        Some(near) => format!("Did you mean {near:?}?"),
        None => "\"terrane state query -schema\" lists the tables and their columns.".to_owned(),
    })
}

/// The tables and their columns; only those of the types that are named, if any are.
fn schema(source: &Source<'_>, named: &str, form: Form, context: &Context) -> String {
    let tables: Vec<Table> = match named.is_empty() {
        true => terrane_query::tables(source),
        false => terrane_query::tables_named(source, named),
    };
    if form != Form::Table {
        let text = |text: &str| Cell::Text(text.to_owned());
        let row = |table: &Table, column: &terrane_query::Column| {
            vec![text(&table.full_name()), text(&column.name), text(Kind::name(column.kind))]
        };
        let rows = tables.iter().flat_map(|table| table.columns.iter().map(move |column| row(table, column)));
        let columns = ["table", "column", "type"].map(String::from).into();
        return written(&Answer { columns, rows: rows.collect() }, form, context);
    }
    let mut out = String::new();
    for table in &tables {
        let gap = if out.is_empty() { "" } else { "\n" };
        let name = context.terminal.out.bold(&table.full_name());
        let _ = writeln!(out, "{gap}{name}: {}", table.about);
        let width = table.columns.iter().map(|column| column.name.len()).max().unwrap_or(0);
        for column in &table.columns {
            let _ = writeln!(out, "  {:width$}  {}", column.name, Kind::name(column.kind));
        }
    }
    out
}
