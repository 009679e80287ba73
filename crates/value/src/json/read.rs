//! JSON text straight into values, without a tree between. What is unusual is left to [`super::decode`], which also says
//! what is wrong.

use std::collections::HashMap;
use std::sync::Arc;

use super::decode;
use super::types::type_from_json;
use crate::types::ObjectType;
use crate::{ConvertError, Fields, Kind, Number, Type, Value};

/// Reads many texts of few types: what these have in common is made once.
#[derive(Debug, Default)]
pub struct Decoder {
    /// Types by the text that says them.
    types: HashMap<Box<str>, Type>,
    /// The names of objects, by where their types are, which stay there as long as this does.
    names: HashMap<usize, (Arc<ObjectType>, Arc<[Arc<str>]>)>,
}

/// As many types and names are remembered at most.
const REMEMBERED: usize = 4096;

/// The value of a type that a JSON text says.
///
/// Attributes that are absent become null; ones the type does not have are errors. Where the type is `Any` the text
/// must hold the type of the value as [`super::to_json`] writes it.
pub fn from_json(text: &str, ty: &Type) -> Result<Value, ConvertError> {
    Decoder::default().decode(text, ty)
}

/// The value that a JSON text says by itself, as the function `jsondecode` reads it: arrays become tuples, objects
/// become objects.
pub fn json_decode(text: &str) -> Result<Value, ConvertError> {
    let mut decoder = Decoder::default();
    let mut reader = Reader { text, at: 0, depth: 0, decoder: &mut decoder };
    match reader.implied().filter(|_| reader.is_at_end()) {
        Some(value) => Ok(value),
        None => decode::implied_of(text),
    }
}

impl Decoder {
    /// What [`from_json`] gives.
    ///
    /// # Errors
    /// Those of [`from_json`].
    pub fn decode(&mut self, text: &str, ty: &Type) -> Result<Value, ConvertError> {
        let mut reader = Reader { text, at: 0, depth: 0, decoder: self };
        match reader.value(ty).filter(|_| reader.is_at_end()) {
            Some(value) => Ok(value),
            None => decode::of_type(text, ty),
        }
    }

    fn type_of(&mut self, text: &str) -> Option<Type> {
        if let Some(ty) = self.types.get(text) {
            return Some(ty.clone());
        }
        let ty = type_from_json(text).ok()?;
        if self.types.len() < REMEMBERED {
            self.types.insert(text.into(), ty.clone());
        }
        Some(ty)
    }

    /// The names of a type's attributes; `None` if any is not in normal form C.
    fn names_of(&mut self, object: &Arc<ObjectType>) -> Option<Arc<[Arc<str>]>> {
        let place = Arc::as_ptr(object) as usize;
        if let Some((_, names)) = self.names.get(&place) {
            return Some(names.clone());
        }
        let names: Arc<[Arc<str>]> = object.attributes.keys().cloned().collect();
        if !names.iter().all(|name| crate::value::normal(name.clone()) == *name) {
            return None;
        }
        if self.names.len() < REMEMBERED {
            self.names.insert(place, (object.clone(), names.clone()));
        }
        Some(names)
    }
}

/// A place in a text. Every method returns `None` where the text is not as it mostly is.
struct Reader<'t, 'd> {
    text: &'t str,
    at: usize,
    depth: u32,
    decoder: &'d mut Decoder,
}

/// How deep values may be within each other.
const DEEP: u32 = 100;

