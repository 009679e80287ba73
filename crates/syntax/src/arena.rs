//! Where trees live.

use std::fmt;

use bumpalo::Bump;

/// Holds the nodes and texts of trees; all of them are freed at once, with it.
#[derive(Default)]
pub struct Arena(Bump);

impl Arena {
    /// An empty one.
    pub fn new() -> Arena {
        Arena::default()
    }

    /// Keeps a node.
    pub fn node<T: Copy>(&self, node: T) -> &T {
        self.0.alloc(node)
    }

    /// Keeps a list.
    pub fn list<T: Copy>(&self, items: &[T]) -> &[T] {
        if items.is_empty() {
            return &[];
        }
        self.0.alloc_slice_copy(items)
    }

    /// Keeps a text.
    pub fn text(&self, text: &str) -> &str {
        self.0.alloc_str(text)
    }

    /// How many bytes it has taken from the system.
    pub fn bytes(&self) -> usize {
        self.0.allocated_bytes()
    }
}

impl fmt::Debug for Arena {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Arena({} bytes)", self.bytes())
    }
}
