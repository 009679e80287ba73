//! Values as text for people.

use crate::quote::quote;
use crate::{Fields, Kind, Marks, Type, Value};

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// As `console` and `output` write it: what would not come back as its type is wrapped in the function that makes
    /// it so, as in `tolist([…])` and `tostring(null)`.
    Exact,
    /// As it would be written in configuration, without wrappers.
    Plain,
}

/// Greatest number of characters of a compact form.
const COMPACT: usize = 60;

/// A value as text in the syntax of the language, on several lines if it has parts or is a text of several lines.
///
/// Sensitive parts are `(sensitive value)` and unknown ones `(known after apply)`.
pub fn to_hcl(value: &Value, style: Style) -> String {
    let mut out = String::new();
    write(value, style, 0, &mut out);
    out
}

/// A value on one line, cut off at about 60 characters, for messages.
pub fn compact(value: &Value) -> String {
    let mut out = String::new();
    write_compact(value, &mut out);
    if out.chars().count() > COMPACT {
        out = out.chars().take(COMPACT - 1).collect();
        out.push('…');
    }
    out
}

/// What stands for a value that is not shown.
fn hidden(value: &Value) -> Option<&'static str> {
    if value.marks().contains(Marks::SENSITIVE) {
        return Some("(sensitive value)");
    }
    if value.marks().contains(Marks::EPHEMERAL) {
        return Some("(ephemeral value)");
    }
    (!value.is_known()).then_some("(known after apply)")
}

fn write(value: &Value, style: Style, indent: usize, out: &mut String) {
    // Other tools say at the prompt first that a value is not known.
    let unknown = (style == Style::Exact && !value.is_known()).then_some("(known after apply)");
    if let Some(text) = unknown.or_else(|| hidden(value)) {
        out.push_str(text);
        return;
    }
    let exact = style == Style::Exact;
    match value.kind() {
        Kind::Null(ty) if exact => out.push_str(&typed_null(ty)),
        Kind::Null(_) | Kind::Unknown(..) => out.push_str("null"),
        Kind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Kind::Number(n) => out.push_str(&n.to_string()),
        Kind::String(s) if s.contains('\n') => heredoc(s, indent, out),
        Kind::String(s) if exact => quote(s, out),
        Kind::String(s) => literal(s, out),
        Kind::List(_, values) if exact => wrapped("tolist", out, |out| sequence(values, style, indent, out)),
        Kind::Set(_, values) if exact => wrapped("toset", out, |out| sequence(values, style, indent, out)),
        Kind::Map(_, fields) if exact => wrapped("tomap", out, |out| mapping(fields, true, style, indent, out)),
        Kind::List(_, values) | Kind::Set(_, values) | Kind::Tuple(values) => sequence(values, style, indent, out),
        Kind::Map(_, fields) => mapping(fields, true, style, indent, out),
        Kind::Object(fields) => mapping(fields, exact, style, indent, out),
    }
}

fn wrapped(function: &str, out: &mut String, inner: impl FnOnce(&mut String)) {
    out.push_str(function);
    out.push('(');
    inner(out);
    out.push(')');
}

fn typed_null(ty: &Type) -> String {
    let of = |function: &str, element: &Type| format!("{function}(null) /* of {} */", element.friendly());
    match ty {
        Type::Any => "null".into(),
        Type::String => "tostring(null)".into(),
        Type::Number => "tonumber(null)".into(),
        Type::Bool => "tobool(null)".into(),
        Type::List(t) => of("tolist", t),
        Type::Set(t) => of("toset", t),
        Type::Map(t) => of("tomap", t),
        Type::Tuple(_) | Type::Object(_) => format!("null /* {} */", ty.friendly()),
    }
}

fn new_line(indent: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}

fn sequence(values: &[Value], style: Style, indent: usize, out: &mut String) {
    out.push('[');
    for value in values {
        new_line(indent + 2, out);
        write(value, style, indent + 2, out);
        out.push(',');
    }
    if !values.is_empty() {
        new_line(indent, out);
    }
    out.push(']');
}

fn mapping(fields: &Fields, quoted: bool, style: Style, indent: usize, out: &mut String) {
    out.push('{');
    for (name, value) in fields.iter() {
        new_line(indent + 2, out);
        key(name, quoted, style, out);
        out.push_str(" = ");
        write(value, style, indent + 2, out);
    }
    if !fields.is_empty() {
        new_line(indent, out);
    }
    out.push('}');
}

fn key(name: &str, quoted: bool, style: Style, out: &mut String) {
    match (quoted, style) {
        (false, _) if is_identifier(name) => out.push_str(name),
        (_, Style::Exact) => quote(name, out),
        _ => literal(name, out),
    }
}

fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// Writes a text so that the language reads it back: quoted, sequences of templates escaped.
fn literal(text: &str, out: &mut String) {
    let mut quoted = String::new();
    quote(text, &mut quoted);
    out.push_str(&quoted.replace("${", "$${").replace("%{", "%%{"));
}

/// Writes a text of several lines, with an end marker that is none of them.
fn heredoc(text: &str, indent: usize, out: &mut String) {
    let mut marker = String::from("EOT");
    while text.split('\n').any(|line| line.trim() == marker) {
        marker.push('_');
    }
    out.push_str(if indent > 0 { "<<-" } else { "<<" });
    out.push_str(&marker);
    for line in text.split('\n').chain([marker.as_str()]) {
        new_line(indent, out);
        out.push_str(line);
    }
}

fn write_compact(value: &Value, out: &mut String) {
    if out.len() > COMPACT * 4 {
        return;
    }
    if let Some(text) = hidden(value) {
        out.push_str(text);
        return;
    }
    match value.kind() {
        Kind::List(_, values) | Kind::Set(_, values) | Kind::Tuple(values) => {
            out.push('[');
            for (i, value) in values.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                write_compact(value, out);
            }
            out.push(']');
        }
        Kind::Map(_, fields) | Kind::Object(fields) => {
            out.push('{');
            for (i, (name, value)) in fields.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                key(name, false, Style::Plain, out);
                out.push_str(" = ");
                write_compact(value, out);
            }
            out.push('}');
        }
        Kind::String(s) => quote(&s.chars().take(COMPACT + 1).collect::<String>(), out),
        _ => write(value, Style::Plain, 0, out),
    }
}

#[cfg(test)]
mod tests;
