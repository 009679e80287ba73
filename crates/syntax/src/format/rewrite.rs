//! The few changes to words themselves: old forms are replaced by current ones.

use std::collections::BTreeMap;
use std::ops::Range;

use terrane_source::Span;

use super::Word;
use crate::token::TokenKind;
use crate::tree::{Attribute, Block, Body, Item};

/// Replacements of ranges of words, by their start.
type Edits<'a> = BTreeMap<usize, (usize, Vec<Word<'a>>)>;

/// Unwraps arguments that are just `"${x}"`, quotes block labels and drops comments between them, and writes the types of variables in their current
/// form.
pub(super) fn rewrite<'a>(words: Vec<Word<'a>>, body: &Body<'_>) -> Vec<Word<'a>> {
    let mut edits = Edits::new();
    edit_body(&words, body, &[], &mut edits);
    apply(words, edits)
}

fn apply<'a>(words: Vec<Word<'a>>, mut edits: Edits<'a>) -> Vec<Word<'a>> {
    if edits.is_empty() {
        return words;
    }
    let mut result = Vec::with_capacity(words.len());
    let mut skip_to = 0;
    for (i, word) in words.into_iter().enumerate() {
        if let Some((end, new)) = edits.remove(&i) {
            result.extend(new);
            skip_to = end;
        }
        if i >= skip_to {
            result.push(word);
        }
    }
    result
}

fn edit_body<'a>(words: &[Word<'a>], body: &Body<'_>, within: &[&str], edits: &mut Edits<'a>) {
    for item in body.items {
        match item {
            Item::Attribute(attribute) => edit_attribute(words, &attribute, within, edits),
            Item::Block(block) => {
                edit_labels(words, &block, edits);
                let within = [within, &[block.ty.text]].concat();
                edit_body(words, &block.body, &within, edits);
            }
        }
    }
}

fn edit_attribute<'a>(words: &[Word<'a>], attribute: &Attribute<'_>, within: &[&str], edits: &mut Edits<'a>) {
    let range = range(words, attribute.expr.span());
    let old = &words[range.clone()];
    let is_type = within == ["variable"] && attribute.name.text == "type";
    let next = words.get(range.end).map_or(TokenKind::End, |w| w.kind);
    if let Some(new) = if is_type { current_type(old) } else { unwrapped(old, next) } {
        edits.insert(range.start, (range.end, new));
    }
}

/// The words that begin within a span.
fn range(words: &[Word<'_>], span: Span) -> Range<usize> {
    let start = words.partition_point(|w| w.start < span.start);
    start..words.partition_point(|w| w.start < span.end)
}

// Labels.

fn edit_labels<'a>(words: &[Word<'a>], block: &Block<'_>, edits: &mut Edits<'a>) {
    let Some(last) = block.labels.last() else { return };
    let range = range(words, Span { start: block.ty.span.end, ..last.span });
    let new = block.labels.iter().flat_map(|label| quoted(label.text)).collect();
    edits.insert(range.start, (range.end, new));
}

fn quoted<'a>(text: &str) -> Vec<Word<'a>> {
    let mut words = vec![Word::new(TokenKind::OpenQuote, "\"")];
    if !text.is_empty() {
        words.push(Word::new(TokenKind::QuotedText, escaped(text)));
    }
    words.push(Word::new(TokenKind::CloseQuote, "\""));
    words
}

/// The text as it is written between quotes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '$' | '%' if chars.peek() == Some(&'{') => out.extend([c, c]),
            c if is_visible(c) => out.push(c),
            c if c as u32 <= 0xffff => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push_str(&format!("\\U{:08x}", c as u32)),
        }
    }
    out
}

/// Whether the character can be seen, alone or on the one before it; of the blanks only the space is.
fn is_visible(c: char) -> bool {
    (' '..='~').contains(&c) || (!c.is_ascii() && format!("a{c}").escape_debug().count() == 2)
}

// Interpolation of a whole value.