impl<'t> Reader<'t, '_> {
    fn value(&mut self, ty: &Type) -> Option<Value> {
        match (ty, self.peek()?) {
            (_, b'n') => self.word("null").map(|()| Value::null(ty.without_optional())),
            (Type::Any, b'{') => self.dynamic(),
            (Type::Bool, b't') => self.word("true").map(|()| Value::from(true)),
            (Type::Bool, b'f') => self.word("false").map(|()| Value::from(false)),
            (Type::Number, b'-' | b'0'..=b'9') => self.number(),
            (Type::String, b'"') => self.string().map(Value::string),
            (Type::List(element), b'[') if !element.has_any() => {
                let values = self.array(|reader, _| reader.value(element))?;
                Some(Value::list(element.without_optional(), values))
            }
            (Type::Set(element), b'[') if !element.has_any() => {
                let values = self.array(|reader, _| reader.value(element))?;
                Some(Value::set(element.without_optional(), values))
            }
            (Type::Tuple(types), b'[') => {
                let values = self.array(|reader, i| reader.value(types.get(i)?))?;
                (values.len() == types.len()).then(|| Value::tuple(values))
            }
            (Type::Map(element), b'{') if !element.has_any() => {
                let pairs = self.members(|reader, name| Some((Arc::<str>::from(name), reader.value(element)?)))?;
                Some(Value::map(element.without_optional(), pairs))
            }
            (Type::Object(object), b'{') => self.object(object),
            _ => None,
        }
    }

    fn implied(&mut self) -> Option<Value> {
        match self.peek()? {
            b'n' => self.word("null").map(|()| Value::null(Type::Any)),
            b't' => self.word("true").map(|()| Value::from(true)),
            b'f' => self.word("false").map(|()| Value::from(false)),
            b'"' => self.string().map(Value::string),
            b'[' => self.array(|reader, _| reader.implied()).map(Value::tuple),
            b'{' => {
                let pairs = self.members(|reader, name| Some((Arc::<str>::from(name), reader.implied()?)))?;
                Some(Value::object(pairs))
            }
            _ => self.number(),
        }
    }

    /// An object whose members are in the order of its type's names.
    fn object(&mut self, object: &Arc<ObjectType>) -> Option<Value> {
        let mut values = Vec::with_capacity(object.attributes.len());
        let mut types = object.attributes.iter();
        self.members(|reader, name| {
            loop {
                let (next, ty) = types.next()?;
                if **next == *name {
                    return reader.value(ty).map(|value| values.push(value));
                }
                values.push(Value::null(ty.without_optional()));
            }
        })?;
        values.extend(types.map(|(_, ty)| Value::null(ty.without_optional())));
        let fields = Fields::of(self.decoder.names_of(object)?, values)?;
        Some(Value::from_kind(Kind::Object(fields)))
    }

    /// A value that stands beside its type.
    fn dynamic(&mut self) -> Option<Value> {
        let (mut value, mut ty) = (None, None);
        self.members(|reader, name| {
            let part = match name {
                "value" => &mut value,
                "type" => &mut ty,
                _ => return None,
            };
            let begin = reader.at;
            reader.skip()?;
            part.replace(begin..reader.at).is_none().then_some(())
        })?;
        let end = self.at;
        let (value, ty) = (value?, ty?);
        let ty = self.decoder.type_of(&self.text[ty])?;
        self.at = value.start;
        let read = self.value(&ty)?;
        let whole = self.at == value.end;
        self.at = end;
        whole.then_some(read)
    }

    fn array<T>(&mut self, mut one: impl FnMut(&mut Self, usize) -> Option<T>) -> Option<Vec<T>> {
        self.enter(b'[')?;
        let mut values = Vec::new();
        if self.peek()? != b']' {
            loop {
                values.push(one(self, values.len())?);
                match self.peek()? {
                    b',' => self.at += 1,
                    _ => break,
                }
            }
        }
        self.leave(b']').map(|()| values)
    }

    fn members<T>(&mut self, mut one: impl FnMut(&mut Self, &str) -> Option<T>) -> Option<Vec<T>> {
        self.enter(b'{')?;
        let mut values = Vec::new();
        if self.peek()? != b'}' {
            loop {
                self.peek()?;
                let name = self.plain_string()?;
                self.expect(b':')?;
                self.peek()?;
                values.push(one(self, name)?);
                match self.peek()? {
                    b',' => self.at += 1,
                    _ => break,
                }
            }
        }
        self.leave(b'}').map(|()| values)
    }

    fn enter(&mut self, bracket: u8) -> Option<()> {
        self.depth += 1;
        if self.depth > DEEP {
            return None;
        }
        self.expect(bracket)
    }

    fn leave(&mut self, bracket: u8) -> Option<()> {
        self.depth -= 1;
        self.expect(bracket)
    }

    fn number(&mut self) -> Option<Value> {
        let rest = &self.text[self.at..];
        let is_part = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
        let length = rest.bytes().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        let text = &rest[..length];
        self.at += length;
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.len() < 18 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let is_json = !digits.is_empty() && (digits.len() == 1 || !digits.starts_with('0'));
            return text.parse::<i64>().ok().filter(|_| is_json).map(Value::from);
        }
        text.parse::<serde_json::Number>().ok()?;
        text.parse::<Number>().ok().map(Value::from)
    }

    /// A string without escapes, as part of the text.
    fn plain_string(&mut self) -> Option<&'t str> {
        let begin = self.at + 1;
        self.expect(b'"')?;
        let length = plain(&self.text.as_bytes()[begin..]);
        self.at = begin + length;
        self.expect_here(b'"')?;
        Some(&self.text[begin..begin + length])
    }

    fn string(&mut self) -> Option<Arc<str>> {
        let begin = self.at + 1;
        let bytes = self.text.as_bytes();
        self.expect(b'"')?;
        self.at += plain(&bytes[begin..]);
        if *bytes.get(self.at)? == b'"' {
            self.at += 1;
            return Some(self.text[begin..self.at - 1].into());
        }
        let mut text = String::with_capacity(end_of_string(&bytes[begin..])?);
        text.push_str(&self.text[begin..self.at]);
        loop {
            match *bytes.get(self.at)? {
                b'"' => break,
                b'\\' => text.push(self.escape()?),
                _ => return None,
            }
            let from = self.at;
            self.at += plain(&bytes[from..]);
            text.push_str(&self.text[from..self.at]);
        }
        self.at += 1;
        Some(text.into())
    }

    fn escape(&mut self) -> Option<char> {
        let escaped = *self.text.as_bytes().get(self.at + 1)?;
        self.at += 2;
        Some(match escaped {
            b'"' | b'\\' | b'/' => char::from(escaped),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let digits = self.text.get(self.at..self.at + 4)?;
                self.at += 4;
                let is_hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
                // Halves of pairs are left to others.
                char::from_u32(u32::from_str_radix(digits, 16).ok().filter(|_| is_hexadecimal)?)?
            }
            _ => return None,
        })
    }

    /// Goes past a value without looking closely at it.
    fn skip(&mut self) -> Option<()> {
        let bytes = self.text.as_bytes();
        let mut depth = 0;
        loop {
            match *bytes.get(self.at)? {
                b'"' => self.at += 2 + end_of_string(&bytes[self.at + 1..])?,
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' | b',' if depth == 0 => return Some(()),
                b'}' | b']' => {
                    depth -= 1;
                    self.at += 1;
                }
                byte if depth == 0 && byte.is_ascii_whitespace() => return Some(()),
                _ => self.at += 1,
            }
            if depth == 0 && matches!(bytes[self.at - 1], b'"' | b'}' | b']') {
                return Some(());
            }
        }
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let is = self.text[self.at..].starts_with(word);
        self.at += word.len();
        is.then_some(())
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while matches!(bytes.get(self.at)?, b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.peek()?;
        self.expect_here(byte)
    }

    fn expect_here(&mut self, byte: u8) -> Option<()> {
        let is = *self.text.as_bytes().get(self.at)? == byte;
        self.at += 1;
        is.then_some(())
    }

    fn is_at_end(&mut self) -> bool {
        self.peek().is_none()
    }
}

