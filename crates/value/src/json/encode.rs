//! Values to JSON text.

use std::fmt::Write;
use std::ops::Range;
use std::sync::Arc;

use super::types::write_type;
use crate::{ConvertError, Fields, Kind, Path, Step, Type, Value, convert};

/// The JSON text of a value that is read back with [`super::from_json`] and the same type.
///
/// Where the type is `Any`, the text also holds the value's own type: `{"value":1,"type":"number"}`. Keys are sorted,
/// numbers exact, and `<`, `>` and `&` escaped. A value of another type is converted first. Unknown and marked parts
/// are errors.
pub fn to_json(value: &Value, ty: &Type) -> Result<String, ConvertError> {
    let mut text = String::new();
    match value.conforms_to(ty) {
        true => append_json(value, ty, &mut text)?,
        false => append_json(&convert(value, ty)?, ty, &mut text)?,
    }
    Ok(text)
}

/// Appends what [`to_json`] gives for a value that is of the type.
///
/// # Errors
/// What is unknown or marked.
pub fn append_json(value: &Value, ty: &Type, text: &mut String) -> Result<(), ConvertError> {
    check_plain(value)?;
    text.reserve(about_length(value));
    write(value, ty, &mut Out { text, long: None });
    Ok(())
}

/// The JSON text of a value without its type, as the function `jsonencode` writes it.
///
/// Unknown and marked parts are errors.
pub fn json_encode(value: &Value) -> Result<String, ConvertError> {
    check_plain(value)?;
    let mut text = String::with_capacity(about_length(value));
    write_plain(value, &mut Out { text: &mut text, long: None });
    Ok(text)
}

/// A JSON string with `<`, `>`, `&` and line separators escaped.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    write_string(text, &mut out);
    out
}

/// Refuses a value of which any part is unknown or marked.
///
/// # Errors
/// Where the first of these parts is.
pub fn check_plain(value: &Value) -> Result<(), ConvertError> {
    if is_plain(value) { Ok(()) } else { find_fault(value, &mut Path::root()).map_or(Ok(()), Err) }
}

fn is_plain(value: &Value) -> bool {
    value.marks().is_empty() && value.is_known() && value.children().all(is_plain)
}

fn find_fault(value: &Value, path: &mut Path) -> Option<ConvertError> {
    if !value.marks().is_empty() {
        return Some(ConvertError::new(path.clone(), "value has marks, so it cannot be serialized"));
    }
    if !value.is_known() {
        return Some(ConvertError::new(path.clone(), "value is not known"));
    }
    let mut below = |step: Step, part: &Value| {
        path.0.push(step);
        let fault = find_fault(part, path);
        path.0.pop();
        fault
    };
    match value.kind() {
        Kind::Map(_, fields) => {
            fields.iter().find_map(|(name, part)| below(Step::Index(Value::string(name.clone())), part))
        }
        Kind::Object(fields) => fields.iter().find_map(|(name, part)| below(Step::Attr(name.clone()), part)),
        _ => {
            let mut parts = value.elements().unwrap_or_default().iter().enumerate();
            parts.find_map(|(i, part)| below(Step::Index(Value::from(i as i64)), part))
        }
    }
}

/// About how many bytes the text of a value takes.
pub fn about_length(value: &Value) -> usize {
    match value.kind() {
        // Some of it is escaped.
        Kind::String(text) => text.len() + text.len() / 4 + 2,
        Kind::Map(_, fields) | Kind::Object(fields) => {
            2 + fields.iter().map(|(name, part)| name.len() + 4 + about_length(part)).sum::<usize>()
        }
        _ => 8 + value.elements().unwrap_or_default().iter().map(about_length).sum::<usize>(),
    }
}

/// A text that grows.
struct Out<'t> {
    text: &'t mut String,
    /// The last long string, by where it is, and where in the text it was written.
    long: Option<(*const u8, Range<usize>)>,
}

/// From this length on, a string is long.
const LONG: usize = 1024;

impl Out<'_> {
    /// Writes a string: one that was written just before, as an attribute that repeats another, is copied.
    fn string(&mut self, string: &Arc<str>) {
        if string.len() < LONG {
            return write_string(string, self.text);
        }
        if let Some((_, written)) = self.long.as_ref().filter(|(place, _)| std::ptr::eq(*place, string.as_ptr())) {
            return self.text.extend_from_within(written.clone());
        }
        let begin = self.text.len();
        write_string(string, self.text);
        self.long = Some((string.as_ptr(), begin..self.text.len()));
    }
}

