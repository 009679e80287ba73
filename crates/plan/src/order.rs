//! The order rule: which leg of which change waits for which.
//!
//! A change has up to two legs: *up* makes or updates an object, *down* deletes one. For `B` that depends on `A`:
//!
//! 1. by configuration, `A` up before `B` up;
//! 2. by state, `B` down before `A` down;
//! 3. by state, if `A` is create-before-destroy, also `B` up before `A` down;
//! 4. a replacement goes up before down if it is create-before-destroy, else down before up;
//! 5. what a create-before-destroy change depends on by configuration is create-before-destroy too; if there is a cycle
//!    otherwise, what it depends on by state as well;
//! 6. what has to see the end of `A`, `A` down before it goes up, unless `A` is create-before-destroy.
//!
//! The rule has no cycle if neither kind of dependency has one: back from a down leg to an up leg leads only rule 4 for
//! an instance that is not create-before-destroy, and rule 5, in full, keeps those off every path that rule 3 has entered. Rule 6
//! leaves from the down legs of such instances only, which no up leg leads to for the same reason.

use petgraph::algo::kosaraju_scc;

use crate::ApplyGraph;
use crate::graph::{self, Leg, Op};

/// Which legs the change of an instance has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Legs {
    /// Nothing happens to it; order still passes through it.
    #[default]
    None,
    /// It is created, updated or read.
    Up,
    /// It is deleted.
    Down,
    /// It is replaced.
    Both,
}

impl Legs {
    fn has(self, leg: Leg) -> bool {
        match self {
            Legs::None => false,
            Legs::Up => leg == Leg::Up,
            Legs::Down => leg == Leg::Down,
            Legs::Both => true,
        }
    }
}

/// What an instance depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum On {
    /// One instance, by its place in [`Order::nodes`].
    Node(u32),
    /// All instances of a group, by its place in [`Order::groups`].
    Group(u32),
}

/// What the rule needs to know of one instance.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// The legs of its change.
    pub legs: Legs,
    /// Whether its new object has to exist before the old one is deleted.
    pub create_before_destroy: bool,
    /// What its configuration reads.
    pub config: Vec<On>,
    /// What its object was made after.
    pub state: Vec<On>,
    /// What it has to see the end of.
    pub ends: Vec<On>,
}

/// Instances, and groups of them that others depend on as a whole: a group costs as many edges as it has members and
/// dependents, where edges between all of them would cost the product.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// The instances.
    pub nodes: Vec<Node>,
    /// Members of groups, by their place in `nodes`.
    pub groups: Vec<Vec<u32>>,
}

impl Order {
    /// Drops dependencies by state that form a cycle, as states written in several runs may hold them, and spreads
    /// create-before-destroy (rule 5).
    pub fn close(&mut self) {
        self.break_state_cycles();
        let (narrow, wide) = (self.created_first(|_| &[]), self.created_first(|node| &node.state));
        let differ = narrow != wide;
        self.create_first(&narrow);
        if differ && self.has_cycle() {
            self.create_first(&wide);
        }
    }

    fn create_first(&mut self, which: &[bool]) {
        self.nodes.iter_mut().zip(which).for_each(|(node, first)| node.create_before_destroy = *first);
    }

    fn has_cycle(&self) -> bool {
        let layout = Layout { nodes: self.nodes.len() as u32, groups: self.groups.len() as u32 };
        petgraph::algo::is_cyclic_directed(&petgraph::Graph::<(), ()>::from_edges(self.edges(&layout)))
    }

    /// The operations in the order of the rule; `None` if the dependencies have a cycle.
    ///
    /// Nodes without legs and groups appear only as barriers, and only where order passes through them.
    pub fn graph(&self) -> Option<ApplyGraph> {
        if self.nodes.iter().all(|n| n.legs == Legs::None) {
            return Some(ApplyGraph::default());
        }
        let layout = Layout { nodes: self.nodes.len() as u32, groups: self.groups.len() as u32 };
        let edges = self.edges(&layout);
        let mut ops = vec![None; layout.len()];
        for (i, node) in (0..).zip(&self.nodes) {
            for leg in [Leg::Up, Leg::Down] {
                if node.legs.has(leg) {
                    ops[layout.node(i, leg) as usize] = Some(Op::Step { step: i, leg });
                }
            }
        }
        graph::build(&ops, &edges)
    }

