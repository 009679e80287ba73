//! The apply graph: flat operations and the edges between them.

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
    /// In ascending order, until something is contracted: from then on there may be gone and repeated ones among them.
    before: Vec<Vec<u32>>,
    after: Vec<Vec<u32>>,
    /// Which vertices have been taken out.
    gone: Vec<bool>,
}

impl<'a> Contraction<'a> {
    /// Keeps the edges on ways from operations to operations.
    fn new(vertices: &'a [Option<Op>], edges: &[(u32, u32)]) -> Contraction<'a> {
        let (before, after) = lists(vertices.len(), edges.iter().copied());
        let (forward, backward) = (reach(vertices, &after), reach(vertices, &before));
        let mut kept = Contraction { vertices, before, after, gone: vec![false; vertices.len()] };
        for (v, gone) in kept.gone.iter_mut().enumerate() {
            *gone = !(forward[v] && backward[v]);
        }
        for v in 0..vertices.len() {
            kept.tidy(v);
        }
        kept
    }

    /// Puts the neighbours of a vertex in order, each once, without those that are gone.
    fn tidy(&mut self, v: usize) {
        for list in [&mut self.before[v], &mut self.after[v]] {
            match self.gone[v] {
                true => *list = Vec::new(),
                false => list.retain(|w| !self.gone[*w as usize]),
            }
            list.sort_unstable();
            list.dedup();
        }
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
            let ordered = |first: &&u32| {
                let after = &self.after[**first as usize];
                before.iter().any(|next| after.binary_search(next).is_ok())
            };
            dropped.extend(before.iter().filter(ordered).map(|first| (*first, v)));
        }
        dropped.sort_unstable();
        for of_one in dropped.chunk_by(|a, b| a.0 == b.0) {
            let is_dropped = |v: &u32| of_one.binary_search(&(of_one[0].0, *v)).is_ok();
            self.after[of_one[0].0 as usize].retain(|v| !is_dropped(v));
        }
        for (first, v) in dropped {
            self.before[v as usize].retain(|before| *before != first);
        }
    }

    fn contract(&mut self) {
        for v in (0..self.vertices.len()).filter(|v| self.vertices[*v].is_none()) {
            self.tidy(v);
            let (into, out) = (self.before[v].len(), self.after[v].len());
            if self.gone[v] || into * out > into + out {
                continue;
            }
            self.gone[v] = true;
            let (before, after) = (std::mem::take(&mut self.before[v]), std::mem::take(&mut self.after[v]));
            before.iter().for_each(|a| self.after[*a as usize].extend(&after));
            after.iter().for_each(|b| self.before[*b as usize].extend(&before));
        }
    }

    fn finish(mut self) -> Option<ApplyGraph> {
        let mut places = vec![None; self.vertices.len()];
        let mut ops = Vec::new();
        for (v, vertex) in self.vertices.iter().enumerate() {
            self.tidy(v);
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

/// What comes right before and right after each vertex.
fn lists(count: usize, edges: impl Iterator<Item = (u32, u32)> + Clone) -> (Vec<Vec<u32>>, Vec<Vec<u32>>) {
    let (mut into, mut out) = (vec![0; count], vec![0; count]);
    for (a, b) in edges.clone() {
        out[a as usize] += 1;
        into[b as usize] += 1;
    }
    let room = |counts: Vec<usize>| counts.into_iter().map(Vec::with_capacity).collect();
    let (mut before, mut after): (Vec<Vec<u32>>, Vec<Vec<u32>>) = (room(into), room(out));
    for (a, b) in edges {
        after[a as usize].push(b);
        before[b as usize].push(a);
    }
    (before, after)
}

/// Which vertices can be reached from an operation over their neighbours; operations can.
fn reach(vertices: &[Option<Op>], next: &[Vec<u32>]) -> Vec<bool> {
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
