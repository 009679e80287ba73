//! Sets of places in a list.

use std::sync::Arc;

/// Places in a list. Cloning bumps a count.
///
/// Many ascending places close to each other are kept as bits: a chain of n resources, each made after all before it,
/// has n² / 2 places.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Places(Form);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Form {
    /// One after the other, in any order.
    Listed(Arc<[u32]>),
    /// A bit for each place, from the place `64 * first` on; the first and the last word have bits; `count` is how many there are.
    Marked { first: u32, words: Arc<[u64]>, count: usize },
}

impl Places {
    /// The places that have a bit in words, the first of which begins with the place `64 * first`.
    pub fn marked(first: u32, words: &[u64]) -> Places {
        let count: usize = words.iter().map(|word| word.count_ones() as usize).sum();
        if count.div_ceil(2) <= words.len() {
            return Places(Form::Listed(bits(first, words).collect()));
        }
        let empty = words.iter().take_while(|word| **word == 0).count();
        let end = words.iter().rposition(|word| *word != 0).map_or(empty, |last| last + 1);
        Places(Form::Marked { first: first + empty as u32, words: words[empty..end].into(), count })
    }

    /// The places, in order.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        let (listed, first, words): (&[u32], u32, &[u64]) = match &self.0 {
            Form::Listed(places) => (places, 0, &[]),
            Form::Marked { first, words, .. } => (&[], *first, words),
        };
        listed.iter().copied().chain(bits(first, words))
    }

    /// The words that have a bit for each place, and which word is the first, if the places are kept as bits.
    pub fn words(&self) -> Option<(u32, &[u64])> {
        match &self.0 {
            Form::Listed(_) => None,
            Form::Marked { first, words, .. } => Some((*first, words)),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Form::Listed(places) => places.len(),
            Form::Marked { count, .. } => *count,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        matches!(&self.0, Form::Listed(places) if places.is_empty())
    }

    /// Whether a place is among them.
    pub fn contains(&self, place: u32) -> bool {
        match &self.0 {
            Form::Listed(places) => places.contains(&place),
            Form::Marked { first, words, .. } => {
                let word = (place / 64).checked_sub(*first).and_then(|at| words.get(at as usize));
                word.is_some_and(|word| word & (1 << (place % 64)) != 0)
            }
        }
    }
}

fn bits(first: u32, words: &[u64]) -> impl Iterator<Item = u32> {
    (first..).zip(words).flat_map(|(at, word)| {
        let rest = std::iter::successors(Some(*word), |word| Some(word & word.wrapping_sub(1)));
        rest.take_while(|word| *word != 0).map(move |word| at * 64 + word.trailing_zeros())
    })
}

impl FromIterator<u32> for Places {
    fn from_iter<I: IntoIterator<Item = u32>>(places: I) -> Places {
        Places(Form::Listed(places.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_close_places_are_bits_and_few_far_ones_a_list() {
        let all = Places::marked(2, &[0, u64::MAX, 1 | 1 << 63, 0]);
        assert_eq!(all.words(), Some((3, [u64::MAX, 1 | 1 << 63].as_slice())));
        assert_eq!((all.len(), all.is_empty()), (66, false));
        let expect: Vec<u32> = (192..257).chain([319]).collect();
        assert_eq!(all.iter().collect::<Vec<_>>(), expect);
        for place in 0..400 {
            assert_eq!(all.contains(place), expect.contains(&place), "{place}");
        }
        let few = Places::marked(1, &[1, 0, 1 << 5]);
        assert_eq!((few.words(), few.iter().collect::<Vec<_>>()), (None, vec![64, 197]));
        assert!(few.contains(197) && !few.contains(0));
        assert!(Places::marked(7, &[0, 0]).is_empty() && Places::marked(0, &[]).is_empty());
    }
}