    /// What has to come before what. Where nothing goes down, order passes through what would be made only.
    fn edges(&self, layout: &Layout) -> Vec<(u32, u32)> {
        let mut edges = Vec::new();
        for (i, node) in (0..).zip(&self.nodes) {
            let up = layout.node(i, Leg::Up);
            edges.extend(node.config.iter().map(|on| match on {
                On::Node(a) => (layout.node(*a, Leg::Up), up),
                On::Group(g) => (layout.group(*g, Barrier::Up), up),
            }));
        }
        for (g, members) in (0..).zip(&self.groups) {
            edges.extend(members.iter().map(|a| (layout.node(*a, Leg::Up), layout.group(g, Barrier::Up))));
        }
        if self.nodes.iter().any(|node| node.legs.has(Leg::Down)) {
            self.down_edges(layout, &mut edges);
            self.end_edges(layout, &mut edges);
        }
        edges
    }

    fn down_edges(&self, layout: &Layout, edges: &mut Vec<(u32, u32)>) {
        let replaced_first = |a: &u32| self.nodes[*a as usize].create_before_destroy;
        for (i, node) in (0..).zip(&self.nodes) {
            let (up, down) = (layout.node(i, Leg::Up), layout.node(i, Leg::Down));
            if node.legs == Legs::Both {
                edges.push(if node.create_before_destroy { (up, down) } else { (down, up) });
            }
            for on in &node.state {
                match on {
                    On::Node(a) => {
                        let below = layout.node(*a, Leg::Down);
                        edges.push((down, below));
                        edges.extend(replaced_first(a).then_some((up, below)));
                    }
                    On::Group(g) => {
                        edges.push((down, layout.group(*g, Barrier::Down)));
                        edges.push((up, layout.group(*g, Barrier::Replaced)));
                    }
                }
            }
        }
        for (g, members) in (0..).zip(&self.groups) {
            for a in members {
                let below = layout.node(*a, Leg::Down);
                edges.push((layout.group(g, Barrier::Down), below));
                edges.extend(replaced_first(a).then_some((layout.group(g, Barrier::Replaced), below)));
            }
        }
    }

    /// Rule 6.
    fn end_edges(&self, layout: &Layout, edges: &mut Vec<(u32, u32)>) {
        let mut met = std::collections::BTreeSet::new();
        let ended = |a: &u32| !self.nodes[*a as usize].create_before_destroy;
        for (i, node) in (0..).zip(&self.nodes) {
            let up = layout.node(i, Leg::Up);
            for on in &node.ends {
                match on {
                    On::Node(a) if ended(a) => edges.push((layout.node(*a, Leg::Down), up)),
                    On::Node(_) => {}
                    On::Group(g) => {
                        edges.push((layout.group(*g, Barrier::Ended), up));
                        met.insert(*g);
                    }
                }
            }
        }
        for g in met {
            let members = self.groups[g as usize].iter().filter(|a| ended(a));
            edges.extend(members.map(|a| (layout.node(*a, Leg::Down), layout.group(g, Barrier::Ended))));
        }
    }

    fn break_state_cycles(&mut self) {
        let base = self.nodes.len() as u32;
        let at = |on: &On| match on {
            On::Node(a) => *a,
            On::Group(g) => base + g,
        };
        let mut edges: Vec<(u32, u32)> = Vec::new();
        for (i, node) in (0..).zip(&self.nodes) {
            edges.extend(node.state.iter().map(|on| (i, at(on))));
        }
        for (g, members) in (0..).zip(&self.groups) {
            edges.extend(members.iter().map(|a| (base + g, *a)));
        }
        let component = components(base as usize + self.groups.len(), &edges);
        for (i, node) in self.nodes.iter_mut().enumerate() {
            node.state.retain(|on| component[at(on) as usize] != component[i]);
        }
    }

