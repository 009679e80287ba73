//! Names that are written again and again.

use std::sync::Arc;

/// How many names are remembered at first, and at most; powers of two.
const SLOTS: (usize, usize) = (32, 4096);

/// Remembers names met lately, so that the same name is the same allocation.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Each name has one place by its hash, which the next name of that hash takes from it.
    slots: Vec<Option<Arc<str>>>,
    /// How many names have been put into the slots as they are.
    taken: usize,
}

impl Names {
    /// The name.
    pub(crate) fn get(&mut self, name: &str) -> Arc<str> {
        if self.taken >= self.slots.len() {
            self.grow();
        }
        let place = hash(name.as_bytes()) & (self.slots.len() - 1);
        match &mut self.slots[place] {
            Some(known) if **known == *name => known.clone(),
            slot => {
                self.taken += 1;
                slot.insert(name.into()).clone()
            }
        }
    }

    fn grow(&mut self) {
        let slots = (self.slots.len() * 2).clamp(SLOTS.0, SLOTS.1);
        self.taken = 0;
        if slots > self.slots.len() {
            self.slots = vec![None; slots];
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_name_is_the_same_allocation() {
        let mut names = Names::default();
        let many: Vec<String> = (0..5000).map(|i| format!("name{i}")).collect();
        assert!(many.iter().all(|name| *names.get(name) == **name));
        assert!(Arc::ptr_eq(&names.get("a"), &names.get("a")));
    }
}
