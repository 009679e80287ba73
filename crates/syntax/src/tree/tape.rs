//! Trees as they are kept: words in one run, a node after what it consists of.
//!
//! A node begins with its tag, to which 24 bits more may belong; the words after it are places in the text, numbers of
//! nodes and lengths of the lists at its end. What each form has is told at its tag.

use terrane_source::{FileId, Span};

use crate::json::Origin;

/// The first word of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NodeId(pub(crate) u32);

/// A name in the text: where it stands and, if it is not the text there, what it is.
#[derive(Clone, Copy)]
pub(crate) struct Name<'t> {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) text: Option<&'t str>,
}

/// The forms of nodes.
///
/// The first of them are leaves: the length of their text stands beside the tag, then follows its start. If the length
/// does not fit or the text is not that of the source, the tag is marked [`tag::WIDE`]; start, end and the number of the
/// text plus one follow.
pub(crate) mod tag {
    pub(crate) const NULL: u32 = 0;
    pub(crate) const TRUE: u32 = 1;
    pub(crate) const FALSE: u32 = 2;
    pub(crate) const NUMBER: u32 = 3;
    /// Its text includes the quotes.
    pub(crate) const STRING: u32 = 4;
    /// A name of any meaning.
    pub(crate) const NAME: u32 = 5;
    pub(crate) const LAST_LEAF: u32 = NAME;

    /// As a leaf of its name; then its base, with which it begins; if wide, end and text of the name come last.
    pub(crate) const GET_ATTR: u32 = 8;
    /// As a leaf of its name; then its expression; if wide, end and text of the name come last.
    pub(crate) const ATTRIBUTE: u32 = 9;

    // These begin where their first part does.

    /// Beside it whether it is legacy; end, base and key.
    pub(crate) const INDEX: u32 = 10;
    /// Beside it whether it is full; end, base, length, steps.
    pub(crate) const SPLAT: u32 = 11;
    /// Beside it whether the last argument is expanded; end, name, length, arguments.
    pub(crate) const CALL: u32 = 12;
    /// Beside it the operator; operands, with the last of which it ends.
    pub(crate) const BINARY: u32 = 13;
    /// Condition and results, with the last of which it ends.
    pub(crate) const CONDITIONAL: u32 = 14;

    /// Beside it the operator; start, operand, with which it ends.
    pub(crate) const UNARY: u32 = 15;

    // Start and end come first in all that follow.

    /// Length, elements.
    pub(crate) const TUPLE: u32 = 18;
    /// Length in words, keys and values.
    pub(crate) const OBJECT: u32 = 19;
    /// Beside it what it has: 1 a key, 2 a condition. Key, value, collection, result, condition.
    pub(crate) const FOR_TUPLE: u32 = 20;
    /// Beside it what it has: 1 a key, 2 a condition, 4 grouping. Key, value, collection, key and value of the result,
    /// condition.
    pub(crate) const FOR_OBJECT: u32 = 21;
    /// What is in the parentheses.
    pub(crate) const PARENS: u32 = 26;
    /// Length, parts.
    pub(crate) const TEMPLATE: u32 = 27;
    /// The expression.
    pub(crate) const WRAP: u32 = 28;
    /// A step of a splat. Beside it whether it is legacy; key.
    pub(crate) const STEP_INDEX: u32 = 29;
    /// A step of a splat. Beside it whether it is full; length, steps.
    pub(crate) const STEP_SPLAT: u32 = 30;
    /// A part of a template: the number of its text comes in place of start and end.
    pub(crate) const PART_TEXT: u32 = 31;
    /// A part of a template: condition, both lengths, the parts of both.
    pub(crate) const PART_IF: u32 = 32;
    /// A part of a template. Beside it whether it has a key; key, value, collection, length, parts.
    pub(crate) const PART_FOR: u32 = 33;
    /// Start and end are those of the body; type, both lengths, labels and items.
    pub(crate) const BLOCK: u32 = 34;
    /// Start and end are those of the file; length, items.
    pub(crate) const FILE: u32 = 35;

    /// Marks a leaf, or a node that begins as one.
    pub(crate) const WIDE: u32 = 64;
    /// Marks a [`GET_ATTR`] or [`ATTRIBUTE`] whose base or expression is the node of two words before it, and not told.
    pub(crate) const NEAR: u32 = 128;
    /// The bits of the tag.
    pub(crate) const BITS: u32 = 63;
    /// Where what stands beside the tag begins.
    pub(crate) const BESIDE: u32 = 8;
}

/// The length of a name as it stands beside the tag, if it fits there.
#[inline]
fn short(len: u32) -> Option<u32> {
    (len >> (32 - tag::BESIDE) == 0).then_some(len << tag::BESIDE)
}

