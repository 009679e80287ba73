//! JSON that is kept as it is: part of a state file, or the text that a value has once somebody asks for it.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::{Arc, OnceLock};

use terrane_value::{ConvertError, Type, Value, convert, json};

/// JSON text. Cloning bumps a count.
#[derive(Clone)]
pub struct Json(Repr);

#[derive(Clone)]
enum Repr {
    /// Part of a text that others may have other parts of.
    Part { whole: Arc<String>, begin: usize, end: usize },
    /// A value that has been found to have a text.
    Value(Arc<Encoded>),
}

struct Encoded {
    value: Value,
    ty: Type,
    text: OnceLock<String>,
}

impl Json {
    /// Part of a text. A range that is none of it stands for nothing.
    pub fn part(whole: &Arc<String>, range: Range<usize>) -> Json {
        let range = if whole.get(range.clone()).is_some() { range } else { 0..0 };
        Json(Repr::Part { whole: whole.clone(), begin: range.start, end: range.end })
    }

    /// The text that [`json::to_json`] gives for a value and a type, which is written when it is needed.
    ///
    /// # Errors
    /// Those of [`json::to_json`].
    pub fn of(value: Value, ty: &Type) -> Result<Json, ConvertError> {
        let value = if value.conforms_to(ty) { value } else { convert(&value, ty)? };
        json::check_plain(&value)?;
        Ok(Json(Repr::Value(Arc::new(Encoded { value, ty: ty.clone(), text: OnceLock::new() }))))
    }

    /// The text, written into `scratch` if it has not been written yet: it is then not kept.
    pub fn text_in<'a>(&'a self, scratch: &'a mut String) -> &'a str {
        match &self.0 {
            Repr::Value(encoded) if encoded.text.get().is_none() => {
                scratch.clear();
                encoded.append_to(scratch);
                scratch
            }
            _ => self,
        }
    }

    /// About how many bytes it takes.
    pub fn about_length(&self) -> usize {
        match &self.0 {
            Repr::Part { begin, end, .. } => end - begin,
            Repr::Value(encoded) => json::about_length(&encoded.value),
        }
    }

    /// Whether its text is written here, so that nothing in it has to be laid out or escaped for a text without white space.
    pub(crate) fn is_compact(&self) -> bool {
        matches!(self.0, Repr::Value(_))
    }

    /// The value that it was made of, if it was made of one.
    pub(crate) fn made_of(&self) -> Option<&Value> {
        match &self.0 {
            Repr::Value(encoded) => Some(&encoded.value),
            Repr::Part { .. } => None,
        }
    }

    /// The value that it was made of, if that was of this type.
    pub fn value(&self, ty: &Type) -> Option<&Value> {
        match &self.0 {
            Repr::Value(encoded) if encoded.ty == *ty => Some(&encoded.value),
            _ => None,
        }
    }
}

impl Encoded {
    fn append_to(&self, text: &mut String) {
        // What could be wrong with the value was looked for when this was made.
        let _ = json::append_json(&self.value, &self.ty, text);
    }
}

impl Deref for Json {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            Repr::Part { whole, begin, end } => whole.get(*begin..*end).unwrap_or_default(),
            Repr::Value(encoded) => encoded.text.get_or_init(|| {
                let mut text = String::new();
                encoded.append_to(&mut text);
                text
            }),
        }
    }
}

impl Default for Json {
    fn default() -> Json {
        Json::from(String::new())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Json {
        let end = text.len();
        Json(Repr::Part { whole: Arc::new(text), begin: 0, end })
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Json {
        Json::from(text.to_owned())
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl PartialEq for Json {
    /// Whether the texts are the same, but for white space between their tokens.
    fn eq(&self, other: &Json) -> bool {
        match (&self.0, &other.0) {
            (Repr::Value(a), Repr::Value(b)) if Arc::ptr_eq(a, b) => true,
            (Repr::Value(a), Repr::Value(b)) if a.ty == b.ty => a.value == b.value,
            (Repr::Part { whole: a, begin: i, end: j }, Repr::Part { whole: b, begin: k, end: l })
                if Arc::ptr_eq(a, b) && (i, j) == (k, l) =>
            {
                true
            }
            _ => **self == **other || dense(self).eq(dense(other)),
        }
    }
}

impl Eq for Json {}

/// The bytes of a JSON text without white space between its tokens.
fn dense(json: &str) -> impl Iterator<Item = u8> {
    let (mut within, mut escaped) = (false, false);
    json.bytes().filter(move |byte| {
        if escaped {
            escaped = false;
        } else {
            escaped = within && *byte == b'\\';
            within ^= *byte == b'"';
        }
        within || !byte.is_ascii_whitespace()
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn white_space_between_tokens_makes_no_difference() {
        let same = |a: &str, b: &str| Json::from(a) == Json::from(b);
        assert!(same(r#"{"a \" b":[1, 2]}"#, "{\n \"a \\\" b\" : [ 1,2 ]\n}"));
        assert!(!same(r#"{"a b":1}"#, r#"{"ab":1}"#));
        assert!(!same(r#"{"\\":1}"#, r#"{"\\": 2}"#));
    }

    #[test]
    fn a_value_is_written_when_it_is_asked_for() {
        let value = Value::object([("a", Value::from("<"))]);
        let json = Json::of(value.clone(), &value.ty()).unwrap();
        let text = r#"{"a":"\u003c"}"#;
        assert_eq!(json.text_in(&mut String::new()), text);
        assert_eq!(json, Json::from(text));
        assert_eq!(json.value(&value.ty()), Some(&value));
        assert_eq!(json.value(&Type::Any), None);
        assert!(Json::of(Value::unknown(Type::String), &Type::String).is_err());
    }

    #[test]
    fn a_part_is_what_it_was_in_the_whole() {
        let whole = Arc::new("[1,[2]]".to_owned());
        assert_eq!(&*Json::part(&whole, 3..6), "[2]");
        assert_eq!(&*Json::part(&whole, 3..9), "");
    }
}
