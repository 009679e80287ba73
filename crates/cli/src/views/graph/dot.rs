//! Drawings for Graphviz, with the names that OpenTofu gives.

use std::fmt::Write;

use super::{Drawing, Node, Shape};

/// Writes a drawing; `cyclic` says which of its edges are part of a cycle.
pub fn write(drawing: &Drawing, cyclic: &[bool]) -> String {
    let mut nodes: Vec<String> = drawing.nodes.iter().map(node).collect();
    nodes.sort();
    let mut edges: Vec<String> = drawing.edges.iter().zip(cyclic).map(|(e, c)| edge(drawing, *e, *c)).collect();
    edges.extend(top(drawing));
    edges.sort();
    let mut text = "digraph {\n\tcompound = \"true\"\n\tnewrank = \"true\"\n\tsubgraph \"root\" {\n".to_owned();
    nodes.iter().chain(&edges).for_each(|line| {
        let _ = writeln!(text, "\t\t{line}");
    });
    text + "\t}\n}\n"
}

fn node(node: &Node) -> String {
    let shape = match node.shape {
        Shape::Box => "box",
        Shape::Diamond => "diamond",
        Shape::Note => "note",
        Shape::Plain => "plain",
        Shape::Point => "point",
    };
    format!("{} [label = {}, shape = \"{shape}\"]", quoted(&node.name), quoted(&node.label))
}

fn edge(drawing: &Drawing, (from, to): (u32, u32), cyclic: bool) -> String {
    let name = |place: u32| quoted(&drawing.nodes[place as usize].name);
    let mark = if cyclic { " [color = \"red\", penwidth = \"2.0\"]" } else { "" };
    format!("{} -> {}{mark}", name(from), name(to))
}

/// The edges from the root to what nothing else needs.
fn top(drawing: &Drawing) -> Vec<String> {
    let mut needed = vec![false; drawing.nodes.len()];
    drawing.edges.iter().for_each(|(_, to)| needed[*to as usize] = true);
    let free = drawing.nodes.iter().zip(needed).filter(|(_, needed)| !needed);
    free.map(|(node, _)| format!("\"[root] root\" -> {}", quoted(&node.name))).collect()
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
