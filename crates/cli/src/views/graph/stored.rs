//! The objects of a state in the order in which they would be destroyed, as a drawing.

use std::collections::BTreeMap;

use terrane_address::{ConfigResource, Mode};
use terrane_state::Snapshot;

use super::{Drawing, Shape};

/// Draws the objects of a state: each points to those that are destroyed before it.
pub fn stored(snapshot: &Snapshot) -> Drawing {
    let mut drawing = Drawing::default();
    let mut places: BTreeMap<ConfigResource, Vec<u32>> = BTreeMap::new();
    let mut after = Vec::new();
    for (instance, _, state) in snapshot.instances() {
        if instance.resource.resource.mode != Mode::Managed {
            continue;
        }
        for object in state.current.iter().chain(state.deposed.values()) {
            let deposed = state.deposed.iter().find(|(_, stored)| std::ptr::eq(*stored, object));
            let deposed = deposed.map(|(key, _)| format!(" (deposed object {key})")).unwrap_or_default();
            let address = format!("{instance}{deposed}");
            let place = drawing.add(format!("[root] {address} (destroy)"), &address, Shape::Box);
            places.entry(instance.resource.config().clone()).or_default().push(place);
            after.extend(object.dependencies.iter().map(|needed| (place, needed)));
        }
    }
    for (place, needed) in after {
        let needed = places.get(needed).into_iter().flatten();
        drawing.edges.extend(needed.filter(|needed| **needed != place).map(|needed| (*needed, place)));
    }
    drawing.edges.sort_unstable();
    drawing.edges.dedup();
    drawing.reduced()
}
