//! Lists of what a tree consists of.

use std::fmt;

use super::tape::Tree;

/// What can stand in a list of a tree.
pub trait Element<'t>: Copy {
    /// How many words it takes there.
    #[doc(hidden)]
    const WORDS: usize;

    /// Reads it from its words.
    #[doc(hidden)]
    fn read(tree: Words<'t>, words: &[u32]) -> Self;
}

/// The tree that the words of a list belong to.
#[derive(Clone, Copy)]
pub struct Words<'t>(pub(super) &'t Tree<'t>);

/// A list of elements, in source order; to copy it is cheap.
#[derive(Clone, Copy)]
pub struct List<'t, T>(pub(super) Kept<'t, T>);

/// Where the elements are.
#[derive(Clone, Copy)]
pub(super) enum Kept<'t, T> {
    Read(&'t Tree<'t>, &'t [u32]),
    Made(&'t [T]),
}

impl<'t, T: Element<'t>> List<'t, T> {
    pub(super) fn read(tree: &'t Tree<'t>, words: &'t [u32]) -> List<'t, T> {
        List(Kept::Read(tree, words))
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        match self.0 {
            Kept::Read(_, words) => words.len() / T::WORDS,
            Kept::Made(items) => items.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One of the elements.
    pub fn get(&self, index: usize) -> Option<T> {
        match self.0 {
            Kept::Read(tree, words) => {
                let words = words.get(index * T::WORDS..(index + 1) * T::WORDS)?;
                Some(T::read(Words(tree), words))
            }
            Kept::Made(items) => items.get(index).copied(),
        }
    }

    /// The first of them.
    pub fn first(&self) -> Option<T> {
        self.get(0)
    }

    /// The last of them.
    pub fn last(&self) -> Option<T> {
        self.get(self.len().checked_sub(1)?)
    }

    /// The elements as an array, if there are exactly as many.
    pub fn exactly<const N: usize>(&self) -> Option<[T; N]> {
        let items: Vec<T> = if self.len() == N { self.iter().collect() } else { return None };
        items.try_into().ok()
    }

    /// The elements, in order.
    pub fn iter(&self) -> Iter<'t, T> {
        Iter { list: *self, at: 0, end: self.len() }
    }
}

impl<T> Default for List<'_, T> {
    fn default() -> Self {
        List(Kept::Made(&[]))
    }
}

impl<'t, T> From<&'t [T]> for List<'t, T> {
    fn from(items: &'t [T]) -> List<'t, T> {
        List(Kept::Made(items))
    }
}

impl<'t, T: Element<'t> + fmt::Debug> fmt::Debug for List<'t, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The elements of a [`List`].
#[derive(Clone, Copy)]
pub struct Iter<'t, T> {
    list: List<'t, T>,
    at: usize,
    end: usize,
}

impl<'t, T: Element<'t>> Iterator for Iter<'t, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        if self.at >= self.end {
            return None;
        }
        self.at += 1;
        self.list.get(self.at - 1)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.end - self.at, Some(self.end - self.at))
    }
}

impl<'t, T: Element<'t>> DoubleEndedIterator for Iter<'t, T> {
    fn next_back(&mut self) -> Option<T> {
        if self.at >= self.end {
            return None;
        }
        self.end -= 1;
        self.list.get(self.end)
    }
}

impl<'t, T: Element<'t>> ExactSizeIterator for Iter<'t, T> {}

impl<'t, T: Element<'t>> IntoIterator for List<'t, T> {
    type Item = T;
    type IntoIter = Iter<'t, T>;

    fn into_iter(self) -> Iter<'t, T> {
        self.iter()
    }
}

impl<'t, T: Element<'t>> IntoIterator for &List<'t, T> {
    type Item = T;
    type IntoIter = Iter<'t, T>;

    fn into_iter(self) -> Iter<'t, T> {
        self.iter()
    }
}
