//! What must be remembered of a value wherever it goes.

/// A set of marks; the marks of a result are the union of the marks of all it was made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Marks(u8);

impl Marks {
    /// No marks.
    pub const NONE: Marks = Marks(0);
    /// Must not be shown to people.
    pub const SENSITIVE: Marks = Marks(1);
    /// Must not be stored in plans or state.
    pub const EPHEMERAL: Marks = Marks(2);
    /// Comes from something deprecated.
    pub const DEPRECATED: Marks = Marks(4);

    /// Both.
    pub fn union(self, other: Marks) -> Marks {
        Marks(self.0 | other.0)
    }

    /// Those that are not in `other`.
    pub fn without(self, other: Marks) -> Marks {
        Marks(self.0 & !other.0)
    }

    /// Whether all of `other` are in it.
    pub fn contains(self, other: Marks) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}
