//! Values to JSON text.

use std::sync::Arc;

use super::type_to_json;
use crate::{ConvertError, Fields, Kind, Path, Step, Type, Value, convert};

/// The JSON text of a value that is read back with [`super::from_json`] and the same type.
///
/// Where the type is `Any`, the text also holds the value's own type: `{"value":1,"type":"number"}`. Keys are sorted,
/// numbers exact, and `<`, `>` and `&` escaped. A value of another type is converted first. Unknown and marked parts
/// are errors.
pub fn to_json(value: &Value, ty: &Type) -> Result<String, ConvertError> {
    let converted;
    let value = match value.ty().conforms_to(ty) {
        true => value,
        false => {
            converted = convert(value, ty)?;
            &converted
        }
    };
    let mut text = String::new();
    write(value, ty, &mut Path::root(), &mut text)?;
    Ok(text)
}

/// The JSON text of a value without its type, as the function `jsonencode` writes it.
///
/// Unknown and marked parts are errors.
pub fn json_encode(value: &Value) -> Result<String, ConvertError> {
    let mut text = String::new();
    write_plain(value, &mut Path::root(), &mut text)?;
    Ok(text)
}

/// A JSON string with `<`, `>`, `&` and line separators escaped.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    write_string(text, &mut out);
    out
}

fn write(value: &Value, ty: &Type, path: &mut Path, out: &mut String) -> Result<(), ConvertError> {
    check(value, path)?;
    match (value.kind(), ty) {
        (Kind::Null(Type::Any), Type::Any) => out.push_str("null"),
        (_, Type::Any) => {
            let own = value.ty();
            out.push_str("{\"value\":");
            write(value, &own, path, out)?;
            out.push_str(",\"type\":");
            out.push_str(&type_to_json(&own));
            out.push('}');
        }
        (Kind::List(_, values), Type::List(t)) | (Kind::Set(_, values), Type::Set(t)) => {
            array(values, |_, value, path, out| write(value, t, path, out), path, out)?;
        }
        (Kind::Tuple(values), Type::Tuple(types)) => {
            let one = |i: usize, value: &Value, path: &mut Path, out: &mut String| match types.get(i) {
                Some(t) => write(value, t, path, out),
                None => write_plain(value, path, out),
            };
            array(values, one, path, out)?;
        }
        (Kind::Map(_, fields), Type::Map(t)) => {
            object(fields, key, |_, value, path, out| write(value, t, path, out), path, out)?;
        }
        (Kind::Object(fields), Type::Object(types)) => {
            let one = |name: &str, value: &Value, path: &mut Path, out: &mut String| match types.attributes.get(name) {
                Some(t) => write(value, t, path, out),
                None => write_plain(value, path, out),
            };
            object(fields, attribute, one, path, out)?;
        }
        _ => write_plain(value, path, out)?,
    }
    Ok(())
}

fn write_plain(value: &Value, path: &mut Path, out: &mut String) -> Result<(), ConvertError> {
    check(value, path)?;
    match value.kind() {
        Kind::Null(_) | Kind::Unknown(..) => out.push_str("null"),
        Kind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Kind::Number(n) => out.push_str(&n.to_string()),
        Kind::String(s) => write_string(s, out),
        Kind::List(_, values) | Kind::Set(_, values) | Kind::Tuple(values) => {
            array(values, |_, value, path, out| write_plain(value, path, out), path, out)?;
        }
        Kind::Map(_, fields) => object(fields, key, |_, value, path, out| write_plain(value, path, out), path, out)?,
        Kind::Object(fields) => {
            object(fields, attribute, |_, value, path, out| write_plain(value, path, out), path, out)?;
        }
    }
    Ok(())
}

fn check(value: &Value, path: &Path) -> Result<(), ConvertError> {
    if !value.marks().is_empty() {
        return Err(ConvertError::new(path.clone(), "value has marks, so it cannot be serialized"));
    }
    if !value.is_known() {
        return Err(ConvertError::new(path.clone(), "value is not known"));
    }
    Ok(())
}

fn key(name: &Arc<str>) -> Step {
    Step::Index(Value::string(name.clone()))
}

fn attribute(name: &Arc<str>) -> Step {
    Step::Attr(name.clone())
}

fn array(
    values: &[Value],
    mut one: impl FnMut(usize, &Value, &mut Path, &mut String) -> Result<(), ConvertError>,
    path: &mut Path,
    out: &mut String,
) -> Result<(), ConvertError> {
    out.push('[');
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        path.0.push(Step::Index(Value::from(i as i64)));
        one(i, value, path, out)?;
        path.0.pop();
    }
    out.push(']');
    Ok(())
}

fn object(
    fields: &Fields,
    step: fn(&Arc<str>) -> Step,
    mut one: impl FnMut(&str, &Value, &mut Path, &mut String) -> Result<(), ConvertError>,
    path: &mut Path,
    out: &mut String,
) -> Result<(), ConvertError> {
    out.push('{');
    for (i, (name, value)) in fields.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        write_string(name, out);
        out.push(':');
        path.0.push(step(name));
        one(name, value, path, out)?;
        path.0.pop();
    }
    out.push('}');
    Ok(())
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let mut plain = 0;
    for (at, c) in text.char_indices() {
        let Some(escape) = escape(c) else { continue };
        out.push_str(&text[plain..at]);
        out.push_str(&escape);
        plain = at + c.len_utf8();
    }
    out.push_str(&text[plain..]);
    out.push('"');
}

fn escape(c: char) -> Option<String> {
    Some(match c {
        '"' => "\\\"".into(),
        '\\' => "\\\\".into(),
        '\n' => "\\n".into(),
        '\r' => "\\r".into(),
        '\t' => "\\t".into(),
        '\u{8}' => "\\b".into(),
        '\u{c}' => "\\f".into(),
        '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => format!("\\u{:04x}", u32::from(c)),
        _ => return None,
    })
}
