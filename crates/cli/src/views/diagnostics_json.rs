//! Diagnostics in Terraform's JSON form.

use serde_json::{Value, json};
use terrane_source::{Diagnostic, Files, Severity, Span};

/// One diagnostic.
pub fn one(diagnostic: &Diagnostic, files: &Files) -> Value {
    let hint = diagnostic.hint.iter().map(String::as_str);
    let detail: Vec<&str> = std::iter::once(diagnostic.detail.as_str()).chain(hint).filter(|t| !t.is_empty()).collect();
    let mut value = json!({
        "severity": if diagnostic.severity == Severity::Error { "error" } else { "warning" },
        "summary": diagnostic.summary,
        "detail": detail.join("\n"),
    });
    if let Some(address) = &diagnostic.address {
        value["address"] = json!(address);
    }
    if let Some(span) = diagnostic.span {
        value["range"] = range(span, files);
        value["snippet"] = snippet(diagnostic, span, files);
    }
    value
}

fn range(span: Span, files: &Files) -> Value {
    let place = |byte| {
        let p = files.position(span.file, byte);
        json!({ "line": p.line, "column": p.column, "byte": p.byte })
    };
    json!({ "filename": files.name(span.file), "start": place(span.start), "end": place(span.end) })
}

fn snippet(diagnostic: &Diagnostic, span: Span, files: &Files) -> Value {
    let start = files.position(span.file, span.start);
    let code = files.line(span.file, start.line);
    json!({
        "context": null,
        "code": code,
        "start_line": start.line,
        "highlight_start_offset": code.char_indices().nth(start.column as usize - 1).map_or(code.len(), |(i, _)| i),
        "highlight_end_offset": (code.len()).min((span.end - span.start) as usize + start.column as usize - 1),
        "values": diagnostic.values.iter().map(|(r, v)| json!({"traversal": r, "statement": format!("is {v}")})).collect::<Vec<_>>(),
    })
}
