//! `terrane validate`

use std::process::ExitCode;

use terrane_source::{Diagnostic, Diagnostics, Files, Severity};

use super::Common;
use crate::Context;
use crate::project::{Project, nothing_here};

/// Check the configuration without looking at state or AWS
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Write the result as JSON, in Terraform's form
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pub common: Common,
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    let mut diags = Diagnostics::new();
    let project = Project::load(&context.dir, &mut diags);
    if Project::is_empty(&context.dir) {
        diags.error(nothing_here(&context.dir));
    } else {
        terrane_lang::check(&project.program, &project.providers, &project.world, &mut diags);
        super::run::warn_of_gaps(&project, &mut diags);
    }
    diags.sort();
    if args.json {
        outln!("{:#}", json(&diags, &project.files));
        return if diags.has_errors() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    }
    if !diags.has_errors() {
        let ok = context.terminal.out.green("Success!");
        let but = if diags.is_empty() { "" } else { ", but there were some warnings" };
        outln!("{ok} The configuration is valid{but}.");
    }
    context.end(&diags, &project.files)
}

fn json(diags: &Diagnostics, files: &Files) -> serde_json::Value {
    let count = |severity| diags.iter().filter(|d| d.severity == severity).count();
    serde_json::json!({
        "format_version": "1.0",
        "valid": !diags.has_errors(),
        "error_count": count(Severity::Error),
        "warning_count": count(Severity::Warning),
        "diagnostics": diags.iter().map(|d| one(d, files)).collect::<Vec<_>>(),
    })
}

fn one(diagnostic: &Diagnostic, files: &Files) -> serde_json::Value {
    let hint = diagnostic.hint.iter().map(String::as_str);
    let detail: Vec<&str> = std::iter::once(diagnostic.detail.as_str()).chain(hint).filter(|t| !t.is_empty()).collect();
    let mut value = serde_json::json!({
        "severity": if diagnostic.severity == Severity::Error { "error" } else { "warning" },
        "summary": diagnostic.summary,
        "detail": detail.join("\n"),
    });
    if let Some(span) = diagnostic.span {
        let place = |byte| {
            let p = files.position(span.file, byte);
            serde_json::json!({ "line": p.line, "column": p.column, "byte": p.byte })
        };
        value["range"] = serde_json::json!({
            "filename": files.name(span.file),
            "start": place(span.start),
            "end": place(span.end),
        });
        let start = files.position(span.file, span.start);
        let code = files.line(span.file, start.line);
        value["snippet"] = serde_json::json!({
            "context": null,
            "code": code,
            "start_line": start.line,
            "highlight_start_offset": code.char_indices().nth(start.column as usize - 1).map_or(code.len(), |(i, _)| i),
            "highlight_end_offset": (code.len()).min((span.end - span.start) as usize + start.column as usize - 1),
            "values": diagnostic.values.iter().map(|(r, v)| serde_json::json!({"traversal": r, "statement": format!("is {v}")})).collect::<Vec<_>>(),
        });
    }
    value
}
