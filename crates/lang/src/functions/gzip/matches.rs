//! Finds repetitions, as Go's library does at its level 6.

/// How far back a copy may reach; also what the window moves by.
const REACH: usize = 1 << 15;

/// How much of the input is at hand at once.
const WINDOW: usize = 2 * REACH;

const SHORTEST: usize = 4;
const LONGEST: usize = 258;

/// What must be at hand before a place is decided, unless the input ends.
const AHEAD: usize = SHORTEST + LONGEST;

/// A copy of this length is not given up for a longer one at the next place.
const GOOD: usize = 16;

/// A copy of this length ends the search.
const ENOUGH: usize = 128;

/// How many earlier places are looked at.
const TRIES: usize = 128;

/// How far back a copy of the shortest length may reach.
const SHORT_REACH: usize = 4096;

/// How many tokens a block has at most.
const BLOCK: usize = 1 << 14;

const HASH_BITS: u32 = 17;

/// A byte, or a copy of what came before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    Byte(u8),
    /// So many bytes again from so far back.
    Copy {
        length: usize,
        distance: usize,
    },
}

/// Tokens that are written together.
pub struct Block<'b> {
    pub tokens: Vec<Token>,
    /// What the tokens stand for, if all of it is still at hand.
    pub bytes: Option<&'b [u8]>,
}

#[derive(Clone, Copy)]
struct Found {
    length: usize,
    distance: usize,
}

/// No repetition; the length is the greatest that is none.
const NOTHING: Found = Found { length: SHORTEST - 1, distance: 0 };

/// Takes an input apart.
pub struct Matcher<'b> {
    bytes: &'b [u8],
    /// The next place.
    at: usize,
    /// Where the part of the input that is at hand begins.
    window: usize,
    /// Where the present block begins; `None` if that is no longer at hand.
    block: Option<usize>,
    tokens: Vec<Token>,
    /// What the tokens so far reach to.
    covered: usize,
    /// What was found at the place before.
    before: Found,
    /// Whether the byte at the place before is in no token yet.
    pending: bool,
    /// The last place of each hash, counted from 1.
    heads: Vec<u32>,
    /// The place before of the same hash, for each place within reach; counted from 1.
    chain: Vec<u32>,
}

impl<'b> Matcher<'b> {
    pub fn new(bytes: &'b [u8]) -> Matcher<'b> {
        Matcher {
            bytes,
            at: 0,
            window: 0,
            block: Some(0),
            tokens: Vec::new(),
            covered: 0,
            before: NOTHING,
            pending: false,
            heads: vec![0; 1 << HASH_BITS],
            chain: vec![0; REACH],
        }
    }

    /// The next block; `None` at the end of the input.
    pub fn next_block(&mut self) -> Option<Block<'b>> {
        while self.at < self.bytes.len() {
            self.move_window();
            self.step();
            if self.tokens.len() == BLOCK {
                return Some(self.take_block());
            }
        }
        if std::mem::take(&mut self.pending) {
            self.push(Token::Byte(self.bytes[self.at - 1]), 1);
        }
        (!self.tokens.is_empty()).then(|| self.take_block())
    }

    fn take_block(&mut self) -> Block<'b> {
        let bytes = self.block.map(|start| &self.bytes[start..self.covered]);
        self.block = Some(self.covered);
        Block { tokens: std::mem::take(&mut self.tokens), bytes }
    }

    /// Where what is at hand ends.
    fn window_end(&self) -> usize {
        self.bytes.len().min(self.window + WINDOW)
    }

    /// Takes more of the input to hand when what is left would not do, and gives up as much that came before.
    fn move_window(&mut self) {
        let end = self.window_end();
        if end - self.at < AHEAD && end < self.bytes.len() {
            self.window += REACH;
            self.block = self.block.filter(|start| *start >= self.window);
        }
    }

    /// Decides on the byte before the present place: it becomes a byte, or a copy unless a longer one begins here.
    fn step(&mut self) {
        let head = self.enter(self.at);
        let before = std::mem::replace(&mut self.before, NOTHING);
        let ahead = self.window_end() - self.at;
        if ahead > before.length && before.length < GOOD {
            self.before = self.find(head, ahead.min(LONGEST));
        }
        if before.length >= SHORTEST && self.before.length <= before.length {
            self.push(Token::Copy { length: before.length, distance: before.distance }, before.length);
            for at in self.at + 1..self.covered {
                self.enter(at);
            }
            self.at = self.covered;
            self.pending = false;
            self.before = NOTHING;
        } else {
            if self.pending {
                self.push(Token::Byte(self.bytes[self.at - 1]), 1);
            }
            self.at += 1;
            self.pending = true;
        }
    }

    fn push(&mut self, token: Token, length: usize) {
        self.tokens.push(token);
        self.covered += length;
    }

    /// Notes a place by the hash of the four bytes there; the place before of the same hash, counted from 1.
    fn enter(&mut self, at: usize) -> u32 {
        let Some(four) = self.bytes.get(at..).and_then(<[u8]>::first_chunk::<SHORTEST>) else { return 0 };
        let hash = u32::from_be_bytes(*four).wrapping_mul(0x1e35_a7bd) >> (32 - HASH_BITS);
        let before = std::mem::replace(&mut self.heads[hash as usize], at as u32 + 1);
        self.chain[at % REACH] = before;
        before
    }

    /// The longest copy for the present place, of those that are worth it.
    fn find(&self, head: u32, most: usize) -> Found {
        let mut best = NOTHING;
        let least = self.window.max(self.at.saturating_sub(REACH));
        let mut place = head;
        for _ in 0..TRIES {
            let Some(at) = (place as usize).checked_sub(1).filter(|at| *at >= least) else { break };
            let length = common(&self.bytes[at..], &self.bytes[self.at..self.at + most]);
            let distance = self.at - at;
            if length > best.length && (length > SHORTEST || distance <= SHORT_REACH) {
                best = Found { length, distance };
                if length >= ENOUGH.min(most) {
                    break;
                }
            }
            if distance == REACH {
                // The place before it has been overwritten.
                break;
            }
            place = self.chain[at % REACH];
        }
        best
    }
}

/// How many bytes both begin with, at most all of the second.
fn common(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}
