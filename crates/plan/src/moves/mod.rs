//! Renames: `moved` blocks, and what gains or loses its `count`.

mod check;
mod implied;
mod statement;

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::tarjan_scc;
use petgraph::graph::DiGraph;
use terrane_address::{AbsResource, ConfigResource, Instance, ModuleInstance, ProviderConfig};
use terrane_lang::Program;
use terrane_state::{ResourceState, Snapshot};

pub(crate) use check::{Declared, blocked, check, excluded};
pub(crate) use statement::{Endpoint, Statement};

/// What became of all renames.
#[derive(Debug, Default)]
pub(crate) struct Moves {
    /// What is renamed, by the new address.
    pub renamed: BTreeMap<Instance, Renamed>,
    /// What could not be renamed since there is another object: the address it keeps and the one it was to get.
    pub blocked: Vec<(Endpoint, Endpoint)>,
    /// All `moved` blocks.
    pub stated: Vec<Statement>,
    /// Statements, by their place in `stated`, that wait for each other: then nothing is renamed.
    pub cycle: Vec<usize>,
}

/// The former life of a renamed instance.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Renamed {
    /// The address it had.
    pub from: Instance,
    /// The provider configuration that managed it there.
    pub provider: ProviderConfig,
    /// Whether a block says so.
    pub stated: bool,
}

impl Moves {
    /// The address an instance had before, if it had another.
    pub fn origin(&self, instance: &Instance) -> Option<&Instance> {
        self.renamed.get(instance).map(|renamed| &renamed.from)
    }
}

/// The snapshot with its objects under the addresses that configuration says they have now.
pub(crate) fn apply(program: &Program, snapshot: Snapshot) -> (Snapshot, Moves) {
    let stated = stated(program);
    let order = match order(&stated) {
        Ok(order) => order,
        Err(cycle) => return (snapshot, Moves { stated, cycle, ..Moves::default() }),
    };
    let mut work = Work { snapshot, moves: Moves::default() };
    order.into_iter().for_each(|place| work.perform(&stated[place]));
    work.implied_modules(program, &stated);
    for statement in implied::resources(program, &work.snapshot, &stated) {
        work.perform(&statement);
    }
    work.moves.renamed.retain(|to, renamed| *to != renamed.from);
    work.follow_dependencies();
    work.moves.stated = stated;
    (work.snapshot, work.moves)
}

fn stated(program: &Program) -> Vec<Statement> {
    let of = |module: &terrane_lang::ModuleDecl| {
        let path = module.path.clone();
        let moved = module.contents.moved.iter().cloned();
        moved.filter_map(move |m| Statement::new(&path, &m.from, &m.to, m.span)).collect::<Vec<_>>()
    };
    program.modules.iter().flat_map(of).collect()
}

/// The places of the statements in the order they have to be done, or those that wait for each other.
fn order(statements: &[Statement]) -> Result<Vec<usize>, Vec<usize>> {
    let mut graph = DiGraph::<usize, ()>::new();
    let nodes: Vec<_> = (0..statements.len()).map(|place| graph.add_node(place)).collect();
    for (i, a) in statements.iter().enumerate() {
        for (j, b) in statements.iter().enumerate() {
            if i != j && a.follows(b) {
                graph.add_edge(nodes[i], nodes[j], ());
            }
        }
    }
    let mut order = Vec::new();
    let mut cycle = Vec::new();
    for component in tarjan_scc(&graph) {
        let places = component.iter().map(|node| graph[*node]);
        if component.len() > 1 { cycle.extend(places) } else { order.extend(places) }
    }
    cycle.sort_unstable();
    if cycle.is_empty() { Ok(order) } else { Err(cycle) }
}

/// A snapshot on which renames are performed.
struct Work {
    snapshot: Snapshot,
    moves: Moves,
}

impl Work {
    /// Renames everything that one statement covers.
    fn perform(&mut self, statement: &Statement) {
        match statement.from {
            Endpoint::Call(..) | Endpoint::Module(_) => self.modules(statement),
            Endpoint::Resource(_) => self.resources(statement),
            Endpoint::Instance(_) => self.instances(statement),
        }
    }

    /// Renames modules from the outside in: the inner ones are looked at under their new address.
    fn implied_modules(&mut self, program: &Program, stated: &[Statement]) {
        loop {
            let outermost = implied::outermost_modules(program, &self.snapshot, stated);
            outermost.iter().for_each(|statement| self.perform(statement));
            if outermost.is_empty() || !self.moves.blocked.is_empty() {
                return;
            }
        }
    }

