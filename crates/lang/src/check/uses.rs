//! Who uses ephemeral resources.

use std::collections::{BTreeMap, BTreeSet};

use terrane_address::{ConfigResource, Mode};

use super::graph::{Graph, Thing};
use crate::Program;

/// Who uses an ephemeral resource, directly, through values, or through other ephemeral resources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EphemeralUse {
    /// Resources whose objects are made or read with it.
    pub resources: BTreeSet<ConfigResource>,
    /// Whether a provider is configured with it: whatever that does may need it.
    pub by_provider: bool,
}

/// Who uses each ephemeral resource that is declared.
pub fn ephemeral_uses(program: &Program) -> BTreeMap<ConfigResource, EphemeralUse> {
    let resources = || program.modules.iter().flat_map(|m| &m.contents.resources);
    if !resources().any(|decl| decl.resource.mode == Mode::Ephemeral) {
        return BTreeMap::new();
    }
    let graph = Graph::of(program);
    let mut users: Vec<Vec<u32>> = vec![Vec::new(); graph.things.len()];
    for (from, edges) in graph.edges.iter().enumerate() {
        edges.iter().for_each(|edge| users[edge.to as usize].push(from as u32));
    }
    let all = (0..graph.things.len() as u32).filter_map(|place| {
        let resource = resource_of(program, graph.things[place as usize])?;
        (resource.resource.mode == Mode::Ephemeral).then(|| (resource, of_one(program, &graph, &users, place)))
    });
    all.collect()
}

fn of_one(program: &Program, graph: &Graph<'_>, users: &[Vec<u32>], place: u32) -> EphemeralUse {
    let mut found = EphemeralUse::default();
    let (mut seen, mut rest) = (BTreeSet::from([place]), vec![place]);
    while let Some(place) = rest.pop() {
        for user in &users[place as usize] {
            if !seen.insert(*user) {
                continue;
            }
            let thing = graph.things[*user as usize];
            found.by_provider |= matches!(thing, Thing::Provider(..));
            match resource_of(program, thing) {
                Some(resource) => {
                    // What is stored holds nothing ephemeral, so that nobody else uses it through that.
                    if resource.resource.mode == Mode::Ephemeral {
                        rest.push(*user);
                    }
                    found.resources.insert(resource);
                }
                None => rest.push(*user),
            }
        }
    }
    found
}

fn resource_of(program: &Program, thing: Thing) -> Option<ConfigResource> {
    let Thing::Resource(m, id) = thing else { return None };
    let module = program.module(m);
    let resource = module.contents.resources[id.index()].resource.clone();
    Some(ConfigResource { module: module.path.clone(), resource })
}
