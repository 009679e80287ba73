//! Decoding the objects of a large resource before they are asked for, by several threads.

use std::sync::Arc;
use std::thread;

use terrane_address::{AbsResource, Key, Mode};
use terrane_state::StoredObject;
use terrane_value::json::Decoder;

use super::Planner;
use super::prior::{Prior, PriorState};
use crate::object;
use crate::shapes::Shape;

/// From so many objects on it is worth the threads.
const MANY: usize = 4096;

const THREADS: usize = 4;

impl Planner<'_> {
    /// Decodes the objects of a resource that are taken as they were stored. Those that something is wrong with, or that
    /// have come from elsewhere, are left for when they are needed.
    pub(super) fn decode_ahead(&mut self, resource: &AbsResource) {
        let managed = resource.resource.mode == Mode::Managed;
        if !managed || self.options.refresh || self.options.is_limited() || !self.moves.renamed.is_empty() {
            return;
        }
        let Some(state) = self.refreshed.resources.get(resource).filter(|state| state.instances.len() >= MANY) else {
            return;
        };
        let declared = self.program.provider_of(resource.config());
        let shape = declared.and_then(|config| self.shapes.get(&config.provider, &resource.resource)).cloned();
        let (Some(shape), false) = (shape, self.program.has_provider_key(resource.config())) else { return };
        let objects: Vec<(&Key, &StoredObject)> =
            state.instances.iter().filter_map(|(key, state)| Some((key, state.current.as_ref()?))).collect();
        for (key, prior) in decoded(&objects, &shape) {
            self.objects.insert((resource.instance(key), None), PriorState::Known(Some(prior)));
        }
    }
}

fn decoded(objects: &[(&Key, &StoredObject)], shape: &Shape) -> Vec<(Key, Arc<Prior>)> {
    thread::scope(|scope| {
        let pieces = objects.chunks(objects.len().div_ceil(THREADS).max(1));
        let threads: Vec<_> = pieces.map(|piece| scope.spawn(|| piece_of(piece, shape))).collect();
        // What a thread that crashed has left is decoded when it is needed.
        threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    })
}

fn piece_of(objects: &[(&Key, &StoredObject)], shape: &Shape) -> Vec<(Key, Arc<Prior>)> {
    let mut decoder = Decoder::default();
    let mut one = |(key, stored): &(&Key, &StoredObject)| {
        let object = shape.object_by(&mut decoder, stored)?;
        let marks = object::stored_marks(stored);
        Some(((*key).clone(), Arc::new(Prior { object, marks, tainted: stored.tainted, imported: false })))
    };
    objects.iter().filter_map(&mut one).collect()
}
