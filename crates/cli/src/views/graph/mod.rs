//! What needs what, as a drawing: from a configuration, a state or a plan, for Graphviz or Mermaid.

mod declared;
mod dot;
mod mermaid;
mod planned;
mod stored;

use petgraph::Graph;
use petgraph::algo::{kosaraju_scc, toposort, tred};
use petgraph::graph::NodeIndex;

pub use declared::declared;
pub use planned::planned;
pub use stored::stored;

/// The forms a drawing can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For Graphviz
    Dot,
    /// For Mermaid, as Markdown shows it
    Mermaid,
}

/// Things and what they need.
#[derive(Debug, Default)]
pub struct Drawing {
    nodes: Vec<Node>,
    /// From what needs to what is needed, by place.
    edges: Vec<(u32, u32)>,
}

/// Something that is drawn.
#[derive(Debug)]
struct Node {
    /// Its name, which no other has.
    name: String,
    /// What is written on it.
    label: String,
    shape: Shape,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// An object.
    Box,
    /// A provider.
    Diamond,
    /// A value that is given.
    Note,
    /// A value that is made of others.
    Plain,
    /// Nothing but what order goes through.
    Point,
}

impl Drawing {
    fn add(&mut self, name: impl Into<String>, label: impl Into<String>, shape: Shape) -> u32 {
        self.nodes.push(Node { name: name.into(), label: label.into(), shape });
        self.nodes.len() as u32 - 1
    }

    /// Writes the drawing. What needs itself is marked.
    pub fn write(&self, format: Format) -> String {
        let cyclic = self.cyclic();
        match format {
            Format::Dot => dot::write(self, &cyclic),
            Format::Mermaid => mermaid::write(self, &cyclic),
        }
    }

    fn graph(&self) -> Graph<(), ()> {
        let mut graph = Graph::with_capacity(self.nodes.len(), self.edges.len());
        for _ in &self.nodes {
            graph.add_node(());
        }
        for (from, to) in &self.edges {
            graph.update_edge(NodeIndex::new(*from as usize), NodeIndex::new(*to as usize), ());
        }
        graph
    }

    /// For each edge whether it is part of a cycle.
    fn cyclic(&self) -> Vec<bool> {
        let mut component = vec![0; self.nodes.len()];
        for (number, members) in (1..).zip(kosaraju_scc(&self.graph())) {
            members.into_iter().for_each(|node| component[node.index()] = number);
        }
        self.edges.iter().map(|(from, to)| component[*from as usize] == component[*to as usize]).collect()
    }

    /// Leaves out what follows from the rest, which makes a drawing easier to read; one with cycles, or one that nobody
    /// could read anyway, stays as it is.
    fn reduced(mut self) -> Drawing {
        const READABLE: usize = 5000;
        let graph = self.graph();
        let Some(order) = (self.nodes.len() <= READABLE).then(|| toposort(&graph, None).ok()).flatten() else {
            return self;
        };
        let (list, places) = tred::dag_to_toposorted_adjacency_list::<_, u32>(&graph, &order);
        let (reduced, _) = tred::dag_transitive_reduction_closure(&list);
        self.edges.retain(|(from, to)| {
            let [from, to] = [from, to].map(|place| places[*place as usize]);
            reduced.contains_edge(from, to)
        });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawing(edges: &[(u32, u32)]) -> Drawing {
        let mut drawing = Drawing::default();
        for name in ["a", "b[\"k\"]", "c"] {
            drawing.add(name, name, Shape::Box);
        }
        drawing.edges = edges.to_vec();
        drawing
    }

    #[test]
    fn what_follows_from_the_rest_is_left_out() {
        assert_eq!(drawing(&[(0, 1), (0, 2), (1, 2)]).reduced().edges, [(0, 1), (1, 2)]);
        let ring = [(0, 1), (1, 0), (1, 2), (0, 2)];
        assert_eq!(drawing(&ring).reduced().edges, ring);
    }

    #[test]
    fn cycles_are_marked() {
        let drawing = drawing(&[(0, 1), (1, 0), (1, 2)]);
        let dot = drawing.write(Format::Dot);
        let marked: Vec<&str> = dot.lines().filter(|line| line.contains("red")).collect();
        assert_eq!(
            marked,
            [
                r#"		"a" -> "b[\"k\"]" [color = "red", penwidth = "2.0"]"#,
                r#"		"b[\"k\"]" -> "a" [color = "red", penwidth = "2.0"]"#
            ]
        );
        let mermaid = drawing.write(Format::Mermaid);
        assert!(mermaid.contains("n1[\"b[#quot;k#quot;]\"]") && mermaid.contains("linkStyle 0,1 "), "{mermaid}");
    }
}