    /// Which changes are create-before-destroy, since they say so or such a change depends on them: by configuration, and
    /// by what `besides` tells.
    fn created_first(&self, besides: impl Fn(&Node) -> &[On]) -> Vec<bool> {
        let mut first: Vec<bool> = self.nodes.iter().map(|node| node.create_before_destroy).collect();
        let mut queue: Vec<u32> = (0..).zip(&first).filter_map(|(i, first)| first.then_some(i)).collect();
        let mut entered = vec![false; self.groups.len()];
        while let Some(i) = queue.pop() {
            let node = &self.nodes[i as usize];
            let mut reached = Vec::new();
            for on in node.config.iter().chain(besides(node)) {
                match on {
                    On::Node(a) => reached.push(*a),
                    On::Group(g) if !entered[*g as usize] => {
                        entered[*g as usize] = true;
                        reached.extend(&self.groups[*g as usize]);
                    }
                    On::Group(_) => {}
                }
            }
            queue.extend(reached.into_iter().filter(|a| !std::mem::replace(&mut first[*a as usize], true)));
        }
        first
    }
}

/// The number of the strongly connected component each vertex is in; vertices beyond the last edge share a number.
fn components(len: usize, edges: &[(u32, u32)]) -> Vec<usize> {
    let graph = petgraph::Graph::<(), ()>::from_edges(edges);
    let mut component = vec![0; len];
    for (number, members) in (1..).zip(kosaraju_scc(&graph)) {
        members.into_iter().for_each(|v| component[v.index()] = number);
    }
    component
}

/// Places of legs and barriers among the vertices.
struct Layout {
    nodes: u32,
    groups: u32,
}

/// The ways in which order passes through a group.
#[derive(Clone, Copy)]
enum Barrier {
    /// After all its members are up.
    Up,
    /// Before any member goes down.
    Down,
    /// Before any member that is create-before-destroy goes down.
    Replaced,
    /// After all its members that are not create-before-destroy are down.
    Ended,
}

/// How many ways there are.
const BARRIERS: u32 = 4;

impl Layout {
    fn len(&self) -> usize {
        (2 * self.nodes + BARRIERS * self.groups) as usize
    }

    fn node(&self, node: u32, leg: Leg) -> u32 {
        2 * node + u32::from(leg == Leg::Down)
    }

    fn group(&self, group: u32, barrier: Barrier) -> u32 {
        2 * self.nodes + BARRIERS * group + barrier as u32
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What there may be of an instance, with and without create-before-destroy.
    const KINDS: [(bool, bool, Legs); 5] = [
        (true, false, Legs::Up),
        (true, true, Legs::None),
        (true, true, Legs::Up),
        (true, true, Legs::Both),
        (false, true, Legs::Down),
    ];

    /// All ways in which three nodes depend on each other without a cycle, as the set of (dependent, dependency).
    fn dags() -> Vec<Vec<(usize, usize)>> {
        let pairs = [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)];
        let subsets = (0..64u32).map(|bits| (0..6).filter(|i| bits >> i & 1 == 1).map(|i| pairs[i]).collect());
        subsets.filter(|edges: &Vec<_>| !has_cycle(edges)).collect()
    }

    fn has_cycle(edges: &[(usize, usize)]) -> bool {
        let on = |a, b| edges.contains(&(a, b));
        (0..3).any(|a| (0..3).any(|b| on(a, b) && (on(b, a) || (0..3).any(|c| on(b, c) && on(c, a)))))
    }

    fn within(dags: &[Vec<(usize, usize)>], there: [bool; 3]) -> Vec<&Vec<(usize, usize)>> {
        dags.iter().filter(|edges| edges.iter().all(|(a, b)| there[*a] && there[*b])).collect()
    }