/// A tree that is being written.
pub(crate) struct Tape<'t> {
    pub(crate) words: Vec<u32>,
    /// Texts that are not those of the source.
    pub(crate) texts: Vec<&'t str>,
}

impl<'t> Tape<'t> {
    /// An empty one for a text of a length.
    pub(crate) fn for_text(len: usize) -> Tape<'t> {
        Tape { words: Vec::with_capacity(16 + len / 2), texts: Vec::new() }
    }

    #[inline]
    fn here(&self) -> NodeId {
        NodeId(self.words.len() as u32)
    }

    fn text(&mut self, text: &'t str) -> u32 {
        self.texts.push(text);
        self.texts.len() as u32 - 1
    }

    /// A leaf whose text is that of the source.
    #[inline]
    pub(crate) fn leaf(&mut self, tag: u32, start: u32, end: u32) -> NodeId {
        match short(end - start) {
            Some(len) => self.put([tag | len, start]),
            None => self.wide(tag, Name { start, end, text: None }, &[]),
        }
    }

    /// A leaf.
    #[inline]
    pub(crate) fn text_leaf(&mut self, tag: u32, name: Name<'t>) -> NodeId {
        match name.text {
            None => self.leaf(tag, name.start, name.end),
            Some(_) => self.wide(tag, name, &[]),
        }
    }

    /// A name.
    #[inline]
    pub(crate) fn name(&mut self, name: Name<'t>) -> NodeId {
        self.text_leaf(tag::NAME, name)
    }

    /// A node that begins as a leaf does, of a name and another node.
    #[inline]
    pub(crate) fn named(&mut self, tag: u32, name: Name<'t>, part: NodeId) -> NodeId {
        match short(name.end - name.start) {
            Some(len) if name.text.is_none() => match part.0 + 2 == self.here().0 {
                true => self.put([tag | tag::NEAR | len, name.start]),
                false => self.put([tag | len, name.start, part.0]),
            },
            _ => self.wide(tag, name, &[part.0]),
        }
    }

    #[cold]
    fn wide(&mut self, tag: u32, name: Name<'t>, parts: &[u32]) -> NodeId {
        let id = self.here();
        let text = name.text.map_or(0, |text| self.text(text) + 1);
        self.words.extend_from_slice(&[tag | tag::WIDE, name.start]);
        self.words.extend_from_slice(parts);
        self.words.extend_from_slice(&[name.end, text]);
        id
    }

    /// A node of fixed length.
    #[inline]
    pub(crate) fn node<const N: usize>(
        &mut self,
        tag: u32,
        beside: u32,
        place: (u32, u32),
        parts: [NodeId; N],
    ) -> NodeId {
        let id = self.here();
        self.words.reserve(3 + N);
        self.words.extend_from_slice(&[tag | beside << tag::BESIDE, place.0, place.1]);
        self.words.extend_from_slice(&parts.map(|part| part.0));
        id
    }

    /// A node that begins where the first of its parts does.
    #[inline]
    pub(crate) fn after<const N: usize>(&mut self, tag: u32, beside: u32, end: u32, parts: [NodeId; N]) -> NodeId {
        let id = self.here();
        self.words.reserve(2 + N);
        self.words.extend_from_slice(&[tag | beside << tag::BESIDE, end]);
        self.words.extend_from_slice(&parts.map(|part| part.0));
        id
    }

    /// A node that goes from the first of its parts to the last.
    pub(crate) fn between<const N: usize>(&mut self, tag: u32, beside: u32, parts: [NodeId; N]) -> NodeId {
        let id = self.here();
        self.words.push(tag | beside << tag::BESIDE);
        self.words.extend_from_slice(&parts.map(|part| part.0));
        id
    }

    /// A node as its words.
    #[inline]
    pub(crate) fn put<const N: usize>(&mut self, words: [u32; N]) -> NodeId {
        let id = self.here();
        self.words.extend_from_slice(&words);
        id
    }

    /// Ends the node written last with a list.
    #[inline]
    pub(crate) fn list(&mut self, items: &[NodeId]) {
        self.words.reserve(1 + items.len());
        self.words.push(items.len() as u32);
        self.words.extend(items.iter().map(|item| item.0));
    }

    /// Ends the node written last with two lists.
    pub(crate) fn lists(&mut self, first: &[NodeId], second: &[NodeId]) {
        self.words.reserve(2 + first.len() + second.len());
        self.words.extend_from_slice(&[first.len() as u32, second.len() as u32]);
        self.words.extend(first.iter().chain(second).map(|item| item.0));
    }

    /// A part of a template that is text.
    pub(crate) fn part_text(&mut self, text: &'t str) -> NodeId {
        let (id, text) = (self.here(), self.text(text));
        self.words.extend_from_slice(&[tag::PART_TEXT, text]);
        id
    }

    /// The place of a node in the text, if the node is a name.
    pub(crate) fn place_of_name(&self, id: NodeId) -> Option<(u32, u32)> {
        let words = self.words.get(id.0 as usize..)?;
        match words {
            [head, start, ..] if head & (tag::BITS | tag::WIDE) == tag::NAME => {
                Some((*start, start + (head >> tag::BESIDE)))
            }
            [head, start, end, ..] if head & tag::BITS == tag::NAME => Some((*start, *end)),
            _ => None,
        }
    }
}

