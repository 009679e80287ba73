//! Names that are written again and again.

use std::sync::Arc;

use super::normalised;

/// How many names are remembered at most; a power of two.
const MAX_SLOTS: usize = 1024;

/// Remembers names met lately, so that the same name is the same allocation.
pub(super) struct Names {
    /// Each name has one place by its hash, which the next name of that hash takes from it.
    slots: Box<[Option<Arc<str>>]>,
}

impl Names {
    /// As many places as a text of a length can have use for.
    pub(super) fn for_text(len: usize) -> Names {
        let slots = (len / 32).next_power_of_two().min(MAX_SLOTS);
        Names { slots: vec![None; slots].into() }
    }

    /// The name in Unicode normal form C.
    pub(super) fn get(&mut self, text: &str) -> Arc<str> {
        let place = hash(text.as_bytes()) & (self.slots.len() - 1);
        let Some(slot) = self.slots.get_mut(place) else { return normalised(text) };
        match slot {
            Some(known) if **known == *text => known.clone(),
            _ => slot.insert(normalised(text)).clone(),
        }
    }
}

/// A number from the length, the first and the last bytes.
fn hash(bytes: &[u8]) -> usize {
    let (first, last) = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => (bytes.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)), 0),
    };
    let mixed = (first ^ last.rotate_left(29) ^ bytes.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 40) as usize
}
