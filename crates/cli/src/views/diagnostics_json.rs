//! Diagnostics in Terraform's JSON form.

use serde_json::{Map, Value, json};
use terrane_source::{Called, Diagnostic, Diagnostics, FileId, Files, Severity, Span};

/// One diagnostic; hints and further places are part of its detail.
pub fn one(diagnostic: &Diagnostic, files: &Files) -> Value {
    let mut object = Map::new();
    let severity = if diagnostic.severity == Severity::Error { "error" } else { "warning" };
    object.insert("severity".into(), severity.into());
    object.insert("summary".into(), diagnostic.summary.as_str().into());
    object.insert("detail".into(), detail(diagnostic, files).into());
    if let Some(address) = &diagnostic.address {
        object.insert("address".into(), address.as_str().into());
    }
    if let Some(span) = diagnostic.span {
        object.insert("range".into(), range(span, files));
        object.insert("snippet".into(), snippet(diagnostic, span, files));
    }
    object.into()
}

/// All diagnostics with their numbers, as `validate` reports them.
pub fn report(diags: &Diagnostics, files: &Files) -> Value {
    let count = |severity| diags.iter().filter(|d| d.severity == severity).count();
    json!({
        "format_version": "1.0",
        "valid": !diags.has_errors(),
        "error_count": count(Severity::Error),
        "warning_count": count(Severity::Warning),
        "diagnostics": diags.iter().map(|d| one(d, files)).collect::<Vec<_>>(),
    })
}

fn detail(diagnostic: &Diagnostic, files: &Files) -> String {
    let mut parts = vec![diagnostic.detail.clone()];
    parts.extend(diagnostic.hint.clone());
    parts.extend(diagnostic.notes.iter().map(|note| match note.span {
        Some(span) => {
            let at = files.position(span.file, span.start);
            format!("{} ({}:{},{})", note.text, files.name(span.file), at.line, at.column)
        }
        None => note.text.clone(),
    }));
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

fn range(span: Span, files: &Files) -> Value {
    let place = |byte, more: u32| {
        let p = files.position(span.file, byte);
        json!({ "line": p.line, "column": p.column + more, "byte": p.byte + more })
    };
    // What is empty is one byte wide, so that readers have something to mark.
    let more = u32::from(span.end <= span.start);
    json!({
        "filename": files.name(span.file),
        "start": place(span.start, 0),
        "end": place(span.end.max(span.start), more),
    })
}

fn snippet(diagnostic: &Diagnostic, span: Span, files: &Files) -> Value {
    let (start, end) = (files.position(span.file, span.start), files.position(span.file, span.end.max(span.start)));
    // An end in the first column is that of the line before.
    let last = if end.column == 1 && end.line > start.line { end.line - 1 } else { end.line };
    let code = lines(files, span.file, start.line, last);
    let from = (span.start - files.line_start(span.file, start.line)) as usize;
    let to = from + (span.end.saturating_sub(span.start)).max(1) as usize;
    let values = diagnostic.values.iter();
    let mut snippet = json!({
        "context": files.context(span),
        "code": code,
        "start_line": start.line,
        "highlight_start_offset": from.min(code.len()),
        "highlight_end_offset": to.min(code.len()),
        "values": values.map(|(name, says)| json!({ "traversal": name, "statement": says })).collect::<Vec<_>>(),
    });
    if let Some(called) = &diagnostic.called {
        snippet["function_call"] = function(called);
    }
    snippet
}

/// The text of whole lines, without the last line ending.
fn lines(files: &Files, file: FileId, first: u32, last: u32) -> String {
    let text = files.text(file);
    let start = files.line_start(file, first) as usize;
    let end = files.line_start(file, last) as usize + files.line(file, last).len();
    text.get(start..end).unwrap_or_default().to_owned()
}

fn function(called: &Called) -> Value {
    let param = |(name, ty): &(String, String)| json!({ "name": name, "type": read(ty) });
    let signature = &called.signature;
    let mut described = json!({
        "name": signature.name,
        "params": signature.params.iter().map(param).collect::<Vec<_>>(),
    });
    if let Some(variadic) = &signature.variadic {
        described["variadic_param"] = param(variadic);
    }
    described["return_type"] = read(&signature.returns);
    json!({ "called_as": called.name, "signature": described })
}

fn read(ty: &str) -> Value {
    serde_json::from_str(ty).unwrap_or_else(|_| "dynamic".into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_bytes_of_the_code() {
        let mut files = Files::new();
        let text = "locals {\n  é = foo(\n    1)\n}\n";
        let file = files.add("main.tf", text);
        let start = text.find("foo").unwrap() as u32;
        let end = text.find(')').unwrap() as u32 + 1;
        let d = Diagnostic::error("S", "D.").at(Span::new(file, start, end)).hint("H").value("x", "is 1");
        let value = one(&d, &files);
        let code = value["snippet"]["code"].as_str().unwrap();
        let at = |name: &str| value["snippet"][name].as_u64().unwrap() as usize;
        assert_eq!(code, "  é = foo(\n    1)");
        assert_eq!(&code[at("highlight_start_offset")..at("highlight_end_offset")], "foo(\n    1)");
        assert_eq!(value["range"]["start"], json!({ "line": 2, "column": 7, "byte": start }));
        assert_eq!(value["detail"], "D.\nH");
        assert_eq!(value["snippet"]["values"], json!([{ "traversal": "x", "statement": "is 1" }]));
    }
}
