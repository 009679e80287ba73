//! Lines and their cells: indentation and alignment.

use std::ops::Range;

use super::{Word, spaces};
use crate::token::TokenKind;

/// The words of a line, by index. A line may hold a heredoc with all its text.
struct Line {
    /// What stands before the other two; the whole line if they are missing.
    lead: Range<usize>,
    /// From the `=` of an argument on, if its value ends on this line.
    assign: Option<Range<usize>>,
    /// The comment after something else.
    comment: Option<usize>,
}

/// Sets the blanks before every word.
pub(super) fn lay_out(words: &mut [Word<'_>]) {
    let lines = lines(words);
    indent(words, &lines);
    for line in &lines {
        spaces::space(&mut words[line.lead.clone()]);
        if let Some(assign) = &line.assign {
            spaces::space(&mut words[assign.clone()]);
        }
    }
    align(words, &lines, |line| line.assign.as_ref().map(|cell| (line.lead.clone(), cell.start)));
    align(words, &lines, |line| {
        let before = line.lead.start..line.assign.as_ref().map_or(line.lead.end, |cell| cell.end);
        line.comment.map(|cell| (before, cell))
    });
}

fn lines(words: &[Word<'_>]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = 0;
    for (i, word) in words.iter().enumerate() {
        if word.kind == TokenKind::End {
            lines.push(line(words, start..i));
        } else if word.ends_line() {
            lines.push(line(words, start..i + 1));
            start = i + 1;
        }
    }
    lines
}

fn line(words: &[Word<'_>], range: Range<usize>) -> Line {
    let mut lead = range;
    let comment = lead.clone().next_back().filter(|last| *last > lead.start && words[*last].kind == TokenKind::Comment);
    lead.end = comment.unwrap_or(lead.end);
    let equal = lead.clone().skip(1).find(|i| words[*i].kind == TokenKind::Equal);
    let assign = equal.map(|equal| equal..lead.end).filter(|cell| net_brackets(&words[cell.clone()]) == 0);
    lead.end = assign.as_ref().map_or(lead.end, |cell| cell.start);
    Line { lead, assign, comment }
}

fn net_brackets(words: &[Word<'_>]) -> i64 {
    words.iter().map(Word::brackets).sum()
}

/// Indents each line by two for each earlier line that opened more brackets than it closed, and is not closed yet.
fn indent(words: &mut [Word<'_>], lines: &[Line]) {
    let mut open: Vec<i64> = Vec::new();
    for line in lines {
        let Some(first) = words.get(line.lead.start).filter(|_| !line.lead.is_empty()) else { continue };
        if first.kind == TokenKind::Newline {
            words[line.lead.start].spaces = 0;
            continue;
        }
        let net = line_brackets(words, line);
        close(&mut open, -net);
        words[line.lead.start].spaces = 2 * open.len();
        if net > 0 {
            open.push(net);
        }
    }
}

/// The net brackets of a line, without what follows the start of a heredoc in its lead.
fn line_brackets(words: &[Word<'_>], line: &Line) -> i64 {
    let lead = &words[line.lead.clone()];
    let end = lead.iter().position(|w| w.kind == TokenKind::OpenHeredoc).unwrap_or(lead.len());
    net_brackets(&lead[..end]) + line.assign.clone().map_or(0, |cell| net_brackets(&words[cell]))
}

/// Takes `closed` brackets from the lines that opened them, the last first.
fn close(open: &mut Vec<i64>, mut closed: i64) {
    while closed > 0 {
        let Some(top) = open.last_mut() else { return };
        if *top > closed {
            *top -= closed;
            return;
        }
        closed -= *top;
        open.pop();
    }
}

/// Puts the cells of neighbouring lines below one another, one blank after the widest of what stands before them.
fn align(words: &mut [Word<'_>], lines: &[Line], cell: impl Fn(&Line) -> Option<(Range<usize>, usize)>) {
    let mut run: Vec<(usize, usize)> = Vec::new();
    for line in lines {
        match cell(line) {
            Some((before, cell)) => run.push((words[before].iter().map(Word::columns).sum(), cell)),
            None => set_column(words, &mut run),
        }
    }
    set_column(words, &mut run);
}

fn set_column(words: &mut [Word<'_>], run: &mut Vec<(usize, usize)>) {
    let widest = run.iter().map(|(columns, _)| *columns).max().unwrap_or(0);
    for (columns, cell) in run.drain(..) {
        words[cell].spaces = widest - columns + 1;
    }
}
