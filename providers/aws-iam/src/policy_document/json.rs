//! JSON as Go writes it: `<`, `>` and `&` escaped, two spaces of indentation.

use std::fmt::Write;

/// A JSON value; objects keep the order in which they were built.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it was written.
    Number(String),
    /// A text.
    String(String),
    /// Elements in order.
    Array(Vec<Json>),
    /// Members in order.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Parses a text. Members of objects come out sorted by name, the last of several under one name counts.
    pub fn parse(text: &str) -> Result<Json, serde_json::Error> {
        serde_json::from_str::<serde_json::Value>(text).map(Json::from)
    }

    /// Without any white space.
    pub fn minified(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, None);
        out
    }

    /// With one member or element a line, two spaces a level.
    pub fn indented(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, Some(0));
        out
    }

    fn write(&self, out: &mut String, level: Option<usize>) {
        match self {
            Json::Null => out.push_str("null"),
            Json::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
            Json::Number(n) => out.push_str(n),
            Json::String(s) => write_string(out, s),
            Json::Array(values) => enclose(out, level, ['[', ']'], values, |out, v, inner| v.write(out, inner)),
            Json::Object(members) => enclose(out, level, ['{', '}'], members, |out, (name, value), inner| {
                write_string(out, name);
                out.push_str(if inner.is_some() { ": " } else { ":" });
                value.write(out, inner);
            }),
        }
    }
}

fn enclose<T>(
    out: &mut String,
    level: Option<usize>,
    brackets: [char; 2],
    items: &[T],
    write: impl Fn(&mut String, &T, Option<usize>),
) {
    let inner = level.map(|l| l + 1);
    out.push(brackets[0]);
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        new_line(out, inner);
        write(out, item, inner);
    }
    if !items.is_empty() {
        new_line(out, level);
    }
    out.push(brackets[1]);
}

fn new_line(out: &mut String, level: Option<usize>) {
    if let Some(level) = level {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", level));
    }
}

fn write_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                // Writing into a string cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

impl From<serde_json::Value> for Json {
    fn from(value: serde_json::Value) -> Json {
        match value {
            serde_json::Value::Null => Json::Null,
            serde_json::Value::Bool(b) => Json::Bool(b),
            serde_json::Value::Number(n) => Json::Number(n.to_string()),
            serde_json::Value::String(s) => Json::String(s),
            serde_json::Value::Array(values) => Json::Array(values.into_iter().map(Json::from).collect()),
            serde_json::Value::Object(members) => {
                let mut members: Vec<(String, Json)> = members.into_iter().map(|(k, v)| (k, Json::from(v))).collect();
                members.sort_by(|a, b| a.0.cmp(&b.0));
                Json::Object(members)
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_go_escapes() {
        let json = Json::String("a<b>&\"\\\n\u{1}\u{2028}é".into());
        assert_eq!(json.minified(), r#""a\u003cb\u003e\u0026\"\\\n\u0001\u2028é""#);
    }

    #[test]
    fn indents_by_two_spaces_and_leaves_empty_brackets_together() {
        let json = Json::parse(r#"{"b":[1,{"x":null}],"a":[],"c":{}}"#).unwrap();
        let expect = "{\n  \"a\": [],\n  \"b\": [\n    1,\n    {\n      \"x\": null\n    }\n  ],\n  \"c\": {}\n}";
        assert_eq!(json.indented(), expect);
        assert_eq!(json.minified(), r#"{"a":[],"b":[1,{"x":null}],"c":{}}"#);
    }
}
