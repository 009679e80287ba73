//! Single values as text, and texts line by line.

use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices};
use terrane_value::{Kind, Value, quoted};

use crate::views::lines::Symbol;

/// The name of an attribute or key as it is written before `=`; in quotes if asked for, or if it must be.
pub fn label(name: &str, quote: bool) -> String {
    if quote || !terrane_syntax::is_identifier(name) { quoted(name) } else { name.to_owned() }
}

/// A string, number or boolean on one line; `None` for all else.
pub fn scalar(value: &Value) -> Option<String> {
    match value.kind() {
        Kind::Bool(b) => Some(b.to_string()),
        Kind::Number(n) => Some(n.to_string()),
        Kind::String(s) => Some(quoted(s)),
        Kind::Null(_) => Some("null".into()),
        _ => None,
    }
}

/// Whether a text of several lines, or JSON, is among the values, and nothing but texts.
pub fn multi_line(before: Option<&Value>, after: Option<&Value>) -> bool {
    let texts: Vec<&str> = before.iter().chain(after.iter()).filter_map(|v| v.as_str()).collect();
    let all = before.iter().chain(after.iter()).count();
    texts.len() == all && texts.iter().any(|t| t.trim_end_matches('\n').contains('\n') || is_json(t))
}

fn is_json(text: &str) -> bool {
    let text = text.trim_start();
    (text.starts_with('{') || text.starts_with('[')) && json(text).is_some()
}

fn json(text: &str) -> Option<Value> {
    terrane_value::json::json_decode(text).ok().filter(|v| v.fields().is_some() || v.elements().is_some())
}

/// Both texts as JSON values, if all that are there are JSON.
pub fn json_pair(before: Option<&Value>, after: Option<&Value>) -> Option<(Option<Value>, Option<Value>)> {
    let read = |side: Option<&Value>| match side {
        None => Some(None),
        Some(value) => json(value.as_str()?).map(Some),
    };
    Some((read(before)?, read(after)?))
}

/// The lines of both texts with what happens to each.
pub fn lines<'t>(before: Option<&'t str>, after: Option<&'t str>) -> Vec<(Symbol, &'t str)> {
    let split = |text: Option<&'t str>| text.map(|t| t.lines().collect::<Vec<_>>()).unwrap_or_default();
    let (b, a) = (split(before), split(after));
    if before.is_none() || after.is_none() {
        return b.into_iter().chain(a).map(|line| (Symbol::None, line)).collect();
    }
    let mut out = Vec::new();
    for (old, new) in align(&b, &a) {
        match (old, new) {
            (Some(old), Some(new)) if old == new => out.push((Symbol::None, *old)),
            (old, new) => {
                out.extend(old.map(|line| (Symbol::Delete, *line)));
                out.extend(new.map(|line| (Symbol::Create, *line)));
            }
        }
    }
    gather(out)
}

/// Puts the deleted lines of each run of changes before the created ones.
fn gather(lines: Vec<(Symbol, &str)>) -> Vec<(Symbol, &str)> {
    let mut out = Vec::new();
    for run in lines.chunk_by(|a, b| (a.0 == Symbol::None) == (b.0 == Symbol::None)) {
        let mut run = run.to_vec();
        run.sort_by_key(|(symbol, _)| *symbol == Symbol::Create);
        out.extend(run);
    }
    out
}

/// Pairs the elements of two sequences: equal ones by the longest common subsequence, between them by place.
pub fn align<'a, T: Ord + std::hash::Hash>(before: &'a [T], after: &'a [T]) -> Vec<(Option<&'a T>, Option<&'a T>)> {
    let mut out = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, before, after) {
        let (tag, old, new) = DiffOp::as_tag_tuple(&op);
        let (old, new) = (&before[old], &after[new]);
        match tag {
            DiffTag::Equal | DiffTag::Replace => {
                out.extend((0..old.len().max(new.len())).map(|i| (old.get(i), new.get(i))));
            }
            DiffTag::Delete => out.extend(old.iter().map(|e| (Some(e), None))),
            DiffTag::Insert => out.extend(new.iter().map(|e| (None, Some(e)))),
        }
    }
    out
}
