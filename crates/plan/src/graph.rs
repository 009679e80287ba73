//! The apply graph: flat operations and the edges between them.

use std::collections::BTreeSet;

use petgraph::csr::Csr;

/// Which leg of a change an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Leg {
    /// Makes, updates or reads an object.
    Up,
    /// Deletes one.
    Down,
}

/// One operation of an apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Op {
    /// A leg of a step, by its place in the plan's steps.
    Step {
        /// The step.
        step: u32,
        /// Which leg of it.
        leg: Leg,
    },
    /// Does nothing; many wait through it for many.
    Barrier,
}

/// Operations and which of them wait for which. Without cycles by construction.
#[derive(Clone, Debug, Default)]
pub struct ApplyGraph {
    ops: Vec<Op>,
    edges: Csr<(), ()>,
    waits: Vec<u32>,
}

impl ApplyGraph {
    /// Joins operations by edges from what is first to what waits for it; `None` if they form a cycle or lead nowhere.
    pub fn new(ops: Vec<Op>, mut edges: Vec<(u32, u32)>) -> Option<ApplyGraph> {
        edges.sort_unstable();
        edges.dedup();
        if edges.iter().any(|(a, b)| *a.max(b) as usize >= ops.len()) {
            return None;
        }
        let mut waits = vec![0; ops.len()];
        edges.iter().for_each(|(_, to)| waits[*to as usize] += 1);
        let mut csr = Csr::from_sorted_edges(&edges).ok()?;
        while csr.node_count() < ops.len() {
            csr.add_node(());
        }
        let graph = ApplyGraph { ops, edges: csr, waits };
        graph.is_acyclic().then_some(graph)
    }

    /// The operations.
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// The operations that wait for one, by place.
    pub fn after(&self, op: u32) -> &[u32] {
        self.edges.neighbors_slice(op)
    }

    /// For each operation how many it waits for.
    pub fn waits(&self) -> &[u32] {
        &self.waits
    }

    /// All edges in ascending order.
    pub fn edges(&self) -> impl Iterator<Item = (u32, u32)> {
        (0..self.ops.len() as u32).flat_map(|from| self.after(from).iter().map(move |to| (from, *to)))
    }

    /// How many edges there are.
    pub fn edge_count(&self) -> usize {
        self.edges.edge_count()
    }

    fn is_acyclic(&self) -> bool {
        come_to_an_end(self.waits.clone(), |op| self.after(op).iter().copied())
    }
}

impl PartialEq for ApplyGraph {
    fn eq(&self, other: &ApplyGraph) -> bool {
        self.ops == other.ops && self.edges().eq(other.edges())
    }
}

/// Whether all vertices have their turn, given for how many others each waits.
fn come_to_an_end<I: Iterator<Item = u32>>(mut waits: Vec<u32>, after: impl Fn(u32) -> I) -> bool {
    let mut ready: Vec<u32> = (0..).zip(&waits).filter_map(|(i, w)| (*w == 0).then_some(i)).collect();
    let mut done = 0;
    while let Some(vertex) = ready.pop() {
        done += 1;
        for next in after(vertex) {
            waits[next as usize] -= 1;
            if waits[next as usize] == 0 {
                ready.push(next);
            }
        }
    }
    done == waits.len()
}

/// Builds the graph of those vertices that are operations; the others become barriers where they are needed.
pub(crate) fn build(vertices: &[Option<Op>], edges: &[(u32, u32)]) -> Option<ApplyGraph> {
    if edges.iter().any(|(a, b)| a == b) {
        return None;
    }
    let mut kept = Contraction::new(vertices, edges);
    kept.thin();
    kept.contract();
    kept.finish()
}

/// Vertices with their neighbours on both sides, from which barriers that save no edges are taken out.
struct Contraction<'a> {
    vertices: &'a [Option<Op>],
    before: Vec<BTreeSet<u32>>,
    after: Vec<BTreeSet<u32>>,
}