/// A tree, finished.
#[derive(Clone, Copy)]
pub(crate) struct Tree<'t> {
    pub(crate) file: FileId,
    pub(crate) source: &'t str,
    pub(crate) origin: Origin<'t>,
    pub(crate) words: &'t [u32],
    pub(crate) texts: &'t [&'t str],
}

impl<'t> Tree<'t> {
    /// A word of a node.
    #[inline]
    pub(crate) fn word(&self, id: NodeId, offset: u32) -> u32 {
        self.words.get((id.0 + offset) as usize).copied().unwrap_or(0)
    }

    /// A node that a word of a node names.
    #[inline]
    pub(crate) fn part(&self, id: NodeId, offset: u32) -> NodeId {
        NodeId(self.word(id, offset))
    }

    /// Words of a node from `offset` on.
    pub(crate) fn run(&self, id: NodeId, offset: u32, len: u32) -> &'t [u32] {
        let start = (id.0 + offset) as usize;
        self.words.get(start..start + len as usize).unwrap_or_default()
    }

    /// The list that begins with its length at `offset`.
    pub(crate) fn list(&self, id: NodeId, offset: u32) -> &'t [u32] {
        self.run(id, offset + 1, self.word(id, offset))
    }

    #[inline]
    pub(crate) fn tag(&self, id: NodeId) -> u32 {
        self.word(id, 0) & tag::BITS
    }

    /// What stands beside the tag.
    #[inline]
    pub(crate) fn beside(&self, id: NodeId) -> u32 {
        self.word(id, 0) >> tag::BESIDE
    }

    /// The name of a leaf, or of a node that begins as one and has `parts` words more.
    #[inline]
    pub(crate) fn name(&self, id: NodeId, parts: u32) -> Name<'t> {
        let (head, start) = (self.word(id, 0), self.word(id, 1));
        if head & tag::WIDE == 0 {
            return Name { start, end: start + (head >> tag::BESIDE), text: None };
        }
        let text = self.word(id, 3 + parts).checked_sub(1).and_then(|text| self.texts.get(text as usize));
        Name { start, end: self.word(id, 2 + parts), text: text.copied() }
    }

    /// The base of an access to an attribute, or the expression of an argument.
    #[inline]
    pub(crate) fn named_part(&self, id: NodeId) -> NodeId {
        if self.word(id, 0) & tag::NEAR == 0 { self.part(id, 2) } else { NodeId(id.0.saturating_sub(2)) }
    }

    /// First and last byte of an expression.
    pub(crate) fn place(&self, id: NodeId) -> (u32, u32) {
        (self.start(id), self.end(id))
    }

    fn start(&self, mut id: NodeId) -> u32 {
        loop {
            id = match self.tag(id) {
                tag::GET_ATTR => self.named_part(id),
                tag::INDEX | tag::SPLAT | tag::CALL => self.part(id, 2),
                tag::BINARY | tag::CONDITIONAL => self.part(id, 1),
                _ => return self.word(id, 1),
            };
        }
    }

    fn end(&self, mut id: NodeId) -> u32 {
        loop {
            id = match self.tag(id) {
                ..=tag::LAST_LEAF => return self.name(id, 0).end,
                tag::GET_ATTR => return self.name(id, 1).end,
                tag::INDEX | tag::SPLAT | tag::CALL => return self.word(id, 1),
                tag::BINARY | tag::UNARY => self.part(id, 2),
                tag::CONDITIONAL => self.part(id, 3),
                _ => return self.word(id, 2),
            };
        }
    }

    #[inline]
    pub(crate) fn span(&self, (start, end): (u32, u32)) -> Span {
        Span::new(self.file, self.origin.offset(start), self.origin.offset(end))
    }

    #[inline]
    pub(crate) fn slice(&self, start: u32, end: u32) -> &'t str {
        self.source.get(start as usize..end as usize).unwrap_or("")
    }
}