    #[test]
    fn no_case_of_three_instances_has_a_cycle_and_every_rule_holds_in_all() {
        let dags = dags();
        assert_eq!(dags.len(), 25);
        let mut cases = 0;
        for case in 0..1000usize {
            let pick = [case % 10, case / 10 % 10, case / 100];
            let kinds = pick.map(|k| KINDS[k / 2]);
            for config in within(&dags, kinds.map(|k| k.0)) {
                for state in within(&dags, kinds.map(|k| k.1)) {
                    cases += 1;
                    let gone: Vec<usize> = (0..3).filter(|i| !kinds[*i].0).collect();
                    let node = |i: usize| {
                        let node = node(i, kinds[i].2, pick[i] % 2 == 1, config, state);
                        // What is configured may have to see the end of what is not.
                        let gone = gone.iter().filter(|_| kinds[i].0).map(|a| On::Node(*a as u32));
                        Node { ends: node.config.iter().copied().chain(gone).collect(), ..node }
                    };
                    let mut order = Order { nodes: (0..3).map(node).collect(), groups: Vec::new() };
                    order.close();
                    let graph = order.graph();
                    assert!(graph.is_some(), "{order:?}");
                    // The rule itself is looked at in a part of the cases, which keeps the test short.
                    if cases % 7 == 0 {
                        check_rule(&order, &graph.unwrap());
                    }
                }
            }
        }
        assert_eq!(cases, 172_840);
    }

    fn node(i: usize, legs: Legs, cbd: bool, config: &[(usize, usize)], state: &[(usize, usize)]) -> Node {
        let of = |edges: &[(usize, usize)]| {
            edges.iter().filter(|(a, _)| *a == i).map(|(_, b)| On::Node(*b as u32)).collect::<Vec<_>>()
        };
        Node { legs, create_before_destroy: cbd, config: of(config), state: of(state), ends: Vec::new() }
    }

    fn check_rule(order: &Order, graph: &ApplyGraph) {
        let ordered = Ordered::of(graph);
        for (b, node) in (0..).zip(&order.nodes) {
            if node.legs == Legs::Both {
                let legs = [Leg::Up, Leg::Down];
                let [first, then] = if node.create_before_destroy { legs } else { [legs[1], legs[0]] };
                assert!(ordered.holds((b, first), (b, then)));
            }
            for on in &node.config {
                let On::Node(a) = *on else { continue };
                assert!(ordered.holds((a, Leg::Up), (b, Leg::Up)));
                assert!(!node.create_before_destroy || order.nodes[a as usize].create_before_destroy);
            }
            for on in &node.ends {
                let On::Node(a) = *on else { continue };
                assert!(order.nodes[a as usize].create_before_destroy || ordered.holds((a, Leg::Down), (b, Leg::Up)));
            }
            for on in &node.state {
                let On::Node(a) = *on else { continue };
                assert!(ordered.holds((b, Leg::Down), (a, Leg::Down)));
                let replaced = order.nodes[a as usize].create_before_destroy;
                assert!(!replaced || ordered.holds((b, Leg::Up), (a, Leg::Down)));
            }
        }
    }

    /// Which operations come after which.
    struct Ordered {
        ops: Vec<Op>,
        after: Vec<Vec<bool>>,
    }

    impl Ordered {
        fn of(graph: &ApplyGraph) -> Ordered {
            let len = graph.ops().len();
            let mut after = vec![vec![false; len]; len];
            for (from, row) in after.iter_mut().enumerate() {
                let mut queue = graph.after(from as u32).to_vec();
                while let Some(v) = queue.pop() {
                    if !std::mem::replace(&mut row[v as usize], true) {
                        queue.extend(graph.after(v));
                    }
                }
            }
            Ordered { ops: graph.ops().to_vec(), after }
        }

        /// Whether the second leg waits for the first, or one of them does not exist.
        fn holds(&self, first: (u32, Leg), then: (u32, Leg)) -> bool {
            let place = |(step, leg)| self.ops.iter().position(|op| *op == Op::Step { step, leg });
            match (place(first), place(then)) {
                (Some(a), Some(b)) => self.after[a][b],
                _ => true,
            }
        }

        /// All pairs of legs that are ordered.
        fn pairs(&self) -> Vec<(Op, Op)> {
            let mut pairs = Vec::new();
            for (a, row) in self.ops.iter().zip(&self.after) {
                pairs.extend(self.ops.iter().zip(row).filter(|(_, r)| **r).map(|(b, _)| (*a, *b)));
            }
            pairs.retain(|(a, b)| *a != Op::Barrier && *b != Op::Barrier);
            pairs.sort_unstable();
            pairs
        }
    }