    fn modules(&mut self, statement: &Statement) {
        let modules: BTreeSet<ModuleInstance> = self.snapshot.resources.keys().map(|r| r.module.clone()).collect();
        for module in modules {
            let Some(to) = statement.module_goes(&module).filter(|to| *to != module) else { continue };
            if self.snapshot.resources.keys().any(|resource| resource.module == to) {
                self.moves.blocked.push((Endpoint::Module(module), Endpoint::Module(to)));
                continue;
            }
            let inside = self.snapshot.resources.keys().filter(|resource| resource.module == module);
            for resource in inside.cloned().collect::<Vec<_>>() {
                let to = AbsResource::new(to.clone(), resource.resource.clone());
                self.rename(&resource, &to, statement.implied);
            }
        }
    }

    fn resources(&mut self, statement: &Statement) {
        let all: Vec<AbsResource> = self.snapshot.resources.keys().cloned().collect();
        for resource in all {
            let Some(to) = statement.resource_goes(&resource).filter(|to| *to != resource) else { continue };
            if self.snapshot.resources.contains_key(&to) {
                self.moves.blocked.push((Endpoint::Resource(resource), Endpoint::Resource(to)));
                continue;
            }
            self.rename(&resource, &to, statement.implied);
        }
    }

    fn instances(&mut self, statement: &Statement) {
        let all: Vec<Instance> = self.snapshot.instances().map(|(instance, ..)| instance).collect();
        for instance in all {
            let Some(to) = statement.instance_goes(&instance).filter(|to| *to != instance) else { continue };
            if self.snapshot.instance(&to).is_some() {
                self.moves.blocked.push((Endpoint::Instance(instance), Endpoint::Instance(to)));
                continue;
            }
            self.put(&instance, to, statement.implied);
        }
    }

    fn rename(&mut self, resource: &AbsResource, to: &AbsResource, implied: bool) {
        let keys = self.snapshot.resources.get(resource).map(|state| state.instances.keys().cloned());
        for key in keys.into_iter().flatten().collect::<Vec<_>>() {
            self.put(&resource.instance(key.clone()), to.instance(key), implied);
        }
    }

    fn put(&mut self, from: &Instance, to: Instance, implied: bool) {
        let Some(resource) = self.snapshot.resources.get_mut(&from.resource) else { return };
        let provider = resource.provider.clone();
        let Some(state) = resource.instances.remove(&from.key) else { return };
        if resource.instances.is_empty() {
            self.snapshot.resources.remove(&from.resource);
        }
        let new = || ResourceState { provider: provider.clone(), instances: Default::default() };
        let resource = self.snapshot.resources.entry(to.resource.clone()).or_insert_with(new);
        resource.instances.insert(to.key.clone(), state);
        let first = || Renamed { from: from.clone(), provider, stated: false };
        let mut renamed = self.moves.renamed.remove(from).unwrap_or_else(first);
        renamed.stated |= !implied;
        self.moves.renamed.insert(to, renamed);
    }

    /// Lets objects that were made after renamed ones remember those by their new names.
    fn follow_dependencies(&mut self) {
        let mut names: BTreeMap<ConfigResource, BTreeSet<ConfigResource>> = BTreeMap::new();
        for (to, renamed) in &self.moves.renamed {
            let (from, to) = (renamed.from.resource.config(), to.resource.config());
            if from != to {
                names.entry(from.clone()).or_default().insert(to.clone());
            }
        }
        if names.is_empty() {
            return;
        }
        for resource in self.snapshot.resources.keys() {
            if let Some(to) = names.get_mut(resource.config()) {
                to.insert(resource.config().clone());
            }
        }
        let instances = self.snapshot.resources.values_mut().flat_map(|resource| resource.instances.values_mut());
        let objects = instances.flat_map(|state| state.current.iter_mut().chain(state.deposed.values_mut()));
        for object in objects.filter(|object| object.dependencies.iter().any(|name| names.contains_key(name))) {
            let now = object.dependencies.iter().flat_map(|name| match names.get(name) {
                Some(to) => to.iter().cloned().collect(),
                None => vec![name.clone()],
            });
            let now: BTreeSet<ConfigResource> = now.collect();
            let mut now: Vec<ConfigResource> = now.into_iter().collect();
            now.sort_by_cached_key(ToString::to_string);
            object.dependencies = now.into_iter().collect();
        }
    }
}
