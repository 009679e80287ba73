//! What stands for a match: text with `$1`, `${name}` and `$$` in it.

use ::regex::Captures;

/// The replacement with its references to groups replaced by what they matched.
///
/// A name after `$` is as long as letters, digits and underscores follow. A `$` that begins no reference stays.
pub fn expand(replacement: &str, captures: &Captures<'_>) -> String {
    let mut out = String::new();
    let mut rest = replacement;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        rest = match (after.strip_prefix('$'), reference(after)) {
            (Some(after), _) => {
                out.push('$');
                after
            }
            (None, Some((name, after))) => {
                out.push_str(group(captures, name));
                after
            }
            (None, None) => {
                out.push('$');
                after
            }
        };
    }
    out.push_str(rest);
    out
}

/// The name that a text after `$` begins with, and what follows.
fn reference(text: &str) -> Option<(&str, &str)> {
    let (text, braces) = match text.strip_prefix('{') {
        Some(inner) => (inner, true),
        None => (text, false),
    };
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let rest = if braces { rest.strip_prefix('}')? } else { rest };
    (!name.is_empty()).then_some((name, rest))
}

fn group<'t>(captures: &Captures<'t>, name: &str) -> &'t str {
    let found = match name.bytes().all(|b| b.is_ascii_digit()) {
        true => name.parse().ok().and_then(|i| captures.get(i)),
        false => captures.name(name),
    };
    found.map_or("", |m| m.as_str())
}
