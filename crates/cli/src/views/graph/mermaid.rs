//! Drawings for Mermaid.

use std::fmt::Write;

use super::{Drawing, Shape};

/// Writes a drawing: arrows go from what is first to what comes after it; `cyclic` says which are part of a cycle.
pub fn write(drawing: &Drawing, cyclic: &[bool]) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for (place, node) in drawing.nodes.iter().enumerate() {
        let label = node.label.replace('"', "#quot;");
        let _ = match node.shape {
            Shape::Box => writeln!(text, "    n{place}[\"{label}\"]"),
            Shape::Diamond => writeln!(text, "    n{place}{{{{\"{label}\"}}}}"),
            Shape::Note => writeln!(text, "    n{place}[/\"{label}\"/]"),
            Shape::Plain => writeln!(text, "    n{place}(\"{label}\")"),
            Shape::Point => writeln!(text, "    n{place}((\" \"))"),
        };
    }
    for (needs, first) in &drawing.edges {
        let _ = writeln!(text, "    n{first} --> n{needs}");
    }
    let marked: Vec<String> =
        cyclic.iter().enumerate().filter(|(_, cyclic)| **cyclic).map(|(place, _)| place.to_string()).collect();
    if !marked.is_empty() {
        let _ = writeln!(text, "    linkStyle {} stroke:red,stroke-width:2px", marked.join(","));
    }
    text
}
