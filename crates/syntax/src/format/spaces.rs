//! Blanks between two words of a line.

use super::Word;
use crate::token::TokenKind::{self, *};

/// Sets the blanks before every word of a cell but the first; an `=` that begins a cell gets one.
pub(super) fn space(cell: &mut [Word<'_>]) {
    if let Some(first) = cell.first_mut().filter(|w| w.kind == Equal) {
        first.spaces = 1;
    }
    let mut before = None;
    for i in 1..cell.len() {
        cell[i].spaces = usize::from(between(before, &cell[i - 1], &cell[i]) || indexes_number(&cell[i - 1..]));
        before = Some(cell[i - 1].kind);
    }
}

/// Whether words begin with the index of a number, `2 .0`, which without its blank would be another number.
fn indexes_number(words: &[Word<'_>]) -> bool {
    matches!(words, [left, dot, right, ..] if [left.kind, dot.kind, right.kind] == [Number, Dot, Number])
}

/// Whether a blank stands between `left` and `right`; `before` is what stands before `left`.
fn between(before: Option<TokenKind>, left: &Word<'_>, right: &Word<'_>) -> bool {
    match (left.kind, right.kind) {
        (_, Newline) => false,
        (Ident, OpenParen | DoubleColon) | (DoubleColon, Ident) => false,
        (Dot, _) | (_, Dot | Comma | Ellipsis) => false,
        (Comma, _) => true,
        (QuotedText | HeredocText | OpenQuote | OpenHeredoc, _) => false,
        (_, QuotedText | HeredocText | CloseQuote | CloseHeredoc) => false,
        (Ident, _) if left.text == "in" && before == Some(Ident) => true,
        (Ident | Number, OpenBracket) => false,
        (_, OpenBracket) if left.brackets() < 0 => false,
        (Bang, _) => false,
        (Minus, _) => !negates(before),
        (OpenBrace, CloseBrace) => false,
        (OpenBrace, _) | (_, CloseBrace) => true,
        (OpenInterpolation | OpenDirective, OpenBrace) | (CloseBrace, CloseTemplate) => true,
        (CloseTemplate, OpenInterpolation | OpenDirective) => false,
        _ => left.brackets() <= 0 && right.brackets() >= 0,
    }
}

/// Whether a minus after `before` can only be a negation.
fn negates(before: Option<TokenKind>) -> bool {
    let Some(before) = before else { return true };
    matches!(before, OpenParen | OpenBrace | OpenBracket | Equal | Colon | Comma | Question)
        || matches!(before, Plus | Minus | Star | Slash | Percent | And | Or | Bang)
        || matches!(before, EqualEqual | NotEqual | Greater | GreaterEqual | Less | LessEqual)
}
