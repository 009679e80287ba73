//! Things that need themselves.

use std::collections::{HashMap, VecDeque};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use terrane_source::{Diagnostic, Diagnostics, Span};

use super::graph::{Graph, Thing};
use crate::Program;

/// Reports blocks that refer to themselves, and one shortest cycle of each group of things that need each other.
pub(super) fn check(program: &Program, diags: &mut Diagnostics) {
    let mut graph = Graph::of(program);
    own_references(&mut graph, diags);
    for group in groups(&graph) {
        if let Some(cycle) = shortest(&graph, &group) {
            diags.error(describe(&graph, &cycle));
        }
    }
}

/// Reports direct references of a thing to itself and drops them.
fn own_references(graph: &mut Graph<'_>, diags: &mut Diagnostics) {
    for from in 0..graph.things.len() {
        let own = graph.edges[from].iter().find(|edge| edge.to as usize == from).copied();
        let Some(edge) = own else { continue };
        let name = graph.name(graph.things[from]);
        let (summary, detail) = match graph.things[from] {
            Thing::Local(..) => {
                ("Self-referencing local value", format!("The expression of {name} needs the value of {name} itself."))
            }
            _ => ("Self-referential block", format!("Configuration for {name} may not refer to itself.")),
        };
        let error = Diagnostic::error(summary, detail).at(edge.span);
        diags.error(match graph.things[from] {
            Thing::Resource(..) => error.hint("In postconditions and provisioners use self instead."),
            _ => error,
        });
        graph.edges[from].retain(|edge| edge.to as usize != from);
    }
}

/// Groups of at least two things that all need each other.
fn groups(graph: &Graph<'_>) -> Vec<Vec<u32>> {
    let mut directed = DiGraph::<(), ()>::with_capacity(graph.things.len(), 0);
    graph.things.iter().for_each(|_| {
        directed.add_node(());
    });
    for (from, edges) in graph.edges.iter().enumerate() {
        for edge in edges {
            directed.add_edge(NodeIndex::new(from), NodeIndex::new(edge.to as usize), ());
        }
    }
    let mut groups: Vec<Vec<u32>> = kosaraju_scc(&directed)
        .into_iter()
        .filter(|group| group.len() > 1)
        .map(|group| {
            let mut group: Vec<u32> = group.into_iter().map(|node| node.index() as u32).collect();
            group.sort_unstable();
            group
        })
        .collect();
    groups.sort();
    groups
}

/// A step of a cycle: from where, and the place of the reference to the next.
type Link = (u32, Span);

/// A shortest cycle through the first things of a group.
fn shortest(graph: &Graph<'_>, group: &[u32]) -> Option<Vec<Link>> {
    /// Starting from more does not make the message better, only the search longer.
    const STARTS: usize = 50;
    let from_each = group.iter().take(STARTS).filter_map(|start| around(graph, group, *start));
    from_each.min_by_key(Vec::len)
}

/// The shortest way from a thing back to it.
fn around(graph: &Graph<'_>, group: &[u32], start: u32) -> Option<Vec<Link>> {
    let mut came: HashMap<u32, Link> = HashMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(from) = queue.pop_front() {
        for edge in &graph.edges[from as usize] {
            if edge.to == start {
                return Some(unwind(&came, start, (from, edge.span)));
            }
            if group.binary_search(&edge.to).is_ok() && !came.contains_key(&edge.to) {
                came.insert(edge.to, (from, edge.span));
                queue.push_back(edge.to);
            }
        }
    }
    None
}

fn unwind(came: &HashMap<u32, Link>, start: u32, last: Link) -> Vec<Link> {
    let mut cycle = vec![last];
    let mut at = last.0;
    while at != start
        && let Some(link) = came.get(&at)
    {
        cycle.push(*link);
        at = link.0;
    }
    cycle.reverse();
    cycle
}

fn describe(graph: &Graph<'_>, cycle: &[Link]) -> Diagnostic {
    let name = |i: usize| graph.name(graph.things[cycle[i % cycle.len()].0 as usize]);
    let chain: Vec<String> = (0..=cycle.len()).map(name).collect();
    let detail = format!("These need each other, so that none can be first: {}.", chain.join(" → "));
    let mut error = Diagnostic::error("Cycle", detail);
    for (i, (_, span)) in cycle.iter().enumerate() {
        error = match i {
            0 => error.at(*span),
            _ => error.note_at(*span, format!("{} refers to {} here", name(i), name(i + 1))),
        };
    }
    error.hint("Remove one of these references, or move what both need into a block of its own.")
}
