//! Writes blocks of the deflate format (RFC 1951).

use super::huffman::{self, Word};
use super::matches::{Block, Token};

const END: usize = 256;
const LENGTHS: usize = 257;
const LITERALS: usize = 286;
const DISTANCES: usize = 30;

/// The least length of each symbol for lengths, less 3, and how many bits follow it.
const LENGTH_SYMBOLS: [(u16, u8); 29] = [
    (0, 0),
    (1, 0),
    (2, 0),
    (3, 0),
    (4, 0),
    (5, 0),
    (6, 0),
    (7, 0),
    (8, 1),
    (10, 1),
    (12, 1),
    (14, 1),
    (16, 2),
    (20, 2),
    (24, 2),
    (28, 2),
    (32, 3),
    (40, 3),
    (48, 3),
    (56, 3),
    (64, 4),
    (80, 4),
    (96, 4),
    (112, 4),
    (128, 5),
    (160, 5),
    (192, 5),
    (224, 5),
    (255, 0),
];

/// The order in which the lengths of the words for lengths of words are written.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// A symbol with the bits that follow its word.
#[derive(Clone, Copy)]
struct Symbol {
    symbol: usize,
    extra: u16,
    extra_bits: u8,
}

fn length_symbol(length: usize) -> Symbol {
    let past = (length - 3) as u16;
    let index = LENGTH_SYMBOLS.partition_point(|(least, _)| *least <= past) - 1;
    let (least, extra_bits) = LENGTH_SYMBOLS[index];
    Symbol { symbol: LENGTHS + index, extra: past - least, extra_bits }
}

fn distance_symbol(distance: usize) -> Symbol {
    let past = (distance - 1) as u16;
    if past < 4 {
        return Symbol { symbol: past.into(), extra: 0, extra_bits: 0 };
    }
    let extra_bits = past.ilog2() as u8 - 1;
    let top = past >> extra_bits;
    Symbol { symbol: 2 * usize::from(extra_bits) + usize::from(top), extra: past - (top << extra_bits), extra_bits }
}

/// How often each symbol occurs in a block.
struct Counts {
    literals: [u32; LITERALS],
    distances: [u32; DISTANCES],
    /// How many bits follow the words of all symbols together.
    extra_bits: usize,
}

impl Counts {
    fn of(tokens: &[Token]) -> Counts {
        let mut counts = Counts { literals: [0; LITERALS], distances: [0; DISTANCES], extra_bits: 0 };
        counts.literals[END] = 1;
        for token in tokens {
            match *token {
                Token::Byte(byte) => counts.literals[usize::from(byte)] += 1,
                Token::Copy { length, distance } => {
                    let (length, distance) = (length_symbol(length), distance_symbol(distance));
                    counts.literals[length.symbol] += 1;
                    counts.distances[distance.symbol] += 1;
                    counts.extra_bits += usize::from(length.extra_bits + distance.extra_bits);
                }
            }
        }
        if counts.distances.iter().all(|count| *count == 0) {
            // The format has no code without words.
            counts.distances[0] = 1;
        }
        counts
    }

    /// The size of the tokens in bits.
    fn size(&self, codes: &Codes) -> usize {
        size(&self.literals, &codes.literals) + size(&self.distances, &codes.distances) + self.extra_bits
    }
}

fn size(counts: &[u32], code: &[Word]) -> usize {
    counts.iter().zip(code).map(|(count, word)| *count as usize * usize::from(word.length)).sum()
}

/// The codes of a block.
struct Codes {
    literals: Vec<Word>,
    distances: Vec<Word>,
}

impl Codes {
    /// The codes that need not be written.
    fn fixed() -> Codes {
        let length = |symbol| match symbol {
            0..144 | 280.. => 8,
            144..256 => 9,
            _ => 7,
        };
        let literals: Vec<u8> = (0..288).map(length).collect();
        Codes { literals: huffman::words(&literals), distances: huffman::words(&[5; 32]) }
    }

    /// The best codes.
    fn best(counts: &Counts) -> Codes {
        Codes { literals: huffman::code(&counts.literals, 15), distances: huffman::code(&counts.distances, 15) }
    }
}

/// Codes in writing: the lengths of their words, with runs shortened.
struct Head {
    literals: usize,
    distances: usize,
    /// How many of the words for lengths are in use, in their order.
    words: usize,
    lengths: Vec<Symbol>,
    code: Vec<Word>,
    size: usize,
}

impl Head {
    fn new(codes: &Codes) -> Head {
        let used = |words: &[Word]| words.iter().rposition(|word| word.length > 0).map_or(0, |last| last + 1);
        let (literals, distances) = (used(&codes.literals), used(&codes.distances));
        let all = codes.literals[..literals].iter().chain(&codes.distances[..distances]);
        let lengths = run_lengths(&all.map(|word| word.length).collect::<Vec<_>>());
        let mut counts = [0; 19];
        lengths.iter().for_each(|length| counts[length.symbol] += 1);
        let code = huffman::code(&counts, 7);
        let words = ORDER.iter().rposition(|symbol| counts[*symbol] > 0).map_or(0, |last| last + 1).max(4);
        let extra: usize = lengths.iter().map(|length| usize::from(length.extra_bits)).sum();
        let size = 5 + 5 + 4 + 3 * words + size(&counts, &code) + extra;
        Head { literals, distances, words, lengths, code, size }
    }
}

