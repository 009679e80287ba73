//! What is declared and what that needs, for those who draw it.

use terrane_address::ProviderConfig;

use super::graph::{Graph, Thing};
use crate::Program;
use crate::ir::{CallId, LocalId, OutputId, ResourceId, VariableId};

/// Something that is declared.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its address without instance keys.
    pub address: String,
    /// What it is.
    pub kind: ItemKind,
    /// What it needs, by place in the list, each once and in order.
    pub needs: Vec<u32>,
}

/// What is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// An input variable.
    Variable,
    /// A local value.
    Local,
    /// An output value.
    Output,
    /// A resource, with the provider configuration that manages it.
    Resource(ProviderConfig),
    /// A call of a module.
    Call,
    /// A `provider` block.
    Provider(ProviderConfig),
    /// A `check` block.
    Check,
}

impl Program {
    /// Everything that is declared in all modules, with what it needs. What needs itself is in the list as any other.
    pub fn items(&self) -> Vec<Item> {
        let mut graph = Graph::of(self);
        self.modules.iter().for_each(|module| {
            let (m, contents) = (module.id, &module.contents);
            let things = (0..contents.variables.len() as u32)
                .map(|i| Thing::Variable(m, VariableId(i)))
                .chain((0..contents.locals.len() as u32).map(|i| Thing::Local(m, LocalId(i))))
                .chain((0..contents.outputs.len() as u32).map(|i| Thing::Output(m, OutputId(i))))
                .chain((0..contents.resources.len() as u32).map(|i| Thing::Resource(m, ResourceId(i))))
                .chain((0..contents.calls.len() as u32).map(|i| Thing::Call(m, CallId(i))))
                .chain((0..contents.providers.len() as u32).map(|i| Thing::Provider(m, i)))
                .chain((0..contents.checks.len() as u32).map(|i| Thing::Check(m, i)));
            for thing in things {
                graph.id(thing);
            }
        });
        let items = graph.things.iter().zip(&graph.edges).map(|(thing, edges)| {
            let mut needs: Vec<u32> = edges.iter().map(|edge| edge.to).collect();
            needs.sort_unstable();
            needs.dedup();
            Item { address: graph.name(*thing), kind: self.kind(*thing), needs }
        });
        items.collect()
    }

    fn kind(&self, thing: Thing) -> ItemKind {
        match thing {
            Thing::Variable(..) => ItemKind::Variable,
            Thing::Local(..) => ItemKind::Local,
            Thing::Output(..) => ItemKind::Output,
            Thing::Call(..) => ItemKind::Call,
            Thing::Check(..) => ItemKind::Check,
            Thing::Resource(m, id) => ItemKind::Resource(self.module(m).resource_providers[id.index()].without_key()),
            Thing::Provider(m, place) => {
                let module = self.module(m);
                let name = &module.contents.providers[place as usize].name;
                let config = module.providers.get(name).cloned();
                ItemKind::Provider(config.unwrap_or_else(|| ProviderConfig {
                    module: module.path.clone(),
                    provider: module.provider_of(&name.local),
                    alias: name.alias.clone(),
                    key: terrane_address::Key::None,
                }))
            }
        }
    }
}
