//! Where trees live.

use std::cell::OnceCell;
use std::fmt;

use bumpalo::Bump;

/// Holds trees and their texts; all of them are freed at once, with it.
#[derive(Default)]
pub struct Arena {
    nodes: Bump,
    trees: Rack,
}

/// The words of trees that are too large to copy, in shelves of which each has room for twice as many as the one before.
#[derive(Default)]
struct Rack([OnceCell<Box<[OnceCell<Vec<u32>>]>>; 32]);

/// How many words are copied sooner than kept.
const FEW: usize = 1024;

impl Arena {
    /// An empty one.
    pub fn new() -> Arena {
        Arena::default()
    }

    /// Keeps a node.
    pub fn node<T: Copy>(&self, node: T) -> &T {
        self.nodes.alloc(node)
    }

    /// Keeps a list.
    pub fn list<T: Copy>(&self, items: &[T]) -> &[T] {
        if items.is_empty() {
            return &[];
        }
        self.nodes.alloc_slice_copy(items)
    }

    /// Keeps a text.
    pub fn text(&self, text: &str) -> &str {
        self.nodes.alloc_str(text)
    }

    /// Keeps the words of a tree.
    pub(crate) fn words(&self, mut words: Vec<u32>) -> &[u32] {
        if words.len() < FEW {
            return self.list(&words);
        }
        words.shrink_to_fit();
        self.trees.keep(words)
    }

    /// How many bytes it has taken from the system.
    pub fn bytes(&self) -> usize {
        self.nodes.allocated_bytes() + self.trees.iter().map(|words| words.capacity() * 4).sum::<usize>()
    }
}

impl Rack {
    fn keep(&self, words: Vec<u32>) -> &[u32] {
        let mut words = words;
        for (i, shelf) in self.0.iter().enumerate() {
            let shelf = shelf.get_or_init(|| (0..1usize << i).map(|_| OnceCell::new()).collect());
            if shelf.last().is_some_and(|last| last.get().is_some()) {
                continue;
            }
            let free = shelf.partition_point(|cell| cell.get().is_some());
            let Some(cell) = shelf.get(free) else { continue };
            match cell.set(words) {
                Ok(()) => return cell.get().map_or(&[], Vec::as_slice),
                Err(back) => words = back,
            }
        }
        &[]
    }

    fn iter(&self) -> impl Iterator<Item = &Vec<u32>> {
        self.0.iter().filter_map(OnceCell::get).flat_map(|shelf| shelf.iter().filter_map(OnceCell::get))
    }
}

impl fmt::Debug for Arena {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Arena({} bytes)", self.bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_trees_stay_where_they_are() {
        let arena = Arena::new();
        let kept: Vec<&[u32]> = (0..100).map(|i| arena.words(vec![i; FEW])).collect();
        assert!(kept.iter().enumerate().all(|(i, words)| **words == [i as u32; FEW]));
        assert_eq!(arena.trees.iter().count(), 100);
    }
}
