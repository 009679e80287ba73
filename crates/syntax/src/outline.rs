//! The blocks of a file, for saying where in it something is.

use std::ops::Range;

use terrane_source::{Diagnostics, FileId};

use crate::arena::Arena;
use crate::json::{Json, JsonKind};
use crate::{parse, parse_json};

/// The parts of a file with their names, outer ones before those in them.
///
/// In native syntax these are the blocks of the file with their headers, `resource "aws_vpc" "main"`; in a file whose
/// name ends in `.json`, objects and arrays with their paths, `resource.aws_vpc.main`.
pub fn outline(name: &str, text: &str) -> Vec<(Range<u32>, String)> {
    let mut diags = Diagnostics::new();
    let arena = Arena::new();
    if name.ends_with(".json") {
        let mut parts = Vec::new();
        if let Ok(root) = parse_json(FileId(0), text, &arena, &mut diags) {
            collect(&root, "", &mut parts);
        }
        return parts;
    }
    let body = parse(FileId(0), text, &arena, &mut diags);
    let header = |block: &crate::Block<'_>| {
        let labels = block.labels.iter().map(|label| format!(" \"{}\"", label.text));
        std::iter::once(block.ty.text.to_string()).chain(labels).collect::<String>()
    };
    body.blocks().map(|block| (block.span.start..block.span.end, header(&block))).collect()
}

fn collect(value: &Json<'_>, path: &str, parts: &mut Vec<(Range<u32>, String)>) {
    let mut part = |value: &Json<'_>, path: String| {
        if matches!(value.kind, JsonKind::Array(_) | JsonKind::Object(_)) {
            parts.push((value.span.start..value.span.end, path.trim_start_matches('.').to_owned()));
            collect(value, &path, parts);
        }
    };
    match &value.kind {
        JsonKind::Array(items) => items.iter().enumerate().for_each(|(i, item)| part(item, format!("{path}[{i}]"))),
        JsonKind::Object(properties) => {
            properties.iter().for_each(|p| part(&p.value, format!("{path}.{}", p.name.text)))
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_objects_are_named() {
        let text = "locals { a = 1 }\nresource \"a\" \"b\" {\n  c {}\n}\n";
        assert_eq!(outline("main.tf", text), [(0..16, "locals".into()), (17..44, "resource \"a\" \"b\"".into())]);
        let names: Vec<String> = outline("main.tf.json", "{\"a\": [{\"b\": {}}]}").into_iter().map(|p| p.1).collect();
        assert_eq!(names, ["a", "a[0]", "a[0].b"]);
    }
}
