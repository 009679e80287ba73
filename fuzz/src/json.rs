//! The JSON front end.

use std::ops::Range;

use serde_json::Deserializer;
use terrane_source::{Diagnostics, Files, Span};
use terrane_syntax::{Arena, Json, JsonKind, JsonString, Strings, dump_expression, dump_json, parse_json};

use crate::check_errors;

/// A JSON text becomes a value whose spans hold what they say, is valid if serde_json finds it so, and its strings can
/// be read in all ways.
pub fn json(text: &str) {
    let (mut files, mut diags) = (Files::new(), Diagnostics::new());
    let arena = Arena::new();
    let value = parse_json(files.add("main.tf.json", text), text, &arena, &mut diags);
    check_errors(text, &files, &diags);
    second_opinion(text, diags.is_empty());
    let Ok(value) = value else { return assert!(diags.has_errors()) };
    let mut nodes = 0;
    walk(text, &value, 0..text.len(), &mut nodes);
    assert!(nodes <= text.len(), "{nodes} nodes for {} bytes", text.len());
    dump_json(&value);
    for strings in [Strings::Templates, Strings::Texts, Strings::Expressions] {
        let mut diags = Diagnostics::new();
        match value.expression(strings, &arena, &mut diags) {
            Ok(expr) => drop(dump_expression(expr)),
            Err(_) => assert!(diags.has_errors()),
        }
        for diagnostic in diags.iter() {
            let span = diagnostic.span.expect("every error has a place");
            assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?} is not in the text");
        }
    }
}

/// serde_json stops at a depth of its own, and wants surrogates in pairs.
fn second_opinion(text: &str, valid: bool) {
    let depth = text.bytes().filter(|b| matches!(b, b'[' | b'{')).count();
    if depth > 100 || text.contains("\\u") {
        return;
    }
    let mut reader = Deserializer::from_str(text);
    let theirs: Result<serde_json::Value, _> = serde::Deserialize::deserialize(&mut reader);
    let theirs = theirs.is_ok() && reader.end().is_ok();
    assert_eq!(valid, theirs, "{text:?} is valid for one and not for the other");
}

fn walk(text: &str, value: &Json, outer: Range<usize>, nodes: &mut usize) {
    let own = span(text, value.span, outer);
    *nodes += 1;
    match &value.kind {
        JsonKind::Null | JsonKind::Bool(_) => {}
        JsonKind::Number(number) => assert_eq!(text[own], **number),
        JsonKind::String(string) => quoted(text, string, own),
        JsonKind::Array(items) => items.iter().for_each(|item| walk(text, item, own.clone(), nodes)),
        JsonKind::Object(properties) => properties.iter().for_each(|property| {
            quoted(text, &property.name, own.clone());
            walk(text, &property.value, own.clone(), nodes);
        }),
    }
}

fn quoted(text: &str, string: &JsonString, outer: Range<usize>) {
    let own = span(text, string.span, outer);
    let written = &text[own];
    assert!(written.len() >= 2 && written.starts_with('"') && written.ends_with('"'), "{written:?}");
    if !written.contains('\\') {
        assert_eq!(written[1..written.len() - 1], *string.text);
    }
}

fn span(text: &str, span: Span, outer: Range<usize>) -> Range<usize> {
    let own = span.start as usize..span.end as usize;
    assert!(outer.start <= own.start && own.end <= outer.end, "{own:?} is not in {outer:?}");
    assert!(text.get(own.clone()).is_some(), "{own:?} splits a character");
    own
}