/// Lengths as symbols: 16 repeats the one before, 17 and 18 stand for many times nought.
fn run_lengths(lengths: &[u8]) -> Vec<Symbol> {
    let mut symbols = Vec::new();
    for run in lengths.chunk_by(|a, b| a == b) {
        let plain = Symbol { symbol: run[0].into(), extra: 0, extra_bits: 0 };
        let mut left = run.len();
        if run[0] > 0 {
            symbols.push(plain);
            left -= 1;
        }
        let forms: &[(usize, usize, usize, u8)] =
            if run[0] > 0 { &[(16, 3, 6, 2)] } else { &[(18, 11, 138, 7), (17, 3, 10, 3)] };
        for (symbol, least, most, extra_bits) in forms.iter().copied() {
            while left >= least {
                let many = most.min(left);
                symbols.push(Symbol { symbol, extra: (many - least) as u16, extra_bits });
                left -= many;
            }
        }
        symbols.extend(std::iter::repeat_n(plain, left));
    }
    symbols
}

/// What has been written.
pub struct Output {
    bytes: Vec<u8>,
    /// Bits that do not fill a byte yet, the first of them lowest.
    bits: u64,
    filled: u32,
}

impl Output {
    /// Goes on after other bytes.
    pub fn new(bytes: Vec<u8>) -> Output {
        Output { bytes, bits: 0, filled: 0 }
    }

    /// Writes a block in the shortest of its three forms; it is not the last one.
    pub fn block(&mut self, block: &Block<'_>) {
        let counts = Counts::of(&block.tokens);
        let (best, fixed) = (Codes::best(&counts), Codes::fixed());
        let head = Head::new(&best);
        let (best_size, fixed_size) = (3 + head.size + counts.size(&best), 3 + counts.size(&fixed));
        let plain = block.bytes.filter(|bytes| bytes.len() <= usize::from(u16::MAX));
        match plain {
            Some(bytes) if (bytes.len() + 5) * 8 < best_size.min(fixed_size) => self.plain(bytes, false),
            _ if best_size < fixed_size => {
                self.bits(0b100, 3);
                self.head(&head);
                self.tokens(&block.tokens, &best);
            }
            _ => {
                self.bits(0b010, 3);
                self.tokens(&block.tokens, &fixed);
            }
        }
    }

    /// Writes a block without content, which ends at a full byte.
    pub fn empty_block(&mut self, last: bool) {
        self.plain(&[], last);
    }

    /// All that has been written; after an empty block there are no bits left over.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }

    fn plain(&mut self, bytes: &[u8], last: bool) {
        self.bits(last.into(), 3);
        self.bits(0, (8 - self.filled % 8) % 8);
        let length = bytes.len() as u16;
        self.bytes.extend(length.to_le_bytes());
        self.bytes.extend((!length).to_le_bytes());
        self.bytes.extend(bytes);
    }

    fn head(&mut self, head: &Head) {
        self.bits((head.literals - LENGTHS) as u64, 5);
        self.bits((head.distances - 1) as u64, 5);
        self.bits((head.words - 4) as u64, 4);
        for symbol in &ORDER[..head.words] {
            self.bits(head.code[*symbol].length.into(), 3);
        }
        for length in &head.lengths {
            self.symbol(*length, &head.code);
        }
    }

    fn tokens(&mut self, tokens: &[Token], codes: &Codes) {
        for token in tokens {
            match *token {
                Token::Byte(byte) => self.word(codes.literals[usize::from(byte)]),
                Token::Copy { length, distance } => {
                    self.symbol(length_symbol(length), &codes.literals);
                    self.symbol(distance_symbol(distance), &codes.distances);
                }
            }
        }
        self.word(codes.literals[END]);
    }

    fn symbol(&mut self, symbol: Symbol, code: &[Word]) {
        self.word(code[symbol.symbol]);
        self.bits(symbol.extra.into(), symbol.extra_bits.into());
    }

    fn word(&mut self, word: Word) {
        self.bits(word.bits.into(), word.length.into());
    }

    /// Writes at most 16 bits.
    fn bits(&mut self, bits: u64, count: u32) {
        self.bits |= bits << self.filled;
        self.filled += count;
        while self.filled >= 8 {
            self.bytes.push(self.bits as u8);
            self.bits >>= 8;
            self.filled -= 8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_distances_have_the_symbols_of_the_format() {
        let length = |n| (length_symbol(n).symbol, length_symbol(n).extra);
        assert_eq!(
            [3, 10, 11, 12, 257, 258].map(length),
            [(257, 0), (264, 0), (265, 0), (265, 1), (284, 30), (285, 0)]
        );
        let distance = |n| (distance_symbol(n).symbol, distance_symbol(n).extra, distance_symbol(n).extra_bits);
        assert_eq!(
            [1, 4, 5, 6, 7, 32_768].map(distance),
            [(0, 0, 0), (3, 0, 0), (4, 0, 1), (4, 1, 1), (5, 0, 1), (29, 8191, 13)]
        );
    }
}