fn write(value: &Value, ty: &Type, out: &mut Out<'_>) {
    match (value.kind(), ty) {
        (Kind::Null(Type::Any), Type::Any) => out.text.push_str("null"),
        (_, Type::Any) => {
            let own = value.ty();
            out.text.push_str("{\"value\":");
            write(value, &own, out);
            out.text.push_str(",\"type\":");
            write_type(&own, out.text);
            out.text.push('}');
        }
        (Kind::List(_, values), Type::List(t)) | (Kind::Set(_, values), Type::Set(t)) => {
            array(values, |_, value, out| write(value, t, out), out);
        }
        (Kind::Tuple(values), Type::Tuple(types)) => {
            let one = |i: usize, value: &Value, out: &mut Out<'_>| match types.get(i) {
                Some(t) => write(value, t, out),
                None => write_plain(value, out),
            };
            array(values, one, out);
        }
        (Kind::Map(_, fields), Type::Map(t)) => object(fields, |_, value, out| write(value, t, out), out),
        (Kind::Object(fields), Type::Object(types)) => {
            let one = |name: &str, value: &Value, out: &mut Out<'_>| match types.attributes.get(name) {
                Some(t) => write(value, t, out),
                None => write_plain(value, out),
            };
            object(fields, one, out);
        }
        _ => write_plain(value, out),
    }
}

fn write_plain(value: &Value, out: &mut Out<'_>) {
    match value.kind() {
        Kind::Null(_) | Kind::Unknown(..) => out.text.push_str("null"),
        Kind::Bool(b) => out.text.push_str(if *b { "true" } else { "false" }),
        // Writing into memory does not fail.
        Kind::Number(n) => {
            let _ = write!(out.text, "{n}");
        }
        Kind::String(s) => out.string(s),
        Kind::List(_, values) | Kind::Set(_, values) | Kind::Tuple(values) => {
            array(values, |_, value, out| write_plain(value, out), out);
        }
        Kind::Map(_, fields) | Kind::Object(fields) => object(fields, |_, value, out| write_plain(value, out), out),
    }
}

fn array(values: &[Value], mut one: impl FnMut(usize, &Value, &mut Out<'_>), out: &mut Out<'_>) {
    out.text.push('[');
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            out.text.push(',');
        }
        one(i, value, out);
    }
    out.text.push(']');
}

fn object(fields: &Fields, mut one: impl FnMut(&str, &Value, &mut Out<'_>), out: &mut Out<'_>) {
    out.text.push('{');
    for (i, (name, value)) in fields.iter().enumerate() {
        if i > 0 {
            out.text.push(',');
        }
        write_string(name, out.text);
        out.text.push(':');
        one(name, value, out);
    }
    out.text.push('}');
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let bytes = text.as_bytes();
    let (mut plain, mut at) = (0, 0);
    while let Some(found) = bytes[at..].iter().position(|byte| SPECIAL[*byte as usize]) {
        at += found;
        let Some(taken) = special(&bytes[at..]) else {
            at += 1;
            continue;
        };
        out.push_str(&text[plain..at]);
        write_escape(&bytes[at..at + taken], out);
        at += taken;
        plain = at;
    }
    out.push_str(&text[plain..]);
    out.push('"');
}

/// How many bytes of a text that begins with a special one are escaped together.
fn special(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [0xe2, 0x80, 0xa8 | 0xa9, ..] => Some(3),
        [0xe2, ..] => None,
        _ => Some(1),
    }
}

fn write_escape(bytes: &[u8], out: &mut String) {
    match bytes {
        [b'"'] => out.push_str("\\\""),
        [b'\\'] => out.push_str("\\\\"),
        [b'\n'] => out.push_str("\\n"),
        [b'\r'] => out.push_str("\\r"),
        [b'\t'] => out.push_str("\\t"),
        [8] => out.push_str("\\b"),
        [12] => out.push_str("\\f"),
        [b'<'] => out.push_str("\\u003c"),
        [b'>'] => out.push_str("\\u003e"),
        [b'&'] => out.push_str("\\u0026"),
        [_, _, 0xa8] => out.push_str("\\u2028"),
        [_, _, _] => out.push_str("\\u2029"),
        // Writing into memory does not fail.
        rest => rest.iter().for_each(|byte| {
            let _ = write!(out, "\\u{byte:04x}");
        }),
    }
}

/// Bytes that may have to be escaped.
const SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut control = 0;
    while control < 0x20 {
        special[control] = true;
        control += 1;
    }
    let bytes = [b'"', b'\\', b'<', b'>', b'&', 0xe2];
    let mut i = 0;
    while i < bytes.len() {
        special[bytes[i] as usize] = true;
        i += 1;
    }
    special
};