impl<'a> Contraction<'a> {
    /// Keeps the edges on ways from operations to operations.
    fn new(vertices: &'a [Option<Op>], edges: &[(u32, u32)]) -> Contraction<'a> {
        let forward = reach(vertices, edges.iter().copied());
        let backward = reach(vertices, edges.iter().map(|(a, b)| (*b, *a)));
        let on_the_way = |v: u32| forward[v as usize] && backward[v as usize];
        let (mut before, mut after) = (vec![Vec::new(); vertices.len()], vec![Vec::new(); vertices.len()]);
        for (a, b) in edges.iter().filter(|(a, b)| on_the_way(*a) && on_the_way(*b)) {
            before[*b as usize].push(*a);
            after[*a as usize].push(*b);
        }
        // Sets are cheaper made at once.
        let sets = |lists: Vec<Vec<u32>>| lists.into_iter().map(BTreeSet::from_iter).collect();
        Contraction { vertices, before: sets(before), after: sets(after) }
    }

    /// Drops edges that others say as well: where a vertex comes after two that are in order already, the first of these
    /// is left out. Only few are compared at a time, so that this costs no more than there are edges.
    ///
    /// Around a cycle each edge may be said by others, so that one has to stay as it is.
    fn thin(&mut self) {
        const FEW: usize = 8;
        let waits = self.before.iter().map(|before| before.len() as u32).collect();
        if !come_to_an_end(waits, |v| self.after[v as usize].iter().copied()) {
            return;
        }
        let mut dropped: Vec<(u32, u32)> = Vec::new();
        for (v, before) in (0..).zip(&self.before).filter(|(_, before)| (2..=FEW).contains(&before.len())) {
            let ordered = |first: &&u32| before.iter().any(|then| self.after[**first as usize].contains(then));
            dropped.extend(before.iter().filter(ordered).map(|first| (*first, v)));
        }
        for (first, v) in dropped {
            self.before[v as usize].remove(&first);
            self.after[first as usize].remove(&v);
        }
    }

    fn contract(&mut self) {
        for v in 0..self.vertices.len() {
            let (into, out) = (self.before[v].len(), self.after[v].len());
            if self.vertices[v].is_some() || into * out > into + out {
                continue;
            }
            let before = std::mem::take(&mut self.before[v]);
            let after = std::mem::take(&mut self.after[v]);
            before.iter().for_each(|a| replace(&mut self.after[*a as usize], v as u32, &after));
            after.iter().for_each(|b| replace(&mut self.before[*b as usize], v as u32, &before));
        }
    }

    fn finish(self) -> Option<ApplyGraph> {
        let mut places = vec![None; self.vertices.len()];
        let mut ops = Vec::new();
        for (v, vertex) in self.vertices.iter().enumerate() {
            if vertex.is_some() || !self.after[v].is_empty() {
                places[v] = Some(ops.len() as u32);
                ops.push(vertex.unwrap_or(Op::Barrier));
            }
        }
        let mut edges = Vec::new();
        for (a, after) in self.after.iter().enumerate() {
            edges.extend(after.iter().filter_map(|b| Some((places[a]?, places[*b as usize]?))));
        }
        ApplyGraph::new(ops, edges)
    }
}

fn replace(set: &mut BTreeSet<u32>, old: u32, new: &BTreeSet<u32>) {
    set.remove(&old);
    set.extend(new);
}

/// Which vertices can be reached from an operation along the edges; operations can.
fn reach(vertices: &[Option<Op>], edges: impl Iterator<Item = (u32, u32)>) -> Vec<bool> {
    let mut next = vec![Vec::new(); vertices.len()];
    edges.for_each(|(a, b)| next[a as usize].push(b));
    let mut reached: Vec<bool> = vertices.iter().map(Option::is_some).collect();
    let mut queue: Vec<u32> = (0..).zip(&reached).filter_map(|(i, r)| r.then_some(i)).collect();
    while let Some(v) = queue.pop() {
        for w in &next[v as usize] {
            if !std::mem::replace(&mut reached[*w as usize], true) {
                queue.push(*w);
            }
        }
    }
    reached
}