/// `x` for `"${x}"`, in parentheses if it has several lines; `None` if it is something else, or would not be the same
/// program before `next`.
fn unwrapped<'a>(words: &[Word<'a>], next: TokenKind) -> Option<Vec<Word<'a>>> {
    let [open, interpolation, inner @ .., end, close] = words else { return None };
    let kinds = [open.kind, interpolation.kind, end.kind, close.kind];
    let whole = [TokenKind::OpenQuote, TokenKind::OpenInterpolation, TokenKind::CloseTemplate, TokenKind::CloseQuote];
    if inner.is_empty() || kinds != whole || !is_single(inner) {
        return None;
    }
    let inner = without_newlines(inner);
    let wraps = inner.iter().any(|w| w.kind == TokenKind::Newline) && !in_parens(inner);
    let ends_heredoc = inner.last().is_some_and(|w| w.kind == TokenKind::CloseHeredoc);
    if (ends_heredoc && (wraps || next != TokenKind::Newline)) || (!wraps && ends_early(inner)) {
        return None;
    }
    let parens = [Word::new(TokenKind::OpenParen, "("), Word::new(TokenKind::CloseParen, ")")];
    let [open, close] = parens.map(|paren| wraps.then_some(paren));
    Some(open.into_iter().chain(inner.iter().cloned()).chain(close).collect())
}

/// Whether a line ends outside of all brackets, with more than comments to come.
fn ends_early(inner: &[Word<'_>]) -> bool {
    let last = inner.iter().rposition(|w| w.kind != TokenKind::Comment).unwrap_or(0);
    let mut open = 0;
    inner[..last].iter().any(|word| {
        open += word.brackets();
        open == 0 && word.ends_line()
    })
}

/// Whether no text and no second sequence stands beside the first, between the quotes.
fn is_single(inner: &[Word<'_>]) -> bool {
    let mut quotes = 0;
    inner.iter().all(|word| {
        match word.kind {
            TokenKind::OpenQuote => quotes += 1,
            TokenKind::CloseQuote => quotes -= 1,
            TokenKind::OpenInterpolation | TokenKind::CloseTemplate | TokenKind::QuotedText => return quotes > 0,
            _ => {}
        }
        true
    })
}

fn without_newlines<'w, 'a>(words: &'w [Word<'a>]) -> &'w [Word<'a>] {
    let newline = |word: &Word<'_>| word.kind == TokenKind::Newline;
    let start = words.iter().position(|w| !newline(w)).unwrap_or(words.len());
    let end = words.iter().rposition(|w| !newline(w)).map_or(start, |i| i + 1);
    &words[start..end]
}

fn in_parens(words: &[Word<'_>]) -> bool {
    let kind = |word: Option<&Word<'_>>| word.map(|w| w.kind);
    kind(words.first()) == Some(TokenKind::OpenParen) && kind(words.last()) == Some(TokenKind::CloseParen)
}

// Types of variables.

/// The type in its current form, if it is an old one: `list` without its element type, or a type in quotes.
fn current_type<'a>(words: &[Word<'a>]) -> Option<Vec<Word<'a>>> {
    match words {
        [word] if word.kind == TokenKind::Ident => {
            matches!(&*word.text, "list" | "map" | "set").then(|| collection(&word.text, "any"))
        }
        [open, text, _] if open.kind == TokenKind::OpenQuote && text.kind == TokenKind::QuotedText => match &*text.text
        {
            "string" => Some(vec![Word::new(TokenKind::Ident, "string")]),
            "list" | "map" => Some(collection(&text.text, "string")),
            _ => None,
        },
        _ => None,
    }
}

fn collection<'a>(kind: &str, element: &'static str) -> Vec<Word<'a>> {
    vec![
        Word::new(TokenKind::Ident, kind.to_string()),
        Word::new(TokenKind::OpenParen, "("),
        Word::new(TokenKind::Ident, element),
        Word::new(TokenKind::CloseParen, ")"),
    ]
}
