//! Values as text of the language.

use terrane_value::Value;

use super::diff::scalar;

/// Writes a value over as many lines as it needs, as `output` shows it.
pub fn text(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value, 0);
    out
}

fn write(out: &mut String, value: &Value, depth: usize) {
    if value.marks().contains(terrane_value::Marks::SENSITIVE) {
        out.push_str("(sensitive value)");
    } else if !value.is_known() {
        out.push_str("(known after apply)");
    } else if let Some(text) = value.as_str().filter(|t| t.contains('\n')) {
        heredoc(out, text, depth);
    } else if let Some(text) = scalar(value) {
        out.push_str(&text);
    } else if let Some(fields) = value.fields() {
        let quote = matches!(value.kind(), terrane_value::Kind::Map(..));
        let lines = fields.iter().map(|(name, value)| {
            let name = super::diff::label(name, quote);
            (format!("{name} = "), "", value)
        });
        wrapped(out, ('{', '}'), lines, depth);
    } else {
        let (open, close) = wrapper(value);
        out.push_str(open);
        let elements = value.elements().unwrap_or_default().iter();
        wrapped(out, ('[', ']'), elements.map(|v| (String::new(), ",", v)), depth);
        out.push_str(close);
    }
}

fn wrapper(value: &Value) -> (&'static str, &'static str) {
    match value.kind() {
        terrane_value::Kind::Set(..) => ("toset(", ")"),
        terrane_value::Kind::List(..) => ("tolist(", ")"),
        _ => ("", ""),
    }
}

fn wrapped<'a>(
    out: &mut String,
    (open, close): (char, char),
    parts: impl ExactSizeIterator<Item = (String, &'static str, &'a Value)>,
    depth: usize,
) {
    out.push(open);
    if parts.len() == 0 {
        out.push(close);
        return;
    }
    for (head, tail, value) in parts {
        out.push('\n');
        out.push_str(&"  ".repeat(depth + 1));
        out.push_str(&head);
        write(out, value, depth + 1);
        out.push_str(tail);
    }
    out.push('\n');
    out.push_str(&"  ".repeat(depth));
    out.push(close);
}

fn heredoc(out: &mut String, text: &str, depth: usize) {
    let (open, indent) = if depth == 0 { ("<<EOT", String::new()) } else { ("<<-EOT", "  ".repeat(depth)) };
    out.push_str(open);
    for line in text.trim_end_matches('\n').split('\n') {
        out.push('\n');
        out.push_str(&indent);
        out.push_str(line);
    }
    out.push('\n');
    out.push_str(&indent);
    out.push_str("EOT");
}
