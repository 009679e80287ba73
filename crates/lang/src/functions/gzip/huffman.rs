//! Prefix codes of least length.

/// One word of a code: its bits, the first of them lowest, and how many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Word {
    pub bits: u16,
    pub length: u8,
}

/// The code for symbols that occur so many times, in words of at most `longest` bits; those that do not occur have none.
pub fn code(counts: &[u32], longest: usize) -> Vec<Word> {
    let mut symbols: Vec<usize> = (0..counts.len()).filter(|symbol| counts[*symbol] > 0).collect();
    let mut lengths = vec![0; counts.len()];
    if symbols.len() <= 2 {
        symbols.iter().for_each(|symbol| lengths[*symbol] = 1);
        return words(&lengths);
    }
    symbols.sort_by_key(|symbol| (counts[*symbol], *symbol));
    let weights: Vec<u64> = symbols.iter().map(|symbol| counts[*symbol].into()).collect();
    for taken in taken(&weights, longest.min(symbols.len() - 1)) {
        symbols[..taken].iter().for_each(|symbol| lengths[*symbol] += 1);
    }
    words(&lengths)
}

/// The words of a code by their lengths alone: shorter before longer ones, then in the order of the symbols.
pub fn words(lengths: &[u8]) -> Vec<Word> {
    let mut words = vec![Word::default(); lengths.len()];
    let mut next = 0u16;
    for length in 1..=15 {
        for (word, _) in words.iter_mut().zip(lengths).filter(|(_, l)| **l == length) {
            *word = Word { bits: next.reverse_bits() >> (16 - length), length };
            next = next.wrapping_add(1);
        }
        next <<= 1;
    }
    words
}

/// How many of the symbols, the rarest first, each of `levels` rounds of the package-merge algorithm takes. A symbol has
/// as many bits as rounds take it. Of equal weights, a package goes before a symbol.
fn taken(weights: &[u64], levels: usize) -> Vec<usize> {
    let mut rounds: Vec<Vec<(u64, bool)>> = Vec::with_capacity(levels);
    for _ in 0..levels {
        let packages: Vec<u64> = match rounds.last() {
            Some(round) => round.chunks_exact(2).map(|pair| pair[0].0 + pair[1].0).collect(),
            None => Vec::new(),
        };
        rounds.push(merged(weights, &packages));
    }
    let mut need = 2 * weights.len() - 2;
    let mut taken = Vec::with_capacity(levels);
    for round in rounds.iter().rev() {
        let symbols = round.iter().take(need).filter(|(_, is_symbol)| *is_symbol).count();
        taken.push(symbols);
        need = 2 * need.saturating_sub(symbols);
    }
    taken
}

/// Symbols and packages by weight, and whether each is a symbol.
fn merged(symbols: &[u64], packages: &[u64]) -> Vec<(u64, bool)> {
    let mut all = Vec::with_capacity(symbols.len() + packages.len());
    let mut packages = packages.iter().copied().peekable();
    for symbol in symbols {
        while let Some(package) = packages.next_if(|package| package <= symbol) {
            all.push((package, false));
        }
        all.push((*symbol, true));
    }
    all.extend(packages.map(|package| (package, false)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rarer_symbols_have_longer_words() {
        let lengths = |counts: &[u32], longest| code(counts, longest).iter().map(|w| w.length).collect::<Vec<_>>();
        assert_eq!(lengths(&[8, 0, 4, 2, 1, 1], 15), [1, 0, 2, 3, 4, 4]);
        assert_eq!(lengths(&[8, 0, 4, 2, 1, 1], 3), [1, 0, 3, 3, 3, 3]);
        assert_eq!(lengths(&[0, 5, 0], 15), [0, 1, 0]);
        assert!(lengths(&[], 15).is_empty());
    }
}