/// How long a string is that has been begun, without its closing quote.
fn end_of_string(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += plain(&bytes[at..]);
        match bytes.get(at)? {
            b'"' => return Some(at),
            b'\\' => at = (at + 2).min(bytes.len()),
            _ => return None,
        }
    }
}

/// How many bytes stand for themselves within a string.
fn plain(bytes: &[u8]) -> usize {
    const STRIDE: usize = 16;
    let special = |byte: u8| byte == b'"' || byte == b'\\' || byte < 0x20;
    let is_plain = |chunk: &&[u8]| !chunk.iter().fold(false, |any, byte| any | special(*byte));
    let strides = bytes.chunks_exact(STRIDE).take_while(is_plain).count();
    let from = strides * STRIDE;
    from + bytes[from..].iter().position(|byte| special(*byte)).unwrap_or(bytes.len() - from)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::{from_json_value, to_json};
    use super::*;

    fn read(text: &str, ty: &Type) -> Option<Value> {
        let mut decoder = Decoder::default();
        let mut reader = Reader { text, at: 0, depth: 0, decoder: &mut decoder };
        reader.value(ty).filter(|_| reader.is_at_end())
    }

    #[test]
    fn what_is_usual_is_read_here_and_like_the_tree() {
        let ty = type_from_json(
            r#"["object",{"a":"dynamic","b":["list","number"],"c":["map","bool"],"d":["set","string"],"e":"string"}]"#,
        )
        .unwrap();
        let long = "x".repeat(40);
        for text in [
            r#"{}"#,
            r#"{"a":null,"b":[1,-2,0,123456789012345678901.5,1e3],"c":{"z":true,"a":false},"d":["b","a","b"]}"#,
            r#" { "a" : { "value" : [ 1 , { "x" : "y" } ] , "type" : ["tuple",["number",["object",{"x":"string"}]]] } } "#,
            r#"{"a":{"type":"string","value":"a \"b\" \\ \n\u003c\u00e9 é"},"e":"\/"}"#,
            &format!(r#"{{"a":{{"value":"{long}\t{long}","type":"string"}},"e":"{long}"}}"#),
        ] {
            let value = read(text, &ty).unwrap();
            assert_eq!(value, from_json_value(&serde_json::from_str(text).unwrap(), &ty).unwrap(), "{text}");
            assert_eq!(read(&to_json(&value, &ty).unwrap(), &ty), Some(value), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_or_rare_is_left_to_others() {
        let ty = type_from_json(r#"["object",{"a":"dynamic","n":"number","s":"string"}]"#).unwrap();
        for text in [
            "",
            "{",
            r#"{"s":"x"} x"#,
            r#"{"s":"x",}"#,
            r#"{"s":"x","n":1}"#,
            r#"{"n":01}"#,
            r#"{"n":-}"#,
            r#"{"n":1.}"#,
            r#"{"n":"1"}"#,
            r#"{"s":"\ud83d\ude00"}"#,
            r#"{"s":"\x"}"#,
            r#"{"s":"\u+123"}"#,
            "{\"s\":\"a\nb\"}",
            r#"{"b":1}"#,
            r#"{"a":{"value":1}}"#,
            r#"{"a":{"value":1,"type":"number","more":1}}"#,
            r#"{"a":{"value":1 2,"type":"number"}}"#,
            r#"{"s":"x"#,
        ] {
            assert_eq!(read(text, &ty), None, "{text}");
        }
        assert_eq!(from_json(r#"{"n":"1"}"#, &ty).unwrap().get("n"), Some(&Value::from(1)));
        assert_eq!(from_json(r#"{"s":"\ud83d\ude00"}"#, &ty).unwrap().get("s"), Some(&Value::from("😀")));
        assert!(from_json(r#"{"n":01}"#, &ty).is_err());
        assert!(json_decode(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn objects_of_one_type_share_their_names() {
        let ty = type_from_json(r#"["object",{"a":"dynamic"}]"#).unwrap();
        let mut decoder = Decoder::default();
        let text = r#"{"a":{"value":{"x":1},"type":["object",{"x":"number"}]}}"#;
        let values = [decoder.decode(text, &ty).unwrap(), decoder.decode(text, &ty).unwrap()];
        let names = values.each_ref().map(|v| v.get("a").unwrap().fields().unwrap().names());
        assert!(Arc::ptr_eq(names[0], names[1]));
    }
}