    /// Instances that depend on groups of earlier ones only.
    fn grouped() -> impl Strategy<Value = Order> {
        let legs = prop_oneof![Just(Legs::None), Just(Legs::Up), Just(Legs::Down), Just(Legs::Both)];
        let node = (legs, any::<bool>(), any::<u8>(), any::<u8>(), any::<u8>());
        (prop::collection::vec(node, 1..9), prop::collection::vec(any::<u8>(), 1..4)).prop_map(|(nodes, groups)| {
            let len = nodes.len() as u32;
            let members = |bits: &u8| (0..len / 2).filter(|i| bits >> i & 1 == 1).collect::<Vec<_>>();
            let groups: Vec<Vec<u32>> = groups.iter().map(members).collect();
            let on = |bits: u8, i: u32| {
                let of = (0..groups.len() as u32).filter(move |g| i >= len / 2 && bits >> g & 1 == 1);
                of.map(On::Group).collect::<Vec<_>>()
            };
            let nodes = (0..).zip(nodes).map(|(i, (legs, create_before_destroy, config, state, ends))| Node {
                legs,
                create_before_destroy,
                config: on(config, i),
                state: on(state, i),
                ends: on(ends, i),
            });
            Order { nodes: nodes.collect(), groups: groups.clone() }
        })
    }

    fn ungrouped(order: &Order) -> Order {
        let expand = |on: &Vec<On>| {
            let members = on.iter().flat_map(|on| match on {
                On::Node(a) => vec![*a],
                On::Group(g) => order.groups[*g as usize].clone(),
            });
            members.map(On::Node).collect::<Vec<_>>()
        };
        let nodes = order.nodes.iter().map(|n| Node {
            config: expand(&n.config),
            state: expand(&n.state),
            ends: expand(&n.ends),
            ..n.clone()
        });
        Order { nodes: nodes.collect(), groups: Vec::new() }
    }

    proptest! {
        #[test]
        fn groups_order_as_edges_between_all_members_would(mut order in grouped()) {
            let mut plain = ungrouped(&order);
            order.close();
            plain.close();
            let (grouped, plain) = (order.graph().unwrap(), plain.graph().unwrap());
            prop_assert_eq!(Ordered::of(&grouped).pairs(), Ordered::of(&plain).pairs());
        }
    }

    #[test]
    fn a_group_costs_as_many_edges_as_members_and_dependents() {
        let up = |config| Node { legs: Legs::Up, config, ..Node::default() };
        let nodes = (0..2000).map(|i| up(if i < 1000 { vec![] } else { vec![On::Group(0)] })).collect();
        let order = Order { groups: vec![(0..1000).collect()], nodes };
        assert_eq!(order.graph().unwrap().edge_count(), 2000);
    }

    #[test]
    fn dependencies_by_state_that_form_a_cycle_order_nothing() {
        let node = |on| Node { legs: Legs::Down, state: vec![On::Node(on)], ..Node::default() };
        let mut order = Order { nodes: vec![node(1), node(0), node(0)], groups: Vec::new() };
        order.close();
        assert_eq!(order.graph().unwrap().edges().collect::<Vec<_>>(), [(2, 0)]);
    }

    #[test]
    fn dependencies_by_configuration_that_form_a_cycle_have_no_graph() {
        let node = |on| Node { legs: Legs::Up, config: vec![On::Node(on)], ..Node::default() };
        assert!(Order { nodes: vec![node(1), node(0)], groups: Vec::new() }.graph().is_none());
    }

    #[test]
    fn what_others_say_already_is_left_out() {
        let up =
            |on: &[u32]| Node { legs: Legs::Up, config: on.iter().copied().map(On::Node).collect(), ..Node::default() };
        let order = Order { nodes: vec![up(&[]), up(&[0]), up(&[0, 1]), up(&[0, 1, 2])], groups: Vec::new() };
        assert_eq!(order.graph().unwrap().edges().collect::<Vec<_>>(), [(0, 1), (1, 2), (2, 3)]);
        let ring = Order { nodes: vec![up(&[1, 2]), up(&[0, 2]), up(&[0, 1])], groups: Vec::new() };
        assert!(ring.graph().is_none(), "in a ring each edge is said by others");
    }
}
