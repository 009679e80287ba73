//! The attributes of all objects of a file, as texts that share one.

use std::ops::Range;
use std::sync::Arc;

use super::wire;
use crate::Json;

/// The attributes of the objects in the order of the file.
pub(super) struct Attributes {
    whole: Arc<String>,
    parts: std::vec::IntoIter<Range<usize>>,
}

impl Attributes {
    /// Those of all objects of the file with this text, of which they stay parts.
    pub fn of(resources: &[wire::Resource<'_>], text: &Arc<String>) -> Attributes {
        let objects = resources.iter().flat_map(|resource| &resource.instances);
        let raw = objects.map(|object| object.attributes.map_or("null", |raw| raw.get()));
        let start = text.as_ptr() as usize;
        let part = |raw: &str| {
            let begin = (raw.as_ptr() as usize).wrapping_sub(start);
            begin..begin.wrapping_add(raw.len())
        };
        let parts: Vec<_> = raw.map(part).collect();
        Attributes { whole: text.clone(), parts: parts.into_iter() }
    }

    /// Those of the next object.
    pub fn next(&mut self) -> Json {
        match self.parts.next() {
            Some(part) if part.end <= self.whole.len() => Json::part(&self.whole, part),
            _ => "null".into(),
        }
    }
}

/// The same JSON without white space between its tokens.
pub(super) fn compact(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    append_compact(json, &mut text);
    text
}

fn append_compact(json: &str, out: &mut String) {
    let bytes = json.as_bytes();
    let (mut from, mut at) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = end_of_string(bytes, at),
            b' ' | b'\n' | b'\r' | b'\t' => {
                out.push_str(&json[from..at]);
                while matches!(bytes.get(at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
                    at += 1;
                }
                from = at;
            }
            _ => at += 1,
        }
    }
    out.push_str(&json[from..]);
}

/// Where the string ends that begins at a place of a JSON text.
fn end_of_string(bytes: &[u8], begin: usize) -> usize {
    let mut at = begin + 1;
    while let Some(found) = bytes.get(at..).and_then(|rest| rest.iter().position(|b| matches!(b, b'"' | b'\\'))) {
        at += found;
        match bytes[at] {
            b'"' => return at + 1,
            _ => at += 2,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_white_space_between_tokens_goes() {
        let json = "{ \"a  b\" : [ 1 ,\n\t\"x \\\" y\" ] , \"c\":\"\\\\\" , \"d\" : {\r\n} }";
        assert_eq!(compact(json), r#"{"a  b":[1,"x \" y"],"c":"\\","d":{}}"#);
        assert_eq!(compact("null"), "null");
    }
}
